/* A vocabulary from text: WordPiece as BERT has it, or byte-level BPE as RoBERTa has it.
 *
 * Words are counted as the tokenizer will cut them (text/bertnorm.h, text/bytelevel.h); each begins as its characters, "w ##o ##r ##d", or
 * its bytes, and the pair of neighbours that occurs most often is merged into one piece, again and again, until the vocabulary is full or
 * no pair occurs often enough (Sennrich et al., arXiv 1508.07909; for WordPiece with the pieces written its way).  Pairs are chosen by their count, not by
 * count(ab) / (count(a) count(b)), the likelihood gain of Schuster & Nakajima: that score prefers pairs of rare pieces, so a small
 * vocabulary fills with odd names before it has "the"; by count, frequent words become whole first, which is what few entries are best
 * spent on.  Of pairs with one count, the one whose spelling comes first in byte order is merged.
 *
 * So the vocabulary depends on the text as a bag of words and on nothing else: not on the order of lines.
 *
 *     struct cp_vocab_trainer *tr = cp_vocab_trainer_new(&opts);
 *     cp_vocab_trainer_add(tr, line, n);  ...
 *     struct cp_buf vocab = CP_BUF_INIT;                              // as vocab.txt, a token a line; BPE: a pack
 *     if (cp_vocab_trainer_run(tr, &vocab, err) < 0) ...
 *     cp_vocab_trainer_free(tr);
 *
 * Memory: the different words of the text.
 */
#ifndef CP_VOCABTRAIN_H
#define CP_VOCABTRAIN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

#define CP_VOCAB_KINDS "wordpiece|bpe"	/* in the order of the enum below */
enum cp_vocab_kind { CP_VOCAB_WORDPIECE, CP_VOCAB_BPE };
#define CP_VOCAB_COVERS "none|ascii|latin1"	/* likewise */
enum cp_vocab_cover { CP_COVER_NONE, CP_COVER_ASCII, CP_COVER_LATIN1 };

struct cp_vocab_opts {
	enum cp_vocab_kind kind;
	size_t size;			/* entries at most */
	uint64_t min_frequency;		/* of a pair to be merged, and of a character to be an entry */
	/* the rest is WordPiece's */
	size_t max_characters;		/* of the text, most frequent first; those of `cover` come on top */
	int lower;			/* lower-case and strip accents, or leave both */
	enum cp_vocab_cover cover;	/* characters that are entries whether they occur or not: printable ASCII; Latin-1 and common
					   punctuation too */
};

#define CP_VOCAB_OPTS_DEFAULT { .size = 8000, .min_frequency = 2, .max_characters = 1000, .lower = 1, .cover = CP_COVER_ASCII }

struct cp_vocab_trainer;

struct cp_vocab_trainer *cp_vocab_trainer_new(const struct cp_vocab_opts *);
void cp_vocab_trainer_free(struct cp_vocab_trainer *);
void cp_vocab_trainer_add(struct cp_vocab_trainer *, const char *text, size_t n);

/* Once, after the last text.  Order: [PAD] [UNK] [CLS] [SEP] [MASK]; characters; continuing characters; pieces as they were merged.
 * -1 and a sentence if `size` has no room for the characters.
 * For BPE, as cp_tokenizer_unpack() takes it: <s> <pad> </s> <unk>; bytes; pieces as they were merged; <mask>. */
int cp_vocab_trainer_run(struct cp_vocab_trainer *, struct cp_buf *vocab, struct cp_err *);

#endif
