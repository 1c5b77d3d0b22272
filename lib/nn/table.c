/* Gradients by row, and steps put off. */
#include "nn/table.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEAST (NN_TABLE_UNIT / 2)	/* elements that put off their steps together: a vector */
#define GRAIN 128	/* units a task */
#define FETCHED 64	/* numbers of a row that are fetched ahead, by lines of 64 bytes: the processor sees the others coming */

struct nn_table *nn_table_new(size_t n_rows, size_t cols, nn_float *val, nn_float *m, nn_float *v)
{
	struct nn_table *t = cp_xcalloc(1, sizeof *t);
	t->n_rows = n_rows;
	t->cols = cols;
	t->val = val;
	t->m = m;
	t->v = v;
	t->unit = (LEAST + cols - 1) / cols;
	return t;
}

void nn_table_free(struct nn_table *t)
{
	if (!t)
		return;
	free(t->row);
	free(t->grad);
	free(t->made);
	free(t->past);
	free(t);
}

/* --- Ids of a batch ---------------------------------------------------------------------------------------------------------------- */

/* By the upper halves, a byte at a time; those that are equal keep their order. */
static uint64_t *sort_pairs(uint64_t *v, uint64_t *spare, size_t n, uint32_t most)
{
	for (int shift = 0; shift < 32 && most >> shift; shift += 8) {
		size_t at[256] = { 0 }, sum = 0;
		for (size_t i = 0; i < n; i++)
			at[v[i] >> (32 + shift) & 255]++;
		for (int b = 0; b < 256; b++) {
			size_t count = at[b];
			at[b] = sum;
			sum += count;
		}
		for (size_t i = 0; i < n; i++)
			spare[at[v[i] >> (32 + shift) & 255]++] = v[i];
		uint64_t *sorted = spare;
		spare = v;
		v = sorted;
	}
	return v;
}

struct nn_index *nn_index_new(struct cp_arena *a, const uint32_t *ids, size_t n)
{
	struct nn_index *x = cp_arena_zalloc(a, sizeof *x);
	uint64_t *pair = cp_arena_alloc(a, n * sizeof *pair), *spare = cp_arena_alloc(a, n * sizeof *spare);
	uint32_t most = 0;
	assert(n < UINT32_MAX);
	x->row = cp_arena_alloc(a, n * sizeof *x->row);
	x->first = cp_arena_alloc(a, (n + 1) * sizeof *x->first);
	x->place = cp_arena_alloc(a, n * sizeof *x->place);
	for (size_t i = 0; i < n; i++) {
		pair[i] = (uint64_t)ids[i] << 32 | i;
		most |= ids[i];
	}
	pair = sort_pairs(pair, spare, n, most);
	for (size_t i = 0; i < n; i++) {
		uint32_t row = (uint32_t)(pair[i] >> 32);
		x->place[i] = (uint32_t)pair[i];
		if (x->n && x->row[x->n - 1] == row)
			continue;
		x->first[x->n] = (uint32_t)i;
		x->row[x->n++] = row;
	}
	x->first[x->n] = (uint32_t)n;
	return x;
}

/* --- The list of rows with a gradient ---------------------------------------------------------------------------------------------- */

static void reserve(struct nn_table *t, size_t n)
{
	if (n <= t->cap)
		return;
	t->cap = n + n / 4;
	t->row = cp_xrealloc(t->row, t->cap, sizeof *t->row);
	t->grad = cp_xrealloc(t->grad, t->cap, t->cols * sizeof *t->grad);
}

/* How many rows of the index the list has not. */
static size_t count_new(const struct nn_table *t, const struct nn_index *x)
{
	size_t fresh = 0;
	for (size_t i = 0, k = 0; i < x->n; i++) {
		while (k < t->n && t->row[k] < x->row[i])
			k++;
		fresh += k == t->n || t->row[k] != x->row[i];
	}
	return fresh;
}

const uint32_t *nn_table_open(struct nn_table *t, const struct nn_index *x, struct cp_arena *a)
{
	uint32_t *slot = cp_arena_alloc(a, x->n * sizeof *slot);
	size_t fresh = count_new(t, x), k = t->n, i = x->n;
	reserve(t, t->n + fresh);
	t->n += fresh;
	for (size_t to = t->n; i; to--) {	/* merged from the back: what moves, moves up */
		int own = k && t->row[k - 1] >= x->row[i - 1];
		uint32_t row = own ? t->row[k - 1] : x->row[i - 1];
		if (!own)
			memset(t->grad + (to - 1) * t->cols, 0, t->cols * sizeof *t->grad);
		else if (--k != to - 1)
			memcpy(t->grad + (to - 1) * t->cols, t->grad + k * t->cols, t->cols * sizeof *t->grad);
		t->row[to - 1] = row;
		if (x->row[i - 1] == row)
			slot[--i] = (uint32_t)(to - 1);
	}
	return slot;
}

/* --- Steps put off ----------------------------------------------------------------------------------------------------------------- */

/* From here on, as long as no step is less steady, an update that no longer shows beside its value never will again: whatever the moments
 * lose in a step, m loses more than the root of v, and much more than decay takes from the value. */
static int is_steady(const struct nn_adamw *h, const struct nn_adamw_step *s, const struct nn_adamw_step *before)
{
	double b1 = h->beta1 * (1 + 1e-5), fall = fmin(1, (double)s->rc2 / before->rc2);
	return h->eps >= 1e-10 && b1 <= sqrt(h->beta2 * fall) * s->decay && b1 <= pow(s->decay, 16);
}

static size_t n_units(const struct nn_table *t)
{
	return (t->n_rows + t->unit - 1) / t->unit;
}

void nn_table_put_off(struct nn_table *t, const struct nn_adamw *h, double l2)
{
	if (!t->made)
		t->made = cp_xcalloc(n_units(t), sizeof *t->made);
	t->past = cp_xgrow(t->past, &t->cap_past, t->n_past + 1, sizeof *t->past);
	struct nn_adamw_step *s = t->past + t->n_past;
	*s = nn_adamw_step_of(h);
	s->most = s->rate;
	s->steady = is_steady(h, s, t->n_past ? s - 1 : s);
	s->still = s->decay == 1;
	for (size_t i = t->n_past++; i-- && (t->past[i].most < s->most || t->past[i].steady > s->steady || t->past[i].still > s->still);) {
		t->past[i].most = s->most > t->past[i].most ? s->most : t->past[i].most;
		t->past[i].steady &= s->steady;
		t->past[i].still &= s->still;
	}
	struct nn_adamw_rule rule = nn_adamw_rule_of(h, l2);
	assert(t->n_past == 1 || !memcmp(&rule, &t->rule, sizeof rule));
	t->rule = rule;
}

void nn_table_made(struct nn_table *t, size_t unit)
{
	assert(t->made[unit] == t->n_past - 1);
	t->made[unit] = (uint32_t)t->n_past;
}

/* Units from..to-1, all of which have made the same number of steps. */
static void catch_up(struct nn_table *t, size_t from, size_t to)
{
	size_t at = from * t->unit * t->cols, end = to * t->unit < t->n_rows ? to * t->unit : t->n_rows, made = t->made[from];
	if (made < t->n_past)
		nn_adamw_replay(t->val + at, t->m + at, t->v + at, end * t->cols - at, t->past + made, t->n_past - made, &t->rule);
	for (size_t u = from; u < to; u++)
		t->made[u] = (uint32_t)t->n_past;
}

struct work {
	struct nn_table *t;
	const struct nn_index *x;
	size_t count;
};

void nn_table_fetch(const struct nn_table *t, uint32_t row)
{
	size_t at = row * t->cols;
	for (size_t j = 0; j < t->cols && j < FETCHED; j += 64 / sizeof(nn_float)) {
		__builtin_prefetch(t->val + at + j, 1);
		__builtin_prefetch(t->m + at + j, 1);
		__builtin_prefetch(t->v + at + j, 1);
	}
}

static void refresh_task(void *ctx, int task)
{
	const struct work *w = ctx;
	const uint32_t *row = w->x->row;
	size_t unit = w->t->unit, to = (size_t)(task + 1) * GRAIN < w->count ? (size_t)(task + 1) * GRAIN : w->count;
	for (size_t i = (size_t)task * GRAIN; i < to; i++) {
		if (i + 2 * NN_TABLE_AHEAD < to)
			__builtin_prefetch(w->t->made + row[i + 2 * NN_TABLE_AHEAD] / unit, 1);
		if (i + NN_TABLE_AHEAD < to)
			nn_table_fetch(w->t, row[i + NN_TABLE_AHEAD]);
		if (!i || row[i] / unit != row[i - 1] / unit)
			catch_up(w->t, row[i] / unit, row[i] / unit + 1);
	}
}

void nn_table_refresh(struct nn_table *t, const struct nn_index *x, struct cp_team *team)
{
	struct work w = { t, x, x->n };
	if (t->n_past && x->n)
		cp_team_run(team, (int)((w.count + GRAIN - 1) / GRAIN), refresh_task, &w);
}

/* Neighbours that stand at the same step go together: the kernel is best on several vectors. */
static void settle_task(void *ctx, int task)
{
	const struct work *w = ctx;
	size_t at = (size_t)task * GRAIN, end = at + GRAIN < w->count ? at + GRAIN : w->count;
	while (at < end) {
		size_t to = at + 1;
		while (to < end && w->t->made[to] == w->t->made[at])
			to++;
		catch_up(w->t, at, to);
		at = to;
	}
}

void nn_table_settle(struct nn_table *t, struct cp_team *team)
{
	struct work w = { t, NULL, n_units(t) };
	if (!t->n_past)
		return;
	cp_team_run(team, (int)((w.count + GRAIN - 1) / GRAIN), settle_task, &w);
	memset(t->made, 0, w.count * sizeof *t->made);
	t->n_past = 0;
}

/* A table that stays in the processor's cache, of which each batch touches a good part: a sweep has no more to compute than rows catching up
 * one by one, and does it in long runs. */
static int is_small(const struct nn_table *t)
{
	return t->n_rows <= 64 * t->n && 3 * t->n_rows * t->cols * sizeof *t->val <= (size_t)16 << 20;
}

void nn_table_stepped(struct nn_table *t, struct cp_team *team)
{
	if (is_small(t))
		nn_table_settle(t, team);
	t->n = 0;
}
