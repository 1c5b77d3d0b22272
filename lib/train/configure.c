/* From options, and the model of --init, to the configuration of the model that training ends in. */
#include <string.h>

#include "base/choice.h"
#include "base/file.h"
#include "train/trainer.h"

const char *cp_trainer_folder(const struct cp_trainer *t)
{
	return t->source.scratch || !t->m->c.plm.has_weights ? NULL : t->source.dir;
}

static int ctr_fresh(struct cp_trainer *t, struct cp_err *err)
{
	ctr_config_init(&t->m->c.ctr, ctr_find(t->o.model), 0, 0);
	t->m->c.has_ctr = 1;
	return cp_trainer_apply_sets(t, &t->m->c.ctr, err);
}

/* Where a language model comes from when --init has none: a folder, or nothing but sizes and the project's own vocabulary. */
static int find_source(struct cp_trainer *t, struct cp_err *err)
{
	const char *p = t->o.plm;
	t->source.scratch = p && cp_plm_scratch(p);
	t->source.dir = p && !t->source.scratch ? cp_xstrdup(p) : cp_share_path("plm", err);
	return t->source.dir ? 0 : -1;
}

/* Of T5 and the encoders each has its stages.  What has no weights yet becomes the kind that is wanted. */
static int fit_family(struct cp_trainer *t, const char *dir, int may_change, struct cp_err *err)
{
	struct plm_config *c = &t->m->c.plm;
	char word[CP_WORD];
	int p5 = t->o.stage == CP_STAGE_P5;
	if (p5 && c->family != PLM_T5 && may_change)
		plm_config_as_t5(c, cp_tokenizer_special(t->m->tokenizer, CP_TOK_SEP));
	if (p5 != (c->family == PLM_T5))
		return p5 ? cp_err_set(err, "%s: a language model of the BERT family; --stage p5 takes a T5", dir)
			  : cp_err_set(err, "%s: a T5, which goes with --stage p5; --stage %s takes BERT or RoBERTa", dir, cp_choice_word(CP_STAGES, t->o.stage, word));
	if (!p5)
		return 0;
	if (!c->words)
		c->words = CP_P5_WORDS;
	if (c->eos >= c->vocab)
		return cp_err_set(err, "%s: its tokenizer has no token that ends an answer", dir);
	t->m->p5 = cp_p5_new(t->m->tokenizer, c, dir, err);
	return t->m->p5 ? 0 : -1;
}

static int plm_fresh(struct cp_trainer *t, struct cp_err *err)
{
	const struct cp_plm_source *s = &t->source;
	struct cp_model_config *c = &t->m->c;
	if (find_source(t, err) < 0 || plm_config_read(&c->plm, s->dir, err) < 0)
		return -1;
	if (t->o.plm && !s->scratch && !c->plm.has_weights)
		cp_trainer_note(t, "%s: no weights (model.safetensors) in it; the language model starts from nothing", s->dir);
	t->m->tokenizer = cp_tokenizer_open(s->dir, err);
	if (!t->m->tokenizer)
		return -1;
	uint32_t n = cp_tokenizer_size(t->m->tokenizer), pad = cp_tokenizer_special(t->m->tokenizer, CP_TOK_PAD);
	if (s->scratch) {
		if (plm_config_scratch(&c->plm, cp_plm_scratch(t->o.plm), err) < 0)
			return -1;
		c->plm.vocab = n;
		c->plm.pad = pad == CP_TOK_NONE ? 0 : pad;
	}
	if (c->plm.vocab < n)
		return cp_err_set(err, "%s: its tokenizer has %u entries, its model only %zu", s->dir, n, c->plm.vocab);
	c->has_plm = 1;
	c->plm_from_nothing = !cp_trainer_folder(t);
	return fit_family(t, s->dir, s->scratch || !t->o.plm, err);
}

static int limit_tokens(struct cp_trainer *t, struct cp_err *err)
{
	struct cp_model_config *c = &t->m->c;
	size_t most = plm_max_tokens(&c->plm, &c->prompting);
	if ((size_t)t->o.max_length > most)
		return cp_err_set(err, "--max-length %lld: the language model has positions for %zu tokens beside the prompts",
				  (long long)t->o.max_length, most);
	if (most < 3)
		return cp_err_set(err, "the language model's %zu positions leave no room for tokens beside %d prompts", c->plm.positions, c->prompting.k);
	if (!c->max_tokens || t->o.given.max_length)
		c->max_tokens = t->o.max_length ? (size_t)t->o.max_length : plm_usual_tokens(&c->plm, &c->prompting);
	return 0;
}

static struct nn_optimiser optimiser_of(const struct cp_train_opts *o)
{
	struct nn_optimiser opt = NN_OPTIMISER_DEFAULT;
	opt.rule = (enum nn_rule)o->optimizer;
	opt.momentum = o->momentum;
	opt.l1 = o->ftrl_l1;
	opt.l2 = o->ftrl_l2;
	opt.beta = o->ftrl_beta;
	opt.clip = o->clip;
	return opt;
}

static void rates(struct cp_trainer *t, int pretrained)
{
	double plm = t->o.plm_lr >= 0 ? t->o.plm_lr : pretrained ? 5e-5 : t->o.lr;
	t->base_lr[CP_GROUP_CTR] = t->o.lr;
	t->base_lr[CP_GROUP_PLM] = plm;
	t->base_lr[CP_GROUP_HEAD] = plm > 0 ? plm : t->o.lr;	/* a head that took no step would stay noise */
	t->decay[CP_GROUP_CTR] = t->o.weight_decay;
	t->decay[CP_GROUP_PLM] = t->decay[CP_GROUP_HEAD] = t->o.plm_weight_decay;
	t->m->c.plm_frozen = plm == 0;
	t->opt = optimiser_of(&t->o);
	t->opt.group_decay = t->decay;
}

/* What stands on the language model.  A model that was finetuned before keeps its heads, unless told otherwise. */
static int heads(struct cp_trainer *t, int init_has_plm, int init_clicks, struct cp_err *err)
{
	struct cp_model_config *c = &t->m->c;
	if (c->baseline) {
		c->pooler = c->baseline == CP_CTRL ? PLM_POOL_AVG : PLM_POOL_CLS;
		return 0;
	}
	char word[CP_WORD];
	int keep = init_has_plm && init_clicks, folder_head = cp_trainer_folder(t) && c->plm.has_lm_head && c->plm.tie != PLM_TIED;
	if (!keep || t->o.given.pooler)
		c->pooler = t->o.pooler;
	if (!keep || t->o.given.fusion)
		c->fusion = t->o.fusion;
	if (!keep || t->o.given.usage)
		c->usage = t->o.usage;
	if (c->usage != CP_USAGE_NO && !c->prompting.k)
		return cp_err_set(err, "--prompt-usage %s reads the prompts, and %s has none", cp_choice_word(CP_USAGES, t->o.usage, word), t->o.init);
	if (!init_has_plm || t->o.decoder != CP_DECODER_AUTO)
		c->tied = t->o.decoder == CP_DECODER_AUTO ? !folder_head : t->o.decoder == CP_DECODER_TIED;
	return 0;
}

/* had_plm, had_clicks: of the model that --init names, if any. */
static int configure_plm(struct cp_trainer *t, int had_plm, int had_clicks, struct cp_err *err)
{
	struct cp_model_config *c = &t->m->c;
	if (!had_plm && plm_fresh(t, err) < 0)
		return -1;
	if (!had_plm && t->o.stage != CP_STAGE_P5 && !c->baseline)
		cp_trainer_prompting(&t->o, &c->prompting);
	if (t->o.plm_dropout >= 0)
		c->plm.dropout = c->plm.attention_dropout = t->o.plm_dropout;
	return heads(t, had_plm, had_clicks, err) < 0 ? -1 : limit_tokens(t, err);
}

static void drop_plm(struct cp_model *m)
{
	m->c.has_plm = 0;
	m->c.usage = CP_USAGE_NO;
	cp_tokenizer_free(m->tokenizer);
	m->tokenizer = NULL;
}

int cp_trainer_configure(struct cp_trainer *t, struct cp_err *err)
{
	struct cp_model_config *c = &t->m->c;
	int pretrain = t->o.stage == CP_STAGE_PRETRAIN, p5 = t->o.stage == CP_STAGE_P5, baseline = cp_trainer_baseline(t);
	int had_plm = c->has_plm, had_clicks = t->o.init && c->objective == CP_OBJECTIVE_CLICK;
	if (t->o.init && cp_trainer_agrees(t, err) < 0)
		return -1;
	c->objective = pretrain ? CP_OBJECTIVE_LM : baseline == CP_CTRL ? CP_OBJECTIVE_PAIRS : CP_OBJECTIVE_CLICK;
	c->baseline = baseline;
	if (!c->has_ctr && !cp_train_is_text_alone(&t->o) && (!pretrain || t->o.prompts) && ctr_fresh(t, err) < 0)
		return -1;
	if (!pretrain && !p5 && !baseline && !t->o.with_plm)
		drop_plm(t->m);
	else if (configure_plm(t, had_plm, had_clicks, err) < 0)
		return -1;
	c->ctrl.subspaces = (size_t)t->o.subspaces;
	c->ctrl.temperature = t->o.temperature;
	c->ctrl.batch = (size_t)t->o.batch;
	rates(t, !p5 && c->has_plm && !c->plm_from_nothing);
	return 0;
}
