/* A team runs every task of a run once, by that run's function, and returns when all have ended: where runs follow at once, where they begin late, and
 * where a task ends late.  Threads spin shortly here, so that they sleep and wake, and meet in other runs than those they were woken for. */
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#define SPINS 300
#include "base/team.c"
#include "base/rng.h"

enum { MOST = 100, QUICK = 800, SLOW = 40, LATE = 3000 /* microseconds */ };

static int n_tests, n_failed;

static void ok(int good, const char *what)
{
	n_failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++n_tests, what);
}

/* Two, taken in turn: what is done to the wrong one is seen. */
static struct run {
	atomic_int times[2][MOST];	/* by each function */
	int slow;			/* this task takes long; -1: none */
} runs[2];

static void count(struct run *r, int by, int n)
{
	if (n == r->slow)
		usleep(LATE);
	else if (n % 37 == 36)
		sched_yield();
	atomic_fetch_add_explicit(&r->times[by][n], 1, memory_order_relaxed);
}

static void first(void *ctx, int n) { count(ctx, 0, n); }
static void second(void *ctx, int n) { count(ctx, 1, n); }

/* Whether so many tasks, and no others, have run once when the team says so, all by the one function. */
static int run(struct cp_team *team, int tasks, int by, int slow)
{
	static int turn;
	struct run *r = &runs[turn ^= 1];
	int right = 1;
	r->slow = slow;
	cp_team_run(team, tasks, by ? second : first, r);
	for (int i = 0; i < MOST; i++) {
		right &= r->times[by][i] == (i < tasks) && r->times[!by][i] == 0;
		r->times[0][i] = r->times[1][i] = 0;
	}
	return right;
}

static void check(int threads)
{
	struct cp_err err;
	struct cp_rng rng = cp_rng((uint64_t)threads, 0, 0, 0);
	struct cp_team *team = cp_team_new(threads, &err);
	int quick = team != NULL, late = quick, slow = quick;
	char what[80];
	for (int i = 0; i < QUICK; i++)
		quick &= run(team, (int)cp_rng_below(&rng, MOST), i % 5 % 2, -1);
	for (int i = 0; i < SLOW; i++) {
		int tasks = 1 + (int)cp_rng_below(&rng, MOST);
		if (i % 2)
			usleep(LATE);
		late &= run(team, tasks, i % 5 % 2, -1);
		slow &= run(team, tasks, i % 3 % 2, (int)cp_rng_below(&rng, (uint64_t)tasks));
	}
	snprintf(what, sizeof what, "%d thread(s): each task once, in %d runs", threads, QUICK);
	ok(quick, what);
	snprintf(what, sizeof what, "... in runs that begin late");
	ok(late, what);
	snprintf(what, sizeof what, "... in runs that end late");
	ok(slow, what);
	cp_team_free(team);
}

int main(void)
{
	static const int threads[] = { 1, 2, 3, 5, 17 };
	alarm(120);	/* a thread that is not woken */
	for (size_t i = 0; i < sizeof threads / sizeof *threads; i++)
		check(threads[i]);
	ok(run(NULL, 7, 0, -1), "no team: in the calling thread");
	printf("1..%d\n", n_tests);
	return n_failed != 0;
}
