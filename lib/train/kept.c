/* A file of vectors, all of one width. */
#include "train/kept.h"

#include <errno.h>

#include "base/tempfile.h"

#define ROWS 64		/* a batch */

static int failed(struct cp_err *err)
{
	return cp_err_set(err, "keeping what the language model makes of the rows in a temporary file in %s: %m", cp_tmpdir());
}

static int fill(struct cp_kept *k, struct cp_model *m, const struct cp_data *rows, const volatile sig_atomic_t *stop, struct cp_err *err)
{
	const struct cp_feeding how = { 0 };
	uint32_t places[ROWS];
	for (size_t at = 0, n; at < rows->n; at += n) {
		n = rows->n - at < ROWS ? rows->n - at : ROWS;
		for (size_t i = 0; i < n; i++)
			places[i] = (uint32_t)(at + i);
		cp_model_feed(m, rows, places, n, &how);
		nn_forward(m->g, m->pool);
		if (fwrite(m->pool->val, sizeof(nn_float) * k->width, n, k->f) != n)
			return failed(err);
		k->n += n;
		k->tokens += m->g->len[PLM_TOKENS];
		if (stop && *stop)
			return 1;
	}
	return 0;
}

int cp_kept_fill(struct cp_kept *k, struct cp_model *m, const struct cp_data *d, const volatile sig_atomic_t *stop, struct cp_err *err)
{
	struct cp_pass pass;
	const struct cp_data *rows;
	int rc;
	*k = (struct cp_kept){ .f = cp_tempfile(err), .width = m->pool->cols };
	if (!k->f)
		return -1;
	cp_pass_init(&pass, d);
	while ((rc = cp_pass_next(&pass, &rows, err)) == 1)
		if ((rc = fill(k, m, rows, stop, err)))
			break;
	cp_pass_release(&pass);
	if (!rc && fflush(k->f) == EOF)
		rc = failed(err);
	if (rc)
		cp_kept_release(k);
	return rc;
}

int cp_kept_read(const struct cp_kept *k, const uint32_t *places, size_t n, nn_float *to, struct cp_err *err)
{
	size_t bytes = k->width * sizeof *to;
	for (size_t i = 0; i < n; i++, to += k->width)
		if (cp_temp_read(k->f, to, bytes, (off_t)(places[i] * bytes)) < 0)
			return errno ? failed(err) : cp_err_set(err, "a temporary file in %s has become shorter", cp_tmpdir());
	return 0;
}

void cp_kept_release(struct cp_kept *k)
{
	if (k->f)
		fclose(k->f);
	*k = (struct cp_kept){ 0 };
}
