/* A table by rows against the same table dense: the same bits for every rule after any number of steps, whatever was put off, for any team;
 * and the steps made up for in one call against the plain loop.  table_double.c is the same in double. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "nn/build.h"
#include "nn/kernels_ref.h"
#include "nn/optim.h"
#include "nn/table.h"

#define BATCH 6
#define FIELDS 3
#define MAX_IDS (4 * BATCH * FIELDS)
#define ROWS 1		/* the axis */

static int n_tests, n_failed;

static void ok(int good, const char *what)
{
	n_failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++n_tests, what);
}

/* Three look-ups of one table, of which two share their ids; and a second table of one column. */
struct net {
	struct nn_build b;
	struct nn_param *table, *wide;
	struct nn_ids ids, others;
	struct nn_bags bags;
	struct nn_feed labels;
	uint32_t id[BATCH * FIELDS], other[MAX_IDS], off[BATCH * FIELDS + 1];
	nn_float weight[MAX_IDS], label[BATCH];
	struct nn_node *loss;
};

static struct nn_node *by_key(struct net *n, const char *name, size_t rows, size_t cols, double l2, struct nn_param **p)
{
	*p = nn_param_new(&n->b, NN_INIT_NORMAL, 2, (size_t[]){ rows, cols }, "%s", name);
	(*p)->init_std = 0.1;
	(*p)->by_key = 1;
	(*p)->l2 = l2;
	return ng_view(n->b.g, ng_lookup(n->b.g, *p, &n->ids, ROWS, FIELDS, 3), 1, FIELDS * cols);
}

static struct net *net_new(struct cp_team *team, int purpose, size_t rows, size_t cols, double l2)
{
	struct net *n = cp_xcalloc(1, sizeof *n);
	n->b = (struct nn_build){ nn_graph_new(team), nn_params_new(), 0, 0 };
	struct nn_graph *g = n->b.g;
	struct nn_node *wide = by_key(n, "wide", rows, 1, l2, &n->wide), *x = by_key(n, "table", rows, cols, l2, &n->table);
	struct nn_node *again = ng_view(g, ng_lookup(g, n->table, &n->ids, ROWS, FIELDS, -1), 1, FIELDS * cols);
	struct nn_node *bags = ng_view(g, ng_lookup_bags(g, n->table, &n->others, &n->bags, ROWS, FIELDS, 1), 1, FIELDS * cols);
	struct nn_node *all = ng_concat(g, 4, (struct nn_node *[]){ wide, x, ng_mul(g, x, again), bags });
	n->loss = ng_bce(g, nn_dense(&n->b, nn_dense(&n->b, all, 5, NN_TANH, "a"), 1, NN_NONE, "b"), &n->labels);
	g->training = 1;
	nn_params_alloc(n->b.ps, purpose);
	nn_params_init(n->b.ps, 3, NULL);
	return n;
}

static void net_free(struct net *n)
{
	nn_graph_free(n->b.g);
	nn_params_free(n->b.ps);
	free(n);
}

/* Few rows are met often, most hardly ever. */
static uint32_t some_row(struct cp_rng *r, size_t rows)
{
	double x = cp_rng_real(r);
	return (uint32_t)((double)rows * x * x * x);
}

static void feed(struct net *n, uint64_t t)
{
	struct cp_rng r = cp_rng(1, CP_RNG_TEST, t, 0);
	uint32_t at = 0;
	for (int i = 0; i < BATCH * FIELDS; i++) {
		n->id[i] = some_row(&r, n->table->dims[0]);
		n->off[i] = at;
		for (uint64_t k = cp_rng_below(&r, 4); k; k--) {
			n->weight[at] = (nn_float)cp_rng_normal(&r);
			n->other[at++] = some_row(&r, n->table->dims[0]);
		}
	}
	n->off[BATCH * FIELDS] = at;
	for (int i = 0; i < BATCH; i++)
		n->label[i] = (nn_float)cp_rng_below(&r, 2);
	n->ids.v = n->id;
	n->others.v = n->other;
	n->bags = (struct nn_bags){ n->off, n->weight };
	n->labels.v = n->label;
	n->b.g->len[ROWS] = BATCH - t % 2;
}

/* Rises, falls, is 0 for a while, and comes back. */
static double rate(uint64_t t)
{
	return t < 20 ? 1e-3 * (double)t : t % 200 > 150 && t < 500 ? 0 : 0.02 / (1 + (double)t / 50);
}

static void train(struct net *n, const struct nn_optimiser *o, uint64_t steps, struct cp_team *team)
{
	for (uint64_t t = 1; t <= steps; t++) {
		double lr = rate(t);
		feed(n, t);
		nn_forward(n->b.g, n->loss);
		nn_backward(n->b.g, n->loss);
		nn_optimiser_step(n->b.ps, o, &lr, t, team);
		if (t % 37 == 0 && t < 200)
			nn_params_settle(n->b.ps, team);
	}
	nn_params_settle(n->b.ps, team);
}

static const struct {
	const char *name;
	struct nn_optimiser o;
	double l2;
} cases[] = {
	{ "adamw", { .rule = NN_ADAMW, .weight_decay = 0.1 }, 0 },
	{ "adamw without decay", { .rule = NN_ADAMW }, 0 },
	{ "adamw, much decay", { .rule = NN_ADAMW, .weight_decay = 20 }, 0 },
	{ "adamw, clipped", { .rule = NN_ADAMW, .weight_decay = 0.1, .clip = 0.01 }, 0 },
	{ "adamw with L2", { .rule = NN_ADAMW, .weight_decay = 0.1 }, 0.01 },
	{ "adam", { .rule = NN_ADAM }, 0 },
	{ "adam with L2", { .rule = NN_ADAM }, 0.01 },
	{ "adam with L2, clipped", { .rule = NN_ADAM, .clip = 0.01 }, 0.01 },
	{ "sparse-adamw", { .rule = NN_SPARSE_ADAMW, .weight_decay = 0.1 }, 0 },
	{ "sparse-adamw with L2, clipped", { .rule = NN_SPARSE_ADAMW, .weight_decay = 0.1, .clip = 0.01 }, 0.01 },
	{ "adagrad", { .rule = NN_ADAGRAD }, 0 },
	{ "adagrad with L2, clipped", { .rule = NN_ADAGRAD, .clip = 0.01 }, 0.01 },
	{ "sgd", { .rule = NN_SGD }, 0 },
	{ "sgd with momentum, clipped", { .rule = NN_SGD, .momentum = 0.9, .clip = 0.01 }, 0 },
	{ "sgd with L2", { .rule = NN_SGD }, 0.01 },
	{ "ftrl", { .rule = NN_FTRL, .beta = 1, .l1 = 0.001 }, 0 },
	{ "ftrl with L2, clipped", { .rule = NN_FTRL, .beta = 1, .clip = 0.01 }, 0.01 },
};

static int same(const struct nn_params *a, const struct nn_params *b, int rule)
{
	size_t n = a->total * sizeof *a->val;
	return !memcmp(a->val, b->val, n) && !memcmp(a->m2, b->m2, n) && (rule == NN_SGD || !memcmp(a->m1, b->m1, n));	/* sgd's m is its last g */
}

static void check(size_t c, size_t rows, size_t cols, uint64_t steps)
{
	struct cp_err err;
	struct nn_optimiser o = cases[c].o;
	struct net *dense = net_new(NULL, NN_TRAINING, rows, cols, cases[c].l2);
	char what[160];
	int good = 1;
	o.beta1 = 0.9, o.beta2 = 0.999, o.eps = 1e-8;
	train(dense, &o, steps, NULL);
	for (int threads = 1; threads <= 3; threads += 2) {
		struct cp_team *team = cp_team_new(threads, &err);
		struct net *n = net_new(team, NN_TRAINING_BY_ROWS, rows, cols, cases[c].l2);
		good &= n->table->table && !n->table->grad && dense->table->grad;
		train(n, &o, steps, team);
		good &= same(dense->b.ps, n->b.ps, (int)o.rule);
		net_free(n);
		cp_team_free(team);
	}
	snprintf(what, sizeof what, "%s: %zu rows of %zu, %llu steps, the bits of a dense gradient", cases[c].name, rows, cols, (unsigned long long)steps);
	ok(good, what);
	net_free(dense);
}

/* --- Steps made up for in one call -------------------------------------------------------------------------------------------------- */

#define WIDTH 150

/* Values of every size, moments that are 0, tiny and large beside them. */
static void draw(nn_float *x, uint64_t seed)
{
	struct cp_rng r = cp_rng(seed, CP_RNG_TEST, 9, 9);
	for (int i = 0; i < WIDTH; i++) {
		x[i] = (nn_float)(cp_rng_normal(&r) * pow(10, -(double)cp_rng_below(&r, 12)));
		x[WIDTH + i] = cp_rng_below(&r, 3) ? (nn_float)(cp_rng_normal(&r) * pow(10, -(double)cp_rng_below(&r, 37))) : 0;
		x[2 * WIDTH + i] = cp_rng_below(&r, 4) ? (nn_float)pow(10, -(double)cp_rng_below(&r, 37)) : 0;
	}
}

static void check_replay(double wd, double l2, uint64_t first, size_t steps)
{
	struct nn_adamw h = { 1e-3, wd, 0.9, 0.999, 1e-8, 0, 0 };
	nn_float val[1] = { 0 }, *x = cp_xcalloc(3 * WIDTH, sizeof *x), *y = cp_xcalloc(3 * WIDTH, sizeof *y);
	struct nn_table *t = nn_table_new(1, 1, val, val, val);
	char what[160];
	int good = 1;
	for (uint64_t k = first; k < first + steps; k++) {
		h.lr = 1e-3 * (1 + sin((double)k / 100));
		h.c1 = 1 - pow(0.9, (double)k);
		h.c2 = 1 - pow(0.999, (double)k);
		nn_table_put_off(t, &h, l2);
	}
	for (size_t n = 0; n < WIDTH; n += 1 + n / 3) {
		draw(x, n);
		draw(y, n);
		nn_adamw_replay(x, x + WIDTH, x + 2 * WIDTH, n, t->past, steps, &t->rule);
		nn_adamw_replay_ref(y, y + WIDTH, y + 2 * WIDTH, n, t->past, steps, &t->rule);
		good &= !memcmp(x, y, 3 * WIDTH * sizeof *x);
	}
	snprintf(what, sizeof what, "%zu steps from %llu in one call, decay %g, L2 %g: the bits of one by one", steps, (unsigned long long)first, wd, l2);
	ok(good, what);
	nn_table_free(t);
	free(x);
	free(y);
}

/* --- The list of rows ---------------------------------------------------------------------------------------------------------------- */

static void check_index(void)
{
	static const uint32_t id[] = { 70000, 3, 500, 3, 0, 70000, 4000000000, 3 }, row[] = { 0, 3, 500, 70000, 4000000000 }, first[] = { 0, 1, 4, 5, 7, 8 };
	static const uint32_t place[] = { 4, 1, 3, 7, 2, 0, 5, 6 };
	struct cp_arena a = { 0 };
	struct nn_index *x = nn_index_new(&a, id, 8);
	ok(x->n == 5 && !memcmp(x->row, row, sizeof row) && !memcmp(x->first, first, sizeof first) && !memcmp(x->place, place, sizeof place),
	   "ids of a batch: each row once, ascending, and its places in order");
	x = nn_index_new(&a, id, 0);
	ok(x->n == 0 && x->first[0] == 0, "no ids: no rows");
	cp_arena_release(&a);
}

int main(void)
{
	check_index();
	for (int k = 0; k < 4; k++) {
		check_replay(k & 1 ? 0.5 : 0, k & 2 ? 0.01 : 0, 1, 40);
		check_replay(k & 1 ? 0.5 : 0, k & 2 ? 0.01 : 0, 50, 3000);
	}
	check_replay(3, 0, 1000, 2000);
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		check(c, 101, 1, 60);
		check(c, 40, 16, 60);
		check(c, 57, 33, 60);
	}
	check(0, 900, 3, 1200);
	check(1, 900, 32, 1200);
	printf("1..%d\n", n_tests);
	return n_failed != 0;
}
