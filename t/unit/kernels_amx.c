/* All kernels, and among them rows of packed matrices by nn/product_amx.c where there is no AMX: its tiles in plain C (tiles.h).  What this defines
 * stands before the library's. */
#define NN_TILES "../../t/unit/tiles.h"
#define CP_LEVEL base
#define nn_cpu_amx has_tiles
#include "../../lib/nn/product_amx.c"
#undef CP_LEVEL
#include "kernels.c"

int has_tiles(void)
{
	return 1;
}
