/* CSV into blocks by several threads: rows in order, the same bytes for any number of threads.
 *
 * The input is read into one buffer.  Where its rows end is guessed by counting lines outside of quotes (scan.h), and so it is cut into
 * chunks of some thousand rows, each with the offset, line and row number that it should begin at.  Threads cut, hash, render, add up and
 * compress a chunk each; one reads ahead, one writes what the pass before made.  Behind each pass it is checked, chunk by chunk, that the
 * guess was right: that the chunk before ended there.  Where it was not (a misplaced quote, a line of blanks, a block that is full too
 * early), what follows is thrown away and cut anew from where the serial reader would go on.  So a fault costs time, never bytes; and as
 * cuts depend on the input alone, so does the stream, down to its blocks.
 *
 *     struct cp_pour p = { .fd = fd, .csv = csv, .plan = plan, .team = team, .writer = w };
 *     rc = cp_pour(&p, err);                              // all rows behind those that csv has given
 *     p.rows_in, p.rows_out, p.n_bad, p.first_bad, p.n_bytes
 *
 * Memory: a buffer of some windows, and the columns of a few blocks; more only for a row that is longer than that.
 */
#ifndef CP_POUR_H
#define CP_POUR_H

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/team.h"
#include "stream/stream.h"
#include "text/csv.h"
#include "text/plan.h"

struct cp_pour {
	/* what the caller sets */
	int fd;				/* what csv was opened on; -1: memory */
	struct cp_csv *csv;		/* its header is read */
	const struct cp_plan *plan;
	struct cp_team *team;		/* NULL: this thread alone */
	struct cp_writer *writer;	/* where the records go, */
	FILE *lines;			/* or, if that is NULL, the sentences */
	struct cp_digest *digest;	/* as in cp_csv_opts */
	uint64_t first_row;
	int skip_bad;
	size_t chunk_rows, window;	/* rows of a chunk, bytes of a read; 0: as usual; less for tests */
	/* what comes of it */
	uint64_t rows_in, rows_out, n_bad, n_bytes;	/* n_bytes: of the whole input, the header with it */
	char *first_bad;		/* what was wrong with the first bad row, or NULL; the caller frees */
};

int cp_pour(struct cp_pour *, struct cp_err *);

#endif
