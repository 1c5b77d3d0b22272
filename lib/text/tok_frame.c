/* The frame of a text: the special tokens that a folder's post_processor puts before and after it ([CLS] ... [SEP]).
 * Only the form for one text is read; a sentence of ours is never half of a pair.
 */
#include "text/tok_impl.h"

#include <string.h>

static int push_token_id(const struct cp_tokenizer *t, struct cp_ids *ids, json_int_t id, const char *name, struct cp_err *err)
{
	if (id < 0 || id >= (json_int_t)t->size || !t->token[id])
		return cp_err_set(err, "%s: post_processor: id %lld is not in the vocabulary of %u", name, (long long)id, t->size);
	cp_ids_push(ids, (uint32_t)id);
	return 0;
}

/* {"SpecialToken": {"id": "[CLS]"}} stands for the ids that special_tokens lists under that name. */
static int push_special(struct cp_tokenizer *t, struct cp_ids *ids, const json_t *post, const json_t *item, const char *name, struct cp_err *err)
{
	const char *which = json_string_value(json_object_get(item, "id"));
	const json_t *list = which ? json_object_get(json_object_get(json_object_get(post, "special_tokens"), which), "ids") : NULL;
	if (!json_is_array(list))
		return cp_err_set(err, "%s: post_processor: special token \"%.60s\" has no list of ids", name, which ? which : "");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *id = json_array_get(list, i);
		if (!json_is_integer(id) || push_token_id(t, ids, json_integer_value(id), name, err) < 0)
			return cp_err_set(err, "%s: post_processor: an id of \"%.60s\" is not in the vocabulary", name, which);
	}
	return 0;
}

static int load_template(struct cp_tokenizer *t, const json_t *post, const char *name, struct cp_err *err)
{
	const json_t *single = json_object_get(post, "single");
	struct cp_ids *ids = &t->prefix;
	if (!json_is_array(single))
		return cp_err_set(err, "%s: post_processor: \"single\" is not a list", name);
	for (size_t i = 0; i < json_array_size(single); i++) {
		const json_t *item = json_array_get(single, i), *special = json_object_get(item, "SpecialToken");
		if (special && push_special(t, ids, post, special, name, err) < 0)
			return -1;
		if (!special && (!json_object_get(item, "Sequence") || ids == &t->suffix))
			return cp_err_set(err, "%s: post_processor: item %zu of \"single\" is neither a special token nor the one sequence", name, i);
		if (!special)
			ids = &t->suffix;
	}
	if (ids != &t->suffix)
		return cp_err_set(err, "%s: post_processor: \"single\" has no place for the text", name);
	return 0;
}

/* "cls": ["[CLS]", 101]: the older form. */
static int push_pair(struct cp_tokenizer *t, struct cp_ids *ids, const json_t *post, const char *key, const char *name, struct cp_err *err)
{
	const json_t *id = json_array_get(json_object_get(post, key), 1);
	if (!json_is_integer(id))
		return cp_err_set(err, "%s: post_processor: \"%s\" is not a pair of token and id", name, key);
	return push_token_id(t, ids, json_integer_value(id), name, err);
}

int cp_tok_frame_load(struct cp_tokenizer *t, const json_t *post, const char *name, struct cp_err *err)
{
	const char *type = cp_tok_json_type(post);
	if (!post || json_is_null(post) || !strcmp(type, "ByteLevel"))	/* ByteLevel is about offsets, not ids */
		return 0;
	if (!strcmp(type, "TemplateProcessing"))
		return load_template(t, post, name, err);
	if (strcmp(type, "BertProcessing") && strcmp(type, "RobertaProcessing"))
		return cp_err_set(err, "%s: post_processor is %.60s; this version reads TemplateProcessing, BertProcessing and RobertaProcessing", name, type);
	if (push_pair(t, &t->prefix, post, "cls", name, err) < 0)
		return -1;
	return push_pair(t, &t->suffix, post, "sep", name, err);
}

static void save_ids(const struct cp_tokenizer *t, const struct cp_ids *ids, int type_id, json_t *list, json_t *special)
{
	for (size_t i = 0; i < ids->n; i++) {
		const char *s = t->token[ids->v[i]];
		json_array_append_new(list, json_pack("{s:{s:s,s:i}}", "SpecialToken", "id", s, "type_id", type_id));
		json_object_set_new(special, s, json_pack("{s:s,s:[i],s:[s]}", "id", s, "ids", (int)ids->v[i], "tokens", s));
	}
}

static void save_sequence(json_t *list, const char *which, int type_id)
{
	json_array_append_new(list, json_pack("{s:{s:s,s:i}}", "Sequence", "id", which, "type_id", type_id));
}

json_t *cp_tok_frame_save(const struct cp_tokenizer *t)
{
	json_t *single = json_array(), *pair = json_array(), *special = json_object();
	if (!t->prefix.n && !t->suffix.n) {
		json_decref(single), json_decref(pair), json_decref(special);
		return json_null();
	}
	save_ids(t, &t->prefix, 0, single, special);
	save_sequence(single, "A", 0);
	save_ids(t, &t->suffix, 0, single, special);
	json_array_extend(pair, single);
	save_sequence(pair, "B", 1);
	save_ids(t, &t->suffix, 1, pair, special);
	return json_pack("{s:s,s:o,s:o,s:o}", "type", "TemplateProcessing", "single", single, "pair", pair, "special_tokens", special);
}
