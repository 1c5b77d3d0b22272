/* The attributes of the tokens and mask columns: see maskcol.h. */
#include "text/maskcol.h"

void cp_tokens_describe(struct cp_column *c, const struct cp_tokenizer *tok, size_t max_length)
{
	cp_column_set_int(c, "vocab_size", cp_tokenizer_size(tok));
	for (int r = 0; r < CP_TOK_N_ROLES; r++) {
		uint32_t id = cp_tokenizer_special(tok, (enum cp_tok_role)r);
		if (id != CP_TOK_NONE)
			cp_column_set_int(c, cp_tok_role_name[r], id);
	}
	cp_column_set_str(c, "tokenizer", cp_tokenizer_digest(tok));
	cp_column_set_int(c, "max_length", (int64_t)max_length);
}

void cp_mask_describe(struct cp_column *c, const struct cp_mask_spec *s, uint64_t epoch)
{
	cp_column_set_int(c, "seed", (int64_t)s->seed);		/* all 64 bits, as JSON has no unsigned */
	cp_column_set_real(c, "rate", s->rate);
	cp_column_set_int(c, "epoch", (int64_t)epoch);
	cp_column_set_real(c, "share_mask", s->share_mask);
	cp_column_set_real(c, "share_random", s->share_random);
	cp_column_set_json(c, "static", json_boolean(s->is_static));
}

static int read_tokens(struct cp_mask_spec *s, const struct cp_column *c, struct cp_err *err)
{
	int64_t v;
	if (cp_column_get_int(c, "vocab_size", &v, err) < 0)
		return -1;
	if (v < 1 || v > CP_TOKEN_LIMIT)
		return cp_err_set(err, "column '%s': vocab_size is %lld, expected 1 to %u", c->name, (long long)v, CP_TOKEN_LIMIT);
	s->vocab_size = (uint32_t)v;
	for (int r = 0; r < CP_TOK_N_ROLES; r++) {
		s->special[r] = CP_TOK_NONE;
		if (!cp_column_get_json(c, cp_tok_role_name[r]) && r != CP_TOK_MASK)
			continue;
		if (cp_column_get_int(c, cp_tok_role_name[r], &v, err) < 0)
			return -1;
		if (v < 0 || v >= (int64_t)s->vocab_size)
			return cp_err_set(err, "column '%s': %s is %lld, expected an id below vocab_size %u", c->name, cp_tok_role_name[r], (long long)v,
			                  s->vocab_size);
		s->special[r] = (uint32_t)v;
	}
	return 0;
}

static int read_share(const struct cp_column *c, const char *name, double *out, struct cp_err *err)
{
	if (cp_column_get_real(c, name, out, err) < 0)
		return -1;
	if (!(*out >= 0 && *out <= 1))
		return cp_err_set(err, "column '%s': %s is %g, expected 0 to 1", c->name, name, *out);
	return 0;
}

int cp_mask_spec_read(struct cp_mask_spec *s, const struct cp_column *tokens, const struct cp_column *mask, struct cp_err *err)
{
	int64_t seed;
	*s = (struct cp_mask_spec)CP_MASK_SPEC_DEFAULT;
	if (read_tokens(s, tokens, err) < 0)
		return -1;
	if (!mask)
		return 0;
	if (cp_column_get_int(mask, "seed", &seed, err) < 0 || read_share(mask, "rate", &s->rate, err) < 0 ||
	    read_share(mask, "share_mask", &s->share_mask, err) < 0 || read_share(mask, "share_random", &s->share_random, err) < 0)
		return -1;
	if (s->share_mask + s->share_random > 1)
		return cp_err_set(err, "column '%s': share_mask %g and share_random %g are more than 1 together", mask->name, s->share_mask, s->share_random);
	s->seed = (uint64_t)seed;
	s->is_static = json_is_true(cp_column_get_json(mask, "static"));
	return 0;
}
