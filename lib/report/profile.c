/* Counting: a block's columns are tasks of their own, each with its own tally, so they share nothing; whole rows are one more task. */
#include "report/profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "eval/order.h"
#include "report/summary.h"
#include "text/declared.h"

const double cp_quantile_share[CP_QUANTILES] = { 0, 0.01, 0.25, 0.5, 0.75, 0.99, 1 };

/* What the tasks of a block share. */
struct cp_gather {
	const struct cp_block *block;
	int split;			/* the present one */
	int *map;			/* column of the block that is ours */
	size_t cap;			/* rows there is room for */
	uint8_t *positive, *judged;	/* label 1; label 0 or 1 */
	uint8_t *slot, *any;
	uint8_t *unseen;		/* (n_columns, cap) */
	uint64_t *row;			/* hashes of whole rows */
};

/* ---- opening and closing ---- */

struct cp_profile *cp_profile_new(const struct cp_profile_opts *opts)
{
	struct cp_profile *p = cp_xcalloc(1, sizeof *p);
	p->opts = *opts;
	p->label = p->time = -1;
	p->gather = cp_xcalloc(1, sizeof *p->gather);
	p->timeline = cp_timeline_new(opts->n_splits);
	cp_tally_init(&p->rows, cp_profile_slots(p));
	return p;
}

void cp_profile_free(struct cp_profile *p)
{
	if (!p)
		return;
	for (int i = 0; i < p->n_columns; i++) {
		for (int s = 0; s < p->opts.n_splits; s++)
			cp_lengths_release(&p->column[i].split[s].lengths);
		free(p->column[i].split);
		free(p->column[i].name);
		free(p->column[i].most_word);
		free(p->column[i].longest);
		json_decref(p->column[i].made);
		cp_tally_release(&p->column[i].tally);
	}
	for (int s = 0; s < p->n_splits; s++)
		free(p->split[s].name);
	for (int i = 0; i < p->n_periods; i++)
		cp_period_release(&p->period[i]);
	free(p->gather->map);
	free(p->gather->positive);
	free(p->gather->judged);
	free(p->gather->slot);
	free(p->gather->any);
	free(p->gather->row);
	free(p->gather->unseen);
	free(p->gather);
	free(p->column);
	cp_tally_release(&p->rows);
	cp_timeline_free(p->timeline);
	free(p);
}

static void add_column(struct cp_profile *p, const struct cp_column *from)
{
	int i = p->n_columns++;
	struct cp_profile_column *c = &p->column[i];
	*c = (struct cp_profile_column){ .name = cp_xstrdup(from->name), .type = from->type, .max_length = -1, .auc = NAN, .sure_label = -1,
					  .found_collisions = -1 };
	c->split = cp_xcalloc((size_t)p->opts.n_splits, sizeof *c->split);
	for (int s = 0; s < p->opts.n_splits; s++)
		c->split[s].first = c->split[s].last = CP_TIME_MISSING;
	if (cp_is_field(c->type)) {
		cp_tally_init(&c->tally, cp_profile_slots(p));
		c->missing_key = cp_key(cp_field_seed(c->name, strlen(c->name)), "", 0);
		p->n_fields++;
	}
	if (c->type == CP_TOKENS)
		cp_column_get_int(from, "max_length", &c->max_length, NULL);
	if (cp_is_field(c->type) || c->type == CP_LABEL)
		c->made = json_deep_copy(from->attributes);
	const char *declared;
	c->derived = cp_column_get_str(from, "declare", &declared, NULL) == 0 && !strstr(declared, ": category");
	if (c->type == CP_LABEL)
		p->label = i;
	if (c->type == CP_TIME)
		p->time = i;
}

int cp_profile_split(struct cp_profile *p, const char *name, const struct cp_schema *schema, struct cp_err *err)
{
	if (!p->column) {
		p->column = cp_xcalloc((size_t)schema->n, sizeof *p->column);
		p->gather->map = cp_xcalloc((size_t)schema->n, sizeof *p->gather->map);
		for (int i = 0; i < schema->n; i++)
			add_column(p, &schema->column[i]);
	}
	if (!p->n_fields && cp_schema_first(schema, CP_TEXT) < 0)
		p->opts.no_rows = 1;		/* there is nothing to compare */
	for (int i = 0; i < p->n_columns; i++) {
		const struct cp_profile_column *c = &p->column[i];
		int at = p->gather->map[i] = cp_schema_find(schema, c->type, c->name);
		if (at < 0)
			return cp_err_set(err, "split '%s' has no column '%s' of that type, which '%s' has", name, c->name, p->split[0].name);
		if (c->made && cp_declared_made_as(&schema->column[at], c->made, "in the first split", err) < 0)
			return cp_err_wrap(err, "split '%s'", name);
	}
	p->gather->split = p->n_splits;
	p->split[p->n_splits++] = (struct cp_profile_split){ .name = cp_xstrdup(name), .label_min = INFINITY, .label_max = -INFINITY };
	return 0;
}

/* ---- a column of a block ---- */

#define AHEAD 12	/* places are asked for so many keys before they are needed */

static void count_key(struct cp_profile *p, struct cp_profile_column *c, const struct cp_values *v, uint8_t *unseen)
{
	const struct cp_gather *g = p->gather;
	struct cp_column_split *s = &c->split[g->split];
	size_t n = g->block->n_rows, missing = 0;
	for (size_t i = 0; i < n; i++) {
		if (i + AHEAD < n)
			cp_map_prefetch(&c->tally.place, v->u64[i + AHEAD]);
		struct cp_count *count = cp_tally_at(&c->tally, v->u64[i]);
		unseen[i] = g->split > 0 && count[0].n == 0;
		count[g->slot[i]].n++;
		count[g->slot[i]].pos += g->positive[i];
		missing += v->u64[i] == c->missing_key;
		s->unseen += unseen[i];
	}
	s->missing += missing;
	s->present += n - missing;
}

static void count_list(struct cp_profile *p, struct cp_profile_column *c, const struct cp_values *v, uint8_t *unseen)
{
	const struct cp_gather *g = p->gather;
	struct cp_column_split *s = &c->split[g->split];
	for (size_t i = 0; i < g->block->n_rows; i++) {
		uint32_t from = v->offsets[i], to = v->offsets[i + 1];
		int missing = from == to || (to - from == 1 && v->u64[from] == c->missing_key);
		unseen[i] = 0;
		for (uint32_t k = from; k < to; k++) {
			struct cp_count *count = cp_tally_at(&c->tally, v->u64[k]);
			unseen[i] |= g->split > 0 && count[0].n == 0;
			count[g->slot[i]].n++;
			count[g->slot[i]].pos += g->positive[i];
		}
		s->unseen += unseen[i];
		s->missing += (uint64_t)missing;
		s->present += !missing;
		cp_lengths_add(&s->lengths, missing ? 0 : to - from);
	}
}

static void count_number(struct cp_profile *p, struct cp_profile_column *c, const struct cp_values *v)
{
	const struct cp_gather *g = p->gather;
	struct cp_column_split *s = &c->split[g->split];
	for (size_t i = 0; i < g->block->n_rows; i++) {
		double x = v->f64[i];
		if (isnan(x)) {
			s->missing++;
			continue;
		}
		struct cp_count *count = &cp_tally_at(&c->tally, cp_ordered_bits(x))[g->slot[i]];
		count->n++;
		count->pos += g->positive[i];
		s->present++;
		s->n_infinite += isinf(x) != 0;
		s->sum += isinf(x) ? 0 : x;
	}
}

static void count_weight(struct cp_profile *p, struct cp_profile_column *c, const struct cp_values *v)
{
	struct cp_column_split *s = &c->split[p->gather->split];
	for (size_t i = 0; i < p->gather->block->n_rows; i++) {
		double x = v->f64[i];
		if (!isfinite(x) || x < 0) {
			s->bad++;
			continue;
		}
		s->quantile[0] = s->present && s->quantile[0] < x ? s->quantile[0] : x;		/* its range */
		s->quantile[CP_QUANTILES - 1] = s->present && s->quantile[CP_QUANTILES - 1] > x ? s->quantile[CP_QUANTILES - 1] : x;
		s->present++;
		s->zero += x == 0;
		s->sum += x;
	}
}

static void count_time(struct cp_profile *p, struct cp_profile_column *c, const struct cp_values *v)
{
	const struct cp_gather *g = p->gather;
	struct cp_column_split *s = &c->split[g->split];
	for (size_t i = 0; i < g->block->n_rows; i++) {
		int64_t t = v->i64[i];
		if (t == CP_TIME_MISSING) {
			s->missing++;
			s->missing_judged += g->judged[i];
			s->missing_pos += g->positive[i];
			continue;
		}
		s->first = s->present && s->first < t ? s->first : t;
		s->last = s->present && s->last > t ? s->last : t;
		s->present++;
		cp_timeline_add(p->timeline, t, g->split, g->judged[i], g->positive[i]);
	}
}

/* Text, tokens, mask: how long they are. */
static void count_lengths(struct cp_profile *p, struct cp_profile_column *c, const struct cp_values *v)
{
	struct cp_column_split *s = &c->split[p->gather->split];
	for (size_t i = 0; i < p->gather->block->n_rows; i++) {
		uint32_t n = v->offsets[i + 1] - v->offsets[i];
		n /= c->type == CP_MASK ? 2 : 1;		/* pairs */
		s->missing += n == 0;
		s->present += n > 0;
		cp_lengths_add(&s->lengths, n);
	}
}

/* A row as one number: of its fields' values; where there is no field, of its texts. */
static uint64_t hash_row(const struct cp_profile *p, size_t row)
{
	const struct cp_gather *g = p->gather;
	uint64_t h = 0;
	for (int i = 0; i < p->n_columns; i++) {
		const struct cp_values *v = &g->block->column[g->map[i]];
		enum cp_type type = p->column[i].type;
		if (type == CP_KEY)
			h = cp_mix64(h * 3 + v->u64[row]);
		else if (type == CP_NUMBER)
			h = cp_mix64(h * 3 + cp_ordered_bits(v->f64[row]));
		else if (type == CP_KEYS)
			h = cp_hash64(v->u64 + v->offsets[row], (v->offsets[row + 1] - v->offsets[row]) * sizeof *v->u64, h);
		else if (type == CP_TEXT && !p->n_fields)
			h = cp_hash64(v->bytes + v->offsets[row], v->offsets[row + 1] - v->offsets[row], h);
	}
	return h;
}

static void count_rows(struct cp_profile *p)
{
	const struct cp_gather *g = p->gather;
	size_t n = p->opts.no_rows ? 0 : g->block->n_rows;
	for (size_t i = 0; i < n; i++)
		g->row[i] = hash_row(p, i);
	for (size_t i = 0; i < n; i++) {
		if (i + AHEAD < n)
			cp_map_prefetch(&p->rows.place, g->row[i + AHEAD]);
		struct cp_count *c = &cp_tally_at(&p->rows, g->row[i])[g->slot[i]];
		c->n++;
		c->pos += g->positive[i];
	}
}

static void count_column(void *ctx, int i)
{
	struct cp_profile *p = ctx;
	struct cp_profile_column *c = &p->column[i];
	const struct cp_gather *g = p->gather;
	if (i == p->n_columns) {
		count_rows(p);
		return;
	}
	const struct cp_values *v = &g->block->column[g->map[i]];
	uint8_t *unseen = g->unseen + (size_t)i * g->cap;
	switch (c->type) {
	case CP_KEY: count_key(p, c, v, unseen); break;
	case CP_KEYS: count_list(p, c, v, unseen); break;
	case CP_NUMBER: count_number(p, c, v); break;
	case CP_WEIGHT: count_weight(p, c, v); break;
	case CP_TIME: count_time(p, c, v); break;
	case CP_TEXT: case CP_TOKENS: case CP_MASK: count_lengths(p, c, v); break;
	default: break;
	}
}

/* ---- a block ---- */

static void reserve(struct cp_profile *p, size_t n)
{
	struct cp_gather *g = p->gather;
	if (n <= g->cap)
		return;
	g->cap = n;
	g->positive = cp_xrealloc(g->positive, n, 1);
	g->judged = cp_xrealloc(g->judged, n, 1);
	g->slot = cp_xrealloc(g->slot, n, 1);
	g->any = cp_xrealloc(g->any, n, 1);
	g->row = cp_xrealloc(g->row, n, sizeof *g->row);
	free(g->unseen);
	g->unseen = cp_xcalloc((size_t)p->n_columns, n);
}

static void look_at_labels(struct cp_profile *p)
{
	struct cp_gather *g = p->gather;
	struct cp_profile_split *s = &p->split[g->split];
	const double *label = p->label >= 0 ? g->block->column[g->map[p->label]].f64 : NULL;
	for (size_t i = 0; i < g->block->n_rows; i++) {
		uint64_t row = s->rows + i;
		g->slot[i] = (uint8_t)(p->opts.n_splits > 1 ? (uint64_t)g->split : cp_mix64(row + CP_GOLDEN) & 1);
		g->positive[i] = label && label[i] == 1;
		g->judged[i] = label && (label[i] == 0 || label[i] == 1);
		if (!label)
			continue;
		s->labels[label[i] == 0 ? 0 : label[i] == 1 ? 1 : 2]++;
		s->label_min = fmin(s->label_min, label[i]);
		s->label_max = fmax(s->label_max, label[i]);
	}
}

static void find_unseen(struct cp_profile *p)
{
	struct cp_gather *g = p->gather;
	size_t n = g->block->n_rows;
	memset(g->any, 0, n);
	for (int i = 0; i < p->n_columns && g->split > 0; i++)
		for (size_t k = 0; (p->column[i].type == CP_KEY || p->column[i].type == CP_KEYS) && k < n; k++)
			g->any[k] |= g->unseen[(size_t)i * g->cap + k];
	for (size_t k = 0; k < n; k++)
		p->split[g->split].unseen_any += g->any[k];
}

static int check_memory(const struct cp_profile *p, struct cp_err *err)
{
	const struct cp_profile_column *most = NULL;
	size_t bytes = cp_tally_bytes(&p->rows);
	for (int i = 0; i < p->n_columns; i++) {
		bytes += cp_tally_bytes(&p->column[i].tally);
		if (p->column[i].tally.n && (!most || p->column[i].tally.n > most->tally.n))
			most = &p->column[i];
	}
	if (!p->opts.memory || bytes <= p->opts.memory)
		return 0;
	return cp_err_set(err, "counting distinct values takes more than the %llu MB allowed, after %llu rows of '%s' (%zu distinct rows, %zu values of '%s'): "
			  "allow more by --memory, leave equal rows out by --no-rows, or look at a sample (cp-cat --sample)",
			  (unsigned long long)(p->opts.memory >> 20), (unsigned long long)p->split[p->gather->split].rows,
			  p->split[p->gather->split].name, p->rows.n, most ? most->tally.n : 0, most ? most->name : "");
}

int cp_profile_block(struct cp_profile *p, const struct cp_block *b, struct cp_err *err)
{
	struct cp_gather *g = p->gather;
	struct cp_profile_split *s = &p->split[g->split];
	if (s->rows + b->n_rows > UINT32_MAX)
		return cp_err_set(err, "split '%s' has more than 2^32 - 1 rows: look at a sample (cp-cat --sample)", s->name);
	reserve(p, b->n_rows);
	g->block = b;
	look_at_labels(p);
	cp_team_run(p->opts.team, p->n_columns + 1, count_column, p);
	find_unseen(p);
	s->rows += b->n_rows;
	g->block = NULL;
	return check_memory(p, err);
}
