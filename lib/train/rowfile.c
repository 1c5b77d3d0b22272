/* The arrays as files, by their table (arrays.h). */
#include "train/rowfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/tempfile.h"
#include "train/data.h"

#define CHUNK ((size_t)1 << 20)		/* that a digest is made by */

struct cp_rowfile {
	FILE *f[CP_N_ARRAYS];		/* NULL: this array is not used */
	size_t n[CP_N_UNITS];		/* appended */
};

size_t cp_rowfile_bytes(const struct cp_rowfile *f, const struct cp_data *d)
{
	size_t bytes = 0;
	for (enum cp_array i = 0; i < CP_N_ARRAYS; i++) {
		enum cp_unit u = cp_array_unit(i) == CP_UNIT_OFFSETS ? CP_UNIT_ROWS : cp_array_unit(i);
		size_t place = i == CP_ARRAY_ROW ? sizeof(uint32_t) : 0, id = i == CP_ARRAY_VALUES && !d->indexed ? sizeof *d->ids : 0;
		bytes += (cp_array_width(d, i) + place + id) * (cp_unit_start(d, u, d->n) + (f ? f->n[u] : 0));
	}
	return bytes;
}

/* --- Rows in ----------------------------------------------------------------------------------------------------------------------- */

static int failed(struct cp_err *err)
{
	return cp_err_set(err, "the rows are more than --memory holds; keeping them in a temporary file in %s: %m", cp_tmpdir());
}

struct cp_rowfile *cp_rowfile_new(const struct cp_data *d, struct cp_err *err)
{
	struct cp_rowfile *f = cp_xcalloc(1, sizeof *f);
	for (enum cp_array i = 0; i < CP_N_ARRAYS; i++)
		if (cp_array_width(d, i) && !(f->f[i] = cp_tempfile(err))) {
			cp_rowfile_free(f);
			return NULL;
		}
	return f;
}

void cp_rowfile_free(struct cp_rowfile *f)
{
	for (int i = 0; f && i < CP_N_ARRAYS; i++)
		if (f->f[i])
			fclose(f->f[i]);
	free(f);
}

/* Offsets go on from where those before ended; that end is there already. */
static int append_offsets(struct cp_rowfile *f, enum cp_array i, const uint64_t *v, size_t n)
{
	size_t before = f->n[cp_array_counts(i)];
	for (size_t k = f->n[CP_UNIT_ROWS] ? 1 : 0; k <= n; k++) {
		uint64_t at = before + v[k];
		if (fwrite(&at, sizeof at, 1, f->f[i]) != 1)
			return -1;
	}
	return 0;
}

int cp_rowfile_append(struct cp_rowfile *f, struct cp_data *d, struct cp_err *err)
{
	size_t more[CP_N_UNITS];
	for (enum cp_unit u = 0; u < CP_N_UNITS; u++)
		more[u] = cp_unit_start(d, u, d->n);
	for (enum cp_array i = 0; d->n && i < CP_N_ARRAYS; i++) {
		size_t w = cp_array_width(d, i), n = more[cp_array_unit(i)];
		if (w && (cp_array_unit(i) == CP_UNIT_OFFSETS ? append_offsets(f, i, (const uint64_t *)(void *)cp_array(d, i), d->n) < 0
						    : fwrite(cp_array(d, i), w, n, f->f[i]) != n))
			return failed(err);
	}
	for (int u = 0; u < CP_N_UNITS; u++)
		f->n[u] += more[u];
	cp_data_clear(d);
	return 0;
}

size_t cp_rowfile_rows(const struct cp_rowfile *f)
{
	return f->n[CP_UNIT_ROWS];
}

int cp_rowfile_finish(struct cp_rowfile *f, struct cp_data *d, struct cp_err *err)
{
	cp_arrays_free(d);
	for (enum cp_array i = 0; i < CP_N_ARRAYS; i++)
		if (f->f[i] && fflush(f->f[i]) == EOF)
			return failed(err);
	d->n = f->n[CP_UNIT_ROWS];
	d->n_values = f->n[CP_UNIT_VALUES];
	return 0;
}

int cp_rowfile_put_ids(struct cp_rowfile *f, size_t first, const uint32_t *ids, size_t n, struct cp_err *err)
{
	int rc = cp_temp_write(f->f[CP_ARRAY_VALUES], ids, n * sizeof *ids, (off_t)(first * sizeof *ids));
	return rc < 0 ? failed(err) : 0;
}

int cp_rowfile_indexed(struct cp_rowfile *f, struct cp_data *d, struct cp_err *err)
{
	d->indexed = 1;
	return ftruncate(fileno(f->f[CP_ARRAY_VALUES]), (off_t)(d->n_values * sizeof *d->ids)) < 0 ? failed(err) : 0;
}

/* --- Rows back --------------------------------------------------------------------------------------------------------------------- */

static int read_at(const struct cp_rowfile *f, enum cp_array i, void *to, size_t bytes, size_t at, struct cp_err *err)
{
	if (cp_temp_read(f->f[i], to, bytes, (off_t)at) == 0)
		return 0;
	return errno ? cp_err_set(err, "read rows back from a temporary file in %s: %m", cp_tmpdir())
		     : cp_err_set(err, "a temporary file in %s has become shorter", cp_tmpdir());
}

int cp_rowfile_digest(const struct cp_data *d, enum cp_array i, struct cp_digest *g, struct cp_err *err)
{
	const struct cp_rowfile *f = d->file;
	int rc = 0, offsets = cp_array_unit(i) == CP_UNIT_OFFSETS;
	enum cp_unit u = offsets ? CP_UNIT_ROWS : cp_array_unit(i);
	size_t n = d->n ? (f ? f->n[u] : cp_unit_start(d, u, d->n)) + (size_t)offsets : 0, bytes = n * cp_array_width(d, i);
	if (!f) {
		if (bytes)
			cp_digest_add(g, cp_array(d, i), bytes);
		return 0;
	}
	char *buf = cp_xmalloc(CHUNK);
	for (size_t at = 0, k; !rc && at < bytes; at += k) {
		k = bytes - at < CHUNK ? bytes - at : CHUNK;
		if (!(rc = read_at(f, i, buf, k, at, err)))
			cp_digest_add(g, buf, k);
	}
	free(buf);
	return rc;
}

/* --- Parts ------------------------------------------------------------------------------------------------------------------------- */

/* All that says which rows these are and how they are laid out, and none of them; what d owns stays d's. */
void cp_part_init(struct cp_data *part, const struct cp_data *d)
{
	*part = *d;
	cp_arrays_forget(part);
	cp_data_clear(part);
	part->file = NULL;
	part->sentence = NULL;
	part->label_made = NULL;
	part->cache = NULL;
}

void cp_part_release(struct cp_data *part)
{
	cp_arrays_free(part);
	*part = (struct cp_data){ 0 };
}

/* Where rows begin, counted from this part's beginning; the files' own: *first..*end-1. */
static int read_offsets(struct cp_data *p, const struct cp_rowfile *f, enum cp_array i, size_t from, size_t n, size_t *first, size_t *end, struct cp_err *err)
{
	uint64_t *v = (uint64_t *)(void *)cp_array(p, i) + p->n, before = cp_unit_start(p, cp_array_counts(i), p->n);
	if (read_at(f, i, v, (n + 1) * sizeof *v, from * sizeof *v, err) < 0)
		return -1;
	*first = v[0];
	*end = v[n];
	for (size_t k = 0; k <= n; k++)
		v[k] = before + (v[k] - *first);
	return 0;
}

int cp_part_read(struct cp_data *p, const struct cp_rowfile *f, size_t from, size_t to, struct cp_err *err)
{
	size_t n = to - from, fields = (size_t)p->fields.n;
	size_t first[CP_N_UNITS] = { [CP_UNIT_ROWS] = from, [CP_UNIT_VALUES] = from * fields }, before[CP_N_UNITS];
	size_t end[CP_N_UNITS] = { [CP_UNIT_ROWS] = to, [CP_UNIT_VALUES] = to * fields };
	for (enum cp_unit u = 0; u < CP_N_UNITS; u++)
		before[u] = cp_unit_start(p, u, p->n);
	cp_arrays_reserve(p, CP_UNIT_ROWS, p->n + n);
	for (enum cp_array i = 0; i < CP_N_ARRAYS; i++)
		if (cp_array_width(p, i) && cp_array_unit(i) == CP_UNIT_OFFSETS &&
		    read_offsets(p, f, i, from, n, &first[cp_array_counts(i)], &end[cp_array_counts(i)], err) < 0)
			return -1;
	for (enum cp_array i = 0; i < CP_N_ARRAYS; i++) {
		enum cp_unit u = cp_array_unit(i);
		size_t w = cp_array_width(p, i);
		if (!w || u == CP_UNIT_OFFSETS)
			continue;
		cp_arrays_reserve(p, u, before[u] + end[u] - first[u]);
		if (read_at(f, i, cp_array(p, i) + before[u] * w, (end[u] - first[u]) * w, first[u] * w, err) < 0)
			return -1;
	}
	p->n += n;
	p->n_values += end[CP_UNIT_VALUES] - first[CP_UNIT_VALUES];
	return 0;
}

void cp_part_copy(struct cp_data *p, const struct cp_data *from, size_t place)
{
	size_t first[CP_N_UNITS], n[CP_N_UNITS], before[CP_N_UNITS];
	for (enum cp_unit u = 0; u < CP_N_UNITS; u++) {
		first[u] = cp_unit_start(from, u, place);
		n[u] = cp_unit_start(from, u, place + 1) - first[u];
		before[u] = cp_unit_start(p, u, p->n);
		if (u != CP_UNIT_OFFSETS)
			cp_arrays_reserve(p, u, before[u] + n[u]);
	}
	for (enum cp_array i = 0; i < CP_N_ARRAYS; i++) {
		enum cp_unit u = cp_array_unit(i), of = cp_array_counts(i);
		size_t w = cp_array_width(p, i);
		if (!w)
			continue;
		if (u == CP_UNIT_OFFSETS)
			((uint64_t *)(void *)cp_array(p, i))[p->n + 1] = before[of] + n[of];
		else
			memcpy(cp_array(p, i) + before[u] * w, cp_array(from, i) + first[u] * w, n[u] * w);
	}
	p->n++;
	p->n_values += n[CP_UNIT_VALUES];
}
