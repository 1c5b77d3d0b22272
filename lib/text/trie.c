/* Building a trie from sorted strings, level by level: see trie.h. */
#include "text/trie.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* The strings below a node: a run of the sorted ones, and how many bytes they share. */
struct run {
	size_t from, to, depth;
};

static int by_bytes(const void *a, const void *b)
{
	const struct cp_trie_string *x = a, *y = b;
	size_t n = x->n < y->n ? x->n : y->n;
	int order = n ? memcmp(x->s, y->s, n) : 0;
	if (order)
		return order;
	return x->n != y->n ? (x->n > y->n) - (x->n < y->n) : (x->id > y->id) - (x->id < y->id);
}

/* Adds the children of a node, with their runs. */
static void spread(struct cp_trie *t, struct run *run, uint32_t node, const struct cp_trie_string *str)
{
	struct cp_trie_node *at = &t->node[node];
	struct run r = run[node];
	for (; r.from < r.to && str[r.from].n == r.depth; r.from++)
		at->id = str[r.from].id;
	at->child = (uint32_t)t->n;
	for (size_t end; r.from < r.to; r.from = end) {
		unsigned char byte = (unsigned char)str[r.from].s[r.depth];
		for (end = r.from + 1; end < r.to && (unsigned char)str[end].s[r.depth] == byte; end++)
			;
		t->node[t->n] = (struct cp_trie_node){ .id = CP_TRIE_NONE, .byte = byte };
		run[t->n++] = (struct run){ r.from, end, r.depth + 1 };
		at->n_children++;
	}
}

void cp_trie_init(struct cp_trie *t, struct cp_trie_string *str, size_t n)
{
	size_t most = 1;
	for (size_t i = 0; i < n; i++)
		most += str[i].n;
	if (n)
		qsort(str, n, sizeof *str, by_bytes);
	struct run *run = cp_xcalloc(most, sizeof *run);
	t->node = cp_xcalloc(most, sizeof *t->node);
	t->node[0].id = CP_TRIE_NONE;
	t->n = 1;
	run[0] = (struct run){ 0, n, 0 };
	for (size_t i = 0; i < t->n; i++)
		spread(t, run, (uint32_t)i, str);
	free(run);
	t->node = cp_xrealloc(t->node, t->n, sizeof *t->node);
}

void cp_trie_release(struct cp_trie *t)
{
	free(t->node);
	*t = (struct cp_trie){ 0 };
}
