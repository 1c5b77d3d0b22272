/* One training at a time towards one model: a lock file beside it, OUT.state.lock, held by flock(2), so that it ends with its process
 * however that ends.  Who holds it may clear away what a process that was killed left half-written under a temporary name. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/num.h"
#include "train/trainer.h"

/* NAME.tmp.PID or NAME.state.tmp.PID (base/file.c), of a process that is no more. */
static int is_leftover(const char *entry, const char *name)
{
	size_t n = strlen(name);
	if (strncmp(entry, name, n))
		return 0;
	entry += n;
	if (!strncmp(entry, ".state", 6))
		entry += 6;
	if (strncmp(entry, ".tmp.", 5) || !entry[5])
		return 0;
	int64_t pid;
	return !cp_parse_i64(entry + 5, &pid) && pid > 0 && kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

static void clear_leftovers(const char *out)
{
	const char *name = cp_path_leaf(out);
	char *folder = cp_path_folder(out);
	DIR *d = opendir(folder);
	for (struct dirent *e; d && (e = readdir(d)); )
		if (is_leftover(e->d_name, name))
			unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	free(folder);
}

/* 1: can be replaced by a file, 0: something else that can be written (a device, a pipe), -1. */
static int can_be_replaced(const char *out, struct cp_err *err)
{
	struct stat st;
	size_t n = strlen(out);
	if (out[n - 1] == '/' || (!stat(out, &st) && S_ISDIR(st.st_mode)))
		return cp_err_set(err, "%s: a folder; expected the name of a file", out);
	return stat(out, &st) || S_ISREG(st.st_mode);
}

/* The file may have been removed, by the training that had the lock, between our open and our flock: then it locks nothing. */
static int is_the_file(int fd, const char *path)
{
	struct stat a, b;
	return !fstat(fd, &a) && !stat(path, &b) && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static int take_lock(struct cp_trainer *t, struct cp_err *err)
{
	while (t->lock < 0) {
		t->lock = open(t->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
		if (t->lock < 0)
			return cp_err_set(err, "%s: open for writing: %m", t->lock_path);
		int busy = flock(t->lock, LOCK_EX | LOCK_NB) < 0;
		if (!busy && is_the_file(t->lock, t->lock_path))
			break;
		if (busy)
			cp_err_set(err, errno == EWOULDBLOCK ? "%s: another process is training this model" : "%s: lock: %m", t->out);
		close(t->lock);
		t->lock = -1;
		if (busy)
			return -1;
	}
	t->lock_slot = cp_out_remember(t->lock_path);
	return 0;
}

/* State and lock lie beside the model, also where a symbolic link leads to it: trainings by both names are towards one model. */
int cp_state_lock(struct cp_trainer *t, struct cp_err *err)
{
	int rc = can_be_replaced(t->out, err);
	if (rc <= 0)
		return rc;
	char *target = cp_path_target(t->out);
	if (!target)
		return cp_err_set(err, "%s: open for writing: %m", t->out);
	if (cp_path_is_open(target)) {
		free(target);
		return cp_err_set(err, "%s: open already, and so not to be replaced; expected the name of a file", t->out);
	}
	t->state = cp_xasprintf("%s.state", target);
	t->lock_path = cp_xasprintf("%s.lock", t->state);
	rc = take_lock(t, err);
	if (rc == 0)
		clear_leftovers(target);
	free(target);
	return rc;
}

void cp_state_unlock(struct cp_trainer *t)
{
	if (t->lock >= 0) {
		unlink(t->lock_path);
		close(t->lock);
		cp_out_forget(t->lock_slot);
	}
	free(t->lock_path);
	free(t->state);
}
