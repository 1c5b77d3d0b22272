/* Latency of one row and rows a second of cp_score.h, and the round trip through a pipe; t/bench/score.sh runs it (`make bench-score`).
 *
 *     score                         the table: p50, p99 and the worst of single rows, text in, probability out, in microseconds; then rows a
 *                                   second in batches, by one thread and by two, each with a context of its own
 *     score --write DIR             the model and the rows as DIR/m.cpm and DIR/rows.csv, for whole processes
 *     score --pipe ROWS CMD...      CMD as a co-process that answers lines: the header of ROWS, then line after line
 *
 * The models are DCNv2 in ClickPrompt's sizes for MovieLens-1M (8 fields, d 32, 6 cross layers, 256 x 6) and in wider ones (3 cross layers,
 * 512-256-128), drawn, with vocabularies of that size; rows are drawn too, most of them of values it knows.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/rng.h"
#include "nn/cpu.h"
#include "score/cp_score.h"
#include "train/model.h"

enum { FIELDS = 8, ROWS = 40000, THREADS = 2 };
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

static const struct { const char *name, *cross, *hidden; } sizes[] = {
	{ "6 cross, 256x6", "cross=6", "hidden=256x6" },
	{ "3 cross, 512-256-128", "cross=3", "hidden=512,256,128" },
};

static void make_model(const char *path, int size)
{
	struct cp_err err;
	struct cp_model *m = cp_model_new();
	make_vocabulary(&m->vocab);
	m->stage = cp_xstrdup("ctr");
	m->c.has_ctr = 1;
	ctr_config_init(&m->c.ctr, ctr_find("dcnv2"), FIELDS, m->vocab.n_rows);
	if (ctr_config_set(&m->c.ctr, sizes[size].cross, &err) < 0 || ctr_config_set(&m->c.ctr, sizes[size].hidden, &err) < 0)
		die(err.msg);
	cp_model_build(m, NULL, 0);
	nn_params_init(m->params, 1, NULL);
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

static void print_latency(const char *what)
{
	qsort(t_us, ROWS, sizeof *t_us, by_time);
	printf("%s: p50 %.1f us, p99 %.1f us, worst %.1f us\n", what, t_us[ROWS / 2], t_us[ROWS / 100 * 99], t_us[ROWS - 1]);
}

static void bench_single(const struct cp_scorer *model)
{
	struct cp_score_context *s = cp_score_context_new(model, 1, NULL);
	for (int i = 0; i < ROWS; i++) {
		double t = now_us();
		if (cp_score_row(s, rows + i * FIELDS, &p[i], NULL) < 0)
			die("a row failed");
		t_us[i] = now_us() - t;
	}
	print_latency("    one row");
	cp_score_context_free(s);
}

struct share {
	const struct cp_scorer *model;
	size_t batch, from, n;
};

static void *score_share(void *arg)
{
	const struct share *h = arg;
	struct cp_score_context *s = cp_score_context_new(h->model, h->batch, NULL);
	for (size_t at = h->from, n; at < h->from + h->n; at += n) {
		n = h->from + h->n - at < h->batch ? h->from + h->n - at : h->batch;
		if (cp_score_rows(s, rows + at * FIELDS, n, p + at, NULL) < 0)
			die("a row failed");
	}
	cp_score_context_free(s);
	return NULL;
}

static double run_threads(const struct cp_scorer *model, size_t batch, size_t n_threads)
{
	pthread_t thread[THREADS];
	struct share h[THREADS];
	double t = now_us();
	for (size_t i = 0; i < n_threads; i++) {
		h[i] = (struct share){ model, batch, i * (ROWS / n_threads), ROWS / n_threads };
		if (pthread_create(&thread[i], NULL, score_share, &h[i]))
			die("no thread");
	}
	for (size_t i = 0; i < n_threads; i++)
		pthread_join(thread[i], NULL);
	return now_us() - t;
}

static void bench_batch(const struct cp_scorer *model, size_t batch, size_t n_threads)
{
	double best = 1e30;
	for (int i = 0; i < 5; i++) {
		double t = run_threads(model, batch, n_threads);
		best = t < best ? t : best;
	}
	printf("    batch %4zu, %zu thread%s: %.0f rows/s\n", batch, n_threads, n_threads > 1 ? "s" : "", ROWS / best * 1e6);
}

static void bench(struct cp_scorer *model, int size, const char *precision)
{
	if (!model)
		return;
	printf("  DCNv2, %s, %s\n", sizes[size].name, precision);
	bench_single(model);
	for (size_t n = 1; n <= THREADS; n++) {
		bench_batch(model, 256, n);
		bench_batch(model, 4096, n);
	}
	cp_scorer_close(model);
}

static void bench_all(void)
{
	char path[] = "/tmp/bench-score.XXXXXX";
	struct cp_score_error err;
	int fd = mkstemp(path);
	if (fd < 0)
		die("no temporary file");
	close(fd);
	printf("cp_score.h, kernels %s\n", nn_cpu_level());
	for (int size = 0; size < 2; size++) {
		make_model(path, size);
		bench(cp_scorer_open(path, CP_SCORE_F32, &err), size, "f32");
		bench(cp_scorer_open(path, CP_SCORE_BF16, &err), size, "bf16");
		bench(cp_scorer_open(path, CP_SCORE_INT8, &err), size, "int8");
	}
	unlink(path);
}

static void write_all(const char *dir)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/m.cpm", dir);
	make_model(path, 0);
	snprintf(path, sizeof path, "%s/rows.csv", dir);
	FILE *f = fopen(path, "w");
	if (!f)
		die("cannot write there");
	fprintf(f, "label");
	for (int i = 0; i < FIELDS; i++)
		fprintf(f, ",%s", fields[i].name);
	for (int i = 0; i < 10 * ROWS; i++) {
		fprintf(f, "\n%d", i & 1);
		for (int k = 0; k < FIELDS; k++)
			fprintf(f, ",%s", text[i % ROWS][k]);
	}
	fputc('\n', f);
	if (fclose(f))
		die("cannot write there");
}

static pid_t start(char **argv, FILE **to, FILE **from)
{
	int in[2], out[2];
	if (pipe(in) || pipe(out))
		die("no pipe");
	pid_t pid = fork();
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		execvp(*argv, argv);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	*to = fdopen(in[1], "w");
	*from = fdopen(out[0], "r");
	return pid;
}

static void bench_pipe(const char *csv, char **argv)
{
	FILE *f = fopen(csv, "r"), *to, *from;
	char line[4096], answer[4096];
	pid_t pid = start(argv, &to, &from);
	int status;
	if (!f || !fgets(line, sizeof line, f) || fputs(line, to) == EOF)
		die("no header");
	for (int i = 0; i < ROWS && fgets(line, sizeof line, f); i++) {
		double t = now_us();
		if (fputs(line, to) == EOF || fflush(to) == EOF || !fgets(answer, sizeof answer, from))
			die("no answer");
		t_us[i] = now_us() - t;
	}
	fclose(f);
	fclose(to);
	fclose(from);
	waitpid(pid, &status, 0);
	print_latency("  a line through a pipe and its score back");
}

int main(int argc, char **argv)
{
	make_rows();
	if (argc == 3 && !strcmp(argv[1], "--write"))
		write_all(argv[2]);
	else if (argc > 3 && !strcmp(argv[1], "--pipe"))
		bench_pipe(argv[2], argv + 3);
	else
		bench_all();
	return 0;
}
