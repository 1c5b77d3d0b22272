/* Tokens to fields.  The row in hand is kept between calls, so that a long one that comes in many reads is gone through once. */
#include "text/scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/mem.h"

/* ---- the level ---- */

extern const struct cp_scan_kernels cp_scan_base;
#ifdef __x86_64__
extern const struct cp_scan_kernels cp_scan_v3, cp_scan_v4;
#endif

const struct cp_scan_kernels *cp_scan_in_force = &cp_scan_base;
size_t cp_scan_batch = CP_SCAN_BATCH;

const struct cp_scan_kernels *cp_scan_kernels(const char *level)
{
	if (!cp_cpu_has(level))
		return NULL;
#ifdef __x86_64__
	if (!strcmp(level, "v4"))
		return &cp_scan_v4;
	if (!strcmp(level, "v3"))
		return &cp_scan_v3;
#endif
	return &cp_scan_base;
}

__attribute__((constructor)) static void choose_best(void)
{
	cp_scan_in_force = cp_scan_kernels(cp_cpu_level());
}

/* ---- rows ---- */

enum { UNQUOTED, OPEN, CLOSED, AFTER_CR, DONE };

void cp_scan_init(struct cp_scan *s, char delimiter)
{
	s->field = NULL;
	s->cap = 0;
	s->delimiter = delimiter;
	cp_scan_start(s, NULL);
}

void cp_scan_release(struct cp_scan *s)
{
	free(s->field);
}

static void begin_row(struct cp_scan *s, const char *row)
{
	s->row = s->from = row;
	s->state = UNQUOTED;
	s->quoted = 0;
	s->n_fields = 0;
}

void cp_scan_start(struct cp_scan *s, const char *row)
{
	begin_row(s, row);
	s->row_end = row;
	s->batch = s->batch_end = row;
	s->n_tokens = s->token = 0;
	s->inside = 0;
}

void cp_scan_skip(struct cp_scan *s, const char *p)
{
	while (s->token < s->n_tokens && s->batch + s->at[s->token] < p)
		s->token++;
	const char *last = s->token ? s->batch + s->at[s->token - 1] : NULL;
	if (last && last + 1 == p && *last == '\n') {	/* a line end outside of quotes, here too */
		begin_row(s, p);
		s->row_end = p;
	} else {
		cp_scan_start(s, p);
	}
}

void cp_scan_moved(struct cp_scan *s, const char *old, const char *now)
{
	for (size_t i = 0; i < s->n_fields; i++)
		s->field[i].p = now + (s->field[i].p - old);
	s->row = now + (s->row - old);
	s->row_end = now + (s->row_end - old);
	s->from = now + (s->from - old);
	if (s->state == CLOSED)
		s->close = now + (s->close - old);
	s->batch = now + (s->batch - old);
	s->batch_end = now + (s->batch_end - old);
}

/* Room for n more fields. */
static inline void reserve(struct cp_scan *s, size_t n)
{
	s->field = cp_xgrow(s->field, &s->cap, s->n_fields + n, sizeof *s->field);
}

static inline void add(struct cp_scan *s, const char *p, size_t n)
{
	reserve(s, 1);
	s->field[s->n_fields++] = (struct cp_csv_field){ p, n };
}

void cp_scan_add(struct cp_scan *s, size_t n)
{
	add(s, NULL, n);
}

void cp_scan_lay(struct cp_scan *s, const char *p)
{
	for (size_t i = 0; i < s->n_fields; i++) {
		s->field[i].p = p;
		p += s->field[i].n;
	}
}

static inline int is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int all_blank(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p == end;
}

static inline struct cp_csv_field trimmed(const char *p, const char *end)
{
	while (end > p && is_blank(end[-1]))
		end--;
	while (p < end && is_blank(*p))
		p++;
	return (struct cp_csv_field){ p, (size_t)(end - p) };
}

/* The field ends at `end`; <0 if something stands behind its closing quote. */
static inline int end_field(struct cp_scan *s, const char *end)
{
	if (s->state == UNQUOTED) {
		struct cp_csv_field f = trimmed(s->from, end);
		add(s, f.p, f.n);
		return 0;
	}
	if (!all_blank(s->close + 1, end))
		return -1;
	add(s, s->from, (size_t)(s->close - s->from));
	return 0;
}

/* A quote: opening if only blanks stand before it, closing if one is open; else the row is hard (or the quote is the second of two). */
static int take_quote(struct cp_scan *s, const char *t)
{
	if (s->state == OPEN) {
		s->state = CLOSED;
		s->close = t;
		return 0;
	}
	if (s->state != UNQUOTED || !all_blank(s->from, t))
		return -1;
	s->state = OPEN;
	s->quoted = 1;
	s->from = t + 1;
	return 0;
}

static uint64_t count_lines(const char *p, const char *end)
{
	uint64_t n = 0;
	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		n++;
		p++;
	}
	return n;
}

static enum cp_scan_result end_row(struct cp_scan *s, const char *end)
{
	s->state = DONE;
	s->row_end = end;
	s->n_lines = s->quoted ? count_lines(s->row, end) : 1;
	if (s->n_fields == 1 && !s->quoted && !s->field[0].n)
		s->n_fields = 0;	/* a blank line */
	return CP_SCAN_ROW;
}

/* Nearly all: fields without quotes, as far as delimiters follow each other. */
static void take_plain_fields(struct cp_scan *s)
{
	if (s->token == s->n_tokens)
		return;
	reserve(s, s->n_tokens - s->token);
	struct cp_csv_field *f = s->field + s->n_fields;
	const uint16_t *at = s->at + s->token, *stop = s->at + s->n_tokens;
	const char *from = s->from, *batch = s->batch, delimiter = s->delimiter;
	for (; at < stop && batch[*at] == delimiter; at++, f++) {
		*f = trimmed(from, batch + *at);
		from = batch + *at + 1;
	}
	s->n_fields = (size_t)(f - s->field);
	s->token = (size_t)(at - s->at);
	s->from = from;
}

/* Go on with the row by the tokens of the batch. */
static enum cp_scan_result take_tokens(struct cp_scan *s)
{
	for (;;) {
		if (s->state == UNQUOTED)
			take_plain_fields(s);
		if (s->token == s->n_tokens)
			return CP_SCAN_MORE;
		const char *t = s->batch + s->at[s->token++];
		if (s->state == AFTER_CR)
			return *t == '\n' && t == s->from ? end_row(s, t + 1) : CP_SCAN_HARD;
		if (*t == '"') {
			if (take_quote(s, t) < 0)
				return CP_SCAN_HARD;
			continue;
		}
		if (end_field(s, t) < 0)
			return CP_SCAN_HARD;
		if (*t == '\n')
			return end_row(s, t + 1);
		s->state = *t == s->delimiter ? UNQUOTED : AFTER_CR;
		s->from = t + 1;
	}
}

static void next_batch(struct cp_scan *s, const char *end)
{
	size_t n = (size_t)(end - s->batch_end);
	n = n < cp_scan_batch ? n : cp_scan_batch;
	s->batch = s->batch_end;
	s->batch_end += n;
	s->n_tokens = cp_scan_in_force->tokens(s->batch, n, s->delimiter, &s->inside, s->at, s->odd);
	s->token = 0;
}

enum cp_scan_result cp_scan_row(struct cp_scan *s, const char *end)
{
	enum cp_scan_result rc;
	if (s->state == DONE)
		begin_row(s, s->row_end);
	while ((rc = take_tokens(s)) == CP_SCAN_MORE && s->batch_end < end)
		next_batch(s, end);
	return rc;
}

int cp_scan_is_ascii(const struct cp_scan *s)
{
	if (s->row < s->batch)
		return 0;	/* it begins where the bits are gone */
	size_t from = (size_t)(s->row - s->batch), last = (size_t)(s->row_end - 1 - s->batch);
	uint64_t first = ~UINT64_C(0) << from % 64, final = ~UINT64_C(0) >> (63 - last % 64), odd = 0;
	for (size_t i = from / 64; i <= last / 64; i++)
		odd |= s->odd[i] & (i == from / 64 ? first : ~UINT64_C(0)) & (i == last / 64 ? final : ~UINT64_C(0));
	return !odd;
}
