/* Words from the spelling of their pieces; see wholeword.h. */
#include "text/wholeword.h"

#include <string.h>

static int begins_with(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* The white spaces of byte-level BPE are U+0109 (tab), U+010A (line feed), U+010D (carriage return) and U+0120 (space). */
static int begins_word(const char *kind, const char *s)
{
	if (*kind == 'w')
		return !begins_with(s, "##");
	if (*kind == 'b')
		return begins_with(s, "\xc4\xa0") || begins_with(s, "\xc4\x89") || begins_with(s, "\xc4\x8a") || begins_with(s, "\xc4\x8d");
	return begins_with(s, "\xe2\x96\x81");
}

static int is_special(const struct cp_tokenizer *t, uint32_t id)
{
	for (int r = 0; r < CP_TOK_N_ROLES; r++)
		if (r != CP_TOK_UNK && cp_tokenizer_special(t, r) == id)
			return 1;
	return 0;
}

void cp_whole_words(const struct cp_tokenizer *t, const uint32_t *ids, size_t n, uint32_t most, struct cp_ids *words)
{
	const char *kind = cp_tokenizer_kind(t);
	uint32_t word = 0;
	for (size_t i = 0; i < n; i++) {
		const char *s = cp_tokenizer_token(t, ids[i]);
		if (is_special(t, ids[i])) {
			cp_ids_push(words, 0);
			continue;
		}
		if (!word || (s && begins_word(kind, s)))
			word++;
		cp_ids_push(words, word < most ? word : most - 1);
	}
}
