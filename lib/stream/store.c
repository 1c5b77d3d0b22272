/* Names of types and storages.  A storage is an element ("u32", "u64", "i64", "f32", "f64"), a list of them ("[u32]"), or "bytes". */
#include "stream/store.h"

#include <string.h>

static const struct {
	const char *name, *storage;
} types[CP_OTHER_TYPE] = {
	[CP_KEY] = { "key", "u64" },
	[CP_KEYS] = { "keys", "[u64]" },
	[CP_LABEL] = { "label", "f64" },
	[CP_WEIGHT] = { "weight", "f64" },
	[CP_NUMBER] = { "number", "f64" },
	[CP_TIME] = { "time", "i64" },
	[CP_ROW] = { "row", "u64" },
	[CP_TEXT] = { "text", "bytes" },
	[CP_TOKENS] = { "tokens", "[u32]" },
	[CP_MASK] = { "mask", "[u32]" },
};

static const struct {
	const char *name;
	enum cp_elem elem;
	int width;
} elems[] = {
	{ "u32", CP_U32, 4 }, { "u64", CP_U64, 8 }, { "i64", CP_I64, 8 }, { "f32", CP_F32, 4 }, { "f64", CP_F64, 8 },
};

const char *cp_type_name(enum cp_type t)
{
	return t < CP_OTHER_TYPE ? types[t].name : NULL;
}

enum cp_type cp_type_by_name(const char *name)
{
	int t = 0;
	while (t < CP_OTHER_TYPE && strcmp(types[t].name, name))
		t++;
	return (enum cp_type)t;
}

const char *cp_type_storage(enum cp_type t)
{
	return t < CP_OTHER_TYPE ? types[t].storage : NULL;
}

struct cp_store cp_store_by_name(const char *name)
{
	size_t n = strlen(name);
	int list = n > 2 && name[0] == '[' && name[n - 1] == ']';
	if (!strcmp(name, "bytes"))
		return (struct cp_store){ CP_BYTE, 1, 1 };
	for (size_t i = 0; i < sizeof elems / sizeof *elems; i++) {
		size_t len = strlen(elems[i].name);
		if (n == len + 2 * (size_t)list && !memcmp(name + list, elems[i].name, len))
			return (struct cp_store){ elems[i].elem, list, elems[i].width };
	}
	return (struct cp_store){ CP_BYTE, 0, 0 };
}
