/* Row numbers and their parts, from files: see splitrows.h.  A sorted array; rows mostly come in their order, so the place after the last hit
 * is looked at first. */
#include "stream/splitrows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/num.h"
#include "stream/pairs.h"

#define SEEN 256	/* beside the part in pair.b */

struct cp_splitrows {
	struct cp_pair *v;		/* row, part */
	size_t n, cap, next;
	const char *const *name;
	int n_parts;
	struct cp_digest *digest;	/* of all lines */
};

static int part_of(const struct cp_splitrows *s, const char *name, size_t n)
{
	int i = 0;
	while (i < s->n_parts && (strlen(s->name[i]) != n || memcmp(s->name[i], name, n)))
		i++;
	return i < s->n_parts ? i : -1;
}

/* part: of all lines, or -1: each says its own */
static int add_line(struct cp_splitrows *s, char *line, int part, struct cp_err *err)
{
	uint64_t row;
	char *tab = strchr(line, '\t');
	if (tab)
		*tab = 0;
	if (cp_parse_u64(line, &row) < 0)
		return cp_err_set(err, "'%.40s' is not the number of a row", line);
	if (part < 0 && !tab)
		return cp_err_set(err, "a row's number, a tab and the name of a part are expected (or give the file as NAME=FILE)");
	if (part >= 0 && tab)
		return cp_err_set(err, "a row's number alone is expected in a file of one part");
	if (part < 0 && (part = part_of(s, tab + 1, strlen(tab + 1))) < 0)
		return cp_err_set(err, "'%.40s' is none of the parts", tab + 1);
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 1024;
		s->v = cp_xrealloc(s->v, s->cap, sizeof *s->v);
	}
	s->v[s->n++] = (struct cp_pair){ row, (uint64_t)part };
	return 0;
}

static int read_lines(struct cp_splitrows *s, FILE *f, const char *name, int part, struct cp_err *err)
{
	char line[256];
	uint64_t n = 0;
	while (fgets(line, sizeof line, f)) {
		size_t len = strlen(line);
		n++;
		cp_digest_add(s->digest, line, len);
		if (!len || line[len - 1] != '\n')	/* a number that is cut is another number */
			return cp_err_set(err, !feof(f) ? "%s: line %" PRIu64 ": too long"
					       : "%s: line %" PRIu64 ": no newline at its end; is the file cut?", name, n);
		line[len - 1 - (len > 1 && line[len - 2] == '\r')] = 0;
		if (add_line(s, line, part, err) < 0)
			return cp_err_wrap(err, "%s: line %" PRIu64, name, n);
	}
	return ferror(f) ? cp_err_set(err, "%s: read: %m", name) : 0;
}

static int read_file(struct cp_splitrows *s, const char *spec, struct cp_err *err)
{
	const char *equals = strchr(spec, '='), *name;
	int part = equals ? part_of(s, spec, (size_t)(equals - spec)) : -1;
	FILE *f = cp_in_open(part >= 0 ? equals + 1 : spec, &name, err);
	if (!f)
		return -1;
	int rc = read_lines(s, f, name, part, err);
	cp_in_close(f);
	return rc;
}

static int by_row(const struct cp_pair *x, const struct cp_pair *y, const void *ctx)
{
	(void)ctx;
	return x->a != y->a ? x->a < y->a : x->b < y->b;
}

struct cp_splitrows *cp_splitrows_read(const struct cp_opt_list *files, const char *const *name, int n_parts, struct cp_err *err)
{
	struct cp_splitrows *s = cp_xcalloc(1, sizeof *s);
	int rc = 0;
	s->name = name;
	s->n_parts = n_parts;
	s->digest = cp_digest_new();
	for (int i = 0; i < files->n && rc == 0; i++)
		rc = read_file(s, files->v[i], err);
	cp_pairs_sort(s->v, s->n, by_row, NULL);
	for (size_t i = 1; rc == 0 && i < s->n; i++)
		if (s->v[i].a == s->v[i - 1].a)
			rc = cp_err_set(err, "%s%s: row %" PRIu64 " is named twice", files->v[0], files->n > 1 ? " and the others" : "", s->v[i].a);
	if (rc == 0)
		return s;
	cp_splitrows_free(s);
	return NULL;
}

void cp_splitrows_free(struct cp_splitrows *s)
{
	if (!s)
		return;
	cp_digest_free(s->digest);
	free(s->v);
	free(s);
}

void cp_splitrows_digest(const struct cp_splitrows *s, char hex[33])
{
	cp_digest_hex(s->digest, hex);
}

static size_t find(const struct cp_splitrows *s, uint64_t row)
{
	size_t lo = 0, hi = s->n;
	if (s->next < s->n && s->v[s->next].a == row)
		return s->next;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (s->v[mid].a < row)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int cp_splitrows_part(struct cp_splitrows *s, uint64_t row, struct cp_err *err)
{
	size_t i = find(s, row);
	if (i == s->n || s->v[i].a != row)
		return 0;
	if (s->v[i].b & SEEN)
		return cp_err_set(err, "row %" PRIu64 " is named for part '%s', and the input has it twice (cp-featurize --first-row numbers files apart)", row,
				  s->name[s->v[i].b & 255]);
	s->v[i].b |= SEEN;
	s->next = i + 1;
	return (int)(s->v[i].b & 255);
}

int cp_splitrows_done(const struct cp_splitrows *s, struct cp_err *err)
{
	for (size_t i = 0; i < s->n; i++)
		if (!(s->v[i].b & SEEN))
			return cp_err_set(err, "row %" PRIu64 " is named for part '%s', and the input has no such row", s->v[i].a, s->name[s->v[i].b]);
	return 0;
}

uint64_t cp_splitrows_count(const struct cp_splitrows *s)
{
	return s->n;
}
