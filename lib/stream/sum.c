/* Digests of columns that can be joined: polynomials over the hashes of rows, two modulo 2^64.  See sum.h. */
#define XXH_INLINE_ALL
#include "stream/sum.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <xxhash.h>

#include "base/cpu.h"
#include "base/num.h"
#include "stream/stream.h"

/* ---- the level ---- */

extern const cp_sum_kernel cp_sum_base;
#ifdef __x86_64__
extern const cp_sum_kernel cp_sum_v3, cp_sum_v4;
#endif

static cp_sum_kernel words_in_force;

cp_sum_kernel cp_sum_of_level(const char *level)
{
	if (!cp_cpu_has(level))
		return NULL;
#ifdef __x86_64__
	if (!strcmp(level, "v4"))
		return cp_sum_v4;
	if (!strcmp(level, "v3"))
		return cp_sum_v3;
#endif
	return cp_sum_base;
}

__attribute__((constructor)) static void choose_best(void)
{
	words_in_force = cp_sum_of_level(cp_cpu_level());
}

/* ---- rows ---- */

static void add_row(struct cp_sum *s, const char *value, size_t n)
{
	uint64_t h = XXH3_64bits(value, n);
	s->a = s->a * CP_SUM_A + h;
	s->b = s->b * CP_SUM_B + (h << 32 | h >> 32);
}

void cp_sum_add(struct cp_sum *s, struct cp_store store, size_t n_rows, const struct cp_values *v)
{
	size_t width = (size_t)store.width, done = 0;
	if (store.is_list) {
		for (size_t i = 0; i < n_rows; i++)
			add_row(s, v->bytes + v->offsets[i] * width, (v->offsets[i + 1] - v->offsets[i]) * width);
		return;
	}
	if (width == 8) {
		done = n_rows / CP_SUM_STEP * CP_SUM_STEP;
		cp_sum_join(s, words_in_force(v->u64, done), done);
	}
	for (; done < n_rows; done++)
		add_row(s, v->bytes + done * width, width);
}

static uint64_t power(uint64_t x, uint64_t n)
{
	uint64_t y = 1;
	for (; n; n >>= 1, x *= x)
		if (n & 1)
			y *= x;
	return y;
}

void cp_sum_join(struct cp_sum *s, struct cp_sum t, uint64_t n_rows)
{
	s->a = s->a * power(CP_SUM_A, n_rows) + t.a;
	s->b = s->b * power(CP_SUM_B, n_rows) + t.b;
}

void cp_sum_hex(struct cp_sum s, char hex[33])
{
	snprintf(hex, 33, "%016" PRIx64 "%016" PRIx64, s.a, s.b);
}

int cp_sum_parse(struct cp_sum *s, const char *hex)
{
	struct cp_sum t;
	if (strlen(hex) != 32 || cp_parse_hex16(hex, &t.a) < 0 || cp_parse_hex16(hex + 16, &t.b) < 0)
		return -1;
	*s = t;
	return 0;
}
