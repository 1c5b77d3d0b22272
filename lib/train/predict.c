/* Blocks of rows in, lines of scores out.  Records and CSV differ in where blocks come from. */
#include "train/predict.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "stream/twin.h"

#define ROWS 256	/* rows a pass through the model */

static int start(struct cp_predict *p, const struct cp_schema *s, const char *name, struct cp_err *err)
{
	struct cp_model *m = p->model;
	struct cp_data *d = &p->data;
	cp_fields_copy(&d->fields, &m->vocab.fields);
	d->want_keys = 1;
	d->want_tokens = m->c.has_plm;
	d->tokenizer = m->tokenizer;
	d->max_tokens = m->c.max_tokens;
	d->label_name = p->label;
	p->sum = cp_digest_new();
	cp_buf_init(&p->text);
	if (cp_data_columns(d, s, name, &p->at, err) < 0)
		return -1;
	if (p->label && p->at.label < 0)
		return cp_err_set(err, "%s: no label column '%s' in it", name, p->label);
	for (int i = 0; i < p->n_columns; i++)
		if ((p->extra[i] = cp_schema_lookup(s, p->columns[i], err)) < 0)
			return cp_err_wrap(err, "%s", name);
	return 0;
}

static void print_row(struct cp_predict *p, const struct cp_schema *s, const struct cp_block *b, size_t row, double z)
{
	char num[40];
	if (p->at.label >= 0 && !p->score_only) {
		snprintf(num, sizeof num, "%.9g\t", (double)p->data.label[row]);
		cp_buf_str(&p->text, num);
	}
	snprintf(num, sizeof num, "%.9g", 1 / (1 + exp(-z)));
	cp_buf_str(&p->text, num);
	for (int i = 0; i < p->n_columns; i++) {
		cp_buf_char(&p->text, '\t');
		cp_twin_cell(&s->column[p->extra[i]], &b->column[p->extra[i]], row, &p->text);
	}
	cp_buf_char(&p->text, '\n');
}

static int score_block(struct cp_predict *p, const struct cp_schema *s, const struct cp_block *b, const char *name, struct cp_err *err)
{
	static const struct cp_feeding plain = { 0 };
	uint32_t places[ROWS];
	nn_float z[ROWS];
	cp_data_clear(&p->data);
	cp_buf_reset(&p->text);
	if (cp_data_add(&p->data, b, &p->at, name, err) < 0)
		return -1;
	for (uint64_t i = 0; p->model->c.has_plm && i < p->data.token_at[p->data.n]; i++)
		if (p->data.token[i] >= p->model->c.plm.vocab)
			return cp_err_set(err, "%s: token id %u; the language model has %zu", name, p->data.token[i], p->model->c.plm.vocab);
	cp_data_index(&p->data, &p->model->vocab, 1);
	for (size_t at = 0; at < b->n_rows; at += ROWS) {
		size_t n = b->n_rows - at < ROWS ? b->n_rows - at : ROWS;
		for (size_t i = 0; i < n; i++)
			places[i] = (uint32_t)(at + i);
		cp_model_feed(p->model, &p->data, places, n, &plain);
		cp_model_score(p->model, z);
		for (size_t i = 0; i < n; i++)
			print_row(p, s, b, at + i, (double)z[i]);
	}
	p->rows += b->n_rows;
	p->unseen += p->data.n_unseen;
	p->values += p->data.n_values;
	cp_digest_add(p->sum, p->text.data, p->text.len);
	if (fwrite(p->text.data, 1, p->text.len, p->out) != p->text.len || fflush(p->out) == EOF)
		return cp_err_set(err, "write the scores:");
	return 0;
}

int cp_predict_records(struct cp_predict *p, const char *path, struct cp_err *err)
{
	struct cp_block b;
	struct cp_reader *r = cp_reader_open(path, err);
	if (!r)
		return -1;
	const struct cp_schema *s = cp_reader_schema(r);
	int rc = start(p, s, cp_reader_name(r), err);
	while (!rc && (rc = cp_reader_next(r, &b, err)) == 1)
		rc = score_block(p, s, &b, cp_reader_name(r), err);
	cp_digest_hex(p->sum, p->digest);
	cp_reader_close(r);
	return rc;
}

/* Rows of CSV become what the training rows were; how the CSV is written is the caller's to say. */
static void like_training(const struct cp_predict *p, struct cp_rows_spec *spec, struct cp_schema *schema)
{
	struct cp_rows_spec given = *spec;
	if (p->model->c.has_plm) {
		int text = cp_schema_add(schema, CP_TEXT, "text", NULL);
		if (p->model->sentence)
			json_object_update(schema->column[text].attributes, p->model->sentence);
	}
	cp_rows_spec_like(spec, schema);
	spec->csv = given.csv;
	spec->skip_bad = given.skip_bad;
	spec->label = p->label;
	spec->eager = 1;
}

int cp_predict_csv(struct cp_predict *p, const char *path, struct cp_rows_spec *spec, struct cp_err *err)
{
	struct cp_block b;
	int standard = !path || !strcmp(path, "-"), fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	const char *name = standard ? "standard input" : path;
	if (fd < 0)
		return cp_err_set(err, "%s: open:", path);
	struct cp_schema schema;
	cp_fields_schema(&p->model->vocab.fields, &schema);
	like_training(p, spec, &schema);
	struct cp_rows *rows = cp_rows_open(fd, name, spec, err);
	int rc = rows ? start(p, cp_rows_schema(rows), name, err) : -1;
	while (!rc && (rc = cp_rows_next(rows, &b, err)) == 1)
		rc = score_block(p, cp_rows_schema(rows), &b, name, err);
	if (p->sum)
		cp_digest_hex(p->sum, p->digest);
	p->bad = rows ? cp_rows_bad(rows) : 0;
	cp_rows_close(rows);
	if (!standard)
		close(fd);
	cp_schema_release(&schema);
	return rc;
}

void cp_predict_release(struct cp_predict *p)
{
	cp_data_release(&p->data);
	cp_digest_free(p->sum);
	cp_buf_release(&p->text);
}
