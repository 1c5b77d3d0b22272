/* Copies what cannot be read twice to a file that nobody else can open and that is gone with the process. */
#include "stream/spool.h"

#include "base/file.h"
#include "base/tempfile.h"

static int copy(FILE *from, FILE *to, const char *name, struct cp_err *err)
{
	char buf[1 << 16];
	size_t n;
	do {
		n = fread(buf, 1, sizeof buf, from);
		if (ferror(from))
			return cp_err_set(err, "%s: read: %m", name);
		if (fwrite(buf, 1, n, to) != n)
			return cp_err_set(err, "%s: copying it to a temporary file in %s: %m", name, cp_tmpdir());
	} while (n == sizeof buf);
	if (fflush(to) == EOF || fseeko(to, 0, SEEK_SET) < 0)
		return cp_err_set(err, "%s: copying it to a temporary file in %s: %m", name, cp_tmpdir());
	return 0;
}

FILE *cp_spool(FILE *f, const char *name, struct cp_err *err)
{
	if (ftello(f) >= 0)
		return f;
	FILE *to = cp_tempfile(err);
	int rc = to ? copy(f, to, name, err) : -1;
	cp_in_close(f);
	if (rc < 0 && to)
		fclose(to);
	return rc < 0 ? NULL : to;
}
