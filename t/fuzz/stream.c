/* Any bytes as a record stream: as they are, and with their checksums made good, so that what lies behind those is reached.  What can be read is
 * written again and must then read well. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "stream/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The columns of a block are so many that directory and columns fill the body; their sums are made good. */
static size_t repair_columns(unsigned char *body, uint64_t length)
{
	uint64_t stored = 0;
	size_t n = 0;
	while (32 * (n + 1) <= length && (n == 0 || 32 * n + stored != length)) {
		uint64_t s = cp_get_u64le(body + 32 * n++);
		if (s > length)
			return 0;
		stored += s;
	}
	if (n == 0 || 32 * n + stored != length)
		return 0;
	unsigned char *p = body + 32 * n;
	for (size_t i = 0; i < n; i++) {
		uint64_t s = cp_get_u64le(body + 32 * i), sum = cp_hash64(p, s, 0);
		memcpy(body + 32 * i + 16, &sum, 8);
		p += s;
	}
	return 32 * n;
}

static void repair(unsigned char *p, size_t size)
{
	uint64_t seal = 0;
	while (size >= CP_HEAD_SIZE) {
		int block = !memcmp(p, CP_MARK_BLOCK, 8);
		uint64_t length = cp_get_u64le(p + 24);
		if (length > size - CP_HEAD_SIZE)
			length = size - CP_HEAD_SIZE;
		unsigned char *body = p + CP_HEAD_SIZE;
		uint64_t sum = cp_hash64(body, block ? repair_columns(body, length) : length, 0);
		if (block)
			sum = cp_hash64(body, repair_columns(body, length), 0);
		memcpy(p + 24, &length, 8);
		memcpy(p + 32, &sum, 8);
		seal = cp_hash64(p, CP_HEAD_SIZE - 8, memcmp(p, CP_MARK_HEADER, 8) ? seal : 0);
		memcpy(p + 40, &seal, 8);
		p = body + length;
		size -= CP_HEAD_SIZE + length;
	}
}

static void read_again(char *p, size_t n)
{
	struct cp_err err;
	struct cp_block b;
	struct cp_reader *r = cp_reader_open_file(fmemopen(p, n, "rb"), "again", &err);
	int rc = r ? 1 : -1;
	while (r && (rc = cp_reader_next(r, &b, &err)) == 1)
		;
	if (rc < 0) {
		fprintf(stderr, "%s\n", err.msg);
		abort();
	}
	cp_reader_close(r);
}

static void read_and_write(struct cp_reader *r)
{
	struct cp_err err;
	struct cp_block b;
	const struct cp_schema *s = cp_reader_schema(r);
	char *p = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&p, &n);
	int known = cp_schema_known(s, &err) == 0, rc;
	struct cp_writer *w = known ? cp_writer_open(f, s, NULL, &err) : NULL;
	while ((rc = cp_reader_next(r, &b, &err)) == 1) {
		struct cp_values *v = cp_xcalloc((size_t)b.n_columns, sizeof *v);
		memcpy(v, b.column, (size_t)b.n_columns * sizeof *v);
		for (int i = 0; i < b.n_columns; i++)
			v[i].stored = NULL;
		if (w && cp_writer_block(w, b.n_rows, v, &err) < 0)
			abort();
		free(v);
	}
	if (w && cp_writer_close(w, &err) < 0)
		abort();
	fclose(f);
	if (w)
		read_again(p, n);
	free(p);
}

static void take(unsigned char *p, size_t size)
{
	struct cp_err err;
	struct cp_reader *r = cp_reader_open_file(fmemopen(p, size, "rb"), "fuzz", &err);
	if (r)
		read_and_write(r);
	cp_reader_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	unsigned char *copy = cp_xmalloc(size);
	memcpy(copy, data, size);
	take(copy, size);
	repair(copy, size);
	take(copy, size);
	free(copy);
	return 0;
}
