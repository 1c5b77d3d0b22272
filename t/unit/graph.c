/* The graph in float: the same bits for teams of 1, 2 and 3 threads, over some steps of the whole model, and from run to run; T5's buckets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "ctr/ctr.h"
#include "nn/build.h"
#include "nn/optim.h"
#include "plm/plm.h"

#define ROWS 70
#define FIELDS 4
#define KEYS 500
#define VOCAB 300
#define STEPS 3

static int n_tests, n_failed;

static void ok(int good, const char *what)
{
	n_failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++n_tests, what);
}

struct model {
	struct nn_graph *g;
	struct nn_params *ps;
	struct plm_config p;
	struct ctr_config c;
	struct plm_feed f;
	struct nn_ids ids;
	struct nn_feed labels;
	uint32_t id[ROWS * FIELDS];
	uint64_t key[ROWS];
	float label[ROWS];
	struct nn_node *lm, *loss;
};

static void build(struct model *m, struct cp_team *team)
{
	struct plm_prompting how = { PLM_PROMPT_LAYERS, 3, 0, 1 };
	memset(m, 0, sizeof *m);
	m->p = (struct plm_config){ .family = PLM_BERT, .layers = 2, .hidden = 64, .heads = 4, .ffn = 128, .positions = 64, .types = 2, .act = NN_GELU,
				    .vocab = VOCAB, .eps = 1e-12, .dropout = 0.1, .attention_dropout = 0.1 };
	m->g = nn_graph_new(team);
	m->ps = nn_params_new();
	m->g->training = 1;
	ctr_config_init(&m->c, ctr_find("dcnv2"), FIELDS, KEYS);
	ctr_config_set(&m->c, "hidden=64x2", NULL);
	ctr_config_set(&m->c, "cross=2", NULL);
	ctr_config_set(&m->c, "batch_norm=1", NULL);
	plm_feed_init(&m->f, &m->p, &how);
	struct ctr_build b = { .b = { m->g, m->ps, 0 }, .c = &m->c, .ids = &m->ids, .axis = PLM_ROWS, .pad = -1 };
	struct plm_nodes n;
	struct nn_node *q = ctr_final(&b);
	plm_encoder(&b.b, &m->p, &m->f, plm_prompts(&b.b, &m->p, &how, q), &n);
	m->lm = ng_lm_loss(m->g, plm_lm_transform(&b.b, &m->p, &n, &m->f), plm_lm_decoder(&b.b, &m->p, &n, 1), plm_lm_bias(&b.b, &m->p), &m->f.labels,
			   NULL);
	struct nn_node *z = plm_click_head(&b.b, plm_pool(&b.b, &m->p, &n, &m->f, PLM_POOL_AVG));
	m->loss = ng_add(m->g, m->lm, ng_bce(m->g, ng_add(m->g, z, ctr_logit(&b, q)), &m->labels));
	nn_params_alloc(m->ps, NN_TRAINING);
	nn_params_init(m->ps, 5, NULL);
}

static void feed(struct model *m, uint64_t batch)
{
	struct cp_rng r = cp_rng(1, CP_RNG_TEST, batch, 0);
	plm_feed_reset(&m->f);
	for (size_t i = 0; i < ROWS; i++) {
		uint32_t v[40];
		size_t n = 4 + cp_rng_below(&r, 36);
		for (size_t t = 0; t < n; t++)
			v[t] = (uint32_t)cp_rng_below(&r, VOCAB);
		m->key[i] = batch * ROWS + i;
		size_t first = plm_feed_row(&m->f, v, n, m->key[i]);
		for (size_t t = 0; t < n; t += 3)
			plm_feed_pick(&m->f, first + t, (uint32_t)cp_rng_below(&r, VOCAB));
		for (size_t k = 0; k < FIELDS; k++)
			m->id[i * FIELDS + k] = (uint32_t)cp_rng_below(&r, KEYS);
		m->label[i] = (float)cp_rng_below(&r, 2);
	}
	m->ids.v = m->id;
	m->labels.v = m->label;
	m->g->keys[PLM_ROWS] = m->key;
	m->g->len[PLM_ROWS] = ROWS;
	plm_feed_bind(&m->f, m->g);
}

/* All parameters after some steps, and the losses behind them; the caller frees. */
static float *train(int threads, size_t *n)
{
	struct cp_err err;
	struct cp_team *team = threads ? cp_team_new(threads, &err) : NULL;
	struct model *m = cp_xmalloc(sizeof *m);
	struct nn_optimiser adamw = { 0.9, 0.999, 1e-8, 0.1 };
	build(m, team);
	*n = m->ps->total + STEPS;
	float *out = cp_xmalloc(*n * sizeof *out);
	for (uint64_t t = 1; t <= STEPS; t++) {
		double lr = 1e-3;
		feed(m, t);
		nn_forward(m->g, m->loss);
		out[m->ps->total + t - 1] = m->loss->val[0];
		nn_backward(m->g, m->loss);
		nn_optimiser_step(m->ps, &adamw, &lr, t, team);
	}
	memcpy(out, m->ps->val, m->ps->total * sizeof *out);
	plm_feed_release(&m->f);
	nn_graph_free(m->g);
	nn_params_free(m->ps);
	cp_team_free(team);
	free(m);
	return out;
}

/* A frozen parameter stays, and so does the gradient's room of the others: what is asked for beside does no harm. */
static void check_frozen(void)
{
	struct model *m = cp_xmalloc(sizeof *m);
	struct nn_optimiser adamw = { 0.9, 0.999, 1e-8, 0.1 };
	double lr = 1e-2;
	size_t moved = 0, stayed = 0;
	build(m, NULL);
	free(m->ps->val);
	free(m->ps->grad);
	free(m->ps->m1);
	free(m->ps->m2);
	for (int i = 0; i < m->ps->n; i++)
		if (!strncmp(m->ps->v[i]->name, "plm.", 4))
			m->ps->v[i]->frozen = 1;
	nn_params_alloc(m->ps, NN_TRAINING);
	nn_params_init(m->ps, 5, NULL);
	float *before = cp_xmalloc(m->ps->total * sizeof *before);
	memcpy(before, m->ps->val, m->ps->total * sizeof *before);
	feed(m, 1);
	nn_forward(m->g, m->loss);
	nn_backward(m->g, m->loss);
	nn_optimiser_step(m->ps, &adamw, &lr, 1, NULL);
	for (int i = 0; i < m->ps->n; i++) {
		const struct nn_param *p = m->ps->v[i];
		int same = !memcmp(p->val, before + p->offset, p->n * sizeof *before);
		if (!strncmp(p->name, "plm.", 4))
			stayed += same ? 0 : 1;
		else if (!p->frozen)
			moved += same;
	}
	ok(!stayed && !moved, "a frozen language model stays as it is, all else moves");
	free(before);
	plm_feed_release(&m->f);
	nn_graph_free(m->g);
	nn_params_free(m->ps);
	free(m);
}

/* T5's buckets of distances as the reference's library gives them, 32 of them up to 128 and 8 up to 20. */
static void check_buckets(void)
{
	static const struct { int distance, n, far, causal; size_t bucket; } want[] = {
		{ 0, 32, 128, 0, 0 }, { -1, 32, 128, 0, 1 }, { 1, 32, 128, 0, 17 }, { -7, 32, 128, 0, 7 }, { 8, 32, 128, 0, 24 }, { -16, 32, 128, 0, 10 },
		{ 31, 32, 128, 0, 27 }, { 32, 32, 128, 0, 28 }, { -63, 32, 128, 0, 13 }, { -64, 32, 128, 0, 14 }, { 128, 32, 128, 0, 31 },
		{ -5000, 32, 128, 0, 15 }, { 3, 32, 128, 1, 0 }, { -15, 32, 128, 1, 15 }, { -16, 32, 128, 1, 16 }, { -113, 32, 128, 1, 31 },
		{ -32, 32, 128, 1, 21 }, { -64, 32, 128, 1, 26 }, { 6, 8, 20, 0, 6 }, { -7, 8, 20, 0, 3 }, { -19, 8, 20, 1, 7 },
	};
	size_t wrong = 0;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		size_t b = ng_bucket(want[i].distance, (size_t)want[i].n, (size_t)want[i].far, want[i].causal);
		if (b != want[i].bucket)
			printf("# distance %d: bucket %zu, expected %zu\n", want[i].distance, b, want[i].bucket);
		wrong += b != want[i].bucket;
	}
	ok(!wrong, "buckets of distances");
}

/* The largest gradient of parameter `name` in a model of one field. */
static float steepest(const char *model, const char *const *set, const char *name)
{
	struct model *m = cp_xcalloc(1, sizeof *m);
	float most = 0;
	m->g = nn_graph_new(NULL);
	m->ps = nn_params_new();
	ctr_config_init(&m->c, ctr_find(model), 1, KEYS);
	for (; *set; set++)
		ctr_config_set(&m->c, *set, NULL);
	struct ctr_build b = { .b = { m->g, m->ps, 0 }, .c = &m->c, .ids = &m->ids, .axis = 1, .pad = -1 };
	m->loss = ng_bce(m->g, ctr_logit(&b, ctr_final(&b)), &m->labels);
	nn_params_alloc(m->ps, NN_TRAINING);
	nn_params_init(m->ps, 5, NULL);
	for (size_t i = 0; i < m->ps->total; i++)
		m->ps->val[i] *= 8;
	for (uint32_t i = 0; i < ROWS; i++) {
		m->id[i] = i;
		m->label[i] = (float)(i % 3 == 0);
	}
	m->ids.v = m->id;
	m->labels.v = m->label;
	m->g->len[1] = ROWS;
	nn_forward(m->g, m->loss);
	nn_backward(m->g, m->loss);
	const struct nn_param *p = nn_params_find(m->ps, name);
	for (size_t i = 0; i < p->n; i++)
		most = p->grad[i] > most ? p->grad[i] : -p->grad[i] > most ? -p->grad[i] : most;
	nn_graph_free(m->g);
	nn_params_free(m->ps);
	free(m);
	return most;
}

/* Adam makes a whole step of a gradient of any size, of rounding too: what cannot matter has one of 0, to the bit. */
static void check_still(void)
{
	const char *fm[] = { "dim=7", "wide=0", NULL }, *autoint[] = { "dim=7", "attn_dim=7", "attn_layers=1", "attn_scale=1", "hidden=", NULL };
	ok(steepest("fm", fm, "embedding") == 0, "FM of one field has no pairs and no gradient");
	ok(steepest("autoint", autoint, "attention.0.query.weight") == 0 && steepest("autoint", autoint, "attention.0.key.weight") == 0,
	   "one key has all the attention, and no query changes that");
	ok(steepest("autoint", autoint, "attention.0.value.weight") > 0, "but its value counts");
}

int main(void)
{
	check_buckets();
	check_still();
	size_t n, k;
	float *one = train(1, &n);
	ok(one[n - 1] == one[n - 1] && one[n - 1] < one[n - STEPS], "the loss falls");
	for (int threads = 0; threads <= 3; threads++) {
		char what[80];
		float *other = train(threads, &k);
		snprintf(what, sizeof what, "%d threads give the same bits as 1", threads);
		ok(n == k && !memcmp(one, other, n * sizeof *one), threads ? what : "no team gives the same bits as 1 thread");
		free(other);
	}
	free(one);
	check_frozen();
	printf("1..%d\n", n_tests);
	return n_failed != 0;
}
