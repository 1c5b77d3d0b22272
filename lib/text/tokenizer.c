/* The calls of tokenizer.h: added tokens, then the model on what lies between, then the frame. */
#include "text/tok_impl.h"

#include <stdlib.h>
#include <string.h>

const char *const cp_tok_role_name[CP_TOK_N_ROLES] = { "cls", "sep", "pad", "mask", "unk" };

int cp_tok_entry(struct cp_tokenizer *t, const char *s, size_t n, uint32_t id, const char *name, struct cp_err *err)
{
	uint32_t known = cp_vocab_get(&t->vocab, s, n);
	if (known == id)
		return 0;
	if (known != CP_VOCAB_NONE)
		return cp_err_set(err, "%s: the token \"%.60s\" has two ids, %u and %u", name, s, known, id);
	if (id < t->size && t->token[id])
		return cp_err_set(err, "%s: two tokens have the id %u: \"%.60s\" and \"%.60s\"", name, id, t->token[id], s);
	if (id >= t->cap) {
		uint32_t cap = id + id / 2 + 1024;
		t->token = cp_xrealloc(t->token, cap, sizeof *t->token);
		memset(t->token + t->cap, 0, (cap - t->cap) * sizeof *t->token);
		t->cap = cap;
	}
	t->token[id] = cp_vocab_put(&t->vocab, s, n, id);
	if (id >= t->size)
		t->size = id + 1;
	return 0;
}

void cp_tokenizer_free(struct cp_tokenizer *t)
{
	if (!t)
		return;
	if (t->model)
		t->model->release(t->impl);
	for (size_t i = 0; i < t->n_added; i++)
		free(t->added[i].pattern);
	free(t->added);
	free(t->token);
	cp_ids_release(&t->place);
	cp_trie_release(&t->patterns[0]);
	cp_trie_release(&t->patterns[1]);
	cp_vocab_release(&t->vocab);
	cp_ids_release(&t->prefix);
	cp_ids_release(&t->suffix);
	free(t);
}

/* ---- Encoding ---- */

static void encode_between(const struct cp_tokenizer *, struct cp_tok_cache *, const char *s, size_t n, int part, struct cp_ids *);

/* Cut the text at added tokens of one kind; the rest goes on to encode_between. */
static void encode_parts(const struct cp_tokenizer *t, struct cp_tok_cache *c, const char *s, size_t n, int part, struct cp_ids *ids)
{
	struct cp_tok_match m;
	size_t done = 0;
	for (size_t at = 0; cp_tok_added_find(t, part & CP_TOK_NORMALIZED, s, n, at, done, &m); at = m.end) {
		if (m.from > done)		/* else the one before took this one's white space */
			encode_between(t, c, s + done, m.from - done, part, ids);
		cp_ids_push(ids, m.id);
		done = m.to;
		part &= ~CP_TOK_FIRST;
	}
	encode_between(t, c, s + done, n - done, part, ids);
}

/* Text without raw added tokens: where some are to be found in normalized text, that comes first. */
static void encode_between(const struct cp_tokenizer *t, struct cp_tok_cache *c, const char *s, size_t n, int part, struct cp_ids *ids)
{
	if (!n)
		return;
	if (part & CP_TOK_NORMALIZED || !t->any_normalized) {
		t->model->encode(t, c, s, n, part, ids);
		return;
	}
	part |= CP_TOK_NORMALIZED;
	if (!t->model->normalize) {
		encode_parts(t, c, s, n, part, ids);
		return;
	}
	struct cp_buf b = CP_BUF_INIT;
	t->model->normalize(t, s, n, &b);
	encode_parts(t, c, b.data, b.len, part, ids);
	cp_buf_release(&b);
}

static void push_all(struct cp_ids *to, const struct cp_ids *from)
{
	for (size_t i = 0; i < from->n; i++)
		cp_ids_push(to, from->v[i]);
}

void cp_tokenizer_encode(const struct cp_tokenizer *t, struct cp_tok_cache *cache, const char *text, size_t n, int add_special, size_t max,
                         struct cp_ids *ids)
{
	struct cp_tok_cache *c = cache ? cache : cp_tok_cache_new();
	size_t start = ids->n, frame = add_special ? t->prefix.n + t->suffix.n : 0;
	if (add_special)
		push_all(ids, &t->prefix);
	encode_parts(t, c, text, n, CP_TOK_FIRST, ids);
	if (max && ids->n - start + (add_special ? t->suffix.n : 0) > max)
		ids->n = start + (add_special ? t->prefix.n : 0) + (max > frame ? max - frame : 0);
	if (add_special)
		push_all(ids, &t->suffix);
	if (!cache)
		cp_tok_cache_free(c);
}

/* ---- Questions ---- */

size_t cp_tokenizer_frame(const struct cp_tokenizer *t)
{
	return t->prefix.n + t->suffix.n;
}

size_t cp_tokenizer_closing(const struct cp_tokenizer *t)
{
	return t->suffix.n;
}

uint32_t cp_tokenizer_size(const struct cp_tokenizer *t)
{
	return t->size;
}

uint32_t cp_tokenizer_special(const struct cp_tokenizer *t, enum cp_tok_role role)
{
	return t->role[role];
}

const char *cp_tokenizer_token(const struct cp_tokenizer *t, uint32_t id)
{
	return id < t->size ? t->token[id] : NULL;
}

uint32_t cp_tokenizer_id(const struct cp_tokenizer *t, const char *token, size_t n)
{
	return cp_vocab_get(&t->vocab, token, n);
}

const char *cp_tokenizer_kind(const struct cp_tokenizer *t)
{
	return t->model->kind;
}

const char *cp_tokenizer_digest(const struct cp_tokenizer *t)
{
	return t->digest;
}
