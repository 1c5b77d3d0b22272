/* Tokenizers: from a sentence to the ids a language model was trained on.
 *
 * A tokenizer is opened from a Hugging Face model folder (tokenizer.json, or vocab.txt, or vocab.json with merges.txt; with
 * tokenizer_config.json and special_tokens_map.json where they are there) and gives the ids that the reference gives (PyPI `transformers`
 * and `tokenizers`).  Which algorithm it is (WordPiece, byte-level BPE, Unigram) is the folder's affair, not the caller's.
 *
 * After opening, a tokenizer never changes: any number of threads may encode with the same one.  What an encoding remembers between calls
 * (words met before) is in a cache that the caller owns, one a thread; ids never depend on it.
 *
 *     struct cp_tokenizer *tok = cp_tokenizer_open(dir, err);         // NULL: err tells
 *     struct cp_tok_cache *cache = cp_tok_cache_new();
 *     struct cp_ids ids = {0};
 *     cp_tokenizer_encode(tok, cache, text, len, CP_TOK_SPECIAL, 128, &ids);
 *     ... ids.v[0..ids.n-1] ...
 *     cp_ids_release(&ids);  cp_tok_cache_free(cache);  cp_tokenizer_free(tok);
 */
#ifndef CP_TOKENIZER_H
#define CP_TOKENIZER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ids.h"
#include "base/mem.h"

struct cp_tokenizer;
struct cp_tok_cache;

/* The ids with a meaning of their own, in the order in which headers list them. CP_TOK_NONE where the folder has none of a kind. */
enum cp_tok_role { CP_TOK_CLS, CP_TOK_SEP, CP_TOK_PAD, CP_TOK_MASK, CP_TOK_UNK, CP_TOK_N_ROLES };
#define CP_TOK_NONE UINT32_MAX

/* "cls", "sep", "pad", "mask", "unk". */
extern const char *const cp_tok_role_name[CP_TOK_N_ROLES];

/* NULL and a sentence when the folder or a tokenizer in it is missing, broken or of a kind we do not read (which is named). */
struct cp_tokenizer *cp_tokenizer_open(const char *dir, struct cp_err *);
/* The same as this class ("GPT2Tokenizer", as in a tokenizer_config.json) and with byte-level BPE's add_prefix_space as given, whatever the folder says. */
struct cp_tokenizer *cp_tokenizer_open_as(const char *dir, const char *class, int add_prefix_space, struct cp_err *);
void cp_tokenizer_free(struct cp_tokenizer *);

/* BERT's WordPiece over a vocabulary in the form of vocab.txt, a token a line; `name` is what messages call it. */
struct cp_tokenizer *cp_tokenizer_from_vocab(const char *vocab, size_t n, int lower, const char *name, struct cp_err *);

/* A cache of words for one thread at a time, for this tokenizer only.  Bounded: some megabytes. */
struct cp_tok_cache *cp_tok_cache_new(void);
void cp_tok_cache_free(struct cp_tok_cache *);

/* Append to *ids the ids of text[0..n-1].  The text is UTF-8; each maximal part that is not becomes one U+FFFD first.  With add_special,
 * the folder's own frame stands around them ([CLS] ... [SEP]).  max > 0 cuts the appended list to at most max ids, from the end of the
 * text: the frame is kept whole (if it alone is longer than max, all of it is still there).  Where the text spells a special token
 * ("[MASK]"), that token it is.  cache may be NULL. */
#define CP_TOK_PLAIN 0
#define CP_TOK_SPECIAL 1
void cp_tokenizer_encode(const struct cp_tokenizer *, struct cp_tok_cache *cache, const char *text, size_t n, int add_special, size_t max,
                         struct cp_ids *ids);

/* How many special tokens stand around a text with add_special. */
size_t cp_tokenizer_frame(const struct cp_tokenizer *);
size_t cp_tokenizer_closing(const struct cp_tokenizer *);	/* of these, behind it */

/* Entries of the vocabulary, added tokens included: every id is below it.  (A model's table may be larger: its config.json says.) */
uint32_t cp_tokenizer_size(const struct cp_tokenizer *);
uint32_t cp_tokenizer_special(const struct cp_tokenizer *, enum cp_tok_role);

/* The spelling of an id in the vocabulary ("##ing"), NULL if there is none; and the id of a spelling, CP_TOK_NONE if there is none. */
const char *cp_tokenizer_token(const struct cp_tokenizer *, uint32_t id);
uint32_t cp_tokenizer_id(const struct cp_tokenizer *, const char *token, size_t n);

/* How many tokens the model of a folder has positions for: what its config.json says (RoBERTa's table has rows before the first position, which do
 * not count), 0 where there is no config.json or it does not say. */
int cp_tokenizer_positions(const char *dir, size_t *positions, struct cp_err *);

/* "wordpiece", "bpe", "unigram". */
const char *cp_tokenizer_kind(const struct cp_tokenizer *);

/* A digest (32 hex digits) of all that determines ids, and of nothing else: the same vocabulary and rules read from vocab.txt or from
 * tokenizer.json, from whatever folder, have the same. It is the digest of the bytes of cp_tokenizer_pack(). */
const char *cp_tokenizer_digest(const struct cp_tokenizer *);

/* The tokenizer as one JSON text, to be kept inside a model: an object of Hugging Face's files by name (tokenizer.json,
 * special_tokens_map.json), in a fixed form.  unpack opens it again; `name` is what messages call it. */
void cp_tokenizer_pack(const struct cp_tokenizer *, struct cp_buf *);
struct cp_tokenizer *cp_tokenizer_unpack(const char *json, size_t n, const char *name, struct cp_err *);

#endif
