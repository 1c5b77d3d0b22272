/* Tokenizers: a pack of any bytes is refused or opens; what opens packs to bytes that open to the same; any text has the same ids with and
 * without a cache, in one piece or cut, and all of them are in the vocabulary.
 *
 * Input: up to the first zero byte a tokenizer.json (if empty, or "b" or "u", a small WordPiece, BPE or Unigram that is built in), the rest
 * is text.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "text/tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char built_in[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##a\n##b\nab\n##ab\n.\n\xC3\x9F\n\xE4\xB8\xAD\n1\n##1\ni\n##i\ns\n##s\n";

static const char bpe[] = "{\"pre_tokenizer\":{\"type\":\"ByteLevel\"},\"added_tokens\":[{\"id\":9,\"content\":\"<m>\",\"lstrip\":true}],"
	"\"model\":{\"type\":\"BPE\",\"unk_token\":\"u\",\"fuse_unk\":true,\"merges\":[\"a b\",\"u a\",\"\xC4\xA0 ab\",\"ab ab\"],"
	"\"vocab\":{\"a\":0,\"b\":1,\"ab\":2,\"u\":3,\"ua\":4,\"\xC4\xA0\":5,\"\xC4\xA0" "ab\":6,\"abab\":7,\"\xC3\x83\":8}}}";
static const char unigram[] = "{\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"\xE2\x96\x81\"},"
	"\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true},"
	"{\"type\":\"Replace\",\"pattern\":{\"Regex\":\" {2,}\"},\"content\":\" \"}]},\"added_tokens\":[{\"id\":6,\"content\":\" a\",\"normalized\":true}],"
	"\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"?\",0],[\"\xE2\x96\x81\",-2],[\"a\",-3],[\"ab\",-4.5],[\"\xC3\xA9\",-3],[\"aba\",-7]]}}";

static struct cp_tokenizer *open_some(const char *json, size_t n)
{
	struct cp_err err;
	struct cp_buf b = CP_BUF_INIT;
	if (!n)
		return cp_tokenizer_from_vocab(built_in, sizeof built_in - 1, 1, "built in", &err);
	int is_ours = n == 1 && (*json == 'b' || *json == 'u');
	if (is_ours) {
		json = *json == 'b' ? bpe : unigram;
		n = strlen(json);
	}
	cp_buf_str(&b, "{\"tokenizer.json\":");
	cp_buf_add(&b, json, n);
	cp_buf_char(&b, '}');
	struct cp_tokenizer *t = cp_tokenizer_unpack(b.data, b.len, "fuzz", &err);
	assert(t || !is_ours);
	if (!t)
		assert(memchr(err.msg, 0, sizeof err.msg) && !strncmp(err.msg, "fuzz: ", 6));
	cp_buf_release(&b);
	return t;
}

static void check_pack(const struct cp_tokenizer *t)
{
	struct cp_err err;
	struct cp_buf a = CP_BUF_INIT;
	cp_tokenizer_pack(t, &a);
	struct cp_tokenizer *back = cp_tokenizer_unpack(a.data, a.len, "pack", &err);
	assert(back && !strcmp(cp_tokenizer_digest(t), cp_tokenizer_digest(back)));
	cp_tokenizer_free(back);
	cp_buf_release(&a);
}

static void check_text(const struct cp_tokenizer *t, const char *s, size_t n)
{
	struct cp_tok_cache *c = cp_tok_cache_new();
	struct cp_ids ids = { 0 }, again = { 0 };
	cp_tokenizer_encode(t, c, s, n, 1, 0, &ids);
	cp_tokenizer_encode(t, c, s, n, 1, 0, &again);
	assert(ids.n == again.n && (!ids.n || !memcmp(ids.v, again.v, ids.n * sizeof *ids.v)));
	for (size_t i = 0; i < ids.n; i++)
		assert(cp_tokenizer_token(t, ids.v[i]));
	again.n = 0;
	cp_tokenizer_encode(t, NULL, s, n, 1, 7, &again);
	assert(again.n <= 7 || again.n <= cp_tokenizer_frame(t));
	cp_ids_release(&ids);
	cp_ids_release(&again);
	cp_tok_cache_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data, *zero = size ? memchr(s, 0, size) : NULL;
	size_t n_json = zero ? (size_t)(zero - s) : size, from = zero ? n_json + 1 : size;
	struct cp_tokenizer *t = open_some(s, n_json);
	if (!t)
		return 0;
	check_pack(t);
	check_text(t, s + from, size - from);
	cp_tokenizer_free(t);
	return 0;
}
