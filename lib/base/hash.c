#define XXH_INLINE_ALL	/* most values are a few bytes: a call would cost more than the hash */
#include "base/hash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "base/mem.h"

uint64_t cp_hash64(const void *p, size_t n, uint64_t seed)
{
	return XXH3_64bits_withSeed(p, n, seed);
}

uint64_t cp_field_seed(const char *name, size_t n)
{
	return XXH3_64bits(name, n);
}

static inline int is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Nearly every value has nothing to strip. */
static inline int is_stripped(const char *s, size_t n)
{
	return n && (unsigned char)s[0] > ' ' && (unsigned char)s[n - 1] > ' ';
}

void cp_strip(const char **s, size_t *n)
{
	while (*n && is_space((*s)[*n - 1]))
		--*n;
	while (*n && is_space(**s))
		++*s, --*n;
}

/* With all of XXH3 in it: most values are so short that a call shows. */
__attribute__((flatten)) uint64_t cp_key(uint64_t field_seed, const char *value, size_t n)
{
	if (!is_stripped(value, n))
		cp_strip(&value, &n);
	return XXH3_64bits_withSeed(value, n, field_seed);
}

struct cp_digest {
	XXH3_state_t *state;
};

struct cp_digest *cp_digest_new(void)
{
	struct cp_digest *d = cp_xmalloc(sizeof *d);
	d->state = XXH3_createState();
	if (!d->state)
		cp_out_of_memory(sizeof *d);
	XXH3_128bits_reset(d->state);
	return d;
}

void cp_digest_add(struct cp_digest *d, const void *p, size_t n)
{
	if (n)
		XXH3_128bits_update(d->state, p, n);
}

static void print_hex(XXH128_hash_t h, char hex[33])
{
	snprintf(hex, 33, "%016llx%016llx", (unsigned long long)h.high64, (unsigned long long)h.low64);
}

void cp_digest_hex(const struct cp_digest *d, char hex[33])
{
	print_hex(XXH3_128bits_digest(d->state), hex);
}

void cp_digest_free(struct cp_digest *d)
{
	if (!d)
		return;
	XXH3_freeState(d->state);
	free(d);
}

void cp_digest_bytes(const void *p, size_t n, char hex[33])
{
	print_hex(XXH3_128bits(p, n), hex);
}

int cp_digest_file(const char *path, char hex[33], struct cp_err *err)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return cp_err_set(err, "%s: open: %m", path);
	struct cp_digest *d = cp_digest_new();
	static const size_t size = 1 << 16;
	char *buf = cp_xmalloc(size);
	size_t n;
	while ((n = fread(buf, 1, size, f)) > 0)
		cp_digest_add(d, buf, n);
	int bad = ferror(f);
	if (bad)
		cp_err_set(err, "%s: read: %m", path);
	fclose(f);
	free(buf);
	cp_digest_hex(d, hex);
	cp_digest_free(d);
	return bad ? -1 : 0;
}
