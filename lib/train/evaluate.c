/* A trained model on rows it is judged by. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "eval/metrics.h"
#include "nn/gemm.h"
#include "train/trainer.h"

#define ROWS 256	/* a batch of scoring: enough to fill the matrix products */

static void evaluate_clicks(struct cp_trainer *t, const struct cp_data *d, struct cp_evaluation *e)
{
	double *p = cp_xcalloc(d->n, sizeof *p);
	uint8_t *label = cp_xcalloc(d->n, 1);
	uint32_t places[ROWS];
	nn_float z[ROWS];
	struct cp_feeding f = { .seed = t->o.seed };
	for (size_t at = 0; at < d->n; at += ROWS) {
		size_t n = d->n - at < ROWS ? d->n - at : ROWS;
		for (size_t i = 0; i < n; i++)
			places[i] = (uint32_t)(at + i);
		cp_model_feed(t->m, d, places, n, &f);
		cp_model_score(t->m, z);
		for (size_t i = 0; i < n; i++) {
			p[at + i] = 1 / (1 + exp(-(double)z[i]));
			label[at + i] = d->label[at + i] > 0.5;
		}
	}
	e->auc = cp_auc(p, label, d->n);
	e->logloss = cp_logloss(p, label, d->n);
	free(p);
	free(label);
}

static void evaluate_lm(struct cp_trainer *t, const struct cp_data *d, struct cp_evaluation *e)
{
	uint32_t places[ROWS];
	double loss = 0;
	size_t picks = 0, hits = 0;
	struct cp_feeding f = { .seed = t->o.seed, .masked = 1 };
	for (size_t at = 0; at < d->n; at += ROWS) {
		size_t n = d->n - at < ROWS ? d->n - at : ROWS;
		for (size_t i = 0; i < n; i++)
			places[i] = (uint32_t)(at + i);
		cp_model_feed(t->m, d, places, n, &f);
		size_t k = t->m->g->len[PLM_PICKS];
		nn_forward(t->m->g, t->m->loss);
		loss += (double)t->m->loss->val[0] * (double)k;
		picks += k;
		hits += ng_lm_hits(t->m->loss);
	}
	if (picks) {
		e->lm_loss = loss / (double)picks;
		e->lm_accuracy = (double)hits / (double)picks;
	}
}

void cp_trainer_evaluate(struct cp_trainer *t, const struct cp_data *d, struct cp_evaluation *e)
{
	*e = (struct cp_evaluation){ NAN, NAN, NAN, NAN };
	if (!d->n)
		return;
	t->m->g->training = 0;
	nn_gemm_exact(1);
	if (t->m->c.objective == CP_OBJECTIVE_LM)
		evaluate_lm(t, d, e);
	else
		evaluate_clicks(t, d, e);
	nn_gemm_exact(0);
	t->m->g->training = 1;
}
