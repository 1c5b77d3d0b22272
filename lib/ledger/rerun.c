#include "ledger/rerun.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/signals.h"
#include "base/tempfile.h"
#include "ledger/db.h"

#define MAX_OUTPUTS 16

struct output {
	char *role, *path, *digest;	/* path NULL: standard output */
};

struct repeat {
	sqlite3 *db;
	int64_t id;
	const struct cp_rerun_opts *o;
	char *ledger;			/* absolute: the folder will be another */
	char *uid, *tool, *cwd;
	char **words;
	char *stdin_digest;		/* what a pipe must bring, where that is known before */
	char *stdin_path;		/* a file that was redirected */
	int reads_pipe;
	struct output output[MAX_OUTPUTS];
	size_t n_outputs;
	char *folder;			/* where the outputs go; absolute */
	char *spool;			/* what came from standard input */
	int slot;			/* of a folder that shall not outlive us */
};

/* ---- the row ---- */

static char *text_of(sqlite3_stmt *st, int column)
{
	const char *s = cp_db_text(st, column);
	return s ? cp_xstrdup(s) : NULL;
}

static int load_run(struct repeat *r, struct cp_err *err)
{
	sqlite3_stmt *st = cp_db_prepare(r->db, err, "SELECT uid, tool, cwd, argv, status FROM runs WHERE id = ?", "i", r->id);
	int bad = 0;
	if (!st)
		return -1;
	if (sqlite3_step(st) != SQLITE_ROW)
		bad = cp_err_set(err, "there is no run %lld", (long long)r->id);
	else if (strcmp(cp_db_text(st, 4), "done"))
		bad = cp_err_set(err, "run %lld is %s, and so has nothing to be compared with", (long long)r->id, cp_db_text(st, 4));
	if (!bad) {
		r->uid = text_of(st, 0);
		r->tool = text_of(st, 1);
		r->cwd = text_of(st, 2);
		r->words = cp_shell_split(cp_db_text(st, 3));
		if (!r->words || !r->words[0])
			bad = cp_err_set(err, "run %lld: its command cannot be read: %s", (long long)r->id, cp_db_text(st, 3));
		else if (strncmp(r->tool, "cp-", 3) || strchr(r->tool, '/'))
			bad = cp_err_set(err, "run %lld: '%.60s' is no tool of clickprompt, and so is not started", (long long)r->id, r->tool);
	}
	sqlite3_finalize(st);
	return bad;
}

static int load_outputs(struct repeat *r, struct cp_err *err)
{
	sqlite3_stmt *st = cp_db_prepare(r->db, err,
		"SELECT role, CASE via WHEN 'file' THEN path END, digest FROM outputs WHERE run = ? ORDER BY n", "i", r->id);
	if (!st)
		return -1;
	while (sqlite3_step(st) == SQLITE_ROW && r->n_outputs < MAX_OUTPUTS)
		r->output[r->n_outputs++] = (struct output){ text_of(st, 0), text_of(st, 1), text_of(st, 2) };
	sqlite3_finalize(st);
	return r->n_outputs ? 0 : cp_err_set(err, "run %lld recorded no output, and so has nothing to be compared with", (long long)r->id);
}

/* ---- its inputs ---- */

static int check_file(const char *path, const char *digest, struct cp_err *err)
{
	char hex[33];
	if (cp_digest_file(path, hex, err) < 0)
		return cp_err_wrap(err, "an input is missing");
	if (strcmp(hex, digest))
		return cp_err_set(err, "the input %s has changed: its digest is %s, and was %s", path, hex, digest);
	return 0;
}

/* One row of inputs: role, path, via, digest, content. */
static int check_input(struct repeat *r, sqlite3_stmt *st, struct cp_err *err)
{
	const char *role = cp_db_text(st, 0), *path = cp_db_text(st, 1);
	const char *via = cp_db_text(st, 2), *digest = cp_db_text(st, 3);
	if (!strcmp(via, "pipe")) {
		if (path)
			return cp_err_set(err, "the input '%s' was the pipe %s, which cannot be supplied again", role, path);
		if (!digest && !cp_db_text(st, 4))
			return cp_err_set(err, "the input '%s' was a pipe, and no digest of it was recorded", role);
		r->reads_pipe = 1;
		r->stdin_digest = digest ? cp_xstrdup(digest) : NULL;
		return 0;
	}
	if (!path || !digest)		/* a folder: its files are inputs of their own, or the outputs will tell */
		return 0;
	if (check_file(path, digest, err) < 0)
		return -1;
	if (!strcmp(via, "stdin"))
		r->stdin_path = cp_xstrdup(path);
	return 0;
}

static int check_inputs(struct repeat *r, struct cp_err *err)
{
	int bad = 0;
	sqlite3_stmt *st = cp_db_prepare(r->db, err, "SELECT role, path, via, digest, content FROM inputs WHERE run = ? ORDER BY n", "i", r->id);
	if (!st)
		return -1;
	while (!bad && sqlite3_step(st) == SQLITE_ROW)
		bad = check_input(r, st, err);
	sqlite3_finalize(st);
	return bad;
}

static int write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t put = write(fd, p, n);
		if (put < 0 && errno != EINTR)
			return -1;
		if (put > 0) {
			p += put;
			n -= (size_t)put;
		}
	}
	return 0;
}

/* Keep standard input in a file until it is known to be the right one. */
static int spool_stdin(struct repeat *r, struct cp_err *err)
{
	char buf[1 << 16], hex[33];
	ssize_t n;
	r->spool = cp_xasprintf("%s/.stdin", r->folder);
	int fd = open(r->spool, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), bad = 0;
	if (fd < 0)
		return cp_err_set(err, "%s: open: %m", r->spool);
	struct cp_digest *d = cp_digest_new();
	while (!bad && (n = read(STDIN_FILENO, buf, sizeof buf)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || write_all(fd, buf, (size_t)n) < 0)
			bad = cp_err_set(err, "keep standard input: %m");
		else
			cp_digest_add(d, buf, (size_t)n);
	}
	cp_digest_hex(d, hex);
	cp_digest_free(d);
	if (close(fd) < 0 && !bad)
		bad = cp_err_set(err, "keep standard input: %m");
	if (!bad && strcmp(hex, r->stdin_digest))
		bad = cp_err_set(err, "standard input is not what run %lld read: its digest is %s, and was %s", (long long)r->id, hex, r->stdin_digest);
	return bad;
}

static int prepare_stdin(struct repeat *r, struct cp_err *err)
{
	if (!r->reads_pipe)
		return 0;
	if (isatty(STDIN_FILENO))
		return cp_err_set(err, "run %lld read a pipe; give the same on standard input", (long long)r->id);
	return r->stdin_digest ? spool_stdin(r, err) : 0;
}

/* ---- running ---- */

static int is_folder(const char *path)
{
	struct stat st;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 1;
	errno = ENOTDIR;
	return 0;
}

/* Where the repetition puts an output. */
static char *place(const struct repeat *r, const struct output *out)
{
	return cp_xasprintf("%s/%s", r->folder, out->path ? cp_path_leaf(out->path) : "standard-output");
}

static int make_folder(struct repeat *r, struct cp_err *err)
{
	char *made = r->o->keep ? cp_xstrdup(r->o->keep) : cp_xasprintf("%s/cp-rerun.XXXXXX", cp_tmpdir());
	int bad = r->o->keep ? mkdir(made, 0777) < 0 && (errno != EEXIST || !is_folder(made)) : mkdtemp(made) == NULL;
	if (!bad)
		r->folder = realpath(made, NULL);
	if (!bad && r->folder && !r->o->keep)
		r->slot = cp_out_remember(r->folder);
	bad = bad || !r->folder ? cp_err_set(err, "%s: make folder: %m", made) : 0;
	for (size_t i = 0; i < r->n_outputs && !bad; i++) {
		char *path = place(r, &r->output[i]);
		if (!access(path, F_OK))
			bad = cp_err_set(err, "%s is there already; name an empty folder", path);
		free(path);
	}
	free(made);
	return bad;
}

/* The tool beside this one, and no other: a ledger that was imported may say anything. */
static char *find_program(const char *tool, struct cp_err *err)
{
	char *folder = cp_program_folder(), *program = folder ? cp_xasprintf("%s/%s", folder, tool) : NULL;
	free(folder);
	if (!program)
		cp_err_set(err, "%s is looked for beside this program, and the system does not tell where that is", tool);
	return program;
}

/* The recorded words, and ours behind the options (the last value of an option counts) but before "--", which ends them. */
static char **new_words(const struct repeat *r, char *program, char *out)
{
	size_t n = 0, at = 0;
	while (r->words[n])
		n++;
	char **w = cp_xcalloc(n + 7, sizeof *w);
	w[at++] = program;
	size_t end = 1;
	while (end < n && strcmp(r->words[end], "--"))
		w[at++] = r->words[end++];
	if (out) {
		w[at++] = (char *)"-o";
		w[at++] = out;
	}
	w[at++] = (char *)"--ledger";
	w[at++] = r->ledger;
	if (r->o->quiet)
		w[at++] = (char *)"-q";
	while (end < n)
		w[at++] = r->words[end++];
	return w;
}

static _Noreturn void child(const struct repeat *r, char **argv)
{
	const char *in = r->spool ? r->spool : r->stdin_path ? r->stdin_path : r->reads_pipe ? NULL : "/dev/null";
	char *out = cp_xasprintf("%s/standard-output", r->folder);
	setenv("CP_RERUN_OF", r->uid, 1);
	int fd = open(out, O_WRONLY | O_CREAT | O_EXCL, 0666), in_fd = in ? open(in, O_RDONLY) : STDIN_FILENO;
	if (r->spool)
		unlink(r->spool);	/* a file without a name counts as a pipe in the repetition's row too */
	if (fd < 0 || in_fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(in_fd, STDIN_FILENO) < 0)
		_exit(126);
	execv(argv[0], argv);
	_exit(127);
}

/* What would end us ends the repetition, and us when we have tidied up. */
static volatile sig_atomic_t repetition, passed_on;

static void pass_on(int sig)
{
	passed_on = sig;
	if (repetition > 0)
		kill((pid_t)repetition, sig);
}

static pid_t start(const struct repeat *r, char **argv, struct sigaction before[CP_N_ENDING_SIGNALS])
{
	sigset_t all, old;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	pid_t pid = fork();
	repetition = pid;
	for (int i = 0; i < CP_N_ENDING_SIGNALS; i++)
		if (!sigaction(cp_ending_signals[i], NULL, &before[i]) && before[i].sa_handler != SIG_IGN)	/* nohup stays nohup */
			sigaction(cp_ending_signals[i], &(struct sigaction){ .sa_handler = pid ? pass_on : SIG_DFL }, NULL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (pid == 0)
		child(r, argv);
	return pid;
}

static int check_end(int status, const char *program, struct cp_err *err)
{
	if (WIFSIGNALED(status))
		return cp_err_set(err, "the repetition was ended by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) == 127)
		return cp_err_set(err, "%s: not found", program);
	return WEXITSTATUS(status) ? cp_err_set(err, "the repetition failed with exit status %d", WEXITSTATUS(status)) : 0;
}

static int run_again(struct repeat *r, struct cp_err *err)
{
	char *program = find_program(r->tool, err), *out = NULL;
	if (!program)
		return -1;
	for (size_t i = 0; i < r->n_outputs && !out; i++)
		if (r->output[i].path)
			out = place(r, &r->output[i]);
	char **argv = new_words(r, program, out);
	struct sigaction before[CP_N_ENDING_SIGNALS];
	int status = 0;
	pid_t pid = start(r, argv, before);
	int bad = pid < 0 ? cp_err_set(err, "fork: %m") : 0;
	while (!bad && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	repetition = 0;
	for (int i = 0; i < CP_N_ENDING_SIGNALS; i++)
		sigaction(cp_ending_signals[i], &before[i], NULL);
	free(argv);
	free(out);
	if (!bad)
		bad = check_end(status, program, err);
	free(program);
	return bad;
}

/* ---- comparing ---- */

static int compare_output(const struct repeat *r, const struct output *o, struct cp_buf *b)
{
	char hex[33] = "-", *path = place(r, o);
	int known = o->digest && *o->digest;
	cp_digest_file(path, hex, NULL);
	int same = known && !strcmp(hex, o->digest);
	cp_buf_printf(b, "%s\t%s\t", same ? "same" : "different", o->role);
	cp_buf_cell(b, o->path ? o->path : "-");
	cp_buf_printf(b, "\t%s\t%s\n", known ? o->digest : "-", hex);
	free(path);
	return same;
}

/* Where a pipe's digest was not known before, the rows tell whether both runs read the same. */
static int compare_contents(const struct repeat *r, int64_t again, struct cp_err *err)
{
	sqlite3_stmt *st = cp_db_prepare(r->db, err,
		"SELECT a.role FROM inputs a LEFT JOIN inputs b ON b.run = ?2 AND b.n = a.n WHERE a.run = ?1 AND a.content IS NOT NULL "
		"AND a.content IS NOT b.content", "ii", r->id, again);
	if (!st)
		return -1;
	int bad = 0;
	if (sqlite3_step(st) == SQLITE_ROW)
		bad = cp_err_set(err, "the input '%s' was not what run %lld read (the repetition is run %lld)", cp_db_text(st, 0),
				 (long long)r->id, (long long)again);
	sqlite3_finalize(st);
	return bad;
}

static int64_t id_of_repetition(const struct repeat *r, struct cp_err *err)
{
	sqlite3_stmt *st = cp_db_prepare(r->db, err, "SELECT max(id) FROM runs WHERE rerun_of = ?", "t", r->uid);
	if (!st)
		return -1;
	int64_t id = sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
	sqlite3_finalize(st);
	return id ? id : cp_err_set(err, "the repetition left no row");
}

/* Where the bytes differ: what else was not the same. */
static int tell_conditions(const struct repeat *r, int64_t again, struct cp_buf *b, struct cp_err *err)
{
	static const char *const name[] = { "version", "source", "build", "blas", "cpu", "threads", "host" };
	for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
		char *sql = cp_xasprintf("SELECT a.%s, b.%s FROM runs a, runs b WHERE a.id = ?1 AND b.id = ?2 AND a.%s IS NOT b.%s", name[i], name[i],
					 name[i], name[i]);
		sqlite3_stmt *st = cp_db_prepare(r->db, err, sql, "ii", r->id, again);
		free(sql);
		if (!st)
			return -1;
		if (sqlite3_step(st) == SQLITE_ROW)
			cp_buf_printf(b, "%s\t%s\t%s\n", name[i], sqlite3_column_type(st, 0) == SQLITE_NULL ? "-" : cp_db_text(st, 0),
				      sqlite3_column_type(st, 1) == SQLITE_NULL ? "-" : cp_db_text(st, 1));
		sqlite3_finalize(st);
	}
	return 0;
}

static int compare(struct repeat *r, struct cp_buf *b, struct cp_err *err)
{
	int same = 1;
	int64_t again = id_of_repetition(r, err);
	if (again < 0 || compare_contents(r, again, err) < 0)
		return -1;
	cp_buf_printf(b, "run\t%lld\trepeated as\t%lld\n", (long long)r->id, (long long)again);
	for (size_t i = 0; i < r->n_outputs; i++)
		same &= compare_output(r, &r->output[i], b);
	return same || tell_conditions(r, again, b, err) == 0 ? same : -1;
}

/* ---- all of it ---- */

static void tidy(struct repeat *r)
{
	if (r->spool)
		unlink(r->spool);
	if (r->folder && !r->o->keep)
		cp_folder_remove(r->folder);
	cp_out_forget(r->slot);
}

static void release(struct repeat *r)
{
	for (size_t i = 0; i < r->n_outputs; i++) {
		free(r->output[i].role);
		free(r->output[i].path);
		free(r->output[i].digest);
	}
	char *own[] = { r->ledger, r->uid, r->tool, r->cwd, r->stdin_digest, r->stdin_path, r->folder, r->spool };
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		free(own[i]);
	free(r->words);
}

int cp_ledger_rerun(sqlite3 *db, int64_t id, const struct cp_rerun_opts *o, struct cp_buf *out, struct cp_err *err)
{
	struct repeat r = { .db = db, .id = id, .o = o, .ledger = realpath(o->ledger, NULL), .slot = -1 };
	int same = -1;
	if (!r.ledger) {
		cp_err_set(err, "%s: open: %m", o->ledger);
	} else if (load_run(&r, err) == 0 && load_outputs(&r, err) == 0 && make_folder(&r, err) == 0) {
		if (r.cwd && chdir(r.cwd) < 0)
			cp_err_set(err, "%s: enter the folder of run %lld: %m", r.cwd, (long long)id);
		else if (check_inputs(&r, err) == 0 && prepare_stdin(&r, err) == 0 && run_again(&r, err) == 0)
			same = compare(&r, out, err);
	}
	tidy(&r);
	release(&r);
	if (passed_on)
		raise(passed_on);
	return same;
}
