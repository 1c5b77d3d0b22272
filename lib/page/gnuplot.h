/* gnuplot(1), as a filter: a script in, a picture out.  A sentence says which package it comes with where it is not installed. */
#ifndef CP_GNUPLOT_H
#define CP_GNUPLOT_H

#include "base/err.h"
#include "base/mem.h"

int cp_gnuplot(const struct cp_buf *script, struct cp_buf *picture, struct cp_err *);

#endif
