/* Sizes by name: text to struct ctr_config and back, what a model has where nobody says otherwise, and whether they go together. */
#include "ctr/ctr.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/choice.h"
#include "base/list.h"
#include "base/num.h"

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
	{ "structure", WORD, offsetof(struct ctr_config, structure), 0, 0, CTR_STRUCTURES },
	{ "low_rank", INTEGER, offsetof(struct ctr_config, low_rank), 0, 4096, NULL },
	{ "experts", INTEGER, offsetof(struct ctr_config, experts), 1, CTR_MAX_LAYERS, NULL },
	{ "wide", INTEGER, offsetof(struct ctr_config, wide), 0, 1, NULL },
	{ "towers", WORD, offsetof(struct ctr_config, towers), 0, 0, CTR_TOWERS },
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
	{ "bilinear", WORD, offsetof(struct ctr_config, bilinear), 0, 0, CTR_BILINEARS },
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

/* "512,256" or "256x3" (three times 256) or nothing */
static int parse_sizes(const char *s, struct ctr_sizes *out)
{
	const char *p;
	size_t n;
	out->n = 0;
	s = *s ? s : NULL;
	while (cp_next_piece(&s, ',', &p, &n)) {
		const char *x = memchr(p, 'x', n), *end = p + n;
		uint64_t width, times = 1;
		if (x && cp_parse_u64_n(x + 1, (size_t)(end - x - 1), &times) < 0)
			return -1;
		if (cp_parse_u64_n(p, (size_t)((x ? x : end) - p), &width) < 0 || width < 1 || width > WIDEST)
			return -1;
		if (times < 1 || times > (uint64_t)(CTR_MAX_HIDDEN - out->n))
			return -1;
		while (times--)
			out->v[out->n++] = width;
	}
	return 0;
}

/* "FIELD:WIDTH,FIELD:WIDTH", fields from 1, none twice; the others have none of their own. */
static int parse_widths(const char *s, uint16_t *out)
{
	const char *p;
	size_t n;
	memset(out, 0, CTR_MAX_FIELDS * sizeof *out);
	s = *s ? s : NULL;
	while (cp_next_piece(&s, ',', &p, &n)) {
		const char *colon = memchr(p, ':', n);
		uint64_t field, width;
		if (!colon || cp_parse_u64_n(p, (size_t)(colon - p), &field) < 0 || field < 1 || field > CTR_MAX_FIELDS || out[field - 1])
			return -1;
		if (cp_parse_u64_n(colon + 1, (size_t)(p + n - colon - 1), &width) < 0 || width < 1 || width > WIDEST_ROW)
			return -1;
		out[field - 1] = (uint16_t)width;
	}
	return 0;
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
	const char *list = c->model->sizes, *p;
	size_t n, n_name = strlen(name);
	while (cp_next_piece(&list, ' ', &p, &n))
		if (!strncmp(p, name, n_name) && p[n_name] == '=')
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
	const char *list = c->model->sizes, *p;
	size_t n;
	while (cp_next_piece(&list, ' ', &p, &n))
		cp_buf_printf(out, "%s%.*s", out->len ? ", " : "", (int)strcspn(p, "="), p);
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

int ctr_config_set_words(struct ctr_config *c, const char *words, struct cp_err *err)
{
	const char *p;
	size_t n;
	int rc = 0;
	while (!rc && cp_next_piece(&words, ' ', &p, &n)) {
		char *word = cp_xstrndup(p, n);
		rc = n ? ctr_config_set(c, word, err) : 0;
		free(word);
	}
	return rc;
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
	int rc = ctr_config_set_words(c, m->sizes, NULL);
	assert(!rc);
	(void)rc;
}

int ctr_config_check(const struct ctr_config *c, struct cp_err *err)
{
	const struct ctr_model *m = c->model;
	for (int f = c->n_fields; f < CTR_MAX_FIELDS; f++)
		if (c->width[f])
			return cp_err_set(err, "%s: dims: field %d; the rows have %d", m->name, f + 1, c->n_fields);
	if (c->n_fields < m->min_fields)
		return cp_err_set(err, "%s: pairs of fields need two; the rows have %d", m->name, c->n_fields);
	return m->check && m->check(c, err) < 0 ? cp_err_wrap(err, "%s", m->name) : 0;
}
