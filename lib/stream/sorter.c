/* External merge sort (Knuth, The Art of Computer Programming, volume 3, section 5.4).
 *
 * Records are collected one after another, each as lengths, key, body, with an index beside them; the index is sorted, not the records.
 * When the memory is full they go to the temporary file as a run: blocks of some 128 KiB, compressed by LZ4,
 *
 *     +----------+----------+- - - - -
 *     | stored 4 | raw 4    | bytes           stored: bytes that follow; raw: what they decode to
 *     +----------+----------+- - - - -
 *
 * Runs are merged by a heap, as many at once as there is memory for; neighbours first, so that equal keys keep their order.  The file is only
 * appended to: a merge in between writes a new run behind the old ones.
 */
#include "stream/sorter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lz4.h>

#include "base/heap.h"
#include "base/mem.h"
#include "base/tempfile.h"
#include "stream/pairs.h"

#define BLOCK ((size_t)1 << 17)
#define RECORD_HEAD 8		/* n_key, n_body: 4 bytes each, as the machine has them */

struct run {
	off_t start, end;
};

/* A run being read: one block of it. */
struct cursor {
	struct run run;
	off_t at;
	char *block, *stored;
	size_t len, cap, cap_stored, next;	/* next: the record after the one in hand */
	struct cp_sorted now;
	size_t number;
};

struct cp_sorter {
	size_t memory;
	char *data;			/* the records in memory */
	size_t len, cap;
	struct cp_pair *index;		/* first 8 bytes of the key as a number, place in data */
	size_t n, cap_index, at;	/* at: the next one to give, where all are in memory */
	FILE *f;			/* the temporary file, once there is one */
	off_t file_end;
	struct run *run;
	size_t n_runs;
	struct cursor *cursor;
	struct cursor **heap;		/* the smallest record first */
	size_t n_cursors, n_heap;
	char *out, *packed;		/* the block being written */
	size_t n_out, cap_out, cap_packed;
};

struct cp_sorter *cp_sorter_new(size_t memory)
{
	struct cp_sorter *s = cp_xcalloc(1, sizeof *s);
	s->memory = memory < 8 * BLOCK ? 8 * BLOCK : memory;
	return s;
}

static void free_cursors(struct cp_sorter *s)
{
	for (size_t i = 0; i < s->n_cursors; i++) {
		free(s->cursor[i].block);
		free(s->cursor[i].stored);
	}
	free(s->cursor);
	free(s->heap);
	s->cursor = NULL;
	s->heap = NULL;
	s->n_cursors = s->n_heap = 0;
}

static void free_records(struct cp_sorter *s)
{
	free(s->data);
	free(s->index);
	s->data = NULL;
	s->index = NULL;
	s->len = s->cap = s->n = s->cap_index = 0;
}

void cp_sorter_free(struct cp_sorter *s)
{
	if (!s)
		return;
	free_cursors(s);
	free_records(s);
	if (s->f)
		fclose(s->f);
	free(s->run);
	free(s->out);
	free(s->packed);
	free(s);
}

/* ---- Records ---- */

static struct cp_sorted record_at(const char *p, size_t *size)
{
	uint32_t n[2];
	memcpy(n, p, sizeof n);
	*size = RECORD_HEAD + (size_t)n[0] + n[1];
	return (struct cp_sorted){ p + RECORD_HEAD, p + RECORD_HEAD + n[0], n[0], n[1] };
}

static void record_put(char *p, const struct cp_sorted *r)
{
	uint32_t n[2] = { (uint32_t)r->n_key, (uint32_t)r->n_body };
	memcpy(p, n, sizeof n);
	if (r->n_key)
		memcpy(p + RECORD_HEAD, r->key, r->n_key);
	if (r->n_body)
		memcpy(p + RECORD_HEAD + r->n_key, r->body, r->n_body);
}

static int compare(const struct cp_sorted *a, const struct cp_sorted *b)
{
	size_t n = a->n_key < b->n_key ? a->n_key : b->n_key;
	int c = n ? memcmp(a->key, b->key, n) : 0;
	return c ? c : (a->n_key > b->n_key) - (a->n_key < b->n_key);
}

static int index_less(const struct cp_pair *x, const struct cp_pair *y, const void *data)
{
	size_t size;
	if (x->a != y->a)
		return x->a < y->a;
	struct cp_sorted a = record_at((const char *)data + x->b, &size), b = record_at((const char *)data + y->b, &size);
	int c = compare(&a, &b);
	return c ? c < 0 : x->b < y->b;
}

/* The first 8 bytes of a key as a number that sorts like them. */
static uint64_t prefix(const char *key, size_t n)
{
	uint64_t v = 0;
	for (size_t i = 0; i < 8; i++)
		v = v << 8 | (i < n ? (unsigned char)key[i] : 0);
	return v;
}

/* ---- The temporary file ---- */

static int put_at(struct cp_sorter *s, const char *p, size_t n, struct cp_err *err)
{
	if (cp_temp_write(s->f, p, n, s->file_end) < 0)
		return cp_err_set(err, "sorting: writing a temporary file in %s: %m", cp_tmpdir());
	s->file_end += (off_t)n;
	return 0;
}

static int get_at(struct cp_sorter *s, off_t at, char *p, size_t n, struct cp_err *err)
{
	if (cp_temp_read(s->f, p, n, at) == 0)
		return 0;
	return errno ? cp_err_set(err, "sorting: reading a temporary file in %s: %m", cp_tmpdir())
		     : cp_err_set(err, "sorting: the temporary file in %s was cut short", cp_tmpdir());
}

static void need(char **p, size_t *cap, size_t n)
{
	if (n <= *cap)
		return;
	*p = cp_xrealloc(*p, n, 1);
	*cap = n;
}

static int put_block(struct cp_sorter *s, struct cp_err *err)
{
	size_t bound = (size_t)LZ4_compressBound((int)s->n_out);
	uint32_t head[2] = { 0, (uint32_t)s->n_out };
	if (!s->n_out)
		return 0;
	need(&s->packed, &s->cap_packed, sizeof head + bound);
	head[0] = (uint32_t)LZ4_compress_default(s->out, s->packed + sizeof head, (int)s->n_out, (int)bound);
	memcpy(s->packed, head, sizeof head);
	s->n_out = 0;
	return put_at(s, s->packed, sizeof head + head[0], err);
}

static int put_record(struct cp_sorter *s, const struct cp_sorted *r, struct cp_err *err)
{
	size_t size = RECORD_HEAD + r->n_key + r->n_body;
	if (s->n_out && s->n_out + size > BLOCK && put_block(s, err) < 0)
		return -1;
	need(&s->out, &s->cap_out, size > BLOCK ? size : BLOCK);
	record_put(s->out + s->n_out, r);
	s->n_out += size;
	return 0;
}

static void add_run(struct cp_sorter *s, off_t start)
{
	s->run = cp_xrealloc(s->run, s->n_runs + 1, sizeof *s->run);
	s->run[s->n_runs++] = (struct run){ start, s->file_end };
}

/* What is in memory becomes a run. */
static int spill(struct cp_sorter *s, struct cp_err *err)
{
	size_t size;
	if (!s->f && !(s->f = cp_tempfile(err)))
		return -1;
	off_t start = s->file_end;
	cp_pairs_sort(s->index, s->n, index_less, s->data);
	for (size_t i = 0; i < s->n; i++) {
		struct cp_sorted r = record_at(s->data + s->index[i].b, &size);
		if (put_record(s, &r, err) < 0)
			return -1;
	}
	if (put_block(s, err) < 0)
		return -1;
	add_run(s, start);
	s->n = s->len = 0;
	return 0;
}

/* ---- Reading runs ---- */

/* 1 a record in c->now, 0 the end of the run, -1. */
static int advance(struct cp_sorter *s, struct cursor *c, struct cp_err *err)
{
	size_t size;
	if (c->next == c->len) {
		uint32_t head[2];
		if (c->at == c->run.end)
			return 0;
		if (get_at(s, c->at, (char *)head, sizeof head, err) < 0)
			return -1;
		need(&c->stored, &c->cap_stored, head[0]);
		need(&c->block, &c->cap, head[1]);
		if (get_at(s, c->at + (off_t)sizeof head, c->stored, head[0], err) < 0)
			return -1;
		if (LZ4_decompress_safe(c->stored, c->block, (int)head[0], (int)head[1]) != (int)head[1])
			return cp_err_set(err, "sorting: the temporary file in %s has changed", cp_tmpdir());
		c->at += (off_t)(sizeof head + head[0]);
		c->len = head[1];
		c->next = 0;
	}
	c->now = record_at(c->block + c->next, &size);
	c->next += size;
	return 1;
}

static int cursor_less(const struct cursor *a, const struct cursor *b)
{
	int c = compare(&a->now, &b->now);
	return c ? c < 0 : a->number < b->number;
}

CP_HEAP(heap, struct cursor *, void, cursor_less(*a, *b))

/* Stand before the first record of runs from .. from + n - 1. */
static int open_runs(struct cp_sorter *s, size_t from, size_t n, struct cp_err *err)
{
	free_cursors(s);
	s->cursor = cp_xcalloc(n, sizeof *s->cursor);
	s->heap = cp_xcalloc(n, sizeof *s->heap);
	s->n_cursors = n;
	for (size_t i = 0; i < n; i++) {
		struct cursor *c = &s->cursor[i];
		c->run = s->run[from + i];
		c->at = c->run.start;
		c->number = i;
		int rc = advance(s, c, err);
		if (rc < 0)
			return -1;
		if (rc)
			s->heap[s->n_heap++] = c;
	}
	heap_make(NULL, s->heap, s->n_heap);
	s->at = 0;
	return 0;
}

/* The first record of the heap was used up: go on to the next. */
static int heap_next(struct cp_sorter *s, struct cp_err *err)
{
	int rc = advance(s, s->heap[0], err);
	if (rc > 0)
		heap_replace(NULL, s->heap, s->n_heap, s->heap[0]);
	else if (rc == 0)
		heap_pop(NULL, s->heap, &s->n_heap);
	return rc < 0 ? -1 : 0;
}

static int merge(struct cp_sorter *s, size_t from, size_t n, struct run *out, struct cp_err *err)
{
	off_t start = s->file_end;
	if (open_runs(s, from, n, err) < 0)
		return -1;
	while (s->n_heap)
		if (put_record(s, &s->heap[0]->now, err) < 0 || heap_next(s, err) < 0)
			return -1;
	if (put_block(s, err) < 0)
		return -1;
	*out = (struct run){ start, s->file_end };
	return 0;
}

/* Merge neighbours until at most `most` runs are left. */
static int merge_down(struct cp_sorter *s, size_t most, struct cp_err *err)
{
	while (s->n_runs > most) {
		size_t n_new = 0;
		for (size_t i = 0; i < s->n_runs; i += most) {
			size_t n = s->n_runs - i < most ? s->n_runs - i : most;
			struct run r = s->run[i];
			if (n > 1 && merge(s, i, n, &r, err) < 0)
				return -1;
			s->run[n_new++] = r;
		}
		s->n_runs = n_new;
	}
	return 0;
}

/* ---- The calls ---- */

int cp_sorter_add(struct cp_sorter *s, const void *key, size_t n_key, const void *body, size_t n_body, struct cp_err *err)
{
	struct cp_sorted r = { key, body, n_key, n_body };
	if (n_key > INT32_MAX / 4 || n_body > INT32_MAX / 2)
		return cp_err_set(err, "sorting: a row of %zu bytes is too long", n_key + n_body);
	size_t size = RECORD_HEAD + n_key + n_body;
	if (s->n && s->len + size + (s->n + 1) * sizeof *s->index > s->memory && spill(s, err) < 0)
		return -1;
	if (s->len + size > s->cap)
		need(&s->data, &s->cap, s->len + size + s->cap);
	if (s->n == s->cap_index) {
		s->cap_index = s->cap_index ? 2 * s->cap_index : 1024;
		s->index = cp_xrealloc(s->index, s->cap_index, sizeof *s->index);
	}
	record_put(s->data + s->len, &r);
	s->index[s->n++] = (struct cp_pair){ prefix(key, n_key), s->len };
	s->len += size;
	return 0;
}

int cp_sorter_ready(struct cp_sorter *s, struct cp_err *err)
{
	size_t most = s->memory / (2 * BLOCK);
	if (!s->f) {
		cp_pairs_sort(s->index, s->n, index_less, s->data);
		return 0;
	}
	if (s->n && spill(s, err) < 0)
		return -1;
	free_records(s);
	return merge_down(s, most, err) < 0 ? -1 : open_runs(s, 0, s->n_runs, err);
}

int cp_sorter_rewind(struct cp_sorter *s, struct cp_err *err)
{
	s->at = 0;
	return s->f ? open_runs(s, 0, s->n_runs, err) : 0;
}

int cp_sorter_next(struct cp_sorter *s, struct cp_sorted *r, struct cp_err *err)
{
	size_t size;
	if (!s->f) {
		if (s->at == s->n)
			return 0;
		*r = record_at(s->data + s->index[s->at++].b, &size);
		return 1;
	}
	if (s->at++ && s->n_heap && heap_next(s, err) < 0)
		return -1;
	if (!s->n_heap)
		return 0;
	*r = s->heap[0]->now;
	return 1;
}
