/* Applying compiled normalization rules: see charsmap.h.  The rules come from a file: every index into them is checked. */
#include "text/charsmap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "text/unicode.h"

enum { LONGEST_CLUSTER = 5 };

struct cp_charsmap {
	char *base64;
	struct cp_buf bytes;
	uint32_t *unit;
	size_t n_units;
	const char *text;		/* the replacements, in bytes; a NUL is after them */
	size_t n_text;
	unsigned char plain[128];	/* an ASCII character that nothing is done to */
};

/* ---- Base64 ---- */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void cp_charsmap_encode(const char *rules, size_t n, struct cp_buf *base64)
{
	const unsigned char *s = (const unsigned char *)rules;
	for (size_t i = 0; i < n; i += 3) {
		uint32_t bits = (uint32_t)s[i] << 16 | (i + 1 < n ? s[i + 1] << 8 : 0) | (i + 2 < n ? s[i + 2] : 0);
		for (size_t k = 0; k < 4; k++)
			cp_buf_char(base64, i + k > n ? '=' : digits[bits >> (18 - 6 * k) & 63]);
	}
}

static int sextet(char c)
{
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* <0: not base64, with its padding. */
static int decode(const char *s, struct cp_buf *out)
{
	size_t n = strlen(s), n_pad = n >= 4 ? (s[n - 1] == '=') + (s[n - 1] == '=' && s[n - 2] == '=') : 0;
	uint32_t bits = 0;
	if (n % 4)
		return -1;
	cp_buf_reserve(out, n / 4 * 3);
	for (size_t i = 0; i < n - n_pad; i++) {
		int six = sextet(s[i]);
		if (six < 0)
			return -1;
		bits = bits << 6 | (uint32_t)six;
		if (i % 4)
			cp_buf_char(out, (char)(bits >> (6 - 2 * (i % 4))));
	}
	return 0;
}

/* ---- Looking up ---- */

static size_t children(uint32_t unit)
{
	return (size_t)(unit >> 10) << ((unit & 1u << 9) >> 6);
}

static const char *replacement(const struct cp_charsmap *m, uint32_t leaf, size_t *n)
{
	size_t at = leaf & ~(UINT32_C(1) << 31);
	if (at > m->n_text)
		return NULL;
	const char *end = memchr(m->text + at, 0, m->n_text - at);
	*n = end ? (size_t)(end - (m->text + at)) : m->n_text - at;
	return m->text + at;
}

/* What the shortest string of the map that begins s[0..n-1] becomes, or NULL. */
static const char *look_up(const struct cp_charsmap *m, const char *s, size_t n, size_t *n_out)
{
	size_t node = children(m->unit[0]);
	for (size_t i = 0; i < n && s[i]; i++) {
		unsigned char c = (unsigned char)s[i];
		node ^= c;
		if (node >= m->n_units || (m->unit[node] & (UINT32_C(1) << 31 | 0xFF)) != c)
			return NULL;
		uint32_t unit = m->unit[node];
		node ^= children(unit);
		if (unit >> 8 & 1)
			return node < m->n_units ? replacement(m, m->unit[node], n_out) : NULL;
	}
	return NULL;
}

static void apply_runes(const struct cp_charsmap *m, const char *s, size_t n, struct cp_buf *out)
{
	for (size_t i = 0, end; i < n; i = end) {
		size_t n_new = 0;
		end = i;
		cp_utf8_next(s, n, &end);
		const char *new = look_up(m, s + i, end - i, &n_new);
		cp_buf_add(out, new ? new : s + i, new ? n_new : end - i);
	}
}

void cp_charsmap_apply(const struct cp_charsmap *m, const char *s, size_t n, struct cp_buf *out)
{
	for (size_t i = 0, end; i < n; i = end) {
		unsigned char c = (unsigned char)s[i];
		size_t n_new = 0;
		const char *new;
		end = i + 1;
		if (c < 0x80 && m->plain[c] && (end == n || (unsigned char)s[end] < 0x80)) {	/* a cluster of its own */
			cp_buf_char(out, (char)c);
			continue;
		}
		end = cp_grapheme_end(s, n, i);
		if (end - i <= LONGEST_CLUSTER && (new = look_up(m, s + i, end - i, &n_new)))
			cp_buf_add(out, new, n_new);
		else
			apply_runes(m, s + i, end - i, out);
	}
}

/* ---- Loading ---- */

static int take_apart(struct cp_charsmap *m, const char *name, struct cp_err *err)
{
	size_t size = m->bytes.len >= 4 ? cp_get_u32le(m->bytes.data) : 0;
	if (!size || size % 4 || size > m->bytes.len - 4)
		return cp_err_set(err, "%s: precompiled_charsmap: its %zu bytes do not begin with the size of a trie within them", name, m->bytes.len);
	m->n_units = size / 4;
	m->unit = cp_xmalloc(size);
	for (size_t i = 0; i < m->n_units; i++)
		m->unit[i] = cp_get_u32le(m->bytes.data + 4 + 4 * i);
	m->text = m->bytes.data + 4 + size;
	m->n_text = m->bytes.len - 4 - size;
	if (!cp_utf8_valid(m->text, m->n_text, NULL))
		return cp_err_set(err, "%s: precompiled_charsmap: the replacements are not UTF-8", name);
	for (int c = 0; c < 128; c++) {
		char s[1] = { (char)c };
		size_t n;
		m->plain[c] = c != '\r' && !look_up(m, s, 1, &n);	/* \r\n is one cluster */
	}
	return 0;
}

struct cp_charsmap *cp_charsmap_new(const char *base64, const char *name, struct cp_err *err)
{
	struct cp_charsmap *m = cp_xcalloc(1, sizeof *m);
	m->base64 = cp_xstrdup(base64);
	cp_buf_init(&m->bytes);
	if (decode(base64, &m->bytes) < 0)
		cp_err_set(err, "%s: precompiled_charsmap is not base64", name);
	else if (take_apart(m, name, err) == 0)
		return m;
	cp_charsmap_free(m);
	return NULL;
}

void cp_charsmap_free(struct cp_charsmap *m)
{
	if (!m)
		return;
	free(m->base64);
	free(m->unit);
	cp_buf_release(&m->bytes);
	free(m);
}

const char *cp_charsmap_base64(const struct cp_charsmap *m)
{
	return m->base64;
}
