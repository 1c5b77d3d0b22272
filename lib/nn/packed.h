/* Matrices that stay: weights of a finished model, laid out once for scoring (nn_packed_fwd in nn/kernels.h).
 *
 * (cols, depth) becomes panels of NN_PANEL columns, the last one filled up with zeros; in a panel, column by column for each k:
 *
 *     packed[(p depth + k) NN_PANEL + j] = w[p NN_PANEL + j][k]
 *
 * In bf16 (nn_packed16_fwd) a word holds two of them, k = 2i in its low half and k = 2i+1 in its high one, rounded to nearest, ties to even;
 * an odd depth ends with a zero.  Matrices of less than a panel, which cost little and make logits, stay as they are.
 *
 * A set holds the packed form of matrices by the address they were made from.  It grows while graphs are prepared (nn_graph_pack) and is only
 * read from then on, by any number of threads.
 *
 *     struct nn_packs *packs = nn_packs_new(NN_IN_F32);
 *     if (nn_graph_pack(g, packs, err) < 0) ...         // from now on nn_forward takes every row by itself
 *     nn_packs_free(packs);                             // after the last graph
 */
#ifndef NN_PACKED_H
#define NN_PACKED_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "nn/float.h"

#define NN_PANEL 16

enum nn_precision { NN_IN_F32, NN_IN_BF16 };

struct nn_matrix {		/* `groups` matrices one behind the other */
	const nn_float *w;	/* (cols, depth), or with across (depth, cols) */
	size_t groups, cols, depth;
	int across;
};

/* What becomes of a sum before it is written: x + x0 (sum + bias), or max(0, sum + bias), or sum + bias; NULL: not that. */
struct nn_packed_end {
	const nn_float *bias;		/* (C) */
	const nn_float *x0, *x;		/* (R,C) by ld */
	size_t ld;
	int relu;
};

/* y = x W and what follows; nn_packed_fwd and nn_packed16_fwd are such. */
typedef void nn_packed_product(nn_float *y /* (R,C) by ldy */, size_t ldy, const nn_float *x /* (R,K) by ldx */, size_t ldx, const void *w, size_t rows,
			size_t cols, size_t depth, const struct nn_packed_end *end);

struct nn_packed {		/* not packed: fwd is NULL */
	nn_packed_product *const *fwd;
	const char *w;
	size_t step;		/* bytes from group to group */
};

/* To nearest, ties to even; what is not finite is so afterwards. */
static inline uint32_t nn_bf16(nn_float x)
{
	float f = (float)x;
	uint32_t u;
	memcpy(&u, &f, sizeof u);
	return (u + 0x7fff + (u >> 16 & 1)) >> 16;
}

struct nn_packs;
struct nn_packs *nn_packs_new(enum nn_precision);	/* NN_IN_BF16: where nn_cpu_bf16() says so */
void nn_packs_free(struct nn_packs *);		/* NULL allowed */

/* Its packed form, made if the set has none yet.  -1: it holds a number that is not finite. */
int nn_packs_of(struct nn_packs *, const struct nn_matrix *, struct nn_packed *);

#endif
