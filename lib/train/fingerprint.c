/* What determines the result of a training, as one JSON text: rows and models by their digest, options that change content, and, for going on
 * with it, who multiplies.  Not: files' names, threads, time. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/choice.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/num.h"
#include "nn/cpu.h"
#include "nn/gemm.h"
#include "train/trainer.h"

static void add_word(json_t *o, const char *name, const char *words, int number)
{
	char word[CP_WORD];
	json_object_set_new(o, name, json_string(cp_choice_word(words, number, word)));
}

static void add_real(json_t *o, const char *name, double v)
{
	char num[32];
	json_object_set_new(o, name, json_string(cp_print_real(v, num)));
}

static void add_model(json_t *o, const struct cp_trainer *t)
{
	const struct cp_model_config *c = &t->m->c;
	struct cp_buf b = CP_BUF_INIT;
	if (c->has_ctr) {
		cp_buf_printf(&b, "%s ", c->ctr.model->name);
		ctr_config_print(&c->ctr, &b);
		json_object_set_new(o, "CTR model", json_string(b.data));
	}
	if (c->has_plm) {
		cp_buf_reset(&b);
		plm_config_print(&c->plm, &b);
		json_object_set_new(o, "language model", json_string(b.data));
		json_object_set_new(o, "prompts", json_pack("[i,i,i,i]", c->prompting.where, c->prompting.k, c->prompting.separate,
							    c->prompting.shift));
		json_object_set_new(o, "heads", json_pack("[i,i,i,i]", c->tied, c->pooler, c->fusion, c->usage));
		json_object_set_new(o, "tokenizer", json_string(cp_tokenizer_digest(t->m->tokenizer)));
		json_object_set_new(o, "max-length", json_integer((json_int_t)c->max_tokens));
		json_object_set_new(o, "full-vocab", json_boolean(t->o.full_vocab));
	}
	if (t->train.has_spec)
		json_object_set_new(o, "masks", json_pack("{s:I, s:f, s:f, s:f, s:b}", "seed", (json_int_t)t->train.spec.seed, "rate", t->train.spec.rate,
							  "share_mask", t->train.spec.share_mask, "share_random", t->train.spec.share_random, "static",
							  t->train.spec.is_static));
	cp_buf_release(&b);
}

/* Options that came later than the first models: said where they are not what was always done. */
static void add_later(json_t *o, const struct cp_trainer *t)
{
	const struct cp_train_opts *p = &t->o;
	if (p->optimizer != NN_ADAMW)
		add_word(o, "optimizer", NN_RULES, p->optimizer);
	if (p->optimizer == NN_SGD)
		add_real(o, "momentum", p->momentum);
	if (p->optimizer == NN_FTRL) {
		add_real(o, "ftrl-l1", p->ftrl_l1);
		add_real(o, "ftrl-l2", p->ftrl_l2);
		add_real(o, "ftrl-beta", p->ftrl_beta);
	}
	if (p->embedding_l2 > 0)
		add_real(o, "embedding-l2", p->embedding_l2);
	if (p->net_l2 > 0)
		add_real(o, "net-l2", p->net_l2);
	if (p->clip > 0)
		add_real(o, "clip", p->clip);
	if (p->monitor != CP_MONITOR_AUC && t->valid.n)
		add_word(o, "monitor", CP_MONITORS, p->monitor);
	if (p->micro_batch)
		json_object_set_new(o, "micro-batch", json_integer(p->micro_batch));
	if (p->eval_every && t->valid.n)
		json_object_set_new(o, "eval-every", json_integer(p->eval_every));
	if (p->teacher) {
		json_object_set_new(o, "teacher's scores", json_string(t->teacher_digest));
		add_real(o, "teacher-weight", p->teacher_weight);
	}
}

int cp_fingerprint_weights(const char *folder, json_t **digests, struct cp_err *err)
{
	struct plm_files f;
	char hex[33];
	int rc = plm_files_find(&f, folder, err);
	json_t *all = json_array();
	for (size_t i = 0; !rc && i < f.n; i++)
		if (!(rc = cp_digest_file(f.path[i], hex, err)))
			json_array_append_new(all, json_string(hex));
	*digests = rc ? NULL : json_incref(f.n == 1 ? json_array_get(all, 0) : all);
	json_decref(all);
	plm_files_release(&f);
	return rc;
}

/* What it starts from, by digest. */
static int add_start(json_t *o, const struct cp_trainer *t, struct cp_err *err)
{
	const char *folder = cp_trainer_folder(t);
	char hex[33];
	if (t->o.init) {
		if (cp_digest_file(t->o.init, hex, err) < 0)
			return -1;
		json_object_set_new(o, "initial model", json_string(hex));
	}
	json_t *weights;
	if (folder && cp_fingerprint_weights(folder, &weights, err) < 0)
		return -1;
	if (folder)
		json_object_set_new(o, CP_PLM_WEIGHTS, weights);
	return 0;
}

static void add_rows(json_t *o, const struct cp_trainer *t)
{
	const struct cp_train_result *r = &t->result;
	json_object_set_new(o, "training rows", json_string(r->train_digest));
	json_object_set_new(o, "validation rows", json_string(r->valid_digest));
	if (t->o.vocab_from.n)
		json_object_set_new(o, "vocabulary rows", json_string(r->vocab_digest));
	json_object_set_new(o, "min-count", json_integer(t->o.min_count));
	if (t->m->vocab.bits)
		json_object_set_new(o, "hash-bits", json_integer(t->m->vocab.bits));
	add_real(o, "unseen-rate", t->o.unseen_rate);
	if (r->window)
		json_object_set_new(o, "shuffle window", json_integer((json_int_t)r->window));
}

static void add_steps(json_t *o, const struct cp_trainer *t)
{
	json_object_set_new(o, "seed", json_integer((json_int_t)t->o.seed));
	json_object_set_new(o, "epochs", json_integer(t->epochs));
	json_object_set_new(o, "batch", json_integer(t->o.batch));
	add_word(o, "schedule", CP_SCHEDULES, t->o.schedule);
	json_object_set_new(o, "patience", json_integer(t->valid.n ? t->o.patience : 0));
	json_object_set_new(o, "precision", json_string(nn_gemm_precision()));
	add_real(o, "warmup", t->o.warmup);
	add_real(o, "lr", t->base_lr[CP_GROUP_CTR]);
	add_real(o, "weight-decay", t->o.weight_decay);
	if (t->m->c.has_plm) {
		add_real(o, "plm-lr", t->base_lr[CP_GROUP_PLM]);
		add_real(o, "plm-weight-decay", t->o.plm_weight_decay);
	}
	if (t->m->c.baseline == CP_CTRL) {
		json_object_set_new(o, "subspaces", json_integer(t->o.subspaces));
		add_real(o, "temperature", t->o.temperature);
	}
}

int cp_fingerprint_make(struct cp_trainer *t, struct cp_err *err)
{
	json_t *o = json_object();
	add_word(o, "stage", CP_STAGES, t->o.stage);
	add_rows(o, t);
	add_steps(o, t);
	add_later(o, t);
	add_model(o, t);
	int rc = add_start(o, t, err);
	free(t->m->training);
	t->m->training = json_dumps(o, JSON_SORT_KEYS | JSON_COMPACT);
	char *kernels = cp_xasprintf("%s, %s", nn_gemm_info(), nn_cpu_level());
	json_object_set_new(o, "kernels", json_string(kernels));
	t->fingerprint = json_dumps(o, JSON_SORT_KEYS | JSON_COMPACT);
	free(kernels);
	json_decref(o);
	return rc;
}

int cp_fingerprint_same(const char *now, const char *then, const char *file, struct cp_err *err)
{
	json_t *a = json_loads(now, 0, NULL), *b = json_loads(then, 0, NULL), *all = json_object(), *v;
	const char *key;
	int rc = 0;
	if (!json_is_object(b))
		rc = cp_err_set(err, "%s: it does not say what training it belongs to", file);
	json_object_update(all, a);
	json_object_update(all, b);
	json_object_foreach(all, key, v) {
		const json_t *x = json_object_get(a, key), *y = json_object_get(b, key);
		if (rc || json_equal(x, y))
			continue;
		char *here = x ? json_dumps(x, JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_REAL_PRECISION(15)) : NULL;
		char *there = y ? json_dumps(y, JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_REAL_PRECISION(15)) : NULL;
		rc = cp_err_set(err, "%s: it was made with another %s: %s there, %s here; train anew without --resume, or with the same", file, key,
				there ? there : "nothing", here ? here : "nothing");
		free(here);
		free(there);
	}
	json_decref(all);
	json_decref(a);
	json_decref(b);
	return rc;
}
