/* Memory: growable byte buffers, arenas, checked sizes.
 *
 * Running out of memory ends the process with the one sentence there is to say, or returns to a caller that must not end (cp_mem_catch).
 * A size from outside is checked before memory is asked for.
 */
#ifndef CP_MEM_H
#define CP_MEM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Never NULL; "out of memory (N bytes)" and exit 1 otherwise: the only exit in the library, for sizes we chose ourselves. */
void *cp_xmalloc(size_t n_bytes);
void *cp_xcalloc(size_t n, size_t size);	/* n*size is checked */
void *cp_xlarge(size_t n, size_t size);		/* the same, with huge pages advised, as they are for large arenas and cp_xaligned */
void *cp_xrealloc(void *p, size_t n, size_t size);	/* n*size is checked */
/* v with room for n elements of `size` bytes: v itself where *cap, what it has room for, is enough; else moved, with room for twice as many and for n
 * at least.    l->word = cp_xgrow(l->word, &l->cap, l->n + 1, sizeof *l->word);  l->word[l->n++] = w;  */
void *cp_xgrow_to(void *v, size_t *cap, size_t n, size_t size);
static inline void *cp_xgrow(void *v, size_t *cap, size_t n, size_t size)
{
	return n <= *cap ? v : cp_xgrow_to(v, cap, n, size);
}
void *cp_xaligned(size_t align, size_t n_bytes);	/* zeroed; align: a power of two */
char *cp_xstrdup(const char *s);
char *cp_xstrndup(const char *s, size_t n);
char *cp_xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* What these do where there is none; for a library's allocation of n bytes that failed. */
_Noreturn void cp_out_of_memory(size_t n_bytes);

/* In a process that must not end: until it is called with NULL, this thread goes back to `to` (longjmp) where memory runs out instead of
 * exiting; what it had allocated since is lost.  For a library inside another program. */
void cp_mem_catch(jmp_buf *to);

/* Called instead, to say the sentence and end the process: a tool has a name, files to remove and a row of the ledger to seal. */
void cp_mem_exhausted(void (*fn)(size_t n_bytes));

/* Does cp_out_of_memory lead anywhere but to the end: is this thread caught, or the process a tool's? */
int cp_mem_is_watched(void);

/* *out = a*b; <0 on overflow. */
int cp_mul(size_t a, size_t b, size_t *out);

/* A growable run of bytes.  `data` is always followed by a NUL that len does not count, so it doubles as a C string.
 *     struct cp_buf b = CP_BUF_INIT;
 *     cp_buf_printf(&b, "%d rows", n);  ...  cp_buf_release(&b);
 */
struct cp_buf {
	char *data;
	size_t len, cap;
};
#define CP_BUF_INIT { (char *)"", 0, 0 }

void cp_buf_init(struct cp_buf *);
void cp_buf_release(struct cp_buf *);		/* ready for use again */
static inline void cp_buf_reset(struct cp_buf *b) { b->len = 0; if (b->cap) b->data[0] = 0; }
void cp_buf_reserve(struct cp_buf *, size_t more);	/* room for `more` bytes and the NUL */
void cp_buf_add(struct cp_buf *, const void *, size_t);
void cp_buf_str(struct cp_buf *, const char *);
void cp_buf_char(struct cp_buf *, char);
void cp_buf_cell(struct cp_buf *, const char *);	/* text that keeps to its cell of a table: tab, newline and return as \t, \n and \r (cp_twin_text is read back) */
void cp_buf_printf(struct cp_buf *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void cp_buf_decimal(struct cp_buf *, uint64_t);		/* as "%llu" prints it, but fast */
void cp_buf_u32le(struct cp_buf *, uint32_t);
void cp_buf_u64le(struct cp_buf *, uint64_t);
char *cp_buf_detach(struct cp_buf *);		/* caller frees */

static inline uint32_t cp_get_u32le(const void *p)
{
	const unsigned char *b = p;
	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static inline uint64_t cp_get_u64le(const void *p)
{
	return cp_get_u32le(p) | (uint64_t)cp_get_u32le((const char *)p + 4) << 32;
}

/* An arena: allocate forward, free all at once.  One a batch; reset keeps its chunks.  Pointers are aligned to 64 bytes.
 *     struct cp_arena a = {0};
 *     float *x = cp_arena_alloc(&a, n * sizeof *x);  ...  cp_arena_reset(&a);  ...  cp_arena_release(&a);
 */
struct cp_arena_chunk;
struct cp_arena {
	struct cp_arena_chunk *first, *now;
	size_t used;
};

void *cp_arena_alloc(struct cp_arena *, size_t n_bytes);	/* uninitialised */
void *cp_arena_zalloc(struct cp_arena *, size_t n_bytes);
char *cp_arena_strndup(struct cp_arena *, const char *, size_t);
void cp_arena_reset(struct cp_arena *);
void cp_arena_release(struct cp_arena *);

/* The most memory that this process had in RAM at a time, in MB of 2^20 bytes.  (ru_maxrss knows what its parent had, too.)
 * NaN: the system does not tell. */
double cp_peak_mb(void);

#endif
