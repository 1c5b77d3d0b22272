/* Matrices that stay: weights of a finished model, packed once for scoring (nn/product.h has the layout: panels).
 *
 * In bf16 and int8 matrices of less than a panel, which cost little and make logits, stay in nn_float, and in int8 those deeper than 4096.
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

#include "nn/float.h"
#include "nn/product.h"

#define NN_PACK_PRECISIONS "f32|bf16|int8"	/* in the order of the enum below */
enum nn_precision { NN_IN_F32, NN_IN_BF16, NN_IN_INT8 };

struct nn_matrix {		/* `groups` matrices one behind the other */
	const nn_float *w;	/* (cols, depth), or with across (depth, cols) */
	size_t groups, cols, depth;
	int across;
};

struct nn_packed {
	const struct nn_product *by;	/* NULL: not packed */
	const char *w;			/* as by->rows takes it */
	size_t step;			/* bytes from group to group */
};

/* What multiplies wide matrices in this precision; NULL: nothing on this processor. */
const struct nn_product *nn_product_of(enum nn_precision);

struct nn_packs;
struct nn_packs *nn_packs_new(enum nn_precision);	/* one that nn_product_of() has */
void nn_packs_free(struct nn_packs *);		/* NULL allowed */

/* Its packed form, made if the set has none yet.  -1: it holds a number that is not finite. */
int nn_packs_of(struct nn_packs *, const struct nn_matrix *, struct nn_packed *);

#endif
