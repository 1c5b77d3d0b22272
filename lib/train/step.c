/* One step of training.
 *
 * A batch of the paper's size with a language model has values for gigabytes.  So it is computed in parts, whose gradients add up to that of
 * the whole: each part's loss counts by its share of what the batch's loss is the mean over, which is why masks are drawn before.  How many
 * parts there are depends on the rows and the options alone; the sum is that of the whole within rounding. */
#include <math.h>

#include "train/trainer.h"

#define PLATEAU_LEAST 1e-6	/* that --schedule plateau lowers the rates to (FuxiCTR's) */
#define PART ((size_t)512 << 20)	/* bytes of a language model's values at a time, where nothing else is said */

uint64_t cp_trainer_steps(const struct cp_trainer *t)
{
	return t->steps_per_epoch * (uint64_t)t->epochs;
}

/* Factor on the rates in step t = 0 .. total-1: rising over the warm-up, then as the schedule says. */
static double schedule(const struct cp_train_opts *o, uint64_t t, uint64_t total)
{
	double warm = floor(o->warmup * (double)total), x = (double)t;
	if (x < warm)
		return (x + 1) / warm;
	double part = (double)total > warm ? (x - warm) / ((double)total - warm) : 0;
	switch (o->schedule) {
	case CP_SCHEDULE_LINEAR: return 1 - part;
	case CP_SCHEDULE_COSINE: return 0.5 * (1 + cos(3.14159265358979323846 * part));
	default: return 1;		/* a plateau is the evaluations' affair */
	}
}

static void step_parameters(struct cp_trainer *t, double factor)
{
	double lr[CP_N_GROUPS];
	for (int i = 0; i < CP_N_GROUPS; i++)
		lr[i] = fmax(factor * t->plateau * t->base_lr[i], fmin(t->base_lr[i], t->plateau < 1 ? PLATEAU_LEAST : 0));
	nn_optimiser_step(t->m->params, &t->opt, lr, t->step, t->team);
}

/* --- Parts ------------------------------------------------------------------------------------------------------------------------- */

/* What a token's values take from the forward to the backward pass, about: an encoder's layer has nine of its width and two of its feed-forward's. */
static size_t token_bytes(const struct plm_config *c)
{
	return c->layers * (9 * c->hidden + 2 * c->ffn) * sizeof(nn_float);
}

static size_t parts_of(const struct cp_trainer *t, const struct cp_data *d, const uint32_t *places, size_t n)
{
	const struct cp_model *m = t->m;
	size_t most = (size_t)t->o.micro_batch;
	int whole = m->g->whole_batch && m->c.objective != CP_OBJECTIVE_PAIRS;	/* parts of CTRL are the language model's alone */
	if (whole || (!most && (!m->c.has_plm || m->keeps)))
		return 1;
	if (most)
		return (n + most - 1) / most;
	size_t tokens = cp_data_tokens(d, places, n), parts = tokens * token_bytes(&m->c.plm) / PART + 1;
	return parts < n ? parts : n;
}

static int check_loss(const struct cp_trainer *t, struct cp_err *err)
{
	if (isfinite(t->m->loss->val[0]))
		return 0;
	return cp_err_set(err, "the loss is no longer a number in epoch %llu, step %llu; a training begun anew with a smaller --lr or a --warmup may fare "
			  "better",
			  (unsigned long long)((t->step - 1) / t->steps_per_epoch) + 1, (unsigned long long)t->step);
}

/* CTRL's loss wants the batch whole, and its language model has parts of its own. */
static int run_pairs(struct cp_trainer *t, const struct cp_data *rows, size_t n, const struct cp_feeding *f, double *loss, struct cp_err *err)
{
	struct cp_model *m = t->m;
	size_t parts = parts_of(t, rows, t->places, n);
	m->ctrl.part = (n + parts - 1) / parts;
	cp_model_pair(m, rows, t->places, n, f);
	t->result.tokens += cp_data_tokens(rows, t->places, n);
	if (check_loss(t, err) < 0)
		return -1;
	*loss = m->loss->val[0];
	nn_backward(m->g, m->loss);
	cp_model_pair_back(m, rows, t->places, n, f);
	return 0;
}

/* A part that has `all` of the batch's terms or some; its loss by that share is added to *loss. */
static int run_part(struct cp_trainer *t, size_t all, double *loss, struct cp_err *err)
{
	struct cp_model *m = t->m;
	double share = (double)cp_model_terms_fed(m) / (double)all;
	if (share == 0)
		return 0;
	nn_forward(m->g, m->loss);
	if (check_loss(t, err) < 0)
		return -1;
	*loss += share * (double)m->loss->val[0];
	nn_backward_share(m->g, m->loss, (nn_float)share);
	return 0;
}

/* --- Vectors that are kept --------------------------------------------------------------------------------------------------------- */

static int keep(struct cp_trainer *t, struct cp_kept *k, const struct cp_data *d, struct cp_err *err)
{
	int of_training = d == &t->train;
	if (of_training)
		cp_trainer_note(t, "the language model is frozen, without dropout and prompts: its layers are computed once a row, and kept in a temporary file "
				"(%zu MB)", d->n * t->m->pool->cols * sizeof(nn_float) >> 20);
	int rc = cp_kept_fill(k, t->m, d, d == &t->valid ? NULL : t->o.stop, err);
	if (!rc && of_training)
		t->result.tokens += k->tokens;
	return rc;
}

int cp_trainer_kept(struct cp_trainer *t, const struct cp_data *d, const uint32_t *origins, size_t n, const nn_float **v, struct cp_err *err)
{
	struct cp_kept *k = &t->kept[d == &t->train ? 0 : d == &t->valid ? 1 : 2];
	int rc = k->n ? 0 : keep(t, k, d, err);
	if (rc)
		return rc;
	t->vectors = cp_xrealloc(t->vectors, n, k->width * sizeof *t->vectors);
	*v = t->vectors;
	return cp_kept_read(k, origins, n, t->vectors, err);
}

/* --- The step ---------------------------------------------------------------------------------------------------------------------- */

int cp_trainer_step(struct cp_trainer *t, uint64_t epoch, size_t at, struct cp_err *err)
{
	struct cp_model *m = t->m;
	size_t batch = (size_t)t->o.batch, n = t->train.n - at < batch ? t->train.n - at : batch;
	struct cp_feeding f = { t->o.seed, epoch, m->c.objective == CP_OBJECTIVE_LM, t->o.unseen_rate };
	double factor = schedule(&t->o, t->step, cp_trainer_steps(t)), loss = 0;
	const struct cp_data *rows;
	if (cp_shuffle_take(&t->shuffle, epoch, at, n, &rows, t->places, t->origins, err) < 0)
		return -1;
	int rc = m->keeps ? cp_trainer_kept(t, &t->train, t->origins, n, &f.kept, err) : 0;
	if (rc)
		return rc;
	int pairs = m->c.objective == CP_OBJECTIVE_PAIRS;
	size_t parts = pairs ? 0 : parts_of(t, rows, t->places, n), all = pairs ? n : parts > 1 ? cp_model_terms(m, rows, t->places, n, &f) : 0;
	t->step++;
	t->result.rows += n;
	if (pairs && run_pairs(t, rows, n, &f, &loss, err) < 0)
		return -1;
	for (size_t i = 0; i < parts; i++) {
		size_t from = i * n / parts, to = (i + 1) * n / parts;
		f.kept = m->keeps ? t->vectors + from * m->pool->cols : NULL;
		cp_model_feed(m, rows, t->places + from, to - from, &f);
		cp_teacher_tell(t, from, to - from);
		t->result.tokens += m->c.has_plm && !m->keeps ? m->g->len[PLM_TOKENS] : 0;
		all = parts > 1 ? all : cp_model_terms_fed(m);
		if (all && run_part(t, all, &loss, err) < 0)
			return -1;
	}
	if (!all)	/* nothing was chosen: no loss to speak of */
		return 0;
	step_parameters(t, factor);
	t->loss_sum += loss * (double)n;
	t->loss_n += n;
	return 0;
}
