/* Made-up clicks of GoodReads' shape, as CSV on standard output: 15 fields, 4.5 million values, label rate .7.
 *
 *     build/plain/bench/clicks ROWS [SEED] | cp-featurize > rows.cps
 *
 * Users and books are met by a power law, a part of them evenly, so that nearly every one occurs in 20 million rows; what is told of a book
 * (title, author, year, ...) follows from the book.  A click follows from a trait of the user, one of the book and the match of four hidden
 * traits of each, so that a model has something to learn; the first row has the smallest time. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/rng.h"

#define USERS 450000
#define BOOKS 1300000

/* What is told of a book: how many values it has; the book's number modulo that names the value, where it is not the book's own. */
static const struct {
	const char *name;
	uint64_t n;
} of_book[] = {
	{ "Title", 1150000 }, { "ISBN", 1000000 }, { "Author ID", 480000 }, { "Author", 160000 }, { "Year", 120 }, { "Language", 220 },
	{ "Country", 30 }, { "Format", 40 }, { "Publisher", 9000 }, { "Genre", 10 }, { "Pages", 1500 }, { "Is ebook", 2 },
};
#define N_OF_BOOK (sizeof of_book / sizeof *of_book)

static uint64_t draw(struct cp_rng *r, uint64_t n)
{
	double u = cp_rng_real(r);
	if (cp_rng_real(r) < 0.35)
		return (uint64_t)(u * (double)n);
	return (uint64_t)(u * u * u * u * (double)n);
}

/* In [-1, 1), of a thing and a trait of it. */
static double trait(uint64_t thing, uint64_t which)
{
	return (double)(int64_t)cp_mix64(thing * 64 + which + 1) * 0x1p-63;
}

static int clicks(struct cp_rng *r, uint64_t user, uint64_t book)
{
	double z = 1.1 + trait(user, 0) + trait(book, 8);
	for (uint64_t i = 1; i <= 4; i++)
		z += 1.2 * trait(user, i) * trait(book, 8 + i);
	return cp_rng_real(r) < 1 / (1 + exp(-z));
}

static void add_row(struct cp_buf *b, uint64_t row, uint64_t seed)
{
	struct cp_rng r = cp_rng(seed, CP_RNG_TEST, 0, row);
	uint64_t user = draw(&r, USERS), book = draw(&r, BOOKS);
	cp_buf_str(b, clicks(&r, user, book + USERS) ? "1," : "0,");
	cp_buf_decimal(b, 1100000000 + row * 10);
	cp_buf_str(b, ",u");
	cp_buf_decimal(b, user);
	cp_buf_str(b, ",b");
	cp_buf_decimal(b, book);
	for (size_t i = 0; i < N_OF_BOOK; i++) {
		cp_buf_char(b, ',');
		cp_buf_decimal(b, (book * 2654435761 + i) % of_book[i].n);
	}
	cp_buf_str(b, ",d");
	cp_buf_decimal(b, cp_rng_u64(&r) % 31);
	cp_buf_char(b, '\n');
}

int main(int argc, char **argv)
{
	struct cp_buf b = CP_BUF_INIT;
	uint64_t n, seed = 1;
	if (argc < 2 || argc > 3 || cp_parse_u64(argv[1], &n) < 0 || (argc > 2 && cp_parse_u64(argv[2], &seed) < 0)) {
		fprintf(stderr, "usage: clicks ROWS [SEED] > CSV\n");
		return 2;
	}
	cp_buf_str(&b, "label,timestamp,User ID,Book ID");
	for (size_t i = 0; i < N_OF_BOOK; i++)
		cp_buf_printf(&b, ",%s", of_book[i].name);
	cp_buf_str(&b, ",Day\n");
	for (uint64_t row = 0; row < n; row++) {
		add_row(&b, row, seed);
		if (b.len > 1 << 16) {
			fwrite(b.data, 1, b.len, stdout);
			cp_buf_reset(&b);
		}
	}
	fwrite(b.data, 1, b.len, stdout);
	cp_buf_release(&b);
	return ferror(stdout) || fflush(stdout) == EOF;
}
