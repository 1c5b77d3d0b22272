/* What --init says of a model stands: options may repeat it, and are refused where they say otherwise, by the first thing that differs. */
#include <string.h>

#include "base/choice.h"
#include "base/list.h"
#include "base/mem.h"
#include "train/trainer.h"

int cp_trainer_apply_sets(struct cp_trainer *t, struct ctr_config *c, struct cp_err *err)
{
	for (int i = 0; i < t->o.set.n; i++)
		if (ctr_config_set(c, t->o.set.v[i], err) < 0)
			return -1;
	return 0;
}

void cp_trainer_prompting(const struct cp_train_opts *o, struct plm_prompting *p)
{
	p->k = (int)o->prompts;
	p->where = !p->k ? PLM_PROMPT_NONE : o->prompt_where == CP_PROMPTS_AT_INPUT ? PLM_PROMPT_INPUT : PLM_PROMPT_LAYERS;
	p->separate = p->where == PLM_PROMPT_LAYERS && o->prompt_mlp == CP_MLP_SEPARATE;
	p->shift = p->where == PLM_PROMPT_LAYERS && !o->no_shift;
}

/* ---- sizes: lists of words NAME=VALUE ---- */

#define GOES_ON ", and training goes on with that model"

static int name_length(const char *word) { return (int)strcspn(word, "="); }

/* The size of this word's name in a list, n bytes; NULL: it is not there, as widths by field are where there are none. */
static const char *size_named(const char *list, const char *word, int *n)
{
	const char *p;
	size_t len;
	while (cp_next_piece(&list, ' ', &p, &len))
		if (name_length(p) == name_length(word) && !memcmp(p, word, (size_t)name_length(word))) {
			*n = (int)len;
			return p;
		}
	return NULL;
}

/* First what the model has, then what it has not. */
static int sizes_agree(const char *init, const char *has, const char *asked, struct cp_err *err)
{
	const char *p, *q;
	size_t len;
	int n, k;
	for (const char *list = has; cp_next_piece(&list, ' ', &p, &len); ) {
		n = (int)len;
		q = size_named(asked, p, &k);
		if (!q)
			return cp_err_set(err, "--set %.*s=: %s was made with %.*s" GOES_ON, name_length(p), p, init, n, p);
		if (n != k || memcmp(p, q, len))
			return cp_err_set(err, "--set %.*s: %s was made with %.*s" GOES_ON, k, q, init, n, p);
	}
	while (cp_next_piece(&asked, ' ', &q, &len))
		if (!size_named(has, q, &n))
			return cp_err_set(err, "--set %.*s: %s was made with no %.*s" GOES_ON, (int)len, q, init, name_length(q), q);
	return 0;
}

static int ctr_agrees(struct cp_trainer *t, struct cp_err *err)
{
	struct ctr_config asked = t->m->c.ctr;
	struct cp_buf has = CP_BUF_INIT, a = CP_BUF_INIT;
	if (t->o.given.model && strcmp(t->o.model, asked.model->name))
		return cp_err_set(err, "--model %s: %s holds %s" GOES_ON, t->o.model, t->o.init, asked.model->name);
	if (cp_trainer_apply_sets(t, &asked, err) < 0)
		return -1;
	ctr_config_print(&t->m->c.ctr, &has);
	ctr_config_print(&asked, &a);
	int rc = sizes_agree(t->o.init, has.data, a.data, err);
	cp_buf_release(&has);
	cp_buf_release(&a);
	return rc;
}

static int prompting_agrees(const struct cp_train_opts *o, const struct plm_prompting *has, struct cp_err *err)
{
	static const char *const where[] = { "no prompts", "prompts before every layer", "prompts before the input" };
	struct plm_prompting p;
	char word[CP_WORD];
	cp_trainer_prompting(o, &p);
	if (o->given.prompts && p.k != has->k)
		return cp_err_set(err, "--prompts %d: %s was pretrained with %d", p.k, o->init, has->k);
	if (o->given.prompt_where && p.where != has->where)
		return cp_err_set(err, "--prompt-where %s: %s was pretrained with %s", cp_choice_word(CP_PROMPT_PLACES, o->prompt_where, word), o->init,
				  where[has->where]);
	if (o->given.prompt_mlp && p.separate != has->separate)
		return cp_err_set(err, "--prompt-mlp %s: %s was pretrained with %s", cp_choice_word(CP_PROMPT_MLPS, o->prompt_mlp, word), o->init,
				  has->separate ? "an MLP for each layer and prompt" : "a shared one");
	if (o->given.shift && p.shift != has->shift)
		return cp_err_set(err, "--no-shift: %s was pretrained with shifted positions", o->init);
	return 0;
}

static const char *family(const struct plm_config *c)
{
	static const char *const name[] = { "BERT", "RoBERTa", "T5" };
	return name[c->family];
}

static int other_size(const struct cp_trainer *t, size_t asked, const char *what, size_t has, struct cp_err *err)
{
	return asked == has ? 0 : cp_err_set(err, "--plm %s: %zu %s; %s was pretrained with %zu", t->o.plm, asked, what, t->o.init, has);
}

static int same_tokenizer(const struct cp_trainer *t, struct cp_err *err)
{
	struct cp_tokenizer *asked = cp_tokenizer_open(t->o.plm, err);
	int rc = asked ? 0 : -1;
	if (asked && strcmp(cp_tokenizer_digest(asked), cp_tokenizer_digest(t->m->tokenizer)))
		rc = cp_err_set(err, "--plm %s: another tokenizer than the one %s was pretrained with", t->o.plm, t->o.init);
	cp_tokenizer_free(asked);
	return rc;
}

/* A folder's weights are not read; where they are not those that --init tells it began with, it is said. */
static void note_weights(struct cp_trainer *t)
{
	json_t *made = t->m->training ? json_loads(t->m->training, 0, NULL) : NULL, *now = NULL;
	const json_t *then = json_object_get(made, CP_PLM_WEIGHTS);
	if (then && !cp_fingerprint_weights(t->o.plm, &now, NULL) && !json_equal(then, now))
		cp_trainer_note(t, "--plm %s: other weights than those that %s began with; they are not read, as training goes on with that model", t->o.plm,
				t->o.init);
	json_decref(now);
	json_decref(made);
}

/* A second --plm must be the same kind of model.  Without a folder there is nothing but sizes. */
static int plm_agrees(struct cp_trainer *t, struct cp_err *err)
{
	struct plm_config a = { 0 };
	const struct plm_config *b = &t->m->c.plm;
	int scratch = cp_plm_scratch(t->o.plm) != NULL;
	if ((scratch ? plm_config_scratch(&a, cp_plm_scratch(t->o.plm), err) : plm_config_read(&a, t->o.plm, err)) < 0)
		return -1;
	if (!scratch && a.family != b->family)
		return cp_err_set(err, "--plm %s: a %s; %s was pretrained with a %s", t->o.plm, family(&a), t->o.init, family(b));
	if (a.layers != b->layers || a.hidden != b->hidden)
		return cp_err_set(err, "--plm %s: %zu layers of width %zu; %s was pretrained with %zu of %zu", t->o.plm, a.layers, a.hidden, t->o.init,
				  b->layers, b->hidden);
	if (other_size(t, a.heads, "heads", b->heads, err) < 0 || other_size(t, a.ffn, "units in a feed-forward", b->ffn, err) < 0 ||
	    other_size(t, a.positions, "positions", b->positions, err) < 0)
		return -1;
	if (scratch)
		return 0;
	if (other_size(t, a.vocab, "words in its vocabulary", b->vocab, err) < 0 || same_tokenizer(t, err) < 0)
		return -1;
	if (a.has_weights)
		note_weights(t);
	return 0;
}

int cp_trainer_baseline(const struct cp_trainer *t)
{
	switch (t->o.stage) {
	case CP_STAGE_PTAB: return CP_PTAB;
	case CP_STAGE_CTR_BERT: return CP_CTR_BERT;
	case CP_STAGE_CTRL: return CP_CTRL;
	default: return CP_NO_BASELINE;
	}
}

/* A baseline goes on from its own kind, or from a language model alone; what they make goes on with nothing else, but for CTRL's CTR model. */
static int baseline_agrees(const struct cp_trainer *t, struct cp_err *err)
{
	const struct cp_model *m = t->m;
	int want = cp_trainer_baseline(t), has = m->c.baseline;
	char stage[CP_WORD];
	cp_choice_word(CP_STAGES, t->o.stage, stage);
	if (has && has != want && !(has == CP_CTRL && t->o.stage == CP_STAGE_FINETUNE))
		return cp_err_set(err, "%s: a model of stage %s, which --stage %s does not go on with", t->o.init, m->stage, stage);
	if (want && !has && (m->c.has_ctr || m->c.objective != CP_OBJECTIVE_LM))
		return cp_err_set(err, "%s: a model of stage %s; --stage %s goes on from a language model alone, which --stage pretrain --prompts 0 makes",
				  t->o.init, m->stage, stage);
	if (want == CP_CTR_BERT && has && t->o.given.model && !m->c.has_ctr)
		return cp_err_set(err, "--model %s: %s has no CTR model beside its texts", t->o.model, t->o.init);
	return 0;
}

int cp_trainer_agrees(struct cp_trainer *t, struct cp_err *err)
{
	const struct cp_model_config *c = &t->m->c;
	int p5 = t->o.stage == CP_STAGE_P5;
	if (p5 != !!t->m->p5)
		return cp_err_set(err, p5 ? "%s: no T5, which --stage p5 needs" : "%s: a T5, which --stage p5 made; only --stage p5 goes on with it",
				  t->o.init);
	if (t->o.stage == CP_STAGE_FINETUNE && !c->has_ctr && !t->o.with_plm)
		return cp_err_set(err, "%s: it has no CTR model, so without --with-plm there is nothing in it to go on with", t->o.init);
	if (baseline_agrees(t, err) < 0 || (c->has_ctr && ctr_agrees(t, err) < 0))
		return -1;
	if (!c->has_plm && t->o.given.plm && t->o.stage == CP_STAGE_FINETUNE && !t->o.with_plm)
		return cp_err_set(err, "--plm: %s has no language model; --stage finetune takes one in with --with-plm", t->o.init);
	if (!c->has_plm)
		return 0;
	if (!p5 && prompting_agrees(&t->o, &c->prompting, err) < 0)
		return -1;
	return t->o.given.plm ? plm_agrees(t, err) : 0;
}
