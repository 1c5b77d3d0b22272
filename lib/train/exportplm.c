/* A folder is made under another name beside its own and then renamed: whole or not at all. */
#include "train/exportplm.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "text/plmfolder.h"

/* --- config.json ------------------------------------------------------------------------------------------------------------------- */

static json_t *config_of(const struct cp_model *m, int has_head)
{
	json_t *o = plm_config_json(&m->c.plm);
	if (m->c.plm.family == PLM_T5)
		return o;
	if (!has_head)
		json_object_set_new(o, "architectures", json_pack("[s]", m->c.plm.family == PLM_BERT ? "BertModel" : "RobertaModel"));
	else
		json_object_set_new(o, "tie_word_embeddings", json_boolean(m->c.tied));
	if (m->c.plm.family == PLM_ROBERTA) {
		json_object_set_new(o, "bos_token_id", json_integer(cp_tokenizer_special(m->tokenizer, CP_TOK_CLS)));
		json_object_set_new(o, "eos_token_id", json_integer(cp_tokenizer_special(m->tokenizer, CP_TOK_SEP)));
	}
	return o;
}

/* --- model.safetensors ------------------------------------------------------------------------------------------------------------- */

static void add_as(struct nn_safetensors_out *o, const char *name, const struct nn_tensor *t)
{
	nn_safetensors_out_add(o, name, t->dtype, t->n_dims, t->shape, t->data);
}

static int write_weights(const struct cp_inspect *m, const char *dir, int has_head, struct cp_err *err)
{
	const struct plm_config *c = &m->model->c.plm;
	struct nn_safetensors_out *o = nn_safetensors_out_new();
	struct cp_buf name = CP_BUF_INIT;
	nn_safetensors_out_meta(o, "format", "pt");
	for (size_t i = 0; i < nn_safetensors_count(m->file); i++) {
		const struct nn_tensor *t = nn_safetensors_at(m->file, i);
		if (!plm_their_name(c, t->name, has_head, &name))
			continue;
		add_as(o, name.data, t);
		if (!strcmp(t->name, "mlm.bias") && !m->model->c.tied)	/* theirs has two names, of one thing */
			add_as(o, c->family == PLM_BERT ? "cls.predictions.decoder.bias" : "lm_head.decoder.bias", t);
	}
	char *path = cp_xasprintf("%s/model.safetensors", dir);
	int rc = nn_safetensors_out_write(o, path, err);
	free(path);
	cp_buf_release(&name);
	nn_safetensors_out_free(o);
	return rc;
}

static int fill(const struct cp_inspect *m, const char *dir, struct cp_err *err)
{
	const struct cp_model *model = m->model;
	const struct plm_config *c = &model->c.plm;
	struct plm_prompting none = { 0 };
	int has_head = nn_safetensors_find(m->file, "mlm.dense.weight") != NULL;
	const char *eos = c->family == PLM_T5 ? cp_tokenizer_token(model->tokenizer, c->eos) : NULL;
	json_t *config = config_of(model, has_head);
	int rc = cp_plm_folder_write_tokenizer(dir, model->tokenizer, config, eos, plm_usual_tokens(c, &none), c->types > 1, err);
	json_decref(config);
	return rc < 0 ? -1 : write_weights(m, dir, has_head, err);
}

/* --- The folder -------------------------------------------------------------------------------------------------------------------- */

static int is_free(const char *dir, struct cp_err *err)
{
	DIR *d = opendir(dir);
	int n = 0;
	if (!d)
		return errno == ENOENT ? 0 : cp_err_set(err, "%s: open the folder: %m", dir);
	while (n < 3 && readdir(d))
		n++;
	closedir(d);
	return n < 3 ? 0 : cp_err_set(err, "%s: there already, and not empty; name a folder that is not there", dir);
}

int cp_export_plm(const struct cp_inspect *m, const char *dir, struct cp_err *err)
{
	size_t n = strlen(dir);
	while (n > 1 && dir[n - 1] == '/')
		n--;
	if (!m->model->c.has_plm)
		return cp_err_set(err, "%s: no language model in it, a CTR model alone", m->path);
	if (is_free(dir, err) < 0)
		return -1;
	char *made = cp_xasprintf("%.*s.%ld.part", (int)n, dir, (long)getpid());
	int slot = cp_out_remember(made), rc = mkdir(made, 0777) < 0 ? cp_err_set(err, "%s: make the folder: %m", made) : 0;
	if (!rc) {
		rc = fill(m, made, err);
		if (!rc && rename(made, dir) < 0)
			rc = cp_err_set(err, "%s: rename to '%s': %m", made, dir);
		if (rc < 0)
			cp_folder_remove(made);
	}
	cp_out_forget(slot);
	free(made);
	return rc;
}
