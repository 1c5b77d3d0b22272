/* Any bytes as a declaration: it is read or refused, and what is read prints to a text that reads back as the same. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "text/declare.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	struct cp_err err;
	struct cp_buf first = CP_BUF_INIT, second = CP_BUF_INIT;
	struct cp_declaration *a = cp_declaration_new(), *b = cp_declaration_new();
	if (cp_declaration_read(a, (const char *)data, len, "fuzz", &err) == 0) {
		cp_declaration_print(a, &first);
		if (cp_declaration_read(b, first.data, first.len, "again", &err) < 0)
			abort();
		cp_declaration_print(b, &second);
		if (a->n != b->n || strcmp(first.data, second.data))
			abort();
	}
	cp_declaration_free(a);
	cp_declaration_free(b);
	cp_buf_release(&first);
	cp_buf_release(&second);
	return 0;
}
