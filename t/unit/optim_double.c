/* The same in double. */
#include "optim.c"
