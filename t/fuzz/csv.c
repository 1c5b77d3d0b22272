/* CSV by the scanner and by libcsv alone: the same names, rows, lines and sentences, from memory and in many small reads, at every level
 * of the processor, and nothing out of bounds.  The first two bytes choose the options and the sizes. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "text/csv.h"
#include "text/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void dump(struct cp_csv *r, struct cp_err *err, struct cp_buf *b)
{
	int rc = r ? 1 : -1;
	for (size_t i = 0; r && i < r->n_names; i++)
		cp_buf_printf(b, "(%s)", r->names[i]);
	while (r && ((rc = cp_csv_next(r, err)) > 0 || (rc < 0 && r->bad_row))) {
		cp_buf_printf(b, "%llu:", (unsigned long long)r->line);
		for (size_t i = 0; rc > 0 && i < r->n_fields; i++) {
			cp_buf_printf(b, "%zu:", r->fields[i].n);
			cp_buf_add(b, r->fields[i].p, r->fields[i].n);
		}
		if (rc < 0)
			cp_buf_str(b, err->msg);
	}
	if (rc < 0)
		cp_buf_str(b, err->msg);
	if (rc == 0)
		cp_buf_printf(b, "%llu rows of %llu bytes", (unsigned long long)r->n_rows, (unsigned long long)r->n_bytes);
	cp_csv_close(r);
}

static void dump_memory(const uint8_t *data, size_t size, const struct cp_csv_opts *o, struct cp_buf *b)
{
	struct cp_err err;
	dump(cp_csv_open_mem(data, size, "t", o, &err), &err, b);
}

/* A pipe of packets: every read gives the bytes of one write. */
static void dump_pieces(const uint8_t *data, size_t size, size_t piece, const struct cp_csv_opts *o, struct cp_buf *b)
{
	struct cp_err err;
	int fd[2];
	if (pipe2(fd, O_DIRECT) < 0 || fcntl(fd[1], F_SETPIPE_SZ, 1 << 20) < 0)
		abort();
	piece += size / 200;
	for (size_t i = 0, n; i < size; i += n) {
		n = size - i < piece ? size - i : piece;
		if (write(fd[1], data + i, n) != (ssize_t)n)
			abort();
	}
	close(fd[1]);
	dump(cp_csv_open(fd[0], "t", o, &err), &err, b);
	close(fd[0]);
}

static void same(struct cp_buf *a, struct cp_buf *b)
{
	if (a->len != b->len || memcmp(a->data, b->data, a->len))
		abort();
	cp_buf_release(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const levels[] = { "base", "v3", "v4" };
	if (size < 2)
		return 0;
	struct cp_csv_opts o = {
		.delimiter = data[0] & 1 ? '\t' : data[0] & 2 ? ' ' : ',',
		.no_header = data[0] >> 2 & 1,
		.replace_utf8 = data[0] >> 3 & 1,
		.max_row = data[0] & 16 ? 64 : 0,
	};
	size_t piece = 1 + (data[0] >> 5) * 3, n = size - 2;
	uint8_t *copy = cp_xmalloc(n + !n);	/* its very end, so that a read past it is seen */
	memcpy(copy, data + 2, n);
	struct cp_buf by_libcsv = CP_BUF_INIT, b = CP_BUF_INIT;
	o.by_libcsv = 1;
	dump_memory(copy, n, &o, &by_libcsv);
	o.by_libcsv = 0;
	cp_scan_batch = 1 + data[1] % 100;
	for (int i = 0; i < 3; i++)
		if (cp_scan_kernels(levels[i])) {
			cp_scan_in_force = cp_scan_kernels(levels[i]);
			dump_memory(copy, n, &o, &b);
			same(&b, &by_libcsv);
		}
	if (data[1] >= 200) {
		dump_pieces(copy, n, piece, &o, &b);
		same(&b, &by_libcsv);
	}
	free(copy);
	cp_buf_release(&by_libcsv);
	return 0;
}
