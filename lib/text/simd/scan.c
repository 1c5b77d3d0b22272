/* Bytes to bits, 64 at a time, and bits to positions; see scan.h.  Compiled once a level (base/cpu.h). */
#include "text/scan.h"

#include <string.h>

#include "base/cpu.h"

struct marks {			/* a bit a byte */
	uint64_t quote, lf, end, odd;	/* end: delimiter, LF or CR; odd: NUL, or no ASCII */
};

#if defined __AVX512BW__
#include <immintrin.h>
#define WIDTH 64
typedef __m512i bytes;
static inline bytes load(const char *p) { return _mm512_loadu_si512(p); }
static inline bytes all(char c) { return _mm512_set1_epi8(c); }
static inline uint64_t equal(bytes a, bytes b) { return _mm512_cmpeq_epi8_mask(a, b); }
static inline uint64_t positive(bytes a) { return _mm512_cmpgt_epi8_mask(a, _mm512_setzero_si512()); }
#elif defined __AVX2__
#include <immintrin.h>
#define WIDTH 32
typedef __m256i bytes;
static inline bytes load(const char *p) { return _mm256_loadu_si256((const __m256i *)p); }
static inline bytes all(char c) { return _mm256_set1_epi8(c); }
static inline uint64_t bits(bytes a) { return (uint32_t)_mm256_movemask_epi8(a); }
static inline uint64_t equal(bytes a, bytes b) { return bits(_mm256_cmpeq_epi8(a, b)); }
static inline uint64_t positive(bytes a) { return bits(_mm256_cmpgt_epi8(a, _mm256_setzero_si256())); }
#elif defined __SSE2__
#include <emmintrin.h>
#define WIDTH 16
typedef __m128i bytes;
static inline bytes load(const char *p) { return _mm_loadu_si128((const __m128i *)p); }
static inline bytes all(char c) { return _mm_set1_epi8(c); }
static inline uint64_t bits(bytes a) { return (uint32_t)_mm_movemask_epi8(a); }
static inline uint64_t equal(bytes a, bytes b) { return bits(_mm_cmpeq_epi8(a, b)); }
static inline uint64_t positive(bytes a) { return bits(_mm_cmpgt_epi8(a, _mm_setzero_si128())); }
#elif defined __aarch64__
#include <arm_neon.h>
#define WIDTH 16
typedef uint8x16_t bytes;
static inline bytes load(const char *p) { return vld1q_u8((const uint8_t *)p); }
static inline bytes all(char c) { return vdupq_n_u8((uint8_t)c); }
static inline uint64_t bits(bytes a)	/* each lane keeps the bit of its place; then neighbours are added, three times */
{
	static const uint8_t place[16] = { 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128 };
	uint8x16_t b = vandq_u8(a, vld1q_u8(place));
	b = vpaddq_u8(b, b);
	b = vpaddq_u8(b, b);
	b = vpaddq_u8(b, b);
	return vgetq_lane_u16(vreinterpretq_u16_u8(b), 0);
}
static inline uint64_t equal(bytes a, bytes b) { return bits(vceqq_u8(a, b)); }
static inline uint64_t positive(bytes a) { return bits(vcgtzq_s8(vreinterpretq_s8_u8(a))); }
#else
#define WIDTH 1
typedef char bytes;
static inline bytes load(const char *p) { return *p; }
static inline bytes all(char c) { return c; }
static inline uint64_t equal(bytes a, bytes b) { return a == b; }
static inline uint64_t positive(bytes a) { return (signed char)a > 0; }
#endif

static inline struct marks look(const char *p, char delimiter)
{
	struct marks m = { 0 };
	const bytes quote = all('"'), sep = all(delimiter), lf = all('\n'), cr = all('\r');
	for (int i = 0; i < 64; i += WIDTH) {
		bytes b = load(p + i);
		uint64_t line = equal(b, lf);
		m.quote |= equal(b, quote) << i;
		m.lf |= line << i;
		m.end |= (line | equal(b, sep) | equal(b, cr)) << i;
		m.odd |= positive(b) << i;
	}
	m.odd = ~m.odd;
	return m;
}

/* The last n < 64 bytes, as if NULs followed: those are no tokens. */
static struct marks look_tail(const char *p, size_t n, char delimiter)
{
	char block[64] = { 0 };
	memcpy(block, p, n);
	return look(block, delimiter);
}

/* Bit i: are quotes open behind byte i?  The parity of the bits up to it, and of all before. */
static inline uint64_t open_quotes(uint64_t quote, uint64_t *inside)
{
	if (!quote)
		return *inside;
	for (int i = 1; i < 64; i *= 2)
		quote ^= quote << i;
	quote ^= *inside;
	*inside = (uint64_t)0 - (quote >> 63);
	return quote;
}

#if defined __AVX512BW__
/* Sixteen bytes at a time, and no branch: numbers of bytes, pushed together where a bit is set. */
static inline size_t put_positions(uint64_t bits, size_t base, uint16_t *at)
{
	const __m512i count = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
	size_t n = 0;
	for (size_t i = 0; i < 64; i += 16) {
		__m512i place = _mm512_add_epi32(count, _mm512_set1_epi32((int)(base + i)));
		__m512i found = _mm512_maskz_compress_epi32((__mmask16)(bits >> i), place);
		_mm256_storeu_si256((__m256i *)(void *)(at + n), _mm512_cvtepi32_epi16(found));
		n += (size_t)__builtin_popcountll(bits >> i & 0xffff);
	}
	return n;
}
#else
/* Eight at a time, some in vain: a branch a token would cost more. */
static inline size_t put_positions(uint64_t bits, size_t base, uint16_t *at)
{
	size_t n = (size_t)__builtin_popcountll(bits);
	for (size_t i = 0; i < n; i += 8)
		for (size_t j = i; j < i + 8; j++) {
			at[j] = (uint16_t)(base + (size_t)(bits ? __builtin_ctzll(bits) : 64));	/* 64: as tzcnt has it */
			bits &= bits - 1;
		}
	return n;
}
#endif

static size_t tokens(const char *p, size_t n, char delimiter, uint64_t *inside, uint16_t *at, uint64_t *odd)
{
	size_t found = 0;
	for (size_t i = 0; i < n; i += 64) {
		struct marks m = n - i >= 64 ? look(p + i, delimiter) : look_tail(p + i, n - i, delimiter);
		uint64_t open = open_quotes(m.quote, inside);
		found += put_positions(m.quote | (m.end & ~open), i, at + found);
		odd[i / 64] = m.odd;
	}
	return found;
}

static uint64_t up_to_bit(uint64_t bits, uint64_t nth)	/* the lowest bits, up to and with the nth that is set; 1 is the first */
{
	while (--nth)
		bits &= bits - 1;
	return bits ^ (bits - 1);
}

static size_t lines(const char *p, size_t n, struct cp_scan_lines *s)
{
	for (size_t i = 0; i < n; i += 64) {
		size_t len = n - i < 64 ? n - i : 64;
		struct marks m = len == 64 ? look(p + i, ',') : look_tail(p + i, len, ',');
		uint64_t ends = m.lf & ~open_quotes(m.quote, &s->inside), rows = ends & ~(ends << 1 | s->behind_end);
		uint64_t count = (uint64_t)__builtin_popcountll(rows);
		if (count >= s->rows) {
			uint64_t passed = up_to_bit(rows, s->rows);
			s->lines += (uint64_t)__builtin_popcountll(m.lf & passed);
			s->rows = s->inside = 0;
			s->behind_end = 1;
			return i + (size_t)__builtin_popcountll(passed);
		}
		s->rows -= count;
		s->lines += (uint64_t)__builtin_popcountll(m.lf);
		s->behind_end = ends >> (len - 1) & 1;
	}
	return n;
}

extern const struct cp_scan_kernels CP_AT_LEVEL(cp_scan);
const struct cp_scan_kernels CP_AT_LEVEL(cp_scan) = { tokens, lines };
