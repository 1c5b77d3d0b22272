/* What a language model would say, and what it looks at. */
#include "train/look.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

/* --- The likeliest words ------------------------------------------------------------------------------------------------------------ */

struct guess {
	uint32_t id;
	double p;
};

/* The likeliest `top` of the ids in the softmax, falling; their number.  *truth: the probability of `id`, 0 where it is not among them. */
static int guesses(const struct nn_cut *cut, const nn_float *z, size_t vocab, uint32_t id, int top, struct guess *out, double *truth)
{
	size_t n = cut->n ? cut->n : vocab;
	double most = -INFINITY, sum = 0;
	int kept = 0;
	*truth = 0;
	for (size_t i = 0; i < n; i++)
		most = fmax(most, (double)z[cut->n ? cut->ids[i] : i]);
	for (size_t i = 0; i < n; i++) {
		struct guess g = { cut->n ? cut->ids[i] : (uint32_t)i, 0 };
		sum += g.p = exp((double)z[g.id] - most);
		if (g.id == id)
			*truth = g.p;
		int at = kept < top ? kept++ : kept;
		for (; at && g.p > out[at - 1].p; at--)
			if (at < top)
				out[at] = out[at - 1];
		if (at < top)
			out[at] = g;
	}
	for (int k = 0; k < kept; k++)
		out[k].p /= sum;
	*truth /= sum;
	return kept;
}

static const char *spelled(const struct cp_tokenizer *t, uint32_t id)
{
	const char *s = cp_tokenizer_token(t, id);
	return s ? s : "?";
}

static int is_role(const struct cp_tokenizer *t, uint32_t id, enum cp_tok_role role)
{
	return cp_tokenizer_special(t, role) == id;
}

/* Tokens with a space between, those of WordPiece that go on with a word joined to it; the frame is left out. */
static void print_sentence(const struct cp_tokenizer *t, const uint32_t *ids, size_t n, struct cp_buf *out)
{
	int first = 1;
	for (size_t i = 0; i < n; i++) {
		const char *s = spelled(t, ids[i]);
		if ((i == 0 && is_role(t, ids[i], CP_TOK_CLS)) || (i == n - 1 && is_role(t, ids[i], CP_TOK_SEP)))
			continue;
		int joined = !first && !strncmp(s, "##", 2);
		cp_buf_printf(out, "%s%s", first || joined ? "" : " ", joined ? s + 2 : s);
		first = 0;
	}
}

/* Probability of the word and the likeliest ones, with a tab before each; whether it is the likeliest itself. */
static int print_guesses(const struct cp_model *m, size_t pick, uint32_t id, int top, struct cp_buf *out)
{
	struct guess g[CP_FILL_MASK_TOP];
	double truth;
	int n = guesses(&m->cut, m->lm->val + pick * m->lm->cols, m->lm->cols, id, top, g, &truth);
	cp_buf_printf(out, "\t%.6f\t", truth);
	for (int k = 0; k < n; k++)
		cp_buf_printf(out, "%s%s=%.6f", k ? " " : "", spelled(m->tokenizer, g[k].id), g[k].p);
	return n && g[0].id == id;
}

/* The k-th masked word of the batch, which is one of row i. */
static void print_word(struct cp_predict *p, size_t i, size_t k, size_t place, struct cp_buf *to)
{
	struct cp_fill_mask *f = p->ctx;
	const struct cp_model *m = p->model;
	size_t at = m->batch.feed.off_v.v[i], end = m->batch.feed.off_v.v[i + 1];
	uint32_t id = m->batch.feed.label_v.v[k];
	cp_buf_printf(to, "%llu\t%s", (unsigned long long)p->data.row[place], spelled(m->tokenizer, id));
	f->right += (uint64_t)print_guesses(m, k, id, f->top, to);
	if (f->plain)
		f->right_plain += (uint64_t)print_guesses(f->plain, k, id, f->top, to);
	f->n++;
	cp_buf_char(to, '\t');
	print_sentence(m->tokenizer, m->batch.feed.word_v.v + at, end - at, to);
	cp_buf_char(to, '\n');
}

void cp_fill_mask_show(struct cp_predict *p, size_t from, size_t n, struct cp_buf *to)
{
	const struct cp_feeding how = { .masked = 1 };
	struct cp_model *m = p->model, *plain = ((struct cp_fill_mask *)p->ctx)->plain;
	uint32_t places[CP_PREDICT_ROWS_PLM];
	size_t lead = m->c.prompting.where == PLM_PROMPT_INPUT ? (size_t)m->c.prompting.k : 0;
	for (size_t i = 0; i < n; i++)
		places[i] = (uint32_t)(from + i);
	if (!m->batch.feed.pick_v.n)
		return;
	nn_forward(m->g, m->lm);
	if (plain) {
		cp_model_feed(plain, &p->data, places, n, &how);
		nn_forward(plain->g, plain->lm);
	}
	for (size_t i = 0, k = 0; i < n; i++)
		for (; k < m->batch.feed.pick_v.n && m->batch.feed.pick_v.v[k] - lead * (i + 1) < m->batch.feed.off_v.v[i + 1]; k++)
			print_word(p, i, k, from + i, to);
}

/* --- Attention --------------------------------------------------------------------------------------------------------------------- */

void cp_attention_show(struct cp_predict *p, size_t from, size_t n, struct cp_buf *to)
{
	struct cp_attention *a = p->ctx;
	struct cp_model *m = p->model;
	size_t lead = m->c.prompting.where == PLM_PROMPT_INPUT ? (size_t)m->c.prompting.k : 0;
	(void)from, (void)n, (void)to;
	nn_forward(m->g, m->nodes.hidden[m->c.plm.layers]);
	for (size_t l = 0; l < m->c.plm.layers; l++)
		ng_attention_paid(m->g, m->nodes.attention[l], lead, a->sum[l]);
}

double cp_attention_paid(const struct cp_attention *a, size_t layer)
{
	return a->sum[layer][2] > 0 ? a->sum[layer][0] / a->sum[layer][2] : NAN;
}

double cp_attention_even(const struct cp_attention *a, size_t layer)
{
	return a->sum[layer][2] > 0 ? a->sum[layer][1] / a->sum[layer][2] : NAN;
}

void cp_attention_last(struct cp_predict *p, struct cp_buf *to)
{
	const struct cp_attention *a = p->ctx;
	for (size_t l = 0; p->rows && l < p->model->c.plm.layers; l++)
		cp_buf_printf(to, "%zu\t%.6f\t%.6f\n", l + 1, cp_attention_paid(a, l), cp_attention_even(a, l));
}
