/* Options of training that contradict one another, and those that follow from others. */
#include <stddef.h>
#include <string.h>

#include "base/choice.h"
#include "base/file.h"
#include "base/num.h"
#include "train/trainer.h"

static int count_stdin(const struct cp_train_opts *o)
{
	const struct cp_opt_list *l[] = { &o->train, &o->valid, &o->test, &o->vocab_from };
	int n = !o->train.n + (o->teacher && !strcmp(o->teacher, "-"));
	for (int k = 0; k < 4; k++)
		for (int i = 0; i < l[k]->n; i++)
			n += !strcmp(l[k]->v[i], "-");
	return n;
}

const char *cp_plm_scratch(const char *plm)
{
	if (strncmp(plm, "scratch", 7) || (plm[7] && plm[7] != ':'))
		return NULL;
	return plm[7] ? plm + 8 : "";
}

static int has_decay(const struct cp_train_opts *o)
{
	return o->optimizer == NN_ADAMW || o->optimizer == NN_SPARSE_ADAMW;
}

int cp_train_is_text_alone(const struct cp_train_opts *o)
{
	return o->stage == CP_STAGE_P5 || o->stage == CP_STAGE_PTAB || (o->stage == CP_STAGE_CTR_BERT && !o->given.model);
}

/* Of models with nothing hidden between a value and the score, which take longer steps, and less decay. */
static const struct { const char *model; double lr, weight_decay; } shallow[] = { { "lr", 1e-2, 0 }, { "fm", 3e-3, 0.1 } };

void cp_train_defaults_of_model(struct cp_train_opts *o)
{
	if (o->stage != CP_STAGE_CTR || !(has_decay(o) || o->optimizer == NN_ADAM))
		return;
	for (size_t i = 0; i < sizeof shallow / sizeof *shallow; i++)
		if (!strcmp(o->model, shallow[i].model)) {
			o->lr = o->given.lr ? o->lr : shallow[i].lr;
			o->weight_decay = o->given.weight_decay ? o->weight_decay : shallow[i].weight_decay;
		}
}

void cp_train_defaults(struct cp_train_opts *o)
{
	int decays = has_decay(o);
	if (!decays && !o->given.weight_decay)
		o->weight_decay = 0;
	if (!decays && !o->given.plm_weight_decay)
		o->plm_weight_decay = 0;
	if (o->optimizer == NN_FTRL && !o->given.schedule)
		o->schedule = CP_SCHEDULE_CONSTANT;
	if (o->stage == CP_STAGE_CTRL && !o->given.batch)
		o->batch = 6400;
	if (o->stage == CP_STAGE_P5) {
		o->warmup = o->given.warmup ? o->warmup : 0.05;
		o->clip = o->given.clip ? o->clip : 1;
	}
}

static int check_optimiser(const struct cp_train_opts *o, struct cp_err *err)
{
	char word[CP_WORD];
	int ftrl = o->optimizer == NN_FTRL;
	if (!has_decay(o) && (o->weight_decay > 0 || o->plm_weight_decay > 0))
		return cp_err_set(err, "--optimizer %s has no weight decay; adamw and sparse-adamw have, --embedding-l2 and --net-l2 go with all",
				  cp_choice_word(NN_RULES, o->optimizer, word));
	if (o->momentum > 0 && o->optimizer != NN_SGD)
		return cp_err_set(err, "--momentum belongs to --optimizer sgd");
	if (!ftrl && (o->ftrl_l1 > 0 || o->ftrl_l2 > 0 || o->ftrl_beta != 1))
		return cp_err_set(err, "--ftrl-l1, --ftrl-l2 and --ftrl-beta belong to --optimizer ftrl");
	if (ftrl && (o->schedule != CP_SCHEDULE_CONSTANT || o->warmup > 0))
		return cp_err_set(err, "--optimizer ftrl lowers the rate of each value by itself; --schedule is constant with it, without --warmup");
	if (ftrl && o->lr <= 0)
		return cp_err_set(err, "--optimizer ftrl divides by --lr, which is 0");
	if (o->given.monitor && (o->stage == CP_STAGE_PRETRAIN || o->stage == CP_STAGE_CTRL))
		return cp_err_set(err, "--monitor is for clicks; --stage %s is judged by its own loss", cp_choice_word(CP_STAGES, o->stage, word));
	if (o->schedule == CP_SCHEDULE_PLATEAU && !o->valid.n)
		return cp_err_set(err, "--schedule plateau needs --valid, to see whether training still gets on");
	return 0;
}

int cp_train_width(const char *word, size_t *len, uint64_t *width, struct cp_err *err)
{
	const char *eq = strrchr(word, '=');
	if (!eq || eq == word || cp_parse_u64(eq + 1, width) < 0 || *width < 1 || *width > 4096)
		return cp_err_set(err, "--dim-of %s: expected FIELD=WIDTH, a width from 1 to 4096", word);
	*len = (size_t)(eq - word);
	return 0;
}

/* As far as options tell: fields are those of the rows, and of --init is what it was made with. */
static int check_widths(const struct cp_train_opts *o, struct cp_err *err)
{
	struct ctr_config c;
	size_t len;
	uint64_t width;
	for (int i = 0; i < o->dim_of.n; i++)
		if (cp_train_width(o->dim_of.v[i], &len, &width, err) < 0)
			return -1;
	if (!o->dim_of.n || o->init)
		return 0;
	if (o->hash_bits)
		return cp_err_set(err, "--hash-bits: all fields share one table, so none can have a width of its own");
	ctr_config_init(&c, ctr_find(o->model), 1, 1);
	return ctr_config_reads(&c, "dim") ? 0 : cp_err_set(err, "--dim-of: %s has no embeddings", o->model);
}

/* Of the models to compare with; their heads are what their formulas say. */
static int check_baseline(const struct cp_train_opts *o, struct cp_err *err)
{
	char word[CP_WORD];
	int ctrl = o->stage == CP_STAGE_CTRL, sized = o->set.n || o->dim_of.n;
	if (!ctrl && (o->given.subspaces || o->given.temperature))
		return cp_err_set(err, "--subspaces and --temperature belong to --stage ctrl");
	if (ctrl && PLM_HEAD_WIDTH % o->subspaces)
		return cp_err_set(err, "--subspaces %lld does not divide %d, the width of what is compared", (long long)o->subspaces, PLM_HEAD_WIDTH);
	if (!ctrl && o->stage != CP_STAGE_PTAB && o->stage != CP_STAGE_CTR_BERT)
		return 0;
	if (o->given.prompts || o->given.pooler || o->given.fusion || o->given.usage)
		return cp_err_set(err, "--stage %s has no prompts and a head of its own", cp_choice_word(CP_STAGES, o->stage, word));
	if (o->stage == CP_STAGE_PTAB && (o->given.model || sized))
		return cp_err_set(err, "--stage ptab is a language model alone, without a CTR model");
	if (o->stage == CP_STAGE_CTR_BERT && sized && !o->given.model && !o->init)
		return cp_err_set(err, "--stage ctr-bert has a CTR model only with --model, so there is nothing to --set");
	return 0;
}

static int check_stage(const struct cp_train_opts *o, struct cp_err *err)
{
	if (o->stage == CP_NO_STAGE)
		return cp_err_set(err, "--stage is needed: ctr, pretrain, finetune, p5, ptab, ctr-bert or ctrl");
	if (o->with_plm && o->stage != CP_STAGE_FINETUNE)
		return cp_err_set(err, "--with-plm belongs to --stage finetune");
	if (o->stage == CP_STAGE_CTR && o->given.plm)
		return cp_err_set(err, "--stage ctr has no language model; --plm belongs to pretrain and finetune --with-plm");
	if (o->stage == CP_STAGE_CTR && o->init)
		return cp_err_set(err, "--stage ctr starts from nothing; to go on from a model use --stage finetune --init");
	if (o->stage == CP_STAGE_FINETUNE && !o->init && !o->with_plm)
		return cp_err_set(err, "--stage finetune goes on from --init MODEL; without it and without --with-plm it would be --stage ctr");
	if (o->stage == CP_STAGE_P5 && (o->given.model || o->set.n || o->dim_of.n || o->given.prompts || o->given.pooler || o->given.fusion || o->given.usage))
		return cp_err_set(err, "--stage p5 is a T5 alone: no CTR model, no prompts, and its score is its answer");
	if (o->stage == CP_STAGE_P5 && o->plm_lr == 0)
		return cp_err_set(err, "--plm-lr 0: in --stage p5 nothing else is there to be trained");
	return check_baseline(o, err);
}

static int check_teacher(const struct cp_train_opts *o, struct cp_err *err)
{
	char word[CP_WORD];
	if (o->given.teacher_weight && !o->teacher)
		return cp_err_set(err, "--teacher-weight is that of --teacher FILE, which is not given");
	if (o->teacher && (o->stage == CP_STAGE_PRETRAIN || o->stage == CP_STAGE_CTRL || o->stage == CP_STAGE_P5))
		return cp_err_set(err, "--teacher: --stage %s does not learn the probability of a click", cp_choice_word(CP_STAGES, o->stage, word));
	return 0;
}

static int check_plm(const struct cp_train_opts *o, struct cp_err *err)
{
	char word[CP_WORD];
	struct plm_config c;
	if (o->plm_dropout >= 0 && !o->with_plm && (o->stage == CP_STAGE_CTR || o->stage == CP_STAGE_FINETUNE))
		return cp_err_set(err, "--plm-dropout: there is no language model in --stage %s%s", cp_choice_word(CP_STAGES, o->stage, word),
				  o->stage == CP_STAGE_CTR ? "" : " without --with-plm");
	if (o->plm_lr < 0 && o->plm_lr != -1)
		return cp_err_set(err, "--plm-lr %g: expected 0 to 100, or -1 for the default", o->plm_lr);
	if (o->plm_dropout < 0 && o->plm_dropout != -1)
		return cp_err_set(err, "--plm-dropout %g: expected 0 to 1, or -1 for the default", o->plm_dropout);
	if (o->plm_dropout >= 1)
		return cp_err_set(err, "--plm-dropout 1 would leave nothing; expected less than 1");
	if ((o->given.pooler || o->given.fusion) && !o->with_plm)
		return cp_err_set(err, "--%s belongs to --stage finetune --with-plm", o->given.pooler ? "pooler" : "fusion");
	if (o->usage != CP_USAGE_NO && !o->with_plm)
		return cp_err_set(err, "--prompt-usage belongs to --stage finetune --with-plm");
	if (!o->prompts && o->usage != CP_USAGE_NO)
		return cp_err_set(err, "--prompt-usage %s reads the prompts, and --prompts 0 makes none", cp_choice_word(CP_USAGES, o->usage, word));
	if (o->max_length && o->max_length < 3)
		return cp_err_set(err, "--max-length %lld leaves no room for a word between the first token and the last", (long long)o->max_length);
	return o->plm && cp_plm_scratch(o->plm) ? plm_config_scratch(&c, cp_plm_scratch(o->plm), err) : 0;
}

int cp_train_check(const struct cp_train_opts *o, struct cp_err *err)
{
	if (check_stage(o, err) < 0 || check_teacher(o, err) < 0 || check_plm(o, err) < 0)
		return -1;
	if (o->hash_bits && (o->min_count > 1 || o->unseen_rate > 0 || o->vocab_from.n))
		return cp_err_set(err, "--hash-bits gives every value a row, so --min-count, --unseen-rate and --vocab-from have nothing to do");
	if (check_widths(o, err) < 0 || check_optimiser(o, err) < 0)
		return -1;
	if (o->out && (!*o->out || cp_is_standard(o->out)))
		return cp_err_set(err, "--output %s: a model is a file; it is never written to standard output", o->out);
	if (count_stdin(o) > 1)
		return cp_err_set(err, "standard input can be read once only, and it is named %d times (it is --train where that is not given)",
				  count_stdin(o));
	return 0;
}

/* What a preset says counts as not given; what is said of prompts is compared with that of --init (agree.c). */
void cp_trainer_note_idle(struct cp_trainer *t)
{
	const struct cp_train_opts *o = &t->o;
	enum { PLM, PROMPTS, THEIR_FORM, THEIR_LAYERS, WORDS, SOFTMAX, VALID, N_ABOUT };
	static const struct { const char *name; size_t given; int about; } option[] = {
#define OPTION(name, field, about) { name, offsetof(struct cp_train_opts, given.field), about }
		OPTION("prompts", prompts, PROMPTS), OPTION("plm-lr", plm_lr, PLM), OPTION("plm-weight-decay", plm_weight_decay, PLM),
		OPTION("max-length", max_length, PLM),
		OPTION("prompt-where", prompt_where, THEIR_FORM), OPTION("prompt-mlp", prompt_mlp, THEIR_LAYERS), OPTION("no-shift", shift, THEIR_LAYERS),
		OPTION("decoder", decoder, WORDS), OPTION("static", is_static, WORDS), OPTION("full-vocab", full_vocab, SOFTMAX),
		OPTION("patience", patience, VALID), OPTION("eval-every", eval_every, VALID), OPTION("monitor", monitor, VALID),
#undef OPTION
	};
	int pretrain = o->stage == CP_STAGE_PRETRAIN, plm = o->stage != CP_STAGE_CTR && (o->stage != CP_STAGE_FINETUNE || o->with_plm);
	int prompts = plm && o->prompts && (pretrain || o->with_plm), input = prompts && o->prompt_where == CP_PROMPTS_AT_INPUT;
	int there[N_ABOUT] = { plm, plm || o->init, prompts || o->init, (prompts && !input) || o->init, pretrain, pretrain || o->stage == CP_STAGE_P5,
			       o->valid.n > 0 };
	const char *const none = o->prompts ? "prompts" : "prompts by --prompts 0";
	const char *const lacks[N_ABOUT] = { "language model", "prompts", none, input ? "prompts in its layers by --prompt-where input" : none,
					     "words to fill in", "softmax over words", "--valid to judge by here" };
	char word[CP_WORD];
	const char *stage = o->stage == CP_STAGE_FINETUNE && !o->with_plm ? "finetune without --with-plm" : cp_choice_word(CP_STAGES, o->stage, word);
	for (size_t i = 0; i < sizeof option / sizeof *option; i++)
		if (*(const int *)((const char *)o + option[i].given) && !there[option[i].about])
			cp_trainer_note(t, "--%s does nothing: --stage %s has no %s", option[i].name, stage, lacks[option[i].about]);
}
