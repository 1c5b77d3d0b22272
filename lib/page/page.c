#include "page/page.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/list.h"
#include "ledger/db.h"
#include "page/functions.h"
#include "page/html.h"
#include "page/plot.h"
#include "page/sections.h"
#include "page/style.h"

struct page {
	sqlite3 *db;
	const struct cp_page_opts *o;
	struct cp_buf *b;
	int n_pictures;
	struct cp_buf runs;	/* numbers that the page has links to, commas between */
	struct cp_buf names;	/* of picture files that are written, a line each */
};

static const char *column(sqlite3_stmt *st, int i)
{
	const char *s = cp_db_text(st, i);
	return s ? s : "";
}

static double number(sqlite3_stmt *st, int i)
{
	return sqlite3_column_type(st, i) == SQLITE_NULL ? NAN : sqlite3_column_double(st, i);
}

static int finish(struct page *p, sqlite3_stmt *st, int rc, struct cp_err *err)
{
	sqlite3_finalize(st);
	return rc == SQLITE_DONE ? 0 : cp_err_set(err, "%s", sqlite3_errmsg(p->db));
}

/* ---- tables ---- */

/* "12,15,18" as links to the list of runs; anything else as it is. */
static void put_runs(struct page *p, const char *s)
{
	if (!*s || s[strspn(s, "0123456789,")]) {
		cp_html_text(p->b, s);
		return;
	}
	cp_buf_printf(&p->runs, "%s%s", p->runs.len ? "," : "", s);
	const char *run;
	size_t n;
	while (cp_next_piece(&s, ',', &run, &n))
		cp_buf_printf(p->b, "<a href=\"#r%.*s\">%.*s</a>%s", (int)n, run, (int)n, run, s ? " " : "");
}

static void put_cell(struct page *p, const char *s)
{
	if (*s == CP_CELL_RUNS) {
		put_runs(p, s + 1);
		return;
	}
	if (*s == CP_CELL_SHARE) {
		cp_buf_printf(p->b, "<span class=\"bar\" aria-hidden=\"true\"><span style=\"width:%d%%\"></span></span> %d %%", atoi(s + 1), atoi(s + 1));
		return;
	}
	cp_buf_str(p->b, *s == CP_CELL_BOLD ? "<b>" : "");
	cp_html_text(p->b, *s == CP_CELL_BOLD ? s + 1 : s);
	cp_buf_str(p->b, *s == CP_CELL_BOLD ? "</b>" : "");
}

/* Figures stand to the right; a long text may have several lines. */
static const char *class_of(const char *s)
{
	if (*s == CP_CELL_BOLD)
		s++;
	if ((*s && !s[strspn(s, "0123456789.+-e *")]) || !strcmp(s, "–"))
		return " class=\"n\"";
	return strlen(s) > 40 ? " class=\"w\"" : "";
}

static void put_head(struct page *p, sqlite3_stmt *st)
{
	cp_buf_str(p->b, "<div class=\"scroll\"><table>\n<thead><tr>");
	for (int i = 1; i < sqlite3_column_count(st); i++) {
		cp_buf_printf(p->b, "<th scope=\"col\"%s>", class_of(column(st, i)));
		cp_html_text(p->b, sqlite3_column_name(st, i));
		cp_buf_str(p->b, "</th>");
	}
	cp_buf_str(p->b, "</tr></thead>\n<tbody>\n");
}

static void put_row(struct page *p, sqlite3_stmt *st)
{
	cp_buf_str(p->b, "<tr>");
	for (int i = 1; i < sqlite3_column_count(st); i++) {
		const char *s = column(st, i);
		int command = !strcmp(sqlite3_column_name(st, i), "command");
		cp_buf_printf(p->b, "<td%s>%s", class_of(s), command ? "<code>" : "");
		put_cell(p, s);
		cp_buf_printf(p->b, "%s</td>", command ? "</code>" : "");
	}
	cp_buf_str(p->b, "</tr>\n");
}

/* Rows of a statement, under a line with the first column's value whenever that is another. 1: there were some. */
static int put_table(struct page *p, const char *sql, struct cp_err *err)
{
	char *part = NULL;
	int rc, n = 0;
	sqlite3_stmt *st = cp_db_prepare(p->db, err, sql, "");
	if (!st)
		return -1;
	for (; (rc = sqlite3_step(st)) == SQLITE_ROW; n++) {
		if (!n)
			put_head(p, st);
		if (*column(st, 0) && (!part || strcmp(part, column(st, 0)))) {
			free(part);
			part = cp_xstrdup(column(st, 0));
			cp_buf_printf(p->b, "<tr><th colspan=\"%d\">", sqlite3_column_count(st) - 1);
			cp_html_text(p->b, part);
			cp_buf_str(p->b, "</th></tr>\n");
		}
		put_row(p, st);
	}
	free(part);
	if (n)
		cp_buf_str(p->b, "</tbody></table></div>\n");
	return finish(p, st, rc, err) < 0 ? -1 : n > 0;
}

/* ---- pictures ---- */

static int save_as(struct page *p, const struct cp_plot *plot, const char *name, const char *ending, struct cp_err *err)
{
	char *path = cp_xasprintf("%s/%s.%s", p->o->pictures, name, ending);
	int rc = cp_plot_file(plot, path, err);
	free(path);
	return rc;
}

/* SECTION-FIGURE-PANEL.svg and .png; a name that is taken gets a number. */
static int save(struct page *p, const struct cp_section *s, const struct cp_figure *f, const struct cp_plot *plot, const char *panel, struct cp_err *err)
{
	struct cp_buf name = CP_BUF_INIT, line = CP_BUF_INIT;
	cp_buf_printf(&name, "%s-%s", s->id, f->name);
	if (*panel) {
		cp_buf_char(&name, '-');
		cp_html_name(&name, panel);
	}
	size_t len = name.len;
	for (int k = 2;; k++) {
		cp_buf_reset(&line);
		cp_buf_printf(&line, "\n%s\n", name.data);
		if (!strstr(p->names.data, line.data))
			break;
		name.len = len;
		cp_buf_printf(&name, "-%d", k);
	}
	cp_buf_str(&p->names, p->names.len ? line.data + 1 : line.data);
	int rc = save_as(p, plot, name.data, "svg", err) < 0 || save_as(p, plot, name.data, "png", err) < 0 ? -1 : 0;
	cp_buf_release(&name);
	cp_buf_release(&line);
	return rc;
}

static void put_caption(struct page *p, const struct cp_figure *f, const struct cp_plot *plot, const char *panel)
{
	cp_buf_str(p->b, "<figure><figcaption>");
	if (*panel) {
		cp_buf_str(p->b, "<b>");
		cp_html_text(p->b, panel);
		cp_buf_str(p->b, "</b> ");
	}
	cp_buf_printf(p->b, "<span>%s", f->caption);
	if (plot->n_left_out)
		cp_buf_printf(p->b, "; the first %zu of %zu %s", plot->n - plot->n_levels, plot->n - plot->n_levels + plot->n_left_out,
			      plot->kind == CP_PLOT_STEPS ? "grids" : "settings");
	else if (plot->categories_left_out)
		cp_buf_printf(p->b, "; the first %zu settings", plot->n_categories);
	if (plot->n == 1 && plot->kind != CP_PLOT_DOTS) {
		cp_buf_str(p->b, ": ");
		cp_html_text(p->b, plot->series[0].label);
	}
	cp_buf_str(p->b, "</span></figcaption>\n");
}

static int put_picture(struct page *p, const struct cp_section *s, const struct cp_figure *f, struct cp_plot *plot, const char *panel, struct cp_err *err)
{
	char id[16];
	char *title = cp_xasprintf("%s%s%s", panel, *panel ? ": " : "", f->caption);
	plot->title = title;
	put_caption(p, f, plot, panel);
	snprintf(id, sizeof id, "g%d", ++p->n_pictures);
	int rc = cp_plot_svg(plot, id, p->n_pictures == 1, p->b, err);
	cp_buf_str(p->b, "</figure>\n");
	if (rc == 0 && p->o->pictures)
		rc = save(p, s, f, plot, panel, err);
	free(title);
	return rc;
}

static void begin_plot(struct cp_plot *plot, const struct cp_figure *f)
{
	*plot = (struct cp_plot){ .kind = f->kind, .flags = f->flags, .x_label = f->x_label, .y_label = f->y_label };
}

/* The pictures of one statement, one a panel.  1: there were some. */
static int put_figure(struct page *p, const struct cp_section *s, const struct cp_figure *f, struct cp_err *err)
{
	struct cp_plot plot;
	char *panel = NULL, *x_label = NULL;
	int rc, bad = 0;
	sqlite3_stmt *st = cp_db_prepare(p->db, err, f->sql, "");
	if (!st)
		return -1;
	begin_plot(&plot, f);
	while (!bad && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		if (panel && strcmp(panel, column(st, 0))) {
			bad = put_picture(p, s, f, &plot, panel, err);
			cp_plot_release(&plot);
			begin_plot(&plot, f);
		}
		if (!panel || strcmp(panel, column(st, 0))) {
			free(panel);
			panel = cp_xstrdup(column(st, 0));
			if (!f->x_label) {
				free(x_label);
				plot.x_label = x_label = cp_xstrdup(column(st, 6));
			}
		}
		cp_plot_add(&plot, column(st, 1), column(st, 2), number(st, 2), number(st, 3), number(st, 4), number(st, 5));
	}
	if (!bad && panel)
		bad = put_picture(p, s, f, &plot, panel, err);
	cp_plot_release(&plot);
	int some = panel != NULL;
	free(panel);
	free(x_label);
	if (bad) {
		sqlite3_finalize(st);
		return -1;
	}
	return finish(p, st, rc, err) < 0 ? -1 : some;
}

/* ---- sections ---- */

static int put_figures(struct page *p, const struct cp_section *s, struct cp_err *err)
{
	int some = 0;
	if (p->o->no_pictures)
		return 0;
	size_t before = p->b->len;
	cp_buf_str(p->b, "<div class=\"figures\">\n");
	for (size_t i = 0; i < sizeof s->figure / sizeof *s->figure && s->figure[i].sql; i++) {
		int rc = put_figure(p, s, &s->figure[i], err);
		if (rc < 0)
			return -1;
		some |= rc;
	}
	if (some)
		cp_buf_str(p->b, "</div>\n");
	else
		p->b->len = before;
	return some;
}

static int put_section(struct page *p, const struct cp_section *s, struct cp_err *err)
{
	int figures = 0, rows = 0;
	cp_buf_printf(p->b, "<section id=\"%s\">\n<h2><a href=\"#%s\">%s</a></h2>\n", s->id, s->id, s->title);
	size_t about = p->b->len;
	cp_buf_printf(p->b, "<p class=\"soft\">%s</p>\n", s->about);
	if ((figures = put_figures(p, s, err)) < 0 || (s->table && (rows = put_table(p, s->table, err)) < 0))
		return cp_err_wrap(err, "section %s", s->id);
	if (!figures && !rows) {
		int of_pictures = p->o->no_pictures && !s->table;
		p->b->len = about;
		cp_buf_printf(p->b, "<p class=\"none\">%s</p>\n", of_pictures ? "This section is pictures alone, which were not asked for." : s->none);
	}
	cp_buf_str(p->b, "</section>\n");
	return 0;
}

/* ---- head and foot ---- */

static int put_tiles(struct page *p, int64_t *n_runs, struct cp_err *err)
{
	static const char sql[] =
		"SELECT count(*) AS runs, (SELECT count(*) FROM page_trial) AS 'trained models', (SELECT count(DISTINCT run) FROM page_score) AS 'scored', "
		"(SELECT count(DISTINCT data) FROM page_trial) AS 'data sets', coalesce(printf('%.1f', sum(cpu_s) / 3600), '0') AS 'processor hours', "
		"coalesce(substr(min(started), 1, 10), '–') AS 'first run', coalesce(substr(max(coalesce(ended, started)), 1, 10), '–') AS 'last run' FROM runs";
	sqlite3_stmt *st = cp_db_prepare(p->db, err, sql, "");
	if (!st)
		return -1;
	int rc = sqlite3_step(st);
	*n_runs = rc == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
	cp_buf_str(p->b, "<dl class=\"tiles\">\n");
	for (int i = 0; rc == SQLITE_ROW && i < sqlite3_column_count(st); i++)
		cp_buf_printf(p->b, "<div><dt>%s</dt><dd>%s</dd></div>\n", sqlite3_column_name(st, i), column(st, i));
	cp_buf_str(p->b, "</dl>\n");
	return finish(p, st, rc == SQLITE_ROW ? sqlite3_step(st) : rc, err);
}

static int put_top(struct page *p, int64_t *n_runs, struct cp_err *err)
{
	const char *title = p->o->title ? p->o->title : "clickprompt: what the ledger has";
	cp_buf_str(p->b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>");
	cp_html_text(p->b, title);
	cp_buf_printf(p->b, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<header>\n<h1>", cp_page_style);
	cp_html_text(p->b, title);
	cp_buf_str(p->b, "</h1>\n<nav aria-label=\"sections\">\n");
	for (size_t i = 0; i < cp_n_sections; i++)
		cp_buf_printf(p->b, "<a href=\"#%s\">%s</a>\n", cp_sections[i].id, cp_sections[i].title);
	cp_buf_str(p->b, "</nav>\n");
	int rc = put_tiles(p, n_runs, err);
	cp_buf_str(p->b, "</header>\n<main>\n");
	return rc;
}

/* Every run that a number on the page leads to. */
static int put_runs_list(struct page *p, struct cp_err *err)
{
	char *sql = cp_xasprintf("SELECT id, uid, tool, coalesce(seed, ''), replace(substr(started, 1, 19), 'T', ' '), "
				 "coalesce(printf('%%.1f', wall_s), '–'), argv FROM runs "
				 "WHERE id IN (%s) ORDER BY id", p->runs.data);
	sqlite3_stmt *st = cp_db_prepare(p->db, err, sql, "");
	free(sql);
	if (!st)
		return -1;
	cp_buf_str(p->b, "<section id=\"runs\">\n<h2><a href=\"#runs\">Runs behind this page</a></h2>\n<p class=\"soft\">"
		   "<code>cp-ledger show</code> with a number, or with the "
		   "name that is the same in every ledger, tells what a run read, did and wrote.</p>\n<div class=\"scroll\"><table>\n<thead><tr><th class=\"n\">run</th>"
		   "<th>name</th><th>tool</th><th class=\"n\">seed</th><th>started, UTC</th><th class=\"n\">seconds</th><th>command</th></tr></thead>\n<tbody>\n");
	int rc;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		cp_buf_printf(p->b, "<tr id=\"r%s\">", column(st, 0));
		for (int i = 0; i < 7; i++) {
			cp_buf_str(p->b, i == 0 || i == 3 || i == 5 ? "<td class=\"n\">" : i == 6 ? "<td><code>" : "<td>");
			cp_html_text(p->b, column(st, i));
			cp_buf_str(p->b, i == 6 ? "</code></td>" : "</td>");
		}
		cp_buf_str(p->b, "</tr>\n");
	}
	cp_buf_str(p->b, "</tbody></table></div>\n</section>\n");
	return finish(p, st, rc, err);
}

static const char tables[] =
#include "page/trials.sql.h"
#include "page/sections.sql.h"
;

static int put_page(struct page *p, int64_t *n_runs, struct cp_err *err)
{
	if (cp_page_functions(p->db, err) < 0 || cp_db_exec(p->db, tables, err) < 0 || put_top(p, n_runs, err) < 0)
		return -1;
	for (size_t i = 0; i < cp_n_sections; i++)
		if (put_section(p, &cp_sections[i], err) < 0)
			return -1;
	if (p->runs.len && put_runs_list(p, err) < 0)
		return -1;
	cp_buf_str(p->b, "</main>\n<footer>Written by cp-report from the ledger, and from nothing else.</footer>\n</body>\n</html>\n");
	return 0;
}

int cp_page_make(sqlite3 *db, const struct cp_page_opts *o, struct cp_buf *html, int64_t *n_runs, int *n_pictures, struct cp_err *err)
{
	struct page p = { .db = db, .o = o, .b = html, .runs = CP_BUF_INIT, .names = CP_BUF_INIT };
	int made = o->pictures && mkdir(o->pictures, 0777) == 0;
	if (o->pictures && !made && errno != EEXIST)
		return cp_err_set(err, "%s: make folder: %m", o->pictures);
	int rc = cp_db_exec(db, "BEGIN", err);		/* all of one moment */
	if (rc == 0) {
		rc = put_page(&p, n_runs, err);
		sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	}
	if (rc < 0 && made)
		rmdir(o->pictures);		/* where nothing was drawn */
	*n_pictures = p.n_pictures;
	cp_buf_release(&p.runs);
	cp_buf_release(&p.names);
	return rc;
}
