/* WAL lets readers and one writer go on together; writers queue behind the busy timeout. Every change that reads before it writes
 * begins with BEGIN IMMEDIATE, for a transaction that turns writer half way is refused at once, however long the timeout. synchronous =
 * NORMAL: a row survives any death of the process; after a power cut the last rows may be missing, but the file is whole. */
#include "ledger/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/process.h"
#include "ledger/schema.h"

#define BUSY_MS 60000

static int fail(sqlite3 *db, struct cp_err *err)
{
	return cp_err_set(err, "%s", db ? sqlite3_errmsg(db) : "out of memory");
}

int cp_db_exec(sqlite3 *db, const char *sql, struct cp_err *err)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(db, err);
}

static int bind(sqlite3_stmt *st, const char *types, va_list ap)
{
	int bad = 0;
	for (int i = 0; types[i]; i++) {
		if (types[i] == 'i')
			bad |= sqlite3_bind_int64(st, i + 1, va_arg(ap, int64_t));
		else if (types[i] == 'r')
			bad |= sqlite3_bind_double(st, i + 1, va_arg(ap, double));
		else
			bad |= sqlite3_bind_text(st, i + 1, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
	}
	return bad;
}

static sqlite3_stmt *prepare(sqlite3 *db, struct cp_err *err, const char *sql, const char *types, va_list ap)
{
	sqlite3_stmt *st = NULL;
	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK || bind(st, types, ap)) {
		fail(db, err);
		sqlite3_finalize(st);
		return NULL;
	}
	return st;
}

sqlite3_stmt *cp_db_prepare(sqlite3 *db, struct cp_err *err, const char *sql, const char *types, ...)
{
	va_list ap;
	va_start(ap, types);
	sqlite3_stmt *st = prepare(db, err, sql, types, ap);
	va_end(ap);
	return st;
}

const char *cp_db_text(sqlite3_stmt *st, int column)
{
	int is_null = sqlite3_column_type(st, column) == SQLITE_NULL;	/* before: without memory it becomes one */
	const unsigned char *s = sqlite3_column_text(st, column);
	if (!s && !is_null)
		cp_out_of_memory(1);
	return (const char *)s;
}

int cp_db_run(sqlite3 *db, struct cp_err *err, const char *sql, const char *types, ...)
{
	va_list ap;
	va_start(ap, types);
	sqlite3_stmt *st = prepare(db, err, sql, types, ap);
	va_end(ap);
	if (!st)
		return -1;
	int rc;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		;
	if (rc != SQLITE_DONE)
		fail(db, err);
	sqlite3_finalize(st);
	return rc == SQLITE_DONE ? 0 : -1;
}

/* ---- opening ---- */

static int one_int(sqlite3 *db, const char *sql, int64_t *out, struct cp_err *err)
{
	sqlite3_stmt *st = cp_db_prepare(db, err, sql, "");
	if (!st)
		return -1;
	int rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(st, 0);
	else
		fail(db, err);
	sqlite3_finalize(st);
	return rc == SQLITE_ROW ? 0 : -1;
}

/* The file's schema version, 0 if it is new; <0 if it is of another program or a later version. Within a transaction, for the three are
 * to be of one moment: another process may just be making the tables. */
static int version_of(sqlite3 *db, struct cp_err *err)
{
	int64_t app = 0, version = 0, tables = 0;
	if (one_int(db, "SELECT count(*) FROM sqlite_master", &tables, err) < 0 || one_int(db, "PRAGMA application_id", &app, err) < 0 ||
	    one_int(db, "PRAGMA user_version", &version, err) < 0)
		return -1;
	if (app != CP_LEDGER_APPLICATION_ID && (app || tables))
		return cp_err_set(err, "an SQLite file of another program, not a ledger");
	if (version < 0 || version > CP_LEDGER_SCHEMA)
		return cp_err_set(err, "a ledger of version %lld; this program reads versions up to %d", (long long)version, CP_LEDGER_SCHEMA);
	return (int)version;
}

static int version_now(sqlite3 *db, struct cp_err *err)
{
	if (cp_db_exec(db, "BEGIN", err) < 0)
		return -1;
	int version = version_of(db, err);
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	return version;
}

static int64_t count_views(const char *sql)
{
	int64_t n = 0;
	for (; (sql = strstr(sql, "CREATE VIEW ")); sql++)
		n++;
	return n;
}

/* 1: the views are those that we make, for SQLite keeps a statement as it was written. */
static int views_are_ours(sqlite3 *db, struct cp_err *err)
{
	int64_t same = 0;
	sqlite3_stmt *st = cp_db_prepare(db, err, "SELECT count(*) FROM sqlite_master WHERE type = 'view' AND (instr(?1, sql || ';') OR instr(?2, sql || ';'))",
					    "tt", cp_ledger_views, cp_ledger_tables);
	if (!st)
		return -1;
	if (sqlite3_step(st) == SQLITE_ROW)
		same = sqlite3_column_int64(st, 0);
	if (sqlite3_finalize(st) != SQLITE_OK)
		return fail(db, err);
	return same == count_views(cp_ledger_views) + count_views(cp_ledger_tables);
}

int cp_db_queries(sqlite3 *db, struct cp_err *err)
{
	return cp_db_exec(db, cp_ledger_queries, err);
}

static int migrate(sqlite3 *db, int from, struct cp_err *err)
{
	char done[100];
	for (int v = from; v < CP_LEDGER_SCHEMA; v++)
		if (cp_db_exec(db, cp_ledger_migrations[v], err) < 0)
			return -1;
	sqlite3_snprintf(sizeof done, done, "PRAGMA user_version = %d; PRAGMA application_id = %d", CP_LEDGER_SCHEMA, CP_LEDGER_APPLICATION_ID);
	if (cp_db_exec(db, cp_ledger_views, err) < 0 || cp_db_exec(db, cp_ledger_tables, err) < 0)
		return -1;
	return cp_db_exec(db, done, err);
}

int cp_db_schema(sqlite3 *db, struct cp_err *err)
{
	int version = version_now(db, err), ours = version == CP_LEDGER_SCHEMA ? views_are_ours(db, err) : 0;
	if (version < 0 || ours < 0 || ours)
		return version < 0 || ours < 0 ? -1 : 0;
	if (cp_db_exec(db, "BEGIN IMMEDIATE", err) < 0)
		return -1;
	version = version_of(db, err);		/* another process may have been quicker */
	if (version >= 0 && migrate(db, version, err) == 0 && cp_db_exec(db, "COMMIT", err) == 0)
		return 0;
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}

/* Changing to WAL needs the file alone and does not wait by itself: while several processes make one ledger, try again. */
static int set_wal(sqlite3 *db, struct cp_err *err)
{
	for (int tries = 0; tries < BUSY_MS / 20; tries++) {
		int rc = sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
		if (rc == SQLITE_OK)
			return 0;
		if (rc != SQLITE_BUSY && rc != SQLITE_LOCKED)
			break;
		nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
	}
	return fail(db, err);
}

static void row_process(sqlite3_stmt *st, struct cp_process *p)
{
	const char *host = cp_db_text(st, 1), *boot = cp_db_text(st, 2);
	memset(p, 0, sizeof *p);
	sqlite3_snprintf(sizeof p->host, p->host, "%s", host ? host : "");
	sqlite3_snprintf(sizeof p->boot, p->boot, "%s", boot ? boot : "");
	p->pidns = sqlite3_column_int64(st, 3);
	p->pid = sqlite3_column_int64(st, 4);
	p->born = sqlite3_column_int64(st, 5);
}

/* Collect first, then write: a statement that is reading would keep the update waiting for itself. */
static int seal_killed(sqlite3 *db, struct cp_err *err)
{
	struct cp_process self, p;
	struct cp_buf gone = CP_BUF_INIT;
	cp_process_self(&self);
	sqlite3_stmt *st = cp_db_prepare(db, err, "SELECT id, host, boot, pidns, pid, born FROM runs WHERE status = 'running'", "");
	if (!st)
		return -1;
	int rc;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		row_process(st, &p);
		if (cp_process_gone(&p, &self))
			cp_buf_printf(&gone, "%s%lld", gone.len ? "," : "", (long long)sqlite3_column_int64(st, 0));
	}
	if (rc != SQLITE_DONE)
		fail(db, err);
	sqlite3_finalize(st);
	int bad = rc == SQLITE_DONE ? 0 : -1;
	if (!bad && gone.len) {
		char *sql = cp_xasprintf("UPDATE runs SET status = 'killed' WHERE status = 'running' AND id IN (%s)", gone.data);
		bad = cp_db_exec(db, sql, err);
		free(sql);
	}
	cp_buf_release(&gone);
	return bad;
}

static int make_ready(sqlite3 *db, struct cp_err *err)
{
	if (version_now(db, err) < 0 || set_wal(db, err) < 0 || cp_db_schema(db, err) < 0)
		return -1;
	return cp_db_exec(db, "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON", err) < 0 ? -1 : seal_killed(db, err);
}

/* SQLite wants to write beside a ledger that is only read, too. */
static int may_write(const char *path)
{
	char *dir = cp_path_folder(path);
	int may = access(path, W_OK) == 0 && access(dir, W_OK) == 0;
	free(dir);
	return may;
}

/* The name by which SQLite takes a file to be at rest; only where nobody is writing to it, which a log beside it would show. */
static char *at_rest(const char *path)
{
	struct cp_buf b = CP_BUF_INIT;
	char *log = cp_xasprintf("%s-wal", path);
	int open = access(log, F_OK) == 0;
	free(log);
	cp_buf_str(&b, "file:");
	for (; *path; path++)
		cp_buf_printf(&b, strchr("%?#", *path) ? "%%%02X" : "%c", (unsigned char)*path);
	cp_buf_str(&b, open ? "" : "?immutable=1");
	return b.data;
}

int cp_db_copy(sqlite3 *to, const char *path, struct cp_err *err)
{
	sqlite3 *from = NULL;
	sqlite3_backup *copy = NULL;
	char *uri = may_write(path) ? NULL : at_rest(path);
	int rc = sqlite3_open_v2(uri ? uri : path, &from, SQLITE_OPEN_READONLY | (uri ? SQLITE_OPEN_URI : 0), NULL);
	free(uri);
	if (rc == SQLITE_OK)
		sqlite3_busy_timeout(from, BUSY_MS);
	if (rc == SQLITE_OK && (copy = sqlite3_backup_init(to, "main", from, "main")))
		while ((rc = sqlite3_backup_step(copy, -1)) == SQLITE_BUSY || rc == SQLITE_LOCKED)
			sqlite3_sleep(20);
	if (copy)
		sqlite3_backup_finish(copy);
	int bad = copy && rc == SQLITE_DONE ? 0 : cp_err_set(err, "%s", sqlite3_errmsg(copy ? to : from));
	sqlite3_close(from);
	return bad;
}

/* One that may only be read is read in a copy. */
static int open_copy(sqlite3 **db, const char *path, struct cp_err *err)
{
	if (sqlite3_open(":memory:", db) != SQLITE_OK)
		return cp_err_set(err, "out of memory");
	return cp_db_copy(*db, path, err) < 0 || cp_db_schema(*db, err) < 0 ? -1 : 0;
}

/* Whole under a name of its own, then linked to the one it is for: there is no ledger, or one with its tables.  Of several processes that make it the
 * first counts. */
static int make_new(const char *path, struct cp_err *err)
{
	sqlite3 *db = NULL;
	char *target = cp_path_target(path), *tmp = target ? cp_xasprintf("%s.tmp.%ld", target, (long)getpid()) : NULL;
	if (!tmp)
		return cp_err_set(err, "open: %m");
	int slot = cp_out_remember(tmp);
	unlink(tmp);			/* of a process that was killed, and had our number */
	int bad = sqlite3_open_v2(tmp, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK ? fail(db, err) :
		  cp_db_exec(db, "PRAGMA journal_mode = MEMORY", err) < 0 ? -1 : cp_db_schema(db, err);
	sqlite3_close(db);
	if (!bad && link(tmp, target) < 0 && errno != EEXIST && renameat2(AT_FDCWD, tmp, AT_FDCWD, target, RENAME_NOREPLACE) < 0 && errno != EEXIST)
		bad = cp_err_set(err, "make: %m");		/* not every file system has links */
	unlink(tmp);
	cp_out_forget(slot);
	free(target);
	free(tmp);
	return bad;
}

int cp_db_open(sqlite3 **out, const char *path, int create, struct cp_err *err)
{
	sqlite3 *db = NULL;
	struct stat st;
	*out = NULL;
	int there = stat(path, &st) == 0;
	if (!there && !create)
		return cp_err_set(err, "%s: open: %m", path);
	if (there && !S_ISREG(st.st_mode))	/* SQLite would put its journal beside a device */
		return cp_err_set(err, "%s: not a file; expected a ledger", path);
	if (there && !create && access(path, R_OK) == 0 && !may_write(path)) {
		if (open_copy(&db, path, err) == 0)
			*out = db;
	} else if (!there && make_new(path, err) < 0)
		;
	else if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		fail(db, err);
	else if (!sqlite3_busy_timeout(db, BUSY_MS) && make_ready(db, err) == 0)
		*out = db;
	if (*out)
		return 0;
	sqlite3_close(db);
	return cp_err_wrap(err, "%s", path);
}
