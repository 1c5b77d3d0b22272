/* lib/nn/product_amx.c, for a unit that says before what its tiles are (tiles.h, trap.h): it is in force whatever the processor, as it stands before the
 * library's. */
#define nn_cpu_amx has_tiles
#include "../../lib/nn/product_amx.c"
#undef CP_LEVEL

int has_tiles(void)
{
	return 1;
}
