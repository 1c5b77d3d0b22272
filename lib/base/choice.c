#include "base/choice.h"

#include <assert.h>
#include <string.h>

#include "base/list.h"

int cp_choice(const char *choices, const char *word)
{
	const char *w;
	size_t n, n_word = strlen(word);
	for (int i = 0; cp_next_piece(&choices, '|', &w, &n); i++)
		if (n == n_word && !memcmp(w, word, n))
			return i;
	return -1;
}

const char *cp_choice_word(const char *choices, int number, char word[CP_WORD])
{
	const char *w = NULL;
	size_t n = 0;
	while (cp_next_piece(&choices, '|', &w, &n) && number)
		number--;
	assert(!number && n < CP_WORD);
	memcpy(word, w, n);
	word[n] = 0;
	return word;
}
