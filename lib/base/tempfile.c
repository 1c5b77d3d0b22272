#include "base/tempfile.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

const char *cp_tmpdir(void)
{
	const char *dir = getenv("TMPDIR");
	return dir && *dir ? dir : "/tmp";
}

FILE *cp_tempfile(struct cp_err *err)
{
	char *path = cp_xasprintf("%s/cp-spool.XXXXXX", cp_tmpdir());
	int fd = mkstemp(path);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w+b");
	if (!f)
		cp_err_set(err, "%s: temporary file: %m", path);
	if (fd >= 0)
		unlink(path);
	if (fd >= 0 && !f)
		close(fd);
	free(path);
	return f;
}

int cp_temp_read(FILE *f, void *to, size_t n, off_t at)
{
	for (char *p = to; n; ) {
		ssize_t got = pread(fileno(f), p, n, at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			errno = 0;
		if (got <= 0)
			return -1;
		p += got;
		at += got;
		n -= (size_t)got;
	}
	return 0;
}

int cp_temp_write(FILE *f, const void *from, size_t n, off_t at)
{
	for (const char *p = from; n; ) {
		ssize_t put = pwrite(fileno(f), p, n, at);
		if (put < 0 && errno == EINTR)
			continue;
		if (put == 0)
			errno = ENOSPC;
		if (put <= 0)
			return -1;
		p += put;
		at += put;
		n -= (size_t)put;
	}
	return 0;
}
