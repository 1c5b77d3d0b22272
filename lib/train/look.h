/* Looking into a language model with prompts: which words it would fill in, and how much attention it pays to its prompts.
 *
 *     struct cp_fill_mask fill = { .plain = cp_model_plain(m, err), .top = 5 };
 *     struct cp_predict p = { .model = m, .team = team, .out = stdout, .show = cp_fill_mask_show, .ctx = &fill, .masked = 1 };
 *     cp_predict_records(&p, path, err);
 */
#ifndef CP_LOOK_H
#define CP_LOOK_H

#include "train/predict.h"

#define CP_FILL_MASK_TOP 100		/* most that can be shown */

/* Hugging Face's task fill-mask.  For every masked word a line: the row's number, the word, its probability and the likeliest words
 * (WORD=PROBABILITY, spaces between), the same two without prompts where the model has them, and the sentence. */
struct cp_fill_mask {
	struct cp_model *plain;		/* the same without prompts; NULL: it has none */
	int top;
	uint64_t n, right, right_plain;	/* masked words; those that were the likeliest */
};
void cp_fill_mask_show(struct cp_predict *, size_t from, size_t n, struct cp_buf *);

/* Adds up; nothing is printed before the end. */
struct cp_attention {
	double sum[PLM_MAX_LAYERS][3];
};
void cp_attention_show(struct cp_predict *, size_t from, size_t n, struct cp_buf *);
/* A line a layer: its number, the mean share of attention paid to prompts, and the share they would have if attention were even. */
double cp_attention_paid(const struct cp_attention *, size_t layer);	/* from 0; NaN where no rows were seen */
double cp_attention_even(const struct cp_attention *, size_t layer);
void cp_attention_last(struct cp_predict *, struct cp_buf *);

#endif
