/* Rows to bytes and back, and keys for sorting: see rowpack.h.
 *
 * A key for memcmp: numbers as big-endian words with the sign bit turned so that negative ones come first; the parts of a list each after a
 * byte 1, its end a byte 0; bytes with 0 written as 0 255 and the end as 0 1.  No such key begins with another, so they can be joined. */
#include "stream/rowpack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/list.h"

/* ---- Rows ---- */

void cp_row_pack(const struct cp_schema *s, const struct cp_values *v, size_t row, struct cp_buf *b)
{
	for (int i = 0; i < s->n; i++) {
		size_t width = (size_t)s->column[i].store.width;
		if (!s->column[i].store.is_list) {
			cp_buf_add(b, v[i].bytes + row * width, width);
			continue;
		}
		uint32_t first = v[i].offsets[row], n = v[i].offsets[row + 1] - first;
		cp_buf_add(b, &n, sizeof n);
		cp_buf_add(b, v[i].bytes + first * width, n * width);
	}
}

void cp_row_unpack(const struct cp_schema *s, const char *p, struct cp_build *(*build)(void *ctx, int column), void *ctx)
{
	for (int i = 0; i < s->n; i++) {
		struct cp_store store = s->column[i].store;
		uint32_t n = 1;
		if (store.is_list) {
			memcpy(&n, p, sizeof n);
			p += sizeof n;
			cp_add_list(build(ctx, i), p, n);
		} else {
			cp_add_from(build(ctx, i), &(struct cp_values){ .bytes = p }, 0);
		}
		p += n * (size_t)store.width;
	}
}

/* ---- Order ---- */

static int add_order(struct cp_order *o, const struct cp_schema *s, int column, int descending, struct cp_err *err)
{
	const struct cp_column *c = &s->column[column];
	if (!c->store.width)
		return cp_err_set(err, "column '%s' has a storage that this version does not know: it cannot be sorted by", c->name);
	o->by = cp_xrealloc(o->by, (size_t)o->n + 1, sizeof *o->by);
	o->by[o->n++] = (struct cp_order_column){ column, descending };
	return 0;
}

/* NAME, or NAME:asc, NAME:desc where no column has that for its name. */
static int parse_one(struct cp_order *o, const struct cp_schema *s, const char *text, struct cp_err *err)
{
	static const char *const endings[] = { ":asc", ":desc" };
	int column = cp_schema_lookup(s, text, err);
	size_t n = strlen(text);
	for (int d = 0; d < 2 && column < 0; d++) {
		size_t n_end = strlen(endings[d]);
		if (n <= n_end || strcmp(text + n - n_end, endings[d]))
			continue;
		char *name = cp_xstrndup(text, n - n_end);
		column = cp_schema_lookup(s, name, err);
		free(name);
		return column < 0 ? -1 : add_order(o, s, column, d, err);
	}
	return column < 0 ? -1 : add_order(o, s, column, 0, err);
}

/* The list is one name where it can be, else its parts between commas are. */
static int parse_list(struct cp_order *o, const struct cp_schema *s, const char *list, struct cp_err *err)
{
	int rc = parse_one(o, s, list, err);
	if (rc == 0 || !strchr(list, ','))
		return rc;
	const char *p;
	size_t n;
	for (rc = 0; rc == 0 && cp_next_piece(&list, ',', &p, &n); ) {
		char *one = cp_xstrndup(p, n);
		rc = parse_one(o, s, one, err);
		free(one);
	}
	return rc;
}

int cp_order_parse(struct cp_order *o, const struct cp_schema *s, const struct cp_opt_list *lists, struct cp_err *err)
{
	*o = (struct cp_order){ 0 };
	for (int i = 0; i < lists->n; i++)
		if (parse_list(o, s, lists->v[i], err) < 0) {
			cp_order_release(o);
			return -1;
		}
	return 0;
}

void cp_order_release(struct cp_order *o)
{
	free(o->by);
	*o = (struct cp_order){ 0 };
}

/* ---- Keys ---- */

static void put_be(struct cp_buf *b, uint64_t v, int n_bytes)
{
	char s[8];
	cp_put_big_endian(s, v, n_bytes);
	cp_buf_add(b, s, (size_t)n_bytes);
}

/* A real so that it compares as an unsigned number; 0: missing. */
static uint64_t real_key(double v)
{
	return isnan(v) ? 0 : cp_ordered_bits(v);
}

static void put_elem(struct cp_store store, const struct cp_values *v, size_t i, struct cp_buf *b)
{
	switch (store.elem) {
	case CP_U32: put_be(b, v->u32[i], 4); break;
	case CP_U64: put_be(b, v->u64[i], 8); break;
	case CP_I64: put_be(b, (uint64_t)v->i64[i] ^ UINT64_C(1) << 63, 8); break;	/* CP_TIME_MISSING is the lowest */
	case CP_F32: put_be(b, real_key((double)v->f32[i]), 8); break;
	case CP_F64: put_be(b, real_key(v->f64[i]), 8); break;
	case CP_BYTE: break;
	}
}

static void put_bytes(const char *p, size_t n, struct cp_buf *b)
{
	while (n) {
		const char *nul = memchr(p, 0, n);
		size_t plain = nul ? (size_t)(nul - p) : n;
		cp_buf_add(b, p, plain);
		if (nul)
			cp_buf_add(b, "\0\377", 2);
		p += plain + (nul != NULL);
		n -= plain + (nul != NULL);
	}
	cp_buf_add(b, "\0\1", 2);
}

static void put_value(struct cp_store store, const struct cp_values *v, size_t row, struct cp_buf *b)
{
	if (!store.is_list) {
		put_elem(store, v, row, b);
		return;
	}
	uint32_t from = v->offsets[row], to = v->offsets[row + 1];
	if (store.elem == CP_BYTE) {
		put_bytes(v->bytes + from, to - from, b);
		return;
	}
	for (uint32_t i = from; i < to; i++) {
		cp_buf_char(b, 1);
		put_elem(store, v, i, b);
	}
	cp_buf_char(b, 0);
}

void cp_order_key(const struct cp_order *o, const struct cp_schema *s, const struct cp_values *v, size_t row, struct cp_buf *b)
{
	for (int k = 0; k < o->n; k++) {
		size_t start = b->len;
		int c = o->by[k].column;
		put_value(s->column[c].store, &v[c], row, b);
		for (size_t i = start; o->by[k].descending && i < b->len; i++)
			b->data[i] = (char)~b->data[i];
	}
}
