/* A generation counter starts a run; workers spin a little for it, since the gaps between the operations of a training step are short,
 * and then sleep on a condition.  The mutex guards sleeping alone: a thread that will sleep announces it (sleepers, waiting) and looks once more; a
 * thread that starts or ends a run does so first and then looks for sleepers.  So one of the two sees the other, and no waking is lost.
 *
 * Every thread has a share of the tasks, the same part of them in every run, and takes of the others' when its own are done: so rows that
 * it wrote in one operation it mostly reads in the next, and they are in its cache.  A run ends when its tasks have ended, and does not wait for a
 * thread that has taken none of them: such a thread, which other programs may keep from running, may wake in the middle of a later run, and then takes
 * tasks of that run.  A task is always one of the run at hand, whose fn and ctx stand until it has ended. */
#include "base/team.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"

#ifndef SPINS
#define SPINS 40000	/* some hundred us or more: longer than the gaps within a step, as waking a thread costs tens of them on a virtual machine */
#endif

struct share {
	_Alignas(64) _Atomic uint64_t tasks;	/* the next, and in the high half the end: both at once, as a run may begin meanwhile */
};

struct worker {
	struct cp_team *team;
	int self;
};

struct cp_team {
	int n_threads;		/* with the caller */
	pthread_t *threads;
	struct worker *workers;
	struct share *shares;	/* one a thread */
	pthread_mutex_t lock;
	pthread_cond_t wake, done;
	atomic_uint generation;
	atomic_int unfinished, quit, sleepers, waiting;	/* unfinished: tasks */
	void (*fn)(void *, int);
	void *ctx;
};

static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* A task of it, or -1. */
static int take(struct share *s)
{
	uint64_t tasks = atomic_fetch_add(&s->tasks, 1);
	uint32_t next = (uint32_t)tasks, end = (uint32_t)(tasks >> 32);
	return next < end ? (int)next : -1;
}

static void work(struct cp_team *t, int self)
{
	int done = 0;
	for (int i = 0; i < t->n_threads; i++)
		for (int task; (task = take(&t->shares[(self + i) % t->n_threads])) >= 0; done++)
			t->fn(t->ctx, task);
	if (done && atomic_fetch_sub(&t->unfinished, done) == done && atomic_load(&t->waiting)) {
		pthread_mutex_lock(&t->lock);
		pthread_cond_signal(&t->done);
		pthread_mutex_unlock(&t->lock);
	}
}

static unsigned wait_generation(struct cp_team *t, unsigned seen)
{
	for (int i = 0; i < SPINS; i++) {
		unsigned now = atomic_load(&t->generation);
		if (now != seen)
			return now;
		relax();
	}
	pthread_mutex_lock(&t->lock);
	atomic_fetch_add(&t->sleepers, 1);
	while (atomic_load(&t->generation) == seen)
		pthread_cond_wait(&t->wake, &t->lock);
	atomic_fetch_sub(&t->sleepers, 1);
	pthread_mutex_unlock(&t->lock);
	return atomic_load(&t->generation);
}

static void *worker(void *arg)
{
	const struct worker *w = arg;
	struct cp_team *t = w->team;
	for (unsigned seen = 0;;) {
		seen = wait_generation(t, seen);
		if (atomic_load(&t->quit))
			return NULL;
		work(t, w->self);
	}
}

static void start(struct cp_team *t)
{
	atomic_fetch_add(&t->generation, 1);
	if (!atomic_load(&t->sleepers))
		return;
	pthread_mutex_lock(&t->lock);
	pthread_cond_broadcast(&t->wake);
	pthread_mutex_unlock(&t->lock);
}

static void wait_done(struct cp_team *t)
{
	for (int i = 0; i < SPINS; i++) {
		if (!atomic_load(&t->unfinished))
			return;
		relax();
	}
	pthread_mutex_lock(&t->lock);
	atomic_store(&t->waiting, 1);
	while (atomic_load(&t->unfinished))
		pthread_cond_wait(&t->done, &t->lock);
	atomic_store(&t->waiting, 0);
	pthread_mutex_unlock(&t->lock);
}

void cp_team_run(struct cp_team *t, int n_tasks, void (*fn)(void *, int), void *ctx)
{
	if (!t || t->n_threads == 1 || n_tasks <= 1) {
		for (int i = 0; i < n_tasks; i++)
			fn(ctx, i);
		return;
	}
	t->fn = fn;
	t->ctx = ctx;
	atomic_store(&t->unfinished, n_tasks);
	for (int i = 0; i < t->n_threads; i++) {
		uint64_t next = (uint64_t)n_tasks * (uint64_t)i / (uint64_t)t->n_threads;
		uint64_t end = (uint64_t)n_tasks * (uint64_t)(i + 1) / (uint64_t)t->n_threads;
		atomic_store(&t->shares[i].tasks, end << 32 | next);
	}
	start(t);
	work(t, 0);
	wait_done(t);
}

struct cp_team *cp_team_new(int n_threads, struct cp_err *err)
{
	struct cp_team *t = cp_xcalloc(1, sizeof *t);
	t->threads = cp_xcalloc((size_t)n_threads, sizeof *t->threads);
	t->workers = cp_xcalloc((size_t)n_threads, sizeof *t->workers);
	t->shares = cp_xaligned(64, (size_t)n_threads * sizeof *t->shares);
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->wake, NULL);
	pthread_cond_init(&t->done, NULL);
	t->n_threads = 1;
	for (int i = 1; i < n_threads; i++) {
		t->workers[i] = (struct worker){ t, i };
		errno = pthread_create(&t->threads[i], NULL, worker, &t->workers[i]);
		if (errno) {
			cp_err_set(err, "start thread %d of %d: %m", i + 1, n_threads);
			cp_team_free(t);
			return NULL;
		}
		t->n_threads++;
	}
	return t;
}

void cp_team_free(struct cp_team *t)
{
	if (!t)
		return;
	atomic_store(&t->quit, 1);
	start(t);
	for (int i = 1; i < t->n_threads; i++)
		pthread_join(t->threads[i], NULL);
	pthread_mutex_destroy(&t->lock);
	pthread_cond_destroy(&t->wake);
	pthread_cond_destroy(&t->done);
	free(t->threads);
	free(t->workers);
	free(t->shares);
	free(t);
}

int cp_team_size(const struct cp_team *t)
{
	return t ? t->n_threads : 1;
}
