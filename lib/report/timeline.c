/* Labels by time.  Steps are 2^k seconds (or what the unit is), with the least k for which no more than MOST steps hold rows: that depends
 * on the set of times alone, not on their order. */
#include <stdlib.h>

#include "base/mem.h"
#include "report/profile.h"

#define MOST 16384

struct cp_timeline {
	int shift;
	struct cp_tally tally;		/* key: time >> shift, with the sign turned so that order is kept; two slots a split: all rows, and the judged */
};

struct cp_timeline *cp_timeline_new(int n_splits)
{
	struct cp_timeline *t = cp_xcalloc(1, sizeof *t);
	cp_tally_init(&t->tally, 2 * n_splits);
	return t;
}

void cp_timeline_free(struct cp_timeline *t)
{
	if (t)
		cp_tally_release(&t->tally);
	free(t);
}

static uint64_t step_of(int64_t time, int shift)
{
	return ((uint64_t)time ^ UINT64_C(1) << 63) >> shift;
}

static int64_t time_of(uint64_t step, int shift)
{
	return (int64_t)((step << shift) ^ UINT64_C(1) << 63);
}

static void widen(struct cp_timeline *t)
{
	struct cp_tally old = t->tally;
	const struct cp_count *from;
	uint64_t key;
	cp_tally_init(&t->tally, old.n_slots);
	t->shift++;
	for (size_t at = 0; (from = cp_tally_next(&old, &at, &key)); ) {
		struct cp_count *to = cp_tally_at(&t->tally, key >> 1);
		for (int i = 0; i < old.n_slots; i++) {
			to[i].n += from[i].n;
			to[i].pos += from[i].pos;
		}
	}
	cp_tally_release(&old);
}

void cp_timeline_add(struct cp_timeline *t, int64_t time, int split, int judged, int positive)
{
	struct cp_count *c = &cp_tally_at(&t->tally, step_of(time, t->shift))[2 * split];
	c[0].n++;
	c[1].n += judged != 0;
	c[1].pos += positive != 0;
	while (t->tally.n > MOST)
		widen(t);
}

static int by_step(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static uint64_t rows_of(const struct cp_count *c, int n_splits)
{
	uint64_t n = 0;
	for (int i = 0; i < n_splits; i++)
		n += c[2 * i].n;
	return n;
}

int cp_timeline_periods(const struct cp_timeline *t, struct cp_period period[CP_PERIODS])
{
	size_t n = t->tally.n, at = 0;
	int n_splits = t->tally.n_slots / 2, n_periods = 0;
	uint64_t *steps = cp_xcalloc(n, sizeof *steps), all = 0, before = 0;
	const struct cp_count *c;
	uint64_t key;
	for (size_t i = 0; (c = cp_tally_next(&t->tally, &at, &key)); i++) {
		steps[i] = key;
		all += rows_of(c, n_splits);
	}
	qsort(steps, n, sizeof *steps, by_step);
	for (size_t i = 0; i < n; i++) {
		struct cp_period *p = &period[n_periods ? n_periods - 1 : 0];
		if (!n_periods || before >= (all * (uint64_t)n_periods + CP_PERIODS - 1) / CP_PERIODS) {
			p = &period[n_periods++];
			*p = (struct cp_period){ .from = time_of(steps[i], t->shift), .n = cp_xcalloc((size_t)n_splits, sizeof *p->n),
						 .judged = cp_xcalloc((size_t)n_splits, sizeof *p->judged),
						 .pos = cp_xcalloc((size_t)n_splits, sizeof *p->pos) };
		}
		p->to = time_of(steps[i], t->shift) + (int64_t)((UINT64_C(1) << t->shift) - 1);
		c = cp_tally_find(&t->tally, steps[i]);
		for (int s = 0; s < n_splits; s++) {
			p->n[s] += c[2 * s].n;
			p->judged[s] += c[2 * s + 1].n;
			p->pos[s] += c[2 * s + 1].pos;
		}
		before += rows_of(c, n_splits);
	}
	free(steps);
	return n_periods;
}

void cp_period_release(struct cp_period *p)
{
	free(p->n);
	free(p->judged);
	free(p->pos);
	*p = (struct cp_period){ 0 };
}
