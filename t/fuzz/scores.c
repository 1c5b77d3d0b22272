/* libFuzzer: any bytes as label<TAB>score lines; the first byte says which columns are asked for. */
#include <stdio.h>

#include "eval/metrics.h"
#include "eval/scores.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static void measure(void *ctx, const char *name, const struct cp_scores *s)
{
	struct cp_measures m;
	(void)ctx, (void)name;
	cp_measure(&m, s->score, s->label, s->n, &(struct cp_measure_opts){ 5, s->n & 1 }, NULL);
	cp_measures_release(&m);
	cp_bootstrap(&(struct cp_bootstrap){0}, s->score, s->score2, s->label, s->group, s->n, 3, 1, NULL);
	if (s->group)
		cp_gauc(&(struct cp_gauc){0}, s->score, s->label, s->group, s->n, NULL);
	if (s->score2)
		cp_delong_pair(&(struct cp_delong_pair){0}, s->score, s->score2, s->label, s->n, NULL);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct cp_scores s;
	struct cp_err err;
	unsigned ask = n ? data[0] : 0;
	struct cp_scores_columns c = { .score2 = ask & 1 ? "3" : NULL, .group = ask & 2 ? "g" : NULL, .stratum = ask & 4 ? "1" : NULL };
	FILE *f = n > 1 ? fmemopen((void *)(data + 1), n - 1, "r") : NULL;
	if (!f)
		return 0;
	if (cp_scores_read(&s, f, "fuzz", &c, NULL, &err) == 0) {
		measure(NULL, NULL, &s);
		if (s.stratum)
			cp_scores_each_stratum(&s, measure, NULL);
	}
	cp_scores_release(&s);
	fclose(f);
	return 0;
}
