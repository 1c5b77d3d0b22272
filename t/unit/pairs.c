/* CTRL's batch a part at a time: pairs RECORDS.  Loss and gradients are those of the batch in one part, and the gradients those of the loss. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/table.h"
#include "train/trainer.h"

#define ROWS 100

static int n_tests, n_failed;

static void ok(int good, const char *what)
{
	n_failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++n_tests, what);
}

static double loss_of(struct cp_trainer *t, const uint32_t *places, const struct cp_feeding *f)
{
	cp_model_pair(t->m, &t->train, places, ROWS, f);
	return t->m->loss->val[0];
}

/* All dense gradients, one behind the other; the caller frees. */
static double *gradients(struct cp_trainer *t, size_t part, const uint32_t *places, double *loss)
{
	const struct cp_feeding f = { .seed = 1, .epoch = 3 };
	struct nn_params *ps = t->m->params;
	double *all = cp_xcalloc(ps->total, sizeof *all);
	t->m->ctrl.part = part;
	*loss = loss_of(t, places, &f);
	nn_backward(t->m->g, t->m->loss);
	cp_model_pair_back(t->m, &t->train, places, ROWS, &f);
	for (int i = 0; i < ps->n; i++) {
		struct nn_param *p = ps->v[i];
		for (size_t k = 0; p->grad && k < p->n; k++) {
			all[p->offset + k] = p->grad[k];
			p->grad[k] = 0;
		}
		if (p->table)
			p->table->n = 0;
	}
	return all;
}

/* The norm of their difference to that of the first. */
static double apart(const double *a, const double *b, size_t n)
{
	double size = 0, off = 0;
	for (size_t i = 0; i < n; i++) {
		size += a[i] * a[i];
		off += (a[i] - b[i]) * (a[i] - b[i]);
	}
	return sqrt(off / size);
}

/* Along the gradient itself the loss changes by its squared norm: of one parameter, by a small step either way. */
static double slope_off(struct cp_trainer *t, const char *name, const double *grad, const uint32_t *places)
{
	const struct cp_feeding f = { .seed = 1, .epoch = 3 };
	struct nn_param *p = nn_params_find(t->m->params, name);
	const double *g = grad + p->offset;
	double norm = 0, at[2], step;
	for (size_t i = 0; i < p->n; i++)
		norm += g[i] * g[i];
	step = 0.02 / sqrt(norm);
	nn_float *kept = cp_xmalloc(p->n * sizeof *kept);
	memcpy(kept, p->val, p->n * sizeof *kept);
	for (int k = 0; k < 2; k++) {
		for (size_t i = 0; i < p->n; i++)
			p->val[i] = (nn_float)(kept[i] + (k ? step : -step) * g[i]);
		at[k] = loss_of(t, places, &f);
	}
	memcpy(p->val, kept, p->n * sizeof *kept);
	free(kept);
	return fabs((at[1] - at[0]) / (2 * step) / norm - 1);
}

int main(int argc, char **argv)
{
	struct cp_err err;
	if (argc != 2)
		return 2;
	const char *sets[] = { "dim=8", "hidden=16", "cross=1", "batch_norm=1" };
	struct cp_train_opts o = CP_TRAIN_DEFAULT;
	o.stage = CP_STAGE_CTRL;
	o.train = (struct cp_opt_list){ (const char **)&argv[1], 1 };
	o.set = (struct cp_opt_list){ sets, 4 };
	o.plm = "scratch:layers=2,hidden=32,heads=2,positions=64";
	o.out = "/dev/null";
	o.batch = ROWS;
	o.threads = 2;
	o.subspaces = 2;
	struct cp_trainer *t = cp_trainer_new(&o, &err);
	if (!t) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	uint32_t places[ROWS];
	for (uint32_t i = 0; i < ROWS; i++)
		places[i] = 3 * i;
	double whole, loss, *one = gradients(t, ROWS, places, &whole);
	for (size_t part = 7; part <= 33; part += 13) {
		char what[80];
		double *many = gradients(t, part, places, &loss), off = apart(one, many, t->m->params->total);
		printf("# %zu texts at a time: loss %.7f and %.7f, gradients apart by %.2g\n", part, whole, loss, off);
		snprintf(what, sizeof what, "%zu texts at a time", part);
		ok(fabs(loss - whole) < 1e-6 * whole && off < 1e-5, what);
		free(many);
	}
	static const char *const names[] = { "ctrl.row.weight", "ctrl.text.weight", "plm.encoder.layer.0.output.dense.weight",
					     "plm.embeddings.word_embeddings.weight", "cross.0.weight" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char what[120];
		double off = slope_off(t, names[i], one, places);
		snprintf(what, sizeof what, "the loss falls along the gradient of %s as it says, but for %.1g", names[i], off);
		ok(off < 0.02, what);
	}
	free(one);
	cp_trainer_free(t);
	printf("1..%d\n", n_tests);
	return n_failed != 0;
}
