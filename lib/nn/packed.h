/* Matrices that stay: weights of a finished model, laid out once for scoring (nn_packed_fwd in nn/kernels.h).
 *
 * (cols, depth) becomes panels of NN_PANEL columns, the last one filled up with zeros; in a panel, column by column for each k:
 *
 *     packed[(p depth + k) NN_PANEL + j] = w[p NN_PANEL + j][k]
 *
 * A set holds the packed form of matrices by the address they were made from.  It grows while graphs are prepared (nn_graph_pack) and is only
 * read from then on, by any number of threads.
 *
 *     struct nn_packs *packs = nn_packs_new();
 *     if (nn_graph_pack(g, packs, err) < 0) ...         // from now on nn_forward takes every row by itself
 *     nn_packs_free(packs);                             // after the last graph
 */
#ifndef NN_PACKED_H
#define NN_PACKED_H

#include <stddef.h>

#include "nn/float.h"

#define NN_PANEL 16

struct nn_matrix {		/* `groups` matrices one behind the other */
	const nn_float *w;	/* (cols, depth), or with across (depth, cols) */
	size_t groups, cols, depth;
	int across;
};

struct nn_packs;
struct nn_packs *nn_packs_new(void);
void nn_packs_free(struct nn_packs *);		/* NULL allowed */

/* Its packed form, made if the set has none yet; groups lie nn_packed_size() apart.  NULL: it holds a number that is not finite. */
const nn_float *nn_packs_of(struct nn_packs *, const struct nn_matrix *);

static inline size_t nn_packed_size(size_t cols, size_t depth)
{
	return (cols + NN_PANEL - 1) / NN_PANEL * NN_PANEL * depth;
}

#endif
