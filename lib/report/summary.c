/* Figures of each column from its tally, columns side by side; whole rows are one more task. */
#include "report/summary.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "eval/order.h"

#define PRIOR 10.0		/* rows of the mean label rate that every value is given */
#define CHANCE 1e-6		/* that any value of the field has one label by chance */

/* ---- values of a field ---- */

static void count_values(struct cp_profile *p, struct cp_profile_column *c)
{
	const struct cp_count *count;
	uint64_t key;
	for (size_t at = 0; (count = cp_tally_next(&c->tally, &at, &key)); ) {
		if (key == c->missing_key && c->type != CP_NUMBER)
			continue;
		c->distinct++;
		for (int s = 0; s < p->n_splits; s++) {
			uint32_t n = cp_split_count(p, count, s).n;
			struct cp_column_split *out = &c->split[s];
			out->distinct += n > 0;
			out->once += n == 1;
			out->n_values += n;
			if (n > out->most || (n && n == out->most && key < out->most_key)) {
				out->most = n;
				out->most_key = key;
			}
		}
	}
	double d = (double)c->distinct;
	c->collisions = c->type == CP_NUMBER ? 0 : d * (d - 1) / 2 * 0x1p-64;
}

/* Values of the first split whose rows all have one label, though by chance that would hardly be so. */
static void find_sure(struct cp_profile *p, struct cp_profile_column *c, double rate)
{
	const struct cp_count *count;
	uint64_t key;
	double limit = log(CHANCE / ((double)c->split[0].distinct + 1));
	for (size_t at = 0; rate > 0 && rate < 1 && (count = cp_tally_next(&c->tally, &at, &key)); ) {
		struct cp_count all = cp_split_count(p, count, 0);
		if (!all.n || (all.pos && all.pos < all.n) || (double)all.n * (all.pos ? log(rate) : log1p(-rate)) > limit)
			continue;
		c->sure_values++;
		c->sure_rows += all.n;
		if (all.n > c->sure_most) {
			c->sure_most = all.n;
			c->sure_label = all.pos > 0;
		}
	}
}

/* ---- what a field alone says ---- */

static double score_of(const struct cp_profile_column *c, const struct cp_count *count, uint64_t key, double rate)
{
	if (c->type == CP_NUMBER)
		return cp_ordered_real(key);
	return ((double)count[0].pos + PRIOR * rate) / ((double)count[0].n + PRIOR);
}

/* The weighted AUC of values in order of their scores: slot 0 has given the scores, slot 1 is judged. */
static double auc_of(const uint64_t *keys, const uint32_t *order, const struct cp_count **count, size_t n)
{
	double twice = 0, below = 0, positives = 0;
	for (size_t i = 0, end; i < n; i = end) {
		double pos = 0, neg = 0;
		for (end = i; end < n && keys[end] == keys[i]; end++) {
			pos += count[order[end]][1].pos;
			neg += count[order[end]][1].n - count[order[end]][1].pos;
		}
		twice += pos * (2 * below + neg);
		below += neg;
		positives += pos;
	}
	return positives > 0 && below > 0 ? twice / (2 * positives * below) : NAN;
}

static double field_auc(const struct cp_profile_column *c, double rate)
{
	size_t n = 0;
	uint64_t *keys = cp_xcalloc(c->tally.n, sizeof *keys), key;
	uint32_t *order = cp_xcalloc(c->tally.n, sizeof *order);
	const struct cp_count **count = cp_xcalloc(c->tally.n, sizeof *count), *at_key;
	for (size_t at = 0; (at_key = cp_tally_next(&c->tally, &at, &key)); ) {
		if (!at_key[1].n)
			continue;
		keys[n] = cp_ordered_bits(score_of(c, at_key, key, rate));
		order[n] = (uint32_t)n;
		count[n++] = at_key;
	}
	cp_order_sort(keys, order, n, NULL);
	double auc = auc_of(keys, order, count, n);
	free(keys);
	free(order);
	free(count);
	return auc;
}

/* ---- quantiles of a number ---- */

static void find_quantiles(struct cp_profile *p, struct cp_profile_column *c)
{
	size_t n = 0;
	uint64_t *keys = cp_xcalloc(c->tally.n, sizeof *keys), key;
	for (size_t at = 0; cp_tally_next(&c->tally, &at, &key); )
		keys[n++] = key;
	cp_order_sort(keys, NULL, n, NULL);
	for (int s = 0; s < p->n_splits; s++) {
		struct cp_column_split *out = &c->split[s];
		uint64_t below = 0;
		int q = 0;
		for (; q < CP_QUANTILES; q++)
			out->quantile[q] = NAN;
		q = 0;
		for (size_t i = 0; i < n && q < CP_QUANTILES; i++) {
			below += cp_split_count(p, cp_tally_find(&c->tally, keys[i]), s).n;
			while (q < CP_QUANTILES && below && (double)below >= cp_quantile_share[q] * (double)out->present)
				out->quantile[q++] = cp_ordered_real(keys[i]);
		}
	}
	free(keys);
}

/* ---- whole rows ---- */

static void count_equal_rows(struct cp_profile *p)
{
	const struct cp_count *count;
	uint64_t key;
	p->row_kinds = p->rows.n;
	for (size_t at = 0; (count = cp_tally_next(&p->rows, &at, &key)); ) {
		uint64_t n = 0, pos = 0;
		uint32_t first = cp_split_count(p, count, 0).n;
		for (int s = 0; s < p->n_splits; s++) {
			struct cp_count c = cp_split_count(p, count, s);
			p->split[s].copies += c.n ? c.n - 1 : 0;
			p->split[s].shared += s && first ? c.n : 0;
			n += c.n;
			pos += c.pos;
		}
		p->conflicting_kinds += pos && pos < n;
		p->conflicting_rows += pos && pos < n ? n : 0;
	}
}

static void finish_column(void *ctx, int i)
{
	struct cp_profile *p = ctx;
	struct cp_profile_column *c = &p->column[i];
	if (i == p->n_columns) {
		count_equal_rows(p);
		return;
	}
	if (!cp_is_field(c->type))
		return;
	count_values(p, c);
	if (c->type == CP_NUMBER)
		find_quantiles(p, c);
	if (p->label < 0)
		return;
	double rows = (double)(p->split[0].labels[0] + p->split[0].labels[1]);
	double rate = rows > 0 ? (double)p->split[0].labels[1] / rows : 0;
	find_sure(p, c, rate);
	c->auc = field_auc(c, rate);
}

void cp_profile_finish(struct cp_profile *p)
{
	cp_team_run(p->opts.team, p->n_columns + 1, finish_column, p);
	if (p->time >= 0)
		p->n_periods = cp_timeline_periods(p->timeline, p->period);
}
