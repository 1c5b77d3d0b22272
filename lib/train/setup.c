/* From options to a trainer that is ready for its first step: rows, vocabulary, parameters; configure.c says of what model. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/choice.h"
#include "base/hash.h"
#include "base/mem.h"
#include "text/declared.h"
#include "train/trainer.h"

/* --- Rows -------------------------------------------------------------------------------------------------------------------------- */

/* As many in memory as those before have left room for. */
static int take_rows(struct cp_trainer *t, struct cp_data *d, const struct cp_opt_list *paths, struct cp_err *err)
{
	d->memory = t->memory;
	for (int i = 0; i < paths->n; i++)
		if (cp_data_load(d, paths->v[i], err) < 0)
			return -1;
	if (cp_data_finish(d, err) < 0)
		return -1;
	t->memory -= d->bytes < t->memory ? d->bytes : t->memory;
	t->result.rows_read += d->n;
	return 0;
}

static int load_rows(struct cp_trainer *t, struct cp_data *d, const struct cp_opt_list *paths, int labels, struct cp_err *err)
{
	const struct cp_model_config *c = &t->m->c;
	d->want_keys = 1;	/* also without a CTR model: the fields' names belong to a model */
	d->want_labels = labels;
	d->want_weights = labels && d == &t->train && !t->m->p5;
	d->want_tokens = c->has_plm;
	d->want_two_texts = c->baseline == CP_CTR_BERT;
	d->want_masks = c->objective == CP_OBJECTIVE_LM;
	d->label_name = t->o.label;
	d->tokenizer = t->m->tokenizer;
	d->max_tokens = c->max_tokens;
	d->decides_cut = d == &t->train;
	if (take_rows(t, d, paths, err) < 0)
		return -1;
	if (t->o.is_static)
		d->spec.is_static = 1;
	return 0;
}

/* A row for every key, or a table of a fixed size; a model to go on from has decided that. */
static int choose_table(struct cp_trainer *t, int known, struct cp_err *err)
{
	int bits = (int)t->o.hash_bits, has = t->m->vocab.bits;
	if (bits && known && has && has != bits)
		return cp_err_set(err, "--hash-bits %d: %s has a table of 2^%d rows", bits, t->o.init, has);
	if (bits && known && !has)
		return cp_err_set(err, "--hash-bits %d: %s has a row for every value", bits, t->o.init);
	if (bits && !known)
		cp_features_hash(&t->m->vocab, bits);
	if (has && (t->o.min_count > 1 || t->o.unseen_rate > 0 || t->o.vocab_from.n))
		return cp_err_set(err, "%s has a table by --hash-bits, so --min-count, --unseen-rate and --vocab-from have nothing to do", t->o.init);
	return 0;
}

/* Rows whose keys are to have places in the table, and nothing else. */
static int mention_rows(struct cp_trainer *t, struct cp_err *err)
{
	struct cp_data d = { .want_keys = 1 };
	cp_fields_copy(&d.fields, &t->train.fields);
	int rc = take_rows(t, &d, &t->o.vocab_from, err);
	if (!rc && d.n) {
		rc = cp_data_mention(&d, &t->m->vocab, err);
		rc = rc ? rc : cp_data_digest(&d, t->result.vocab_digest, err);
	}
	t->result.n_vocab = d.n;
	cp_data_release(&d);
	return rc;
}

/* Of each field of numbers. */
static int range_of_numbers(const struct cp_data *train, nn_float *low, nn_float *high, struct cp_err *err)
{
	struct cp_pass p;
	const struct cp_data *d;
	int rc;
	cp_pass_init(&p, train);
	while ((rc = cp_pass_next(&p, &d, err)) == 1)
		for (size_t i = 0; i < d->n; i++)
			for (int k = 0; k < d->n_numbers; k++) {
				low[k] = fmin(low[k], cp_data_numbers(d, i)[k]);
				high[k] = fmax(high[k], cp_data_numbers(d, i)[k]);
			}
	cp_pass_release(&p);
	return rc;
}

static int note_wide_numbers(struct cp_trainer *t, struct cp_err *err)
{
	const struct cp_fields *fields = &t->train.fields;
	nn_float low[CP_FIELDS_MAX], high[CP_FIELDS_MAX];
	for (int k = 0; k < CP_FIELDS_MAX; k++) {
		low[k] = INFINITY;
		high[k] = -INFINITY;
	}
	if (t->train.n_numbers && range_of_numbers(&t->train, low, high, err) < 0)
		return -1;
	for (int f = 0, k = 0; f < fields->n; f++) {
		const char *name = fields->v[f].name;
		if (fields->v[f].type != CP_NUMBER)
			continue;
		const char *better = cp_declared_better(cp_field_declared(&fields->v[f]));
		if (better && fmax(-low[k], high[k]) > CP_WIDE_NUMBER)
			cp_trainer_note(t, "field '%s' has numbers from %g to %g, and training wants them of the size of 1: declare it %s "
					"(cp-featurize --learn)", name, low[k], high[k], better);
		k++;
	}
	return 0;
}

/* How text and label of the training rows were made stays with the model, so that it can score CSV. */
static void keep_making(struct cp_trainer *t)
{
	struct cp_model *m = t->m;
	if (t->train.sentence && m->c.has_plm) {
		if (m->sentence && !cp_data_same_text(m->sentence, t->train.sentence))
			cp_trainer_note(t, "the text is told in another way than that of %s", t->o.init);
		json_decref(m->sentence);
		m->sentence = json_deep_copy(t->train.sentence);
	}
	if (t->train.label_made) {
		const char *made = json_string_value(json_object_get(t->train.label_made, "declare"));
		free(m->label_made);
		m->label_made = made ? cp_xstrdup(made) : NULL;
	}
}

/* What the vocabulary, the fields and the cut are made from. */
static int load_training_rows(struct cp_trainer *t, int labels, struct cp_err *err)
{
	static const char *standard_input[] = { "-" };
	struct cp_opt_list in = t->o.train.n ? t->o.train : (struct cp_opt_list){ standard_input, 1 };
	int known = t->m->vocab.fields.n;
	cp_fields_copy(&t->train.fields, &t->m->vocab.fields);
	if (load_rows(t, &t->train, &in, labels, err) < 0)
		return -1;
	if (!t->train.n)
		return cp_err_set(err, "no rows to train on");
	if (t->train.n > UINT32_MAX - 1)
		return cp_err_set(err, "%zu rows to train on; this version takes fewer than 2^32", t->train.n);
	if (cp_data_weigh(&t->train, err) < 0)
		return -1;
	t->m->c.max_tokens = t->train.max_tokens;
	if (!known)
		cp_features_init(&t->m->vocab, &t->train.fields);
	return choose_table(t, known, err);
}

/* Rows that the model is judged by: of the same fields, text and labels. */
static int load_judging_rows(struct cp_trainer *t, struct cp_data *d, const struct cp_opt_list *paths, int labels, const char *option,
			     struct cp_err *err)
{
	cp_fields_copy(&d->fields, &t->train.fields);
	d->sentence = json_deep_copy(t->train.sentence);
	d->label_made = json_deep_copy(t->train.label_made);
	if (load_rows(t, d, paths, labels, err) < 0)
		return -1;
	return paths->n && !d->n ? cp_err_set(err, "no rows in %s", option) : 0;
}

static int note_rows(struct cp_trainer *t, struct cp_err *err)
{
	uint64_t n_cut = t->train.n_cut + t->valid.n_cut + t->test.n_cut;
	if (note_wide_numbers(t, err) < 0)
		return -1;
	if (t->train.want_labels && (!t->train.n_clicks || t->train.n_clicks == t->train.n))
		cp_trainer_note(t, "every label of the training rows is %d: there is nothing to learn from them", t->train.n_clicks > 0);
	if (t->train.has_weights && !t->train.want_weights)
		cp_trainer_note(t, "the rows have weights, which this stage does not use: every row counts the same");
	if (n_cut)
		cp_trainer_note(t, "%llu rows have more than %zu tokens and were cut", (unsigned long long)n_cut, t->m->c.max_tokens);
	return 0;
}

static int load_all(struct cp_trainer *t, struct cp_err *err)
{
	struct cp_train_result *r = &t->result;
	int labels = t->m->c.objective == CP_OBJECTIVE_CLICK;
	if (load_training_rows(t, labels, err) < 0 ||
	    load_judging_rows(t, &t->valid, &t->o.valid, labels, "--valid, by which the best epoch is chosen", err) < 0 ||
	    load_judging_rows(t, &t->test, &t->o.test, labels, "--test", err) < 0 || mention_rows(t, err) < 0 || note_rows(t, err) < 0)
		return -1;
	r->n_train = t->train.n;
	r->n_valid = t->valid.n;
	r->n_test = t->test.n;
	r->masks = t->train.has_spec ? &t->train.spec : NULL;
	if (cp_data_digest(&t->train, r->train_digest, err) < 0 || cp_data_digest(&t->valid, r->valid_digest, err) < 0 ||
	    cp_data_digest(&t->test, r->test_digest, err) < 0)
		return -1;
	keep_making(t);
	return 0;
}

/* Every token of the rows is one of the model's, and is marked in `used`. */
static int mark_tokens(const struct cp_data *d, uint8_t *used, size_t vocab, const char *what, struct cp_err *err)
{
	struct cp_pass p;
	const struct cp_data *x;
	int rc;
	cp_pass_init(&p, d);
	while ((rc = cp_pass_next(&p, &x, err)) == 1)
		for (uint64_t i = 0; i < x->token_at[x->n]; i++) {
			if (x->token[i] >= vocab) {
				rc = cp_err_set(err, "%s rows: token id %u; the language model has %zu", what, x->token[i], vocab);
				goto out;
			}
			used[x->token[i]] = 1;
		}
out:
	cp_pass_release(&p);
	return rc;
}

/* The ids that are marked, but for special ones, which are no words. */
static struct nn_cut words_of(const struct cp_trainer *t, const uint8_t *used)
{
	size_t v = t->m->c.plm.vocab, n = 0;
	uint32_t *ids = cp_xcalloc(v, sizeof *ids);
	for (size_t i = 0; i < v; i++) {
		int is_word = used[i];
		for (int r = 0; r < CP_TOK_N_ROLES; r++)
			is_word &= t->train.spec.special[r] != i;
		if (is_word)
			ids[n++] = (uint32_t)i;
	}
	return (struct nn_cut){ ids, n };
}

/* Of rows that are judged: those of the training rows and their own. */
static int cut_judging(const struct cp_trainer *t, const struct cp_data *d, const uint8_t *trained, const char *what, int is_cut, struct nn_cut *cut,
		       struct cp_err *err)
{
	size_t v = t->m->c.plm.vocab;
	uint8_t *used = memcpy(cp_xmalloc(v), trained, v);
	int rc = mark_tokens(d, used, v, what, err);
	if (!rc && is_cut)
		*cut = words_of(t, used);
	free(used);
	return rc;
}

/* The ids that can be a label: those that occur in the training rows.  Rows that are judged may have others; what those are changes nothing else. */
static int cut_vocabulary(struct cp_trainer *t, struct cp_err *err)
{
	size_t v = t->m->c.plm.vocab;
	uint8_t *used = cp_xcalloc(v, 1);
	int is_cut = !t->o.full_vocab && t->m->c.objective == CP_OBJECTIVE_LM, rc = mark_tokens(&t->train, used, v, "training", err);
	if (!rc && is_cut)
		t->cut = words_of(t, used);
	if (!rc && (cut_judging(t, &t->valid, used, "validation", is_cut, &t->valid_cut, err) < 0 ||
		    cut_judging(t, &t->test, used, "test", is_cut, &t->test_cut, err) < 0))
		rc = -1;
	free(used);
	if (!rc && is_cut && !t->cut.n)
		rc = cp_err_set(err, "no token in these rows that could be masked");
	if (!rc && t->m->p5 && !t->o.full_vocab)
		t->cut = cp_p5_cut(t->m->p5);
	t->m->cut = t->cut;
	return rc;
}

/* --- Parameters -------------------------------------------------------------------------------------------------------------------- */

/* Starts a table that no file has given.  In one of a fixed size (--hash-bits) a row is drawn by its number, else by its key; the row for unseen
 * values is drawn where --unseen-rate trains it, and 0 otherwise. */
static void start_table(struct cp_trainer *t, struct nn_param *p)
{
	const struct cp_features *vocab = &t->m->vocab;
	if (vocab->bits)
		nn_init_rows(p, 0, vocab->n_rows, NULL, t->o.seed, t->team);
	for (int f = 0; !vocab->bits && f < vocab->fields.n; f++) {
		const struct cp_features_field *v = &vocab->field[f];
		const char *name = vocab->fields.v[f].name;
		size_t base = p->part ? 0 : v->base;
		if (p->part && p->part != f + 1)
			continue;
		uint64_t unseen = cp_field_seed(name, strlen(name));
		nn_init_rows(p, base + 1, v->n, v->key, t->o.seed, t->team);
		if (t->o.unseen_rate > 0)
			nn_init_rows(p, base, 1, &unseen, t->o.seed, t->team);
	}
	p->loaded = 1;
}

/* From the language model's folder. */
static int load_folder(struct cp_trainer *t, const char *dir, struct cp_err *err)
{
	struct cp_buf unused = CP_BUF_INIT;
	int rc = plm_load(t->m->params, t->m->aside, &t->m->c.plm, dir, &unused, err);
	for (char *line = rc < 0 || !unused.len ? NULL : strtok(unused.data, "\n"); line; line = strtok(NULL, "\n"))
		cp_trainer_note(t, "%s: tensor '%s' is not used", dir, line);
	cp_buf_release(&unused);
	return rc;
}

/* from: the folder or model that the language model is of. */
static void note_fresh_head(struct cp_trainer *t, const char *from)
{
	const struct nn_param *word = nn_params_find(t->m->params, "plm.embeddings.word_embeddings.weight");
	const struct nn_param *head = nn_params_find(t->m->params, "mlm.dense.weight");
	if (word && word->loaded && head && !head->loaded)
		cp_trainer_note(t, "%s: no masked-LM head in it; one starts fresh", from);
}

/* Of LR and FM, whose bias nothing else can stand in for: at the log-odds of a click in the training rows, as if half a row of either kind were among
 * them where there is none. */
static void start_bias(struct cp_trainer *t)
{
	struct nn_param *bias = nn_params_find(t->m->params, "lr.bias");
	double least = 0.5 / (double)t->train.n, rate = fmin(fmax(t->train.click_rate, least), 1 - least);
	if (!bias || bias->loaded || t->m->c.ctr.model->final || !t->train.want_labels)
		return;
	bias->val[0] = (nn_float)log(rate / (1 - rate));
	bias->loaded = 1;
}

/* init: the open model of --init, or NULL; old: its vocabulary. */
static int start_parameters(struct cp_trainer *t, const struct nn_safetensors *init, const struct cp_features *old, struct cp_err *err)
{
	struct nn_params *ps = t->m->params;
	const char *folder = cp_trainer_folder(t);
	if (init && cp_model_load(t->m, init, old, t->o.init, err) < 0)
		return -1;
	if (folder && load_folder(t, folder, err) < 0)
		return -1;
	note_fresh_head(t, folder ? folder : t->o.init);
	start_bias(t);
	nn_optimiser_begin(ps, &t->opt, t->base_lr);
	for (int i = 0; i < ps->n; i++)
		if (ps->v[i]->by_key && !ps->v[i]->loaded)
			start_table(t, ps->v[i]);
	struct nn_param *word = nn_params_find(ps, "plm.embeddings.word_embeddings.weight");
	int fresh = word && !word->loaded;
	nn_params_init(ps, t->o.seed, t->team);
	if (fresh)
		memset(word->val + t->m->c.plm.pad * word->dims[1], 0, word->dims[1] * sizeof *word->val);
	struct nn_param *dec = nn_params_find(ps, "mlm.decoder.weight");
	if (dec && !dec->loaded)	/* a decoder of its own starts as a copy of the word embeddings */
		memcpy(dec->val, word->val, dec->n * sizeof *dec->val);
	return 0;
}

/* --- Going on ---------------------------------------------------------------------------------------------------------------------- */

/* A finished model is left as it is, if this training made it. */
static int look_for_finished(struct cp_trainer *t, struct cp_err *err)
{
	struct nn_safetensors *s;
	if (access(t->out, F_OK))
		return 0;
	struct cp_model *m = cp_model_open_header(t->out, &s, err);
	if (!m)
		return -1;
	int rc = cp_fingerprint_same(t->m->training, m->training ? m->training : "", t->out, err);
	nn_safetensors_close(s);
	cp_model_free(m);
	if (rc < 0)
		return -1;
	t->result.finished_before = 1;
	return 0;
}

static int resume(struct cp_trainer *t, struct cp_err *err)
{
	if (!t->o.resume)
		return 0;
	int rc = cp_state_read(t, err);
	if (rc < 0)
		return -1;
	t->result.resumed = rc;
	if (rc)
		cp_trainer_note(t, "going on from step %llu of %llu", (unsigned long long)t->step,
				(unsigned long long)(t->steps_per_epoch * (uint64_t)t->epochs));
	return rc ? 0 : look_for_finished(t, err);
}

/* --- From rows to a graph ---------------------------------------------------------------------------------------------------------- */

static void copy_vocab(struct cp_features *to, const struct cp_features *from)
{
	cp_features_init(to, &from->fields);
	if (from->bits)
		cp_features_hash(to, from->bits);
	for (int f = 0; !from->bits && f < from->fields.n; f++)
		cp_features_restore(to, f, from->field[f].key, from->field[f].count, from->field[f].n);
}

static int index_rows(struct cp_trainer *t, struct cp_err *err)
{
	if (cp_data_count(&t->train, &t->m->vocab, err) < 0)
		return -1;
	cp_features_join(&t->m->vocab, (uint64_t)t->o.min_count);
	struct cp_data *rows[] = { &t->train, &t->valid, &t->test };
	for (int i = 0; i < 3; i++)
		if (cp_data_index(rows[i], &t->m->vocab, err) < 0)
			return -1;
	cp_shuffle_init(&t->shuffle, &t->train, t->o.seed);
	t->result.window = cp_shuffle_window(&t->shuffle);
	if (t->result.window)
		cp_trainer_note(t, "the training rows take %zu MB, more than --memory %lld: they are kept in temporary files and shuffled %zu at a time",
				t->train.bytes >> 20, (long long)t->o.memory, t->result.window);
	return 0;
}

static int set_width(struct cp_trainer *t, const char *word, struct cp_err *err)
{
	struct ctr_config *c = &t->m->c.ctr;
	const struct cp_fields *fields = &t->m->vocab.fields;
	size_t n;
	uint64_t width;
	if (cp_train_width(word, &n, &width, err) < 0)
		return -1;
	for (int f = 0; f < fields->n; f++)
		if (strlen(fields->v[f].name) == n && !memcmp(fields->v[f].name, word, n)) {
			if (t->o.init && (c->width[f] ? c->width[f] : (uint64_t)c->dim) != width)
				return cp_err_set(err, "--dim-of %s: %s was made with another width", word, t->o.init);
			c->width[f] = (uint16_t)width;
			return 0;
		}
	return cp_err_set(err, "--dim-of %s: the rows have no field '%.*s'", word, (int)n, word);
}

static int set_widths(struct cp_trainer *t, struct cp_err *err)
{
	if (t->o.dim_of.n && !ctr_config_reads(&t->m->c.ctr, "dim"))
		return cp_err_set(err, "--dim-of: %s has no embeddings", t->m->c.ctr.model->name);
	for (int i = 0; i < t->o.dim_of.n; i++)
		if (set_width(t, t->o.dim_of.v[i], err) < 0)
			return -1;
	if (t->m->vocab.bits && ctr_config_has_widths(&t->m->c.ctr))
		return cp_err_set(err, "--hash-bits: all fields share one table, so none can have a width of its own");
	return 0;
}

/* Once the rows have told the number of fields. */
static int check_ctr(struct cp_trainer *t, struct cp_err *err)
{
	struct cp_model_config *c = &t->m->c;
	if (!c->has_ctr)
		return 0;
	c->ctr.n_fields = t->m->vocab.fields.n;
	if (set_widths(t, err) < 0)
		return -1;
	if (c->has_plm && (c->prompting.k || c->baseline) && !c->ctr.model->final)
		return cp_err_set(err, "--model %s has no final vector, %s", c->ctr.model->name,
				  c->baseline ? "which the language model is to meet" : "so no prompts can be made from it");
	return ctr_config_check(&c->ctr, err);
}

/* L2 as FuxiCTR has it: on the tables, the linear term's among them, and on all else, biases too. */
static void penalise(struct cp_trainer *t)
{
	for (int i = 0; i < t->m->params->n; i++) {
		struct nn_param *p = t->m->params->v[i];
		if (p->group == CP_GROUP_CTR)
			p->l2 = p->by_key ? t->o.embedding_l2 : t->o.net_l2;
	}
}

/* One option away from computing the language model's layers once. */
static void note_dropout(struct cp_trainer *t)
{
	struct cp_model_config c = t->m->c;
	c.plm.dropout = c.plm.attention_dropout = 0;
	if (!t->m->keeps && cp_model_plm_is_constant(&c))
		cp_trainer_note(t, "the language model is frozen, but has dropout; with --plm-dropout 0 its layers would be computed once a row, not in "
				"every epoch");
}

/* The graph, and what only it knows of options that do not go together. */
static int build(struct cp_trainer *t, struct cp_err *err)
{
	struct cp_model *m = t->m;
	struct cp_train_result *r = &t->result;
	m->keeps = cp_model_plm_is_constant(&m->c);
	note_dropout(t);
	cp_model_build(m, t->team, 1);
	if (m->c.has_ctr && m->c.ctr.batch_norm && (t->o.batch == 1 || t->train.n % (size_t)t->o.batch == 1))
		return cp_err_set(err, "BatchNorm looks at rows beside one another, and of %zu rows by --batch %lld the last is alone; another --batch is "
				  "needed", t->train.n, (long long)t->o.batch);
	if (t->o.micro_batch && m->g->whole_batch && m->c.objective != CP_OBJECTIVE_PAIRS)
		return cp_err_set(err, "--micro-batch: this model has BatchNorm, which sees the whole batch");
	penalise(t);
	r->model = m->c.has_ctr ? m->c.ctr.model->name : "none";
	r->n_parameters = m->params->total;
	r->plm_lr = m->c.has_plm ? t->base_lr[CP_GROUP_PLM] : NAN;
	r->plm_dropout = m->c.has_plm ? m->c.plm.dropout : NAN;
	return 0;
}

static int setup(struct cp_trainer *t, const struct nn_safetensors *init, const struct cp_features *old, struct cp_err *err)
{
	char word[CP_WORD];
	t->memory = (size_t)t->o.memory << 20;
	t->epochs = t->o.epochs ? (int)t->o.epochs : t->o.stage == CP_STAGE_CTR ? 3 : 2;
	if (cp_trainer_configure(t, err) < 0)
		return -1;
	free(t->m->stage);
	t->m->stage = cp_xstrdup(cp_choice_word(CP_STAGES, t->o.stage, word));
	if (load_all(t, err) < 0 || (t->m->c.has_plm && cut_vocabulary(t, err) < 0))
		return -1;
	if (check_ctr(t, err) < 0 || index_rows(t, err) < 0 || cp_teacher_read(t, err) < 0)
		return -1;
	t->steps_per_epoch = (t->train.n + (uint64_t)t->o.batch - 1) / (uint64_t)t->o.batch;
	if (build(t, err) < 0 || start_parameters(t, init, old, err) < 0 || cp_fingerprint_make(t, err) < 0)
		return -1;
	return resume(t, err);
}

int cp_trainer_setup(struct cp_trainer *t, struct cp_err *err)
{
	struct nn_safetensors *init = NULL;
	struct cp_features old = { 0 };
	cp_trainer_note_idle(t);
	t->m = t->o.init ? cp_model_open_header(t->o.init, &init, err) : cp_model_new();
	if (!t->m)
		return -1;
	if (init)
		copy_vocab(&old, &t->m->vocab);
	int rc = setup(t, init, &old, err);
	nn_safetensors_close(init);
	cp_features_release(&old);
	return rc;
}
