/* Safetensors: what we write we read, what is wrong is said.  With a file name: writes one there for another reader to open. */
#include "nn/safetensors.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

static int n_tests, n_failed;

static void ok(int good, const char *what)
{
	n_failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++n_tests, what);
}

static const nn_float floats[6] = { 0, -1.5, 3.25, 1e-30f, 7, -0.0 };
static const uint64_t keys[3] = { 1, UINT64_MAX, 0 };
static const unsigned char bytes[5] = "abcd";
static const unsigned char halves[] = { 0, 0x3c, 0, 0xc0, 1, 0, 0, 0x7c, 0xff, 0x7b };	/* 1 -2 2^-24 inf 65504 */
static const unsigned char bf16s[] = { 0x80, 0x3f, 0x20, 0xc1 };	/* 1 -10 */

static int write_sample(const char *path, struct cp_err *err)
{
	struct nn_safetensors_out *o = nn_safetensors_out_new();

	nn_safetensors_out_meta(o, "format", "pt");
	nn_safetensors_out_meta(o, "config", "{\"a\": \"ü\\n\"}");
	nn_safetensors_out_add(o, "bytes", NN_U8, 1, (size_t[]){ 5 }, bytes);
	nn_safetensors_out_floats(o, "w", 2, (size_t[]){ 2, 3 }, floats);
	nn_safetensors_out_add(o, "halves", NN_F16, 1, (size_t[]){ 5 }, halves);
	nn_safetensors_out_add(o, "bf16", NN_BF16, 1, (size_t[]){ 2 }, bf16s);
	nn_safetensors_out_add(o, "keys", NN_U64, 1, (size_t[]){ 3 }, keys);
	nn_safetensors_out_add(o, "empty", NN_F32, 2, (size_t[]){ 0, 4 }, NULL);
	nn_safetensors_out_add(o, "scalar", NN_F64, 0, NULL, &(double){ 2.5 });
	int rc = nn_safetensors_out_write(o, path, err);
	nn_safetensors_out_free(o);
	return rc;
}

static void read_sample(const char *path)
{
	struct cp_err err = { "" };
	struct nn_safetensors *s = nn_safetensors_open(path, &err);
	double v[8];
	nn_float f[8];
	uint64_t u[8];

	ok(s != NULL, "a file of ours opens");
	if (!s) {
		printf("# %s\n", err.msg);
		return;
	}
	ok(nn_safetensors_count(s) == 7 && !strcmp(nn_safetensors_meta(s, "config"), "{\"a\": \"ü\\n\"}")
	   && !nn_safetensors_meta(s, "other"), "count and metadata");
	const struct nn_tensor *w = nn_safetensors_find(s, "w");
	ok(w && w->n_dims == 2 && w->shape[0] == 2 && w->shape[1] == 3 && !nn_tensor_floats(w, f, 6, &err) && !memcmp(f, floats, sizeof floats),
	   "F32 comes back as it was");
	ok(!nn_tensor_doubles(nn_safetensors_find(s, "halves"), v, 5, &err) && v[0] == 1 && v[1] == -2 && v[2] == 0x1p-24 && isinf(v[3])
	   && v[4] == 65504, "F16 is converted");
	ok(!nn_tensor_doubles(nn_safetensors_find(s, "bf16"), v, 2, &err) && v[0] == 1 && v[1] == -10, "BF16 is converted");
	ok(!nn_tensor_doubles(nn_safetensors_find(s, "scalar"), v, 1, &err) && v[0] == 2.5, "a scalar");
	ok(!nn_tensor_u64(nn_safetensors_find(s, "keys"), u, 3, &err) && !memcmp(u, keys, sizeof keys), "U64");
	ok(nn_tensor_u64(w, u, 6, &err) < 0 && nn_tensor_floats(w, f, 5, &err) < 0 && nn_tensor_floats(nn_safetensors_find(s, "keys"), f, 3, &err) < 0,
	   "the wrong kind or number of elements is refused");
	size_t aligned = 0;
	for (size_t i = 0; i < nn_safetensors_count(s); i++) {
		const struct nn_tensor *t = nn_safetensors_at(s, i);
		aligned += (uintptr_t)t->data % nn_dtype_size(t->dtype) == 0;
	}
	ok(aligned == 7, "every array is aligned to its type");
	nn_safetensors_close(s);
}

/* Header (as JSON) and n bytes of data make a file of bytes; what opening it says must contain `expect`. */
static void refuse(const char *json, size_t n_data, const char *expect)
{
	struct cp_buf b = CP_BUF_INIT;
	struct cp_err err = { "" };
	char what[200];

	cp_buf_u64le(&b, strlen(json));
	cp_buf_str(&b, json);
	for (size_t i = 0; i < n_data; i++)
		cp_buf_char(&b, 0);
	char *exact = malloc(b.len);	/* so that a sanitizer sees a read past the end */
	memcpy(exact, b.data, b.len);
	struct nn_safetensors *s = nn_safetensors_open_bytes(exact, b.len, "x.safetensors", &err);
	snprintf(what, sizeof what, "refused: %.150s", expect);
	ok(!s && strstr(err.msg, expect), what);
	if (s || !strstr(err.msg, expect))
		printf("# got: %s\n", s ? "(opened)" : err.msg);
	nn_safetensors_close(s);
	free(exact);
	cp_buf_release(&b);
}

#define T(name, shape, offsets) "\"" name "\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static void hostile_headers(void)
{
	refuse("[]", 0, "not a JSON object");
	refuse("{", 0, "safetensors header, byte");
	refuse("{\"a\":1}", 0, "something other than a JSON object");
	refuse("{\"__metadata__\":{\"a\":1}}", 0, "'a' is not a string");
	refuse("{\"__metadata__\":[]}", 0, "__metadata__ is not");
	refuse("{" T("a", "[1]", "[0,4]") "," T("a", "[1]", "[4,8]") "}", 8, "duplicate");
	refuse("{\"a\":{\"dtype\":\"F99\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "has dtype 'F99'");
	refuse("{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "has dtype '(none)'");
	refuse("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "no shape");
	refuse("{" T("a", "[-1]", "[0,4]") "}", 4, "not a whole number");
	refuse("{" T("a", "[1.0]", "[0,4]") "}", 4, "not a whole number");
	refuse("{" T("a", "[4294967296,4294967296]", "[0,4]") "}", 4, "does not fit");
	refuse("{" T("a", "[4611686018427387904]", "[0,4]") "}", 4, "do not fit");
	refuse("{" T("a", "[1,1,1,1,1,1,1,1,1]", "[0,4]") "}", 4, "9 dimensions");
	refuse("{" T("a", "[1]", "[0]") "}", 4, "not two whole numbers");
	refuse("{" T("a", "[1]", "[4,0]") "}", 4, "do not lie within");
	refuse("{" T("a", "[2]", "[0,8]") "}", 4, "do not lie within the 4 bytes");
	refuse("{" T("a", "[1]", "[9223372036854775807,9223372036854775807]") "}", 4, "do not lie within");
	refuse("{" T("a", "[1]", "[0,99999999999999999999]") "}", 4, "too big integer");
	refuse("{" T("a", "[2]", "[0,4]") "}", 4, "ask for 8");
	refuse("{" T("a", "[2]", "[0,8]") "," T("b", "[2]", "[4,12]") "}", 12, "'a' and 'b' overlap");
	refuse("{" T("a", "[1]", "[0,4]") "," T("b", "[1]", "[8,12]") "}", 12, "belong to no tensor");
	refuse("{" T("a", "[1]", "[0,4]") "}", 8, "the tensors end at 4");
	refuse("{" T("\\u0000", "[1]", "[0,4]") "}", 4, "safetensors header, byte");
}

/* Cut at every byte: always refused.  Every byte flipped: refused or read, never a crash (the format has no checksum). */
static void cut_and_flip(const char *path)
{
	struct cp_buf b = CP_BUF_INIT;
	struct cp_err err = { "" };
	size_t opened = 0;

	if (cp_read_file(path, &b, &err) < 0) {
		ok(0, err.msg);
		return;
	}
	for (size_t n = 0; n < b.len; n++) {
		char *cut = malloc(n + !n);
		memcpy(cut, b.data, n);
		struct nn_safetensors *s = nn_safetensors_open_bytes(cut, n, "cut", &err);
		opened += s != NULL;
		nn_safetensors_close(s);
		free(cut);
	}
	ok(opened == 0, "cut at any byte it is refused");
	for (size_t i = 0; i < b.len; i++) {
		b.data[i] ^= 0x20;
		nn_safetensors_close(nn_safetensors_open_bytes(b.data, b.len, "flipped", &err));
		b.data[i] ^= 0x20;
	}
	ok(1, "no flipped byte does harm");
	cp_buf_release(&b);
}

static void refused_output(void)
{
	struct cp_err err = { "" };
	struct nn_safetensors_out *o = nn_safetensors_out_new();

	nn_safetensors_out_add(o, "a", NN_U8, 1, (size_t[]){ 5 }, bytes);
	nn_safetensors_out_add(o, "a", NN_U8, 1, (size_t[]){ 5 }, bytes);
	ok(nn_safetensors_out_write(o, "twice", &err) < 0 && strstr(err.msg, "given twice") && access("twice", F_OK) < 0, "a name twice is refused");
	nn_safetensors_out_free(o);
	o = nn_safetensors_out_new();
	nn_safetensors_out_meta(o, "a", "\xff");
	ok(nn_safetensors_out_write(o, "bad", &err) < 0 && strstr(err.msg, "UTF-8") && access("bad", F_OK) < 0, "bytes that are not UTF-8 are refused");
	nn_safetensors_out_free(o);
}

/* The digest of files there are must stay what it was: it is of names, bytes and metadata, whatever the order. */
static void digest_of_old(void)
{
	struct cp_err err = { "" };
	for (int turn = 0; turn < 2; turn++) {
		struct nn_safetensors_out *o = nn_safetensors_out_new();
		for (int k = 0; k < 2; k++) {
			int second = k != turn;
			nn_safetensors_out_meta(o, second ? "two" : "one", "x");
			nn_safetensors_out_add(o, second ? "v" : "w", NN_U8, 1, (size_t[]){ second ? 2 : 5 }, bytes);
		}
		nn_safetensors_out_digest(o);
		ok(nn_safetensors_out_write(o, "digest", &err) == 0, "write with a digest");
		nn_safetensors_out_free(o);
		struct nn_safetensors *s = nn_safetensors_open("digest", &err);
		ok(s && !strcmp(nn_safetensors_meta(s, "digest"), "4793c3cad64a326f615563c319ed22f1"), "the digest is what it was");
		ok(s && nn_safetensors_verify(s, &err) == 0, "and is found again");
		nn_safetensors_close(s);
	}
}

int main(int argc, char **argv)
{
	struct cp_err err = { "" };
	const char *path = argc > 1 ? argv[1] : "sample.safetensors";

	ok(write_sample(path, &err) == 0, "write");
	read_sample(path);
	ok(!nn_safetensors_open("no such file", &err) && strstr(err.msg, "no such file: open: "), "a missing file is named");
	ok(!nn_safetensors_open(".", &err) && strstr(err.msg, "not a regular file"), "a folder is refused");
	hostile_headers();
	cut_and_flip(path);
	refused_output();
	digest_of_old();
	printf("1..%d\n", n_tests);
	return n_failed != 0;
}
