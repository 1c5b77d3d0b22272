/* Parts of rows: exact sizes by selection of the boundary ranks, shares by hashing.  See split.h. */
#include "stream/split.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/rng.h"

/* Ranks are compared as unsigned numbers; a part ends before the rank key `end`, but takes the first `n_ties` rows that have just it. */
struct boundary {
	uint64_t end, n_ties, seen;
};

struct cp_split {
	enum cp_split_by by;
	uint32_t ratio[CP_SPLIT_MAX];
	int n_parts, column;
	uint64_t seed, total;			/* total: sum of the ratios */
	uint64_t *rank;				/* first pass */
	size_t n, cap;
	struct boundary boundary[CP_SPLIT_MAX];	/* between part i and i + 1 */
};

struct cp_split *cp_split_new(enum cp_split_by by, const uint32_t *ratio, int n_parts, uint64_t seed)
{
	struct cp_split *s = cp_xcalloc(1, sizeof *s);
	s->by = by;
	s->seed = seed;
	s->n_parts = n_parts;
	s->column = -1;
	for (int i = 0; i < n_parts; i++) {
		s->ratio[i] = ratio[i];
		s->total += ratio[i];
	}
	return s;
}

void cp_split_free(struct cp_split *s)
{
	if (s)
		free(s->rank);
	free(s);
}

int cp_split_bind(struct cp_split *s, const struct cp_schema *schema, const char *group, struct cp_err *err)
{
	if (s->by == CP_SPLIT_TIME && (s->column = cp_schema_first(schema, CP_TIME)) < 0)
		return cp_err_set(err, "there is no column of type time to split by");
	if (s->by == CP_SPLIT_RANDOM || s->by == CP_SPLIT_HASH)
		s->column = cp_schema_first(schema, CP_ROW);
	if (s->by == CP_SPLIT_GROUP) {
		if ((s->column = cp_schema_lookup(schema, group, err)) < 0)
			return -1;
		if (schema->column[s->column].type != CP_KEY)
			return cp_err_set(err, "column '%s' has type %s: rows are grouped by a key", group, schema->column[s->column].type_name);
	}
	return 0;
}

int cp_split_column(const struct cp_split *s)
{
	return s->column;
}

int cp_split_passes(const struct cp_split *s)
{
	return s->by == CP_SPLIT_HASH || s->by == CP_SPLIT_GROUP ? 1 : 2;
}

static uint64_t rank_of(const struct cp_split *s, const struct cp_block *b, size_t i)
{
	if (s->by == CP_SPLIT_ORDER)
		return 0;	/* all equal: their order decides */
	if (s->by == CP_SPLIT_TIME)
		return (uint64_t)b->column[s->column].i64[i] ^ UINT64_C(1) << 63;	/* signed order as unsigned; missing is lowest */
	struct cp_rng r = cp_rng(s->seed, CP_RNG_SPLIT, 0, s->column < 0 ? b->first_row + i : b->column[s->column].u64[i]);
	return cp_rng_u64(&r);
}

/* ---- Exact sizes ---- */

void cp_split_sizes(uint64_t n, const uint32_t *ratio, int n_parts, uint64_t *size)
{
	uint64_t total = 0;
	for (int i = 0; i < n_parts; i++)
		total += ratio[i];
	for (int i = n_parts - 1; i > 0; i--) {
		unsigned __int128 share = (unsigned __int128)n * ratio[i];
		size[i] = total ? (uint64_t)((share + total - 1) / total) : 0;
		n -= size[i];
		total -= ratio[i];
	}
	size[0] = n;
}

int cp_split_look(struct cp_split *s, const struct cp_block *b, struct cp_err *err)
{
	if (s->n + b->n_rows > SIZE_MAX / 16)
		return cp_err_set(err, "too many rows to split in memory");
	if (s->n + b->n_rows > s->cap) {
		s->cap = s->cap + s->cap / 2 + b->n_rows;
		s->rank = cp_xrealloc(s->rank, s->cap, sizeof *s->rank);
	}
	for (size_t i = 0; i < b->n_rows; i++)
		s->rank[s->n++] = rank_of(s, b, i);
	return 0;
}

static void swap(uint64_t *a, uint64_t *b)
{
	uint64_t t = *a;
	*a = *b;
	*b = t;
}

/* The k-th smallest (from 0) of v[0..n-1]; reorders v.  Quickselect with three-way partition, so equal ranks cost nothing. */
static uint64_t select_rank(uint64_t *v, size_t n, size_t k)
{
	struct cp_rng r = cp_rng(0, CP_RNG_SPLIT, 1, n);
	for (;;) {
		uint64_t pivot = v[cp_rng_below(&r, n)];
		size_t lo = 0, hi = n, i = 0;	/* v[0..lo) below, v[lo..i) equal, v[hi..n) above */
		while (i < hi)
			if (v[i] < pivot)
				swap(&v[i++], &v[lo++]);
			else if (v[i] > pivot)
				swap(&v[i], &v[--hi]);
			else
				i++;
		if (k < lo) {
			n = lo;
		} else if (k < hi) {
			return pivot;
		} else {
			v += hi;
			n -= hi;
			k -= hi;
		}
	}
}

void cp_split_ready(struct cp_split *s)
{
	uint64_t size[CP_SPLIT_MAX], at = 0;
	cp_split_sizes(s->n, s->ratio, s->n_parts, size);
	for (int i = 0; i + 1 < s->n_parts; i++) {
		struct boundary *b = &s->boundary[i];
		at += size[i];
		*b = (struct boundary){ UINT64_MAX, UINT64_MAX, 0 };
		if (at == s->n)		/* nothing comes after it */
			continue;
		b->end = select_rank(s->rank, s->n, at);
		b->n_ties = at;
		for (size_t k = 0; k < s->n; k++)
			b->n_ties -= s->rank[k] < b->end;
	}
	free(s->rank);
	s->rank = NULL;
}

static int part_by_rank(struct cp_split *s, uint64_t rank)
{
	int part = s->n_parts - 1;
	for (int i = s->n_parts - 2; i >= 0; i--) {
		struct boundary *b = &s->boundary[i];
		if (rank < b->end || (rank == b->end && b->seen++ < b->n_ties))
			part = i;
	}
	return part;
}

/* ---- Shares ---- */

static int part_by_share(const struct cp_split *s, uint64_t random)
{
	uint64_t at = (uint64_t)((unsigned __int128)random * s->total >> 64);
	int part = 0;
	while (at >= s->ratio[part])
		at -= s->ratio[part++];
	return part;
}

void cp_split_parts(struct cp_split *s, const struct cp_block *b, unsigned char *parts)
{
	int exact = cp_split_passes(s) == 2;
	for (size_t i = 0; i < b->n_rows; i++) {
		uint64_t rank = rank_of(s, b, i);
		parts[i] = (unsigned char)(exact ? part_by_rank(s, rank) : part_by_share(s, rank));
	}
}
