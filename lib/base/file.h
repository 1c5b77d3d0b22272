/* Files: whole or not at all.
 *
 * Output goes to a temporary name beside the final one and is renamed when whole; if the process ends before, by a failure or by a
 * signal, the temporary is removed.  Of a symbolic link the file that it leads to is replaced, or made, and the link stays; what cannot be
 * renamed over, such as a pipe or /dev/stdout, is written straight.  "-" (or NULL) is standard output, whose close is checked like any other.
 *
 *     struct cp_out o;
 *     if (cp_out_open(&o, path, err) < 0) return -1;
 *     int rc = put(..., o.f, err);                   // fwrite
 *     return cp_out_end(&o, rc, err);                // 0: flush, fsync, rename; on failure the temporary is gone
 */
#ifndef CP_FILE_H
#define CP_FILE_H

#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "base/mem.h"

/* Where a path leads through symbolic links, of which the last may lead to nothing yet; NULL: in a circle.  The caller's. */
char *cp_path_target(const char *path);
/* Does such a path name what a process has open, as that of /dev/stdout does?  No file can be put in its place. */
int cp_path_is_open(const char *path);

/* What stands behind a path's last slash, and the folder that the file lies in ("." without a slash; the caller's). */
const char *cp_path_leaf(const char *path);
char *cp_path_folder(const char *path);

struct cp_out {
	FILE *f;
	char *path;		/* NULL for standard output */
	char *target, *tmp;	/* where it will lie, and lies until it is whole; tmp NULL where it is written straight */
	int slot;
};

int cp_out_open(struct cp_out *, const char *path, struct cp_err *);
int cp_out_commit(struct cp_out *, struct cp_err *);
int cp_out_commit_all(struct cp_out *const *, size_t n, struct cp_err *);	/* all have their bytes on the disk before the first has its name */
void cp_out_abort(struct cp_out *);
/* Commit where rc is 0, else abort; -1 where either failed.  A sentence about writing (any, where ferror says so) gets the file's name in front. */
int cp_out_end(struct cp_out *, int rc, struct cp_err *);

/* Remove every temporary that is still open, as a signal handler may do (async-signal-safe). */
void cp_out_abort_all(void);

/* A file (a lock) or a folder of files of the caller's own that shall not outlive the process: cp_out_abort_all removes it, too, until it is forgotten.
 * The path is not copied.  -1 where there is no room left to remember it. */
int cp_out_remember(char *path);
void cp_out_forget(int slot);

/* Remove a folder with the files in it (async-signal-safe); one that holds folders stays. */
void cp_folder_remove(const char *path);

int cp_has_file(const char *dir, const char *leaf);

/* Is it standard input, or as an output standard output: "-" or NULL? */
int cp_is_standard(const char *path);

/* Open for reading; "-" or NULL is standard input. *name becomes what messages call it.  A directory is refused. */
FILE *cp_in_open(const char *path, const char **name, struct cp_err *);
void cp_in_close(FILE *);		/* but standard input, which stays; NULL allowed */

/* 1, and a sentence: these are the bytes of a Git LFS pointer, some lines in the place of the file. */
int cp_is_lfs_pointer(const void *bytes, size_t n, const char *name, struct cp_err *);

/* 1, and a sentence: these bytes begin a file of another kind than the one expected ("a CSV", or one of these two): a record stream, a model,
 * something compressed. */
#define CP_A_STREAM "a record stream"
#define CP_A_MODEL "a model (safetensors)"
int cp_is_foreign(const void *bytes, size_t n, const char *name, const char *expected, struct cp_err *);

/* Append a whole file to buf.  One of more than CP_READ_MAX bytes (or `most`) is refused, for /dev/zero has no end, and so is a Git LFS pointer. */
#define CP_READ_MAX ((size_t)256 << 20)
int cp_read_file(const char *path, struct cp_buf *buf, struct cp_err *);
int cp_read_large(const char *path, size_t most, struct cp_buf *buf, struct cp_err *);

/* The beginning of a file of the system's, which has no size to ask for (/proc, /sys), as a string: how many bytes, 0 where there is none. */
size_t cp_read_small(const char *path, char *buf, size_t size);

/* What to do where a model's folder is not there: the end of a sentence. */
#define CP_FETCH_FIRST "a model of the Hugging Face hub is fetched first: huggingface-cli download NAME --local-dir DIR"

/* The folder that the running program lies in, the caller's; NULL where the system does not tell. */
char *cp_program_folder(void);

/* Where the project's own data lies (share/clickprompt): CP_SHARE, else the program's ../share/clickprompt, else PREFIX's.
 * Returns a path the caller frees, or NULL with a sentence naming the places looked at. `leaf` is e.g. "plm". */
char *cp_share_path(const char *leaf, struct cp_err *);

#endif
