/* Any bytes as the text twin of records: TSV or JSON lines, edited or not, by the first byte.  What is taken must read well as records, and
 * go to text and back to the same bytes. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "stream/copy.h"
#include "stream/twin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
	char *p;
	size_t n;
};

static int from_text(enum cp_twin kind, const void *p, size_t n, int edited, struct bytes *out, struct cp_err *err)
{
	FILE *in = fmemopen((void *)(uintptr_t)p, n, "rb"), *f = open_memstream(&out->p, &out->n);
	uint64_t n_rows;
	int rc = cp_twin_read(kind, in, "text", f, &(struct cp_twin_opts){ .edited = edited }, &n_rows, err);
	fclose(in);
	fclose(f);
	return rc;
}

static int to_text(enum cp_twin kind, struct bytes b, struct bytes *out, struct cp_err *err)
{
	struct cp_copy c = { .pick = CP_PICK_ALL, .expect_rows = -1, .sink.form = kind == CP_TWIN_TSV ? CP_FORM_TSV : CP_FORM_JSONL };
	FILE *f = open_memstream(&out->p, &out->n);
	uint64_t n_in, n_out;
	struct cp_reader *r = cp_reader_open_file(fmemopen(b.p, b.n, "rb"), "records", err);
	int rc = r ? cp_copy(&c, r, f, &n_in, &n_out, err) : -1;
	cp_reader_close(r);
	fclose(f);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cp_err err = { "" };
	struct bytes a = { 0 }, text = { 0 }, b = { 0 };
	if (size < 2)
		return 0;
	enum cp_twin kind = data[0] & 1 ? CP_TWIN_JSONL : CP_TWIN_TSV, back = data[0] & 2 ? CP_TWIN_JSONL : CP_TWIN_TSV;
	if (from_text(kind, data + 1, size - 1, data[0] >> 2 & 1, &a, &err) == 0) {
		int rc = to_text(back, a, &text, &err);
		if (rc < 0 && strstr(err.msg, "does not fit the first")) {	/* several segments, each good, of other columns */
			rc = 0;
		} else if (rc < 0 || from_text(back, text.p, text.n, 0, &b, &err) < 0 || a.n != b.n || memcmp(a.p, b.p, a.n)) {
			fprintf(stderr, "%s\n", err.msg);
			abort();
		}
	}
	free(a.p);
	free(text.p);
	free(b.p);
	return 0;
}
