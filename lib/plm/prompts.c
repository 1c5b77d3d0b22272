/* Soft prompts from the CTR model's final vector (ClickPrompt, arXiv 2310.09234, section 3.2). */
#include <stdlib.h>

#include "plm/plm.h"

/* An MLP of its own, width H, for every prompt and layer, which makes a key and a value; side by side in the order of the shared form. */
static struct nn_node *separate_mlps(struct nn_build *b, const struct plm_config *c, int k, struct nn_node *q)
{
	int layers = (int)c->layers;
	struct nn_node **v = cp_xmalloc((size_t)(k * layers) * sizeof *v);
	for (int i = 0; i < k * layers; i++) {
		struct nn_node *h = nn_dense(b, q, c->hidden, NN_TANH, "prompt.%d.%d.0", i / layers, i % layers);
		v[i] = nn_dense(b, h, 2 * c->hidden, NN_NONE, "prompt.%d.%d.2", i / layers, i % layers);
	}
	struct nn_node *all = ng_concat(b->g, k * layers, v);
	free(v);
	return all;
}

static struct nn_node *input_prompts(struct nn_build *b, const struct plm_config *c, int k, struct nn_node *q)
{
	struct nn_node **v = cp_xmalloc((size_t)k * sizeof *v), *all;
	for (int i = 0; i < k; i++)
		v[i] = nn_dense(b, q, c->hidden, NN_NONE, "prompt.%d", i);
	all = ng_view(b->g, ng_concat(b->g, k, v), k, c->hidden);
	free(v);
	return all;
}

struct nn_node *plm_prompts(struct nn_build *b, const struct plm_config *c, const struct plm_prompting *p, struct nn_node *q)
{
	if (p->where == PLM_PROMPT_NONE)
		return NULL;
	if (p->where == PLM_PROMPT_INPUT)
		return input_prompts(b, c, p->k, q);
	if (p->separate)
		return separate_mlps(b, c, p->k, q);
	struct nn_node *h = nn_dense(b, q, c->hidden, NN_TANH, "prompt.0");
	return nn_dense(b, h, (size_t)p->k * 2 * c->layers * c->hidden, NN_NONE, "prompt.2");
}

struct nn_node *plm_prompt_logit(struct nn_build *b, const struct plm_config *c, struct nn_node *prompts, int mean)
{
	struct nn_node *row = ng_view(b->g, prompts, 1, (size_t)prompts->mult * prompts->cols);
	return nn_dense(b, mean ? ng_mean_groups(b->g, row, c->hidden) : row, 1, NN_NONE, "out");
}

size_t plm_max_tokens(const struct plm_config *c, const struct plm_prompting *p)
{
	if (c->family == PLM_T5)
		return PLM_T5_TOKENS;
	size_t taken = c->family == PLM_ROBERTA ? c->pad + 1 : 0;
	if (p->where == PLM_PROMPT_INPUT || (p->where == PLM_PROMPT_LAYERS && p->shift))
		taken += (size_t)p->k;
	return taken < c->positions ? c->positions - taken : 0;
}

size_t plm_usual_tokens(const struct plm_config *c, const struct plm_prompting *p)
{
	return c->family == PLM_T5 ? c->positions : plm_max_tokens(c, p);
}
