/* Rows of packed matrices by AMX where there is none: its tiles in plain C. */
#define NN_TILES "../../t/unit/tiles.h"
#define CP_LEVEL base
#include "with_amx.h"
#include "packed.c"
