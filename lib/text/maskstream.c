/* Rows of text to rows with tokens and masks: see maskstream.h. */
#include "text/maskstream.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/lines.h"
#include "base/utf8.h"
#include "stream/stream.h"
#include "text/maskcol.h"

/* Room for one row's tokens and pairs, and the cache. */
struct bench {
	struct cp_tok_cache *cache;
	struct cp_ids ids, pairs;
};

static void bench_init(struct bench *b)
{
	*b = (struct bench){ .cache = cp_tok_cache_new() };
}

static void bench_release(struct bench *b)
{
	cp_tok_cache_free(b->cache);
	cp_ids_release(&b->ids);
	cp_ids_release(&b->pairs);
}

static void add_row(const struct cp_mask_job *job, struct bench *b, uint64_t row, const char *text, size_t n, struct cp_build *tokens,
                    struct cp_build *mask)
{
	b->ids.n = b->pairs.n = 0;
	cp_tokenizer_encode(job->tok, b->cache, text, n, CP_TOK_SPECIAL, job->max_length, &b->ids);
	cp_mask_row(&job->spec, 0, row, b->ids.v, b->ids.n, &b->pairs);
	cp_add_list(tokens, b->ids.v, b->ids.n);
	cp_add_list(mask, b->pairs.v, b->pairs.n);
}

/* The two columns, at the end of the schema. */
static int add_columns(struct cp_schema *s, const struct cp_column *text, const struct cp_mask_job *job, struct cp_err *err)
{
	struct cp_column from = text ? *text : (struct cp_column){ 0 };	/* adding moves the columns */
	int tokens = cp_schema_add(s, CP_TOKENS, "tokens", err), mask = tokens < 0 ? -1 : cp_schema_add(s, CP_MASK, "mask", err);
	if (mask < 0)
		return -1;
	cp_tokens_describe(&s->column[tokens], job->tok, job->max_length);
	if (text)
		cp_column_set_json(&s->column[tokens], "text", json_deep_copy(from.attributes));
	cp_mask_describe(&s->column[mask], &job->spec, 0);
	cp_column_derive(&s->column[tokens], text ? &from : NULL, job->tokens_step);
	cp_column_derive(&s->column[mask], text ? &from : NULL, job->mask_step);
	return 0;
}

/* ---- Records ---- */

static int find_text(const struct cp_reader *r, struct cp_err *err)
{
	const struct cp_schema *s = cp_reader_schema(r);
	int text = cp_schema_find(s, CP_TEXT, "text");
	if (cp_schema_first(s, CP_TOKENS) >= 0 || cp_schema_first(s, CP_MASK) >= 0)
		return cp_err_set(err, "%s: has tokens or masks already; to draw others, drop these columns first (cp-cat --drop)", cp_reader_name(r));
	if (text < 0)
		return cp_err_set(err, "%s: no column 'text' (cp-textify makes one from CSV; --lines reads plain lines)", cp_reader_name(r));
	return text;
}

static int mask_block(struct cp_mask_job *job, struct bench *bench, const struct cp_block *b, int text, int row, struct cp_build *tokens,
                      struct cp_build *mask, struct cp_writer *w, struct cp_err *err)
{
	const struct cp_values *t = &b->column[text];
	size_t n = (size_t)b->n_columns;
	struct cp_values *v = cp_xcalloc(n + 2, sizeof *v);
	memcpy(v, b->column, n * sizeof *v);
	cp_build_reset(tokens);
	cp_build_reset(mask);
	for (size_t i = 0; i < b->n_rows; i++)
		add_row(job, bench, row < 0 ? b->first_row + i : b->column[row].u64[i], t->bytes + t->offsets[i], t->offsets[i + 1] - t->offsets[i],
		        tokens, mask);
	v[n] = cp_build_values(tokens);
	v[n + 1] = cp_build_values(mask);
	int rc = cp_writer_block(w, b->n_rows, v, err);
	free(v);
	return rc;
}

static int mask_all(struct cp_mask_job *job, struct cp_reader *r, struct cp_writer *w, const struct cp_schema *s, int text, struct cp_err *err)
{
	int row = cp_schema_first(cp_reader_schema(r), CP_ROW), chosen[2] = { text, row }, rc;
	struct bench bench;
	struct cp_build tokens, mask;
	struct cp_block b;
	bench_init(&bench);
	cp_build_init(&tokens, s->column[s->n - 2].store);
	cp_build_init(&mask, s->column[s->n - 1].store);
	cp_reader_choose(r, chosen, row < 0 ? 1 : 2);
	while ((rc = cp_reader_next(r, &b, err)) == 1)
		if ((rc = mask_block(job, &bench, &b, text, row, &tokens, &mask, w, err)) < 0)
			break;
	cp_build_release(&tokens);
	cp_build_release(&mask);
	bench_release(&bench);
	return rc;
}

int cp_mask_records(struct cp_mask_job *job, const char *path, FILE *out, struct cp_err *err)
{
	struct cp_reader *r = cp_reader_open(path, err);
	struct cp_writer *w = NULL;
	struct cp_schema s;
	int rc = -1, text;
	if (!r)
		return -1;
	cp_schema_copy(&s, cp_reader_schema(r));
	if ((text = find_text(r, err)) < 0 || add_columns(&s, &cp_reader_schema(r)->column[text], job, err) < 0 ||
	    !(w = cp_writer_open(out, &s, &(struct cp_writer_opts){ .pass = r }, err)))
		goto out;
	if ((rc = mask_all(job, r, w, &s, text, err)) < 0)
		cp_writer_abort(w);
	else {
		job->rows = cp_writer_rows(w);
		rc = cp_writer_close(w, err);
	}
out:
	cp_schema_release(&s);
	cp_reader_close(r);
	return rc;
}

/* ---- Lines ---- */

enum { ROW, TEXT, TOKENS, MASK };

static int lines_schema(struct cp_schema *s, const struct cp_mask_job *job, struct cp_err *err)
{
	cp_schema_init(s);
	if (cp_schema_add(s, CP_ROW, "row", err) < 0 || cp_schema_add(s, CP_TEXT, "text", err) < 0 || add_columns(s, NULL, job, err) < 0)
		return -1;
	cp_column_derive(&s->column[ROW], NULL, job->tokens_step);
	cp_column_derive(&s->column[TEXT], NULL, job->tokens_step);
	return 0;
}

/* A line without its end; bytes that are not UTF-8 become U+FFFD, as the column is text. */
static void clean_line(const char *s, size_t n, struct cp_buf *b)
{
	char utf8[4];
	if (n && s[n - 1] == '\n')
		n--;
	if (n && s[n - 1] == '\r')
		n--;
	cp_buf_reset(b);
	for (size_t i = 0; i < n; )
		cp_buf_add(b, utf8, cp_utf8_put(utf8, cp_utf8_next(s, n, &i)));
}

struct lines {
	struct cp_lines in;
	struct cp_digest *digest;
	uint64_t n_bytes;
};

static int mask_lines(struct cp_mask_job *job, struct lines *l, struct bench *bench, struct cp_writer *w, struct cp_err *err)
{
	struct cp_buf b = CP_BUF_INIT;
	const char *line;
	size_t n;
	int rc;
	while ((rc = cp_lines_next(&l->in, &line, &n, err)) == 1) {
		uint64_t row = job->first_row + cp_writer_rows(w);
		cp_digest_add(l->digest, line, n);
		l->n_bytes += n;
		clean_line(line, n, &b);
		cp_add_u64(cp_writer_column(w, ROW), row);
		cp_add_list(cp_writer_column(w, TEXT), b.data, b.len);
		add_row(job, bench, row, b.data, b.len, cp_writer_column(w, TOKENS), cp_writer_column(w, MASK));
		if ((rc = cp_writer_row(w, err)) < 0)
			break;
	}
	cp_buf_release(&b);
	return rc;
}

static int close_lines(struct cp_mask_job *job, const struct lines *l, struct cp_writer *w, struct cp_err *err)
{
	char hex[33];
	cp_digest_hex(l->digest, hex);
	cp_writer_source(w, hex, l->n_bytes);
	job->rows = cp_writer_rows(w);
	return cp_writer_close(w, err);
}

int cp_mask_lines(struct cp_mask_job *job, const char *path, FILE *out, struct cp_err *err)
{
	struct lines l = { 0 };
	struct cp_schema s;
	struct bench bench;
	struct cp_writer *w = NULL;
	int rc = -1;
	if (cp_lines_open(&l.in, path, err) < 0)
		return -1;
	l.digest = cp_digest_new();
	bench_init(&bench);
	if (lines_schema(&s, job, err) == 0 && (w = cp_writer_open(out, &s, NULL, err))) {
		if ((rc = mask_lines(job, &l, &bench, w, err)) < 0)
			cp_writer_abort(w);
		else
			rc = close_lines(job, &l, w, err);
	}
	bench_release(&bench);
	cp_schema_release(&s);
	cp_digest_free(l.digest);
	cp_lines_close(&l.in);
	return rc;
}
