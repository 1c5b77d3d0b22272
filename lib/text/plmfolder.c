/* Writing a model folder: see plmfolder.h. */
#include "text/plmfolder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "base/file.h"
#include "text/tok_impl.h"

enum { MOST_FILES = 6 };

struct file {
	const char *leaf;
	json_t *json;		/* or: */
	const char *text;
	size_t n;
};

static json_t *tokenizer_config(size_t longest, int lower)
{
	return json_pack("{s:b,s:n,s:b,s:s,s:I,s:s,s:s,s:s,s:s,s:s}", "do_lower_case", lower, "strip_accents", "tokenize_chinese_chars", 1,
		"tokenizer_class", "BertTokenizer", "model_max_length", (json_int_t)longest, "unk_token", "[UNK]", "sep_token", "[SEP]",
		"pad_token", "[PAD]", "cls_token", "[CLS]", "mask_token", "[MASK]");
}

/* By as few digits as read back to the same numbers: 0.1 in config.json, all 17 of a Unigram's scores. */
static char *dump_exactly(const json_t *j)
{
	char *text = json_dumps(j, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
	json_t *back = text ? json_loads(text, 0, NULL) : NULL;
	if (text && !json_equal(j, back)) {
		free(text);
		text = json_dumps(j, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
	}
	json_decref(back);
	return text;
}

static int put(FILE *f, const struct file *file)
{
	if (!file->json)
		return fwrite(file->text, 1, file->n, f) == file->n ? 0 : -1;
	char *text = dump_exactly(file->json);
	int bad = !text || fprintf(f, "%s\n", text) < 0;
	free(text);
	return bad ? -1 : 0;
}

/* What a folder may hold already is a vocabulary of the same kind: weights belong to the one that is there, and of two kinds nobody would know which
 * holds.  other: files of the other kind. */
static int check_folder(const char *dir, const char *const *other, struct cp_err *err)
{
	static const char *const weights[] = { "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", NULL };
	int rc = 0;
	for (int k = 0; k < 2; k++)
		for (const char *const *leaf = k ? other : weights; !rc && *leaf; leaf++)
			if (cp_has_file(dir, *leaf))
				rc = cp_err_set(err, "%s/%s: there %s; name another folder", dir, *leaf,
						k ? "is a vocabulary of the other kind already" : "are weights for the vocabulary beside them already");
	return rc;
}

static int write_files(const char *dir, const struct file *file, int n_files, struct cp_err *err)
{
	struct cp_out out[MOST_FILES], *all[MOST_FILES];
	int n = 0, rc = 0;
	if (mkdir(dir, 0777) < 0 && errno != EEXIST)
		return cp_err_set(err, "%s: make the folder: %m", dir);
	for (; n < n_files && rc == 0; n++) {
		char *path = cp_xasprintf("%s/%s", dir, file[n].leaf);
		all[n] = &out[n];
		rc = cp_out_open(&out[n], path, err);
		if (rc == 0 && put(out[n].f, &file[n]) < 0)
			rc = cp_err_set(err, "%s: write: %m", path);
		else if (rc < 0)
			n--;
		free(path);
	}
	if (rc == 0)
		return cp_out_commit_all(all, (size_t)n, err);
	for (int i = 0; i < n; i++)
		cp_out_abort(&out[i]);
	return -1;
}

int cp_plm_folder_write(const char *dir, const char *vocab, size_t n, int lower, json_t *config, size_t longest, struct cp_err *err)
{
	static const char *const bpe[] = { "vocab.json", "merges.txt", NULL };
	struct cp_buf b = CP_BUF_INIT;
	if (check_folder(dir, bpe, err) < 0)
		return -1;
	struct cp_tokenizer *tok = cp_tokenizer_from_vocab(vocab, n, lower, "the vocabulary", err);
	if (!tok)
		return -1;
	cp_tokenizer_pack(tok, &b);
	json_t *pack = json_loadb(b.data, b.len, 0, NULL), *own = tokenizer_config(longest, lower);
	const struct file file[] = {
		{ .leaf = "vocab.txt", .text = vocab, .n = n }, { .leaf = "tokenizer.json", .json = json_object_get(pack, "tokenizer.json") },
		{ .leaf = "special_tokens_map.json", .json = json_object_get(pack, "special_tokens_map.json") },
		{ .leaf = "tokenizer_config.json", .json = own }, { .leaf = "config.json", .json = config },
	};
	int rc = write_files(dir, file, sizeof file / sizeof *file, err);
	json_decref(pack);
	json_decref(own);
	cp_buf_release(&b);
	cp_tokenizer_free(tok);
	return rc;
}

static json_t *roberta_config(size_t longest)
{
	return json_pack("{s:b,s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "add_prefix_space", 0, "tokenizer_class", "RobertaTokenizer",
		"model_max_length", (json_int_t)longest, "bos_token", "<s>", "eos_token", "</s>", "unk_token", "<unk>", "sep_token", "</s>",
		"pad_token", "<pad>", "cls_token", "<s>", "mask_token", "<mask>");
}

static void merges_text(const json_t *merges, struct cp_buf *b)
{
	cp_buf_str(b, "#version: 0.2\n");
	for (size_t i = 0; i < json_array_size(merges); i++)
		cp_buf_printf(b, "%s\n", json_string_value(json_array_get(merges, i)));
}

int cp_plm_folder_write_bpe(const char *dir, const struct cp_tokenizer *tok, json_t *config, size_t longest, struct cp_err *err)
{
	static const char *const wordpiece[] = { "vocab.txt", NULL };
	struct cp_buf b = CP_BUF_INIT, merges = CP_BUF_INIT;
	if (check_folder(dir, wordpiece, err) < 0)
		return -1;
	cp_tokenizer_pack(tok, &b);
	json_t *pack = json_loadb(b.data, b.len, 0, NULL), *tokenizer = json_object_get(pack, "tokenizer.json"), *bpe = json_object_get(tokenizer, "model");
	json_t *own = roberta_config(longest);
	merges_text(json_object_get(bpe, "merges"), &merges);
	const struct file file[] = {
		{ .leaf = "vocab.json", .json = json_object_get(bpe, "vocab") }, { .leaf = "merges.txt", .text = merges.data, .n = merges.len },
		{ .leaf = "tokenizer.json", .json = tokenizer }, { .leaf = "special_tokens_map.json", .json = json_object_get(pack, "special_tokens_map.json") },
		{ .leaf = "tokenizer_config.json", .json = own }, { .leaf = "config.json", .json = config },
	};
	int rc = write_files(dir, file, sizeof file / sizeof *file, err);
	json_decref(pack);
	json_decref(own);
	cp_buf_release(&b);
	cp_buf_release(&merges);
	return rc;
}

/* --- A tokenizer as it is, beside a configuration ----------------------------------------------------------------------------------------- */

/* A role's token that takes white space along says so, or the reference forgets it. */
static void describe(const struct cp_tok_added *a, json_t *map)
{
	const char *role;
	json_t *v;
	void *next;
	json_object_foreach_safe(map, next, role, v)
		if (json_is_string(v) && !strcmp(json_string_value(v), a->s))
			json_object_set_new(map, role, json_pack("{s:s,s:b,s:b,s:b,s:b}", "content", a->s, "lstrip", a->lstrip, "rstrip", a->rstrip, "single_word",
								 a->single_word, "normalized", a->normalized));
}

/* A class that takes tokenizer.json as it stands; what the model is given beside the ids. */
static json_t *plain_config(size_t longest, int has_types)
{
	json_t *c = json_pack("{s:s,s:I,s:[s,s]}", "tokenizer_class", "PreTrainedTokenizerFast", "model_max_length", (json_int_t)longest,
			      "model_input_names", "input_ids", "attention_mask");
	if (has_types)
		json_array_append_new(json_object_get(c, "model_input_names"), json_string("token_type_ids"));
	return c;
}

static void vocab_text(const struct cp_tokenizer *tok, struct cp_buf *b)
{
	for (uint32_t id = 0; id < cp_tokenizer_size(tok); id++)
		cp_buf_printf(b, "%s\n", cp_tokenizer_token(tok, id) ? cp_tokenizer_token(tok, id) : "");
}

int cp_plm_folder_write_tokenizer(const char *dir, const struct cp_tokenizer *tok, json_t *config, const char *eos, size_t longest, int has_types,
				  struct cp_err *err)
{
	struct cp_buf b = CP_BUF_INIT, words = CP_BUF_INIT;
	cp_tokenizer_pack(tok, &b);
	json_t *pack = json_loadb(b.data, b.len, 0, NULL), *tokenizer = json_object_get(pack, "tokenizer.json"), *model = json_object_get(tokenizer, "model");
	json_t *map = json_object_get(pack, "special_tokens_map.json");
	if (eos)
		json_object_set_new(map, "eos_token", json_string(eos));
	for (size_t i = 0; i < tok->n_added; i++)
		if (tok->added[i].lstrip || tok->added[i].rstrip || tok->added[i].single_word)
			describe(&tok->added[i], map);
	json_t *own = plain_config(longest, has_types);
	struct file file[MOST_FILES] = {
		{ .leaf = "tokenizer.json", .json = tokenizer }, { .leaf = "special_tokens_map.json", .json = map },
		{ .leaf = "tokenizer_config.json", .json = own }, { .leaf = "config.json", .json = config },
	};
	int n = 4;
	if (!strcmp(cp_tokenizer_kind(tok), "wordpiece")) {
		vocab_text(tok, &words);
		file[n++] = (struct file){ .leaf = "vocab.txt", .text = words.data, .n = words.len };
	} else if (!strcmp(cp_tokenizer_kind(tok), "bpe")) {
		merges_text(json_object_get(model, "merges"), &words);
		file[n++] = (struct file){ .leaf = "vocab.json", .json = json_object_get(model, "vocab") };
		file[n++] = (struct file){ .leaf = "merges.txt", .text = words.data, .n = words.len };
	}
	int rc = write_files(dir, file, n, err);
	json_decref(pack);
	json_decref(own);
	cp_buf_release(&b);
	cp_buf_release(&words);
	return rc;
}
