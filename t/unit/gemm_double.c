/* Matrix products in double. */
#include "gemm.c"
