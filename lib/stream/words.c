/* See words.h for the bytes.  Elements are found in a table with open addresses, by a multiplication: keys are hashes, and labels are few. */
#include "stream/words.h"

#include <string.h>

#include <lz4.h>

#define NONE UINT16_MAX
#define MANY ((size_t)NONE)		/* of different elements */

/* ---- what comes last: LZ4, or as it is ---- */

int cp_lz4_add(const char *p, size_t n, struct cp_buf *out)
{
	cp_buf_reserve(out, n);
	int len = n > 1 ? LZ4_compress_default(p, out->data + out->len, (int)n, (int)n - 1) : 0;	/* 0: not shorter */
	out->len += (size_t)len;
	return len > 0;
}

static void put_tail(const char *p, size_t n, struct cp_buf *out)
{
	if (!cp_lz4_add(p, n, out))
		cp_buf_add(out, p, n);
}

/* The n bytes that `len` stored ones are; NULL: they are none. */
static const char *get_tail(const char *stored, size_t len, char *room, size_t n)
{
	if (len == n)
		return stored;
	return len < n && LZ4_decompress_safe(stored, room, (int)len, (int)n) == (int)n ? room : NULL;
}

/* ---- dictionary ---- */

struct table {
	uint64_t *element;	/* most */
	uint16_t *slot;		/* index of an element, or NONE; 2^bits of them */
	uint16_t *index;	/* of each row */
	unsigned bits;
	size_t k, most;
};

/* At least twice as many slots as elements. */
static struct table make_table(size_t n, struct cp_buf *room)
{
	struct table t = { .bits = 4, .most = n - n / 4 < MANY ? n - n / 4 : MANY };	/* 8 k + 2 n bytes have to be less than 8 n */
	while ((size_t)1 << t.bits < 2 * t.most)
		t.bits++;
	cp_buf_reset(room);
	cp_buf_reserve(room, 8 * t.most + (2 << t.bits) + 2 * n);
	t.element = (uint64_t *)(void *)room->data;
	t.slot = (uint16_t *)(t.element + t.most);
	t.index = t.slot + ((size_t)1 << t.bits);
	memset(t.slot, 0xff, (size_t)2 << t.bits);
	return t;
}

/* 0: they are too many. */
static int fill_table(struct table *t, const uint64_t *v, size_t n)
{
	const size_t mask = ((size_t)1 << t->bits) - 1, most = t->most;
	const unsigned shift = 64 - t->bits;
	uint64_t *element = t->element;
	uint16_t *slot = t->slot, *index = t->index;
	size_t k = 0;
	for (size_t i = 0; i < n; i++) {
		size_t at = v[i] * UINT64_C(0x9e3779b97f4a7c15) >> shift;
		while (slot[at] != NONE && element[slot[at]] != v[i])
			at = (at + 1) & mask;
		if (slot[at] == NONE) {
			if (k == most)
				return 0;
			element[k] = v[i];
			slot[at] = (uint16_t)k++;
		}
		index[i] = slot[at];
	}
	t->k = k;
	return 1;
}

static size_t index_width(size_t k)
{
	return k <= 256 ? 1 : 2;
}

int cp_words_dictionary(const uint64_t *v, size_t n, struct cp_buf *room, struct cp_buf *out)
{
	size_t before = out->len;
	struct table t = make_table(n, room);
	if (!fill_table(&t, v, n))
		return 0;
	cp_buf_u32le(out, (uint32_t)t.k);
	cp_buf_add(out, t.element, 8 * t.k);
	unsigned char *narrow = (unsigned char *)t.index;
	for (size_t i = 0; i < n && index_width(t.k) == 1; i++)
		narrow[i] = (unsigned char)t.index[i];
	put_tail((const char *)t.index, index_width(t.k) * n, out);
	if (out->len - before < 8 * n)
		return 1;
	out->len = before;
	return 0;
}

static int bad_index(size_t row, size_t index, size_t k, struct cp_err *err)
{
	return cp_err_set(err, "row %zu of the block: index %zu in a dictionary of %zu", row, index, k);
}

int cp_words_from_dictionary(const char *stored, size_t len, uint64_t *v, size_t n, char *room, struct cp_err *err)
{
	size_t k = len < 4 ? 0 : cp_get_u32le(stored), width = index_width(k);
	if (k == 0 || k > MANY || len - 4 < 8 * k)
		return cp_err_set(err, "%zu bytes stored do not begin with a dictionary", len);
	const char *element = stored + 4, *index = get_tail(element + 8 * k, len - 4 - 8 * k, room, width * n);
	if (!index)
		return cp_err_set(err, "the indices behind its dictionary do not decode to %zu rows", n);
	for (size_t i = 0; i < n; i++) {
		uint16_t at = (unsigned char)index[i * width];
		if (width == 2)
			memcpy(&at, index + 2 * i, 2);
		if (at >= k)
			return bad_index(i, at, k, err);
		memcpy(&v[i], element + 8 * (size_t)at, 8);
	}
	return 0;
}

/* ---- differences ---- */

/* 2x or -2x-1: small where x is, whatever its sign. */
static inline uint64_t folded(uint64_t x)
{
	return x << 1 ^ -(x >> 63);
}

static inline uint64_t unfolded(uint64_t x)
{
	return x >> 1 ^ -(x & 1);
}

int cp_words_differences(const uint64_t *v, size_t n, struct cp_buf *room, struct cp_buf *out)
{
	size_t before = out->len, w = 0;
	uint64_t all = 0;
	for (size_t i = 1; i < n; i++)
		all |= folded(v[i] - v[i - 1]);
	while (w < 8 && all >> 8 * w)
		w++;
	cp_buf_reset(room);
	cp_buf_reserve(room, w * (n - 1));
	unsigned char *plane = (unsigned char *)room->data;
	for (size_t k = 0; k < w; k++)
		for (size_t i = 1; i < n; i++)
			*plane++ = (unsigned char)(folded(v[i] - v[i - 1]) >> 8 * k);
	cp_buf_u64le(out, v[0]);
	cp_buf_u32le(out, (uint32_t)w);
	put_tail(room->data, w * (n - 1), out);
	if (out->len - before < 8 * n)
		return 1;
	out->len = before;
	return 0;
}

int cp_words_from_differences(const char *stored, size_t len, uint64_t *v, size_t n, char *room, struct cp_err *err)
{
	size_t w = len < 12 ? 9 : cp_get_u32le(stored + 8);
	const char *plane = w > 8 ? NULL : get_tail(stored + 12, len - 12, room, w * (n - 1));
	if (!plane)
		return cp_err_set(err, "%zu bytes stored do not decode to %zu rows", len, n);
	v[0] = cp_get_u64le(stored);
	for (size_t i = 1; i < n; i++) {
		uint64_t x = 0;
		for (size_t k = 0; k < w; k++)
			x |= (uint64_t)(unsigned char)plane[k * (n - 1) + i - 1] << 8 * k;
		v[i] = v[i - 1] + unfolded(x);
	}
	return 0;
}
