/* Numbers rounded to bf16 by AVX512_BF16, in units of two (nn/simd/pack.h); whoever includes this has included nn/simd/vec.h and
 * nn/simd/transpose.h.  To nearest, ties to even; subnormal numbers become 0. */

/* A vector of the numbers from i on, of the n that are there. */
INLINE vec some(const nn_float *x, size_t n, size_t i)
{
	return i < n ? ld(x + i, lanes(n, i)) : splat(0);
}

INLINE unit16 along16(const nn_float *x, size_t n)
{
	return (unit16)_mm512_cvtne2ps_pbh(some(x, n, 16), some(x, n, 0));
}

INLINE unit16 beside16(const nn_float *x, size_t ld, size_t m, size_t n)
{
	const __m512i interleaved = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3,
						     18, 2, 17, 1, 16, 0);
	vec even = some(x, m, 0), odd = n > 1 ? some(x + ld, m, 0) : splat(0);
	return (unit16)_mm512_permutexvar_epi16(interleaved, (__m512i)_mm512_cvtne2ps_pbh(odd, even));
}
