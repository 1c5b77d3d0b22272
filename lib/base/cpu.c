/* What the processor has; see cpu.h. */
#include "base/cpu.h"

#include <stdlib.h>
#include <string.h>

#ifdef __x86_64__
/* All a compiler may use at the level (x86-64 psABI, table 3.1), as far as the builtin knows the names; it asks the system as well
 * whether the registers are saved. */
static int has_v3(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")
	       && __builtin_cpu_supports("popcnt");
}

static int has_v4(void)
{
	return has_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd")
	       && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

static int has_base(void)
{
	return 1;
}

static const struct {
	const char *name;
	int (*has)(void);
} levels[] = {	/* best first */
#ifdef __x86_64__
	{ "v4", has_v4 },
	{ "v3", has_v3 },
#endif
	{ "base", has_base },
};
#define N_LEVELS (sizeof levels / sizeof *levels)

int cp_cpu_has(const char *level)
{
#ifdef __x86_64__
	__builtin_cpu_init();	/* this may be asked before main */
#endif
	for (size_t i = 0; i < N_LEVELS; i++)
		if (!strcmp(levels[i].name, level))
			return levels[i].has();
	return 0;
}

const char *cp_cpu_level(void)
{
	const char *wanted = getenv("CP_CPU");
	if (wanted && cp_cpu_has(wanted))
		return wanted;
	for (size_t i = 0; i + 1 < N_LEVELS; i++)
		if (cp_cpu_has(levels[i].name))
			return levels[i].name;
	return "base";
}
