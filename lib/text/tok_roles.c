/* Which tokens are special, and which are found in a text, by what a folder says beside its vocabulary.
 *
 * special_tokens_map.json names the tokens of each role, else tokenizer_config.json, else they have their usual spelling, which is found in a text only
 * where it is the class's own; added_tokens.json has tokens that came later.  As in PyPI transformers, these files are read after tokenizer.json and
 * what they say of white space around a token replaces what stands there, but whether a token is looked for in normalized text is settled by who names
 * it first.
 */
#include "text/tok_impl.h"

#include <stdlib.h>
#include <string.h>

const char *cp_tok_spelling(const json_t *v)
{
	return json_is_object(v) ? json_string_value(json_object_get(v, "content")) : json_string_value(v);
}

int cp_tok_flag(const json_t *token, const char *key)
{
	return json_is_true(json_object_get(token, key));
}

const json_t *cp_tok_said(const struct cp_tok_words *w, const char *key)
{
	const json_t *v = json_object_get(w->map, key);
	return v ? v : json_object_get(w->config, key);
}

int cp_tok_is_class(const struct cp_tok_words *w, const char *class, const char *type)
{
	const char *c = json_string_value(json_object_get(w->config, "tokenizer_class")), *t = json_string_value(json_object_get(w->model, "model_type"));
	return c ? !strncmp(c, class, strlen(class)) : t ? !strcmp(t, type) : -1;
}

struct class {
	const char *name, *type;	/* what it begins with, and its model's */
};

static int is_any(const struct cp_tok_words *w, const struct class *of, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (cp_tok_is_class(w, of[i].name, of[i].type) > 0)
			return 1;
	return 0;
}
#define IS_ANY(w, classes) is_any(w, classes, sizeof (classes) / sizeof *(classes))

/* Classes that describe their special tokens in full where the folder only spells them: looked for in normalized text, and the mask token takes the
 * white space before it along. */
static int class_describes(const struct cp_tok_words *w)
{
	static const struct class classes[] = {
		{ "Roberta", "roberta" }, { "MPNet", "mpnet" }, { "Deberta", "deberta" }, { "Longformer", "longformer" }, { "Bart", "bart" }, { "LED", "led" },
		{ "XLMRoberta", "xlm-roberta" }, { "Camembert", "camembert" },
	};
	return IS_ANY(w, classes);
}

/* A folder that names neither its class nor its model is what its vocabulary is made for: of WordPiece a BERT, of merges a RoBERTa, of Unigram a T5. */
int cp_tok_has_default(const struct cp_tok_words *w, const char *kind, int r)
{
	static const struct class t5[] = { { "T5", "t5" }, { "MT5", "mt5" } };
	static const struct class without[] = {
		{ "GPT", "gpt2" }, { "CodeGen", "codegen" }, { "Bloom", "bloom" }, { "Llama", "llama" }, { "PreTrained", "" },
	};
	int unnamed = cp_tok_is_class(w, "", "") < 0;
	if (IS_ANY(w, t5) || (unnamed && !strcmp(kind, "unigram")))
		return r == CP_TOK_SEP || r == CP_TOK_PAD || r == CP_TOK_UNK;
	return !IS_ANY(w, without);
}

/* v describes the token or is its spelling only; NULL: nobody has named it. */
static void add_special(struct cp_tokenizer *t, const json_t *v, uint32_t id, int describes, int is_mask)
{
	struct cp_tok_added a = { .s = t->token[id], .n = strlen(t->token[id]), .id = id, .special = 1 }, *old;
	a.normalized = describes && t->model->normalize;
	a.lstrip = describes && is_mask;
	if (!a.n)
		return;
	if (json_is_object(v)) {
		a.single_word = cp_tok_flag(v, "single_word");
		a.lstrip = cp_tok_flag(v, "lstrip");
		a.rstrip = cp_tok_flag(v, "rstrip");
		a.normalized = cp_tok_flag(v, "normalized");
	}
	if (cp_tok_added_put(t, &a) || !(json_is_object(v) || a.lstrip))
		return;
	old = cp_tok_added_get(t, id);
	old->single_word = a.single_word;
	old->lstrip = a.lstrip;
	old->rstrip = a.rstrip;
}

static uint32_t id_of(const struct cp_tokenizer *t, const char *s)
{
	return s ? cp_vocab_get(&t->vocab, s, strlen(s)) : CP_VOCAB_NONE;
}

static void add_named(struct cp_tokenizer *t, const json_t *v, int describes)
{
	uint32_t id = id_of(t, cp_tok_spelling(v));
	if (id != CP_VOCAB_NONE)
		add_special(t, v, id, describes, 0);
}

static void load_role(struct cp_tokenizer *t, const struct cp_tok_words *w, int r, int describes)
{
	static const char *const usual[CP_TOK_N_ROLES][2] = {
		{ "[CLS]", "<s>" }, { "[SEP]", "</s>" }, { "[PAD]", "<pad>" }, { "[MASK]", "<mask>" }, { "[UNK]", "<unk>" },
	};
	char key[16] = "";
	strcat(strcat(key, cp_tok_role_name[r]), "_token");
	const json_t *by[] = { json_object_get(w->map, key), json_object_get(w->config, key), r == CP_TOK_UNK ? w->unk : NULL }, *v = NULL;
	uint32_t id = CP_VOCAB_NONE;
	for (int i = 0; i < 3 && id == CP_VOCAB_NONE; i++)
		id = id_of(t, cp_tok_spelling(v = by[i]));
	int named = id != CP_VOCAB_NONE;
	for (int i = 0; i < 2 && id == CP_VOCAB_NONE; i++, v = NULL)
		id = id_of(t, usual[r][i]);
	t->role[r] = id == CP_VOCAB_NONE ? CP_TOK_NONE : id;
	if (id != CP_VOCAB_NONE && !w->packed && (named || cp_tok_has_default(w, t->model->kind, r)))
		add_special(t, v, id, describes, r == CP_TOK_MASK);
}

/* Those without a role here.  GPT-2's class has one without being told. */
static void load_more(struct cp_tokenizer *t, const struct cp_tok_words *w, int describes)
{
	const json_t *more = cp_tok_said(w, "additional_special_tokens");
	uint32_t end_of_text = id_of(t, "<|endoftext|>");
	add_named(t, cp_tok_said(w, "bos_token"), describes);
	add_named(t, cp_tok_said(w, "eos_token"), describes);
	for (size_t i = 0; i < json_array_size(more); i++)
		add_named(t, json_array_get(more, i), 0);
	if (end_of_text != CP_VOCAB_NONE && cp_tok_is_class(w, "GPT2", "gpt2") > 0)
		add_special(t, NULL, end_of_text, 0, 0);
}

/* added_tokens.json, {"token": id}: into the vocabulary.  Those that are new go to *fresh: which of them are special is known once the roles are. */
static int enter_added(struct cp_tokenizer *t, const json_t *added, struct cp_ids *fresh, const char *name, struct cp_err *err)
{
	const char *s;
	json_t *id;
	json_object_foreach((json_t *)added, s, id) {
		json_int_t n = json_is_integer(id) ? json_integer_value(id) : -1;
		if (n < 0 || n >= CP_TOK_ID_LIMIT)
			return cp_err_set(err, "%s: added_tokens.json: \"%.60s\" has no id between 0 and %u", name, s, CP_TOK_ID_LIMIT - 1);
		if (!*s)
			continue;
		struct cp_tok_added *old = cp_tok_added_get(t, (uint32_t)n);
		if (id_of(t, s) != (uint32_t)n)
			cp_ids_push(fresh, (uint32_t)n);
		else if (old)
			old->single_word = old->lstrip = old->rstrip = 0;	/* a spelling alone: no more than that is left of it */
		if (cp_tok_entry(t, s, strlen(s), (uint32_t)n, name, err) < 0)
			return -1;
	}
	return 0;
}

int cp_tok_roles_load(struct cp_tokenizer *t, const struct cp_tok_words *w, const char *name, struct cp_err *err)
{
	struct cp_ids fresh = { 0 };
	int describes = class_describes(w), rc = enter_added(t, w->added, &fresh, name, err);
	for (int r = 0; rc == 0 && r < CP_TOK_N_ROLES; r++)
		load_role(t, w, r, describes);
	if (rc == 0)
		load_more(t, w, describes);
	for (size_t i = 0; rc == 0 && i < fresh.n; i++) {
		const char *s = t->token[fresh.v[i]];
		cp_tok_added_put(t, &(struct cp_tok_added){ .s = s, .n = strlen(s), .id = fresh.v[i], .normalized = 1 });
	}
	cp_ids_release(&fresh);
	return rc;
}
