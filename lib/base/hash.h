/* Hashing: XXH3 (xxHash library), as the formats fix it.
 *
 * A key names a value of a field for ever: XXH3_64bits(value stripped of white space, seed = XXH3_64bits(field name)).  UTF-8 bytes, no
 * case folding; the empty value is "missing" and has a key of its own by the same rule.  White space: ASCII space, \t \n \v \f \r.
 *
 * A digest is 128 bits of XXH3 over bytes, printed as 32 hex digits.
 */
#ifndef CP_HASH_H
#define CP_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

uint64_t cp_hash64(const void *p, size_t n, uint64_t seed);

/* The seed of a field's keys, from its name. */
uint64_t cp_field_seed(const char *name, size_t n);

/* The key of a value under a field's seed.  Strips. */
uint64_t cp_key(uint64_t field_seed, const char *value, size_t n);

/* Narrow [*s, *s + *n) by the white space at both ends. */
void cp_strip(const char **s, size_t *n);

/* A running 128-bit digest; hex() may be called at any time and leaves the state as it is. */
struct cp_digest;
struct cp_digest *cp_digest_new(void);
void cp_digest_add(struct cp_digest *, const void *, size_t);
void cp_digest_hex(const struct cp_digest *, char hex[33]);
void cp_digest_free(struct cp_digest *);

/* Digest of n bytes, and of a whole file's. */
void cp_digest_bytes(const void *, size_t n, char hex[33]);
int cp_digest_file(const char *path, char hex[33], struct cp_err *);

#endif
