/* Reading: a block of text, cut into slices at line ends; the lines of each are counted, so that every slice knows its first row and line,
 * and then all slices are parsed at once, straight into their places.  The slices are the same for any number of threads, and the first
 * fault in order of lines is the one that is told. */
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
#define TEXT_BYTES ((size_t)4 << 20)
#define N_SLICES 8

struct field {
	const char *p;
	size_t n;
};

struct line {
	struct field field[MAX_FIELDS];
	size_t n_fields, number;	/* number: from 1 */
};

struct slice {
	const char *from, *to;
	size_t n_lines, first_line, first_row;
	int rc;
	struct cp_err err;
	struct line line;
};

/* ---- strata: a name's index by open addressing; slot holds index + 1 ---- */

struct strata {
	uint32_t slot[2 * CP_STRATA_MAX];
};

static int is_name(const char *name, const struct field *f)
{
	return !strncmp(name, f->p, f->n) && !name[f->n];
}

static int find_stratum(struct strata *t, struct cp_scores *s, const struct field *name, uint32_t *out)
{
	size_t mask = 2 * CP_STRATA_MAX - 1, at = cp_hash64(name->p, name->n, 0) & mask;
	while (t->slot[at] && !is_name(s->strata[t->slot[at] - 1], name))
		at = (at + 1) & mask;
	if (!t->slot[at]) {
		if (s->n_strata == CP_STRATA_MAX)
			return -1;
		s->strata = cp_xrealloc(s->strata, s->n_strata + 1, sizeof *s->strata);
		s->strata[s->n_strata++] = cp_xstrndup(name->p, name->n);
		t->slot[at] = (uint32_t)s->n_strata;
	}
	*out = t->slot[at] - 1;
	return 0;
}

/* ---- columns, chosen by the first line ---- */

struct reading {
	const char *name;
	FILE *f;
	struct cp_scores *s;
	struct cp_digest *digest;
	size_t column[N_ROLES];		/* from 1; 0: not asked for */
	int plain;			/* label<TAB>score is all that is asked for */
	size_t line;			/* lines taken */
	size_t from, to;		/* text read and not yet taken */
	struct slice slice[N_SLICES];
	struct field *stratum;		/* of the block's rows */
	struct strata strata;
	char text[TEXT_BYTES];
};

static int is_header(const struct line *l)
{
	double v;
	for (size_t i = 0; i < l->n_fields; i++)
		if (cp_parse_real_n(l->field[i].p, l->field[i].n, &v) == 0)
			return 0;
	return l->n_fields > 1;
}

static size_t find_named(const struct line *l, const char *name)
{
	for (size_t i = 0; i < l->n_fields; i++)
		if (is_name(name, &l->field[i]))
			return i + 1;
	return 0;
}

static int is_twice(const struct line *l, size_t column, const char *name)
{
	for (size_t i = column; i < l->n_fields; i++)
		if (is_name(name, &l->field[i]))
			return 1;
	return 0;
}

/* The column of a role, on the first line; a header's name goes before a number. */
static int choose(struct reading *r, const struct line *l, int header, int role, const char *chosen, struct cp_err *err)
{
	uint64_t number;
	r->column[role] = 0;
	if (!chosen && role > SCORE)
		return 0;
	const char *name = chosen ? chosen : role_name[role];
	if (header)
		r->column[role] = find_named(l, name);
	if (r->column[role] && is_twice(l, r->column[role], name))
		return cp_err_set(err, "%s: line 1: two columns are called '%s'; say which by its number: --%s N", r->name, name, role_name[role]);
	if (!r->column[role] && !chosen)
		r->column[role] = role == LABEL ? 1 : 2;
	if (!r->column[role] && cp_parse_u64(chosen, &number) == 0 && number >= 1 && number <= l->n_fields)
		r->column[role] = number;
	if (!r->column[role])
		return cp_err_set(err, "%s: line 1: no column '%s' for --%s among its %zu; %s", r->name, chosen, role_name[role], l->n_fields,
				  header ? "neither a name in the header nor a number from 1" : "there is no header, so a number from 1 is expected");
	return 0;
}

static int choose_all(struct reading *r, const struct line *l, int header, const struct cp_scores_columns *c, struct cp_err *err)
{
	const char *chosen[N_ROLES] = { c->label, c->score, c->score2, c->group, c->stratum };
	for (int role = 0; role < N_ROLES; role++)
		if (choose(r, l, header, role, chosen[role], err) < 0)
			return -1;
	r->plain = r->column[LABEL] == 1 && r->column[SCORE] == 2 && !c->score2 && !c->group && !c->stratum;
	return 0;
}

/* ---- a line ---- */

static int split(const struct reading *r, struct line *l, const char *p, size_t len, struct cp_err *err)
{
	if (len >= MAX_LINE)
		return cp_err_set(err, "%s: line %zu: longer than %d bytes", r->name, l->number, MAX_LINE);
	if (memchr(p, 0, len))
		return cp_err_set(err, "%s: line %zu: a NUL byte, expected text", r->name, l->number);
	const char *end = p + len - (len && p[len - 1] == '\r');
	l->n_fields = 0;
	for (const char *tab; ; p = tab + 1) {
		if (l->n_fields == MAX_FIELDS)
			return cp_err_set(err, "%s: line %zu: more than %d fields", r->name, l->number, MAX_FIELDS);
		tab = memchr(p, '\t', (size_t)(end - p));
		l->field[l->n_fields++] = (struct field){ p, (size_t)((tab ? tab : end) - p) };
		if (!tab)
			return 0;
	}
}

static int take_number(const struct reading *r, const struct line *l, int role, double *out, struct cp_err *err)
{
	const struct field *f = &l->field[r->column[role] - 1];
	if (cp_parse_real_n(f->p, f->n, out) == 0 && (role != LABEL || *out == 0 || *out == 1))
		return 0;
	return cp_err_set(err, "%s: line %zu: column %zu: %s is '%.*s', expected %s", r->name, l->number, r->column[role], role_name[role],
			  (int)(f->n < 64 ? f->n : 64), f->p, role == LABEL ? "0 or 1" : "a number");
}

static int take_fields(const struct reading *r, const struct line *l, size_t row, struct cp_err *err)
{
	struct cp_scores *s = r->s;
	double label;
	for (int role = 0; role < N_ROLES; role++)
		if (r->column[role] > l->n_fields)
			return cp_err_set(err, "%s: line %zu: %zu field%s, expected %s in column %zu (label<TAB>score)", r->name, l->number,
					  l->n_fields, l->n_fields == 1 ? "" : "s", role_name[role], r->column[role]);
	if (take_number(r, l, LABEL, &label, err) < 0 || take_number(r, l, SCORE, &s->score[row], err) < 0 ||
	    (s->score2 && take_number(r, l, SCORE2, &s->score2[row], err) < 0))
		return -1;
	s->label[row] = label == 1;
	if (s->group) {
		const struct field *f = &l->field[r->column[GROUP] - 1];
		s->group[row] = cp_hash64(f->p, f->n, 0);
	}
	if (s->stratum)
		r->stratum[row - s->n] = l->field[r->column[STRATUM] - 1];
	return 0;
}

/* Nearly every line: 0 or 1, a tab, a number, and no more.  1 where it is one. */
static int take_plain(const struct reading *r, const char *p, size_t len, size_t row)
{
	if (len < 3 || (p[0] != '0' && p[0] != '1') || p[1] != '\t' || memchr(p + 2, '\t', len - 2))
		return 0;
	r->s->label[row] = p[0] == '1';
	return cp_parse_real_n(p + 2, len - 2 - (p[len - 1] == '\r'), &r->s->score[row]) == 0;
}

/* ---- a slice of lines ---- */

static size_t count_newlines(const char *p, const char *end)
{
	const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f), newlines = UINT64_C(0x0a0a0a0a0a0a0a0a);
	size_t n = 0;
	for (uint64_t x; end - p >= 8; p += 8) {
		memcpy(&x, p, 8);
		x ^= newlines;			/* of the bytes that are 0 now the top bits remain, and are summed up in the top byte */
		n += (size_t)((~(((x & low) + low) | x | low) >> 7) * UINT64_C(0x0101010101010101) >> 56);
	}
	for (; p < end; p++)
		n += *p == '\n';
	return n;
}

static void count_slice(void *ctx, int i)
{
	struct slice *s = &((struct reading *)ctx)->slice[i];
	s->n_lines = count_newlines(s->from, s->to) + (s->from < s->to && s->to[-1] != '\n');
}

static void parse_slice(void *ctx, int i)
{
	const struct reading *r = ctx;
	struct slice *s = &((struct reading *)ctx)->slice[i];
	const char *p = s->from, *end;
	s->rc = 0;
	for (size_t k = 0; k < s->n_lines && s->rc == 0; k++, p = end + 1) {
		end = memchr(p, '\n', (size_t)(s->to - p));
		if (!end)
			end = s->to;
		if (r->plain && take_plain(r, p, (size_t)(end - p), s->first_row + k))
			continue;
		s->line.number = s->first_line + k;
		s->rc = split(r, &s->line, p, (size_t)(end - p), &s->err);
		if (s->rc == 0)
			s->rc = take_fields(r, &s->line, s->first_row + k, &s->err);
	}
}

/* ---- a block of text ---- */

static void grow(struct cp_scores *s, size_t n, const struct reading *r)
{
	if (n <= s->cap)
		return;
	s->cap = s->cap + s->cap / 2 > n ? s->cap + s->cap / 2 : n;
	s->label = cp_xrealloc(s->label, s->cap, sizeof *s->label);
	s->score = cp_xrealloc(s->score, s->cap, sizeof *s->score);
	if (r->column[SCORE2])
		s->score2 = cp_xrealloc(s->score2, s->cap, sizeof *s->score2);
	if (r->column[GROUP])
		s->group = cp_xrealloc(s->group, s->cap, sizeof *s->group);
	if (r->column[STRATUM])
		s->stratum = cp_xrealloc(s->stratum, s->cap, sizeof *s->stratum);
}

static void cut_slices(struct reading *r, size_t n_bytes)
{
	const char *from = r->text + r->from, *end = from + n_bytes, *at = from;
	for (int i = 0; i < N_SLICES; i++) {
		const char *to = from + n_bytes / N_SLICES * (size_t)(i + 1);
		const char *newline = i < N_SLICES - 1 && to > at ? memchr(to - 1, '\n', (size_t)(end - to + 1)) : NULL;
		to = i == N_SLICES - 1 ? end : to <= at ? at : newline ? newline + 1 : end;
		r->slice[i].from = at;
		r->slice[i].to = at = to;
	}
}

static int take_strata(struct reading *r, size_t n_rows, struct cp_err *err)
{
	struct cp_scores *s = r->s;
	for (size_t i = 0; s->stratum && i < n_rows; i++)
		if (find_stratum(&r->strata, s, &r->stratum[i], &s->stratum[s->n + i]) < 0)
			return cp_err_set(err, "%s: line %zu: more than %d strata; is --stratum the column you mean (--group has no limit)?", r->name,
					  r->line + 1 + i, CP_STRATA_MAX);
	return 0;
}

/* The next n_bytes of the text, whole lines. */
static int take_lines(struct reading *r, size_t n_bytes, struct cp_team *team, struct cp_err *err)
{
	size_t n_rows = 0;
	cut_slices(r, n_bytes);
	cp_team_run(team, N_SLICES, count_slice, r);
	for (int i = 0; i < N_SLICES; i++) {
		r->slice[i].first_row = r->s->n + n_rows;
		r->slice[i].first_line = r->line + n_rows + 1;
		n_rows += r->slice[i].n_lines;
	}
	if (n_rows > UINT32_MAX - r->s->n)
		return cp_err_set(err, "%s: more than 2^32 - 1 rows", r->name);
	grow(r->s, r->s->n + n_rows, r);
	if (r->column[STRATUM])
		r->stratum = cp_xrealloc(r->stratum, n_rows, sizeof *r->stratum);
	cp_team_run(team, N_SLICES, parse_slice, r);
	for (int i = 0; i < N_SLICES; i++)
		if (r->slice[i].rc < 0)
			return cp_err_set(err, "%s", r->slice[i].err.msg);
	if (take_strata(r, n_rows, err) < 0)
		return -1;
	r->s->n += n_rows;
	r->line += n_rows;
	r->from += n_bytes;
	return 0;
}

/* The first line says which columns there are; it is taken here only if it is a header. */
static int take_first(struct reading *r, size_t n_bytes, const struct cp_scores_columns *c, struct cp_err *err)
{
	struct line *l = &r->slice[0].line;
	char *newline = memchr(r->text, '\n', n_bytes);
	l->number = 1;
	if (split(r, l, r->text, newline ? (size_t)(newline - r->text) : n_bytes, err) < 0)
		return -1;
	int header = is_header(l);
	if (choose_all(r, l, header, c, err) < 0)
		return -1;
	if (header) {
		r->from = newline ? (size_t)(newline - r->text) + 1 : n_bytes;
		r->line = 1;
	}
	return 0;
}

/* Fill the text; *n_bytes of it are whole lines.  1 there may be more, 0 the end, -1 failed. */
static int refill(struct reading *r, size_t *n_bytes, struct cp_err *err)
{
	memmove(r->text, r->text + r->from, r->to - r->from);
	r->to -= r->from;
	r->from = 0;
	size_t n = fread(r->text + r->to, 1, TEXT_BYTES - r->to, r->f);
	if (ferror(r->f))
		return cp_err_set(err, "%s: read: %m", r->name);
	cp_digest_add(r->digest, r->text + r->to, n);
	r->to += n;
	*n_bytes = r->to;
	if (r->to < TEXT_BYTES)
		return 0;
	const char *newline = memrchr(r->text, '\n', r->to);
	if (!newline)
		return cp_err_set(err, "%s: line %zu: longer than %d bytes", r->name, r->line + 1, MAX_LINE);
	*n_bytes = (size_t)(newline - r->text) + 1;
	return 1;
}

int cp_scores_read(struct cp_scores *s, FILE *f, const char *name, const struct cp_scores_columns *c, struct cp_team *team, struct cp_err *err)
{
	struct reading *r = cp_xcalloc(1, sizeof *r);
	size_t n_bytes = 0;
	int rc = 0, more = 1, first = 1;
	*s = (struct cp_scores){0};
	r->name = name;
	r->f = f;
	r->s = s;
	r->digest = cp_digest_new();
	while (more > 0 && rc == 0) {
		more = refill(r, &n_bytes, err);
		if (more < 0 || !n_bytes)
			break;
		if (first)
			rc = take_first(r, n_bytes, c, err);
		first = 0;
		if (rc == 0 && r->from < n_bytes)
			rc = take_lines(r, n_bytes - r->from, team, err);
	}
	rc = more < 0 ? -1 : rc;
	if (!rc && !s->n)
		rc = cp_err_set(err, "%s: no rows; expected lines of label<TAB>score", name);
	cp_digest_hex(r->digest, s->digest);
	cp_digest_free(r->digest);
	free(r->stratum);
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
	cp_order_sort(keys, rows, s->n, NULL);
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
