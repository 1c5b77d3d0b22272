/* libFuzzer: any bytes as a safetensors file; every tensor of what opens is read to its end. */
#include <stdlib.h>

#include "nn/safetensors.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct cp_err err;
	struct nn_safetensors *s = nn_safetensors_open_bytes(data, n, "fuzz", &err);

	for (size_t i = 0; s && i < nn_safetensors_count(s); i++) {
		const struct nn_tensor *t = nn_safetensors_at(s, i);
		double *v = malloc(t->n * sizeof *v + 1);
		if (nn_tensor_doubles(t, v, t->n, &err) < 0)
			nn_tensor_u64(t, (uint64_t *)v, t->n, &err);
		free(v);
	}
	nn_safetensors_close(s);
	return 0;
}
