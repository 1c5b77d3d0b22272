/* config.json of a Hugging Face folder, and models that start from nothing. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"
#include "plm/plm.h"

static int check_sizes(const struct plm_config *c, const char *name, struct cp_err *err)
{
	if (c->layers < 1 || c->layers > PLM_MAX_LAYERS)
		return cp_err_set(err, "%s: %zu layers; expected 1 to %d", name, c->layers, PLM_MAX_LAYERS);
	if (c->hidden < 1 || c->hidden > 65536 || c->heads < 1 || c->hidden % c->heads)
		return cp_err_set(err, "%s: hidden size %zu is not a multiple of %zu heads", name, c->hidden, c->heads);
	if (c->ffn < 1 || c->ffn > 1 << 20 || c->positions < 4 || c->positions > 1 << 20 || c->types < 1 || c->types > 1024 || c->vocab > 1 << 24)
		return cp_err_set(err, "%s: a size is out of range (feed-forward %zu, positions %zu, token types %zu, vocabulary %zu)", name, c->ffn,
				  c->positions, c->types, c->vocab);
	if (c->vocab && c->pad >= c->vocab)
		return cp_err_set(err, "%s: pad_token_id %u is outside the vocabulary of %zu", name, c->pad, c->vocab);
	return 0;
}

static int get_size(const json_t *o, const char *key, size_t *out, const char *name, struct cp_err *err)
{
	const json_t *v = json_object_get(o, key);
	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return cp_err_set(err, "%s: '%s' is %s; expected a whole number", name, key, v ? "no whole number" : "missing");
	*out = (size_t)json_integer_value(v);
	return 0;
}

/* 0 to below `end`; *out stays where the key is not there or no number. */
static int get_real(const json_t *o, const char *key, double end, double *out, const char *name, struct cp_err *err)
{
	const json_t *v = json_object_get(o, key);
	double x = json_is_number(v) ? json_number_value(v) : *out;
	if (!(x >= 0 && x < end))
		return cp_err_set(err, "%s: '%s' is %g; expected 0 or more and less than %g", name, key, x, end);
	*out = x;
	return 0;
}

static int known_kind(const json_t *o, struct plm_config *c, const char *name, struct cp_err *err)
{
	const char *type = json_string_value(json_object_get(o, "model_type"));
	const char *act = json_string_value(json_object_get(o, "hidden_act"));
	const char *pos = json_string_value(json_object_get(o, "position_embedding_type"));
	if (!type)
		return cp_err_set(err, "%s: 'model_type' is missing; expected bert or roberta", name);
	if (!strcmp(type, "bert"))
		c->family = PLM_BERT;
	else if (!strcmp(type, "roberta"))
		c->family = PLM_ROBERTA;
	else
		return cp_err_set(err, "%s: model_type '%s' is not one this version reads; expected bert or roberta", name, type);
	if (act && strcmp(act, "gelu"))
		return cp_err_set(err, "%s: hidden_act '%s' is not one this version has; expected gelu", name, act);
	if (pos && strcmp(pos, "absolute"))
		return cp_err_set(err, "%s: position_embedding_type '%s' is not one this version has; expected absolute", name, pos);
	return 0;
}

int plm_config_parse(struct plm_config *c, const char *json, size_t len, const char *name, struct cp_err *err)
{
	json_error_t je;
	size_t pad;
	memset(c, 0, sizeof *c);
	json_t *o = json_loadb(json, len, JSON_REJECT_DUPLICATES, &je);
	if (!json_is_object(o)) {
		json_decref(o);
		return cp_err_set(err, "%s: line %d: not a JSON object: %s", name, je.line, je.text);
	}
	int bad = known_kind(o, c, name, err) < 0 || get_size(o, "num_hidden_layers", &c->layers, name, err) < 0 ||
		  get_size(o, "hidden_size", &c->hidden, name, err) < 0 || get_size(o, "num_attention_heads", &c->heads, name, err) < 0 ||
		  get_size(o, "intermediate_size", &c->ffn, name, err) < 0 ||
		  get_size(o, "max_position_embeddings", &c->positions, name, err) < 0 || get_size(o, "vocab_size", &c->vocab, name, err) < 0;
	c->types = 2;
	pad = c->family == PLM_ROBERTA;
	if (!bad && json_object_get(o, "type_vocab_size"))
		bad = get_size(o, "type_vocab_size", &c->types, name, err) < 0;
	if (!bad && json_is_integer(json_object_get(o, "pad_token_id")))
		bad = get_size(o, "pad_token_id", &pad, name, err) < 0;
	if (!bad && pad > UINT32_MAX)
		bad = cp_err_set(err, "%s: pad_token_id %zu is no id of a token", name, pad) < 0;
	c->pad = (uint32_t)pad;
	c->eps = 1e-12;
	c->dropout = c->attention_dropout = 0.1;
	bad = bad || get_real(o, "layer_norm_eps", 1e6, &c->eps, name, err) < 0 || get_real(o, "hidden_dropout_prob", 1, &c->dropout, name, err) < 0 ||
	      get_real(o, "attention_probs_dropout_prob", 1, &c->attention_dropout, name, err) < 0;
	json_decref(o);
	return bad ? -1 : check_sizes(c, name, err);
}

int plm_config_read(struct plm_config *c, const char *dir, struct cp_err *err)
{
	struct cp_buf text = CP_BUF_INIT;
	char *path = cp_xasprintf("%s/config.json", dir), *weights = cp_xasprintf("%s/model.safetensors", dir);
	char *bin = cp_xasprintf("%s/pytorch_model.bin", dir);
	int rc = cp_read_file(path, &text, err);
	if (rc < 0)
		cp_err_wrap(err, "no language model in '%s'", dir);
	else
		rc = plm_config_parse(c, text.data, text.len, path, err);
	if (!rc) {
		c->has_weights = !access(weights, R_OK);
		if (!c->has_weights && !access(bin, R_OK))
			rc = cp_err_set(err, "%s: only pytorch_model.bin is there, which is not read; convert it to model.safetensors (transformers: "
					"save_pretrained(DIR, safe_serialization=True))", dir);
	}
	free(path);
	free(weights);
	free(bin);
	cp_buf_release(&text);
	return rc;
}

void plm_config_print(const struct plm_config *c, struct cp_buf *out)
{
	char eps[32], drop[32], adrop[32];
	int roberta = c->family == PLM_ROBERTA;
	cp_buf_printf(out,
		      "{\"architectures\":[\"%s\"],\"attention_probs_dropout_prob\":%s,\"hidden_act\":\"gelu\",\"hidden_dropout_prob\":%s,"
		      "\"hidden_size\":%zu,\"initializer_range\":0.02,\"intermediate_size\":%zu,\"layer_norm_eps\":%s,"
		      "\"max_position_embeddings\":%zu,\"model_type\":\"%s\",\"num_attention_heads\":%zu,\"num_hidden_layers\":%zu,"
		      "\"pad_token_id\":%u,\"position_embedding_type\":\"absolute\",\"type_vocab_size\":%zu,\"vocab_size\":%zu}",
		      roberta ? "RobertaForMaskedLM" : "BertForMaskedLM", cp_print_real(c->attention_dropout, adrop), cp_print_real(c->dropout, drop),
		      c->hidden, c->ffn, cp_print_real(c->eps, eps), c->positions, roberta ? "roberta" : "bert", c->heads, c->layers, c->pad, c->types,
		      c->vocab);
}

int plm_config_scratch(struct plm_config *c, const char *spec, struct cp_err *err)
{
	struct { const char *name; size_t *at; } known[] = {
		{ "layers", &c->layers }, { "hidden", &c->hidden }, { "heads", &c->heads }, { "ffn", &c->ffn }, { "positions", &c->positions },
	};
	*c = (struct plm_config){ .family = PLM_BERT, .layers = 2, .hidden = 128, .heads = 2, .positions = 512, .types = 2, .eps = 1e-12,
				  .dropout = 0.1, .attention_dropout = 0.1 };
	while (*spec) {
		size_t n = strcspn(spec, ","), i;
		char *word = cp_xstrndup(spec, n), *eq = strchr(word, '=');
		uint64_t v = 0;
		for (i = 0; eq && i < sizeof known / sizeof *known; i++)
			if (strlen(known[i].name) == (size_t)(eq - word) && !strncmp(known[i].name, word, (size_t)(eq - word)))
				break;
		int bad = !eq || i == sizeof known / sizeof *known || cp_parse_u64(eq + 1, &v) < 0;
		if (bad)
			cp_err_set(err, "--plm scratch: '%s' is not one of layers=, hidden=, heads=, ffn=, positions= and a whole number", word);
		else
			*known[i].at = (size_t)v;
		free(word);
		if (bad)
			return -1;
		spec += n + (spec[n] == ',');
	}
	if (!c->ffn)
		c->ffn = 4 * c->hidden;
	return check_sizes(c, "--plm scratch", err);
}
