/* Rows of packed matrices by AMX where there is none, as they are compiled. */
#ifdef NN_AMX
#include "trap.h"
#include "with_amx.h"
#endif

#include "packed.c"
