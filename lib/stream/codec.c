/* Frames' heads, directories, and one column of one block to bytes and back.  Drawn in format.h. */
#include "stream/format.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <lz4.h>

#include "base/hash.h"
#include "stream/words.h"

void cp_head_put(struct cp_buf *b, const char *mark, struct cp_head *h, uint64_t seal_before)
{
	size_t at = b->len;
	cp_buf_add(b, mark, 8);
	cp_buf_u64le(b, h->a);
	cp_buf_u64le(b, h->b);
	cp_buf_u64le(b, h->length);
	cp_buf_u64le(b, h->sum);
	h->seal = cp_hash64(b->data + at, CP_HEAD_SIZE - 8, seal_before);
	cp_buf_u64le(b, h->seal);
}

int cp_head_get(struct cp_head *h, const unsigned char *p, uint64_t seal_before)
{
	*h = (struct cp_head){ cp_get_u64le(p + 8), cp_get_u64le(p + 16), cp_get_u64le(p + 24), cp_get_u64le(p + 32), cp_get_u64le(p + 40) };
	return h->seal == cp_hash64(p, CP_HEAD_SIZE - 8, seal_before) ? 0 : -1;
}

void cp_entry_put(struct cp_buf *b, const struct cp_entry *e)
{
	cp_buf_u64le(b, e->stored);
	cp_buf_u64le(b, e->raw);
	cp_buf_u64le(b, e->sum);
	cp_buf_u32le(b, e->codec);
	cp_buf_u32le(b, 0);
}

static int raw_len_fits(uint64_t raw, struct cp_store s, size_t n_rows)
{
	if (!s.width)
		return 1;
	if (!s.is_list)
		return raw == (uint64_t)n_rows * (uint64_t)s.width;
	return raw >= 4 * (uint64_t)n_rows && (raw - 4 * (uint64_t)n_rows) % (uint64_t)s.width == 0;
}

int cp_entry_get(struct cp_entry *e, const unsigned char *p, struct cp_store s, size_t n_rows, uint64_t *room, struct cp_err *err)
{
	*e = (struct cp_entry){ cp_get_u64le(p), cp_get_u64le(p + 8), cp_get_u64le(p + 16), cp_get_u32le(p + 24) };
	if (cp_get_u32le(p + 28))
		return cp_err_set(err, "bytes 28 to 31 of its directory entry are not 0");
	if (e->raw > *room)
		return cp_err_set(err, "%" PRIu64 " bytes decoded: the block is over the limit of %zu", e->raw, CP_BLOCK_LIMIT);
	if (e->stored > CP_BLOCK_LIMIT)
		return cp_err_set(err, "%" PRIu64 " bytes stored, more than %zu", e->stored, CP_BLOCK_LIMIT);
	if (!raw_len_fits(e->raw, s, n_rows))
		return cp_err_set(err, "%" PRIu64 " bytes decoded do not fit %zu rows", e->raw, n_rows);
	if (e->codec == CP_RAW && e->raw != e->stored)
		return cp_err_set(err, "%" PRIu64 " bytes stored, expected %" PRIu64 " as it is not compressed", e->stored, e->raw);
	if (e->codec == CP_LZ4 && e->raw / 255 > e->stored)	/* LZ4 gives at most 255 bytes for one */
		return cp_err_set(err, "%" PRIu64 " bytes stored cannot decode to %" PRIu64, e->stored, e->raw);
	*room -= e->raw;
	return 0;
}

void cp_column_flatten(struct cp_store s, size_t n_rows, const struct cp_values *v, struct cp_buf *out)
{
	cp_buf_reset(out);
	cp_buf_add(out, v->data, (s.is_list ? v->n_elems : n_rows) * (size_t)s.width);
	if (!s.is_list)
		return;
	cp_buf_reserve(out, 4 * n_rows);
	for (size_t i = 0; i < n_rows; i++, out->len += 4) {
		uint32_t len = v->offsets[i + 1] - v->offsets[i];
		memcpy(out->data + out->len, &len, 4);
	}
}

enum cp_codec cp_column_codec(const struct cp_column *c)
{
	if (c->store.is_list || c->store.width != 8)
		return CP_LZ4;
	return c->type == CP_ROW || c->type == CP_TIME ? CP_DIFFERENCES : CP_DICTIONARY;
}

void cp_column_pack(const char *raw, size_t n, enum cp_codec codec, struct cp_buf *room, struct cp_buf *body, struct cp_entry *e)
{
	size_t at = body->len;
	const uint64_t *words = (const void *)raw;
	if (codec == CP_DICTIONARY && !cp_words_dictionary(words, n / 8, room, body))
		codec = CP_LZ4;
	if (codec == CP_DIFFERENCES && !cp_words_differences(words, n / 8, room, body))
		codec = CP_LZ4;
	if (codec == CP_LZ4 && !cp_lz4_add(raw, n, body))
		codec = CP_RAW;
	if (codec == CP_RAW)
		cp_buf_add(body, raw, n);
	*e = (struct cp_entry){ body->len - at, n, cp_hash64(body->data + at, body->len - at, 0), codec };
}

static int decompress(const struct cp_entry *e, const void *stored, struct cp_store s, size_t n_rows, char *out, struct cp_err *err)
{
	if (e->codec == CP_DICTIONARY || e->codec == CP_DIFFERENCES) {
		if (s.is_list || s.width != 8)
			return cp_err_set(err, "compressed by method %u, which is for single elements of 8 bytes", e->codec);
		return (e->codec == CP_DICTIONARY ? cp_words_from_dictionary : cp_words_from_differences)(stored, e->stored, (uint64_t *)(void *)out,
													    n_rows, out + e->raw, err);
	}
	if (e->codec == CP_RAW) {
		if (e->raw)
			memcpy(out, stored, e->raw);
		return 0;
	}
	if (e->codec != CP_LZ4)
		return cp_err_set(err, "compressed by method %u, which this version does not know (it knows 0, none, 1, LZ4, 2, a dictionary, and 3, "
				  "differences)", e->codec);
	int got = LZ4_decompress_safe(stored, out, (int)e->stored, (int)e->raw);
	if (got < 0 || (uint64_t)got != e->raw)
		return cp_err_set(err, "its LZ4 bytes do not decode to the %" PRIu64 " bytes expected", e->raw);
	return 0;
}

/* offsets[n_rows + 1] from the lengths; <0 unless they add up to n_elems. */
static int make_offsets(const char *lengths, size_t n_rows, size_t n_elems, uint32_t *offsets, struct cp_err *err)
{
	uint64_t at = 0;
	for (size_t i = 0; i < n_rows; i++) {
		uint32_t len;
		memcpy(&len, lengths + 4 * i, 4);
		offsets[i] = (uint32_t)at;
		at += len;
		if (at > n_elems)
			break;
	}
	if (at != n_elems)
		return cp_err_set(err, "the lengths of its rows do not add up to its %zu elements", n_elems);
	offsets[n_rows] = (uint32_t)at;
	return 0;
}

/* Room for the bytes, and, behind them, for what the codec needs. */
static void grow(struct cp_column_mem *m, size_t raw, size_t n_rows, int is_list)
{
	if (m->cap < raw + 1) {
		m->cap = raw + 1;
		free(m->data);
		m->data = cp_xmalloc(m->cap);
	}
	if (is_list && m->cap_rows < n_rows + 1) {
		m->cap_rows = n_rows + 1;
		free(m->offsets);
		m->offsets = cp_xmalloc(m->cap_rows * sizeof *m->offsets);
	}
}

int cp_column_unpack(const struct cp_entry *e, const void *stored, struct cp_store s, size_t n_rows, struct cp_column_mem *m,
		     struct cp_values *v, struct cp_err *err)
{
	if (!s.width)
		return cp_err_set(err, "it is kept in a way that this version does not know, and can only be passed on");
	grow(m, e->raw + (e->codec > CP_LZ4 ? CP_WORDS_ROOM(n_rows) : 0), n_rows, s.is_list);
	if (decompress(e, stored, s, n_rows, m->data, err) < 0)
		return -1;
	v->data = m->data;
	v->offsets = NULL;
	v->n_elems = n_rows;
	if (!s.is_list)
		return 0;
	size_t list_bytes = e->raw - 4 * n_rows;
	v->n_elems = list_bytes / (size_t)s.width;
	v->offsets = m->offsets;
	return make_offsets(m->data + list_bytes, n_rows, v->n_elems, m->offsets, err);
}

static int check_tokens(size_t n_rows, const struct cp_values *v, struct cp_err *err)
{
	size_t i = 0, row = 0;
	while (i < v->n_elems && v->u32[i] < CP_TOKEN_LIMIT)
		i++;
	if (i == v->n_elems)
		return 0;
	while (row + 1 < n_rows && v->offsets[row + 1] <= i)
		row++;
	return cp_err_set(err, "row %zu of the block: token id %u is not below %u", row, v->u32[i], CP_TOKEN_LIMIT);
}

static int check_mask(size_t n_rows, const struct cp_values *v, struct cp_err *err)
{
	for (size_t r = 0; r < n_rows; r++) {
		const uint32_t *p = v->u32 + v->offsets[r];
		size_t n = v->offsets[r + 1] - v->offsets[r];
		if (n % 2)
			return cp_err_set(err, "row %zu of the block: a mask of %zu numbers, expected pairs", r, n);
		for (size_t i = 0; i < n; i += 2)
			if ((i && p[i] <= p[i - 2]) || p[i + 1] >= CP_TOKEN_LIMIT)
				return cp_err_set(err, "row %zu of the block: pair %zu of the mask is not in order or holds no token id", r,
						  i / 2);
	}
	return 0;
}

int cp_values_check(enum cp_type type, size_t n_rows, const struct cp_values *v, struct cp_err *err)
{
	if (type == CP_TOKENS)
		return check_tokens(n_rows, v, err);
	if (type == CP_MASK)
		return check_mask(n_rows, v, err);
	return 0;
}
