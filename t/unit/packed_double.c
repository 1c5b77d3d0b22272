/* Rows of packed matrices in double. */
#include "packed.c"
