/* The kernels in double: gradients by central differences. */
#include "kernels.c"
