/* The ledger's file: opening, statements, and argument words as text.  For lib/ledger and cp-ledger; tools use ledger.h. */
#ifndef CP_DB_H
#define CP_DB_H

#include <sqlite3.h>

#include "base/err.h"
#include "base/mem.h"

/* Open a ledger to read and write: WAL, busy timeout, brought to this version, rows of processes that are gone sealed as killed. A file
 * that is missing is made where `create` is set; one that may only be read, where it is not, is read in a copy, to which what is written is lost.
 * *db is to be closed with sqlite3_close. */
int cp_db_open(sqlite3 **db, const char *path, int create, struct cp_err *);

/* A copy of another ledger, as it is at this moment and in the version it has, into a database that is open. */
int cp_db_copy(sqlite3 *to, const char *path, struct cp_err *);

/* Make or migrate tables and views on a connection that is open (an import's scratch ledger). */
int cp_db_schema(sqlite3 *db, struct cp_err *);

/* The views of queries.sql, for this connection alone: what query.h and trace.h ask. */
int cp_db_queries(sqlite3 *db, struct cp_err *);

/* Prepare and bind: a letter a value, i int64_t, r double (NaN is NULL), t const char * (NULL is NULL).  NULL on failure. */
sqlite3_stmt *cp_db_prepare(sqlite3 *db, struct cp_err *, const char *sql, const char *types, ...);

/* The text of a column of the row at hand, until the next step; NULL only where the column is. */
const char *cp_db_text(sqlite3_stmt *, int column);

/* The same, run to the end; rows are dropped. */
int cp_db_run(sqlite3 *db, struct cp_err *, const char *sql, const char *types, ...);

/* Several statements without values. */
int cp_db_exec(sqlite3 *db, const char *sql, struct cp_err *);

/* argv as one line a shell reads back to the same words, and the words of such a line (an array that ends in NULL, one allocation with
 * its words, the caller frees it; NULL where quoting is broken). Only plain characters and '...' with \' between are written and read. */
void cp_shell_join(struct cp_buf *, char *const *argv);
char **cp_shell_split(const char *line);

#endif
