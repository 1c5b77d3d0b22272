/* Gradients of whole models in double: ClickPrompt in its forms, T5, and the models to compare with. */
#include "gradients.h"

/* --- The whole of ClickPrompt ------------------------------------------------------------------------------------------------------ */

struct whole {
	const char *name, *sizes;	/* of DCNv2 */
	enum plm_prompt_where where;
	int family, separate, clicks, tied;
	enum plm_pooler pooler;
} wholes[] = {
	{ "pretraining", "dim=3 cross=2 hidden=5,4", PLM_PROMPT_LAYERS, PLM_BERT, 0, 0, 0, PLM_POOL_CLS },
	{ "pretraining, tied, prompts by an MLP each", "dim=2 cross=1 hidden=", PLM_PROMPT_LAYERS, PLM_ROBERTA, 1, 0, 1, PLM_POOL_CLS },
	{ "pretraining, prompts as inputs", "dim=2 cross=1 hidden=4", PLM_PROMPT_INPUT, PLM_ROBERTA, 0, 0, 0, PLM_POOL_CLS },
	{ "finetuning", "dim=3 cross=2 hidden=5,4 batch_norm=1", PLM_PROMPT_LAYERS, PLM_BERT, 0, 1, 0, PLM_POOL_AVG_FIRST_LAST },
	{ "finetuning, low-rank mixture, stacked", "dim=2 cross=2 low_rank=2 experts=3 structure=stacked stacked=4,3 act=tanh dropout=0.2 emb_dropout=0.1",
	  PLM_PROMPT_INPUT, PLM_BERT, 0, 1, 0, PLM_POOL_AVG_TOP2 },
};

#define N_FIELDS 3
#define N_KEYS 7

static void feed_whole(struct test *t, const struct plm_config *p, struct plm_feed *f)
{
	for (size_t r = 0; r < t->rows; r++) {
		uint32_t v[8];
		size_t n = 3 + r % 3;
		for (size_t i = 0; i < n; i++)
			v[i] = 2 + (uint32_t)cp_rng_below(&t->rng, p->vocab - 2);	/* no pad: its row has no gradient from here */
		size_t first = plm_feed_row(f, v, n, r);
		plm_feed_pick(f, first + r % n, (uint32_t)cp_rng_below(&t->rng, p->vocab));
	}
	plm_feed_bind(f, t->b.g);
}

static struct nn_node *clicks_loss(struct test *t, struct nn_node *z)
{
	struct nn_feed *labels = cp_arena_alloc(&t->mem, sizeof *labels);
	nn_float *v = cp_arena_alloc(&t->mem, t->rows * sizeof *v);
	for (size_t i = 0; i < t->rows; i++)
		v[i] = i % 2;
	labels->v = v;
	return ng_bce(t->b.g, z, labels);
}

static struct nn_node *whole_loss(struct test *t, const struct whole *w, const struct ctr_config *cc, const struct plm_config *p, struct plm_feed *f)
{
	struct ctr_build b = { .b = t->b, .c = cc, .ids = ids(t, t->rows * N_FIELDS, N_KEYS), .axis = PLM_ROWS, .pad = -1 };
	struct plm_nodes n;
	struct nn_node *q = ctr_final(&b);
	plm_encoder(&t->b, p, f, plm_prompts(&t->b, p, &f->p, q), &n);
	if (!w->clicks)
		return ng_lm_loss(t->b.g, plm_lm_transform(&t->b, p, &n, f), plm_lm_decoder(&t->b, p, &n, w->tied), plm_lm_bias(&t->b, p), &f->labels, NULL);
	struct nn_node *z = plm_click_head(&t->b, plm_pool(&t->b, p, &n, f, w->pooler));
	return clicks_loss(t, ng_lerp(t->b.g, z, ctr_logit(&b, q), weight(t, 1, 1)));
}

static struct test begin(uint64_t seed, uint64_t which)
{
	struct test t = { .rows = 5, .rng = cp_rng(seed, CP_RNG_TEST, which, 0), .b = { nn_graph_new(NULL), nn_params_new(), 0 } };
	t.b.g->training = 1;
	t.b.g->len[PLM_ROWS] = t.rows;
	return t;
}

/* Parameters drawn, then moved by some noise: nothing at 0 or 1, so that every term shows. */
static double finish(struct test *t, struct plm_feed *f, double keep, double noise, size_t stride)
{
	nn_params_alloc(t->b.ps, NN_TRAINING);
	nn_params_init(t->b.ps, 1, NULL);
	for (size_t i = 0; i < t->b.ps->total; i++)
		t->b.ps->val[i] = keep * t->b.ps->val[i] + noise * cp_rng_normal(&t->rng);
	double worst = check(t, stride);
	plm_feed_release(f);
	test_release(t);
	return worst;
}

static double check_whole(const struct whole *w)
{
	struct test t = begin(3, 0);
	struct plm_config p = { .family = w->family, .layers = 2, .hidden = 6, .heads = 2, .ffn = 5, .positions = 16, .types = 2, .vocab = 12,
				.act = (enum nn_act[]){ NN_GELU, NN_GELU_TANH, NN_RELU, NN_SILU }[(w - wholes) % 4], .pad = w->family, .eps = 1e-2, .dropout = 0.1,
				.attention_dropout = 0.1 };
	struct plm_prompting how = { w->where, 2, w->separate, 1 };
	struct ctr_config cc;
	struct plm_feed f;
	keys_for(&t, PLM_ROWS);
	ctr_config_init(&cc, ctr_find("dcnv2"), N_FIELDS, N_KEYS);
	assert(ctr_config_set_words(&cc, w->sizes, NULL) == 0);
	plm_feed_init(&f, &p, &how);
	plm_feed_reset(&f);
	feed_whole(&t, &p, &f);
	t.loss = whole_loss(&t, w, &cc, &p, &f);
	return finish(&t, &f, 1, 0.3, 5);
}

/* --- Models to compare with: PTab, CTR-BERT without and with a CTR model, CTRL by one space and by two ------------------------------------ */

enum { PTAB, CTR_BERT, CTR_BERT_FUSED, CTRL, CTRL_BY_TWO, N_BASELINES };
static const char *const baseline_names[] = { "PTab", "CTR-BERT", "CTR-BERT beside a CTR model", "CTRL", "CTRL by two sub-spaces" };

/* Rows of the batch and their texts, one each or the two of a user and an item. */
static void feed_texts(struct test *t, struct plm_feed *f, size_t a_row)
{
	for (size_t r = 0; r < t->rows * a_row; r++) {
		uint32_t v[8];
		size_t n = 2 + r % 4;
		for (size_t i = 0; i < n; i++)
			v[i] = 2 + (uint32_t)cp_rng_below(&t->rng, f->c->vocab - 2);
		plm_feed_row(f, v, n, r);
	}
	plm_feed_bind(f, t->b.g);
}

static struct nn_node *baseline_loss(struct test *t, int which, const struct ctr_config *cc, const struct plm_config *p, struct plm_feed *f)
{
	struct ctr_build b = { .b = t->b, .c = cc, .ids = ids(t, t->rows * N_FIELDS, N_KEYS), .axis = PLM_ROWS, .pad = -1 };
	struct nn_node *q = which >= CTR_BERT_FUSED ? ctr_final(&b) : NULL;
	struct plm_nodes n;
	plm_encoder(&t->b, p, f, NULL, &n);
	if (which == PTAB)
		return clicks_loss(t, plm_ptab(&t->b, p, &n, f));
	if (which < CTRL)
		return clicks_loss(t, plm_ctr_bert(&t->b, p, &n, f, q));
	return ng_info_nce(t->b.g, plm_ctrl_row(&t->b, q), plm_ctrl_text(&t->b, p, &n, f), which == CTRL ? 1 : 2, 0.7);
}

static double check_baseline(int which)
{
	struct test t = begin(5, (uint64_t)which);
	struct plm_config p = { .layers = 2, .hidden = 6, .heads = 2, .ffn = 5, .positions = 16, .types = 2, .vocab = 12, .act = NN_GELU, .eps = 1e-2, .dropout = 0.1,
				.attention_dropout = 0.1 };
	struct ctr_config cc;
	struct plm_feed f;
	keys_for(&t, PLM_ROWS);
	ctr_config_init(&cc, ctr_find("dcnv2"), N_FIELDS, N_KEYS);
	for (int i = 0; i < 3; i++)
		assert(ctr_config_set(&cc, (const char *[]){ "dim=2", "cross=1", "hidden=4" }[i], NULL) == 0);
	plm_feed_init(&f, &p, &(struct plm_prompting){ 0 });
	if (which == CTR_BERT || which == CTR_BERT_FUSED)
		f.texts = PLM_TEXTS;
	feed_texts(&t, &f, f.texts == PLM_TEXTS ? 2 : 1);
	t.loss = baseline_loss(&t, which, &cc, &p, &f);
	return finish(&t, &f, 1, 0.2, 3);
}

/* --- T5 ---------------------------------------------------------------------------------------------------------------------------- */

static void feed_t5(struct test *t, struct plm_feed *f)
{
	for (size_t r = 0; r < t->rows; r++) {
		uint32_t v[6];
		size_t n = 3 + r % 4;
		for (size_t i = 0; i < n; i++)
			v[i] = (uint32_t)cp_rng_below(&t->rng, f->c->vocab);
		plm_feed_row(f, v, n, r);
		plm_feed_whole(f, (uint32_t[]){ 0, 1, 2, 0, 1, 2 }, n);
		plm_feed_answer(f, v, 1 + r % 3, r % 3 ? 1 : 0, r);
	}
	plm_feed_bind(f, t->b.g);
}

/* v1.0 and v1.1; the loss of the answers and the odds of two of them. */
static double check_t5(int gated, int odds)
{
	struct test t = begin(4, (uint64_t)gated);
	struct plm_config p = { .family = PLM_T5, .layers = 2, .decoder_layers = 1, .hidden = 6, .heads = 2, .head_width = 4, .ffn = 5, .positions = 16,
				.vocab = 9, .words = 4, .buckets = 4, .far = 7, .gated = gated, .act = gated ? NN_GELU_TANH : NN_RELU,
				.tie = gated ? PLM_UNTIED : PLM_TIED, .eps = 1e-2, .dropout = 0.1, .attention_dropout = 0.2 };
	struct plm_t5_nodes n;
	struct plm_feed f;
	plm_feed_init(&f, &p, &(struct plm_prompting){ 0 });
	feed_t5(&t, &f);
	plm_t5(&t.b, &p, &f, &n);
	t.loss = plm_t5_loss(&t.b, &p, &n, &f, NULL);
	if (odds)
		t.loss = nn_node_new(t.b.g, &op_probe, 0, 1, 1, 1, (struct nn_node *[]){ plm_t5_logit(&t.b, &p, &n, &f, 3, 5) });
	return finish(&t, &f, 0.5, 0.2, 3);
}

int main(void)
{
	for (int i = 0; i < 4; i++)
		tell(i & 2 ? "T5, the odds of an answer" : "T5", check_t5(i & 1, i & 2));
	for (int i = 0; i < N_BASELINES; i++)
		tell(baseline_names[i], check_baseline(i));
	for (size_t i = 0; i < sizeof wholes / sizeof *wholes; i++)
		tell(wholes[i].name, check_whole(&wholes[i]));
	printf("1..%d\n", n_tests);
	return n_failed != 0;
}
