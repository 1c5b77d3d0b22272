/* Values: a row of CSV fields into a block's columns, as the plan says.
 *
 * A block is filled in place, in arrays that are allocated once: a row costs no allocation and touches each value once.  A row counts only
 * when all of it is good, so a bad one leaves nothing behind.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/num.h"
#include "text/plan_impl.h"
#include "text/timeformat.h"
#include "text/written.h"

#define LIST_LIMIT ((size_t)1 << 20)	/* keys of one row and field */

struct column {
	union {
		void *data;	/* CP_BLOCK_ROWS elements; of a list, cap */
		uint64_t *u64;
		int64_t *i64;
		double *f64;
	};
	uint32_t *offsets;	/* lists */
	size_t cap;
};

struct texts {			/* one a row, behind one another */
	struct cp_buf bytes;
	uint32_t *offsets;
};

struct cp_fill {
	const struct cp_plan *plan;
	struct column *column;	/* of each part */
	struct texts sentence;
	struct texts *beside;	/* values as they stand in the CSV, of each of plan->also */
	uint64_t *row;
	struct cp_values *values;
	size_t n;		/* rows so far */
	size_t list_bytes, beside_bytes;
};

struct at {			/* where a value stands, for messages */
	const struct cp_plan *plan;	/* NULL: nowhere */
	const struct cp_part *part;
	uint64_t line;
	struct cp_err *err;
};

__attribute__((format(printf, 2, 3)))
static int complain(const struct at *at, const char *fmt, ...)
{
	char what[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	if (!at->plan)
		return cp_err_set(at->err, "%s", what);
	if (!at->part)
		return cp_err_set(at->err, "%s: line %llu: %s", at->plan->file, (unsigned long long)at->line, what);
	size_t c = at->part->from;
	if (!at->plan->file)
		return cp_err_set(at->err, "row %llu, column '%s': %s", (unsigned long long)at->line, at->plan->names[c], what);
	return cp_err_set(at->err, "%s: line %llu, column %zu '%s': %s", at->plan->file, (unsigned long long)at->line, c + 1, at->plan->names[c], what);
}

/* What a message shows of a value: its beginning, on one line. */
static const char *show(const struct cp_csv_field *f, char buf[44])
{
	size_t n = f->n < 40 ? f->n : 40;
	for (size_t i = 0; i < n; i++)
		buf[i] = (unsigned char)f->p[i] < ' ' || f->p[i] == 0x7f ? '?' : f->p[i];
	strcpy(buf + n, f->n > n ? "..." : "");
	return buf;
}

static struct cp_csv_field stripped(const struct cp_csv_field *f)
{
	struct cp_csv_field s = *f;
	cp_strip(&s.p, &s.n);
	return s;
}

/* ---- numbers ---- */

static int read_real(const struct cp_declare *how, const struct cp_csv_field *f, double *out)
{
	char buf[CP_WRITTEN_MAX];
	struct cp_csv_field s = stripped(f);
	if (how && how->written)
		return cp_written_plain(how->written, s.p, s.n, buf) < 0 ? -1 : cp_parse_real(buf, out);
	return cp_parse_real_n(s.p, s.n, out);
}

/* A value with digits, but no number, is most likely one as people write it. */
static int no_number(const struct at *at, const char *missing, const struct cp_csv_field *f)
{
	char shown[44];
	const char *written = at->part->how ? at->part->how->written : NULL;
	int digits = 0;
	for (size_t i = 0; i < f->n; i++)
		digits |= cp_is_digit(f->p[i]);
	if (written)
		return complain(at, "'%s' is not a number written as %.40s; %s", show(f, shown), written, missing);
	return complain(at, "'%s' is not a number; %s%s", show(f, shown), missing,
			digits ? ", and if it is one in another form, how 1234.56 stands here: written 1.234,56" : "");
}

/* A number that may be missing (NaN). */
static int read_number(const struct at *at, const struct cp_csv_field *f, double *out)
{
	struct cp_csv_field s = stripped(f);
	if (cp_declare_is_null(at->part->how, s.p, s.n))
		*out = NAN;
	else if (read_real(at->part->how, &s, out) < 0)
		return no_number(at, "if it stands for a missing one, say so by null", &s);
	return 0;
}

static int take_number(const struct at *at, const struct cp_csv_field *f, double *out)
{
	char shown[44];
	const struct cp_declare *how = at->part->how;
	if (read_number(at, f, out) < 0)
		return -1;
	if (how->kind == CP_KIND_LOG && !isnan(*out))
		*out = copysign(log1p(fabs(*out)), *out);
	if (how->kind == CP_KIND_STANDARD)
		*out = (*out - how->mean) / how->deviation;
	return isinf((float)*out) ? complain(at, "'%s' is too large; expected a number that is finite in single precision", show(f, shown)) : 0;
}

static size_t bucket_of(const struct cp_declare *how, double v)
{
	size_t low = 0, high = how->n_bounds;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (how->bound[mid] <= v)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* floor(ln(x)^2) above 2; up to there "SP" and the value. */
static uint64_t log_bucket(uint64_t seed, double v)
{
	char buf[40], num[32];
	if (v > 2)
		snprintf(buf, sizeof buf, "%.0f", floor(log(v) * log(v)));
	else if (v == floor(v) && v > -1e15)
		snprintf(buf, sizeof buf, "SP%.0f", v + 0.0);
	else
		snprintf(buf, sizeof buf, "SP%s", cp_print_real(v, num));
	return cp_key(seed, buf, strlen(buf));
}

static int take_bucket(const struct at *at, const struct cp_csv_field *f, uint64_t *out)
{
	const struct cp_part *p = at->part;
	double v;
	if (read_number(at, f, &v) < 0)
		return -1;
	*out = isnan(v) ? p->key_missing : p->key ? p->key[bucket_of(p->how, v)] : log_bucket(p->seed, v);
	return 0;
}

/* ---- roles ---- */

static int take_label(const struct at *at, const struct cp_csv_field *f, double *out)
{
	char shown[44];
	const struct cp_declare *how = at->part->how;
	if (f->n == 1 && cp_is_digit(*f->p) && !how) {		/* nearly every label */
		*out = *f->p - '0';
		return 0;
	}
	struct cp_csv_field s = stripped(f);
	if (how && how->null.n && s.n && cp_declare_is_null(how, s.p, s.n))
		return complain(at, "the label is missing ('%s')", show(&s, shown));
	if (how && how->rule == CP_LABEL_IS) {
		*out = 0;
		for (size_t i = 0; i < how->is.n; i++)
			if (strlen(how->is.v[i]) == s.n && !memcmp(how->is.v[i], s.p, s.n))
				*out = 1;
		return s.n || *out ? 0 : complain(at, "the label is missing");
	}
	if (read_real(how, &s, out) < 0)
		return complain(at, "the label '%s' is not a number%s", show(f, shown),
				s.n && (*s.p | 32) >= 'a' && (*s.p | 32) <= 'z' ? "; words are declared: label = yes" : "");
	if (how && how->rule)
		*out = how->rule == CP_LABEL_AT_LEAST ? *out >= how->limit : *out > how->limit;
	return 0;
}

static int take_weight(const struct at *at, const struct cp_csv_field *f, double *out)
{
	char shown[44];
	if (read_real(at->part->how, f, out) < 0)
		return complain(at, "the weight '%s' is not a number", show(f, shown));
	return *out < 0 ? complain(at, "the weight '%s' is negative", show(f, shown)) : 0;
}

/* Nearly every timestamp: digits alone, and few enough that nothing overflows. */
static int plain_time(const struct cp_csv_field *f, int64_t *out)
{
	int64_t v = 0;
	for (size_t i = 0; i < f->n; i++) {
		if (!cp_is_digit(f->p[i]))
			return 0;
		v = 10 * v + (f->p[i] - '0');
	}
	*out = v;
	return 1;
}

static int take_time(const struct at *at, const struct cp_csv_field *f, int64_t *out)
{
	char shown[44];
	const struct cp_declare *how = at->part->how;
	const char *format = how ? how->format : NULL;
	if (f->n && f->n <= 18 && !how && plain_time(f, out))
		return 0;
	struct cp_csv_field s = stripped(f);
	if (how ? cp_declare_is_null(how, s.p, s.n) : !s.n) {
		*out = CP_TIME_MISSING;
		return 0;
	}
	if (cp_time_read(format, s.p, s.n, out) == 0)
		return 0;
	if (format)
		return complain(at, "'%s' is not a time of the format %.80s, and not empty either", show(&s, shown), format);
	return complain(at, "the timestamp '%s' is not a whole number, expected seconds or the like, or nothing where it is missing%s", show(f, shown),
			s.n > 4 && (memchr(s.p + 1, '-', s.n - 1) || memchr(s.p, ':', s.n) || memchr(s.p, '/', s.n)) ?
			"; another form is declared: time %Y-%m-%d %H:%M:%S" : "");
}

/* ---- fields ---- */

/* The time that an hour or a weekday is made of. */
static int read_moment(const struct at *at, const struct cp_csv_field *f, int64_t *out)
{
	char shown[44];
	const char *format = at->part->how->format;
	if (take_time(at, f, out) < 0)
		return -1;
	if (*out != CP_TIME_MISSING && cp_time_is_far(*out))
		return complain(at, "'%s' is not within the years 0 to 9999; expected %.80s%s", show(f, shown), format ? format : "seconds",
				format ? "" : ", and milliseconds are declared: time milliseconds");
	return 0;
}

static int take_moment(const struct at *at, const struct cp_csv_field *f, uint64_t *out)
{
	int64_t t;
	const struct cp_part *p = at->part;
	if (read_moment(at, f, &t) < 0)
		return -1;
	*out = t == CP_TIME_MISSING ? p->key_missing : p->key[p->how->kind == CP_KIND_HOUR ? cp_time_hour(t) : cp_time_weekday(t)];
	return 0;
}

static int take_key(const struct at *at, const struct cp_csv_field *f, uint64_t *out)
{
	const struct cp_part *p = at->part;
	if (!p->how) {
		*out = cp_key(p->seed, f->p, f->n);
		return 0;
	}
	switch (p->how->kind) {
	case CP_KIND_HOUR:
	case CP_KIND_WEEKDAY:
		return take_moment(at, f, out);
	case CP_KIND_BUCKETS_AT:
	case CP_KIND_BUCKETS_LOG:
		return take_bucket(at, f, out);
	default:
		break;
	}
	struct cp_csv_field s = stripped(f);
	*out = cp_declare_is_null(p->how, s.p, s.n) ? p->key_missing : cp_hash64(s.p, s.n, p->seed);
	return 0;
}

/* An hour or a weekday, named as such. */
static int take_name(const struct at *at, const struct cp_csv_field *f, uint64_t *out)
{
	char shown[44];
	const struct cp_declare *how = at->part->how;
	*out = cp_key(at->part->seed, f->p, f->n);
	int known = *out == at->part->key_missing;
	for (size_t i = 0; i < cp_declare_n_values(how); i++)
		known |= at->part->key[i] == *out;
	return known ? 0 : complain(at, "'%s' is none of its values, which are %s", show(f, shown), how->kind == CP_KIND_HOUR ? "0 to 23" : "Monday to Sunday");
}

int cp_declare_key(const struct cp_declare *how, const char *field, const char *value, uint64_t *key, struct cp_err *err)
{
	struct cp_part p = { .type = CP_KEY, .how = how, .seed = cp_field_seed(field, strlen(field)) };
	struct at at = { .part = &p, .err = err };
	struct cp_csv_field f = { value, strlen(value) };
	cp_part_keys(&p);
	int rc = (how && (how->kind == CP_KIND_HOUR || how->kind == CP_KIND_WEEKDAY) ? take_name : take_key)(&at, &f, key);
	free(p.key);
	return rc;
}

static void add_u64(struct column *c, size_t n, uint64_t x)
{
	c->data = cp_xgrow(c->data, &c->cap, n + 1, sizeof *c->u64);
	c->u64[n] = x;
}

static int take_keys(struct cp_fill *fill, const struct at *at, struct column *c, const struct cp_csv_field *f)
{
	size_t from = c->offsets[fill->n], n = from;
	struct cp_csv_field s = stripped(f), member;
	size_t rest = cp_declare_is_null(at->part->how, s.p, s.n) ? SIZE_MAX : 0;
	while (cp_list_next(at->part->how, &s, &rest, &member)) {
		if (n - from == LIST_LIMIT)
			return complain(at, "a list of more than %zu values", LIST_LIMIT);
		add_u64(c, n++, cp_hash64(member.p, member.n, at->part->seed));
	}
	if (n == from)
		add_u64(c, n++, at->part->key_missing);
	c->offsets[fill->n + 1] = (uint32_t)n;
	fill->list_bytes += 8 * (n - from);
	return 0;
}

static int take_value(struct cp_fill *fill, const struct at *at, struct column *c, const struct cp_csv_field *f)
{
	size_t i = fill->n;
	switch (at->part->type) {
	case CP_KEY:
		return take_key(at, f, &c->u64[i]);
	case CP_KEYS:
		return take_keys(fill, at, c, f);
	case CP_NUMBER:
		return take_number(at, f, &c->f64[i]);
	case CP_TIME:
		return take_time(at, f, &c->i64[i]);
	case CP_LABEL:
		return take_label(at, f, &c->f64[i]);
	default:
		return take_weight(at, f, &c->f64[i]);
	}
}

static void texts_init(struct texts *t)
{
	cp_buf_init(&t->bytes);
	t->offsets = cp_xcalloc(CP_BLOCK_ROWS + 1, sizeof *t->offsets);
}

static void texts_release(struct texts *t)
{
	cp_buf_release(&t->bytes);
	free(t->offsets);
}

/* What was added to the bytes is row n's. */
static void texts_end(struct texts *t, size_t n)
{
	t->offsets[n + 1] = (uint32_t)t->bytes.len;
}

static struct cp_values texts_values(const struct texts *t)
{
	return (struct cp_values){ .bytes = t->bytes.data, .offsets = t->offsets, .n_elems = t->bytes.len };
}

static void take_beside(struct cp_fill *fill, const struct cp_csv_field *row)
{
	for (size_t i = 0; i < fill->plan->n_also; i++) {
		size_t from = fill->plan->also[i];
		if (from == SIZE_MAX)
			continue;
		cp_buf_add(&fill->beside[i].bytes, row[from].p, row[from].n);
		texts_end(&fill->beside[i], fill->n);
		fill->beside_bytes += row[from].n;
	}
}

static int take_parts(struct cp_fill *fill, struct at *at, const struct cp_csv_field *row)
{
	const struct cp_plan *plan = fill->plan;
	for (at->part = plan->part; at->part < plan->part + plan->n_parts; at->part++) {
		const struct cp_part *p = at->part;
		struct column *c = &fill->column[p - plan->part];
		if (p->type == CP_KEY && !p->how)
			c->u64[fill->n] = cp_key(p->seed, row[p->from].p, row[p->from].n);
		else if (take_value(fill, at, c, &row[p->from]) < 0)
			return -1;
	}
	return 0;
}

static int tell_row(struct cp_fill *fill, struct at *at, const struct cp_csv_field *row, uint64_t number)
{
	const struct cp_plan *plan = fill->plan;
	int64_t t;
	for (size_t i = 0; i < plan->n_moments; i++) {
		at->part = &plan->moment[i];
		if (read_moment(at, &row[at->part->from], &t) < 0)
			return -1;
	}
	at->part = NULL;
	if (cp_template_render(plan->sentence, row, number, CP_BLOCK_LIMIT / 2, &fill->sentence.bytes) < 0)
		return complain(at, "its sentence is longer than %zu bytes", CP_BLOCK_LIMIT / 2);
	texts_end(&fill->sentence, fill->n);
	return 0;
}

int cp_fill_row(struct cp_fill *fill, const struct cp_csv_field *row, uint64_t number, uint64_t line, struct cp_err *err)
{
	struct at at = { fill->plan, NULL, line, err };
	size_t list_bytes = fill->list_bytes;
	if (take_parts(fill, &at, row) < 0 || (fill->plan->sentence && tell_row(fill, &at, row, number) < 0)) {
		fill->list_bytes = list_bytes;
		return -1;
	}
	take_beside(fill, row);
	fill->row[fill->n++] = number;
	return 0;
}

/* ---- blocks ---- */

struct cp_fill *cp_fill_new(const struct cp_plan *plan)
{
	struct cp_fill *f = cp_xcalloc(1, sizeof *f);
	f->plan = plan;
	f->column = cp_xcalloc(plan->n_parts + 1, sizeof *f->column);
	for (size_t i = 0; i < plan->n_parts; i++) {
		struct column *c = &f->column[i];
		c->cap = CP_BLOCK_ROWS;
		c->data = cp_xcalloc(c->cap, 8);
		c->offsets = plan->part[i].type == CP_KEYS ? cp_xcalloc(CP_BLOCK_ROWS + 1, sizeof *c->offsets) : NULL;
	}
	f->beside = cp_xcalloc(plan->n_also, sizeof *f->beside);
	for (size_t i = 0; i < plan->n_also; i++)
		texts_init(&f->beside[i]);
	texts_init(&f->sentence);
	f->row = cp_xcalloc(CP_BLOCK_ROWS, sizeof *f->row);
	f->values = cp_xcalloc((size_t)plan->schema.n, sizeof *f->values);
	return f;
}

void cp_fill_free(struct cp_fill *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->plan->n_parts; i++) {
		free(f->column[i].data);
		free(f->column[i].offsets);
	}
	for (size_t i = 0; i < f->plan->n_also; i++)
		texts_release(&f->beside[i]);
	texts_release(&f->sentence);
	free(f->beside);
	free(f->column);
	free(f->row);
	free(f->values);
	free(f);
}

void cp_fill_reset(struct cp_fill *f)
{
	f->n = f->list_bytes = f->beside_bytes = 0;
	cp_buf_reset(&f->sentence.bytes);
	for (size_t i = 0; i < f->plan->n_also; i++)
		cp_buf_reset(&f->beside[i].bytes);
}

size_t cp_fill_rows(const struct cp_fill *f)
{
	return f->n;
}

int cp_fill_is_full(const struct cp_fill *f)
{
	return f->n == CP_BLOCK_ROWS || f->sentence.bytes.len + f->list_bytes + f->beside_bytes >= CP_BLOCK_BYTES;
}

void cp_fill_block(const struct cp_fill *f, struct cp_block *b)
{
	const struct cp_plan *plan = f->plan;
	struct cp_values *v = f->values;
	v[0] = (struct cp_values){ .u64 = f->row, .n_elems = f->n };
	for (size_t i = 0; i < plan->n_parts; i++) {
		const struct column *c = &f->column[i];
		v[i + 1] = (struct cp_values){ .data = c->data, .offsets = c->offsets, .n_elems = c->offsets ? c->offsets[f->n] : f->n };
	}
	if (plan->sentence)
		v[plan->n_parts + 1] = texts_values(&f->sentence);
	*b = (struct cp_block){ .n_rows = f->n, .n_columns = plan->schema.n, .column = v };
}

int cp_fill_also(const struct cp_fill *f, size_t i, struct cp_values *out)
{
	if (f->plan->also[i] == SIZE_MAX)
		return -1;
	*out = texts_values(&f->beside[i]);
	return 0;
}
