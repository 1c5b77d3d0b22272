/* The sections of the page, in order; a new one is an entry of the list. */
#ifndef CP_SECTIONS_H
#define CP_SECTIONS_H

#include "page/plot.h"

/* Pictures: the statement gives panel, series, x (a category for dots and bars), y, lo, hi, in order of panel; the best series first, for only so
 * many are drawn.  Each panel is a picture.  Where x_label is NULL, the statement gives it too, behind hi. */
struct cp_figure {
	const char *name, *caption;
	enum cp_plot_kind kind;
	int flags;
	const char *x_label, *y_label, *sql;
};

/* A table: the first column says which part of it a row belongs to ('' for a table of one part); the names of the others are its head. */
struct cp_section {
	const char *id, *title;
	const char *about;	/* HTML: what is seen and how to read it */
	const char *none;	/* HTML: said where neither pictures nor rows came */
	struct cp_figure figure[6];
	const char *table;
};

extern const struct cp_section cp_sections[];
extern const size_t cp_n_sections;

#endif
