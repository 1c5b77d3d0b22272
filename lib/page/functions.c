#include "page/functions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

/* ---- names ---- */

static const char *text_of(sqlite3_value *v)
{
	const char *s = (const char *)sqlite3_value_text(v);
	return s ? s : "";
}

static void give_last_part(sqlite3_context *c, const char *path, size_t n)
{
	size_t from = n;
	while (from && path[from - 1] != '/')
		from--;
	sqlite3_result_text(c, path + from, (int)(n - from), SQLITE_TRANSIENT);
}

/* The grid's name in a path as experiments/ lays its files: GRID/made/MODEL-SEED/WAY.cpm, and made/SCALE/DATA/MODEL-SEED/WAY.cpm is SCALE/DATA.
 * 0: it is in none. */
static int give_grid(sqlite3_context *c, const char *path)
{
	const char *made = strstr(path, "/made/");
	if (made && made > path) {
		give_last_part(c, path, (size_t)(made - path));
		return 1;
	}
	if (strncmp(path, "made/", 5))
		return 0;
	const char *scale = path + 5, *data = strchr(scale, '/'), *end = data ? strchr(data + 1, '/') : NULL;
	if (end)
		sqlite3_result_text(c, scale, (int)(end - scale), SQLITE_TRANSIENT);
	return end != NULL;
}

static void grid_name(sqlite3_context *c, int n, sqlite3_value **v)
{
	(void)n;
	if (!give_grid(c, text_of(v[0])))
		sqlite3_result_text(c, "other", -1, SQLITE_STATIC);
}

/* The last part of a path: what a language model's folder is called. */
static void leaf(sqlite3_context *c, int n, sqlite3_value **v)
{
	const char *path = text_of(v[0]);
	size_t len = strlen(path);
	(void)n;
	while (len > 1 && path[len - 1] == '/')
		len--;
	give_last_part(c, path, len);
}

/* What rows are called: the grid's name, the file's, or, where that says nothing, the folder's. */
static void data_name(sqlite3_context *c, int n, sqlite3_value **v)
{
	static const char *const dull[] = { "train", "valid", "test", "rows", "text", "records", "clicks" };
	const char *path = text_of(v[0]), *base = cp_path_leaf(path);
	(void)n;
	if (give_grid(c, path))
		return;
	size_t len = strcspn(base, ".+");
	for (size_t i = 0; i < sizeof dull / sizeof *dull; i++)
		if (base > path + 1 && strlen(dull[i]) == len && !strncmp(base, dull[i], len)) {
			give_last_part(c, path, (size_t)(base - 1 - path));
			return;
		}
	if (len)
		sqlite3_result_text(c, base, (int)len, SQLITE_TRANSIENT);
	else
		sqlite3_result_text(c, "standard input", -1, SQLITE_STATIC);
}

/* ---- cells ---- */

static void marked(sqlite3_context *c, sqlite3_value *v, char mark)
{
	if (sqlite3_value_type(v) == SQLITE_NULL)
		return;
	char *s = cp_xasprintf("%c%s", mark, text_of(v));
	sqlite3_result_text(c, s, -1, SQLITE_TRANSIENT);
	free(s);
}

static void bold(sqlite3_context *c, int n, sqlite3_value **v)
{
	(void)n;
	marked(c, v[0], CP_CELL_BOLD);
}

static void runs(sqlite3_context *c, int n, sqlite3_value **v)
{
	(void)n;
	marked(c, v[0], CP_CELL_RUNS);
}

static void share(sqlite3_context *c, int n, sqlite3_value **v)
{
	(void)n;
	marked(c, v[0], CP_CELL_SHARE);
}

/* By sqlite3_mprintf, as printf() of SQL is; of a NULL a dash. */
static void formatted(sqlite3_context *c, sqlite3_value *x, const char *format, int digits)
{
	if (sqlite3_value_type(x) == SQLITE_NULL)
		sqlite3_result_text(c, "–", -1, SQLITE_STATIC);
	else
		sqlite3_result_text(c, sqlite3_mprintf(format, digits, sqlite3_value_double(x)), -1, sqlite3_free);
}

static void fixed(sqlite3_context *c, int n, sqlite3_value **v)
{
	(void)n;
	formatted(c, v[1], "%.*f", sqlite3_value_int(v[0]));
}

static void with_sign(sqlite3_context *c, int n, sqlite3_value **v)
{
	(void)n;
	formatted(c, v[1], "%+.*f", sqlite3_value_int(v[0]));
}

static void short_form(sqlite3_context *c, int n, sqlite3_value **v)
{
	(void)n;
	formatted(c, v[0], "%.*g", 2);
}

static void best(sqlite3_context *c, int n, sqlite3_value **v)
{
	char format[] = { CP_CELL_BOLD, '%', '.', '*', 'f', 0 };
	int is_top = sqlite3_value_type(v[2]) != SQLITE_NULL && sqlite3_value_double(v[1]) == sqlite3_value_double(v[2]);
	(void)n;
	formatted(c, v[1], is_top ? format : format + 1, sqlite3_value_int(v[0]));
}

static void differs(sqlite3_context *c, int n, sqlite3_value **v)
{
	const char *a = (const char *)sqlite3_value_text(v[1]), *b = (const char *)sqlite3_value_text(v[2]);
	int same = a && b ? !strcmp(a, b) : a == b;
	(void)n;
	if (same)
		sqlite3_result_text(c, "", 0, SQLITE_STATIC);
	else
		sqlite3_result_text(c, sqlite3_mprintf("; %s %s, %s", text_of(v[0]), a ? a : "–", b ? b : "–"), -1, sqlite3_free);
}

/* ---- deviation ---- */

/* Welford's sums, for a deviation that loses no digits. */
struct spread {
	double n, mean, m2;
};

static void spread_step(sqlite3_context *c, int n, sqlite3_value **v)
{
	struct spread *s = sqlite3_aggregate_context(c, sizeof *s);
	(void)n;
	if (!s || sqlite3_value_type(v[0]) == SQLITE_NULL)
		return;
	double x = sqlite3_value_double(v[0]), d = x - s->mean;
	s->mean += d / ++s->n;
	s->m2 += d * (x - s->mean);
}

static void spread_final(sqlite3_context *c)
{
	struct spread *s = sqlite3_aggregate_context(c, 0);
	if (s && s->n > 1)
		sqlite3_result_double(c, sqrt(s->m2 / (s->n - 1)));
}

int cp_page_functions(sqlite3 *db, struct cp_err *err)
{
	static const struct { const char *name; int n; void (*fn)(sqlite3_context *, int, sqlite3_value **); } f[] = {
		{ "data_name", 1, data_name }, { "grid_name", 1, grid_name }, { "leaf", 1, leaf }, { "bold", 1, bold }, { "runs", 1, runs },
		{ "share", 1, share }, { "fixed", 2, fixed }, { "signed", 2, with_sign }, { "short", 1, short_form }, { "best", 3, best },
		{ "differs", 3, differs },
	};
	int rc = sqlite3_create_function(db, "deviation", 1, SQLITE_UTF8, NULL, NULL, spread_step, spread_final);
	for (size_t i = 0; i < sizeof f / sizeof *f; i++)
		rc |= sqlite3_create_function(db, f[i].name, f[i].n, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, f[i].fn, NULL, NULL);
	return rc ? cp_err_set(err, "%s", sqlite3_errmsg(db)) : 0;
}
