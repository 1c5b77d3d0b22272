/* Records as text; the form is told in twin.h. */
#include "stream/twin.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/utf8.h"
#include "stream/totals.h"
#include "stream/twin_json.h"
#include "stream/twin_value.h"

#define SAFE_IN_JSON (INT64_C(1) << 53)

static void put_hex(uint64_t v, struct cp_buf *b)
{
	static const char hex[] = "0123456789abcdef";
	char s[16];
	for (int i = 15; i >= 0; i--, v >>= 4)
		s[i] = hex[v & 15];
	cp_buf_add(b, s, 16);
}

static void put_real(double v, int json, struct cp_buf *b)
{
	char s[32];
	if (isnan(v))
		cp_buf_str(b, json ? "null" : "nan");
	else if (isinf(v))
		cp_buf_printf(b, json ? "\"%s\"" : "%s", v < 0 ? "-inf" : "inf");
	else if (v == 0)
		cp_buf_str(b, !signbit(v) ? "0" : json ? "-0.0" : "-0");
	else
		cp_buf_str(b, cp_print_real(v, s));
}

static void put_u64(uint64_t v, int json, struct cp_buf *b)
{
	int quoted = json && v > SAFE_IN_JSON;
	if (quoted)
		cp_buf_char(b, '"');
	cp_buf_decimal(b, v);
	if (quoted)
		cp_buf_char(b, '"');
}

static void put_i64(const struct cp_column *c, int64_t v, int json, struct cp_buf *b)
{
	int quoted = json && (v > SAFE_IN_JSON || v < -SAFE_IN_JSON);
	if (c->type == CP_TIME && v == CP_TIME_MISSING) {
		cp_buf_str(b, json ? "null" : "");
		return;
	}
	if (quoted)
		cp_buf_char(b, '"');
	if (v < 0)
		cp_buf_char(b, '-');
	cp_buf_decimal(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
	if (quoted)
		cp_buf_char(b, '"');
}

static void put_elem(const struct cp_column *c, const struct cp_values *v, size_t i, int json, struct cp_buf *b)
{
	int key = c->type == CP_KEY || c->type == CP_KEYS;
	switch (c->store.elem) {
	case CP_U64:
		if (key && json)
			cp_buf_char(b, '"');
		if (key)
			put_hex(v->u64[i], b);
		else
			put_u64(v->u64[i], json, b);
		if (key && json)
			cp_buf_char(b, '"');
		break;
	case CP_I64:
		put_i64(c, v->i64[i], json, b);
		break;
	case CP_U32:
		put_u64(v->u32[i], json, b);
		break;
	case CP_F32:
		put_real((double)v->f32[i], json, b);
		break;
	case CP_F64:
		put_real(v->f64[i], json, b);
		break;
	case CP_BYTE:
		break;
	}
}

static void put_list(const struct cp_column *c, const struct cp_values *v, size_t row, int json, struct cp_buf *b)
{
	for (uint32_t i = v->offsets[row]; i < v->offsets[row + 1]; i++) {
		if (i > v->offsets[row])
			cp_buf_char(b, json ? ',' : ' ');
		put_elem(c, v, i, json, b);
	}
}

/* ---- Bytes ---- */

static void tsv_bytes(const char *p, size_t n, struct cp_buf *b)
{
	size_t done = 0;
	for (size_t i = 0; i < n; i++) {
		const char *e = p[i] == '\t' ? "\\t" : p[i] == '\n' ? "\\n" : p[i] == '\r' ? "\\r" : p[i] == 0 ? "\\0" : p[i] == '\\' ? "\\\\" : NULL;
		if (!e)
			continue;
		cp_buf_add(b, p + done, i - done);
		cp_buf_str(b, e);
		done = i + 1;
	}
	cp_buf_add(b, p + done, n - done);
}

static void json_bytes(const char *p, size_t n, struct cp_buf *b)
{
	if (cp_utf8_valid(p, n, NULL)) {
		cp_json_string(p, n, b);
		return;
	}
	cp_buf_str(b, "{\"hex\":\"");
	for (size_t i = 0; i < n; i++)
		cp_buf_printf(b, "%02x", (unsigned char)p[i]);
	cp_buf_str(b, "\"}");
}

/* ---- Rows ---- */

void cp_twin_cell(const struct cp_column *c, const struct cp_values *v, size_t row, struct cp_buf *b)
{
	if (c->store.elem == CP_BYTE)
		tsv_bytes(v->bytes + v->offsets[row], v->offsets[row + 1] - v->offsets[row], b);
	else if (c->store.is_list)
		put_list(c, v, row, 0, b);
	else
		put_elem(c, v, row, 0, b);
}

static void json_cell(const struct cp_column *c, const struct cp_values *v, size_t row, struct cp_buf *b)
{
	if (c->store.elem == CP_BYTE) {
		json_bytes(v->bytes + v->offsets[row], v->offsets[row + 1] - v->offsets[row], b);
	} else if (c->store.is_list) {
		cp_buf_char(b, '[');
		put_list(c, v, row, 1, b);
		cp_buf_char(b, ']');
	} else {
		put_elem(c, v, row, 1, b);
	}
}

static void tsv_row(const struct cp_schema *s, const struct cp_values *v, size_t row, struct cp_buf *b)
{
	size_t start = b->len;
	for (int i = 0; i < s->n; i++) {
		if (i)
			cp_buf_char(b, '\t');
		cp_twin_cell(&s->column[i], &v[i], row, b);
	}
	if (b->len > start && b->data[start] == '#') {
		cp_buf_char(b, 0);
		memmove(b->data + start + 1, b->data + start, b->len - start - 1);
		b->data[start] = '\\';
	}
	cp_buf_char(b, '\n');
}

/* What stands before each value of a row: {"name": or ,"name": */
static char **json_labels(const struct cp_schema *s)
{
	char **out = cp_xcalloc((size_t)s->n, sizeof *out);
	for (int i = 0; i < s->n; i++) {
		struct cp_buf label = CP_BUF_INIT, b = CP_BUF_INIT;
		cp_schema_label(s, i, &label);
		cp_buf_char(&b, i ? ',' : '{');
		cp_json_string(label.data, label.len, &b);
		cp_buf_char(&b, ':');
		cp_buf_release(&label);
		out[i] = cp_buf_detach(&b);
	}
	return out;
}

static void json_row(const struct cp_schema *s, char *const *labels, const struct cp_values *v, size_t row, struct cp_buf *b)
{
	for (int i = 0; i < s->n; i++) {
		cp_buf_str(b, labels[i]);
		json_cell(&s->column[i], &v[i], row, b);
	}
	cp_buf_str(b, "}\n");
}

/* ---- The whole ---- */

struct cp_twin_writer {
	enum cp_twin kind;
	FILE *f;
	int bare;
	int raw;
	struct cp_schema schema;
	char **labels;		/* JSON */
	struct cp_totals totals;
	struct cp_buf text;
};

void cp_twin_text(const char *text, struct cp_buf *b)
{
	tsv_bytes(text, strlen(text), b);
}

void cp_twin_names(const struct cp_schema *s, struct cp_buf *b)
{
	struct cp_buf label = CP_BUF_INIT;
	for (int i = 0; i < s->n; i++) {
		cp_buf_reset(&label);
		cp_schema_label(s, i, &label);
		tsv_bytes(label.data, label.len, b);
		cp_buf_char(b, i + 1 < s->n ? '\t' : '\n');
	}
	cp_buf_release(&label);
}

/* A line that is not a row: #NAME and what `text` holds. */
static int put_mark(struct cp_twin_writer *w, const char *name, struct cp_err *err)
{
	if (!w->bare && fprintf(w->f, w->kind == CP_TWIN_TSV ? "#%s %s\n" : "{\"#%s\":%s}\n", name, w->text.data) < 0)
		return cp_err_set(err, "writing text: %m");
	return 0;
}

static int put_text(struct cp_twin_writer *w, struct cp_err *err)
{
	if (w->text.len && fwrite(w->text.data, 1, w->text.len, w->f) != w->text.len)
		return cp_err_set(err, "writing text: %m");
	cp_buf_reset(&w->text);
	return 0;
}

static int put_head(struct cp_twin_writer *w, struct cp_err *err)
{
	if (cp_schema_known(&w->schema, err) < 0 || cp_schema_print(&w->schema, &w->text, err) < 0 || put_mark(w, "cps", err) < 0)
		return -1;
	cp_buf_reset(&w->text);
	if (w->kind == CP_TWIN_TSV)
		cp_twin_names(&w->schema, &w->text);
	return put_text(w, err);
}

struct cp_twin_writer *cp_twin_open(enum cp_twin kind, FILE *f, const struct cp_schema *s, int bare, int raw, struct cp_err *err)
{
	struct cp_twin_writer *w = cp_xcalloc(1, sizeof *w);
	w->kind = kind;
	w->f = f;
	w->bare = bare;
	w->raw = raw;
	cp_schema_copy(&w->schema, s);
	w->labels = json_labels(s);
	cp_totals_init(&w->totals, s->n);
	cp_buf_init(&w->text);
	if (put_head(w, err) == 0)
		return w;
	cp_twin_abort(w);
	return NULL;
}

static int put_block_mark(struct cp_twin_writer *w, size_t n_rows, const struct cp_values *v, struct cp_err *err)
{
	cp_buf_reset(&w->text);
	cp_buf_printf(&w->text, "{\"rows\":%zu,\"codecs\":[", n_rows);
	for (int i = 0; i < w->schema.n; i++) {
		unsigned codec = v[i].stored ? v[i].codec : w->raw ? CP_RAW : cp_column_codec(&w->schema.column[i]);
		cp_buf_printf(&w->text, "%s%u", i ? "," : "", codec);
	}
	cp_buf_str(&w->text, "]}");
	return put_mark(w, "block", err);
}

#define TEXT_AT_ONCE ((size_t)1 << 18)

int cp_twin_block(struct cp_twin_writer *w, size_t n_rows, const struct cp_values *v, struct cp_err *err)
{
	if (n_rows == 0)
		return 0;
	if (put_block_mark(w, n_rows, v, err) < 0)
		return -1;
	cp_buf_reset(&w->text);
	for (size_t row = 0; row < n_rows; row++) {
		if (w->kind == CP_TWIN_TSV)
			tsv_row(&w->schema, v, row, &w->text);
		else
			json_row(&w->schema, w->labels, v, row, &w->text);
		if (w->text.len >= TEXT_AT_ONCE && put_text(w, err) < 0)
			return -1;
	}
	for (int i = 0; i < w->schema.n; i++)
		cp_totals_add(&w->totals, i, &w->schema.column[i], n_rows, &v[i]);
	w->totals.rows += n_rows;
	if (put_text(w, err) < 0)
		return -1;
	return fflush(w->f) == EOF ? cp_err_set(err, "writing text: %m") : 0;
}

void cp_twin_inherit(struct cp_twin_writer *w, const struct cp_reader *r)
{
	cp_totals_take_origin(&w->totals, cp_reader_totals(r));
}

int cp_twin_close(struct cp_twin_writer *w, struct cp_err *err)
{
	cp_buf_reset(&w->text);
	int rc = cp_totals_print(&w->totals, &w->schema, &w->text, err) < 0 || put_mark(w, "end", err) < 0 ? -1 : 0;
	cp_twin_abort(w);
	return rc;
}

void cp_twin_abort(struct cp_twin_writer *w)
{
	if (!w)
		return;
	for (int i = 0; i < w->schema.n; i++)
		free(w->labels[i]);
	free(w->labels);
	cp_totals_release(&w->totals);
	cp_schema_release(&w->schema);
	cp_buf_release(&w->text);
	free(w);
}
