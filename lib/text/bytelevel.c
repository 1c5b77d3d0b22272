/* Characters for bytes, and GPT-2's words: see bytelevel.h.  The pattern is unrolled by hand: at each place the first character decides. */
#include "text/bytelevel.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "text/unicode.h"

size_t cp_byte_spelling(unsigned char byte, char out[2])
{
	uint32_t c = byte;
	if (c <= ' ')				/* the bytes that are no visible Latin-1 character: 256, 257, ... in their order */
		c += 256;
	else if (c >= 127 && c <= 160)
		c += 256 + 33 - 127;
	else if (c == 173)
		c = 256 + 67;
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	out[0] = (char)(0xC0 | c >> 6);
	out[1] = (char)(0x80 | (c & 0x3F));
	return 2;
}

enum class { LETTER, NUMBER, SPACE, SIGN };

static enum class class_of(uint32_t c)
{
	if (c < 0x80) {
		if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
			return LETTER;
		return c >= '0' && c <= '9' ? NUMBER : cp_rune_is_space(c) ? SPACE : SIGN;
	}
	return cp_rune_is_letter(c) ? LETTER : cp_rune_is_number(c) ? NUMBER : cp_rune_is_space(c) ? SPACE : SIGN;
}

static enum class class_at(const char *s, size_t n, size_t at, size_t *end)
{
	*end = at;
	return class_of(cp_utf8_next(s, n, end));
}

/* The end of the run of one class that begins at s[at]; *last is where its last character begins. */
static size_t run_end(const char *s, size_t n, size_t at, enum class k, size_t *last)
{
	size_t end;
	while (at < n && class_at(s, n, at, &end) == k) {
		*last = at;
		at = end;
	}
	return at;
}

/* The length of 's, 't, 're, 've, 'm, 'll or 'd at s[0..n-1], or 0. */
static size_t ending(const char *s, size_t n)
{
	static const char *const two[] = { "re", "ve", "ll" };
	if (n < 2 || s[0] != '\'')
		return 0;
	if (memchr("stmd", s[1], 4))
		return 2;
	for (size_t i = 0; n >= 3 && i < sizeof two / sizeof *two; i++)
		if (!memcmp(s + 1, two[i], 2))
			return 3;
	return 0;
}

size_t cp_gpt2_word(const char *s, size_t n, size_t from)
{
	size_t end = from + ending(s + from, n - from), last = from;
	if (end > from)
		return end;
	enum class k = class_at(s, n, from, &end);
	if (s[from] == ' ' && end < n)
		k = class_at(s, n, end, &last);		/* the space goes with the word after it, if that is one */
	if (k != SPACE)
		return run_end(s, n, s[from] == ' ' ? end : from, k, &last);
	end = run_end(s, n, from, SPACE, &last);
	return end < n && last > from ? last : end;
}
