/* The choice of kernels by processor; see cpu.h. */
#include "nn/cpu.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cpu.h"
#include "nn/kernels.h"

#if defined __x86_64__ && !defined NN_DOUBLE && defined SYS_arch_prctl
#include <cpuid.h>
#define MAY_HAVE_AMX
#endif

#define POINTER(name) __typeof__(nn_##name) nn_##name = nn_##name##_base;
#define USE_BASE(name) nn_##name = nn_##name##_base;
#define DECLARE_BASE(name) extern __typeof__(*nn_##name) nn_##name##_base;
NN_KERNELS(DECLARE_BASE)
NN_KERNELS(POINTER)

static void use_base(void)
{
	NN_KERNELS(USE_BASE)
}

#ifdef __x86_64__
#define DECLARE_MORE(name) extern __typeof__(*nn_##name) nn_##name##_v3, nn_##name##_v4;
#define USE_V3(name) nn_##name = nn_##name##_v3;
#define USE_V4(name) nn_##name = nn_##name##_v4;
NN_KERNELS(DECLARE_MORE)

static void use_v3(void)
{
	NN_KERNELS(USE_V3)
}

static void use_v4(void)
{
	NN_KERNELS(USE_V4)
}
#endif

static const struct level {
	const char *name;
	void (*use)(void);
} levels[] = {
#ifdef __x86_64__
	{ "v4", use_v4 },
	{ "v3", use_v3 },
#endif
	{ "base", use_base },
};
#define N_LEVELS (sizeof levels / sizeof *levels)

static const char *in_force = "base";

static int choose(const struct level *level)
{
	if (!cp_cpu_has(level->name))
		return -1;
	level->use();
	in_force = level->name;
	return 0;
}

int nn_cpu_choose(const char *name)
{
	for (size_t i = 0; i < N_LEVELS; i++)
		if (!strcmp(levels[i].name, name))
			return choose(&levels[i]);
	return -1;
}

const char *nn_cpu_level(void)
{
	return in_force;
}

#if defined __x86_64__ && !defined NN_DOUBLE
#define V4_AND(feature) (!strcmp(in_force, "v4") && __builtin_cpu_supports(feature))
#else
#define V4_AND(feature) 0
#endif

int nn_cpu_bf16(void)
{
	return V4_AND("avx512bf16");
}

int nn_cpu_int8(void)
{
	return V4_AND("avx512vnni");
}

#ifdef MAY_HAVE_AMX
static int has_amx;

/* A level that the environment names has no AMX; nor has a process whose wish is refused, as where a signal's stack has no room for tiles. */
static void ask_for_amx(void)
{
	enum { TILE_DATA = 18, REQUEST = 0x1023 };	/* of XSAVE, of arch_prctl */
	enum { BF16 = 1 << 22, TILE = 1 << 24, INT8 = 1 << 25, ALL = BF16 | TILE | INT8 };	/* of CPUID 7's EDX */
	const char *wanted = getenv("CP_CPU");
	unsigned a, b, c, d;
	has_amx = !(wanted && cp_cpu_has(wanted)) && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & ALL) == ALL
		  && !syscall(SYS_arch_prctl, REQUEST, TILE_DATA);
}
#endif

int nn_cpu_amx(void)
{
#ifdef MAY_HAVE_AMX
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, ask_for_amx);
	return has_amx && nn_cpu_bf16();
#else
	return 0;
#endif
}

__attribute__((constructor)) static void choose_best(void)
{
	nn_cpu_choose(cp_cpu_level());
}
