/* What another model says of the training rows, as soft labels: distillation (Hinton, Vinyals and Dean, arXiv 1503.02531, at temperature 1).
 *
 *     loss = (1 - w) BCE(z, y) + w BCE(z, p) = BCE(z, (1 - w) y + w p)
 *
 * y is the row's label, p the teacher's score, w --teacher-weight.  The two are one because BCE is linear in what it expects; so a row expects
 * another number, and nothing else of training changes.  Rows that are judged by keep their labels. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "eval/scores.h"
#include "train/trainer.h"

/* The rows from `at` on expect what line after line of the scores says. */
static int mix(struct cp_trainer *t, const struct cp_data *rows, size_t at, const struct cp_scores *s, struct cp_err *err)
{
	double w = t->o.teacher_weight;
	for (size_t i = 0; i < rows->n; i++) {
		double y = rows->label[i], p = s->score[at + i];
		if (s->label[at + i] != (y > 0.5))
			return cp_err_set(err, "%s: row %zu has label %d, and that training row %g: these are scores of other rows, or in another order",
					  t->o.teacher, at + i + 1, s->label[at + i], y);
		if (!(p >= 0 && p <= 1))
			return cp_err_set(err, "%s: row %zu has score %g; expected a probability", t->o.teacher, at + i + 1, p);
		t->soft[at + i] = (nn_float)((1 - w) * y + w * p);
	}
	return 0;
}

static int mix_all(struct cp_trainer *t, const struct cp_scores *s, struct cp_err *err)
{
	struct cp_pass pass;
	const struct cp_data *rows;
	size_t at = 0;
	int rc;
	if (s->n != t->train.n)
		return cp_err_set(err, "%s: %zu rows have scores, and %zu are trained on", t->o.teacher, s->n, t->train.n);
	t->soft = cp_xcalloc(s->n, sizeof *t->soft);
	cp_pass_init(&pass, &t->train);
	while ((rc = cp_pass_next(&pass, &rows, err)) == 1) {
		if ((rc = mix(t, rows, at, s, err)) < 0)
			break;
		at += rows->n;
	}
	cp_pass_release(&pass);
	return rc;
}

int cp_teacher_read(struct cp_trainer *t, struct cp_err *err)
{
	struct cp_scores s = { 0 };
	struct cp_scores_columns columns = { 0 };
	if (!t->o.teacher)
		return 0;
	const char *name;
	FILE *f = cp_in_open(t->o.teacher, &name, err);
	if (!f)
		return -1;
	int rc = cp_scores_read(&s, f, name, &columns, t->team, err);
	if (!rc)
		rc = mix_all(t, &s, err);
	memcpy(t->teacher_digest, s.digest, sizeof t->teacher_digest);
	cp_scores_release(&s);
	cp_in_close(f);
	return rc;
}

void cp_teacher_tell(struct cp_trainer *t, size_t from, size_t n)
{
	for (size_t i = 0; t->soft && i < n; i++)
		t->m->batch.label_v[i] = t->soft[t->origins[from + i]];
}
