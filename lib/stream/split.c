/* Parts of rows: exact sizes by selection of the boundary ranks, shares by hashing; see split.h.  Within groups: splitper.c; by files: splitrows.c. */
#include "stream/split.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "stream/splitper.h"
#include "stream/splitrows.h"

/* Ranks are compared as unsigned numbers; a part ends before the rank key `end`, but takes the first `n_ties` rows that have just it. */
struct boundary {
	uint64_t end, n_ties, seen;
};

struct cp_split {
	struct cp_split_opts o;
	uint64_t total;				/* sum of the ratios */
	int column, per;			/* what ranks or hashes; what groups; -1: none */
	uint64_t before;			/* how often the first segment's rows were split already, and no other's more often */
	uint64_t *rank;				/* first pass */
	size_t n, cap;
	struct boundary boundary[CP_SPLIT_MAX];	/* between part i and i + 1 */
	struct cp_splitper *within;		/* per */
	struct cp_splitrows *rows;
};

struct cp_split *cp_split_new(const struct cp_split_opts *o, struct cp_err *err)
{
	struct cp_split *s = cp_xcalloc(1, sizeof *s);
	s->o = *o;
	s->column = s->per = -1;
	for (int i = 0; i < o->n_parts; i++)
		s->total += o->ratio[i];
	if (o->per)
		s->within = cp_splitper_new();
	if (o->by != CP_SPLIT_ROWS || (s->rows = cp_splitrows_read(o->rows, s->o.name, o->n_parts, err)))
		return s;
	cp_split_free(s);
	return NULL;
}

void cp_split_free(struct cp_split *s)
{
	if (!s)
		return;
	free(s->rank);
	cp_splitper_free(s->within);
	cp_splitrows_free(s->rows);
	free(s);
}

static int bind_group(struct cp_split *s, const struct cp_schema *schema, struct cp_err *err)
{
	if ((s->column = cp_schema_lookup(schema, s->o.group, err)) < 0)
		return -1;
	if (schema->column[s->column].type != CP_KEY)
		return cp_err_set(err, "column '%s' has type %s: rows are grouped by a key", s->o.group, schema->column[s->column].type_name);
	return 0;
}

static int bind_per(struct cp_split *s, const struct cp_schema *schema, struct cp_err *err)
{
	if ((s->per = cp_schema_lookup(schema, s->o.per, err)) < 0)
		return -1;
	const struct cp_column *c = &schema->column[s->per];
	if (c->store.is_list || c->store.width != 8)
		return cp_err_set(err, "column '%s' has type %s: --per takes a key, a label, a number or a time", s->o.per, c->type_name);
	return 0;
}

static uint64_t times_split(const struct cp_column *c)
{
	uint64_t n = 0;
	size_t i;
	json_t *step;
	json_array_foreach(c->chain, i, step) {
		const char *tool = json_string_value(json_object_get(step, "tool"));
		n += tool && !strcmp(tool, "cp-split");
	}
	return n;
}

/* Of the columns the one that was there for most, for one may have been made later. */
static uint64_t rows_split(const struct cp_schema *schema)
{
	uint64_t most = 0;
	for (int i = 0; i < schema->n; i++) {
		uint64_t n = times_split(&schema->column[i]);
		most = n > most ? n : most;
	}
	return most;
}

int cp_split_bind(struct cp_split *s, const struct cp_schema *schema, struct cp_err *err)
{
	s->before = rows_split(schema);
	switch (s->o.by) {
	case CP_SPLIT_TIME:
	case CP_SPLIT_LAST:
		s->column = cp_schema_first(schema, CP_TIME);
		if (s->column < 0 && s->o.by == CP_SPLIT_TIME)
			return cp_err_set(err, "there is no column of type time to split by");
		break;
	case CP_SPLIT_GROUP:
		if (bind_group(s, schema, err) < 0)
			return -1;
		break;
	case CP_SPLIT_ORDER:
		break;
	default:
		s->column = cp_schema_first(schema, CP_ROW);
	}
	return s->o.per ? bind_per(s, schema, err) : 0;
}

int cp_split_segment(const struct cp_split *s, const struct cp_schema *schema, struct cp_err *err)
{
	uint64_t n = s->o.by == CP_SPLIT_RANDOM || s->o.by == CP_SPLIT_HASH || s->o.by == CP_SPLIT_GROUP ? rows_split(schema) : 0;
	if (n <= s->before)
		return 0;
	return cp_err_set(err, "its rows were split more often (%" PRIu64 ") than those of the first input (%" PRIu64 "), and drawn like these they would fall "
			  "together again; join what was split most often first", n, s->before);
}

int cp_split_columns(const struct cp_split *s, int out[2])
{
	int n = 0;
	if (s->column >= 0)
		out[n++] = s->column;
	if (s->per >= 0)
		out[n++] = s->per;
	return n;
}

int cp_split_passes(const struct cp_split *s)
{
	return s->o.by == CP_SPLIT_HASH || s->o.by == CP_SPLIT_GROUP || s->o.by == CP_SPLIT_ROWS ? 1 : 2;
}

/* The number of a row: its row column, else its place. */
static uint64_t number_of(const struct cp_split *s, const struct cp_block *b, size_t i)
{
	return s->column < 0 ? b->first_row + i : b->column[s->column].u64[i];
}

static uint64_t rank_of(const struct cp_split *s, const struct cp_block *b, size_t i)
{
	if (s->o.by == CP_SPLIT_ORDER || (s->o.by == CP_SPLIT_LAST && s->column < 0))
		return 0;	/* all equal: their order decides */
	if (s->o.by == CP_SPLIT_TIME || s->o.by == CP_SPLIT_LAST)
		return (uint64_t)b->column[s->column].i64[i] ^ UINT64_C(1) << 63;	/* signed order as unsigned; missing is lowest */
	struct cp_rng r = cp_rng(s->o.seed, CP_RNG_SPLIT, s->before, number_of(s, b, i));
	return cp_rng_u64(&r);
}

/* ---- Exact sizes ---- */

static void exact_sizes(uint64_t n, const uint32_t *ratio, int n_parts, uint64_t *size)
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

static int look_within(struct cp_split *s, const struct cp_block *b, struct cp_err *err)
{
	for (size_t i = 0; i < b->n_rows; i++)
		if (cp_splitper_add(s->within, b->column[s->per].u64[i], rank_of(s, b, i), err) < 0)
			return -1;
	return 0;
}

int cp_split_look(struct cp_split *s, const struct cp_block *b, struct cp_err *err)
{
	if (s->within)
		return look_within(s, b, err);
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

static void sizes_within(const void *split, uint64_t n, uint64_t *size)
{
	const struct cp_split_opts *o = &((const struct cp_split *)split)->o;
	if (o->by != CP_SPLIT_LAST) {
		exact_sizes(n, o->ratio, o->n_parts, size);
		return;
	}
	size[0] = n - (uint64_t)(o->n_parts - 1);
	for (int i = 1; i < o->n_parts; i++)
		size[i] = 1;
}

void cp_split_ready(struct cp_split *s)
{
	uint64_t size[CP_SPLIT_MAX], at = 0;
	if (s->within) {
		cp_splitper_ready(s->within, s->o.n_parts, sizes_within, s);
		return;
	}
	exact_sizes(s->n, s->o.ratio, s->o.n_parts, size);
	for (int i = 0; i + 1 < s->o.n_parts; i++) {
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
	int part = s->o.n_parts - 1;
	for (int i = s->o.n_parts - 2; i >= 0; i--) {
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
	while (at >= s->o.ratio[part])
		at -= s->o.ratio[part++];
	return part;
}

/* ---- The parts ---- */

static int part_of(struct cp_split *s, const struct cp_block *b, size_t i, struct cp_err *err)
{
	if (s->within) {
		int part = cp_splitper_part(s->within, b->first_row + i);
		return part < 0 ? cp_err_set(err, "there are more rows than in the first pass: the input is being written") : part;
	}
	if (s->rows)
		return cp_splitrows_part(s->rows, number_of(s, b, i), err);
	uint64_t rank = rank_of(s, b, i);
	return cp_split_passes(s) == 2 ? part_by_rank(s, rank) : part_by_share(s, rank);
}

int cp_split_parts(struct cp_split *s, const struct cp_block *b, unsigned char *parts, struct cp_err *err)
{
	for (size_t i = 0; i < b->n_rows; i++) {
		int part = part_of(s, b, i, err);
		if (part < 0)
			return -1;
		parts[i] = (unsigned char)part;
	}
	return 0;
}

int cp_split_done(const struct cp_split *s, struct cp_err *err)
{
	return s->rows ? cp_splitrows_done(s->rows, err) : 0;
}

void cp_split_step(const struct cp_split *s, json_t *step)
{
	char hex[33];
	if (!s->rows)
		return;
	cp_splitrows_digest(s->rows, hex);
	cp_step_file(step, "rows", hex);
}

void cp_split_account(const struct cp_split *s, struct cp_buf *b)
{
	uint64_t n_groups, n_small = s->within ? cp_splitper_small(s->within, &n_groups) : 0;
	if (n_small)
		cp_buf_printf(b, "%" PRIu64 " of %" PRIu64 " values of %s have fewer than %d rows: all to %s", n_small, n_groups, s->o.per, s->o.n_parts,
			      s->o.name[0]);
	if (s->rows)
		cp_buf_printf(b, "%" PRIu64 " rows were named", cp_splitrows_count(s->rows));
}
