/* Compares ids with the reference's, or prints those of lines on standard input.
 *
 *   tokenizer FOLDER SPECIAL FILE.jsonl     TAP: a line {"text" or "hex", "ids" or "slow" and "fast"} each; either will do of the two
 *   tokenizer FOLDER SPECIAL                hex strings in, a line of ids out for each: for comparing with other programs at random
 *   tokenizer FOLDER                        its digest
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "text/tokenizer.h"

static struct cp_tokenizer *tok;
static struct cp_tok_cache *cache;
static int special;

static int same(const struct cp_ids *ids, const json_t *want)
{
	if (!want || json_array_size(want) != ids->n)
		return 0;
	for (size_t i = 0; i < ids->n; i++)
		if (json_integer_value(json_array_get(want, i)) != ids->v[i])
			return 0;
	return 1;
}

static void unhex(const char *hex, size_t n, struct cp_buf *b)
{
	for (size_t i = 0; i + 1 < n; i += 2) {
		char two[3] = { hex[i], hex[i + 1], 0 };
		cp_buf_char(b, (char)strtol(two, NULL, 16));
	}
}

static void text_of(const json_t *o, struct cp_buf *b)
{
	const json_t *hex = json_object_get(o, "hex"), *text = json_object_get(o, "text");
	if (hex)
		unhex(json_string_value(hex), json_string_length(hex), b);
	else
		cp_buf_add(b, json_string_value(text), json_string_length(text));
}

/* With the cache, without it, and cut short: all the same ids. */
static int check(const json_t *o)
{
	struct cp_buf b = CP_BUF_INIT;
	struct cp_ids ids = { 0 }, alone = { 0 };
	text_of(o, &b);
	cp_tokenizer_encode(tok, cache, b.data, b.len, special, 0, &ids);
	cp_tokenizer_encode(tok, NULL, b.data, b.len, special, 0, &alone);
	int good = same(&ids, json_object_get(o, "ids")) || same(&ids, json_object_get(o, "slow")) || same(&ids, json_object_get(o, "fast"));
	good = good && ids.n == alone.n && (!ids.n || !memcmp(ids.v, alone.v, ids.n * sizeof *ids.v));
	for (size_t i = 0; !good && i < ids.n; i++)
		printf("%s%u", i ? " " : "# ids ", ids.v[i]);
	cp_ids_release(&ids);
	cp_ids_release(&alone);
	cp_buf_release(&b);
	return good;
}

static int compare(const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0, n = 0, failed = 0;
	if (!f)
		return 1;
	while (getline(&line, &cap, f) > 0) {
		json_t *o = json_loads(line, JSON_ALLOW_NUL, NULL);
		n++;
		if (!o || !check(o)) {
			printf("\n# line %zu: %.300s\n", n, line);
			failed++;
		}
		json_decref(o);
	}
	free(line);
	fclose(f);
	printf("%sok 1 - %zu of %zu lines of %s\n1..1\n", failed || !n ? "not " : "", n - failed, n, strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
	return failed || !n;
}

static int print(void)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	while ((len = getline(&line, &cap, stdin)) > 0) {
		struct cp_buf b = CP_BUF_INIT;
		struct cp_ids ids = { 0 };
		unhex(line, (size_t)len, &b);
		cp_tokenizer_encode(tok, cache, b.data, b.len, special, 0, &ids);
		for (size_t i = 0; i < ids.n; i++)
			printf("%s%u", i ? " " : "", ids.v[i]);
		putchar('\n');
		cp_ids_release(&ids);
		cp_buf_release(&b);
	}
	free(line);
	return 0;
}

int main(int argc, char **argv)
{
	struct cp_err err;
	if (argc < 2) {
		fprintf(stderr, "usage: tokenizer FOLDER [SPECIAL [FILE]]\n");
		return 2;
	}
	if (!(tok = cp_tokenizer_open(argv[1], &err))) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	int rc = 0;
	if (argc > 2) {
		special = atoi(argv[2]);
		cache = cp_tok_cache_new();
		rc = argc > 3 ? compare(argv[3]) : print();
		cp_tok_cache_free(cache);
	} else {
		puts(cp_tokenizer_digest(tok));
	}
	cp_tokenizer_free(tok);
	return rc;
}
