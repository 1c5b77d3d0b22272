/* Buffers and arenas. */
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static _Thread_local jmp_buf *catcher;
static void (*exhausted)(size_t);

void cp_mem_catch(jmp_buf *to)
{
	catcher = to;
}

void cp_mem_exhausted(void (*fn)(size_t))
{
	exhausted = fn;
}

int cp_mem_is_watched(void)
{
	return catcher || exhausted;
}

void cp_out_of_memory(size_t n)
{
	if (catcher)
		longjmp(*catcher, 1);
	if (exhausted)
		exhausted(n);
	fprintf(stderr, "clickprompt: out of memory (%zu bytes)\n", n);
	exit(1);
}

int cp_mul(size_t a, size_t b, size_t *out)
{
	return __builtin_mul_overflow(a, b, out) ? -1 : 0;
}

void *cp_xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);
	if (!p)
		cp_out_of_memory(n);
	return p;
}

void *cp_xcalloc(size_t n, size_t size)
{
	size_t bytes;
	if (cp_mul(n, size, &bytes) < 0)
		cp_out_of_memory(SIZE_MAX);
	void *p = calloc(bytes ? bytes : 1, 1);
	if (!p)
		cp_out_of_memory(bytes);
	return p;
}

#define LARGE ((size_t)2 << 20)

/* Advice alone: where it is not taken, nothing is lost. */
static void advise_huge_pages(char *p, size_t n)
{
	uintptr_t from = ((uintptr_t)p + LARGE - 1) / LARGE * LARGE, to = ((uintptr_t)p + n) / LARGE * LARGE;
	if (from < to)
		madvise((void *)from, to - from, MADV_HUGEPAGE);
}

void *cp_xlarge(size_t n, size_t size)
{
	char *p = cp_xcalloc(n, size);
	advise_huge_pages(p, n * size);
	return p;
}

void *cp_xrealloc(void *old, size_t n, size_t size)
{
	size_t bytes;
	if (cp_mul(n, size, &bytes) < 0)
		cp_out_of_memory(SIZE_MAX);
	void *p = realloc(old, bytes ? bytes : 1);
	if (!p)
		cp_out_of_memory(bytes);
	return p;
}

void *cp_xgrow_to(void *v, size_t *cap, size_t n, size_t size)
{
	size_t room = *cap > SIZE_MAX / 2 ? n : 2 * *cap;
	if (room < n || room < 16)
		room = n < 16 ? 16 : n;
	v = cp_xrealloc(v, room, size);
	*cap = room;	/* behind what may go back to a caller without memory (cp_mem_catch) */
	return v;
}

void *cp_xaligned(size_t align, size_t n)
{
	void *p;
	if (n > SIZE_MAX - align || posix_memalign(&p, align, n ? n : 1))
		cp_out_of_memory(n);
	advise_huge_pages(p, n);
	memset(p, 0, n);
	return p;
}

char *cp_xstrndup(const char *s, size_t n)
{
	char *p = cp_xmalloc(n + 1);
	memcpy(p, s, n);
	p[n] = 0;
	return p;
}

char *cp_xstrdup(const char *s)
{
	return cp_xstrndup(s, strlen(s));
}

char *cp_xasprintf(const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	char *p = n < 0 ? NULL : cp_xmalloc((size_t)n + 1);
	if (n < 0 || vsnprintf(p, (size_t)n + 1, fmt, again) < 0)	/* glibc allocates for formats of many values */
		cp_out_of_memory(strlen(fmt));
	va_end(again);
	va_end(ap);
	return p;
}

void cp_buf_init(struct cp_buf *b)
{
	*b = (struct cp_buf)CP_BUF_INIT;
}

void cp_buf_release(struct cp_buf *b)
{
	if (b->cap)
		free(b->data);
	cp_buf_init(b);
}

void cp_buf_reserve(struct cp_buf *b, size_t more)
{
	if (more >= SIZE_MAX - b->len)
		cp_out_of_memory(SIZE_MAX);
	size_t need = b->len + more + 1;
	if (need <= b->cap)
		return;
	size_t cap = b->cap + b->cap / 2;
	if (cap < need)
		cap = need < 64 ? 64 : need;
	b->data = cp_xrealloc(b->cap ? b->data : NULL, cap, 1);
	if (!b->cap)
		b->data[0] = 0;
	b->cap = cap;
}

void cp_buf_add(struct cp_buf *b, const void *p, size_t n)
{
	cp_buf_reserve(b, n);
	if (n)
		memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = 0;
}

void cp_buf_str(struct cp_buf *b, const char *s)
{
	cp_buf_add(b, s, strlen(s));
}

void cp_buf_char(struct cp_buf *b, char c)
{
	cp_buf_add(b, &c, 1);
}

void cp_buf_cell(struct cp_buf *b, const char *s)
{
	static const char plain[] = "\t\n\r", letter[] = "tnr";
	for (; *s; s++) {
		const char *at = strchr(plain, *s);
		if (at)
			cp_buf_char(b, '\\');
		cp_buf_char(b, at ? letter[at - plain] : *s);
	}
}

void cp_buf_printf(struct cp_buf *b, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	if (n >= 0)
		cp_buf_reserve(b, (size_t)n);
	if (n < 0 || vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again) < 0)
		cp_out_of_memory(strlen(fmt));
	b->len += (size_t)n;
	va_end(again);
	va_end(ap);
}

void cp_buf_decimal(struct cp_buf *b, uint64_t v)
{
	char s[20];
	size_t n = sizeof s;
	do
		s[--n] = (char)('0' + v % 10);
	while (v /= 10);
	cp_buf_add(b, s + n, sizeof s - n);
}

void cp_buf_u32le(struct cp_buf *b, uint32_t v)
{
	unsigned char p[4] = { v & 255, v >> 8 & 255, v >> 16 & 255, v >> 24 };
	cp_buf_add(b, p, 4);
}

void cp_buf_u64le(struct cp_buf *b, uint64_t v)
{
	cp_buf_u32le(b, (uint32_t)v);
	cp_buf_u32le(b, (uint32_t)(v >> 32));
}

char *cp_buf_detach(struct cp_buf *b)
{
	cp_buf_reserve(b, 0);
	char *p = b->data;
	cp_buf_init(b);
	return p;
}

#define ARENA_ALIGN 64
#define ARENA_CHUNK ((size_t)1 << 20)

struct cp_arena_chunk {
	struct cp_arena_chunk *next;
	size_t size;
	char *data;
};

static struct cp_arena_chunk *chunk_new(size_t size)
{
	struct cp_arena_chunk *c = cp_xmalloc(sizeof *c);
	c->next = NULL;
	c->size = size;
	if (size > SIZE_MAX - ARENA_ALIGN || !(c->data = aligned_alloc(ARENA_ALIGN, size)))
		cp_out_of_memory(size);
	advise_huge_pages(c->data, size);
	return c;
}

void *cp_arena_alloc(struct cp_arena *a, size_t n)
{
	if (n > SIZE_MAX - ARENA_CHUNK)
		cp_out_of_memory(n);
	n = (n + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
	while (!a->now || a->used + n > a->now->size) {
		struct cp_arena_chunk *next = a->now ? a->now->next : a->first;
		if (!next || next->size < n) {		/* put a fitting chunk in between */
			struct cp_arena_chunk *c = chunk_new(n > ARENA_CHUNK ? n : ARENA_CHUNK);
			c->next = next;
			if (a->now)
				a->now->next = c;
			else
				a->first = c;
			next = c;
		}
		a->now = next;
		a->used = 0;
	}
	void *p = a->now->data + a->used;
	a->used += n;
	return p;
}

void *cp_arena_zalloc(struct cp_arena *a, size_t n)
{
	void *p = cp_arena_alloc(a, n);
	memset(p, 0, n);
	return p;
}

char *cp_arena_strndup(struct cp_arena *a, const char *s, size_t n)
{
	char *p = cp_arena_alloc(a, n + 1);
	memcpy(p, s, n);
	p[n] = 0;
	return p;
}

/* What took several chunks last time gets one that holds it all: sizes differ a little from batch to batch, and chunks that no longer fit
 * would pile up. */
void cp_arena_reset(struct cp_arena *a)
{
	size_t total = 0;
	if (a->first && a->first->next) {
		for (struct cp_arena_chunk *c = a->first; c; c = c->next)
			total += c->size;
		cp_arena_release(a);
		a->first = chunk_new((total + total / 8) / ARENA_ALIGN * ARENA_ALIGN);
	}
	a->now = NULL;
	a->used = 0;
}

void cp_arena_release(struct cp_arena *a)
{
	for (struct cp_arena_chunk *c = a->first, *next; c; c = next) {
		next = c->next;
		free(c->data);
		free(c);
	}
	*a = (struct cp_arena){0};
}

double cp_peak_mb(void)
{
	char line[256];
	long long kb = 0;
	FILE *f = fopen("/proc/self/status", "r");
	while (f && !kb && fgets(line, sizeof line, f))
		sscanf(line, "VmHWM: %lld kB", &kb);
	if (f)
		fclose(f);
	return kb ? (double)kb / 1024 : NAN;
}
