#include "page/sections.h"

/* Views are those of sections.sql. */
#define ALL_OF(view) "SELECT * FROM " view
#define CURVES(split, key, order) \
	"SELECT data, setting, epoch, value, NULL, NULL FROM page_learning WHERE split = '" split "' AND key = '" key "' " \
	"ORDER BY data, " order ", same, epoch"

const struct cp_section cp_sections[] = {
	{ "progress", "Grids",
	  "What is trained and scored so far. A model is <i>not finished</i> where its training was interrupted, killed or failed and nothing took it up "
	  "again; runs that belong to no grid are <i>other</i>. A cell is done when it is scored.",
	  "The ledger has no training yet.",
	  { { "trained", "models trained", CP_PLOT_STEPS, 0, "hours since the grid's first training began", "models", ALL_OF("page_progress") } },
	  ALL_OF("page_progress_table") },
	{ "tables", "Tables of the paper",
	  "Means over seeds, with their deviation; the best of a model’s lines in bold. Improvement is of the AUC: in table 2 over the best of the others, in 3 over "
	  "the CTR model alone, in 4 over prompts in the input, in 5 over the full method, in 6 over DCNv2. A star: better at <i>p</i> &lt; 0.05, by a t test "
	  "paired over three seeds or more; with fewer by DeLong’s test, and better with each of them. On the right what the paper prints. Models with "
	  "nothing to compare with are not here.",
	  "The ledger has no cells of tables 2 to 6.", { { 0 } }, ALL_OF("page_paper_table") },
	{ "results", "Results",
	  "Every setting that was trained, the best on the test rows first. A filled mark is the mean over seeds, its bar one deviation to each side; circles "
	  "are the seeds. AUCs may be compared within one picture: it has one set of test rows.",
	  "The ledger has no scored model yet.",
	  { { "auc", "AUC on the test rows", CP_PLOT_DOTS, 0, "AUC", "", ALL_OF("page_results") } }, ALL_OF("page_results_table") },
	{ "learning", "Learning curves",
	  "The validation rows after each epoch, or as often as <code>--eval-every</code> says; means over seeds. A setting with one evaluation is a mark. "
	  "What pretraining loses is in nats: the mean of &minus;ln of the probability of the right word, or of ctrl of the right row.",
	  "No training in the ledger has two evaluations or two epochs.",
	  { { "auc", "AUC, validation rows", CP_PLOT_LINES, CP_PLOT_WHOLE_X | CP_PLOT_LOG_X, "epoch", "AUC",
	      CURVES("valid", "auc", "most DESC") },
	    { "logloss", "log loss, validation rows", CP_PLOT_LINES, CP_PLOT_WHOLE_X | CP_PLOT_LOG_X, "epoch", "log loss",
	      CURVES("valid", "logloss", "least") },
	    { "lm-loss", "masked-LM loss, validation rows", CP_PLOT_LINES, CP_PLOT_WHOLE_X | CP_PLOT_LOG_X, "epoch", "nats a masked word",
	      CURVES("valid", "lm_loss", "least") },
	    { "lm-accuracy", "masked words found, validation rows", CP_PLOT_LINES, CP_PLOT_WHOLE_X | CP_PLOT_LOG_X, "epoch", "share of masked words",
	      CURVES("valid", "lm_accuracy", "most DESC") },
	    { "pair-loss", "contrastive loss (ctrl), validation rows", CP_PLOT_LINES, CP_PLOT_WHOLE_X | CP_PLOT_LOG_X, "epoch", "nats a row",
	      CURVES("valid", "pair_loss", "least") },
	    { "pretraining", "loss of pretraining, training rows", CP_PLOT_LINES, CP_PLOT_WHOLE_X | CP_PLOT_LOG_X, "epoch", "nats a masked word",
	      CURVES("train", "loss", "least") } }, NULL },
	{ "time", "AUC against time",
	  "What a point of AUC costs: processor time of the training and of those that it went on from. One that was broken off and gone on with counts with all "
	  "its parts, or is left out where the time of one is not known. A bar goes from the worst seed to the best.",
	  "The ledger has no scored model whose time is known.",
	  { { "auc", "test AUC and time to train", CP_PLOT_POINTS, CP_PLOT_LOG_X, "processor time, s", "AUC", ALL_OF("page_time") } }, NULL },
	{ "tail", "Long tail",
	  "AUC within each part of the test rows, with one deviation over seeds to each side. Bars begin at 0.5, the AUC of chance, or below it where one is "
	  "worse. Settings stand in one order, that of their results on all test rows. What has more than 12 strata, a column of users say, is left out.",
	  "The ledger has no figures by stratum (<code>cp-auc --stratum</code>).",
	  { { "auc", "AUC by stratum", CP_PLOT_BARS, 0, "", "AUC", ALL_OF("page_tail") } }, ALL_OF("page_tail_table") },
	{ "options", "One option varied",
	  "Settings that are equal but for one number, such as the number of prompts <i>K</i>, the learning rate or the share of masked words; with one deviation over "
	  "seeds to each side.",
	  "The ledger has no three settings that differ in one number alone.",
	  { { "auc", "AUC", CP_PLOT_LINES, CP_PLOT_LOG_X, NULL, "AUC", ALL_OF("page_options") } }, NULL },
	{ "calibration", "Calibration",
	  "Whether a score is the probability that it claims to be. In the pictures, bins of scores: on the diagonal a bin’s rate of clicks is its mean score. "
	  "The table has the quotient of mean score and rate (1 is right) and the expected calibration error.",
	  "The ledger has no figures of calibration.",
	  { { "bins", "rate of clicks by score", CP_PLOT_LINES, CP_PLOT_DIAGONAL, "mean score", "rate of clicks", ALL_OF("page_calibration") } },
	  ALL_OF("page_calibration_table") },
	{ "attention", "Attention to prompts",
	  "The share of attention that each layer of the language model pays to its prompts: the mean over words, heads and test rows, and over seeds, with one "
	  "deviation to each side. Were attention even, <i>K</i> prompts would have <i>K</i> / (<i>K</i> + words) of it in every layer: the grey lines without marks.",
	  "The ledger has no run of <code>cp-predict --attention</code>.",
	  { { "layers", "share of attention paid to prompts", CP_PLOT_LINES, CP_PLOT_WHOLE_X | CP_PLOT_SHARE, "layer", "share", ALL_OF("page_attention") } },
	  ALL_OF("page_attention_table") },
	{ "comparisons", "Comparisons",
	  "Two score columns on the same rows. A star: <i>p</i> &lt; 0.05. The latest 60.",
	  "The ledger has no comparisons (<code>cp-auc --score2</code>).", { { 0 } }, ALL_OF("page_comparisons_table") },
	{ "broken", "Runs that did not end well",
	  "Failed, killed or interrupted, with nothing since that did the same and was done. The latest 30.",
	  "There are none.", { { 0 } }, ALL_OF("page_broken_table") },
	{ "disagreements", "Runs that disagree",
	  "Runs of one command on the same bytes whose outputs differ, though they should not, and in what else they differ: a source that was changed after "
	  "its commit, another BLAS or processor.",
	  "There are none.", { { 0 } }, ALL_OF("page_disagreements_table") },
};
const size_t cp_n_sections = sizeof cp_sections / sizeof *cp_sections;
