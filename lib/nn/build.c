#include "nn/build.h"

#include <stdarg.h>
#include <stdio.h>

#define NAME_MAX_LEN 200

struct nn_param *nn_new(struct nn_build *b, enum nn_init init, int n_dims, const size_t *dims, const char *fmt, ...)
{
	char name[NAME_MAX_LEN];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(name, sizeof name, fmt, ap);
	va_end(ap);
	struct nn_param *p = nn_params_add(b->ps, name, b->group, n_dims, dims);
	p->init = init;
	p->frozen = b->frozen;
	return p;
}

struct nn_node *nn_dense(struct nn_build *b, struct nn_node *x, size_t out, enum nn_act act, const char *fmt, ...)
{
	char name[NAME_MAX_LEN];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(name, sizeof name, fmt, ap);
	va_end(ap);
	struct nn_param *w = nn_new(b, NN_INIT_XAVIER, 2, (size_t[]){ out, x->cols }, "%s.weight", name);
	struct nn_param *bias = nn_new(b, NN_INIT_ZERO, 1, (size_t[]){ out }, "%s.bias", name);
	return ng_linear(b->g, x, ng_weight(b->g, w), ng_weight(b->g, bias), act);
}

struct nn_node *nn_dense_plain(struct nn_build *b, struct nn_node *x, size_t out, enum nn_act act, const char *fmt, ...)
{
	char name[NAME_MAX_LEN];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(name, sizeof name, fmt, ap);
	va_end(ap);
	struct nn_param *w = nn_new(b, NN_INIT_XAVIER, 2, (size_t[]){ out, x->cols }, "%s.weight", name);
	return ng_linear(b->g, x, ng_weight(b->g, w), NULL, act);
}
