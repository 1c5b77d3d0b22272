/* Matrices that stay (nn/packed.h), at every level this processor has and in each precision it has: as they are packed, and rows multiplied by them
 * against the plain twins.
 */
#include "nn/packed.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "nn/cpu.h"
#include "nn/kernels_ref.h"
#include "near.h"

static nn_float *draw(size_t n, uint64_t row)
{
	struct cp_rng r = cp_rng(1, CP_RNG_TEST, n, row);
	nn_float *x = cp_xcalloc(n, sizeof *x);

	for (size_t i = 0; i < n; i++)
		x[i] = (nn_float)cp_rng_normal(&r);
	return x;
}

static __typeof__(*nn_packed_fwd) *const twins[] = { nn_packed_fwd_ref, nn_packed_bf16_fwd_ref, nn_packed_int8_fwd_ref };

/* Rows among others and each alone: as the twin, the same bits, and nothing written beside; with each of what may follow the sums. */
static void check_packed_size(const char *level, enum nn_precision precision, size_t rows, size_t cols, size_t depth, int follows)
{
	size_t ldx = depth + 3, ldy = cols + 5;
	nn_float *x = draw(rows * ldx, 1), *w = draw(cols * depth, 2), *y = draw(rows * ldy, 3), *twin = draw(rows * ldy, 3);
	nn_float *lone = draw(rows * ldy, 3), *bias = draw(cols, 4), *x0 = draw(rows * cols, 5), *was = draw(rows * cols, 6);
	struct nn_packs *packs = nn_packs_new(precision);
	struct nn_matrix m = { .w = w, .groups = 1, .cols = cols, .depth = depth };
	struct nn_packed p, again;
	struct nn_epilogue e = { .bias = follows ? bias : NULL, .relu = follows == 2, .ld = cols };
	const struct nn_epilogue *end = follows ? &e : NULL;
	int bad = nn_packs_of(packs, &m, &p) | nn_packs_of(packs, &m, &again);
	if (follows == 3) {
		e.x0 = x0;
		e.x = was;
	}
	for (size_t i = 0; i < rows * ldx; i += 3)
		x[i] = 0;
	p.by->rows(y, ldy, x, ldx, p.w, rows, cols, depth, end);
	twins[p.by == nn_product_float() ? NN_IN_F32 : precision](twin, ldy, x, ldx, p.w, rows, cols, depth, end);
	for (size_t r = 0; r < rows; r++) {
		p.by->rows(lone + r * ldy, ldy, x + r * ldx, ldx, p.w, 1, cols, depth, end);
		e.x0 = e.x0 ? e.x0 + cols : NULL;
		e.x = e.x ? e.x + cols : NULL;
	}
	double d = distance(y, twin, rows * ldy);
	ok(!bad && d < 5e-5 * fmax(1, (double)depth / 1000) && p.w == again.w, "%s: rows by %s are as the twin says, %zu x %zu x %zu (%.1e)", level, p.by->name, rows, cols, depth, d);
	int same = 1;
	for (size_t i = 0; i < rows * ldy; i++)
		same &= y[i] == lone[i];
	ok(same, "%s: ... and its rows alone have the same bits", level);
	w[cols * depth / 2] = precision == NN_IN_BF16 ? (nn_float)3.4e38 : (nn_float)INFINITY;	/* which bf16 rounds to infinity */
	m = (struct nn_matrix){ .w = w, .groups = 1, .cols = depth, .depth = cols, .across = 1 };
	ok(nn_packs_of(packs, &m, &p) < 0 || p.by != nn_product_of(precision), "%s: ... and what is not finite is refused", level);
	nn_packs_free(packs);
	free(x);
	free(w);
	free(y);
	free(twin);
	free(lone);
	free(bias);
	free(x0);
	free(was);
}

/* Is number k of place j, which has these of the depth, the whole number next to it over the place's largest / 127? */
static int int8_is_near(const uint32_t *packed, size_t j, size_t k, size_t depth, const nn_float *place)
{
	const uint32_t *column = packed + j / NN_PANEL * (1 + nn_product_units(nn_product_int8(), depth)) * NN_PANEL + j % NN_PANEL;
	int byte = (int)(column[(1 + k / 4) * NN_PANEL] >> k % 4 * 8 & 0xff) - 128;
	double most = 0;
	float step;
	memcpy(&step, column, sizeof step);
	for (size_t i = 0; i < depth; i++)
		most = fmax(most, fabs((double)place[i]));
	return fabs(step * 127 - most) < 1e-6 * most && fabs((double)place[k] / step - byte) < .50001;
}

/* Every number where nn/product.h says, of every group, whichever way the matrix lay. */
static void check_packs(const char *level, enum nn_precision precision)
{
	enum { GROUPS = 2, COLS = 37, DEPTH = 21, N = COLS * DEPTH };
	nn_float *w = draw(GROUPS * N, 7), *across = draw(GROUPS * N, 7);
	struct nn_packs *packs = nn_packs_new(precision);
	struct nn_packed p, q;
	size_t wrong = 0;
	for (size_t i = 0; i < GROUPS * N; i++)
		across[i / N * N + i % DEPTH * COLS + i % N / DEPTH] = w[i];
	int bad = nn_packs_of(packs, &(struct nn_matrix){ w, GROUPS, COLS, DEPTH, 0 }, &p);
	bad |= nn_packs_of(packs, &(struct nn_matrix){ across, GROUPS, COLS, DEPTH, 1 }, &q);
	for (size_t i = 0; precision == NN_IN_F32 && i < GROUPS * N; i++) {
		size_t j = i % N / DEPTH, at = j / NN_PANEL * NN_PANEL * DEPTH + nn_product_at(j % NN_PANEL, i % DEPTH, 0);
		wrong += ((const nn_float *)(const void *)(p.w + i / N * p.step))[at] != w[i];
	}
	for (size_t i = 0; precision == NN_IN_INT8 && i < GROUPS * N; i++)
		wrong += !int8_is_near((const uint32_t *)(const void *)(p.w + i / N * p.step), i % N / DEPTH, i % DEPTH, DEPTH, w + i / DEPTH * DEPTH);
	ok(!bad && !wrong && p.step == q.step && !memcmp(p.w, q.w, GROUPS * p.step), "%s: matrices are packed as they should be", level);
	nn_packs_free(packs);
	free(w);
	free(across);
}

/* No further from the product of the numbers themselves than half a step of either side allows. */
static void check_int8(const char *level)
{
	enum { ROWS = 9, COLS = 83, DEPTH = 2101 };
	nn_float *x = draw(ROWS * DEPTH, 1), *w = draw(COLS * DEPTH, 2), *y = draw(ROWS * COLS, 3);
	struct nn_packs *packs = nn_packs_new(NN_IN_INT8);
	struct nn_packed p;
	int bad = nn_packs_of(packs, &(struct nn_matrix){ w, 1, COLS, DEPTH, 0 }, &p);
	double used = 0;
	p.by->rows(y, COLS, x, DEPTH, p.w, ROWS, COLS, DEPTH, NULL);
	for (size_t i = 0; i < ROWS * COLS; i++) {
		const nn_float *row = x + i / COLS * DEPTH, *column = w + i % COLS * DEPTH;
		double sum = 0, sizes[2] = { 0 }, most[2] = { 0 };
		for (size_t k = 0; k < DEPTH; k++) {
			sum += (double)row[k] * column[k];
			sizes[0] += fabs((double)row[k]);
			sizes[1] += fabs((double)column[k]);
			most[0] = fmax(most[0], fabs((double)row[k]));
			most[1] = fmax(most[1], fabs((double)column[k]));
		}
		used = fmax(used, fabs(y[i] - sum) / ((sizes[0] * most[1] + sizes[1] * most[0] + DEPTH * most[0] * most[1] / 254) / 254));
	}
	ok(!bad && used > .001 && used < 1, "%s: int8 is as near as its steps allow (%.3f of that)", level, used);
	nn_packs_free(packs);
	free(x);
	free(w);
	free(y);
}

/* Of a row that is zero, or too small to be divided, the product is 0; of one with NaN or infinity NaN; rows beside it are as without it. */
static void check_int8_odd_rows(const char *level)
{
	enum { ROWS = 7, COLS = 20, DEPTH = 70 };
	nn_float *x = draw(ROWS * DEPTH, 1), *w = draw(COLS * DEPTH, 2), y[ROWS * COLS], was[ROWS * COLS];
	struct nn_packs *packs = nn_packs_new(NN_IN_INT8);
	struct nn_packed p;
	size_t wrong = 0;
	int bad = nn_packs_of(packs, &(struct nn_matrix){ w, 1, COLS, DEPTH, 0 }, &p);
	p.by->rows(was, COLS, x, DEPTH, p.w, ROWS, COLS, DEPTH, NULL);
	for (size_t k = 0; k < DEPTH; k++) {
		x[k] = k % 2 ? (nn_float)-1e-38 : (nn_float)1e-45;
		x[2 * DEPTH + k] = 0;
	}
	x[3 * DEPTH + 69] = NAN;
	x[5 * DEPTH + 1] = -INFINITY;
	p.by->rows(y, COLS, x, DEPTH, p.w, ROWS, COLS, DEPTH, NULL);
	for (size_t i = 0; i < ROWS * COLS; i++) {
		size_t r = i / COLS;
		wrong += r == 0 || r == 2 ? y[i] != 0 : r == 3 || r == 5 ? !isnan(y[i]) : y[i] != was[i];
	}
	ok(!bad && !wrong, "%s: rows of int8 that are zero, tiny or not finite (%zu are wrong)", level, wrong);
	nn_packs_free(packs);
	free(x);
	free(w);
}

static void check_packed(const char *level)
{
	static const struct { size_t rows, cols, depth; } sizes[] = {
		{ 1, 1, 1 }, { 25, 40, 31 }, { 25, 20, 2100 }, { 21, 20, 3072 }, { 17, 20, 3840 }, { 17, 20, 4096 }, { 3, 20, 4097 }, { 2, 17, 3 }, { 7, 128, 40 }, { 13, 65, 513 }, { 20, 200, 31 }, { 6, 16, 1200 }, { 5, 300, 7 }, { 9, 80, 2101 },
	};
	for (enum nn_precision precision = NN_IN_F32; precision <= NN_IN_INT8; precision++) {
		if (!nn_product_of(precision))
			continue;
		check_packs(level, precision);
		for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
			check_packed_size(level, precision, sizes[s].rows, sizes[s].cols, sizes[s].depth, (int)s % 4);
	}
	if (nn_product_int8()) {
		check_int8(level);
		check_int8_odd_rows(level);
	}
}

int main(void)
{
	static const char *const levels[] = { "base", "v3", "v4" };
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		if (nn_cpu_choose(levels[i]) < 0)
			printf("# no %s here\n", levels[i]);
		else
			check_packed(levels[i]);
	}
	printf("1..%d\n", n_tests);
	return n_failed != 0;
}
