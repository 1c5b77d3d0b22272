/* What one thread can multiply and add at most, in GF/s: a line "f32 N", "bf16 N" and "int8 N" where the processor has dot products of
 * these, and "amx N" where it has tiles of bf16.
 *
 * Independent chains of one instruction on registers, as many as hide its latency, the best of many short runs: no memory, no loads.  Fused
 * multiply-adds of the widest vectors there are, chosen when it runs, so that the same program tells of any x86-64; AVX512_BF16's vdpbf16ps
 * counts four operations a lane, AVX512_VNNI's vpdpbusd eight, AMX's tdpbf16ps four a number of its tile of sums and unit of the depth.
 */
#include <stdio.h>
#include <time.h>

#include "nn/cpu.h"

enum { CHAINS = 12, TURNS = 200000, RUNS = 60 };
static volatile float sink, small = 1e-6f;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* flop: of one instruction; of how many chains */
static void report(const char *name, void (*run)(void), double flop, int chains)
{
	double least = 1e9;

	for (int i = 0; i < RUNS; i++) {
		double t = now();
		run();
		t = now() - t;
		least = t < least ? t : least;
	}
	printf("%s %.1f\n", name, flop * chains * TURNS / least * 1e-9);
}

/* A loop of CHAINS chains: S(i) makes one step of chain i. */
#define EACH(S) S(0); S(1); S(2); S(3); S(4); S(5); S(6); S(7); S(8); S(9); S(10); S(11)
#define TURN(vec, first, S, last) \
	vec a[CHAINS]; \
	for (int i = 0; i < CHAINS; i++) \
		a[i] = first; \
	for (long n = 0; n < TURNS; n++) { \
		EACH(S); \
	} \
	for (int i = 1; i < CHAINS; i++) \
		a[0] = a[0] + a[i]; \
	sink = last

#if defined __x86_64__
#include <immintrin.h>
#include <stdint.h>

#define INLINE static inline __attribute__((unused))
#include "nn/simd/tiles.h"

#define FMA_SSE(i) a[i] = _mm_add_ps(_mm_mul_ps(a[i], x), x)
#define FMA_AVX2(i) a[i] = _mm256_fmadd_ps(a[i], x, x)
#define FMA_AVX512(i) a[i] = _mm512_fmadd_ps(a[i], x, x)
#define DOT_BF16(i) a[i] = _mm512_dpbf16_ps(a[i], b, b)
#define DOT_INT8(i) a[i] = _mm512_dpbusd_epi32(a[i], x, x)

static void sse(void)
{
	__m128 x = _mm_set1_ps(small);
	TURN(__m128, x, FMA_SSE, a[0][0]);
}

__attribute__((target("avx2,fma"))) static void avx2(void)
{
	__m256 x = _mm256_set1_ps(small);
	TURN(__m256, x, FMA_AVX2, a[0][0]);
}

__attribute__((target("avx512f"))) static void avx512(void)
{
	__m512 x = _mm512_set1_ps(small);
	TURN(__m512, x, FMA_AVX512, a[0][0]);
}

__attribute__((target("avx512f,avx512bf16"))) static void avx512_bf16(void)
{
	__m512 x = _mm512_set1_ps(small);
	__m512bh b = _mm512_cvtne2ps_pbh(x, x);
	TURN(__m512, x, DOT_BF16, a[0][0]);
}

__attribute__((target("avx512f,avx512vnni"))) static void avx512_int8(void)
{
	__m512i x = _mm512_setzero_si512();
	TURN(__m512i, x, DOT_INT8, _mm512_cvtsi512_si32(a[0]));
}

/* Of eight tiles six hold sums; all are zeros, which takes as long. */
__attribute__((target("amx-tile,amx-bf16"))) static void amx(void)
{
	tiles_begin();
	for (long n = 0; n < TURNS; n++) {
		TILE_DOT(0, 6, 7);
		TILE_DOT(1, 6, 7);
		TILE_DOT(2, 6, 7);
		TILE_DOT(3, 6, 7);
		TILE_DOT(4, 6, 7);
		TILE_DOT(5, 6, 7);
	}
	tiles_end();
}

int main(void)
{
	if (__builtin_cpu_supports("avx512f"))
		report("f32", avx512, 32, CHAINS);
	else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		report("f32", avx2, 16, CHAINS);
	else
		report("f32", sse, 8, CHAINS);
	if (__builtin_cpu_supports("avx512bf16"))
		report("bf16", avx512_bf16, 64, CHAINS);
	if (__builtin_cpu_supports("avx512vnni"))
		report("int8", avx512_int8, 128, CHAINS);
	if (nn_cpu_amx())
		report("amx", amx, 16 * 16 * 64, 6);
	return 0;
}
#elif defined __aarch64__
#include <arm_neon.h>

#define FMA_NEON(i) a[i] = vfmaq_f32(a[i], x, x)

static void neon(void)
{
	float32x4_t x = vdupq_n_f32(small);
	TURN(float32x4_t, x, FMA_NEON, a[0][0]);
}

int main(void)
{
	report("f32", neon, 8, CHAINS);
	return 0;
}
#else
int main(void)
{
	fprintf(stderr, "bench-peak: no peak of this processor is known\n");
	return 1;
}
#endif
