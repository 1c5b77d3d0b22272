/* Rows of text to rows with tokens and masks: what cp-mask does.
 *
 *     struct cp_mask_job job = { .tok = tok, .spec = spec, .max_length = 504, .tokens_step = a, .mask_step = b };
 *     if (cp_mask_records(&job, path, stdout, err) < 0) ...            // job.rows is set
 *
 * Records: the column `text` is read, `tokens` and `mask` are added, all others are passed on as they came; masks are keyed by the column
 * `row`, where there is none by the row's place in the stream.  Lines: each becomes a record of row, text, tokens and mask.
 * Memory: a block of the stream and the tokenizer's cache, whatever the number of rows.
 */
#ifndef CP_MASKSTREAM_H
#define CP_MASKSTREAM_H

#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "base/err.h"
#include "text/mask.h"

struct cp_mask_job {
	const struct cp_tokenizer *tok;
	struct cp_mask_spec spec;
	size_t max_length;		/* tokens of a row, cls and sep included */
	json_t *tokens_step, *mask_step;	/* provenance of the two columns; lines: the former is that of row and text too */
	uint64_t first_row;		/* lines: the number of the first */
	uint64_t rows;			/* out */
};

/* path: "-" or NULL is standard input. 0, or -1 and a sentence. */
int cp_mask_records(struct cp_mask_job *, const char *path, FILE *out, struct cp_err *);
int cp_mask_lines(struct cp_mask_job *, const char *path, FILE *out, struct cp_err *);

#endif
