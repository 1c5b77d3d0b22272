/* A line in, a score out: the smallest program around cp_score.h.
 *
 *     score MODEL < ROWS > SCORES
 *
 * A line holds the values of the model's columns, tab-separated, in the order that `score MODEL --columns` prints.  A line that cannot be
 * scored gives a sentence on standard error and an empty line, so that lines in and out stay in step.
 *
 *     cc score.c $(pkg-config --cflags --libs clickprompt) -o score
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cp_score.h>

static int print_columns(const struct cp_scorer *model)
{
	for (size_t i = 0; i < cp_scorer_columns(model); i++)
		puts(cp_scorer_column(model, i));
	return fflush(stdout) == EOF;
}

/* Cut the line at its tabs; values that are not there are missing.  -1: there are too many. */
static int cut(const char *line, size_t len, struct cp_score_value *row, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *tab = memchr(line, '\t', len);
		size_t here = tab ? (size_t)(tab - line) : len;
		row[i] = (struct cp_score_value){ line, here };
		len -= here + (tab != NULL);
		line += here + (tab != NULL);
		if (tab && i + 1 == n)
			return -1;
	}
	return 0;
}

static void answer(struct cp_score_context *score, const struct cp_score_value *row, int bad)
{
	struct cp_score_error err = { "too many values" };
	double p;
	if (bad || cp_score_row(score, row, &p, &err) < 0) {
		fprintf(stderr, "score: %s\n", err.text);
		puts("");
	} else {
		printf("%.9g\n", p);
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct cp_score_error err;
	if (argc < 2 || argc > 3 || (argc == 3 && strcmp(argv[2], "--columns"))) {
		fputs("usage: score MODEL [--columns]\n", stderr);
		return 2;
	}
	struct cp_scorer *model = cp_scorer_open(argv[1], CP_SCORE_F32, &err);
	struct cp_score_context *score = model ? cp_score_context_new(model, 1, &err) : NULL;
	if (!score) {
		fprintf(stderr, "score: %s\n", err.text);
		cp_scorer_close(model);
		return 1;
	}
	size_t n = cp_scorer_columns(model), cap = 0;
	struct cp_score_value *row = calloc(n, sizeof *row);
	char *line = NULL;
	int failed = argc == 3 ? print_columns(model) : 0;
	for (ssize_t len; row && argc == 2 && (len = getline(&line, &cap, stdin)) >= 0;) {
		if (len && line[len - 1] == '\n')
			len--;
		answer(score, row, cut(line, (size_t)len, row, n));
	}
	struct cp_score_counts counts = cp_score_context_counts(score);
	if (counts.unseen)
		fprintf(stderr, "score: %llu of %llu values were not in the training rows\n", (unsigned long long)counts.unseen,
			(unsigned long long)counts.values);
	failed |= ferror(stdin) || ferror(stdout);
	free(line);
	free(row);
	cp_score_context_free(score);
	cp_scorer_close(model);
	return failed;
}
