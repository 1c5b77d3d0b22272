/* Parts within groups: see splitper.h.  A row is 16 bytes: its rank, and its group's number and its own in 32 bits each; sorted in place by group,
 * rank, number. */
#include "stream/splitper.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "stream/pairs.h"

struct slot {
	uint64_t group;
	uint32_t number;		/* from 1; 0: free */
};

struct cp_splitper {
	struct cp_pair *row;
	size_t n, cap;
	struct slot *slot;		/* number of a group */
	size_t n_slots, n_groups;
	unsigned char *part;
	uint64_t n_small;
};

struct cp_splitper *cp_splitper_new(void)
{
	struct cp_splitper *p = cp_xcalloc(1, sizeof *p);
	p->n_slots = 1 << 10;
	p->slot = cp_xcalloc(p->n_slots, sizeof *p->slot);
	return p;
}

void cp_splitper_free(struct cp_splitper *p)
{
	if (!p)
		return;
	free(p->row);
	free(p->slot);
	free(p->part);
	free(p);
}

static struct slot *find(struct slot *t, size_t n, uint64_t group)
{
	size_t i = (size_t)cp_mix64(group) & (n - 1);
	while (t[i].number && t[i].group != group)
		i = (i + 1) & (n - 1);
	return &t[i];
}

static void grow(struct cp_splitper *p)
{
	size_t n = 2 * p->n_slots;
	struct slot *t = cp_xcalloc(n, sizeof *t);
	for (size_t i = 0; i < p->n_slots; i++)
		if (p->slot[i].number)
			*find(t, n, p->slot[i].group) = p->slot[i];
	free(p->slot);
	p->slot = t;
	p->n_slots = n;
}

int cp_splitper_add(struct cp_splitper *p, uint64_t group, uint64_t rank, struct cp_err *err)
{
	if (p->n == UINT32_MAX)
		return cp_err_set(err, "more than %u rows: too many to split within groups", UINT32_MAX);
	if (4 * (p->n_groups + 1) > 3 * p->n_slots)
		grow(p);
	struct slot *s = find(p->slot, p->n_slots, group);
	if (!s->number)
		*s = (struct slot){ group, (uint32_t)++p->n_groups };
	if (p->n == p->cap) {
		p->cap = p->cap + p->cap / 2 + 4096;
		p->row = cp_xrealloc(p->row, p->cap, sizeof *p->row);
	}
	p->row[p->n] = (struct cp_pair){ rank, (uint64_t)s->number << 32 | p->n };
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
	free(p->slot);
	p->slot = NULL;
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
