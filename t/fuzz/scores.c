/* libFuzzer: any bytes as label<TAB>score lines; the first byte says which columns are asked for. */
#include <stdio.h>

#include "eval/metrics.h"
#include "eval/scores.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static void measure(void *ctx, const char *name, const struct cp_scores *s)
{
	struct cp_delong d;
	(void)ctx, (void)name;
	cp_delong(&d, s->score, s->label, s->n);
	cp_logloss(s->score, s->label, s->n);
	if (s->group)
		cp_gauc(&(struct cp_gauc){0}, s->score, s->label, s->group, s->n);
	if (s->score2)
		cp_delong_pair(&(struct cp_delong_pair){0}, s->score, s->score2, s->label, s->n);
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
	if (cp_scores_read(&s, f, "fuzz", &c, &err) == 0) {
		measure(NULL, NULL, &s);
		if (s.stratum)
			cp_scores_each_stratum(&s, measure, NULL);
	}
	cp_scores_release(&s);
	fclose(f);
	return 0;
}
