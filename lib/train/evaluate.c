/* A trained model on rows it is judged by. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "eval/metrics.h"
#include "nn/gemm.h"
#include "train/trainer.h"

enum { ROWS = 256, ROWS_PLM = 64 };	/* a batch: enough to fill the matrix products; 256 with tokens would take more memory than training does */

/* An evaluation within the training is a part of it and ends before the state is saved; that of the test rows is given up. */
static int is_stopped(const struct cp_trainer *t, const struct cp_data *d)
{
	return d == &t->test && t->o.stop && *t->o.stop;
}

static size_t feed(struct cp_trainer *t, const struct cp_data *rows, size_t at, const struct cp_feeding *f)
{
	uint32_t places[ROWS];
	size_t most = t->m->c.has_plm ? ROWS_PLM : ROWS, n = rows->n - at < most ? rows->n - at : most;
	for (size_t i = 0; i < n; i++)
		places[i] = (uint32_t)(at + i);
	cp_model_feed(t->m, rows, places, n, f);
	return n;
}

/* Vectors of the rows that are fed next, the first of which is d's row number `at`. */
static int take_kept(struct cp_trainer *t, const struct cp_data *d, size_t at, const nn_float **kept, struct cp_err *err)
{
	uint32_t origins[ROWS_PLM];
	size_t n = d->n - at < ROWS_PLM ? d->n - at : ROWS_PLM;
	for (size_t i = 0; i < n; i++)
		origins[i] = (uint32_t)(at + i);
	return t->m->keeps ? cp_trainer_kept(t, d, origins, n, kept, err) : 0;
}

/* A part of d's rows, the first of which is its row number `first`. */
static int score(struct cp_trainer *t, const struct cp_data *d, const struct cp_data *rows, size_t first, double *p, uint8_t *label,
		 struct cp_err *err)
{
	nn_float z[ROWS];
	struct cp_feeding f = { .seed = t->o.seed };
	for (size_t at = 0, n; at < rows->n; at += n) {
		if (is_stopped(t, d))
			return 1;
		int rc = take_kept(t, d, first + at, &f.kept, err);
		if (rc)
			return rc;
		n = feed(t, rows, at, &f);
		cp_model_score(t->m, z);
		for (size_t i = 0; i < n; i++) {
			p[first + at + i] = 1 / (1 + exp(-(double)z[i]));
			label[first + at + i] = rows->label[at + i] > 0.5;
		}
	}
	return 0;
}

static int evaluate_clicks(struct cp_trainer *t, const struct cp_data *d, struct cp_evaluation *e, struct cp_err *err)
{
	double *p = cp_xcalloc(d->n, sizeof *p);
	uint8_t *label = cp_xcalloc(d->n, 1);
	struct cp_pass pass;
	const struct cp_data *rows;
	size_t at = 0;
	int rc;
	cp_pass_init(&pass, d);
	while ((rc = cp_pass_next(&pass, &rows, err)) == 1) {
		if ((rc = score(t, d, rows, at, p, label, err)))
			break;
		at += rows->n;
	}
	cp_pass_release(&pass);
	if (!rc) {
		e->auc = cp_auc(p, label, d->n);
		e->logloss = cp_logloss(p, label, d->n);
	}
	free(p);
	free(label);
	return rc;
}

static int evaluate_lm(struct cp_trainer *t, const struct cp_data *d, struct cp_evaluation *e, struct cp_err *err)
{
	double loss = 0;
	size_t picks = 0, hits = 0;
	struct cp_feeding f = { .seed = t->o.seed, .masked = 1 };
	struct cp_pass pass;
	const struct cp_data *rows;
	int rc = 0;
	t->m->cut = d == &t->test ? t->test_cut : t->valid_cut;
	cp_pass_init(&pass, d);
	while (!is_stopped(t, d) && (rc = cp_pass_next(&pass, &rows, err)) == 1)
		for (size_t at = 0; at < rows->n && !is_stopped(t, d); ) {
			at += feed(t, rows, at, &f);
			size_t k = t->m->g->len[PLM_PICKS];
			nn_forward(t->m->g, t->m->loss);
			loss += (double)t->m->loss->val[0] * (double)k;
			picks += k;
			hits += ng_lm_hits(t->m->loss);
		}
	cp_pass_release(&pass);
	t->m->cut = t->cut;
	if (picks) {
		e->lm_loss = loss / (double)picks;
		e->lm_accuracy = (double)hits / (double)picks;
	}
	return rc;
}

/* One batch of pairs; of a row that is alone there is nothing to say. */
static void judge_pairs(struct cp_trainer *t, const struct cp_data *rows, size_t at, size_t n, struct cp_evaluation *sum, size_t *seen)
{
	const struct cp_feeding f = { .seed = t->o.seed };
	for (size_t i = 0; i < n; i++)
		t->places[i] = (uint32_t)(at + i);
	if (n < 2)
		return;
	t->m->ctrl.part = ROWS_PLM;
	cp_model_pair(t->m, rows, t->places, n, &f);
	sum->lm_loss += (double)t->m->loss->val[0] * (double)n;
	sum->lm_accuracy += (double)ng_info_nce_hits(t->m->loss);
	*seen += n;
}

/* By batches as in training, but none across the units that rows come in from files. */
static int evaluate_pairs(struct cp_trainer *t, const struct cp_data *d, struct cp_evaluation *e, struct cp_err *err)
{
	struct cp_evaluation sum = { 0 };
	size_t batch = (size_t)t->o.batch, seen = 0;
	struct cp_pass pass;
	const struct cp_data *rows;
	int rc = 0;
	cp_pass_init(&pass, d);
	while (!is_stopped(t, d) && (rc = cp_pass_next(&pass, &rows, err)) == 1)
		for (size_t at = 0, n; at < rows->n && !is_stopped(t, d); at += n) {
			size_t left = CP_DATA_UNIT - at % CP_DATA_UNIT;
			left = rows->n - at < left ? rows->n - at : left;
			n = left < batch ? left : batch;
			judge_pairs(t, rows, at, n, &sum, &seen);
		}
	cp_pass_release(&pass);
	if (seen) {
		e->lm_loss = sum.lm_loss / (double)seen;
		e->lm_accuracy = sum.lm_accuracy / (double)seen;
	}
	return rc;
}

int cp_trainer_evaluate(struct cp_trainer *t, const struct cp_data *d, struct cp_evaluation *e, struct cp_err *err)
{
	*e = (struct cp_evaluation){ NAN, NAN, NAN, NAN };
	if (!d->n)
		return 0;
	t->m->g->training = 0;
	nn_gemm_force_f32(1);
	static int (*const by[])(struct cp_trainer *, const struct cp_data *, struct cp_evaluation *, struct cp_err *) = {
		[CP_OBJECTIVE_CLICK] = evaluate_clicks, [CP_OBJECTIVE_LM] = evaluate_lm, [CP_OBJECTIVE_PAIRS] = evaluate_pairs,
	};
	int rc = by[t->m->c.objective](t, d, e, err);
	nn_gemm_force_f32(0);
	t->m->g->training = 1;
	return rc ? rc : is_stopped(t, d);
}
