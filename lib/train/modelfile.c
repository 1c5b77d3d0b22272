/* Models in files: safetensors with one JSON text of configuration in the metadata. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/choice.h"
#include "base/mem.h"
#include "nn/cpu.h"
#include "train/model.h"

/* --- Configuration as JSON --------------------------------------------------------------------------------------------------------- */

/* What is not said of a field of one value a row, made of the value as it stands; 0: nothing. */
static int add_kinds(json_t *o, const struct cp_fields *fields)
{
	json_t *types = json_object(), *made = json_object();
	for (int f = 0; f < fields->n; f++) {
		const struct cp_field *v = &fields->v[f];
		if (v->type != CP_KEY)
			json_object_set_new(types, v->name, json_string(cp_field_word(v->type)));
		if (v->made)
			json_object_set(made, v->name, v->made);
	}
	int any = json_object_size(types) || json_object_size(made);
	if (json_object_size(types))
		json_object_set(o, "field_types", types);
	if (json_object_size(made))
		json_object_set(o, "fields_made", made);
	json_decref(types);
	json_decref(made);
	return any;
}

static json_t *word_json(const char *words, int number)
{
	char word[CP_WORD];
	return json_string(cp_choice_word(words, number, word));
}

static void add_plm(json_t *o, const struct cp_model_config *c)
{
	json_object_set_new(o, "plm", plm_config_json(&c->plm));
	json_object_set_new(o, "prompts", json_pack("{s:o, s:i, s:b, s:b}", "where", word_json(PLM_PROMPT_WHERE, c->prompting.where), "k",
						    c->prompting.k, "separate", c->prompting.separate, "shift", c->prompting.shift));
	json_object_set_new(o, "tied", json_boolean(c->tied));
	json_object_set_new(o, "pooler", word_json(PLM_POOLERS, c->pooler));
	json_object_set_new(o, "fusion", word_json(CP_FUSIONS, c->fusion));
	json_object_set_new(o, "prompt_usage", word_json(CP_USAGES, c->usage));
	json_object_set_new(o, "max_tokens", json_integer((json_int_t)c->max_tokens));
	if (c->plm_from_nothing)
		json_object_set_new(o, "plm_from_nothing", json_true());
}

/* What the format must be able to say; older programs read what needs no more. */
static int version_of(const struct cp_model *m, int has_kinds)
{
	const struct cp_model_config *c = &m->c;
	return c->baseline ? 4 : c->has_ctr && ctr_config_has_widths(&c->ctr) ? 3 : has_kinds || m->vocab.bits ? 2 : 1;
}

static char *config_text(const struct cp_model *m)
{
	const struct cp_model_config *c = &m->c;
	json_t *fields = json_array(), *o = json_object();
	struct cp_buf sizes = CP_BUF_INIT;
	for (int f = 0; f < m->vocab.fields.n; f++)
		json_array_append_new(fields, json_string(m->vocab.fields.v[f].name));
	json_object_set_new(o, "format", json_string("clickprompt model"));
	json_object_set_new(o, "version", json_integer(version_of(m, add_kinds(o, &m->vocab.fields))));
	json_object_set_new(o, "stage", json_string(m->stage));
	json_object_set_new(o, "objective", word_json(CP_OBJECTIVES, c->objective));
	json_object_set_new(o, "fields", fields);
	if (c->baseline)
		json_object_set_new(o, "baseline", word_json(CP_BASELINES, c->baseline));
	if (m->vocab.bits)
		json_object_set_new(o, "hash_bits", json_integer(m->vocab.bits));
	if (c->has_ctr) {
		ctr_config_print(&c->ctr, &sizes);
		json_object_set_new(o, "ctr", json_pack("{s:s, s:s}", "model", c->ctr.model->name, "sizes", sizes.data));
	}
	if (c->has_plm)
		add_plm(o, c);
	if (m->sentence)
		json_object_set(o, "sentence", m->sentence);
	if (m->label_made)
		json_object_set_new(o, "label_made", json_string(m->label_made));
	if (m->training)
		json_object_set_new(o, "training", json_loads(m->training, 0, NULL));
	char *text = json_dumps(o, JSON_SORT_KEYS | JSON_COMPACT);
	json_decref(o);
	cp_buf_release(&sizes);
	return text;
}

static int read_word(const json_t *o, const char *key, const char *words, int *out, const char *path, struct cp_err *err)
{
	const char *s = json_string_value(json_object_get(o, key));
	*out = s ? cp_choice(words, s) : -1;
	return *out >= 0 ? 0 : cp_err_set(err, "%s: its '%s' is %s%s%s, which this version does not know", path, key, s ? "'" : "", s ? s : "missing",
					  s ? "'" : "");
}

static int read_ctr(struct cp_model *m, const json_t *o, const char *path, struct cp_err *err)
{
	const char *name = json_string_value(json_object_get(o, "model")), *s = json_string_value(json_object_get(o, "sizes"));
	const struct ctr_model *kind = name ? ctr_find(name) : NULL;
	if (!kind || !s)
		return cp_err_set(err, "%s: its CTR model is '%s'; this version has %s", path, name ? name : "missing", ctr_names());
	ctr_config_init(&m->c.ctr, kind, m->vocab.fields.n, m->vocab.n_rows);
	int rc = ctr_config_set_words(&m->c.ctr, s, err);
	m->c.has_ctr = 1;
	if (!rc)
		rc = ctr_config_check(&m->c.ctr, err);
	if (!rc && m->vocab.bits && ctr_config_has_widths(&m->c.ctr))
		rc = cp_err_set(err, "widths by field, and a table by hash that all fields share");
	return rc < 0 ? cp_err_wrap(err, "%s", path) : 0;
}

static int read_plm(struct cp_model *m, const json_t *o, const char *path, struct cp_err *err)
{
	struct cp_model_config *c = &m->c;
	const json_t *plm = json_object_get(o, "plm"), *p = json_object_get(o, "prompts"), *k = json_object_get(p, "k");
	if (!json_is_object(plm))
		return cp_err_set(err, "%s: its 'plm' is no object", path);
	char *text = json_dumps(plm, 0);
	int rc = plm_config_parse(&c->plm, text, strlen(text), path, err);
	free(text);
	if (rc < 0 || read_word(p, "where", PLM_PROMPT_WHERE, &c->prompting.where, path, err) < 0 ||
	    read_word(o, "pooler", PLM_POOLERS, &c->pooler, path, err) < 0 ||
	    read_word(o, "fusion", CP_FUSIONS, &c->fusion, path, err) < 0 ||
	    read_word(o, "prompt_usage", CP_USAGES, &c->usage, path, err) < 0)
		return -1;
	if (!json_is_integer(k) || json_integer_value(k) < 0 || json_integer_value(k) > 1024 ||
	    (json_integer_value(k) > 0) != (c->prompting.where != PLM_PROMPT_NONE))
		return cp_err_set(err, "%s: its number of prompts is out of range", path);
	c->prompting.k = (int)json_integer_value(k);
	c->prompting.separate = json_is_true(json_object_get(p, "separate"));
	c->prompting.shift = json_is_true(json_object_get(p, "shift"));
	c->tied = json_is_true(json_object_get(o, "tied"));
	c->plm_from_nothing = json_is_true(json_object_get(o, "plm_from_nothing"));
	c->max_tokens = (size_t)json_integer_value(json_object_get(o, "max_tokens"));
	if (c->max_tokens < 1 || c->max_tokens > plm_max_tokens(&c->plm, &c->prompting))
		return cp_err_set(err, "%s: its max_tokens is out of range", path);
	c->has_plm = 1;
	return 0;
}

static int read_fields(struct cp_model *m, const json_t *o, const char *path, struct cp_err *err)
{
	const json_t *a = json_object_get(o, "fields");
	size_t n = json_array_size(a);
	if (n < 1 || n > CP_FIELDS_MAX)
		return cp_err_set(err, "%s: %zu fields; expected 1 to %d", path, n, CP_FIELDS_MAX);
	const json_t *types = json_object_get(o, "field_types"), *made = json_object_get(o, "fields_made");
	struct cp_fields fields = { 0 };
	int rc = 0;
	for (size_t i = 0; !rc && i < n; i++) {
		const char *name = json_string_value(json_array_get(a, i));
		const json_t *word = name ? json_object_get(types, name) : NULL;
		enum cp_type type = CP_KEY;
		if (!name || (word && cp_field_type(json_string_value(word), &type) < 0))
			rc = cp_err_set(err, name ? "%s: a field's type is none of key, keys and number" : "%s: a field's name is no text", path);
		else
			cp_fields_add(&fields, name, type, json_object_get(made, name));
	}
	const json_t *bits = json_object_get(o, "hash_bits");
	if (!rc && bits && (!json_is_integer(bits) || json_integer_value(bits) < 1 || json_integer_value(bits) > CP_HASH_BITS_MAX))
		rc = cp_err_set(err, "%s: its hash_bits is none of 1 to %d", path, CP_HASH_BITS_MAX);
	if (!rc)
		cp_features_init(&m->vocab, &fields);
	if (!rc && bits)
		cp_features_hash(&m->vocab, (int)json_integer_value(bits));
	cp_fields_release(&fields);
	return rc;
}

/* Has it what its formula reads? */
static int check_baseline(const struct cp_model_config *c, const char *path, struct cp_err *err)
{
	int pairs = c->baseline == CP_CTRL, final = c->has_ctr && c->ctr.model->final;
	int whole = c->has_plm && !c->prompting.k && (c->objective == CP_OBJECTIVE_PAIRS) == pairs && c->objective != CP_OBJECTIVE_LM &&
		    (pairs ? final : c->baseline == CP_PTAB ? !c->has_ctr : (!c->has_ctr || final) && c->max_tokens >= 2);
	if (!c->baseline && c->objective == CP_OBJECTIVE_PAIRS)
		return cp_err_set(err, "%s: its objective is 'pairs', and it does not say of what", path);
	if (!c->baseline || whole)
		return 0;
	char stage[CP_WORD];
	return cp_err_set(err, "%s: its parts are not those of stage %s", path, cp_choice_word(CP_BASELINES, c->baseline, stage));
}

/* Are there parts, and do they go together? */
static int check_parts(const struct cp_model_config *c, const char *path, struct cp_err *err)
{
	int t5 = c->has_plm && c->plm.family == PLM_T5;
	if (t5 && (c->has_ctr || c->prompting.k || c->objective != CP_OBJECTIVE_CLICK || c->baseline))
		return cp_err_set(err, "%s: a T5 with a CTR model, prompts or masked words, which this version does not know", path);
	if (check_baseline(c, path, err) < 0)
		return -1;
	if (c->has_plm && !c->plm.vocab)
		return cp_err_set(err, "%s: its language model has a vocabulary of none", path);
	if (c->has_plm && c->prompting.k && !(c->has_ctr && c->ctr.model->final))
		return cp_err_set(err, "%s: it has prompts, and no CTR model with a final vector that they could be made of", path);
	if (c->usage != CP_USAGE_NO && !(c->has_plm && c->prompting.k))
		return cp_err_set(err, "%s: its CTR model reads prompts, and there are none", path);
	if (c->objective == CP_OBJECTIVE_LM && !c->has_plm)
		return cp_err_set(err, "%s: its objective is masked words, and it has no language model", path);
	return c->has_ctr || c->has_plm ? 0 : cp_err_set(err, "%s: it holds neither a CTR model nor a language model", path);
}

static int read_config(struct cp_model *m, const json_t *o, const char *path, struct cp_err *err)
{
	const json_t *v = json_object_get(o, "version"), *stage = json_object_get(o, "stage");
	if (!json_is_object(o) || !json_is_integer(v) || !json_is_string(stage))
		return cp_err_set(err, "%s: no clickprompt model: its configuration cannot be read", path);
	if (json_integer_value(v) > CP_MODEL_VERSION)
		return cp_err_set(err, "%s: a model of format %lld; this version reads up to %d: use a newer clickprompt", path,
				  (long long)json_integer_value(v), CP_MODEL_VERSION);
	if (read_fields(m, o, path, err) < 0 || read_word(o, "objective", CP_OBJECTIVES, &m->c.objective, path, err) < 0)
		return -1;
	if (json_object_get(o, "baseline") && read_word(o, "baseline", CP_BASELINES, &m->c.baseline, path, err) < 0)
		return -1;
	if (json_object_get(o, "ctr") && read_ctr(m, json_object_get(o, "ctr"), path, err) < 0)
		return -1;
	if (json_object_get(o, "plm") && read_plm(m, o, path, err) < 0)
		return -1;
	if (check_parts(&m->c, path, err) < 0)
		return -1;
	json_t *sentence = json_object_get(o, "sentence"), *label = json_object_get(o, "label_made");
	const json_t *training = json_object_get(o, "training");
	m->stage = cp_xstrdup(json_string_value(stage));
	m->sentence = json_is_array(json_object_get(sentence, "fields")) ? json_deep_copy(sentence) : NULL;	/* else it does not say what it tells */
	m->label_made = json_is_string(label) ? cp_xstrdup(json_string_value(label)) : NULL;
	m->training = json_is_object(training) ? json_dumps(training, JSON_SORT_KEYS | JSON_COMPACT) : NULL;
	return 0;
}

static int parse_config(struct cp_model *m, const char *text, const char *path, struct cp_err *err)
{
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	int rc = read_config(m, o, path, err);
	json_decref(o);
	return rc;
}

/* --- Vocabulary and tokenizer ------------------------------------------------------------------------------------------------------ */

static const struct nn_tensor *tensor(const struct nn_safetensors *s, const char *name, const char *path, struct cp_err *err)
{
	const struct nn_tensor *t = nn_safetensors_find(s, name);
	if (!t)
		cp_err_set(err, "%s: tensor '%s' is missing", path, name);
	return t;
}

static const struct nn_tensor *vocab_tensor(const struct nn_safetensors *s, const char *field, const char *what, const char *path, struct cp_err *err)
{
	char *name = cp_xasprintf("vocab.%s.%s", field, what);
	const struct nn_tensor *t = tensor(s, name, path, err);
	free(name);
	return t;
}

static int read_vocab(struct cp_model *m, const struct nn_safetensors *s, const char *path, struct cp_err *err)
{
	for (int f = 0; !m->vocab.bits && f < m->vocab.fields.n; f++) {
		const char *name = m->vocab.fields.v[f].name;
		const struct nn_tensor *k = vocab_tensor(s, name, "keys", path, err), *c = vocab_tensor(s, name, "counts", path, err);
		if (!k || !c)
			return -1;
		uint64_t *key = cp_xcalloc(k->n, sizeof *key), *count = cp_xcalloc(k->n, sizeof *count);
		int rc = nn_tensor_u64(k, key, k->n, err) < 0 || nn_tensor_u64(c, count, k->n, err) < 0;
		if (!rc)
			cp_features_restore(&m->vocab, f, key, count, k->n);
		free(key);
		free(count);
		if (rc)
			return cp_err_wrap(err, "%s", path);
		if (m->vocab.field[f].n != k->n)
			return cp_err_set(err, "%s: tensor 'vocab.%s.keys' holds a key twice", path, name);
	}
	return 0;
}

static int read_tokenizer(struct cp_model *m, const struct nn_safetensors *s, const char *path, struct cp_err *err)
{
	const struct nn_tensor *t = tensor(s, "tokenizer.json", path, err);
	if (!t)
		return -1;
	if (t->dtype != NN_U8)
		return cp_err_set(err, "%s: tensor 'tokenizer.json' is %s; expected U8", path, nn_dtype_name(t->dtype));
	m->tokenizer = cp_tokenizer_unpack(t->data, t->n_bytes, path, err);
	if (m->tokenizer && m->c.plm.family == PLM_T5)
		m->p5 = cp_p5_new(m->tokenizer, &m->c.plm, path, err);
	return m->tokenizer && (m->p5 || m->c.plm.family != PLM_T5) ? 0 : -1;
}

struct cp_model *cp_model_open_header(const char *path, struct nn_safetensors **file, struct cp_err *err)
{
	struct nn_safetensors *s = nn_safetensors_open(path, err);
	if (!s)
		return NULL;
	const char *text = nn_safetensors_meta(s, "clickprompt");
	struct cp_model *m = cp_model_new();
	int rc = text ? parse_config(m, text, path, err)
		      : cp_err_set(err, "%s: safetensors, but no clickprompt model (its metadata has no 'clickprompt')", path);
	if (!rc && nn_safetensors_verify(s, err) < 0)
		rc = -1;
	if (!rc)
		rc = read_vocab(m, s, path, err);
	if (!rc && m->c.has_plm)
		rc = read_tokenizer(m, s, path, err);
	if (rc < 0) {
		cp_model_free(m);
		nn_safetensors_close(s);
		return NULL;
	}
	*file = s;
	return m;
}

/* --- Parameters -------------------------------------------------------------------------------------------------------------------- */

/* A field's rows of d numbers: the unseen row and `old` keys as the file has them, and the keys behind these as copies of the unseen row. */
static void take_field(nn_float *to, const nn_float *from, size_t d, size_t old, size_t keys)
{
	memcpy(to, from, (1 + old) * d * sizeof *to);
	for (size_t i = old; i < keys; i++)
		memcpy(to + (1 + i) * d, from, d * sizeof *to);
}

/* Rows of a table in the file go to the rows that their keys have here. */
static int load_table(struct cp_model *m, struct nn_param *p, const struct nn_tensor *t, const struct cp_features *from, const char *path,
		      struct cp_err *err)
{
	size_t d = p->dims[1], n_rows = p->part ? 1 + from->field[p->part - 1].n : from->n_rows;
	if (t->n_dims != 2 || t->shape[0] != n_rows || t->shape[1] != d)
		return cp_err_set(err, "%s: tensor '%s' is not %zu x %zu as its vocabulary and sizes say", path, p->name, n_rows, d);
	nn_float *rows = cp_xmalloc(t->n * sizeof *rows);
	if (nn_tensor_floats(t, rows, t->n, err) < 0) {
		free(rows);
		return cp_err_wrap(err, "%s", path);
	}
	if (m->vocab.bits)
		memcpy(p->val, rows, t->n * sizeof *rows);
	for (int f = 0; !m->vocab.bits && f < m->vocab.fields.n; f++) {
		const struct cp_features_field *a = &from->field[f], *b = &m->vocab.field[f];
		if (!p->part)
			take_field(p->val + b->base * d, rows + a->base * d, d, a->n, b->n);
		else if (p->part == f + 1)
			take_field(p->val, rows, d, a->n, b->n);
	}
	free(rows);
	return 0;
}

static int load(struct cp_model *m, struct nn_param *p, const struct nn_safetensors *s, const struct cp_features *from, const char *path,
		struct cp_err *err)
{
	const struct nn_tensor *t = nn_safetensors_find(s, p->name);
	if (!t)
		return 0;
	if (p->by_key) {
		if (load_table(m, p, t, from, path, err) < 0)
			return -1;
	} else if (!nn_tensor_is(t, p->n_dims, p->dims)) {
		return cp_err_set(err, "%s: tensor '%s' has another shape than this model's", path, p->name);
	} else if (nn_tensor_floats(t, p->val, p->n, err) < 0) {
		return cp_err_wrap(err, "%s", path);
	}
	p->loaded = 1;
	return 0;
}

/* A model that diverged has no scores, and nothing to go on from; and a packed product counts on it that 0 times a weight is 0. */
static int check_finite(const struct cp_model *m, const char *path, struct cp_err *err)
{
	for (int i = 0; i < m->params->n; i++) {
		const struct nn_param *p = m->params->v[i];
		for (size_t k = 0; k < p->n; k++)
			if (!isfinite(p->val[k]))
				return cp_err_set(err, "%s: tensor '%s' holds a number that is not finite; its training went astray", path, p->name);
	}
	return 0;
}

int cp_model_load(struct cp_model *m, const struct nn_safetensors *s, const struct cp_features *from, const char *path, struct cp_err *err)
{
	int rc = 0;
	for (int i = 0; !rc && i < m->params->n; i++)
		rc = load(m, m->params->v[i], s, from, path, err);
	for (int i = 0; !rc && m->aside && i < m->aside->n; i++)
		rc = load(m, m->aside->v[i], s, from, path, err);
	return rc ? rc : check_finite(m, path, err);
}

/* The ids that can be filled in, ascending. */
static int read_cut(struct cp_model *m, const struct nn_safetensors *s, const char *path, struct cp_err *err)
{
	const struct nn_tensor *t = nn_safetensors_find(s, "mlm.ids");
	if (!t || m->c.objective != CP_OBJECTIVE_LM)
		return 0;
	uint64_t *v = cp_xcalloc(t->n, sizeof *v);
	int rc = nn_tensor_u64(t, v, t->n, err) < 0 ? cp_err_wrap(err, "%s", path) : 0;
	m->cut_v = cp_xcalloc(t->n, sizeof *m->cut_v);
	for (size_t i = 0; !rc && i < t->n; i++) {
		if (v[i] >= m->c.plm.vocab || (i && v[i] <= v[i - 1]))
			rc = cp_err_set(err, "%s: tensor 'mlm.ids' does not hold ascending ids below %zu", path, m->c.plm.vocab);
		m->cut_v[i] = (uint32_t)v[i];
	}
	free(v);
	m->cut = (struct nn_cut){ m->cut_v, t->n };
	return rc;
}

static int check_precision(enum nn_precision precision, struct cp_err *err)
{
	static const struct { const char *name, *needs; } of[] = { [NN_IN_BF16] = { "bf16", "AVX512_BF16" }, [NN_IN_INT8] = { "int8", "AVX512_VNNI" } };
	return nn_product_of(precision) ? 0 : cp_err_set(err, "scores in %s need a processor with %s; the kernels in force here are '%s' without it",
							 of[precision].name, of[precision].needs, nn_cpu_level());
}

struct cp_model *cp_model_open(const char *path, struct cp_team *team, enum nn_precision precision, struct cp_err *err)
{
	struct nn_safetensors *s;
	if (check_precision(precision, err) < 0)
		return NULL;
	struct cp_model *m = cp_model_open_header(path, &s, err);
	if (!m)
		return NULL;
	cp_model_build(m, team, 0);
	int rc = cp_model_load(m, s, &m->vocab, path, err);
	if (!rc)
		rc = read_cut(m, s, path, err);
	for (int i = 0; !rc && i < m->params->n; i++)
		if (!m->params->v[i]->loaded)
			rc = cp_err_set(err, "%s: tensor '%s' is missing", path, m->params->v[i]->name);
	nn_safetensors_close(s);
	if (!rc) {
		m->packs = nn_packs_new(precision);
		rc = nn_graph_pack(m->g, m->packs, err) < 0 ? cp_err_wrap(err, "%s", path) : 0;
	}
	if (rc < 0) {
		cp_model_free(m);
		return NULL;
	}
	return m;
}

static void add_parameter(struct nn_safetensors_out *o, const struct nn_param *p)
{
	nn_safetensors_out_floats(o, p->name, p->n_dims, p->dims, p->val);
}

int cp_model_save(const struct cp_model *m, const char *path, struct cp_err *err)
{
	struct nn_safetensors_out *o = nn_safetensors_out_new();
	struct cp_buf tok = CP_BUF_INIT, name = CP_BUF_INIT;
	char *text = config_text(m);
	nn_safetensors_out_meta(o, "format", "pt");
	nn_safetensors_out_meta(o, "clickprompt", text);
	nn_safetensors_out_digest(o);
	for (int f = 0; !m->vocab.bits && f < m->vocab.fields.n; f++) {
		const struct cp_features_field *v = &m->vocab.field[f];
		for (int k = 0; k < 2; k++) {
			cp_buf_reset(&name);
			cp_buf_printf(&name, "vocab.%s.%s", m->vocab.fields.v[f].name, k ? "counts" : "keys");
			nn_safetensors_out_add(o, name.data, NN_U64, 1, &v->n, k ? v->count : v->key);
		}
	}
	for (int i = 0; i < m->params->n; i++)
		add_parameter(o, m->params->v[i]);
	for (int i = 0; m->aside && i < m->aside->n; i++)
		if (m->aside->v[i]->loaded)
			add_parameter(o, m->aside->v[i]);
	if (m->c.objective == CP_OBJECTIVE_LM && m->cut.n)
		nn_safetensors_out_add(o, "mlm.ids", NN_U32, 1, &m->cut.n, m->cut.ids);
	if (m->tokenizer) {
		cp_tokenizer_pack(m->tokenizer, &tok);
		nn_safetensors_out_add(o, "tokenizer.json", NN_U8, 1, &tok.len, tok.data);
	}
	int rc = nn_safetensors_out_write(o, path, err);
	nn_safetensors_out_free(o);
	cp_buf_release(&tok);
	cp_buf_release(&name);
	free(text);
	return rc;
}
