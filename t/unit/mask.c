/* lib/text/mask: shares, determinism, what is never chosen, and the way of the spec through a stream's header. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "text/mask.h"
#include "text/maskcol.h"

enum { VOCAB = 1000, LEN = 100, ROWS = 4000 };

static int n_tests, n_failed;

static void ok(int good, const char *what)
{
	n_tests++;
	n_failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", n_tests, what);
}

static struct cp_mask_spec spec_of(uint64_t seed)
{
	struct cp_mask_spec s = CP_MASK_SPEC_DEFAULT;
	s.seed = seed;
	s.vocab_size = VOCAB;
	for (uint32_t i = 0; i < CP_TOK_N_ROLES; i++)
		s.special[i] = i;
	return s;
}

/* Tokens 5.. with a special one at every tenth place. */
static void fill(uint32_t *ids, uint64_t row)
{
	for (uint32_t i = 0; i < LEN; i++)
		ids[i] = i % 10 == 0 ? i / 10 % CP_TOK_N_ROLES : (uint32_t)(CP_TOK_N_ROLES + (row * 7 + i * 13) % (VOCAB - CP_TOK_N_ROLES));
}

static int near(double found, double expected, double n)
{
	double sd = sqrt(expected * (1 - expected) / n);
	printf("# %.5f, expected %.5f (%.1f standard deviations)\n", found, expected, (found - expected) / sd);
	return fabs(found - expected) < 5 * sd;
}

struct counts {
	double chosen, plain, masked, stayed, other, special, disorder, ids[VOCAB];
};

static void count(const struct cp_mask_spec *s, uint64_t epoch, struct counts *c)
{
	uint32_t ids[LEN];
	struct cp_ids pairs = { 0 };
	memset(c, 0, sizeof *c);
	for (uint64_t row = 0; row < ROWS; row++) {
		pairs.n = 0;
		fill(ids, row);
		cp_mask_row(s, epoch, row, ids, LEN, &pairs);
		c->plain += LEN - LEN / 10;
		for (size_t i = 0; i < pairs.n; i += 2) {
			uint32_t at = pairs.v[i], id = pairs.v[i + 1];
			c->chosen++;
			c->disorder += i && pairs.v[i - 2] >= at;
			c->special += at % 10 == 0;
			c->masked += id == s->special[CP_TOK_MASK];
			c->stayed += id == ids[at];
			c->other += id != s->special[CP_TOK_MASK] && id != ids[at];
			c->ids[id]++;
		}
	}
	cp_ids_release(&pairs);
}

static void shares(void)
{
	static struct counts c;
	struct cp_mask_spec s = spec_of(1);
	count(&s, 0, &c);
	ok(near(c.chosen / c.plain, 0.15, c.plain), "15 % of the tokens that are not special are chosen");
	ok(near(c.masked / c.chosen, 0.8 + 0.1 / VOCAB, c.chosen), "80 % of them become the mask token");
	ok(near(c.stayed / c.chosen, 0.1 + 0.1 / VOCAB, c.chosen), "10 % stay");
	ok(near(c.other / c.chosen, 0.1 - 0.2 / VOCAB, c.chosen), "10 % become another token");
	ok(c.special == 0, "no special token is chosen");
	ok(c.disorder == 0, "positions ascend");
	double all = 0, specials = 0;
	for (int i = 0; i < VOCAB; i++) {
		all += i != CP_TOK_MASK ? c.ids[i] : 0;
		specials += i < CP_TOK_N_ROLES && i != CP_TOK_MASK ? c.ids[i] : 0;
	}
	ok(specials > 0 && specials < all, "a random id may be a special one");
}

static int same_masks(const struct cp_mask_spec *a, uint64_t epoch_a, const struct cp_mask_spec *b, uint64_t epoch_b)
{
	uint32_t ids[LEN];
	struct cp_ids x = { 0 }, y = { 0 };
	fill(ids, 0);
	for (uint64_t row = 0; row < 100; row++) {
		cp_mask_row(a, epoch_a, row, ids, LEN, &x);
		cp_mask_row(b, epoch_b, row, ids, LEN, &y);
	}
	int same = x.n == y.n && !memcmp(x.v, y.v, x.n * sizeof *x.v);
	cp_ids_release(&x);
	cp_ids_release(&y);
	return same;
}

static void determinism(void)
{
	struct cp_mask_spec one = spec_of(1), two = spec_of(2);
	uint32_t ids[LEN];
	struct cp_ids a = { 0 }, b = { 0 };
	ok(same_masks(&one, 3, &one, 3), "the same seed and epoch: the same masks");
	ok(!same_masks(&one, 0, &two, 0), "another seed: other masks");
	ok(!same_masks(&one, 0, &one, 1), "another epoch: other masks");
	fill(ids, 5);
	cp_mask_row(&one, 0, 5, ids, LEN, &a);
	cp_mask_row(&one, 0, 6, ids, LEN, &b);
	ok(a.n != b.n || memcmp(a.v, b.v, a.n * sizeof *a.v), "another row: other masks");
	b.n = 0;
	cp_mask_row(&one, 0, 5, ids, LEN / 2, &b);
	ok(b.n && b.n < a.n && !memcmp(a.v, b.v, b.n * sizeof *a.v), "a row cut short: the masks of the tokens that are left");
	cp_ids_release(&a);
	cp_ids_release(&b);
}

static void edges(void)
{
	struct cp_mask_spec s = spec_of(1);
	uint32_t ids[LEN];
	struct cp_ids p = { 0 };
	fill(ids, 0);
	s.rate = 0;
	cp_mask_row(&s, 0, 0, ids, LEN, &p);
	ok(p.n == 0, "rate 0 chooses none");
	s.rate = 1, s.share_mask = 0, s.share_random = 0;
	cp_mask_row(&s, 0, 0, ids, LEN, &p);
	int stays = 1;
	for (size_t i = 0; i < p.n; i += 2)
		stays &= p.v[i + 1] == ids[p.v[i]];
	ok(p.n == 2 * (LEN - LEN / 10) && stays, "rate 1 chooses all that are not special; shares of 0: all stay");
	p.n = 0;
	cp_mask_row(&s, 0, 0, ids, 0, &p);
	ok(p.n == 0, "a row without tokens has no mask");
	cp_ids_release(&p);
}

static void header(void)
{
	struct cp_err err;
	struct cp_schema s;
	struct cp_mask_spec spec = spec_of(UINT64_MAX - 1), back;
	spec.rate = 0.3, spec.is_static = 1, spec.share_mask = 0.5, spec.share_random = 0.25;
	cp_schema_init(&s);
	int t = cp_schema_add(&s, CP_TOKENS, "tokens", &err), m = cp_schema_add(&s, CP_MASK, "mask", &err);
	cp_mask_describe(&s.column[m], &spec, 0);
	ok(cp_mask_spec_read(&back, &s.column[t], &s.column[m], &err) < 0 && strstr(err.msg, "vocab_size"), "a tokens column that says nothing is refused");
	cp_column_set_int(&s.column[t], "vocab_size", VOCAB);
	for (int r = 0; r < CP_TOK_N_ROLES; r++)
		cp_column_set_int(&s.column[t], cp_tok_role_name[r], spec.special[r]);
	ok(cp_mask_spec_read(&back, &s.column[t], &s.column[m], &err) == 0 && back.seed == spec.seed && back.rate == spec.rate && back.is_static &&
	   back.share_mask == spec.share_mask && back.share_random == spec.share_random && same_masks(&spec, 2, &back, 2), "the spec through a header");
	ok(cp_mask_spec_read(&back, &s.column[t], NULL, &err) == 0 && back.rate == 0.15 && back.vocab_size == VOCAB, "tokens alone: the usual shares");
	cp_column_set_real(&s.column[m], "rate", 1.5);
	ok(cp_mask_spec_read(&back, &s.column[t], &s.column[m], &err) < 0 && strstr(err.msg, "1.5"), "a rate of 1.5 is refused");
	cp_column_set_real(&s.column[m], "rate", 0.15);
	cp_column_set_real(&s.column[m], "share_random", 0.75);
	ok(cp_mask_spec_read(&back, &s.column[t], &s.column[m], &err) < 0, "shares of more than 1 together are refused");
	cp_column_set_int(&s.column[t], "mask", VOCAB);
	ok(cp_mask_spec_read(&back, &s.column[t], NULL, &err) < 0 && strstr(err.msg, "mask"), "an id outside the vocabulary is refused");
	cp_schema_release(&s);
}

int main(void)
{
	shares();
	determinism();
	edges();
	header();
	printf("1..%d\n", n_tests);
	return n_failed != 0;
}
