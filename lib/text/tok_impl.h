/* The inside of a tokenizer, for the files that make one up; callers see tokenizer.h.
 *
 *   tok_load.c   a Hugging Face folder, or a pack, to a struct cp_tokenizer
 *   tok_json.c   reading JSON with sentences
 *   tok_frame.c  the special tokens around a text (post_processor)
 *   tok_roles.c  which tokens are special, from the folder's other files
 *   tok_added.c  tokens that are found in the raw text ("[MASK]")
 *   tok_merges.c vocab.json and merges.txt, as a tokenizer.json
 *   tok_spm.c    spiece.model, as a tokenizer.json
 *   wordpiece.c, bpe.c, unigram.c   models; another is a file like them and a line in tok_load.c's table
 *   tokenizer.c  the public calls
 */
#ifndef CP_TOK_IMPL_H
#define CP_TOK_IMPL_H

#include <jansson.h>

#include "text/tokenizer.h"
#include "text/trie.h"
#include "text/vocab.h"

/* An id above this is no id of a vocabulary but a broken file (the stream's limit too). */
#define CP_TOK_ID_LIMIT (UINT32_C(1) << 24)

/* What is known of a part of a text. */
enum cp_tok_part {
	CP_TOK_NORMALIZED = 1,		/* it has been through `normalize` */
	CP_TOK_FIRST = 2,		/* the text begins with it */
};

/* An algorithm. */
struct cp_tok_model {
	const char *kind;		/* "wordpiece" */
	const char *type;		/* "WordPiece": model.type of a tokenizer.json */

	/* Take normalizer, pre_tokenizer and model of a tokenizer.json; fills t->vocab (by cp_tok_entry) and t->impl. */
	int (*load)(struct cp_tokenizer *t, const json_t *root, const char *name, struct cp_err *);
	/* Put them into root, in the fixed form of a pack. */
	void (*save)(const struct cp_tokenizer *t, json_t *root);
	/* The ids of a text without added tokens, or of what lies before, between or behind them, appended; `part` is of enum cp_tok_part. */
	void (*encode)(const struct cp_tokenizer *t, struct cp_tok_cache *, const char *s, size_t n, int part, struct cp_ids *);
	/* Append the normalized text.  NULL: the model has no normalizer. */
	void (*normalize)(const struct cp_tokenizer *t, const char *s, size_t n, struct cp_buf *);
	void (*release)(void *impl);
};

/* A token that is found in the text before the model sees it. */
struct cp_tok_added {
	const char *s;			/* its spelling, in t->vocab; what is looked for where it is not normalized */
	size_t n;
	char *pattern;			/* what is looked for where it is: the normalized spelling */
	size_t n_pattern;
	uint32_t id;
	int single_word, lstrip, rstrip, normalized, special;
};

struct cp_tokenizer {
	const struct cp_tok_model *model;
	void *impl;
	struct cp_vocab vocab;		/* spelling -> id, added tokens included */
	const char **token;		/* id -> spelling or NULL; size of them */
	uint32_t size, cap;
	struct cp_tok_added *added;	/* by id */
	size_t n_added;
	int any_normalized;		/* some added token is looked for in normalized text */
	struct cp_ids place;		/* by id, one more than the index in added; while loading */
	struct cp_trie patterns[2];	/* raw, normalized */
	unsigned char first[2][32];	/* bit sets: the first bytes of these */
	struct cp_ids prefix, suffix;	/* the frame */
	uint32_t role[CP_TOK_N_ROLES];
	char digest[33];
};

/* What a caller keeps between calls: words met before with their ids, and room to work in. */
struct cp_tok_cache {
	struct cp_vocab words;		/* spelling -> place in `known` */
	struct cp_ids known;		/* of each word how many ids it has, and they */
	struct cp_ids runes, ids;	/* for the model's use */
	struct cp_buf word, text, work;
};

/* 1, and the ids of a known word are appended; or 0, and then, once its ids are known, which are ids->v[start..], putting it. */
int cp_tok_cache_replay(const struct cp_tok_cache *, const char *s, size_t n, struct cp_ids *ids);
void cp_tok_cache_put(struct cp_tok_cache *, const char *s, size_t n, const struct cp_ids *ids, size_t start);

/* Enter a spelling under an id. <0: the id is out of range or has another spelling already. */
int cp_tok_entry(struct cp_tokenizer *, const char *s, size_t n, uint32_t id, const char *name, struct cp_err *);

/* added tokens */
int cp_tok_added_put(struct cp_tokenizer *, const struct cp_tok_added *);	/* once for each id; pattern is not looked at */
struct cp_tok_added *cp_tok_added_get(struct cp_tokenizer *, uint32_t id);	/* NULL: not looked for */
void cp_tok_added_ready(struct cp_tokenizer *);		/* after the last */
struct cp_tok_match {
	size_t from, to;		/* with the white space it takes along */
	size_t end;			/* where looking goes on */
	uint32_t id;
};
/* The next added token in s[at..n-1] (normalized or raw ones): 1 and the match, 0 if there is none.  `done` is the end of the last match. */
int cp_tok_added_find(const struct cp_tokenizer *, int normalized, const char *s, size_t n, size_t at, size_t done, struct cp_tok_match *);

/* the frame */
int cp_tok_frame_load(struct cp_tokenizer *, const json_t *post, const char *name, struct cp_err *);
json_t *cp_tok_frame_save(const struct cp_tokenizer *);

/* JSON with sentences. */
json_t *cp_tok_json_file(const char *path, struct cp_err *);
int cp_tok_json_bool(const json_t *obj, const char *key, int *out, const char *name, struct cp_err *);	/* absent or null: *out stays */
int cp_tok_json_whole(const json_t *obj, const char *key, int64_t least, int64_t most, int64_t *out, const char *name, struct cp_err *);	/* the same */
const char *cp_tok_json_type(const json_t *obj);	/* its "type" or what it is instead: for messages */

/* What else a folder says of a vocabulary, each may be NULL: tokenizer_config.json, special_tokens_map.json, added_tokens.json, config.json; and
 * the tokenizer.json's model.unk_token. */
struct cp_tok_words {
	const json_t *config, *map, *added, *model, *unk;
	int packed;			/* the tokenizer.json names all tokens that the text may spell */
};
json_t *cp_tok_from_merges(const char *vocab_json, const char *merges_txt, const struct cp_tok_words *, struct cp_err *);
json_t *cp_tok_from_spm(const char *spiece_model, const struct cp_tok_words *, struct cp_err *);

/* special tokens: their roles, and those that the text may spell */
/* Does the folder's class begin like this, or is this the type of its model?  -1: it names neither. */
int cp_tok_is_class(const struct cp_tok_words *, const char *class, const char *type);
/* Is the usual spelling of this role a special token though no file says so, as it is in classes that have it for a default? */
int cp_tok_has_default(const struct cp_tok_words *, const char *kind, int role);
int cp_tok_roles_load(struct cp_tokenizer *, const struct cp_tok_words *, const char *name, struct cp_err *);
const char *cp_tok_spelling(const json_t *token);	/* of a string, or an object with its content; or NULL */
int cp_tok_flag(const json_t *token, const char *key);	/* "lstrip" and the like of an object; 0 where it does not say */
const json_t *cp_tok_said(const struct cp_tok_words *, const char *key);	/* by special_tokens_map.json or else tokenizer_config.json; or NULL */

extern const struct cp_tok_model cp_tok_wordpiece, cp_tok_bpe, cp_tok_unigram;

#endif
