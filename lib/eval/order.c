/* Least significant digit first, six digits of 11 bits.  A digit that is the same in every key (the low bits of short decimals that are
 * binary fractions) costs no move.  The keys are cut into parts; each part's digits are counted, so that each knows where its keys of
 * every digit go, and then all parts move theirs at once: what comes out is the one stable order, for any number of threads. */
#include "eval/order.h"

#include <stdlib.h>

#include "base/mem.h"

#define BITS 11
#define DIGITS 6
#define SIZE (1u << BITS)
#define PARTS 8
#define SMALL 65536	/* fewer are one part */

struct sort {
	uint64_t *from, *to;
	uint32_t *from_rows, *to_rows;	/* NULL: none */
	size_t n;
	int shift, n_parts;
	size_t place[PARTS][SIZE];	/* counts, then where the next key of that digit goes */
};

static size_t part_begin(const struct sort *s, int part)
{
	return s->n / (size_t)s->n_parts * (size_t)part;
}

static size_t part_end(const struct sort *s, int part)
{
	return part == s->n_parts - 1 ? s->n : part_begin(s, part + 1);
}

static inline unsigned digit(const struct sort *s, uint64_t key)
{
	return (unsigned)(key >> s->shift) & (SIZE - 1);
}

static void count(void *ctx, int part)
{
	struct sort *s = ctx;
	size_t *n = s->place[part], end = part_end(s, part);
	memset(n, 0, sizeof s->place[part]);
	for (size_t i = part_begin(s, part); i < end; i++)
		n[digit(s, s->from[i])]++;
}

static void move(void *ctx, int part)
{
	struct sort *s = ctx;
	size_t *place = s->place[part], end = part_end(s, part);
	for (size_t i = part_begin(s, part); i < end; i++) {
		size_t to = place[digit(s, s->from[i])]++;
		s->to[to] = s->from[i];
		if (s->from_rows)
			s->to_rows[to] = s->from_rows[i];
	}
}

/* Counts become places; 0 if all keys have one digit. */
static int find_places(struct sort *s)
{
	size_t at = 0;
	for (unsigned d = 0; d < SIZE; d++) {
		size_t begin = at;
		for (int part = 0; part < s->n_parts; part++) {
			size_t n = s->place[part][d];
			s->place[part][d] = at;
			at += n;
		}
		if (at - begin == s->n)
			return 0;
	}
	return 1;
}

static void turn(struct sort *s)
{
	uint64_t *keys = s->from;
	uint32_t *rows = s->from_rows;
	s->from = s->to;
	s->to = keys;
	s->from_rows = s->to_rows;
	s->to_rows = rows;
}

void cp_order_sort(uint64_t *keys, uint32_t *rows, size_t n, struct cp_team *team)
{
	struct sort *s = cp_xmalloc(sizeof *s);
	s->from = keys;
	s->to = cp_xmalloc(n * sizeof *s->to);
	s->from_rows = rows;
	s->to_rows = rows ? cp_xmalloc(n * sizeof *s->to_rows) : NULL;
	s->n = n;
	s->n_parts = n < SMALL ? 1 : PARTS;
	for (int d = 0; n > 1 && d < DIGITS; d++) {
		s->shift = d * BITS;
		cp_team_run(team, s->n_parts, count, s);
		if (!find_places(s))
			continue;
		cp_team_run(team, s->n_parts, move, s);
		turn(s);
	}
	if (s->from != keys) {
		memcpy(keys, s->from, n * sizeof *keys);
		if (rows)
			memcpy(rows, s->from_rows, n * sizeof *rows);
		turn(s);
	}
	free(s->to);
	free(s->to_rows);
	free(s);
}

void cp_order_by_score(uint32_t *rows, const double *score, size_t n, struct cp_team *team)
{
	uint64_t *keys = cp_xcalloc(n, sizeof *keys);
	for (size_t i = 0; i < n; i++) {
		keys[i] = cp_ordered_bits(score[i]);
		rows[i] = (uint32_t)i;
	}
	cp_order_sort(keys, rows, n, team);
	free(keys);
}
