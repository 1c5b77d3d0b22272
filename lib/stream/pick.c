/* Which rows of a stream are wanted: see pick.h. */
#include "stream/pick.h"

#include <stdlib.h>

#include "base/heap.h"
#include "base/rng.h"
#include "stream/where.h"

struct cp_pick {
	struct cp_pick_opts o;
	struct cp_where where;
	int row_column;			/* what random numbers go by; -1: the place */
	uint64_t place, n_matched;	/* rows and matching rows before the next block */
	uint64_t *heap;			/* sample_rows: the smallest numbers so far, the largest of them first */
	size_t n_heap, cap_heap;
	uint64_t bound, n_ties;		/* second pass: take what is below, and the first so many that are equal */
	uint32_t *rows;			/* of the block in hand */
	size_t cap;
};

struct cp_pick *cp_pick_new(const struct cp_pick_opts *o)
{
	struct cp_pick *p = cp_xcalloc(1, sizeof *p);
	p->o = *o;
	p->row_column = -1;
	return p;
}

void cp_pick_free(struct cp_pick *p)
{
	if (!p)
		return;
	cp_where_release(&p->where);
	free(p->heap);
	free(p->rows);
	free(p);
}

static int has_where(const struct cp_pick_opts *o)
{
	return o->where && o->where->n;
}

int cp_pick_is_all(const struct cp_pick_opts *o)
{
	return !has_where(o) && o->first == 0 && o->last == UINT64_MAX && o->tail < 0 && o->sample >= 1 && o->sample_rows < 0;
}

static int passes(const struct cp_pick *p)
{
	return p->o.tail >= 0 || p->o.sample_rows >= 0 ? 2 : 1;
}

static int is_random(const struct cp_pick *p)
{
	return p->o.sample < 1 || p->o.sample_rows >= 0;
}

int cp_pick_bind(struct cp_pick *p, const struct cp_reader *r, struct cp_err *err)
{
	const struct cp_schema *s = cp_reader_schema(r);
	cp_where_release(&p->where);
	if (has_where(&p->o) && cp_where_parse(&p->where, s, p->o.where, p->o.key_of, err) < 0)
		return cp_err_wrap(err, "%s", cp_reader_name(r));
	p->row_column = is_random(p) ? cp_schema_first(s, CP_ROW) : -1;
	return 0;
}

void cp_pick_choose(const struct cp_pick *p, struct cp_reader *r, const int *columns, int n)
{
	int *wanted = cp_xcalloc((size_t)(n + p->where.n + 1), sizeof *wanted);
	for (int i = 0; i < n; i++)
		wanted[i] = columns[i];
	n += cp_where_columns(&p->where, wanted + n);
	if (p->row_column >= 0)
		wanted[n++] = p->row_column;
	cp_reader_choose(r, wanted, n);
	free(wanted);
}

static int in_range(const struct cp_pick *p, uint64_t at)
{
	return at >= p->o.first && at < p->o.last;
}

/* The random numbers of a row of this block. */
static struct cp_rng rng_of(const struct cp_pick *p, const struct cp_block *b, size_t i)
{
	return cp_rng(p->o.seed, CP_RNG_SAMPLE, 0, p->row_column >= 0 ? b->column[p->row_column].u64[i] : p->place + i);
}

/* ---- The first pass ---- */

CP_HEAP(heap, uint64_t, void, *a > *b)

static void keep_smallest(struct cp_pick *p, uint64_t x)
{
	if (p->n_heap < (size_t)p->o.sample_rows) {
		p->heap = cp_xgrow(p->heap, &p->cap_heap, p->n_heap + 1, sizeof *p->heap);
		heap_push(NULL, p->heap, &p->n_heap, x);
	} else if (p->n_heap && x < p->heap[0])
		heap_replace(NULL, p->heap, p->n_heap, x);
}

static void look(struct cp_pick *p, const struct cp_block *b)
{
	int random = p->o.sample_rows >= 0;
	if (!random && !p->where.n)
		p->n_matched += b->n_rows;
	else
		for (size_t i = 0; i < b->n_rows; i++) {
			if (!cp_where_holds(&p->where, b->column, i))
				continue;
			if (random && in_range(p, p->n_matched)) {
				struct cp_rng r = rng_of(p, b, i);
				keep_smallest(p, cp_rng_u64(&r));
			}
			p->n_matched++;
		}
	p->place += b->n_rows;
}

static void ready(struct cp_pick *p)
{
	uint64_t tail = (uint64_t)p->o.tail;
	if (p->o.tail >= 0)
		p->o.first = p->n_matched < tail ? 0 : p->n_matched - tail;
	p->bound = p->n_heap ? p->heap[0] : 0;
	for (size_t i = 0; i < p->n_heap; i++)
		p->n_ties += p->heap[i] == p->bound;
	free(p->heap);
	p->heap = NULL;
	p->n_heap = p->cap_heap = 0;
	p->place = p->n_matched = 0;
}

/* ---- The last pass ---- */

static int is_drawn(struct cp_pick *p, const struct cp_block *b, size_t i)
{
	if (!is_random(p))
		return 1;
	struct cp_rng r = rng_of(p, b, i);
	if (p->o.sample_rows < 0)
		return cp_rng_real(&r) < p->o.sample;
	uint64_t x = cp_rng_u64(&r);
	if (x == p->bound && p->n_ties) {
		p->n_ties--;
		return 1;
	}
	return x < p->bound;
}

size_t cp_pick_rows(struct cp_pick *p, const struct cp_block *b, const uint32_t **rows)
{
	size_t n = 0;
	p->rows = cp_xgrow(p->rows, &p->cap, b->n_rows, sizeof *p->rows);
	for (size_t i = 0; i < b->n_rows; i++)
		if (cp_where_holds(&p->where, b->column, i) && in_range(p, p->n_matched++) && is_drawn(p, b, i))
			p->rows[n++] = (uint32_t)i;
	p->place += b->n_rows;
	*rows = p->rows;
	return n;
}

int cp_pick_done(const struct cp_pick *p)
{
	return p->n_matched >= p->o.last;
}

int cp_pick_first_pass(struct cp_pick *p, struct cp_reader *r, struct cp_err *err)
{
	struct cp_block b;
	int rc;
	if (passes(p) == 1)
		return 0;
	if (cp_pick_bind(p, r, err) < 0)
		return -1;
	cp_pick_choose(p, r, NULL, 0);
	while ((rc = cp_reader_next(r, &b, err)) == 1)
		look(p, &b);
	ready(p);
	return rc < 0 ? -1 : cp_reader_rewind(r, err);
}
