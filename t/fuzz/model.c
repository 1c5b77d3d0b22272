/* libFuzzer: any bytes as a model, read as cp-model and cp-predict do.  What has a digest is refused soon, so the corpus has models without one. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "train/model.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct cp_err err;
	char path[64];
	int fd = memfd_create("model", MFD_CLOEXEC);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (write(fd, data, n) == (ssize_t)n)
		cp_model_free(cp_model_open(path, NULL, NN_IN_F32, &err));
	close(fd);
	return 0;
}
