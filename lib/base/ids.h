/* A growable list of 32-bit ids: of a text's tokens, of rows, of places. */
#ifndef CP_IDS_H
#define CP_IDS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* {0} is empty; v is NULL where nothing was ever added. */
struct cp_ids {
	uint32_t *v;
	size_t n, cap;
};

static inline void cp_ids_push(struct cp_ids *ids, uint32_t id)
{
	ids->v = cp_xgrow(ids->v, &ids->cap, ids->n + 1, sizeof *ids->v);
	ids->v[ids->n++] = id;
}

static inline void cp_ids_add(struct cp_ids *ids, const uint32_t *more, size_t n)
{
	ids->v = cp_xgrow(ids->v, &ids->cap, ids->n + n, sizeof *ids->v);
	if (n)
		memcpy(ids->v + ids->n, more, n * sizeof *more);
	ids->n += n;
}

/* Empty, and ready for use again. */
static inline void cp_ids_release(struct cp_ids *ids)
{
	free(ids->v);
	*ids = (struct cp_ids){ 0 };
}

#endif
