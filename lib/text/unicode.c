/* Unicode classes and decomposition on utf8proc: see unicode.h. */
#include "text/unicode.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/mem.h"
#include "base/utf8.h"

struct range { uint32_t first, last; };

/* Where utf8proc's Unicode 15 knows marks, punctuation and format characters and the reference's Unicode 8 does not, found by asking both
 * about every code point.  What lies between two such characters of a range is a letter, a spacing mark, a sign or unassigned to both. */
static const struct range newer[] = {
	{ 0x61D, 0x61D }, { 0x7FD, 0x7FD }, { 0x890, 0x8E2 }, { 0x9FD, 0x9FE }, { 0xA76, 0xA76 }, { 0xAFA, 0xAFF },
	{ 0xB55, 0xB55 }, { 0xC04, 0xC04 }, { 0xC3C, 0xC3C }, { 0xC77, 0xC77 }, { 0xC84, 0xC84 }, { 0xD00, 0xD00 }, { 0xD3B, 0xD3C },
	{ 0xD81, 0xD81 }, { 0xEBA, 0xEBA }, { 0xECE, 0xECE }, { 0x180F, 0x180F }, { 0x1885, 0x1886 }, { 0x1ABF, 0x1ACE },
	{ 0x1B7D, 0x1B7E }, { 0x1DF6, 0x1DFB }, { 0x2E43, 0x2E5D }, { 0xA82C, 0xA82C }, { 0xA8C5, 0xA8C5 }, { 0xA8FF, 0xA8FF },
	{ 0xA9BD, 0xA9BD }, { 0x10D24, 0x10D27 }, { 0x10EAB, 0x10EAD }, { 0x10EFD, 0x10EFF }, { 0x10F46, 0x10F89 },
	{ 0x11070, 0x11074 }, { 0x110C2, 0x110CD }, { 0x111CF, 0x111CF }, { 0x1123E, 0x11241 }, { 0x1133B, 0x1133B },
	{ 0x11438, 0x1145E }, { 0x11660, 0x1166C }, { 0x116B9, 0x116B9 }, { 0x1182F, 0x1183B }, { 0x1193B, 0x11946 },
	{ 0x119D4, 0x11AA2 }, { 0x11B00, 0x11B09 }, { 0x11C30, 0x11CB6 }, { 0x11D31, 0x11D47 }, { 0x11D90, 0x11D97 },
	{ 0x11EF3, 0x11F4F }, { 0x11FFF, 0x11FFF }, { 0x12FF1, 0x12FF2 }, { 0x13430, 0x13455 }, { 0x16E97, 0x16E9A },
	{ 0x16F4F, 0x16F4F }, { 0x16FE2, 0x16FE4 }, { 0x1CF00, 0x1CF46 }, { 0x1E000, 0x1E02A }, { 0x1E08F, 0x1E08F },
	{ 0x1E130, 0x1E136 }, { 0x1E2AE, 0x1E2EF }, { 0x1E4EC, 0x1E4EF }, { 0x1E944, 0x1E95F },
};

/* The letters and numbers of Unicode 15, which the expressions of the reference do not know. */
static const struct range newer_letters[] = {
	{ 0x1123F, 0x11240 }, { 0x11F02, 0x11F02 }, { 0x11F04, 0x11F10 }, { 0x11F12, 0x11F33 }, { 0x1342F, 0x1342F }, { 0x13441, 0x13446 },
	{ 0x1B132, 0x1B132 }, { 0x1B155, 0x1B155 }, { 0x1DF25, 0x1DF2A }, { 0x1E030, 0x1E06D }, { 0x1E4D0, 0x1E4EB }, { 0x2B739, 0x2B739 },
	{ 0x31350, 0x323AF },
};
static const struct range newer_numbers[] = { { 0x11F50, 0x11F59 }, { 0x1D2C0, 0x1D2D3 }, { 0x1E4F0, 0x1E4F9 } };

/* Marks with a place in the canonical order, which the reference's decomposition, of Unicode 9, takes for letters: they do not move, and others do not
 * move past them. */
static const struct range newer_orders[] = {
	{ 0x7FD, 0x7FD }, { 0x898, 0x89F }, { 0x8CA, 0x8D3 }, { 0x9FE, 0x9FE }, { 0xC3C, 0xC3C }, { 0xD3B, 0xD3C }, { 0xEBA, 0xEBA }, { 0x1715, 0x1715 },
	{ 0x1ABF, 0x1ACE }, { 0x1DF6, 0x1DFA }, { 0xA82C, 0xA82C }, { 0x10D24, 0x10D27 }, { 0x10EAB, 0x10EAC }, { 0x10EFD, 0x10EFF },
	{ 0x10F46, 0x10F50 }, { 0x10F82, 0x10F85 }, { 0x11070, 0x11070 }, { 0x1133B, 0x1133B }, { 0x1145E, 0x1145E }, { 0x11839, 0x1183A },
	{ 0x1193D, 0x1193E }, { 0x11943, 0x11943 }, { 0x119E0, 0x119E0 }, { 0x11A34, 0x11A34 }, { 0x11A47, 0x11A47 }, { 0x11A99, 0x11A99 },
	{ 0x11D42, 0x11D42 }, { 0x11D44, 0x11D45 }, { 0x11D97, 0x11D97 }, { 0x11F41, 0x11F42 }, { 0x16FF0, 0x16FF1 }, { 0x1E08F, 0x1E08F },
	{ 0x1E130, 0x1E136 }, { 0x1E2AE, 0x1E2AE }, { 0x1E2EC, 0x1E2EF }, { 0x1E4EC, 0x1E4EF },
};

/* Unassigned code points that break clusters as control characters do (they are ignorable by default); utf8proc takes them for letters. */
static const struct range ignorable[] = {
	{ 0x2065, 0x2065 }, { 0xFFF0, 0xFFF8 }, { 0xE0000, 0xE0000 }, { 0xE0002, 0xE001F }, { 0xE0080, 0xE00FF }, { 0xE01F0, 0xE0FFF },
};

/* Letters in circles and squares: signs, but of the property Alphabetic. */
static const struct range circled[] = { { 0x24B6, 0x24E9 }, { 0x1F130, 0x1F149 }, { 0x1F150, 0x1F169 }, { 0x1F170, 0x1F189 } };

/* U+2B820..U+2B91F, the start of Extension E, is in Google's list and was forgotten in the library's; the library decides. */
static const struct range cjk[] = {
	{ 0x3400, 0x4DBF }, { 0x4E00, 0x9FFF }, { 0xF900, 0xFAFF }, { 0x20000, 0x2A6DF }, { 0x2A700, 0x2B81F }, { 0x2B920, 0x2CEAF },
	{ 0x2F800, 0x2FA1F },
};

static int in_ranges(const struct range *r, size_t n, uint32_t c)
{
	size_t lo = 0, hi = n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (c > r[mid].last)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && c >= r[lo].first;
}

#define IN(table, c) in_ranges(table, sizeof (table) / sizeof *(table), c)

/* The category as Unicode 8 had it, as far as marks, punctuation and control characters go. */
static utf8proc_category_t category(uint32_t c)
{
	switch (c) {
	case 0x1734:				/* a spacing mark since Unicode 14 */
		return UTF8PROC_CATEGORY_MN;
	case 0x166D: case 0x111C9:		/* a sign since 12, a mark since 11 */
		return UTF8PROC_CATEGORY_PO;
	}
	if (c >= newer[0].first && IN(newer, c))
		return UTF8PROC_CATEGORY_CN;
	return utf8proc_category((utf8proc_int32_t)c);
}

size_t cp_grapheme_end(const char *s, size_t n, size_t from)
{
	utf8proc_int32_t state = 0;
	uint32_t c = cp_utf8_next(s, n, &from);
	while (from < n) {
		size_t end = from;
		uint32_t next = cp_utf8_next(s, n, &end);
		if (IN(ignorable, c) || IN(ignorable, next) || utf8proc_grapheme_break_stateful((utf8proc_int32_t)c, (utf8proc_int32_t)next, &state))
			break;
		c = next;
		from = end;
	}
	return from;
}

int cp_rune_is_control(uint32_t c)
{
	utf8proc_category_t k = category(c);
	return k == UTF8PROC_CATEGORY_CC || k == UTF8PROC_CATEGORY_CF || k == UTF8PROC_CATEGORY_CO || k == UTF8PROC_CATEGORY_CS;
}

int cp_rune_is_space(uint32_t c)
{
	if (c < 0x80)
		return c == ' ' || (c >= '\t' && c <= '\r');
	if (c == 0x85)
		return 1;
	utf8proc_category_t k = category(c);
	return k == UTF8PROC_CATEGORY_ZS || k == UTF8PROC_CATEGORY_ZL || k == UTF8PROC_CATEGORY_ZP;
}

int cp_rune_is_mark(uint32_t c)
{
	return c >= 0x300 && category(c) == UTF8PROC_CATEGORY_MN;
}

int cp_rune_is_punct(uint32_t c)
{
	if (c < 0x80)
		return c > ' ' && c < 0x7F && !(c >= '0' && c <= '9') && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
	utf8proc_category_t k = category(c);
	return k >= UTF8PROC_CATEGORY_PC && k <= UTF8PROC_CATEGORY_PO;
}

int cp_rune_is_cjk(uint32_t c)
{
	return c >= cjk[0].first && IN(cjk, c);
}

int cp_rune_is_word(uint32_t c)
{
	if (c == 0x200C || c == 0x200D || IN(circled, c))
		return 1;
	switch (utf8proc_category((utf8proc_int32_t)c)) {
	case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL: case UTF8PROC_CATEGORY_LT: case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO: case UTF8PROC_CATEGORY_MN: case UTF8PROC_CATEGORY_MC: case UTF8PROC_CATEGORY_ME:
	case UTF8PROC_CATEGORY_ND: case UTF8PROC_CATEGORY_NL: case UTF8PROC_CATEGORY_PC:
		return 1;
	default:
		return 0;
	}
}

int cp_rune_is_letter(uint32_t c)
{
	utf8proc_category_t k = utf8proc_category((utf8proc_int32_t)c);
	return k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LO && !IN(newer_letters, c);
}

int cp_rune_is_number(uint32_t c)
{
	utf8proc_category_t k = utf8proc_category((utf8proc_int32_t)c);
	return k >= UTF8PROC_CATEGORY_ND && k <= UTF8PROC_CATEGORY_NO && !IN(newer_numbers, c);
}

int cp_rune_lower(uint32_t c, uint32_t out[2])
{
	if (c == 0x130) {			/* the one code point whose lower case is two, whatever stands around it */
		out[0] = 'i';
		out[1] = 0x307;
		return 2;
	}
	out[0] = (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
	return 1;
}

int cp_rune_decompose(uint32_t c, uint32_t out[CP_NFD_MAX])
{
	utf8proc_int32_t part[CP_NFD_MAX];
	int last = 0;
	out[0] = c;
	if (c < 0xC0 || c == 0x11938)		/* the reference decomposes by Unicode 9; 13 added this one */
		return 1;
	utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)c, part, CP_NFD_MAX, UTF8PROC_DECOMPOSE, &last);
	if (n < 1 || n > CP_NFD_MAX)
		return 1;
	for (int i = 0; i < n; i++)
		out[i] = (uint32_t)part[i];
	return (int)n;
}

static unsigned combining_class(uint32_t c)
{
	unsigned k = c < 0x300 ? 0 : utf8proc_get_property((utf8proc_int32_t)c)->combining_class & 0xFFu;
	return k && IN(newer_orders, c) ? 0 : k;
}

/* Stable, by combining class: counting sort, since a run may be as long as the text. */
static void order_run(uint32_t *c, size_t n)
{
	size_t at[257] = { 0 };
	uint32_t *copy = cp_xmalloc(n * sizeof *copy);
	for (size_t i = 0; i < n; i++)
		at[combining_class(c[i]) + 1]++;
	for (int k = 0; k < 256; k++)
		at[k + 1] += at[k];
	memcpy(copy, c, n * sizeof *copy);
	for (size_t i = 0; i < n; i++)
		c[at[combining_class(copy[i])]++] = copy[i];
	free(copy);
}

void cp_runes_order(uint32_t *c, size_t n)
{
	for (size_t i = 0, end; i < n; i = end) {
		unsigned k = combining_class(c[i]), before = k;
		int sorted = 1;
		end = i + 1;
		if (!k)
			continue;
		for (; end < n && (k = combining_class(c[end])); before = k, end++)
			sorted &= before <= k;
		if (!sorted)
			order_run(c + i, end - i);
	}
}
