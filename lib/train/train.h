/* Training: from options and rows to a model in a file.
 *
 * Stages: ctr (a CTR model alone); those of ClickPrompt (arXiv 2310.09234, section 3): pretrain (PA-MLM: the language model fills in masked words
 * with the help of the CTR model's prompts) and finetune (clicks; with the language model or without it); and those of the models to compare with:
 * p5 (a T5 alone answers yes or no), ptab (a language model alone scores), ctr-bert (it reads the texts of user and item, and a CTR model may help) and
 * ctrl (a CTR model and a language model are drawn together, and the former is then finetuned).
 *
 * What comes out depends on the rows, the options that change content, the seed, and who multiplies matrices (nn_gemm_choose, before): not on
 * threads, time, or interruptions.  A state file beside the model (OUT.state) is written after every epoch, now and then in between, and when
 * *o.stop is set; --resume goes on from it and ends in the same bytes as training that was never interrupted.
 *
 *     struct cp_train_opts o = CP_TRAIN_DEFAULT;
 *     o.stage = CP_STAGE_CTR, o.out = "ctr.cpm";                              // and where the rows are; without .train standard input
 *     cp_train_defaults_of_model(&o);
 *     cp_train_defaults(&o);
 *     if (cp_train_check(&o, err) < 0) ...
 *     struct cp_trainer *t = cp_trainer_new(&o, err);                  // reads data, builds the model
 *     rc = cp_trainer_run(t, err);                                     // 0 done, 1 interrupted (the state is saved), -1 failed
 *     cp_trainer_result(t)->...
 *     cp_trainer_free(t);
 */
#ifndef CP_TRAIN_H
#define CP_TRAIN_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/opts.h"
#include "nn/optim.h"
#include "plm/plm.h"

struct cp_trainer;

/* What happened, for whoever shows it. */
struct cp_train_event {
	enum { CP_EVENT_STEP, CP_EVENT_EVALUATION, CP_EVENT_EPOCH, CP_EVENT_SAVED, CP_EVENT_NOTE } kind;	/* EVALUATION: one within an epoch; SAVED: a state */
	const char *note;		/* NOTE: a sentence */
	int epoch, n_epochs;		/* counted from 1 */
	uint64_t step, n_steps;		/* over all epochs */
	double loss;			/* mean over the epoch so far */
	double seconds;			/* trained in this process */
	double rows_per_s, tokens_per_s;
	/* EPOCH and EVALUATION with validation rows; NaN where there is none */
	double valid_auc, valid_logloss, valid_lm_loss, valid_lm_accuracy;	/* lm: of masked words; of ctrl, of the texts of rows */
	int best;			/* the best so far */
};

/* Options of which it matters whether they were given: an --init says the same, a stage has a default of its own, or they may have nothing to do. */
#define CP_TRAIN_GIVEN(OPTION) \
	OPTION(model, "model") OPTION(plm, "plm") OPTION(prompts, "prompts") OPTION(prompt_where, "prompt-where") OPTION(prompt_mlp, "prompt-mlp") \
	OPTION(shift, "no-shift") OPTION(max_length, "max-length") OPTION(pooler, "pooler") OPTION(fusion, "fusion") OPTION(usage, "prompt-usage") \
	OPTION(lr, "lr") OPTION(weight_decay, "weight-decay") OPTION(plm_weight_decay, "plm-weight-decay") OPTION(schedule, "schedule") OPTION(monitor, "monitor") \
	OPTION(warmup, "warmup") OPTION(clip, "clip") OPTION(batch, "batch") OPTION(subspaces, "subspaces") OPTION(temperature, "temperature") \
	OPTION(teacher_weight, "teacher-weight") OPTION(plm_lr, "plm-lr") OPTION(decoder, "decoder") OPTION(is_static, "static") \
	OPTION(full_vocab, "full-vocab") OPTION(patience, "patience") OPTION(eval_every, "eval-every")

#define CP_STAGES "ctr|pretrain|finetune|p5|ptab|ctr-bert|ctrl"
enum cp_stage { CP_NO_STAGE = -1, CP_STAGE_CTR, CP_STAGE_PRETRAIN, CP_STAGE_FINETUNE, CP_STAGE_P5, CP_STAGE_PTAB, CP_STAGE_CTR_BERT, CP_STAGE_CTRL };
#define CP_SCHEDULES "linear|cosine|constant|plateau"
enum cp_schedule { CP_SCHEDULE_LINEAR, CP_SCHEDULE_COSINE, CP_SCHEDULE_CONSTANT, CP_SCHEDULE_PLATEAU };
#define CP_MONITORS "auc|logloss"
enum cp_monitor { CP_MONITOR_AUC, CP_MONITOR_LOGLOSS };
#define CP_DECODERS "auto|tied|own"
enum cp_decoder { CP_DECODER_AUTO, CP_DECODER_TIED, CP_DECODER_OWN };
#define CP_PROMPT_PLACES "layers|input"
enum cp_prompt_place { CP_PROMPTS_IN_LAYERS, CP_PROMPTS_AT_INPUT };
#define CP_PROMPT_MLPS "shared|separate"
enum cp_prompt_mlp { CP_MLP_SHARED, CP_MLP_SEPARATE };

/* An int with an enum's name in its comment holds a value of that enum. */
struct cp_train_opts {
	int stage;			/* cp_stage */
	const char *model, *plm, *init, *out;
	struct cp_opt_list train, valid, test, set, dim_of, vocab_from;
	const char *label;
	int64_t epochs;			/* 0: ctr 3, the others 2 */
	int64_t batch;
	int64_t micro_batch;		/* rows of it that are computed at a time, at most; 0: all, but with a language model what takes half a GB */
	double lr, plm_lr;		/* plm_lr < 0: 5e-5 for a language model that began with others' weights, else lr */
	double weight_decay, plm_weight_decay;
	double warmup;			/* share of the steps */
	int schedule;			/* cp_schedule */
	int optimizer;			/* nn_rule */
	double momentum, ftrl_l1, ftrl_l2, ftrl_beta;
	double embedding_l2, net_l2;	/* of the CTR part: what its tables, and all else in it, add to their gradients times their value */
	double clip;			/* norm of all gradients; 0: no bound */
	int monitor;			/* cp_monitor: what chooses the best */
	int64_t eval_every;		/* steps; 0: after every epoch */
	int64_t prompts;
	int prompt_where;		/* cp_prompt_place */
	int prompt_mlp;			/* cp_prompt_mlp */
	int no_shift;
	int with_plm;
	double plm_dropout;		/* < 0: the folder's, or that of --init */
	int pooler, fusion, usage;	/* plm_pooler, cp_fusion, cp_prompt_usage */
	int decoder;			/* cp_decoder */
	uint64_t seed;
	int64_t threads;		/* 0: as many as there are processors */
	int64_t memory;			/* MB of rows; more are kept in files and shuffled in windows of this size (shuffle.h) */
	int full_vocab, is_static, resume;
	int64_t min_count, hash_bits;	/* 0: a row of the table for every key */
	double unseen_rate;
	int64_t max_length;		/* 0: what the language model can take */
	int64_t subspaces;		/* of ctrl */
	double temperature;
	const char *teacher;		/* scores of the training rows, learnt from beside their labels by teacher_weight (teacher.c) */
	double teacher_weight;
	int64_t patience;		/* evaluations that are no better; 0: all epochs */
	double checkpoint;		/* seconds between states within an epoch */
	struct {
#define CP_GIVEN_FIELD(field, option) int field;
		CP_TRAIN_GIVEN(CP_GIVEN_FIELD)
#undef CP_GIVEN_FIELD
	} given;			/* on the command line */
	const char *run;		/* a name of this run, kept in its states for who goes on from one; NULL: it has none */
	volatile sig_atomic_t *stop;	/* set from outside: save the state and end */
	void (*event)(void *ctx, const struct cp_train_event *);
	void *ctx;
};

/* Choices that are not named here are the first of their enum. */
#define CP_TRAIN_DEFAULT { \
	.stage = CP_NO_STAGE, .model = "dcnv2", .batch = 256, .lr = 1e-3, .plm_lr = -1, .plm_dropout = -1, .weight_decay = 0.5, \
	.plm_weight_decay = 0.01, .ftrl_beta = 1, .prompts = 5, .pooler = PLM_POOL_AVG, .seed = 1, .min_count = 1, .memory = 1024, .subspaces = 1, \
	.temperature = 0.7, .teacher_weight = 0.5, .checkpoint = 60 }

struct cp_train_result {
	int finished_before;		/* --resume found the finished model: nothing was done */
	int resumed;			/* it found a state */
	char resumed_from[32];		/* and this is the run that saved it; "": the state does not say */
	uint64_t rows, tokens;		/* trained on in this process */
	uint64_t rows_read;
	size_t n_train, n_valid, n_test, n_vocab;
	size_t window;			/* training rows that are shuffled with one another; 0: all */
	const struct cp_mask_spec *masks;	/* how words are hidden from pretraining; NULL: none are.  The trainer's */
	size_t n_parameters;
	double plm_lr, plm_dropout;	/* in force, where -1 stood for a default; NaN: no language model */
	const char *model;		/* kind of the CTR model in force, which --init may have decided; "none" */
	double seconds;
	int best_epoch;
	uint64_t best_step;		/* 0: without validation rows the last */
	double valid_auc, valid_logloss, valid_lm_loss, valid_lm_accuracy;	/* of the model that is kept; NaN: no such rows */
	double test_auc, test_logloss, test_lm_loss, test_lm_accuracy;
	char train_digest[33], valid_digest[33], test_digest[33], vocab_digest[33];
};

/* The sizes of "scratch" or "scratch:SIZES", no folder but a language model that starts from nothing; NULL: it is a folder. */
const char *cp_plm_scratch(const char *plm);
/* Of the stages, those whose models have no CTR model unless (ctr-bert) --model is given. */
int cp_train_is_text_alone(const struct cp_train_opts *);
/* What depends on other options, where it was not given; before the check.  Of what depends on the model a preset may say otherwise after it. */
void cp_train_defaults_of_model(struct cp_train_opts *);
void cp_train_defaults(struct cp_train_opts *);
/* Options that contradict one another: a sentence. */
int cp_train_check(const struct cp_train_opts *, struct cp_err *);

struct cp_trainer *cp_trainer_new(const struct cp_train_opts *, struct cp_err *);
int cp_trainer_run(struct cp_trainer *, struct cp_err *);
const struct cp_train_result *cp_trainer_result(const struct cp_trainer *);
const char *cp_trainer_out(const struct cp_trainer *);		/* the model's file */
const char *cp_trainer_folder(const struct cp_trainer *);	/* whose weights the language model begins with; NULL: none's */
const char *cp_trainer_state(const struct cp_trainer *);	/* the state's; NULL: none is kept, for the model is a device or a pipe */
void cp_trainer_free(struct cp_trainer *);

#endif
