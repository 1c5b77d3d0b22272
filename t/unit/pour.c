/* Rows by threads against rows one by one: random inputs, most of them with faults, cut into far too small chunks and windows.  The same
 * rows, counts and sentences must come out, and from 1, 2 and 3 threads the same bytes. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rng.h"
#include "text/pour.h"
#include "text/rows.h"

static int count, failed;

static void ok(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++count, what);
	failed += !good;
}

static void put_block(const struct cp_block *b, struct cp_buf *out)
{
	for (size_t i = 0; i < b->n_rows; i++) {
		for (int c = 0; c < b->n_columns; c++) {
			const struct cp_values *v = &b->column[c];
			if (v->offsets)
				cp_buf_add(out, v->bytes + v->offsets[i], v->offsets[i + 1] - v->offsets[i]);
			else
				cp_buf_printf(out, "%llx ", (unsigned long long)v->u64[i]);
		}
		cp_buf_char(out, '\n');
	}
}

static void put_end(struct cp_buf *out, int rc, uint64_t bad, const char *first_bad, const struct cp_err *err)
{
	cp_buf_printf(out, "%llu bad, first: %s; %s\n", (unsigned long long)bad, first_bad ? first_bad : "none", rc < 0 ? err->msg : "good");
}

static void one_by_one(const struct cp_buf *in, const struct cp_rows_spec *spec, struct cp_buf *out)
{
	struct cp_err err;
	struct cp_block b;
	int rc;
	struct cp_rows *rows = cp_rows_open_mem(in->data, in->len, "t", spec, &err);
	if (!rows) {
		cp_buf_str(out, err.msg);
		return;
	}
	while ((rc = cp_rows_next(rows, &b, &err)) > 0)
		put_block(&b, out);
	put_end(out, rc, cp_rows_bad(rows), cp_rows_first_bad(rows), &err);
	cp_rows_close(rows);
}

/* What the records hold that were written; they lack their trailer where there was a fault. */
static void put_records(const char *records, size_t len, struct cp_buf *out)
{
	struct cp_err err;
	struct cp_block b;
	struct cp_reader *r = cp_reader_open_file(fmemopen((void *)records, len, "r"), "t", &err);
	while (r && cp_reader_next(r, &b, &err) > 0)
		put_block(&b, out);
	cp_reader_close(r);
}

static void pour(int fd, const struct cp_buf *in, const struct cp_rows_spec *spec, size_t window, struct cp_team *team, struct cp_buf *out,
		 struct cp_buf *bytes)
{
	struct cp_err err = { "" }, ignored;
	char *records = NULL;
	size_t len = 0;
	struct cp_csv *csv = fd < 0 ? cp_csv_open_mem(in->data, in->len, "t", &spec->csv, &err) : cp_csv_open(fd, "t", &spec->csv, &err);
	struct cp_plan *plan = csv ? cp_plan_new(csv, spec, &err) : NULL;
	if (!plan) {
		cp_buf_str(out, err.msg);
		cp_csv_close(csv);
		return;
	}
	FILE *f = open_memstream(&records, &len);
	struct cp_writer *w = cp_writer_open(f, cp_plan_schema(plan), NULL, &ignored);
	struct cp_pour p = { .fd = fd, .csv = csv, .plan = plan, .team = team, .writer = w, .skip_bad = spec->skip_bad, .first_row = spec->first_row,
			     .chunk_rows = window / 40, .window = window };
	int rc = cp_pour(&p, &err);
	if (rc < 0)
		cp_writer_abort(w);
	else
		cp_writer_close(w, &ignored);
	fclose(f);
	put_records(records, len, out);
	put_end(out, rc, p.n_bad, p.first_bad, &err);
	if (bytes)
		cp_buf_add(bytes, records, len);
	free(records);
	free(p.first_bad);
	cp_plan_free(plan);
	cp_csv_close(csv);
}

static void make_input(struct cp_rng *rng, uint64_t n, struct cp_buf *in)
{
	static const char *const rows[] = { "1,2,x\n", "0,34,\"y, z\"\n", "1,5,\"a\nb\"\n", "0,,z\r\n", "1,\"6\",w\n", "0,7,\"\"\"q\"\"\"\n", "\n", "\r\n", " \n",
					    "0,x\n", "nolabel,1,2\n", "1,a\"b,c\n", "1,\"a\"b,c\n", "0,\"open,1\n", "1,a\rb,c\n", "1,\xff,c\n", "\"\n" };
	const uint64_t all = sizeof rows / sizeof *rows, good = 6, choice = n % 4 == 0 ? good : n % 4 == 1 ? good + 3 : all;
	cp_buf_reset(in);
	cp_buf_str(in, "label,A,B\n");
	for (int i = 0; i < 400; i++)
		cp_buf_str(in, rows[cp_rng_below(rng, n % 4 == 3 && cp_rng_below(rng, 20) ? good : choice)]);
}

/* A pipe with all of it in, in packets: a read gives one of them.  (And loses what it has no room for: windows are multiples.) */
static int pipe_of(const struct cp_buf *in)
{
	int fd[2];
	const size_t piece = 24;
	if (pipe2(fd, O_DIRECT) < 0 || fcntl(fd[1], F_SETPIPE_SZ, 1 << 20) < 0)
		exit(1);
	for (size_t i = 0; i < in->len; i += piece) {
		size_t n = in->len - i < piece ? in->len - i : piece;
		if (write(fd[1], in->data + i, n) != (ssize_t)n)
			exit(1);
	}
	close(fd[1]);
	return fd[0];
}

static int same(const struct cp_buf *a, const struct cp_buf *b)
{
	return a->len == b->len && !memcmp(a->data, b->data, a->len);
}

static void check_random(struct cp_team *const team[3])
{
	static const size_t windows[] = { 96, 24 * 14, 24 * 80 };
	int bad = 0, bytes_differ = 0;
	for (uint64_t n = 0; n < 160; n++) {
		struct cp_rng rng = cp_rng(1, CP_RNG_TEST, 0, n);
		struct cp_buf in = CP_BUF_INIT, want = CP_BUF_INIT, got = CP_BUF_INIT, bytes[3] = { CP_BUF_INIT, CP_BUF_INIT, CP_BUF_INIT };
		struct cp_rows_spec spec = { .keys = 1, .text = 1, .skip_bad = n % 8 < 6, .first_row = n, .csv.max_row = n % 16 == 3 ? 300 : 0 };
		make_input(&rng, n, &in);
		one_by_one(&in, &spec, &want);
		for (int i = 0; i < 3; i++) {
			int fd = i == 1 ? pipe_of(&in) : -1;
			cp_buf_reset(&got);
			pour(fd, &in, &spec, windows[n % 3], team[i], &got, i == 1 ? NULL : &bytes[i]);
			bad += !same(&got, &want);
			if (fd >= 0)
				close(fd);
		}
		bytes_differ += !same(&bytes[0], &bytes[2]);
		cp_buf_release(&in);
		cp_buf_release(&want);
		cp_buf_release(&got);
		for (int i = 0; i < 3; i++)
			cp_buf_release(&bytes[i]);
	}
	ok(!bad, "160 inputs: the rows, counts and sentences of reading one by one");
	ok(!bytes_differ, "and the same bytes from one thread and from three");
}

/* A block that its sentences fill before its rows do, again and again. */
static void check_full(struct cp_team *team)
{
	struct cp_buf in = CP_BUF_INIT, want = CP_BUF_INIT, got = CP_BUF_INIT, value = CP_BUF_INIT;
	struct cp_rows_spec spec = { .keys = 1, .text = 1, .sentence = "{A}{A}{A}{A}{A}{A}{A}{A}{A}{A}{A}{A}{A}{A}{A}{A}{A}{A}{A}{A}" };
	for (int i = 0; i < 1000; i++)
		cp_buf_char(&value, 'v');
	cp_buf_str(&in, "label,A\n");
	for (int i = 0; i < 1500; i++)
		cp_buf_printf(&in, "1,%d%s\n", i, value.data);
	one_by_one(&in, &spec, &want);
	pour(-1, &in, &spec, 0, team, &got, NULL);
	ok(same(&got, &want), "blocks filled by their sentences");
	cp_buf_release(&in);
	cp_buf_release(&want);
	cp_buf_release(&got);
	cp_buf_release(&value);
}

/* A row of many windows, and what follows it. */
static void check_long(struct cp_team *team)
{
	struct cp_buf in = CP_BUF_INIT, want = CP_BUF_INIT, got = CP_BUF_INIT;
	struct cp_rows_spec spec = { .keys = 1, .text = 1, .skip_bad = 1 };
	cp_buf_str(&in, "label,A\n1,x\n0,\"");
	for (int i = 0; i < 500; i++)
		cp_buf_printf(&in, "line %d\n", i);
	cp_buf_str(&in, "\"\n1,y\n0,\"never closed\n1,z\n");
	one_by_one(&in, &spec, &want);
	int fd = pipe_of(&in);
	pour(fd, &in, &spec, 96, team, &got, NULL);
	close(fd);
	ok(same(&got, &want), "a row longer than the buffer");
	cp_buf_release(&in);
	cp_buf_release(&want);
	cp_buf_release(&got);
}

int main(void)
{
	struct cp_err err;
	struct cp_team *team[3] = { NULL, cp_team_new(2, &err), cp_team_new(3, &err) };
	check_random(team);
	check_full(team[2]);
	check_long(team[1]);
	cp_team_free(team[1]);
	cp_team_free(team[2]);
	printf("1..%d\n", count);
	return failed > 0;
}
