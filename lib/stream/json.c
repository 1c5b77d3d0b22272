/* Help around jansson. */
#include "stream/json.h"

#include <stdlib.h>

int cp_json_print(const json_t *j, struct cp_buf *b, struct cp_err *err)
{
	char *s = json_dumps(j, JSON_COMPACT | JSON_REAL_PRECISION(15));
	json_t *back = s ? json_loads(s, 0, NULL) : NULL;
	if (!back || !json_equal(back, j)) {
		free(s);
		s = json_dumps(j, JSON_COMPACT | JSON_REAL_PRECISION(17));
	}
	json_decref(back);
	if (!s)
		return cp_err_set(err, "a header or trailer cannot be written as JSON: it holds text that is not UTF-8");
	cp_buf_str(b, s);
	free(s);
	return 0;
}

json_t *cp_json_object(const char *text, size_t n, const char *what, struct cp_err *err)
{
	json_error_t e;
	json_t *j = json_loadb(text, n, JSON_REJECT_DUPLICATES, &e);
	if (!j) {
		cp_err_set(err, "%s: not JSON: %s, at byte %d", what, e.text, e.position);
		return NULL;
	}
	if (!json_is_object(j)) {
		json_decref(j);
		cp_err_set(err, "%s: expected a JSON object", what);
		return NULL;
	}
	return j;
}

json_t *cp_chain_put(json_t *steps, const json_t *chain)
{
	json_t *out = json_array(), *step;
	size_t i;
	json_array_foreach(chain, i, step) {
		size_t k = 0;
		while (k < json_array_size(steps) && !json_equal(json_array_get(steps, k), step))
			k++;
		if (k == json_array_size(steps))
			json_array_append(steps, step);
		json_array_append_new(out, json_integer((json_int_t)k));
	}
	return out;
}

json_t *cp_chain_get(const json_t *steps, const json_t *indices)
{
	json_t *out = json_array(), *k;
	size_t i;
	json_array_foreach(indices, i, k) {
		json_int_t at = json_is_integer(k) ? json_integer_value(k) : -1;
		json_t *step = at < 0 ? NULL : json_array_get(steps, (size_t)at);
		if (!json_is_object(step)) {
			json_decref(out);
			return NULL;
		}
		json_array_append(out, step);
	}
	return out;
}
