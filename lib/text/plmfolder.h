/* Writing a model folder in the Hugging Face layout, without weights: a tokenizer beside a config.json.
 *
 * With WordPiece, vocab.txt, tokenizer.json, tokenizer_config.json, special_tokens_map.json, config.json: what PyPI transformers opens as
 * BertTokenizerFast and BertConfig.  With byte-level BPE, vocab.json and merges.txt instead of vocab.txt: RobertaTokenizerFast,
 * RobertaConfig.  The folder is made if it is not there; each file takes its name only when all are written.
 */
#ifndef CP_PLMFOLDER_H
#define CP_PLMFOLDER_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "text/tokenizer.h"

/* config stays the caller's; longest: tokens of a row, at most.  vocab: a token a line. */
int cp_plm_folder_write(const char *dir, const char *vocab, size_t n, int lower, json_t *config, size_t longest, struct cp_err *);
/* The tokenizer is a byte-level BPE with <s> 0, <pad> 1 and </s> 2. */
int cp_plm_folder_write_bpe(const char *dir, const struct cp_tokenizer *, json_t *config, size_t longest, struct cp_err *);

/* Any tokenizer: the tokenizer in full (tokenizer.json, special_tokens_map.json, tokenizer_config.json), and as older readers
 * want it (vocab.txt; vocab.json, merges.txt).  eos: the token that ends an answer, or NULL. */
int cp_plm_folder_write_tokenizer(const char *dir, const struct cp_tokenizer *, json_t *config, const char *eos, size_t longest, int has_types,
				  struct cp_err *);

#endif
