/* The schema of a record stream: which columns there are, what each is, and where it came from.
 *
 * A column has a name and a type; the pair (type, name) is unique in a stream.  The type says what the values mean, the storage how
 * they are kept; a type that this version does not know is kept with its storage, so it can still be cut, split and printed, and one
 * whose storage is unknown too is passed on unread.
 *
 *     type     storage   value
 *     key      u64       the key of a field's value (base/hash.h); the name is the field's
 *     keys     [u64]     a field with several values a row
 *     label    f64       named "label"
 *     weight   f64       named "weight"
 *     number   f64       NaN is "missing" (any NaN is written as the one 7ff8000000000000)
 *     time     i64       named "timestamp"; CP_TIME_MISSING is "missing"
 *     row      u64       named "row": the row's number where the CSV was read; keys masks, shuffles and dropout
 *     text     bytes     UTF-8 by custom; the sentence is named "text"
 *     tokens   [u32]     named "tokens"; with cls and sep; ids are below CP_TOKEN_LIMIT
 *     mask     [u32]     named "mask": pairs (position in tokens, id put there), positions ascending
 *
 * The order of the fields is the order of the key, keys and number columns.
 *
 * Attributes are a JSON object a column (vocabulary size, seed, rate, ...).  Provenance is, a column, the chain of steps that made it:
 * tool, version, the options that change the content, the files read (by digest).  No clock, host, path or thread count.
 *
 *     struct cp_schema s;
 *     cp_schema_init(&s);
 *     int label = cp_schema_add(&s, CP_LABEL, "label", err);          // -1: there already, or not a good name
 *     int user = cp_schema_add(&s, CP_KEY, "User ID", err);
 *     json_t *step = cp_step_new("cp-featurize", CP_VERSION, opts);
 *     cp_schema_step(&s, step);                                       // every column: one step further
 *     json_decref(step);
 *     ...
 *     cp_schema_release(&s);
 */
#ifndef CP_SCHEMA_H
#define CP_SCHEMA_H

#include <stdint.h>

#include <jansson.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/opts.h"

enum cp_type {
	CP_KEY, CP_KEYS, CP_LABEL, CP_WEIGHT, CP_NUMBER, CP_TIME, CP_ROW, CP_TEXT, CP_TOKENS, CP_MASK,
	CP_OTHER_TYPE,	/* of a later version: see type_name */
};

#define CP_TIME_MISSING INT64_MIN
#define CP_TOKEN_LIMIT (UINT32_C(1) << 24)
#define CP_COLUMNS_MAX 4096

enum cp_elem { CP_BYTE, CP_U32, CP_U64, CP_I64, CP_F32, CP_F64 };

/* How values are kept: one element a row, or a list of them; width 0: a storage of a later version, to be passed on unread. */
struct cp_store {
	enum cp_elem elem;
	int is_list;
	int width;		/* bytes an element */
};

struct cp_column {
	char *name;
	enum cp_type type;
	char *type_name, *store_name;	/* as in the header's text */
	struct cp_store store;
	json_t *attributes;	/* object, never NULL */
	json_t *chain;		/* array of steps, first tool first; never NULL */
	json_t *extra;		/* members of a later version, or NULL */
};

struct cp_schema {
	struct cp_column *column;
	int n;
	json_t *extra;		/* members of a later version, or NULL */
};

void cp_schema_init(struct cp_schema *);
void cp_schema_release(struct cp_schema *);
void cp_schema_copy(struct cp_schema *to, const struct cp_schema *from);	/* `to` need not be initialised; deep */

/* Index of the new column, or -1 (there already, an empty or non-UTF-8 name, too many columns). */
int cp_schema_add(struct cp_schema *, enum cp_type, const char *name, struct cp_err *);
int cp_schema_add_copy(struct cp_schema *, const struct cp_column *, struct cp_err *);

/* Index, or -1.  _first: of that type, the first. */
int cp_schema_find(const struct cp_schema *, enum cp_type, const char *name);
int cp_schema_first(const struct cp_schema *, enum cp_type);

/* Index of the column a user means by NAME, or by TYPE:NAME where the name alone is not unique; -1 and a sentence. */
int cp_schema_lookup(const struct cp_schema *, const char *label, struct cp_err *);

/* The columns of `only` in that order, or where it is empty all but those of `drop` (either may be NULL).  Each string is a label or
 * labels separated by commas.  Writes indices to out (room for s->n) and returns how many, at least 1; or -1. */
int cp_schema_choose(const struct cp_schema *s, const struct cp_opt_list *only, const struct cp_opt_list *drop, int *out, struct cp_err *);

/* The name a user is shown: NAME where that is clear, else TYPE:NAME.  Appended to buf. */
void cp_schema_label(const struct cp_schema *, int column, struct cp_buf *);


/* Same columns (order, name, type, storage, attributes)?  Provenance may differ.  0, or -1 and what differs. */
int cp_schema_agree(const struct cp_schema *, const struct cp_schema *, struct cp_err *);

/* 0 if every column can be decoded; else -1, naming one whose storage is of a later version. */
int cp_schema_known(const struct cp_schema *, struct cp_err *);

/* Attributes.  get: 0 good; -1 and a sentence if it is not there or of another kind.  A string lives as long as the column's attribute. */
void cp_column_set_int(struct cp_column *, const char *name, int64_t);
void cp_column_set_real(struct cp_column *, const char *name, double);
void cp_column_set_str(struct cp_column *, const char *name, const char *);
void cp_column_set_json(struct cp_column *, const char *name, json_t *stolen);
int cp_column_get_int(const struct cp_column *, const char *name, int64_t *, struct cp_err *);
int cp_column_get_real(const struct cp_column *, const char *name, double *, struct cp_err *);
int cp_column_get_str(const struct cp_column *, const char *name, const char **, struct cp_err *);
json_t *cp_column_get_json(const struct cp_column *, const char *name);		/* borrowed; NULL: not there */

/* Was the column made as one whose attributes are `there` (NULL: none)?  0; -1: how it was made here and there, `whose` being the other's. */
int cp_column_made_as(const struct cp_column *, const json_t *there, const char *whose, struct cp_err *);

/* Provenance.  A step: the tool, its version, and every option of its table marked .content with the value in force.  An option whose
 * value is a path is not content: name the file's digest instead.  The caller owns the step (json_decref). */
json_t *cp_step_new(const char *tool, const char *version, const struct cp_opt *table);
void cp_step_file(json_t *step, const char *name, const char digest[33]);
void cp_step_set(json_t *step, const char *name, const char *value);	/* an option by hand */

/* chain(to) = chain(from) + step; from NULL: the step alone.  _step: for every column (a tool that chooses or reorders rows). */
void cp_column_derive(struct cp_column *to, const struct cp_column *from, json_t *step);
void cp_schema_step(struct cp_schema *, json_t *step);

/* The header's text, canonical: same schema, same bytes; and back. */
int cp_schema_print(const struct cp_schema *, struct cp_buf *, struct cp_err *);
int cp_schema_parse(struct cp_schema *, const char *text, size_t n, struct cp_err *);

#endif
