/* Reading the JSON of a model folder, with sentences. */
#include "text/tok_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/utf8.h"

/* A whole number of more than 64 bits, such as the 10^30 that transformers writes as the model_max_length of a tokenizer without one, makes all
 * numbers of the file reals: whoever reads a file that may have one asks for numbers. */
static json_t *parse(const char *text, size_t n, json_error_t *why)
{
	json_t *root = json_loadb(text, n, 0, why);
	return root || json_error_code(why) != json_error_numeric_overflow ? root : json_loadb(text, n, JSON_DECODE_INT_AS_REAL, why);
}

json_t *cp_tok_json_file(const char *path, struct cp_err *err)
{
	struct cp_buf b = CP_BUF_INIT;
	json_error_t why;
	json_t *root = NULL;
	int rc = cp_read_file(path, &b, err);
	size_t bom = rc < 0 ? 0 : cp_utf8_bom(b.data, b.len);
	if (rc == 0 && !(root = parse(b.data + bom, b.len - bom, &why)))
		cp_err_set(err, "%s: line %d, column %d: not JSON: %s", path, why.line, why.column, why.text);
	cp_buf_release(&b);
	if (root && !json_is_object(root)) {
		cp_err_set(err, "%s: the JSON is not an object", path);
		json_decref(root);
		root = NULL;
	}
	return root;
}

int cp_tok_json_bool(const json_t *obj, const char *key, int *out, const char *name, struct cp_err *err)
{
	const json_t *v = json_object_get(obj, key);
	if (!v || json_is_null(v))
		return 0;
	if (!json_is_boolean(v))
		return cp_err_set(err, "%s: \"%s\" is neither true nor false", name, key);
	*out = json_is_true(v);
	return 0;
}

int cp_tok_json_whole(const json_t *obj, const char *key, int64_t least, int64_t most, int64_t *out, const char *name, struct cp_err *err)
{
	const json_t *v = json_object_get(obj, key);
	double x = json_number_value(v);
	if (!v || json_is_null(v))
		return 0;
	if (!json_is_number(v) || x < (double)least || x > (double)most || x != floor(x)) {
		char *found = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
		cp_err_set(err, "%s: \"%s\" is %.40s; expected a whole number from %lld to %lld", name, key, found ? found : "no number", (long long)least,
			   (long long)most);
		free(found);
		return -1;
	}
	*out = (int64_t)x;
	return 0;
}

const char *cp_tok_json_type(const json_t *obj)
{
	const char *type = json_string_value(json_object_get(obj, "type"));
	if (type)
		return type;
	return !obj || json_is_null(obj) ? "nothing" : json_is_object(obj) ? "an object without a type" : "no object";
}
