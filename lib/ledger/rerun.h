/* Repeating a run from its row alone.
 *
 * The recorded command is run again, by the program of that name beside ours, in the recorded folder, with `-o` led into
 * a folder of its own and `--ledger` to this ledger: nothing that the first run wrote is touched, and the repetition has a row
 * (rerun_of). Before, inputs are looked at: a file that is missing or has other bytes is refused. A run that read a pipe wants the
 * same on standard input; its bytes are kept in a temporary file until their digest is found right (or, where only the content's digest
 * is known, the two rows are compared after).
 */
#ifndef CP_LEDGER_RERUN_H
#define CP_LEDGER_RERUN_H

#include <stdint.h>

#include <sqlite3.h>

#include "base/err.h"
#include "base/mem.h"

struct cp_rerun_opts {
	const char *ledger;	/* the file db was opened from */
	const char *keep;	/* folder for what the repetition writes, made if missing; NULL: a temporary one, removed after */
	int quiet;		/* hand -q on */
};

/* 1 every output has the recorded bytes, 0 some have not, -1 refused or failed. `out` gets a line an output: same or different, role,
 * digests; and where some differ, a line for each of version, source, build, BLAS, processor, threads and host that is not the same. */
int cp_ledger_rerun(sqlite3 *db, int64_t id, const struct cp_rerun_opts *, struct cp_buf *out, struct cp_err *);

#endif
