/* Lines of a file: see lines.h. */
#include "base/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

enum { READ_BYTES = 1 << 16 };

int cp_lines_open(struct cp_lines *l, const char *path, struct cp_err *err)
{
	*l = (struct cp_lines){ 0 };
	return (l->f = cp_in_open(path, &l->name, err)) ? 0 : -1;
}

void cp_lines_close(struct cp_lines *l)
{
	free(l->buf);
	cp_in_close(l->f);
}

/* More bytes behind those that are there: 1, at the end 0, or -1. */
static int fill(struct cp_lines *l, struct cp_err *err)
{
	ssize_t n;
	if (l->from) {
		memmove(l->buf, l->buf + l->from, l->to - l->from);
		l->to -= l->from;
		l->from = 0;
	}
	if (l->cap - l->to < READ_BYTES) {
		l->cap = 2 * l->cap + READ_BYTES;
		l->buf = cp_xrealloc(l->buf, l->cap, 1);
	}
	while ((n = read(fileno(l->f), l->buf + l->to, l->cap - l->to)) < 0 && errno == EINTR)
		;
	if (n < 0)
		return cp_err_set(err, "%s: read: %m", l->name);
	l->to += (size_t)n;
	return n > 0;
}

int cp_lines_next(struct cp_lines *l, const char **s, size_t *n, struct cp_err *err)
{
	const char *newline = NULL;
	size_t seen = 0;
	int rc = 1;
	while (rc == 1 && !newline && l->to - l->from <= CP_LINE_MAX) {
		newline = l->to > l->from + seen ? memchr(l->buf + l->from + seen, '\n', l->to - l->from - seen) : NULL;
		seen = l->to - l->from;
		if (!newline)
			rc = fill(l, err);
	}
	if (rc < 0)
		return -1;
	*s = l->buf + l->from;
	*n = newline ? (size_t)(newline - *s) + 1 : l->to - l->from;	/* with its newline */
	if (!*n)
		return l->number ? 0 : cp_err_set(err, "%s: empty; expected lines of text", l->name);
	l->number++;
	if (*n - (newline != NULL) > CP_LINE_MAX)
		return cp_err_set(err, "%s: line %llu is longer than %zu bytes; expected lines of text", l->name, (unsigned long long)l->number, CP_LINE_MAX);
	if (memchr(*s, 0, *n))
		return cp_err_set(err, "%s: line %llu: a NUL byte; expected lines of text", l->name, (unsigned long long)l->number);
	l->from += *n;
	return 1;
}
