/* The ledger as one HTML page with pictures in it: what cp-report writes.
 *
 * The page needs nothing else: no network, no script, no other file; its style follows the reader's light or dark setting and width.  The same
 * ledger gives the same bytes (with the same gnuplot, which draws).  Sections are a list (sections.c), each a sentence, statements for pictures
 * and a statement for a table, over views (sections.sql) of temporary tables (trials.sql); a section for which there are no runs says so in its sentence.
 * Nothing is written to the ledger.
 */
#ifndef CP_PAGE_H
#define CP_PAGE_H

#include <sqlite3.h>

#include "base/err.h"
#include "base/mem.h"

struct cp_page_opts {
	const char *title;	/* NULL: a plain one */
	const char *pictures;	/* also each picture as NAME.svg and NAME.png in this folder, made if missing; NULL: no */
	int no_pictures;	/* tables only: gnuplot is not needed */
};

/* Append the page.  *n_runs: how many the ledger has; *n_pictures: how many were drawn. */
int cp_page_make(sqlite3 *db, const struct cp_page_opts *, struct cp_buf *html, int64_t *n_runs, int *n_pictures, struct cp_err *);

#endif
