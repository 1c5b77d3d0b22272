/* config.json of a Hugging Face folder, and models that start from nothing. */
#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/list.h"
#include "base/num.h"
#include "plm/plm.h"

static int check_t5(const struct plm_config *c, const char *name, struct cp_err *err)
{
	if (c->decoder_layers < 1 || c->decoder_layers > PLM_MAX_LAYERS)
		return cp_err_set(err, "%s: %zu layers of the decoder; expected 1 to %d", name, c->decoder_layers, PLM_MAX_LAYERS);
	if (c->hidden < 1 || c->hidden > 65536 || c->heads < 1 || c->heads > 1024 || c->head_width < 1 || c->head_width > 65536 || c->ffn < 1 ||
	    c->ffn > 1 << 20 || c->positions < 4 || c->positions > 1 << 20 || c->vocab > 1 << 24 || c->words > 1 << 20)
		return cp_err_set(err, "%s: a size is out of range (width %zu, %zu heads of %zu, feed-forward %zu, positions %zu, vocabulary %zu, whole words %zu)",
				  name, c->hidden, c->heads, c->head_width, c->ffn, c->positions, c->vocab, c->words);
	if (c->buckets < 4 || c->buckets > 4096 || c->far <= c->buckets / 2 || c->far > 1 << 20)
		return cp_err_set(err, "%s: %zu buckets of distances up to %zu; expected 4 or more, and a distance of more than half as many", name,
				  c->buckets, c->far);
	if (c->vocab && (c->pad >= c->vocab || c->eos >= c->vocab || c->start >= c->vocab))
		return cp_err_set(err, "%s: pad_token_id %u, eos_token_id %u or decoder_start_token_id %u is outside the vocabulary of %zu", name, c->pad,
				  c->eos, c->start, c->vocab);
	return 0;
}

static int check_sizes(const struct plm_config *c, const char *name, struct cp_err *err)
{
	if (c->layers < 1 || c->layers > PLM_MAX_LAYERS)
		return cp_err_set(err, "%s: %zu layers; expected 1 to %d", name, c->layers, PLM_MAX_LAYERS);
	if (c->family == PLM_T5)
		return check_t5(c, name, err);
	if (c->hidden < 1 || c->hidden > PLM_MAX_HIDDEN)
		return cp_err_set(err, "%s: hidden size %zu; expected 1 to %d", name, c->hidden, PLM_MAX_HIDDEN);
	if (c->heads < 1 || c->hidden % c->heads)
		return cp_err_set(err, "%s: hidden size %zu is not a multiple of %zu heads", name, c->hidden, c->heads);
	if (c->ffn < 1 || c->ffn > PLM_MAX_FFN || c->positions < PLM_MIN_POSITIONS || c->positions > PLM_MAX_POSITIONS || c->types < 1 ||
	    c->types > 1024 || c->vocab > 1 << 24)
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
		return cp_err_set(err, "%s: '%s' is %s; expected a whole number", name, key, !v ? "missing" : json_is_integer(v) ? "below 0" : "no whole number");
	*out = (size_t)json_integer_value(v);
	return 0;
}

/* 0 to below `end`; *out stays where the key is not there. */
static int get_real(const json_t *o, const char *key, double end, double *out, const char *name, struct cp_err *err)
{
	const json_t *v = json_object_get(o, key);
	double x = json_is_number(v) ? json_number_value(v) : *out;
	if (v && !json_is_number(v) && !json_is_null(v))
		return cp_err_set(err, "%s: '%s' is no number; expected 0 or more and less than %g", name, key, end);
	if (!(x >= 0 && x < end))
		return cp_err_set(err, "%s: '%s' is %g; expected 0 or more and less than %g", name, key, x, end);
	*out = x;
	return 0;
}

/* *out is NULL where the key is not there. */
static int get_text(const json_t *o, const char *key, const char **out, const char *name, struct cp_err *err)
{
	const json_t *v = json_object_get(o, key);
	*out = json_string_value(v);
	return v && !*out && !json_is_null(v) ? cp_err_set(err, "%s: '%s' is no text in quotes", name, key) : 0;
}

/* *out stays where the key is not there. */
static int get_flag(const json_t *o, const char *key, int *out, const char *name, struct cp_err *err)
{
	const json_t *v = json_object_get(o, key);
	if (v && !json_is_boolean(v) && !json_is_null(v))
		return cp_err_set(err, "%s: '%s' is neither true nor false", name, key);
	*out = json_is_boolean(v) ? json_is_true(v) : *out;
	return 0;
}

/* A name that must be one this version has, where it is there at all. */
static int only(const json_t *o, const char *key, const char *has, const char *name, struct cp_err *err)
{
	const char *v;
	if (get_text(o, key, &v, name, err) < 0)
		return -1;
	return v && strcmp(v, has) ? cp_err_set(err, "%s: %s '%s' is not one this version has; expected %s", name, key, v, has) : 0;
}

/* By the names of transformers; the first of each is the one that is written. */
static const struct { const char *name; enum nn_act act; } acts[] = {
	{ "gelu", NN_GELU }, { "gelu_python", NN_GELU }, { "gelu_new", NN_GELU_TANH }, { "gelu_pytorch_tanh", NN_GELU_TANH },
	{ "gelu_fast", NN_GELU_TANH }, { "relu", NN_RELU }, { "silu", NN_SILU }, { "swish", NN_SILU },
};

static const char *act_name(enum nn_act act)
{
	size_t i = 0, n = sizeof acts / sizeof *acts;
	while (i < n && acts[i].act != act)
		i++;
	assert(i < n);
	return acts[i].name;
}

/* said: what stands there; its first `skip` characters are no part of the name. */
static int get_act(const char *said, size_t skip, enum nn_act *out, const char *key, const char *name, struct cp_err *err)
{
	for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
		if (!strcmp(acts[i].name, said + skip)) {
			*out = acts[i].act;
			return 0;
		}
	return cp_err_set(err, "%s: %s '%s' is not one this version has; expected gelu, gelu_new, relu or silu", name, key, said);
}

/* *out stays where the key is not there. */
static int maybe_size(const json_t *o, const char *key, size_t *out, const char *name, struct cp_err *err)
{
	const json_t *v = json_object_get(o, key);
	return v && !json_is_null(v) ? get_size(o, key, out, name, err) : 0;
}

static int get_id(const json_t *o, const char *key, uint32_t otherwise, uint32_t *out, const char *name, struct cp_err *err)
{
	size_t id = otherwise;
	if (maybe_size(o, key, &id, name, err) < 0)
		return -1;
	if (id > UINT32_MAX)
		return cp_err_set(err, "%s: %s %zu is no id of a token", name, key, id);
	*out = (uint32_t)id;
	return 0;
}

static int parse_bert(struct plm_config *c, const json_t *o, const char *name, struct cp_err *err)
{
	const char *act;
	int tie = -1, is_decoder = 0;
	c->types = 2;
	c->act = NN_GELU;
	c->eps = 1e-12;
	c->dropout = c->attention_dropout = 0.1;
	if (get_text(o, "hidden_act", &act, name, err) < 0 || get_flag(o, "tie_word_embeddings", &tie, name, err) < 0 ||
	    get_flag(o, "is_decoder", &is_decoder, name, err) < 0)
		return -1;
	c->tied = tie == 1;
	c->untied = tie == 0;
	if (is_decoder)
		return cp_err_set(err, "%s: 'is_decoder' is true; expected an encoder, whose words see those behind them too", name);
	if ((act && get_act(act, 0, &c->act, "hidden_act", name, err) < 0) || only(o, "position_embedding_type", "absolute", name, err) < 0 ||
	    get_size(o, "num_hidden_layers", &c->layers, name, err) < 0 || get_size(o, "hidden_size", &c->hidden, name, err) < 0 ||
	    get_size(o, "num_attention_heads", &c->heads, name, err) < 0 || get_size(o, "intermediate_size", &c->ffn, name, err) < 0 ||
	    get_size(o, "max_position_embeddings", &c->positions, name, err) < 0 || get_size(o, "vocab_size", &c->vocab, name, err) < 0 ||
	    maybe_size(o, "type_vocab_size", &c->types, name, err) < 0)
		return -1;
	if (get_id(o, "pad_token_id", c->family == PLM_ROBERTA, &c->pad, name, err) < 0 ||
	    get_real(o, "layer_norm_eps", 1e6, &c->eps, name, err) < 0 || get_real(o, "hidden_dropout_prob", 1, &c->dropout, name, err) < 0)
		return -1;
	return get_real(o, "attention_probs_dropout_prob", 1, &c->attention_dropout, name, err);
}

/* "ACT" or "gated-ACT"; "gated-gelu" means GELU as tanh has it, and dense_act_fn, where it is there, says which. */
static int parse_feed_forward(struct plm_config *c, const json_t *o, const char *name, struct cp_err *err)
{
	const char *ff, *act;
	if (get_text(o, "feed_forward_proj", &ff, name, err) < 0 || get_text(o, "dense_act_fn", &act, name, err) < 0)
		return -1;
	if (!ff)
		ff = "relu";
	c->gated = !strncmp(ff, "gated-", 6);
	if (get_flag(o, "is_gated_act", &c->gated, name, err) < 0)
		return -1;
	if (act)
		return get_act(act, 0, &c->act, "dense_act_fn", name, err);
	if (!strcmp(ff, "gated-gelu"))
		ff = "gated-gelu_new";
	return get_act(ff, strncmp(ff, "gated-", 6) ? 0 : 6, &c->act, "feed_forward_proj", name, err);
}

static int parse_t5(struct plm_config *c, const json_t *o, const char *name, struct cp_err *err)
{
	c->tied = 1;
	c->types = 1;
	c->positions = 512;
	c->buckets = 32;
	c->far = 128;
	c->eps = 1e-6;
	c->dropout = 0.1;
	if (get_flag(o, "tie_word_embeddings", &c->tied, name, err) < 0 || parse_feed_forward(c, o, name, err) < 0 ||
	    get_size(o, "num_layers", &c->layers, name, err) < 0 || get_size(o, "d_model", &c->hidden, name, err) < 0 ||
	    get_size(o, "num_heads", &c->heads, name, err) < 0 || get_size(o, "d_kv", &c->head_width, name, err) < 0 ||
	    get_size(o, "d_ff", &c->ffn, name, err) < 0 || get_size(o, "vocab_size", &c->vocab, name, err) < 0)
		return -1;
	c->decoder_layers = c->layers;
	if (maybe_size(o, "num_decoder_layers", &c->decoder_layers, name, err) < 0 || maybe_size(o, "n_positions", &c->positions, name, err) < 0 ||
	    maybe_size(o, "relative_attention_num_buckets", &c->buckets, name, err) < 0 ||
	    maybe_size(o, "relative_attention_max_distance", &c->far, name, err) < 0 ||
	    maybe_size(o, "whole_word_embeddings", &c->words, name, err) < 0 || get_id(o, "pad_token_id", 0, &c->pad, name, err) < 0 ||
	    get_id(o, "eos_token_id", 1, &c->eos, name, err) < 0 || get_id(o, "decoder_start_token_id", c->pad, &c->start, name, err) < 0 ||
	    get_real(o, "layer_norm_epsilon", 1e6, &c->eps, name, err) < 0 || get_real(o, "dropout_rate", 1, &c->dropout, name, err) < 0)
		return -1;
	c->attention_dropout = c->dropout;
	return 0;
}

int plm_config_parse(struct plm_config *c, const char *json, size_t len, const char *name, struct cp_err *err)
{
	static const struct { const char *type; enum plm_family family; } known[] = {
		{ "bert", PLM_BERT }, { "roberta", PLM_ROBERTA }, { "xlm-roberta", PLM_ROBERTA }, { "camembert", PLM_ROBERTA }, { "t5", PLM_T5 },
		{ "mt5", PLM_T5 },	/* other tokenizers and weights */
	};
	json_error_t je;
	size_t i = 0, n = sizeof known / sizeof *known;
	memset(c, 0, sizeof *c);
	json_t *o = json_loadb(json, len, JSON_REJECT_DUPLICATES, &je);
	const char *type = json_string_value(json_object_get(o, "model_type"));
	int rc;
	while (type && i < n && strcmp(known[i].type, type))
		i++;
	if (!o)
		rc = cp_err_set(err, "%s: line %d: not a JSON object: %s", name, je.line, je.text);
	else if (!json_is_object(o))
		rc = cp_err_set(err, "%s: the JSON is not an object", name);
	else if (!type)
		rc = cp_err_set(err, "%s: 'model_type' is missing; write \"model_type\": \"bert\" into it, or roberta or t5, whichever it is", name);
	else if (i == n)
		rc = cp_err_set(err, "%s: model_type '%s' is not one this version reads; expected bert, roberta or t5", name, type);
	else {
		c->family = known[i].family;
		rc = c->family == PLM_T5 ? parse_t5(c, o, name, err) : parse_bert(c, o, name, err);
	}
	json_decref(o);
	return rc < 0 ? -1 : check_sizes(c, name, err);
}

int plm_config_read(struct plm_config *c, const char *dir, struct cp_err *err)
{
	struct cp_buf text = CP_BUF_INIT;
	char *path = cp_xasprintf("%s/config.json", dir);
	int rc = cp_read_file(path, &text, err);
	if (rc < 0 && access(dir, F_OK) && errno == ENOENT)
		cp_err_set(err, "%s: no such folder; " CP_FETCH_FIRST, dir);
	else if (rc < 0)
		cp_err_wrap(err, "no language model in '%s'", dir);
	else
		rc = plm_config_parse(c, text.data, text.len, path, err);
	if (!rc)
		rc = plm_config_look(c, dir, err);
	free(path);
	cp_buf_release(&text);
	return rc;
}

static void print_t5(const struct plm_config *c, struct cp_buf *out)
{
	char eps[32], drop[32];
	cp_buf_printf(out,
		      "{\"architectures\":[\"T5ForConditionalGeneration\"],\"d_ff\":%zu,\"d_kv\":%zu,\"d_model\":%zu,\"decoder_start_token_id\":%u,"
		      "\"dense_act_fn\":\"%s\",\"dropout_rate\":%s,\"eos_token_id\":%u,\"feed_forward_proj\":\"%s%s\",\"initializer_factor\":1.0,"
		      "\"is_encoder_decoder\":true,\"is_gated_act\":%s,"
		      "\"layer_norm_epsilon\":%s,\"model_type\":\"t5\",\"n_positions\":%zu,\"num_decoder_layers\":%zu,\"num_heads\":%zu,\"num_layers\":%zu,"
		      "\"pad_token_id\":%u,\"relative_attention_max_distance\":%zu,\"relative_attention_num_buckets\":%zu,\"tie_word_embeddings\":%s,"
		      "\"vocab_size\":%zu",
		      c->ffn, c->head_width, c->hidden, c->start, act_name(c->act), cp_print_real(c->dropout, drop), c->eos, c->gated ? "gated-" : "",
		      c->gated && c->act == NN_GELU_TANH ? "gelu" : act_name(c->act), c->gated ? "true" : "false", cp_print_real(c->eps, eps),
		      c->positions, c->decoder_layers, c->heads, c->layers, c->pad, c->far, c->buckets,
		      c->tied ? "true" : "false", c->vocab);
	if (c->words)
		cp_buf_printf(out, ",\"whole_word_embeddings\":%zu", c->words);
	cp_buf_char(out, '}');
}

void plm_config_print(const struct plm_config *c, struct cp_buf *out)
{
	char eps[32], drop[32], adrop[32];
	int roberta = c->family == PLM_ROBERTA;
	if (c->family == PLM_T5) {
		print_t5(c, out);
		return;
	}
	cp_buf_printf(out,
		      "{\"architectures\":[\"%s\"],\"attention_probs_dropout_prob\":%s,\"hidden_act\":\"%s\",\"hidden_dropout_prob\":%s,"
		      "\"hidden_size\":%zu,\"initializer_range\":0.02,\"intermediate_size\":%zu,\"layer_norm_eps\":%s,"
		      "\"max_position_embeddings\":%zu,\"model_type\":\"%s\",\"num_attention_heads\":%zu,\"num_hidden_layers\":%zu,"
		      "\"pad_token_id\":%u,\"position_embedding_type\":\"absolute\",%s\"type_vocab_size\":%zu,\"vocab_size\":%zu}",
		      roberta ? "RobertaForMaskedLM" : "BertForMaskedLM", cp_print_real(c->attention_dropout, adrop), act_name(c->act),
		      cp_print_real(c->dropout, drop),
		      c->hidden, c->ffn, cp_print_real(c->eps, eps), c->positions, roberta ? "roberta" : "bert", c->heads, c->layers, c->pad,
		      c->tied ? "\"tie_word_embeddings\":true," : c->untied ? "\"tie_word_embeddings\":false," : "", c->types, c->vocab);
}

int plm_config_scratch(struct plm_config *c, const char *spec, struct cp_err *err)
{
	struct { const char *name; size_t *at; } known[] = {
		{ "layers", &c->layers }, { "hidden", &c->hidden }, { "heads", &c->heads }, { "ffn", &c->ffn }, { "positions", &c->positions },
	};
	const char *p;
	size_t n;
	*c = (struct plm_config){ .family = PLM_BERT, .layers = 2, .hidden = 128, .heads = 2, .positions = 512, .types = 2, .act = NN_GELU,
				  .eps = 1e-12, .dropout = 0.1, .attention_dropout = 0.1 };
	spec = *spec ? spec : NULL;
	while (cp_next_piece(&spec, ',', &p, &n)) {
		size_t i = 0, n_name = strcspn(p, "=,");
		uint64_t v;
		if (!n && !spec)
			return cp_err_set(err, "--plm scratch: nothing stands behind the last comma");
		while (i < sizeof known / sizeof *known && !(strlen(known[i].name) == n_name && !memcmp(known[i].name, p, n_name)))
			i++;
		if (i == sizeof known / sizeof *known || n == n_name || cp_parse_u64_n(p + n_name + 1, n - n_name - 1, &v) < 0)
			return cp_err_set(err, "--plm scratch: '%.*s' is not one of layers=, hidden=, heads=, ffn=, positions= and a whole number", (int)n, p);
		*known[i].at = (size_t)v;
	}
	if (!c->ffn)
		c->ffn = 4 * c->hidden;
	return check_sizes(c, "--plm scratch", err);
}

void plm_config_as_t5(struct plm_config *c, uint32_t eos)
{
	c->family = PLM_T5;
	c->types = 1;
	c->eps = 1e-6;
	c->decoder_layers = c->layers;
	c->head_width = c->hidden / c->heads;
	c->buckets = 32;
	c->far = 128;
	c->tied = 1;
	c->act = NN_RELU;
	c->start = c->pad;
	c->eos = eos;
}
