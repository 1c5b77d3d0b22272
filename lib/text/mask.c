/* Masks: see mask.h.
 *
 * A token takes its own numbers from the row's stream whether it is chosen or not, DRAWS a position at fixed places.  So a longer
 * --max-length, or another set of special ids, changes nothing for the tokens that both have.
 */
#include "text/mask.h"

#include "base/rng.h"

enum { DRAWS = 4 };	/* numbers set apart for a position */

int cp_mask_special(const struct cp_mask_spec *s, uint32_t id)
{
	for (int i = 0; i < CP_TOK_N_ROLES; i++)
		if (s->special[i] == id)
			return 1;
	return 0;
}

static uint32_t replacement(const struct cp_mask_spec *s, struct cp_rng *r, uint32_t id)
{
	double u = cp_rng_real(r);
	if (u < s->share_mask)
		return s->special[CP_TOK_MASK];
	if (u < s->share_mask + s->share_random)
		return (uint32_t)cp_rng_below(r, s->vocab_size);
	return id;
}

void cp_mask_row(const struct cp_mask_spec *s, uint64_t epoch, uint64_t row, const uint32_t *ids, size_t n, struct cp_ids *pairs)
{
	const struct cp_rng base = cp_rng(s->seed, CP_RNG_MASK, epoch, row);
	for (size_t i = 0; i < n; i++) {
		struct cp_rng r = { base.key, (uint64_t)i * DRAWS };
		if (cp_rng_real(&r) >= s->rate || cp_mask_special(s, ids[i]))
			continue;
		cp_ids_push(pairs, (uint32_t)i);
		cp_ids_push(pairs, replacement(s, &r, ids[i]));
	}
}

int cp_mask_spec_tokenizer(struct cp_mask_spec *s, const struct cp_tokenizer *tok, struct cp_err *err)
{
	for (int i = 0; i < CP_TOK_N_ROLES; i++)
		s->special[i] = cp_tokenizer_special(tok, (enum cp_tok_role)i);
	s->vocab_size = cp_tokenizer_size(tok);
	if (s->special[CP_TOK_MASK] == CP_TOK_NONE)
		return cp_err_set(err, "the tokenizer has no mask token ([MASK] or <mask>), which masking puts in a chosen token's place");
	return 0;
}
