/* The choice of kernels by processor; see cpu.h. */
#include "nn/cpu.h"

#include "nn/kernels_ref.h"

#define USE(name) __typeof__(nn_##name) nn_##name = nn_##name##_ref;
NN_KERNELS(USE)

const char *nn_cpu_level(void)
{
	return "ref";
}

int nn_cpu_choose(const char *level)
{
	(void)level;
	return -1;
}

size_t nn_attention_scratch(size_t z, size_t n_prompts, size_t dh)
{
	size_t n = z + n_prompts + 16, d = dh + 16;

	return 6 * n * d + 2 * n * n;
}
