/* Streams into arrays.  Arrays grow by half: rows come from pipes as well, whose length nobody knows before their end.  Past the memory that
 * they may take, the arrays hold a block at a time on its way to files. */
#include "train/data.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/choice.h"
#include "base/hash.h"
#include "base/mem.h"
#include "text/declared.h"
#include "text/maskcol.h"
#include "text/template.h"
#include "train/rowfile.h"

/* --- Which columns ----------------------------------------------------------------------------------------------------------------- */

static int find_fields(struct cp_data *d, const struct cp_schema *s, const char *name, struct cp_data_columns *c, struct cp_err *err)
{
	if (!d->fields.n && cp_fields_take(&d->fields, s, c->label, name, err) < 0)
		return -1;
	d->n_lists = cp_fields_count(&d->fields, CP_KEYS);
	d->n_numbers = cp_fields_count(&d->fields, CP_NUMBER);
	return cp_fields_find(&d->fields, s, name, c->field, err);
}

/* The ids that a header speaks of must be those of the tokenizer it names: they will be looked up in the language model's table. */
static int check_spec(const struct cp_mask_spec *spec, const struct cp_tokenizer *tok, const char *name, struct cp_err *err)
{
	struct cp_mask_spec own;
	if (!tok)
		return 0;
	if (cp_mask_spec_tokenizer(&own, tok, err) < 0)
		return cp_err_wrap(err, "%s", name);
	if (own.vocab_size != spec->vocab_size || memcmp(own.special, spec->special, sizeof own.special))
		return cp_err_set(err, "%s: its tokens have a vocabulary of %u or special ids that are not those of their tokenizer, which has %u", name,
				  spec->vocab_size, own.vocab_size);
	return 0;
}

static int same_spec(const struct cp_mask_spec *a, const struct cp_mask_spec *b)
{
	return a->seed == b->seed && a->rate == b->rate && a->share_mask == b->share_mask && a->share_random == b->share_random &&
	       a->is_static == b->is_static;
}

/* How the stream was masked, or what cp-mask does by default.  Several streams must agree, as cat would ask of them. */
static int find_masks(struct cp_data *d, const struct cp_schema *s, const char *name, const struct cp_data_columns *c, struct cp_err *err)
{
	struct cp_mask_spec spec = CP_MASK_SPEC_DEFAULT;
	int rc = c->tokens < 0 ? cp_mask_spec_tokenizer(&spec, d->tokenizer, err)
			       : cp_mask_spec_read(&spec, &s->column[c->tokens], c->mask >= 0 ? &s->column[c->mask] : NULL, err);
	if (rc < 0)
		return cp_err_wrap(err, "%s", name);
	if (check_spec(&spec, d->tokenizer, name, err) < 0)
		return -1;
	if (d->has_spec && !same_spec(&spec, &d->spec))
		return cp_err_set(err, "%s: it was masked otherwise (seed, rate or shares) than the files before it", name);
	d->spec = spec;
	d->has_spec = 1;
	return 0;
}

/* Who tells user and item apart is cp-textify; a tokenizer that puts no frame around a text leaves nothing to tell them apart by. */
static int check_two_texts(const struct cp_data *d, const struct cp_schema *s, const char *name, const struct cp_data_columns *c, struct cp_err *err)
{
	const char *form = "sentence";
	struct cp_ids frame = { 0 };
	if (c->text >= 0)
		cp_column_get_str(&s->column[c->text], "form", &form, NULL);
	if (c->text < 0 || cp_choice(CP_SENTENCE_FORMS, form) != CP_SENTENCE_CTRL)
		return cp_err_set(err, "%s: %s that tells the user first, then the item; cp-textify --form ctrl makes one", name,
				  c->text < 0 ? "no text" : "its text is none");
	cp_tokenizer_encode(d->tokenizer, NULL, "", 0, CP_TOK_SPECIAL, 0, &frame);
	int framed = frame.n == 2 && frame.v[0] == cp_tokenizer_special(d->tokenizer, CP_TOK_CLS) &&
		     frame.v[1] == cp_tokenizer_special(d->tokenizer, CP_TOK_SEP);
	cp_ids_release(&frame);
	return framed ? 0 : cp_err_set(err, "%s: the language model's tokenizer does not put cls and sep around a text, which two texts need", name);
}

/* The first that `a` says and `b` does not say the same of; NULL: there is none. */
static const char *unlike(const json_t *a, const json_t *b)
{
	const char *key;
	json_t *v;
	json_object_foreach((json_t *)a, key, v)
		if (strcmp(key, "shuffle_seed") && !json_equal(v, json_object_get(b, key)))
			return key;
	return NULL;
}

int cp_data_same_text(const json_t *a, const json_t *b)
{
	return !unlike(a, b) && !unlike(b, a);
}

static char *shown(const json_t *v)
{
	return v ? json_dumps(v, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY) : cp_xstrdup("nothing");
}

/* What is not the same; of a list, the first member that is not. */
static int told_otherwise(const json_t *told, const json_t *before, const char *name, struct cp_err *err)
{
	const char *key = unlike(told, before);
	if (!key)
		key = unlike(before, told);
	const json_t *is = json_object_get(told, key), *was = json_object_get(before, key);
	char place[32] = "";
	size_t i = 0;
	if (json_is_array(is) && json_is_array(was)) {
		while (json_equal(json_array_get(is, i), json_array_get(was, i)))
			i++;
		is = json_array_get(is, i);
		was = json_array_get(was, i);
		snprintf(place, sizeof place, ", number %zu,", i + 1);
	}
	char *here = shown(is), *there = shown(was);
	cp_err_set(err, "%s: its text is told in another way than that of training: %s%s is %.200s here, %.200s there", name, key, place, here, there);
	free(here);
	free(there);
	return -1;
}

/* How the sentence was told that is read: tokens say it themselves, for the text may be gone, or be another; what does not say is not judged. */
static const json_t *told_of(const struct cp_data *d, const struct cp_schema *s, const struct cp_data_columns *c)
{
	const json_t *told = NULL;
	if (c->tokens >= 0 && !d->want_two_texts)
		told = cp_column_get_json(&s->column[c->tokens], "text");
	else if (c->text >= 0)
		told = s->column[c->text].attributes;
	return json_is_array(json_object_get(told, "fields")) ? told : NULL;
}

/* What is not told as the rows before, or as those that the model was trained on, means something else to it. */
static int check_told(struct cp_data *d, const json_t *told, const char *name, struct cp_err *err)
{
	if (told && !d->sentence)
		d->sentence = json_deep_copy(told);
	return !told || cp_data_same_text(d->sentence, told) ? 0 : told_otherwise(told, d->sentence, name, err);
}

/* cp-mask may have cut rows to fewer tokens than there is room for. */
static void find_cut(const struct cp_column *tokens, struct cp_data_columns *c)
{
	int64_t length;
	if (!cp_column_get_int(tokens, "max_length", &length, NULL) && length > 0 && length <= UINT32_MAX)
		c->cut_to = (uint32_t)length;
}

static int find_tokens(struct cp_data *d, const struct cp_schema *s, const char *name, struct cp_data_columns *c, struct cp_err *err)
{
	const char *digest;
	c->tokens = cp_schema_find(s, CP_TOKENS, "tokens");
	c->text = cp_schema_find(s, CP_TEXT, "text");
	c->mask = d->want_masks && c->tokens >= 0 ? cp_schema_find(s, CP_MASK, "mask") : -1;
	if (check_told(d, told_of(d, s, c), name, err) < 0)
		return -1;
	if (d->want_two_texts) {
		c->tokens = -1;
		return check_two_texts(d, s, name, c, err);
	}
	if (c->tokens >= 0) {
		c->text = -1;
		if (cp_column_get_str(&s->column[c->tokens], "tokenizer", &digest, err) < 0)
			return cp_err_wrap(err, "%s", name);
		const char *own = d->tokenizer ? cp_tokenizer_digest(d->tokenizer) : d->tokenizer_digest;
		if (*own && strcmp(own, digest))
			return cp_err_set(err, "%s: its tokens are of another tokenizer (%.8s) than the language model's (%.8s); make them with "
					  "cp-mask --plm and the model's folder", name, digest, own);
		snprintf(d->tokenizer_digest, sizeof d->tokenizer_digest, "%s", digest);
		find_cut(&s->column[c->tokens], c);
	} else if (c->text < 0 || !d->tokenizer) {
		return cp_err_set(err, "%s: no tokens%s in it; cp-textify makes text and cp-mask tokens", name, d->tokenizer ? " and no text" : "");
	}
	return d->want_masks ? find_masks(d, s, name, c, err) : 0;
}

/* What is a click by one rule may be none by another. */
static int check_label(struct cp_data *d, const struct cp_column *label, const char *name, struct cp_err *err)
{
	if (!d->label_made)
		d->label_made = json_deep_copy(label->attributes);
	if (!d->want_labels || !cp_declared_made_as(label, d->label_made, "in the training rows", err))
		return 0;
	return cp_err_wrap(err, "%s", name);
}

int cp_data_columns(struct cp_data *d, const struct cp_schema *s, const char *name, struct cp_data_columns *c, struct cp_err *err)
{
	const char *label = d->label_name ? d->label_name : "label";
	c->tokens = c->mask = c->text = -1;
	c->cut_to = 0;
	c->row = cp_schema_first(s, CP_ROW);
	c->weight = cp_schema_first(s, CP_WEIGHT);
	if (d->want_weights && d->n_streams && d->has_weights != (c->weight >= 0))
		return cp_err_set(err, "%s: its rows have %s, those before have %s; cp-cat --drop takes weights out", name,
				  d->has_weights ? "no weights" : "weights", d->has_weights ? "some" : "none");
	d->n_streams++;
	d->has_weights |= c->weight >= 0;
	if (!d->want_weights)
		c->weight = -1;
	c->label = cp_schema_find(s, CP_LABEL, label);
	if (c->label < 0 && d->label_name)
		c->label = cp_schema_find(s, CP_NUMBER, label);
	if (d->want_labels && c->label < 0)
		return cp_err_set(err, "%s: no label column '%s' in it", name, label);
	if (c->label >= 0 && check_label(d, &s->column[c->label], name, err) < 0)
		return -1;
	if (d->want_keys && find_fields(d, s, name, c, err) < 0)
		return -1;
	return d->want_tokens ? find_tokens(d, s, name, c, err) : 0;
}

/* --- Rows in ----------------------------------------------------------------------------------------------------------------------- */

/* Behind the `at` of the unit that are there. */
static void append(struct cp_data *d, enum cp_unit u, uint32_t **v, size_t at, const uint32_t *x, size_t n)
{
	cp_arrays_reserve(d, u, at + n);
	if (n)
		memcpy(*v + at, x, n * sizeof *x);
}

static int add_labels(struct cp_data *d, const struct cp_block *b, const struct cp_data_columns *c, const char *name, struct cp_err *err)
{
	for (size_t i = 0; i < b->n_rows; i++) {
		double y = b->column[c->label].f64[i];
		if (y != 0 && y != 1)
			return cp_err_set(err, "%s: row %llu: label %g; expected 0 or 1", name, (unsigned long long)(b->first_row + i), y);
		d->label[d->n + i] = (nn_float)y;
		d->n_clicks += y == 1;
	}
	return 0;
}

static int add_weights(struct cp_data *d, const struct cp_block *b, const struct cp_data_columns *c, const char *name, struct cp_err *err)
{
	for (size_t i = 0; i < b->n_rows; i++) {
		double w = b->column[c->weight].f64[i];
		if (!(w >= 0 && w <= FLT_MAX))
			return cp_err_set(err, "%s: row %llu: weight %g; expected 0 or more, and finite in single precision", name,
					  (unsigned long long)(b->first_row + i), w);
		d->weight[d->n + i] = (nn_float)w;
	}
	return 0;
}

/* Tokens behind the words of a row: sep, mostly. */
static size_t closing(const struct cp_data *d)
{
	return d->tokenizer ? cp_tokenizer_closing(d->tokenizer) : 1;
}

/* Row i's tokens behind those that are there, cut to what the model has room for. */
static int add_row_tokens(struct cp_data *d, const uint32_t *x, size_t n, size_t i, struct cp_err *err)
{
	size_t at = d->token_at[d->n + i], most = d->max_tokens && !d->want_two_texts && n > d->max_tokens ? d->max_tokens : n;
	if (!n)
		return cp_err_set(err, "no tokens, not even the special ones");
	for (size_t k = 0; k < n; k++)
		if (d->tokenizer && x[k] >= cp_tokenizer_size(d->tokenizer))
			return cp_err_set(err, "token id %u; its tokenizer has %u", x[k], cp_tokenizer_size(d->tokenizer));
	size_t kept = most < n ? closing(d) : 0;		/* what closes the frame */
	kept = kept < most ? kept : most;
	append(d, CP_UNIT_TOKENS, &d->token, at, x, most - kept);
	append(d, CP_UNIT_TOKENS, &d->token, at + most - kept, x + n - kept, kept);
	d->token_at[d->n + i + 1] = at + most;
	d->n_cut += most < n;
	d->longest = most > d->longest ? most : d->longest;
	return 0;
}

uint64_t cp_data_tokens(const struct cp_data *d, const uint32_t *places, size_t n)
{
	uint64_t sum = 0;
	for (size_t i = 0; d->token_at && i < n; i++)
		sum += d->token_at[places[i] + 1] - d->token_at[places[i]];
	return sum;
}

/* Each of the two texts has max_tokens of its own. */
static int add_row_two_texts(struct cp_data *d, const char *text, size_t n, size_t i, struct cp_ids *ids, struct cp_err *err)
{
	size_t user = cp_sentence_user(text, n), end = user;
	while (end && end < n && text[end - 1] == ' ')		/* the one between the two texts, which byte-level BPE would make a token of */
		end--;
	ids->n = 0;
	cp_tokenizer_encode(d->tokenizer, d->cache, text, end, CP_TOK_SPECIAL, d->max_tokens, ids);
	d->seam[d->n + i] = (uint32_t)ids->n;
	cp_tokenizer_encode(d->tokenizer, d->cache, text + user, n - user, CP_TOK_SPECIAL, d->max_tokens, ids);
	return add_row_tokens(d, ids->v, ids->n, i, err);
}

/* One token more than there is room for tells that the row is cut. */
static int add_row_text(struct cp_data *d, const char *text, size_t n, size_t i, struct cp_ids *ids, struct cp_err *err)
{
	ids->n = 0;
	cp_tokenizer_encode(d->tokenizer, d->cache, text, n, CP_TOK_SPECIAL, d->max_tokens ? d->max_tokens + 1 : 0, ids);
	return add_row_tokens(d, ids->v, ids->n, i, err);
}

/* A row has as many tokens as cp-mask left it, and may have had more: that is what the model is to read of any row, or it was trained on more. */
static int lower_max(struct cp_data *d, size_t n, struct cp_err *err)
{
	if (n >= d->max_tokens)
		return 0;
	if (!d->decides_cut || d->longest > n)
		return cp_err_set(err, "its tokens were cut to %zu by cp-mask, and the model reads up to %zu; make them with cp-mask --max-length %zu", n,
				  d->max_tokens, d->max_tokens);
	d->max_tokens = n;
	return 0;
}

static int add_row(struct cp_data *d, const struct cp_values *v, const struct cp_data_columns *c, size_t i, struct cp_ids *ids, struct cp_err *err)
{
	uint32_t from = v->offsets[i], n = v->offsets[i + 1] - from;
	if (c->text >= 0)
		return (d->want_two_texts ? add_row_two_texts : add_row_text)(d, v->bytes + from, n, i, ids, err);
	if (n && n == c->cut_to && lower_max(d, n, err) < 0)
		return -1;
	return add_row_tokens(d, v->u32 + from, n, i, err);
}

static int add_tokens(struct cp_data *d, const struct cp_block *b, const struct cp_data_columns *c, const char *name, struct cp_err *err)
{
	struct cp_ids ids = { 0 };
	int rc = 0;
	if (c->text >= 0 && !d->cache)
		d->cache = cp_tok_cache_new();
	for (size_t i = 0; !rc && i < b->n_rows; i++) {
		rc = add_row(d, &b->column[c->text >= 0 ? c->text : c->tokens], c, i, &ids, err);
		if (rc < 0)
			cp_err_wrap(err, "%s: row %llu", name, (unsigned long long)(b->first_row + i));
	}
	cp_ids_release(&ids);
	return rc;
}

/* Positions ascend: the reader has seen to that. */
static int add_pairs(struct cp_data *d, const struct cp_block *b, const struct cp_data_columns *c, const char *name, struct cp_err *err)
{
	for (size_t i = 0; i < b->n_rows; i++) {
		const struct cp_values *v = &b->column[c->mask];
		const uint32_t *x = v->u32 + v->offsets[i];
		size_t n = v->offsets[i + 1] - v->offsets[i], at = d->pair_at[d->n + i];
		size_t tokens = d->token_at[d->n + i + 1] - d->token_at[d->n + i];
		const uint32_t *token = d->token + d->token_at[d->n + i];
		size_t whole = b->column[c->tokens].offsets[i + 1] - b->column[c->tokens].offsets[i];
		while (n && tokens < whole && x[n - 2] + closing(d) >= tokens)	/* cut off, or where the end of the frame now stands */
			n -= 2;
		for (size_t k = 0; k < n; k += 2)
			if (x[k] >= tokens || x[k + 1] >= d->spec.vocab_size || cp_mask_special(&d->spec, token[x[k]]))
				return cp_err_set(err, "%s: row %llu: its mask does not fit its tokens", name, (unsigned long long)(b->first_row + i));
		append(d, CP_UNIT_PAIRS, &d->pair, at, x, n);
		d->pair_at[d->n + i + 1] = at + n;
	}
	return 0;
}

static void push_key(struct cp_data *d, uint64_t key)
{
	cp_arrays_reserve(d, CP_UNIT_VALUES, d->n_values + 1);
	d->keys[d->n_values++] = key;
}

static void push_list(struct cp_data *d, const struct cp_values *v, size_t i, const struct cp_field *f, uint32_t *members)
{
	uint32_t from = v->offsets[i], n = v->offsets[i + 1] - from;
	for (uint32_t k = 0; k < n; k++)
		push_key(d, v->u64[from + k]);
	if (!n)
		push_key(d, f->key_missing);
	*members = n ? n : 1;
}

static int push_number(struct cp_data *d, double x, const struct cp_field *f, nn_float *number, struct cp_err *err)
{
	push_key(d, isnan(x) ? f->key_missing : f->key_number);
	*number = isnan(x) ? 1 : (nn_float)x;
	return isfinite(*number) ? 0 : cp_err_set(err, "field '%s' is %g; expected a number that is finite in single precision", f->name, x);
}

/* Row i of the block, the row at `place` here. */
static int add_row_values(struct cp_data *d, const struct cp_block *b, const struct cp_data_columns *c, size_t i, size_t place, struct cp_err *err)
{
	uint32_t *members = cp_data_members(d, place);
	nn_float *number = cp_data_numbers(d, place);
	for (int f = 0; f < d->fields.n; f++) {
		const struct cp_values *v = &b->column[c->field[f]];
		const struct cp_field *of = &d->fields.v[f];
		if (of->type == CP_KEY)
			push_key(d, v->u64[i]);
		else if (of->type == CP_KEYS)
			push_list(d, v, i, of, members++);
		else if (push_number(d, v->f64[i], of, number++, err) < 0)
			return -1;
	}
	if (d->value_at)
		d->value_at[place + 1] = d->n_values;
	return 0;
}

static int add_values(struct cp_data *d, const struct cp_block *b, const struct cp_data_columns *c, const char *name, struct cp_err *err)
{
	for (size_t i = 0; i < b->n_rows; i++)
		if (add_row_values(d, b, c, i, d->n + i, err) < 0)
			return cp_err_wrap(err, "%s: row %llu", name, (unsigned long long)(b->first_row + i));
	return 0;
}

int cp_data_add(struct cp_data *d, const struct cp_block *b, const struct cp_data_columns *c, const char *name, struct cp_err *err)
{
	size_t before = d->file ? cp_rowfile_rows(d->file) : 0;
	d->has_pairs = d->want_tokens && d->has_spec && d->spec.is_static && c->mask >= 0;
	cp_arrays_reserve(d, CP_UNIT_ROWS, d->n + b->n_rows);
	for (size_t i = 0; i < b->n_rows; i++)
		d->row[d->n + i] = c->row >= 0 ? b->column[c->row].u64[i] : before + d->n + i;	/* a row's place, as cat would have it */
	if (d->want_keys && add_values(d, b, c, name, err) < 0)
		return -1;
	if (d->want_labels && add_labels(d, b, c, name, err) < 0)
		return -1;
	if (c->weight >= 0 && add_weights(d, b, c, name, err) < 0)
		return -1;
	if (d->want_tokens && add_tokens(d, b, c, name, err) < 0)
		return -1;
	if (d->has_pairs && add_pairs(d, b, c, name, err) < 0)
		return -1;
	d->n += b->n_rows;
	return 0;
}

/* Once they take too much memory, rows are moved to files, and from then on each block as it comes. */
static int keep_small(struct cp_data *d, struct cp_err *err)
{
	d->bytes = cp_rowfile_bytes(d->file, d);
	if (d->bytes <= d->memory)
		return 0;
	if (!d->file && !(d->file = cp_rowfile_new(d, err)))
		return -1;
	return cp_rowfile_append(d->file, d, err);
}

int cp_data_finish(struct cp_data *d, struct cp_err *err)
{
	return d->file ? cp_rowfile_finish(d->file, d, err) : 0;
}

static void choose(struct cp_reader *r, const struct cp_data *d, const struct cp_data_columns *c)
{
	int cols[CP_FIELDS_MAX + 7], n = 0;
	const int some[] = { c->row, c->label, c->weight, c->tokens, c->mask, c->text };
	for (size_t i = 0; i < sizeof some / sizeof *some; i++)
		if (some[i] >= 0)
			cols[n++] = some[i];
	for (int f = 0; d->want_keys && f < d->fields.n; f++)
		cols[n++] = c->field[f];
	cp_reader_choose(r, cols, n);
}

int cp_data_load(struct cp_data *d, const char *path, struct cp_err *err)
{
	struct cp_data_columns c;
	struct cp_block b;
	struct cp_reader *r = cp_reader_open(path, err);
	if (!r)
		return -1;
	int rc = cp_data_columns(d, cp_reader_schema(r), cp_reader_name(r), &c, err);
	if (!rc) {
		choose(r, d, &c);
		while ((rc = cp_reader_next(r, &b, err)) == 1)
			if (cp_data_add(d, &b, &c, cp_reader_name(r), err) < 0 || keep_small(d, err) < 0) {
				rc = -1;
				break;
			}
	}
	cp_reader_close(r);
	return rc;
}

void cp_data_clear(struct cp_data *d)
{
	d->n = d->n_values = 0;
}

void cp_data_release(struct cp_data *d)
{
	cp_rowfile_free(d->file);
	cp_fields_release(&d->fields);
	cp_arrays_free(d);
	json_decref(d->sentence);
	json_decref(d->label_made);
	cp_tok_cache_free(d->cache);
	memset(d, 0, sizeof *d);
}

/* --- Going through them ------------------------------------------------------------------------------------------------------------ */

void cp_pass_init(struct cp_pass *p, const struct cp_data *d)
{
	*p = (struct cp_pass){ .d = d };
	cp_part_init(&p->part, d);
}

void cp_pass_release(struct cp_pass *p)
{
	cp_part_release(&p->part);
}

int cp_pass_next(struct cp_pass *p, const struct cp_data **rows, struct cp_err *err)
{
	size_t from = p->next, most = p->d->file ? CP_DATA_UNIT : p->d->n;
	if (from == p->d->n)
		return 0;
	p->next = p->d->n - from < most ? p->d->n : from + most;
	*rows = p->d->file ? &p->part : p->d;
	cp_data_clear(&p->part);
	return p->d->file && cp_part_read(&p->part, p->d->file, from, p->next, err) < 0 ? -1 : 1;
}

static void each_value(const struct cp_data *d, struct cp_features *v, void (*fn)(struct cp_features *, int field, uint64_t key))
{
	const uint64_t *key = d->keys;
	const uint32_t *members = d->members;
	for (size_t i = 0; i < d->n; i++)
		for (int f = 0; f < d->fields.n; f++)
			for (uint32_t k = cp_data_of_field(d, f, &members); k; k--)
				fn(v, f, *key++);
}

static int each_part(const struct cp_data *d, struct cp_features *v, void (*fn)(struct cp_features *, int field, uint64_t key), struct cp_err *err)
{
	struct cp_pass p;
	const struct cp_data *rows;
	int rc;
	cp_pass_init(&p, d);
	while ((rc = cp_pass_next(&p, &rows, err)) == 1)
		each_value(rows, v, fn);
	cp_pass_release(&p);
	return rc;
}

int cp_data_weigh(struct cp_data *d, struct cp_err *err)
{
	struct cp_pass p;
	const struct cp_data *rows;
	double sum = 0, clicks = 0;
	int rc;
	d->click_rate = d->n ? (double)d->n_clicks / (double)d->n : 0;
	if (!d->want_weights || !d->has_weights)
		return 0;
	cp_pass_init(&p, d);
	while ((rc = cp_pass_next(&p, &rows, err)) == 1)
		for (size_t i = 0; i < rows->n; i++) {
			sum += rows->weight[i];
			clicks += rows->label[i] * rows->weight[i];
		}
	cp_pass_release(&p);
	d->mean_weight = sum / (double)d->n;
	d->click_rate = clicks / sum;
	return rc < 0 ? -1 : sum > 0 ? 0 : cp_err_set(err, "all rows to train on have weight 0");
}

int cp_data_count(const struct cp_data *d, struct cp_features *v, struct cp_err *err)
{
	return each_part(d, v, cp_features_count, err);
}

int cp_data_mention(const struct cp_data *d, struct cp_features *v, struct cp_err *err)
{
	return each_part(d, v, cp_features_mention, err);
}

void cp_data_reserve_ids(struct cp_data *d)
{
	d->ids = cp_xrealloc(d->ids, d->n_values + 1, sizeof *d->ids);
}

uint64_t cp_data_index_rows(const struct cp_data *d, const struct cp_features *v, size_t from, size_t to)
{
	const uint32_t *members = cp_data_members(d, from);
	size_t at = cp_data_first(d, from);
	uint64_t unseen = 0;
	for (size_t i = from; i < to; i++)
		for (int f = 0; f < d->fields.n; f++)
			for (uint32_t k = cp_data_of_field(d, f, &members); k; k--, at++) {
				d->ids[at] = cp_features_row(v, f, d->keys[at]);
				unseen += d->ids[at] == v->field[f].base;
			}
	return unseen;
}

static int index_files(struct cp_data *d, const struct cp_features *v, struct cp_err *err)
{
	struct cp_pass p;
	const struct cp_data *rows;
	size_t at = 0;
	int rc;
	cp_pass_init(&p, d);
	while ((rc = cp_pass_next(&p, &rows, err)) == 1) {
		cp_data_reserve_ids(&p.part);
		d->n_unseen += cp_data_index_rows(rows, v, 0, rows->n);
		if ((rc = cp_rowfile_put_ids(d->file, at, rows->ids, rows->n_values, err)) < 0)
			break;
		at += rows->n_values;
		size_t unit = cp_rowfile_bytes(NULL, rows) - rows->n_values * sizeof *rows->keys;
		if (unit > d->unit_bytes)
			d->unit_bytes = unit;
	}
	cp_pass_release(&p);
	return rc ? rc : cp_rowfile_indexed(d->file, d, err);
}

int cp_data_index(struct cp_data *d, const struct cp_features *v, struct cp_err *err)
{
	d->n_unseen = 0;
	if (d->file)
		return index_files(d, v, err);
	cp_data_reserve_ids(d);
	d->n_unseen = cp_data_index_rows(d, v, 0, d->n);
	free(d->keys);
	d->keys = NULL;
	d->indexed = 1;
	return 0;
}

/* --- Digest ------------------------------------------------------------------------------------------------------------------------ */

static int digest_all(const struct cp_data *d, const enum cp_array *array, size_t n, struct cp_digest *g, struct cp_err *err)
{
	for (size_t i = 0; i < n; i++)
		if (cp_rowfile_digest(d, array[i], g, err) < 0)
			return -1;
	return 0;
}

/* Between the arrays stand the fields' types, where any is not a key. */
static int digest_arrays(const struct cp_data *d, struct cp_digest *g, struct cp_err *err)
{
	static const enum cp_array first[] = { CP_ARRAY_ROW, CP_ARRAY_LABEL, CP_ARRAY_VALUES };
	static const enum cp_array others[] = { CP_ARRAY_MEMBERS, CP_ARRAY_NUMBER, CP_ARRAY_TOKEN_AT, CP_ARRAY_TOKEN, CP_ARRAY_PAIR_AT, CP_ARRAY_PAIR,
						CP_ARRAY_WEIGHT };
	if (digest_all(d, first, sizeof first / sizeof *first, g, err) < 0)
		return -1;
	for (int f = 0; !cp_data_is_plain(d) && f < d->fields.n; f++)
		cp_digest_add(g, cp_field_word(d->fields.v[f].type), strlen(cp_field_word(d->fields.v[f].type)) + 1);
	return digest_all(d, others, sizeof others / sizeof *others, g, err);
}

int cp_data_digest(const struct cp_data *d, char hex[33], struct cp_err *err)
{
	struct cp_digest *g = cp_digest_new();
	for (int f = 0; f < d->fields.n; f++)
		cp_digest_add(g, d->fields.v[f].name, strlen(d->fields.v[f].name) + 1);
	int rc = digest_arrays(d, g, err);
	cp_digest_hex(g, hex);
	cp_digest_free(g);
	return rc;
}
