/* What trials.sql and sections.sql ask of the program: functions of a connection.
 *
 *     data_name(path)      what rows are called: the grid's name, the file's, or, where that says nothing, the folder's
 *     grid_name(path)      the grid that a file belongs to; "other" for none
 *     leaf(path)           the last part of a path
 *     deviation(x)         of an aggregate, over n - 1; NULL for fewer than two
 *     fixed(n, x)          x with n digits behind the point, signed(n, x) with its sign, short(x) with two digits that count; "–" for NULL
 *     best(n, x, top)      fixed(n, x), bold where x is the top
 *     differs(what, a, b)  "; WHAT A, B" where they are not the same, else ""
 *     bold(text)           and runs(list of numbers), which the page shows as links, and share(percent), shown as a bar as well; NULL for NULL
 */
#ifndef CP_FUNCTIONS_H
#define CP_FUNCTIONS_H

#include <sqlite3.h>

#include "base/err.h"

int cp_page_functions(sqlite3 *db, struct cp_err *);

/* What bold(), runs() and share() put before a text. */
#define CP_CELL_BOLD '\001'
#define CP_CELL_RUNS '\002'
#define CP_CELL_SHARE '\003'

#endif
