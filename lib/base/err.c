/* One sentence in a fixed buffer: an error path must not allocate. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int cp_err_set(struct cp_err *err, const char *fmt, ...)
{
	if (!err)
		return -1;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof err->msg, fmt, ap);
	va_end(ap);
	return -1;
}

int cp_err_wrap(struct cp_err *err, const char *fmt, ...)
{
	if (!err)
		return -1;
	struct cp_err old = *err;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof err->msg, fmt, ap);
	va_end(ap);
	size_t n = strlen(err->msg);
	snprintf(err->msg + n, sizeof err->msg - n, ": %.*s", (int)(sizeof err->msg - n - 3), old.msg);
	return -1;
}
