/* Each text is one or a few statements whose rows are printed; what differs between two runs is left to SQL as well. */
#include "ledger/query.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/choice.h"
#include "base/hash.h"
#include "base/num.h"
#include "ledger/db.h"
#include "ledger/ledger.h"

static int finish(sqlite3 *db, sqlite3_stmt *st, int rc, struct cp_err *err)
{
	sqlite3_finalize(st);
	return rc == SQLITE_DONE ? 0 : cp_err_set(err, "%s", sqlite3_errmsg(db));
}

/* ---- finding ---- */

static int find_uid(sqlite3 *db, const char *word, int64_t *id, struct cp_err *err)
{
	int n = 0, rc;
	sqlite3_stmt *st = cp_db_prepare(db, err, "SELECT id FROM runs WHERE substr(uid, 1, length(?1)) = ?1 LIMIT 2", "t", word);
	if (!st)
		return -1;
	for (; (rc = sqlite3_step(st)) == SQLITE_ROW; n++)
		*id = sqlite3_column_int64(st, 0);
	if (finish(db, st, rc, err) < 0)
		return -1;
	if (n > 1)
		return cp_err_set(err, "several runs begin with '%s'", word);
	return n ? 0 : cp_err_set(err, "there is no run '%s'", word);
}

int cp_ledger_find(sqlite3 *db, const char *word, int64_t *id, struct cp_err *err)
{
	int64_t number;
	int found = 0, rc;
	if (cp_parse_i64(word, &number) == 0 && number > 0) {
		sqlite3_stmt *st = cp_db_prepare(db, err, "SELECT id FROM runs WHERE id = ?", "i", number);
		if (!st)
			return -1;
		for (; (rc = sqlite3_step(st)) == SQLITE_ROW; found = 1)
			*id = sqlite3_column_int64(st, 0);
		if (finish(db, st, rc, err) < 0 || found)
			return found ? 0 : -1;
	}
	if (strlen(word) < 4 || strspn(word, "0123456789abcdef") != strlen(word))
		return cp_err_set(err, "there is no run '%s' (a number, or at least 4 characters of a uid)", word);
	return find_uid(db, word, id, err);
}

/* ---- printing ---- */

static void add_column(struct cp_buf *b, sqlite3_stmt *st, int i)
{
	char num[32];
	if (sqlite3_column_type(st, i) == SQLITE_FLOAT)
		cp_buf_str(b, cp_print_real(sqlite3_column_double(st, i), num));
	else if (sqlite3_column_type(st, i) == SQLITE_NULL)
		cp_buf_char(b, '-');
	else
		cp_buf_cell(b, cp_db_text(st, i));
}

/* The rows of a statement over one or two runs, with tabs between; under a heading (if there are any rows), or under the columns' names. */
struct table {
	const char *heading;	/* NULL: the columns' names */
	const char *sql;
};

/* Returns how many. */
static int print_rows(sqlite3 *db, const struct table *t, struct cp_buf *b, struct cp_err *err, sqlite3_stmt *st)
{
	int rc, n = sqlite3_column_count(st), rows = 0;
	if (!t->heading) {
		for (int i = 0; i < n; i++)
			cp_buf_printf(b, "%s%s", i ? "\t" : "", sqlite3_column_name(st, i));
		cp_buf_char(b, '\n');
	}
	for (; (rc = sqlite3_step(st)) == SQLITE_ROW; rows++) {
		if (t->heading && *t->heading && !rows)
			cp_buf_printf(b, "\n%s\n", t->heading);
		for (int i = 0; i < n; i++) {
			cp_buf_str(b, i ? "\t" : "");
			add_column(b, st, i);
		}
		cp_buf_char(b, '\n');
	}
	return finish(db, st, rc, err) < 0 ? -1 : rows;
}

int cp_ledger_list(sqlite3 *db, const char *tool, int status, int64_t limit, struct cp_buf *b, struct cp_err *err)
{
	struct table t = { NULL,
		"SELECT id, uid, status, started, seconds, figures, command FROM (SELECT * FROM listed WHERE (?1 IS NULL OR tool = ?1) "
		"AND (?2 IS NULL OR status = ?2) ORDER BY id DESC LIMIT ?3) ORDER BY id" };
	char word[CP_WORD];
	sqlite3_stmt *st = cp_db_prepare(db, err, t.sql, "tti", tool, status < 0 ? NULL : cp_choice_word(CP_RUN_STATUSES, status, word), limit ? limit : INT64_C(-1));
	return !st || print_rows(db, &t, b, err, st) < 0 ? -1 : 0;
}

/* One run, down the page. */
static int print_run(sqlite3 *db, int64_t id, struct cp_buf *b, struct cp_err *err)
{
	int rc;
	sqlite3_stmt *st = cp_db_prepare(db, err, "SELECT * FROM runs WHERE id = ?", "i", id);
	if (!st)
		return -1;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		for (int i = 0; i < sqlite3_column_count(st); i++) {
			if (sqlite3_column_type(st, i) == SQLITE_NULL)
				continue;
			cp_buf_printf(b, "%s\t", sqlite3_column_name(st, i));
			add_column(b, st, i);
			cp_buf_char(b, '\n');
		}
	return finish(db, st, rc, err);
}

/* Where there are several; and what they took together. */
#define PARTS \
	"WITH part AS MATERIALIZED (SELECT p.*, r.status AS status FROM parts p LEFT JOIN runs r ON r.id = p.part WHERE p.run = ?) " \
	"SELECT part, status, wall_s, cpu_s FROM (SELECT coalesce(part, 'not in this ledger') AS part, part AS n, status, wall_s, cpu_s FROM part UNION ALL " \
	"SELECT 'together', 1e18, NULL, CASE WHEN count(wall_s) = count(*) THEN round(sum(wall_s), 3) END, " \
	"CASE WHEN count(cpu_s) = count(*) THEN round(sum(cpu_s), 3) END FROM part) WHERE (SELECT count(*) FROM part) > 1 ORDER BY n"

int cp_ledger_show(sqlite3 *db, int64_t id, struct cp_buf *b, struct cp_err *err)
{
	static const struct table tables[] = {
		{ "tags", "SELECT name, value FROM tags WHERE run = ? ORDER BY name" },
		{ "options given", "SELECT name, value FROM params WHERE run = ? AND given = 1 ORDER BY name" },
		{ "options by the preset", "SELECT name, value FROM params WHERE run = ? AND given = 2 ORDER BY name" },
		{ "options by default, and what was found", "SELECT name, value FROM params WHERE run = ? AND NOT given ORDER BY name" },
		{ "inputs (role, path, via, digest, content, rows, bytes, made by run)",
		  "SELECT i.role, i.path, i.via, i.digest, i.content, i.rows, i.bytes, "
		  "(SELECT min(o.run) FROM outputs o WHERE o.digest = i.digest AND o.run <> i.run) FROM inputs i WHERE i.run = ? ORDER BY i.n" },
		{ "outputs (role, path, via, digest, content, rows, bytes)",
		  "SELECT role, path, via, digest, content, rows, bytes FROM outputs WHERE run = ? ORDER BY n" },
		{ "read by runs", "SELECT DISTINCT i.run, r.argv FROM outputs o JOIN inputs i ON i.digest = o.digest AND i.run <> o.run "
		  "JOIN runs r ON r.id = i.run WHERE o.run = ? ORDER BY i.run" },
		{ "parts of this training (run, status, seconds, of the processor)", PARTS },
		{ "figures (split, stratum, epoch, key, value)",
		  "SELECT split, stratum, epoch, key, value FROM (SELECT *, max(run) FROM metrics WHERE run = ?1 OR (epoch > 0 AND run IN "
		  "(SELECT part FROM parts WHERE run = ?1)) GROUP BY split, stratum, epoch, key) ORDER BY epoch < 0, epoch, split, stratum, key" },
		{ "comparisons (method, split, stratum, key, a, b, value of a, of b, difference, its standard error, statistic, p, rows)",
		  "SELECT method, split, stratum, key, a, b, value_a, value_b, diff, se, statistic, p, rows FROM comparisons WHERE run = ? ORDER BY n" },
		{ "gone on with by runs", "SELECT s.run, r.status FROM resumed s JOIN runs r ON r.id = s.run WHERE s.before = ? ORDER BY s.run" },
		{ "repeated by runs", "SELECT id, status FROM runs WHERE rerun_of = (SELECT uid FROM runs WHERE id = ?) ORDER BY id" },
	};
	if (print_run(db, id, b, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		sqlite3_stmt *st = cp_db_prepare(db, err, tables[i].sql, "i", id);
		if (!st || print_rows(db, &tables[i], b, err, st) < 0)
			return -1;
	}
	return 0;
}

/* ---- two runs ---- */

int cp_ledger_diff(sqlite3 *db, int64_t a, int64_t b, struct cp_buf *out, struct cp_err *err)
{
	static const struct { const char *about, *heading; } parts[] = {
		{ "run", "run" }, { "options", "options" }, { "inputs", "inputs" }, { "outputs", "outputs" },
		{ "figures", "figures (split, stratum, epoch, key)" },
	};
	struct table t = { NULL,
		"WITH a AS (SELECT name, value FROM facts WHERE run = ?1 AND about = ?3), b AS (SELECT name, value FROM facts WHERE run = ?2 AND about = ?3) "
		"SELECT name, value, (SELECT value FROM b WHERE b.name = a.name) AS other FROM a WHERE value IS NOT other OR name NOT IN (SELECT name FROM b) "
		"UNION ALL SELECT name, NULL, value FROM b WHERE name NOT IN (SELECT name FROM a) ORDER BY 1" };
	cp_buf_printf(out, "runs\t%lld\t%lld\n", (long long)a, (long long)b);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		sqlite3_stmt *st = cp_db_prepare(db, err, t.sql, "iit", a, b, parts[i].about);
		t.heading = parts[i].heading;
		if (!st || print_rows(db, &t, out, err, st) < 0)
			return -1;
	}
	return 0;
}

/* ---- the best ---- */

#define CHOSEN \
	"key = ?1 AND (?2 IS NULL OR split = ?2) " \
	"AND (?5 IS NULL OR EXISTS (SELECT 1 FROM inputs WHERE run = train AND role = 'train' AND path GLOB ?5)) "

static const char best_runs[] =
	"SELECT value, split, id, uid, tool, train, (SELECT value FROM params WHERE run = train AND name = 'stage') AS stage, "
	"(SELECT value FROM params WHERE run = train AND name = 'model') AS model, command "
	"FROM figures WHERE " CHOSEN "ORDER BY CASE WHEN ?3 THEN value ELSE -value END, id LIMIT ?4";

/* Of several runs with one seed the last counts. */
static const char best_settings[] =
	"WITH chosen AS MATERIALIZED (SELECT * FROM figures WHERE " CHOSEN "AND train IS NOT NULL), "
	"setting AS MATERIALIZED (SELECT * FROM settings WHERE run IN (SELECT train FROM chosen)), "
	"one AS (SELECT same, options, split, train, value, max(started || printf(' %012d', id)) FROM chosen JOIN setting ON run = train "
	"GROUP BY same, split, (SELECT seed FROM runs WHERE runs.id = train)) "
	"SELECT round(avg(value), 6) AS mean, round(min(value), 6) AS least, round(max(value), 6) AS most, count(*) AS seeds, split, "
	"group_concat(train) AS trained, options FROM one GROUP BY same, split ORDER BY CASE WHEN ?3 THEN avg(value) ELSE -avg(value) END, train LIMIT ?4";

/* Why there is none; nothing where no run has any figure at all. */
static const char no_best[] =
	"WITH there AS MATERIALIZED (SELECT DISTINCT key, split FROM figures), of_key AS (SELECT split FROM there WHERE key = ?1) SELECT CASE "
	"WHEN NOT EXISTS (SELECT 1 FROM there) THEN NULL "
	"WHEN NOT EXISTS (SELECT 1 FROM of_key) THEN printf('no run has a figure ''%s''; there are %s', ?1, "
	"(SELECT group_concat(key, ', ') FROM (SELECT DISTINCT key FROM there WHERE key NOT LIKE 'bin %' ORDER BY key))) "
	"WHEN NOT EXISTS (SELECT 1 FROM of_key WHERE ?2 IS NULL OR split = ?2) THEN printf('no run has the figure ''%s'' on rows ''%s'', but on %s', ?1, ?2, "
	"(SELECT group_concat(name, ', ') FROM (SELECT coalesce(nullif(split, ''), 'rows without a name') AS name FROM of_key ORDER BY split))) "
	"ELSE printf('no run has the figure ''%s''%s of a model whose training %s', ?1, coalesce(' on rows ''' || ?2 || '''', ''), "
	"coalesce('file matches ''' || ?3 || '''', 'is in this ledger')) END";

static int refuse_none(sqlite3 *db, const struct cp_best *o, struct cp_err *err)
{
	sqlite3_stmt *st = cp_db_prepare(db, err, no_best, "ttt", o->key, o->split, o->rows);
	if (!st)
		return -1;
	int rc = sqlite3_step(st), none = rc == SQLITE_ROW && cp_db_text(st, 0);
	if (none)
		cp_err_set(err, "%s", cp_db_text(st, 0));
	return finish(db, st, rc == SQLITE_ROW ? SQLITE_DONE : rc, err) < 0 || none ? -1 : 0;
}

int cp_ledger_best(sqlite3 *db, const struct cp_best *o, struct cp_buf *b, struct cp_err *err)
{
	struct table t = { NULL, o->over_seeds ? best_settings : best_runs };
	sqlite3_stmt *st = cp_db_prepare(db, err, t.sql, "ttiit", o->key, o->split, (int64_t)o->lowest, o->limit ? o->limit : INT64_C(-1), o->rows);
	int n = st ? print_rows(db, &t, b, err, st) : -1;
	return n < 0 ? -1 : n ? 0 : refuse_none(db, o, err);
}

/* ---- files ---- */

static const char *look(const char *path, const char *digest)
{
	char hex[33];
	if (access(path, F_OK) < 0)
		return "missing";
	if (cp_digest_file(path, hex, NULL) < 0)
		return "unreadable";
	return strcmp(hex, digest) ? "changed" : "same";
}

int cp_ledger_verify(sqlite3 *db, int64_t id, struct cp_buf *b, int64_t *n_bad, struct cp_err *err)
{
	int rc;
	sqlite3_stmt *st = cp_db_prepare(db, err,
		"SELECT DISTINCT place, digest, run, role FROM files WHERE via <> 'pipe' AND place IS NOT NULL AND digest IS NOT NULL "
		"AND (run = ?1 OR (?1 = 0 AND run IN (SELECT id FROM runs WHERE rerun_of IS NULL))) ORDER BY run, place", "i", id);
	if (!st)
		return -1;
	*n_bad = 0;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		const char *path = cp_db_text(st, 0);
		const char *found = look(path, cp_db_text(st, 1));
		*n_bad += strcmp(found, "same") != 0;
		cp_buf_printf(b, "%s\t%lld\t%s\t", found, (long long)sqlite3_column_int64(st, 2), cp_db_text(st, 3));
		cp_buf_cell(b, path);
		cp_buf_char(b, '\n');
	}
	return finish(db, st, rc, err);
}
