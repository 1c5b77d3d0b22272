/* Writing a model folder: see plmfolder.h. */
#include "text/plmfolder.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <jansson.h>

#include "base/file.h"
#include "text/tokenizer.h"

enum { N_FILES = 5 };

struct file {
	const char *leaf;
	json_t *json;		/* or: */
	const char *text;
	size_t n;
};

static json_t *tokenizer_config(const struct cp_bert_size *size, int lower)
{
	return json_pack("{s:b,s:n,s:b,s:s,s:I,s:s,s:s,s:s,s:s,s:s}", "do_lower_case", lower, "strip_accents", "tokenize_chinese_chars", 1,
		"tokenizer_class", "BertTokenizer", "model_max_length", (json_int_t)size->positions, "unk_token", "[UNK]", "sep_token", "[SEP]",
		"pad_token", "[PAD]", "cls_token", "[CLS]", "mask_token", "[MASK]");
}

static json_t *config(const struct cp_bert_size *size, uint32_t vocab_size)
{
	return json_pack("{s:[s],s:f,s:s,s:f,s:I,s:f,s:I,s:f,s:I,s:s,s:I,s:I,s:i,s:s,s:i,s:I}", "architectures", "BertForMaskedLM",
		"attention_probs_dropout_prob", 0.1, "hidden_act", "gelu", "hidden_dropout_prob", 0.1, "hidden_size", (json_int_t)size->hidden,
		"initializer_range", 0.02, "intermediate_size", (json_int_t)size->ffn, "layer_norm_eps", 1e-12,
		"max_position_embeddings", (json_int_t)size->positions, "model_type", "bert", "num_attention_heads", (json_int_t)size->heads,
		"num_hidden_layers", (json_int_t)size->layers, "pad_token_id", 0, "position_embedding_type", "absolute", "type_vocab_size", 2,
		"vocab_size", (json_int_t)vocab_size);
}

static int put(FILE *f, const struct file *file)
{
	if (!file->json)
		return fwrite(file->text, 1, file->n, f) == file->n ? 0 : -1;
	if (json_dumpf(file->json, f, JSON_INDENT(1) | JSON_REAL_PRECISION(12)) < 0)
		return -1;
	return putc('\n', f) == EOF ? -1 : 0;
}

/* All under temporary names first, then each under its own. */
static int write_files(const char *dir, const struct file *file, struct cp_err *err)
{
	struct cp_out out[N_FILES];
	int n = 0, rc = 0;
	for (; n < N_FILES && rc == 0; n++) {
		char *path = cp_xasprintf("%s/%s", dir, file[n].leaf);
		rc = cp_out_open(&out[n], path, err);
		if (rc == 0 && put(out[n].f, &file[n]) < 0)
			rc = cp_err_set(err, "%s: write:", path);
		else if (rc < 0)
			n--;
		free(path);
	}
	for (int i = 0; i < n; i++) {
		if (rc < 0)
			cp_out_abort(&out[i]);
		else
			rc = cp_out_commit(&out[i], err);
	}
	return rc;
}

int cp_plm_folder_write(const char *dir, const char *vocab, size_t n, int lower, const struct cp_bert_size *size, struct cp_err *err)
{
	struct cp_buf b = CP_BUF_INIT;
	struct cp_tokenizer *tok = cp_tokenizer_from_vocab(vocab, n, lower, "the vocabulary", err);
	if (!tok)
		return -1;
	if (mkdir(dir, 0777) < 0 && errno != EEXIST) {
		cp_tokenizer_free(tok);
		return cp_err_set(err, "%s: make the folder:", dir);
	}
	cp_tokenizer_pack(tok, &b);
	json_t *pack = json_loadb(b.data, b.len, 0, NULL), *own = tokenizer_config(size, lower), *model = config(size, cp_tokenizer_size(tok));
	const struct file file[N_FILES] = {
		{ .leaf = "vocab.txt", .text = vocab, .n = n }, { .leaf = "tokenizer.json", .json = json_object_get(pack, "tokenizer.json") },
		{ .leaf = "special_tokens_map.json", .json = json_object_get(pack, "special_tokens_map.json") },
		{ .leaf = "tokenizer_config.json", .json = own }, { .leaf = "config.json", .json = model },
	};
	int rc = write_files(dir, file, err);
	json_decref(pack);
	json_decref(own);
	json_decref(model);
	cp_buf_release(&b);
	cp_tokenizer_free(tok);
	return rc;
}
