/* cp-mask: tokens and masks for records with text, or for plain lines.  The work is lib/text/maskstream.h's. */
#include <stdlib.h>

#include "base/file.h"
#include "stream/schema.h"
#include "text/maskstream.h"
#include "tool.h"

/* The positions that a default --max-length leaves to the prompts, which come before the tokens (cp-train --prompts). */
enum { PROMPT_ROOM = 8, USUAL_POSITIONS = 512, LONGEST = 1 << 20 };

static struct {
	const char *plm, *output;
	int64_t max_length, first_row;
	double rate, share_mask, share_random;
	uint64_t seed;
	int lines, is_static;
} o = { .rate = 0.15, .share_mask = 0.8, .share_random = 0.1, .seed = 1 };

static const struct cp_opt opts[] = {
	{ 0, "plm", CP_OPT_STR, &o.plm, "DIR", "model folder with the tokenizer; by default share/clickprompt/plm", .use = CP_USE_NAME },
	{ 0, "max-length", CP_OPT_INT, &o.max_length, "N", "tokens a row at most, [CLS] and [SEP] included; 0: the model's positions less 8",
	  .min = 0, .max = LONGEST, .content = 1 },
	{ 0, "rate", CP_OPT_REAL, &o.rate, "P", "share of the tokens that are chosen", .min = 0, .max = 1, .content = 1 },
	{ 0, "share-mask", CP_OPT_REAL, &o.share_mask, "P", "of those, become the mask token", .min = 0, .max = 1, .content = 1 },
	{ 0, "share-random", CP_OPT_REAL, &o.share_random, "P", "of those, become a random token; the rest stay", .min = 0, .max = 1, .content = 1 },
	{ 0, "seed", CP_OPT_SEED, &o.seed, "N", "another seed, other masks", .content = 1 },
	{ 0, "static", CP_OPT_SET, &o.is_static, NULL, "let training keep these masks in every epoch", .set = 1, .content = 1 },
	{ 0, "lines", CP_OPT_SET, &o.lines, NULL, "read plain lines of text", .set = 1 },
	{ 0, "first-row", CP_OPT_INT, &o.first_row, "N", "with --lines: number of the first row", .min = 0, .max = 9e15 },
	{ 'o', "output", CP_OPT_STR, &o.output, "FILE", "write here instead of standard output", .use = CP_USE_OUTPUT },
	{ 0 },
};

static const struct cp_tool tool = {
	.name = "cp-mask",
	.synopsis = "[OPTION...] [FILE] > RECORDS\n--lines [OPTION...] [FILE] > RECORDS",
	.summary = "tokens of a language model and masks, for records with text",
	.opts = opts,
	.notes = "Adds the columns tokens and mask to the column text; other columns are passed on.",
	.max_operands = 1,
	.filter = 1,
};

static const char *check_options(void)
{
	if (o.share_mask + o.share_random > 1)
		return "--share-mask and --share-random together are more than 1";
	if (cp_opts_given(&cp_tool_opts, "first-row") && !o.lines)
		return "--first-row goes with --lines: records carry their row numbers";
	return NULL;
}

static struct cp_tokenizer *open_tokenizer(void)
{
	struct cp_err err;
	size_t positions = 0;
	char *dir = o.plm ? cp_xstrdup(o.plm) : cp_share_path("plm", &err);
	struct cp_tokenizer *tok = dir ? cp_tokenizer_open(dir, &err) : NULL;
	if (!tok || cp_tokenizer_positions(dir, &positions, &err) < 0)
		cp_die("%s", err.msg);
	if (!positions)
		positions = USUAL_POSITIONS;
	if (!o.max_length)
		o.max_length = (int64_t)(positions > 2 * PROMPT_ROOM ? positions - PROMPT_ROOM : positions);
	free(dir);
	return tok;
}

/* Tokens depend on fewer options than masks. */
static void set_steps(struct cp_mask_job *job)
{
	struct cp_buf length = CP_BUF_INIT;
	cp_buf_printf(&length, "%lld", (long long)o.max_length);
	job->mask_step = cp_step_new(tool.name, CP_VERSION, opts);
	job->tokens_step = cp_step_new(tool.name, CP_VERSION, NULL);
	cp_step_set(job->tokens_step, "max-length", length.data);
	cp_step_file(job->tokens_step, "tokenizer", cp_tokenizer_digest(job->tok));
	cp_step_file(job->mask_step, "tokenizer", cp_tokenizer_digest(job->tok));
	cp_buf_release(&length);
}

static int run(struct cp_mask_job *job, const char *path, struct cp_err *err)
{
	struct cp_out out;
	if (cp_out_open(&out, o.output, err) < 0)
		return -1;
	return cp_out_end(&out, (o.lines ? cp_mask_lines : cp_mask_records)(job, path, out.f, err), err);
}

int main(int argc, char **argv)
{
	struct cp_err err;
	cp_tool_start(&tool, &argc, argv);
	const char *wrong = check_options();
	if (wrong)
		cp_usage("%s", wrong);
	if (!o.output)
		cp_no_binary_tty();
	struct cp_tokenizer *tok = open_tokenizer();
	struct cp_mask_job job = { .tok = tok, .max_length = (size_t)o.max_length, .first_row = (uint64_t)o.first_row,
		.spec = { .seed = o.seed, .rate = o.rate, .share_mask = o.share_mask, .share_random = o.share_random, .is_static = o.is_static } };
	if (cp_mask_spec_tokenizer(&job.spec, tok, &err) < 0)
		cp_die("%s: %s", o.plm ? o.plm : "the project's own folder", err.msg);
	if (job.max_length <= cp_tokenizer_frame(tok))
		cp_usage("--max-length %zu leaves no room for text: special tokens take %zu", job.max_length, cp_tokenizer_frame(tok));
	set_steps(&job);
	if (run(&job, argc > 1 ? argv[1] : NULL, &err) < 0)
		cp_die("%s", err.msg);
	json_decref(job.tokens_step);
	json_decref(job.mask_step);
	cp_tokenizer_free(tok);
	return cp_tool_finish(job.rows, job.rows, NULL);
}
