#include "tool.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lz4.h>
#include <sqlite3.h>
#include <xxhash.h>

#include "base/file.h"
#include "base/json.h"
#include "base/signals.h"
#include "build.h"	/* made by make: CP_BUILD_COMPILER, CP_BUILD_FLAGS, CP_BUILD_SOURCE */

struct cp_opts cp_tool_opts;
int cp_quiet;

static const struct cp_tool *me;
static double started;
static char **words;		/* argv as it was given */
static struct cp_run *run;	/* this run's row, sealed on every way out */
static int told_fd = -1;	/* where a handler tells the watcher which signal came */
static volatile sig_atomic_t told;	/* it has been told, and will end this process */
static int at_once;		/* the end must not wait for anything, or undo it */
static int given_up;		/* one sentence has been said, and there is no other */
static int want_help, want_version;
static struct cp_opt table[CP_OPTS_MAX];
static char **operands;		/* NULL behind the last */

static const struct cp_opt common[] = {
	{ 'q', "quiet", CP_OPT_SET, &cp_quiet, NULL, "no last line, no notes on stderr", .set = 1 },
	{ 0, "help", CP_OPT_SET, &want_help, NULL, "print this and exit", .set = 1 },
	{ 0, "version", CP_OPT_SET, &want_version, NULL, "print version, build and libraries and exit", .set = 1 },
	{ 0 },
};

/* A signal that cut a read or a sleep short must not be overtaken by an orderly end. */
static void let_signal_through(void)
{
	while (told)
		pause();
}

/* Whatever comes later costs no work done: a ledger that fails now is only told of. */
static void seal(enum cp_run_status status, int exit_status, const char *why)
{
	struct cp_err err;
	if (cp_run_end(run, status, exit_status, why, &err) < 0 && !given_up)
		fprintf(stderr, "%s: the ledger could not be written to the end: %s\n", me->name, err.msg);
}

/* A handler may not touch SQLite, so a tool that has a row tells a thread which signal came, and that seals the row before the signal is let through.
 * A writer whose reader is gone must not go on meanwhile, or it would report a failed write. */
static void on_signal(int sig, siginfo_t *info, void *context)
{
	unsigned char byte = (unsigned char)sig;
	int saved = errno;
	(void)context;
	if (told_fd >= 0 && write(told_fd, &byte, 1) == 1) {
		told = 1;
		while (sig == SIGPIPE && info->si_pid == getpid())	/* by a write of ours, and not inside SQLite */
			pause();
		errno = saved;
		return;
	}
	cp_out_abort_all();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void *watch_signals(void *arg)
{
	int fd = (int)(intptr_t)arg;
	unsigned char sig;
	char why[32];
	ssize_t n;
	while ((n = read(fd, &sig, 1)) < 0 && errno == EINTR)
		;
	if (n != 1)
		return NULL;
	snprintf(why, sizeof why, "signal %d", sig);
	seal(CP_RUN_INTERRUPTED, 128 + sig, why);
	cp_out_abort_all();
	signal(sig, SIG_DFL);
	kill(getpid(), sig);
	return NULL;
}

static void start_watch(void)
{
	int fd[2];
	pthread_t t;
	if (pipe2(fd, O_CLOEXEC) < 0)
		cp_die("pipe: %m");
	if ((errno = pthread_create(&t, NULL, watch_signals, (void *)(intptr_t)fd[0])) != 0)
		cp_die("start a thread: %m");
	pthread_detach(t);
	told_fd = fd[1];
}

void cp_tool_end_by(int sig)
{
	sigaction(sig, &(struct sigaction){ .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART }, NULL);
}

static void catch_signals(void)
{
	for (int i = 0; i < CP_N_ENDING_SIGNALS; i++) {
		struct sigaction old;
		if (!sigaction(cp_ending_signals[i], NULL, &old) && old.sa_handler != SIG_IGN)	/* nohup stays nohup */
			cp_tool_end_by(cp_ending_signals[i]);
	}
	signal(SIGXFSZ, SIG_IGN);	/* a file past `ulimit -f` is a failed write, and told as one */
}

/* Started with a standard file closed, the next file opened would take its number, and what is printed would go into it.  Hold the place
 * with a file of the contrary mode: reading or writing it fails as the closed one would. */
static void hold_standard_files(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", fd ? O_RDONLY : O_WRONLY) < 0)
			_exit(1);
}

#define SAID 2048		/* bytes of a sentence */

/* One line and one write, whatever a name or a value quoted in it holds: line ends and other control characters are shown as \xHH.  Not on
 * the heap, which may be what is lacking. */
static void say(const char *s)
{
	char line[4 * SAID];
	int at = 0;
	for (const unsigned char *p = (const unsigned char *)s; *p; p++)
		at += sprintf(line + at, iscntrl(*p) && *p != '\t' ? "\\x%02x" : "%c", *p);
	line[at] = 0;
	fflush(stdout);
	fprintf(stderr, "%s: %s\n", me ? me->name : "clickprompt", line);
}

static _Noreturn void give_up(enum cp_run_status how, int status, const char *fmt, va_list ap)
{
	char why[SAID];
	vsnprintf(why, sizeof why, fmt, ap);
	let_signal_through();
	say(why);
	if (status == 2)
		fprintf(stderr, "%s: try '%s --help'\n", me->name, me->name);
	cp_out_abort_all();
	given_up = 1;
	seal(how, status, why);
	if (at_once)
		_exit(status);
	exit(status);
}

void cp_die(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	give_up(CP_RUN_FAILED, 1, fmt, ap);
}

/* In any thread, or in several, while others are in the middle of a product: one tells, and what runs at an orderly exit would take away from
 * under them. */
static void no_memory(size_t n_bytes)
{
	static _Thread_local int telling;
	static atomic_flag told_of = ATOMIC_FLAG_INIT;
	if (telling)		/* nor was there any for the way out */
		_exit(1);
	while (atomic_flag_test_and_set(&told_of))
		pause();
	telling = at_once = 1;
	cp_die("out of memory (%zu bytes)", n_bytes);
}

void cp_interrupted(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	give_up(CP_RUN_INTERRUPTED, 1, fmt, ap);
}

void cp_usage(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	give_up(CP_RUN_FAILED, 2, fmt, ap);
}

void cp_note(const char *fmt, ...)
{
	if (cp_quiet)
		return;
	char s[SAID];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(s, sizeof s, fmt, ap);
	va_end(ap);
	say(s);
}

static void print_help(void)
{
	struct cp_buf b = CP_BUF_INIT;
	cp_buf_printf(&b, "%s: %s\n\n", me->name, me->summary);
	const char *s = me->synopsis;
	for (int first = 1; s; first = 0) {
		const char *nl = strchr(s, '\n');
		cp_buf_printf(&b, "%s %s %.*s\n", first ? "usage:" : "      ", me->name, (int)(nl ? nl - s : (ptrdiff_t)strlen(s)), s);
		s = nl ? nl + 1 : NULL;
	}
	cp_buf_str(&b, "\noptions [default]:\n");
	cp_opts_help(table, &b);
	if (me->notes)
		cp_buf_printf(&b, "\n%s\n", me->notes);
	fputs(b.data, stdout);
	cp_buf_release(&b);
}

static void print_version(void)
{
	printf("%s (clickprompt) %s\n", me->name, CP_VERSION);
	printf("compiler: %s\nflags: %s\n%s%s%s", CP_BUILD_COMPILER, CP_BUILD_FLAGS, *CP_BUILD_SOURCE ? "source: " : "", CP_BUILD_SOURCE,
	       *CP_BUILD_SOURCE ? "\n" : "");
	printf("libraries: xxHash %u.%u.%u, LZ4 %s, SQLite %s\n", XXH_versionNumber() / 10000, XXH_versionNumber() / 100 % 100,
	       XXH_versionNumber() % 100, LZ4_versionString(), sqlite3_libversion());
	if (me->version) {
		struct cp_buf b = CP_BUF_INIT;
		me->version(&b);
		fputs(b.data, stdout);
		cp_buf_release(&b);
	}
}

static int close_stdout(void)
{
	int bad = ferror(stdout);
	if (fclose(stdout) == EOF || bad) {
		fprintf(stderr, "%s: write to standard output: %s\n", me->name, strerror(errno));
		return 1;
	}
	return 0;
}

static void join_tables(const struct cp_opt *own)
{
	int n = 0;
	for (; own && own->type != CP_OPT_END; own++)
		table[n++] = *own;
	assert(n + (int)(sizeof common / sizeof *common) <= CP_OPTS_MAX);
	for (const struct cp_opt *o = common; o->type != CP_OPT_END; o++)
		table[n++] = *o;
	table[n] = (struct cp_opt){ 0 };
}

static int is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static void spare(const struct stat *output, const char *input)
{
	struct stat in;
	if (input && !stat(input, &in) && is_same(&in, output))
		cp_die("%s: is input and output at once: give the output another name", input);
}

/* Operands, or what stands in for them. */
static void spare_inputs(const struct stat *output, int operands_too)
{
	struct stat in;
	if (operands_too && !fstat(STDIN_FILENO, &in) && is_same(&in, output))
		cp_die("standard input is input and output at once: give the output another name");
	for (int i = 0; operands[i] && operands_too; i++)
		if (i >= me->n_words)
			spare(output, operands[i]);
	for (const struct cp_opt *o = table; o->type != CP_OPT_END; o++) {
		if (o->use != CP_USE_INPUT)
			continue;
		const struct cp_opt_list *list = o->value;
		if (o->type == CP_OPT_STR)
			spare(output, *(const char **)o->value);
		for (int i = 0; o->type == CP_OPT_LIST && i < list->n; i++)
			spare(output, list->v[i]);
	}
}

void cp_tool_command(const char *command)
{
	const struct cp_opt *o = cp_opts_stray(&cp_tool_opts, command);
	if (o)
		cp_usage("%s: no option --%s; it goes with %s", command, o->name, o->with);
}

void cp_tool_spare(const char *path)
{
	struct stat st;
	if (!stat(path, &st) && S_ISREG(st.st_mode))
		spare_inputs(&st, !me->filter);
}

/* A shell has opened the output before we look: an input that is the output would grow as it is read, or is empty already. */
static void spare_from_stdout(void)
{
	struct stat out;
	if (!fstat(STDOUT_FILENO, &out) && S_ISREG(out.st_mode))
		spare_inputs(&out, 1);
}

void cp_tool_start(const struct cp_tool *t, int *argc, char **argv)
{
	struct cp_err err;
	me = t;
	started = cp_seconds();
	words = cp_xcalloc((size_t)*argc + 1, sizeof *words);
	memcpy(words, argv, (size_t)*argc * sizeof *words);
	hold_standard_files();
	catch_signals();
	cp_mem_exhausted(no_memory);
	cp_json_guard_memory();
	join_tables(t->opts);
	for (int i = 1; i < *argc && strcmp(argv[i], "--"); i += 1 + cp_opts_takes_next(table, argv[i]))	/* --help shows defaults: before any is set */
		if (!strcmp(argv[i], "--help")) {
			print_help();
			exit(close_stdout());
		}
	if (cp_opts_parse(&cp_tool_opts, table, argc, argv, &err) < 0)
		cp_usage("%s", err.msg);
	if (want_version) {
		print_version();
		exit(close_stdout());
	}
	if (t->max_operands >= 0 && *argc - 1 > t->max_operands)
		cp_usage("unexpected operand '%s'", argv[t->max_operands + 1]);
	argv[*argc] = NULL;
	operands = argv + 1;
	const char *output = NULL;
	for (const struct cp_opt *o = table; o->type != CP_OPT_END && !output; o++)
		output = o->use == CP_USE_OUTPUT ? *(const char **)o->value : NULL;
	if (!cp_is_standard(output))
		cp_tool_spare(output);
	else
		spare_from_stdout();
}



struct cp_run *cp_tool_begin(const struct cp_ledger_opts *o, const struct cp_run_facts *facts)
{
	struct cp_err err;
	struct cp_run_facts f = facts ? *facts : (struct cp_run_facts){0};
	f.tool = me->name;
	f.version = CP_VERSION;
	f.build = CP_BUILD_COMPILER "; " CP_BUILD_FLAGS;
	f.source = CP_BUILD_SOURCE;
	f.argv = words;
	f.opts = &cp_tool_opts;
	if (cp_run_begin(&run, o, &f, &err) < 0)
		cp_die("%s", err.msg);
	if (run)
		start_watch();
	return run;
}

void cp_tool_write(const struct cp_buf *b, const char *path)
{
	struct cp_out out;
	struct cp_err err;
	if (cp_out_open(&out, path, &err) < 0)
		cp_die("%s", err.msg);
	fwrite(b->data, 1, b->len, out.f);
	if (cp_out_commit(&out, &err) < 0)
		cp_die("%s", err.msg);
}

uint64_t cp_tool_lines(const struct cp_buf *b)
{
	uint64_t n = 0;
	for (size_t i = 0; i < b->len; i++)
		n += b->data[i] == '\n';
	return n;
}

int cp_tool_finish(uint64_t rows_in, uint64_t rows_out, const char *extra)
{
	let_signal_through();
	if (close_stdout()) {
		seal(CP_RUN_FAILED, 1, "write to standard output");
		return 1;
	}
	seal(CP_RUN_DONE, 0, NULL);
	if (!cp_quiet)
		fprintf(stderr, "%s %s: %llu rows in, %llu rows out, %.2f s, %.1f MB peak%s%s\n", me->name, CP_VERSION,
			(unsigned long long)rows_in, (unsigned long long)rows_out, cp_seconds() - started, cp_peak_mb(), extra ? ", " : "",
			extra ? extra : "");
	return 0;
}

void cp_no_binary_tty(void)
{
	if (isatty(STDOUT_FILENO))
		cp_usage("refusing to write binary records to a terminal; redirect them, or pipe them through cp-cat");
}
