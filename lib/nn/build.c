#include "nn/build.h"

#include <stdarg.h>
#include <stdio.h>

#define NAME_MAX_LEN 200	/* of a parameter, longer than any there is */

struct nn_param *nn_param_new(struct nn_build *b, enum nn_init init, int n_dims, const size_t *dims, const char *fmt, ...)
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

static struct nn_node *dense(struct nn_build *b, struct nn_node *x, size_t out, enum nn_act act, int has_bias, const char *fmt, va_list ap)
{
	char name[NAME_MAX_LEN];
	vsnprintf(name, sizeof name, fmt, ap);
	struct nn_param *w = nn_param_new(b, NN_INIT_XAVIER, 2, (size_t[]){ out, x->cols }, "%s.weight", name);
	struct nn_param *bias = has_bias ? nn_param_new(b, NN_INIT_ZERO, 1, &out, "%s.bias", name) : NULL;
	return ng_linear(b->g, x, ng_weight(b->g, w), bias ? ng_weight(b->g, bias) : NULL, act);
}

struct nn_node *nn_dense(struct nn_build *b, struct nn_node *x, size_t out, enum nn_act act, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	struct nn_node *y = dense(b, x, out, act, 1, fmt, ap);
	va_end(ap);
	return y;
}

struct nn_node *nn_dense_plain(struct nn_build *b, struct nn_node *x, size_t out, enum nn_act act, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	struct nn_node *y = dense(b, x, out, act, 0, fmt, ap);
	va_end(ap);
	return y;
}

/* Gain and bias of a norm, and what else it keeps. */
static struct nn_param *norm_param(struct nn_build *b, enum nn_init init, size_t width, const char *what, const char *fmt, va_list ap)
{
	char name[NAME_MAX_LEN];
	va_list again;
	va_copy(again, ap);
	vsnprintf(name, sizeof name, fmt, again);
	va_end(again);
	return nn_param_new(b, init, 1, &width, "%s.%s", name, what);
}

struct nn_node *nn_layer_norm(struct nn_build *b, struct nn_node *x, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	struct nn_param *gain = norm_param(b, NN_INIT_ONE, x->cols, "weight", fmt, ap);
	struct nn_param *bias = norm_param(b, NN_INIT_ZERO, x->cols, "bias", fmt, ap);
	va_end(ap);
	return ng_layernorm(b->g, x, NULL, ng_weight(b->g, gain), ng_weight(b->g, bias), 1e-5, 0);
}

struct nn_node *nn_batch_norm(struct nn_build *b, struct nn_node *x, size_t maps, const char *fmt, ...)
{
	size_t width = maps ? maps : x->cols;
	va_list ap;
	va_start(ap, fmt);
	struct nn_param *gain = norm_param(b, NN_INIT_ONE, width, "weight", fmt, ap);
	struct nn_param *bias = norm_param(b, NN_INIT_ZERO, width, "bias", fmt, ap);
	struct nn_param *mean = norm_param(b, NN_INIT_ZERO, width, "running_mean", fmt, ap);
	struct nn_param *var = norm_param(b, NN_INIT_ONE, width, "running_var", fmt, ap);
	va_end(ap);
	mean->frozen = var->frozen = 1;
	return (maps ? ng_batchnorm_maps : ng_batchnorm)(b->g, x, ng_weight(b->g, gain), ng_weight(b->g, bias), mean, var);
}
