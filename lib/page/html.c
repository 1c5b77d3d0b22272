#include "page/html.h"

#include <string.h>

#include "base/utf8.h"

/* Characters that would be seen as nothing, or as a line's end, are shown as their picture. */
static uint32_t shown(uint32_t c)
{
	if (c < 0x20)
		return 0x2400 + c;
	if (c == 0x7f)
		return 0x2421;
	return c < 0xa0 && c > 0x7f ? CP_BAD_RUNE : c;
}

static void put(struct cp_buf *b, uint32_t c)
{
	char utf8[4];
	cp_buf_add(b, utf8, cp_utf8_put(utf8, c));
}

void cp_html_text(struct cp_buf *b, const char *s)
{
	size_t n = strlen(s);
	for (size_t i = 0; i < n;) {
		uint32_t c = shown(cp_utf8_next(s, n, &i));
		switch (c) {
		case '&': cp_buf_str(b, "&amp;"); break;
		case '<': cp_buf_str(b, "&lt;"); break;
		case '>': cp_buf_str(b, "&gt;"); break;
		case '"': cp_buf_str(b, "&quot;"); break;
		case '\'': cp_buf_str(b, "&#39;"); break;
		default: put(b, c);
		}
	}
}

void cp_html_plain(struct cp_buf *b, const char *s, size_t width)
{
	size_t n = strlen(s), count = 0, k = 0, head = width / 2, tail;
	for (size_t i = 0; i < n; count++)
		cp_utf8_next(s, n, &i);
	tail = width && count > width ? count - (width - head - 1) : 0;		/* what differs is often at the end: the middle is left out */
	for (size_t i = 0; i < n; k++) {
		uint32_t c = cp_utf8_next(s, n, &i);
		if (tail && k == head)
			put(b, 0x2026);
		if (!tail || k < head || k >= tail)
			put(b, shown(c));
	}
}

void cp_html_name(struct cp_buf *b, const char *s)
{
	size_t before = b->len;
	for (; *s; s++) {
		int plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9');
		if (plain || (b->len > before && b->data[b->len - 1] != '-'))
			cp_buf_char(b, plain ? *s : '-');
	}
	if (b->len > before && b->data[b->len - 1] == '-')
		b->data[--b->len] = 0;
	if (b->len == before)
		cp_buf_char(b, 'x');
}
