/* A team runs every task once, and returns when all have ended: in short runs one behind the other, and where threads have gone to sleep because
 * the next run was late, or because a task took long. */
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/team.h"

enum { MOST = 100, QUICK = 2000, SLOW = 60, LATE = 3000 /* microseconds: longer than a thread spins for */ };

static int n_tests, n_failed;

static void ok(int good, const char *what)
{
	n_failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++n_tests, what);
}

struct run {
	atomic_int times[MOST];
	int slow;	/* this task takes long; -1: none */
};

static void task(void *ctx, int n)
{
	struct run *r = ctx;
	if (n == r->slow)
		usleep(LATE);
	atomic_fetch_add_explicit(&r->times[n], 1, memory_order_relaxed);
}

/* Whether each of so many tasks has run once when the team says so. */
static int run(struct cp_team *team, int n_tasks, int slow)
{
	struct run r = { .slow = slow };
	int right = 1;
	cp_team_run(team, n_tasks, task, &r);
	for (int i = 0; i < MOST; i++)
		right &= r.times[i] == (i < n_tasks);
	return right;
}

static void check(int threads)
{
	struct cp_err err;
	struct cp_team *team = cp_team_new(threads, &err);
	int quick = 1, late = 1, slow = 1;
	char what[80];
	for (int i = 0; i < QUICK; i++)
		quick &= run(team, i % MOST, -1);
	for (int i = 0; i < SLOW; i++) {
		if (i % 2)
			usleep(LATE);
		late &= run(team, 1 + i % MOST, -1);
		slow &= run(team, 1 + i % MOST, i * 7 % (1 + i % MOST));
	}
	snprintf(what, sizeof what, "%d thread(s): each task once, in %d runs", threads, QUICK);
	ok(quick, what);
	snprintf(what, sizeof what, "... in runs that come late");
	ok(late, what);
	snprintf(what, sizeof what, "... in runs that end late");
	ok(slow, what);
	cp_team_free(team);
}

int main(void)
{
	static const int threads[] = { 1, 2, 3, 5 };
	for (size_t i = 0; i < sizeof threads / sizeof *threads; i++)
		check(threads[i]);
	ok(run(NULL, 7, -1), "no team: in the calling thread");
	printf("1..%d\n", n_tests);
	return n_failed != 0;
}
