/* Rows for training or scoring: what a stream brought, laid out for random access.
 *
 * 8 bytes a value while the vocabulary is being made, 4 after; 4 more of a number; 4 bytes a token.  A row is chosen by its place 0..n-1;
 * its own number (the row column) names it to masks and dropout.
 *
 * Rows that take more than .memory bytes lie in temporary files instead (rowfile.h), and are read from there a part at a time; whether they
 * do depends on the rows alone, not on how they come.  Who goes through all rows does so by parts; rows in memory are one.
 *
 *     struct cp_data d = { .want_keys = 1, .want_labels = 1, .memory = SIZE_MAX };      // no fields: the stream's own
 *     if (cp_data_load(&d, "train.cps", err) < 0 || cp_data_finish(&d, err) < 0) ...
 *     cp_data_count(&d, &vocab, err);
 *     cp_features_join(&vocab, 1);
 *     cp_data_index(&d, &vocab, err);                  // keys become rows of the table
 *     cp_data_release(&d);
 */
#ifndef CP_DATA_H
#define CP_DATA_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"
#include "nn/float.h"
#include "stream/stream.h"
#include "text/mask.h"
#include "text/tokenizer.h"
#include "train/features.h"

struct cp_data {
	/* what is wanted; set before the first load */
	struct cp_fields fields;	/* these, in this order; none: the stream's own, taken here */
	int want_keys, want_labels, want_tokens, want_masks;	/* 1: refused without */
	int want_two_texts;		/* beside tokens: those of the user's text, then those of the item's, each in a frame of its own */
	int want_weights;		/* where the rows have any; all of them then, or none */
	const char *label_name;		/* NULL: "label" */
	const struct cp_tokenizer *tokenizer;	/* makes tokens where the stream has only text, and refuses another's tokens; or NULL */
	size_t max_tokens;		/* of a text; 0: no bound */
	int decides_cut;		/* a row that cp-mask has cut to fewer lowers max_tokens; else it is refused */
	size_t memory;			/* bytes; rows that take more are kept in files */

	/* what came */
	size_t n;
	uint64_t *row;			/* (n) */
	nn_float *label;		/* (n) or NULL */
	nn_float *weight;		/* (n) or NULL: all weigh the same */
	double mean_weight, click_rate;	/* after cp_data_weigh; the rate by weight, with want_labels */
	/* Values: one a field, of a list one a member, row by row and in the order of the fields. */
	size_t n_values;
	uint64_t *keys;			/* (n_values) until cp_data_index */
	uint32_t *ids;			/* (n_values) after */
	uint64_t *value_at;		/* row i's first value; NULL without lists, where it is i * fields.n */
	uint32_t *members;		/* (n, n_lists) how many each list has, one or more */
	nn_float *number;		/* (n, n_numbers), 1 where missing */
	int n_lists, n_numbers;
	uint32_t *token;		/* row i: token[token_at[i]] .. token[token_at[i+1] - 1] */
	uint64_t *token_at;
	uint32_t *seam;			/* with want_two_texts: how many of a row's tokens are those of the user's text */
	uint32_t *pair;			/* static masks, laid out in the same way; NULL: they are drawn */
	uint64_t *pair_at;
	int has_spec;			/* of the masks: the stream's, or (want_masks without a mask column) the default's */
	struct cp_mask_spec spec;
	char tokenizer_digest[33];
	uint64_t n_clicks;		/* with want_labels: rows whose label is 1 */
	uint64_t n_unseen;		/* values without a row of their own, counted by cp_data_index */
	uint64_t n_cut;			/* rows whose tokens were cut to max_tokens */
	size_t longest;			/* tokens of a row */
	json_t *sentence;		/* how texts are told, as they say themselves (text/planlike.h), all alike; NULL: none has said it yet */
	json_t *label_made;		/* how labels are made: their column's attributes, by one rule where they are wanted; NULL: there were none yet */

	int has_weights;		/* the streams have a column of them */
	int has_pairs, indexed;
	size_t bytes;			/* that the rows take while they are indexed, when they take most; after cp_data_finish */
	struct cp_rowfile *file;	/* where they are; NULL: in the arrays above */
	size_t unit_bytes;		/* in files: that CP_DATA_UNIT rows take, once indexed, at most */
	int n_streams;			/* looked at so far */
	size_t cap, value_cap, token_cap, pair_cap;
	struct cp_tok_cache *cache;
};

#define CP_DATA_UNIT 4096		/* rows that are read and shuffled together where they lie in files; part of the results */

/* Append a whole stream; "-" is standard input.  After the last: finish. */
int cp_data_load(struct cp_data *, const char *path, struct cp_err *);
int cp_data_finish(struct cp_data *, struct cp_err *);
void cp_data_release(struct cp_data *);

/* A part at a time: which columns of a schema are meant, then block after block.  name is what messages call the source. */
struct cp_data_columns {
	int row, label, weight, tokens, mask, text;	/* -1: not there, or not wanted */
	int field[CP_FIELDS_MAX];
	uint32_t cut_to;		/* cp-mask left rows so many tokens at most; 0: it does not say */
};
/* Do two descriptions of text say the same?  In which order fields are told may differ by the seed. */
int cp_data_same_text(const json_t *, const json_t *);
int cp_data_columns(struct cp_data *, const struct cp_schema *, const char *name, struct cp_data_columns *, struct cp_err *);
int cp_data_add(struct cp_data *, const struct cp_block *, const struct cp_data_columns *, const char *name, struct cp_err *);
void cp_data_clear(struct cp_data *);	/* forget the rows */

/* Sets .mean_weight: what a row's weight is taken beside, so that their scale says nothing.  <0: all of them are 0. */
int cp_data_weigh(struct cp_data *, struct cp_err *);

/* Every row has one key a field and nothing else: then ids is (n, fields.n). */
static inline int cp_data_is_plain(const struct cp_data *d)
{
	return !d->n_lists && !d->n_numbers;
}

/* Where the values of the row at `place` begin, and how many there are; of place n, where they all end. */
static inline size_t cp_data_first(const struct cp_data *d, size_t place)
{
	return d->value_at ? d->value_at[place] : place * (size_t)d->fields.n;
}
static inline size_t cp_data_values(const struct cp_data *d, size_t place)
{
	return cp_data_first(d, place + 1) - cp_data_first(d, place);
}

/* The members of the row's lists, and its numbers; NULL where rows have none. */
static inline uint32_t *cp_data_members(const struct cp_data *d, size_t place)
{
	return d->members ? d->members + place * (size_t)d->n_lists : NULL;
}
static inline nn_float *cp_data_numbers(const struct cp_data *d, size_t place)
{
	return d->number ? d->number + place * (size_t)d->n_numbers : NULL;
}

/* How many values field f of a row has, going through its fields in order: *members starts at the row's and steps from list to list. */
static inline uint32_t cp_data_of_field(const struct cp_data *d, int f, const uint32_t **members)
{
	return d->fields.v[f].type == CP_KEYS ? *(*members)++ : 1;
}

/* How many tokens these rows have; 0 where none were wanted. */
uint64_t cp_data_tokens(const struct cp_data *, const uint32_t *places, size_t n);

/* All rows, one part after another: 1 *rows are some, until the next call, 0 there were no more, -1.  A part of rows in files has CP_DATA_UNIT. */
struct cp_pass {
	const struct cp_data *d;
	struct cp_data part;
	size_t next;
};
void cp_pass_init(struct cp_pass *, const struct cp_data *);
int cp_pass_next(struct cp_pass *, const struct cp_data **rows, struct cp_err *);
void cp_pass_release(struct cp_pass *);

/* Every value into the vocabulary: counted, as those of training rows, or only mentioned. */
int cp_data_count(const struct cp_data *, struct cp_features *, struct cp_err *);
int cp_data_mention(const struct cp_data *, struct cp_features *, struct cp_err *);

/* Keys to rows of the table; the keys go. */
int cp_data_index(struct cp_data *, const struct cp_features *, struct cp_err *);
/* Or in parts, by several threads: room for all, then some rows at a time; how many of their values have no row of their own.  The keys stay. */
void cp_data_reserve_ids(struct cp_data *);
uint64_t cp_data_index_rows(const struct cp_data *, const struct cp_features *, size_t from, size_t to);

/* A digest of all that training sees of these rows. Before cp_data_index. */
int cp_data_digest(const struct cp_data *, char hex[33], struct cp_err *);

#endif
