/* The sentence of a row.
 *
 * Without a template it is METHOD.md's: "{field} is {value}." for each field in order, joined by one space, values stripped of white
 * space at both ends.  A template is text in which {Name} stands for the value of the column Name, stripped as well; {{ and }} stand for
 * braces.  The name ends at the first brace, so a column with a brace in its name cannot be told by a template.
 *
 *     struct cp_template *t = cp_template_new("{Title} ({Year}), rated by {User ID}", names, n_names, err);
 *     cp_template_render(t, csv->fields, max, &buf);                   // appends
 *     cp_template_free(t);
 *
 * A sentence is one line: each line end inside a value (LF, CR LF or CR) becomes one space.  A template itself holds none.
 */
#ifndef CP_TEMPLATE_H
#define CP_TEMPLATE_H

#include "base/err.h"
#include "base/mem.h"
#include "text/csv.h"

struct cp_template;

/* Names a column per {Name}; one that is not among them is refused with a list of those there are. */
struct cp_template *cp_template_new(const char *text, char *const *names, size_t n_names, struct cp_err *);

/* Is it one, whatever the columns are called? */
int cp_template_check(const char *text, struct cp_err *);

/* The default sentence over columns[0..n). */
struct cp_template *cp_template_default(char *const *names, const size_t *columns, size_t n);

/* Append a row's sentence; <0, and nothing appended, if it could be longer than max bytes. */
int cp_template_render(const struct cp_template *, const struct cp_csv_field *row, size_t max, struct cp_buf *out);
void cp_template_free(struct cp_template *);

/* Does the template tell this column? */
int cp_template_tells(const struct cp_template *, size_t column);

/* Append "'a', 'b' and 'c'": the list that an error about a name ends with; long lists are cut with their number. */
void cp_list_names(struct cp_buf *, char *const *names, size_t n);

#endif
