/* Text back to records; the form is told in twin.h.
 *
 * One state: the segment being written, if any.  A line is a mark (#cps, #block, #end), the names line after a TSV #cps, or a row. */
#include "stream/twin.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stream/format.h"
#include "stream/json.h"
#include "stream/totals.h"
#include "stream/twin_json.h"
#include "stream/twin_value.h"

#define LINE_LIMIT CP_BLOCK_LIMIT
#define INPUT_STEP ((size_t)1 << 17)

struct in {
	enum cp_twin kind;
	FILE *f, *out;
	const char *name;
	const struct cp_twin_opts *opts;
	uint64_t line_no, n_rows;
	int n_segments, want_names;
	struct cp_writer *w;		/* NULL between segments */
	struct cp_schema schema;
	unsigned char *codecs;
	struct cp_json_rows *json;	/* JSON lines */
	uint64_t block_left;		/* rows until the block is to be closed; 0: none was announced */
	char *input;			/* read and not yet cut into lines: bytes at .. n_input-1 */
	size_t at, n_input;
	struct cp_buf line, cell, list;
};

/* ---- Lines ---- */

/* More input: 1, 0 the end, -1.  What a pipe has is taken as it comes, so that a row is out when it is in. */
static int fill(struct in *in, struct cp_err *err)
{
	ssize_t n;
	if (!in->input)
		in->input = cp_xmalloc(INPUT_STEP);
	if (fileno(in->f) < 0)
		n = (ssize_t)fread(in->input, 1, INPUT_STEP, in->f);
	else
		while ((n = read(fileno(in->f), in->input, INPUT_STEP)) < 0 && errno == EINTR)
			;
	in->at = 0;
	in->n_input = n > 0 ? (size_t)n : 0;
	return n < 0 ? cp_err_set(err, "read: %m") : n > 0;
}

/* 1 a line (without its newline), 0 the end, -1. */
static int get_line(struct in *in, struct cp_err *err)
{
	int rc = 1;
	cp_buf_reset(&in->line);
	in->line_no++;
	while (in->at < in->n_input || (rc = fill(in, err)) == 1) {
		const char *p = in->input + in->at, *newline = memchr(p, '\n', in->n_input - in->at);
		size_t n = newline ? (size_t)(newline - p) : in->n_input - in->at;
		if (in->line.len + n > LINE_LIMIT)
			return cp_err_set(err, "longer than %zu bytes", LINE_LIMIT);
		cp_buf_add(&in->line, p, n);
		in->at += n + (newline != NULL);
		if (newline)
			return 1;
	}
	if (rc == 0 && in->line.len)
		return cp_err_set(err, "the last line has no newline: cut short");
	return rc;
}

/* ---- TSV ---- */

/* \t and its like, in place; <0: a backslash before something else. */
static int unescape(struct cp_buf *b)
{
	size_t n = 0;
	for (size_t i = 0; i < b->len; i++) {
		char c = b->data[i];
		if (c == '\\') {
			static const char from[] = "tnr0\\#", to[] = "\t\n\r\0\\#";
			const char *hit = i + 1 < b->len && b->data[i + 1] ? strchr(from, b->data[i + 1]) : NULL;
			if (!hit)
				return -1;
			c = to[hit - from];
			i++;
		}
		b->data[n++] = c;
	}
	b->len = n;
	return 0;
}

static int tsv_list(const struct cp_column *c, struct cp_build *b, struct cp_buf *cell, struct cp_buf *list, struct cp_err *err)
{
	size_t n = 0;
	cp_buf_reset(list);
	for (char *s = cell->data, *end; cell->len; s = end + 1, n++) {
		union cp_twin_elem e;
		end = strchr(s, ' ');
		if (end)
			*end = 0;
		if (cp_twin_elem(c, s, &e) < 0)
			return cp_twin_bad(c, s, err);
		cp_buf_add(list, &e, (size_t)c->store.width);
		if (!end) {
			n++;
			break;
		}
	}
	cp_add_list(b, list->data, n);
	return 0;
}

static int tsv_cell(struct in *in, int i, const char *p, size_t n, struct cp_err *err)
{
	const struct cp_column *c = &in->schema.column[i];
	struct cp_build *b = cp_writer_column(in->w, i);
	union cp_twin_elem e;
	cp_buf_reset(&in->cell);
	cp_buf_add(&in->cell, p, n);
	if (c->store.elem == CP_BYTE) {
		if (unescape(&in->cell) < 0)
			return cp_err_set(err, "column '%s': a backslash that is not one of \\t \\n \\r \\0 \\\\ \\#", c->name);
		cp_add_list(b, in->cell.data, in->cell.len);
		return 0;
	}
	if (memchr(p, 0, n))
		return cp_err_set(err, "column '%s': a NUL byte", c->name);
	if (c->store.is_list)
		return tsv_list(c, b, &in->cell, &in->list, err);
	if (cp_twin_elem(c, in->cell.data, &e) < 0)
		return cp_twin_bad(c, in->cell.data, err);
	cp_twin_add(b, e);
	return 0;
}

static int tsv_row(struct in *in, struct cp_err *err)
{
	const char *p = in->line.data, *end = p + in->line.len;
	int n = in->schema.n;
	for (int i = 0; i < n; i++) {
		const char *tab = memchr(p, '\t', (size_t)(end - p));
		if ((tab == NULL) != (i == n - 1))
			return cp_err_set(err, "%s columns, expected %d", tab ? "more" : "fewer", n);
		if (tsv_cell(in, i, p, (size_t)((tab ? tab : end) - p), err) < 0)
			return -1;
		p = tab ? tab + 1 : end;
	}
	return 0;
}

static int tsv_names(struct in *in, struct cp_err *err)
{
	struct cp_buf want = CP_BUF_INIT;
	in->want_names = 0;
	int rc = 0;
	cp_twin_names(&in->schema, &want);
	if (want.len != in->line.len + 1 || memcmp(want.data, in->line.data, in->line.len))
		rc = cp_err_set(err, "the names of the columns are not those of the header: expected '%.*s'", (int)(want.len < 200 ? want.len - 1 : 200), want.data);
	cp_buf_release(&want);
	return rc;
}

/* ---- Segments ---- */

static void free_schema(struct in *in)
{
	cp_json_rows_free(in->json);
	in->json = NULL;
	free(in->codecs);
	in->codecs = NULL;
	cp_schema_release(&in->schema);
}

static int begin(struct in *in, const char *text, size_t n, struct cp_err *err)
{
	if (in->w)
		return cp_err_set(err, "another header, and the stream before has no #end");
	free_schema(in);
	if (cp_schema_parse(&in->schema, text, n, err) < 0 || cp_schema_known(&in->schema, err) < 0)
		return -1;
	in->json = cp_json_rows_new(&in->schema);
	in->codecs = cp_xcalloc((size_t)in->schema.n + 1, 1);
	in->w = cp_writer_open(in->out, &in->schema, &in->opts->writer, err);
	in->want_names = in->kind == CP_TWIN_TSV;
	in->block_left = 0;
	in->n_segments++;
	return in->w ? 0 : -1;
}

static int announce_block(struct in *in, const char *text, size_t n, struct cp_err *err)
{
	if (in->opts->edited)
		return 0;
	if (!in->w || in->block_left)
		return cp_err_set(err, "a #block where rows or a #cps were expected");
	json_t *j = cp_json_object(text, n, "#block", err), *codecs = json_object_get(j, "codecs");
	json_int_t rows = json_integer_value(json_object_get(j, "rows"));
	int good = j && rows > 0 && rows <= (json_int_t)CP_BLOCK_ROWS_LIMIT && json_array_size(codecs) == (size_t)in->schema.n;
	for (int i = 0; good && i < in->schema.n; i++) {
		json_int_t codec = json_integer_value(json_array_get(codecs, (size_t)i));
		in->codecs[i] = codec > 0 && codec <= CP_DIFFERENCES ? (unsigned char)codec : CP_RAW;
	}
	if (j && !good)
		cp_err_set(err, "#block: expected a number of rows and a codec for each of %d columns", in->schema.n);
	json_decref(j);
	if (!good)
		return -1;
	in->block_left = (uint64_t)rows;
	cp_writer_codecs(in->w, in->codecs);
	return 0;
}

static int check_end(struct in *in, const struct cp_totals *said, struct cp_err *err)
{
	const struct cp_totals *found = cp_writer_totals(in->w);
	if (in->opts->edited)
		return 0;
	if (in->block_left)
		return cp_err_set(err, "#end, and %" PRIu64 " more rows were expected in the block", in->block_left);
	if (said->rows != found->rows)
		return cp_err_set(err, "#end tells of %" PRIu64 " rows, found %" PRIu64, said->rows, found->rows);
	for (int i = 0; i < in->schema.n; i++)
		if (cp_totals_check(found, said, i, &in->schema.column[i], err) < 0)
			return -1;
	return 0;
}

static int close_segment(struct in *in, struct cp_err *err)
{
	struct cp_writer *w = in->w;
	in->n_rows += cp_writer_rows(w);
	in->w = NULL;
	return cp_writer_close(w, err);
}

static int end(struct in *in, const char *text, size_t n, struct cp_err *err)
{
	struct cp_totals said;
	if (!in->w)
		return cp_err_set(err, "an #end without a #cps before it");
	if (cp_totals_parse(&said, &in->schema, text, n, err) < 0)
		return -1;
	int rc = cp_writer_flush(in->w, err);
	if (rc == 0 && (rc = check_end(in, &said, err)) < 0)
		cp_err_wrap(err, "the rows are not those that were written out");
	if (rc == 0)
		cp_writer_take_origin(in->w, &said);
	cp_totals_release(&said);
	return rc < 0 ? -1 : close_segment(in, err);
}

static int take_mark(struct in *in, const char *name, size_t name_len, const char *text, size_t n, struct cp_err *err)
{
	if (name_len == 3 && !memcmp(name, "cps", 3))
		return begin(in, text, n, err);
	if (name_len == 5 && !memcmp(name, "block", 5))
		return announce_block(in, text, n, err);
	if (name_len == 3 && !memcmp(name, "end", 3))
		return end(in, text, n, err);
	return cp_err_set(err, "#%.*s is none of #cps, #block, #end", (int)name_len, name);
}

/* ---- A line at a time ---- */

static int count_row(struct in *in, struct cp_err *err)
{
	if (cp_writer_row(in->w, err) < 0)
		return -1;
	if (in->opts->edited)
		return 0;
	return --in->block_left ? 0 : cp_writer_flush(in->w, err);
}

static int row_can_be(struct in *in, struct cp_err *err)
{
	if (!in->w)
		return cp_err_set(err, in->n_segments ? "a row after #end" : "not the text of records: expected a line #cps first");
	if (!in->block_left && !in->opts->edited)
		return cp_err_set(err, "a row where a #block or #end was expected (were the rows edited?)");
	return 0;
}

static int tsv_line(struct in *in, struct cp_err *err)
{
	const char *p = in->line.data, *sp = strchr(p, ' ');
	if (*p == '#') {
		if (!sp)
			return cp_err_set(err, "'%.20s' is none of #cps, #block, #end", p);
		return take_mark(in, p + 1, (size_t)(sp - p - 1), sp + 1, in->line.len - (size_t)(sp + 1 - p), err);
	}
	if (in->want_names)
		return tsv_names(in, err);
	if (row_can_be(in, err) < 0)
		return -1;
	struct cp_build *first = cp_writer_column(in->w, 0);
	if (in->line.len > 1 && p[0] == '\\' && p[1] == '#' && first->store.elem != CP_BYTE)
		return cp_err_set(err, "column '%s': \\# in a column that is not bytes", in->schema.column[0].name);
	return tsv_row(in, err) < 0 ? -1 : count_row(in, err);
}

static int json_line(struct in *in, struct cp_err *err)
{
	json_error_t e;
	if (in->w && (in->block_left || in->opts->edited) && cp_json_rows_short(in->json, in->line.data, in->line.len, in->w))
		return count_row(in, err);
	json_t *j = json_loadb(in->line.data, in->line.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
	const char *key = json_object_iter_key(json_object_iter(j));
	struct cp_buf text = CP_BUF_INIT;
	int rc;
	if (!json_is_object(j)) {
		rc = j ? cp_err_set(err, "expected a JSON object") : cp_err_set(err, "not JSON: %s, at byte %d", e.text, e.position);
	} else if (key && key[0] == '#' && json_object_size(j) == 1) {
		rc = cp_json_print(json_object_get(j, key), &text, err);
		rc = rc < 0 ? -1 : take_mark(in, key + 1, strlen(key + 1), text.data, text.len, err);
	} else {
		rc = row_can_be(in, err) < 0 || cp_json_rows_long(in->json, j, in->w, err) < 0 ? -1 : count_row(in, err);
	}
	cp_buf_release(&text);
	json_decref(j);
	return rc;
}

static int at_end(struct in *in, struct cp_err *err)
{
	if (in->n_segments == 0)
		return cp_err_set(err, "empty: expected the text of records");
	if (!in->w)
		return 0;
	if (!in->opts->edited)
		return cp_err_set(err, "ends without its #end: cut short");
	return close_segment(in, err);
}

static int read_lines(struct in *in, struct cp_err *err)
{
	int rc;
	while ((rc = get_line(in, err)) == 1)
		if ((in->kind == CP_TWIN_TSV ? tsv_line(in, err) : json_line(in, err)) < 0)
			return -1;
	return rc < 0 ? -1 : at_end(in, err);
}

int cp_twin_read(enum cp_twin kind, FILE *f, const char *name, FILE *out, const struct cp_twin_opts *opts, uint64_t *n_rows, struct cp_err *err)
{
	struct cp_twin_opts o = *opts;
	struct in in = { .kind = kind, .f = f, .out = out, .name = name, .opts = &o, .line = CP_BUF_INIT, .cell = CP_BUF_INIT, .list = CP_BUF_INIT };
	if (!o.edited) {	/* only as announced */
		o.writer.block_rows = CP_BLOCK_ROWS_LIMIT;
		o.writer.block_bytes = CP_BLOCK_LIMIT;
	}
	int rc = read_lines(&in, err);
	if (rc < 0)
		cp_err_wrap(err, "%s: line %" PRIu64, name, in.line_no);
	cp_writer_abort(in.w);
	free_schema(&in);
	cp_buf_release(&in.line);
	cp_buf_release(&in.cell);
	cp_buf_release(&in.list);
	free(in.input);
	*n_rows = in.n_rows;
	return rc;
}
