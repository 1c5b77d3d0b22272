/* A table of CSV inputs and what they are: rows as [a|b], faults as their sentence.  Each is read whole from memory, byte by byte from a
 * pipe, by the scanner of every level in batches of five bytes, and with every row through libcsv: all must agree.  Random rows, too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rng.h"
#include "text/csv.h"
#include "text/scan.h"

static int count, failed;

static void ok(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++count, what);
	failed += !good;
}

struct item {
	const char *what, *in;
	size_t len;
	struct cp_csv_opts o;
	const char *out;
};

#define IN(s) s, sizeof s - 1

static const struct item items[] = {
	{ "plain rows", IN("a,b\n1,2\n3,4\n"), { 0 }, "a|b;[1|2][3|4]" },
	{ "last line without its end", IN("a,b\n1,2\n3,4"), { 0 }, "a|b;[1|2][3|4]" },
	{ "CR LF", IN("a,b\r\n1,2\r\n\"3\",4\r\n"), { 0 }, "a|b;[1|2][3|4]" },
	{ "CR LF, the last one cut in half", IN("a,b\r\n1,2\r"), { 0 }, "a|b;[1|2]" },
	{ "a byte order mark", IN("\xef\xbb\xbf" "a,b\n1,2\n"), { 0 }, "a|b;[1|2]" },
	{ "a byte order mark before a quote", IN("\xef\xbb\xbf\"a\",b\n1,2\n"), { 0 }, "a|b;[1|2]" },
	{ "quotes", IN("a,b\n\"x, y\",\"say \"\"hi\"\"\"\n\"\",\"\"\"\"\n"), { 0 }, "a|b;[x, y|say \"hi\"][|\"]" },
	{ "line ends inside quotes", IN("a,b\n\"x\ny\",\"\r\n\"\n1,2\n"), { 0 }, "a|b;[x\ny|\r\n][1|2]" },
	{ "a header over two lines", IN("\"a\nb\",c\n1,2\n"), { 0 }, "a\nb|c;[1|2]" },
	{ "blanks around fields go, inside quotes stay", IN(" a ,\tb\n  1 , \" 2 \" \n"), { 0 }, "a|b;[1| 2 ]" },
	{ "blanks inside a field stay", IN("a\nx  y z\n"), { 0 }, "a;[x  y z]" },
	{ "empty fields", IN("a,b,c\n,,\n\"\",,x\n"), { 0 }, "a|b|c;[||][||x]" },
	{ "blank lines are no rows", IN("\n\na,b\n\n1,2\n  \n\r\n3,4\n\n"), { 0 }, "a|b;[1|2][3|4]" },
	{ "one column: a quoted nothing is a row", IN("a\n\"\"\n\nx\n"), { 0 }, "a;[][x]" },
	{ "header only", IN("a,b\n"), { 0 }, "a|b;" },
	{ "semicolons", IN("a;b\n1,5;\"2;3\"\n"), { .delimiter = ';' }, "a|b;[1,5|2;3]" },
	{ "tabs", IN("a\tb\tc\n1\t\t\"x\ty\"\n\t\t\n x \t\ty\n"), { .delimiter = '\t' }, "a|b|c;[1||x\ty][||][x||y]" },
	{ "spaces", IN("a b\n1 2\n\"x y\" 3\n"), { .delimiter = ' ' }, "a|b;[1|2][x y|3]" },
	{ "no header", IN("1,2\n3,4\n"), { .no_header = 1 }, "f1|f2;[1|2][3|4]" },
	{ "no header, quotes over two lines first", IN("\"1\n1\",2\n3,4\n"), { .no_header = 1 }, "f1|f2;[1\n1|2][3|4]" },
	{ "UTF-8 and replaced parts", IN("a,b\n\xc3\xa9,\xe2\x82\n\xf0\x80\x80\x41,\xff\xed\xa0\x80\n"), { .replace_utf8 = 1 },
	  "a|b;[\xc3\xa9|\xef\xbf\xbd][\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" "A|\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd]" },

	{ "nothing", IN(""), { 0 }, "t: empty: expected a CSV that begins with the names of its columns" },
	{ "only line ends", IN("\n\r\n \n"), { 0 }, "t: empty: expected a CSV that begins with the names of its columns" },
	{ "nothing, no header", IN(""), { .no_header = 1 }, "t: empty: expected a CSV" },
	{ "only a byte order mark", IN("\xef\xbb\xbf"), { 0 }, "t: empty: expected a CSV that begins with the names of its columns" },
	{ "UTF-16", IN("\xff\xfe" "a\0,\0"), { 0 }, "t: this is UTF-16, expected UTF-8; iconv -f UTF-16 -t UTF-8 converts it" },
	{ "a record stream", IN("\x89" "CPS\r\n\x1a\n\0\0"), { 0 }, "t: this is a record stream, expected a CSV" },
	{ "gzip", IN("\x1f\x8b\x08\0abc"), { 0 }, "t: this is compressed by gzip, expected a CSV; gzip -dc unpacks it" },
	{ "a bare quote behind a quoted field", IN("a,b\n\"q\",x\"y\n"), { 0 },
	  "a|b;{t: line 2, column 2 'b': a quote inside an unquoted field; a field that holds one is quoted whole, and the quote written "
	  "twice}" },
	{ "too few", IN("a,b,c\n1,2,3\n\n1,2\n4,5,6\n"), { 0 },
	  "a|b|c;[1|2|3]{t: line 4, column 3 'c': missing: the row has 2 fields, expected 3}[4|5|6]" },
	{ "too many", IN("a,b\n\"x\ny\",2\n1,2,3\n"), { 0 },
	  "a|b;[x\ny|2]{t: line 4, column 3: one too many: the row has 3 fields, expected 2}" },
	{ "a bare quote", IN("a,b\n1,x\"y\n3,4\n"), { 0 },
	  "a|b;{t: line 2, column 2 'b': a quote inside an unquoted field; a field that holds one is quoted whole, and the quote written "
	  "twice}[3|4]" },
	{ "text after the closing quote", IN("a,b\n\"x\"y,2\n3,4\n"), { 0 },
	  "a|b;{t: line 2, column 1 'a': text after the closing quote; a quote inside quotes is written twice}[3|4]" },
	{ "a quote behind the closing one", IN("a,b\n\"x\" \"y\",2\n3,4\n"), { 0 },
	  "a|b;{t: line 2, column 1 'a': text after the closing quote; a quote inside quotes is written twice}[3|4]" },
	{ "a quote left open costs its line, not the rest", IN("a,b\n1,\"x\n3,4\n5,6\n"), { 0 },
	  "a|b;{t: line 2, column 2 'b': a quote is opened and never closed}[3|4][5|6]" },
	{ "a quote left open, found at a later one", IN("a,b\n\"x,1\n\"3\",4\n5,6\n"), { 0 },
	  "a|b;{t: line 3, column 1 'a': text after the closing quote; a quote inside quotes is written twice}[3|4][5|6]" },
	{ "a quote open at the end, in a later line of the row", IN("a,b\n\"x\ny\",\"z\n\n"), { 0 },
	  "a|b;{t: line 3, column 2 'b': a quote is opened and never closed}"
	  "{t: line 3, column 1 'a': a quote inside an unquoted field; a field that holds one is quoted whole, and the quote written twice}" },
	{ "a carriage return alone", IN("a,b\n1,2\r3,4\n5,6\n"), { 0 },
	  "a|b;{t: line 2: a carriage return inside the line; lines end with LF or CR LF}[5|6]" },
	{ "a carriage return, and an open quote behind it", IN("a,b\n1,2\r\"3\n5,6\n"), { 0 },
	  "a|b;{t: line 2: a carriage return inside the line; lines end with LF or CR LF}[5|6]" },
	{ "a NUL byte", IN("a,b\n1,x\0y\n3,4\n"), { 0 }, "a|b;{t: line 2, column 2 'b': a NUL byte; a CSV is text}[3|4]" },
	{ "a NUL byte, replacing", IN("a,b\n1,x\0y\n3,4\n"), { .replace_utf8 = 1 },
	  "a|b;{t: line 2, column 2 'b': a NUL byte; a CSV is text}[3|4]" },
	{ "bad UTF-8", IN("a,b\n1,2\n\"x\ny\",ab\xe9\n3,4\n"), { 0 },
	  "a|b;[1|2]{t: line 3, column 2 'b': byte 3 of the value (0xe9) is not UTF-8}[3|4]" },
	{ "bad UTF-8 in the header", IN("a,b\xe9\n1,2\n"), { 0 }, "t: line 1, column 2: byte 2 of the value (0xe9) is not UTF-8" },
	{ "a bad quote in the header", IN("a,b\"\n1,2\n"), { 0 },
	  "t: line 1, column 2: a quote inside an unquoted field; a field that holds one is quoted whole, and the quote written twice" },
	{ "a row too long, by a quote left open", IN("a,b\n1,\"2\n1234567890,1\n3,4\n"), { .max_row = 16 },
	  "a|b;{t: line 2, column 2 'b': the row is longer than 16 bytes; is a quote not closed?}[1234567890|1][3|4]" },
	{ "a line too long", IN("a,b\n1,2\n12345678901234567,1\n3,4\n"), { .max_row = 16 },
	  "a|b;[1|2]{t: line 3: the row is longer than 16 bytes}" },
};

static void put_row(const struct cp_csv *r, struct cp_buf *out)
{
	cp_buf_char(out, '[');
	for (size_t i = 0; i < r->n_fields; i++) {
		if (i)
			cp_buf_char(out, '|');
		cp_buf_add(out, r->fields[i].p, r->fields[i].n);
	}
	cp_buf_char(out, ']');
}

static void render(struct cp_csv *r, struct cp_buf *out, struct cp_err *err)
{
	if (!r) {
		cp_buf_str(out, err->msg);
		return;
	}
	for (size_t i = 0; i < r->n_names; i++)
		cp_buf_printf(out, "%s%s", i ? "|" : "", r->names[i]);
	cp_buf_char(out, ';');
	int rc;
	while ((rc = cp_csv_next(r, err)) > 0 || (rc < 0 && r->bad_row))
		if (rc > 0)
			put_row(r, out);
		else
			cp_buf_printf(out, "{%s}", err->msg);
	if (rc < 0)
		cp_buf_printf(out, "{%s}", err->msg);
	cp_csv_close(r);
}

/* A child that writes in[0..n) to a pipe one byte at a time; returns the end to read. */
static int trickle(const char *in, size_t n)
{
	int fd[2];
	if (pipe(fd) < 0)
		exit(1);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		close(fd[0]);
		for (size_t i = 0; i < n; i++)
			if (write(fd[1], in + i, 1) != 1)
				_exit(1);
		_exit(0);
	}
	close(fd[1]);
	return fd[0];
}

static const char *const how[] = { "from memory", "from a pipe", "all by libcsv", "base", "v3", "v4" };
enum { BY_PIPE = 1, BY_LIBCSV = 2, BY_LEVEL = 3, N_WAYS = 6 };

/* What there is to read, by one of the ways; 0 if the processor has not got it. */
static int read_by(int way, const char *in, size_t len, struct cp_csv_opts o, struct cp_buf *out)
{
	const struct cp_scan_kernels *best = cp_scan_in_force, *level = way >= BY_LEVEL ? cp_scan_kernels(how[way]) : best;
	struct cp_err err = { "" };
	int fd = way == BY_PIPE ? trickle(in, len) : -1;
	if (!level)
		return 0;
	o.by_libcsv = way == BY_LIBCSV;
	cp_scan_in_force = level;
	cp_scan_batch = way >= BY_LEVEL ? 5 : CP_SCAN_BATCH;
	render(fd >= 0 ? cp_csv_open(fd, "t", &o, &err) : cp_csv_open_mem(in, len, "t", &o, &err), out, &err);
	cp_scan_in_force = best;
	cp_scan_batch = CP_SCAN_BATCH;
	if (fd >= 0) {
		close(fd);
		wait(NULL);
	}
	return 1;
}

static void check_item(const struct item *it)
{
	for (int i = 0; i < N_WAYS; i++) {
		struct cp_buf out = CP_BUF_INIT;
		char name[128];
		if (!read_by(i, it->in, it->len, it->o, &out))
			continue;
		int good = !strcmp(out.data, it->out);
		snprintf(name, sizeof name, "%s, %s", it->what, how[i]);
		ok(good, name);
		if (!good)
			printf("# got:      %s\n# expected: %s\n", out.data, it->out);
		cp_buf_release(&out);
	}
}

/* Bytes that matter, at random: most rows are bad, many nearly good. */
static void check_random(void)
{
	static const char *const bits[] = { ",", ",", "\"", "\"", ",\"", "\",", "\n", "\n", "\r\n", "\r", " ", "x",
					    "abc", "\"\"", "\xc3\xa9", "1,2\n", "\"a\nb\",c\n" };
	const uint64_t n_bits = sizeof bits / sizeof *bits;
	int bad = 0;
	for (uint64_t n = 0; n < 400; n++) {
		struct cp_rng rng = cp_rng(1, CP_RNG_TEST, 0, n);
		struct cp_buf in = CP_BUF_INIT, want = CP_BUF_INIT, out = CP_BUF_INIT;
		cp_buf_str(&in, "a,b\n");
		for (int i = 0; i < 400; i++)
			cp_buf_str(&in, bits[cp_rng_below(&rng, n % 2 ? 9 : n_bits)]);
		read_by(BY_LIBCSV, in.data, in.len, (struct cp_csv_opts){ 0 }, &want);
		for (int way = 0; way < N_WAYS; way++) {
			cp_buf_reset(&out);
			if (way != BY_LIBCSV && (way != BY_PIPE || n < 8) && read_by(way, in.data, in.len, (struct cp_csv_opts){ 0 }, &out))
				bad += out.len != want.len || memcmp(out.data, want.data, want.len);
		}
		cp_buf_release(&in);
		cp_buf_release(&want);
		cp_buf_release(&out);
	}
	ok(!bad, "400 random inputs: the scanner gives what libcsv gives");
}

/* Every place in a large row where the buffer may have to move or grow. */
static void check_growth(void)
{
	struct cp_buf in = CP_BUF_INIT, out = CP_BUF_INIT, want = CP_BUF_INIT;
	struct cp_err err;
	struct cp_csv_opts o = { 0 };
	FILE *f = tmpfile();
	cp_buf_str(&in, "a,b\n");
	cp_buf_str(&want, "a|b;");
	for (int i = 0; i < 40; i++) {
		cp_buf_printf(&in, "%d,\"", i);
		cp_buf_printf(&want, "[%d|", i);
		for (int j = 0; j < i * 700; j++) {
			cp_buf_printf(&in, "line %d\n", j);
			cp_buf_printf(&want, "line %d\n", j);
		}
		cp_buf_str(&in, "\"\n");
		cp_buf_char(&want, ']');
	}
	if (!f || fwrite(in.data, 1, in.len, f) != in.len || fflush(f) || lseek(fileno(f), 0, SEEK_SET) < 0)
		exit(1);
	render(cp_csv_open(fileno(f), "t", &o, &err), &out, &err);
	ok(!strcmp(out.data, want.data), "rows larger than the buffer");
	fclose(f);
	cp_buf_release(&in);
	cp_buf_release(&out);
	cp_buf_release(&want);
}

static void check_ready(void)
{
	struct cp_err err;
	struct cp_csv_opts o = { 0 };
	int fd[2];
	if (pipe(fd) < 0 || write(fd[1], "a,b\n1,2\n3,\"x\n", 13) != 13)
		exit(1);
	struct cp_csv *r = cp_csv_open(fd[0], "t", &o, &err);
	ok(r && cp_csv_ready(r), "a whole row waits");
	ok(r && cp_csv_next(r, &err) == 1 && !cp_csv_ready(r), "half a row is not ready, though it holds a line end");
	close(fd[1]);
	cp_csv_close(r);
	close(fd[0]);
}

static void check_delimiter(void)
{
	struct cp_err err;
	char c = 0;
	ok(cp_csv_delimiter("\\t", &c, &err) == 0 && c == '\t' && cp_csv_delimiter("tab", &c, &err) == 0 && c == '\t' &&
	   cp_csv_delimiter("\t", &c, &err) == 0 && c == '\t' && cp_csv_delimiter("|", &c, &err) == 0 && c == '|', "delimiters");
	static const char *const bad[] = { "", "ab", "\"", "\n", "\r", "\xc3\xa9", "::" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(cp_csv_delimiter(bad[i], &c, &err) < 0, "no delimiter");
}

int main(void)
{
	for (size_t i = 0; i < sizeof items / sizeof *items; i++)
		check_item(&items[i]);
	check_random();
	check_growth();
	check_ready();
	check_delimiter();
	printf("1..%d\n", count);
	return failed > 0;
}
