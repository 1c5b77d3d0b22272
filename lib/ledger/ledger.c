/* Writing a run. After the row is there every call is one statement, committed by itself: the process may die, or seal the row from
 * another thread while this one waits for a disk, and what was told until then stands. */
#include "ledger/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/choice.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/list.h"
#include "ledger/db.h"
#include "ledger/process.h"

struct cp_run {
	sqlite3 *db;
	int64_t id;
	char uid[17];
	char *tool;
	double began;			/* monotonic */
	pthread_mutex_t lock;
	int sealed, broken;
	struct cp_err err;		/* the first failure, where broken */
};

/* ---- where ---- */

static int make_folders(char *path, struct cp_err *err)
{
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = 0;
		int bad = mkdir(path, 0777) < 0 && errno != EEXIST;
		if (bad)
			cp_err_set(err, "%s: make folder: %m", path);
		*p = '/';
		if (bad)
			return -1;
	}
	return 0;
}

static const char *env(const char *name)
{
	const char *v = getenv(name);
	return v && *v ? v : NULL;
}

static char *default_path(struct cp_err *err)
{
	const char *state = env("XDG_STATE_HOME"), *home = env("HOME");
	char *path = NULL;
	if (state && *state == '/')		/* a relative one is to be ignored, says the XDG Base Directory Specification */
		path = cp_xasprintf("%s/clickprompt/ledger.db", state);
	else if (home)
		path = cp_xasprintf("%s/.local/state/clickprompt/ledger.db", home);
	else
		cp_err_set(err, "none of --ledger, CP_LEDGER, XDG_STATE_HOME and HOME says where it is");
	return path;
}

char *cp_ledger_path(const char *option, struct cp_err *err)
{
	const char *named = option ? option : env("CP_LEDGER");
	return named ? cp_xstrdup(named) : default_path(err);
}

/* ---- beginning ---- */

static void utc(char out[32], const struct timespec *t)
{
	struct tm tm;
	gmtime_r(&t->tv_sec, &tm);
	size_t n = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, 32 - n, ".%03ldZ", t->tv_nsec / 1000000);
}

/* A name no other run has, without a random number: who, where, since when, and the how-manieth of this process. */
static void name_run(struct cp_run *r, const struct cp_process *p, const struct timespec *now)
{
	static int64_t nth;
	struct cp_buf b = CP_BUF_INIT;
	cp_buf_printf(&b, "%s\n%s\n%lld %lld %lld %lld %lld.%09ld", p->host, p->boot, (long long)p->pidns, (long long)p->pid, (long long)p->born,
		      (long long)__atomic_add_fetch(&nth, 1, __ATOMIC_RELAXED), (long long)now->tv_sec, now->tv_nsec);
	snprintf(r->uid, sizeof r->uid, "%016llx", (unsigned long long)cp_hash64(b.data, b.len, 0));
	cp_buf_release(&b);
}

static const struct cp_opt *find_option(const struct cp_opts *opts, const char *name)
{
	for (const struct cp_opt *o = opts ? opts->table : NULL; o && o->type != CP_OPT_END; o++)
		if (o->type != CP_OPT_HEAD && !strcmp(o->name, name))
			return o;
	return NULL;
}

/* --seed as a number where SQLite's integers reach, as text above. */
static int set_seed(struct cp_run *r, const struct cp_opts *opts, struct cp_err *err)
{
	const struct cp_opt *o = find_option(opts, "seed");
	if (!o || o->type != CP_OPT_SEED)
		return 0;
	uint64_t seed = *(uint64_t *)o->value;
	char text[32];
	snprintf(text, sizeof text, "%llu", (unsigned long long)seed);
	if (seed <= INT64_MAX)
		return cp_db_run(r->db, err, "UPDATE runs SET seed = ? WHERE id = ?", "ii", (int64_t)seed, r->id);
	return cp_db_run(r->db, err, "UPDATE runs SET seed = ? WHERE id = ?", "ti", text, r->id);
}

static int add_options(struct cp_run *r, const struct cp_opts *opts, struct cp_err *err)
{
	static const char *const about_us[] = { "help", "version", "quiet", "ledger", "no-ledger" };
	struct cp_buf value = CP_BUF_INIT;
	int bad = 0;
	for (const struct cp_opt *o = opts ? opts->table : NULL; o && o->type != CP_OPT_END && !bad; o++) {
		int skip = o->type == CP_OPT_HEAD;
		for (size_t i = 0; i < sizeof about_us / sizeof *about_us && !skip; i++)
			skip = !strcmp(o->name, about_us[i]);
		if (skip)
			continue;
		cp_buf_reset(&value);
		cp_opt_value(o, &value);
		bad = cp_db_run(r->db, err, "INSERT INTO params VALUES (?, ?, ?, ?, ?)", "ittii", r->id, o->name, value.data,
				   (int64_t)opts->given[o - opts->table], (int64_t)o->content);
	}
	cp_buf_release(&value);
	return bad;
}

static int insert_run(struct cp_run *r, const struct cp_run_facts *f, struct cp_err *err)
{
	struct cp_process p;
	struct timespec now;
	char started[32], cpu[128], *cwd = getcwd(NULL, 0);
	struct cp_buf argv = CP_BUF_INIT;
	cp_process_self(&p);
	cp_process_cpu(cpu);
	clock_gettime(CLOCK_REALTIME, &now);
	utc(started, &now);
	name_run(r, &p, &now);
	cp_shell_join(&argv, f->argv);
	int bad = cp_db_run(r->db, err,
		"INSERT INTO runs (uid, tool, version, build, source, argv, cwd, threads, blas, cpu, host, boot, pidns, pid, born, rerun_of, started, status) "
		"VALUES (?, ?, ?, ?, nullif(?, ''), ?, ?, nullif(?, 0), ?, nullif(?, ''), ?, ?, ?, ?, ?, ?, ?, 'running')", "tttttttittttiiitt",
		r->uid, f->tool, f->version, f->build, f->source, argv.data, cwd, (int64_t)f->threads, f->blas, cpu, p.host, p.boot, p.pidns, p.pid, p.born,
		env("CP_RERUN_OF"), started);
	r->id = sqlite3_last_insert_rowid(r->db);
	cp_buf_release(&argv);
	free(cwd);
	return bad;
}

/* CP_TAGS is "scale=small,data=ml-1m,model=dcnv2,seed=1". */
static int check_tags(struct cp_err *err)
{
	size_t n;
	for (const char *list = env("CP_TAGS"), *p; cp_next_piece(&list, ',', &p, &n); )
		if (n && (*p == '=' || !memchr(p, '=', n)))
			return cp_err_set(err, "CP_TAGS: '%.*s' is not NAME=VALUE", (int)n, p);
	return 0;
}

/* A value that is a whole number is kept as one. */
static int add_tag(struct cp_run *r, const char *name, const char *value, struct cp_err *err)
{
	return cp_db_run(r->db, err, "INSERT OR REPLACE INTO tags VALUES (?1, ?2, CASE WHEN CAST(CAST(?3 AS INTEGER) AS TEXT) = ?3 "
			    "THEN CAST(?3 AS INTEGER) ELSE ?3 END)", "itt", r->id, name, value);
}

static int add_tags(struct cp_run *r, struct cp_err *err)
{
	size_t n;
	int bad = 0;
	for (const char *list = env("CP_TAGS"), *p; !bad && cp_next_piece(&list, ',', &p, &n); ) {
		size_t n_name = strcspn(p, "=,");
		if (!n)
			continue;
		char *name = cp_xstrndup(p, n_name), *value = cp_xstrndup(p + n_name + 1, n - n_name - 1);
		bad = add_tag(r, name, value, err);
		free(name);
		free(value);
	}
	return bad;
}

static int insert_all(struct cp_run *r, const struct cp_run_facts *f, struct cp_err *err)
{
	if (cp_db_exec(r->db, "BEGIN IMMEDIATE", err) < 0)
		return -1;
	if (insert_run(r, f, err) < 0 || set_seed(r, f->opts, err) < 0 || add_options(r, f->opts, err) < 0 || add_tags(r, err) < 0)
		return -1;
	return cp_db_exec(r->db, "COMMIT", err);
}

static void init_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t kind;
	pthread_mutexattr_init(&kind);
	pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(lock, &kind);
	pthread_mutexattr_destroy(&kind);
}

int cp_run_begin(struct cp_run **out, const struct cp_ledger_opts *o, const struct cp_run_facts *f, struct cp_err *err)
{
	*out = NULL;
	if (o->off)
		return 0;
	if (check_tags(err) < 0)
		return -1;
	char *path = cp_ledger_path(o->path, err);
	struct cp_run *r = cp_xcalloc(1, sizeof *r);
	init_lock(&r->lock);
	r->began = cp_seconds();
	int named = o->path || env("CP_LEDGER");
	if (!path || (!named && make_folders(path, err) < 0) || cp_db_open(&r->db, path, 1, err) < 0)
		goto bad;
	if (insert_all(r, f, err) < 0) {
		cp_err_wrap(err, "%s", path);
		goto bad;
	}
	r->tool = cp_xstrdup(f->tool);
	free(path);
	*out = r;
	return 0;
bad:
	free(path);
	cp_run_free(r);
	return cp_err_wrap(err, "the ledger cannot be written (name another with --ledger FILE, or go without by --no-ledger)");
}

const char *cp_run_uid(const struct cp_run *r)
{
	return r ? r->uid : NULL;
}

/* ---- telling more ---- */

/* Take the run for one write; 0 if there is nothing to write to. */
static int enter(struct cp_run *r)
{
	if (!r)
		return 0;
	pthread_mutex_lock(&r->lock);
	if (!r->broken && !r->sealed)
		return 1;
	pthread_mutex_unlock(&r->lock);
	return 0;
}

static void leave(struct cp_run *r, int bad)
{
	r->broken |= bad < 0;
	pthread_mutex_unlock(&r->lock);
}

static void found(struct cp_run *r, const char *name, const char *value, int content)
{
	if (enter(r))
		leave(r, cp_db_run(r->db, &r->err, "INSERT OR REPLACE INTO params VALUES (?, ?, ?, 0, ?)", "itti", r->id, name, value,
				      (int64_t)content));
}

void cp_run_param(struct cp_run *r, const char *name, const char *value)
{
	found(r, name, value, 0);
}

void cp_run_decides(struct cp_run *r, const char *name, const char *value)
{
	found(r, name, value, 1);
}

void cp_run_metric(struct cp_run *r, const char *split, const char *stratum, double epoch, const char *key, double value)
{
	if (enter(r))
		leave(r, cp_db_run(r->db, &r->err, "INSERT OR REPLACE INTO metrics VALUES (?, ?, ?, ?, ?, ?)", "ittrtr", r->id,
				      split ? split : "", stratum ? stratum : "", epoch, key, value));
}

void cp_run_compare(struct cp_run *r, const struct cp_run_comparison *c)
{
	if (enter(r))
		leave(r, cp_db_run(r->db, &r->err,
			"INSERT INTO comparisons VALUES (?1, (SELECT count(*) + 1 FROM comparisons WHERE run = ?1), "
			"?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)", "ittttttrrrrrri", r->id, c->method,
			c->split ? c->split : "", c->stratum ? c->stratum : "", c->key, c->a, c->b,
			c->value_a, c->value_b, c->diff, c->se, c->statistic, c->p, c->n));
}

/* What is known of a file without being told. */
struct found {
	const char *path, *via;
	char linked[4096], digest[33];
	int64_t bytes;
};

static void find_stream(struct found *f, int fd, int is_input)
{
	struct stat st;
	char link[32];
	f->via = "pipe";
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !st.st_nlink)
		return;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, f->linked, sizeof f->linked - 1);
	if (n <= 0)
		return;
	f->linked[n] = 0;
	f->path = f->linked;
	f->via = is_input ? "stdin" : "stdout";
	f->bytes = st.st_size;
}

static void find_named(struct found *f, const char *path)
{
	struct stat st;
	f->path = path;
	f->via = "file";
	if (stat(path, &st) < 0)
		return;
	if (S_ISREG(st.st_mode))
		f->bytes = st.st_size;
	else
		f->via = S_ISDIR(st.st_mode) ? "folder" : "pipe";	/* a FIFO, /dev/fd/63, ... */
}

/* What cannot be read, or is gone by now, has no digest: the tool that needed it says so. */
static void find_file(struct found *f, const struct cp_run_file *told, int is_input)
{
	if (cp_is_standard(told->path))
		find_stream(f, is_input ? STDIN_FILENO : STDOUT_FILENO, is_input);
	else
		find_named(f, told->path);
	if (!told->digest && strcmp(f->via, "pipe") && strcmp(f->via, "folder") && cp_digest_file(f->path, f->digest, NULL) < 0)
		*f->digest = 0;
}

#define ADD_FILE(table) "INSERT INTO " table " VALUES (?1, (SELECT count(*) + 1 FROM " table " WHERE run = ?1), ?2, ?3, ?4, ?5, ?6, " \
			"nullif(?7, 0), nullif(?8, 0))"

/* What allocates comes before the run is entered: memory that runs out seals it. */
static void add_file(struct cp_run *r, int is_input, const struct cp_run_file *told)
{
	struct found f = {0};
	if (!r)
		return;
	find_file(&f, told, is_input);
	if (enter(r))
		leave(r, cp_db_run(r->db, &r->err, is_input ? ADD_FILE("inputs") : ADD_FILE("outputs"), "itttttii", r->id, told->role, f.path, f.via,
				      told->digest ? told->digest : *f.digest ? f.digest : NULL, told->content, told->rows, f.bytes));
}

void cp_run_input(struct cp_run *r, const struct cp_run_file *f)
{
	add_file(r, 1, f);
}

void cp_run_output(struct cp_run *r, const struct cp_run_file *f)
{
	add_file(r, 0, f);
}

/* ---- ending ---- */

/* What should decide the output: the tool, the options that change content, the inputs by digest
 * (of their content, where there is one).  Without a digest of every input: unknown. */
static int find_recipe(struct cp_run *r, char hex[17], struct cp_err *err)
{
	struct cp_buf b = CP_BUF_INIT;
	int known = 1, rc;
	*hex = 0;
	sqlite3_stmt *st = cp_db_prepare(r->db, err,
		"SELECT 0 AS kind, name AS a, value AS b, 0 AS n FROM params WHERE run = ?1 AND content "
		"UNION ALL SELECT 1, role, coalesce(content, digest), n FROM inputs WHERE run = ?1 ORDER BY kind, n, a", "i", r->id);
	if (!st)
		return -1;
	cp_buf_printf(&b, "%s\n", r->tool);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		const char *v = cp_db_text(st, 2);
		known &= v != NULL;
		cp_buf_printf(&b, "%d %s=%s\n", sqlite3_column_int(st, 0), cp_db_text(st, 1), v ? v : "");
	}
	sqlite3_finalize(st);
	if (known)
		snprintf(hex, 17, "%016llx", (unsigned long long)cp_hash64(b.data, b.len, 0));
	cp_buf_release(&b);
	return rc == SQLITE_DONE ? 0 : cp_err_set(err, "%s", sqlite3_errmsg(r->db));
}

static int put_took(struct cp_run *r, struct cp_err *err)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	double cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + 1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
	return cp_db_run(r->db, err,
		"UPDATE runs SET wall_s = round(?, 3), cpu_s = round(?, 3), peak_mb = round(?, 1) WHERE id = ? AND status IN ('running', 'killed')", "rrri",
		cp_seconds() - r->began, cpu, cp_peak_mb(), r->id);
}

void cp_run_took(struct cp_run *r)
{
	if (enter(r))
		leave(r, put_took(r, &r->err));
}

static int seal(struct cp_run *r, const char *status, int exit_status, const char *why, struct cp_err *err)
{
	struct timespec now;
	char ended[32], recipe[17];
	clock_gettime(CLOCK_REALTIME, &now);
	utc(ended, &now);
	if (put_took(r, err) < 0 || find_recipe(r, recipe, err) < 0)
		return -1;
	return cp_db_run(r->db, err,		/* 'killed' was somebody's mistake: we are here */
		"UPDATE runs SET status = ?, exit = ?, why = ?, ended = ?, recipe = nullif(?, '') WHERE id = ? AND status IN ('running', 'killed')",
		"tittti", status, (int64_t)exit_status, why, ended, recipe, r->id);
}

int cp_run_end(struct cp_run *r, enum cp_run_status s, int exit_status, const char *why, struct cp_err *err)
{
	char word[CP_WORD];
	if (!r)
		return 0;
	if (pthread_mutex_lock(&r->lock) == EDEADLK)	/* memory ran out while this thread wrote to the run: whoever looks next seals it as killed */
		return 0;
	if (!r->sealed && seal(r, cp_choice_word(CP_RUN_STATUSES, s, word), exit_status, why, r->broken ? NULL : &r->err) < 0)
		r->broken = 1;
	r->sealed = 1;
	sqlite3_close(r->db);		/* the last one out folds the WAL back into the file */
	r->db = NULL;
	if (r->broken && err)
		*err = r->err;
	int bad = r->broken ? -1 : 0;
	pthread_mutex_unlock(&r->lock);
	return bad;
}

void cp_run_free(struct cp_run *r)
{
	if (!r)
		return;
	sqlite3_close(r->db);
	pthread_mutex_destroy(&r->lock);
	free(r->tool);
	free(r);
}
