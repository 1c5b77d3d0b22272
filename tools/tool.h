/* What every tool's main() shares: options, --help, --version, the last line on stderr, and the way out.
 *
 *     static const struct cp_tool tool = { "cp-mask", "[OPTION...] < records", "tokens and masks for records with text", opts };
 *     int main(int argc, char **argv)
 *     {
 *             cp_tool_start(&tool, &argc, argv);          // may exit: --help, --version, a wrong option
 *             if (work(&n_in, &n_out, &err) < 0)
 *                     cp_die("%s", err.msg);
 *             return cp_tool_finish(n_in, n_out, NULL);
 *     }
 *
 * A tool with a row in the ledger calls cp_tool_begin() once its options are known to be good.
 *
 * Exit status: 0 done, 1 failed, 2 usage.  A signal that ends the tool (INT, TERM, HUP, PIPE, QUIT) removes unfinished output first.
 */
#ifndef CP_TOOL_H
#define CP_TOOL_H

#include <stdint.h>

#include "base/clock.h"
#include "base/opts.h"
#include "ledger/ledger.h"

#define CP_VERSION "0.1.0"

struct cp_tool {
	const char *name;
	const char *synopsis;	/* after the name; several lines: separate by '\n' */
	const char *summary;	/* one line, no full stop */
	const struct cp_opt *opts;	/* -q/--quiet, --help, --version are added by itself */
	const char *notes;	/* more for --help, or NULL */
	int max_operands;	/* 0: none are taken; -1: any number */
	void (*version)(struct cp_buf *);	/* more lines for --version, or NULL */
	int n_words;		/* so many operands, the first, are words and no files */
	int filter;		/* what it writes is what its operands are, made into more: --output may take their place, as sort's does */
};

/* Given options of this run, for cp_opts_given() and the ledger. */
extern struct cp_opts cp_tool_opts;
extern int cp_quiet;

void cp_tool_start(const struct cp_tool *, int *argc, char **argv);

/* End the tool where this file, which it is about to replace, is one that it reads: an operand or standard input (but a filter's), or an
 * option's (CP_USE_INPUT).  What the option of CP_USE_OUTPUT names was looked at by cp_tool_start, or where it is not given, standard output. */
void cp_tool_spare(const char *path);
/* Of a tool with commands: options that do not go with this one are refused. */
void cp_tool_command(const char *command);

/* Begin the run's row in the ledger: after the options are checked, before the first input byte is read.  The tool's name, version, build, arguments
 * and options are filled in here; facts may be NULL.  Ends the tool where the ledger cannot be written.  From then on every way out seals
 * the row: cp_tool_finish as done, cp_die and cp_usage as failed, a signal as interrupted.  NULL with --no-ledger. */
struct cp_run *cp_tool_begin(const struct cp_ledger_opts *, const struct cp_run_facts *facts);

/* "NAME: sentence" on stderr, unfinished output removed, exit 1 (die) or 2 (usage). */
_Noreturn void cp_die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void cp_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same as cp_die for work that was asked to stop and can be taken up again: the row is sealed as interrupted. */
_Noreturn void cp_interrupted(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* From now on this signal ends the tool by itself, with the row sealed as interrupted and no file left half-written; may be called in a handler. */
void cp_tool_end_by(int sig);

/* "NAME: sentence" on stderr, unless -q. */
void cp_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Close stdout, checked, and print the last line: version, rows in and out, seconds, peak memory, then `extra` where it is not NULL.
 * Returns the exit status for main(). */
int cp_tool_finish(uint64_t rows_in, uint64_t rows_out, const char *extra);

/* A text that is ready, into a file (NULL: standard output) as base/file.h does it; cp_die where that fails.  How many lines it has. */
void cp_tool_write(const struct cp_buf *, const char *path);
uint64_t cp_tool_lines(const struct cp_buf *);

/* Refuse to write binary to a terminal (exit 2). */
void cp_no_binary_tty(void);

#endif
