/* A first line as a template or the name of a form, a second as a declaration's line for column A, the rest as a CSV of A and B: rows that are
 * taken have a sentence of one line, the same when they are made again. */
#include <stdlib.h>
#include <string.h>

#include "base/choice.h"
#include "base/mem.h"
#include "text/rows.h"
#include "text/template.h"

static void sentences(const char *csv, size_t len, const struct cp_rows_spec *spec, struct cp_buf *out)
{
	struct cp_err err;
	struct cp_block b;
	struct cp_rows *rows = cp_rows_open_mem(csv, len, "fuzz", spec, &err);
	while (rows && cp_rows_next(rows, &b, &err) > 0) {
		const struct cp_values *t = &b.column[b.n_columns - 1];
		if (memchr(t->bytes, '\n', t->n_elems) || memchr(t->bytes, '\r', t->n_elems))
			abort();
		cp_buf_add(out, t->bytes, t->n_elems);
	}
	cp_rows_close(rows);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	struct cp_err err;
	const char *p = (const char *)data, *end = p + len, *line[2];
	char *copy[2];
	for (int i = 0; i < 2; i++) {
		line[i] = memchr(p, '\n', (size_t)(end - p));
		if (!line[i]) {
			if (i)
				free(copy[0]);
			return 0;
		}
		copy[i] = cp_xstrndup(p, (size_t)(line[i] - p));
		p = line[i] + 1;
	}
	struct cp_buf csv = CP_BUF_INIT, first = CP_BUF_INIT, second = CP_BUF_INIT;
	struct cp_declaration *d = cp_declaration_new();
	cp_buf_str(&csv, "A,B\n");
	cp_buf_add(&csv, p, (size_t)(end - p));
	struct cp_rows_spec spec = { .keys = 1, .text = 1, .skip_bad = 1, .shuffle = copy[0][0] == 's', .omit_empty = copy[0][0] == 'v' };
	int form = cp_choice(CP_SENTENCE_FORMS, copy[0]);
	if (form >= 0)
		spec.form = (enum cp_sentence_form)form;
	else
		spec.sentence = copy[0];
	if (cp_declaration_read(d, copy[1], strlen(copy[1]), "line", &err) == 0)
		spec.declared = d;
	sentences(csv.data, csv.len, &spec, &first);
	sentences(csv.data, csv.len, &spec, &second);
	if (first.len != second.len || memcmp(first.data, second.data, first.len))
		abort();
	cp_declaration_free(d);
	cp_buf_release(&csv);
	cp_buf_release(&first);
	cp_buf_release(&second);
	free(copy[0]);
	free(copy[1]);
	return 0;
}
