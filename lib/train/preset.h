/* Presets: what the paper's launcher says of batch, rate, decay, epochs and a model's sizes on each of its data sets, as options.
 *
 *     char *words = cp_preset_words(CP_PRESET_ML_1M, CP_STAGE_CTR, "dcn");  // "batch=256 lr=0.001 ... set=dim=32 set=hidden=256x4 set=cross=4"
 *     cp_opts_preset(&opts, words, err);                              // for what the command line did not say
 *
 * Sources: arXiv 2310.09234 and its launcher; where they give a range (decay, epochs) one of it stands here.
 */
#ifndef CP_PRESET_H
#define CP_PRESET_H

#include "base/mem.h"

#define CP_PRESETS "ml-1m|bookcrossing|amazon-toys|goodreads"
enum cp_preset { CP_NO_PRESET = -1, CP_PRESET_ML_1M, CP_PRESET_BOOKCROSSING, CP_PRESET_AMAZON_TOYS, CP_PRESET_GOODREADS, CP_N_PRESETS };

/* NAME=VALUE for options, with a space between; the caller frees them.  stage: enum cp_stage;
 * model NULL: no sizes, for they are known already. */
char *cp_preset_words(enum cp_preset, int stage, const char *model);

/* All of them, for --help. */
void cp_presets_print(struct cp_buf *);

#endif
