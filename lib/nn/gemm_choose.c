/* Who multiplies: the choice by precision and processor, its name, a check of what is in force; see gemm.h. */
#include "nn/gemm.h"

#include <cblas.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/choice.h"
#include "base/cpu.h"
#include "base/file.h"
#include "nn/product.h"

static const struct nn_product *own, *chosen;	/* what multiplies now, and by choice; NULL: OpenBLAS */
static char blas[128], info[160];

static void name_products(void)
{
	if (chosen)
		snprintf(info, sizeof info, "own %s, %s", chosen->name, blas);
	else
		snprintf(info, sizeof info, "%s", blas);
}

/* bf16 pays by AMX, and where a vector's dot products of pairs take no longer than its multiply-adds: on AMD's cores; on Intel's, four times as
 * long. */
static int bf16_pays(void)
{
#ifdef __x86_64__
	return nn_product_amx() || (nn_product_bf16() && __builtin_cpu_is("amd"));
#else
	return 0;
#endif
}

int nn_gemm_choose(enum nn_gemm_precision precision, enum nn_gemm_by by, struct cp_err *err)
{
	int blas_asked = by == NN_GEMM_OPENBLAS, bf16 = precision == NN_PRECISION_BF16;
	if (bf16 && blas_asked)
		return cp_err_set(err, "OpenBLAS multiplies in f32 only; for bf16 leave the choice of products to auto or own");
	if (bf16 && !nn_product_bf16())
		return cp_err_set(err, "this processor cannot multiply in bf16 (it has no AVX512_BF16); use f32 or auto");
	chosen = NULL;
	if (!blas_asked && (bf16 || (precision == NN_PRECISION_AUTO && bf16_pays())))
		chosen = nn_product_bf16();
	else if (!blas_asked && (by == NN_GEMM_OWN || cp_cpu_has("v4")))
		chosen = nn_product_float();
	own = chosen;
	name_products();
	return 0;
}

const struct nn_product *nn_gemm_product(void)
{
	return own;
}

void nn_gemm_force_f32(int on)
{
	own = on && chosen ? nn_product_float() : chosen;
}

const char *nn_gemm_precision(void)
{
	return chosen ? chosen->precision : "f32";
}

const char *nn_gemm_info(void)
{
	return info;
}

static int workers;		/* threads that OpenBLAS has started for itself */

/* Before main: one BLAS thread, because the tiles are the threads' work. */
__attribute__((constructor)) static void start_blas(void)
{
	char name[64] = "OpenBLAS", version[32] = "";

	workers = openblas_get_num_threads() - 1;
	openblas_set_num_threads(1);
	sscanf(openblas_get_config(), "%63s %31s", name, version);
	snprintf(blas, sizeof blas, "%s %s %s", name, version, openblas_get_corename());
	nn_gemm_choose(NN_PRECISION_F32, NN_GEMM_AUTO, NULL);
}

#ifdef __x86_64__
/* The core whose kernels suit this processor better than those of the one that OpenBLAS took, or NULL: AMD's it takes for Haswell's or Zen's, and one
 * that is newer than itself for Prescott's, of 2004. */
static const char *better_core(const char *core)
{
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
		return cp_choice("SkylakeX|Cooperlake|SapphireRapids", core) < 0 ? "SkylakeX" : NULL;
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		return cp_choice("Haswell|Zen|Excavator", core) < 0 ? "Haswell" : NULL;
	return NULL;
}
#endif

void nn_blas_prepare(char **argv)
{
#ifdef __x86_64__
	const char *core = getenv("OPENBLAS_CORETYPE") ? NULL : better_core(openblas_get_corename());
#else
	const char *core = NULL;
#endif
	int threads = !getenv("OPENBLAS_NUM_THREADS");

	if (argv[0])	/* ps and pgrep would know the program started anew as "exe" */
		prctl(PR_SET_NAME, cp_path_leaf(argv[0]));
	/* both are set from here on, so this happens once */
	if ((!core && !threads) || (core && setenv("OPENBLAS_CORETYPE", core, 1) < 0) || setenv("OPENBLAS_NUM_THREADS", "1", 0) < 0)
		return;
	execv("/proc/self/exe", argv);
}

/* --- Room -------------------------------------------------------------------------------------------------------------------------- */

#define ROOM ((size_t)128 << 20)
#define MOST 256			/* rooms that are taken at once */

/* Exported by OpenBLAS, and declared by no header of its own; not in every build. */
extern void *blas_memory_alloc(int) __attribute__((weak));
extern void blas_memory_free(void *) __attribute__((weak));

static int has_room(int n)
{
	void *p = mmap(NULL, (size_t)n * ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p != MAP_FAILED && munmap(p, (size_t)n * ROOM) == 0;
}

/* All at once, so that each is another one. */
static void take_room(int n)
{
	void *taken[MOST];
	for (int i = 0; i < n; i++)
		taken[i] = blas_memory_alloc(0);
	for (int i = 0; i < n; i++)
		blas_memory_free(taken[i]);
}

/* For so many threads of ours, and for OpenBLAS's own: each of these takes a room when it first runs, which may be long after this.  There are at least
 * 50 places for rooms, and two for each of its own threads; ours beyond that do without being asked for. */
static int rooms_for(int threads)
{
	int places = workers < 24 ? 48 : 2 * workers, n = threads + workers;
	return n < places ? n : places < MOST ? places : MOST;
}

int nn_blas_reserve(int threads, struct cp_err *err)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static int reserved;
	int n = rooms_for(threads), rc = 0;
	if (!blas_memory_alloc || !blas_memory_free)
		return 0;
	pthread_mutex_lock(&lock);
	if (n > reserved && !has_room(n - reserved)) {
		rc = cp_err_set(err, "out of memory: OpenBLAS takes %zu MB of address space a thread, and there is no room for %d", ROOM >> 20, n);
	} else if (n > reserved) {
		take_room(n);
		reserved = n;
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

/* --- A check ----------------------------------------------------------------------------------------------------------------------- */

/* Numbers that a small product and a plain loop sum without rounding, whatever the order: small whole ones. */
static nn_float sample(int i, int j)
{
	return (nn_float)((i * 7 + j * 13) % 11 - 5);
}

int nn_gemm_check(int threads, struct cp_err *err)
{
	enum { M = 37, N = 29, K = 70 };
	nn_float a[M * K], b[N * K], c[2][M * N];

	if (nn_blas_reserve(threads, err) < 0)
		return -1;
	for (int i = 0; i < M * K; i++)
		a[i] = sample(i / K, i % K);
	for (int i = 0; i < N * K; i++)
		b[i] = sample(i % K, i / K);
	struct nn_gemm product = { .m = M, .n = N, .k = K, .a = nn_as_is(a, K), .b = nn_transposed(b, K), .c = c[0], .ldc = N };
	nn_gemm(NULL, &product, 1);
	product.c = c[1];
	nn_gemm_tile(&product);
	for (int i = 0; i < 2 * M * N; i++) {
		int row = i % (M * N) / N, col = i % N;
		nn_float sum = 0;
		for (int l = 0; l < K; l++)
			sum += a[row * K + l] * b[col * K + l];
		if (c[i / (M * N)][i % (M * N)] != sum)
			return cp_err_set(err, "%s computes wrongly: element (%d,%d) of a product is %g; expected %g (another core of OpenBLAS may be "
					  "chosen by OPENBLAS_CORETYPE)", i < M * N ? info : blas, row, col, (double)c[i / (M * N)][i % (M * N)], (double)sum);
	}
	return 0;
}
