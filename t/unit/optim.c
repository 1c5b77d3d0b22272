/* Optimisers against the numbers of torch 2.13 (AdamW, Adam, SparseAdam, Adagrad, SGD, clip_grad_norm_, in double) and, FTRL, of algorithm 1 of
 * McMahan et al. 2013 worked out apart; and the same bits for any team.  optim_double.c is the same in double. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/team.h"
#include "nn/optim.h"

#define STEPS 5
#define TABLE 8		/* elements of a table of 4 rows; then a vector of 3 */
#define N 11
#define NEAR (sizeof(nn_float) == 4 ? 1e-6 : 1e-7)	/* SparseAdam has its eps elsewhere: 1e-8 */

static int n_tests, n_failed;

static void ok(int good, const char *what)
{
	n_failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++n_tests, what);
}

static const struct {
	const char *name;
	double lr;
	struct nn_optimiser o;		/* betas and eps: 0.9, 0.999, 1e-8 */
	double l2[2];			/* of the table, of the vector */
	double want[N];
} cases[] = {
	{ "adamw", 0.05,
	  { .rule = NN_ADAMW, .weight_decay = 0.1 }, { 0, 0 },
	  { 0.790233946655, 0.941402236564, 0.104592349784, -0.698152848245, -0.897944343327, -0.293714768115,
	    0.520170217298, 1.09127862778, 0.296218230951, -0.415604167111, -1.14000710242 } },
	{ "adam, which does not decay", 0.05,
	  { .rule = NN_ADAM, .weight_decay = 0.1 }, { 0, 0 },
	  { 0.810074104988, 0.965190132284, 0.106784900172, -0.715538585205, -0.921863558214, -0.300334615574,
	    0.534411419671, 1.11784077596, 0.296218230951, -0.415604167111, -1.14000710242 } },
	{ "adam with L2 and clipping", 0.05,
	  { .rule = NN_ADAM, .clip = 0.5 }, { 0.3, 0.02 },
	  { 0.720823248375, 0.838414441496, 0.112243429834, -0.672512731051, -0.744390146023, -0.221046197381,
	    0.490581223592, 1.05389874293, 0.290161913965, -0.407468989613, -1.14368167209 } },
	{ "sparse-adamw", 0.05,
	  { .rule = NN_SPARSE_ADAMW }, { 0, 0 },
	  { 0.812674529396, 0.954305887398, 0.118422932154, -0.728361358549, -0.941546431371, -0.286461518193,
	    0.565163542051, 1.08588197857, 0.296218230951, -0.415604167111, -1.14000710242 } },
	{ "adagrad", 0.05,
	  { .rule = NN_ADAGRAD }, { 0, 0 },
	  { 0.842198333031, 0.909999465659, 0.158575593551, -0.772576604445, -0.942926012189, -0.300343820538,
	    0.639154568378, 1.01020953985, 0.39945065511, -0.523385499471, -1.02908876799 } },
	{ "sgd with momentum", 0.05,
	  { .rule = NN_SGD, .momentum = 0.9 }, { 0, 0 },
	  { 0.850310869423, 0.930012801153, 0.189924697719, -0.785548060018, -0.865740360239, -0.341978179279,
	    0.506012603617, 1.15921563023, 0.266362218392, -0.367807017979, -1.20313519925 } },
	{ "sgd with L2 on the table", 0.05,
	  { .rule = NN_SGD }, { 0.3, 0 },
	  { 0.792689293161, 0.830471431859, 0.18088935363, -0.747855492078, -0.845052628798, -0.298367263229,
	    0.619023725781, 0.908712242094, 0.430352488769, -0.553648799499, -0.999161531111 } },
	{ "ftrl", 0.05,
	  { .rule = NN_FTRL, .beta = 1 }, { 0, 0 },
	  { 0.299666187462, 0.355955202562, 0.0771636772317, -0.359916921601, -0.0923639305223, -0.079941163197,
	    0.322614414196, 0.50011866723, 0.204608716317, -0.26217291416, -0.486576170551 } },
	{ "ftrl with l1 and l2", 0.1,
	  { .rule = NN_FTRL, .beta = 0.5, .l1 = 1.5, .l2 = 0.2 }, { 0, 0 },
	  { 0.296783324326, 0.372164701027, 0.0284365376377, -0.389479412506, 0, -0.00462086409323,
	    0.315951835884, 0.571311641935, 0.164047274843, -0.23434295503, -0.561702005362 } },
};

/* In each step some rows of the table have no gradient. */
static double gradient(int t, int i)
{
	return i < TABLE && (i / 2 + t) % 3 == 0 ? 0 : cos(3 * i + t);
}

static void check(size_t c)
{
	struct nn_params *ps = nn_params_new();
	struct nn_param *table = nn_params_add(ps, "table", 0, 2, (size_t[]){ TABLE / 2, 2 });
	struct nn_param *vector = nn_params_add(ps, "vector", 0, 1, (size_t[]){ N - TABLE });
	struct nn_optimiser o = cases[c].o;
	double worst = 0;
	char what[160];
	o.beta1 = 0.9, o.beta2 = 0.999, o.eps = 1e-8;
	table->by_key = 1;
	table->l2 = cases[c].l2[0];
	vector->l2 = cases[c].l2[1];
	nn_params_alloc(ps, NN_TRAINING);
	for (int i = 0; i < N; i++)
		ps->val[i] = (nn_float)sin(i + 1);
	for (int t = 1; t <= STEPS; t++) {
		for (int i = 0; i < N; i++)
			ps->grad[i] = (nn_float)gradient(t, i);
		nn_optimiser_step(ps, &o, &cases[c].lr, (uint64_t)t, NULL);
	}
	for (int i = 0; i < N; i++) {
		worst = fmax(worst, fabs((double)ps->val[i] - cases[c].want[i]));
		worst = ps->grad[i] == 0 ? worst : INFINITY;
	}
	snprintf(what, sizeof what, "%s: %d steps, off by %.2g at most", cases[c].name, STEPS, worst);
	ok(worst <= NEAR, what);
	nn_params_free(ps);
}

/* Many tasks, some of them short; the caller frees. */
static nn_float *train(const struct nn_optimiser *o, int threads, size_t *n)
{
	struct cp_err err;
	struct cp_team *team = cp_team_new(threads, &err);
	struct nn_params *ps = nn_params_new();
	struct nn_param *table = nn_params_add(ps, "table", 0, 2, (size_t[]){ 20011, 7 });
	nn_params_add(ps, "matrix", 0, 2, (size_t[]){ 301, 333 });
	double lr = 0.01;
	table->by_key = 1;
	table->l2 = 0.1;
	nn_params_alloc(ps, NN_TRAINING);
	*n = ps->total;
	nn_float *out = malloc(ps->total * sizeof *out);
	for (size_t i = 0; i < ps->total; i++)
		ps->val[i] = (nn_float)sin((double)i);
	for (uint64_t t = 1; t <= 3; t++) {
		for (size_t i = 0; i < ps->total; i++)
			ps->grad[i] = i / 7 % (t + 2) ? (nn_float)cos((double)(i * t)) : 0;
		nn_optimiser_step(ps, o, &lr, t, team);
	}
	memcpy(out, ps->val, ps->total * sizeof *out);
	nn_params_free(ps);
	cp_team_free(team);
	return out;
}

static void check_teams(enum nn_rule rule)
{
	struct nn_optimiser o = { .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .rule = rule, .momentum = 0.9, .beta = 1, .clip = 1 };
	char what[80];
	size_t n;
	nn_float *one = train(&o, 1, &n);
	for (int threads = 2; threads <= 3; threads++) {
		nn_float *many = train(&o, threads, &n);
		snprintf(what, sizeof what, "rule %d, clipped: %d threads give the same bits as 1", (int)rule, threads);
		ok(!memcmp(one, many, n * sizeof *one), what);
		free(many);
	}
	free(one);
}

/* A step of ftrl from values that a file gave: by g / ((beta + |g|)/lr + l2), as long as no sign changes.  What is drawn has no state before it. */
static void check_begin(double lr, double l1, double l2)
{
	struct nn_optimiser o = { .rule = NN_FTRL, .l1 = l1, .l2 = l2, .beta = 1 };
	struct nn_params *ps = nn_params_new();
	struct nn_param *table = nn_params_add(ps, "table", 0, 2, (size_t[]){ TABLE / 2, 2 });
	struct nn_param *drawn = nn_params_add(ps, "drawn", 0, 1, (size_t[]){ N - TABLE });
	double worst = 0;
	char what[160];
	table->by_key = table->loaded = 1;
	nn_params_alloc(ps, NN_TRAINING);
	for (int i = 0; i < N; i++)
		ps->val[i] = (nn_float)sin(i + 1);
	nn_optimiser_begin(ps, &o, &lr);
	for (size_t i = drawn->offset; i < ps->total; i++)
		worst = fmax(worst, fabs((double)ps->m1[i]));
	for (int i = 0; i < TABLE; i++)
		ps->grad[i] = (nn_float)(gradient(1, i) / 10);
	nn_optimiser_step(ps, &o, &lr, 1, NULL);
	for (int i = 0; i < TABLE; i++) {
		double g = gradient(1, i) / 10;
		worst = fmax(worst, fabs((double)ps->val[i] - (sin(i + 1) - g / ((o.beta + fabs(g)) / lr + l2))));
	}
	snprintf(what, sizeof what, "ftrl from a file's values, rate %g, l1 %g, l2 %g: off by %.2g at most", lr, l1, l2, worst);
	ok(worst <= NEAR, what);
	nn_params_free(ps);
}

int main(void)
{
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
		check(c);
	for (int rule = NN_ADAMW; rule <= NN_FTRL; rule++)
		check_teams((enum nn_rule)rule);
	check_begin(1e-9, 0, 0);
	check_begin(0.05, 0, 0);
	check_begin(0.1, 1.5, 0.2);
	printf("1..%d\n", n_tests);
	return n_failed != 0;
}
