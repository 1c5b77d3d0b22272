#include "eval/scores.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/num.h"
#include "eval/order.h"

enum { LABEL, SCORE, SCORE2, GROUP, STRATUM, N_ROLES };
static const char *const role_name[N_ROLES] = { "label", "score", "score2", "group", "stratum" };

#define MAX_FIELDS 4096
#define MAX_LINE (1 << 20)

struct input {
	const char *name;
	size_t line;
	char *field[MAX_FIELDS];	/* of this line, NUL-terminated in place */
	size_t n_fields;
	size_t column[N_ROLES];		/* from 1; 0: not asked for */
};

/* ---- strata: a name's index by open addressing; slot holds index + 1 ---- */

struct strata {
	uint32_t slot[2 * CP_STRATA_MAX];
};

static int find_stratum(struct strata *t, struct cp_scores *s, const char *name, uint32_t *out)
{
	size_t mask = 2 * CP_STRATA_MAX - 1, at = cp_hash64(name, strlen(name), 0) & mask;
	while (t->slot[at] && strcmp(s->strata[t->slot[at] - 1], name))
		at = (at + 1) & mask;
	if (!t->slot[at]) {
		if (s->n_strata == CP_STRATA_MAX)
			return -1;
		s->strata = cp_xrealloc(s->strata, s->n_strata + 1, sizeof *s->strata);
		s->strata[s->n_strata++] = cp_xstrdup(name);
		t->slot[at] = (uint32_t)s->n_strata;
	}
	*out = t->slot[at] - 1;
	return 0;
}

/* ---- columns ---- */

static int is_number(const char *s)
{
	double v;
	return cp_parse_real(s, &v) == 0;
}

static int is_header(const struct input *in)
{
	for (size_t i = 0; i < in->n_fields; i++)
		if (is_number(in->field[i]))
			return 0;
	return 1;
}

static size_t find_named(const struct input *in, const char *name)
{
	for (size_t i = 0; i < in->n_fields; i++)
		if (!strcmp(in->field[i], name))
			return i + 1;
	return 0;
}

/* The column of a role, on the first line; a header's name goes before a number. */
static int choose(struct input *in, int header, int role, const char *chosen, struct cp_err *err)
{
	uint64_t number;
	in->column[role] = 0;
	if (!chosen && role > SCORE)
		return 0;
	if (header)
		in->column[role] = find_named(in, chosen ? chosen : role_name[role]);
	if (!in->column[role] && !chosen)
		in->column[role] = role == LABEL ? 1 : 2;
	if (!in->column[role] && cp_parse_u64(chosen, &number) == 0 && number >= 1 && number <= in->n_fields)
		in->column[role] = number;
	if (!in->column[role])
		return cp_err_set(err, "%s: line 1: no column '%s' for --%s among its %zu; %s", in->name, chosen, role_name[role], in->n_fields,
				  header ? "neither a name in the header nor a number from 1" : "there is no header, so a number from 1 is expected");
	return 0;
}

static int choose_all(struct input *in, int header, const struct cp_scores_columns *c, struct cp_err *err)
{
	const char *chosen[N_ROLES] = { c->label, c->score, c->score2, c->group, c->stratum };
	for (int role = 0; role < N_ROLES; role++)
		if (choose(in, header, role, chosen[role], err) < 0)
			return -1;
	return 0;
}

/* ---- rows ---- */

static int split(struct input *in, char *line, size_t len, struct cp_err *err)
{
	if (len && line[len - 1] == '\r')
		line[--len] = 0;
	if (memchr(line, 0, len))
		return cp_err_set(err, "%s: line %zu: a NUL byte, expected text", in->name, in->line);
	in->n_fields = 0;
	while (line) {
		if (in->n_fields == MAX_FIELDS)
			return cp_err_set(err, "%s: line %zu: more than %d fields", in->name, in->line, MAX_FIELDS);
		in->field[in->n_fields++] = strsep(&line, "\t");
	}
	return 0;
}

static void grow(struct cp_scores *s, const struct input *in)
{
	s->cap = s->cap ? s->cap + s->cap / 2 : 4096;
	s->label = cp_xrealloc(s->label, s->cap, sizeof *s->label);
	s->score = cp_xrealloc(s->score, s->cap, sizeof *s->score);
	if (in->column[SCORE2])
		s->score2 = cp_xrealloc(s->score2, s->cap, sizeof *s->score2);
	if (in->column[GROUP])
		s->group = cp_xrealloc(s->group, s->cap, sizeof *s->group);
	if (in->column[STRATUM])
		s->stratum = cp_xrealloc(s->stratum, s->cap, sizeof *s->stratum);
}

static int bad_field(const struct input *in, int role, const char *expected, struct cp_err *err)
{
	return cp_err_set(err, "%s: line %zu: column %zu: %s is '%.64s', expected %s", in->name, in->line, in->column[role], role_name[role],
			  in->field[in->column[role] - 1], expected);
}

static int take_number(const struct input *in, int role, double *out, struct cp_err *err)
{
	return cp_parse_real(in->field[in->column[role] - 1], out) < 0 ? bad_field(in, role, "a number", err) : 0;
}

static int take_row(struct cp_scores *s, const struct input *in, struct strata *strata, struct cp_err *err)
{
	double label;
	for (int role = 0; role < N_ROLES; role++)
		if (in->column[role] > in->n_fields)
			return cp_err_set(err, "%s: line %zu: %zu field%s, expected %s in column %zu (label<TAB>score)", in->name, in->line,
					  in->n_fields, in->n_fields == 1 ? "" : "s", role_name[role], in->column[role]);
	if (s->n == UINT32_MAX)
		return cp_err_set(err, "%s: more than 2^32 - 1 rows", in->name);
	if (s->n == s->cap)
		grow(s, in);
	if (cp_parse_real(in->field[in->column[LABEL] - 1], &label) < 0 || (label != 0 && label != 1))
		return bad_field(in, LABEL, "0 or 1", err);
	s->label[s->n] = label == 1;
	if (take_number(in, SCORE, &s->score[s->n], err) < 0 || (s->score2 && take_number(in, SCORE2, &s->score2[s->n], err) < 0))
		return -1;
	if (s->group) {
		const char *group = in->field[in->column[GROUP] - 1];
		s->group[s->n] = cp_hash64(group, strlen(group), 0);
	}
	if (s->stratum && find_stratum(strata, s, in->field[in->column[STRATUM] - 1], &s->stratum[s->n]) < 0)
		return cp_err_set(err, "%s: line %zu: more than %d strata; is --stratum the column you mean (--group has no limit)?", in->name,
				  in->line, CP_STRATA_MAX);
	s->n++;
	return 0;
}

/* ---- lines: read in pieces, so that one without an end costs a sentence and not the memory ---- */

struct reading {
	struct input in;
	struct strata strata;
	struct cp_digest *digest;
	FILE *f;
	size_t from, to;		/* what is read and not yet taken */
	char buf[MAX_LINE + 1];		/* and room for a NUL */
};

static void refill(struct reading *r)
{
	memmove(r->buf, r->buf + r->from, r->to - r->from);
	r->to -= r->from;
	r->from = 0;
	size_t n = fread(r->buf + r->to, 1, MAX_LINE - r->to, r->f);
	cp_digest_add(r->digest, r->buf + r->to, n);
	r->to += n;
}

/* 1 a line, 0 the end, -1 failed.  The line lies in buf, without its newline, followed by a NUL. */
static int next_line(struct reading *r, char **line, size_t *len, struct cp_err *err)
{
	char *nl = memchr(r->buf + r->from, '\n', r->to - r->from);
	if (!nl) {
		refill(r);
		nl = memchr(r->buf, '\n', r->to);
	}
	if (ferror(r->f))
		return cp_err_set(err, "%s: read:", r->in.name);
	if (!nl && r->to == MAX_LINE)
		return cp_err_set(err, "%s: line %zu: longer than %d bytes", r->in.name, r->in.line + 1, MAX_LINE);
	*line = r->buf + r->from;
	*len = nl ? (size_t)(nl - *line) : r->to - r->from;
	if (!nl && !*len)
		return 0;
	r->from += *len + (nl != NULL);
	(*line)[*len] = 0;
	r->in.line++;
	return 1;
}

static int take_line(struct reading *r, struct cp_scores *s, char *line, size_t len, const struct cp_scores_columns *c, struct cp_err *err)
{
	if (split(&r->in, line, len, err) < 0)
		return -1;
	if (r->in.line > 1)
		return take_row(s, &r->in, &r->strata, err);
	int header = r->in.n_fields > 1 && is_header(&r->in);
	if (choose_all(&r->in, header, c, err) < 0)
		return -1;
	return header ? 0 : take_row(s, &r->in, &r->strata, err);
}

int cp_scores_read(struct cp_scores *s, FILE *f, const char *name, const struct cp_scores_columns *c, struct cp_err *err)
{
	struct reading *r = cp_xcalloc(1, sizeof *r);
	char *line = NULL;
	size_t len = 0;
	int rc;
	*s = (struct cp_scores){0};
	r->in.name = name;
	r->f = f;
	r->digest = cp_digest_new();
	while ((rc = next_line(r, &line, &len, err)) == 1)
		if ((rc = take_line(r, s, line, len, c, err)) < 0)
			break;
	if (!rc && !s->n)
		rc = cp_err_set(err, "%s: no rows; expected lines of label<TAB>score", name);
	cp_digest_hex(r->digest, s->digest);
	cp_digest_free(r->digest);
	free(r);
	return rc;
}

void cp_scores_release(struct cp_scores *s)
{
	for (size_t i = 0; i < s->n_strata; i++)
		free(s->strata[i]);
	free(s->strata);
	free(s->label);
	free(s->score);
	free(s->score2);
	free(s->group);
	free(s->stratum);
	*s = (struct cp_scores){0};
}

/* ---- strata ---- */

/* The rows numbered rows[0..n-1] of s, in arrays of `part` that are large enough. */
static void gather(struct cp_scores *part, const struct cp_scores *s, const uint32_t *rows, size_t n)
{
	part->n = n;
	for (size_t i = 0; i < n; i++) {
		part->label[i] = s->label[rows[i]];
		part->score[i] = s->score[rows[i]];
		if (s->score2)
			part->score2[i] = s->score2[rows[i]];
		if (s->group)
			part->group[i] = s->group[rows[i]];
	}
}

void cp_scores_each_stratum(const struct cp_scores *s, void (*fn)(void *ctx, const char *name, const struct cp_scores *part), void *ctx)
{
	struct cp_scores part = {
		.label = cp_xcalloc(s->n, sizeof *part.label), .score = cp_xcalloc(s->n, sizeof *part.score),
		.score2 = s->score2 ? cp_xcalloc(s->n, sizeof *part.score2) : NULL, .group = s->group ? cp_xcalloc(s->n, sizeof *part.group) : NULL,
	};
	uint64_t *keys = cp_xcalloc(s->n, sizeof *keys);
	uint32_t *rows = cp_xcalloc(s->n, sizeof *rows);
	for (size_t i = 0; i < s->n; i++) {
		keys[i] = s->stratum[i];
		rows[i] = (uint32_t)i;
	}
	cp_order_sort(keys, rows, s->n);
	for (size_t i = 0, end; i < s->n; i = end) {
		for (end = i; end < s->n && keys[end] == keys[i]; end++)
			;
		gather(&part, s, rows + i, end - i);
		fn(ctx, s->strata[keys[i]], &part);
	}
	cp_scores_release(&part);
	free(keys);
	free(rows);
}
