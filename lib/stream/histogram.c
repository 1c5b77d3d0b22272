/* Counting values: see histogram.h.
 *
 * A value is counted as a 64-bit word whose order is the values' order.  Counts are added up in a table; a full table is emptied into a
 * sorter, where equal words meet.  From there come the words in order with their counts.  Bins are cut in one go over them, by what is left
 * for each bin; keys go through a second sorter, by count. */
#include "stream/histogram.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/map.h"
#include "base/num.h"
#include "stream/sorter.h"

struct word {
	uint64_t word, rows;
};

struct job {
	const struct cp_histogram *c;
	struct cp_reader *r;
	FILE *out;
	int column;
	enum cp_type type;
	struct cp_store store;
	struct cp_pick *pick;
	struct cp_map rows_of;		/* words */
	size_t most_slots;
	struct cp_sorter *words, *counts;
	struct word held;		/* the word that the next record may still add to */
	int have_held;
	uint64_t total, n_words;
};

/* ---- Words ---- */

/* 0: missing. */
static uint64_t real_word(double v)
{
	return isnan(v) ? 0 : cp_ordered_bits(v);
}

static uint64_t word_of(const struct job *j, const struct cp_values *v, size_t i)
{
	if (j->store.is_list) {
		uint64_t n = v->offsets[i + 1] - v->offsets[i];
		return j->type == CP_MASK ? n / 2 : n;
	}
	switch (j->store.elem) {
	case CP_F64: return real_word(v->f64[i]);
	case CP_F32: return real_word((double)v->f32[i]);
	case CP_I64: return (uint64_t)v->i64[i] ^ UINT64_C(1) << 63;
	case CP_U32: return v->u32[i];
	default: return v->u64[i];
	}
}

static void put_word(const struct job *j, uint64_t word, struct cp_buf *b)
{
	char s[32];
	int64_t i = (int64_t)(word ^ UINT64_C(1) << 63);
	if (j->type == CP_KEY || j->type == CP_KEYS)
		cp_buf_printf(b, "%016" PRIx64, word);
	else if (j->store.is_list || j->store.elem == CP_U32 || j->store.elem == CP_U64)
		cp_buf_printf(b, "%" PRIu64, word);
	else if (j->store.elem != CP_I64)
		cp_buf_str(b, word ? cp_print_real(cp_ordered_real(word), s) : "nan");
	else if (j->type != CP_TIME || i != CP_TIME_MISSING)
		cp_buf_printf(b, "%" PRId64, i);
}

/* ---- Counting ---- */

static uint64_t get_be(const char *p)
{
	uint64_t v = 0;
	for (int i = 0; i < 8; i++)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

static int empty_table(struct job *j, struct cp_err *err)
{
	for (size_t i = 0; i < j->rows_of.n_slots; i++) {
		const struct cp_slot *s = &j->rows_of.slot[i];
		char key[8];
		if (!s->value)
			continue;
		cp_put_big_endian(key, s->key, 8);
		if (cp_sorter_add(j->words, key, sizeof key, &s->value, sizeof s->value, err) < 0)
			return -1;
	}
	cp_map_clear(&j->rows_of);
	return 0;
}

static int count(struct job *j, uint64_t word, struct cp_err *err)
{
	if (cp_map_is_full(&j->rows_of) && 2 * j->rows_of.n_slots > j->most_slots && !cp_map_find(&j->rows_of, word)->value && empty_table(j, err) < 0)
		return -1;
	cp_map_at(&j->rows_of, word)->value++;
	j->total++;
	return 0;
}

static int count_row(struct job *j, const struct cp_values *v, size_t i, struct cp_err *err)
{
	if (j->type != CP_KEYS)
		return count(j, word_of(j, v, i), err);
	for (uint32_t k = v->offsets[i]; k < v->offsets[i + 1]; k++)
		if (count(j, v->u64[k], err) < 0)
			return -1;
	return 0;
}

/* ---- Words in order ---- */

static int rewind_words(struct job *j, struct cp_err *err)
{
	j->have_held = 0;
	return cp_sorter_rewind(j->words, err);
}

/* The next word with all its rows: 1, 0 the end, -1. */
static int next_word(struct job *j, struct word *out, struct cp_err *err)
{
	struct cp_sorted x;
	int rc;
	while ((rc = cp_sorter_next(j->words, &x, err)) == 1) {
		struct word s = { get_be(x.key), 0 };
		memcpy(&s.rows, x.body, sizeof s.rows);
		if (j->have_held && j->held.word == s.word) {
			j->held.rows += s.rows;
			continue;
		}
		int had = j->have_held;
		*out = j->held;
		j->held = s;
		j->have_held = 1;
		if (had)
			return 1;
	}
	if (rc < 0 || !j->have_held)
		return rc;
	*out = j->held;
	j->have_held = 0;
	return 1;
}

static int put_line(struct job *j, uint64_t from, const uint64_t *to, uint64_t rows, struct cp_err *err)
{
	struct cp_buf b = CP_BUF_INIT;
	put_word(j, from, &b);
	if (to) {
		cp_buf_char(&b, '\t');
		put_word(j, *to, &b);
	}
	cp_buf_printf(&b, "\t%" PRIu64 "\t%.6f\n", rows, (double)rows / (double)j->total);
	int rc = fputs(b.data, j->out) == EOF ? cp_err_set(err, "write: %m") : 0;
	cp_buf_release(&b);
	return rc;
}

/* ---- Keys: by count ---- */

static int put_keys(struct job *j, struct cp_err *err)
{
	struct word s;
	struct cp_sorted x;
	int rc;
	if (fputs("key\trows\tshare\n", j->out) == EOF)
		return cp_err_set(err, "write: %m");
	j->counts = cp_sorter_new(j->c->memory / 3);
	while ((rc = next_word(j, &s, err)) == 1) {
		char key[16];
		cp_put_big_endian(key, ~s.rows, 8);
		cp_put_big_endian(key + 8, s.word, 8);
		if (cp_sorter_add(j->counts, key, sizeof key, "", 0, err) < 0)
			return -1;
	}
	if (rc < 0 || cp_sorter_ready(j->counts, err) < 0)
		return -1;
	while ((rc = cp_sorter_next(j->counts, &x, err)) == 1)
		if (put_line(j, get_be(x.key + 8), NULL, ~get_be(x.key), err) < 0)
			return -1;
	return rc;
}

/* ---- The others: in bins ---- */

static int is_missing(const struct job *j, uint64_t word)
{
	int real = !j->store.is_list && (j->store.elem == CP_F64 || j->store.elem == CP_F32);
	return word == 0 && (real || j->type == CP_TIME);
}

static int count_words(struct job *j, uint64_t *missing, struct cp_err *err)
{
	struct word s;
	int rc;
	*missing = 0;
	while ((rc = next_word(j, &s, err)) == 1)
		if (is_missing(j, s.word))
			*missing = s.rows;
		else
			j->n_words++;
	return rc < 0 ? -1 : rewind_words(j, err);
}

/* A bin takes words until it has its share of the rows that were left when it began. */
static int put_bins(struct job *j, struct cp_err *err)
{
	struct word s;
	uint64_t missing, bins = j->c->n_bins, rows = 0, from = 0;
	int rc;
	if (fputs("from\tto\trows\tshare\n", j->out) == EOF)
		return cp_err_set(err, "write: %m");
	if (count_words(j, &missing, err) < 0)
		return -1;
	uint64_t left = j->total - missing, words = j->n_words;
	int singly = words <= bins;
	while ((rc = next_word(j, &s, err)) == 1) {
		if (is_missing(j, s.word)) {
			if (put_line(j, s.word, &s.word, s.rows, err) < 0)
				return -1;
			continue;
		}
		from = rows ? from : s.word;
		rows += s.rows;
		if (!--words || singly || (bins > 1 && rows >= left / bins)) {
			if (put_line(j, from, &s.word, rows, err) < 0)
				return -1;
			left -= rows;
			rows = 0;
			bins -= bins > 1;
		}
	}
	return rc;
}

/* ---- The whole ---- */

static int bind(struct job *j, struct cp_err *err)
{
	const struct cp_schema *s = cp_reader_schema(j->r);
	j->column = cp_schema_lookup(s, j->c->column, err);
	if (j->column < 0)
		return cp_err_wrap(err, "%s", cp_reader_name(j->r));
	if (cp_pick_bind(j->pick, j->r, err) < 0)
		return -1;
	j->type = s->column[j->column].type;
	j->store = s->column[j->column].store;
	if (!j->store.width)
		return cp_err_set(err, "%s: column '%s' has a storage that this version does not know", cp_reader_name(j->r), j->c->column);
	j->most_slots = j->c->memory / 3 / sizeof(struct cp_slot);
	cp_map_init(&j->rows_of);
	j->words = cp_sorter_new(j->c->memory / 3);
	return 0;
}

static int read_rows(struct job *j, struct cp_err *err)
{
	struct cp_block b;
	const uint32_t *rows;
	int rc;
	cp_pick_choose(j->pick, j->r, &j->column, 1);
	while ((rc = cp_reader_next(j->r, &b, err)) == 1) {
		size_t n_rows = cp_pick_rows(j->pick, &b, &rows);
		for (size_t i = 0; i < n_rows; i++)
			if (count_row(j, &b.column[j->column], rows[i], err) < 0)
				return -1;
	}
	if (rc < 0 || empty_table(j, err) < 0)
		return -1;
	cp_map_release(&j->rows_of);
	return cp_sorter_ready(j->words, err);
}

int cp_histogram(const struct cp_histogram *c, struct cp_reader *r, FILE *out, uint64_t *n_in, struct cp_err *err)
{
	struct job j = { .c = c, .r = r, .out = out, .pick = cp_pick_new(&c->pick) };
	int rc = cp_pick_first_pass(j.pick, r, err) < 0 || bind(&j, err) < 0 || read_rows(&j, err) < 0 ? -1 : 0;
	if (rc == 0)
		rc = j.type == CP_KEY || j.type == CP_KEYS ? put_keys(&j, err) : put_bins(&j, err);
	*n_in = cp_reader_rows(r);
	cp_sorter_free(j.words);
	cp_sorter_free(j.counts);
	cp_pick_free(j.pick);
	cp_map_release(&j.rows_of);
	return rc;
}
