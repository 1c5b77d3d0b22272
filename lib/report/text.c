/* Tables of plain text, 100 columns wide: splits side by side as long as there is room, then once more for the next ones. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/show.h"
#include "report/summary.h"
#include "report/words.h"

#define WIDTH 100
#define ABREAST 3		/* splits beside each other */
#define NAME_WIDTH 24

struct page {
	const struct cp_profile *p;
	struct cp_buf *b;
	int from, to;		/* splits on this page */
};

/* A name cut to `width` characters, padded; its bytes that are no ASCII are let through. */
static int begins_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

static int cut_name(struct cp_buf *b, const char *name, int width)
{
	int whole = 0, n = 0;
	for (const char *p = name; *p; p++)
		whole += begins_character(*p);
	int most = whole > width ? width - 2 : whole;
	for (; *name && (n += begins_character(*name)) <= most; name++)
		cp_buf_char(b, (unsigned char)*name < ' ' || *name == 0x7f ? '?' : *name);
	if (whole > width)
		cp_buf_str(b, "..");
	return whole > width ? width : whole;
}

static void put_name(struct cp_buf *b, const char *name, int width)
{
	int n = cut_name(b, name, width);
	cp_buf_printf(b, "%*s", width - n, "");
}

/* A column's, behind a space. */
static void put_heading(struct cp_buf *b, const char *name, int width)
{
	struct cp_buf cut = CP_BUF_INIT;
	int n = cut_name(&cut, name, width);
	cp_buf_printf(b, " %*s%s", width - n, "", n ? cut.data : "");
	cp_buf_release(&cut);
}

static void end_line(struct cp_buf *b)
{
	while (b->len && b->data[b->len - 1] == ' ')
		b->data[--b->len] = 0;
	cp_buf_char(b, '\n');
}

/* ---- the splits ---- */

/* A line of the first table: a word, then what `cell` says of each split. */
static void split_line(const struct page *g, const char *word, void (*cell)(const struct cp_profile *, int split, char *buf))
{
	char buf[80];
	cp_buf_printf(g->b, "  %-28s", word);
	for (int i = g->from; i < g->to; i++) {
		cell(g->p, i, buf);
		cp_buf_printf(g->b, " %21s", buf);
	}
	end_line(g->b);
}

static const struct cp_column_split *of_type(const struct cp_profile *p, enum cp_type type, int split)
{
	for (int i = 0; i < p->n_columns; i++)
		if (p->column[i].type == type)
			return &p->column[i].split[split];
	return NULL;
}

static void cell_rows(const struct cp_profile *p, int i, char *buf) { cp_count_words(p->split[i].rows, buf); }
static void cell_bad(const struct cp_profile *p, int i, char *buf) { cp_count_words(p->split[i].bad_rows, buf); }
static void cell_positives(const struct cp_profile *p, int i, char *buf) { cp_count_words(p->split[i].labels[1], buf); }
static void cell_other(const struct cp_profile *p, int i, char *buf) { cp_count_words(p->split[i].labels[2], buf); }
static void cell_first(const struct cp_profile *p, int i, char *buf) { cp_time_words(of_type(p, CP_TIME, i)->first, buf); }
static void cell_last(const struct cp_profile *p, int i, char *buf) { cp_time_words(of_type(p, CP_TIME, i)->last, buf); }
static void cell_no_time(const struct cp_profile *p, int i, char *buf) { cp_count_words(of_type(p, CP_TIME, i)->missing, buf); }
static void cell_bad_weight(const struct cp_profile *p, int i, char *buf) { cp_count_words(of_type(p, CP_WEIGHT, i)->bad, buf); }

static void cell_rate(const struct cp_profile *p, int i, char *buf)
{
	const uint64_t *n = p->split[i].labels;
	if (n[0] + n[1])
		sprintf(buf, "%.4f", (double)n[1] / (double)(n[0] + n[1]));
	else
		strcpy(buf, "-");
}

/* A number of rows and its share of the split. */
static void cell_part(const struct cp_profile *p, int i, uint64_t n, char *buf)
{
	char count[32], part[32];
	cp_count_words(n, count);
	if (p->split[i].rows)
		cp_share_words((double)n / (double)p->split[i].rows, part);
	sprintf(buf, "%s%s%s%s", count, p->split[i].rows ? " (" : "", p->split[i].rows ? part : "", p->split[i].rows ? ")" : "");
}

static void cell_copies(const struct cp_profile *p, int i, char *buf) { cell_part(p, i, p->split[i].copies, buf); }

static void cell_shared(const struct cp_profile *p, int i, char *buf)
{
	if (i)
		cell_part(p, i, p->split[i].shared, buf);
	else
		strcpy(buf, "-");
}

static void cell_unseen(const struct cp_profile *p, int i, char *buf)
{
	if (i)
		cell_part(p, i, p->split[i].unseen_any, buf);
	else
		strcpy(buf, "-");
}

static void cell_weights(const struct cp_profile *p, int i, char *buf)
{
	const struct cp_column_split *s = of_type(p, CP_WEIGHT, i);
	sprintf(buf, "%.4g..%.4g, mean %.4g", s->quantile[0], s->quantile[CP_QUANTILES - 1], s->present ? s->sum / (double)s->present : 0);
}

static int any_bad_rows(const struct cp_profile *p)
{
	for (int i = 0; i < p->n_splits; i++)
		if (p->split[i].bad_rows)
			return 1;
	return 0;
}

static void put_splits(const struct page *g)
{
	const struct cp_profile *p = g->p;
	cp_buf_printf(g->b, "%-30s", "Splits");
	for (int i = g->from; i < g->to; i++)
		put_heading(g->b, p->split[i].name, 21);
	end_line(g->b);
	split_line(g, "rows", cell_rows);
	if (any_bad_rows(p))
		split_line(g, "bad rows left out", cell_bad);
	if (p->label >= 0) {
		split_line(g, "rows with label 1", cell_positives);
		split_line(g, "label rate", cell_rate);
		split_line(g, "labels neither 0 nor 1", cell_other);
	}
	if (p->time >= 0) {
		split_line(g, "first time", cell_first);
		split_line(g, "last time", cell_last);
		split_line(g, "rows without a time", cell_no_time);
	}
	if (of_type(p, CP_WEIGHT, 0)) {
		split_line(g, "weights", cell_weights);
		split_line(g, "weights that are none", cell_bad_weight);
	}
	if (!p->opts.no_rows)
		split_line(g, "equal to an earlier row", cell_copies);
	if (p->n_splits > 1 && !p->opts.no_rows)
		split_line(g, "equal to a row of the first", cell_shared);
	if (p->n_splits > 1)
		split_line(g, "with a value unseen in it", cell_unseen);
	cp_buf_char(g->b, '\n');
}

/* ---- labels by time ---- */

static void put_periods(const struct cp_profile *p, struct cp_buf *b)
{
	char buf[32];
	if (p->n_periods < 2 || p->label < 0)
		return;
	cp_buf_printf(b, "%-24s%13s", "Label rate from", "rows");
	for (int s = 0; s < p->n_splits && s < 4; s++)
		put_heading(b, p->split[s].name, 14);
	end_line(b);
	for (int i = 0; i < p->n_periods; i++) {
		const struct cp_period *q = &p->period[i];
		uint64_t n = 0;
		for (int s = 0; s < p->n_splits; s++)
			n += q->n[s];
		cp_buf_printf(b, "  %-22s", cp_time_words(q->from, buf));
		cp_buf_printf(b, "%13s", cp_count_words(n, buf));
		for (int s = 0; s < p->n_splits && s < 4; s++) {
			snprintf(buf, sizeof buf, "%.4f", (double)q->pos[s] / (double)q->judged[s]);
			cp_buf_printf(b, " %14s", q->judged[s] ? buf : "-");
		}
		end_line(b);
	}
	cp_buf_char(b, '\n');
}

/* ---- the fields ---- */

static void put_share(struct cp_buf *b, int width, uint64_t part, uint64_t of)
{
	char buf[32];
	cp_buf_printf(b, "%*s", width, cp_share_words(of ? (double)part / (double)of : NAN, buf));
}

static void put_field(const struct cp_profile *p, const struct cp_profile_column *c, struct cp_buf *b)
{
	const struct cp_column_split *s = &c->split[0];
	char buf[32];
	cp_buf_str(b, "  ");
	put_name(b, c->name, NAME_WIDTH);
	cp_buf_printf(b, " %-6s %12s", c->type == CP_KEY ? "key" : c->type == CP_KEYS ? "list" : "number", cp_count_words(s->distinct, buf));
	put_share(b, 9, s->missing, p->split[0].rows);
	put_share(b, 9, s->most, s->n_values);
	put_share(b, 9, s->once, s->distinct);
	for (int i = 1; i < p->n_splits && i < 3; i++) {
		if (c->type == CP_NUMBER)
			cp_buf_printf(b, "%9s", "");
		else
			put_share(b, 9, c->split[i].unseen, p->split[i].rows);
	}
	if (p->label >= 0 && !isnan(c->auc))
		cp_buf_printf(b, "%7.3f", c->auc);
	else
		cp_buf_printf(b, "%7s", p->label >= 0 ? "-" : "");
	end_line(b);
}

static void put_fields(const struct cp_profile *p, struct cp_buf *b)
{
	if (!p->n_fields)
		return;
	if (p->n_splits > 1)
		cp_buf_printf(b, "%*sunseen in\n", NAME_WIDTH + 51, "");
	cp_buf_printf(b, "%-*s%-6s %12s%9s%9s%9s", NAME_WIDTH + 3, "Fields", "kind", "values", "missing", "most", "once");
	for (int i = 1; i < p->n_splits && i < 3; i++)
		put_heading(b, p->split[i].name, 8);
	cp_buf_printf(b, "%7s", p->label >= 0 ? "AUC" : "");
	end_line(b);
	for (int i = 0; i < p->n_columns; i++)
		if (cp_is_field(p->column[i].type))
			put_field(p, &p->column[i], b);
	cp_buf_str(b, "  (in the first split: distinct values, rows without one, share of the most frequent value, share\n"
		   "  of the values that occur once");
	if (p->n_splits > 1)
		cp_buf_str(b, "; in the others: rows with a value that the first has not");
	cp_buf_str(b, p->label >= 0 ? ";\n  AUC of the field alone)\n\n" : ")\n\n");
}

static void put_numbers(const struct cp_profile *p, struct cp_buf *b)
{
	char buf[32];
	int begun = 0;
	for (int i = 0; i < p->n_columns; i++) {
		const struct cp_profile_column *c = &p->column[i];
		if (c->type != CP_NUMBER)
			continue;
		if (!begun++)
			cp_buf_printf(b, "%-*s%9s%9s%9s%9s%9s%9s%9s%9s\n", NAME_WIDTH + 3, "Numbers", "least", "1 %", "25 %", "50 %", "75 %", "99 %",
				      "largest", "infinite");
		cp_buf_str(b, "  ");
		put_name(b, c->name, NAME_WIDTH);
		cp_buf_char(b, ' ');
		for (int q = 0; q < CP_QUANTILES; q++)
			cp_buf_printf(b, " %8.8s", cp_real_words(c->split[0].quantile[q], buf));
		cp_buf_printf(b, " %8s", cp_count_words(c->split[0].n_infinite, buf));
		end_line(b);
	}
	if (begun)
		cp_buf_char(b, '\n');
}

/* ---- lengths ---- */

static const char *unit_of(enum cp_type type)
{
	switch (type) {
	case CP_KEYS: return "values";
	case CP_TEXT: return "bytes";
	case CP_TOKENS: return "tokens";
	case CP_MASK: return "masked";
	default: return NULL;
	}
}

static void put_length(const struct cp_profile *p, const struct cp_profile_column *c, int split, struct cp_buf *b)
{
	const struct cp_lengths *l = &c->split[split].lengths;
	char buf[32];
	cp_buf_str(b, "  ");
	put_name(b, c->name, NAME_WIDTH);
	cp_buf_printf(b, " %-7s ", unit_of(c->type));
	put_name(b, p->split[split].name, 12);
	cp_buf_printf(b, " %8s", cp_count_words(l->shortest, buf));
	cp_buf_printf(b, " %9.2f", l->n ? cp_lengths_mean(l) : 0);
	cp_buf_printf(b, " %8s", cp_count_words(cp_lengths_quantile(l, 0.5), buf));
	cp_buf_printf(b, " %8s", cp_count_words(cp_lengths_quantile(l, 0.95), buf));
	cp_buf_printf(b, " %11s", cp_count_words(l->longest, buf));
	end_line(b);
}

static void put_lengths(const struct cp_profile *p, struct cp_buf *b)
{
	int begun = 0;
	for (int i = 0; i < p->n_columns; i++) {
		if (!unit_of(p->column[i].type))
			continue;
		if (!begun++)
			cp_buf_printf(b, "%-*s%-7s %-12s %8s %9s %8s %8s %11s\n", NAME_WIDTH + 3, "Lengths of a row", "in", "split", "least", "mean",
				      "50 %", "95 %", "most");
		for (int s = 0; s < p->n_splits; s++)
			put_length(p, &p->column[i], s, b);
	}
	if (begun)
		cp_buf_char(b, '\n');
	const struct cp_column_split *tokens = of_type(p, CP_TOKENS, 0), *mask = of_type(p, CP_MASK, 0);
	if (tokens && mask && tokens->lengths.sum)
		cp_buf_printf(b, "Masked in '%s': %.2f %% of all tokens.\n\n", p->split[0].name,
			      100 * (double)mask->lengths.sum / (double)tokens->lengths.sum);
}

/* ---- values in words, from a CSV ---- */

static void put_values(const struct cp_profile *p, struct cp_buf *b)
{
	char buf[32];
	int begun = 0;
	for (int i = 0; i < p->n_columns; i++) {
		const struct cp_profile_column *c = &p->column[i];
		if (!c->longest)
			continue;
		if (!begun++)
			cp_buf_printf(b, "%-*s%-32s %8s %s\n", NAME_WIDTH + 3, "Values", "most frequent", "bytes", "longest");
		cp_buf_str(b, "  ");
		put_name(b, c->name, NAME_WIDTH);
		cp_buf_char(b, ' ');
		put_name(b, c->most_word ? c->most_word : "-", 32);
		cp_buf_printf(b, " %8s ", cp_count_words(c->longest_bytes, buf));
		put_name(b, c->longest, 30);
		end_line(b);
	}
	if (begun)
		cp_buf_char(b, '\n');
}

/* ---- rows and findings ---- */

static void put_rows(const struct cp_profile *p, struct cp_buf *b)
{
	char kinds[32], torn[32], rows[32];
	double expected = 0;
	int64_t found = -1;
	for (int i = 0; i < p->n_columns; i++) {
		const struct cp_profile_column *c = &p->column[i];
		expected += c->collisions;
		if (c->found_collisions >= 0)
			found = (found < 0 ? 0 : found) + c->found_collisions;
	}
	if (!p->opts.no_rows)
		cp_buf_printf(b, "%s distinct rows; %s of them occur with both labels, in %s rows.\n", cp_count_words(p->row_kinds, kinds),
			      cp_count_words(p->conflicting_kinds, torn), cp_count_words(p->conflicting_rows, rows));
	if (found >= 0)
		cp_buf_printf(b, "Values that share a key: %lld found.\n", (long long)found);
	else if (p->n_fields)
		cp_buf_printf(b, "Values that share a key: %.2g pairs expected by chance.\n", expected);
}

/* The text broken at spaces; lines after the first are set in. */
static void put_wrapped(struct cp_buf *b, const char *word, const char *text)
{
	size_t column = strlen(word) + 2, indent = column;
	cp_buf_printf(b, "%s: ", word);
	while (*text) {
		size_t n = strcspn(text, " ");
		if (column + n > WIDTH && column > indent) {
			cp_buf_printf(b, "\n%*s", (int)indent, "");
			column = indent;
		}
		cp_buf_add(b, text, n);
		column += n;
		text += n;
		if (*text) {
			if (column + 1 + strcspn(text + 1, " ") <= WIDTH)
				cp_buf_char(b, ' ');
			column++;
			text++;
		}
	}
	cp_buf_char(b, '\n');
}

void cp_report_text(const struct cp_profile *p, const struct cp_findings *f, struct cp_buf *b)
{
	for (int i = 0; i < p->n_splits; i += ABREAST)
		put_splits(&(struct page){ p, b, i, i + ABREAST < p->n_splits ? i + ABREAST : p->n_splits });
	put_periods(p, b);
	put_fields(p, b);
	put_numbers(p, b);
	put_lengths(p, b);
	put_values(p, b);
	put_rows(p, b);
	for (int warns = 1; warns >= 0; warns--)
		for (size_t i = 0; i < f->n; i++)
			if (f->v[i].warns == warns)
				put_wrapped(b, warns ? "warning" : "note", f->v[i].text);
	if (!f->n_warnings)
		cp_buf_str(b, "No warnings.\n");
}
