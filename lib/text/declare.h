/* What the columns of a CSV are: the declaration of its fields.
 *
 * A declaration is lines of text, from a file (--declare) or from options (--field).  It holds exceptions: a column that no line names is
 * a category, and one called "label", "timestamp" or "weight" has that role.
 *
 *     # a comment                               (also behind a line, after white space)
 *     NAME: KIND [of COLUMN] [as NEWNAME] [written SAMPLE] [missing WORD] [null VALUE...]
 *
 *     NAME      a column of the CSV, or a glob (* and ?) for those that no line names outright; in double quotes, where "" is a quote, it
 *               is taken as it stands, colons, stars and all.  With `of COLUMN` it is the name of a new field, made of that column.
 *     KIND      category                        one key a row
 *               list [SEP]                      several: "a|b|c"; SEP is '|' unless said otherwise
 *               number                          a number column; `log`: sign(x) ln(1 + |x|) of it
 *               standard [MEAN DEVIATION]       a number column: (x - MEAN) / DEVIATION; without them still to be learnt (learn.h)
 *               buckets N                       N quantiles, still to be learnt
 *               buckets at [BOUND...]           a key a bucket: how many of these bounds are <= x
 *               buckets log                     a key a bucket: floor(ln(x)^2) above 2, "SP" and the value up to 2
 *               time [FORMAT]                   the timestamp; FORMAT as in timeformat.h, seconds unless said otherwise
 *               hour of COLUMN [FORMAT]         0 to 23, UTC; without FORMAT that of COLUMN's own `time` line
 *               weekday of COLUMN [FORMAT]      Monday to Sunday, UTC
 *               label [>= X | > X | = WORD...]  1 where it is so, else 0; alone: the number as it is
 *               weight
 *               text                            told in the sentence, no key
 *               drop                            no field at all
 *     as        what the field is called in the stream and in the sentence (so its keys are those of this name)
 *     written   how the column writes the number 1234.56 (written.h); for number, log, standard, buckets, label and weight
 *     missing   what the sentence says where there is no value
 *     null      values that count as no value, beside the empty one
 *
 * Of two lines that name the same column with the same NEWNAME the later holds, and a line that names a column outright before a glob.
 *
 *     struct cp_declaration *f = cp_declaration_new();
 *     if (cp_declaration_read(f, text, len, "shop.fields", err) < 0) ...        // any number of times; order is kept
 *     cp_declare_print(&f->line[0], &buf);                                   // canonical: same meaning, same bytes; reads back the same
 *     cp_declaration_free(f);
 */
#ifndef CP_DECLARE_H
#define CP_DECLARE_H

#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"
#include "text/csv.h"

enum cp_kind {
	CP_KIND_CATEGORY, CP_KIND_LIST, CP_KIND_NUMBER, CP_KIND_LOG,
	CP_KIND_STANDARD_LEARN, CP_KIND_STANDARD,
	CP_KIND_BUCKETS_LEARN, CP_KIND_BUCKETS_AT, CP_KIND_BUCKETS_LOG,
	CP_KIND_TIME, CP_KIND_HOUR, CP_KIND_WEEKDAY,
	CP_KIND_LABEL, CP_KIND_WEIGHT, CP_KIND_TEXT, CP_KIND_DROP,
};

/* Not fields, but what is known of a row beside them. */
static inline int cp_kind_is_role(enum cp_kind k)
{
	return k == CP_KIND_TIME || k == CP_KIND_LABEL || k == CP_KIND_WEIGHT;
}

/* Does the line lack what --learn reads off the rows? */
static inline int cp_kind_is_to_learn(enum cp_kind k)
{
	return k == CP_KIND_BUCKETS_LEARN || k == CP_KIND_STANDARD_LEARN;
}

enum cp_label_rule { CP_LABEL_AS_IS, CP_LABEL_AT_LEAST, CP_LABEL_ABOVE, CP_LABEL_IS };

struct cp_words {
	char **v;
	size_t n;
};

/* One line.  Strings belong to the declaration. */
struct cp_declare {
	char *name;
	int is_glob;
	enum cp_kind kind;
	char *of;			/* NULL: of the column `name` itself */
	char *sep;			/* list; never NULL or empty there */
	char *format;			/* time, hour, weekday; NULL: not said */
	double mean, deviation;		/* standard; deviation > 0 */
	size_t n_buckets;		/* to learn */
	double *bound;			/* strictly ascending */
	size_t n_bounds;
	enum cp_label_rule rule;
	double limit;
	struct cp_words is;		/* label = WORD... */
	char *as;			/* NULL: `name` */
	char *written;			/* NULL: as strtod reads it */
	char *missing;			/* NULL: not said */
	struct cp_words null;
	char *file;			/* where the line stands, for messages; file NULL: nowhere */
	size_t at_line;
};

struct cp_declaration {
	struct cp_declare *line;
	size_t n, cap;
	struct cp_arena arena;
};

struct cp_declaration *cp_declaration_new(void);
void cp_declaration_free(struct cp_declaration *);

/* Append the lines of a text.  -1: a sentence with file, line and, where one character is to blame, its column; what stood before stays. */
int cp_declaration_read(struct cp_declaration *, const char *text, size_t len, const char *file, struct cp_err *);

/* A copy, which points to this arena; append one. */
struct cp_declare cp_declare_copy(const struct cp_declare *, struct cp_arena *);
void cp_declaration_add(struct cp_declaration *, const struct cp_declare *);

/* Append the canonical line, without a line end. */
void cp_declare_print(const struct cp_declare *, struct cp_buf *);
void cp_declaration_print(const struct cp_declaration *, struct cp_buf *);	/* every line, ended by LF */

/* What the field is called; which column it is made of. */
const char *cp_declare_title(const struct cp_declare *);
const char *cp_declare_column(const struct cp_declare *);

/* Does a line that is a glob name this column? */
int cp_glob_match(const char *glob, const char *name);

/* Is the value none: empty, or among the line's nulls?  It is stripped already. */
int cp_declare_is_null(const struct cp_declare *, const char *value, size_t n);

/* Hours, weekdays and buckets between bounds: how many values there are (of other kinds: 0), and the word that stands for one in its key. */
size_t cp_declare_n_values(const struct cp_declare *);
const char *cp_declare_value(const struct cp_declare *, size_t i, char buf[24]);

/* The next member of a list that is a value, stripped; 1, or 0 at the end.  *at is 0 before the first.  Two separators side by side hold
 * nothing; neither does a member that is null. */
int cp_list_next(const struct cp_declare *, const struct cp_csv_field *list, size_t *at, struct cp_csv_field *member);

#endif
