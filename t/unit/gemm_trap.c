/* Matrix products by nn/product_amx.c as it is compiled, where there is no AMX (trap.h).  What this defines stands before the library's. */
#ifdef NN_AMX
#include "trap.h"
#define nn_cpu_amx has_tiles
#include "../../lib/nn/product_amx.c"
#undef CP_LEVEL

int has_tiles(void)
{
	return 1;
}
#endif

#include "gemm.c"
