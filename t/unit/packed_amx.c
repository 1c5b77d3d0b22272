/* Rows of packed matrices in bf16 by AMX where there is none: its tiles in plain C. */
#define NN_TILES "../../t/unit/tiles.h"
#define CP_LEVEL base
#include "with_amx.h"

/* The library's, which would use instructions (packed_trap.c). */
const struct nn_product *nn_product_amx_int8(void)
{
	return NULL;
}

#include "packed.c"
