/* The sentence of a row.
 *
 * By form, over fields in order:
 *
 *     sentence    "{field} is {value}." for each field, joined by one space (ClickPrompt, section 3.1); the default
 *     ptab        "{field}:{value}" for each, joined by one space (PTab)
 *     ctrl        "This is a user, {field} is {value}, ... . This is an item, {field} is {value}, ... ." (CTRL)
 *     values      "{value}" for each, joined by one space
 *
 * or by a template: text in which {Name} stands for the value of the field or column Name; {{ and }} stand for braces.  The name ends at the
 * first brace, so a column with a brace in its name cannot be told by a template.  {? ... } is an optional part: it holds text and values,
 * and where one of these is missing the part is left out, whole.  So "{Title}{? ({Year})}" never shows empty brackets.
 *
 * A value is stripped of white space at both ends.  A list is told with ", " between its members, an hour as a number, a weekday as a word;
 * what is missing by the field's word for it, or, in a form with omit_empty, not at all, its name included.
 *
 *     struct cp_template *t = cp_template_new("{Title} ({Year}), rated by {User ID}", told, n_told, err);
 *     cp_template_render(t, csv->fields, row, max, &buf);              // appends
 *     cp_template_free(t);
 *
 * Shuffled, the fields of a form (of ctrl: within user and item) stand in an order that depends on the seed and the row's number alone.
 *
 * A sentence is one line: each line end inside a value (LF, CR LF or CR) becomes one space.  A template itself holds none.
 */
#ifndef CP_TEMPLATE_H
#define CP_TEMPLATE_H

#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "text/csv.h"
#include "stream/schema.h"
#include "text/declare.h"

#define CP_SENTENCE_FORMS "sentence|ptab|ctrl|values"
enum cp_sentence_form { CP_SENTENCE_PLAIN, CP_SENTENCE_PTAB, CP_SENTENCE_CTRL, CP_SENTENCE_VALUES };
/* How many bytes of a sentence of form ctrl are the user's, the space behind them included; the item's may be none. */
size_t cp_sentence_user(const char *sentence, size_t n);
/* Does the name of a field say that its values name things: "User ID", "item_id", "movieId", "ISBN", "asin"? */
int cp_names_a_thing(const char *field);

/* A value that can be told.  What it points to outlives the template. */
struct cp_told {
	const char *name;
	size_t column;			/* of the CSV */
	const struct cp_declare *how;	/* NULL: as it stands */
	const char *missing;		/* the word */
	int of_item;			/* form ctrl */
};

/* How they are told by form. */
struct cp_telling {
	enum cp_sentence_form form;
	int omit_empty, shuffle;
	uint64_t seed;
};

struct cp_template;

/* A name is that of the first of told[0..n) called so; one that is not among them is refused with a list of those there are. */
struct cp_template *cp_template_new(const char *text, const struct cp_told *told, size_t n, struct cp_err *);

/* Is it one, whatever the columns are called? */
int cp_template_check(const char *text, struct cp_err *);

struct cp_template *cp_template_form(const struct cp_telling *, const struct cp_told *told, size_t n);

/* Append a row's sentence; <0, and nothing appended, if it could be longer than max bytes. */
int cp_template_render(const struct cp_template *, const struct cp_csv_field *fields, uint64_t row, size_t max, struct cp_buf *out);
void cp_template_free(struct cp_template *);

/* The next value that it tells, in order, not shuffled; NULL at the end.  *at is 0 before the first.  Does it tell this column? */
const struct cp_told *cp_template_next(const struct cp_template *, size_t *at);
int cp_template_tells(const struct cp_template *, size_t column);

/* Append "'a', 'b' and 'c'": the list that an error about a name ends with; long lists are cut with their number. */
void cp_list_names(struct cp_buf *, char *const *names, size_t n);

#endif
