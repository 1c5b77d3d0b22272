/* The tallies do not grow any more, so a value's place in one is also the place of its second hash.  Rows are gathered, and then their columns are looked
 * at side by side, since a column's hashes and tally are its own. */
#include "report/values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/num.h"
#include "text/csv.h"

#define SHOWN 60			/* bytes of a value that are kept */
#define ROWS 1024			/* gathered at a time, or */
#define BYTES ((size_t)1 << 20)

struct second {
	uint64_t a, b;			/* both 0: none yet */
};

struct clash {
	size_t place;
	struct second hash;
};

struct look {
	struct cp_profile_column *column;
	size_t from;			/* column of the CSV; SIZE_MAX: not there */
	uint64_t seed;
	struct second *second;		/* of every place of the tally */
	struct clash *clash;		/* other values at a place that is taken */
	size_t n_clashes;
};

struct cp_values_look {
	struct cp_profile *p;
	struct look *look;
	int n;
	struct cp_buf text;		/* rows gathered */
	size_t *offset;			/* (ROWS, width) and the end */
	size_t n_rows, width;
};

struct cp_values_look *cp_values_look_new(struct cp_profile *p)
{
	struct cp_values_look *v = cp_xcalloc(1, sizeof *v);
	v->p = p;
	v->look = cp_xcalloc((size_t)p->n_columns, sizeof *v->look);
	cp_buf_init(&v->text);
	for (int i = 0; i < p->n_columns; i++) {
		struct cp_profile_column *c = &p->column[i];
		if (c->type == CP_KEY && !c->derived)
			v->look[v->n++] = (struct look){ .column = c, .seed = cp_field_seed(c->name, strlen(c->name)) };
	}
	return v;
}

static char *beginning(const char *s, size_t n)
{
	if (n > SHOWN)
		for (n = SHOWN; n && ((unsigned char)s[n] & 0xc0) == 0x80; n--)		/* not inside a character */
			;
	return cp_xstrndup(s, n);
}

/* 1 if the value was not met before. */
static int look_for_clash(struct look *l, size_t place, struct second hash)
{
	struct second *known = &l->second[place];
	if (!known->a && !known->b) {
		*known = hash;
		return 1;
	}
	if (known->a == hash.a && known->b == hash.b)
		return 0;
	for (size_t i = 0; i < l->n_clashes; i++)
		if (l->clash[i].place == place && l->clash[i].hash.a == hash.a && l->clash[i].hash.b == hash.b)
			return 0;
	l->clash = cp_xrealloc(l->clash, l->n_clashes + 1, sizeof *l->clash);
	l->clash[l->n_clashes++] = (struct clash){ place, hash };
	return 1;
}

/* What kind of field might this be meant to be? */
static void look_at_kind(struct cp_profile_column *c, const char *s, size_t n)
{
	double x;
	int is_number = cp_parse_real_n(s, n, &x) == 0;
	c->looked_at++;
	c->n_numbers += is_number;
	c->n_fractions += is_number && x != floor(x);
	c->n_bars += !is_number && memchr(s, '|', n) != NULL;
}

static void look_at(struct look *l, const char *s, size_t n)
{
	struct cp_profile_column *c = l->column;
	cp_strip(&s, &n);
	uint64_t key = cp_hash64(s, n, l->seed);		/* cp_key of what is stripped */
	const struct cp_count *count = key == c->missing_key ? NULL : cp_tally_find(&c->tally, key);
	if (!count)				/* of a bad row, or declared to be none */
		return;
	if (look_for_clash(l, (size_t)(count - c->tally.count) / (size_t)c->tally.n_slots,
			   (struct second){ cp_hash64(s, n, ~l->seed), cp_hash64(s, n, l->seed + CP_GOLDEN) }))
		look_at_kind(c, s, n);
	if (n > c->longest_bytes || !c->longest) {
		free(c->longest);
		c->longest = beginning(s, n);
		c->longest_bytes = n;
	}
	if (!c->most_word && key == c->split[0].most_key)
		c->most_word = beginning(s, n);
}

static void look_at_column(void *ctx, int i)
{
	struct cp_values_look *v = ctx;
	struct look *l = &v->look[i];
	for (size_t row = 0; l->from != SIZE_MAX && row < v->n_rows; row++) {
		const size_t *o = v->offset + row * v->width + l->from;
		look_at(l, v->text.data + o[0], o[1] - o[0]);
	}
}

static void look_at_rows(struct cp_values_look *v)
{
	cp_team_run(v->p->opts.team, v->n, look_at_column, v);
	v->n_rows = 0;
	cp_buf_reset(&v->text);
}

static void gather(struct cp_values_look *v, const struct cp_csv *csv)
{
	for (size_t i = 0; i < v->width; i++) {
		cp_buf_add(&v->text, csv->fields[i].p, csv->fields[i].n);
		v->offset[v->n_rows * v->width + i + 1] = v->text.len;
	}
	if (++v->n_rows == ROWS || v->text.len >= BYTES)
		look_at_rows(v);
}

/* What column i is called; without a header --fields may say so. */
static const char *name_of(const struct cp_csv *csv, const struct cp_rows_spec *spec, size_t i)
{
	int named = spec->csv.no_header && spec->fields && spec->n_fields == csv->n_names && strcmp(spec->fields[0], csv->names[0]) != 0;
	return named ? spec->fields[i] : csv->names[i];
}

static void find_columns(struct cp_values_look *v, const struct cp_csv *csv, const struct cp_rows_spec *spec)
{
	for (int k = 0; k < v->n; k++) {
		struct look *l = &v->look[k];
		l->from = SIZE_MAX;
		for (size_t i = 0; i < csv->n_names; i++)
			if (!strcmp(name_of(csv, spec, i), l->column->name))
				l->from = i;
		if (l->from != SIZE_MAX && !l->second)
			l->second = cp_xcalloc(l->column->tally.cap + 1, sizeof *l->second);
	}
	v->width = csv->n_names;
	free(v->offset);
	v->offset = cp_xcalloc(ROWS * v->width + 1, sizeof *v->offset);
}

int cp_values_look_read(struct cp_values_look *v, int fd, const char *name, const struct cp_rows_spec *spec, struct cp_err *err)
{
	struct cp_csv_opts opts = spec->csv;
	opts.digest = NULL;
	struct cp_csv *csv = cp_csv_open(fd, name, &opts, err);
	int rc;
	if (!csv)
		return -1;
	find_columns(v, csv, spec);
	while ((rc = cp_csv_next(csv, err)) != 0) {
		if (rc > 0)
			gather(v, csv);
		else if (!csv->bad_row || !spec->skip_bad)
			break;
	}
	look_at_rows(v);
	cp_csv_close(csv);
	return rc;
}

void cp_values_look_close(struct cp_values_look *v)
{
	for (int i = 0; i < v->n; i++) {
		if (v->look[i].second)
			v->look[i].column->found_collisions = (int64_t)v->look[i].n_clashes;
		free(v->look[i].second);
		free(v->look[i].clash);
	}
	free(v->look);
	free(v->offset);
	cp_buf_release(&v->text);
	free(v);
}
