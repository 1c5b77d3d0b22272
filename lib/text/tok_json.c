/* Reading the JSON of a model folder, with sentences. */
#include "text/tok_impl.h"

#include <string.h>

#include "base/file.h"
#include "text/unicode.h"

/* Integers of 19 digits and more become reals: transformers writes model_max_length 1000000000000000019884624838656 where there is none. */
static void widen(const char *s, size_t n, struct cp_buf *out)
{
	static const char digits[] = "0123456789";
	int in_string = 0;
	for (size_t i = 0, run; i < n; i += run) {
		for (run = 0; !in_string && i + run < n && s[i + run] && strchr(digits, s[i + run]); run++)
			;
		int is_long = run >= 19 && !(i && s[i - 1] == '.') && !(i + run < n && s[i + run] && strchr(".eE", s[i + run]));
		run = run ? run : in_string && s[i] == '\\' && i + 1 < n ? 2 : 1;
		in_string ^= s[i] == '"';
		cp_buf_add(out, s + i, run);
		cp_buf_str(out, is_long ? ".0" : "");
	}
}

static json_t *load(const char *s, size_t n, json_error_t *why)
{
	json_t *root = json_loadb(s, n, 0, why);
	if (!root && json_error_code(why) == json_error_numeric_overflow) {
		struct cp_buf b = CP_BUF_INIT;
		widen(s, n, &b);
		root = json_loadb(b.data, b.len, 0, why);
		cp_buf_release(&b);
	}
	return root;
}

json_t *cp_tok_json_file(const char *path, struct cp_err *err)
{
	struct cp_buf b = CP_BUF_INIT;
	json_error_t why;
	json_t *root = NULL;
	int rc = cp_read_file(path, &b, err);
	size_t bom = rc < 0 ? 0 : cp_utf8_bom(b.data, b.len);
	if (rc == 0 && !(root = load(b.data + bom, b.len - bom, &why)))
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

const char *cp_tok_json_type(const json_t *obj)
{
	const char *type = json_string_value(json_object_get(obj, "type"));
	if (type)
		return type;
	return !obj || json_is_null(obj) ? "nothing" : json_is_object(obj) ? "an object without a type" : "no object";
}
