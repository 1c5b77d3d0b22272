/* libFuzzer: any bytes as config.json of a language model, and as the sizes of one from nothing.  What is taken is within bounds, and is the same
 * when printed and read again. */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plm/plm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct plm_config *c)
{
	struct cp_err err;
	struct plm_config d;
	struct cp_buf b = CP_BUF_INIT;
	assert(c->layers && c->hidden && c->heads && c->hidden % c->heads == 0 && c->positions >= 4 && (!c->vocab || c->pad < c->vocab));
	assert(c->eps >= 0 && isfinite(c->eps) && c->dropout >= 0 && c->dropout < 1 && c->attention_dropout >= 0 && c->attention_dropout < 1);
	plm_config_print(c, &b);
	assert(plm_config_parse(&d, b.data, b.len, "again", &err) == 0);
	assert(d.family == c->family && d.layers == c->layers && d.hidden == c->hidden && d.heads == c->heads && d.ffn == c->ffn &&
	       d.positions == c->positions && d.types == c->types && d.vocab == c->vocab && d.pad == c->pad && d.eps == c->eps);
	cp_buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cp_err err;
	struct plm_config c;
	char *spec = cp_xstrndup((const char *)data, size);
	if (plm_config_parse(&c, (const char *)data, size, "fuzz", &err) == 0)
		check(&c);
	else
		assert(!strncmp(err.msg, "fuzz: ", 6));
	if (plm_config_scratch(&c, spec, &err) == 0)
		check(&c);
	free(spec);
	return 0;
}
