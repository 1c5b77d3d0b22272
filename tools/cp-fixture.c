/* cp-fixture: are our numbers the reference's?  TAP, one line a tensor.  The work is lib/fixture's. */
#include <stdio.h>

#include "fixture/fixture.h"
#include "nn/gemm.h"
#include "tool.h"

static const struct cp_opt opts[] = { { 0 } };

static const struct cp_tool tool = {
	.name = "cp-fixture",
	.synopsis = "FILE|FOLDER...",
	.summary = "compare our networks with numbers of the reference programs",
	.opts = opts,
	.notes = "A folder means the cases directly in it: safetensors files with a config, .jsonl files of texts, metrics.json.",
	.max_operands = -1,
};

struct count {
	unsigned long n, bad;
};

static void print_line(void *ctx, int good, const char *what)
{
	struct count *c = ctx;
	c->n++;
	c->bad += !good;
	printf("%sok %lu - %s\n", good ? "" : "not ", c->n, what);
}

int main(int argc, char **argv)
{
	struct count c = { 0, 0 };
	struct fx_report r = { print_line, &c };
	struct cp_err err;
	nn_blas_prepare(argv);
	cp_tool_start(&tool, &argc, argv);
	if (argc < 2)
		cp_usage("expected a file or a folder of fixtures");
	if (nn_gemm_check(1, &err) < 0)
		cp_die("%s", err.msg);
	for (int i = 1; i < argc; i++)
		fx_check(argv[i], &r);
	printf("1..%lu\n", c.n);
	if (c.bad) {
		fflush(stdout);
		cp_die("%lu of %lu comparisons are not as they should be", c.bad, c.n);
	}
	return cp_tool_finish(c.n, c.n, NULL);
}
