/* Pieces of lists, whole numbers that end where a piece does, and keys. */
#include "base/list.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/num.h"

static int n_tests, n_failed;

static void ok(int good, const char *what)
{
	n_failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++n_tests, what);
}

/* Each piece as <piece>. */
static int cut(const char *list, char sep, const char *want)
{
	struct cp_buf b = CP_BUF_INIT;
	const char *p;
	size_t n;
	while (cp_next_piece(&list, sep, &p, &n))
		cp_buf_printf(&b, "<%.*s>", (int)n, p);
	int same = !strcmp(b.data, want);
	if (!same)
		printf("# %s, not %s\n", b.data, want);
	cp_buf_release(&b);
	return same && !list && !cp_next_piece(&list, sep, &p, &n);
}

static int number(const char *s, size_t n, uint64_t want)
{
	uint64_t v;
	return cp_parse_u64_n(s, n, &v) == 0 && v == want;
}

static int is_none(const char *s)
{
	uint64_t v;
	return cp_parse_u64(s, &v) < 0;
}

static int is_key(const char *s, uint64_t want)
{
	uint64_t v;
	return cp_parse_hex16(s, &v) == 0 && v == want;
}

int main(void)
{
	ok(cut(NULL, ',', "") && cut("", ',', "<>") && cut("a", ',', "<a>"), "no list, an empty one, one piece");
	ok(cut("a,,b", ',', "<a><><b>") && cut("a,", ',', "<a><>") && cut(",a", ',', "<><a>") && cut(",", ',', "<><>"), "empty pieces are pieces");
	ok(cut("x=1,2 y", ' ', "<x=1,2><y>"), "other separators are part of a piece");
	ok(number("12,3", 2, 12) && number("007", 3, 7) && number("18446744073709551615x", 20, UINT64_MAX), "whole numbers end with the piece");
	ok(is_none("") && is_none("+1") && is_none("-1") && is_none(" 1") && is_none("1 ") && is_none("0x1") && is_none("1."), "what is none is refused");
	ok(is_none("18446744073709551616") && is_none("99999999999999999999") && !is_none("00000000000000000000000001"), "and what is too large");
	ok(is_key("0123456789abcdefg", UINT64_C(0x0123456789abcdef)) && is_key("ffffffffffffffff", UINT64_MAX), "16 hexadecimal digits");
	ok(!is_key("0123456789abcde", 0) && !is_key("0123456789abcdeF", 0) && !is_key("0x23456789abcdef", 0) && !is_key("", 0), "fewer, or others, are refused");
	printf("1..%d\n", n_tests);
	return n_failed > 0;
}
