/* The strata's file is read line by line: it has few columns of short words, and is small beside the scores. */
#include "eval/beside.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/lines.h"
#include "base/mem.h"

/* ---- other scores ---- */

static int same_labels(const struct cp_scores *s, const struct cp_scores *other, const char *path, struct cp_err *err)
{
	if (s->n != other->n)
		return cp_err_set(err, "%s: %zu rows, and %zu in what it is compared with", path, other->n, s->n);
	for (size_t i = 0; i < s->n; i++)
		if (s->label[i] != other->label[i])
			return cp_err_set(err, "%s: row %zu has label %d, and label %d in what it is compared with; are these the same rows?", path, i + 1,
					  other->label[i], s->label[i]);
	return 0;
}

int cp_scores_against(struct cp_scores *s, const char *path, const struct cp_scores_columns *c, struct cp_team *team, char digest[33],
		      struct cp_err *err)
{
	struct cp_scores other = {0};
	struct cp_scores_columns plain = { .label = c->label, .score = c->score };
	const char *name;
	FILE *f = cp_in_open(path, &name, err);
	if (!f)
		return -1;
	int bad = cp_scores_read(&other, f, name, &plain, team, err) < 0 || same_labels(s, &other, name, err) < 0;
	if (!bad) {
		free(s->score2);
		s->score2 = other.score;
		other.score = NULL;
		memcpy(digest, other.digest, sizeof other.digest);
	}
	cp_scores_release(&other);
	cp_in_close(f);
	return bad ? -1 : 0;
}

/* ---- strata ---- */

static int add_value(struct cp_strata_column *c, const char *word, uint32_t *index)
{
	size_t at = strlen(c->name) + 1, i = 0;
	while (i < c->n_values && strcmp(c->value[i] + at, word))
		i++;
	if (i == CP_STRATA_VALUES)
		return -1;
	if (i == c->n_values)
		c->value[c->n_values++] = cp_xasprintf("%s=%s", c->name, word);
	*index = (uint32_t)i;
	return 0;
}

/* The words of a line, parted by tabs, in place: how many, at most CP_STRATA_COLUMNS + 1. */
static int split(char *line, char *word[CP_STRATA_COLUMNS + 1])
{
	int n = 0;
	line[strcspn(line, "\r\n")] = 0;
	for (char *p = line; p && n <= CP_STRATA_COLUMNS; n++)
		word[n] = strsep(&p, "\t");
	return n;
}

static int take_names(struct cp_strata *t, char *line, const char *name, struct cp_err *err)
{
	char *word[CP_STRATA_COLUMNS + 1];
	t->n_columns = split(line, word);
	if (t->n_columns > CP_STRATA_COLUMNS) {
		t->n_columns = 0;
		return cp_err_set(err, "%s: line 1: more than %d columns", name, CP_STRATA_COLUMNS);
	}
	for (int k = 0; k < t->n_columns; k++) {
		t->column[k].name = cp_xstrdup(word[k]);
		t->column[k].row = cp_xcalloc(t->cap ? t->cap : 1, sizeof *t->column[k].row);
	}
	return 0;
}

static int take_row(struct cp_strata *t, char *line, const char *name, struct cp_err *err)
{
	char *word[CP_STRATA_COLUMNS + 1];
	int n = split(line, word);
	size_t number = t->n_rows + 2;
	if (n != t->n_columns)
		return cp_err_set(err, "%s: line %zu: %d columns, and %d names in the first", name, number, n, t->n_columns);
	if (t->n_rows == t->cap)
		return cp_err_set(err, "%s: more than the %zu rows of the scores", name, t->cap);
	for (int k = 0; k < n; k++)
		if (add_value(&t->column[k], word[k], &t->column[k].row[t->n_rows]) < 0)
			return cp_err_set(err, "%s: line %zu: more than %d strata in column '%s'", name, number, CP_STRATA_VALUES, t->column[k].name);
	t->n_rows++;
	return 0;
}

static int read_lines(struct cp_strata *t, struct cp_lines *in, struct cp_err *err)
{
	struct cp_buf line = CP_BUF_INIT;
	const char *s;
	size_t n;
	int rc;
	struct cp_digest *d = cp_digest_new();
	while ((rc = cp_lines_next(in, &s, &n, err)) == 1) {
		cp_digest_add(d, s, n);
		line.len = 0;
		cp_buf_add(&line, s, n);
		rc = in->number == 1 ? take_names(t, line.data, in->name, err) : take_row(t, line.data, in->name, err);
		if (rc < 0)
			break;
	}
	cp_digest_hex(d, t->digest);
	cp_digest_free(d);
	cp_buf_release(&line);
	return rc;
}

int cp_strata_read(struct cp_strata *t, const char *path, size_t n_rows, struct cp_err *err)
{
	struct cp_lines in;
	*t = (struct cp_strata){ .cap = n_rows };
	if (cp_lines_open(&in, path, err) < 0)
		return -1;
	int bad = read_lines(t, &in, err);
	if (!bad && t->n_rows != n_rows)
		bad = cp_err_set(err, "%s: %zu rows under a line of names, expected the %zu of the scores", in.name, t->n_rows, n_rows);
	cp_lines_close(&in);
	return bad;
}

void cp_strata_choose(const struct cp_strata *t, int column, struct cp_scores *s)
{
	const struct cp_strata_column *c = &t->column[column];
	s->stratum = c->row;
	s->strata = (char **)c->value;
	s->n_strata = c->n_values;
}

void cp_strata_release(struct cp_strata *t, struct cp_scores *s)
{
	s->stratum = NULL;
	s->strata = NULL;
	s->n_strata = 0;
	for (int k = 0; k < t->n_columns; k++) {
		for (size_t i = 0; i < t->column[k].n_values; i++)
			free(t->column[k].value[i]);
		free(t->column[k].name);
		free(t->column[k].row);
	}
	t->n_columns = 0;
}
