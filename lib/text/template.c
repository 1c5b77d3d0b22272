/* A template is compiled once into pieces, each some literal bytes and then, perhaps, a column; a row is then a few memcpy. */
#include "text/template.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define NO_COLUMN SIZE_MAX

struct piece {
	size_t at, len;		/* literal bytes, before the value */
	size_t column;
};

struct cp_template {
	struct cp_buf literals;
	struct piece *piece;
	size_t n, cap;
};

static struct cp_template *template_new(void)
{
	struct cp_template *t = cp_xcalloc(1, sizeof *t);
	cp_buf_init(&t->literals);
	return t;
}

void cp_template_free(struct cp_template *t)
{
	if (!t)
		return;
	cp_buf_release(&t->literals);
	free(t->piece);
	free(t);
}

/* Close the piece whose literal begins at `at`. */
static void add_piece(struct cp_template *t, size_t at, size_t column)
{
	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 16;
		t->piece = cp_xrealloc(t->piece, t->cap, sizeof *t->piece);
	}
	t->piece[t->n++] = (struct piece){ at, t->literals.len - at, column };
}

struct cp_template *cp_template_default(char *const *names, const size_t *columns, size_t n)
{
	struct cp_template *t = template_new();
	for (size_t i = 0; i < n; i++) {
		size_t at = t->literals.len;
		cp_buf_printf(&t->literals, "%s%s is ", i ? ". " : "", names[columns[i]]);
		add_piece(t, at, columns[i]);
	}
	size_t at = t->literals.len;
	cp_buf_char(&t->literals, '.');
	add_piece(t, at, NO_COLUMN);
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

static size_t find_name(const char *p, size_t len, char *const *names, size_t n, struct cp_err *err)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(names[i]) == len && !memcmp(names[i], p, len))
			return i;
	struct cp_buf list = CP_BUF_INIT;
	cp_list_names(&list, names, n);
	cp_err_set(err, "template: there is no column '%.*s'; there are %s", len < 80 ? (int)len : 80, p, list.data);
	cp_buf_release(&list);
	return NO_COLUMN;
}

/* One step at p: a brace and what belongs to it, or the run of bytes up to the next.  Returns where it ends, NULL with a sentence. */
static const char *compile_step(struct cp_template *t, const char *p, size_t *at, char *const *names, size_t n, struct cp_err *err)
{
	size_t len = strcspn(p, "{}");
	if (len) {
		cp_buf_add(&t->literals, p, len);
		return p + len;
	}
	if (p[0] == p[1]) {
		cp_buf_char(&t->literals, *p);
		return p + 2;
	}
	len = strcspn(p + 1, "{}");
	if (*p == '}' || p[1 + len] != '}') {
		cp_err_set(err, "template: '%c' without its counterpart at '%.40s'; {Name} stands for a value, {{ and }} for braces", *p, p);
		return NULL;
	}
	size_t column = names ? find_name(p + 1, len, names, n, err) : 0;
	if (column == NO_COLUMN)
		return NULL;
	add_piece(t, *at, column);
	*at = t->literals.len;
	return p + len + 2;
}

struct cp_template *cp_template_new(const char *text, char *const *names, size_t n, struct cp_err *err)
{
	if (strpbrk(text, "\r\n")) {
		cp_err_set(err, "template: it holds a line end, and a sentence is one line");
		return NULL;
	}
	struct cp_template *t = template_new();
	size_t at = 0;
	for (const char *p = text; *p;)
		if (!(p = compile_step(t, p, &at, names, n, err))) {
			cp_template_free(t);
			return NULL;
		}
	add_piece(t, at, NO_COLUMN);
	return t;
}

int cp_template_check(const char *text, struct cp_err *err)
{
	struct cp_template *t = cp_template_new(text, NULL, 0, err);
	cp_template_free(t);
	return t ? 0 : -1;
}

int cp_template_tells(const struct cp_template *t, size_t column)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->piece[i].column == column)
			return 1;
	return 0;
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

static char *put(char *to, const char *s, size_t n)
{
	if (n)
		memcpy(to, s, n);
	return to + n;
}

int cp_template_render(const struct cp_template *t, const struct cp_csv_field *row, size_t max, struct cp_buf *out)
{
	size_t at = out->len, most = t->literals.len;
	for (size_t i = 0; i < t->n; i++)
		if (t->piece[i].column != NO_COLUMN)
			most += row[t->piece[i].column].n;
	if (most > max)
		return -1;
	cp_buf_reserve(out, most);
	char *to = out->data + at;
	for (size_t i = 0; i < t->n; i++) {
		const struct piece *p = &t->piece[i];
		to = put(to, t->literals.data + p->at, p->len);
		if (p->column == NO_COLUMN)
			continue;
		const char *s = row[p->column].p;
		size_t n = row[p->column].n;
		cp_strip(&s, &n);
		to = put(to, s, n);
	}
	*to = 0;
	out->len = (size_t)(to - out->data);
	if (memchr(out->data + at, '\n', out->len - at) || memchr(out->data + at, '\r', out->len - at))
		join_lines(out, at);
	return 0;
}
