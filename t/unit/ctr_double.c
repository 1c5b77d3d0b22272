/* Every CTR model of the registry, in double, over fields of all kinds: one value, a list (of one, of several, of the same twice), a number.
 *
 * Gradients of all its parameters against central differences; what a list and a number are; and the number of parameters. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "ctr/ctr.h"
#include "nn/build.h"

#define STEP 1e-4
#define NEAR 1e-6	/* relative, and of FLOOR where gradients are smaller */
#define FLOOR 1e-2
#define ROWS 1		/* axis */
#define BATCH 5
#define FIELDS 4	/* two keys, a list, a number */
#define KEYS 11

static int n_tests, n_failed;

static void ok(int good, const char *what)
{
	n_failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++n_tests, what);
}

/* --- A small model ------------------------------------------------------------------------------------------------------------------ */

static const struct tried {
	const char *name, *sizes;
} all_models[] = {
	{ "autoint", "dim=3 attn_layers=2 attn_heads=2 attn_dim=4 hidden=5 act=tanh wide=1 layer_norm=1" },
	{ "dcn", "dim=3 cross=2 hidden=5 act=tanh" },
	{ "dcnv2", "dim=3 cross=2 hidden=5,4 act=tanh dropout=0.2 emb_dropout=0.1" },
	{ "deepfm", "dim=3 hidden=5 act=tanh batch_norm=1" },
	{ "dnn", "dim=3 hidden=5,4 act=tanh" },
	{ "dnn", "dim=3 dims=1:2,3:5,4:1 hidden=5 act=tanh emb_dropout=0.1" },
	{ "fgcnn", "dim=2 dims=2:3,4:4 channels=2 kernels=3 pools=2 recombined=1 hidden=4 act=tanh" },
	{ "fm", "dim=2 dims=1:2,2:1,3:3 wide=1" },
	{ "fgcnn", "dim=2 channels=2,3 kernels=3,1 pools=2,2 recombined=1,2 hidden=4 act=tanh" },
	{ "fibinet", "dim=3 bilinear=interaction reduction=2 excitation=sigmoid hidden=4 act=tanh" },
	{ "fibinet", "dim=3 bilinear=each hidden=4 act=tanh wide=0" },
	{ "fibinet", "dim=2 bilinear=all reduction=9 excitation=sigmoid hidden=4,3 act=tanh" },
	{ "fignn", "dim=3 steps=2" },
	{ "finalmlp", "dim=3 hidden=6,4 hidden2=5,2 heads=2 gate=3 act=tanh" },
	{ "finalmlp", "dim=3 hidden=4 hidden2=6 heads=1 gate=3,2 gate1=2 gate2=1,4 act=tanh dropout=0.2" },
	{ "finalmlp", "dim=2 hidden=3 hidden2=3 gated=0 heads=3 act=tanh batch_norm=1" },
	{ "fm", "dim=3 wide=1" },
	{ "ipnn", "dim=3 hidden=5 act=tanh" },
	{ "lr", "" },
	{ "masknet", "dim=3 form=serial hidden=5,4 mask_ratio=0.5 act=tanh" },
	{ "masknet", "dim=3 form=serial hidden=5 emb_norm=0 layer_norm=0 mask_ratio=2 act=tanh" },
	{ "masknet", "dim=3 form=parallel blocks=3 block_dim=4 hidden=5 act=tanh dropout=0.1" },
	{ "xdeepfm", "dim=3 cin=3,2 hidden=5 act=tanh" },
};
#define N_MODELS (sizeof all_models / sizeof *all_models)

struct small {
	struct ctr_build b;
	struct ctr_config c;
	struct nn_node *loss;
	uint32_t id[8 * BATCH], off[BATCH * FIELDS + 1];
	nn_float weight[8 * BATCH], label[BATCH];
	uint64_t key[BATCH];
	struct nn_ids ids;
	struct nn_bags bags;
	struct nn_feed labels;
};

/* Row r has a list of 1 + r % 3 members, those of row 4 twice the same, and a number, in row 3 zero. */
static void fill(struct small *m)
{
	size_t at = 0;
	for (uint32_t r = 0; r < BATCH; r++) {
		uint32_t members = 1 + r % 3;
		for (uint32_t f = 0; f < FIELDS; f++) {
			m->off[r * FIELDS + f] = (uint32_t)at;
			for (uint32_t k = 0; k < (f == 2 ? members : 1); k++) {
				m->id[at] = f == 3 ? 10 : f * 3 + (r == 4 && f == 2 ? 1 : (r + k) % (f == 2 ? 4 : 3));
				m->weight[at++] = f == 2 ? 1 / (nn_float)members : f == 3 ? r * 0.7 - 2.1 : 1;
			}
		}
		m->label[r] = r % 2;
		m->key[r] = r * 77;
	}
	m->off[BATCH * FIELDS] = (uint32_t)at;
}

static const size_t first[FIELDS + 1] = { 0, 3, 6, 10, KEYS };	/* rows of the fields */

static struct small *small_new(const struct tried *t, int with_bags)
{
	struct small *m = cp_xcalloc(1, sizeof *m);
	struct cp_rng rng = cp_rng(11, CP_RNG_TEST, 0, 0);
	fill(m);
	m->ids.v = m->id;
	m->bags = (struct nn_bags){ m->off, m->weight };
	m->labels.v = m->label;
	ctr_config_init(&m->c, ctr_find(t->name), FIELDS, KEYS);
	assert(ctr_config_set_words(&m->c, t->sizes, NULL) == 0);
	m->b = (struct ctr_build){ .b = { nn_graph_new(NULL), nn_params_new(), 0 }, .c = &m->c, .ids = &m->ids, .bags = with_bags ? &m->bags : NULL,
				   .axis = ROWS, .pad = -1, .first = first };
	m->b.b.g->training = 1;
	m->b.b.g->len[ROWS] = BATCH;
	m->b.b.g->keys[ROWS] = m->key;
	m->loss = ng_bce(m->b.b.g, ctr_logit(&m->b, ctr_final(&m->b)), &m->labels);
	nn_params_alloc(m->b.b.ps, NN_TRAINING);
	nn_params_init(m->b.b.ps, 1, NULL);
	for (size_t i = 0; i < m->b.b.ps->total; i++)	/* nothing at 0 or 1, so that every term shows */
		m->b.b.ps->val[i] += 0.3 * cp_rng_normal(&rng);
	return m;
}

static void small_free(struct small *m)
{
	nn_graph_free(m->b.b.g);
	nn_params_free(m->b.b.ps);
	free(m);
}

static double loss_of(struct small *m)
{
	nn_forward(m->b.b.g, m->loss);
	return m->loss->val[0];
}

/* --- Gradients --------------------------------------------------------------------------------------------------------------------- */

static double loss_at(struct small *m, nn_float *x, nn_float value)
{
	nn_float kept = *x;
	*x = value;
	double loss = loss_of(m);
	*x = kept;
	return loss;
}

static double off_at(struct small *m, nn_float *x, nn_float grad)
{
	double near = loss_at(m, x, *x + STEP) - loss_at(m, x, *x - STEP), far = loss_at(m, x, *x + 2 * STEP) - loss_at(m, x, *x - 2 * STEP);
	double slope = (8 * near - far) / (12 * STEP), off = fabs(slope - grad) / fmax(FLOOR, fmax(fabs(slope), fabs(grad)));
	return isnan(off) ? INFINITY : off;
}

static void check_gradients(const struct tried *t)
{
	struct small *m = small_new(t, 1);
	char what[160];
	double worst = 0;
	loss_of(m);
	nn_backward(m->b.b.g, m->loss);
	for (int i = 0; i < m->b.b.ps->n; i++) {
		struct nn_param *p = m->b.b.ps->v[i];
		for (size_t k = 0; p->grad && k < p->n; k++)
			worst = fmax(worst, off_at(m, &p->val[k], p->grad[k]));
	}
	snprintf(what, sizeof what, "%s, %s: gradients over keys, lists and numbers, off by %.2g at most", t->name, t->sizes, worst);
	ok(worst <= NEAR, what);
	small_free(m);
}

/* --- What lists and numbers are ---------------------------------------------------------------------------------------------------- */

/* Rows of one value each: the same bits as without bags, forward and backward. */
static void check_plain(const struct tried *t)
{
	struct small *m[2] = { small_new(t, 1), small_new(t, 0) };
	double loss[2];
	char what[160];
	for (int k = 0; k < 2; k++) {
		for (uint32_t i = 0; i < BATCH * FIELDS; i++) {
			size_t f = i % FIELDS;
			m[k]->id[i] = (uint32_t)(first[f] + i * 7 % (first[f + 1] - first[f]));
			m[k]->off[i] = i;
			m[k]->weight[i] = 1;
		}
		m[k]->off[BATCH * FIELDS] = BATCH * FIELDS;
		loss[k] = loss_of(m[k]);
		nn_backward(m[k]->b.b.g, m[k]->loss);
	}
	size_t n = m[0]->b.b.ps->total * sizeof(nn_float);
	snprintf(what, sizeof what, "%s: fields of one value are looked up to the same bits", t->name);
	ok(loss[0] == loss[1] && !memcmp(m[0]->b.b.ps->grad, m[1]->b.b.ps->grad, n), what);
	small_free(m[0]);
	small_free(m[1]);
}

/* The linear term by hand. */
static void check_meaning(void)
{
	struct small *m = small_new(&(struct tried){ "lr", "" }, 1);
	const nn_float *w = nn_params_find(m->b.b.ps, "lr.weight")->val, bias = nn_params_find(m->b.b.ps, "lr.bias")->val[0];
	double sum = 0;
	for (uint32_t r = 0; r < BATCH; r++) {
		double list = r % 3 == 0 ? w[6 + r % 4] : r % 3 == 1 ? (w[6 + r % 4] + w[6 + (r + 1) % 4]) / 2 : (w[8] + w[9] + w[6]) / 3;
		if (r == 4)
			list = w[7];	/* the same member twice */
		double z = w[r % 3] + w[3 + r % 3] + list + (r * 0.7 - 2.1) * w[10] + bias;
		sum += log1p(exp(z)) - z * m->label[r];
	}
	ok(fabs(loss_of(m) - sum / BATCH) < 1e-12, "a list is the mean of its members, a number multiplies its row");
	small_free(m);
}

int main(void)
{
	char *names = cp_xstrdup(ctr_names());
	for (size_t i = 0; i < N_MODELS; i++) {
		check_gradients(&all_models[i]);
		check_plain(&all_models[i]);
	}
	check_meaning();
	for (char *name = strtok(names, "|"); name; name = strtok(NULL, "|")) {
		size_t i = 0;
		while (i < N_MODELS && strcmp(all_models[i].name, name))
			i++;
		if (i == N_MODELS)
			printf("# %s is not tried\n", name);
		n_failed += i == N_MODELS;
	}
	free(names);
	printf("1..%d\n", n_tests);
	return n_failed != 0;
}
