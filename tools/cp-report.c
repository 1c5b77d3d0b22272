/* cp-report: the ledger as one HTML page, with its tables and pictures (lib/page). It asks and draws; it trains, scores and decides nothing. */
#include <stdio.h>
#include <stdlib.h>

#include "ledger/db.h"
#include "page/page.h"
#include "tool.h"

static const char *ledger, *output;
static struct cp_page_opts page;

static const struct cp_opt opts[] = {
	{ 0, "ledger", CP_OPT_STR, &ledger, "FILE", "this ledger, not $CP_LEDGER or ~/.local/state/clickprompt/ledger.db", .use = CP_USE_INPUT },
	{ 0, "title", CP_OPT_STR, &page.title, "TEXT", "the page's title" },
	{ 'o', "output", CP_OPT_STR, &output, "FILE", "write the page here, not to standard output", .use = CP_USE_OUTPUT },
	{ 0, "pictures", CP_OPT_STR, &page.pictures, "FOLDER", "also every picture as a file in this folder, .svg and .png", .use = CP_USE_NAME },
	{ 0, "no-pictures", CP_OPT_SET, &page.no_pictures, NULL, "tables only; gnuplot is not needed", .set = 1 },
	{ 0 },
};

static const struct cp_tool tool = {
	.name = "cp-report",
	.synopsis = "[OPTION...] [-o PAGE.html]",
	.summary = "the ledger as one HTML page: tables, curves, progress",
	.opts = opts,
	.notes = "The page needs no network and no other file. gnuplot, which draws, comes with Debian's package gnuplot-nox.",
};

int main(int argc, char **argv)
{
	struct cp_err err;
	struct cp_buf html = CP_BUF_INIT;
	sqlite3 *db = NULL;
	int64_t n_runs = 0;
	int n_pictures = 0;
	char extra[64];
	cp_tool_start(&tool, &argc, argv);
	if (page.pictures && page.no_pictures)
		cp_usage("--pictures and --no-pictures exclude each other");
	char *path = cp_ledger_path(ledger, &err);
	if (!path || cp_db_open(&db, path, 0, &err) < 0)
		cp_die("%s", err.msg);
	int rc = cp_page_make(db, &page, &html, &n_runs, &n_pictures, &err);
	sqlite3_close(db);		/* with what SQLite keeps beside it */
	if (rc < 0)
		cp_die("%s: %s", path, err.msg);
	free(path);
	cp_tool_write(&html, output);
	cp_buf_release(&html);
	snprintf(extra, sizeof extra, "%d picture%s", n_pictures, n_pictures == 1 ? "" : "s");
	return cp_tool_finish((uint64_t)n_runs, 0, extra);
}
