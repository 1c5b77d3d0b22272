#include "text/prepare.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpus.h"
#include "base/file.h"
#include "base/utf8.h"
#include "stream/stream.h"
#include "text/template.h"

/* ---- options to spec ---- */

int cp_prepare_words(const char *line, const char *option, const char *const **v, size_t *n, struct cp_arena *arena, struct cp_err *err)
{
	struct cp_csv_opts o = { .no_header = 1 };
	if (!line)
		return 0;
	struct cp_csv *csv = cp_csv_open_mem(line, strlen(line), option, &o, err);
	int rc = csv ? cp_csv_next(csv, err) : -1;
	if (rc > 0 && memchr(line, '\n', strlen(line)))
		rc = cp_err_set(err, "%s: one line of words, separated by commas", option);
	if (rc > 0) {
		const char **words = cp_arena_alloc(arena, csv->n_fields * sizeof *words);
		for (size_t i = 0; i < csv->n_fields; i++) {
			const char *p = csv->fields[i].p;
			size_t len = csv->fields[i].n;
			cp_strip(&p, &len);
			words[i] = cp_arena_strndup(arena, p, len);
		}
		*v = words;
		*n = csv->n_fields;
	}
	cp_csv_close(csv);
	return rc > 0 ? 0 : -1;
}

static int read_declared(const struct cp_prepare *job, int read_files, struct cp_prepared *p, struct cp_err *err)
{
	int rc = 0;
	if (!job->declare && !job->lines_given.n)
		return 0;
	p->spec.declared = p->declared = cp_declaration_new();
	if (job->declare && read_files) {
		struct cp_buf text = CP_BUF_INIT;
		rc = cp_read_file(job->declare, &text, err);
		if (rc == 0)
			rc = cp_declaration_read(p->declared, text.data, text.len, job->declare, err);
		cp_buf_release(&text);
	}
	for (int i = 0; rc == 0 && i < job->lines_given.n; i++) {
		const char *line = job->lines_given.v[i];
		size_t before = p->declared->n;
		rc = cp_declaration_read(p->declared, line, strlen(line), "--field", err);
		for (; before < p->declared->n; before++)
			p->declared->line[before].at_line = (size_t)i + 1;
	}
	return rc;
}

/* The file's one line, without its end. */
static int read_template(const struct cp_prepare *job, int read_files, struct cp_prepared *p, struct cp_err *err)
{
	struct cp_buf text = CP_BUF_INIT;
	if (!job->sentence_file || !read_files)
		return job->sentence ? cp_template_check(job->sentence, err) : 0;
	int rc = cp_read_file(job->sentence_file, &text, err);
	if (rc == 0) {
		size_t mark = cp_utf8_bom(text.data, text.len), n = text.len - mark;
		const char *s = text.data + mark;
		n -= n && s[n - 1] == '\n';
		n -= n && s[n - 1] == '\r';
		p->spec.sentence = cp_arena_strndup(&p->arena, s, n);
		if (!n)
			rc = cp_err_set(err, "%s: empty; expected a template, such as {Title} is seen by {User}.", job->sentence_file);
		else if (memchr(s, 0, n) || !cp_utf8_valid(s, n, NULL))
			rc = cp_err_set(err, "%s: not UTF-8 text", job->sentence_file);
		else if (cp_template_check(p->spec.sentence, err) < 0)
			rc = cp_err_wrap(err, "%s", job->sentence_file);
	}
	cp_buf_release(&text);
	return rc;
}

/* What stays with the columns is UTF-8, as all that they hold. */
static int check_utf8(const struct cp_prepare *job, struct cp_err *err)
{
	const struct { const char *option, *value; } words[] = {
		{ "template", job->sentence }, { "missing", job->missing }, { "null", job->nulls }, { "fields", job->fields }, { "item-fields", job->item_fields },
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (words[i].value && !cp_utf8_valid(words[i].value, strlen(words[i].value), NULL))
			return cp_err_set(err, "--%s: not UTF-8 text", words[i].option);
	return 0;
}

/* Options that do not go together. */
static int check_options(const struct cp_prepare *job, struct cp_err *err)
{
	int is_template = job->sentence || job->sentence_file;
	if (job->sentence && job->sentence_file)
		return cp_err_set(err, "--template and --template-file: one of them");
	if (is_template && (job->omit_empty || job->shuffle || job->form != CP_SENTENCE_PLAIN))
		return cp_err_set(err, "a template says itself what stands where: no --form, --omit-empty or --shuffle-fields with it");
	if (job->item_fields && job->form != CP_SENTENCE_CTRL)
		return cp_err_set(err, "--item-fields belongs to --form ctrl, whose sentence tells the user first, then the item");
	if (job->sentence && !*job->sentence)
		return cp_err_set(err, "--template: empty; expected a template, such as {Title} is seen by {User}.");
	if (job->rows_of && !job->learn)
		return cp_err_set(err, "--rows-of tells --learn what to learn from, and --learn is not there");
	if (job->lines && job->learn)
		return cp_err_set(err, "--text and --learn: one of them");
	if (strpbrk(job->missing, "\r\n"))
		return cp_err_set(err, "--missing: a word on one line");
	return 0;
}

int cp_prepare_spec(const struct cp_prepare *job, int read_files, struct cp_prepared *p, struct cp_err *err)
{
	struct cp_rows_spec *spec = &p->spec;
	*p = (struct cp_prepared){ .spec = {
		.csv = { .no_header = job->no_header, .replace_utf8 = job->replace_utf8 },
		.label = job->label, .time = job->time, .weight = job->weight,
		.keys = job->keys, .text = job->text, .sentence = job->sentence, .form = (enum cp_sentence_form)job->form,
		.missing = strcmp(job->missing, CP_MISSING_WORD) ? job->missing : NULL,
		.omit_empty = job->omit_empty, .shuffle = job->shuffle, .seed = job->seed,
		.skip_bad = job->skip_bad, .first_row = (uint64_t)job->first_row,
	} };
	if (check_options(job, err) < 0 || check_utf8(job, err) < 0 || cp_csv_delimiter(job->delimiter, &spec->csv.delimiter, err) < 0)
		return -1;
	if (cp_prepare_words(job->fields, "--fields", &spec->fields, &spec->n_fields, &p->arena, err) < 0 ||
	    cp_prepare_words(job->nulls, "--null", &spec->nulls, &spec->n_nulls, &p->arena, err) < 0 ||
	    cp_prepare_words(job->item_fields, "--item-fields", &spec->item_fields, &spec->n_item_fields, &p->arena, err) < 0)
		return -1;
	return read_declared(job, read_files, p, err) < 0 || read_template(job, read_files, p, err) < 0 ? -1 : 0;
}

void cp_prepared_release(struct cp_prepared *p)
{
	cp_declaration_free(p->declared);
	cp_arena_release(&p->arena);
}

int cp_prepare_check(const struct cp_prepare *job, struct cp_err *err)
{
	struct cp_prepared p;
	int rc = cp_prepare_spec(job, 0, &p, err);
	cp_prepared_release(&p);
	return rc;
}

/* ---- output: records or lines ---- */

struct sink {
	FILE *f;
	int lines;
	struct cp_schema schema;	/* of the first file; provenance included */
	struct cp_writer *writer;	/* NULL before the first file, and for lines */
	int begun;
	struct cp_team *team;
};

/* The template is in the provenance of the text alone: no key depends on it. */
static void add_provenance(struct cp_schema *schema, json_t *step, const char *sentence)
{
	json_t *told = json_deep_copy(step);
	cp_step_set(told, "template", sentence ? sentence : "");
	for (int i = 0; i < schema->n; i++)
		cp_column_derive(&schema->column[i], NULL, schema->column[i].type == CP_TEXT ? told : step);
	json_decref(told);
}

static int begin(struct sink *s, const struct cp_schema *schema, const char *name, const char *sentence, json_t *step, struct cp_err *err)
{
	if (s->begun)
		return cp_schema_agree(&s->schema, schema, err) < 0 ? cp_err_wrap(err, "%s", name) : 0;
	s->begun = 1;
	cp_schema_copy(&s->schema, schema);
	add_provenance(&s->schema, step, sentence);
	if (s->lines)
		return 0;
	s->writer = cp_writer_open(s->f, &s->schema, NULL, err);
	return s->writer ? 0 : -1;
}

static int end(struct sink *s, int rc, struct cp_err *err)
{
	if (s->writer && rc < 0)
		cp_writer_abort(s->writer);
	else if (s->writer)
		rc = cp_writer_close(s->writer, err);
	if (s->begun)
		cp_schema_release(&s->schema);
	cp_team_free(s->team);
	return rc;
}

/* ---- the job ---- */

void cp_prepare_counted(struct cp_prepare_count *count, const struct cp_rows *rows)
{
	count->rows_in += cp_rows_read(rows);
	count->n_bad += cp_rows_bad(rows);
	if (!count->first_bad && cp_rows_first_bad(rows))
		count->first_bad = cp_xstrdup(cp_rows_first_bad(rows));
}

static int copy_rows(struct sink *s, struct cp_rows *rows, struct cp_err *err)
{
	if (cp_rows_pour(rows, s->team, s->writer, s->f, err) < 0)
		return -1;
	if (s->writer) {
		char digest[33];
		uint64_t n_bytes = cp_rows_source(rows, digest);
		cp_writer_source(s->writer, digest, n_bytes);
	}
	return 0;
}

static int copy_file(struct sink *s, const char *path, struct cp_rows_spec *spec, json_t *step, struct cp_prepare_count *count,
		     struct cp_err *err)
{
	const char *name;
	FILE *f = cp_in_open(path, &name, err);
	if (!f)
		return -1;
	struct cp_rows *rows = cp_rows_open(fileno(f), name, spec, err);
	int rc = -1;
	if (rows) {
		rc = begin(s, cp_rows_schema(rows), name, spec->sentence, step, err) < 0 ? -1 : copy_rows(s, rows, err);
		cp_prepare_counted(count, rows);
		count->rows_out += cp_rows_written(rows);
		spec->first_row += cp_rows_read(rows);
		cp_rows_close(rows);
	}
	cp_in_close(f);
	return rc;
}

int cp_prepare_run(const struct cp_prepare *job, char *const *files, int n_files, json_t *step, struct cp_prepare_count *count,
		   struct cp_err *err)
{
	struct cp_out out;
	struct cp_prepared p;
	struct sink s = { .lines = job->lines };
	*count = (struct cp_prepare_count){ 0 };
	int rc = -1;
	if (cp_prepare_spec(job, 1, &p, err) < 0 || cp_out_open(&out, job->output, err) < 0)
		goto out;
	s.f = out.f;
	s.team = cp_team_new(job->threads ? (int)job->threads : cp_cpu_count(), err);
	rc = s.team ? 0 : -1;
	for (int i = 0; rc == 0 && i < (n_files ? n_files : 1); i++)
		rc = copy_file(&s, n_files ? files[i] : NULL, &p.spec, step, count, err);
	rc = end(&s, rc, err);
	rc = cp_out_end(&out, rc, err);
out:
	cp_prepared_release(&p);
	return rc;
}
