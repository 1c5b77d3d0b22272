/* The registry, the sizes by name, and what the models share. */
#include "ctr/ctr.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"

static const struct ctr_model *const models[] = { &ctr_dcnv2, &ctr_dnn };
#define N_MODELS (sizeof models / sizeof *models)

const struct ctr_model *ctr_find(const char *name)
{
	for (size_t i = 0; i < N_MODELS; i++)
		if (!strcmp(models[i]->name, name))
			return models[i];
	return NULL;
}

const char *ctr_names(void)
{
	static char names[256];
	if (!names[0])
		for (size_t i = 0; i < N_MODELS; i++)
			snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? "|" : "", models[i]->name);
	return names;
}

/* --- Sizes by name ----------------------------------------------------------------------------------------------------------------- */

enum kind { INTEGER, REAL, SIZES, WORD };

static const struct size {
	const char *name;
	enum kind kind;
	size_t at;			/* in struct ctr_config */
	double min, max;
	const char *words;		/* of WORD: value i is the i-th */
} sizes[] = {
	{ "dim", INTEGER, offsetof(struct ctr_config, dim), 1, 4096, NULL },
	{ "hidden", SIZES, offsetof(struct ctr_config, hidden), 0, 0, NULL },
	{ "stacked", SIZES, offsetof(struct ctr_config, stacked), 0, 0, NULL },
	{ "cross", INTEGER, offsetof(struct ctr_config, cross), 0, 64, NULL },
	{ "structure", WORD, offsetof(struct ctr_config, structure), 0, 0, "parallel|crossnet_only|stacked|stacked_parallel" },
	{ "low_rank", INTEGER, offsetof(struct ctr_config, low_rank), 0, 4096, NULL },
	{ "experts", INTEGER, offsetof(struct ctr_config, experts), 1, 64, NULL },
	{ "batch_norm", INTEGER, offsetof(struct ctr_config, batch_norm), 0, 1, NULL },
	{ "act", WORD, offsetof(struct ctr_config, act), 0, 0, "none|relu|tanh|sigmoid" },
	{ "dropout", REAL, offsetof(struct ctr_config, dropout), 0, 0.95, NULL },
	{ "emb_dropout", REAL, offsetof(struct ctr_config, emb_dropout), 0, 0.95, NULL },
};
#define N_SIZES (sizeof sizes / sizeof *sizes)

/* "512,256" or "256x3" (three times 256) or nothing */
static int parse_sizes(const char *s, struct ctr_sizes *out)
{
	char word[32];
	out->n = 0;
	while (*s) {
		size_t n = strcspn(s, ",");
		uint64_t width, times = 1;
		if (!n || n >= sizeof word)
			return -1;
		memcpy(word, s, n);
		word[n] = 0;
		char *x = strchr(word, 'x');
		if (x) {
			*x = 0;
			if (cp_parse_u64(x + 1, &times) < 0)
				return -1;
		}
		if (cp_parse_u64(word, &width) < 0 || width < 1 || width > 65536 || times < 1 || times > (uint64_t)(CTR_MAX_HIDDEN - out->n))
			return -1;
		while (times--)
			out->v[out->n++] = width;
		s += n + (s[n] == ',');
	}
	return 0;
}

static int parse_word(const char *words, const char *s, int64_t *out)
{
	size_t n = strlen(s);
	int64_t i = 0;
	for (const char *w = words; w; w = strchr(w, '|'), w += w != NULL, i++)
		if (n && !strncmp(w, s, n) && (w[n] == '|' || !w[n])) {
			*out = i;
			return 0;
		}
	return -1;
}

static int set_size(struct ctr_config *c, const struct size *z, const char *value)
{
	void *at = (char *)c + z->at;
	int64_t i;
	double d;
	switch (z->kind) {
	case INTEGER:
		if (cp_parse_i64(value, &i) < 0 || (double)i < z->min || (double)i > z->max)
			return -1;
		*(int64_t *)at = i;
		return 0;
	case REAL:
		if (cp_parse_real(value, &d) < 0 || d < z->min || d > z->max)
			return -1;
		*(double *)at = d;
		return 0;
	case SIZES:
		return parse_sizes(value, at);
	default:
		return parse_word(z->words, value, at);
	}
}

int ctr_config_set(struct ctr_config *c, const char *nv, struct cp_err *err)
{
	const char *eq = strchr(nv, '=');
	size_t n = eq ? (size_t)(eq - nv) : strlen(nv);
	struct cp_buf known = CP_BUF_INIT;
	int rc = -1;
	for (size_t i = 0; i < N_SIZES; i++) {
		cp_buf_printf(&known, "%s%s", i ? ", " : "", sizes[i].name);
		if (strlen(sizes[i].name) != n || memcmp(sizes[i].name, nv, n))
			continue;
		rc = eq ? set_size(c, &sizes[i], eq + 1) : -1;
		if (rc < 0)
			cp_err_set(err, "--set %s: expected %s=%s", nv, sizes[i].name,
				   sizes[i].kind == SIZES ? "WIDTH,WIDTH,... or WIDTHxTIMES" : sizes[i].words ? sizes[i].words : "NUMBER in its range");
		cp_buf_release(&known);
		return rc;
	}
	cp_err_set(err, "--set %s: no size of that name; there are: %s", nv, known.data);
	cp_buf_release(&known);
	return -1;
}

static void print_word(const char *words, int64_t i, struct cp_buf *b)
{
	while (i--)
		words = strchr(words, '|') + 1;
	cp_buf_add(b, words, strcspn(words, "|"));
}

void ctr_config_print(const struct ctr_config *c, struct cp_buf *b)
{
	char num[32];
	for (size_t i = 0; i < N_SIZES; i++) {
		const void *at = (const char *)c + sizes[i].at;
		cp_buf_printf(b, "%s%s=", i ? " " : "", sizes[i].name);
		if (sizes[i].kind == INTEGER)
			cp_buf_printf(b, "%lld", (long long)*(const int64_t *)at);
		else if (sizes[i].kind == REAL)
			cp_buf_str(b, cp_print_real(*(const double *)at, num));
		else if (sizes[i].kind == WORD)
			print_word(sizes[i].words, *(const int64_t *)at, b);
		else
			for (int k = 0; k < ((const struct ctr_sizes *)at)->n; k++)
				cp_buf_printf(b, "%s%zu", k ? "," : "", ((const struct ctr_sizes *)at)->v[k]);
	}
}

void ctr_config_init(struct ctr_config *c, const struct ctr_model *m, int n_fields, size_t n_rows)
{
	*c = (struct ctr_config){ .model = m, .n_fields = n_fields, .n_rows = n_rows, .dim = 32, .experts = 4, .act = NN_RELU };
	char word[64];
	for (const char *s = m->sizes; *s; s += strspn(s, " ")) {
		size_t n = strcspn(s, " ");
		assert(n < sizeof word);
		memcpy(word, s, n);
		word[n] = 0;
		int rc = ctr_config_set(c, word, NULL);
		assert(!rc);
		(void)rc;
		s += n;
	}
}

/* --- What models share ------------------------------------------------------------------------------------------------------------- */

struct nn_node *ctr_final(struct ctr_build *b)
{
	const struct ctr_config *c = b->c;
	struct nn_param *table = nn_new(&b->b, NN_INIT_XAVIER, 2, (size_t[]){ c->n_rows, (size_t)c->dim }, "embedding");
	struct nn_node *e = ng_lookup(b->b.g, table, b->ids, b->axis, c->n_fields, b->pad);
	b->x = ng_dropout(b->b.g, ng_view(b->b.g, e, 1, (size_t)(c->n_fields * c->dim)), c->emb_dropout);
	return c->model->final(b);
}

struct nn_node *ctr_logit(struct ctr_build *b, struct nn_node *q)
{
	return b->c->model->logit ? b->c->model->logit(b, q) : nn_dense(&b->b, q, 1, NN_NONE, "out");
}

struct nn_node *ctr_mlp(struct ctr_build *b, struct nn_node *x, const struct ctr_sizes *hidden, const char *name)
{
	for (int l = 0; l < hidden->n; l++) {
		size_t width = hidden->v[l];
		if (b->c->batch_norm) {
			x = nn_dense(&b->b, x, width, NN_NONE, "%s.%d", name, l);
			struct nn_param *gain = nn_new(&b->b, NN_INIT_ONE, 1, &width, "%s.%d.norm.weight", name, l);
			struct nn_param *bias = nn_new(&b->b, NN_INIT_ZERO, 1, &width, "%s.%d.norm.bias", name, l);
			struct nn_param *mean = nn_new(&b->b, NN_INIT_ZERO, 1, &width, "%s.%d.norm.running_mean", name, l);
			struct nn_param *var = nn_new(&b->b, NN_INIT_ONE, 1, &width, "%s.%d.norm.running_var", name, l);
			mean->frozen = var->frozen = 1;
			x = ng_batchnorm(b->b.g, x, ng_weight(b->b.g, gain), ng_weight(b->b.g, bias), mean, var);
			x = ng_activate(b->b.g, x, (enum nn_act)b->c->act);
		} else {
			x = nn_dense(&b->b, x, width, (enum nn_act)b->c->act, "%s.%d", name, l);
		}
		x = ng_dropout(b->b.g, x, b->c->dropout);
	}
	return x;
}
