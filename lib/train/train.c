/* The loop.  Everything random is a function of (seed, purpose, epoch, row), so the whole position in a training is one number, the step. */
#include "train/train.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/choice.h"
#include "base/clock.h"
#include "base/cpus.h"
#include "base/mem.h"
#include "nn/gemm.h"
#include "train/trainer.h"

#define PLATEAU 0.1		/* on the rates, when an evaluation was no better (FuxiCTR's) */
#define WRITING 30		/* time between two states, in times of what writing one takes: states of gigabytes cost 3 % at most */
#define RISING 1.1		/* times the loss of the epoch before: more than noise */
#define WORSE 1.05		/* times the loss of one score for all rows */

void cp_trainer_note(struct cp_trainer *t, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (t->o.event)
		t->o.event(t->o.ctx, &(struct cp_train_event){ .kind = CP_EVENT_NOTE, .note = text });
}

/* --- Making and ending ------------------------------------------------------------------------------------------------------------- */

struct cp_trainer *cp_trainer_new(const struct cp_train_opts *o, struct cp_err *err)
{
	struct cp_trainer *t = cp_xcalloc(1, sizeof *t);
	struct cp_train_result *r = &t->result;
	char stage[CP_WORD];
	t->o = *o;
	t->lock = t->lock_slot = -1;
	t->plateau = 1;
	t->out = o->out ? cp_xstrdup(o->out) : cp_xasprintf("%s.cpm", cp_choice_word(CP_STAGES, o->stage, stage));
	r->valid_auc = r->valid_logloss = r->valid_lm_loss = r->valid_lm_accuracy = NAN;
	r->test_auc = r->test_logloss = r->test_lm_loss = r->test_lm_accuracy = NAN;
	t->team = cp_team_new(o->threads ? (int)o->threads : cp_cpu_count(), err);
	if (!t->team || nn_gemm_check(cp_team_size(t->team), err) < 0 || cp_state_lock(t, err) < 0 || cp_trainer_setup(t, err) < 0) {
		cp_trainer_free(t);
		return NULL;
	}
	return t;
}

void cp_trainer_free(struct cp_trainer *t)
{
	if (!t)
		return;
	cp_model_free(t->m);
	cp_data_release(&t->train);
	cp_data_release(&t->valid);
	cp_data_release(&t->test);
	cp_team_free(t->team);
	cp_state_unlock(t);
	free(t->soft);
	free((void *)t->cut.ids);
	free((void *)t->valid_cut.ids);
	free((void *)t->test_cut.ids);
	free(t->source.dir);
	free(t->fingerprint);
	free(t->best_val);
	cp_shuffle_release(&t->shuffle);
	free(t->places);
	free(t->origins);
	free(t->vectors);
	for (int i = 0; i < 3; i++)
		cp_kept_release(&t->kept[i]);
	free(t->out);
	free(t);
}

const struct cp_train_result *cp_trainer_result(const struct cp_trainer *t)
{
	return &t->result;
}

const char *cp_trainer_out(const struct cp_trainer *t)
{
	return t->out;
}

const char *cp_trainer_state(const struct cp_trainer *t)
{
	return t->state;
}

/* --- Epochs ------------------------------------------------------------------------------------------------------------------------ */

static double mean_loss(const struct cp_trainer *t)
{
	return t->loss_n ? t->loss_sum / (double)t->loss_n : NAN;
}

static void show(struct cp_trainer *t, int kind, int epoch, const struct cp_evaluation *e, int best)
{
	struct cp_train_event ev = {
		.kind = kind, .epoch = epoch, .n_epochs = t->epochs, .step = t->step, .n_steps = cp_trainer_steps(t),
		.loss = mean_loss(t), .seconds = t->result.seconds,
		.rows_per_s = (double)t->result.rows / t->result.seconds, .tokens_per_s = (double)t->result.tokens / t->result.seconds,
		.valid_auc = e ? e->auc : NAN, .valid_logloss = e ? e->logloss : NAN, .valid_lm_loss = e ? e->lm_loss : NAN,
		.valid_lm_accuracy = e ? e->lm_accuracy : NAN, .best = best,
	};
	if (t->o.event)
		t->o.event(t->o.ctx, &ev);
}

/* Log loss of the score q for all of rows with a share r of clicks. */
static double loss_of_one_score(double q, double r)
{
	return -r * log(q) - (1 - r) * log(1 - q);
}

/* The loss that a model of clicks starts from, all its scores being about one half (P5's are words of many); that of the click rate alone, from
 * which LR and FM start, is below it where clicks are few, and to come down to that takes the others steps. */
static double loss_at_start(const struct cp_trainer *t)
{
	double q = t->train.click_rate;
	if (t->m->c.objective != CP_OBJECTIVE_CLICK || t->m->p5)
		return NAN;
	int has_bias = t->m->c.has_ctr && !t->m->c.ctr.model->final && nn_params_find(t->m->params, "lr.bias");
	return has_bias && !t->o.init && q > 0 && q < 1 ? loss_of_one_score(q, q) : log(2);
}

/* An epoch whose loss is above that of the one before, or the first one above where it started, is told of while there is time to stop. */
static void note_rising_loss(struct cp_trainer *t, uint64_t epoch, double before)
{
	int numbers = cp_fields_count(&t->m->vocab.fields, CP_NUMBER) > 0;
	if (mean_loss(t) > RISING * before)
		cp_trainer_note(t, "the loss of epoch %llu, %.4g, is above that of %s, %.4g: if it goes on, training diverges; a smaller --lr, a --warmup or "
				"--clip may help%s", (unsigned long long)epoch + 1, mean_loss(t), epoch ? "the epoch before" : "where it starts", before,
				numbers ? ", or numbers of the size of 1 (cp-featurize --learn --field 'NAME: standard')" : "");
}

/* A model that has not learnt more than the rate of clicks, by the validation rows or, without them, in the last of several epochs. */
static void note_useless_model(struct cp_trainer *t)
{
	int valid = t->valid.n > 0;
	double q = t->train.click_rate, r = valid ? (double)t->valid.n_clicks / (double)t->valid.n : q;
	double loss = valid ? t->result.valid_logloss : t->epochs > 1 ? mean_loss(t) : NAN, least = loss_of_one_score(q, r);
	if (t->m->c.objective == CP_OBJECTIVE_CLICK && !t->m->p5 && !t->soft && q > 0 && q < 1 && loss > WORSE * least)
		cp_trainer_note(t, "the model is worse than one score for all rows, %.4g: %s %.4g, with that score %.4g; more --epochs, another --lr or less "
				"--weight-decay may help", q, valid ? "the validation rows have log loss" : "the last epoch had loss", loss, least);
}

static void keep_result(struct cp_trainer *t, int epoch, const struct cp_evaluation *e)
{
	t->result.best_epoch = epoch;
	t->result.best_step = t->best_step;
	t->result.valid_auc = e->auc;
	t->result.valid_logloss = e->logloss;
	t->result.valid_lm_loss = e->lm_loss;
	t->result.valid_lm_accuracy = e->lm_accuracy;
}

/* What chooses the best; larger is better.  AUC, or a loss with its sign turned: masked-LM, or log loss where it is asked for or validation
 * rows of one class have no AUC.  NaN where nothing was masked. */
static double merit(const struct cp_trainer *t, const struct cp_evaluation *e)
{
	if (t->m->c.objective != CP_OBJECTIVE_CLICK)
		return -e->lm_loss;
	return isnan(e->auc) || t->o.monitor == CP_MONITOR_LOGLOSS ? -e->logloss : e->auc;
}

/* As long as none came out as a number, as without validation rows, every evaluation is better than the last. */
static int evaluate(struct cp_trainer *t, int kind, int epoch, struct cp_err *err)
{
	struct cp_evaluation e;
	nn_params_settle(t->m->params, t->team);
	if (cp_trainer_evaluate(t, &t->valid, &e, err) < 0)
		return -1;
	double value = merit(t, &e);
	if (isnan(value) && t->valid.n && t->m->c.objective == CP_OBJECTIVE_CLICK)
		cp_trainer_note(t, "step %llu: a validation row's score is no longer a number, so this is not judged", (unsigned long long)t->step);
	int better = !t->best_val || value > t->best;
	t->n_no_better = better ? 0 : t->n_no_better + 1;
	if (!better && t->o.schedule == CP_SCHEDULE_PLATEAU)
		t->plateau *= PLATEAU;
	if (better) {
		t->best_epoch = epoch;
		t->best_step = t->step;
		keep_result(t, epoch, &e);
		if (!isnan(value)) {
			t->best = value;
			if (!t->best_val)
				t->best_val = cp_xcalloc(t->m->params->total, sizeof *t->best_val);
			memcpy(t->best_val, t->m->params->val, t->m->params->total * sizeof *t->best_val);
		}
	}
	show(t, kind, epoch, &e, better && !isnan(value));
	return 0;
}

/* After each epoch, or each so many steps and the last. */
static int is_evaluated(const struct cp_trainer *t)
{
	if (!t->o.eval_every)
		return t->step % t->steps_per_epoch == 0;
	return t->step % (uint64_t)t->o.eval_every == 0 || t->step == cp_trainer_steps(t);
}

/* What follows a step, where the epoch ends with it or not. */
static int after_step(struct cp_trainer *t, int epoch, int ends, struct cp_err *err)
{
	if (is_evaluated(t))
		return evaluate(t, ends ? CP_EVENT_EPOCH : CP_EVENT_EVALUATION, epoch, err);
	if (ends)
		show(t, CP_EVENT_EPOCH, epoch, NULL, 0);
	return 0;
}

static int is_over(const struct cp_trainer *t)
{
	return t->step == cp_trainer_steps(t) || (t->o.patience && t->n_no_better >= t->o.patience);
}

static int save(struct cp_trainer *t, struct cp_err *err)
{
	double start = cp_seconds();
	if (cp_state_write(t, err) < 0)
		return -1;
	t->saved = cp_seconds();
	t->saving = t->saved - start;
	if (t->state)
		show(t, CP_EVENT_SAVED, 0, NULL, 0);
	return 0;
}

static int save_if_due(struct cp_trainer *t, double after, struct cp_err *err)
{
	int stop = t->o.stop && *t->o.stop;
	if (t->o.checkpoint > 0)
		after = fmax(after, WRITING * t->saving);
	if (!stop && cp_seconds() - t->saved < after)
		return 0;
	return save(t, err) < 0 ? -1 : stop;
}

/* 0: to its end, or the training's, 1: asked to stop, -1. */
static int run_epoch(struct cp_trainer *t, uint64_t epoch, struct cp_err *err)
{
	uint64_t first = epoch * t->steps_per_epoch;
	double before = t->step > first ? NAN : epoch ? mean_loss(t) : loss_at_start(t);
	if (t->step == first) {
		t->loss_sum = 0;
		t->loss_n = 0;
	}
	while (t->step < first + t->steps_per_epoch) {
		double start = cp_seconds();
		int rc = cp_trainer_step(t, epoch, (size_t)(t->step - first) * (size_t)t->o.batch, err);
		if (rc < 0)
			return -1;
		t->result.seconds += cp_seconds() - start;
		if (rc)
			return save_if_due(t, 0, err);
		show(t, CP_EVENT_STEP, (int)epoch + 1, NULL, 0);
		int ends = t->step == first + t->steps_per_epoch;
		if (after_step(t, (int)epoch + 1, ends, err) < 0)
			return -1;
		if (ends || is_over(t))
			break;
		if ((rc = save_if_due(t, t->o.checkpoint, err)))
			return rc;
	}
	if (!t->loss_n && t->step % t->steps_per_epoch == 0)
		return cp_err_set(err, "in all of epoch %llu no word was masked, so nothing is learnt; see cp-mask --rate, and --max-length",
					  (unsigned long long)epoch + 1);
	note_rising_loss(t, epoch, before);
	if (t->step < cp_trainer_steps(t) || (t->o.stop && *t->o.stop))
		return save_if_due(t, 0, err);
	return 0;
}

/* Measuring on the test rows may take hours, and can be interrupted: what training came to is saved before. */
static int finish(struct cp_trainer *t, struct cp_err *err)
{
	struct cp_evaluation e;
	nn_params_settle(t->m->params, t->team);
	int rc = t->test.n ? save_if_due(t, 0, err) : 0;
	if (rc)
		return rc;
	if (t->best_val)
		memcpy(t->m->params->val, t->best_val, t->m->params->total * sizeof *t->best_val);
	note_useless_model(t);
	if ((rc = cp_trainer_evaluate(t, &t->test, &e, err)))
		return rc;
	if (t->test.n && t->m->c.objective == CP_OBJECTIVE_CLICK && isnan(e.logloss))
		cp_trainer_note(t, "a test row's score is no number, so there are no figures of them: one of its numbers is too far from those of the training rows");
	t->result.test_auc = e.auc;
	t->result.test_logloss = e.logloss;
	t->result.test_lm_loss = e.lm_loss;
	t->result.test_lm_accuracy = e.lm_accuracy;
	if (cp_model_save(t->m, t->out, err) < 0)
		return -1;
	cp_state_remove(t);
	return 0;
}

int cp_trainer_run(struct cp_trainer *t, struct cp_err *err)
{
	if (t->result.finished_before)
		return 0;
	t->places = cp_xcalloc((size_t)t->o.batch, sizeof *t->places);
	t->origins = cp_xcalloc((size_t)t->o.batch, sizeof *t->origins);
	t->saved = cp_seconds();
	while (!is_over(t)) {
		int rc = run_epoch(t, t->step / t->steps_per_epoch, err);
		if (rc)
			return rc;
	}
	return finish(t, err);
}
