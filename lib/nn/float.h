/* The number the network is made of: float, or double where the sources are compiled with -DNN_DOUBLE.
 *
 * The double build (build/FLAVOUR/double, see the Makefile) exists for the gradient check: in float a right and a wrong backward of a
 * LayerNorm look alike, in double they differ by eight orders.  Sources are the same; what is float-only (fitted polynomials) asks for
 * NN_DOUBLE and takes libm instead.
 */
#ifndef NN_FLOAT_H
#define NN_FLOAT_H

#ifdef NN_DOUBLE
typedef double nn_float;
#else
typedef float nn_float;
#endif

#endif
