#include "base/json.h"

#include <jansson.h>

#include "base/mem.h"

static json_malloc_t theirs;

static void *guarded(size_t n)
{
	void *p = theirs(n);
	if (!p && cp_mem_is_watched())
		cp_out_of_memory(n);
	return p;
}

void cp_json_guard_memory(void)
{
	json_free_t give_back;
	json_get_alloc_funcs(&theirs, &give_back);
	json_set_alloc_funcs(guarded, give_back);
}
