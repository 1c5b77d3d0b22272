/* What the sections of a page ask: temporary tables over a ledger, made once a page.
 *
 *     page_trial   a line a training that is done: run, rows (digest of the validation rows, else of the training rows), data (their name), model,
 *                  setting (model, stage, a grid's words for the rest, and options in which it differs from others called so on the same rows), same (equal for trainings that
 *                  differ in their seed alone), seed, cpu_s (of all its parts, and with the trainings it went on from; NULL where some of that is not known), valid_auc,
 *                  valid_logloss, stage
 *     page_score   a line a trial, test rows and stratum: train, data, stratum, run (the cp-auc run; the last where there were several), auc, lo,
 *                  hi, logloss, ece, calibration; binned (the last of them that has bins of scores, or NULL)
 *     page_curve   run, split, key, epoch, value: figures of a training by epoch, of all runs that it took
 *     page_param   run, name, value: the options of a trial that say what comes out, and those of its pretraining as "pretrain NAME"
 *     page_vary    rows, base, name: options in which trials of one model and stage on the same rows differ
 *     page_output  a line an output path of cp-train: its grid ("other" for none), state (done, running, broken), the last run
 *
 * and functions: data_name(path), grid_name(path), leaf(path), deviation(x), bold(text), runs(list of numbers), which the page shows as
 * links, and share(percent), shown as a bar as well.
 */
#ifndef CP_TRIALS_H
#define CP_TRIALS_H

#include <sqlite3.h>

#include "base/err.h"

int cp_trials_prepare(sqlite3 *db, struct cp_err *);

/* What bold(), runs() and share() put before a text. */
#define CP_CELL_BOLD '\001'
#define CP_CELL_RUNS '\002'
#define CP_CELL_SHARE '\003'

#endif
