/* Rows that are too many for memory: the arrays of a struct cp_data, each a temporary file without a name.
 *
 * While rows come in, what the arrays hold is a block at most and is appended to the files.  Then a part of the rows at a time is read back,
 * into another struct cp_data with arrays of its own, in which they have the places 0..n-1; to who uses that, it is rows like any others.
 * Nothing is mapped, so a process has in memory what its parts hold, and the kernel keeps of the files in its cache what nobody else needs.
 *
 * Files lie in TMPDIR, else /tmp.  A full disk is a failed write here, never a signal later.
 *
 *     struct cp_rowfile *f = cp_rowfile_new(d, err);
 *     cp_rowfile_append(f, d, err) after each block;          // d's arrays are empty again
 *     cp_rowfile_finish(f, d, err);                           // d counts all rows and has no arrays
 *     cp_part_init(&p, d);
 *     cp_part_read(&p, f, 0, 4096, err);                      // p has rows 0..4095; once more, and it has others behind them
 *     cp_part_release(&p);
 *     cp_rowfile_free(f);
 */
#ifndef CP_ROWFILE_H
#define CP_ROWFILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "train/arrays.h"

struct cp_rowfile;

struct cp_rowfile *cp_rowfile_new(const struct cp_data *, struct cp_err *);
void cp_rowfile_free(struct cp_rowfile *);
int cp_rowfile_append(struct cp_rowfile *, struct cp_data *, struct cp_err *);
size_t cp_rowfile_rows(const struct cp_rowfile *);		/* appended */
int cp_rowfile_finish(struct cp_rowfile *, struct cp_data *, struct cp_err *);

/* Bytes that d's rows take, those that were appended to f (or NULL) among them: in the arrays, 4 a row for the order of training, and, before
 * they are indexed, 4 a value for the ids that will lie beside the keys for a time. */
size_t cp_rowfile_bytes(const struct cp_rowfile *f, const struct cp_data *d);

/* One array of d, wherever it is, into a digest. */
int cp_rowfile_digest(const struct cp_data *d, enum cp_array, struct cp_digest *, struct cp_err *);

/* Rows of the table take the keys' place, in order: ids first..first+n-1 once the keys of all values before first+n have been read.  Then
 * _indexed: the keys are gone. */
int cp_rowfile_put_ids(struct cp_rowfile *, size_t first, const uint32_t *ids, size_t n, struct cp_err *);
int cp_rowfile_indexed(struct cp_rowfile *, struct cp_data *, struct cp_err *);

/* Some rows of d in arrays of their own.  d outlives it.  read: rows from..to-1 of the files; copy: a row of another part; both behind those
 * that are there.  The arrays stay as large as they once had to be. */
void cp_part_init(struct cp_data *part, const struct cp_data *d);
void cp_part_release(struct cp_data *part);
int cp_part_read(struct cp_data *part, const struct cp_rowfile *, size_t from, size_t to, struct cp_err *);
void cp_part_copy(struct cp_data *part, const struct cp_data *from, size_t place);

#endif
