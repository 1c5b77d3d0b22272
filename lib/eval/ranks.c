/* What depends on the order of the scores: AUC and DeLong's variance, average precision, bins.  The two classes are sorted apart and merged,
 * so that a row costs one 8-byte key and one of scratch; pairs are counted twice over, which makes a tie a whole number.  Counts are taken
 * by all threads; sums in one walk, in ascending order of score. */
#include "eval/metrics.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "eval/order.h"

#define PARTS 8

/* ---- the keys of both classes ---- */

struct ranks {
	const double *score;
	const uint8_t *label;
	uint64_t *keys;			/* those of the positives ascending, behind them those of the negatives */
	size_t m, n;			/* positives, rows */
	size_t positives[PARTS];	/* in each part of the rows, then before it */
	int nan[PARTS];
};

static size_t part_begin(size_t n, int part)
{
	return part == PARTS ? n : n / PARTS * (size_t)part;
}

static void count_part(void *ctx, int part)
{
	struct ranks *r = ctx;
	size_t m = 0, end = part_begin(r->n, part + 1);
	for (size_t i = part_begin(r->n, part); i < end; i++)
		m += r->label[i] != 0;
	r->positives[part] = m;
}

static void fill_part(void *ctx, int part)
{
	struct ranks *r = ctx;
	size_t begin = part_begin(r->n, part), end = part_begin(r->n, part + 1), p = r->positives[part];
	uint64_t *at[2] = { r->keys + r->m + (begin - p), r->keys + p };
	r->nan[part] = 0;
	for (size_t i = begin; i < end; i++) {
		r->nan[part] |= isnan(r->score[i]);
		*at[r->label[i] != 0]++ = cp_ordered_bits(r->score[i]);
	}
}

/* 0, or -1 if a score is not a number.  The keys are to be freed in any case. */
static int ranks_init(struct ranks *r, const double *score, const uint8_t *label, size_t n, struct cp_team *team)
{
	int nan = 0;
	*r = (struct ranks){ .score = score, .label = label, .n = n, .keys = cp_xmalloc(n * sizeof *r->keys) };
	cp_team_run(team, PARTS, count_part, r);
	for (int i = 0; i < PARTS; i++) {
		size_t here = r->positives[i];
		r->positives[i] = r->m;
		r->m += here;
	}
	cp_team_run(team, PARTS, fill_part, r);
	for (int i = 0; i < PARTS; i++)
		nan |= r->nan[i];
	if (nan)
		return -1;
	cp_order_sort(r->keys, NULL, r->m, team);
	cp_order_sort(r->keys + r->m, NULL, n - r->m, team);
	return 0;
}

/* ---- runs of equal scores ---- */

struct ties {
	uint64_t key;
	size_t pos, neg, pos_below, neg_below;
};

static size_t run_of(const uint64_t *keys, size_t at, size_t n, uint64_t key)
{
	size_t end = at;
	while (end < n && keys[end] == key)
		end++;
	return end - at;
}

/* The next run in ascending order; 0 when there is none.  Begin with all zero. */
static inline int next_ties(struct ties *t, const struct ranks *r)
{
	size_t i = t->pos_below += t->pos, j = t->neg_below += t->neg, m = r->m, q = r->n - m;
	const uint64_t *pos = r->keys, *neg = pos + m;
	if (i == m && j == q)
		return 0;
	t->key = j == q || (i < m && pos[i] < neg[j]) ? pos[i] : neg[j];
	t->pos = run_of(pos, i, m, t->key);
	t->neg = run_of(neg, j, q, t->key);
	return 1;
}

/* The first of keys[0..n-1] that is not less than key. */
static size_t lower_bound(const uint64_t *keys, size_t n, uint64_t key)
{
	size_t lo = 0;
	while (n) {
		size_t half = n / 2;
		if (keys[lo + half] < key) {
			lo += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return lo;
}

/* ---- AUC: an exact count, so it may be taken in parts ---- */

struct pairs {
	const struct ranks *r;
	uint64_t twice[PARTS];		/* pairs in order, and again, plus ties */
};

/* Where the positives of a part begin: at the first of a run. */
static size_t part_of_positives(const struct ranks *r, int part)
{
	size_t at = part_begin(r->m, part);
	return at == 0 || at == r->m ? at : lower_bound(r->keys, r->m, r->keys[at]);
}

static void count_pairs(void *ctx, int part)
{
	struct pairs *p = ctx;
	const uint64_t *pos = p->r->keys, *neg = pos + p->r->m;
	size_t i = part_of_positives(p->r, part), end = part_of_positives(p->r, part + 1), q = p->r->n - p->r->m;
	uint64_t twice = 0;
	for (size_t j = i < end ? lower_bound(neg, q, pos[i]) : 0, n; i < end; i += n) {
		n = run_of(pos, i, end, pos[i]);
		while (j < q && neg[j] < pos[i])
			j++;
		size_t ties = run_of(neg, j, q, pos[i]);
		twice += n * (2 * j + ties);
		j += ties;
	}
	p->twice[part] = twice;
}

static double auc_of(const struct ranks *r, struct cp_team *team)
{
	struct pairs p = { .r = r };
	uint64_t twice = 0;
	if (!r->m || r->m == r->n)
		return NAN;
	cp_team_run(team, PARTS, count_pairs, &p);
	for (int i = 0; i < PARTS; i++)
		twice += p.twice[i];
	return (double)twice / (2.0 * (double)r->m * (double)(r->n - r->m));
}

double cp_auc(const double *score, const uint8_t *label, size_t n)
{
	struct ranks r;
	double auc = ranks_init(&r, score, label, n, NULL) == 0 ? auc_of(&r, NULL) : NAN;
	free(r.keys);
	return auc;
}

/* ---- one walk for the sums ---- */

struct walk {
	const struct ranks *r;
	double auc;
	struct cp_neumaier s10, s01, precision;
	struct cp_bin *bin;		/* NULL: none wanted */
	struct cp_neumaier *bin_sum;
	int n_bins, by_width;
};

/* A run of equal scores is not parted: it belongs where its first row does.  Counts are divided as whole numbers: 29 / 100 * 100 is below 29. */
static int bin_of(const struct walk *w, const struct ties *t, double score)
{
	size_t bins = (size_t)w->n_bins, bin = w->by_width ? (size_t)(score * w->n_bins) : (t->pos_below + t->neg_below) * bins / w->r->n;
	return (int)(bin < bins ? bin : bins - 1);
}

static void add_to_bin(struct walk *w, const struct ties *t)
{
	double score = cp_ordered_real(t->key);
	int i = bin_of(w, t, score);
	struct cp_bin *b = &w->bin[i];
	if (!b->n)
		b->lowest = score;
	b->highest = score;
	b->n += t->pos + t->neg;
	b->positives += t->pos;
	cp_neumaier_add(&w->bin_sum[i], score * (double)(t->pos + t->neg));
}

/* s10 and s01 as in DeLong's variance: every row of a run has the same component. */
static void walk(struct walk *w)
{
	double pos = (double)w->r->m, neg = (double)(w->r->n - w->r->m);
	for (struct ties t = {0}; next_ties(&t, w->r); ) {
		double v10 = (double)(2 * t.neg_below + t.neg) / (2 * neg) - w->auc;
		double v01 = (double)(2 * (w->r->m - t.pos_below) - t.pos) / (2 * pos) - w->auc;
		size_t tp = w->r->m - t.pos_below, called = w->r->n - t.pos_below - t.neg_below;
		cp_neumaier_add(&w->s10, (double)t.pos * v10 * v10);
		cp_neumaier_add(&w->s01, (double)t.neg * v01 * v01);
		cp_neumaier_add(&w->precision, (double)t.pos * ((double)tp / (double)called));
		if (w->bin)
			add_to_bin(w, &t);
	}
}

static void delong_of(struct cp_delong *d, const struct walk *w)
{
	double pos = (double)w->r->m, neg = (double)(w->r->n - w->r->m);
	*d = (struct cp_delong){ w->auc, NAN, NAN, NAN, NAN };
	if (pos < 2 || neg < 2)
		return;
	d->var = cp_neumaier_total(&w->s10) / ((pos - 1) * pos) + cp_neumaier_total(&w->s01) / ((neg - 1) * neg);
	d->se = sqrt(d->var);
	d->lo = d->auc - CP_Z975 * d->se;
	d->hi = d->auc + CP_Z975 * d->se;
}

void cp_delong(struct cp_delong *d, const double *score, const uint8_t *label, size_t n)
{
	struct ranks r;
	*d = (struct cp_delong){ NAN, NAN, NAN, NAN, NAN };
	if (ranks_init(&r, score, label, n, NULL) == 0) {
		struct walk w = { .r = &r, .auc = auc_of(&r, NULL) };
		walk(&w);
		delong_of(d, &w);
	}
	free(r.keys);
}

static double close_bins(struct cp_measures *out, const struct cp_neumaier *sum)
{
	struct cp_neumaier gaps = {0};
	for (int i = 0; i < out->n_bins; i++) {
		struct cp_bin *b = &out->bin[i];
		b->mean_score = b->n ? cp_neumaier_total(&sum[i]) / (double)b->n : NAN;
		b->rate = b->n ? (double)b->positives / (double)b->n : NAN;
		if (b->n)
			cp_neumaier_add(&gaps, (double)b->n * fabs(b->mean_score - b->rate));
	}
	return cp_neumaier_total(&gaps) / (double)out->n;
}

void cp_measure(struct cp_measures *out, const double *score, const uint8_t *label, size_t n, const struct cp_measure_opts *opts,
		struct cp_team *team)
{
	struct ranks r;
	*out = (struct cp_measures){ .n = n, .auc = { NAN, NAN, NAN, NAN, NAN }, .average_precision = NAN, .calibration = NAN, .ece = NAN };
	out->logloss = cp_logloss_team(score, label, n, team);
	int is_probability = !isnan(out->logloss), ordered = ranks_init(&r, score, label, n, team) == 0;
	out->positives = r.m;
	if (is_probability)
		out->calibration = cp_calibration(score, label, n);
	if (ordered) {
		struct walk w = { .r = &r, .auc = auc_of(&r, team), .n_bins = opts->n_bins, .by_width = opts->by_width };
		if (opts->n_bins && (is_probability || !opts->by_width)) {
			out->n_bins = opts->n_bins;
			w.bin = out->bin = cp_xcalloc((size_t)opts->n_bins, sizeof *out->bin);
			w.bin_sum = cp_xcalloc((size_t)opts->n_bins, sizeof *w.bin_sum);
		}
		walk(&w);
		delong_of(&out->auc, &w);
		if (r.m)
			out->average_precision = cp_neumaier_total(&w.precision) / (double)r.m;
		double ece = close_bins(out, w.bin_sum);
		out->ece = is_probability && out->n_bins ? ece : NAN;
		free(w.bin_sum);
	}
	free(r.keys);
}

void cp_measures_release(struct cp_measures *out)
{
	free(out->bin);
	out->bin = NULL;
}
