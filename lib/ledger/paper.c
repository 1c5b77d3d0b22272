/* SQL makes the words of each place, so that all forms agree; here they are put into columns. */
#include "ledger/paper.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/db.h"

#define N_COLUMNS 13
#define AUC 2

static const char *const head[N_COLUMNS] = { "", "", "AUC", "log loss", "seeds", "rows", "improvement", "p", "p, DeLong", "paper: AUC", "log loss", "improvement",
					     "runs" };

/* One sheet a scale and data set; columns 0 to 4 name it and say whether the line is the best, and better than what it is compared with. */
#define WORD(format, value) "CASE WHEN " value " IS NOT NULL THEN printf(" format ", " value ") ELSE '' END"
#define P_VALUE(value) WORD("CASE WHEN " value " < 0.001 THEN '%.1e' ELSE '%.3f' END", value)

static const char lines[] =
	"SELECT tab, scale, data, best, better, block, line, "
	WORD("'%.4f'", "auc") " || " WORD("' ±%.4f'", "auc_sd") ", "
	WORD("'%.4f'", "logloss") " || " WORD("' ±%.4f'", "logloss_sd") ", seeds, CASE tab WHEN 6 THEN n END, " WORD("'%+.2f %%'", "impr") ", " P_VALUE("p") ", "
	P_VALUE("delong_p") ", " WORD("'%.4f'", "paper_auc") ", " WORD("'%.4f'", "paper_logloss") ", " WORD("'%+.2f %%'", "paper_impr") ", runs "
	"FROM tables WHERE (?1 = 0 OR tab = ?1) AND (?2 IS NULL OR scale = ?2) AND (?3 IS NULL OR data = ?3) AND auc IS NOT NULL";

struct line {
	char *word[N_COLUMNS];
	int best, better;
};

struct sheet {
	int number;
	char *scale, *data;
	struct line *line;
	size_t n;
	size_t width[N_COLUMNS];
};

/* Places on a terminal: a ± is two bytes and one place. */
static size_t places(const char *s)
{
	size_t n = 0;
	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* A block's name is told once. */
static void take_line(struct sheet *s, sqlite3_stmt *st)
{
	s->line = cp_xrealloc(s->line, s->n + 1, sizeof *s->line);
	struct line *l = &s->line[s->n++];
	l->best = sqlite3_column_int(st, 3);
	l->better = sqlite3_column_int(st, 4);
	for (int i = 0; i < N_COLUMNS; i++) {
		const char *word = cp_db_text(st, i + 5);
		l->word[i] = cp_xstrdup(word ? word : "");
		size_t n = places(l->word[i]) + (i == AUC && l->best ? 4 : 0) + (i == AUC && l->better ? 1 : 0);
		s->width[i] = n > s->width[i] ? n : s->width[i];
	}
}

static void drop_sheet(struct sheet *s)
{
	for (size_t i = 0; i < s->n; i++)
		for (int k = 0; k < N_COLUMNS; k++)
			free(s->line[i].word[k]);
	free(s->line);
	free(s->scale);
	free(s->data);
	*s = (struct sheet){0};
}

/* A word in its place. */
static void put_word(struct cp_buf *b, const char *word, size_t width, enum cp_paper_form form)
{
	cp_buf_printf(b, "%s%s", form == CP_PAPER_MARKDOWN ? "| " : "", word);
	for (size_t n = places(word); n < width; n++)
		cp_buf_char(b, ' ');
	cp_buf_str(b, form == CP_PAPER_MARKDOWN ? " " : "  ");
}

/* The AUC: bold where it is the best, with a star where it is better. */
static void put_auc(struct cp_buf *b, const struct line *l, size_t width, enum cp_paper_form form)
{
	int on_terminal = form == CP_PAPER_TERMINAL;
	const char *before = !l->best ? "" : on_terminal ? "\033[1m" : "**", *after = !l->best ? "" : on_terminal ? "\033[0m" : "**";
	const char *star = !l->better ? "" : form == CP_PAPER_MARKDOWN ? "\\*" : "*";
	char *word = cp_xasprintf("%s%s%s%s", before, l->word[AUC], after, star);
	put_word(b, word, width + (on_terminal && l->best ? strlen(before) + strlen(after) : 0), form);
	free(word);
}

static void end_line(struct cp_buf *b, enum cp_paper_form form)
{
	while (form != CP_PAPER_MARKDOWN && b->len && b->data[b->len - 1] == ' ')
		b->data[--b->len] = 0;
	cp_buf_str(b, form == CP_PAPER_MARKDOWN ? "|\n" : "\n");
}

static void put_head(struct cp_buf *b, struct sheet *s, enum cp_paper_form form)
{
	cp_buf_printf(b, "Table %d: %s%s%s%s\n\n", s->number, s->data, *s->scale ? " (" : "", s->scale, *s->scale ? ")" : "");
	for (int i = 0; i < N_COLUMNS; i++) {
		if (s->width[i] && places(head[i]) > s->width[i])
			s->width[i] = places(head[i]);
		if (s->width[i])
			put_word(b, head[i], s->width[i], form);
	}
	end_line(b, form);
	for (int i = 0; i < N_COLUMNS && form == CP_PAPER_MARKDOWN; i++)
		if (s->width[i])
			cp_buf_str(b, "|---");
	if (form == CP_PAPER_MARKDOWN)
		cp_buf_str(b, "|\n");
}

/* What else was not the same in all trainings of a scale and data set: said where it is so, for figures may differ by it. */
static int put_conditions(sqlite3 *db, struct cp_buf *b, const struct sheet *s, struct cp_err *err)
{
	static const char *const what[] = { "versions", "sources", "BLAS", "processors" };
	sqlite3_stmt *st = cp_db_prepare(db, err,
		"SELECT count(DISTINCT version), count(DISTINCT source), count(DISTINCT blas), count(DISTINCT cpu), coalesce(sum(source LIKE '%-changed'), 0) "
		"FROM temp.trained_by WHERE scale = ? AND data = ?", "tt", s->scale, s->data);
	int n = 0;
	if (!st)
		return -1;
	if (sqlite3_step(st) == SQLITE_ROW) {
		for (int i = 0; i < 4; i++)
			if (sqlite3_column_int(st, i) > 1)
				cp_buf_printf(b, "%s%s %s", n++ ? ", " : "Not all trainings are alike: ", cp_db_text(st, i), what[i]);
		if (sqlite3_column_int(st, 4))
			cp_buf_printf(b, "%s%s of a source that was changed after its commit", n++ ? ", " : "Of the trainings: ", cp_db_text(st, 4));
		cp_buf_str(b, n ? ".\n\n" : "");
	}
	sqlite3_finalize(st);
	return 0;
}

/* Seeds of one cell of which an option that decides, or the rows, differ: a mean over them is of two questions.  The first of them are told. */
static int put_unlike_seeds(sqlite3 *db, struct cp_buf *b, const struct sheet *s, struct cp_err *err)
{
	enum { MOST = 3 };
	sqlite3_stmt *st = cp_db_prepare(db, err,
		"WITH said AS (SELECT t.*, p.name AS name, p.value AS value FROM temp.trained_by t JOIN params p ON p.run = t.run "
		"WHERE t.scale = ?1 AND t.data = ?2 AND p.content AND p.name NOT IN ('seed', 'init', 'teacher') "
		"UNION ALL SELECT t.*, 'the training rows', i.content FROM temp.trained_by t JOIN inputs i ON i.run = t.run AND i.role = 'train' "
		"WHERE t.scale = ?1 AND t.data = ?2) "
		"SELECT model || CASE plm WHEN '' THEN '' ELSE '+' || plm END || CASE variant WHEN '' THEN '' ELSE '.' || variant END || '/' || way, name, "
		"CASE WHEN name = 'the training rows' THEN '' ELSE ' (' || "
		"replace(group_concat(DISTINCT CASE value WHEN '' THEN '-' ELSE value END), ',', ', ') || ')' END "
		"FROM said GROUP BY model, plm, variant, way, name HAVING count(DISTINCT value) > 1 ORDER BY 1, 2", "tt", s->scale, s->data);
	int n = 0, rc;
	if (!st)
		return -1;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW && n++ < MOST)
		cp_buf_printf(b, "%s%s: %s%s", n == 1 ? "Seeds of one line that were not trained alike: " : "; ", cp_db_text(st, 0),
			      cp_db_text(st, 1), cp_db_text(st, 2));
	cp_buf_str(b, n > MOST ? "; and more.\n\n" : n ? ".\n\n" : "");
	sqlite3_finalize(st);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : cp_err_set(err, "%s", sqlite3_errmsg(db));
}

static int put_sheet(sqlite3 *db, struct cp_buf *b, struct sheet *s, enum cp_paper_form form, struct cp_err *err)
{
	put_head(b, s, form);
	for (size_t i = 0; i < s->n; i++) {
		int again = i && !strcmp(s->line[i].word[0], s->line[i - 1].word[0]);
		for (int k = 0; k < N_COLUMNS; k++)	/* one that nobody has anything to say in is left out */
			if (k == AUC)
				put_auc(b, &s->line[i], s->width[k], form);
			else if (s->width[k])
				put_word(b, k == 0 && again ? "" : s->line[i].word[k], s->width[k], form);
		end_line(b, form);
	}
	cp_buf_char(b, '\n');
	int bad = put_conditions(db, b, s, err) < 0 || put_unlike_seeds(db, b, s, err) < 0;
	drop_sheet(s);
	return bad;
}

const char cp_paper_notes[] =
	"AUC and log loss are means over seeds with their deviation; the best is bold.  improvement: of the AUC over what the line is compared with (in\n"
	"table 2 the best baseline), over the seeds that both have.  p: Student's t test, paired over seeds; DeLong: the largest p of the seeds' test\n"
	"rows.  * means better at 0.05: by the t test of three seeds or more, with fewer by DeLong's p, and better with each of them.  rows: of the test\n"
	"rows, those of the stratum.  paper: arXiv 2310.09234.  runs: `cp-ledger trace N` tells what led to one.\n";

static int put_text(sqlite3 *db, sqlite3_stmt *st, const struct cp_paper *p, struct cp_buf *b, struct cp_err *err)
{
	struct sheet s = {0};
	int rc = SQLITE_DONE, bad = 0;
	while (!bad && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		const char *scale = cp_db_text(st, 1), *data = cp_db_text(st, 2);
		if (s.n && (sqlite3_column_int(st, 0) != s.number || strcmp(scale, s.scale) || strcmp(data, s.data)))
			bad = put_sheet(db, b, &s, p->form, err);
		if (!s.n) {
			s.number = sqlite3_column_int(st, 0);
			s.scale = cp_xstrdup(scale);
			s.data = cp_xstrdup(data);
		}
		take_line(&s, st);
	}
	if (s.n && !bad && rc == SQLITE_DONE)
		bad = put_sheet(db, b, &s, p->form, err);
	drop_sheet(&s);
	return bad ? -1 : rc == SQLITE_DONE ? 0 : cp_err_set(err, "%s", sqlite3_errmsg(db));
}

static int put_tsv(sqlite3 *db, sqlite3_stmt *st, struct cp_buf *b, struct cp_err *err)
{
	int rc, n = sqlite3_column_count(st);
	for (int i = 0; i < n; i++)
		cp_buf_printf(b, "%s%s", sqlite3_column_name(st, i), i < n - 1 ? "\t" : "\n");
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		for (int i = 0; i < n; i++) {
			const char *word = cp_db_text(st, i);
			cp_buf_printf(b, "%s%s", word ? word : "", i < n - 1 ? "\t" : "\n");
		}
	return rc == SQLITE_DONE ? 0 : cp_err_set(err, "%s", sqlite3_errmsg(db));
}

int cp_ledger_paper(sqlite3 *db, const struct cp_paper *p, struct cp_buf *b, struct cp_err *err)
{
	int tsv = p->form == CP_PAPER_TSV;
	sqlite3_stmt *st = cp_db_prepare(db, err, tsv ? "SELECT * FROM tables WHERE (?1 = 0 OR tab = ?1) AND (?2 IS NULL OR scale = ?2) AND (?3 IS NULL OR data = ?3)"
					    : lines, "itt", (int64_t)p->number, p->scale, p->data);
	if (!st)
		return -1;
	size_t before = b->len;
	int bad = cp_db_exec(db, "DROP TABLE IF EXISTS temp.trained_by; CREATE TEMP TABLE trained_by AS "	/* once, and not for each table */
		"SELECT scale, data, model, plm, variant, way, run, version, source, blas, cpu FROM trainings JOIN runs ON id = run", err);
	if (!bad)
		bad = tsv ? put_tsv(db, st, b, err) : put_text(db, st, p, b, err);
	sqlite3_finalize(st);
	if (bad)
		return -1;
	if (b->len > before)
		return 0;
	const char *number = p->number ? (char[]){ (char)('0' + p->number), 0 } : "2 to 6";
	return cp_err_set(err, "no run of table %s%s%s%s%s is in the ledger", number, p->scale ? " at scale " : "", p->scale ? p->scale : "",
			  p->data ? " on " : "", p->data ? p->data : "");
}
