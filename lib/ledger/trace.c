#include "ledger/trace.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ledger/db.h"

struct trace {
	sqlite3 *db;
	const struct cp_trace *how;
	struct cp_buf *b;
	struct cp_err *err;
	int64_t *told;		/* runs whose inputs have been told already */
	size_t n_told;
};

static const char *text(sqlite3_stmt *st, int column)
{
	const char *s = cp_db_text(st, column);
	return s ? s : "";
}

/* After `before`, where there is anything to say. */
static void describe(const struct trace *t, const char *path, const char *digest, const char *before)
{
	struct cp_buf d = CP_BUF_INIT;
	if (t->how->describe && *path)
		t->how->describe(path, digest, &d);
	if (d.len)
		cp_buf_printf(t->b, "%s%s", before, d.data);
	cp_buf_release(&d);
}

static int done(struct trace *t, sqlite3_stmt *st, int rc)
{
	sqlite3_finalize(st);
	return rc == SQLITE_DONE ? 0 : cp_err_set(t->err, "%s", sqlite3_errmsg(t->db));
}

/* ---- lines ---- */

static int tell_before(struct trace *t, int64_t id, int depth);

static void indent(struct trace *t, int depth)
{
	for (int i = 0; i < depth; i++)
		cp_buf_str(t->b, "  ");
}

static int is_told(struct trace *t, int64_t id)
{
	for (size_t i = 0; i < t->n_told; i++)
		if (t->told[i] == id)
			return 1;
	t->told = cp_xrealloc(t->told, t->n_told + 1, sizeof *t->told);
	t->told[t->n_told++] = id;
	return 0;
}

static int put_run(struct trace *t, int64_t id, int depth)
{
	sqlite3_stmt *st = cp_db_prepare(t->db, t->err, "SELECT command, figures, seconds FROM named WHERE id = ?", "i", id);
	if (!st)
		return -1;
	int rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		indent(t, depth);
		cp_buf_printf(t->b, "run %lld: ", (long long)id);
		cp_buf_cell(t->b, text(st, 0));
		for (int i = 1; i < 3; i++)
			if (*text(st, i))
				cp_buf_printf(t->b, ", %s", text(st, i));
		cp_buf_char(t->b, '\n');
		rc = SQLITE_DONE;
	}
	return done(t, st, rc);
}

/* What a run read, each below it and with the run that made it. */
static int tell_inputs(struct trace *t, int64_t id, int depth)
{
	int rc, bad = 0;
	sqlite3_stmt *st = cp_db_prepare(t->db, t->err,
		"SELECT f.role, coalesce(f.path, f.via), coalesce(f.digest, ''), f.rows, e.made_by, f.place "
		"FROM files f LEFT JOIN edges e ON e.run = f.run AND e.digest = f.digest AND e.role = f.role WHERE f.run = ? AND NOT f.written "
		"GROUP BY f.n ORDER BY f.n", "i", id);
	if (!st)
		return -1;
	while (!bad && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		indent(t, depth);
		cp_buf_printf(t->b, "%s ", text(st, 0));
		cp_buf_cell(t->b, text(st, 1));
		cp_buf_printf(t->b, " %.8s", text(st, 2));
		if (sqlite3_column_type(st, 3) != SQLITE_NULL)
			cp_buf_printf(t->b, ", %s rows", text(st, 3));
		if (sqlite3_column_type(st, 4) == SQLITE_NULL)
			describe(t, text(st, 5), text(st, 2), ", ");
		cp_buf_char(t->b, '\n');
		if (sqlite3_column_type(st, 4) != SQLITE_NULL)
			bad = tell_before(t, sqlite3_column_int64(st, 4), depth + 1);
	}
	if (bad) {
		sqlite3_finalize(st);
		return -1;
	}
	return done(t, st, rc);
}

static int tell_before(struct trace *t, int64_t id, int depth)
{
	if (put_run(t, id, depth) < 0)
		return -1;
	return is_told(t, id) ? 0 : tell_inputs(t, id, depth + 1);
}

/* Runs that read what this one wrote, and those that read theirs. */
static int tell_after(struct trace *t, int64_t id, int depth)
{
	int rc, bad = 0;
	sqlite3_stmt *st = cp_db_prepare(t->db, t->err, "SELECT DISTINCT run FROM edges WHERE made_by = ? ORDER BY run", "i", id);
	if (!st)
		return -1;
	while (!bad && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		int64_t next = sqlite3_column_int64(st, 0);
		bad = put_run(t, next, depth) < 0 || (!is_told(t, next) && tell_after(t, next, depth + 1) < 0);
	}
	if (bad) {
		sqlite3_finalize(st);
		return -1;
	}
	return done(t, st, rc);
}

static int tell_lines(struct trace *t, int64_t id)
{
	if (tell_before(t, id, 0) < 0)
		return -1;
	size_t end = t->b->len;
	t->n_told = 0;
	if (tell_after(t, id, 1) < 0)
		return -1;
	if (t->b->len > end) {
		struct cp_buf after = CP_BUF_INIT;
		cp_buf_add(&after, t->b->data + end, t->b->len - end);
		t->b->len = end;
		cp_buf_printf(t->b, "read by\n%s", after.data);
		cp_buf_release(&after);
	}
	return 0;
}

/* ---- graphviz ---- */

/* Every run before and after, itself among them. */
#define CONNECTED \
	"WITH RECURSIVE e AS MATERIALIZED (SELECT run, made_by FROM edges), " \
	"before(run) AS (SELECT ?1 UNION SELECT e.made_by FROM before JOIN e ON e.run = before.run), " \
	"after(run) AS (SELECT ?1 UNION SELECT e.run FROM after JOIN e ON e.made_by = after.run), " \
	"known AS (SELECT run FROM before UNION SELECT run FROM after) "

static void put_label(struct cp_buf *b, const char *s)
{
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			cp_buf_char(b, '\\');
		cp_buf_char(b, *s);
	}
}

static int draw_runs(struct trace *t, int64_t id)
{
	int rc;
	sqlite3_stmt *st = cp_db_prepare(t->db, t->err, CONNECTED
		"SELECT id, title, command, figures, seconds FROM known JOIN named ON id = run ORDER BY id", "i", id);
	if (!st)
		return -1;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		cp_buf_printf(t->b, "\tr%s [shape=box%s, label=\"%s ", text(st, 0), sqlite3_column_int64(st, 0) == id ? ", penwidth=2" : "", text(st, 0));
		put_label(t->b, text(st, 1));
		for (int i = 3; i < 5; i++)
			if (*text(st, i))
				cp_buf_printf(t->b, "\\n%s", text(st, i));
		cp_buf_str(t->b, "\", tooltip=\"");
		put_label(t->b, text(st, 2));
		cp_buf_str(t->b, "\"];\n");
	}
	return done(t, st, rc);
}

/* Files, each once by its digest, and the arrows to and from runs. */
static int draw_files(struct trace *t, int64_t id)
{
	int rc;
	sqlite3_stmt *st = cp_db_prepare(t->db, t->err, CONNECTED
		"SELECT f.run, f.written, f.role, coalesce(f.digest, 'run' || f.run || f.role), coalesce(f.path, f.via), f.place, "
		"f.written OR EXISTS (SELECT 1 FROM outputs o WHERE o.digest = f.digest) "
		"FROM known JOIN files f ON f.run = known.run ORDER BY f.run, f.written, f.role, f.path", "i", id);
	if (!st)
		return -1;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		const char *digest = text(st, 3);
		cp_buf_printf(t->b, "\t\"%s\" [label=\"%s\\n", digest, text(st, 2));
		put_label(t->b, cp_path_leaf(text(st, 4)));
		cp_buf_printf(t->b, "\\n%.8s", digest);
		if (!sqlite3_column_int(st, 6))
			describe(t, text(st, 5), digest, "\\n");
		cp_buf_str(t->b, "\"];\n");
		if (sqlite3_column_int(st, 1))
			cp_buf_printf(t->b, "\tr%s -> \"%s\";\n", text(st, 0), digest);
		else
			cp_buf_printf(t->b, "\t\"%s\" -> r%s;\n", digest, text(st, 0));
	}
	return done(t, st, rc);
}

int cp_ledger_trace(sqlite3 *db, int64_t id, const struct cp_trace *how, struct cp_buf *b, struct cp_err *err)
{
	struct trace t = { .db = db, .how = how, .b = b, .err = err };
	int bad;
	if (how->dot) {
		cp_buf_str(b, "digraph trace {\n\trankdir=LR;\n\tnode [fontname=\"sans-serif\", shape=ellipse];\n");
		bad = draw_runs(&t, id) < 0 || draw_files(&t, id) < 0;
		cp_buf_str(b, "}\n");
	} else {
		bad = tell_lines(&t, id) < 0;
	}
	free(t.told);
	return bad ? -1 : 0;
}
