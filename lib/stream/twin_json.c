/* Rows of JSON lines: see twin_json.h.
 *
 * The long way is jansson's: a tree a line, some ten allocations a row.  The short way reads a line from left to right, a value a column, into
 * cells; only when the whole line is good are they added.  It knows of JSON what can be decided on the spot: plain numbers, strings whose
 * escapes are no surrogates, null, and lists of these.  What it takes must mean the same to jansson; t/unit/twin.c compares them. */
#include "stream/twin_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/utf8.h"
#include "stream/twin_value.h"

struct cell {
	union cp_twin_elem e;
	size_t at, n;			/* lists: in `elems`, bytes; number of elements */
};

struct cp_json_rows {
	const struct cp_schema *schema;
	char **label;			/* what a column is called, and the same as a string of JSON */
	struct cp_buf *quoted;
	struct cell *cell_of;		/* a column */
	struct cp_buf elems;
	struct cp_buf cell, list;	/* the long way's */
};

struct cp_json_rows *cp_json_rows_new(const struct cp_schema *s)
{
	struct cp_json_rows *r = cp_xcalloc(1, sizeof *r);
	size_t n = (size_t)s->n;
	r->schema = s;
	r->label = cp_xcalloc(n, sizeof *r->label);
	r->quoted = cp_xcalloc(n, sizeof *r->quoted);
	r->cell_of = cp_xcalloc(n, sizeof *r->cell_of);
	cp_buf_init(&r->elems);
	cp_buf_init(&r->cell);
	cp_buf_init(&r->list);
	for (int i = 0; i < s->n; i++) {
		struct cp_buf b = CP_BUF_INIT;
		cp_schema_label(s, i, &b);
		cp_buf_init(&r->quoted[i]);
		cp_json_string(b.data, b.len, &r->quoted[i]);
		r->label[i] = cp_buf_detach(&b);
	}
	return r;
}

void cp_json_rows_free(struct cp_json_rows *r)
{
	if (!r)
		return;
	for (int i = 0; i < r->schema->n; i++) {
		free(r->label[i]);
		cp_buf_release(&r->quoted[i]);
	}
	free(r->label);
	free(r->quoted);
	free(r->cell_of);
	cp_buf_release(&r->elems);
	cp_buf_release(&r->cell);
	cp_buf_release(&r->list);
	free(r);
}

void cp_json_string(const char *p, size_t n, struct cp_buf *b)
{
	size_t done = 0;
	cp_buf_char(b, '"');
	for (size_t i = 0; i < n; i++) {
		unsigned char u = (unsigned char)p[i];
		if (u >= 0x20 && u != '"' && u != '\\')
			continue;
		cp_buf_add(b, p + done, i - done);
		if (u == '\n' || u == '\t' || u == '"' || u == '\\')
			cp_buf_printf(b, "\\%c", u == '\n' ? 'n' : u == '\t' ? 't' : u);
		else
			cp_buf_printf(b, "\\u%04x", u);
		done = i + 1;
	}
	cp_buf_add(b, p + done, n - done);
	cp_buf_char(b, '"');
}

/* ---- The long way ---- */

/* As TSV would have it: text of a scalar; <0 where a value of that kind cannot be. */
static int json_text(const struct cp_column *c, const json_t *j, struct cp_buf *b)
{
	int real = c->store.elem == CP_F32 || c->store.elem == CP_F64;
	char s[32];
	cp_buf_reset(b);
	if (json_is_string(j) && strlen(json_string_value(j)) == json_string_length(j))
		cp_buf_str(b, json_string_value(j));
	else if (json_is_null(j) && (real || c->type == CP_TIME))
		cp_buf_str(b, real ? "nan" : "");
	else if (json_is_integer(j))
		cp_buf_printf(b, "%" JSON_INTEGER_FORMAT, json_integer_value(j));
	else if (json_is_real(j) && real)
		cp_buf_str(b, cp_print_real(json_real_value(j), s));
	else
		return -1;
	return 0;
}

static int json_elem(struct cp_json_rows *r, const struct cp_column *c, const json_t *j, union cp_twin_elem *e, struct cp_err *err)
{
	if (json_text(c, j, &r->cell) < 0) {
		char *shown = json_dumps(j, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
		cp_twin_bad(c, shown, err);
		free(shown);
		return -1;
	}
	return cp_twin_elem(c, r->cell.data, e) < 0 ? cp_twin_bad(c, r->cell.data, err) : 0;
}

static int json_bytes(struct cp_json_rows *r, const struct cp_column *c, struct cp_build *b, const json_t *j, struct cp_err *err)
{
	const char *hex = json_string_value(json_object_get(j, "hex"));
	size_t n = hex ? strlen(hex) : 0;
	if (json_is_string(j)) {
		cp_add_list(b, json_string_value(j), json_string_length(j));
		return 0;
	}
	if (!hex || n % 2 || json_object_size(j) != 1 || strspn(hex, "0123456789abcdef") != n)
		return cp_err_set(err, "column '%s': expected a string or {\"hex\":\"...\"}", c->name);
	cp_buf_reset(&r->cell);
	for (size_t i = 0; i < n; i += 2)
		cp_buf_char(&r->cell, (char)(cp_hex_digit(hex[i]) << 4 | cp_hex_digit(hex[i + 1])));
	cp_add_list(b, r->cell.data, r->cell.len);
	return 0;
}

static int json_cell(struct cp_json_rows *r, const struct cp_column *c, struct cp_build *b, const json_t *j, struct cp_err *err)
{
	union cp_twin_elem e;
	size_t i;
	json_t *v;
	if (c->store.elem == CP_BYTE)
		return json_bytes(r, c, b, j, err);
	if (!c->store.is_list) {
		if (json_elem(r, c, j, &e, err) < 0)
			return -1;
		cp_twin_add(b, e);
		return 0;
	}
	if (!json_is_array(j))
		return cp_err_set(err, "column '%s': expected an array", c->name);
	cp_buf_reset(&r->list);
	json_array_foreach(j, i, v) {
		if (json_elem(r, c, v, &e, err) < 0)
			return -1;
		cp_buf_add(&r->list, &e, (size_t)c->store.width);
	}
	cp_add_list(b, r->list.data, json_array_size(j));
	return 0;
}

int cp_json_rows_long(struct cp_json_rows *r, json_t *j, struct cp_writer *w, struct cp_err *err)
{
	int n = r->schema->n;
	for (int i = 0; i < n; i++) {
		json_t *v = json_object_get(j, r->label[i]);
		if (!v)
			return cp_err_set(err, "there is no column '%s'", r->label[i]);
		if (json_cell(r, &r->schema->column[i], cp_writer_column(w, i), v, err) < 0)
			return -1;
	}
	if (json_object_size(j) != (size_t)n)
		return cp_err_set(err, "%zu columns, expected %d", json_object_size(j), n);
	return 0;
}

/* ---- The short way: each part gives where it ended, or NULL: not for us ---- */

static const char *skip(const char *p, char what)
{
	while (*p == ' ')
		p++;
	if (*p != what)
		return NULL;
	for (p++; *p == ' '; p++)
		;
	return p;
}

/* A number by JSON's grammar; *whole: it has neither point nor exponent. */
static const char *number_end(const char *p, int *whole)
{
	const char *first = p += *p == '-';
	if (!cp_is_digit(*p))
		return NULL;
	while (cp_is_digit(*p))
		p++;
	if (*first == '0' && p - first > 1)
		return NULL;
	*whole = *p != '.' && (*p | 32) != 'e';
	if (*p == '.') {
		first = ++p;
		while (cp_is_digit(*p))
			p++;
		if (p == first)
			return NULL;
	}
	if ((*p | 32) == 'e') {
		p++;
		first = p += *p == '-' || *p == '+';
		while (cp_is_digit(*p))
			p++;
		if (p == first)
			return NULL;
	}
	return p;
}

/* A whole number of at most 18 digits, so that jansson does not find it too big. */
static int whole_number(const char *p, const char *end, int64_t *out)
{
	int minus = *p == '-';
	int64_t v = 0;
	if (end - p - minus > 18)
		return 0;
	for (p += minus; p < end; p++)
		v = 10 * v + (*p - '0');
	*out = minus ? -v : v;
	return 1;
}

static const char *take_key(const char *p, uint64_t *out)
{
	return *p == '"' && cp_parse_hex16(p + 1, out) == 0 && p[17] == '"' ? p + 18 : NULL;
}

static const char *take_real(const char *p, double *out)
{
	int whole = 0;
	int64_t v;
	if (!strncmp(p, "null", 4)) {
		*out = NAN;
		return p + 4;
	}
	const char *end = number_end(p, &whole);
	if (!end || (whole && (!whole_number(p, end, &v) || (*p == '-' && v == 0))))
		return NULL;
	return cp_parse_real_n(p, (size_t)(end - p), out) < 0 ? NULL : end;
}

static const char *take_whole(const struct cp_column *c, const char *p, union cp_twin_elem *e)
{
	int whole = 0;
	int64_t v;
	if (c->type == CP_TIME && !strncmp(p, "null", 4)) {
		e->i64 = CP_TIME_MISSING;
		return p + 4;
	}
	const char *end = number_end(p, &whole);
	if (!end || !whole || !whole_number(p, end, &v))
		return NULL;
	if (c->store.elem == CP_I64)
		e->i64 = v;
	else if (*p == '-' || (c->store.elem == CP_U32 && v > UINT32_MAX))
		return NULL;
	else if (c->store.elem == CP_U32)
		e->u32 = (uint32_t)v;
	else
		e->u64 = (uint64_t)v;
	return end;
}

static const char *take_elem(const struct cp_column *c, const char *p, union cp_twin_elem *e)
{
	if (c->type == CP_KEY || c->type == CP_KEYS)
		return take_key(p, &e->u64);
	if (c->store.elem == CP_F64)
		return take_real(p, &e->f64);
	return c->store.elem == CP_F32 ? NULL : take_whole(c, p, e);
}

/* What stands after a backslash, but for surrogates and what is no escape. */
static const char *take_escape(const char *p, struct cp_buf *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *hit = *p ? strchr(from, *p) : NULL;
	uint32_t c = 0;
	char utf8[4];
	if (hit) {
		cp_buf_char(out, to[hit - from]);
		return p + 1;
	}
	if (*p++ != 'u')
		return NULL;
	for (int i = 0; i < 4; i++, p++) {
		int d = cp_hex_digit((char)(*p >= 'A' && *p <= 'F' ? *p | 32 : *p));
		if (d < 0)
			return NULL;
		c = c << 4 | (uint32_t)d;
	}
	if (c >= 0xd800 && c < 0xe000)
		return NULL;
	cp_buf_add(out, utf8, cp_utf8_put(utf8, c));
	return p;
}

/* A string's bytes, appended to out. */
static const char *take_string(const char *p, struct cp_buf *out)
{
	int ascii = 1;
	size_t start = out->len;
	if (*p++ != '"')
		return NULL;
	for (const char *done = p;;) {
		unsigned char c = (unsigned char)*p;
		if (c >= 0x20 && c != '"' && c != '\\') {
			ascii &= c < 0x80;
			p++;
			continue;
		}
		cp_buf_add(out, done, (size_t)(p - done));
		if (c == '"')
			break;
		if (c != '\\' || !(p = take_escape(p + 1, out)))
			return NULL;
		done = p;
	}
	return ascii || cp_utf8_valid(out->data + start, out->len - start, NULL) ? p + 1 : NULL;
}

static const char *take_list(struct cp_json_rows *r, const struct cp_column *c, struct cell *cell, const char *p)
{
	union cp_twin_elem e;
	cell->at = r->elems.len;
	cell->n = 0;
	if (c->store.elem == CP_BYTE) {
		p = take_string(p, &r->elems);
		cell->n = r->elems.len - cell->at;
		return p;
	}
	const char *end;
	if (!(p = skip(p, '[')))
		return NULL;
	if ((end = skip(p, ']')))
		return end;
	for (;;) {
		if (!(p = take_elem(c, p, &e)))
			return NULL;
		cp_buf_add(&r->elems, &e, (size_t)c->store.width);
		cell->n++;
		if ((end = skip(p, ']')))
			return end;
		if (!(p = skip(p, ',')))
			return NULL;
	}
}

static const char *take_line(struct cp_json_rows *r, const char *p)
{
	cp_buf_reset(&r->elems);
	for (int i = 0; i < r->schema->n; i++) {
		const struct cp_column *c = &r->schema->column[i];
		const struct cp_buf *name = &r->quoted[i];
		if (!(p = skip(p, i ? ',' : '{')) || strncmp(p, name->data, name->len) || !(p = skip(p + name->len, ':')))
			return NULL;
		p = c->store.is_list ? take_list(r, c, &r->cell_of[i], p) : take_elem(c, p, &r->cell_of[i].e);
		if (!p)
			return NULL;
	}
	return skip(p, '}');
}

int cp_json_rows_short(struct cp_json_rows *r, const char *line, size_t n, struct cp_writer *w)
{
	if (take_line(r, line) != line + n)
		return 0;
	for (int i = 0; i < r->schema->n; i++) {
		struct cp_build *b = cp_writer_column(w, i);
		if (b->store.is_list)
			cp_add_list(b, r->elems.data + r->cell_of[i].at, r->cell_of[i].n);
		else
			cp_twin_add(b, r->cell_of[i].e);
	}
	return 1;
}
