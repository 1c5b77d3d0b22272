/* Matrix products by AMX where there is none, as they are compiled. */
#ifdef NN_AMX
#include "trap.h"
#include "with_amx.h"
#endif

#include "gemm.c"
