/* Atomic output, inputs by name, and the share folder. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef CP_PREFIX
#define CP_PREFIX "/usr/local"
#endif

/* Temporaries to remove if we die.  Written by the main thread only; a handler may read at any time, so a slot is filled and emptied by a single
 * store of a pointer. */
#define N_PENDING 64
static char *volatile pending[N_PENDING];

int cp_out_remember(char *tmp)
{
	for (int i = 0; i < N_PENDING; i++)
		if (!pending[i]) {
			pending[i] = tmp;
			return i;
		}
	return -1;
}

void cp_out_forget(int slot)
{
	if (slot >= 0)
		pending[slot] = NULL;
}

void cp_folder_remove(const char *path)
{
	_Alignas(struct dirent64) char room[4096];
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (ssize_t n; fd >= 0 && (n = getdents64(fd, room, sizeof room)) > 0; )
		for (ssize_t at = 0; at < n; at += ((const struct dirent64 *)(room + at))->d_reclen)
			unlinkat(fd, ((const struct dirent64 *)(room + at))->d_name, 0);
	if (fd >= 0)
		close(fd);
	rmdir(path);
}

void cp_out_abort_all(void)
{
	for (int i = 0; i < N_PENDING; i++)
		if (pending[i] && unlink(pending[i]) < 0 && errno == EISDIR)
			cp_folder_remove(pending[i]);
}

const char *cp_path_leaf(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

char *cp_path_folder(const char *path)
{
	size_t n = (size_t)(cp_path_leaf(path) - path);
	return n > 1 ? cp_xstrndup(path, n - 1) : cp_xstrdup(n ? "/" : ".");
}

#define MOST_LINKS 40		/* as Linux has it */

int cp_path_is_open(const char *path)
{
	return !strncmp(path, "/proc/", 6) || !strncmp(path, "/dev/fd/", 8);
}

char *cp_path_target(const char *path)
{
	char to[PATH_MAX], *at = cp_xstrdup(path);
	for (int n = 0; n < MOST_LINKS; n++) {
		ssize_t len = cp_path_is_open(at) ? -1 : readlink(at, to, sizeof to - 1);
		if (len < 0)
			return at;
		to[len] = 0;
		char *next = cp_xasprintf("%.*s%s", *to == '/' ? 0 : (int)(cp_path_leaf(at) - at), at, to);
		free(at);
		at = next;
	}
	free(at);
	errno = ELOOP;
	return NULL;
}

/* A device, a pipe or what a process has open cannot be renamed over. */
static FILE *open_straight(const char *path, int is_folder)
{
	errno = EISDIR;
	return is_folder ? NULL : fopen(path, "ab");	/* after `>> FILE` /dev/stdout goes on behind what is there */
}

/* With the permissions of what it will replace.  A new file, whatever somebody has put where it will be: a link would be followed. */
static FILE *open_beside(struct cp_out *o, const struct stat *there)
{
	mode_t mode = there ? there->st_mode & 07777 : 0666;
	o->tmp = cp_xasprintf("%s.tmp.%ld", o->target, (long)getpid());
	o->slot = cp_out_remember(o->tmp);
	unlink(o->tmp);
	int fd = open(o->tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode & 0666);
	FILE *f = fd < 0 || (there && fchmod(fd, mode) < 0) ? NULL : fdopen(fd, "wb");
	if (fd >= 0 && !f) {
		close(fd);
		unlink(o->tmp);
	}
	return f;
}

int cp_is_standard(const char *path)
{
	return !path || !strcmp(path, "-");
}

int cp_out_open(struct cp_out *o, const char *path, struct cp_err *err)
{
	*o = (struct cp_out){ .slot = -1 };
	if (cp_is_standard(path)) {
		o->f = stdout;
		return 0;
	}
	struct stat st = { 0 };
	int there = !stat(path, &st);
	o->path = cp_xstrdup(path);
	o->target = cp_path_target(path);
	if (o->target && ((there && !S_ISREG(st.st_mode)) || cp_path_is_open(o->target)))
		o->f = open_straight(path, S_ISDIR(st.st_mode));
	else if (o->target)
		o->f = open_beside(o, there ? &st : NULL);
	if (o->f)
		return 0;
	cp_err_set(err, "%s: open for writing: %m", path);
	cp_out_abort(o);
	return -1;
}

static void out_release(struct cp_out *o)
{
	cp_out_forget(o->slot);
	free(o->path);
	free(o->target);
	free(o->tmp);
	*o = (struct cp_out){ .slot = -1 };
}

void cp_out_abort(struct cp_out *o)
{
	if (o->f && o->path)
		fclose(o->f);
	if (o->tmp)
		unlink(o->tmp);
	out_release(o);
}

static const char *name_of(const struct cp_out *o)
{
	return o->path ? o->path : "standard output";
}

int cp_out_end(struct cp_out *o, int rc, struct cp_err *err)
{
	if (rc >= 0)
		return cp_out_commit(o, err);
	if (ferror(o->f))
		cp_err_wrap(err, "%s", name_of(o));
	cp_out_abort(o);
	return -1;
}

/* All that was written is where it lasts; ... */
static int make_whole(struct cp_out *o, struct cp_err *err)
{
	int bad = ferror(o->f);
	if (fflush(o->f) == EOF || bad || (o->tmp && fsync(fileno(o->f)) < 0))
		return cp_err_set(err, "%s: write: %m", name_of(o));
	return 0;
}

/* ... and has its name. */
static int give_name(struct cp_out *o, struct cp_err *err)
{
	int bad = o->path && fclose(o->f) == EOF;
	o->f = NULL;
	if (bad || (o->tmp && rename(o->tmp, o->target) < 0)) {
		cp_err_set(err, "%s: write: %m", name_of(o));
		cp_out_abort(o);
		return -1;
	}
	out_release(o);
	return 0;
}

int cp_out_commit_all(struct cp_out *const *out, size_t n, struct cp_err *err)
{
	int rc = 0;
	for (size_t i = 0; i < n && !rc; i++)
		rc = make_whole(out[i], err);
	for (size_t i = 0; i < n; i++)
		if (rc < 0)
			cp_out_abort(out[i]);
		else
			rc = give_name(out[i], err);
	return rc;
}

int cp_out_commit(struct cp_out *o, struct cp_err *err)
{
	return cp_out_commit_all(&o, 1, err);
}

int cp_has_file(const char *dir, const char *leaf)
{
	char *path = cp_xasprintf("%s/%s", dir, leaf);
	int there = access(path, F_OK) == 0;
	free(path);
	return there;
}

FILE *cp_in_open(const char *path, const char **name, struct cp_err *err)
{
	if (cp_is_standard(path)) {
		*name = "standard input";
		return stdin;
	}
	*name = path;
	FILE *f = fopen(path, "rb");
	struct stat st;
	if (f && !fstat(fileno(f), &st) && S_ISDIR(st.st_mode)) {
		fclose(f);
		f = NULL;
		errno = EISDIR;
	}
	if (!f)
		cp_err_set(err, "%s: open: %m", path);
	return f;
}

void cp_in_close(FILE *f)
{
	if (f && f != stdin)
		fclose(f);
}

int cp_is_lfs_pointer(const void *bytes, size_t n, const char *name, struct cp_err *err)
{
	static const char first[] = "version https://git-lfs.github.com/spec/";
	if (n < sizeof first - 1 || memcmp(bytes, first, sizeof first - 1))
		return 0;
	cp_err_set(err, "%s: a pointer of Git LFS, not the file it stands for; fetch that with: git lfs pull", name);
	return 1;
}

/* Their first eight bytes are the length of a header in JSON. */
static int is_safetensors(const unsigned char *p, size_t n)
{
	return n >= 10 && !memcmp(p + 4, "\0\0\0\0{\"", 6);
}

int cp_is_foreign(const void *bytes, size_t n, const char *name, const char *expected, struct cp_err *err)
{
	static const struct {
		const char *mark, *what, *unpacks;
	} known[] = {
		{ "\x89" "CPS", CP_A_STREAM, NULL }, { "\x1f\x8b", "compressed by gzip", "gzip" },
		{ "\xfd" "7zX", "compressed by xz", "xz" }, { "\x28\xb5\x2f\xfd", "compressed by zstd", "zstd" },
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		size_t len = strlen(known[i].mark);
		if (n < len || memcmp(bytes, known[i].mark, len) || !strcmp(known[i].what, expected))
			continue;
		const char *how = known[i].unpacks;
		cp_err_set(err, "%s: this is %s, expected %s%s%s%s", name, known[i].what, expected, how ? "; " : "", how ? how : "", how ? " -dc unpacks it" : "");
		return 1;
	}
	if (!is_safetensors(bytes, n) || !strcmp(expected, CP_A_MODEL))
		return 0;
	cp_err_set(err, "%s: this is " CP_A_MODEL ", expected %s", name, expected);
	return 1;
}

int cp_read_file(const char *path, struct cp_buf *buf, struct cp_err *err)
{
	return cp_read_large(path, CP_READ_MAX, buf, err);
}

int cp_read_large(const char *path, size_t most, struct cp_buf *buf, struct cp_err *err)
{
	const char *name;
	size_t before = buf->len;
	FILE *f = cp_in_open(path, &name, err);
	if (!f)
		return -1;
	for (;;) {
		cp_buf_reserve(buf, 1 << 16);
		size_t n = fread(buf->data + buf->len, 1, buf->cap - buf->len - 1, f);
		buf->len += n;
		buf->data[buf->len] = 0;
		if (!n || buf->len > most)
			break;
	}
	int bad = ferror(f) ? cp_err_set(err, "%s: read: %m", name) : buf->len > most ?
		  cp_err_set(err, "%s: larger than %zu MiB, and to be read as a whole", name, most >> 20) : 0;
	cp_in_close(f);
	return bad < 0 || cp_is_lfs_pointer(buf->data + before, buf->len - before, name, err) ? -1 : 0;
}

size_t cp_read_small(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(buf, 1, size - 1, f) : 0;
	if (f)
		fclose(f);
	buf[n] = 0;
	return n;
}

char *cp_program_folder(void)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self);
	if (n <= 0 || n == sizeof self)		/* a path as long as the room may be longer */
		return NULL;
	self[n] = 0;
	return cp_path_folder(self);
}

char *cp_share_path(const char *leaf, struct cp_err *err)
{
	char *tried[2] = {0}, *found = NULL, *bin = cp_program_folder(), *top = bin ? cp_path_folder(bin) : NULL;
	int n = 0;
	const char *env = getenv("CP_SHARE");
	if (env && *env) {
		tried[n++] = cp_xasprintf("%s/%s", env, leaf);
	} else {
		if (top)
			tried[n++] = cp_xasprintf("%s/share/clickprompt/%s", top, leaf);
		tried[n++] = cp_xasprintf("%s/share/clickprompt/%s", CP_PREFIX, leaf);
	}
	free(bin);
	free(top);
	for (int i = 0; i < n && !found; i++)
		if (!access(tried[i], R_OK))
			found = cp_xstrdup(tried[i]);
	if (!found)
		cp_err_set(err, "the project's data folder '%s' is %s at %s%s%s; set CP_SHARE to the folder that holds it", leaf, n > 1 ? "neither" : "not",
			   tried[0], n > 1 ? " nor at " : "", n > 1 ? tried[1] : "");
	for (int i = 0; i < n; i++)
		free(tried[i]);
	return found;
}
