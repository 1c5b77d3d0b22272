/* The registry, the sizes by name, and what the models share. */
#include "ctr/ctr.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/choice.h"
#include "base/num.h"

static const struct ctr_model *const models[] = {
	&ctr_autoint, &ctr_dcn, &ctr_dcnv2, &ctr_deepfm, &ctr_dnn, &ctr_fgcnn, &ctr_fibinet,
	&ctr_fignn, &ctr_finalmlp, &ctr_fm, &ctr_ipnn, &ctr_lr, &ctr_masknet, &ctr_xdeepfm,
};
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

enum kind { INTEGER, REAL, SIZES, WORD, WIDTHS };

#define ACTS "none|relu|tanh|sigmoid"	/* enum nn_act, as far as it goes */

#define WIDEST_ROW 4096	/* an embedding */

static const struct size {
	const char *name;
	enum kind kind;
	size_t at;			/* in struct ctr_config */
	double min, max;
	const char *words;		/* of WORD: value i is the i-th */
} sizes[] = {
	{ "dim", INTEGER, offsetof(struct ctr_config, dim), 1, WIDEST_ROW, NULL },
	{ "dims", WIDTHS, offsetof(struct ctr_config, width), 1, WIDEST_ROW, NULL },
	{ "hidden", SIZES, offsetof(struct ctr_config, hidden), 0, 0, NULL },
	{ "stacked", SIZES, offsetof(struct ctr_config, stacked), 0, 0, NULL },
	{ "cross", INTEGER, offsetof(struct ctr_config, cross), 0, CTR_MAX_LAYERS, NULL },
	{ "structure", WORD, offsetof(struct ctr_config, structure), 0, 0, "parallel|crossnet_only|stacked|stacked_parallel" },
	{ "low_rank", INTEGER, offsetof(struct ctr_config, low_rank), 0, 4096, NULL },
	{ "experts", INTEGER, offsetof(struct ctr_config, experts), 1, CTR_MAX_LAYERS, NULL },
	{ "wide", INTEGER, offsetof(struct ctr_config, wide), 0, 1, NULL },
	{ "towers", WORD, offsetof(struct ctr_config, towers), 0, 0, "joint|sum" },
	{ "cin", SIZES, offsetof(struct ctr_config, cin), 0, 0, NULL },
	{ "attn_layers", INTEGER, offsetof(struct ctr_config, attn_layers), 1, CTR_MAX_LAYERS, NULL },
	{ "attn_heads", INTEGER, offsetof(struct ctr_config, attn_heads), 1, CTR_MAX_LAYERS, NULL },
	{ "attn_dim", INTEGER, offsetof(struct ctr_config, attn_dim), 1, 4096, NULL },
	{ "attn_scale", INTEGER, offsetof(struct ctr_config, attn_scale), 0, 1, NULL },
	{ "residual", INTEGER, offsetof(struct ctr_config, residual), 0, 1, NULL },
	{ "layer_norm", INTEGER, offsetof(struct ctr_config, layer_norm), 0, 1, NULL },
	{ "steps", INTEGER, offsetof(struct ctr_config, steps), 1, CTR_MAX_LAYERS, NULL },
	{ "gru", INTEGER, offsetof(struct ctr_config, gru), 0, 1, NULL },
	{ "reuse", INTEGER, offsetof(struct ctr_config, reuse), 0, 1, NULL },
	{ "channels", SIZES, offsetof(struct ctr_config, channels), 0, 0, NULL },
	{ "kernels", SIZES, offsetof(struct ctr_config, kernels), 0, 0, NULL },
	{ "pools", SIZES, offsetof(struct ctr_config, pools), 0, 0, NULL },
	{ "recombined", SIZES, offsetof(struct ctr_config, recombined), 0, 0, NULL },
	{ "conv_norm", INTEGER, offsetof(struct ctr_config, conv_norm), 0, 1, NULL },
	{ "conv_act", WORD, offsetof(struct ctr_config, conv_act), 0, 0, ACTS },
	{ "share_table", INTEGER, offsetof(struct ctr_config, share_table), 0, 1, NULL },
	{ "bilinear", WORD, offsetof(struct ctr_config, bilinear), 0, 0, "all|each|interaction" },
	{ "reduction", REAL, offsetof(struct ctr_config, reduction), 1, 4096, NULL },
	{ "excitation", WORD, offsetof(struct ctr_config, excitation), 0, 0, "relu|sigmoid" },
	{ "form", WORD, offsetof(struct ctr_config, parallel), 0, 0, "serial|parallel" },
	{ "blocks", INTEGER, offsetof(struct ctr_config, blocks), 1, CTR_MAX_LAYERS, NULL },
	{ "block_dim", INTEGER, offsetof(struct ctr_config, block_dim), 1, 65536, NULL },
	{ "mask_ratio", REAL, offsetof(struct ctr_config, mask_ratio), 0.001, 64, NULL },
	{ "emb_norm", INTEGER, offsetof(struct ctr_config, emb_norm), 0, 1, NULL },
	{ "hidden2", SIZES, offsetof(struct ctr_config, hidden2), 0, 0, NULL },
	{ "gated", INTEGER, offsetof(struct ctr_config, gated), 0, 1, NULL },
	{ "gate", SIZES, offsetof(struct ctr_config, gate), 0, 0, NULL },
	{ "gate1", SIZES, offsetof(struct ctr_config, gate1), 0, 0, NULL },
	{ "gate2", SIZES, offsetof(struct ctr_config, gate2), 0, 0, NULL },
	{ "heads", INTEGER, offsetof(struct ctr_config, heads), 1, 4096, NULL },
	{ "batch_norm", INTEGER, offsetof(struct ctr_config, batch_norm), 0, 1, NULL },
	{ "act", WORD, offsetof(struct ctr_config, act), 0, 0, ACTS },
	{ "dropout", REAL, offsetof(struct ctr_config, dropout), 0, 0.95, NULL },
	{ "emb_dropout", REAL, offsetof(struct ctr_config, emb_dropout), 0, 0.95, NULL },
};
#define N_SIZES (sizeof sizes / sizeof *sizes)

#define WIDEST 65536	/* a hidden layer, or as many maps */

#define PIECE 32

/* The next of "A,B,C": 1, 0 behind the last, -1 where one is empty or too long. */
static int next_piece(const char **s, char piece[PIECE])
{
	size_t n = strcspn(*s, ",");
	if (!**s)
		return 0;
	if (!n || n >= PIECE)
		return -1;
	memcpy(piece, *s, n);
	piece[n] = 0;
	*s += n;
	return **s == ',' && !*++*s ? -1 : 1;
}

/* "512,256" or "256x3" (three times 256) or nothing */
static int parse_sizes(const char *s, struct ctr_sizes *out)
{
	char piece[PIECE];
	int more;
	out->n = 0;
	while ((more = next_piece(&s, piece)) == 1) {
		uint64_t width, times = 1;
		char *x = strchr(piece, 'x');
		if (x) {
			*x = 0;
			if (cp_parse_u64(x + 1, &times) < 0)
				return -1;
		}
		if (cp_parse_u64(piece, &width) < 0 || width < 1 || width > WIDEST || times < 1 || times > (uint64_t)(CTR_MAX_HIDDEN - out->n))
			return -1;
		while (times--)
			out->v[out->n++] = width;
	}
	return more;
}

/* "FIELD:WIDTH,FIELD:WIDTH", fields from 1, none twice; the others have none of their own. */
static int parse_widths(const char *s, uint16_t *out)
{
	char piece[PIECE];
	int more;
	memset(out, 0, CTR_MAX_FIELDS * sizeof *out);
	while ((more = next_piece(&s, piece)) == 1) {
		uint64_t field, width;
		char *colon = strchr(piece, ':');
		if (!colon)
			return -1;
		*colon = 0;
		if (cp_parse_u64(piece, &field) < 0 || field < 1 || field > CTR_MAX_FIELDS || out[field - 1])
			return -1;
		if (cp_parse_u64(colon + 1, &width) < 0 || width < 1 || width > WIDEST_ROW)
			return -1;
		out[field - 1] = (uint16_t)width;
	}
	return more;
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
	case WIDTHS:
		return parse_widths(value, at);
	default:
		i = cp_choice(z->words, value);
		if (i >= 0)
			*(int64_t *)at = i;
		return i < 0 ? -1 : 0;
	}
}

/* Widths by field go with all that have a width, and stand in no list. */
int ctr_config_reads(const struct ctr_config *c, const char *name)
{
	if (!strcmp(name, "dims"))
		name = "dim";
	size_t n = strlen(name);
	for (const char *s = c->model->sizes; *s; s += strcspn(s, " "), s += strspn(s, " "))
		if (!strncmp(s, name, n) && s[n] == '=')
			return 1;
	return 0;
}

int ctr_config_has_widths(const struct ctr_config *c)
{
	for (int f = 0; f < CTR_MAX_FIELDS; f++)
		if (c->width[f])
			return 1;
	return 0;
}

static void print_names(const struct ctr_config *c, struct cp_buf *out)
{
	for (const char *s = c->model->sizes; *s; s += strcspn(s, " "), s += strspn(s, " ")) {
		cp_buf_str(out, out->len ? ", " : "");
		cp_buf_add(out, s, strcspn(s, "="));
	}
}

static int refuse_size(const struct size *z, const char *nv, struct cp_err *err)
{
	switch (z->kind) {
	case SIZES:
		return cp_err_set(err, "--set %s: expected %s=WIDTH,WIDTH,... or WIDTHxTIMES, %d or fewer, each from 1 to %d", nv, z->name,
				  CTR_MAX_HIDDEN, WIDEST);
	case WIDTHS:
		return cp_err_set(err, "--set %s: expected %s=FIELD:WIDTH,..., fields by number from 1", nv, z->name);
	case WORD:
		return cp_err_set(err, "--set %s: expected %s=%s", nv, z->name, z->words);
	default:
		return cp_err_set(err, "--set %s: expected %s=NUMBER, from %g to %g", nv, z->name, z->min, z->max);
	}
}

int ctr_config_set(struct ctr_config *c, const char *nv, struct cp_err *err)
{
	const char *eq = strchr(nv, '=');
	size_t n = eq ? (size_t)(eq - nv) : strlen(nv);
	for (size_t i = 0; i < N_SIZES; i++) {
		if (strlen(sizes[i].name) != n || memcmp(sizes[i].name, nv, n) || !ctr_config_reads(c, sizes[i].name))
			continue;
		if (eq && set_size(c, &sizes[i], eq + 1) == 0)
			return 0;
		return refuse_size(&sizes[i], nv, err);
	}
	struct cp_buf known = CP_BUF_INIT;
	print_names(c, &known);
	cp_err_set(err, "--set %s: %s has no size of that name%s%s", nv, c->model->name, known.len ? "; it has: " : ", nor any other", known.data);
	cp_buf_release(&known);
	return -1;
}

static void print_word(const char *words, int64_t i, struct cp_buf *b)
{
	char word[CP_WORD];
	cp_buf_str(b, cp_choice_word(words, (int)i, word));
}

static void print_widths(const uint16_t *width, struct cp_buf *b)
{
	const char *comma = "";
	for (int f = 0; f < CTR_MAX_FIELDS; f++)
		if (width[f]) {
			cp_buf_printf(b, "%s%d:%u", comma, f + 1, width[f]);
			comma = ",";
		}
}

void ctr_config_print(const struct ctr_config *c, struct cp_buf *b)
{
	char num[32];
	const char *space = "";
	for (size_t i = 0; i < N_SIZES; i++) {
		const void *at = (const char *)c + sizes[i].at;
		if (!ctr_config_reads(c, sizes[i].name) || (sizes[i].kind == WIDTHS && !ctr_config_has_widths(c)))
			continue;
		cp_buf_printf(b, "%s%s=", space, sizes[i].name);
		space = " ";
		if (sizes[i].kind == INTEGER)
			cp_buf_printf(b, "%lld", (long long)*(const int64_t *)at);
		else if (sizes[i].kind == REAL)
			cp_buf_str(b, cp_print_real(*(const double *)at, num));
		else if (sizes[i].kind == WORD)
			print_word(sizes[i].words, *(const int64_t *)at, b);
		else if (sizes[i].kind == WIDTHS)
			print_widths(at, b);
		else
			for (int k = 0; k < ((const struct ctr_sizes *)at)->n; k++)
				cp_buf_printf(b, "%s%zu", k ? "," : "", ((const struct ctr_sizes *)at)->v[k]);
	}
}

void ctr_config_init(struct ctr_config *c, const struct ctr_model *m, int n_fields, size_t n_rows)
{
	*c = (struct ctr_config){ .model = m, .n_fields = n_fields, .n_rows = n_rows };
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

static int check_convolutions(const struct ctr_config *c, struct cp_err *err)
{
	size_t height = (size_t)c->n_fields;
	if (!c->channels.n || c->kernels.n != c->channels.n || c->pools.n != c->channels.n || c->recombined.n != c->channels.n)
		return cp_err_set(err, "channels, kernels, pools and recombined have %d, %d, %d and %d numbers; expected as many of each, at least one",
				  c->channels.n, c->kernels.n, c->pools.n, c->recombined.n);
	for (int l = 0; l < c->channels.n; l++) {
		if (c->kernels.v[l] % 2 == 0)
			return cp_err_set(err, "kernels: %zu is even; a convolution that keeps the height is odd", c->kernels.v[l]);
		if (2 * (height % c->pools.v[l]) > c->pools.v[l])
			return cp_err_set(err, "pools: %zu places in runs of %zu would need more padding than half a run", height, c->pools.v[l]);
		height = (height + c->pools.v[l] - 1) / c->pools.v[l];
	}
	return 0;
}

static int check_gate(const struct ctr_config *c, const struct ctr_sizes *fields, const char *name, struct cp_err *err)
{
	for (int i = 0; i < fields->n; i++)
		if (fields->v[i] > (size_t)c->n_fields)
			return cp_err_set(err, "%s: field %zu; the rows have %d", name, fields->v[i], c->n_fields);
	return 0;
}

static int check_finalmlp(const struct ctr_config *c, struct cp_err *err)
{
	if (!c->hidden.n || !c->hidden2.n)
		return cp_err_set(err, "hidden and hidden2 need a layer each");
	size_t n1 = c->hidden.v[c->hidden.n - 1], n2 = c->hidden2.v[c->hidden2.n - 1], heads = (size_t)c->heads;
	if (n1 % heads || n2 % heads)
		return cp_err_set(err, "the last layers, %zu and %zu wide, are no multiples of heads=%zu", n1, n2, heads);
	return check_gate(c, &c->gate1, "gate1", err) < 0 || check_gate(c, &c->gate2, "gate2", err) < 0 ? -1 : 0;
}

int ctr_config_check(const struct ctr_config *c, struct cp_err *err)
{
	const char *name = c->model->name;
	for (int f = c->n_fields; f < CTR_MAX_FIELDS; f++)
		if (c->width[f])
			return cp_err_set(err, "%s: dims: field %d; the rows have %d", name, f + 1, c->n_fields);
	if (ctr_config_reads(c, "attn_heads") && c->attn_dim % c->attn_heads)
		return cp_err_set(err, "%s: attn_dim=%lld is not a multiple of attn_heads=%lld", name, (long long)c->attn_dim, (long long)c->attn_heads);
	if (ctr_config_reads(c, "cin") && !c->cin.n)
		return cp_err_set(err, "%s: cin names no layer", name);
	if ((c->model == &ctr_ipnn || c->model == &ctr_fignn || c->model == &ctr_fibinet) && c->n_fields < 2)
		return cp_err_set(err, "%s: pairs of fields need two; the rows have %d", name, c->n_fields);
	if (c->model == &ctr_finalmlp && check_finalmlp(c, err) < 0)
		return cp_err_wrap(err, "%s", name);
	if (ctr_config_reads(c, "channels") && check_convolutions(c, err) < 0)
		return cp_err_wrap(err, "%s", name);
	return 0;
}

/* --- What models share ------------------------------------------------------------------------------------------------------------- */

static struct nn_node *look_up(struct ctr_build *b, const char *name, size_t cols)
{
	const struct ctr_config *c = b->c;
	struct nn_param *table = nn_param_new(&b->b, NN_INIT_XAVIER, 2, (size_t[]){ c->n_rows, cols }, "%s", name);
	table->by_key = 1;
	struct nn_node *e = b->bags ? ng_lookup_bags(b->b.g, table, b->ids, b->bags, b->axis, c->n_fields, b->pad)
				    : ng_lookup(b->b.g, table, b->ids, b->axis, c->n_fields, b->pad);
	return ng_view(b->b.g, e, 1, (size_t)c->n_fields * cols);
}

/* Field f (B,d), from its own table.  It starts at the scale that one table of all fields would have. */
static struct nn_node *look_up_own(struct ctr_build *b, const char *name, int f)
{
	const struct ctr_config *c = b->c;
	size_t d = (size_t)c->dim, width = c->width[f] ? c->width[f] : d;
	struct nn_param *table = nn_param_new(&b->b, NN_INIT_NORMAL, 2, (size_t[]){ b->first[f + 1] - b->first[f], width }, "%s.%d", name, f + 1);
	table->by_key = 1;
	table->part = f + 1;
	table->init_std = sqrt(2 / (double)(c->n_rows + d));
	struct nn_node *e = ng_lookup_place(b->b.g, table, b->ids, b->bags, b->axis, f, c->n_fields, b->first[f]);
	return width == d ? e : nn_dense_plain(&b->b, e, d, NN_NONE, "%s.%d.map", name, f + 1);
}

static struct nn_node *look_up_each(struct ctr_build *b, const char *name)
{
	struct nn_node *e[CTR_MAX_FIELDS];
	for (int f = 0; f < b->c->n_fields; f++)
		e[f] = look_up_own(b, name, f);
	return ng_concat(b->b.g, b->c->n_fields, e);
}

struct nn_node *ctr_embed_by(struct ctr_build *b, const char *name)
{
	struct nn_node *x = ctr_config_has_widths(b->c) ? look_up_each(b, name) : look_up(b, name, (size_t)b->c->dim);
	return ng_dropout(b->b.g, x, b->c->emb_dropout);
}

struct nn_node *ctr_embed(struct ctr_build *b)
{
	if (!b->x)
		b->x = ctr_embed_by(b, "embedding");
	return b->x;
}

struct nn_node *ctr_linear(struct ctr_build *b, int bias)
{
	struct nn_node *z = ng_sum_groups(b->b.g, look_up(b, "lr.weight", 1), 1);
	return bias ? ng_bias(b->b.g, z, ng_weight(b->b.g, nn_param_new(&b->b, NN_INIT_ZERO, 1, (size_t[]){ 1 }, "lr.bias"))) : z;
}

struct nn_node *ctr_add_linear(struct ctr_build *b, struct nn_node *z)
{
	return b->c->wide ? ng_add(b->b.g, z, ctr_linear(b, 0)) : z;
}

struct nn_node *ctr_towers_logit(struct ctr_build *b, struct nn_node *q, size_t a_cols)
{
	if (b->c->towers == CTR_JOINT || a_cols == q->cols)
		return nn_dense(&b->b, q, 1, NN_NONE, "out");
	struct nn_node *a = nn_dense(&b->b, ng_cols(b->b.g, q, 0, a_cols), 1, NN_NONE, "out");
	return ng_add(b->b.g, a, nn_dense(&b->b, ng_cols(b->b.g, q, a_cols, q->cols - a_cols), 1, NN_NONE, "mlp.out"));
}

struct nn_node *ctr_final(struct ctr_build *b)
{
	return b->c->model->final ? b->c->model->final(b) : NULL;
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
			x = nn_batch_norm(&b->b, x, 0, "%s.%d.norm", name, l);
			x = ng_activate(b->b.g, x, (enum nn_act)b->c->act);
		} else {
			x = nn_dense(&b->b, x, width, (enum nn_act)b->c->act, "%s.%d", name, l);
		}
		x = ng_dropout(b->b.g, x, b->c->dropout);
	}
	return x;
}
