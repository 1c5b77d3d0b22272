/* One function a subject.  Where a share decides, it stands in a #define with what it is for. */
#include "report/findings.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/words.h"
#include "text/declared.h"
#include "text/timeformat.h"

#define LEAK_AUC 0.95		/* a field alone that does so well has seen the label */
#define SURE_SHARE 0.01		/* rows in values of one label, from which on it is said */
#define NEARLY_ID 0.9		/* distinct values in the share of rows */
#define ID_ROWS 100		/* fewer rows prove nothing */
#define MANY_UNSEEN 0.5
#define SOME_UNSEEN 0.05
#define MANY_MISSING 0.99
#define SOME_MISSING 0.5
#define SHARED_SHARE 0.01
#define COPY_SHARE 0.01
#define RATE_DRIFT 0.1		/* relative, and beyond four standard errors */
#define PERIOD_DRIFT 0.1		/* between periods, beyond four standard errors of each */
#define FEW_POSITIVES 100
#define KIND_VALUES 20		/* fewer prove nothing */
#define KIND_SHARE 0.95
#define KIND_PART 0.1

struct teller {
	struct cp_findings *out;
	const struct cp_profile *p;
};

static void tell(struct teller *t, int warns, const char *code, const struct cp_profile_column *c, const struct cp_profile_split *s,
		 const char *fmt, ...) __attribute__((format(printf, 6, 7)));

static void tell(struct teller *t, int warns, const char *code, const struct cp_profile_column *c, const struct cp_profile_split *s,
		 const char *fmt, ...)
{
	struct cp_findings *f = t->out;
	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	f->v = cp_xrealloc(f->v, f->n + 1, sizeof *f->v);
	f->v[f->n++] = (struct cp_finding){ warns, code, c ? c->name : NULL, s ? s->name : NULL, cp_xstrdup(text) };
	f->n_warnings += warns != 0;
}

static double share(uint64_t part, uint64_t of)
{
	return of ? (double)part / (double)of : 0;
}

static double percent(uint64_t part, uint64_t of)
{
	return 100 * share(part, of);
}

/* ---- labels ---- */

static double rate_of(const struct cp_profile_split *s)
{
	return share(s->labels[1], s->labels[0] + s->labels[1]);
}

static void about_drift(struct teller *t, const struct cp_profile_split *s)
{
	const struct cp_profile_split *first = &t->p->split[0];
	double a = rate_of(first), b = rate_of(s);
	double n = (double)(first->labels[0] + first->labels[1]), m = (double)(s->labels[0] + s->labels[1]);
	double pooled = (a * n + b * m) / (n + m), se = sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
	if (n > 0 && m > 0 && fabs(a - b) > 4 * se && fabs(a - b) > RATE_DRIFT * fmax(a, b))
		tell(t, 0, "label-rate", NULL, s, "The label rate is %.4f in '%s' and %.4f in '%s': predictions will be off by that much on average, "
		     "unless the fields tell why.", a, first->name, b, s->name);
}

static void about_labels(struct teller *t, const struct cp_profile_split *s)
{
	char buf[32];
	if (!s->rows) {
		tell(t, 1, "no-rows", NULL, s, "'%s' has no rows.", s->name);
		return;
	}
	if (s->bad_rows)
		tell(t, 1, "bad-rows", NULL, s, "%s bad rows of '%s' were left out: look at what is wrong with them.", cp_count_words(s->bad_rows, buf),
		     s->name);
	if (t->p->label < 0)
		return;
	if (s->labels[2])
		tell(t, 1, "labels", NULL, s, "%s labels of '%s' are neither 0 nor 1 (from %g to %g): say in the declaration what counts as a click "
		     "(label >= X).", cp_count_words(s->labels[2], buf), s->name, s->label_min, s->label_max);
	else if (!s->labels[0] || !s->labels[1])
		tell(t, 1, "one-class", NULL, s, "Every label of '%s' is %d: there is nothing to learn or to measure.", s->name, s->labels[1] > 0);
	else if (s != t->p->split && (s->labels[0] < FEW_POSITIVES || s->labels[1] < FEW_POSITIVES))
		tell(t, 0, "few-positives", NULL, s, "'%s' has only %s rows of one class: an AUC on it is uncertain by some hundredths.", s->name,
		     cp_count_words(s->labels[0] < s->labels[1] ? s->labels[0] : s->labels[1], buf));
	if (s != t->p->split)
		about_drift(t, s);
}

/* ---- a field ---- */

static void about_number(struct teller *t, const struct cp_profile_column *c)
{
	double low = INFINITY, high = -INFINITY;
	uint64_t infinite = 0;
	const char *better = cp_declared_better(json_string_value(json_object_get(c->made, "declare")));
	for (int i = 0; i < t->p->n_splits; i++) {
		infinite += c->split[i].n_infinite;
		low = fmin(low, c->split[i].quantile[0]);
		high = fmax(high, c->split[i].quantile[CP_QUANTILES - 1]);
	}
	if (infinite)
		tell(t, 1, "infinite", c, NULL, "Number '%s' is infinite in %" PRIu64 " rows: training on it would end in NaN.", c->name, infinite);
	else if (better && fmax(-low, high) > CP_WIDE_NUMBER)
		tell(t, 0, "wide-number", c, NULL, "Number '%s' goes from %g to %g, and training wants numbers of the size of 1: declare it %s.", c->name, low,
		     high, better);
}

static void about_values(struct teller *t, const struct cp_profile_column *c)
{
	const struct cp_column_split *s = &c->split[0];
	uint64_t rows = t->p->split[0].rows;
	const char *where = t->p->split[0].name;
	if (rows < 2)
		return;
	if (!s->present)
		tell(t, 1, "missing", c, NULL, "Field '%s' has no value in any row of '%s': it cannot help; drop it.", c->name, where);
	else if (s->distinct <= 1 && !s->missing && c->type != CP_KEYS)
		tell(t, 1, "constant", c, NULL, "Field '%s' has the same value in every row of '%s': it cannot help; drop it.", c->name, where);
	else if (c->type == CP_KEY && rows >= ID_ROWS && s->distinct == rows)
		tell(t, 1, "row-id", c, NULL, "Field '%s' has a value of its own in every row: it cannot help; drop it.", c->name);
	else if (c->type == CP_KEY && rows >= ID_ROWS && share(s->distinct, rows) > NEARLY_ID)
		tell(t, 1, "row-id", c, NULL, "Field '%s' has a value of its own in nearly every row (%.1f %%): it can hardly help; drop it or make it coarser.",
		     c->name, percent(s->distinct, rows));
	else if (share(s->missing, rows) > MANY_MISSING)
		tell(t, 1, "missing", c, NULL, "Field '%s' is missing in %.2f %% of the rows of '%s'.", c->name, percent(s->missing, rows), where);
	else if (share(s->missing, rows) > SOME_MISSING)
		tell(t, 0, "missing-some", c, NULL, "Field '%s' is missing in %.1f %% of the rows of '%s'.", c->name, percent(s->missing, rows), where);
}

static void about_leak(struct teller *t, const struct cp_profile_column *c)
{
	const struct cp_profile *p = t->p;
	char buf[32], buf2[32];
	double auc = fmax(c->auc, 1 - c->auc);		/* NaN stays out of both */
	uint64_t rows = p->split[0].rows;
	if (auc >= LEAK_AUC)
		tell(t, 1, "leak", c, NULL, "Field '%s' alone has an AUC of %.3f on %s: it seems to give the label away; is it known before the click?",
		     c->name, c->auc, p->n_splits > 1 ? p->split[1].name : "the other half of the rows");
	else if (share(c->sure_rows, rows) >= SURE_SHARE)
		tell(t, 1, "leak-values", c, NULL, "%s value%s of field '%s', with %s rows (%.1f %%), %s labels of one kind only, which chance does not "
		     "do: is the field known before the click?", cp_count_words(c->sure_values, buf), c->sure_values == 1 ? "" : "s", c->name,
		     cp_count_words(c->sure_rows, buf2), percent(c->sure_rows, rows), c->sure_values == 1 ? "has" : "have");
}

static void about_unseen(struct teller *t, const struct cp_profile_column *c)
{
	for (int i = 1; i < t->p->n_splits && c->type != CP_NUMBER; i++) {
		const struct cp_profile_split *s = &t->p->split[i];
		double part = share(c->split[i].unseen, s->rows);
		if (part >= SOME_UNSEEN)
			tell(t, part >= MANY_UNSEEN, part >= MANY_UNSEEN ? "unseen" : "unseen-some", c, s,
			     "%.1f %% of the rows of '%s' have a value of '%s' that '%s' has not: a model knows nothing of it%s", 100 * part, s->name,
			     c->name, t->p->split[0].name, part >= MANY_UNSEEN ? "; is it a field to learn from?" : " (see cp-train --unseen-rate).");
	}
}

static void about_collisions(struct teller *t, const struct cp_profile_column *c)
{
	char buf[32];
	if (c->found_collisions > 0)
		tell(t, 1, "collisions", c, NULL, "%s values of field '%s' share their key with another one.",
		     cp_count_words((uint64_t)c->found_collisions, buf), c->name);
	else if (c->found_collisions < 0 && c->collisions > 0.01)
		tell(t, 0, "expected-collisions", c, NULL, "Field '%s' has so many values that %.2g pairs of them are expected to share a key.", c->name,
		     c->collisions);
}

/* A category whose values look like something else. */
static void about_kind(struct teller *t, const struct cp_profile_column *c)
{
	char buf[32];
	if (c->looked_at < KIND_VALUES)
		return;
	cp_count_words(c->looked_at, buf);
	if (share(c->n_numbers, c->looked_at) > KIND_SHARE && share(c->n_fractions, c->looked_at) > KIND_PART)
		tell(t, 0, "looks-number", c, NULL, "The values of '%s' are numbers with fractions, and as a category its %s values have nothing to do with each "
		     "other: declare it 'standard', 'log' or 'buckets'.", c->name, buf);
	else if (share(c->n_bars, c->looked_at) > KIND_PART)
		tell(t, 0, "looks-list", c, NULL, "Many of the %s values of '%s' have a '|' in them: if they are lists, declare it 'list'.", buf, c->name);
}

static void about_field(struct teller *t, const struct cp_profile_column *c)
{
	about_values(t, c);
	about_leak(t, c);
	about_unseen(t, c);
	about_collisions(t, c);
	about_kind(t, c);
	if (c->type == CP_NUMBER)
		about_number(t, c);
}

/* ---- the other columns ---- */

static void about_weight(struct teller *t, const struct cp_profile_column *c)
{
	for (int i = 0; i < t->p->n_splits; i++) {
		const struct cp_column_split *s = &c->split[i];
		if (s->bad)
			tell(t, 1, "weights", c, &t->p->split[i], "%" PRIu64 " weights of '%s' are negative or no number.", s->bad, t->p->split[i].name);
		else if (s->zero == s->present && s->present)
			tell(t, 1, "weight-zero", c, &t->p->split[i], "Every weight of '%s' is zero.", t->p->split[i].name);
	}
}

static void about_text(struct teller *t, const struct cp_profile_column *c)
{
	for (int i = 0; i < t->p->n_splits; i++)
		if (c->split[i].missing)
			tell(t, 1, "empty-text", c, &t->p->split[i], "%" PRIu64 " rows of '%s' have an empty '%s'.", c->split[i].missing,
			     t->p->split[i].name, c->name);
}

static void about_tokens(struct teller *t, const struct cp_profile_column *c, int64_t max_tokens)
{
	for (int i = 0; i < t->p->n_splits; i++) {
		const struct cp_profile_split *s = &t->p->split[i];
		const struct cp_lengths *l = &c->split[i].lengths;
		uint64_t cut = c->max_length > 0 ? cp_lengths_equal(l, (uint64_t)c->max_length) : 0;
		uint64_t above = max_tokens >= 0 ? cp_lengths_above(l, (uint64_t)max_tokens) : 0;
		if (cut)
			tell(t, 1, "cut", c, s, "%.2f %% of the rows of '%s' have just the %" PRId64 " tokens that cp-mask --max-length allows, so "
			     "their sentences are probably cut: put the important fields first, or shorten the template.", percent(cut, s->rows), s->name,
			     c->max_length);
		if (above)
			tell(t, 1, "cut", c, s, "%.2f %% of the rows of '%s' have more than %" PRId64 " tokens.", percent(above, s->rows), s->name,
			     max_tokens);
	}
}

static void about_time(struct teller *t, const struct cp_profile_column *c)
{
	char a[32], b[32];
	for (int i = 1; i < t->p->n_splits; i++) {
		const struct cp_column_split *s = &c->split[i], *before = &c->split[0];
		if (!s->present || !before->present || s->first >= before->last)
			continue;
		tell(t, 0, "time-overlap", c, &t->p->split[i], "'%s' begins at %s, before '%s' ends at %s: the splits are not parted by time, so figures on it tell "
		     "nothing about days to come.", t->p->split[i].name, cp_time_words(s->first, a), t->p->split[0].name, cp_time_words(before->last, b));
	}
}

/* Nothing but an order is wrong of times in another unit; where an hour is made of them, they are refused. */
static void about_unit(struct teller *t, const struct cp_profile_column *c)
{
	for (int i = 0; i < t->p->n_splits; i++) {
		const struct cp_column_split *s = &c->split[i];
		if (!s->present || !cp_time_is_far(s->last))
			continue;
		tell(t, 0, "time-unit", c, &t->p->split[i], "The times of '%s' go up to %" PRId64 ", which is no time in seconds: if these are milliseconds, declare "
		     "the column as 'time milliseconds'.", t->p->split[i].name, s->last);
	}
}

/* The rows that have no time, against those of the same split that have one: where the label decides whether a time was kept, an order by
 * time is an order by label. */
static void about_untimed(struct teller *t, const struct cp_profile_column *c)
{
	for (int i = 0; i < t->p->n_splits; i++) {
		const struct cp_profile_split *s = &t->p->split[i];
		const struct cp_column_split *v = &c->split[i];
		uint64_t missing = v->missing_judged, present = s->labels[0] + s->labels[1] - missing;
		double n = (double)missing, m = (double)present, without = share(v->missing_pos, missing), with = share(s->labels[1] - v->missing_pos, present);
		if (missing && present && fabs(without - with) > PERIOD_DRIFT + 4 * sqrt(0.25 / n + 0.25 / m))
			tell(t, 1, "label-without-time", c, s, "In '%s' the rows without a time have a label rate of %.2f, those with one of %.2f: whether there "
			     "is a time tells the label, and an order by time is partly one by label.", s->name, without, with);
	}
}

/* Not by chance alone, and enough to matter: periods whose label rates are far from each other. */
static void about_periods(struct teller *t)
{
	char a[32], b[32];
	const struct cp_period *low = NULL, *high = NULL;
	double least = INFINITY, most = -INFINITY;
	for (int i = 0; i < t->p->n_periods && t->p->label >= 0; i++) {
		const struct cp_period *q = &t->p->period[i];
		uint64_t n = 0, pos = 0;
		for (int s = 0; s < t->p->n_splits; s++) {
			n += q->judged[s];
			pos += q->pos[s];
		}
		double rate = share(pos, n), margin = 4 * sqrt(0.25 / (double)n);
		if (rate + margin < least) {
			least = rate + margin;
			low = q;
		}
		if (rate - margin > most) {
			most = rate - margin;
			high = q;
		}
	}
	if (low && high && most - least > PERIOD_DRIFT)
		tell(t, 0, "label-rate-by-time", NULL, NULL, "The label rate is not the same at all times: lowest from %s on, highest from %s on; is every "
		     "label known by then?",
		     cp_time_words(low->from, a), cp_time_words(high->from, b));
}

/* ---- whole rows ---- */

static void about_rows(struct teller *t)
{
	const struct cp_profile *p = t->p;
	char buf[32];
	uint64_t rows = 0;
	for (int i = 0; i < p->n_splits; i++) {
		const struct cp_profile_split *s = &p->split[i];
		rows += s->rows;
		if (share(s->copies, s->rows) >= COPY_SHARE)
			tell(t, 0, "copies", NULL, s, "%.1f %% of the rows of '%s' equal another row of it in all fields.", percent(s->copies, s->rows), s->name);
		if (share(s->shared, s->rows) >= SHARED_SHARE)
			tell(t, 1, "shared-rows", NULL, s, "%s rows of '%s' (%.1f %%) equal a row of '%s' in all fields: a model that has learnt them by heart "
			     "will look good.", cp_count_words(s->shared, buf), s->name, percent(s->shared, s->rows), p->split[0].name);
	}
	if (share(p->conflicting_rows, rows) >= COPY_SHARE)
		tell(t, 0, "torn", NULL, NULL, "%s rows (%.1f %%) equal another in all fields and have the other label: no model of these fields can be right on both.",
		     cp_count_words(p->conflicting_rows, buf), percent(p->conflicting_rows, rows));
}

void cp_findings_make(struct cp_findings *out, const struct cp_profile *p, const struct cp_findings_opts *opts)
{
	struct teller t = { out, p };
	*out = (struct cp_findings){0};
	if (p->label < 0)
		tell(&t, 1, "no-label", NULL, NULL, "There is no label: name its column by --label, or declare it.");
	if (!p->n_fields)
		tell(&t, 0, "no-field", NULL, NULL, "There are no fields here, only texts: cp-featurize makes them.");
	for (int i = 0; i < p->n_splits; i++)
		about_labels(&t, &p->split[i]);
	for (int i = 0; i < p->n_columns; i++) {
		const struct cp_profile_column *c = &p->column[i];
		switch (c->type) {
		case CP_KEY: case CP_KEYS: case CP_NUMBER: about_field(&t, c); break;
		case CP_WEIGHT: about_weight(&t, c); break;
		case CP_TEXT: about_text(&t, c); break;
		case CP_TOKENS: about_tokens(&t, c, opts->max_tokens); break;
		case CP_TIME:
			about_unit(&t, c);
			about_time(&t, c);
			about_untimed(&t, c);
			break;
		default: break;
		}
	}
	about_periods(&t);
	about_rows(&t);
}

void cp_findings_release(struct cp_findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->v[i].text);
	free(f->v);
	*f = (struct cp_findings){0};
}
