/* Weights of a Hugging Face folder, under whatever names its maker saved them. */
#include <math.h>
#include <string.h>

#include "nn/safetensors.h"
#include "plm/plm.h"

/* Heads by their names in BertForMaskedLM, RobertaForMaskedLM and in ours. */
static const struct { const char *theirs, *ours; } heads[] = {
	{ "cls.predictions.transform.dense.", "mlm.dense." },
	{ "cls.predictions.transform.LayerNorm.", "mlm.norm." },
	{ "cls.predictions.decoder.weight", "mlm.decoder.weight" },
	{ "cls.predictions.bias", "mlm.bias" },
	{ "cls.predictions.decoder.bias", "mlm.bias" },		/* the same one once more, or, in some files, its only name */
	{ "lm_head.transform.dense.", "mlm.dense." },
	{ "lm_head.transform.LayerNorm.", "mlm.norm." },
	{ "lm_head.dense.", "mlm.dense." },
	{ "lm_head.layer_norm.", "mlm.norm." },
	{ "lm_head.decoder.weight", "mlm.decoder.weight" },
	{ "lm_head.bias", "mlm.bias" },
	{ "lm_head.decoder.bias", "mlm.bias" },
};

/* What stands in our list under its own name behind "plm.": BERT's and RoBERTa's encoder, T5. */
static const char *const bodies[] = { "embeddings.", "encoder.", "decoder.", "shared.", "lm_head.weight", "whole_word_embeddings.",
					"pooler." };

static const char *skip_prefix(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);
	return strncmp(s, prefix, n) ? s : s + n;
}

/* LayerNorm.gamma and .beta are what the first BERT files called .weight and .bias. */
static void modern_suffix(struct cp_buf *b)
{
	static const char *const old[] = { ".gamma", ".beta" }, *const now[] = { ".weight", ".bias" };
	for (int i = 0; i < 2; i++) {
		size_t n = strlen(old[i]);
		if (b->len > n && !strcmp(b->data + b->len - n, old[i])) {
			b->len -= n;
			cp_buf_str(b, now[i]);
			return;
		}
	}
}

int plm_own_name(const char *theirs, struct cp_buf *ours)
{
	cp_buf_reset(ours);
	const char *s = skip_prefix(skip_prefix(theirs, "bert."), "roberta.");
	if (!strcmp(s, "encoder.embed_tokens.weight") || !strcmp(s, "decoder.embed_tokens.weight"))
		s = "shared.weight";	/* T5's one table by other names */
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
		if (!strncmp(s, bodies[i], strlen(bodies[i])))
			cp_buf_printf(ours, "plm.%s", s);
	for (size_t i = 0; !ours->len && i < sizeof heads / sizeof *heads; i++) {
		size_t n = strlen(heads[i].theirs);
		if (!strncmp(s, heads[i].theirs, n))
			cp_buf_printf(ours, "%s%s", heads[i].ours, s + n);
	}
	modern_suffix(ours);
	return ours->len > 0;
}

/* BERT's head, then RoBERTa's; the first row of a name in the table above is the one that is written. */
int plm_their_name(const struct plm_config *c, const char *ours, int has_head, struct cp_buf *theirs)
{
	static const char *const families[] = { "cls.", "lm_head." };
	cp_buf_reset(theirs);
	if (!strncmp(ours, "plm.", 4)) {
		cp_buf_printf(theirs, "%s%s", !has_head || c->family == PLM_T5 ? "" : c->family == PLM_BERT ? "bert." : "roberta.", ours + 4);
		return 1;
	}
	for (size_t i = 0; c->family != PLM_T5 && i < sizeof heads / sizeof *heads; i++) {
		const char *family = families[c->family == PLM_ROBERTA];
		size_t n = strlen(heads[i].ours);
		if (strncmp(heads[i].theirs, family, strlen(family)) || strstr(heads[i].theirs, "lm_head.transform") || strncmp(ours, heads[i].ours, n))
			continue;
		cp_buf_printf(theirs, "%s%s", heads[i].theirs, ours + n);
		return 1;
	}
	return 0;
}

/* --- Tensors ------------------------------------------------------------------------------------------------------------------------ */

static int take(struct nn_param *p, const struct nn_tensor *t, const char *path, struct cp_err *err)
{
	if (!nn_tensor_is(t, p->n_dims, p->dims)) {
		struct cp_buf has = CP_BUF_INIT, want = CP_BUF_INIT;
		for (int i = 0; i < t->n_dims; i++)
			cp_buf_printf(&has, "%s%zu", i ? "x" : "", t->shape[i]);
		for (int i = 0; i < p->n_dims; i++)
			cp_buf_printf(&want, "%s%zu", i ? "x" : "", p->dims[i]);
		cp_err_set(err, "%s: tensor '%s' is %s; config.json makes it %s, so the two are not of one model: fetch both again", path, t->name, has.data,
			   want.data);
		cp_buf_release(&has);
		cp_buf_release(&want);
		return -1;
	}
	if (nn_tensor_floats(t, p->val, p->n, err) < 0)
		return cp_err_wrap(err, "%s", path);
	for (size_t i = 0; i < p->n; i++)
		if (!isfinite(p->val[i]))
			return cp_err_set(err, "%s: tensor '%s' holds %g, and no model can be made of that", path, t->name, (double)p->val[i]);
	p->loaded = 1;
	return 0;
}

/* --- All files of a folder --------------------------------------------------------------------------------------------------------- */

typedef int (*tensor_fn)(void *ctx, const struct nn_tensor *, const char *own, const char *path, struct cp_err *);

/* fn for every tensor of the folder; own is our name for it, or NULL. */
static int each_tensor(const struct plm_files *f, tensor_fn fn, void *ctx, struct cp_err *err)
{
	struct cp_buf own = CP_BUF_INIT;
	int rc = 0;
	for (size_t k = 0; !rc && k < f->n; k++) {
		struct nn_safetensors *s = nn_safetensors_open(f->path[k], err);
		rc = s ? 0 : -1;
		for (size_t i = 0; !rc && i < nn_safetensors_count(s); i++) {
			const struct nn_tensor *t = nn_safetensors_at(s, i);
			rc = fn(ctx, t, plm_own_name(t->name, &own) ? own.data : NULL, f->path[k], err);
		}
		nn_safetensors_close(s);
	}
	cp_buf_release(&own);
	return rc;
}

/* Of the head, and of nothing that can be there without one. */
static int is_of_head(const char *own)
{
	return !strncmp(own, "mlm.dense.", 10) || !strncmp(own, "mlm.norm.", 9);
}

/* That the files have a masked-LM head; and that they are of the family which config.json names, where their names tell. */
static int look_at_name(void *ctx, const struct nn_tensor *t, const char *own, const char *path, struct cp_err *err)
{
	static const struct { const char *prefix; enum plm_family of; } telling[] = {
		{ "bert.", PLM_BERT }, { "cls.", PLM_BERT }, { "roberta.", PLM_ROBERTA }, { "lm_head.dense.", PLM_ROBERTA },
	};
	struct plm_config *c = ctx;
	for (size_t i = 0; i < sizeof telling / sizeof *telling; i++)
		if (!strncmp(t->name, telling[i].prefix, strlen(telling[i].prefix)) && c->family != telling[i].of)
			return cp_err_set(err, "%s: tensor '%s' is one of %s's, and config.json's 'model_type' is of another family; the two are not of one model: "
					  "fetch both again", path, t->name, telling[i].of == PLM_BERT ? "BERT" : "RoBERTa");
	c->has_lm_head |= own && is_of_head(own);
	return 0;
}

int plm_config_look(struct plm_config *c, const char *dir, struct cp_err *err)
{
	struct plm_files f;
	if (plm_files_find(&f, dir, err) < 0)
		return -1;
	c->has_weights = f.n > 0;
	int rc = each_tensor(&f, look_at_name, c, err);
	plm_files_release(&f);
	return rc;
}

struct nn_params *plm_unused_params(const struct plm_config *c)
{
	struct nn_params *ps = nn_params_new();
	nn_params_add(ps, "plm.pooler.dense.weight", 0, 2, (size_t[]){ c->hidden, c->hidden });
	nn_params_add(ps, "plm.pooler.dense.bias", 0, 1, &c->hidden);
	nn_params_alloc(ps, NN_SCORING);
	return ps;
}

struct loading {
	struct nn_params *ps, *aside;
	const struct plm_config *c;
	struct cp_buf *unused;
};

static int load_one(void *ctx, const struct nn_tensor *t, const char *own, const char *path, struct cp_err *err)
{
	const struct loading *l = ctx;
	struct nn_param *p = own ? nn_params_find(l->ps, own) : NULL;
	if (!p && own && l->aside)
		p = nn_params_find(l->aside, own);
	const char *decoder = l->c->family == PLM_T5 ? "plm.lm_head.weight" : "mlm.decoder.weight";
	int again = own && !strcmp(own, decoder) && l->c->tie != PLM_UNTIED;	/* the word embeddings once more */
	if (p && !again)
		return take(p, t, path, err);
	if (l->unused && !again)
		cp_buf_printf(l->unused, "%s\n", t->name);
	return 0;
}

static int has_head(const struct loading *l)
{
	int has = 0;
	for (int i = 0; i < l->ps->n; i++)
		has |= is_of_head(l->ps->v[i]->name) && l->ps->v[i]->loaded;
	return has;
}

/* Whether it may start fresh: what the files of others do not have, and a whole head. */
static int may_be_missing(const struct loading *l, const char *own)
{
	if (!strncmp(own, "plm.", 4))
		return !strcmp(own, "plm.whole_word_embeddings.weight");
	return strncmp(own, "mlm.", 4) || !has_head(l);
}

/* What the files left open: the encoder must be whole; a decoder of its own starts as a copy of the word embeddings, unless the folder says that it has
 * another. */
static int fill_rest(const struct loading *l, const struct plm_files *f, const char *dir, struct cp_err *err)
{
	struct cp_buf theirs = CP_BUF_INIT;
	struct nn_param *word = nn_params_find(l->ps, "plm.embeddings.word_embeddings.weight"), *dec = nn_params_find(l->ps, "mlm.decoder.weight");
	if (dec && !dec->loaded && word->loaded && !(l->c->tie == PLM_UNTIED && has_head(l))) {
		memcpy(dec->val, word->val, dec->n * sizeof *dec->val);
		dec->loaded = 1;
	}
	int rc = 0;
	for (int i = 0; !rc && i < l->ps->n; i++) {
		const struct nn_param *p = l->ps->v[i];
		if (p->loaded || may_be_missing(l, p->name) || !plm_their_name(l->c, p->name, *p->name == 'm', &theirs))
			continue;
		rc = cp_err_set(err, "%s: tensor '%s' is missing, of a model as config.json has it; the two are not of one model, or not whole: fetch both "
				 "again", f->n == 1 ? f->path[0] : dir, theirs.data);
	}
	cp_buf_release(&theirs);
	return rc;
}

int plm_load(struct nn_params *ps, struct nn_params *aside, const struct plm_config *c, const char *dir, struct cp_buf *unused, struct cp_err *err)
{
	struct loading l = { ps, aside, c, unused };
	struct plm_files f;
	if (plm_files_find(&f, dir, err) < 0)
		return -1;
	int rc = f.n ? each_tensor(&f, load_one, &l, err) : cp_err_set(err, "%s: no weights (model.safetensors) in it", dir);
	if (!rc)
		rc = fill_rest(&l, &f, dir, err);
	plm_files_release(&f);
	return rc;
}
