/* The ledger as text that can be committed, and back.
 *
 * The text is SQL: `sqlite3 new.db < ledger.sql` builds the ledger as well. Importing runs it in a scratch database in memory that may
 * attach nothing, brings that to this version, and copies the runs whose uid is not here yet.  Another ledger is copied into such a database
 * first, so that merging changes nothing of it. */
#include "ledger/query.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "ledger/db.h"
#include "ledger/schema.h"

/* What is exported, the first column of each table being the run's id; `own` are columns that stay with those who ran it, and merge only. */
static const struct table {
	const char *name, *id, *order;
	const char *columns[24], *own[8];
} tables[] = {
	{ "runs", "id", "id", { "uid", "tool", "version", "build", "argv", "seed", "threads", "blas", "cpu", "source", "rerun_of", "recipe", "started", "ended", "wall_s",
		"cpu_s", "peak_mb", "status", "exit", "why" }, { "cwd", "host", "boot", "pidns", "pid", "born" } },
	{ "params", "run", "run, name", { "name", "value", "given", "content" } },
	{ "inputs", "run", "run, n", { "n", "role", "path", "via", "digest", "content", "rows", "bytes" } },
	{ "outputs", "run", "run, n", { "n", "role", "path", "via", "digest", "content", "rows", "bytes" } },
	{ "metrics", "run", "run, split, stratum, epoch, key", { "split", "stratum", "epoch", "key", "value" } },
	{ "comparisons", "run", "run, n", { "n", "method", "split", "stratum", "key", "a", "b", "value_a", "value_b", "diff", "se", "statistic", "p",
		"rows" } },
	{ "tags", "run", "run, name", { "name", "value" } },
};
#define N_TABLES (sizeof tables / sizeof *tables)

/* ---- out ---- */

/* "--train=/home/u/ml.cps -o m.cpm" without the folders: a word or value that begins with '/' keeps its last part. */
static void drop_folders(struct cp_buf *b, const char *s)
{
	static const char ends[] = " '\"=,:;()";
	while (*s) {
		size_t n = strcspn(s, ends), from = 0;
		if (*s == '/')
			for (size_t i = 0; i + 1 < n; i++)
				if (s[i] == '/')
					from = i + 1;
		cp_buf_add(b, s + from, n - from);
		s += n;
		n = strspn(s, ends);
		cp_buf_add(b, s, n);
		s += n;
	}
}

static void published(sqlite3_context *c, int argc, sqlite3_value **argv)
{
	struct cp_buf b = CP_BUF_INIT;
	(void)argc;
	if (sqlite3_value_type(argv[0]) != SQLITE_TEXT) {
		sqlite3_result_value(c, argv[0]);
		return;
	}
	drop_folders(&b, (const char *)sqlite3_value_text(argv[0]));
	sqlite3_result_text(c, b.data, (int)b.len, SQLITE_TRANSIENT);
	cp_buf_release(&b);
}

static void add_columns(struct cp_buf *b, const char *const *columns, const char *before, const char *after)
{
	for (size_t i = 0; columns[i]; i++)
		cp_buf_printf(b, ", %s%s%s", before, columns[i], after);
}

/* A run's rows are one statement, each on a line of its own. */
static int export_table(sqlite3 *db, const struct table *t, struct cp_buf *b, struct cp_err *err)
{
	struct cp_buf sql = CP_BUF_INIT, head = CP_BUF_INIT;
	sqlite3_int64 run = 0;
	int rc, begun = 0;
	cp_buf_printf(&head, "INSERT INTO %s (%s", t->name, t->id);
	add_columns(&head, t->columns, "", "");
	cp_buf_printf(&sql, "SELECT %s", t->id);
	add_columns(&sql, t->columns, "quote(published(", "))");
	cp_buf_printf(&sql, " FROM %s WHERE %s IN (SELECT id FROM runs WHERE status <> 'running') ORDER BY %s", t->name, t->id, t->order);
	sqlite3_stmt *st = cp_db_prepare(db, err, sql.data, "");
	while (st && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		if (begun && sqlite3_column_int64(st, 0) == run)
			cp_buf_str(b, ",\n");
		else
			cp_buf_printf(b, "%s%s) VALUES\n", begun ? ";\n" : "", head.data);
		run = sqlite3_column_int64(st, 0);
		begun = 1;
		for (int i = 0; i < sqlite3_column_count(st); i++)
			cp_buf_printf(b, "%s%s", i ? ", " : "(", cp_db_text(st, i));
		cp_buf_str(b, ")");
	}
	if (begun)
		cp_buf_str(b, ";\n");
	cp_buf_release(&sql);
	cp_buf_release(&head);
	if (!st)
		return -1;
	sqlite3_finalize(st);
	return rc == SQLITE_DONE ? 0 : cp_err_set(err, "%s", sqlite3_errmsg(db));
}

int cp_ledger_export(sqlite3 *db, struct cp_buf *b, struct cp_err *err)
{
	if (sqlite3_create_function(db, "published", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, published, NULL, NULL) != SQLITE_OK)
		return cp_err_set(err, "%s", sqlite3_errmsg(db));
	cp_buf_printf(b, "-- A clickprompt ledger as text, without hosts and folders.  cp-ledger import reads it, and so does sqlite3.\n"
		      "PRAGMA application_id = %d;\nPRAGMA user_version = %d;\nBEGIN;\n", CP_LEDGER_APPLICATION_ID, CP_LEDGER_SCHEMA);
	for (int v = 0; v < CP_LEDGER_SCHEMA; v++)
		cp_buf_str(b, cp_ledger_migrations[v]);
	cp_buf_str(b, cp_ledger_views);
	cp_buf_str(b, cp_ledger_tables);
	if (cp_db_exec(db, "BEGIN", err) < 0)		/* all tables of one moment */
		return -1;
	int bad = 0;
	for (size_t i = 0; i < N_TABLES && !bad; i++)
		bad = export_table(db, &tables[i], b, err);
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (!bad)		/* without it a text is cut, and import says so */
		cp_buf_str(b, "COMMIT;\n");
	return bad;
}

/* ---- in ---- */

static int only_this_database(void *ctx, int action, const char *a, const char *b, const char *c, const char *d)
{
	(void)ctx, (void)b, (void)c, (void)d;
	if (action == SQLITE_ATTACH || action == SQLITE_DETACH || action == SQLITE_RECURSIVE)	/* the last may have no end */
		return SQLITE_DENY;
	if (action == SQLITE_PRAGMA && strcmp(a, "application_id") && strcmp(a, "user_version"))
		return SQLITE_DENY;
	return SQLITE_OK;
}

/* Which runs are new, and the numbers they get: their own, or from the first that is free in both. */
static const char number_them[] =
	"CREATE TEMP TABLE fresh AS SELECT id AS old, CASE WHEN id NOT IN (SELECT id FROM ledger.runs) THEN id END AS new "
	"FROM main.runs WHERE status <> 'running' AND uid NOT IN (SELECT uid FROM ledger.runs);\n"
	"CREATE TEMP TABLE taken AS SELECT max((SELECT coalesce(max(id), 0) FROM ledger.runs), (SELECT coalesce(max(id), 0) FROM main.runs)) AS last;\n"
	"CREATE TEMP TABLE moved AS SELECT old, row_number() OVER (ORDER BY old) AS nth FROM fresh WHERE new IS NULL;\n"
	"UPDATE fresh SET new = (SELECT last FROM taken) + (SELECT nth FROM moved WHERE moved.old = fresh.old) WHERE new IS NULL;\n";

static int copy_tables(sqlite3 *scratch, struct cp_err *err)
{
	int bad = 0;
	for (size_t i = 0; i < N_TABLES && !bad; i++) {
		struct cp_buf sql = CP_BUF_INIT;
		cp_buf_printf(&sql, "INSERT INTO ledger.%s (%s", tables[i].name, tables[i].id);
		add_columns(&sql, tables[i].columns, "", "");
		add_columns(&sql, tables[i].own, "", "");
		cp_buf_str(&sql, ") SELECT fresh.new");
		add_columns(&sql, tables[i].columns, "t.", "");
		add_columns(&sql, tables[i].own, "t.", "");
		cp_buf_printf(&sql, " FROM main.%s t JOIN fresh ON fresh.old = t.%s", tables[i].name, tables[i].id);
		bad = cp_db_exec(scratch, sql.data, err);
		cp_buf_release(&sql);
	}
	return bad;
}

static int copy_new(sqlite3 *scratch, const char *ledger, int64_t *n_new, struct cp_err *err)
{
	sqlite3_busy_timeout(scratch, 60000);
	if (cp_db_run(scratch, err, "ATTACH ? AS ledger", "t", ledger) < 0 || cp_db_exec(scratch, "BEGIN IMMEDIATE", err) < 0 ||
	    cp_db_exec(scratch, number_them, err) < 0 || copy_tables(scratch, err) < 0)
		return -1;
	sqlite3_stmt *st = cp_db_prepare(scratch, err, "SELECT count(*) FROM fresh", "");
	if (!st)
		return -1;
	*n_new = sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
	sqlite3_finalize(st);
	return cp_db_exec(scratch, "COMMIT", err);
}

static int load_scratch(sqlite3 *scratch, const char *sql, struct cp_err *err)
{
	sqlite3_set_authorizer(scratch, only_this_database, NULL);
	int bad = cp_db_exec(scratch, sql, err);
	sqlite3_set_authorizer(scratch, NULL, NULL);
	if (bad)
		return cp_err_wrap(err, "not what cp-ledger export writes");
	if (!sqlite3_get_autocommit(scratch))
		return cp_err_set(err, "the text is cut: its COMMIT is missing");
	return cp_db_schema(scratch, err);
}

static const char magic[] = "SQLite format 3";		/* and a NUL: the first 16 bytes of such a file */

/* A file, that is: what is read of a pipe is gone. */
static int begins_as_ledger(const char *path)
{
	char head[sizeof magic] = "";
	struct stat st;
	FILE *f = stat(path, &st) == 0 && S_ISREG(st.st_mode) ? fopen(path, "rb") : NULL;
	size_t n = f ? fread(head, 1, sizeof head, f) : 0;
	if (f)
		fclose(f);
	return n == sizeof head && !memcmp(head, magic, sizeof magic);
}

#define TEXT_MAX ((size_t)1 << 30)		/* of some 150,000 runs; a ledger itself can be merged whatever its size */

static int read_text(sqlite3 *scratch, const char *path, struct cp_err *err)
{
	struct cp_buf text = CP_BUF_INIT;
	const char *name = path ? path : "standard input";
	int bad = cp_read_large(path, TEXT_MAX, &text, err);
	if (!bad && text.len >= sizeof magic && !memcmp(text.data, magic, sizeof magic))
		bad = cp_err_set(err, "%s: a ledger itself, of which only a file can be read; name it", name);
	else if (!bad && (!text.len || strlen(text.data) != text.len))
		bad = cp_err_set(err, "%s: no ledger and no ledger's text; expected a file of cp-ledger, or what cp-ledger export writes", name);
	else if (!bad)
		bad = load_scratch(scratch, text.data, err) < 0 ? cp_err_wrap(err, "%s", name) : 0;
	cp_buf_release(&text);
	return bad;
}

static int read_ledger(sqlite3 *scratch, const char *path, struct cp_err *err)
{
	return cp_db_copy(scratch, path, err) < 0 || cp_db_schema(scratch, err) < 0 ? cp_err_wrap(err, "%s", path) : 0;
}

/* One that is not there is made now, so not for what cannot be read. */
static int make_ready(const char *ledger, struct cp_err *err)
{
	sqlite3 *db = NULL;
	int rc = cp_db_open(&db, ledger, 1, err);
	sqlite3_close(db);
	return rc;
}

int cp_ledger_merge(const char *ledger, const char *path, int64_t *n_new, struct cp_err *err)
{
	sqlite3 *scratch = NULL;
	if (cp_is_standard(path))
		path = NULL;
	int bad = sqlite3_open(":memory:", &scratch) == SQLITE_OK ? 0 : cp_err_set(err, "out of memory");
	bad = bad || (path && begins_as_ledger(path) ? read_ledger(scratch, path, err) : read_text(scratch, path, err)) < 0 || make_ready(ledger, err) < 0;
	if (!bad && copy_new(scratch, ledger, n_new, err) < 0)
		bad = cp_err_wrap(err, "%s", path ? path : "standard input");
	sqlite3_close(scratch);
	return bad ? -1 : 0;
}
