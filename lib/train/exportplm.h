/* The language model of a finished model as a Hugging Face folder: what PyPI transformers opens, and --plm reads again.
 *
 *     struct cp_inspect m;
 *     if (cp_inspect_open(&m, "pre.cpm", err) < 0 || cp_export_plm(&m, "folder", err) < 0) ...
 */
#ifndef CP_EXPORTPLM_H
#define CP_EXPORTPLM_H

#include "train/inspect.h"

/* config.json, model.safetensors and the tokenizer's files, all at once under the folder's name, which must not be there or be empty.  With
 * the masked-LM head where the model has it (BertForMaskedLM, RobertaForMaskedLM), else without (BertModel, RobertaModel), and the pooler
 * that the model kept of the folder it began with; a T5 is a T5ForConditionalGeneration, and its whole-word embeddings one tensor more. */
int cp_export_plm(const struct cp_inspect *, const char *dir, struct cp_err *);

#endif
