/* --learn: rows in, the declaration out, "buckets N" with their bounds in it, "standard" with mean and deviation. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/map.h"
#include "text/learn.h"
#include "text/prepare.h"

struct learner {
	struct cp_schema schema;	/* of the first file */
	struct cp_declaration *lines;	/* of the columns to learn, as they hold for them */
	int *column;			/* of the schema, a line */
	double *values;			/* of one row */
	struct cp_map *chosen;		/* numbers of the rows to learn from, 2 for those that were met; NULL: all */
	size_t n_met;
	struct cp_learn *learn;
};

static int choose_rows(struct cp_map *chosen, const char *path, struct cp_err *err)
{
	struct cp_block b;
	struct cp_reader *r = cp_reader_open(path, err);
	int row = r ? cp_schema_find(cp_reader_schema(r), CP_ROW, "row") : -1, rc = -1;
	if (r && row < 0)
		cp_err_set(err, "%s: it has no numbers of rows", path);
	if (row >= 0) {
		cp_reader_choose(r, &row, 1);
		while ((rc = cp_reader_next(r, &b, err)) == 1)
			for (size_t i = 0; i < b.n_rows; i++)
				cp_map_at(chosen, b.column[row].u64[i])->value = 1;
	}
	cp_reader_close(r);
	return rc;
}

static int is_chosen(struct learner *l, uint64_t row)
{
	struct cp_slot *at = cp_map_find(l->chosen, row);
	l->n_met += at->value == 1;
	at->value = at->value ? 2 : 0;
	return at->value > 0;
}

static int begin(struct learner *l, const struct cp_rows *rows, uint64_t seed, struct cp_err *err)
{
	const struct cp_schema *s = cp_rows_schema(rows);
	if (l->learn)
		return cp_schema_agree(&l->schema, s, err);
	cp_schema_copy(&l->schema, s);
	l->lines = cp_declaration_new();
	l->column = cp_xcalloc((size_t)s->n, sizeof *l->column);
	for (int c = 0; c < s->n; c++) {
		const struct cp_declare *f = cp_plan_line(cp_rows_plan(rows), c);
		if (f && cp_kind_is_to_learn(f->kind)) {
			l->column[l->lines->n] = c;
			cp_declaration_add(l->lines, f);
		}
	}
	l->values = cp_xcalloc(l->lines->n + 1, sizeof *l->values);
	l->learn = cp_learn_new(l->lines->n, seed);
	return 0;
}

static int take_rows(struct learner *l, struct cp_rows *rows, struct cp_err *err)
{
	struct cp_block b;
	int rc;
	while ((rc = cp_rows_next(rows, &b, err)) > 0)
		for (size_t i = 0; i < b.n_rows; i++) {
			if (l->chosen && !is_chosen(l, b.column[0].u64[i]))
				continue;
			for (size_t k = 0; k < l->lines->n; k++)
				l->values[k] = b.column[l->column[k]].f64[i];
			cp_learn_row(l->learn, b.column[0].u64[i], l->values);
		}
	return rc;
}

static int take_file(struct learner *l, const char *path, struct cp_rows_spec *spec, struct cp_prepare_count *count, struct cp_err *err)
{
	const char *name;
	FILE *f = cp_in_open(path, &name, err);
	if (!f)
		return -1;
	struct cp_rows *rows = cp_rows_open(fileno(f), name, spec, err);
	int rc = -1;
	if (rows) {
		rc = begin(l, rows, spec->seed, err) < 0 ? cp_err_wrap(err, "%s", name) : take_rows(l, rows, err);
		cp_prepare_counted(count, rows);
		spec->first_row += cp_rows_read(rows);
		cp_rows_close(rows);
	}
	cp_in_close(f);
	return rc;
}

static void print_standard(struct learner *l, size_t k, struct cp_buf *b)
{
	struct cp_declare f = l->lines->line[k];
	f.kind = CP_KIND_STANDARD;
	size_t n_values = cp_learn_standard(l->learn, k, &f.mean, &f.deviation);
	cp_declare_print(&f, b);
	cp_buf_str(b, n_values ? "\n" : "  # no value in any row\n");
}

/* With a remark where it has fewer than it should. */
static void print_buckets(struct learner *l, size_t k, struct cp_buf *b)
{
	struct cp_declare f = l->lines->line[k];
	size_t n_values, asked = f.n_buckets;
	f.kind = CP_KIND_BUCKETS_AT;
	f.bound = cp_xcalloc(asked, sizeof *f.bound);
	f.n_bounds = cp_learn_bounds(l->learn, k, asked, f.bound, &n_values);
	cp_declare_print(&f, b);
	if (!n_values)
		cp_buf_printf(b, "  # no value in any row");
	else if (f.n_bounds + 1 < asked)
		cp_buf_printf(b, "  # %zu of %zu buckets: few values, or some of them frequent", f.n_bounds + 1, asked);
	cp_buf_char(b, '\n');
	free(f.bound);
}

static void print_all(struct learner *l, const struct cp_declaration *given, struct cp_buf *b)
{
	size_t n_kept = cp_learn_kept(l->learn);
	unsigned long long n_rows = cp_learn_rows(l->learn);
	if (l->lines->n && n_kept < n_rows)
		cp_buf_printf(b, "# learnt from a sample of %zu of %llu rows\n", n_kept, n_rows);
	else if (l->lines->n)
		cp_buf_printf(b, "# learnt from %llu rows\n", n_rows);
	for (size_t i = 0; i < given->n; i++) {
		const struct cp_declare *f = &given->line[i];
		if (!cp_kind_is_to_learn(f->kind)) {
			cp_declare_print(f, b);
			cp_buf_char(b, '\n');
		}
		for (size_t k = 0; k < l->lines->n; k++)
			if (l->lines->line[k].at_line == f->at_line && !strcmp(l->lines->line[k].file, f->file))
				(f->kind == CP_KIND_STANDARD_LEARN ? print_standard : print_buckets)(l, k, b);
	}
}

static int write_all(struct learner *l, const struct cp_prepare *job, const struct cp_declaration *given, struct cp_err *err)
{
	struct cp_out out;
	struct cp_buf b = CP_BUF_INIT;
	if (cp_out_open(&out, job->output, err) < 0)
		return -1;
	print_all(l, given, &b);
	int rc = fwrite(b.data, 1, b.len, out.f) == b.len ? 0 : cp_err_set(err, "write: %m");
	cp_buf_release(&b);
	return cp_out_end(&out, rc, err);
}

int cp_prepare_learn(const struct cp_prepare *job, char *const *files, int n_files, struct cp_prepare_count *count, struct cp_err *err)
{
	struct cp_prepared p;
	struct cp_map chosen;
	struct learner l = { .chosen = job->rows_of ? &chosen : NULL };
	*count = (struct cp_prepare_count){ 0 };
	int rc = cp_prepare_spec(job, 1, &p, err);
	p.spec.keys = p.spec.learn = 1;
	p.spec.text = 0;
	cp_map_init(&chosen);
	if (rc == 0 && !p.declared)
		rc = cp_err_set(err, "nothing to learn: no declaration; give one by --declare or --field");
	if (rc == 0 && job->rows_of)
		rc = choose_rows(&chosen, job->rows_of, err);
	for (int i = 0; rc == 0 && i < (n_files ? n_files : 1); i++)
		rc = take_file(&l, n_files ? files[i] : NULL, &p.spec, count, err);
	if (rc == 0 && job->rows_of && l.n_met < chosen.n_used)
		rc = cp_err_set(err, "--rows-of %s: %zu of its %zu rows are not among those that were read, so it is of others", job->rows_of,
				chosen.n_used - l.n_met, chosen.n_used);
	if (rc == 0)
		rc = write_all(&l, job, p.declared, err);
	count->n_learnt = l.lines ? l.lines->n : 0;
	if (l.learn)
		cp_schema_release(&l.schema);
	cp_learn_free(l.learn);
	cp_declaration_free(l.lines);
	cp_map_release(&chosen);
	free(l.column);
	free(l.values);
	cp_prepared_release(&p);
	return rc;
}
