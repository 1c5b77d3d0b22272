/* Scoring for other programs; see cp_score.h.
 *
 * A scorer is a cp_model with its packed weights and a plan of how text becomes values.  A context has a replica of it and a fill of the plan;
 * making it runs the replica's graph twice on as many rows as it may ever see at a time, so that every array has its final size (nn_graph_pack).
 * Rows are filled one by one: lists then never outgrow a fill's first room.
 *
 * Only CTR models: with a language model beside it a row costs a hundred times as much, and tokens are of any number.
 */
#include "score/cp_score.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "nn/gemm.h"
#include "text/plan.h"
#include "train/model.h"

enum {
	LIST_ROOM = 64,		/* members of a list, on an average of the batch */
	SLICE = 96,		/* rows through the graph at a time: their values stay in the second cache beside a matrix */
};

struct cp_scorer {
	struct cp_model *model;
	struct cp_plan *plan;
	char **column;
	size_t n_columns;
	int at[CP_FIELDS_MAX];		/* schema column of each field */
	int bags;			/* rows are more than one key a field */
};

struct cp_score_context {
	const struct cp_scorer *of;
	struct cp_model *model;		/* a replica of the scorer's */
	struct cp_fill *fill;
	size_t max_rows, n_rows;	/* of the batch at hand */
	size_t n_before;		/* rows of this call that earlier batches had */
	size_t n_values, value_cap;
	uint32_t *id, *off;
	nn_float *weight;
	struct cp_csv_field *row;	/* (columns) */
	int by_blas;			/* some of its products are OpenBLAS's */
	struct cp_score_counts counts, of_call;	/* of the calls until now, and of the one at hand */
};

/* --- Columns ----------------------------------------------------------------------------------------------------------------------- */

static void add_column(struct cp_scorer *s, const char *name)
{
	for (size_t i = 0; i < s->n_columns; i++)
		if (!strcmp(s->column[i], name))
			return;
	s->column = cp_xrealloc(s->column, s->n_columns + 1, sizeof *s->column);
	s->column[s->n_columns++] = cp_xstrdup(name);
}

/* The columns that the fields are made of, in the order of the fields. */
static int find_columns(struct cp_scorer *s, struct cp_err *err)
{
	const struct cp_fields *fields = &s->model->vocab.fields;
	struct cp_declaration *d = cp_declaration_new();
	size_t line[CP_FIELDS_MAX];
	int rc = cp_fields_declared(fields, d, line, err);
	for (int f = 0; !rc && f < fields->n; f++)
		add_column(s, line[f] == SIZE_MAX ? fields->v[f].name : cp_declare_column(&d->line[line[f]]));
	cp_declaration_free(d);
	return rc;
}

static int make_plan(struct cp_scorer *s, struct cp_err *err)
{
	struct cp_schema like;
	struct cp_csv csv = { .names = s->column, .n_names = s->n_columns, .file = "row" };
	struct cp_rows_spec spec = { .like = &like, .keys = 1, .no_file = 1 };
	cp_fields_schema(&s->model->vocab.fields, &like);
	s->plan = cp_plan_new(&csv, &spec, err);
	cp_schema_release(&like);
	return s->plan ? cp_fields_find(&s->model->vocab.fields, cp_plan_schema(s->plan), "row", s->at, err) : -1;
}

/* --- The way in -------------------------------------------------------------------------------------------------------------------- */

static locale_t c_locale;

static void prepare(void)
{
	c_locale = newlocale(LC_ALL_MASK, "C", NULL);
	cp_json_guard_memory();
}

/* The program around us may have another decimal point; a number is here what it was to cp-train.  For this thread, until uselocale(what it gives). */
static locale_t enter_c_locale(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, prepare);
	return uselocale(c_locale);
}

/* --- Opening ----------------------------------------------------------------------------------------------------------------------- */

static void tell(struct cp_score_error *to, const struct cp_err *err)
{
	if (to)
		memcpy(to->text, err->msg, sizeof to->text < sizeof err->msg ? sizeof to->text : sizeof err->msg);
}

static int open_model(struct cp_scorer *s, const char *path, enum cp_score_precision precision, struct cp_err *err)
{
	static const enum nn_precision of[] = { [CP_SCORE_F32] = NN_IN_F32, [CP_SCORE_BF16] = NN_IN_BF16, [CP_SCORE_INT8] = NN_IN_INT8 };
	if ((size_t)precision >= sizeof of / sizeof *of)
		return cp_err_set(err, "%s: %d is no precision of cp_score.h", path, (int)precision);
	if (nn_gemm_check(1, err) < 0 || !(s->model = cp_model_open(path, NULL, of[precision], err)))
		return -1;
	if (s->model->c.objective != CP_OBJECTIVE_CLICK)
		return cp_err_set(err, "%s: a model of stage %s has no score", path, s->model->stage);
	if (s->model->c.has_plm)
		return cp_err_set(err, "%s: a model with a language model in it; cp_score serves CTR models alone (cp-train --stage finetune "
				  "--without-plm makes one of it)", path);
	s->bags = cp_fields_count(&s->model->vocab.fields, CP_KEY) < s->model->vocab.fields.n;
	return find_columns(s, err) < 0 || make_plan(s, err) < 0 ? cp_err_wrap(err, "%s", path) : 0;
}

/* What cp_mem_catch comes back to must not have moved: so the work is one call further down. */
static struct cp_scorer *open_scorer(const char *path, enum cp_score_precision precision, struct cp_err *err)
{
	struct cp_scorer *s = cp_xcalloc(1, sizeof *s);
	if (open_model(s, path, precision, err) == 0)
		return s;
	cp_scorer_close(s);
	return NULL;
}

static struct cp_scorer *open_caught(const char *path, enum cp_score_precision precision, struct cp_score_error *error)
{
	struct cp_err err;
	jmp_buf here;
	if (setjmp(here)) {
		cp_mem_catch(NULL);
		cp_err_set(&err, "%s: out of memory", path);
		tell(error, &err);
		return NULL;
	}
	cp_mem_catch(&here);
	struct cp_scorer *s = open_scorer(path, precision, &err);
	cp_mem_catch(NULL);
	if (!s)
		tell(error, &err);
	return s;
}

struct cp_scorer *cp_scorer_open(const char *path, enum cp_score_precision precision, struct cp_score_error *error)
{
	locale_t theirs = enter_c_locale();
	struct cp_scorer *s = open_caught(path, precision, error);
	uselocale(theirs);
	return s;
}

void cp_scorer_close(struct cp_scorer *s)
{
	if (!s)
		return;
	cp_model_free(s->model);
	cp_plan_free(s->plan);
	for (size_t i = 0; i < s->n_columns; i++)
		free(s->column[i]);
	free(s->column);
	free(s);
}

size_t cp_scorer_columns(const struct cp_scorer *s)
{
	return s->n_columns;
}

const char *cp_scorer_column(const struct cp_scorer *s, size_t i)
{
	return i < s->n_columns ? s->column[i] : NULL;
}

size_t cp_scorer_fields(const struct cp_scorer *s)
{
	return (size_t)s->model->vocab.fields.n;
}

int cp_scorer_field(const struct cp_scorer *s, size_t i, struct cp_score_field *out)
{
	const struct cp_features *v = &s->model->vocab;
	if (i >= (size_t)v->fields.n)
		return -1;
	const struct cp_field *f = &v->fields.v[i];
	*out = (struct cp_score_field){
		f->name, f->type == CP_KEY ? CP_SCORE_KEY : f->type == CP_KEYS ? CP_SCORE_LIST : CP_SCORE_NUMBER, cp_field_declared(f),
		v->bits ? 0 : v->field[i].n,
	};
	return 0;
}

/* --- Contexts ---------------------------------------------------------------------------------------------------------------------- */

/* n rows of the batch. */
static void run(struct cp_score_context *c, size_t from, size_t n)
{
	struct cp_model *m = c->model;
	size_t at = from * (size_t)m->vocab.fields.n;
	m->batch.ids.v = c->id + (c->of->bags ? 0 : at);
	m->batch.bags = (struct nn_bags){ c->off + at, c->weight };
	m->g->len[PLM_ROWS] = n;
	nn_forward(m->g, m->z);
}

static void allocate(struct cp_score_context *c)
{
	size_t fields = (size_t)c->of->model->vocab.fields.n, values = c->max_rows * fields;
	c->value_cap = values + (c->of->bags ? c->max_rows * fields * LIST_ROOM + CP_BLOCK_ROWS : 0);
	if (c->value_cap > UINT32_MAX)		/* what c->off counts */
		c->value_cap = UINT32_MAX;
	c->id = cp_xcalloc(c->value_cap, sizeof *c->id);
	c->off = cp_xcalloc(values + 1, sizeof *c->off);
	c->weight = cp_xcalloc(c->value_cap, sizeof *c->weight);
	c->row = cp_xcalloc(c->of->n_columns, sizeof *c->row);
	c->fill = cp_fill_new(c->of->plan);
}

/* Contexts whose models have products by OpenBLAS: it gets room for as many threads. */
static atomic_int by_blas;

/* The graph's arrays take their final size here, and OpenBLAS its room. */
static int warm_up(struct cp_score_context *c, struct cp_err *err)
{
	unsigned long before = nn_blas_calls();
	for (int i = 0; i < 2; i++)
		run(c, 0, c->max_rows < SLICE ? c->max_rows : SLICE);
	c->by_blas = nn_blas_calls() > before;
	return c->by_blas ? nn_blas_reserve(atomic_fetch_add(&by_blas, 1) + 1, err) : 0;
}

static struct cp_score_context *new_score(const struct cp_scorer *s, size_t max_rows, struct cp_err *err)
{
	struct cp_score_context *c = cp_xcalloc(1, sizeof *c);
	c->of = s;
	c->max_rows = max_rows;
	allocate(c);
	if (!(c->model = cp_model_replica(s->model, err)) || warm_up(c, err) < 0) {
		cp_score_context_free(c);
		return NULL;
	}
	return c;
}

static struct cp_score_context *new_caught(const struct cp_scorer *s, size_t max_rows, struct cp_score_error *error)
{
	struct cp_err err;
	jmp_buf here;
	struct cp_score_context *c;
	if (setjmp(here)) {
		cp_mem_catch(NULL);
		cp_err_set(&err, "out of memory for a batch of %zu rows", max_rows);
		tell(error, &err);
		return NULL;
	}
	cp_mem_catch(&here);
	if (!max_rows || max_rows > CP_SCORE_MAX_ROWS) {
		cp_err_set(&err, "a batch of %zu rows; expected 1 to %d", max_rows, CP_SCORE_MAX_ROWS);
		c = NULL;
	} else {
		c = new_score(s, max_rows, &err);
	}
	cp_mem_catch(NULL);
	if (!c)
		tell(error, &err);
	return c;
}

struct cp_score_context *cp_score_context_new(const struct cp_scorer *s, size_t max_rows, struct cp_score_error *error)
{
	locale_t theirs = enter_c_locale();
	struct cp_score_context *c = new_caught(s, max_rows, error);
	uselocale(theirs);
	return c;
}

void cp_score_context_free(struct cp_score_context *c)
{
	if (!c)
		return;
	atomic_fetch_sub(&by_blas, c->by_blas);
	cp_model_free(c->model);
	cp_fill_free(c->fill);
	free(c->id);
	free(c->off);
	free(c->weight);
	free(c->row);
	free(c);
}

struct cp_score_counts cp_score_context_counts(const struct cp_score_context *c)
{
	return c->counts;
}

/* --- Rows -------------------------------------------------------------------------------------------------------------------------- */

/* Of the row at hand among those of the call, from 1. */
static size_t number(const struct cp_score_context *c)
{
	return c->n_before + c->n_rows + 1;
}

static int push(struct cp_score_context *c, int field, uint64_t key, nn_float weight, struct cp_err *err)
{
	const struct cp_features *v = &c->of->model->vocab;
	if (c->n_values == c->value_cap)
		return cp_err_set(err, "row %zu: more than %zu values in lists of one batch; score fewer rows at a time", number(c), c->value_cap);
	uint32_t at = cp_features_row(v, field, key);
	c->of_call.unseen += !v->bits && at == v->field[field].base;
	c->of_call.values++;
	c->weight[c->n_values] = weight;
	c->id[c->n_values++] = at;
	return 0;
}

static int push_field(struct cp_score_context *c, const struct cp_values *v, int field, struct cp_err *err)
{
	const struct cp_field *f = &c->of->model->vocab.fields.v[field];
	if (f->type == CP_KEY)
		return push(c, field, v->u64[0], 1, err);
	if (f->type == CP_KEYS) {
		for (uint32_t k = 0, n = v->offsets[1]; k < n; k++)
			if (push(c, field, v->u64[k], 1 / (nn_float)n, err) < 0)
				return -1;
		return 0;
	}
	double x = v->f64[0];
	if (!isnan(x) && !isfinite((nn_float)x))
		return cp_err_set(err, "row %zu: field '%s' is %g; expected a number that is finite in single precision", number(c), f->name, x);
	return push(c, field, isnan(x) ? f->key_missing : f->key_number, isnan(x) ? 1 : (nn_float)x, err);
}

/* A list has no more members than separators and one; as many as a fill has room for from the start. */
static int check_list(const struct cp_score_context *c, int field, struct cp_err *err)
{
	const struct cp_plan *plan = c->of->plan;
	const struct cp_declare *how = cp_plan_line(plan, c->of->at[field]);
	const struct cp_csv_field *v = &c->row[cp_plan_from(plan, c->of->at[field])];
	size_t n = 1;
	for (size_t i = 0; v->n > CP_SCORE_MAX_LIST && how && how->sep && i < v->n; i++)
		n += v->p[i] == how->sep[0];
	return n <= CP_SCORE_MAX_LIST ? 0 : cp_err_set(err, "row %zu: a list of more than %d values for field '%s'", number(c), CP_SCORE_MAX_LIST,
						       c->of->model->vocab.fields.v[field].name);
}

static int check_lists(const struct cp_score_context *c, struct cp_err *err)
{
	const struct cp_fields *fields = &c->of->model->vocab.fields;
	for (int f = 0; c->of->bags && f < fields->n; f++)
		if (fields->v[f].type == CP_KEYS && check_list(c, f, err) < 0)
			return -1;
	return 0;
}

/* c->row into the batch. */
static int add_row(struct cp_score_context *c, struct cp_err *err)
{
	struct cp_block b;
	size_t fields = (size_t)c->of->model->vocab.fields.n;
	if (check_lists(c, err) < 0)
		return -1;
	cp_fill_reset(c->fill);
	if (cp_fill_row(c->fill, c->row, c->n_rows, number(c), err) < 0)
		return -1;
	cp_fill_block(c->fill, &b);
	for (int f = 0; f < (int)fields; f++) {
		if (push_field(c, &b.column[c->of->at[f]], f, err) < 0)
			return -1;
		c->off[c->n_rows * fields + (size_t)f + 1] = (uint32_t)c->n_values;
	}
	c->n_rows++;
	return 0;
}

static struct cp_csv_field field_of(const struct cp_score_value *v)
{
	return (struct cp_csv_field){ v->text ? v->text : "", v->text ? v->len : 0 };
}

static void take_row(struct cp_score_context *c, const struct cp_score_value *row)
{
	for (size_t i = 0; i < c->of->n_columns; i++)
		c->row[i] = field_of(&row[i]);
}

static void empty(struct cp_score_context *c)
{
	c->n_rows = c->n_values = 0;
}

static void begin(struct cp_score_context *c)
{
	empty(c);
	c->n_before = 0;
	c->of_call = (struct cp_score_counts){ 0 };
}

/* The batch gets its scores. */
static int finish(struct cp_score_context *c, double *scores, struct cp_err *err)
{
	for (size_t at = 0, n; at < c->n_rows; at += n) {
		n = c->n_rows - at < SLICE ? c->n_rows - at : SLICE;
		run(c, at, n);
		for (size_t i = 0; i < n; i++)
			if (isnan(scores[at + i] = 1 / (1 + exp(-(double)c->model->z->val[i]))))
				return cp_err_set(err, "row %zu: " CP_MODEL_NO_SCORE, c->n_before + at + i + 1);
	}
	c->of_call.rows += c->n_rows;
	c->n_before += c->n_rows;
	empty(c);
	return 0;
}

static int end(struct cp_score_context *c)
{
	c->counts.rows += c->of_call.rows;
	c->counts.values += c->of_call.values;
	c->counts.unseen += c->of_call.unseen;
	return 0;
}

static int failed(const struct cp_err *err, struct cp_score_error *error)
{
	tell(error, err);
	return -1;
}

static int score_rows(struct cp_score_context *c, const struct cp_score_value *rows, size_t n, double *scores, struct cp_score_error *error)
{
	struct cp_err err;
	begin(c);
	for (size_t i = 0; i < n; i++) {
		take_row(c, rows + i * c->of->n_columns);
		if (add_row(c, &err) < 0)
			return failed(&err, error);
		if ((c->n_rows == c->max_rows || i + 1 == n) && finish(c, scores + i + 1 - c->n_rows, &err) < 0)
			return failed(&err, error);
	}
	return end(c);
}

int cp_score_rows(struct cp_score_context *c, const struct cp_score_value *rows, size_t n, double *scores, struct cp_score_error *error)
{
	locale_t theirs = enter_c_locale();
	int rc = score_rows(c, rows, n, scores, error);
	uselocale(theirs);
	return rc;
}

int cp_score_row(struct cp_score_context *c, const struct cp_score_value *row, double *score, struct cp_score_error *error)
{
	return cp_score_rows(c, row, 1, score, error);
}

static int score_named(struct cp_score_context *c, const char *const *names, const struct cp_score_value *values, size_t n, double *score,
		       struct cp_score_error *error)
{
	struct cp_err err;
	begin(c);
	for (size_t i = 0; i < c->of->n_columns; i++) {
		size_t k = 0;
		while (k < n && strcmp(names[(i + k) % n], c->of->column[i]))
			k++;
		if (k == n) {
			cp_err_set(&err, "the row has no column '%s'", c->of->column[i]);
			return failed(&err, error);
		}
		c->row[i] = field_of(&values[(i + k) % n]);
	}
	return add_row(c, &err) < 0 || finish(c, score, &err) < 0 ? failed(&err, error) : end(c);
}

int cp_score_named(struct cp_score_context *c, const char *const *names, const struct cp_score_value *values, size_t n, double *score,
		   struct cp_score_error *error)
{
	locale_t theirs = enter_c_locale();
	int rc = score_named(c, names, values, n, score, error);
	uselocale(theirs);
	return rc;
}
