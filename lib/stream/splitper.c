/* Parts within groups: see splitper.h.  A row is 16 bytes: its rank, and its group's number and its own in 32 bits each; sorted in place by group,
 * rank, number. */
#include "stream/splitper.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "stream/pairs.h"

struct cp_splitper {
	struct cp_pair *row;
	size_t n, cap;
	struct cp_map groups;		/* the number of each, from 1; until all rows are there */
	size_t n_groups;
	unsigned char *part;
	uint64_t n_small;
};

struct cp_splitper *cp_splitper_new(void)
{
	struct cp_splitper *p = cp_xcalloc(1, sizeof *p);
	cp_map_init(&p->groups);
	return p;
}

void cp_splitper_free(struct cp_splitper *p)
{
	if (!p)
		return;
	free(p->row);
	cp_map_release(&p->groups);
	free(p->part);
	free(p);
}

int cp_splitper_add(struct cp_splitper *p, uint64_t group, uint64_t rank, struct cp_err *err)
{
	if (p->n == UINT32_MAX)
		return cp_err_set(err, "more than %u rows: too many to split within groups", UINT32_MAX);
	struct cp_slot *s = cp_map_at(&p->groups, group);
	if (!s->value)
		s->value = p->groups.n_used;
	if (p->n == p->cap) {
		p->cap = p->cap + p->cap / 2 + 4096;
		p->row = cp_xrealloc(p->row, p->cap, sizeof *p->row);
	}
	p->row[p->n] = (struct cp_pair){ rank, s->value << 32 | p->n };
	p->n++;
	return 0;
}

static int by_group_and_rank(const struct cp_pair *x, const struct cp_pair *y, const void *ctx)
{
	(void)ctx;
	if (x->b >> 32 != y->b >> 32)
		return x->b >> 32 < y->b >> 32;
	return x->a != y->a ? x->a < y->a : x->b < y->b;
}

void cp_splitper_ready(struct cp_splitper *p, int n_parts, void (*size)(const void *ctx, uint64_t n, uint64_t *out), const void *ctx)
{
	uint64_t *want = cp_xcalloc((size_t)n_parts, sizeof *want);
	p->n_groups = p->groups.n_used;
	cp_map_release(&p->groups);
	p->part = cp_xcalloc(p->n + 1, 1);
	cp_pairs_sort(p->row, p->n, by_group_and_rank, NULL);
	for (size_t from = 0, to; from < p->n; from = to) {
		for (to = from + 1; to < p->n && p->row[to].b >> 32 == p->row[from].b >> 32; to++)
			;
		if (to - from < (size_t)n_parts) {
			p->n_small++;
			continue;
		}
		size(ctx, to - from, want);
		for (int k = 0; k < n_parts; k++)
			for (uint64_t i = 0; i < want[k]; i++)
				p->part[p->row[from++].b & UINT32_MAX] = (unsigned char)k;
	}
	free(want);
	free(p->row);
	p->row = NULL;
}

int cp_splitper_part(const struct cp_splitper *p, uint64_t row)
{
	return row < p->n ? p->part[row] : -1;
}

uint64_t cp_splitper_small(const struct cp_splitper *p, uint64_t *n_groups)
{
	*n_groups = p->n_groups;
	return p->n_small;
}
