/* A picture: what is drawn, and how gnuplot is told.
 *
 *     struct cp_plot p = { .kind = CP_PLOT_LINES, .title = "ml-1m", .x_label = "epoch", .y_label = "AUC" };
 *     cp_plot_add(&p, "dcnv2", "1", 1, .81, NAN, NAN);  ...
 *     cp_plot_svg(&p, "p1", 1, &html, err);            // for the inside of a page: colours are the page's variables --p0 to --p7, --ink, --grid
 *     cp_plot_file(&p, "curves.png", err);            // a file by itself; .svg or .png
 *     cp_plot_release(&p);
 *
 * Lines differ by colour (Okabe and Ito's, which those who do not tell red from green can tell apart), by dashes and by mark; bars by pattern.
 */
#ifndef CP_PLOT_H
#define CP_PLOT_H

#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

enum cp_plot_kind {
	CP_PLOT_LINES,		/* y over x, a mark a point; a bar from lo to hi where they are known */
	CP_PLOT_STEPS,		/* y over x, constant to the next; from 0 */
	CP_PLOT_POINTS,		/* a mark a series */
	CP_PLOT_DOTS,		/* a line a category, values along x; lo and hi as a bar */
	CP_PLOT_BARS,		/* y over categories, series side by side, up from 0.5; lo and hi as a line on the bar */
};

/* log where x goes over more than a decade; both axes from 0 to 1, with a line for equal; tics at whole numbers, where x begins with one (and log
 * only there); y is a share, from 0 and to 1 at most */
enum { CP_PLOT_LOG_X = 1, CP_PLOT_DIAGONAL = 2, CP_PLOT_WHOLE_X = 4, CP_PLOT_SHARE = 8 };

/* Before a label: a level that the others are seen beside, a thin grey line without marks, which does not count among the most; after all others. */
#define CP_PLOT_LEVEL '\004'

struct cp_point {
	double x, y, lo, hi;		/* lo .. hi: an interval of y; NAN: not known */
};

struct cp_series {
	char *label;
	int level;
	struct cp_point *v;
	size_t n, cap;
};

struct cp_plot {
	enum cp_plot_kind kind;
	int flags;
	const char *title, *x_label, *y_label;
	struct cp_series *series;
	size_t n, n_levels, n_left_out;	/* series drawn; of these levels; those beyond the most that can be told apart */
	char **category;
	size_t n_categories, categories_left_out;
	char **left_out;
};

/* A point of a series; series and categories are drawn in the order they come in.  x_text: the category of dots and bars. */
void cp_plot_add(struct cp_plot *, const char *series, const char *x_text, double x, double y, double lo, double hi);
void cp_plot_release(struct cp_plot *);

/* marks: with the marks that the pictures of a page share, once in a page. */
int cp_plot_svg(const struct cp_plot *, const char *id, int marks, struct cp_buf *, struct cp_err *);
int cp_plot_file(const struct cp_plot *, const char *path, struct cp_err *);


#endif
