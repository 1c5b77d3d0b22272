/* The state of an unfinished training: one safetensors file beside the model, with all that the next step depends on.
 *
 * It is written whole under another name and renamed, so at any instant there is either the last state or the one before.  It says which
 * training it belongs to (the fingerprint), and carries a digest of the rest: a training that goes on from a damaged state would end in
 * other bytes, and nobody would know. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "train/trainer.h"

#define STATE_VERSION 3

/* To the last bit. */
static json_t *hex(double x)
{
	char s[64];
	snprintf(s, sizeof s, "%a", x);
	return json_string(s);
}

static char *numbers(const struct cp_trainer *t)
{
	const struct cp_train_result *r = &t->result;
	json_t *o = json_pack("{s:i, s:I, s:I, s:i, s:I, s:i}", "version", STATE_VERSION, "step", (json_int_t)t->step, "loss_n", (json_int_t)t->loss_n,
			      "best_epoch", t->best_epoch, "best_step", (json_int_t)t->best_step, "bad", t->n_no_better);
	json_object_set_new(o, "loss_sum", hex(t->loss_sum));
	json_object_set_new(o, "best", hex(t->best));
	json_object_set_new(o, "plateau", hex(t->plateau));
	json_object_set_new(o, "valid", json_pack("[o,o,o,o]", hex(r->valid_auc), hex(r->valid_logloss), hex(r->valid_lm_loss), hex(r->valid_lm_accuracy)));
	json_object_set_new(o, "run", json_string(t->o.run ? t->o.run : ""));
	char *text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(o);
	return text;
}

int cp_state_write(struct cp_trainer *t, struct cp_err *err)
{
	if (!t->state)
		return 0;
	struct nn_params *p = t->m->params;
	nn_params_settle(p, t->team);
	struct nn_safetensors_out *o = nn_safetensors_out_new();
	char *text = numbers(t);
	nn_safetensors_out_digest(o);
	nn_safetensors_out_meta(o, "state", text);
	nn_safetensors_out_meta(o, "fingerprint", t->fingerprint);
	nn_safetensors_out_floats(o, "val", 1, &p->total, p->val);
	nn_safetensors_out_floats(o, "m1", 1, &p->total, p->m1);
	nn_safetensors_out_floats(o, "m2", 1, &p->total, p->m2);
	if (t->best_val)
		nn_safetensors_out_floats(o, "best", 1, &p->total, t->best_val);
	int rc = nn_safetensors_out_write(o, t->state, err);
	nn_safetensors_out_free(o);
	free(text);
	return rc;
}

static int get_int(const json_t *o, const char *key, json_int_t *out)
{
	const json_t *v = json_object_get(o, key);
	*out = json_integer_value(v);
	return json_is_integer(v) && *out >= 0 ? 0 : -1;
}

static int get_hex(const json_t *v, double *out)
{
	if (!json_is_string(v))
		return -1;
	*out = strtod(json_string_value(v), NULL);
	return 0;
}

static int check_version(const struct cp_trainer *t, const char *text, struct cp_err *err)
{
	json_int_t version;
	json_t *o = json_loads(text, 0, NULL);
	int bad = get_int(o, "version", &version);
	json_decref(o);
	if (!bad && version > STATE_VERSION)
		return cp_err_set(err, "%s: a training state of format %lld; this version reads up to %d: use a newer clickprompt", t->state,
				  (long long)version, STATE_VERSION);
	if (!bad && version < STATE_VERSION)
		return cp_err_set(err, "%s: a training state of format %lld, which an older clickprompt wrote; train anew without --resume", t->state,
				  (long long)version);
	return bad ? cp_err_set(err, "%s: no training state: it does not say its version", t->state) : 0;
}

static int read_numbers(struct cp_trainer *t, const char *text, struct cp_err *err)
{
	json_int_t step, n, best_epoch, best_step, bad;
	struct cp_train_result *r = &t->result;
	double *kept[4] = { &r->valid_auc, &r->valid_logloss, &r->valid_lm_loss, &r->valid_lm_accuracy };
	json_t *o = json_loads(text, 0, NULL);
	int rc = get_int(o, "step", &step) || get_int(o, "loss_n", &n) || get_int(o, "best_epoch", &best_epoch) ||
		 get_int(o, "best_step", &best_step) || get_int(o, "bad", &bad) || get_hex(json_object_get(o, "plateau"), &t->plateau) ||
		 get_hex(json_object_get(o, "loss_sum"), &t->loss_sum) || get_hex(json_object_get(o, "best"), &t->best);
	for (size_t i = 0; !rc && i < 4; i++)
		rc = get_hex(json_array_get(json_object_get(o, "valid"), i), kept[i]);
	const char *run = json_string_value(json_object_get(o, "run"));
	snprintf(r->resumed_from, sizeof r->resumed_from, "%s", run ? run : "");
	json_decref(o);
	if (rc || (uint64_t)step > t->steps_per_epoch * (uint64_t)t->epochs)
		return cp_err_set(err, "%s: no training state: its numbers cannot be read", t->state);
	t->step = (uint64_t)step;
	t->loss_n = (uint64_t)n;
	t->best_epoch = r->best_epoch = (int)best_epoch;
	t->best_step = r->best_step = (uint64_t)best_step;
	t->n_no_better = (int)bad;
	return 0;
}

static int read_array(struct cp_trainer *t, const struct nn_safetensors *s, const char *name, nn_float *out, struct cp_err *err)
{
	const struct nn_tensor *x = nn_safetensors_find(s, name);
	if (!x || x->n != t->m->params->total)
		return cp_err_set(err, "%s: tensor '%s' is %s", t->state, name, x ? "of another size than the model" : "missing");
	return nn_tensor_floats(x, out, x->n, err);
}

/* Everything from the open file into the trainer. */
static int read_all(struct cp_trainer *t, const struct nn_safetensors *s, struct cp_err *err)
{
	struct nn_params *p = t->m->params;
	const char *fp = nn_safetensors_meta(s, "fingerprint"), *text = nn_safetensors_meta(s, "state");
	if (!fp || !text || !nn_safetensors_meta(s, "digest"))
		return cp_err_set(err, "%s: no training state", t->state);
	if (check_version(t, text, err) < 0 || nn_safetensors_verify(s, err) < 0 ||
	    cp_fingerprint_same(t->fingerprint, fp, t->state, err) < 0 || read_numbers(t, text, err) < 0 ||
	    read_array(t, s, "val", p->val, err) < 0 || read_array(t, s, "m1", p->m1, err) < 0 || read_array(t, s, "m2", p->m2, err) < 0)
		return -1;
	if (nn_safetensors_find(s, "best")) {
		t->best_val = cp_xcalloc(p->total, sizeof *t->best_val);
		if (read_array(t, s, "best", t->best_val, err) < 0)
			return -1;
	}
	return 0;
}

int cp_state_read(struct cp_trainer *t, struct cp_err *err)
{
	if (!t->state || access(t->state, F_OK))
		return 0;
	struct nn_safetensors *s = nn_safetensors_open(t->state, err);
	if (!s)
		return -1;
	int rc = read_all(t, s, err);
	nn_safetensors_close(s);
	return rc ? -1 : 1;
}

void cp_state_remove(struct cp_trainer *t)
{
	if (t->state)
		unlink(t->state);
}
