/* Which columns a user means by lists of names. */
#include <stdlib.h>
#include <string.h>

#include "stream/schema.h"

/* A name from a list: one that is the whole rest, else the part up to the next comma.  Index, or -1; *list moves on. */
static int next_name(const struct cp_schema *s, const char **list, struct cp_err *err)
{
	int i = cp_schema_lookup(s, *list, err);
	if (i >= 0) {
		*list += strlen(*list);
		return i;
	}
	size_t n = strcspn(*list, ",");
	char *name = cp_xstrndup(*list, n);
	*list += n + ((*list)[n] == ',');
	i = cp_schema_lookup(s, name, err);
	free(name);
	return i;
}

static int has(const int *a, int n, int v)
{
	while (n > 0 && a[n - 1] != v)
		n--;
	return n > 0;
}

static int add_names(const struct cp_schema *s, const struct cp_opt_list *l, int *out, int *n, struct cp_err *err)
{
	for (int k = 0; l && k < l->n; k++)
		for (const char *list = l->v[k]; *list;) {
			int i = next_name(s, &list, err);
			if (i < 0)
				return -1;
			if (has(out, *n, i))
				return cp_err_set(err, "column '%s' is named twice", s->column[i].name);
			out[(*n)++] = i;
		}
	return 0;
}

int cp_schema_choose(const struct cp_schema *s, const struct cp_opt_list *only, const struct cp_opt_list *drop, int *out, struct cp_err *err)
{
	int *dropped = cp_xcalloc((size_t)s->n + 1, sizeof *dropped), n_dropped = 0, n = 0;
	int rc = add_names(s, drop, dropped, &n_dropped, err);
	if (rc == 0 && only && only->n)
		rc = add_names(s, only, out, &n, err);
	else
		for (int i = 0; i < s->n; i++)
			if (!has(dropped, n_dropped, i))
				out[n++] = i;
	free(dropped);
	if (rc == 0 && n == 0)
		rc = cp_err_set(err, "no column is left");
	return rc < 0 ? -1 : n;
}
