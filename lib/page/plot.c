#include "page/plot.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"
#include "base/utf8.h"
#include "page/gnuplot.h"
#include "page/html.h"

#define MOST_SERIES 8
#define MOST_POINTS 14		/* marks differ as well */
#define MOST_CATEGORIES 30
#define WIDTH 480
#define LABEL 44		/* characters of a label */
#define NAME 34			/* and of a line of dots */
#define TICS 46			/* and of those below an x axis together */

/* ---- what is drawn ---- */

static size_t find(char *const *names, size_t n, const char *name)
{
	size_t i = 0;
	while (i < n && strcmp(names[i], name))
		i++;
	return i;
}

static char **append(char **names, size_t n, const char *name)
{
	names = cp_xrealloc(names, n + 1, sizeof *names);
	names[n] = cp_xstrdup(name);
	return names;
}

static struct cp_series *series_of(struct cp_plot *p, const char *label)
{
	size_t i = 0, most = p->kind == CP_PLOT_POINTS ? MOST_POINTS : MOST_SERIES;
	int level = *label == CP_PLOT_LEVEL;
	label += level;
	while (i < p->n && (p->series[i].level != level || strcmp(p->series[i].label, label)))
		i++;
	if (i < p->n)
		return &p->series[i];
	if (!level && p->n - p->n_levels == most) {
		if (find(p->left_out, p->n_left_out, label) == p->n_left_out) {
			p->left_out = append(p->left_out, p->n_left_out, label);
			p->n_left_out++;
		}
		return NULL;
	}
	p->series = cp_xrealloc(p->series, p->n + 1, sizeof *p->series);
	p->series[p->n] = (struct cp_series){ .label = cp_xstrdup(label), .level = level };
	p->n_levels += (size_t)level;
	return &p->series[p->n++];
}

/* The place of a category; beyond the most of them, they are counted and not drawn. */
static int category_of(struct cp_plot *p, const char *name, double *x)
{
	size_t i = find(p->category, p->n_categories, name);
	if (i == p->n_categories && i == MOST_CATEGORIES) {
		p->categories_left_out++;
		return -1;
	}
	if (i == p->n_categories) {
		p->category = append(p->category, i, name);
		p->n_categories++;
	}
	*x = (double)i;
	return 0;
}

void cp_plot_add(struct cp_plot *p, const char *label, const char *x_text, double x, double y, double lo, double hi)
{
	if ((p->kind == CP_PLOT_DOTS || p->kind == CP_PLOT_BARS) && category_of(p, x_text, &x) < 0)
		return;
	struct cp_series *s = series_of(p, label);
	if (!s)
		return;
	s->v = cp_xgrow(s->v, &s->cap, s->n + 1, sizeof *s->v);
	s->v[s->n++] = (struct cp_point){ x, y, lo, hi };
}

static void free_names(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

void cp_plot_release(struct cp_plot *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->series[i].label);
		free(p->series[i].v);
	}
	free(p->series);
	free_names(p->category, p->n_categories);
	free_names(p->left_out, p->n_left_out);
	p->series = NULL;
	p->category = p->left_out = NULL;
	p->n = p->n_levels = p->n_left_out = p->n_categories = 0;
}

/* ---- the script ---- */

#define INK "#333333"
#define LINE "#8a8a8a"
#define GRID "#dddddd"
static const char *const palette[] = { "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b07d00", "#4aa3d8", "#6b4fa0", "#555555" };
#define N_COLOURS (sizeof palette / sizeof *palette)
static const int marks[] = { 7, 5, 9, 13, 11, 6, 4, 8, 12, 10, 2, 1, 3, 15 };

/* A bar is for chance, or, where one is worse than that, or may be, for the tenth below it. */
static double floor_of(const struct cp_plot *p)
{
	double least = 0.5;
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < p->series[i].n; k++)
			least = fmin(least, fmin(p->series[i].v[k].y, p->series[i].v[k].lo));
	return least < 0.5 ? floor(least * 10) / 10 : 0.5;
}

/* In characters. */
static size_t length(const char *s)
{
	size_t n = 0, bytes = strlen(s);
	for (size_t i = 0; i < bytes; n++)
		cp_utf8_next(s, bytes, &i);
	return n;
}

/* In single quotes, where gnuplot reads nothing but the quote itself: no escape and no command between backquotes.  A quote stands between two
 * strings as one of its own, for two of them at the beginning would be an empty string. */
static void quote_with(struct cp_buf *b, const char *s, size_t width, char twice)
{
	struct cp_buf clean = CP_BUF_INIT;
	cp_html_plain(&clean, s, width);
	cp_buf_char(b, '\'');
	for (const char *p = clean.data; *p; p++) {
		cp_buf_printf(b, *p == '\'' ? "'.\"%c\".'" : "%c", *p);
		if (*p == twice)
			cp_buf_char(b, *p);
	}
	cp_buf_char(b, '\'');
	cp_buf_release(&clean);
}

static void quote(struct cp_buf *b, const char *s, size_t width)
{
	quote_with(b, s, width, 0);
}

/* The name at a tic is a format of printf's as well.  One that is longer than `room` has its last word below. */
static void quote_tic(struct cp_buf *b, const char *s, size_t width, size_t room)
{
	const char *last = length(s) > room ? strrchr(s, ' ') : NULL;
	if (last) {
		char *first = cp_xstrndup(s, (size_t)(last - s));
		quote_with(b, first, width, '%');
		cp_buf_str(b, ".\"\\n\".");
		free(first);
	}
	quote_with(b, last ? last + 1 : s, width, '%');
}

static void put_number(struct cp_buf *b, double v)
{
	char num[32];
	cp_buf_str(b, isfinite(v) ? cp_print_real(v, num) : "NaN");
	cp_buf_char(b, ' ');
}

static void put_data(struct cp_buf *b, const struct cp_plot *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct cp_series *s = &p->series[i];
		cp_buf_printf(b, "$d%zu << END\n", i);
		for (size_t k = 0; k < s->n; k++) {	/* no interval: one of no length, for gnuplot leaves such a point out */
			const struct cp_point *v = &s->v[k];
			put_number(b, v->x);
			put_number(b, v->y);
			put_number(b, isfinite(v->lo) ? v->lo : v->y);
			put_number(b, isfinite(v->hi) ? v->hi : v->y);
			cp_buf_char(b, '\n');
		}
		cp_buf_str(b, "END\n");
	}
}

static size_t longest_label(const struct cp_plot *p)
{
	size_t most = 0;
	for (size_t i = 0; i < p->n; i++)
		most = length(p->series[i].label) > most ? length(p->series[i].label) : most;
	return most;
}

/* gnuplot's SVG reckons with wide letters: where it finds no room for another column, the names of that are left out without a word. */
static int key_columns(const struct cp_plot *p)
{
	size_t most = longest_label(p);
	return most <= 8 ? 3 : most <= 17 ? 2 : 1;
}

#define ROW 19			/* a line of dots */
#define KEY_ROW 21		/* a line of the key, as gnuplot sets it in this font */
#define DRAWN 214		/* height of what is between the axes */
#define BELOW 68		/* the x axis with its tics and its label */

static int key_rows(const struct cp_plot *p)
{
	return ((int)p->n + key_columns(p) - 1) / key_columns(p);
}

static int key_height(const struct cp_plot *p)
{
	return longest_label(p) && p->kind != CP_PLOT_DOTS ? KEY_ROW * key_rows(p) + 6 : 0;
}

static int height_of(const struct cp_plot *p, int title)
{
	int drawn = p->kind == CP_PLOT_DOTS ? ROW * (int)p->n_categories + 10 : DRAWN;
	return 12 + title + drawn + BELOW + key_height(p);
}

static int has_intervals(const struct cp_series *s)
{
	for (size_t k = 0; k < s->n; k++)
		if (isfinite(s->v[k].lo) && isfinite(s->v[k].hi))
			return 1;
	return 0;
}

/* Where what is drawn along x begins and ends: of dots, the values. */
static void find_range(double range[2], const struct cp_plot *p)
{
	range[0] = INFINITY;
	range[1] = -INFINITY;
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < p->series[i].n; k++) {
			const struct cp_point *v = &p->series[i].v[k];
			int dots = p->kind == CP_PLOT_DOTS;
			range[0] = fmin(range[0], dots ? fmin(v->y, v->lo) : v->x);
			range[1] = fmax(range[1], dots ? fmax(v->y, v->hi) : v->x);
		}
}

/* At most n + 1 tics: 1, 2 or 5 times a power of ten apart. */
static double step_between(const double range[2], int n)
{
	double least = (range[1] - range[0]) / n, ten = pow(10, floor(log10(least)));
	return ten * (least <= ten ? 1 : least <= 2 * ten ? 2 : least <= 5 * ten ? 5 : 10);
}

static void put_categories(struct cp_buf *b, const struct cp_plot *p)
{
	int dots = p->kind == CP_PLOT_DOTS;
	cp_buf_printf(b, "set %s (", dots ? "ytics" : "xtics");
	for (size_t i = 0; i < p->n_categories; i++) {
		cp_buf_str(b, i ? ", " : "");
		quote_tic(b, p->category[i], dots ? NAME : 16, dots ? SIZE_MAX : TICS / p->n_categories);
		cp_buf_printf(b, " %s%zu", dots ? "-" : "", i);
	}
	cp_buf_printf(b, ") scale 0 font ',%d' textcolor rgb '" INK "'\n", dots ? 13 : 14);
	if (dots)
		cp_buf_printf(b, "set yrange [%g:0.75]\n", 0.25 - (double)p->n_categories);
	else
		cp_buf_printf(b, "set xrange [-0.6:%g]\n", (double)p->n_categories - 0.4);
}

/* Where dots begin: behind the longest name, for which gnuplot would leave too much. */
static double left_of_dots(const struct cp_plot *p)
{
	size_t most = 0;
	for (size_t i = 0; i < p->n_categories; i++)
		most = length(p->category[i]) > most ? length(p->category[i]) : most;
	return (18 + 7.7 * (double)(most < NAME ? most : NAME)) / WIDTH;
}

#define FEW 6

/* The values of x, where they are few and stand well apart on a logarithmic axis of this range; how many, or 0. */
static size_t few_values(double few[FEW], const struct cp_plot *p, const double range[2])
{
	size_t n = 0;
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < p->series[i].n; k++) {
			double v = p->series[i].v[k].x;
			size_t at = 0;
			while (at < n && few[at] != v)
				at++;
			if (at == FEW)
				return 0;
			few[at] = v;
			n += at == n;
		}
	qsort(few, n, sizeof *few, cp_compare_reals);
	for (size_t i = 1; i < n; i++)
		if (few[i] / few[i - 1] < pow(range[1] / range[0], 1.0 / FEW))
			return 0;
	return n;
}

static void put_x_axis(struct cp_buf *b, const struct cp_plot *p)
{
	double x[2], few[FEW], pad;
	find_range(x, p);
	if (p->kind == CP_PLOT_BARS || !(x[1] >= x[0]))
		return;
	if (p->flags & CP_PLOT_DIAGONAL) {
		cp_buf_str(b, "set xrange [0:1]\nset xtics 0.2\n");
		return;
	}
	int whole = (p->flags & CP_PLOT_WHOLE_X) && x[0] == floor(x[0]);
	if ((p->flags & CP_PLOT_LOG_X) && x[0] > 0 && x[1] / x[0] >= (p->flags & CP_PLOT_WHOLE_X ? 20 : 9.99) && (whole || !(p->flags & CP_PLOT_WHOLE_X))) {
		pad = pow(x[1] / x[0], 0.05);
		cp_buf_printf(b, "set logscale x\nset xrange [%.10g:%.10g]\n", x[0] / pad, x[1] * pad);
		size_t n = few_values(few, p, x);
		for (size_t i = 0; i < n; i++)
			cp_buf_printf(b, "%s%.10g%s", i ? ", " : "set xtics (", few[i], i + 1 < n ? "" : ")\n");
		if (!n && whole)
			cp_buf_str(b, "set xtics (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)\n");
		return;
	}
	pad = x[1] > x[0] ? (x[1] - x[0]) * 0.05 : 0.5;
	cp_buf_printf(b, "set xrange [%.10g:%.10g]\n", x[0] - pad, x[1] + pad);
	if (x[1] > x[0])
		cp_buf_printf(b, "set xtics %.10g\n", fmax(step_between(x, p->kind != CP_PLOT_DOTS ? 5 : left_of_dots(p) < 0.35 ? 4 : 3), whole));
	else
		cp_buf_printf(b, "set xtics (%.10g)\n", x[0]);
}

/* Every part has its place in points, so that the key takes nothing from what is drawn. */
static void put_places(struct cp_buf *b, const struct cp_plot *p, int title)
{
	double height = height_of(p, title);
	cp_buf_printf(b, "set tmargin at screen %g\nset bmargin at screen %g\nset rmargin at screen 0.95\n", 1 - (12 + title) / height,
		      (BELOW + key_height(p)) / height);
	if (p->kind == CP_PLOT_DOTS)
		cp_buf_printf(b, "set lmargin at screen %g\n", left_of_dots(p));
	if (key_height(p))
		cp_buf_printf(b, "set key at screen 0.03, screen %g left top horizontal Left reverse samplen 2.6 maxcols %d textcolor rgb '" INK "'\n",
			      key_height(p) / height, key_columns(p));
	else
		cp_buf_str(b, "unset key\n");
}

static void put_axes(struct cp_buf *b, const struct cp_plot *p)
{
	cp_buf_str(b, "set border 3 linecolor rgb '" LINE "'\nset tics nomirror scale 0.4 textcolor rgb '" INK "'\n"
		   "set grid linetype 1 dashtype 1 linewidth 0.7 linecolor rgb '" GRID "'\nset datafile missing 'NaN'\nset encoding utf8\nset xlabel ");
	quote(b, p->x_label, 0);
	cp_buf_str(b, " textcolor rgb '" INK "'\nset ylabel ");
	quote(b, p->kind == CP_PLOT_DOTS ? "" : p->y_label, 0);
	cp_buf_str(b, " textcolor rgb '" INK "'\n");
	put_x_axis(b, p);
	if (p->n_categories)
		put_categories(b, p);
	if (p->kind == CP_PLOT_BARS || p->kind == CP_PLOT_STEPS)
		cp_buf_printf(b, "set yrange [%g:*]\n", p->kind == CP_PLOT_BARS ? floor_of(p) : 0);
	else if (p->flags & CP_PLOT_DIAGONAL)
		cp_buf_str(b, "set yrange [0:1]\n");
	else if (p->flags & CP_PLOT_SHARE)
		cp_buf_str(b, "set yrange [0:*<1]\n");
	else if (p->kind != CP_PLOT_DOTS)
		cp_buf_str(b, "set offsets 0, 0, graph 0.05, graph 0.05\n");
}

/* Bars at the same whole numbers stand beside one another. */
static double beside(const struct cp_plot *p, size_t i)
{
	double x[2];
	find_range(x, p);
	return p->flags & CP_PLOT_WHOLE_X ? 0.009 * (x[1] - x[0]) * ((double)i - ((double)(p->n - p->n_levels) - 1) / 2) : 0;
}

static double bar_width(const struct cp_plot *p)
{
	return 0.84 / (double)p->n;
}

static double bar_at(const struct cp_plot *p, size_t i)
{
	return ((double)i - ((double)p->n - 1) / 2) * bar_width(p);
}

static void put_series(struct cp_buf *b, const struct cp_plot *p, size_t i)
{
	const struct cp_series *s = &p->series[i];
	const char *colour = palette[i % N_COLOURS];
	int mark = marks[i % (sizeof marks / sizeof *marks)], bars = has_intervals(s);
	double width = bar_width(p);
	if (s->level) {
		cp_buf_printf(b, "$d%zu using 1:2 with lines dashtype %zu linewidth 1.4 linecolor rgb '" LINE "' title ", i,
			      (i - (p->n - p->n_levels)) % 4 + 1);
		quote(b, s->label, LABEL);
		return;
	}
	switch (p->kind) {
	case CP_PLOT_LINES:
		cp_buf_printf(b, "$d%zu using ($1 + %g):2%s with %s dashtype %zu pointtype %d", i, bars ? beside(p, i) : 0,
			      bars ? ":3:4" : "", bars ? "yerrorlines" : "linespoints", i % 5 + 1, mark);
		if (!bars && s->n > 12)
			cp_buf_printf(b, " pointinterval %zu", (s->n + 11) / 12);
		break;
	case CP_PLOT_STEPS:
		cp_buf_printf(b, "$d%zu using 1:2 with steps dashtype %zu", i, i % 5 + 1);
		break;
	case CP_PLOT_POINTS:
		cp_buf_printf(b, "$d%zu using 1:2%s with %s pointtype %d", i, bars ? ":3:4" : "", bars ? "yerrorbars" : "points", mark);
		break;
	case CP_PLOT_DOTS:
		cp_buf_printf(b, "$d%zu using 2:(-$1)%s with %s pointtype %d", i, bars ? ":3:4" : "", bars ? "xerrorbars" : "points", i ? 6 : 7);
		break;
	case CP_PLOT_BARS:
		cp_buf_printf(b, "$d%zu using ($1 + %g):2:(%g) with boxes fillstyle %s border linecolor rgb '%s'", i,
			      bar_at(p, i), width * 0.92, (const char *[]){ "solid 0.9", "pattern 4", "pattern 2", "pattern 5",
			      "pattern 6", "pattern 1", "pattern 7", "solid 0.3" }[i % 8], colour);
		break;
	}
	cp_buf_printf(b, " linewidth %s linecolor rgb '%s' title ", p->kind == CP_PLOT_BARS ? "1" : "1.8", colour);
	quote(b, s->label, LABEL);
}

static void put_script(struct cp_buf *b, const struct cp_plot *p, int title)
{
	put_data(b, p);
	put_axes(b, p);
	put_places(b, p, title);
	cp_buf_str(b, "plot ");
	if (p->flags & CP_PLOT_DIAGONAL)
		cp_buf_str(b, "x with lines linewidth 1 linecolor rgb '" LINE "' notitle, ");
	for (size_t i = 0; i < p->n; i++) {
		cp_buf_str(b, i ? ", " : "");
		put_series(b, p, i);
	}
	for (size_t i = 0; i < p->n && p->kind == CP_PLOT_BARS; i++)
		if (has_intervals(&p->series[i]))
			cp_buf_printf(b, ", $d%zu using ($1 + %g):3:(0):($4 - $3) with vectors nohead linewidth 1.6 linecolor rgb '" INK "' notitle", i, bar_at(p, i));
	cp_buf_char(b, '\n');
}

static int draw(const struct cp_plot *p, const char *terminal, int title, struct cp_buf *picture, struct cp_err *err)
{
	struct cp_buf b = CP_BUF_INIT;
	cp_buf_str(&b, terminal);
	put_script(&b, p, title);
	int rc = cp_gnuplot(&b, picture, err);
	cp_buf_release(&b);
	return rc;
}

/* ---- a file ---- */

#define TITLE 20		/* a line of it */
#define TITLE_WIDTH 54

/* A title of two parts, with a colon between, has two lines: 0, or where the second begins. */
static size_t second_line(const char *title)
{
	const char *colon = NULL;
	for (const char *at = title; (at = strstr(at, ": ")); at++)
		colon = at;
	return colon ? (size_t)(colon + 2 - title) : 0;
}

static int title_height(const struct cp_plot *p)
{
	return TITLE * (second_line(p->title) ? 2 : 1) + 6;
}

/* From the left edge of the picture, not in the middle of what is drawn: that may be far to the right, and narrow. */
static void put_title_line(struct cp_buf *b, const char *s, int line, double height)
{
	cp_buf_printf(b, "set label %d ", line + 1);
	quote(b, s, TITLE_WIDTH);
	cp_buf_printf(b, " at screen 0.02, screen %g left font ',15' textcolor rgb '" INK "'\n", 1 - (14 + TITLE * line) / height);
}

static void put_title(struct cp_buf *b, const struct cp_plot *p, double height)
{
	size_t second = second_line(p->title);
	struct cp_buf first = CP_BUF_INIT;
	cp_buf_add(&first, p->title, second ? second - 2 : strlen(p->title));
	put_title_line(b, first.data, 0, height);
	if (second)
		put_title_line(b, p->title + second, 1, height);
	cp_buf_release(&first);
}

int cp_plot_file(const struct cp_plot *p, const char *path, struct cp_err *err)
{
	struct cp_buf b = CP_BUF_INIT, picture = CP_BUF_INIT;
	struct cp_out out;
	size_t n = strlen(path);
	int height = height_of(p, title_height(p));
	if (n > 4 && !strcmp(path + n - 4, ".png"))
		cp_buf_printf(&b, "set terminal pngcairo noenhanced size %d,%d font 'sans,14' fontscale 1.414 linewidth 1.8 pointscale 1.8 "
			      "background '#ffffff'\nset key spacing 1.35\n", 2 * WIDTH, 2 * height);
	else
		cp_buf_printf(&b, "set terminal svg noenhanced size %d,%d font 'sans-serif,14' background '#ffffff'\n", WIDTH, height);
	put_title(&b, p, height);
	int rc = draw(p, b.data, title_height(p), &picture, err);
	if (rc == 0)
		rc = cp_out_open(&out, path, err);
	if (rc == 0) {
		fwrite(picture.data, 1, picture.len, out.f);
		rc = cp_out_commit(&out, err);
	}
	cp_buf_release(&b);
	cp_buf_release(&picture);
	return rc;
}

/* ---- inside a page ---- */

/* The page's own variable for a colour of ours, so that it can be another one on a dark ground. */
static int variable_of(unsigned rgb, char name[16])
{
	static const struct { const char *hex, *name; } more[] = { { INK, "ink" }, { LINE, "line" }, { GRID, "grid" } };
	for (size_t i = 0; i < N_COLOURS; i++)
		if (strtoul(palette[i] + 1, NULL, 16) == rgb)
			return snprintf(name, 16, "p%zu", i);
	for (size_t i = 0; i < sizeof more / sizeof *more; i++)
		if (strtoul(more[i].hex + 1, NULL, 16) == rgb)
			return snprintf(name, 16, "%s", more[i].name);
	return 0;
}

static int begins(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

/* One line of gnuplot's SVG: rgb(0, 114, 178) becomes var(--p0), the white behind an open mark the page's ground, a pattern gets a name that no
 * other picture has, and the names of gnuplot's parts, which a browser would show, go. */
static void put_line(struct cp_buf *b, const char *s, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++) {
		unsigned red, green, blue;
		int len = 0;
		char name[16];
		const char *end;
		if (begins(s + i, "rgb(") && sscanf(s + i, "rgb( %u , %u , %u )%n", &red, &green, &blue, &len) == 3 && len &&
		    variable_of(red << 16 | green << 8 | blue, name)) {
			cp_buf_printf(b, "var(--%s)", name);
			i += (size_t)len - 1;
		} else if (begins(s + i, "color='white'")) {
			cp_buf_str(b, "color='var(--card)'");
			i += strlen("color='white'") - 1;
		} else if (begins(s + i, "gpPat")) {
			cp_buf_printf(b, "%s_pattern", id);
			i += strlen("gpPat") - 1;
		} else if (begins(s + i, "<title>") && (end = strstr(s + i, "</title>")) && end < s + n) {
			i = (size_t)(end - s) + strlen("</title>") - 1;
		} else {
			cp_buf_char(b, s[i]);
		}
	}
	cp_buf_char(b, '\n');
}

/* What lies inside gnuplot's <svg>, without its marks where they are there already, and without groups that hold nothing. */
static void put_body(struct cp_buf *b, const char *s, const char *id, int with_marks)
{
	int marking = 0;
	for (size_t n; *s; s += n + (s[n] == '\n')) {
		n = strcspn(s, "\n");
		const char *next = s[n] ? s + n + 1 : s + n;
		marking |= begins(s, "<defs>") && begins(next, "\n\t<circle id='gpDot'");
		int empty = n == 0 || (begins(s, "<g fill=\"none\"") && s[n - 1] == '>' && begins(next, "</g>\n"));
		if (empty && n)
			n += 1 + strlen("</g>");
		else if (!empty && (!marking || with_marks))
			put_line(b, s, n, id);
		if (begins(s, "</defs>"))
			marking = 0;
	}
}

int cp_plot_svg(const struct cp_plot *p, const char *id, int with_marks, struct cp_buf *html, struct cp_err *err)
{
	struct cp_buf terminal = CP_BUF_INIT, picture = CP_BUF_INIT;
	cp_buf_printf(&terminal, "set terminal svg noenhanced size %d,%d font 'sans-serif,14' name '%s'\n", WIDTH, height_of(p, 0), id);
	int rc = draw(p, terminal.data, 0, &picture, err);
	const char *body = rc == 0 ? strstr(picture.data, "<g id=\"gnuplot_canvas\">") : NULL;
	if (body) {
		body += strlen("<g id=\"gnuplot_canvas\">");
		cp_buf_printf(html, "<svg role=\"img\" viewBox=\"0 0 %d %d\" aria-label=\"", WIDTH, height_of(p, 0));
		cp_html_text(html, p->title);
		cp_buf_str(html, "\">\n<g>\n");
		put_body(html, body, id, with_marks);
	} else if (rc == 0) {
		rc = cp_err_set(err, "gnuplot drew something else than SVG");
	}
	cp_buf_release(&terminal);
	cp_buf_release(&picture);
	return rc;
}
