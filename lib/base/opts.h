/* Options: one const table serves parsing, --help with live defaults, the man-page test and the ledger's parameters.
 *
 *     static struct { int64_t batch; double lr; const char *out; int plm, stage; } o = { .batch = 256, .lr = 1e-3, .stage = -1 };
 *     static const struct cp_opt opts[] = {
 *             { 'o', "output", CP_OPT_STR, &o.out, "FILE", "write here instead of standard output", .use = CP_USE_OUTPUT },
 *             { 0, "batch", CP_OPT_INT, &o.batch, "N", "rows a step", .min = 1, .max = 1 << 20, .content = 1 },
 *             { 0, "lr", CP_OPT_REAL, &o.lr, "RATE", "learning rate", .min = 0, .max = 10, .content = 1 },
 *             { 0, "with-plm", CP_OPT_SET, &o.plm, NULL, "keep the language model", .set = 1 },
 *             { 0, "stage", CP_OPT_CHOICE, &o.stage, "NAME", "what to train", .choices = CP_STAGES },
 *             { 0 } };
 *
 * Long options are --name VALUE or --name=VALUE (never abbreviated: an option added later must not change what a script says), short ones -o VALUE
 * or -oVALUE, flags may be bundled; "--" ends them; "-" is an operand.  Options and operands may be mixed.  A second value for one
 * option replaces the first, except for CP_OPT_LIST, which collects.
 */
#ifndef CP_OPTS_H
#define CP_OPTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

enum cp_opt_type {
	CP_OPT_END = 0,
	CP_OPT_SET,	/* int: becomes .set; no argument */
	CP_OPT_INT,	/* int64_t in [min, max] */
	CP_OPT_REAL,	/* double in [min, max] */
	CP_OPT_SEED,	/* uint64_t, any */
	CP_OPT_STR,	/* const char *, points into argv; NULL is "not given" */
	CP_OPT_CHOICE,	/* int, the number of the word in .choices ("a|b|c", in the order of an enum); -1 is "not given" */
	CP_OPT_LIST,	/* struct cp_opt_list: may be given again and again */
	CP_OPT_HEAD,	/* a heading in --help: .name */
};

/* What the text of a CP_OPT_STR is, or each of a CP_OPT_LIST. */
enum cp_opt_use {
	CP_USE_TEXT = 0,	/* any, an empty one too */
	CP_USE_NAME,		/* not empty: a folder, a list of names */
	CP_USE_INPUT,		/* not empty: a file that is read, which no output may replace */
	CP_USE_OUTPUT,		/* not empty: what is written, of a CP_OPT_STR */
};

struct cp_opt_list {
	const char **v;
	int n;
};

struct cp_opt {
	char short_name;
	const char *name;
	enum cp_opt_type type;
	void *value;
	const char *arg;	/* what --help calls the argument */
	const char *help;	/* one line; the default is appended by itself */
	enum cp_opt_use use;
	double min, max;	/* both 0: no bound */
	const char *choices;
	int set;
	const char *with;	/* "ls|best": commands that it goes with, of a tool that has commands; NULL: all */
	int content;		/* changes what the output contains: goes into a stream's provenance */
};

#define CP_OPTS_MAX 128
struct cp_opts {
	const struct cp_opt *table;
	unsigned char given[CP_OPTS_MAX];	/* 1: on the command line, 2: by a preset */
};

/* Whether the next word is this one's value. */
int cp_opts_takes_next(const struct cp_opt *table, const char *word);

/* Parse argv[1..]; operands are left in argv[1..*argc-1].  <0: a sentence naming the option (exit status 2 is the tool's affair). */
int cp_opts_parse(struct cp_opts *, const struct cp_opt *table, int *argc, char **argv, struct cp_err *);

/* Values for options that were not given: "batch=256 set=dim=16", cut up here, and to be kept as long as the options.  What is given stands; a list
 * has these in front of its own. */
int cp_opts_preset(struct cp_opts *, char *words, struct cp_err *);

/* On the command line. */
int cp_opts_given(const struct cp_opts *, const char *name);

/* The first option on the command line that does not go with this command; NULL: all do. */
const struct cp_opt *cp_opts_stray(const struct cp_opts *, const char *command);

/* The option table as --help prints it, with the values in force as defaults. */
void cp_opts_help(const struct cp_opt *table, struct cp_buf *);

/* The value of an option as text: what, given back on the command line, sets it again ("" when a string is not set); a list's values
 * are joined by ',', and would be given one by one. */
void cp_opt_value(const struct cp_opt *, struct cp_buf *);

#endif
