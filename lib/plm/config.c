/* config.json of a Hugging Face folder, and models that start from nothing. */
#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
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

/* *out stays where nothing is said. */
static int get_tie(const json_t *o, enum plm_tie *out, const char *name, struct cp_err *err)
{
	int tied = -1;
	if (get_flag(o, "tie_word_embeddings", &tied, name, err) < 0)
		return -1;
	if (tied >= 0)
		*out = tied ? PLM_TIED : PLM_UNTIED;
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
	int is_decoder = 0;
	c->types = 2;
	c->act = NN_GELU;
	c->eps = 1e-12;
	c->dropout = c->attention_dropout = 0.1;
	if (get_text(o, "hidden_act", &act, name, err) < 0 || get_tie(o, &c->tie, name, err) < 0 ||
	    get_flag(o, "is_decoder", &is_decoder, name, err) < 0)
		return -1;
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
	c->tie = PLM_TIED;
	c->types = 1;
	c->positions = 512;
	c->buckets = 32;
	c->far = 128;
	c->eps = 1e-6;
	c->dropout = 0.1;
	if (get_tie(o, &c->tie, name, err) < 0 || parse_feed_forward(c, o, name, err) < 0 ||
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

static void put_size(json_t *o, const char *key, size_t v)
{
	json_object_set_new(o, key, json_integer((json_int_t)v));
}

/* A whole number has no point. */
static void put_real(json_t *o, const char *key, double v)
{
	json_object_set_new(o, key, v == trunc(v) ? json_integer((json_int_t)v) : json_real(v));
}

static void put_text(json_t *o, const char *key, const char *v)
{
	json_object_set_new(o, key, json_string(v));
}

static void put_flag(json_t *o, const char *key, int v)
{
	json_object_set_new(o, key, json_boolean(v));
}

static void put_tie(json_t *o, enum plm_tie tie)
{
	if (tie != PLM_TIE_UNSAID)
		put_flag(o, "tie_word_embeddings", tie == PLM_TIED);
}

static void put_feed_forward(json_t *o, const struct plm_config *c)
{
	const char *act = c->gated && c->act == NN_GELU_TANH ? "gelu" : act_name(c->act);
	json_object_set_new(o, "feed_forward_proj", json_sprintf("%s%s", c->gated ? "gated-" : "", act));
}

static json_t *t5_json(const struct plm_config *c)
{
	json_t *o = json_pack("{s:[s]}", "architectures", "T5ForConditionalGeneration");
	put_size(o, "d_ff", c->ffn);
	put_size(o, "d_kv", c->head_width);
	put_size(o, "d_model", c->hidden);
	put_size(o, "decoder_start_token_id", c->start);
	put_text(o, "dense_act_fn", act_name(c->act));
	put_real(o, "dropout_rate", c->dropout);
	put_size(o, "eos_token_id", c->eos);
	put_feed_forward(o, c);
	json_object_set_new(o, "initializer_factor", json_real(1));
	put_flag(o, "is_encoder_decoder", 1);
	put_flag(o, "is_gated_act", c->gated);
	put_real(o, "layer_norm_epsilon", c->eps);
	put_text(o, "model_type", "t5");
	put_size(o, "n_positions", c->positions);
	put_size(o, "num_decoder_layers", c->decoder_layers);
	put_size(o, "num_heads", c->heads);
	put_size(o, "num_layers", c->layers);
	put_size(o, "pad_token_id", c->pad);
	put_size(o, "relative_attention_max_distance", c->far);
	put_size(o, "relative_attention_num_buckets", c->buckets);
	put_tie(o, c->tie);
	put_size(o, "vocab_size", c->vocab);
	if (c->words)
		put_size(o, "whole_word_embeddings", c->words);
	return o;
}

static json_t *bert_json(const struct plm_config *c)
{
	int roberta = c->family == PLM_ROBERTA;
	json_t *o = json_pack("{s:[s]}", "architectures", roberta ? "RobertaForMaskedLM" : "BertForMaskedLM");
	put_real(o, "attention_probs_dropout_prob", c->attention_dropout);
	put_text(o, "hidden_act", act_name(c->act));
	put_real(o, "hidden_dropout_prob", c->dropout);
	put_size(o, "hidden_size", c->hidden);
	put_real(o, "initializer_range", 0.02);
	put_size(o, "intermediate_size", c->ffn);
	put_real(o, "layer_norm_eps", c->eps);
	put_size(o, "max_position_embeddings", c->positions);
	put_text(o, "model_type", roberta ? "roberta" : "bert");
	put_size(o, "num_attention_heads", c->heads);
	put_size(o, "num_hidden_layers", c->layers);
	put_size(o, "pad_token_id", c->pad);
	put_text(o, "position_embedding_type", "absolute");
	put_tie(o, c->tie);
	put_size(o, "type_vocab_size", c->types);
	put_size(o, "vocab_size", c->vocab);
	return o;
}

json_t *plm_config_json(const struct plm_config *c)
{
	return c->family == PLM_T5 ? t5_json(c) : bert_json(c);
}

void plm_config_print(const struct plm_config *c, struct cp_buf *out)
{
	json_t *o = plm_config_json(c), *v;
	const char *key;
	char sep = '{', num[32];
	json_object_foreach(o, key, v) {
		double x = json_real_value(v);	/* 0 of what is none */
		char *text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
		cp_buf_printf(out, "%c\"%s\":%s", sep, key, x == trunc(x) ? text : cp_print_real(x, num));
		free(text);
		sep = ',';
	}
	cp_buf_char(out, '}');
	json_decref(o);
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
	c->tie = PLM_TIED;
	c->act = NN_RELU;
	c->start = c->pad;
	c->eos = eos;
}
