/* The arrays as files: a table of them says of each what it counts by, and all goes by that table. */
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

enum unit { ROWS, OFFSETS, VALUES, TOKENS, PAIRS, N_UNITS };	/* OFFSETS: one a row and one more, each where something of the row begins */

static const struct {
	size_t pointer;			/* in struct cp_data */
	enum unit unit, of;		/* of: what offsets count */
} arrays[CP_N_ARRAYS] = {
	[CP_ARRAY_ROW] = { offsetof(struct cp_data, row), ROWS },
	[CP_ARRAY_LABEL] = { offsetof(struct cp_data, label), ROWS },
	[CP_ARRAY_WEIGHT] = { offsetof(struct cp_data, weight), ROWS },
	[CP_ARRAY_VALUE_AT] = { offsetof(struct cp_data, value_at), OFFSETS, VALUES },
	[CP_ARRAY_MEMBERS] = { offsetof(struct cp_data, members), ROWS },
	[CP_ARRAY_NUMBER] = { offsetof(struct cp_data, number), ROWS },
	[CP_ARRAY_VALUES] = { offsetof(struct cp_data, keys), VALUES },
	[CP_ARRAY_TOKEN_AT] = { offsetof(struct cp_data, token_at), OFFSETS, TOKENS },
	[CP_ARRAY_TOKEN] = { offsetof(struct cp_data, token), TOKENS },
	[CP_ARRAY_SEAM] = { offsetof(struct cp_data, seam), ROWS },
	[CP_ARRAY_PAIR_AT] = { offsetof(struct cp_data, pair_at), OFFSETS, PAIRS },
	[CP_ARRAY_PAIR] = { offsetof(struct cp_data, pair), PAIRS },
};

struct cp_rowfile {
	FILE *f[CP_N_ARRAYS];		/* NULL: this array is not used */
	size_t n[N_UNITS];		/* appended */
};

static size_t pointer(const struct cp_data *d, int i)
{
	return i == CP_ARRAY_VALUES && d->indexed ? offsetof(struct cp_data, ids) : arrays[i].pointer;
}

static char *get(const struct cp_data *d, int i)
{
	char *p;
	memcpy(&p, (const char *)d + pointer(d, i), sizeof p);
	return p;
}

static void set(struct cp_data *d, int i, void *p)
{
	memcpy((char *)d + pointer(d, i), &p, sizeof p);
}

static int counts(const struct cp_data *d, enum unit u)
{
	return u == VALUES ? d->want_keys : u == TOKENS ? d->want_tokens : u == PAIRS ? d->has_pairs : 1;
}

/* Bytes an element; 0 where the array is not used. */
static size_t width(const struct cp_data *d, int i)
{
	switch (i) {
	case CP_ARRAY_ROW: return sizeof *d->row;
	case CP_ARRAY_LABEL: return d->want_labels ? sizeof *d->label : 0;
	case CP_ARRAY_WEIGHT: return d->want_weights && d->has_weights ? sizeof *d->weight : 0;
	case CP_ARRAY_VALUE_AT: return d->n_lists ? sizeof *d->value_at : 0;
	case CP_ARRAY_MEMBERS: return (size_t)d->n_lists * sizeof *d->members;
	case CP_ARRAY_NUMBER: return (size_t)d->n_numbers * sizeof *d->number;
	case CP_ARRAY_VALUES: return !d->want_keys ? 0 : d->indexed ? sizeof *d->ids : sizeof *d->keys;
	case CP_ARRAY_TOKEN_AT: return d->want_tokens ? sizeof *d->token_at : 0;
	case CP_ARRAY_TOKEN: return d->want_tokens ? sizeof *d->token : 0;
	case CP_ARRAY_SEAM: return d->want_two_texts ? sizeof *d->seam : 0;
	case CP_ARRAY_PAIR_AT: return d->has_pairs ? sizeof *d->pair_at : 0;
	default: return d->has_pairs ? sizeof *d->pair : 0;
	}
}

/* Where the row at `place` begins, counted in a unit; of place n, where all end. */
static size_t start(const struct cp_data *d, enum unit u, size_t place)
{
	if (!place || !counts(d, u))
		return 0;
	switch (u) {
	case VALUES: return place < d->n ? cp_data_first(d, place) : d->n_values;
	case TOKENS: return d->token_at[place];
	case PAIRS: return d->pair_at[place];
	default: return place;
	}
}

size_t cp_rowfile_bytes(const struct cp_rowfile *f, const struct cp_data *d)
{
	size_t bytes = 0;
	for (int i = 0; i < CP_N_ARRAYS; i++) {
		enum unit u = arrays[i].unit == OFFSETS ? ROWS : arrays[i].unit;
		size_t place = i == CP_ARRAY_ROW ? sizeof(uint32_t) : 0, id = i == CP_ARRAY_VALUES && !d->indexed ? sizeof *d->ids : 0;
		bytes += (width(d, i) + place + id) * (start(d, u, d->n) + (f ? f->n[u] : 0));
	}
	return bytes;
}

/* --- Rows in ----------------------------------------------------------------------------------------------------------------------- */

static int failed(struct cp_err *err)
{
	return cp_err_set(err, "the rows are more than --memory holds; keeping them in a temporary file in %s:", cp_tmpdir());
}

struct cp_rowfile *cp_rowfile_new(const struct cp_data *d, struct cp_err *err)
{
	struct cp_rowfile *f = cp_xcalloc(1, sizeof *f);
	for (int i = 0; i < CP_N_ARRAYS; i++)
		if (width(d, i) && !(f->f[i] = cp_tempfile(err))) {
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
static int append_offsets(struct cp_rowfile *f, int i, const uint64_t *v, size_t n)
{
	size_t before = f->n[arrays[i].of];
	for (size_t k = f->n[ROWS] ? 1 : 0; k <= n; k++) {
		uint64_t at = before + v[k];
		if (fwrite(&at, sizeof at, 1, f->f[i]) != 1)
			return -1;
	}
	return 0;
}

int cp_rowfile_append(struct cp_rowfile *f, struct cp_data *d, struct cp_err *err)
{
	size_t more[N_UNITS];
	for (enum unit u = 0; u < N_UNITS; u++)
		more[u] = start(d, u, d->n);
	for (int i = 0; d->n && i < CP_N_ARRAYS; i++) {
		size_t w = width(d, i), n = more[arrays[i].unit];
		if (w && (arrays[i].unit == OFFSETS ? append_offsets(f, i, (const uint64_t *)(void *)get(d, i), d->n) < 0
						    : fwrite(get(d, i), w, n, f->f[i]) != n))
			return failed(err);
	}
	for (int u = 0; u < N_UNITS; u++)
		f->n[u] += more[u];
	cp_data_clear(d);
	return 0;
}

size_t cp_rowfile_rows(const struct cp_rowfile *f)
{
	return f->n[ROWS];
}

static void free_arrays(struct cp_data *d)
{
	for (int i = 0; i < CP_N_ARRAYS; i++) {
		free(get(d, i));
		set(d, i, NULL);
	}
	d->cap = d->value_cap = d->token_cap = d->pair_cap = 0;
}

int cp_rowfile_finish(struct cp_rowfile *f, struct cp_data *d, struct cp_err *err)
{
	free_arrays(d);
	for (int i = 0; i < CP_N_ARRAYS; i++)
		if (f->f[i] && fflush(f->f[i]) == EOF)
			return failed(err);
	d->n = f->n[ROWS];
	d->n_values = f->n[VALUES];
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

static int read_at(const struct cp_rowfile *f, int i, void *to, size_t bytes, size_t at, struct cp_err *err)
{
	if (cp_temp_read(f->f[i], to, bytes, (off_t)at) == 0)
		return 0;
	return errno ? cp_err_set(err, "read rows back from a temporary file in %s:", cp_tmpdir())
		     : cp_err_set(err, "a temporary file in %s has become shorter", cp_tmpdir());
}

int cp_rowfile_digest(const struct cp_data *d, enum cp_array i, struct cp_digest *g, struct cp_err *err)
{
	const struct cp_rowfile *f = d->file;
	int rc = 0;
	enum unit u = arrays[i].unit == OFFSETS ? ROWS : arrays[i].unit;
	size_t n = d->n ? (f ? f->n[u] : start(d, u, d->n)) + (arrays[i].unit == OFFSETS) : 0, bytes = n * width(d, i);
	if (!f) {
		if (bytes)
			cp_digest_add(g, get(d, i), bytes);
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
	for (int i = 0; i < CP_N_ARRAYS; i++)
		set(part, i, NULL);
	cp_part_clear(part);
	part->cap = part->value_cap = part->token_cap = part->pair_cap = 0;
	part->keys = NULL;
	part->ids = NULL;
	part->file = NULL;
	part->sentence = NULL;
	part->label_made = NULL;
	part->cache = NULL;
}

void cp_part_release(struct cp_data *part)
{
	free_arrays(part);
	free(part->ids);
	*part = (struct cp_data){ 0 };
}

void cp_part_clear(struct cp_data *part)
{
	part->n = part->n_values = 0;
}

/* Room for n of a unit, in all arrays that count by it. */
static void reserve(struct cp_data *p, enum unit u, size_t n)
{
	size_t *cap = u == ROWS ? &p->cap : u == VALUES ? &p->value_cap : u == TOKENS ? &p->token_cap : &p->pair_cap;
	if (*cap && n <= *cap)
		return;
	*cap = n > *cap + *cap / 2 ? n + 1 : *cap + *cap / 2;
	for (int i = 0; i < CP_N_ARRAYS; i++) {
		int offsets = arrays[i].unit == OFFSETS;
		if (!width(p, i) || (offsets ? ROWS : arrays[i].unit) != u)
			continue;
		set(p, i, cp_xrealloc(get(p, i), *cap + (size_t)offsets, width(p, i)));
		if (offsets && !p->n)
			memset(get(p, i), 0, sizeof(uint64_t));
	}
}

/* Where rows begin, counted from this part's beginning; the files' own: *first..*end-1. */
static int read_offsets(struct cp_data *p, const struct cp_rowfile *f, int i, size_t from, size_t n, size_t *first, size_t *end, struct cp_err *err)
{
	uint64_t *v = (uint64_t *)(void *)get(p, i) + p->n, before = start(p, arrays[i].of, p->n);
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
	size_t first[N_UNITS] = { [ROWS] = from, [VALUES] = from * fields }, end[N_UNITS] = { [ROWS] = to, [VALUES] = to * fields }, before[N_UNITS];
	for (enum unit u = 0; u < N_UNITS; u++)
		before[u] = start(p, u, p->n);
	reserve(p, ROWS, p->n + n);
	for (int i = 0; i < CP_N_ARRAYS; i++)
		if (width(p, i) && arrays[i].unit == OFFSETS &&
		    read_offsets(p, f, i, from, n, &first[arrays[i].of], &end[arrays[i].of], err) < 0)
			return -1;
	for (int i = 0; i < CP_N_ARRAYS; i++) {
		enum unit u = arrays[i].unit;
		size_t w = width(p, i);
		if (!w || u == OFFSETS)
			continue;
		reserve(p, u, before[u] + end[u] - first[u]);
		if (read_at(f, i, get(p, i) + before[u] * w, (end[u] - first[u]) * w, first[u] * w, err) < 0)
			return -1;
	}
	p->n += n;
	p->n_values += end[VALUES] - first[VALUES];
	return 0;
}

void cp_part_copy(struct cp_data *p, const struct cp_data *from, size_t place)
{
	size_t first[N_UNITS], n[N_UNITS], before[N_UNITS];
	for (enum unit u = 0; u < N_UNITS; u++) {
		first[u] = start(from, u, place);
		n[u] = start(from, u, place + 1) - first[u];
		before[u] = start(p, u, p->n);
		if (u != OFFSETS && counts(p, u))
			reserve(p, u, before[u] + n[u]);
	}
	for (int i = 0; i < CP_N_ARRAYS; i++) {
		enum unit u = arrays[i].unit, of = arrays[i].of;
		size_t w = width(p, i);
		if (!w)
			continue;
		if (u == OFFSETS)
			((uint64_t *)(void *)get(p, i))[p->n + 1] = before[of] + n[of];
		else
			memcpy(get(p, i) + before[u] * w, get(from, i) + first[u] * w, n[u] * w);
	}
	p->n++;
	p->n_values += n[VALUES];
}
