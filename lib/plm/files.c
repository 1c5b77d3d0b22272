/* Which files of a Hugging Face folder hold its weights. */
#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "plm/plm.h"

#define INDEX "model.safetensors.index.json"

static void add(struct plm_files *f, const char *dir, const char *leaf)
{
	f->path = cp_xrealloc(f->path, f->n + 1, sizeof *f->path);
	f->path[f->n++] = cp_xasprintf("%s/%s", dir, leaf);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A shard is a file beside the index; nothing else is opened, whatever is written there. */
static int add_shard(struct plm_files *f, const char *dir, const char *tensor, const json_t *shard, struct cp_err *err)
{
	const char *leaf = json_string_value(shard);
	if (!leaf || !*leaf || strchr(leaf, '/'))
		return cp_err_set(err, "%s/" INDEX ": the shard of '%s' is no name of a file beside it", dir, tensor);
	for (size_t i = 0; i < f->n; i++)
		if (!strcmp(f->path[i] + strlen(dir) + 1, leaf))
			return 0;
	if (!cp_has_file(dir, leaf))
		return cp_err_set(err, "%s/%s: not there, and " INDEX " says that '%s' is in it; fetch that file too", dir, leaf, tensor);
	add(f, dir, leaf);
	return 0;
}

static int find_shards(struct plm_files *f, const char *dir, struct cp_err *err)
{
	char *path = cp_xasprintf("%s/" INDEX, dir);
	struct cp_buf text = CP_BUF_INIT;
	json_error_t je;
	const char *tensor;
	json_t *shard, *o = NULL;
	int rc = cp_read_file(path, &text, err);
	if (!rc)
		o = json_loadb(text.data, text.len, 0, &je);
	if (!rc && !json_is_object(json_object_get(o, "weight_map")))
		rc = o ? cp_err_set(err, "%s: no 'weight_map' in it", path) : cp_err_set(err, "%s: line %d: not JSON: %s", path, je.line, je.text);
	if (!rc)
		json_object_foreach(json_object_get(o, "weight_map"), tensor, shard)
			if (!rc)
				rc = add_shard(f, dir, tensor, shard, err);
	if (!rc && !f->n)
		rc = cp_err_set(err, "%s: its 'weight_map' is empty", path);
	if (!rc)
		qsort(f->path, f->n, sizeof *f->path, by_name);
	json_decref(o);
	cp_buf_release(&text);
	free(path);
	return rc;
}

/* The first by name of a folder's files that end so, to be freed; NULL: there is none. */
static char *find_suffix(const char *dir, const char *suffix)
{
	DIR *d = opendir(dir);
	char *first = NULL;
	for (struct dirent *e; d && (e = readdir(d)); ) {
		size_t n = strlen(e->d_name), k = strlen(suffix);
		if (n <= k || strcmp(e->d_name + n - k, suffix) || (first && strcmp(first, e->d_name) <= 0))
			continue;
		free(first);
		first = cp_xstrdup(e->d_name);
	}
	if (d)
		closedir(d);
	return first;
}

int plm_files_find(struct plm_files *f, const char *dir, struct cp_err *err)
{
	static const char *const others[] = { "pytorch_model.bin", "pytorch_model.bin.index.json", "tf_model.h5", "flax_model.msgpack" };
	char *other;
	*f = (struct plm_files){ 0 };
	if (cp_has_file(dir, "model.safetensors")) {
		add(f, dir, "model.safetensors");
		return 0;
	}
	if (cp_has_file(dir, INDEX)) {
		int rc = find_shards(f, dir, err);
		if (rc < 0)
			plm_files_release(f);
		return rc;
	}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (cp_has_file(dir, others[i]))
			return cp_err_set(err, "%s: only %s is there, which is not read; convert it to model.safetensors (transformers: "
					  "save_pretrained(DIR, safe_serialization=True))", dir, others[i]);
	if ((other = find_suffix(dir, ".safetensors"))) {
		if (!cp_has_file(dir, other))
			cp_err_set(err, "%s/%s: a link to a file that is not there; fetch the file itself", dir, other);
		else
			cp_err_set(err, "%s: %s is neither model.safetensors nor named by " INDEX ", which is not there; fetch the one that is missing", dir, other);
		free(other);
		return -1;
	}
	return 0;
}

void plm_files_release(struct plm_files *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->path[i]);
	free(f->path);
	*f = (struct plm_files){ 0 };
}
