/* The feature vocabulary of a model: which key of which field is which row of the embedding table.
 *
 * The table holds the fields one behind the other.  A field's first row is for values unseen in training; then come its keys, in the
 * order in which they joined: those of the model it started from, then new ones by rising key.  So the rows depend on which keys there
 * are and on nothing else (not on the order of the data).  A field of numbers has two keys at most: that of the row which numbers
 * multiply, always, and that of the missing value if it was met.
 *
 * Or the table is of a fixed size, 2^bits rows shared by all fields, and a key's row is its lowest bits (the hashing trick; Weinberger et
 * al., ICML 2009).  Keys differ from field to field, so fields need no parts of their own; no key is kept or counted, none is unseen, and two
 * that share a row are one value.
 *
 *     struct cp_features v;
 *     cp_features_init(&v, &fields);
 *     cp_features_count(&v, field, key);                   // for every value of the training rows, each member of a list
 *     cp_features_join(&v, 1);                             // those met at least once become rows
 *     uint32_t row = cp_features_row(&v, field, key);
 */
#ifndef CP_FEATURES_H
#define CP_FEATURES_H

#include <stddef.h>
#include <stdint.h>

#include "train/fields.h"

#define CP_HASH_BITS_MAX 30

struct cp_features_field {
	size_t n, cap;			/* keys */
	uint64_t *key, *count;		/* (n) in order of their rows; how often each was met in training */
	uint64_t *met;			/* (n) while counting: in training or elsewhere */
	size_t n_old;			/* the first so many were there before cp_features_join */
	size_t base;			/* table row of "unseen"; key i has row base + 1 + i */
	uint32_t *slot;			/* hash table: index + 1, 0 is empty */
	size_t n_slots;			/* a power of two */
};

struct cp_features {
	struct cp_fields fields;
	struct cp_features_field *field;	/* (fields.n) */
	size_t n_rows;			/* of the table */
	int bits;			/* 0: a row a key; else the table has 2^bits rows, and .field says nothing */
};

void cp_features_init(struct cp_features *, const struct cp_fields *);	/* which are copied */
void cp_features_hash(struct cp_features *, int bits);			/* after init: a table of a fixed size */
void cp_features_release(struct cp_features *);

/* Take the keys a model was trained on, in their order; before any counting. */
void cp_features_restore(struct cp_features *, int field, const uint64_t *key, const uint64_t *count, size_t n);

/* Count a value of the training rows, or mention one from elsewhere; then make rows of the table: a new key joins if it was met min_count
 * times or more, here or there; after that no more can be counted. */
void cp_features_count(struct cp_features *, int field, uint64_t key);
void cp_features_mention(struct cp_features *, int field, uint64_t key);
void cp_features_join(struct cp_features *, uint64_t min_count);

/* Row of the table, the field's unseen row if the key has none. */
uint32_t cp_features_row(const struct cp_features *, int field, uint64_t key);

#endif
