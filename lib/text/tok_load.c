/* From a Hugging Face folder, or a pack, to a tokenizer.
 *
 * There is one way in: a tokenizer.json.  A folder that has only vocab.txt, or vocab.json and merges.txt, or spiece.model, gets the tokenizer.json
 * that the reference would make of it, so both forms of one vocabulary end in the same tokenizer and the same digest.  Where tokenizer_config.json
 * says do_lower_case, strip_accents, tokenize_chinese_chars or add_prefix_space, that holds, as in PyPI transformers.  The truncation and
 * padding blocks are not looked at: they are habits of whoever saved the file.
 */
#include "text/tok_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/utf8.h"

static const struct cp_tok_model *const models[] = { &cp_tok_wordpiece, &cp_tok_bpe, &cp_tok_unigram };

#define SPM "spiece.model"
#define FORMS "tokenizer.json, vocab.txt (WordPiece), vocab.json with merges.txt (byte-level BPE) and T5's " SPM

struct parts {
	/* tokenizer.json, tokenizer_config.json, special_tokens_map.json, added_tokens.json, config.json */
	json_t *tokenizer, *config, *map, *added, *model;
	int frame_by_role;		/* made from vocab.txt: [CLS] text [SEP] */
	int packed;			/* from a pack, not a folder */
	const char *class;		/* as tokenizer_config.json would have it, with this; NULL: as it has */
	int add_prefix_space;
};

static void parts_release(struct parts *p)
{
	json_decref(p->tokenizer);
	json_decref(p->config);
	json_decref(p->map);
	json_decref(p->added);
	json_decref(p->model);
}

static struct cp_tok_words words_of(const struct parts *p)
{
	return (struct cp_tok_words){ p->config, p->map, p->added, p->model, json_object_get(json_object_get(p->tokenizer, "model"), "unk_token"),
				      p->packed };
}

/* ---- What the tokenizer.json says ---- */

/* The files of a folder may contradict each other; tokenizer_config.json has the last word. */
static void override_rules(json_t *root, const json_t *config)
{
	static const char *const rule[][2] = {
		{ "do_lower_case", "lowercase" }, { "strip_accents", "strip_accents" }, { "tokenize_chinese_chars", "handle_chinese_chars" },
	};
	json_t *norm = json_object_get(root, "normalizer"), *pre = json_object_get(root, "pre_tokenizer");
	json_t *space = json_object_get(config, "add_prefix_space");
	if (space && !strcmp(cp_tok_json_type(pre), "ByteLevel"))
		json_object_set(pre, "add_prefix_space", space);
	if (strcmp(cp_tok_json_type(norm), "BertNormalizer"))
		return;
	for (size_t i = 0; i < sizeof rule / sizeof *rule; i++) {
		json_t *v = json_object_get(config, rule[i][0]);
		if (v)
			json_object_set(norm, rule[i][1], v);
	}
}

static int load_model(struct cp_tokenizer *t, const json_t *root, const char *name, struct cp_err *err)
{
	const json_t *model = json_object_get(root, "model");
	const char *type = cp_tok_json_type(model);
	if (!json_is_string(json_object_get(model, "type")))
		return cp_err_set(err, "%s: no tokenizer: \"model\" is not an object with a type", name);
	for (size_t i = 0; i < sizeof models / sizeof *models; i++)
		if (!strcmp(models[i]->type, type)) {
			t->model = models[i];
			return t->model->load(t, root, name, err);
		}
	return cp_err_set(err, "%s: the tokenizer's model type is %.60s; this version reads WordPiece, byte-level BPE and Unigram", name, type);
}

/* As the reference has it: a token that is not special and is the model's own already is not looked for in the text. */
static int load_added(struct cp_tokenizer *t, const json_t *list, const char *name, struct cp_err *err)
{
	if (list && !json_is_null(list) && !json_is_array(list))
		return cp_err_set(err, "%s: added_tokens is not a list", name);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *token = json_array_get(list, i), *id = json_object_get(token, "id");
		const char *s = json_string_value(json_object_get(token, "content"));
		if (!s || !json_is_integer(id) || json_integer_value(id) < 0 || json_integer_value(id) >= CP_TOK_ID_LIMIT)
			return cp_err_set(err, "%s: added_tokens: entry %zu has no content and id between 0 and %u", name, i, CP_TOK_ID_LIMIT - 1);
		if (!*s)
			continue;
		uint32_t n = (uint32_t)json_integer_value(id);
		int is_known = cp_vocab_get(&t->vocab, s, strlen(s)) != CP_VOCAB_NONE;
		if (cp_tok_entry(t, s, strlen(s), n, name, err) < 0)
			return -1;
		if (!is_known || cp_tok_flag(token, "special"))
			cp_tok_added_put(t, &(struct cp_tok_added){ .s = t->token[n], .n = strlen(s), .id = n, .single_word = cp_tok_flag(token, "single_word"),
				.lstrip = cp_tok_flag(token, "lstrip"), .rstrip = cp_tok_flag(token, "rstrip"), .normalized = cp_tok_flag(token, "normalized"),
				.special = cp_tok_flag(token, "special") });
	}
	return 0;
}

static int frame_by_role(struct cp_tokenizer *t, const char *name, struct cp_err *err)
{
	for (int r = CP_TOK_CLS; r <= CP_TOK_SEP; r++)
		if (t->role[r] == CP_TOK_NONE)
			return cp_err_set(err, "%s: no %s token in the vocabulary of %zu", name, r == CP_TOK_CLS ? "[CLS]" : "[SEP]", t->vocab.n);
	cp_ids_push(&t->prefix, t->role[CP_TOK_CLS]);
	cp_ids_push(&t->suffix, t->role[CP_TOK_SEP]);
	return 0;
}

static void set_digest(struct cp_tokenizer *t)
{
	struct cp_buf b = CP_BUF_INIT;
	cp_tokenizer_pack(t, &b);
	cp_digest_bytes(b.data, b.len, t->digest);
	cp_buf_release(&b);
}

static struct cp_tokenizer *from_parts(const struct parts *p, const char *name, struct cp_err *err)
{
	struct cp_tokenizer *t = cp_xcalloc(1, sizeof *t);
	struct cp_tok_words w = words_of(p);
	cp_vocab_init(&t->vocab);
	override_rules(p->tokenizer, p->config);
	int rc = load_model(t, p->tokenizer, name, err);
	if (rc == 0)
		rc = load_added(t, json_object_get(p->tokenizer, "added_tokens"), name, err);
	if (rc == 0)
		rc = cp_tok_roles_load(t, &w, name, err);
	if (rc == 0)
		rc = p->frame_by_role ? frame_by_role(t, name, err) : cp_tok_frame_load(t, json_object_get(p->tokenizer, "post_processor"), name, err);
	if (rc < 0) {
		cp_tokenizer_free(t);
		return NULL;
	}
	cp_tok_added_ready(t);
	set_digest(t);
	return t;
}

/* ---- The folder ---- */

/* The lines of a vocab.txt, which end in \n, \r\n or \r: the id of a token is its line's number, from 0; of a repeated token, the last line's. */
static json_t *vocab_lines(const char *text, size_t len, const char *name, struct cp_err *err)
{
	json_t *vocab = json_object();
	json_int_t id = 0;
	for (size_t i = cp_utf8_bom(text, len), end; i < len; id++) {
		for (end = i; end < len && text[end] != '\n' && text[end] != '\r'; end++)
			;
		if (memchr(text + i, 0, end - i) || !cp_utf8_valid(text + i, end - i, NULL)) {
			cp_err_set(err, "%s: line %lld is not UTF-8 text", name, (long long)id + 1);
			goto fail;
		}
		if (id >= CP_TOK_ID_LIMIT) {
			cp_err_set(err, "%s: more than %u lines: not a vocabulary", name, CP_TOK_ID_LIMIT);
			goto fail;
		}
		json_object_setn_new(vocab, text + i, end - i, json_integer(id));
		i = end + (end + 1 < len && text[end] == '\r' && text[end + 1] == '\n') + 1;
	}
	return vocab;
fail:
	json_decref(vocab);
	return NULL;
}

/* What the reference makes of a vocab.txt. */
static json_t *from_lines(const char *text, size_t n, const char *name, const json_t *map, const json_t *config, struct cp_err *err)
{
	const char *unk = cp_tok_spelling(json_object_get(map, "unk_token"));
	json_t *vocab = vocab_lines(text, n, name, err);
	if (!unk && !(unk = cp_tok_spelling(json_object_get(config, "unk_token"))))
		unk = "[UNK]";
	if (!vocab)
		return NULL;
	return json_pack("{s:{s:s}, s:{s:s}, s:{s:s,s:s,s:o}}", "normalizer", "type", "BertNormalizer", "pre_tokenizer", "type", "BertPreTokenizer",
	                 "model", "type", "WordPiece", "unk_token", unk, "vocab", vocab);
}

static json_t *from_vocab_txt(const char *path, const struct parts *p, struct cp_err *err)
{
	struct cp_buf b = CP_BUF_INIT;
	json_t *root = cp_read_file(path, &b, err) < 0 ? NULL : from_lines(b.data, b.len, path, p->map, p->config, err);
	cp_buf_release(&b);
	return root;
}

/* A file of the folder, if it is there. */
static int optional_json(const char *dir, const char *leaf, json_t **out, struct cp_err *err)
{
	if (!cp_has_file(dir, leaf))
		return 0;
	char *path = cp_xasprintf("%s/%s", dir, leaf);
	*out = cp_tok_json_file(path, err);
	free(path);
	return *out ? 0 : -1;
}

static int no_tokenizer(const char *dir, struct cp_err *err)
{
	static const struct { const char *leaf, *kind; } others[] = {
		{ "merges.txt", "byte-level BPE without vocab.json" }, { SPM, "SentencePiece of another model than T5" },
		{ "sentencepiece.bpe.model", "SentencePiece" }, { "tokenizer.model", "SentencePiece" },
	};
	json_t *config = NULL;
	optional_json(dir, "config.json", &config, NULL);
	const char *type = json_string_value(json_object_get(config, "model_type"));
	cp_err_set(err, "%s: no tokenizer in this folder: looked for " FORMS, dir);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (cp_has_file(dir, others[i].leaf)) {
			cp_err_set(err, "%s: the tokenizer is %s (%s)%s%.60s; this version reads " FORMS "%s", dir, others[i].kind, others[i].leaf,
				   type ? ", the model type is " : "", type ? type : "", i ? ", and transformers' AutoTokenizer saves the first of them" : "");
			break;
		}
	json_decref(config);
	return -1;
}

static json_t *from_merges(const char *dir, const char *vocab, const struct cp_tok_words *w, struct cp_err *err)
{
	char *merges = cp_xasprintf("%s/merges.txt", dir);
	json_t *root = cp_tok_from_merges(vocab, merges, w, err);
	free(merges);
	return root;
}

/* Whether a spiece.model numbers its tokens as T5 does: by the folder's model, else by its class. */
static int is_t5(const struct parts *p)
{
	const char *model = json_string_value(json_object_get(p->model, "model_type"));
	const char *class = json_string_value(json_object_get(p->config, "tokenizer_class"));
	return model ? !strcmp(model, "t5") || !strcmp(model, "mt5") : !class || !strncmp(class, "T5", 2) || !strncmp(class, "MT5", 3);
}

/* The first of a folder's vocabularies, or none. */
enum { TOKENIZER_JSON, VOCAB_TXT, VOCAB_JSON, SPIECE, NO_FORM };

static int form_of(const char *dir, const struct parts *p, const char **leaf)
{
	static const char *const leaves[] = { "tokenizer.json", "vocab.txt", "vocab.json", SPM };
	for (int form = 0; form < NO_FORM; form++) {
		*leaf = leaves[form];
		if (cp_has_file(dir, *leaf) && (form != VOCAB_JSON || cp_has_file(dir, "merges.txt")) && (form != SPIECE || is_t5(p)))
			return form;
	}
	return NO_FORM;
}

static json_t *tokenizer_of(const char *dir, const char *path, int form, const struct parts *p, struct cp_err *err)
{
	struct cp_tok_words w = words_of(p);
	switch (form) {
	case TOKENIZER_JSON:
		return cp_tok_json_file(path, err);
	case VOCAB_TXT:
		return from_vocab_txt(path, p, err);
	case VOCAB_JSON:
		return from_merges(dir, path, &w, err);
	default:
		return cp_tok_from_spm(path, &w, err);
	}
}

static int read_folder(const char *dir, struct parts *p, char **name, struct cp_err *err)
{
	struct stat st;
	const char *leaf;
	if (stat(dir, &st) < 0)
		return cp_err_set(err, errno != ENOENT ? "%s: model folder: %m" : "%s: no such folder; " CP_FETCH_FIRST, dir);
	if (!S_ISDIR(st.st_mode))
		return cp_err_set(err, "%s: not a folder; expected a model's, with one of " FORMS, dir);
	if (optional_json(dir, "tokenizer_config.json", &p->config, err) < 0 || optional_json(dir, "special_tokens_map.json", &p->map, err) < 0 ||
	    optional_json(dir, "added_tokens.json", &p->added, err) < 0 || optional_json(dir, "config.json", &p->model, err) < 0)
		return -1;
	if (p->class) {
		p->config = p->config ? p->config : json_object();
		json_object_set_new(p->config, "tokenizer_class", json_string(p->class));
		json_object_set_new(p->config, "add_prefix_space", json_boolean(p->add_prefix_space));
	}
	int form = form_of(dir, p, &leaf);
	if (form == NO_FORM)
		return no_tokenizer(dir, err);
	*name = cp_xasprintf("%s/%s", dir, leaf);
	p->frame_by_role = form == VOCAB_TXT;
	p->tokenizer = tokenizer_of(dir, *name, form, p, err);
	return p->tokenizer ? 0 : -1;
}

struct cp_tokenizer *cp_tokenizer_open(const char *dir, struct cp_err *err)
{
	return cp_tokenizer_open_as(dir, NULL, 0, err);
}

struct cp_tokenizer *cp_tokenizer_open_as(const char *dir, const char *class, int add_prefix_space, struct cp_err *err)
{
	struct parts p = { .class = class, .add_prefix_space = add_prefix_space };
	char *name = NULL;
	struct cp_tokenizer *t = read_folder(dir, &p, &name, err) == 0 ? from_parts(&p, name, err) : NULL;
	parts_release(&p);
	free(name);
	return t;
}

struct cp_tokenizer *cp_tokenizer_from_vocab(const char *vocab, size_t n, int lower, const char *name, struct cp_err *err)
{
	struct parts p = { .config = json_pack("{s:b}", "do_lower_case", lower), .frame_by_role = 1 };
	struct cp_tokenizer *t = (p.tokenizer = from_lines(vocab, n, name, NULL, NULL, err)) ? from_parts(&p, name, err) : NULL;
	parts_release(&p);
	return t;
}

/* Models that count positions from the one after the padding token's id. */
static int counts_after_pad(const char *type)
{
	static const char *const types[] = { "roberta", "xlm-roberta", "camembert", "mpnet", "longformer" };
	for (size_t i = 0; type && i < sizeof types / sizeof *types; i++)
		if (!strcmp(type, types[i]))
			return 1;
	return 0;
}

static int positions_of(const json_t *config, const char *name, size_t *positions, struct cp_err *err)
{
	int64_t pad = 1, n = 0;
	if (!counts_after_pad(json_string_value(json_object_get(config, "model_type"))))
		pad = -1;
	else if (cp_tok_json_whole(config, "pad_token_id", 0, CP_TOK_ID_LIMIT - 1, &pad, name, err) < 0)
		return -1;
	if (cp_tok_json_whole(config, "max_position_embeddings", pad + 2, INT32_MAX, &n, name, err) < 0)
		return -1;
	*positions = n ? (size_t)(n - pad - 1) : 0;
	return 0;
}

int cp_tokenizer_positions(const char *dir, size_t *positions, struct cp_err *err)
{
	json_t *config = NULL;
	if (optional_json(dir, "config.json", &config, err) < 0)
		return -1;
	char *name = cp_xasprintf("%s/config.json", dir);
	int rc = positions_of(config, name, positions, err);
	free(name);
	json_decref(config);
	return rc;
}

/* ---- The pack ---- */

struct cp_tokenizer *cp_tokenizer_unpack(const char *json, size_t n, const char *name, struct cp_err *err)
{
	json_error_t why;
	struct parts p = { .packed = 1 };
	struct cp_tokenizer *t = NULL;
	json_t *root = json_loadb(json, n, 0, &why);
	p.tokenizer = json_incref(json_object_get(root, "tokenizer.json"));
	p.map = json_incref(json_object_get(root, "special_tokens_map.json"));
	if (!root)
		cp_err_set(err, "%s: line %d, column %d: not JSON: %s", name, why.line, why.column, why.text);
	else if (!json_is_object(p.tokenizer))
		cp_err_set(err, "%s: no tokenizer.json in it", name);
	else
		t = from_parts(&p, name, err);
	parts_release(&p);
	json_decref(root);
	return t;
}

void cp_tokenizer_pack(const struct cp_tokenizer *t, struct cp_buf *b)
{
	json_t *root = json_object(), *map = json_object(), *added = json_array();
	for (size_t i = 0; i < t->n_added; i++) {
		const struct cp_tok_added *a = &t->added[i];
		json_array_append_new(added, json_pack("{s:i,s:s,s:b,s:b,s:b,s:b,s:b}", "id", (int)a->id, "content", a->s, "single_word", a->single_word,
			"lstrip", a->lstrip, "rstrip", a->rstrip, "normalized", a->normalized, "special", a->special));
	}
	for (int r = 0; r < CP_TOK_N_ROLES; r++) {
		char key[16] = "";
		if (t->role[r] != CP_TOK_NONE)
			json_object_set_new(map, strcat(strcat(key, cp_tok_role_name[r]), "_token"), json_string(t->token[t->role[r]]));
	}
	json_object_set_new(root, "version", json_string("1.0"));
	json_object_set_new(root, "truncation", json_null());
	json_object_set_new(root, "padding", json_null());
	json_object_set_new(root, "added_tokens", added);
	t->model->save(t, root);
	json_object_set_new(root, "post_processor", cp_tok_frame_save(t));
	json_t *pack = json_pack("{s:o,s:o}", "tokenizer.json", root, "special_tokens_map.json", map);
	char *text = json_dumps(pack, JSON_COMPACT);
	cp_buf_str(b, text ? text : "");
	free(text);
	json_decref(pack);
}
