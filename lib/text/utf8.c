#include "text/utf8.h"

#include <stdint.h>
#include <string.h>

/* Table 3-7: what the lead byte says of the length, and of the second byte, which alone has narrower bounds than 80..BF. */
static size_t lead(unsigned char c, unsigned char *lo, unsigned char *hi)
{
	*lo = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	*hi = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	return c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

size_t cp_utf8_step(const char *s, size_t n, int *good)
{
	const unsigned char *u = (const unsigned char *)s;
	unsigned char lo, hi;
	size_t want = lead(u[0], &lo, &hi), i = 1;
	while (i < want && i < n && u[i] >= lo && u[i] <= hi) {
		lo = 0x80, hi = 0xbf;
		i++;
	}
	*good = i == want;
	return i;
}

size_t cp_utf8_valid(const char *s, size_t n)
{
	size_t i = 0;
	while (i < n) {
		uint64_t w;
		while (n - i >= 8 && (memcpy(&w, s + i, 8), !(w & UINT64_C(0x8080808080808080))))	/* eight ASCII bytes at a time */
			i += 8;
		if (i == n)
			break;
		int good;
		size_t len = cp_utf8_step(s + i, n - i, &good);
		if (!good)
			break;
		i += len;
	}
	return i;
}

void cp_utf8_replace(struct cp_buf *buf, const char *s, size_t n)
{
	while (n) {
		size_t ok = cp_utf8_valid(s, n);
		cp_buf_add(buf, s, ok);
		s += ok, n -= ok;
		if (!n)
			break;
		int good;
		size_t bad = cp_utf8_step(s, n, &good);
		cp_buf_str(buf, "\xef\xbf\xbd");
		s += bad, n -= bad;
	}
}
