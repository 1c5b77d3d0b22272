/* A trie over byte strings: all those of a set that begin a text, in one walk.
 *
 * Nodes lie level by level, the children of one side by side in the order of their bytes, so a step is a binary search among at most 256
 * neighbours, and nothing is hashed.
 *
 *     struct cp_trie t;
 *     cp_trie_init(&t, strings, n);                    // strings[i].id is what is found; the array is sorted
 *     for (uint32_t node = 0, i = 0; i < len && cp_trie_step(&t, &node, s[i]); i++)
 *             if (t.node[node].id != CP_TRIE_NONE) ... s[0..i] is in the set ...
 *     cp_trie_release(&t);
 */
#ifndef CP_TRIE_H
#define CP_TRIE_H

#include <stddef.h>
#include <stdint.h>

#define CP_TRIE_NONE UINT32_MAX

struct cp_trie_string {
	const char *s;
	uint32_t n, id;
};

struct cp_trie_node {
	uint32_t id;		/* CP_TRIE_NONE: no string ends here */
	uint32_t child;		/* the first of them */
	uint16_t n_children;
	unsigned char byte;	/* by which this node is reached */
};

struct cp_trie {
	struct cp_trie_node *node;	/* 0 is the root */
	size_t n;
};

/* The strings are needed during the call only.  Fewer than 2^31 bytes in all.  Of equal strings one is kept. */
void cp_trie_init(struct cp_trie *, struct cp_trie_string *strings, size_t n);
void cp_trie_release(struct cp_trie *);

/* From *node by a byte: 1 and the node there, or 0. */
static inline int cp_trie_step(const struct cp_trie *t, uint32_t *node, unsigned char byte)
{
	const struct cp_trie_node *at = &t->node[*node];
	uint32_t lo = at->child, end = lo + at->n_children, hi = end;
	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;
		if (t->node[mid].byte < byte)
			lo = mid + 1;
		else
			hi = mid;
	}
	*node = lo;
	return lo < end && t->node[lo].byte == byte;
}

#endif
