/* Codecs for columns whose elements are 8 bytes, one a row: keys of a field that repeat, and numbers that go on from each other.  LZ4 on
 * such a column is slow for what it gains: repeats that it can find begin and end on elements, and it looks for them at every byte.
 *
 *     dictionary      0       4           4+8k
 *                    +-------+- - - - - -+- - - - - - - - +     the k different elements as they come first, 0 < k < 65536; then of each
 *                    | k     | elements  | indices        |     row the index of its element, in a byte if k <= 256, else in two
 *                    +-------+- - - - - -+- - - - - - - - +
 *
 *     differences     0       8       12
 *                    +-------+-------+- - - - - - - - - - +     the first element; the others less the one before, a number x modulo 2^64
 *                    | first | w     | planes             |     with its sign as 2x or -2x-1: the lowest bytes of these, one after another,
 *                    +-------+-------+- - - - - - - - - - +     then the next ones, w times: what is above is 0
 *
 * Indices and planes are one LZ4 block where that is shorter, and else as they are; the length tells.
 */
#ifndef CP_WORDS_H
#define CP_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

/* n bytes as an LZ4 block, appended to out; 1, or 0 with nothing appended where that is not shorter. */
int cp_lz4_add(const char *, size_t n, struct cp_buf *out);

/* n elements, as they are appended to out; 1, or 0 with nothing appended where that is not shorter.  `room` is there to work in. */
int cp_words_dictionary(const uint64_t *v, size_t n, struct cp_buf *room, struct cp_buf *out);
int cp_words_differences(const uint64_t *v, size_t n, struct cp_buf *room, struct cp_buf *out);

/* Back, from any bytes; room has CP_WORDS_ROOM(n) bytes.  0, or -1 and what is wrong. */
#define CP_WORDS_ROOM(n) (8 * (n))
int cp_words_from_dictionary(const char *stored, size_t len, uint64_t *v, size_t n, char *room, struct cp_err *);
int cp_words_from_differences(const char *stored, size_t len, uint64_t *v, size_t n, char *room, struct cp_err *);

#endif
