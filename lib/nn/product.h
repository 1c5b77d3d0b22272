/* Matrix products of our own, in four kinds: in nn_float; in bf16 with sums in float, by vectors (AVX512_BF16) or tiles (AMX); and, for scoring alone, in
 * whole numbers of eight bits (nn/simd/int8.h).  A kind is how operands are packed and what multiplies them; nn/gemm.h is the door to the
 * product of two matrices, nn/packed.h keeps packed weights for scoring.
 *
 * C = A B.  The rows of A and the columns of B are the outer index, what is summed over is the depth.  An operand is packed into panels of
 * NN_PANEL outer places, which hold unit u of their place j, that is depth u per_unit and on, in one of two forms:
 *
 *     panels      at u NN_PANEL + j: places side by side, as the product's vectors take them from B
 *     lines       at (u / NN_PANEL NN_PANEL + j) NN_PANEL + u mod NN_PANEL: NN_PANEL units of a place side by side; the depth is filled up
 *
 * A unit is one number (per_unit 1), or two of bf16 (per_unit 2) in a word of 32 bits, the first in its low half, the second zero behind an odd
 * depth.  (Four bytes are one, too; nn/simd/int8.h says how, and what comes before them.)  Places past the last are zero.  The vector kernels read A a
 * unit at a time, so either form serves them: it is lines where a place's depth is contiguous, for these need no transposing.  Tiles are blocks of
 * NN_PANEL x NN_PANEL units: of A in lines, of B in panels, the depth of both filled up with zeros.  Both operands are read from front to back.
 *
 * An element of C is one chain of multiply-adds over the depth, in its order, from 0 or from what stands in C.  So its bits depend on its row
 * of A and its column of B alone: not on how C is divided, on the rows beside it, or on how wide the registers are.  (Of bf16 the processor's
 * instruction sums a unit's two products, or a block's NN_PANEL units, in an order of its own, the same one always; whole numbers have none.)
 */
#ifndef NN_PRODUCT_H
#define NN_PRODUCT_H

#include <stddef.h>

#include "nn/float.h"

#define NN_PANEL 16

/* What is done to a sum before it is written: x + x0 (sum + bias), or max(0, sum + bias), or sum + bias.  Members that are NULL are skipped. */
struct nn_epilogue {
	const nn_float *bias;		/* (C) */
	const nn_float *x0, *x;		/* (R,C) by ld */
	size_t ld;
	int relu;
};

struct nn_product {
	const char *name, *precision;
	size_t per_unit;	/* numbers of the depth in a unit */
	size_t unit_bytes;
	size_t head;		/* words of unit_bytes that a place has before its units, where a matrix stays */
	int blocks;		/* by tiles: A in lines however it lies, depths filled up */
	size_t most_depth;	/* 0: any */
	double limit;		/* numbers of this size and more are infinite once they are packed */
	/* Parts `from` .. `to`-1 (nn_product_parts) of an operand of `outer` places into `packed`, where the operand begins.  along: a place's
	 * depth lies one behind the other, places ld apart; else a depth's places do, depths ld apart.  lines: in that form.  int8: all parts, in
	 * panels. */
	void (*pack)(void *packed, const nn_float *x, size_t ld, int along, int lines, size_t outer, size_t depth, size_t from, size_t to);
	/* NULL: int8.  c = a b, or with add c += a b: (m,n), rows ldc apart.  a (in lines or not) and b point at the first panel wanted.
	 * Some hundred units: a longer depth the caller cuts, so that what is read of b stays warm while rows pass. */
	void (*tile)(nn_float *c, size_t ldc, const void *a, int lines, const void *b, size_t m, size_t n, size_t units, int add);
	/* y = x W and what follows it: x as it lies, W packed in panels, and finite. */
	void (*rows)(nn_float *y /* (R,C) by ldy */, size_t ldy, const nn_float *x /* (R,K) by ldx */, size_t ldx, const void *w, size_t n_rows,
		     size_t cols, size_t depth, const struct nn_epilogue *);
};

/* How many panels so many places take. */
static inline size_t nn_product_panels(size_t outer)
{
	return (outer + NN_PANEL - 1) / NN_PANEL;
}

/* Units that an operand has room for of each place: in lines these are filled up. */
static inline size_t nn_product_length(size_t units, int lines)
{
	return lines ? (units + NN_PANEL - 1) / NN_PANEL * NN_PANEL : units;
}

static inline size_t nn_product_units(const struct nn_product *p, size_t depth)
{
	return nn_product_length((depth + p->per_unit - 1) / p->per_unit, p->blocks);
}

/* How many parts an operand is packed in, such that each is read along its rows: panels or, where a depth's places lie one behind the other,
 * NN_PANEL units of all of them. */
static inline size_t nn_product_parts(const struct nn_product *p, int along, size_t outer, size_t depth)
{
	return nn_product_panels(along ? outer : nn_product_units(p, depth));
}

/* Where in a panel unit k of its place j is. */
static inline size_t nn_product_at(size_t j, size_t k, int lines)
{
	return lines ? (k / NN_PANEL * NN_PANEL + j) * NN_PANEL + k % NN_PANEL : k * NN_PANEL + j;
}

/* In nn_float, by the kernels of this processor's level. */
const struct nn_product *nn_product_float(void);
/* Operands rounded to bf16, sums in float, by AMX or else by AVX512_BF16; NULL: the processor (or, in double, the program) has neither. */
const struct nn_product *nn_product_bf16(void);
/* In whole numbers of eight bits, for scoring: no tile, so that nn_gemm never multiplies by it.  By AMX or else by AVX512_VNNI; NULL likewise. */
const struct nn_product *nn_product_int8(void);
/* Those by themselves; NULL likewise. */
const struct nn_product *nn_product_amx(void), *nn_product_avx512_bf16(void), *nn_product_amx_int8(void), *nn_product_vnni(void);
/* The kind that nn_gemm multiplies by at the moment (gemm_choose.c); NULL: OpenBLAS. */
const struct nn_product *nn_gemm_product(void);

#endif
