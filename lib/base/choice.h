/* Words that stand for the numbers of an enum, as one string in its order: "auto|own|openblas". */
#ifndef CP_CHOICE_H
#define CP_CHOICE_H

/* Which of them a word is, from 0; -1: none. */
int cp_choice(const char *choices, const char *word);

/* The word of that number, which must be one: into `word`, and returned. */
#define CP_WORD 32
const char *cp_choice_word(const char *choices, int number, char word[CP_WORD]);

#endif
