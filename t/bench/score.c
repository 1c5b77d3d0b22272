/* Latency of one row and rows a second of cp_score.h: `make bench-score`.
 *
 * The model is DCNv2 in ClickPrompt's sizes for MovieLens-1M (8 fields, d 32, 3 cross layers, 512-256-128), drawn and written to a temporary
 * file, with vocabularies of that size; rows are drawn too, most of them of values it knows.  A line: p50, p99 and the worst of single rows,
 * text in, probability out, in microseconds; then rows a second in batches, one thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/rng.h"
#include "nn/cpu.h"
#include "score/cp_score.h"
#include "train/model.h"

enum { FIELDS = 8, ROWS = 20000, BATCH = 256 };
static const struct { const char *name; unsigned n; } fields[FIELDS] = {
	{ "User ID", 6040 }, { "Gender", 2 }, { "Age", 7 }, { "Job", 21 }, { "Zipcode", 3439 }, { "Movie ID", 3706 }, { "Title", 3706 },
	{ "Genre", 301 },
};
static char text[ROWS][FIELDS][12];
static struct cp_score_value rows[ROWS * FIELDS];
static double t_us[ROWS], p[ROWS];

static double now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

static void die(const char *why)
{
	fprintf(stderr, "bench-score: %s\n", why);
	exit(1);
}

static void make_vocabulary(struct cp_features *v)
{
	struct cp_fields f = { 0 };
	char value[16];
	for (int i = 0; i < FIELDS; i++)
		cp_fields_add(&f, fields[i].name, CP_KEY, NULL);
	cp_features_init(v, &f);
	for (int i = 0; i < FIELDS; i++)
		for (unsigned k = 0; k < fields[i].n; k++) {
			int n = snprintf(value, sizeof value, "v%u", k);
			cp_features_count(v, i, cp_key(cp_field_seed(fields[i].name, strlen(fields[i].name)), value, (size_t)n));
		}
	cp_features_join(v, 1);
	cp_fields_release(&f);
}

static void make_model(const char *path)
{
	struct cp_err err;
	struct cp_model *m = cp_model_new();
	make_vocabulary(&m->vocab);
	m->stage = cp_xstrdup("ctr");
	m->c.has_ctr = 1;
	ctr_config_init(&m->c.ctr, ctr_find("dcnv2"), FIELDS, m->vocab.n_rows);
	if (ctr_config_set(&m->c.ctr, "cross=3", &err) < 0 || ctr_config_set(&m->c.ctr, "hidden=512,256,128", &err) < 0)
		die(err.msg);
	cp_model_build(m, NULL, 0);
	nn_params_init(m->params, 1);
	if (cp_model_save(m, path, &err) < 0)
		die(err.msg);
	cp_model_free(m);
}

static void make_rows(void)
{
	struct cp_rng r = cp_rng(1, CP_RNG_SHUFFLE, 0, 0);
	for (int i = 0; i < ROWS; i++)
		for (int f = 0; f < FIELDS; f++) {
			int n = snprintf(text[i][f], sizeof text[i][f], "v%u", (unsigned)(cp_rng_real(&r) * 1.02 * fields[f].n));
			rows[i * FIELDS + f] = (struct cp_score_value){ text[i][f], (size_t)n };
		}
}

static int by_time(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void bench_single(const struct cp_scorer *model)
{
	struct cp_score *s = cp_score_new(model, 1, NULL);
	for (int i = 0; i < ROWS; i++) {
		double t = now_us();
		if (cp_score_row(s, rows + i * FIELDS, &p[i], NULL) < 0)
			die("a row failed");
		t_us[i] = now_us() - t;
	}
	qsort(t_us, ROWS, sizeof *t_us, by_time);
	printf("one row:   p50 %.1f us, p99 %.1f us, worst %.1f us\n", t_us[ROWS / 2], t_us[ROWS / 100 * 99], t_us[ROWS - 1]);
	cp_score_free(s);
}

static void bench_batch(const struct cp_scorer *model, size_t batch)
{
	struct cp_score *s = cp_score_new(model, batch, NULL);
	double best = 1e30;
	for (int i = 0; i < 5; i++) {
		double t = now_us();
		if (cp_score_rows(s, rows, ROWS, p, NULL) < 0)
			die("a row failed");
		t = now_us() - t;
		best = t < best ? t : best;
	}
	printf("batch %4zu: %.0f rows/s\n", batch, ROWS / best * 1e6);
	cp_score_free(s);
}

int main(void)
{
	char path[] = "/tmp/bench-score.XXXXXX";
	struct cp_score_error err;
	int fd = mkstemp(path);
	if (fd < 0)
		die("no temporary file");
	close(fd);
	make_model(path);
	make_rows();
	struct cp_scorer *model = cp_scorer_open(path, &err);
	unlink(path);
	if (!model)
		die(err.text);
	printf("kernels: %s\n", nn_cpu_level());
	bench_single(model);
	bench_batch(model, BATCH);
	bench_batch(model, 4096);
	cp_scorer_close(model);
	return 0;
}
