/* Collecting the values of one column of one block. */
#include "stream/stream.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void cp_build_init(struct cp_build *b, struct cp_store store)
{
	*b = (struct cp_build){ .store = store };
	cp_build_reset(b);
}

void cp_build_release(struct cp_build *b)
{
	free(b->data);
	free(b->offsets);
	*b = (struct cp_build){ .store = b->store };
}

static void grow_rows(struct cp_build *b)
{
	b->cap_rows = b->cap_rows ? 2 * b->cap_rows : 256;
	b->offsets = cp_xrealloc(b->offsets, b->cap_rows + 1, sizeof *b->offsets);
}

void cp_build_reset(struct cp_build *b)
{
	b->len = b->n_rows = 0;
	b->too_big = 0;
	if (!b->store.is_list)
		return;
	if (!b->offsets)
		grow_rows(b);
	b->offsets[0] = 0;
}

struct cp_values cp_build_values(const struct cp_build *b)
{
	struct cp_values v = { .data = b->data ? b->data : (const void *)"", .offsets = b->store.is_list ? b->offsets : NULL };
	v.n_elems = b->len / (size_t)b->store.width;
	return v;
}

/* Room for n more bytes; NULL (and marked) past the limit of a block. */
static char *room(struct cp_build *b, size_t n)
{
	if (n > CP_BLOCK_LIMIT - b->len) {
		b->too_big = 1;
		return NULL;
	}
	if (!b->data || b->cap - b->len < n) {
		do
			b->cap = b->cap ? 2 * b->cap : 4096;
		while (b->cap - b->len < n);
		b->data = cp_xrealloc(b->data, b->cap, 1);
	}
	char *p = b->data + b->len;
	b->len += n;
	return p;
}

void cp_add_u64(struct cp_build *b, uint64_t v)
{
	assert(b->store.width == 8 && !b->store.is_list);
	char *p = room(b, 8);
	if (p)
		memcpy(p, &v, 8);
	b->n_rows++;
}

void cp_add_i64(struct cp_build *b, int64_t v)
{
	cp_add_u64(b, (uint64_t)v);
}

/* Every NaN is the same NaN, so that equal content has equal bytes. */
void cp_add_f64(struct cp_build *b, double v)
{
	uint64_t u = UINT64_C(0x7ff8000000000000);
	if (!isnan(v))
		memcpy(&u, &v, 8);
	cp_add_u64(b, u);
}

void cp_add_u32(struct cp_build *b, uint32_t v)
{
	assert(b->store.width == 4 && !b->store.is_list);
	char *p = room(b, 4);
	if (p)
		memcpy(p, &v, 4);
	b->n_rows++;
}

void cp_add_f32(struct cp_build *b, float v)
{
	uint32_t u = UINT32_C(0x7fc00000);
	if (!isnan(v))
		memcpy(&u, &v, 4);
	cp_add_u32(b, u);
}

void cp_add_list(struct cp_build *b, const void *elems, size_t n)
{
	assert(b->store.is_list);
	size_t n_bytes;
	char *p = cp_mul(n, (size_t)b->store.width, &n_bytes) < 0 ? room(b, SIZE_MAX) : room(b, n_bytes);
	if (p && n_bytes)
		memcpy(p, elems, n_bytes);
	if (b->n_rows == b->cap_rows)
		grow_rows(b);
	b->offsets[++b->n_rows] = (uint32_t)(b->len / (size_t)b->store.width);
}

void cp_add_from(struct cp_build *b, const struct cp_values *v, size_t row)
{
	size_t width = (size_t)b->store.width;
	if (b->store.is_list) {
		cp_add_list(b, v->bytes + v->offsets[row] * width, v->offsets[row + 1] - v->offsets[row]);
		return;
	}
	char *p = room(b, width);
	if (p)
		memcpy(p, v->bytes + row * width, width);
	b->n_rows++;
}
