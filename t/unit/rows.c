/* Rows of columns from CSV: keys against XXH3 itself, roles, templates, parts against the whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/mem.h"
#include "text/rows.h"
#include "text/template.h"

static int count, failed;

static void ok(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++count, what);
	failed += !good;
}

static void same(const char *got, const char *want, const char *what)
{
	int good = !strcmp(got, want);
	ok(good, what);
	if (!good)
		printf("# got:      %s\n# expected: %s\n", got, want);
}

static struct cp_rows *open_str(const char *csv, const struct cp_rows_spec *spec, struct cp_err *err)
{
	return cp_rows_open_mem(csv, strlen(csv), "t", spec, err);
}

/* Everything that the rows are, as text: schema, then a line a row. */
static void dump_value(struct cp_buf *b, const struct cp_column *c, const struct cp_values *v, size_t i)
{
	if (c->type == CP_TEXT)
		cp_buf_printf(b, " %.*s", (int)(v->offsets[i + 1] - v->offsets[i]), v->bytes + v->offsets[i]);
	else if (c->type == CP_LABEL || c->type == CP_WEIGHT)
		cp_buf_printf(b, " %g", v->f64[i]);
	else if (c->type == CP_TIME)
		cp_buf_printf(b, v->i64[i] == CP_TIME_MISSING ? " -" : " %lld", (long long)v->i64[i]);
	else if (c->type == CP_ROW)
		cp_buf_printf(b, "%llu", (unsigned long long)v->u64[i]);
	else
		cp_buf_printf(b, " %016llx", (unsigned long long)v->u64[i]);
}

static void dump(struct cp_rows *rows, struct cp_buf *b, struct cp_err *err)
{
	struct cp_block block;
	const struct cp_schema *s = rows ? cp_rows_schema(rows) : NULL;
	int rc = rows ? 1 : -1;
	while (rc > 0 && (rc = cp_rows_next(rows, &block, err)) > 0)
		for (size_t i = 0; i < block.n_rows; i++) {
			for (int c = 0; c < s->n; c++)
				dump_value(b, &s->column[c], &block.column[c], i);
			cp_buf_char(b, '\n');
		}
	if (rc < 0)
		cp_buf_printf(b, "{%s}", err->msg);
}

static void check(const char *csv, const struct cp_rows_spec *spec, const char *want, const char *what)
{
	struct cp_err err;
	struct cp_buf b = CP_BUF_INIT;
	struct cp_rows *rows = open_str(csv, spec, &err);
	dump(rows, &b, &err);
	same(b.data, want, what);
	cp_rows_close(rows);
	cp_buf_release(&b);
}

static uint64_t definition(const char *field, const char *stripped)
{
	return XXH3_64bits_withSeed(stripped, strlen(stripped), XXH3_64bits(field, strlen(field)));
}

static void check_keys(void)
{
	static const char *const value[] = { "x", "", "a longer value than sixteen bytes", "\xc3\x89t\xc3\xa9", "in  side" };
	static const char *const field[] = { "A", "Film genre" };
	struct cp_err err;
	struct cp_rows_spec spec = { .keys = 1 };
	struct cp_block b;
	struct cp_rows *rows = open_str("A,Film genre\nx,x\n\" \",\na longer value than sixteen bytes,\" a longer value than sixteen bytes\t\"\n"
					"\xc3\x89t\xc3\xa9, \xc3\x89t\xc3\xa9\n\"\n in  side\v\",in  side\n", &spec, &err);
	int good = rows && cp_rows_next(rows, &b, &err) == 1 && b.n_rows == 5 && b.n_columns == 3;
	for (size_t i = 0; good && i < 5; i++)
		for (int f = 0; f < 2; f++)
			good &= b.column[f + 1].u64[i] == definition(field[f], value[i]);
	ok(good, "keys are XXH3_64(stripped value, seed = XXH3_64(field name))");
	ok(good && b.column[1].u64[1] != b.column[2].u64[1], "missing has a key of its own in each field");
	cp_rows_close(rows);
}

static void check_roles(void)
{
	const struct cp_rows_spec text = { .text = 1 };
	check("weight,A,timestamp,label\n2,x,5,1\n0.5, y ,,0\n1e2,z,-7,-2.5\n", &text,
	      "0 1 5 2 A is x.\n1 0 - 0.5 A is y.\n2 -2.5 -7 100 A is z.\n", "roles by name, whatever the order of columns");
	check("A,B\nx,y\n", &text, "0 A is x. B is y.\n", "rows without any role");
	check("label,click,day,A\n9,1,3,x\n", &(struct cp_rows_spec){ .text = 1, .label = "click", .time = "day" },
	      "0 1 3 label is 9. A is x.\n", "other columns as label and time; 'label' is then a field");
	check("a,b\n", &(struct cp_rows_spec){ .text = 1, .label = "c" }, "{t: no column 'c' for --label; there are 'a' and 'b'}",
	      "a label that is not there");
	check("a,label\n", &(struct cp_rows_spec){ .text = 1, .label = "label", .time = "label" }, "{column 'label' cannot serve both --label and --time}",
	      "two roles for one column");
	check("a,label\nx,5\n", &(struct cp_rows_spec){ .text = 1, .time = "label" }, "0 5 a is x.\n", "a column of a usual name that has another role");
	check("label\n1\n", &text, "{t: no field is left: there is nothing to hash or to tell}", "no fields");
	check("label,A\n1,x\nyes,y\n", &text, "0 1 A is x.\n{t: line 3, column 1 'label': the label 'yes' is not a number; words are declared: label = yes}", "a word as label");
	check("label,A\n,x\n", &text, "{t: line 2, column 1 'label': the label '' is not a number}", "no label");
	check("label,A\nnan,x\n", &text, "{t: line 2, column 1 'label': the label 'nan' is not a number; words are declared: label = yes}", "not-a-number as label");
	check("A,label\nx,1e999\n", &text, "{t: line 2, column 2 'label': the label '1e999' is not a number}", "an infinite label");
	check("weight,A\n-1,x\n", &text, "{t: line 2, column 1 'weight': the weight '-1' is negative}", "a negative weight");
	check("timestamp,A\n1,x\n\"\n\n1.5\",x\n", &text, "0 1 A is x.\n{t: line 3, column 1 'timestamp': the timestamp '??1.5' is not a whole "
	      "number, expected seconds or the like, or nothing where it is missing}", "a timestamp with a fraction");
	check("timestamp,A\n-9223372036854775808,x\n", &text, "{t: line 2, column 1 'timestamp': the timestamp '-9223372036854775808' is "
	      "not a whole number, expected seconds or the like, or nothing where it is missing}", "the timestamp that means missing");
}

static void check_fields(void)
{
	const char *const ba[] = { "b", "a" }, *const bb[] = { "b", "b" }, *const bx[] = { "b", "x" }, *const f[] = { "f3", "f1" };
	const char *const names[] = { "label", "-", "C" }, *const role[] = { "label", "a" };
	check("a,b,c\n1,2,3\n", &(struct cp_rows_spec){ .text = 1, .fields = ba, .n_fields = 2 }, "0 b is 2. a is 1.\n", "fields chosen, in order");
	check("a,label\n1,2\n", &(struct cp_rows_spec){ .text = 1, .fields = role, .n_fields = 2 }, "0 2 a is 1.\n", "a role among the fields");
	check("a,b\n", &(struct cp_rows_spec){ .text = 1, .fields = bb, .n_fields = 2 }, "{--fields: 'b' is named twice}", "a field twice");
	check("a,b\n", &(struct cp_rows_spec){ .text = 1, .fields = bx, .n_fields = 2 },
	      "{t: no column 'x' for --fields; there are 'a' and 'b'}", "a field that is not there");
	check("a,,a\n1,2,3\n", &(struct cp_rows_spec){ .keys = 1 }, "{t: columns 1 and 3 are both called 'a'; give one another name in the first line, or leave both out by --fields}", "two columns of one name");
	check("a,\n1,2\n", &(struct cp_rows_spec){ .keys = 1 }, "{t: column 2 has no name; choose the fields by --fields}", "a column without name");
	check("1,2,3\n", &(struct cp_rows_spec){ .text = 1, .csv.no_header = 1 }, "0 f1 is 1. f2 is 2. f3 is 3.\n", "no header");
	check("1,2,3\n", &(struct cp_rows_spec){ .text = 1, .csv.no_header = 1, .fields = f, .n_fields = 2 }, "0 f3 is 3. f1 is 1.\n",
	      "no header: fields chosen");
	check("1,2,3\n", &(struct cp_rows_spec){ .text = 1, .csv.no_header = 1, .fields = names, .n_fields = 3 }, "0 1 C is 3.\n",
	      "no header: columns named");
	check("1,2\n", &(struct cp_rows_spec){ .text = 1, .csv.no_header = 1, .fields = names, .n_fields = 3 },
	      "{t: the first row has 2 columns, and 3 names are given for them}", "no header: too many names");
	check("1,2\n", &(struct cp_rows_spec){ .text = 1, .csv.no_header = 1, .label = "f2" }, "0 2 f1 is 1.\n", "no header: a role");
}

static void check_sentences(void)
{
	const char *csv = "label,A,B\n1,\" x \",\"two\r\nlines\"\n0,,\"\r\"\n";
	check(csv, &(struct cp_rows_spec){ .text = 1 }, "0 1 A is x. B is two lines.\n1 0 A is unknown. B is unknown.\n", "the sentence");
	check("A,B\nx,\"a\rb\nc\r\n\nd\"\n", &(struct cp_rows_spec){ .text = 1 }, "0 A is x. B is a b c  d.\n", "line ends become spaces");
	check(csv, &(struct cp_rows_spec){ .text = 1, .sentence = "{B}{{{A}}}, {A}!" }, "0 1 two lines{x}, x!\n1 0 unknown{unknown}, unknown!\n", "a template");
	check(csv, &(struct cp_rows_spec){ .text = 1, .sentence = "plain" }, "0 1 plain\n1 0 plain\n", "a template that tells nothing");
	check(csv, &(struct cp_rows_spec){ .text = 1, .sentence = "" }, "0 1 \n1 0 \n", "an empty template");
	check(csv, &(struct cp_rows_spec){ .text = 1, .sentence = "{C}" }, "{t: template: there is no column 'C'; there are 'label', 'A' and 'B'}",
	      "a template with an unknown name");
	check(csv, &(struct cp_rows_spec){ .text = 1, .sentence = "{A} {label}" },
	      "{t: 'label' is the label, and a sentence must not tell it}", "a template with the label");
	static const char *const bad[] = { "{A", "A}", "{", "}", "{A{B}", "{A}}", "a\nb" };
	struct cp_err err;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(cp_template_check(bad[i], &err) < 0 && !strncmp(err.msg, "template: ", 10), err.msg);
	ok(cp_template_check("{A} {{ }} {any name}", &err) == 0, "a good template");
	struct cp_rows_spec spec = { .text = 1, .sentence = "{A}!" };
	struct cp_rows *rows = open_str(csv, &spec, &err);
	const char *told = NULL;
	ok(rows && cp_column_get_str(&cp_rows_schema(rows)->column[2], "template", &told, &err) == 0 && !strcmp(told, "{A}!"),
	   "the template is an attribute of the text");
	cp_rows_close(rows);
}

static void check_bad_rows(void)
{
	const char *csv = "label,A\n1,a\nx,b\n0\n1,\"c\"d\n0,e\n1,\xff\n1,f\n";
	struct cp_rows_spec spec = { .text = 1, .skip_bad = 1, .first_row = 10 };
	struct cp_err err;
	struct cp_buf b = CP_BUF_INIT;
	struct cp_rows *rows = open_str(csv, &spec, &err);
	dump(rows, &b, &err);
	same(b.data, "10 1 A is a.\n14 0 A is e.\n16 1 A is f.\n", "bad rows left out keep their numbers");
	ok(cp_rows_read(rows) == 7 && cp_rows_bad(rows) == 4, "and are counted");
	same(cp_rows_first_bad(rows), "t: line 3, column 1 'label': the label 'x' is not a number; words are declared: label = yes", "the first is told");
	cp_rows_close(rows);
	cp_buf_release(&b);
	check("label,A\n1,a\nx,b\n", &(struct cp_rows_spec){ .text = 1 },
	      "0 1 A is a.\n{t: line 3, column 1 'label': the label 'x' is not a number; words are declared: label = yes}", "the rows before a bad one are given");
}

/* Good and bad rows, more than two blocks of them: the whole against parts cut around the ends of blocks. */
static void check_parts(void)
{
	static const unsigned cut[] = { 0, 1, 4097, 8192, 9000 };
	struct cp_buf in = CP_BUF_INIT, whole = CP_BUF_INIT, parts = CP_BUF_INIT;
	struct cp_err err;
	uint64_t n_read = 0;
	for (int part = -1; part < 4; part++) {		/* -1: the whole */
		cp_buf_reset(&in);
		cp_buf_str(&in, "label,A\n");
		for (unsigned i = part < 0 ? 0 : cut[part]; i < (part < 0 ? 9000 : cut[part + 1]); i++)
			cp_buf_printf(&in, i % 7 ? "%u,v%u\n" : i % 5 ? "%u,\"q\n%u\"\n" : "%u\n", i % 2, i * 2654435761u % 97);
		struct cp_rows_spec spec = { .keys = 1, .text = 1, .skip_bad = 1, .first_row = part < 0 ? 0 : cut[part] };
		struct cp_rows *rows = cp_rows_open_mem(in.data, in.len, "t", &spec, &err);
		dump(rows, part < 0 ? &whole : &parts, &err);
		n_read += cp_rows_read(rows);
		cp_rows_close(rows);
	}
	ok(n_read == 18000, "all rows are read");
	ok(whole.len && !strcmp(whole.data, parts.data), "parts with their own first row are the whole");
	cp_buf_release(&in);
	cp_buf_release(&whole);
	cp_buf_release(&parts);
}

static void check_eager(void)
{
	int fd[2];
	struct cp_err err;
	struct cp_block b;
	struct cp_rows_spec spec = { .keys = 1, .eager = 1 };
	if (pipe(fd) < 0 || write(fd[1], "A\nx\ny\n\"z", 8) != 8)
		exit(1);
	struct cp_rows *rows = cp_rows_open(fd[0], "t", &spec, &err);
	ok(rows && cp_rows_next(rows, &b, &err) == 1 && b.n_rows == 2, "eager: the rows that are there, without waiting");
	if (write(fd[1], "\"\n", 2) != 2)
		exit(1);
	close(fd[1]);
	ok(rows && cp_rows_next(rows, &b, &err) == 1 && b.n_rows == 1 && b.first_row == 2 && cp_rows_next(rows, &b, &err) == 0, "then the rest");
	cp_rows_close(rows);
	close(fd[0]);
}

static void check_long_text(void)
{
	struct cp_buf csv = CP_BUF_INIT;
	struct cp_err err;
	struct cp_block b;
	struct cp_rows_spec spec = { .text = 1 };
	size_t n = 0, blocks = 0;
	int rc, good = 1;
	cp_buf_str(&csv, "A\n");
	for (int i = 0; i < 30; i++)
		cp_buf_printf(&csv, "%0*d\n", 1 << 20, i);
	struct cp_rows *rows = cp_rows_open_mem(csv.data, csv.len, "t", &spec, &err);
	while ((rc = cp_rows_next(rows, &b, &err)) > 0) {
		good &= b.column[1].n_elems < 6u << 20;
		n += b.n_rows;
		blocks++;
	}
	ok(rc == 0 && good && n == 30 && blocks == 8, "a block ends when its text is long");
	cp_rows_close(rows);
	cp_buf_release(&csv);
}

/* What a stream's header says is enough to read another CSV in its way. */
static void check_like(void)
{
	struct cp_err err;
	struct cp_buf b = CP_BUF_INIT;
	struct cp_rows_spec spec = { .keys = 1, .text = 1, .label = "click", .sentence = "{A}: {label}" }, like;
	struct cp_rows *first = open_str("click,A,label\n1,x,y\n", &spec, &err);
	cp_rows_spec_like(&like, cp_rows_schema(first));
	like.keys = 0;		/* easier to compare */
	struct cp_rows *rows = open_str("more,label,A\n9,y,x\n", &like, &err);
	dump(rows, &b, &err);
	same(b.data, "0 x: y\n", "another CSV read like the first, whose fields include one called 'label'");
	cp_rows_close(rows);
	like.keys = 1;
	rows = open_str("more,label,A\n9,y,x\n", &like, &err);
	ok(rows && !strcmp(cp_rows_schema(rows)->column[1].name, "A") && !strcmp(cp_rows_schema(rows)->column[2].name, "label"),
	   "fields in the order of the first");
	cp_rows_close(rows);
	cp_buf_reset(&b);
	rows = open_str("label,B\n", &like, &err);
	dump(rows, &b, &err);
	same(b.data, "{t: no column 'A' for the model; there are 'label' and 'B'}", "a field that is missing");
	cp_rows_close(rows);
	cp_rows_close(first);
	cp_buf_release(&b);
}

int main(void)
{
	check_like();
	check_keys();
	check_roles();
	check_fields();
	check_sentences();
	check_bad_rows();
	check_parts();
	check_eager();
	check_long_text();
	printf("1..%d\n", count);
	return failed > 0;
}
