/* What the files of the trainer share; not for its users. */
#ifndef CP_TRAINER_H
#define CP_TRAINER_H

#include "base/team.h"
#include "nn/optim.h"
#include "train/kept.h"
#include "train/model.h"
#include "train/shuffle.h"
#include "train/train.h"

/* Where a language model comes from when --init has none. */
struct cp_plm_source {
	char *dir;			/* the tokenizer, and weights if it has them; NULL: there is no such model */
	int scratch;			/* nothing but sizes, and the project's own vocabulary in dir */
};

/* One FIELD=WIDTH of --dim-of: the length of the field's name. */
int cp_train_width(const char *word, size_t *len, uint64_t *width, struct cp_err *);

struct cp_trainer {
	struct cp_train_opts o;
	char *out;			/* the model's file */
	char *state;			/* the state's; NULL where the model is no file that could be replaced (/dev/null) */
	char *lock_path;
	int lock, lock_slot;		/* the lock's descriptor, or -1; where base/file.c remembers it */
	struct cp_team *team;
	struct cp_model *m;
	struct cp_data train, valid, test;
	nn_float *soft;			/* (training rows) what they expect where a teacher has a say, else NULL */
	char teacher_digest[33];	/* of its scores */
	struct nn_cut cut, valid_cut, test_cut;	/* ids of the masked-LM softmax: of training rows, of these and the rows judged; owned */
	struct cp_plm_source source;
	char *fingerprint;		/* JSON: all that determines the result */

	struct nn_optimiser opt;
	double decay[CP_N_GROUPS];
	double base_lr[CP_N_GROUPS];
	int epochs;
	uint64_t steps_per_epoch, step;	/* steps done */
	double loss_sum;		/* of the epoch at hand */
	uint64_t loss_n;
	int best_epoch, n_no_better;	/* evaluations since the best */
	uint64_t best_step;
	double best;
	double plateau;			/* factor on the rates that --schedule plateau has come to */
	double saved, saving;		/* when the last state was written, and how long that took, in seconds */
	nn_float *best_val;		/* parameters of the best epoch; NULL before the first */
	struct cp_shuffle shuffle;
	uint32_t *places, *origins;	/* of a batch; places of the same rows among all */
	struct cp_kept kept[3];		/* of training, validation and test rows, where the model keeps */
	nn_float *vectors;		/* of a batch from there */
	size_t memory;			/* bytes left for rows that are yet to come */
	struct cp_train_result result;
};

/* options.c.  Tells of options that are about something which is not there. */
void cp_trainer_note_idle(struct cp_trainer *);
/* agree.c.  <0: an option says otherwise than --init, and which.  What options say of the CTR model's sizes, and of prompts. */
int cp_trainer_agrees(struct cp_trainer *, struct cp_err *);
int cp_trainer_baseline(const struct cp_trainer *);	/* that the stage makes, or none */
int cp_trainer_apply_sets(struct cp_trainer *, struct ctr_config *, struct cp_err *);
void cp_trainer_prompting(const struct cp_train_opts *, struct plm_prompting *);
/* configure.c: the model's configuration and the optimiser's. */
int cp_trainer_configure(struct cp_trainer *, struct cp_err *);
/* setup.c: all of it, then data, vocabulary, model, weights. */
int cp_trainer_setup(struct cp_trainer *, struct cp_err *);
/* step.c.  One step, on the rows from `at` on of an epoch: 0, 1 asked to stop before it, -1; how many there are in all. */
int cp_trainer_step(struct cp_trainer *, uint64_t epoch, size_t at, struct cp_err *);
uint64_t cp_trainer_steps(const struct cp_trainer *);
/* Vectors of n rows of train, valid or test, by their places there: 0, 1 asked to stop, -1. */
int cp_trainer_kept(struct cp_trainer *, const struct cp_data *, const uint32_t *origins, size_t n, const nn_float **, struct cp_err *);
/* teacher.c.  Scores of --teacher into .soft; and from there to the batch at hand, whose rows are origins[from..from+n-1]. */
int cp_teacher_read(struct cp_trainer *, struct cp_err *);
void cp_teacher_tell(struct cp_trainer *, size_t from, size_t n);
/* evaluate.c */
struct cp_evaluation {
	double auc, logloss, lm_loss, lm_accuracy;	/* NaN where undefined */
};
/* 1: asked to stop before the end, as it may be with test rows. */
int cp_trainer_evaluate(struct cp_trainer *, const struct cp_data *, struct cp_evaluation *, struct cp_err *);
/* lock.c: keep others out, clear away what a killed process left half-written. */
int cp_state_lock(struct cp_trainer *, struct cp_err *);
void cp_state_unlock(struct cp_trainer *);
/* state.c.  read: 1 read, 0 there is none, -1. */
int cp_state_write(struct cp_trainer *, struct cp_err *);
int cp_state_read(struct cp_trainer *, struct cp_err *);
void cp_state_remove(struct cp_trainer *);
/* fingerprint.c: make .fingerprint, and the model's .training, which is the same but for who multiplies. */
int cp_fingerprint_make(struct cp_trainer *, struct cp_err *);
#define CP_PLM_WEIGHTS "weights of the language model"	/* where it began with a folder's: their digest, or a list of a digest a shard */
int cp_fingerprint_weights(const char *folder, json_t **digests, struct cp_err *);
/* Compare two: <0 and a sentence naming the first thing that only one has, or both have differently. */
int cp_fingerprint_same(const char *now, const char *then, const char *file, struct cp_err *);

void cp_trainer_note(struct cp_trainer *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
