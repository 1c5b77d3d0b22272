/* cp_score.h as a server uses it: score MODEL ROWS [bf16|int8], rows being tab-separated values in the order of the columns.  Prints TAP; what single rows
 * score goes to the file scores.txt, for a comparison with cp-predict.  score MODEL: what becomes of its opening where memory runs out. */
#include "score/cp_score.h"

#include <dirent.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int n_tests, n_failed;

static void ok(int good, const char *what)
{
	n_failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++n_tests, what);
}

/* -- every allocation of the process is counted, where the C library lets us -- */

#if defined __SANITIZE_ADDRESS__
#define COUNTS 0
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define COUNTS 0
#endif
#endif
#if !defined COUNTS && defined __GLIBC__
#define COUNTS 1
static _Thread_local unsigned long allocations, fails_at;	/* the number of the one that fails; 0: none */
static int is_refused(void) { return ++allocations == fails_at; }
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t), *__libc_memalign(size_t, size_t);
void *malloc(size_t n) { return is_refused() ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t size) { return is_refused() ? NULL : __libc_calloc(n, size); }
void *realloc(void *p, size_t n) { return is_refused() ? NULL : __libc_realloc(p, n); }
void *aligned_alloc(size_t align, size_t n) { return is_refused() ? NULL : __libc_memalign(align, n); }
int posix_memalign(void **p, size_t align, size_t n) { return is_refused() || !(*p = __libc_memalign(align, n)) ? ENOMEM : 0; }
void *mmap(void *at, size_t n, int prot, int flags, int fd, off_t from)
{
	allocations++;
	return (void *)syscall(SYS_mmap, at, n, prot, flags, fd, from);
}
#else
static unsigned long allocations, fails_at;
#endif

enum { MAX = 5000, THREADS = 4 };
static const struct cp_scorer *model;
static struct cp_score_value *rows;
static size_t n_columns, n_rows;
static double lone[MAX];
static struct cp_score_error err;

static void read_rows(const char *path)
{
	static char text[1 << 20];
	FILE *f = fopen(path, "r");
	size_t len = f ? fread(text, 1, sizeof text, f) : 0;
	rows = calloc(MAX * n_columns, sizeof *rows);
	for (char *p = text, *end; n_rows < MAX && (end = memchr(p, '\n', (size_t)(text + len - p))); p = end + 1, n_rows++)
		for (size_t c = 0; c < n_columns; c++) {
			size_t n = strcspn(p, "\t\n");
			rows[n_rows * n_columns + c] = (struct cp_score_value){ p, n };
			p += n + (p[n] == '\t');
		}
	if (f)
		fclose(f);
}

/* -- OpenBLAS's own threads: each takes a room when it first runs, however late that is (nn_blas_reserve) -- */

extern void *blas_memory_alloc(int) __attribute__((weak));
extern void blas_memory_free(void *) __attribute__((weak));

enum { WORKERS = 64 };
static int workers;

static int is_asleep(pid_t thread)
{
	char path[64], state = 0;
	snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)thread);
	FILE *f = fopen(path, "r");
	if (f && fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	if (f)
		fclose(f);
	return state == 'S';
}

/* How many there are, once all have run and sleep: these have their rooms.  0 where they take longer than ten seconds. */
static int asleep(void)
{
	for (int tries = 0; tries < 1000; tries++, usleep(10000)) {
		int n = 0, sleep = 0;
		DIR *d = opendir("/proc/self/task");
		for (struct dirent *e; d && (e = readdir(d)); )
			if (atoi(e->d_name) > 0 && atoi(e->d_name) != getpid()) {
				n++;
				sleep += is_asleep(atoi(e->d_name));
			}
		if (d)
			closedir(d);
		if (n == sleep)
			return n < WORKERS ? n : WORKERS;
	}
	return 0;
}

/* As many again come after the model is open. */
static void take_rooms(void *room[WORKERS])
{
	for (int i = 0; i < workers; i++)
		room[i] = blas_memory_alloc(2);
}

static void check_single(void)
{
	struct cp_score_context *s = cp_score_context_new(model, 1, &err);
	void *room[WORKERS];
	take_rooms(room);
	unsigned long before = allocations;
	int bad = 0;
	for (size_t i = 0; i < n_rows; i++)
		bad |= cp_score_row(s, rows + i * n_columns, &lone[i], &err);
	ok(n_rows > 10 && !bad && allocations == before, "rows one by one, and nothing is allocated");
	for (int i = 0; i < workers; i++)
		blas_memory_free(room[i]);
	FILE *f = fopen("scores.txt", "w");
	for (size_t i = 0; f && i < n_rows; i++)
		fprintf(f, "%.9g\n", lone[i]);
	if (f)
		fclose(f);
	cp_score_context_free(s);
}

static void check_batches(void)
{
	static const size_t sizes[] = { 2, 7, 64, 250 };
	double p[MAX];
	for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
		struct cp_score_context *s = cp_score_context_new(model, sizes[k], &err);
		unsigned long before = allocations;
		int bad = cp_score_rows(s, rows, n_rows, p, &err) | cp_score_rows(s, rows, n_rows, p, &err);
		ok(!bad && allocations == before && !memcmp(p, lone, n_rows * sizeof *p), "batches have the same bits, and nothing is allocated");
		cp_score_context_free(s);
	}
}

static pthread_barrier_t all_opened;

static void *score_all(void *arg)
{
	struct cp_score_context *s = cp_score_context_new(model, 1 + (size_t)(uintptr_t)arg, NULL);
	double p[MAX];
	int bad = !s;
	pthread_barrier_wait(&all_opened);
	unsigned long before = allocations;
	for (int again = 0; !bad && again < 5; again++)
		bad = cp_score_rows(s, rows, n_rows, p, NULL) || memcmp(p, lone, n_rows * sizeof *p) || allocations != before;
	pthread_barrier_wait(&all_opened);
	cp_score_context_free(s);
	return bad ? "" : NULL;
}

static void check_threads(void)
{
	pthread_t t[THREADS];
	void *bad[THREADS];
	pthread_barrier_init(&all_opened, NULL, THREADS);
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, score_all, (void *)(uintptr_t)i);
	int any = 0;
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(t[i], &bad[i]);
		any |= bad[i] != NULL;
	}
	ok(!any, "threads with contexts of their own have the same bits at the same time, and nothing is allocated");
}

static void check_named(struct cp_score_context *s)
{
	const char *names[64] = { "no such column" };
	struct cp_score_value v[64] = { { "x", 1 } };
	double p;
	for (size_t c = 0; c < n_columns; c++) {
		names[n_columns - c] = cp_scorer_column(model, c);
		v[n_columns - c] = rows[n_columns + c];
	}
	ok(!cp_score_named(s, names, v, n_columns + 1, &p, &err) && p == lone[1], "a row by names, in another order and with more than is asked for");
	ok(cp_score_named(s, names, v, n_columns, &p, &err) < 0 && strstr(err.text, cp_scorer_column(model, 0)), "a missing column is named");
	ok(cp_score_named(s, names, v, 0, &p, &err) < 0, "a row of no columns is refused");
	ok(!cp_score_row(s, rows, &p, NULL) && p == lone[0], "and the next row is as good as ever");
}

static void check_counts(struct cp_score_context *s)
{
	struct cp_score_value v[64] = { { 0 } };
	double p;
	struct cp_score_counts a = cp_score_context_counts(s);
	for (size_t c = 0; c < n_columns; c++)
		v[c] = rows[c];
	v[0] = (struct cp_score_value){ "nobody", 6 };
	int bad = cp_score_row(s, v, &p, NULL);
	struct cp_score_counts b = cp_score_context_counts(s);
	ok(!bad && b.rows == a.rows + 1 && b.unseen == a.unseen + 1 && b.values > a.values, "an unseen value is counted");
	v[0] = (struct cp_score_value){ NULL, 0 };
	ok(!cp_score_row(s, v, &p, NULL) && isfinite(p), "a missing value has a score");
}

/* The tenth of ten rows, in the third batch of four: what is no number is refused. */
static void check_refused(void)
{
	struct cp_score_context *s = cp_score_context_new(model, 4, &err);
	struct cp_score_value *ten = malloc(10 * n_columns * sizeof *ten);
	double p[10];
	memcpy(ten, rows, 10 * n_columns * sizeof *ten);
	cp_score_rows(s, ten, 8, p, &err);
	struct cp_score_counts first = cp_score_context_counts(s);
	for (size_t i = 9 * n_columns; i < 10 * n_columns; i++)
		ten[i] = (struct cp_score_value){ "cheap", 5 };
	int refused = cp_score_rows(s, ten, 10, p, &err) < 0;
	ok(refused && strstr(err.text, "row 10, column "), "a row that is refused is named by its place among all");
	struct cp_score_counts c = cp_score_context_counts(s);
	ok(c.rows == 8 && c.values == first.values && c.unseen == first.unseen, "and the rows of that call do not count");
	ok(!cp_score_rows(s, rows, 3, p, &err) && cp_score_context_counts(s).rows == 11, "those of the next do");
	free(ten);
	cp_score_context_free(s);
}

static int is_alike(const struct cp_scorer *a, const struct cp_scorer *b)
{
	struct cp_score_field f, g;
	size_t i = 0, c = 0;
	while (!cp_scorer_field(a, i, &f) && !cp_scorer_field(b, i, &g) && !strcmp(f.name, g.name) && f.kind == g.kind && f.n_values == g.n_values &&
	       !strcmp(f.declared ? f.declared : "", g.declared ? g.declared : ""))
		i++;
	while (c < n_columns && !strcmp(cp_scorer_column(a, c), cp_scorer_column(b, c)))
		c++;
	return i == cp_scorer_fields(b) && c == n_columns;
}

/* The model is opened as often as that takes allocations, of which another one fails each time. */
static void check_memory(const char *path)
{
	size_t opened = 0, wrong = 0, tries = 0;
	while (COUNTS && !opened) {
		fails_at = allocations + ++tries;
		struct cp_scorer *s = cp_scorer_open(path, CP_SCORE_F32, &err);
		opened = allocations < fails_at;
		fails_at = 0;
		int good = s ? is_alike(s, model) : strstr(err.text, "out of memory") || strstr(err.text, strerror(ENOMEM));
		wrong += !good;
		if (!good)
			printf("# allocation %zu: %s\n", tries, s ? "another model" : err.text);
		cp_scorer_close(s);
	}
	ok(!wrong, "memory that runs out while a model is opened is a sentence, or does no harm");
}

static enum cp_score_precision precision_of(const char *name)
{
	return !strcmp(name, "int8") ? CP_SCORE_INT8 : CP_SCORE_BF16;
}

int main(int argc, char **argv)
{
	setlocale(LC_ALL, "");
	workers = blas_memory_alloc ? asleep() : 0;
	struct cp_scorer *m = argc > 1 ? cp_scorer_open(argv[1], argc > 3 ? precision_of(argv[3]) : CP_SCORE_F32, &err) : NULL;
	struct cp_score_field field;
	if (!m) {
		printf("Bail out! %s\n", argc > 1 ? err.text : "score MODEL [ROWS [bf16|int8]]");
		return 1;
	}
	model = m;
	n_columns = cp_scorer_columns(m);
	if (argc == 2) {
		check_memory(argv[1]);
		cp_scorer_close(m);
		printf("1..%d\n", n_tests);
		return n_failed != 0;
	}
	read_rows(argv[2]);
	ok(!cp_scorer_column(m, n_columns) && cp_scorer_field(m, cp_scorer_fields(m), &field) < 0 && !cp_scorer_field(m, 0, &field) && field.name,
	   "fields and columns have an end");
	check_single();
	check_batches();
	check_threads();
	struct cp_score_context *s = cp_score_context_new(m, 3, &err);
	check_named(s);
	check_counts(s);
	cp_score_context_free(s);
	for (size_t i = 0, numbers = 0; !cp_scorer_field(m, i, &field); i++)
		if (field.kind == CP_SCORE_NUMBER && !numbers++)
			check_refused();
	ok(!cp_score_context_new(m, 0, &err) && strstr(err.text, "0 rows"), "a batch of no rows is refused");
	ok(!cp_scorer_open(argv[1], (enum cp_score_precision)7, &err) && strstr(err.text, "7 is no precision"), "a precision that there is not is refused");
	ok(!cp_scorer_open("/nowhere", CP_SCORE_F32, &err) && strstr(err.text, "/nowhere"), "a model that is not there is named");
	cp_scorer_close(m);
	free(rows);
	printf("1..%d\n", n_tests);
	return n_failed != 0;
}
