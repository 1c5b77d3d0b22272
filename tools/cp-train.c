/* cp-train: a model from records.  The work is lib/train's; here are its options, what is shown of it, and its row in the ledger. */
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cpus.h"
#include "base/num.h"
#include "nn/cpu.h"
#include "nn/gemm.h"
#include "nn/optim.h"
#include "tool.h"
#include "train/model.h"
#include "train/preset.h"
#include "train/train.h"

static struct cp_train_opts o = CP_TRAIN_DEFAULT;
static int precision, gemm;		/* enum nn_gemm_precision, nn_gemm_by */
static int preset = CP_NO_PRESET;
static char *preset_words;
static struct cp_ledger_opts ledger;
static volatile sig_atomic_t stop;
static struct cp_run *run;

static const struct cp_opt opts[] = {
	{ 0, "stage", CP_OPT_CHOICE, &o.stage, "NAME", "what to train", .choices = CP_STAGES, .content = 1 },
	{ 0, "train", CP_OPT_LIST, &o.train, "FILE", "rows to train on; again for more; else standard input", .use = CP_USE_INPUT },
	{ 0, "valid", CP_OPT_LIST, &o.valid, "FILE", "rows that choose the best epoch", .use = CP_USE_INPUT },
	{ 0, "test", CP_OPT_LIST, &o.test, "FILE", "rows to measure the finished model on", .use = CP_USE_INPUT },
	{ 'o', "output", CP_OPT_STR, &o.out, "FILE", "the model; else ./STAGE.cpm", .use = CP_USE_OUTPUT },
	{ 0, "init", CP_OPT_STR, &o.init, "FILE", "go on from this model: its kind, sizes, vocabulary and parameters", .use = CP_USE_INPUT, .content = 1 },
	{ 0, "resume", CP_OPT_SET, &o.resume, NULL, "go on where an interrupted training of this model stopped", .set = 1 },
	{ 0, "label", CP_OPT_STR, &o.label, "NAME", "the label's column, if not 'label'", .content = 1 },
	{ 0, "CTR model", CP_OPT_HEAD },
	{ 0, "model", CP_OPT_STR, &o.model, "NAME", "which CTR model (below); ctr-bert has one only if it is named", .content = 1 },
	{ 0, "preset", CP_OPT_CHOICE, &preset, "NAME", "the paper's settings for a data set (below); any option overrides", .choices = CP_PRESETS },
	{ 0, "set", CP_OPT_LIST, &o.set, "NAME=VALUE", "a size of the CTR model (below); again for more", .content = 1 },
	{ 0, "dim-of", CP_OPT_LIST, &o.dim_of, "FIELD=N", "width of a field's embedding, not that of --set dim; again for more", .content = 1 },
	{ 0, "min-count", CP_OPT_INT, &o.min_count, "N", "values met fewer than N times share the embedding for unseen ones", .min = 1, .max = 1e15, .content = 1 },
	{ 0, "vocab-from", CP_OPT_LIST, &o.vocab_from, "FILE", "rows whose values have embeddings too; labels are not read; again for more", .use = CP_USE_INPUT },
	{ 0, "hash-bits", CP_OPT_INT, &o.hash_bits, "N", "a table of 2^N rows for all values, by the hash of each; 0: a row a value", .min = 0,
	  .max = CP_HASH_BITS_MAX, .content = 1 },
	{ 0, "unseen-rate", CP_OPT_REAL, &o.unseen_rate, "P", "share of values shown to training as unseen, so that their embedding learns", .min = 0, .max = 1,
	  .content = 1 },
	{ 0, "Language model", CP_OPT_HEAD },
	{ 0, "plm", CP_OPT_STR, &o.plm, "DIR", "its folder, or scratch:layers=2,hidden=128,heads=2; else the project's own, without weights",
	  .use = CP_USE_NAME, .content = 1 },
	{ 0, "with-plm", CP_OPT_SET, &o.with_plm, NULL, "finetune: keep the language model", .set = 1, .content = 1 },
	{ 0, "without-plm", CP_OPT_SET, &o.with_plm, NULL, "finetune: the CTR model alone (default)", .set = 0, .content = 1 },
	{ 0, "prompts", CP_OPT_INT, &o.prompts, "K", "soft prompts a layer; 0: none", .min = 0, .max = 64, .content = 1 },
	{ 0, "prompt-where", CP_OPT_CHOICE, &o.prompt_where, "PLACE", "before every layer's keys and values, or before the input",
	  .choices = CP_PROMPT_PLACES, .content = 1 },
	{ 0, "prompt-mlp", CP_OPT_CHOICE, &o.prompt_mlp, "KIND", "one first layer for all prompts, or an MLP for each", .choices = CP_PROMPT_MLPS,
	  .content = 1 },
	{ 0, "no-shift", CP_OPT_SET, &o.no_shift, NULL, "positions of tokens do not count the prompts", .set = 1, .content = 1 },
	{ 0, "plm-dropout", CP_OPT_REAL, &o.plm_dropout, "P", "in its layers; -1: as its folder says, 0.1 from scratch", .min = -1, .max = 1,
	  .content = 1 },
	{ 0, "pooler", CP_OPT_CHOICE, &o.pooler, "KIND", "vector of a row, finetune --with-plm", .choices = PLM_POOLERS, .content = 1 },
	{ 0, "fusion", CP_OPT_CHOICE, &o.fusion, "KIND", "of both logits: their sum, or weighted by a learnt alpha", .choices = CP_FUSIONS,
	  .content = 1 },
	{ 0, "prompt-usage", CP_OPT_CHOICE, &o.usage, "KIND", "the CTR logit reads the prompts: their mean, or all", .choices = CP_USAGES,
	  .content = 1 },
	{ 0, "decoder", CP_OPT_CHOICE, &o.decoder, "KIND", "of masked words: the word embeddings, or a matrix of its own", .choices = CP_DECODERS,
	  .content = 1 },
	{ 0, "full-vocab", CP_OPT_SET, &o.full_vocab, NULL, "softmax over the whole vocabulary, not the ids that occur", .set = 1, .content = 1 },
	{ 0, "max-length", CP_OPT_INT, &o.max_length, "N", "tokens a row at most; 0: what the model has positions for", .min = 0, .max = 1 << 20,
	  .content = 1 },
	{ 0, "static", CP_OPT_SET, &o.is_static, NULL, "the same masks in every epoch", .set = 1, .content = 1 },
	{ 0, "subspaces", CP_OPT_INT, &o.subspaces, "M", "ctrl: compare vectors in M parts, each with the most similar part of the other",
	  .min = 1, .max = PLM_HEAD_WIDTH, .content = 1 },
	{ 0, "temperature", CP_OPT_REAL, &o.temperature, "T", "ctrl: similarities are divided by it", .min = 1e-3, .max = 1e3, .content = 1 },
	{ 0, "Optimiser", CP_OPT_HEAD },
	{ 0, "optimizer", CP_OPT_CHOICE, &o.optimizer, "NAME", "rule of the step", .choices = NN_RULES, .content = 1 },
	{ 0, "epochs", CP_OPT_INT, &o.epochs, "N", "passes over the rows; 0: ctr 3, the others 2", .min = 0, .max = 100000, .content = 1 },
	{ 0, "batch", CP_OPT_INT, &o.batch, "N", "rows a step; ctrl: 6400", .min = 1, .max = 1 << 20, .content = 1 },
	{ 0, "micro-batch", CP_OPT_INT, &o.micro_batch, "N", "rows of it computed at a time; 0: all, with a language model what takes 0.5 GB",
	  .min = 0, .max = 1 << 20, .content = 1 },
	{ 0, "lr", CP_OPT_REAL, &o.lr, "RATE", "learning rate of CTR model and prompts; ctr with lr 0.01, fm 0.003", .min = 0, .max = 100, .content = 1 },
	{ 0, "plm-lr", CP_OPT_REAL, &o.plm_lr, "RATE", "of the language model; 0: frozen; -1: 5e-5 for pretrained weights, else --lr; p5: --lr", .min = -1,
	  .max = 100, .content = 1 },
	{ 0, "weight-decay", CP_OPT_REAL, &o.weight_decay, "W", "of CTR model and prompts, the whole table included; 0 but for adamw; ctr with lr 0, fm 0.1",
	  .min = 0, .max = 1000, .content = 1 },
	{ 0, "plm-weight-decay", CP_OPT_REAL, &o.plm_weight_decay, "W", "of the language model and its heads", .min = 0, .max = 1000, .content = 1 },
	{ 0, "embedding-l2", CP_OPT_REAL, &o.embedding_l2, "W", "L2 penalty on the CTR model's tables", .min = 0, .max = 1000, .content = 1 },
	{ 0, "net-l2", CP_OPT_REAL, &o.net_l2, "W", "L2 penalty on all else of the CTR model and the prompts", .min = 0, .max = 1000, .content = 1 },
	{ 0, "clip", CP_OPT_REAL, &o.clip, "NORM", "scale the gradients of a step down to this norm; 0: never; p5: 1", .min = 0, .max = 1e30, .content = 1 },
	{ 0, "momentum", CP_OPT_REAL, &o.momentum, "M", "of sgd", .min = 0, .max = 1, .content = 1 },
	{ 0, "ftrl-l1", CP_OPT_REAL, &o.ftrl_l1, "W", "of ftrl: weights of little use become 0", .min = 0, .max = 1e9, .content = 1 },
	{ 0, "ftrl-l2", CP_OPT_REAL, &o.ftrl_l2, "W", "of ftrl", .min = 0, .max = 1e9, .content = 1 },
	{ 0, "ftrl-beta", CP_OPT_REAL, &o.ftrl_beta, "B", "of ftrl", .min = 0, .max = 1e9, .content = 1 },
	{ 0, "warmup", CP_OPT_REAL, &o.warmup, "SHARE", "of the steps, in which the rate rises from 0; p5: 0.05", .min = 0, .max = 1, .content = 1 },
	{ 0, "schedule", CP_OPT_CHOICE, &o.schedule, "KIND", "how the rate then falls: to 0, or to a tenth when --valid is no better",
	  .choices = CP_SCHEDULES, .content = 1 },
	{ 0, "teacher", CP_OPT_STR, &o.teacher, "FILE", "learn as well what cp-predict printed of the training rows, from another model",
	  .use = CP_USE_INPUT, .content = 1 },
	{ 0, "teacher-weight", CP_OPT_REAL, &o.teacher_weight, "W", "target = W teacher's score + (1 - W) label", .min = 0, .max = 1,
	  .content = 1 },
	{ 0, "patience", CP_OPT_INT, &o.patience, "N", "stop after N evaluations that are no better on --valid; 0: never", .min = 0, .max = 100000,
	  .content = 1 },
	{ 0, "monitor", CP_OPT_CHOICE, &o.monitor, "WHAT", "the figure of --valid that chooses the best state", .choices = CP_MONITORS, .content = 1 },
	{ 0, "eval-every", CP_OPT_INT, &o.eval_every, "N", "steps between evaluations on --valid; 0: one an epoch", .min = 0, .max = 1e15, .content = 1 },
	{ 0, "seed", CP_OPT_SEED, &o.seed, "N", "of initial values, order, dropout", .content = 1 },
	{ 0, "Running", CP_OPT_HEAD },
	{ 0, "threads", CP_OPT_INT, &o.threads, "N", "0: one a processor; results do not depend on it", .min = 0, .max = 1024 },
	{ 0, "memory", CP_OPT_INT, &o.memory, "MB", "of rows; more are kept in temporary files and shuffled in windows of this size", .min = 1,
	  .max = 1 << 20 },	/* it decides something where there are windows: record_inputs */
	{ 0, "precision", CP_OPT_CHOICE, &precision, "KIND", "of matrix products; auto: bf16 where that is faster", .choices = NN_PRECISIONS,
	  .content = 1 },
	{ 0, "gemm", CP_OPT_CHOICE, &gemm, "NAME", "library for matrix products; auto: our own kernels where there is AVX-512", .choices = NN_GEMMS },
	{ 0, "checkpoint", CP_OPT_REAL, &o.checkpoint, "SECONDS", "between two states saved within an epoch", .min = 0, .max = 1e9 },
	CP_LEDGER_OPTS(ledger),
	{ 0 },
};

static void print_kernels(struct cp_buf *b)
{
	nn_gemm_choose((enum nn_gemm_precision)precision, (enum nn_gemm_by)gemm, &(struct cp_err){ "" });	/* what would multiply, by the options before --version */
	cp_buf_printf(b, "matrix products: %s\nother kernels: %s\n", nn_gemm_info(), nn_cpu_level());
}

static struct cp_tool tool = {
	.name = "cp-train",
	.synopsis = "--stage ctr [OPTION...] --train FILE --valid FILE -o MODEL\n--stage pretrain [OPTION...] < RECORDS\n"
		    "--stage finetune [--init MODEL] [--with-plm] [--plm DIR] [OPTION...] --train FILE\n"
		    "--stage p5|ptab|ctr-bert [--init MODEL] [--plm DIR] [OPTION...] --train FILE\n"
		    "--stage ctrl [--init MODEL] [--plm DIR] [OPTION...] --train FILE",
	.summary = "train a CTR model, alone or with a language model",
	.opts = opts,
	.version = print_kernels,
};

static void list_models(struct cp_buf *b)
{
	cp_buf_str(b, "CTR models (--model) and their sizes (--set):\n");
	char *names = cp_xstrdup(ctr_names());
	for (char *name = strtok(names, "|"); name; name = strtok(NULL, "|")) {
		struct ctr_config c;
		ctr_config_init(&c, ctr_find(name), 1, 1);
		cp_buf_printf(b, "  %-10s %s\n", name, c.model->summary);
		if (*c.model->sizes) {
			cp_buf_str(b, "             ");
			ctr_config_print(&c, b);
			cp_buf_char(b, '\n');
		}
	}
	cp_buf_str(b, "structure is parallel, crossnet_only, stacked or stacked_parallel; towers joint or sum; bilinear all, each or interaction; form serial or\n"
		      "parallel; gate1 and gate2 name fields by number, from 1; hidden is WIDTH,WIDTH,... or WIDTHxTIMES.\n"
		      "\nPresets (--preset), by stage and model:\n");
	cp_presets_print(b);
	cp_buf_str(b, "\nInterrupted (SIGINT, SIGTERM) it saves its state and ends with status 1; --resume goes on from there.");
	free(names);
}

/* --- What is shown ----------------------------------------------------------------------------------------------------------------- */

static int on_terminal;
static double shown;

static void show_step(const struct cp_train_event *e)
{
	double now = cp_seconds(), left = e->step ? e->seconds / (double)e->step * (double)(e->n_steps - e->step) : 0;
	char tokens[48] = "";
	if (cp_quiet || !on_terminal || now - shown < 0.2)
		return;
	int seconds = left < INT_MAX ? (int)left : INT_MAX;
	shown = now;
	if (e->tokens_per_s > 0)
		snprintf(tokens, sizeof tokens, ", %.0f tokens/s", e->tokens_per_s);
	fprintf(stderr, "\r\033[Kepoch %d/%d, step %llu/%llu, loss %.4f, %.0f rows/s%s, %d:%02d left", e->epoch, e->n_epochs,
		(unsigned long long)e->step, (unsigned long long)e->n_steps, e->loss, e->rows_per_s, tokens, seconds / 60, seconds % 60);
	fflush(stderr);
}

static void metric(const char *split, double epoch, const char *key, double v)
{
	if (!isnan(v))
		cp_run_metric(run, split, NULL, epoch, key, v);
}

/* What is learnt where that is not clicks. */
static const char *goal(void)
{
	return o.stage == CP_STAGE_CTRL ? "contrastive" : "masked-LM";
}

static void goal_metrics(const char *split, double epoch, double loss, double accuracy)
{
	int ctrl = o.stage == CP_STAGE_CTRL;
	metric(split, epoch, ctrl ? "pair_loss" : "lm_loss", loss);
	metric(split, epoch, ctrl ? "pair_accuracy" : "lm_accuracy", accuracy);
}

/* Rows of one class have no AUC. */
static void show_clicks(struct cp_buf *b, const char *of, double auc, double logloss)
{
	if (!isnan(auc))
		cp_buf_printf(b, "%sAUC %.5f, log loss %.5f", of, auc, logloss);
	else if (!isnan(logloss))
		cp_buf_printf(b, "%sAUC none (one class only), log loss %.5f", of, logloss);
}

static void show_epoch(const struct cp_train_event *e)
{
	struct cp_buf b = CP_BUF_INIT;
	cp_buf_printf(&b, "epoch %d/%d", e->epoch, e->n_epochs);
	if (e->kind == CP_EVENT_EVALUATION)
		cp_buf_printf(&b, ", step %llu/%llu", (unsigned long long)e->step, (unsigned long long)e->n_steps);
	cp_buf_printf(&b, ": loss %.5f", e->loss);
	show_clicks(&b, ", validation ", e->valid_auc, e->valid_logloss);
	if (!isnan(e->valid_lm_loss))
		cp_buf_printf(&b, ", validation %s loss %.4f, accuracy %.4f", goal(), e->valid_lm_loss, e->valid_lm_accuracy);
	if (e->best)
		cp_buf_str(&b, " (best)");
	if (on_terminal && !cp_quiet)
		fputs("\r\033[K", stderr);
	cp_note("%s", b.data);
	cp_buf_release(&b);
	double epochs = (double)e->step * e->n_epochs / (double)e->n_steps;	/* whole after a whole one */
	if (e->kind == CP_EVENT_EPOCH)
		metric("train", epochs, "loss", e->loss);
	metric("valid", epochs, "auc", e->valid_auc);
	metric("valid", epochs, "logloss", e->valid_logloss);
	goal_metrics("valid", epochs, e->valid_lm_loss, e->valid_lm_accuracy);
}

static void on_event(void *ctx, const struct cp_train_event *e)
{
	(void)ctx;
	if (e->kind == CP_EVENT_STEP)
		show_step(e);
	else if (e->kind == CP_EVENT_EPOCH || e->kind == CP_EVENT_EVALUATION)
		show_epoch(e);
	else if (e->kind == CP_EVENT_SAVED)
		cp_run_took(run);
	else
		cp_note("%s", e->note);
}

/* --- The ledger -------------------------------------------------------------------------------------------------------------------- */

/* The digest is that of the rows of all files of a role.  It stands with standard input, too, where that is one of several: the others have
 * digests of their own, so it decides whether a repetition reads the same there. */
static void record_rows(const char *role, const struct cp_opt_list *in, const char *digest, size_t n_rows)
{
	for (int i = 0; i < in->n; i++)
		cp_run_input(run, &(struct cp_run_file){ .role = role, .path = in->v[i], .rows = in->n == 1 ? (int64_t)n_rows : 0,
							 .content = in->n == 1 || !strcmp(in->v[i], "-") ? digest : NULL });
}

/* Masks are drawn anew in each epoch from what the stream says of them, and are no part of the rows' digest. */
static void record_masks(const struct cp_mask_spec *m)
{
	char s[96], mask[32], random[32];
	cp_run_decides(run, "mask rate", cp_print_real(m->rate, s));
	snprintf(s, sizeof s, "%s %s%s", cp_print_real(m->share_mask, mask), cp_print_real(m->share_random, random), m->is_static ? " static" : "");
	cp_run_decides(run, "mask shares", s);
	snprintf(s, sizeof s, "%llu", (unsigned long long)m->seed);
	cp_run_decides(run, "mask seed", s);
}

static void record_inputs(const struct cp_trainer *t)
{
	const struct cp_train_result *r = cp_trainer_result(t);
	const char *folder = cp_trainer_folder(t);
	static const char *standard_input[] = { "-" };
	struct cp_opt_list in = o.train.n ? o.train : (struct cp_opt_list){ standard_input, 1 };
	record_rows("train", &in, r->train_digest, r->n_train);
	record_rows("valid", &o.valid, r->valid_digest, r->n_valid);
	record_rows("test", &o.test, r->test_digest, r->n_test);
	record_rows("vocab", &o.vocab_from, r->vocab_digest, r->n_vocab);
	if (r->window) {
		char num[32];
		snprintf(num, sizeof num, "%zu", r->window);
		cp_run_decides(run, "shuffle window", num);
	}
	if (r->masks)
		record_masks(r->masks);
	if (o.init)
		cp_run_input(run, &(struct cp_run_file){ .role = "init", .path = o.init });
	if (o.teacher)
		cp_run_input(run, &(struct cp_run_file){ .role = "teacher", .path = o.teacher });
	struct plm_files f = { 0 };
	if (folder && !plm_files_find(&f, folder, NULL))
		for (size_t i = 0; i < f.n; i++)
			cp_run_input(run, &(struct cp_run_file){ .role = "plm", .path = f.path[i] });
	plm_files_release(&f);
}

/* Who saved the state that this run goes on from: the ledger makes one training of the two. */
static void record_resumed(const struct cp_train_result *r)
{
	if (o.resume)
		cp_run_param(run, "resumed from", !r->resumed ? "nothing" : *r->resumed_from ? r->resumed_from : "unknown");
}

static void in_force(const char *name, double value)
{
	char num[32];
	if (!isnan(value))
		cp_run_param(run, name, cp_print_real(value, num));
}

static void record_result(const struct cp_train_result *r, const char *out)
{
	char num[32];
	metric("valid", -1, "auc", r->valid_auc);
	metric("valid", -1, "logloss", r->valid_logloss);
	goal_metrics("valid", -1, r->valid_lm_loss, r->valid_lm_accuracy);
	metric("test", -1, "auc", r->test_auc);
	metric("test", -1, "logloss", r->test_logloss);
	goal_metrics("test", -1, r->test_lm_loss, r->test_lm_accuracy);
	if (r->seconds > 0) {
		metric("train", -1, "rows_per_s", (double)r->rows / r->seconds);
		if (r->tokens)
			metric("train", -1, "tokens_per_s", (double)r->tokens / r->seconds);
	}
	snprintf(num, sizeof num, "%zu", r->n_parameters);
	cp_run_param(run, "parameters", num);
	in_force("plm-lr in force", r->plm_lr);
	in_force("plm-dropout in force", r->plm_dropout);
	snprintf(num, sizeof num, "%d", r->best_epoch);
	cp_run_param(run, "best epoch", num);
	if (o.eval_every) {
		snprintf(num, sizeof num, "%llu", (unsigned long long)r->best_step);
		cp_run_param(run, "best step", num);
	}
	cp_run_output(run, &(struct cp_run_file){ .role = "model", .path = out });
}

/* --- Main -------------------------------------------------------------------------------------------------------------------------- */

/* The first signal asks for an orderly end; a second Ctrl-C, where that takes too long, does not wait for it. */
static void on_stop(int sig)
{
	stop = 1;
	if (sig == SIGINT)
		cp_tool_end_by(SIGINT);
}

/* Sizes are those of --init where that is given, and nobody's where there is no CTR model. */
static void apply_preset(void)
{
	struct cp_err err;
	const char *sizes_of = o.init || cp_train_is_text_alone(&o) ? NULL : o.model;
	if (preset >= 0 && o.stage >= 0 && cp_opts_preset(&cp_tool_opts, preset_words = cp_preset_words((enum cp_preset)preset, o.stage, sizes_of), &err) < 0)
		cp_usage("--preset: %s", err.msg);
}

static void check_options(void)
{
	struct cp_err err;
	static const struct { const char *name; int *given; } asked[] = {
#define GIVEN(field, option) { option, &o.given.field },
		CP_TRAIN_GIVEN(GIVEN)
#undef GIVEN
	};
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
		*asked[i].given = cp_opts_given(&cp_tool_opts, asked[i].name);
	cp_train_defaults_of_model(&o);
	apply_preset();
	if (!ctr_find(o.model))
		cp_usage("--model %s: expected one of %s", o.model, ctr_names());
	struct ctr_config c;
	ctr_config_init(&c, ctr_find(o.model), 1, 1);
	for (int i = 0; i < o.set.n; i++)
		if (ctr_config_set(&c, o.set.v[i], &err) < 0)
			cp_usage("%s", err.msg);
	cp_train_defaults(&o);
	if (cp_train_check(&o, &err) < 0 || nn_gemm_choose((enum nn_gemm_precision)precision, (enum nn_gemm_by)gemm, &err) < 0)
		cp_usage("%s", err.msg);
}

/* Where there is a state to save: towards a pipe or a device a signal ends the tool, though it waits for a reader, as it does any other.
 * SIGINT is listened to even where a shell that started us in the background had it ignored. */
static void listen_for_stop(const struct cp_trainer *t)
{
	if (!cp_trainer_state(t))
		return;
	signal(SIGINT, on_stop);
	signal(SIGTERM, on_stop);
	if (signal(SIGHUP, on_stop) == SIG_IGN)		/* nohup stays nohup */
		signal(SIGHUP, SIG_IGN);
}

static _Noreturn void end_interrupted(const char *state)
{
	cp_interrupted("interrupted; the state is saved in %s: give the same command with --resume to go on", state);
}

static int last_line(const struct cp_train_result *r)
{
	struct cp_buf b = CP_BUF_INIT;
	double s = r->seconds > 0 ? r->seconds : 1e-9;
	show_clicks(&b, "test ", r->test_auc, r->test_logloss);
	cp_buf_str(&b, b.len ? ", " : "");
	if (!isnan(r->test_lm_loss))
		cp_buf_printf(&b, "test %s loss %.4f, accuracy %.4f, ", goal(), r->test_lm_loss, r->test_lm_accuracy);
	cp_buf_printf(&b, "%.0f rows/s", r->rows ? (double)r->rows / s : 0);
	if (r->tokens)
		cp_buf_printf(&b, ", %.0f tokens/s", (double)r->tokens / s);
	int status = cp_tool_finish(r->rows_read, 0, b.data);
	cp_buf_release(&b);
	return status;
}

/* The run begins with what is known before rows are read, and goes on with what the trainer found in them. */
static struct cp_trainer *begin(void)
{
	struct cp_err err;
	run = cp_tool_begin(&ledger, &(struct cp_run_facts){ .threads = (int)(o.threads ? o.threads : cp_cpu_count()), .blas = nn_gemm_info() });
	cp_run_param(run, "kernels", nn_cpu_level());
	cp_run_param(run, "precision", nn_gemm_precision());
	o.run = cp_run_uid(run);
	o.event = on_event;
	o.stop = &stop;
	struct cp_trainer *t = cp_trainer_new(&o, &err);
	if (!t)
		cp_die("%s", err.msg);
	const struct cp_train_result *r = cp_trainer_result(t);
	record_inputs(t);
	record_resumed(r);
	if (strcmp(r->model, o.model))
		cp_run_param(run, "model", r->model);
	if (!o.out) {
		cp_tool_spare(cp_trainer_out(t));
		cp_note("the model will be %s", cp_trainer_out(t));
	}
	return t;
}

static void free_options(void)
{
	struct cp_opt_list *const lists[] = { &o.train, &o.valid, &o.test, &o.set, &o.dim_of, &o.vocab_from };
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		free(lists[i]->v);
	free(preset_words);
}

int main(int argc, char **argv)
{
	struct cp_err err;
	struct cp_buf notes = CP_BUF_INIT;
	nn_blas_prepare(argv);
	list_models(&notes);
	tool.notes = notes.data;
	cp_tool_start(&tool, &argc, argv);
	check_options();
	on_terminal = isatty(STDERR_FILENO);
	struct cp_trainer *t = begin();
	listen_for_stop(t);
	int rc = cp_trainer_run(t, &err);
	if (on_terminal && !cp_quiet)
		fputs("\r\033[K", stderr);
	struct cp_train_result r = *cp_trainer_result(t);
	if (!rc)
		record_result(&r, cp_trainer_out(t));
	char *state = cp_trainer_state(t) ? cp_xstrdup(cp_trainer_state(t)) : NULL;
	cp_trainer_free(t);
	if (rc < 0)
		cp_die("%s", err.msg);
	if (rc)
		end_interrupted(state);
	free(state);
	free_options();
	cp_buf_release(&notes);
	if (r.finished_before)
		cp_note("finished before; the model is left as it is");
	return last_line(&r);
}
