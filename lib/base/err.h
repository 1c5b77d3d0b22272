/* Errors: one sentence, carried by the caller.
 *
 * A function that can fail takes a `struct cp_err *` last, returns <0 and leaves the sentence there.  The sentence names what was being
 * read (file, block or line, column), what was found and what was expected.  Library code never prints and never exits.
 *
 *     if (cp_out_open(&o, path, err) < 0)
 *             return -1;                            // err already tells
 *     return cp_err_set(err, "%s: block %zu: ...", path, n);
 */
#ifndef CP_ERR_H
#define CP_ERR_H

struct cp_err {
	char msg[1024];
};

/* Write the sentence and return -1.  What the system refused is told by "%m", errno's text: directly behind the call that set it.  err may be NULL. */
int cp_err_set(struct cp_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Put "prefix: " before the sentence already there and return -1. */
int cp_err_wrap(struct cp_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
