/* cp-model: what a model holds, how two of them differ, the values it knows, the mean of several, and its language model as a folder.  The work
 * is lib/train/inspect.h's and lib/train/exportplm.h's. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "nn/gemm.h"
#include "tool.h"
#include "train/exportplm.h"
#include "train/inspect.h"

static const char *output, *field, *value, *names_path, *tensor;
static int json, tensors;
static int64_t limit = 10;

static const struct cp_opt opts[] = {
	{ 0, "json", CP_OPT_SET, &json, NULL, "show: as JSON, with the tensors", .set = 1, .with = "show" },
	{ 0, "tensors", CP_OPT_SET, &tensors, NULL, "show: also names, types, shapes and norms of tensors", .set = 1, .with = "show" },
	{ 0, "field", CP_OPT_STR, &field, "NAME", "vocab, export: this field alone; neighbours: of this field", .with = "vocab|neighbours|export" },
	{ 0, "value", CP_OPT_STR, &value, "TEXT", "neighbours: of this value", .with = "neighbours" },
	{ 0, "names", CP_OPT_STR, &names_path, "CSV", "name the values that this CSV has, in columns called as the fields",
	  .use = CP_USE_INPUT, .with = "vocab|neighbours|export" },
	{ 0, "tensor", CP_OPT_STR, &tensor, "NAME", "export: the numbers of this tensor, not the values' vectors", .with = "export" },
	{ 'n', "limit", CP_OPT_INT, &limit, "N", "neighbours: so many", .min = 1, .max = 1e9, .with = "neighbours" },
	{ 'o', "output", CP_OPT_STR, &output, "FILE", "write here; average: the model; export-plm: the folder", .use = CP_USE_OUTPUT },
	{ 0 },
};

#define COMMANDS "show, compare, vocab, neighbours, export, export-plm or average"

static const struct cp_tool tool = {
	.name = "cp-model",
	.synopsis =
	"show [--tensors] [--json] MODEL\ncompare MODEL MODEL\nvocab [--field NAME] [--names CSV] MODEL\n"
	"neighbours --field NAME --value TEXT [--names CSV] [-n N] MODEL\nexport [--field NAME] [--names CSV] MODEL\nexport --tensor NAME MODEL\n"
	"export-plm -o DIR MODEL\naverage -o MODEL MODEL...",
	.summary = "show, compare, average and export models",
	.opts = opts,
	.max_operands = -1,
	.n_words = 1,
};

struct work {
	struct cp_inspect *m;
	size_t n;
	struct cp_value_names *names;
	struct cp_buf out;
};

static int do_show(struct work *w, struct cp_err *err)
{
	return json ? cp_inspect_json(w->m, &w->out, err) : cp_inspect_show(w->m, tensors, &w->out, err);
}

static int do_compare(struct work *w, struct cp_err *err)
{
	return cp_inspect_compare(&w->m[0], &w->m[1], &w->out, err);
}

static int do_vocab(struct work *w, struct cp_err *err)
{
	return cp_inspect_vocab(w->m, field, w->names, 0, &w->out, err);
}

static int do_export(struct work *w, struct cp_err *err)
{
	return tensor ? cp_inspect_tensor(w->m, tensor, &w->out, err) : cp_inspect_vocab(w->m, field, w->names, 1, &w->out, err);
}

static int do_neighbours(struct work *w, struct cp_err *err)
{
	return cp_inspect_neighbours(w->m, field, value, w->names, (size_t)limit, &w->out, err);
}

static int do_average(struct work *w, struct cp_err *err)
{
	const struct cp_inspect *stranger;
	if (cp_inspect_average(w->m, w->n, output, err) < 0)
		return -1;
	if ((stranger = cp_inspect_stranger(w->m, w->n)))
		cp_note("nothing that %s and %s say shows that they began from the same parameters; the mean of networks that did not is worse than each of "
			"them: then take the mean of their scores", stranger->path, w->m->path);
	return 0;
}

static int do_export_plm(struct work *w, struct cp_err *err)
{
	return cp_export_plm(w->m, output, err);
}

static const struct command {
	const char *name;
	size_t min, max;		/* models */
	int (*work)(struct work *, struct cp_err *);
} commands[] = {
	{ "show", 1, 1, do_show }, { "compare", 2, 2, do_compare }, { "vocab", 1, 1, do_vocab }, { "neighbours", 1, 1, do_neighbours },
	{ "export", 1, 1, do_export }, { "export-plm", 1, 1, do_export_plm }, { "average", 1, 10000, do_average },
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	cp_usage("unknown command '%s'; expected " COMMANDS, name);
}

static const char *check_options(const struct command *c, size_t n)
{
	if (n < c->min || n > c->max)
		return c->max == 1 ? "one model is expected" : c->max == 2 ? "two models are expected" : "models are expected";
	if (c->work == do_neighbours && (!field || !value))
		return "neighbours needs --field and --value";
	if (tensor && (field || names_path))
		return "--tensor goes without --field and --names";
	if (c->work == do_average && cp_is_standard(output))
		return "average needs -o FILE: a model is not written to standard output";
	if (c->work == do_export_plm && cp_is_standard(output))
		return "export-plm needs -o DIR";
	return NULL;
}

int main(int argc, char **argv)
{
	struct cp_err err;
	struct work w = { .out = CP_BUF_INIT };
	nn_blas_prepare(argv);
	cp_tool_start(&tool, &argc, argv);
	if (argc < 2)
		cp_usage("a command is expected: " COMMANDS);
	const struct command *c = find_command(argv[1]);
	const char *wrong = check_options(c, (size_t)argc - 2);
	cp_tool_command(c->name);
	if (wrong)
		cp_usage("%s", wrong);
	w.m = cp_xcalloc((size_t)argc - 2, sizeof *w.m);
	for (; w.n < (size_t)argc - 2; w.n++)
		if (cp_inspect_open(&w.m[w.n], argv[w.n + 2], &err) < 0)
			cp_die("%s", err.msg);
	if (names_path && !(w.names = cp_value_names_read(w.m, names_path, &err)))
		cp_die("%s", err.msg);
	if (c->work(&w, &err) < 0)
		cp_die("%s", err.msg);
	if (c->work != do_average && c->work != do_export_plm)
		cp_tool_write(&w.out, output);
	uint64_t n = cp_tool_lines(&w.out);
	cp_value_names_free(w.names);
	for (size_t i = 0; i < w.n; i++)
		cp_inspect_close(&w.m[i]);
	free(w.m);
	cp_buf_release(&w.out);
	return cp_tool_finish(0, n, NULL);
}
