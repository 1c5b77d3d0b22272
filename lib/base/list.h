/* Lists in one string: "512,256", "name=value name=value".
 *
 *     const char *list = "a,,b", *p;
 *     size_t n;
 *     while (cp_next_piece(&list, ',', &p, &n))
 *             printf("%.*s\n", (int)n, p);
 *
 * "a,,b" has three pieces, "a," two, of which the second is empty, and "" one, which is empty; NULL has none.  Nothing is copied. */
#ifndef CP_LIST_H
#define CP_LIST_H

#include <stddef.h>
#include <string.h>

/* The next piece of *list, n bytes at p: 1, or 0 behind the last.  *list moves on to what stands behind the separator, NULL: nothing does. */
static inline int cp_next_piece(const char **list, char sep, const char **p, size_t *n)
{
	if (!*list)
		return 0;
	const char *end = strchrnul(*list, sep);
	*p = *list;
	*n = (size_t)(end - *p);
	*list = *end ? end + 1 : NULL;
	return 1;
}

#endif
