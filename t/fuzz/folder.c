/* libFuzzer: any bytes as the files of a tokenizer's folder: vocab.txt, vocab.json and merges.txt, spiece.model, and what may lie beside them.
 *
 * Input: parts with a zero byte between them, the first byte of each the file it is (`leaves`), or x for a text; spiece.model is all to the end.  A folder is refused with a sentence
 * that names it, or opens; then it packs to what opens to the same, and texts have ids that are all in the vocabulary.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text/tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct { char c; const char *leaf; } leaves[] = {
	{ 't', "tokenizer.json" }, { 'v', "vocab.txt" }, { 'j', "vocab.json" }, { 'm', "merges.txt" }, { 'c', "tokenizer_config.json" },
	{ 's', "special_tokens_map.json" }, { 'a', "added_tokens.json" }, { 'k', "config.json" }, { 'p', "spiece.model" },
};
enum { N_LEAVES = sizeof leaves / sizeof *leaves };

static char dir[4096];

static void empty_folder(void)
{
	char path[4200];
	for (int i = 0; i < N_LEAVES; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, leaves[i].leaf);
		unlink(path);
	}
}

static void leave(void)
{
	empty_folder();
	rmdir(dir);
}

static void make_folder(void)
{
	const char *tmp = getenv("TMPDIR");
	snprintf(dir, sizeof dir, "%s/cp-fuzz-folder.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(dir))
		abort();
	atexit(leave);
}

static void put(const char *leaf, const uint8_t *s, size_t n)
{
	char path[4200];
	snprintf(path, sizeof path, "%s/%s", dir, leaf);
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0666);
	if (fd < 0 || write(fd, s, n) != (ssize_t)n)
		abort();
	close(fd);
}

static size_t part_end(const uint8_t *data, size_t size, size_t i)
{
	const uint8_t *zero = i < size && data[i] == 'p' ? NULL : memchr(data + i, 0, size - i);
	return zero ? (size_t)(zero - data) : size;
}

static void check(const struct cp_tokenizer *t, const uint8_t *data, size_t size)
{
	struct cp_err err;
	struct cp_buf b = CP_BUF_INIT;
	struct cp_ids ids = { 0 };
	cp_tokenizer_pack(t, &b);
	struct cp_tokenizer *back = cp_tokenizer_unpack(b.data, b.len, "pack", &err);
	assert(back && !strcmp(cp_tokenizer_digest(t), cp_tokenizer_digest(back)));
	for (size_t i = 0, end; i < size; i = end + 1) {
		end = part_end(data, size, i);
		if (data[i] == 'x')
			cp_tokenizer_encode(t, NULL, (const char *)data + i + 1, end - i - 1, 1, 0, &ids);
	}
	for (size_t i = 0; i < ids.n; i++)
		assert(cp_tokenizer_token(t, ids.v[i]));
	cp_ids_release(&ids);
	cp_tokenizer_free(back);
	cp_buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cp_err err;
	size_t positions;
	if (!*dir)
		make_folder();
	empty_folder();
	for (size_t i = 0, end; i < size; i = end + 1) {
		end = part_end(data, size, i);
		for (int k = 0; end > i && k < N_LEAVES; k++)
			if (leaves[k].c == data[i])
				put(leaves[k].leaf, data + i + 1, end - i - 1);
	}
	struct cp_tokenizer *t = cp_tokenizer_open(dir, &err);
	if (t)
		check(t, data, size);
	else
		assert(strstr(err.msg, dir));
	cp_tokenizer_free(t);
	cp_tokenizer_positions(dir, &positions, &err);
	return 0;
}
