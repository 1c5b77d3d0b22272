/* The same in double. */
#include "table.c"
