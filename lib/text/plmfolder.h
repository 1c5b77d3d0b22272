/* Writing a model folder in the Hugging Face layout, without weights: a vocabulary and the size of a model.
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

struct cp_bert_size {
	int64_t layers, hidden, heads, ffn, positions;
};

#define CP_BERT_SIZE_DEFAULT { 2, 128, 2, 512, 512 }

/* vocab: a token a line. */
int cp_plm_folder_write(const char *dir, const char *vocab, size_t n, int lower, const struct cp_bert_size *, struct cp_err *);
/* The tokenizer is a byte-level BPE with <s> 0, <pad> 1 and </s> 2. */
int cp_plm_folder_write_bpe(const char *dir, const struct cp_tokenizer *, const struct cp_bert_size *, struct cp_err *);

/* Any tokenizer and any config.json: the tokenizer in full (tokenizer.json, special_tokens_map.json, tokenizer_config.json), and as older readers
 * want it (vocab.txt; vocab.json, merges.txt).  eos: the token that ends an answer, or NULL; longest: of a row. */
int cp_plm_folder_write_tokenizer(const char *dir, const struct cp_tokenizer *, json_t *config, const char *eos, size_t longest, int has_types,
				  struct cp_err *);

#endif
