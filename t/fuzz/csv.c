/* CSV by both ways (in place, and all by libcsv): the same rows, the same sentences, and nothing out of bounds.  The first byte chooses
 * the options. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "text/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void dump(const uint8_t *data, size_t size, const struct cp_csv_opts *o, struct cp_buf *b)
{
	struct cp_err err;
	struct cp_csv *r = cp_csv_open_mem(data, size, "t", o, &err);
	int rc = r ? 1 : -1;
	for (size_t i = 0; r && i < r->n_names; i++)
		cp_buf_printf(b, "(%s)", r->names[i]);
	while (r && ((rc = cp_csv_next(r, &err)) > 0 || (rc < 0 && r->bad_row))) {
		cp_buf_printf(b, "%llu:", (unsigned long long)r->line);
		for (size_t i = 0; rc > 0 && i < r->n_fields; i++) {
			cp_buf_printf(b, "%zu:", r->fields[i].n);
			cp_buf_add(b, r->fields[i].p, r->fields[i].n);
		}
		if (rc < 0)
			cp_buf_str(b, err.msg);
	}
	if (rc < 0)
		cp_buf_str(b, err.msg);
	cp_csv_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cp_buf a = CP_BUF_INIT, b = CP_BUF_INIT;
	if (!size)
		return 0;
	struct cp_csv_opts o = {
		.delimiter = data[0] & 1 ? '\t' : data[0] & 2 ? ' ' : ',',
		.no_header = data[0] >> 2 & 1,
		.replace_utf8 = data[0] >> 3 & 1,
		.max_row = data[0] & 16 ? 64 : 0,
	};
	uint8_t *copy = cp_xmalloc(size);	/* its very end, so that a read past it is seen */
	memcpy(copy, data + 1, size - 1);
	copy = cp_xrealloc(copy, size > 1 ? size - 1 : 1, 1);
	dump(copy, size - 1, &o, &a);
	o.by_libcsv = 1;
	dump(copy, size - 1, &o, &b);
	if (a.len != b.len || memcmp(a.data, b.data, a.len))
		abort();
	free(copy);
	cp_buf_release(&a);
	cp_buf_release(&b);
	return 0;
}
