/* The account of a stream that cp-cat --show prints.  For people: its form may change; programs read the header by cp-cat --to jsonl. */
#include "stream/show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "stream/totals.h"
#include "stream/twin.h"

/* Of a column. */
struct told {
	char *name;		/* as TSV has it, in one line */
	uint64_t stored, raw;	/* bytes */
};

static int read_all(struct cp_reader *r, struct told *c, struct cp_err *err)
{
	struct cp_block b;
	int rc;
	cp_reader_choose(r, NULL, 0);
	while ((rc = cp_reader_next(r, &b, err)) == 1)
		for (int i = 0; i < b.n_columns; i++) {
			c[i].stored += b.column[i].stored_len;
			c[i].raw += b.column[i].raw_len;
		}
	return rc;
}

static void show_columns(const struct cp_reader *r, const struct told *c, struct cp_buf *b)
{
	const struct cp_schema *s = cp_reader_schema(r);
	int width = 6;
	for (int i = 0; i < s->n; i++)
		width = (int)strlen(c[i].name) > width ? (int)strlen(c[i].name) : width;
	cp_buf_printf(b, "%-*s  %-8s %-8s %14s %14s  %s\n", width, "column", "type", "storage", "bytes", "stored", "digest");
	for (int i = 0; i < s->n; i++) {
		char hex[33];
		cp_reader_digest(r, i, hex);
		cp_buf_printf(b, "%-*s  %-8s %-8s %14" PRIu64 " %14" PRIu64 "  %s\n", width, c[i].name, s->column[i].type_name, s->column[i].store_name,
			      c[i].raw, c[i].stored, hex);
	}
}

static void add_json(struct cp_buf *b, const json_t *j)
{
	char *text = json_dumps(j, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	cp_buf_str(b, text ? text : "?");
	free(text);
}

static void show_attributes(const struct cp_schema *s, const struct told *c, struct cp_buf *b)
{
	int n = 0;
	for (int i = 0; i < s->n; i++) {
		const char *name;
		json_t *v;
		json_object_foreach(s->column[i].attributes, name, v) {
			cp_buf_printf(b, "%s%s: %s = ", n++ ? "" : "\nattributes\n", c[i].name, name);
			add_json(b, v);
			cp_buf_char(b, '\n');
		}
	}
}

/* NAME VERSION option=value ... file NAME DIGEST ... */
static void show_step(const json_t *step, struct cp_buf *b)
{
	static const char *const members[] = { "options", "files" };
	const char *tool = json_string_value(json_object_get(step, "tool")), *version = json_string_value(json_object_get(step, "version"));
	cp_buf_printf(b, "    %s %s", tool ? tool : "?", version ? version : "?");
	for (int m = 0; m < 2; m++) {
		const char *name;
		json_t *v;
		json_object_foreach(json_object_get(step, members[m]), name, v) {
			cp_buf_printf(b, " %s=", name);
			add_json(b, v);
		}
	}
	cp_buf_char(b, '\n');
}

/* Columns with the same chain are told together. */
static void show_chains(const struct cp_schema *s, const struct told *c, struct cp_buf *b)
{
	char *done = cp_xcalloc((size_t)s->n + 1, 1);
	cp_buf_str(b, "\nprovenance\n");
	for (int i = 0; i < s->n; i++) {
		const json_t *chain = s->column[i].chain;
		json_t *step;
		size_t k;
		if (done[i])
			continue;
		for (int j = i; j < s->n; j++)
			if (json_equal(s->column[j].chain, chain)) {
				cp_buf_printf(b, "%s%s", j > i ? ", " : "", c[j].name);
				done[j] = 1;
			}
		cp_buf_char(b, '\n');
		json_array_foreach(chain, k, step)
			show_step(step, b);
	}
	free(done);
}

static void show_totals(const struct cp_reader *r, const struct told *c, struct cp_buf *b)
{
	const char *digest;
	json_t *v;
	const struct cp_totals *t = cp_reader_totals(r);
	json_object_foreach(t->sources, digest, v)
		cp_buf_printf(b, "source %s, %" JSON_INTEGER_FORMAT " bytes\n", digest, json_integer_value(v));
	if (json_object_size(t->joined))
		cp_buf_printf(b, "joined with segments of %zu other origins\n", json_object_size(t->joined));
	for (int i = 0; i < t->n; i++) {
		size_t n_ids, n = 0;
		const uint64_t *ids = cp_reader_token_ids(r, i, &n_ids);
		for (size_t k = 0; ids && k < n_ids; k++)
			n += ids[k / 64] >> k % 64 & 1;
		if (ids)
			cp_buf_printf(b, "%s: %zu ids in use\n", c[i].name, n);
	}
}

static char *in_one_line(const char *name)
{
	struct cp_buf b = CP_BUF_INIT;
	cp_twin_text(name, &b);
	return cp_buf_detach(&b);
}

int cp_stream_show(struct cp_reader *r, struct cp_buf *b, struct cp_err *err)
{
	const struct cp_schema *s = cp_reader_schema(r);
	struct told *c = cp_xcalloc((size_t)s->n, sizeof *c);
	for (int i = 0; i < s->n; i++)
		c[i].name = in_one_line(s->column[i].name);
	int rc = read_all(r, c, err);
	if (rc == 0) {
		cp_buf_printf(b, "%" PRIu64 " rows, %" PRIu64 " blocks, %" PRIu64 " segments\n", cp_reader_rows(r), cp_reader_blocks(r),
			      cp_reader_segments(r));
		show_totals(r, c, b);
		cp_buf_char(b, '\n');
		show_columns(r, c, b);
		show_attributes(s, c, b);
		show_chains(s, c, b);
	}
	for (int i = 0; i < s->n; i++)
		free(c[i].name);
	free(c);
	return rc;
}
