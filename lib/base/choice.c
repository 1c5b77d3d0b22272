#include "base/choice.h"

#include <assert.h>
#include <string.h>

int cp_choice(const char *choices, const char *word)
{
	size_t n = strlen(word);
	int i = 0;
	for (const char *w = choices; w; w = strchr(w, '|'), w = w ? w + 1 : NULL, i++)
		if (strcspn(w, "|") == n && !memcmp(w, word, n))
			return i;
	return -1;
}

const char *cp_choice_word(const char *choices, int number, char word[CP_WORD])
{
	while (number--)
		choices = strchr(choices, '|') + 1;
	size_t n = strcspn(choices, "|");
	assert(n < CP_WORD);
	memcpy(word, choices, n);
	word[n] = 0;
	return word;
}
