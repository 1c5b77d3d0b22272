/* The declaration of fields: lines cut into words, words into a struct cp_declare, and back.
 *
 * A line is lexed whole before it is parsed, so that a keyword (as, written, missing, null, of) is known from a word in quotes that looks like one.
 */
#include "text/declare.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/num.h"
#include "base/utf8.h"
#include "text/timeformat.h"
#include "text/written.h"

#define MAX_BUCKETS 65536

struct word {
	char *s;
	int quoted;
	size_t column;			/* where it begins, from 1 */
};

struct line {
	struct cp_arena *arena;
	const char *file, *text;
	size_t len, number, at;		/* at: what is lexed so far */
	char *name;
	int name_quoted;
	struct word *word;
	size_t n, cap, i;		/* i: the next to parse */
	struct cp_err *err;
};

__attribute__((format(printf, 3, 4)))
static int complain(const struct line *l, size_t column, const char *fmt, ...)
{
	char what[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	return cp_err_set(l->err, "%s: line %zu, column %zu: %s", l->file, l->number, column, what);
}

/* ---- words ---- */

static int is_space(char c)
{
	return c == ' ' || c == '\t';
}

static void skip_space(struct line *l)
{
	while (l->at < l->len && is_space(l->text[l->at]))
		l->at++;
}

/* The string in quotes at l->at. */
static char *lex_quoted(struct line *l)
{
	size_t from = l->at++, n = 0;
	char *s = cp_arena_alloc(l->arena, l->len - from + 1);
	while (l->at < l->len) {
		if (l->text[l->at] == '"' && !(l->at + 1 < l->len && l->text[l->at + 1] == '"')) {
			l->at++;
			s[n] = 0;
			return s;
		}
		l->at += l->text[l->at] == '"';
		s[n++] = l->text[l->at++];
	}
	complain(l, from + 1, "a quote is opened and never closed");
	return NULL;
}

static int lex_name(struct line *l)
{
	const char *colon;
	size_t from = l->at;
	l->name_quoted = l->text[l->at] == '"';
	if (l->name_quoted) {
		if (!(l->name = lex_quoted(l)))
			return -1;
		skip_space(l);
		if (l->at == l->len || l->text[l->at] != ':')
			return complain(l, l->at + 1, "expected ':' behind the name '%.80s'", l->name);
	} else {
		if (!(colon = memchr(l->text + from, ':', l->len - from)))
			return complain(l, from + 1, "no ':' in '%.*s'; a line is NAME: KIND", l->len - from < 80 ? (int)(l->len - from) : 80, l->text + from);
		l->at = (size_t)(colon - l->text);
		size_t n = l->at - from;
		while (n && is_space(l->text[from + n - 1]))
			n--;
		l->name = cp_arena_strndup(l->arena, l->text + from, n);
	}
	l->at++;
	return *l->name ? 0 : complain(l, from + 1, "the name is empty");
}

static void add_word(struct line *l, char *s, int quoted, size_t column)
{
	l->word = cp_xgrow(l->word, &l->cap, l->n + 1, sizeof *l->word);
	l->word[l->n++] = (struct word){ s, quoted, column };
}

static int lex_words(struct line *l)
{
	for (skip_space(l); l->at < l->len && l->text[l->at] != '#'; skip_space(l)) {
		size_t from = l->at;
		char *s;
		if (l->text[from] == '"') {
			if (!(s = lex_quoted(l)))
				return -1;
			if (l->at < l->len && !is_space(l->text[l->at]))
				return complain(l, l->at + 1, "text after the closing quote; a quote inside quotes is written twice");
		} else {
			while (l->at < l->len && !is_space(l->text[l->at]))
				l->at++;
			s = cp_arena_strndup(l->arena, l->text + from, l->at - from);
		}
		add_word(l, s, l->text[from] == '"', from + 1);
	}
	return 0;
}

/* ---- the parser ---- */

static const char *const keywords[] = { "of", "as", "written", "missing", "null" };

static int is_keyword(const struct word *w)
{
	for (size_t i = 0; !w->quoted && i < sizeof keywords / sizeof *keywords; i++)
		if (!strcmp(w->s, keywords[i]))
			return 1;
	return 0;
}

static int at_argument(const struct line *l)
{
	return l->i < l->n && !is_keyword(&l->word[l->i]);
}

static int at_word(const struct line *l, const char *s)
{
	return l->i < l->n && !l->word[l->i].quoted && !strcmp(l->word[l->i].s, s);
}

static size_t here(const struct line *l)
{
	return l->i < l->n ? l->word[l->i].column : l->len + 1;
}

static const char *shown(const struct line *l)
{
	return l->i < l->n ? l->word[l->i].s : "the end of the line";
}

static struct cp_words take_words(struct line *l)
{
	size_t from = l->i;
	while (at_argument(l))
		l->i++;
	struct cp_words w = { cp_arena_alloc(l->arena, (l->i - from) * sizeof *w.v + 1), l->i - from };
	for (size_t i = 0; i < w.n; i++)
		w.v[i] = l->word[from + i].s;
	return w;
}

static int parse_list(struct line *l, struct cp_declare *f)
{
	f->sep = at_argument(l) ? l->word[l->i++].s : cp_arena_strndup(l->arena, "|", 1);
	return *f->sep ? 0 : complain(l, l->word[l->i - 1].column, "an empty separator");
}

static int parse_standard(struct line *l, struct cp_declare *f)
{
	double *to[] = { &f->mean, &f->deviation };
	if (!at_argument(l))
		return 0;
	for (int i = 0; i < 2; i++, l->i++) {
		if (!at_argument(l) || cp_parse_real(l->word[l->i].s, to[i]) < 0)
			return complain(l, here(l), "standard: found '%.40s', expected %s", shown(l), i ? "a deviation behind the mean" : "a mean and a deviation");
		*to[i] += 0.0;	/* no -0 */
	}
	f->kind = CP_KIND_STANDARD;
	return f->deviation > 0 ? 0 : complain(l, l->word[l->i - 1].column, "the deviation %.40s is not above 0", l->word[l->i - 1].s);
}

static int parse_bounds(struct line *l, struct cp_declare *f)
{
	f->kind = CP_KIND_BUCKETS_AT;
	f->bound = cp_arena_alloc(l->arena, (l->n - l->i) * sizeof *f->bound + 1);
	for (; at_argument(l); l->i++) {
		double v;
		if (cp_parse_real(l->word[l->i].s, &v) < 0)
			return complain(l, here(l), "the bound '%.40s' is not a number", shown(l));
		if (f->n_bounds && !(v > f->bound[f->n_bounds - 1]))
			return complain(l, here(l), "the bound %.40s is not above the one before it", shown(l));
		if (f->n_bounds == MAX_BUCKETS - 1)
			return complain(l, here(l), "more than %d buckets", MAX_BUCKETS);
		f->bound[f->n_bounds++] = v + 0.0;	/* no -0 */
	}
	return 0;
}

static int parse_buckets(struct line *l, struct cp_declare *f)
{
	uint64_t n;
	if (at_word(l, "at")) {
		l->i++;
		return parse_bounds(l, f);
	}
	if (at_word(l, "log")) {
		l->i++;
		f->kind = CP_KIND_BUCKETS_LOG;
		return 0;
	}
	if (!at_argument(l) || cp_parse_u64(l->word[l->i].s, &n) < 0)
		return complain(l, here(l), "buckets: found '%.40s', expected how many (buckets 10), 'at' and bounds, or 'log'", shown(l));
	if (n < 2 || n > MAX_BUCKETS)
		return complain(l, here(l), "%.20s buckets; there can be 2 to %d", shown(l), MAX_BUCKETS);
	l->i++;
	f->n_buckets = n;
	return 0;
}

/* Words up to the next keyword are the format: so "%Y-%m-%d %H:%M:%S" needs no quotes. */
static int parse_format(struct line *l, struct cp_declare *f)
{
	struct cp_err why;
	struct cp_buf b = CP_BUF_INIT;
	size_t column = here(l);
	for (int more = 0; at_argument(l); more = 1)
		cp_buf_printf(&b, "%s%s", more ? " " : "", l->word[l->i++].s);
	if (b.len)
		f->format = cp_arena_strndup(l->arena, b.data, b.len);
	cp_buf_release(&b);
	if (f->format && cp_time_check(f->format, &why) < 0)
		return complain(l, column, "%s", why.msg);
	return 0;
}

static int parse_label(struct line *l, struct cp_declare *f)
{
	static const struct { const char *sign; enum cp_label_rule rule; } rules[] = {
		{ ">=", CP_LABEL_AT_LEAST }, { ">", CP_LABEL_ABOVE }, { "=", CP_LABEL_IS },
	};
	for (size_t i = 0; i < 3 && !f->rule; i++)
		if (at_word(l, rules[i].sign))
			f->rule = rules[i].rule;
	l->i += f->rule != CP_LABEL_AS_IS;
	if (f->rule == CP_LABEL_IS) {
		f->is = take_words(l);
		return f->is.n ? 0 : complain(l, here(l), "label =: expected the values that are a click");
	}
	if (f->rule && (!at_argument(l) || cp_parse_real(l->word[l->i].s, &f->limit) < 0))
		return complain(l, here(l), "label: found '%.40s', expected a number behind the sign", shown(l));
	f->limit += 0.0;		/* no -0 */
	l->i += f->rule != CP_LABEL_AS_IS;
	return 0;
}

static const struct kind {
	const char *name;
	enum cp_kind kind;
	int (*arguments)(struct line *, struct cp_declare *);
} kinds[] = {
	{ "category", CP_KIND_CATEGORY, NULL }, { "list", CP_KIND_LIST, parse_list },
	{ "number", CP_KIND_NUMBER, NULL }, { "log", CP_KIND_LOG, NULL },
	{ "standard", CP_KIND_STANDARD_LEARN, parse_standard },
	{ "buckets", CP_KIND_BUCKETS_LEARN, parse_buckets },
	{ "time", CP_KIND_TIME, parse_format }, { "hour", CP_KIND_HOUR, NULL }, { "weekday", CP_KIND_WEEKDAY, NULL },
	{ "label", CP_KIND_LABEL, parse_label }, { "weight", CP_KIND_WEIGHT, NULL }, { "text", CP_KIND_TEXT, NULL }, { "drop", CP_KIND_DROP, NULL },
};

enum { N_KINDS = sizeof kinds / sizeof *kinds };

static int parse_kind(struct line *l, struct cp_declare *f)
{
	size_t k = 0;
	while (k < N_KINDS && !at_word(l, kinds[k].name))
		k++;
	if (k == N_KINDS)
		return complain(l, here(l), "no kind '%.40s'; there are category, list, number, log, standard, buckets, time, hour, weekday, label, "
				"weight, text and drop%s", shown(l), strchr(shown(l), ':') ? "; a name that holds a colon is put in double quotes" : "");
	l->i++;
	f->kind = kinds[k].kind;
	return kinds[k].arguments ? kinds[k].arguments(l, f) : 0;
}

/* The column a new field is made of, and for hour and weekday the format of its times. */
static int parse_of(struct line *l, struct cp_declare *f)
{
	int of_time = f->kind == CP_KIND_HOUR || f->kind == CP_KIND_WEEKDAY;
	if (!at_word(l, "of"))
		return of_time ? complain(l, here(l), "expected 'of' and the column that holds the time") : 0;
	if (cp_kind_is_role(f->kind) || f->kind == CP_KIND_DROP || f->is_glob)
		return complain(l, here(l), "'of' makes a new field, with a name of its own; this line names columns as they are");
	l->i++;
	if (l->i == l->n || !*l->word[l->i].s)
		return complain(l, here(l), "of: expected the name of a column");
	f->of = l->word[l->i++].s;
	return of_time ? parse_format(l, f) : 0;
}

static int reads_numbers(const struct cp_declare *f)
{
	switch (f->kind) {
	case CP_KIND_NUMBER:
	case CP_KIND_LOG:
	case CP_KIND_STANDARD_LEARN:
	case CP_KIND_STANDARD:
	case CP_KIND_BUCKETS_LEARN:
	case CP_KIND_BUCKETS_AT:
	case CP_KIND_BUCKETS_LOG:
	case CP_KIND_WEIGHT:
		return 1;
	default:
		return f->kind == CP_KIND_LABEL && f->rule != CP_LABEL_IS;
	}
}

static int check_written(struct line *l, size_t at, const struct cp_declare *f)
{
	struct cp_err why;
	if (!reads_numbers(f))
		return complain(l, at, "written tells how numbers are written; this column is read as something else");
	return cp_written_check(f->written, &why) < 0 ? complain(l, at, "%s", why.msg) : 0;
}

static int parse_option(struct line *l, struct cp_declare *f)
{
	size_t at = here(l);
	const char *option = l->word[l->i++].s;
	char **one = !strcmp(option, "as") ? &f->as : !strcmp(option, "missing") ? &f->missing : !strcmp(option, "written") ? &f->written : NULL;
	if ((one && *one) || (!one && f->null.n))
		return complain(l, at, "a second '%s' in one line", option);
	if (!one) {
		f->null = take_words(l);
		return f->null.n ? 0 : complain(l, here(l), "null: expected values");
	}
	if (l->i == l->n)
		return complain(l, here(l), "%s: expected a word", option);
	*one = l->word[l->i++].s;
	if (one == &f->as && !**one)
		return complain(l, at, "as: an empty name");
	if (one == &f->written)
		return check_written(l, at, f);
	return 0;
}

static int check_field(struct line *l, struct cp_declare *f)
{
	if (f->as && (f->is_glob || f->of))
		return complain(l, 1, f->of ? "a new field is called what its line begins with: no 'as'" : "one new name for several columns: no 'as' with a glob");
	if (f->as && (cp_kind_is_role(f->kind) || f->kind == CP_KIND_DROP))
		return complain(l, 1, "a column of this kind has no name of its own: no 'as'");
	if (f->is_glob && (cp_kind_is_role(f->kind)))
		return complain(l, 1, "only one column can have this role: no glob");
	if (f->as && !strcmp(f->as, f->name))
		f->as = NULL;
	return 0;
}

static int parse_line(struct line *l, struct cp_declare *f)
{
	if (lex_name(l) < 0 || lex_words(l) < 0)
		return -1;
	*f = (struct cp_declare){ .name = l->name, .is_glob = !l->name_quoted && strpbrk(l->name, "*?"), .at_line = l->number };
	f->file = cp_arena_strndup(l->arena, l->file, strlen(l->file));
	if (parse_kind(l, f) < 0 || parse_of(l, f) < 0)
		return -1;
	while (l->i < l->n) {
		if (!is_keyword(&l->word[l->i]) || at_word(l, "of"))
			return complain(l, here(l), "found '%.40s', expected 'as', 'written', 'missing', 'null' or the end of the line", shown(l));
		if (parse_option(l, f) < 0)
			return -1;
	}
	return check_field(l, f);
}

static int check_bytes(struct line *l)
{
	size_t bad;
	const char *nul = memchr(l->text, 0, l->len);
	if (nul)
		return complain(l, (size_t)(nul - l->text) + 1, "a NUL byte; a declaration is text");
	if (!cp_utf8_valid(l->text, l->len, &bad))
		return complain(l, bad + 1, "this is not UTF-8");
	return 0;
}

/* ---- the whole ---- */

struct cp_declaration *cp_declaration_new(void)
{
	return cp_xcalloc(1, sizeof(struct cp_declaration));
}

void cp_declaration_free(struct cp_declaration *f)
{
	if (!f)
		return;
	cp_arena_release(&f->arena);
	free(f->line);
	free(f);
}

static struct cp_declare *add_line(struct cp_declaration *f)
{
	f->line = cp_xgrow(f->line, &f->cap, f->n + 1, sizeof *f->line);
	return &f->line[f->n++];
}

static int read_line(struct cp_declaration *f, struct line *l)
{
	struct cp_declare field;
	if (check_bytes(l) < 0)
		return -1;
	size_t mark;
	for (skip_space(l); (mark = cp_utf8_bom(l->text + l->at, l->len - l->at)); skip_space(l))
		l->at += mark;	/* on any line: files may have been joined by cat */
	if (l->at == l->len || l->text[l->at] == '#')
		return 0;
	int rc = parse_line(l, &field);
	free(l->word);
	if (rc == 0)
		*add_line(f) = field;
	return rc;
}

int cp_declaration_read(struct cp_declaration *f, const char *text, size_t len, const char *file, struct cp_err *err)
{
	for (size_t at = 0, number = 1; at < len; number++) {
		const char *p = text + at, *nl = memchr(p, '\n', len - at);
		size_t n = nl ? (size_t)(nl - p) : len - at;
		at += n + 1;
		n -= n && p[n - 1] == '\r';
		struct line l = { .arena = &f->arena, .file = file, .text = p, .len = n, .number = number, .err = err };
		if (read_line(f, &l) < 0)
			return -1;
	}
	return 0;
}

static char *copy_str(struct cp_arena *a, const char *s)
{
	return s ? cp_arena_strndup(a, s, strlen(s)) : NULL;
}

static struct cp_words copy_words(struct cp_arena *a, const struct cp_words *w)
{
	struct cp_words c = { cp_arena_alloc(a, w->n * sizeof *c.v + 1), w->n };
	for (size_t i = 0; i < w->n; i++)
		c.v[i] = copy_str(a, w->v[i]);
	return c;
}

struct cp_declare cp_declare_copy(const struct cp_declare *from, struct cp_arena *a)
{
	struct cp_declare to = *from;
	to.name = copy_str(a, from->name);
	to.of = copy_str(a, from->of);
	to.sep = copy_str(a, from->sep);
	to.format = copy_str(a, from->format);
	to.as = copy_str(a, from->as);
	to.written = copy_str(a, from->written);
	to.missing = copy_str(a, from->missing);
	to.file = copy_str(a, from->file);
	to.is = copy_words(a, &from->is);
	to.null = copy_words(a, &from->null);
	to.bound = cp_arena_alloc(a, from->n_bounds * sizeof *to.bound + 1);
	for (size_t i = 0; i < from->n_bounds; i++)
		to.bound[i] = from->bound[i];
	return to;
}

void cp_declaration_add(struct cp_declaration *f, const struct cp_declare *from)
{
	*add_line(f) = cp_declare_copy(from, &f->arena);
}

/* ---- printing ---- */

static void print_quoted(struct cp_buf *b, const char *s)
{
	cp_buf_char(b, '"');
	for (; *s; s++) {
		if (*s == '"')
			cp_buf_char(b, '"');
		cp_buf_char(b, *s);
	}
	cp_buf_char(b, '"');
}

/* In quotes where it would not read back as the same word. */
static void print_word(struct cp_buf *b, const char *s)
{
	const struct word w = { (char *)s, 0, 0 };
	cp_buf_char(b, ' ');
	if (!*s || strpbrk(s, " \t\r") || *s == '"' || *s == '#' || is_keyword(&w))
		print_quoted(b, s);
	else
		cp_buf_str(b, s);
}

/* A name with spaces inside needs no quotes; one that has them at its ends does. */
static void print_name(struct cp_buf *b, const struct cp_declare *f)
{
	const char *s = f->name;
	int plain = !cp_utf8_bom(s, strlen(s)) && *s != '"' && *s != '#' && !strchr(s, ':') && !is_space(*s) && !is_space(s[strlen(s) - 1]);
	if (f->is_glob || (plain && !strpbrk(s, "*?")))
		cp_buf_str(b, s);
	else
		print_quoted(b, s);
}

static void print_words(struct cp_buf *b, const struct cp_words *w)
{
	for (size_t i = 0; i < w->n; i++)
		print_word(b, w->v[i]);
}

static void print_arguments(const struct cp_declare *f, struct cp_buf *b)
{
	char num[32];
	if (f->kind == CP_KIND_LIST && strcmp(f->sep, "|"))
		print_word(b, f->sep);
	if (f->kind == CP_KIND_STANDARD) {
		print_word(b, cp_print_real(f->mean, num));
		print_word(b, cp_print_real(f->deviation, num));
	}
	if (f->kind == CP_KIND_BUCKETS_LEARN)
		cp_buf_printf(b, " %zu", f->n_buckets);
	if (f->kind == CP_KIND_BUCKETS_AT)
		cp_buf_str(b, " at");
	if (f->kind == CP_KIND_BUCKETS_LOG)
		cp_buf_str(b, " log");
	for (size_t i = 0; f->kind == CP_KIND_BUCKETS_AT && i < f->n_bounds; i++)
		print_word(b, cp_print_real(f->bound[i], num));
	if (f->rule == CP_LABEL_IS)
		cp_buf_str(b, " =");
	else if (f->rule)
		cp_buf_printf(b, " %s %s", f->rule == CP_LABEL_ABOVE ? ">" : ">=", cp_print_real(f->limit, num));
	print_words(b, &f->is);
}

static const char *word_of(enum cp_kind kind)
{
	size_t k = 0;
	if (kind == CP_KIND_BUCKETS_AT || kind == CP_KIND_BUCKETS_LOG)
		kind = CP_KIND_BUCKETS_LEARN;
	if (kind == CP_KIND_STANDARD)
		kind = CP_KIND_STANDARD_LEARN;
	while (kinds[k].kind != kind)
		k++;
	return kinds[k].name;
}

void cp_declare_print(const struct cp_declare *f, struct cp_buf *b)
{
	print_name(b, f);
	cp_buf_printf(b, ": %s", word_of(f->kind));
	print_arguments(f, b);
	if (f->of) {
		cp_buf_str(b, " of");
		print_word(b, f->of);
	}
	if (f->format)
		print_word(b, f->format);
	if (f->as) {
		cp_buf_str(b, " as");
		print_word(b, f->as);
	}
	if (f->written) {
		cp_buf_str(b, " written");
		print_word(b, f->written);
	}
	if (f->missing) {
		cp_buf_str(b, " missing");
		print_word(b, f->missing);
	}
	if (f->null.n)
		cp_buf_str(b, " null");
	print_words(b, &f->null);
}

void cp_declaration_print(const struct cp_declaration *f, struct cp_buf *b)
{
	for (size_t i = 0; i < f->n; i++) {
		cp_declare_print(&f->line[i], b);
		cp_buf_char(b, '\n');
	}
}

/* ---- questions ---- */

const char *cp_declare_title(const struct cp_declare *f)
{
	return f->as ? f->as : f->name;
}

const char *cp_declare_column(const struct cp_declare *f)
{
	return f->of ? f->of : f->name;
}

/* '?' is one character of UTF-8; a star goes back to its last trial only, so the time is at most quadratic. */
int cp_glob_match(const char *g, const char *s)
{
	const char *star = NULL, *again = NULL;
	while (*s) {
		if (*g == '*') {
			star = g++;
			again = s;
		} else if (*g == '?' || *g == *s) {
			for (s++; *g == '?' && ((unsigned char)*s & 0xc0) == 0x80;)
				s++;
			g++;
		} else if (star) {
			g = star + 1;
			s = ++again;
		} else
			return 0;
	}
	while (*g == '*')
		g++;
	return !*g;
}

int cp_declare_is_null(const struct cp_declare *f, const char *value, size_t n)
{
	if (!n)
		return 1;
	for (size_t i = 0; i < f->null.n; i++)
		if (strlen(f->null.v[i]) == n && !memcmp(f->null.v[i], value, n))
			return 1;
	return 0;
}

size_t cp_declare_n_values(const struct cp_declare *f)
{
	switch (f->kind) {
	case CP_KIND_HOUR: return 24;
	case CP_KIND_WEEKDAY: return 7;
	case CP_KIND_BUCKETS_AT: return f->n_bounds + 1;
	default: return 0;
	}
}

const char *cp_declare_value(const struct cp_declare *f, size_t i, char buf[24])
{
	snprintf(buf, 24, "%zu", i);
	return f->kind == CP_KIND_WEEKDAY ? cp_weekdays[i] : buf;
}

int cp_list_next(const struct cp_declare *f, const struct cp_csv_field *list, size_t *at, struct cp_csv_field *member)
{
	size_t len = strlen(f->sep);
	while (*at <= list->n) {
		const char *p = list->p + *at;
		size_t rest = list->n - *at;
		const char *end = len == 1 ? memchr(p, *f->sep, rest) : memmem(p, rest, f->sep, len);
		*member = (struct cp_csv_field){ p, end ? (size_t)(end - p) : rest };
		*at += member->n + len;
		if (!end)
			*at = SIZE_MAX;
		cp_strip(&member->p, &member->n);
		if (!cp_declare_is_null(f, member->p, member->n))
			return 1;
	}
	return 0;
}
