/* What led to a run, and what was made of it: a graph of runs and files, data -> stream -> model -> scores -> metric.
 *
 * A file that one run wrote and another read is known by its digest, wherever it lies.  What no run of the ledger wrote is a source; a record
 * stream tells by itself what made it, so `describe` is asked about such files, where they still are.
 */
#ifndef CP_LEDGER_TRACE_H
#define CP_LEDGER_TRACE_H

#include <stdint.h>

#include <sqlite3.h>

#include "base/err.h"
#include "base/mem.h"

struct cp_trace {
	int dot;				/* for graphviz; else lines, indented, each run below what it made */
	void (*describe)(const char *path, const char *digest, struct cp_buf *);	/* appends a word on a file's making, or nothing; may be NULL */
};

int cp_ledger_trace(sqlite3 *, int64_t id, const struct cp_trace *, struct cp_buf *, struct cp_err *);

#endif
