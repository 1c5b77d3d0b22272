/* Language models from folders as people have them: one file or shards, 32 and 16 bits, with the prefix or without, with a head or without it,
 * the names of older files; and what is wrong with one, in a sentence.  The folders are made here. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nn/safetensors.h"
#include "plm/plm.h"

static int n_tests, n_failed;

static void ok(int good, const char *what, const char *more)
{
	n_failed += !good;
	printf("%sok %d - %s%s%s\n", good ? "" : "not ", ++n_tests, what, *more ? ": " : "", more);
}

/* --- A model ----------------------------------------------------------------------------------------------------------------------- */

static const struct plm_config bert = { .family = PLM_BERT, .layers = 2, .hidden = 6, .heads = 2, .ffn = 5, .positions = 8, .types = 2, .vocab = 11,
					.tie = PLM_UNTIED, .act = NN_GELU, .eps = 1e-12 };
static const struct plm_config roberta = { .family = PLM_ROBERTA, .layers = 1, .hidden = 4, .heads = 2, .ffn = 8, .positions = 9, .types = 1,
					   .vocab = 10, .pad = 1, .tie = PLM_UNTIED, .act = NN_GELU, .eps = 1e-5 };
static const struct plm_config t5 = { .family = PLM_T5, .layers = 1, .decoder_layers = 2, .hidden = 6, .heads = 2, .head_width = 4, .ffn = 5,
				      .positions = 512, .types = 1, .vocab = 9, .tie = PLM_UNTIED, .buckets = 4, .far = 9, .eos = 1, .eps = 1e-6,
				      .gated = 1, .act = NN_GELU_TANH };

struct model {
	struct plm_config c;
	struct nn_params *ps;
	struct nn_graph *g;
	struct plm_feed f;
};

static void model_new(struct model *m, const struct plm_config *c)
{
	struct plm_prompting none = { 0 };
	m->c = *c;
	m->ps = nn_params_new();
	m->g = nn_graph_new(NULL);
	struct nn_build b = { m->g, m->ps, 0 };
	plm_feed_init(&m->f, &m->c, &none);
	if (c->family == PLM_T5) {
		struct plm_t5_nodes n;
		plm_t5(&b, &m->c, &m->f, &n);
	} else {
		struct plm_nodes n;
		plm_encoder(&b, &m->c, &m->f, NULL, &n);
		plm_lm_transform(&b, &m->c, &n, &m->f);
		plm_lm_decoder(&b, &m->c, &n, 0);
		plm_lm_bias(&b, &m->c);
	}
	nn_params_alloc(m->ps, 0);
}

static void model_free(struct model *m)
{
	nn_graph_free(m->g);
	nn_params_free(m->ps);
	plm_feed_release(&m->f);
}

/* Numbers that 16 bits hold, of either kind: k/8, |k| <= 100. */
static float number(size_t i)
{
	return (float)((int)(i * 37 % 201) - 100) / 8;
}

static void fill(struct model *m)
{
	for (size_t i = 0; i < m->ps->total; i++)
		m->ps->val[i] = number(i);
}

/* --- Its folder -------------------------------------------------------------------------------------------------------------------- */

struct how {
	enum nn_dtype type;
	int shards;			/* 0: model.safetensors */
	int prefix, head, old;		/* old: gamma and beta */
	int alias;			/* the head's bias by its second name */
	const char *without, *wide, *nan;	/* a tensor left out; one of another shape; one with a number that is none; by our names */
};

static uint16_t bf16(float x)
{
	uint32_t u;
	memcpy(&u, &x, sizeof u);
	return (uint16_t)(u >> 16);
}

static uint16_t f16(float x)
{
	uint32_t u;
	memcpy(&u, &x, sizeof u);
	return x == 0 ? 0 : (uint16_t)((u >> 16 & 0x8000) | (((u >> 23 & 255) - 112) << 10) | (u >> 13 & 0x3ff));
}

static void *as_type(enum nn_dtype type, const float *v, size_t n)
{
	void *out = cp_xcalloc(n, 8);
	for (size_t i = 0; i < n; i++)
		if (type == NN_F32)
			((float *)out)[i] = v[i];
		else if (type == NN_F64)
			((double *)out)[i] = v[i];
		else if (type == NN_I32)
			((int32_t *)out)[i] = (int32_t)v[i];
		else
			((uint16_t *)out)[i] = type == NN_F16 ? f16(v[i]) : bf16(v[i]);
	return out;
}

static void name_of(const struct model *m, const struct how *h, const char *ours, struct cp_buf *name)
{
	plm_their_name(&m->c, ours, h->prefix || *ours == 'm', name);
	char *bias = h->alias && !strcmp(ours, "mlm.bias") ? name->data + name->len - strlen("bias") : NULL;
	if (bias) {
		name->len = (size_t)(bias - name->data);
		cp_buf_str(name, "decoder.bias");
	}
	char *end = name->data + name->len;
	if (h->old && strstr(name->data, "LayerNorm.weight"))
		strcpy(end - 6, "gamma");
	else if (h->old && strstr(name->data, "LayerNorm.bias"))
		strcpy(end - 4, "beta");
	name->len = strlen(name->data);
}

static void write_text(const char *dir, const char *leaf, const char *text)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", dir, leaf);
	FILE *f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
}

static void write_folder(const struct model *m, const struct how *h, const char *dir)
{
	struct nn_safetensors_out *o[4];
	struct cp_buf name = CP_BUF_INIT, config = CP_BUF_INIT, map = CP_BUF_INIT;
	struct cp_err err;
	void *kept[128];
	int n = h->shards ? h->shards : 1, n_kept = 0;
	char leaf[64], path[256], command[300];
	snprintf(command, sizeof command, "rm -rf %s && mkdir %s", dir, dir);
	if (system(command))
		exit(1);
	plm_config_print(&m->c, &config);
	write_text(dir, "config.json", config.data);
	for (int k = 0; k < n; k++)
		o[k] = nn_safetensors_out_new();
	for (int i = 0; i < m->ps->n; i++) {
		const struct nn_param *p = m->ps->v[i];
		if ((!h->head && *p->name == 'm') || (h->without && !strcmp(p->name, h->without)))
			continue;
		name_of(m, h, p->name, &name);
		size_t dims[NN_DIMS];
		memcpy(dims, p->dims, sizeof dims);
		if (h->wide && !strcmp(p->name, h->wide))
			dims[0]--;
		if (h->nan && !strcmp(p->name, h->nan))
			p->val[p->n / 2] = NAN;
		kept[n_kept] = as_type(h->type, p->val, p->n);
		nn_safetensors_out_add(o[i % n], name.data, h->type, p->n_dims, dims, kept[n_kept++]);
		cp_buf_printf(&map, "%s\"%s\":\"part-%d.safetensors\"", map.len ? "," : "{\"metadata\":{},\"weight_map\":{", name.data, i % n);
	}
	cp_buf_str(&map, "}}");
	for (int k = 0; k < n; k++) {
		snprintf(leaf, sizeof leaf, h->shards ? "part-%d.safetensors" : "model.safetensors", k);
		snprintf(path, sizeof path, "%s/%s", dir, leaf);
		if (nn_safetensors_out_write(o[k], path, &err) < 0)
			printf("# %s\n", err.msg);
		nn_safetensors_out_free(o[k]);
	}
	if (h->shards)
		write_text(dir, "model.safetensors.index.json", map.data);
	while (n_kept)
		free(kept[--n_kept]);
	cp_buf_release(&name);
	cp_buf_release(&config);
	cp_buf_release(&map);
}

/* --- Reading it back --------------------------------------------------------------------------------------------------------------- */

static int same_values(const struct model *a, const struct model *b, int head)
{
	for (int i = 0; i < a->ps->n; i++) {
		const struct nn_param *p = a->ps->v[i], *q = b->ps->v[i];
		if (!head && *p->name == 'm') {
			if (strcmp(p->name, "mlm.decoder.weight") && q->loaded)
				return 0;
			continue;
		}
		if (!q->loaded || memcmp(p->val, q->val, p->n * sizeof *p->val))
			return printf("# %s\n", p->name), 0;
	}
	return 1;
}

static void reads(const struct plm_config *c, const char *kind, const struct how *h, const char *what)
{
	struct model a, b;
	struct plm_config config;
	struct cp_buf unused = CP_BUF_INIT;
	struct cp_err err;
	char full[160];
	model_new(&a, c);
	model_new(&b, c);
	fill(&a);
	write_folder(&a, h, "folder");
	snprintf(full, sizeof full, "%s, %s", kind, what);
	err.msg[0] = 0;
	int good = !plm_config_read(&config, "folder", &err) && config.has_weights && config.has_lm_head == (h->head && c->family != PLM_T5) &&
		   !plm_load(b.ps, NULL, &config, "folder", &unused, &err) && !unused.len && same_values(&a, &b, h->head);
	ok(good, full, good ? "" : err.msg);
	cp_buf_release(&unused);
	model_free(&a);
	model_free(&b);
}

/* What is said of a folder; `spoil` is a shell command, run beside it, or NULL. */
static void refuses(const struct plm_config *c, const struct how *h, const char *spoil, const char *words)
{
	struct model a, b;
	struct plm_config config;
	struct cp_err err;
	model_new(&a, c);
	model_new(&b, c);
	fill(&a);
	write_folder(&a, h, "folder");
	int bad = spoil && system(spoil);
	err.msg[0] = 0;
	int rc = plm_config_read(&config, "folder", &err);
	if (!rc)
		rc = plm_load(b.ps, NULL, &config, "folder", NULL, &err);
	ok(!bad && rc < 0 && strstr(err.msg, words), words, rc < 0 && strstr(err.msg, words) ? "" : err.msg);
	model_free(&a);
	model_free(&b);
}

static void check_reading(void)
{
	static const struct { enum nn_dtype type; const char *name; } types[] = { { NN_F32, "f32" }, { NN_F16, "f16" }, { NN_BF16, "bf16" }, { NN_F64, "f64" } };
	static const struct { const struct plm_config *c; const char *name; } kinds[] = { { &bert, "BERT" }, { &roberta, "RoBERTa" }, { &t5, "T5" } };
	for (size_t k = 0; k < 3; k++) {
		for (size_t i = 0; i < 4; i++)
			reads(kinds[k].c, kinds[k].name, &(struct how){ .type = types[i].type, .prefix = 1, .head = 1 }, types[i].name);
		reads(kinds[k].c, kinds[k].name, &(struct how){ .type = NN_F32, .prefix = 1, .head = 1, .shards = 3 }, "three shards");
		reads(kinds[k].c, kinds[k].name, &(struct how){ .type = NN_BF16, .head = 1, .shards = 2 }, "no prefix, two shards of bf16");
		reads(kinds[k].c, kinds[k].name, &(struct how){ .type = NN_F32, .prefix = 1 }, "no head");
	}
	reads(&bert, "BERT", &(struct how){ .type = NN_F32, .prefix = 1, .head = 1, .old = 1 }, "gamma and beta");
	reads(&bert, "BERT", &(struct how){ .type = NN_F32, .prefix = 1, .head = 1, .alias = 1 }, "decoder.bias alone");
	reads(&roberta, "RoBERTa", &(struct how){ .type = NN_F32, .prefix = 1, .head = 1, .alias = 1 }, "decoder.bias alone");
}

/* A config.json that says it so is of that family and feed-forward, and is written and read again as such. */
static void is_act(const char *type, const char *said, enum nn_act act, int gated)
{
	struct plm_config c, again;
	struct cp_buf written = CP_BUF_INIT;
	struct cp_err err = { "" };
	char json[512], what[200];
	snprintf(json, sizeof json, "{\"model_type\":\"%s\",%s,\"num_hidden_layers\":1,\"hidden_size\":2,\"num_attention_heads\":1,\"intermediate_size\":3,"
		 "\"max_position_embeddings\":8,\"vocab_size\":9,\"num_layers\":1,\"d_model\":2,\"num_heads\":1,\"d_kv\":2,\"d_ff\":3}", type, said);
	snprintf(what, sizeof what, "%s, %s", type, said);
	int good = !plm_config_parse(&c, json, strlen(json), what, &err);
	if (good)
		plm_config_print(&c, &written);
	good = good && !plm_config_parse(&again, written.data, written.len, what, &err);
	enum plm_family family = strstr(type, "t5") ? PLM_T5 : !strcmp(type, "bert") ? PLM_BERT : PLM_ROBERTA;
	good = good && c.family == family && again.family == family;
	ok(good && c.act == act && c.gated == gated && again.act == act && again.gated == gated, what, err.msg);
	cp_buf_release(&written);
}

static void check_acts(void)
{
	is_act("bert", "\"hidden_act\":null", NN_GELU, 0);
	is_act("bert", "\"hidden_act\":\"gelu_new\"", NN_GELU_TANH, 0);
	is_act("xlm-roberta", "\"hidden_act\":\"gelu_pytorch_tanh\"", NN_GELU_TANH, 0);
	is_act("camembert", "\"hidden_act\":\"relu\"", NN_RELU, 0);
	is_act("bert", "\"hidden_act\":\"swish\"", NN_SILU, 0);
	is_act("t5", "\"feed_forward_proj\":\"relu\"", NN_RELU, 0);
	is_act("t5", "\"feed_forward_proj\":\"gelu\"", NN_GELU, 0);
	is_act("t5", "\"feed_forward_proj\":\"gated-gelu\"", NN_GELU_TANH, 1);
	is_act("t5", "\"feed_forward_proj\":\"gated-gelu\",\"dense_act_fn\":\"gelu\"", NN_GELU, 1);
	is_act("mt5", "\"feed_forward_proj\":\"gated-silu\"", NN_SILU, 1);
}

/* A decoder in the files counts where config.json says that it is not the word embeddings; transformers reads them so. */
static void check_decoder(enum plm_tie tie)
{
	struct plm_config c = bert, config;
	struct model a, b;
	struct cp_buf unused = CP_BUF_INIT;
	struct cp_err err = { "" };
	c.tie = tie;
	model_new(&a, &c);
	model_new(&b, &c);
	fill(&a);
	write_folder(&a, &(struct how){ .type = NN_F32, .prefix = 1, .head = 1 }, "folder");
	const struct nn_param *own = nn_params_find(a.ps, tie == PLM_UNTIED ? "mlm.decoder.weight" : "plm.embeddings.word_embeddings.weight");
	const struct nn_param *got = nn_params_find(b.ps, "mlm.decoder.weight");
	int good = !plm_config_read(&config, "folder", &err) && !plm_load(b.ps, NULL, &config, "folder", &unused, &err) && !unused.len &&
		   !memcmp(own->val, got->val, got->n * sizeof *got->val);
	ok(good, tie == PLM_UNTIED ? "a decoder of its own" : "a decoder that is the word embeddings, whatever else the file has", err.msg);
	cp_buf_release(&unused);
	model_free(&a);
	model_free(&b);
}

static void check_refusing(void)
{
	const struct how plain = { .type = NN_F32, .prefix = 1, .head = 1 }, shards = { .type = NN_F32, .prefix = 1, .head = 1, .shards = 2 };
	struct how h = plain;
	h.without = "plm.encoder.layer.1.output.dense.weight";
	refuses(&bert, &h, NULL, "folder/model.safetensors: tensor 'encoder.layer.1.output.dense.weight' is missing");
	h.shards = 2;
	refuses(&bert, &h, NULL, "folder: tensor 'encoder.layer.1.output.dense.weight' is missing");
	h = plain;
	h.without = "mlm.norm.bias";
	refuses(&bert, &h, NULL, "tensor 'cls.predictions.transform.LayerNorm.bias' is missing");
	refuses(&roberta, &h, NULL, "tensor 'lm_head.layer_norm.bias' is missing");
	h.without = "mlm.dense.weight";
	refuses(&bert, &h, NULL, "tensor 'cls.predictions.transform.dense.weight' is missing");
	h.without = "mlm.decoder.weight";
	refuses(&bert, &h, NULL, "tensor 'cls.predictions.decoder.weight' is missing");
	refuses(&roberta, &h, NULL, "tensor 'lm_head.decoder.weight' is missing");
	h.without = "plm.decoder.block.1.layer.1.EncDecAttention.o.weight";
	refuses(&t5, &h, NULL, "tensor 'decoder.block.1.layer.1.EncDecAttention.o.weight' is missing");
	h = shards;
	h.wide = "plm.embeddings.word_embeddings.weight";
	refuses(&bert, &h, NULL, "folder/part-0.safetensors: ");
	h = plain;
	h.nan = "plm.encoder.layer.0.attention.self.query.weight";
	refuses(&bert, &h, NULL, "folder/model.safetensors: tensor 'bert.encoder.layer.0.attention.self.query.weight' holds ");
	h = plain;
	h.type = NN_I32;
	refuses(&bert, &h, NULL, "folder/model.safetensors: ");
	refuses(&bert, &shards, "rm folder/part-1.safetensors", "folder/part-1.safetensors: not there");
	refuses(&bert, &shards, "echo '{' >folder/model.safetensors.index.json", "index.json: line 2: not JSON");
	refuses(&bert, &shards, "echo '{}' >folder/model.safetensors.index.json", "no 'weight_map'");
	refuses(&bert, &shards, "echo '{\"weight_map\":{}}' >folder/model.safetensors.index.json", "'weight_map' is empty");
	refuses(&bert, &shards, "echo '{\"weight_map\":{\"a\":\"../x\"}}' >folder/model.safetensors.index.json", "is no name of a file beside it");
	refuses(&bert, &shards, "echo '{\"weight_map\":{\"a\":1}}' >folder/model.safetensors.index.json", "is no name of a file beside it");
	refuses(&bert, &shards, "head -c 99 folder/part-0.safetensors >x && mv x folder/part-0.safetensors", "folder/part-0.safetensors: ");
	refuses(&bert, &plain, "mv folder/model.safetensors folder/pytorch_model.bin", "only pytorch_model.bin is there");
	refuses(&bert, &plain, "mv folder/model.safetensors folder/tf_model.h5", "only tf_model.h5 is there");
	refuses(&bert, &plain, "rm folder/model.safetensors", "folder: no weights");
	refuses(&bert, &plain, "echo 'version https://git-lfs.github.com/spec/v1' >folder/model.safetensors",
		"folder/model.safetensors: a pointer of Git LFS, not the file it stands for; fetch that with: git lfs pull");
	refuses(&bert, &plain, "sed -i 's/eps\":[^,]*/eps\":\"1e-5\"/' folder/config.json", "'layer_norm_eps' is no number");
	refuses(&bert, &shards, "rm folder/model.safetensors.index.json", "folder: part-0.safetensors is neither model.safetensors nor named by");
	refuses(&bert, &plain, "sed -i 's/\"bert\"/\"xlnet\"/' folder/config.json", "model_type 'xlnet' is not one this version reads; expected bert, roberta or t5");
	refuses(&bert, &plain, "echo '[]' >folder/config.json", "folder/config.json: the JSON is not an object");
	refuses(&bert, &plain, "sed -i 's/layers\":[0-9]*/layers\":-1/' folder/config.json", "'num_hidden_layers' is below 0; expected a whole number");
	refuses(&bert, &plain, "sed -i 's/\"bert\"/null/' folder/config.json", "'model_type' is missing; write \"model_type\": \"bert\" into it");
	refuses(&bert, &plain, "sed -i 's/{/{\"is_decoder\":true,/' folder/config.json", "'is_decoder' is true; expected an encoder");
	refuses(&bert, &plain, "sed -i 's/\"gelu\"/\"mish\"/' folder/config.json", "hidden_act 'mish' is not one this version has; expected gelu, gelu_new, relu or silu");
	refuses(&bert, &plain, "sed -i 's/\"gelu\"/5/' folder/config.json", "'hidden_act' is no text in quotes");
	refuses(&bert, &plain, "sed -i 's/\\(tie_word_embeddings\":\\)[a-z]*/\\1\"yes\"/' folder/config.json", "'tie_word_embeddings' is neither true nor false");
	refuses(&bert, &plain, "sed -i 's/pad_token_id\":[0-9]*/pad_token_id\":\"[PAD]\"/' folder/config.json", "'pad_token_id' is no whole number");
	refuses(&t5, &plain, "sed -i 's/\"gated-gelu\"/[]/' folder/config.json", "'feed_forward_proj' is no text in quotes");
	refuses(&t5, &plain, "sed -i 's/is_gated_act\":true/is_gated_act\":1/' folder/config.json", "'is_gated_act' is neither true nor false");
	refuses(&t5, &plain, "sed -i 's/gated-gelu/gated-tanh/;s/\"dense_act_fn\":\"gelu_new\",//' folder/config.json", "feed_forward_proj 'gated-tanh' is not one");
	refuses(&t5, &plain, "sed -i 's/\"d_kv\":4/\"d_kv\":0/' folder/config.json", "a size is out of range");
	refuses(&t5, &plain, "sed -i 's/\"d_kv\":4,//' folder/config.json", "'d_kv' is missing");
	refuses(&t5, &plain, "sed -i 's/num_buckets\":4/num_buckets\":3/' folder/config.json", "3 buckets of distances");
	refuses(&t5, &plain, "sed -i 's/eos_token_id\":1/eos_token_id\":9/' folder/config.json", "eos_token_id 9");
}

int main(void)
{
	char dir[] = "/tmp/cp-plmload.XXXXXX", command[64];
	if (!mkdtemp(dir) || chdir(dir) < 0)
		return 1;
	check_reading();
	check_acts();
	check_decoder(PLM_TIE_UNSAID);
	check_decoder(PLM_UNTIED);
	check_refusing();
	snprintf(command, sizeof command, "rm -rf %s", dir);
	printf("1..%d\n", n_tests);
	return chdir("/") < 0 || system(command) || n_failed;
}
