/* Compiled once: a template into pieces, each some literal bytes and then, perhaps, a value; a form into items, each the literal before its
 * value, in one group or two.  A row is then a few memcpy into room that is reserved for the longest it can be. */
#include "text/template.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "base/rng.h"
#include "text/timeformat.h"

#define NO_VALUE SIZE_MAX
#define LIST_JOIN ", "

enum op { VALUE, OPEN, CLOSE, END };

struct piece {
	size_t at, len;		/* literal bytes, before the rest */
	enum op op;
	size_t told;		/* VALUE */
	size_t close;		/* OPEN: the piece that closes it */
};

#define ITEM_OPENS "This is an item, "

/* How a form speaks. */
struct manner {
	const char *open[2], *is, *end, *between, *close, *groups;
	int named;
};

static const struct manner manners[] = {
	[CP_SENTENCE_PLAIN] = { { "", "" }, " is ", ".", " ", "", "", 1 },
	[CP_SENTENCE_PTAB] = { { "", "" }, ":", "", " ", "", "", 1 },
	[CP_SENTENCE_CTRL] = { { "This is a user, ", ITEM_OPENS }, " is ", "", ", ", ".", " ", 1 },
	[CP_SENTENCE_VALUES] = { { "", "" }, "", "", " ", "", "", 0 },
};

struct cp_template {
	struct cp_buf literals;
	struct cp_told *told;
	size_t n_told;
	struct piece *piece;	/* of a template; of a form one a value: the literal before it */
	size_t n, cap;
	const struct manner *manner;	/* NULL: a template */
	struct cp_telling telling;
	size_t n_first;		/* pieces of the first group */
	size_t most;		/* all literals of the longest sentence */
};

static struct cp_template *template_new(const struct cp_told *told, size_t n)
{
	struct cp_template *t = cp_xcalloc(1, sizeof *t);
	cp_buf_init(&t->literals);
	t->told = cp_xcalloc(n + 1, sizeof *t->told);
	for (size_t i = 0; i < n; i++)
		t->told[i] = told[i];
	t->n_told = n;
	return t;
}

void cp_template_free(struct cp_template *t)
{
	if (!t)
		return;
	cp_buf_release(&t->literals);
	free(t->told);
	free(t->piece);
	free(t);
}

/* Close the piece whose literal begins at *at. */
static struct piece *add_piece(struct cp_template *t, size_t *at, enum op op, size_t told)
{
	t->piece = cp_xgrow(t->piece, &t->cap, t->n + 1, sizeof *t->piece);
	struct piece *p = &t->piece[t->n++];
	*p = (struct piece){ *at, t->literals.len - *at, op, told, 0 };
	*at = t->literals.len;
	return p;
}

/* ---- compiling ---- */

int cp_names_a_thing(const char *name)
{
	static const char *const words[] = { "id", "isbn", "asin", "sku" };
	size_t n = strlen(name);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t k = strlen(words[i]);
		if (n < k || strcasecmp(name + n - k, words[i]))
			continue;
		if (n == k || !isalnum((unsigned char)name[n - k - 1]) || (islower((unsigned char)name[n - k - 1]) && isupper((unsigned char)name[n - k])))
			return 1;
	}
	return 0;
}

size_t cp_sentence_user(const char *sentence, size_t n)
{
	static const char seam[] = ". " ITEM_OPENS;
	size_t opens = strlen(ITEM_OPENS);
	if (n >= opens && !memcmp(sentence, ITEM_OPENS, opens))
		return 0;
	const char *at = memmem(sentence, n, seam, strlen(seam));
	return at ? (size_t)(at - sentence) + 2 : n;
}

struct cp_template *cp_template_form(const struct cp_telling *telling, const struct cp_told *told, size_t n)
{
	struct cp_template *t = template_new(told, n);
	size_t at = 0;
	t->telling = *telling;
	t->manner = &manners[telling->form];
	const struct manner *m = t->manner;
	int grouped = *m->open[1] != 0;
	for (int g = 0; g <= grouped; g++) {
		for (size_t i = 0; i < n; i++)
			if (!grouped || told[i].of_item == g) {
				if (m->named)
					cp_buf_str(&t->literals, told[i].name);
				cp_buf_str(&t->literals, m->is);
				add_piece(t, &at, VALUE, i);
			}
		if (!g)
			t->n_first = t->n;
	}
	t->most = t->literals.len + n * (strlen(m->end) + strlen(m->between)) + strlen(m->open[0]) + strlen(m->open[1]) + 2 * strlen(m->close) +
		  strlen(m->groups);
	return t;
}

void cp_list_names(struct cp_buf *b, char *const *names, size_t n)
{
	size_t shown = n > 20 ? 20 : n;
	for (size_t i = 0; i < shown; i++)
		cp_buf_printf(b, "%s'%.40s'", !i ? "" : i + 1 == n ? " and " : ", ", names[i]);
	if (shown < n)
		cp_buf_printf(b, " and %zu more", n - shown);
}

static size_t find_name(const char *p, size_t len, const struct cp_template *t, struct cp_err *err)
{
	for (size_t i = 0; i < t->n_told; i++)
		if (strlen(t->told[i].name) == len && !memcmp(t->told[i].name, p, len))
			return i;
	struct cp_buf list = CP_BUF_INIT;
	char **names = cp_xcalloc(t->n_told + 1, sizeof *names);
	for (size_t i = 0; i < t->n_told; i++)
		names[i] = (char *)t->told[i].name;
	cp_list_names(&list, names, t->n_told);
	cp_err_set(err, "template: there is no column '%.*s'; there are %s", len < 80 ? (int)len : 80, p, list.data);
	cp_buf_release(&list);
	free(names);
	return NO_VALUE;
}

struct compiler {
	struct cp_template *t;
	size_t at;		/* where the literal at hand begins */
	size_t open;		/* the piece that opens the optional part at hand; NO_VALUE: none */
	int check_only;		/* names are not known */
	const char *text;
	struct cp_err *err;
};

static const char *refuse(const struct compiler *c, const char *p, const char *what)
{
	cp_err_set(c->err, "template: byte %zu, at '%.40s': %s", (size_t)(p - c->text) + 1, p, what);
	return NULL;
}

static const char *open_part(struct compiler *c, const char *p)
{
	if (c->open != NO_VALUE)
		return refuse(c, p, "an optional part inside another");
	c->open = c->t->n;
	add_piece(c->t, &c->at, OPEN, NO_VALUE);
	return p + 2;
}

static const char *close_part(struct compiler *c, const char *p)
{
	size_t n_values = 0;
	for (size_t i = c->open; i < c->t->n; i++)
		n_values += c->t->piece[i].op == VALUE;
	if (!n_values)
		return refuse(c, p, "the optional part that ends here tells no value, so it is never left out");
	c->t->piece[c->open].close = c->t->n;
	add_piece(c->t, &c->at, CLOSE, NO_VALUE);
	c->open = NO_VALUE;
	return p + 1;
}

/* One step at p: a brace and what belongs to it, or the run of bytes up to the next.  Returns where it ends, NULL with a sentence. */
static const char *compile_step(struct compiler *c, const char *p)
{
	size_t len = strcspn(p, "{}");
	if (len) {
		cp_buf_add(&c->t->literals, p, len);
		return p + len;
	}
	if (*p == '}' && c->open != NO_VALUE)
		return close_part(c, p);
	if (p[0] == p[1]) {
		cp_buf_char(&c->t->literals, *p);
		return p + 2;
	}
	if (p[0] == '{' && p[1] == '?')
		return open_part(c, p);
	len = strcspn(p + 1, "{}");
	if (*p == '}' || p[1 + len] != '}')
		return refuse(c, p, *p == '{' ? "'{' without its '}'; {Name} stands for a value, {? } for an optional part, {{ for a brace"
					      : "'}' without its '{'; }} stands for a brace");
	size_t told = c->check_only ? 0 : find_name(p + 1, len, c->t, c->err);
	if (told == NO_VALUE)
		return NULL;
	add_piece(c->t, &c->at, VALUE, told);
	return p + len + 2;
}

static struct cp_template *compile(const char *text, const struct cp_told *told, size_t n, int check_only, struct cp_err *err)
{
	if (strpbrk(text, "\r\n")) {
		cp_err_set(err, "template: it holds a line end, and a sentence is one line");
		return NULL;
	}
	struct compiler c = { template_new(told, n), 0, NO_VALUE, check_only, text, err };
	const char *p = text;
	while (p && *p)
		p = compile_step(&c, p);
	if (p && c.open != NO_VALUE)
		p = refuse(&c, p, "an optional part {? is not closed");
	if (!p) {
		cp_template_free(c.t);
		return NULL;
	}
	add_piece(c.t, &c.at, END, NO_VALUE);
	c.t->most = c.t->literals.len;
	return c.t;
}

struct cp_template *cp_template_new(const char *text, const struct cp_told *told, size_t n, struct cp_err *err)
{
	return compile(text, told, n, 0, err);
}

int cp_template_check(const char *text, struct cp_err *err)
{
	struct cp_template *t = compile(text, NULL, 0, 1, err);
	cp_template_free(t);
	return t ? 0 : -1;
}

const struct cp_told *cp_template_next(const struct cp_template *t, size_t *at)
{
	while (*at < t->n && t->piece[*at].op != VALUE)
		++*at;
	return *at < t->n ? &t->told[t->piece[(*at)++].told] : NULL;
}

int cp_template_tells(const struct cp_template *t, size_t column)
{
	const struct cp_told *told;
	for (size_t at = 0; (told = cp_template_next(t, &at)); )
		if (told->column == column)
			return 1;
	return 0;
}

/* ---- rendering ---- */

static char *put(char *to, const char *s, size_t n)
{
	if (n)
		memcpy(to, s, n);
	return to + n;
}

static char *put_str(char *to, const char *s)
{
	return put(to, s, strlen(s));
}

static char *put_list(char *to, const struct cp_declare *how, const struct cp_csv_field *list)
{
	char *from = to;
	size_t at = 0;
	struct cp_csv_field member;
	while (cp_list_next(how, list, &at, &member)) {
		if (to != from)
			to = put_str(to, LIST_JOIN);
		to = put(to, member.p, member.n);
	}
	return to == from ? NULL : to;
}

static char *put_moment(char *to, const struct cp_declare *how, const struct cp_csv_field *value)
{
	int64_t t;
	if (cp_time_read(how->format, value->p, value->n, &t) < 0)
		return NULL;
	if (how->kind == CP_KIND_WEEKDAY)
		return put_str(to, cp_weekdays[cp_time_weekday(t)]);
	int hour = cp_time_hour(t);
	if (hour >= 10)
		*to++ = (char)('0' + hour / 10);
	*to++ = (char)('0' + hour % 10);
	return to;
}

/* The value at `to`; returns where it ends, NULL if there is none. */
static char *put_value(char *to, const struct cp_told *told, const struct cp_csv_field *fields)
{
	struct cp_csv_field s = fields[told->column];
	const struct cp_declare *how = told->how;
	cp_strip(&s.p, &s.n);
	if (how ? cp_declare_is_null(how, s.p, s.n) : !s.n)
		return NULL;
	if (how && how->kind == CP_KIND_LIST)
		return put_list(to, how, &s);
	if (how && (how->kind == CP_KIND_HOUR || how->kind == CP_KIND_WEEKDAY))
		return put_moment(to, how, &s);
	return put(to, s.p, s.n);
}

static char *render_template(const struct cp_template *t, const struct cp_csv_field *fields, char *to)
{
	char *open = NULL, *end;		/* where the optional part at hand began */
	size_t close = 0;
	for (size_t i = 0; i < t->n; i++) {
		const struct piece *p = &t->piece[i];
		to = put(to, t->literals.data + p->at, p->len);
		if (p->op == OPEN) {
			open = to;
			close = p->close;
		} else if (p->op == CLOSE) {
			open = NULL;
		} else if (p->op == VALUE && (end = put_value(to, &t->told[p->told], fields))) {
			to = end;
		} else if (p->op == VALUE && open) {
			to = open;
			open = NULL;
			i = close;
		} else if (p->op == VALUE)
			to = put_str(to, t->told[p->told].missing);
	}
	return to;
}

/* The group piece[from..n) in `order`; `before` stands before it if anything of it is told. */
static char *render_group(const struct cp_template *t, const struct cp_csv_field *fields, size_t from, size_t n, const uint16_t *order,
			  const char *before, const char *open, char *to)
{
	const struct manner *m = t->manner;
	int any = 0;
	for (size_t i = from; i < n; i++) {
		const struct piece *p = &t->piece[order ? order[i] : i];
		const struct cp_told *told = &t->told[p->told];
		char *start = to, *end;
		to = any ? put_str(to, m->between) : put_str(put_str(to, before), open);
		to = put(to, t->literals.data + p->at, p->len);
		if (!(end = put_value(to, told, fields))) {
			if (t->telling.omit_empty) {
				to = start;
				continue;
			}
			end = put_str(to, told->missing);
		}
		to = put_str(end, m->end);
		any = 1;
	}
	return any ? put_str(to, m->close) : to;
}

/* Fisher and Yates. */
static void shuffle(uint16_t *order, size_t from, size_t n, struct cp_rng *r)
{
	for (size_t i = n; i > from + 1; i--) {
		size_t j = from + cp_rng_below(r, i - from);
		uint16_t swap = order[i - 1];
		order[i - 1] = order[j];
		order[j] = swap;
	}
}

static char *render_form(const struct cp_template *t, const struct cp_csv_field *fields, uint64_t row, char *to)
{
	uint16_t shuffled[CP_COLUMNS_MAX], *order = NULL;
	if (t->telling.shuffle) {
		struct cp_rng r = cp_rng(t->telling.seed, CP_RNG_FIELDS, 0, row);
		order = shuffled;
		for (size_t i = 0; i < t->n; i++)
			order[i] = (uint16_t)i;
		shuffle(order, 0, t->n_first, &r);
		shuffle(order, t->n_first, t->n, &r);
	}
	char *start = to;
	to = render_group(t, fields, 0, t->n_first, order, "", t->manner->open[0], to);
	return render_group(t, fields, t->n_first, t->n, order, to == start ? "" : t->manner->groups, t->manner->open[1], to);
}

/* Line ends to spaces, CR LF to one, in buf from `at` on. */
static void join_lines(struct cp_buf *b, size_t at)
{
	char *to = b->data + at;
	for (size_t i = at; i < b->len; i++) {
		char c = b->data[i];
		if (c == '\r' && i + 1 < b->len && b->data[i + 1] == '\n')
			continue;
		*to++ = c == '\n' || c == '\r' ? ' ' : c;
	}
	*to = 0;
	b->len = (size_t)(to - b->data);
}

/* The longest that a value can be when told. */
static size_t longest(const struct cp_told *told, const struct cp_csv_field *fields)
{
	size_t n = fields[told->column].n, least = strlen(told->missing);
	if (told->how && told->how->kind == CP_KIND_LIST)
		n *= sizeof LIST_JOIN;		/* at most a separator a byte */
	if (least < sizeof "Wednesday")
		least = sizeof "Wednesday";
	return n > least ? n : least;
}

int cp_template_render(const struct cp_template *t, const struct cp_csv_field *fields, uint64_t row, size_t max, struct cp_buf *out)
{
	size_t at = out->len, most = t->most;
	for (size_t i = 0; i < t->n; i++)
		if (t->piece[i].op == VALUE)
			most += longest(&t->told[t->piece[i].told], fields);
	if (most > max)
		return -1;
	cp_buf_reserve(out, most);
	char *to = out->data + at;
	to = t->manner ? render_form(t, fields, row, to) : render_template(t, fields, to);
	*to = 0;
	out->len = (size_t)(to - out->data);
	if (memchr(out->data + at, '\n', out->len - at) || memchr(out->data + at, '\r', out->len - at))
		join_lines(out, at);
	return 0;
}
