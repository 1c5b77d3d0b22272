/* Binary heaps (Williams, CACM 7 (1964), algorithm 232): arrays whose [0] comes before all others.
 *
 * A heap is the caller's array of n entries of a type T.  CP_HEAP(NAME, T, C, ORDER) makes its functions, with the order inlined: an expression of a
 * and b, each a pointer to an entry, that is true where *a comes first, and of `in`, a pointer to a C, as it was handed in (NULL for a void).
 *
 *     CP_HEAP(heap, struct job, void, a->due < b->due)	// the job that is due first
 *
 *     heap_push(NULL, v, &n, job);				// v has room for it
 *     job = heap_pop(NULL, v, &n);				// the first; n > 0
 *     heap_replace(NULL, v, n, job);				// instead of the first; n > 0
 *     heap_make(NULL, v, n);					// of entries in any order
 *
 * Entries that change keep the order only by heap_replace or heap_make. */
#ifndef CP_HEAP_H
#define CP_HEAP_H

#include <stddef.h>

#define CP_HEAP_FUNCTION __attribute__((unused)) static inline

#define CP_HEAP(NAME, T, C, ORDER)										\
CP_HEAP_FUNCTION int NAME##_before(C const *in, T const *a, T const *b)						\
{														\
	(void)in;												\
	return ORDER;												\
}														\
														\
/* x at i, or below it what comes before x. */									\
CP_HEAP_FUNCTION void NAME##_down(C const *in, T *v, size_t n, size_t i, T x)					\
{														\
	for (size_t child; (child = 2 * i + 1) < n; i = child) {						\
		if (child + 1 < n && NAME##_before(in, &v[child + 1], &v[child]))				\
			child++;										\
		if (!NAME##_before(in, &v[child], &x))								\
			break;											\
		v[i] = v[child];										\
	}													\
	v[i] = x;												\
}														\
														\
CP_HEAP_FUNCTION void NAME##_push(C const *in, T *v, size_t *n, T x)						\
{														\
	size_t i = (*n)++;											\
	for (; i && NAME##_before(in, &x, &v[(i - 1) / 2]); i = (i - 1) / 2)					\
		v[i] = v[(i - 1) / 2];										\
	v[i] = x;												\
}														\
														\
CP_HEAP_FUNCTION T NAME##_pop(C const *in, T *v, size_t *n)							\
{														\
	T first = v[0];												\
	--*n;													\
	NAME##_down(in, v, *n, 0, v[*n]);									\
	return first;												\
}														\
														\
CP_HEAP_FUNCTION void NAME##_replace(C const *in, T *v, size_t n, T x)						\
{														\
	NAME##_down(in, v, n, 0, x);										\
}														\
														\
CP_HEAP_FUNCTION void NAME##_make(C const *in, T *v, size_t n)							\
{														\
	for (size_t i = n / 2; i-- > 0;)									\
		NAME##_down(in, v, n, i, v[i]);									\
}

#endif
