#include "base/utf8.h"

#include <string.h>
#include <utf8proc.h>

/* The range that the second byte must be in, by the first (The Unicode Standard, table 3-7); returns the length, 0 for no first byte. */
static int lead(unsigned char b, unsigned char *lo, unsigned char *hi)
{
	*lo = b == 0xE0 ? 0xA0 : b == 0xF0 ? 0x90 : 0x80;
	*hi = b == 0xED ? 0x9F : b == 0xF4 ? 0x8F : 0xBF;
	if (b < 0xC2)
		return 0;
	return b < 0xE0 ? 2 : b < 0xF0 ? 3 : b < 0xF5 ? 4 : 0;
}

uint32_t cp_utf8_next(const char *str, size_t n, size_t *pos)
{
	const unsigned char *s = (const unsigned char *)str;
	size_t i = *pos;
	unsigned char b = s[i++], lo, hi;
	uint32_t c;
	int len;

	*pos = i;
	if (b < 0x80)
		return b;
	if (!(len = lead(b, &lo, &hi)))
		return CP_BAD_RUNE;
	c = b & (0xFFu >> (len + 1));
	for (int k = 1; k < len; k++, lo = 0x80, hi = 0xBF) {
		if (i == n || s[i] < lo || s[i] > hi) {
			*pos = i;
			return CP_BAD_RUNE;
		}
		c = c << 6 | (s[i++] & 0x3Fu);
	}
	*pos = i;
	return c;
}

size_t cp_utf8_put(char out[4], uint32_t c)
{
	return (size_t)utf8proc_encode_char((utf8proc_int32_t)c, (utf8proc_uint8_t *)out);
}

int cp_utf8_valid(const char *s, size_t n, size_t *bad)
{
	size_t i = 0;
	while (i < n) {
		uint64_t eight;
		if (n - i >= 8 && (memcpy(&eight, s + i, 8), !(eight & UINT64_C(0x8080808080808080)))) {	/* all ASCII */
			i += 8;
			continue;
		}
		size_t at = i;
		if (cp_utf8_next(s, n, &i) == CP_BAD_RUNE && (i - at != 3 || memcmp(s + at, "\xEF\xBF\xBD", 3))) {
			if (bad)
				*bad = at;
			return 0;
		}
	}
	return 1;
}

void cp_utf8_repair(const char *s, size_t n, struct cp_buf *out)
{
	for (size_t i = 0; i < n; ) {
		char utf8[4];
		cp_buf_add(out, utf8, cp_utf8_put(utf8, cp_utf8_next(s, n, &i)));
	}
}

size_t cp_utf8_bom(const char *s, size_t n)
{
	return n >= 3 && !memcmp(s, "\xEF\xBB\xBF", 3) ? 3 : 0;
}
