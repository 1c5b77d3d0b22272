/* Weights of a Hugging Face folder, under whatever names its maker saved them. */
#include <stdlib.h>
#include <string.h>

#include "nn/safetensors.h"
#include "plm/plm.h"

/* Heads by their names in BertForMaskedLM, RobertaForMaskedLM and in ours. */
static const struct { const char *theirs, *ours; } heads[] = {
	{ "cls.predictions.transform.dense.", "mlm.dense." },
	{ "cls.predictions.transform.LayerNorm.", "mlm.norm." },
	{ "cls.predictions.decoder.weight", "mlm.decoder.weight" },
	{ "cls.predictions.bias", "mlm.bias" },
	{ "lm_head.transform.dense.", "mlm.dense." },
	{ "lm_head.transform.LayerNorm.", "mlm.norm." },
	{ "lm_head.dense.", "mlm.dense." },
	{ "lm_head.layer_norm.", "mlm.norm." },
	{ "lm_head.decoder.weight", "mlm.decoder.weight" },
	{ "lm_head.bias", "mlm.bias" },
};

/* What stands in our list under its own name behind "plm.": BERT's and RoBERTa's encoder, T5. */
static const char *const bodies[] = { "embeddings.", "encoder.", "decoder.", "shared.", "lm_head.weight", "whole_word_embeddings." };

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

static int same_shape(const struct nn_param *p, const struct nn_tensor *t)
{
	if (p->n_dims != t->n_dims)
		return 0;
	for (int i = 0; i < p->n_dims; i++)
		if (p->dims[i] != t->shape[i])
			return 0;
	return 1;
}

static int take(struct nn_param *p, const struct nn_tensor *t, const char *path, struct cp_err *err)
{
	if (!same_shape(p, t)) {
		struct cp_buf has = CP_BUF_INIT, want = CP_BUF_INIT;
		for (int i = 0; i < t->n_dims; i++)
			cp_buf_printf(&has, "%s%zu", i ? "x" : "", t->shape[i]);
		for (int i = 0; i < p->n_dims; i++)
			cp_buf_printf(&want, "%s%zu", i ? "x" : "", p->dims[i]);
		cp_err_set(err, "%s: tensor '%s' is %s; config.json makes it %s", path, t->name, has.data, want.data);
		cp_buf_release(&has);
		cp_buf_release(&want);
		return -1;
	}
	if (nn_tensor_floats(t, p->val, p->n, err) < 0)
		return cp_err_wrap(err, "%s", path);
	p->loaded = 1;
	return 0;
}

/* What the file left open: the encoder must be whole; a decoder of its own starts as a copy of the word embeddings. */
static int fill_rest(struct nn_params *ps, const char *path, struct cp_err *err)
{
	struct nn_param *word = nn_params_find(ps, "plm.embeddings.word_embeddings.weight"), *dec = nn_params_find(ps, "mlm.decoder.weight");
	for (int i = 0; i < ps->n; i++)
		if (!strncmp(ps->v[i]->name, "plm.", 4) && !ps->v[i]->loaded && strcmp(ps->v[i]->name, "plm.whole_word_embeddings.weight"))
			return cp_err_set(err, "%s: tensor '%s' is missing", path, ps->v[i]->name + 4);
	if (dec && !dec->loaded) {
		memcpy(dec->val, word->val, dec->n * sizeof *dec->val);
		dec->loaded = 1;
	}
	return 0;
}

int plm_load(struct nn_params *ps, const struct plm_config *c, const char *dir, struct cp_buf *unused, struct cp_err *err)
{
	(void)c;
	char *path = cp_xasprintf("%s/model.safetensors", dir);
	struct cp_buf own = CP_BUF_INIT;
	struct nn_safetensors *s = nn_safetensors_open(path, err);
	int rc = s ? 0 : -1;
	for (size_t i = 0; !rc && i < nn_safetensors_count(s); i++) {
		const struct nn_tensor *t = nn_safetensors_at(s, i);
		struct nn_param *p = plm_own_name(t->name, &own) ? nn_params_find(ps, own.data) : NULL;
		if (p)
			rc = take(p, t, path, err);
		else if (unused)
			cp_buf_printf(unused, "%s\n", t->name);
	}
	if (!rc)
		rc = fill_rest(ps, path, err);
	nn_safetensors_close(s);
	cp_buf_release(&own);
	free(path);
	return rc;
}
