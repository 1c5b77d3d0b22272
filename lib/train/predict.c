/* Blocks of rows in, lines of scores out.  Records and CSV differ in where blocks come from.
 *
 * A block is cut into chunks, and threads take one after another: keys to rows of the table, the model, the lines as text, each thread with a
 * replica of the model.  Lines leave in the order of the rows when the block is done.  A block of one chunk goes through the model itself, whose
 * team divides every operation: nothing is made for it but its line.
 */
#include "train/predict.h"

#include <fcntl.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/num.h"
#include "stream/twin.h"

struct cp_predict_block {
	struct cp_predict *p;
	const struct cp_schema *schema;
	const struct cp_block *b;
	size_t rows, n;			/* of a chunk; chunks */
	const size_t *gap;		/* cp_rows_gaps, of which each gets an empty line */
	size_t n_gaps;
	atomic_size_t next;
	atomic_uint_fast64_t unseen, left_out;
	atomic_size_t bad;		/* the first row whose score is no number; SIZE_MAX: none, or they are left out */
};

/* label: what the label's column is called in the stream; NULL: "label", if it is there. */
static int start(struct cp_predict *p, const struct cp_schema *s, const char *name, const char *label, struct cp_err *err)
{
	struct cp_model *m = p->model;
	struct cp_data *d = &p->data;
	cp_fields_copy(&d->fields, &m->vocab.fields);
	d->want_keys = 1;
	d->want_tokens = m->c.has_plm;
	d->want_two_texts = m->c.baseline == CP_CTR_BERT;
	d->want_masks = p->masked;
	d->tokenizer = m->tokenizer;
	d->max_tokens = m->c.max_tokens;
	d->label_name = label;
	d->sentence = json_deep_copy(m->sentence);
	p->sum = cp_digest_new();
	if (cp_data_columns(d, s, name, &p->at, err) < 0)
		return -1;
	if (p->masked && p->at.mask >= 0) {
		d->spec.is_static = 1;		/* the masks that stand there, which are not to be drawn */
	} else if (p->masked) {			/* nobody has masked these: show only words that are hidden */
		d->spec.share_mask = 1;
		d->spec.share_random = 0;
	}
	if (label && p->at.label < 0)
		return cp_err_set(err, "%s: no label column '%s' in it", name, label);
	if (p->n_columns > CP_PREDICT_COLUMNS)
		return cp_err_set(err, "%d columns to print; expected %d or fewer", p->n_columns, CP_PREDICT_COLUMNS);
	for (int i = 0; i < p->n_columns; i++) {
		struct cp_values v;
		if (p->csv && !cp_rows_also(p->csv, (size_t)i, &v))
			p->extra[i] = -1;
		else if ((p->extra[i] = cp_schema_lookup(s, p->columns[i], err)) < 0)
			return cp_err_wrap(err, "%s", name);
	}
	return 0;
}

static void print_extra(const struct cp_predict_block *k, int i, size_t row, struct cp_buf *to)
{
	static const struct cp_column as_it_stands = { .type = CP_TEXT, .store = { .elem = CP_BYTE } };
	const struct cp_predict *p = k->p;
	struct cp_values v;
	int c = p->extra[i];
	if (c >= 0)
		cp_twin_cell(&k->schema->column[c], &k->b->column[c], row, to);
	else if (!cp_rows_also(p->csv, (size_t)i, &v))
		cp_twin_cell(&as_it_stands, &v, row, to);
}

static void print_row(const struct cp_predict_block *k, size_t row, double z, struct cp_buf *to)
{
	const struct cp_predict *p = k->p;
	char num[32];
	if (p->at.label >= 0 && !p->score_only) {
		double label = k->b->column[p->at.label].f64[row];
		cp_buf_str(to, label == 0 ? "0" : label == 1 ? "1" : cp_print_real(label, num));
		cp_buf_char(to, '\t');
	}
	cp_buf_add(to, num, cp_print_9g(1 / (1 + exp(-z)), num));
	for (int i = 0; i < p->n_columns; i++) {
		cp_buf_char(to, '\t');
		print_extra(k, i, row, to);
	}
	cp_buf_char(to, '\n');
}

/* Of the gaps from this one on, those before a row; returns the next one. */
static size_t print_gaps(const struct cp_predict_block *k, size_t gap, size_t row, struct cp_buf *to)
{
	for (; gap < k->n_gaps && k->gap[gap] <= row; gap++)
		cp_buf_char(to, '\n');
	return gap;
}

/* The first one that is not before a row of those before `row`. */
static size_t first_gap(const struct cp_predict_block *k, size_t row)
{
	size_t gap = 0;
	while (gap < k->n_gaps && k->gap[gap] < row)
		gap++;
	return gap;
}

/* Its score is no number.  0: go on with the next one. */
static int is_bad(struct cp_predict_block *k, size_t row, struct cp_buf *to)
{
	if (k->p->skip_bad) {
		if (k->p->blank_bad)
			cp_buf_char(to, '\n');
		atomic_fetch_add(&k->left_out, 1);
		return 0;
	}
	size_t first = atomic_load(&k->bad);
	while (row < first && !atomic_compare_exchange_weak(&k->bad, &first, row))
		;
	return 1;
}

static void score_chunk(struct cp_predict_block *k, struct cp_model *m, size_t chunk)
{
	struct cp_predict *p = k->p;
	const struct cp_feeding how = { .masked = p->masked };
	uint32_t places[CP_PREDICT_ROWS];
	nn_float z[CP_PREDICT_ROWS];
	size_t from = chunk * k->rows, n = k->b->n_rows - from < k->rows ? k->b->n_rows - from : k->rows, gap = first_gap(k, from);
	struct cp_buf *to = &p->text[chunk];
	atomic_fetch_add(&k->unseen, cp_data_index_rows(&p->data, &m->vocab, from, from + n));
	for (size_t i = 0; i < n; i++)
		places[i] = (uint32_t)(from + i);
	cp_model_feed(m, &p->data, places, n, &how);
	cp_buf_reset(to);
	if (p->show) {
		p->show(p, from, n, to);
		return;
	}
	cp_model_score(m, z);
	for (size_t i = 0; i < n; i++) {
		gap = print_gaps(k, gap, from + i, to);
		if (!isnan(z[i]))
			print_row(k, from + i, (double)z[i], to);
		else if (is_bad(k, from + i, to))
			break;
	}
}

static void score_chunks(void *ctx, int replica)
{
	struct cp_predict_block *k = ctx;
	for (size_t chunk; (chunk = atomic_fetch_add(&k->next, 1)) < k->n; )
		score_chunk(k, k->p->replica[replica], chunk);
}

static int make_replicas(struct cp_predict *p, struct cp_err *err)
{
	int n = cp_team_size(p->team);
	if (p->replica)
		return 0;
	p->replica = cp_xcalloc((size_t)n, sizeof *p->replica);
	for (; p->n_replicas < n; p->n_replicas++)
		if (!(p->replica[p->n_replicas] = cp_model_replica(p->model, err)))
			return -1;
	return 0;
}

static void make_texts(struct cp_predict *p, size_t n)
{
	if (n <= p->n_texts)
		return;
	p->text = cp_xrealloc(p->text, n, sizeof *p->text);
	for (; p->n_texts < n; p->n_texts++)
		cp_buf_init(&p->text[p->n_texts]);
}

static int write_texts(struct cp_predict *p, size_t n, struct cp_err *err)
{
	for (size_t i = 0; i < n; i++) {
		const struct cp_buf *t = &p->text[i];
		cp_digest_add(p->sum, t->data, t->len);
		if (fwrite(t->data, 1, t->len, p->out) != t->len)
			return cp_err_set(err, "write the scores: %m");
	}
	return fflush(p->out) == EOF ? cp_err_set(err, "write the scores: %m") : 0;
}

static int read_block(struct cp_predict *p, const struct cp_block *b, const char *name, struct cp_err *err)
{
	cp_data_clear(&p->data);
	if (!b->n_rows)
		return 0;
	if (cp_data_add(&p->data, b, &p->at, name, err) < 0)
		return -1;
	for (uint64_t i = 0; p->model->c.has_plm && i < p->data.token_at[p->data.n]; i++)
		if (p->data.token[i] >= p->model->c.plm.vocab)
			return cp_err_set(err, "%s: token id %u; the language model has %zu", name, p->data.token[i], p->model->c.plm.vocab);
	cp_data_reserve_ids(&p->data);
	return 0;
}

static int score_block(struct cp_predict *p, const struct cp_schema *s, const struct cp_block *b, const char *name, struct cp_err *err)
{
	struct cp_predict_block k = { .p = p, .schema = s, .b = b, .rows = p->model->c.has_plm ? CP_PREDICT_ROWS_PLM : CP_PREDICT_ROWS,
				       .bad = SIZE_MAX };
	k.n = (b->n_rows + k.rows - 1) / k.rows;
	int alone = k.n <= 1 || p->show;
	if (p->csv && p->blank_bad)
		k.n_gaps = cp_rows_gaps(p->csv, &k.gap);
	if (read_block(p, b, name, err) < 0 || (!alone && make_replicas(p, err) < 0))
		return -1;
	make_texts(p, k.n + 1);
	cp_buf_reset(&p->text[k.n]);
	print_gaps(&k, first_gap(&k, b->n_rows), b->n_rows, &p->text[k.n]);
	for (size_t chunk = 0; alone && chunk < k.n; chunk++)
		score_chunk(&k, p->model, chunk);
	if (!alone)
		cp_team_run(p->team, cp_team_size(p->team), score_chunks, &k);
	p->rows += b->n_rows - k.left_out;
	p->bad += k.left_out;
	p->unseen += k.unseen;
	p->values += p->data.n_values;
	if (k.bad == SIZE_MAX)
		return write_texts(p, k.n + 1, err);
	return write_texts(p, k.bad / k.rows + 1, err) < 0 ? -1 :
	       cp_err_set(err, "%s: row %llu: " CP_MODEL_NO_SCORE, name,
			  (unsigned long long)(b->first_row + k.bad));
}

static int finish(struct cp_predict *p, int rc, struct cp_err *err)
{
	if (!rc && p->last) {
		make_texts(p, 1);
		cp_buf_reset(p->text);
		p->last(p, p->text);
		rc = write_texts(p, 1, err);
	}
	if (p->sum)
		cp_digest_hex(p->sum, p->digest);
	return rc;
}

int cp_predict_records(struct cp_predict *p, const char *path, struct cp_err *err)
{
	struct cp_block b;
	struct cp_reader *r = cp_reader_open(path, err);
	if (!r)
		return -1;
	const struct cp_schema *s = cp_reader_schema(r);
	int rc = start(p, s, cp_reader_name(r), p->label, err);
	while (!rc && (rc = cp_reader_next(r, &b, err)) == 1)
		rc = score_block(p, s, &b, cp_reader_name(r), err);
	if (!rc && cp_reader_content(r, p->content) < 0)
		*p->content = '\0';
	rc = finish(p, rc, err);
	cp_reader_close(r);
	return rc;
}

/* Rows of CSV become what the training rows were; how the CSV is written is the caller's to say. */
static void like_training(const struct cp_predict *p, struct cp_rows_spec *spec, struct cp_schema *schema)
{
	struct cp_csv_opts csv = spec->csv;
	if (p->model->c.has_plm) {
		int text = cp_schema_add(schema, CP_TEXT, "text", NULL);
		if (p->model->sentence)
			json_object_update(schema->column[text].attributes, p->model->sentence);
	}
	int label = p->score_only ? -1 : cp_schema_add(schema, CP_LABEL, "label", NULL);
	if (label >= 0 && p->model->label_made)
		cp_column_set_str(&schema->column[label], "declare", p->model->label_made);
	cp_rows_spec_like(spec, schema);
	spec->csv = csv;
	spec->skip_bad = p->skip_bad;
	spec->tell_gaps = p->blank_bad;
	spec->label = p->score_only ? NULL : p->label;
	spec->also = p->columns;
	spec->n_also = (size_t)p->n_columns;
	spec->eager = 1;
}

int cp_predict_csv(struct cp_predict *p, const char *path, struct cp_rows_spec *spec, struct cp_err *err)
{
	struct cp_block b;
	int standard = cp_is_standard(path), fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	const char *name = standard ? "standard input" : path;
	if (fd < 0)
		return cp_err_set(err, "%s: open: %m", path);
	struct cp_schema schema;
	cp_fields_schema(&p->model->vocab.fields, &schema);
	like_training(p, spec, &schema);
	struct cp_rows *rows = cp_rows_open(fd, name, spec, err);
	p->csv = rows;
	int rc = rows ? start(p, cp_rows_schema(rows), name, NULL, err) : -1;
	while (!rc && (rc = cp_rows_next(rows, &b, err)) == 1)
		rc = score_block(p, cp_rows_schema(rows), &b, name, err);
	if (!rc)
		cp_rows_source(rows, p->csv_digest);
	rc = finish(p, rc, err);
	p->bad += rows ? cp_rows_bad(rows) : 0;
	p->csv = NULL;
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
	for (size_t i = 0; i < p->n_texts; i++)
		cp_buf_release(&p->text[i]);
	free(p->text);
	for (int i = 0; i < p->n_replicas; i++)
		cp_model_free(p->replica[i]);
	free(p->replica);
}
