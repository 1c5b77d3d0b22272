/* A folder with vocab.json and merges.txt, as the tokenizer.json that the reference makes of it.
 *
 * The frame is RoBERTa's, <s> text </s>, where the vocabulary has both tokens (or those which the folder names cls_token and sep_token) and
 * tokenizer_config.json does not say GPT-2.  The mask token takes the white space before it along, as RoBERTa's does, unless the folder
 * describes the token in full.
 */
#include "text/tok_impl.h"

#include <string.h>

#include "base/file.h"
#include "base/utf8.h"

/* The id of the token of that role, or -1, and its spelling. */
static json_int_t role(const struct cp_tok_words *w, const json_t *vocab, const char *key, const char *usual, const char **s)
{
	const json_t *v = cp_tok_said(w, key);
	*s = json_is_object(v) ? json_string_value(json_object_get(v, "content")) : json_string_value(v);
	if (!*s)
		*s = usual;
	v = json_object_get(vocab, *s);
	return json_is_integer(v) ? json_integer_value(v) : -1;
}

/* Spelled RoBERTa's way, or BERT's, as in DeBERTa's folders. */
static json_t *frame(const struct cp_tok_words *w, const json_t *vocab)
{
	const char *cls, *sep;
	int is_bert = !json_object_get(vocab, "<s>");
	json_int_t cls_id = role(w, vocab, "cls_token", is_bert ? "[CLS]" : "<s>", &cls);
	json_int_t sep_id = role(w, vocab, "sep_token", is_bert ? "[SEP]" : "</s>", &sep);
	if (cls_id < 0 || sep_id < 0 || cp_tok_is_class(w, "GPT2", "gpt2") > 0)
		return json_null();
	return json_pack("{s:s,s:[s,I],s:[s,I]}", "type", "RobertaProcessing", "sep", sep, sep_id, "cls", cls, cls_id);
}

static json_t *added(const struct cp_tok_words *w, const json_t *vocab)
{
	const char *mask;
	json_int_t id = role(w, vocab, "mask_token", json_object_get(vocab, "<mask>") ? "<mask>" : "[MASK]", &mask);
	const json_t *said = cp_tok_said(w, "mask_token");
	if (id < 0 || json_is_object(said) || (!said && !cp_tok_has_default(w, "bpe", CP_TOK_MASK)))
		return json_array();
	return json_pack("[{s:I,s:s,s:b,s:b}]", "id", id, "content", mask, "lstrip", 1, "special", 1);
}

/* The lines of merges.txt, but for its first, "#version: ...". */
static json_t *merge_lines(const char *text, size_t len, const char *name, struct cp_err *err)
{
	json_t *list = json_array();
	size_t line = 1;
	for (size_t i = cp_utf8_bom(text, len), end; i < len; i = end + 1, line++) {
		const char *s = text + i, *nl = memchr(s, '\n', len - i), *space;
		end = nl ? (size_t)(nl - text) : len;
		size_t n = end - i;
		if (n && s[n - 1] == '\r')
			n--;
		if (!n || (n >= 8 && !memcmp(s, "#version", 8)))
			continue;
		space = memchr(s, ' ', n);
		if (!space || space == s || space + 1 == s + n || memchr(space + 1, ' ', n - (size_t)(space + 1 - s))) {
			cp_err_set(err, "%s: line %zu is not two tokens with a space between them", name, line);
			goto fail;
		}
		if (memchr(s, 0, n) || !cp_utf8_valid(s, n, NULL)) {
			cp_err_set(err, "%s: line %zu is not UTF-8 text", name, line);
			goto fail;
		}
		json_array_append_new(list, json_stringn(s, n));
	}
	return list;
fail:
	json_decref(list);
	return NULL;
}

json_t *cp_tok_from_merges(const char *vocab_json, const char *merges_txt, const struct cp_tok_words *w, struct cp_err *err)
{
	struct cp_buf b = CP_BUF_INIT;
	json_t *vocab = cp_tok_json_file(vocab_json, err), *merges = NULL, *root = NULL;
	if (vocab && cp_read_file(merges_txt, &b, err) == 0 && (merges = merge_lines(b.data, b.len, merges_txt, err)))
		root = json_pack("{s:o, s:{s:s,s:b}, s:o, s:{s:s,s:O,s:O}}", "added_tokens", added(w, vocab),
			"pre_tokenizer", "type", "ByteLevel", "add_prefix_space", 0, "post_processor", frame(w, vocab),
			"model", "type", "BPE", "vocab", vocab, "merges", merges);
	json_decref(vocab);
	json_decref(merges);
	cp_buf_release(&b);
	return root;
}
