/* The rows are put in order once; a replicate draws how often each group counts and walks that order with the counts as weights, so it
 * sorts nothing.  Replicates are independent tasks, and each has random numbers of its own number: threads change nothing. */
#include "eval/metrics.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/rng.h"
#include "eval/order.h"

enum { POSITIVE = 1, BEGINS = 2 };	/* BEGINS: another score than the row before */

/* The rows of one score column in ascending order. */
struct walk {
	uint32_t *group;	/* index of the row's group */
	uint8_t *flags;
	double *auc;		/* of each replicate */
};

struct boot {
	struct walk walk[2];
	int n_walks;
	size_t n, n_groups;
	uint64_t seed;
};

/* index[row] of its group, groups numbered by their names' order; returns how many there are. */
static size_t number_groups(uint32_t *index, const uint64_t *group, size_t n, struct cp_team *team)
{
	size_t n_groups = 0;
	uint64_t *keys = cp_xmalloc(n * sizeof *keys);
	uint32_t *rows = cp_xmalloc(n * sizeof *rows);
	for (size_t i = 0; i < n; i++) {
		keys[i] = group ? group[i] : i;
		rows[i] = (uint32_t)i;
	}
	if (group)
		cp_order_sort(keys, rows, n, team);
	for (size_t i = 0; i < n; i++) {
		n_groups += i == 0 || keys[i] != keys[i - 1];
		index[rows[i]] = (uint32_t)(n_groups - 1);
	}
	free(keys);
	free(rows);
	return n_groups;
}

static void walk_init(struct walk *w, const double *score, const uint8_t *label, const uint32_t *index, size_t n, int n_replicates,
		      struct cp_team *team)
{
	uint32_t *rows = cp_xmalloc(n * sizeof *rows);
	cp_order_by_score(rows, score, n, team);
	w->auc = cp_xcalloc((size_t)n_replicates, sizeof *w->auc);
	w->group = cp_xmalloc(n * sizeof *w->group);
	w->flags = cp_xmalloc(n);
	for (size_t i = 0; i < n; i++) {
		w->group[i] = index[rows[i]];
		w->flags[i] = (label[rows[i]] ? POSITIVE : 0) | (i == 0 || score[rows[i]] != score[rows[i - 1]] ? BEGINS : 0);
	}
	free(rows);
}

static double weighted_auc(const struct walk *w, const uint32_t *times, size_t n)
{
	unsigned __int128 twice = 0;		/* a replicate may have more rows than there are */
	uint64_t below = 0, pos = 0, neg = 0, all_pos = 0;
	for (size_t i = 0; i < n; i++) {
		if (w->flags[i] & BEGINS) {
			twice += (unsigned __int128)pos * (2 * below + neg);
			below += neg;
			all_pos += pos;
			pos = neg = 0;
		}
		uint32_t t = times[w->group[i]];
		*(w->flags[i] & POSITIVE ? &pos : &neg) += t;
	}
	twice += (unsigned __int128)pos * (2 * below + neg);
	below += neg;
	all_pos += pos;
	return all_pos && below ? (double)twice / (2.0 * (double)all_pos * (double)below) : NAN;
}

static void replicate(void *ctx, int number)
{
	struct boot *b = ctx;
	uint32_t *times = cp_xcalloc(b->n_groups, sizeof *times);
	struct cp_rng rng = cp_rng(b->seed, CP_RNG_BOOTSTRAP, 0, (uint64_t)number);
	for (size_t i = 0; i < b->n_groups; i++)
		times[cp_rng_below(&rng, b->n_groups)]++;
	for (int i = 0; i < b->n_walks; i++)
		b->walk[i].auc[number] = weighted_auc(&b->walk[i], times, b->n);
	free(times);
}

/* ---- from replicates to an interval ---- */

/* Between the two values nearest in order, in proportion (the usual definition, type 7 of Hyndman and Fan 1996). */
static double quantile(const double *sorted, size_t n, double share)
{
	double at = share * (double)(n - 1);
	size_t i = (size_t)at;
	return i + 1 < n ? sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

/* v[0..n-1], which is sorted here; those undefined are left out. */
static void interval_of(struct cp_interval *out, double *v, size_t n)
{
	struct cp_neumaier sum = {0}, squares = {0};
	size_t m = 0;
	for (size_t i = 0; i < n; i++)
		if (!isnan(v[i]))
			v[m++] = v[i];
	*out = (struct cp_interval){ NAN, NAN, NAN, m };
	if (m < 2)
		return;
	for (size_t i = 0; i < m; i++)
		cp_neumaier_add(&sum, v[i]);
	double mean = cp_neumaier_total(&sum) / (double)m;
	for (size_t i = 0; i < m; i++)
		cp_neumaier_add(&squares, (v[i] - mean) * (v[i] - mean));
	qsort(v, m, sizeof *v, cp_compare_reals);
	out->se = sqrt(cp_neumaier_total(&squares) / (double)(m - 1));
	out->lo = quantile(v, m, 0.025);
	out->hi = quantile(v, m, 0.975);
}

void cp_bootstrap(struct cp_bootstrap *out, const double *score, const double *score2, const uint8_t *label, const uint64_t *group,
		  size_t n, int n_replicates, uint64_t seed, struct cp_team *team)
{
	struct boot b = { .n_walks = score2 ? 2 : 1, .n = n, .seed = seed };
	uint32_t *index = cp_xmalloc(n * sizeof *index);
	*out = (struct cp_bootstrap){ .n_groups = b.n_groups = number_groups(index, group, n, team), .auc = { NAN, NAN, NAN, 0 },
				      .diff = { NAN, NAN, NAN, 0 } };
	walk_init(&b.walk[0], score, label, index, n, n_replicates, team);
	if (score2)
		walk_init(&b.walk[1], score2, label, index, n, n_replicates, team);
	free(index);
	cp_team_run(team, n_replicates, replicate, &b);
	if (score2) {
		for (int i = 0; i < n_replicates; i++)
			b.walk[1].auc[i] = b.walk[0].auc[i] - b.walk[1].auc[i];
		interval_of(&out->diff, b.walk[1].auc, (size_t)n_replicates);
	}
	interval_of(&out->auc, b.walk[0].auc, (size_t)n_replicates);
	for (int i = 0; i < b.n_walks; i++) {
		free(b.walk[i].auc);
		free(b.walk[i].group);
		free(b.walk[i].flags);
	}
}
