#include "train/preset.h"

#include <string.h>

#include "base/choice.h"
#include "train/train.h"

/* By stage, and by stage and data set. */
static const struct {
	const char *all, *of[CP_N_PRESETS];
} settings[] = {
	[CP_STAGE_CTR] = { "lr=0.001 epochs=3",
		{ "batch=256 weight-decay=0.5", "batch=256 weight-decay=0.1", "batch=1024 weight-decay=0.1", "batch=4096 weight-decay=0.1" } },
	[CP_STAGE_PRETRAIN] = { "batch=1024 lr=5e-05 plm-lr=5e-05 warmup=0.05 epochs=20", { "", "", "", "" } },
	[CP_STAGE_FINETUNE] = { "lr=0.001 epochs=3 patience=2",
		{ "batch=256 weight-decay=0.5", "batch=256 weight-decay=0.1", "batch=1024 weight-decay=0.1", "batch=4096 weight-decay=0.1" } },
	[CP_STAGE_P5] = { "lr=0.001", { "", "", "", "" } },
	[CP_STAGE_PTAB] = { "lr=5e-05 plm-lr=5e-05", { "", "", "", "" } },
	[CP_STAGE_CTR_BERT] = { "lr=5e-05 plm-lr=5e-05", { "", "", "", "" } },
	[CP_STAGE_CTRL] = { "batch=6400", { "", "", "", "" } },
};

/* Sizes by model and data set; what a model has beside these is its default. */
static const struct {
	const char *model, *of[CP_N_PRESETS];
} sizes[] = {
	{ "autoint", { "dim=32", "dim=32", "dim=16", "dim=16" } },
	{ "dcn", { "dim=32 hidden=256x4 cross=4", "dim=32 hidden=256x4 cross=4", "dim=16 hidden=256x3 cross=3", "dim=16 hidden=512x4 cross=4" } },
	{ "dcnv2", { "dim=32 hidden=256x6 cross=6", "dim=32 hidden=256x6 cross=6", "dim=16 hidden=256x3 cross=3", "dim=16 hidden=512x6 cross=6" } },
	{ "deepfm", { "dim=32 hidden=256x6 wide=1", "dim=32 hidden=256x4 wide=0", "dim=16 hidden=256x6 wide=0", "dim=16 hidden=256x6 wide=0" } },
	{ "dnn", { "dim=32 hidden=256x6", "dim=32 hidden=256x6", "dim=16 hidden=256x6", "dim=16 hidden=256x6" } },
	{ "fgcnn", { "dim=16", "dim=16", "dim=8", "dim=8" } },
	{ "fibinet", { "dim=32", "dim=32", "dim=16", "dim=16" } },
	{ "fignn", { "dim=32 steps=3", "dim=32 steps=6", "dim=16 steps=3", "dim=16 steps=3" } },
	{ "finalmlp", { "dim=32", "dim=32", "dim=16", "dim=16" } },
	{ "fm", { "dim=32 wide=0", "dim=32 wide=0", "dim=16 wide=0", "dim=16 wide=1" } },
	{ "ipnn", { "dim=32 hidden=256x6", "dim=32 hidden=256x6", "dim=16 hidden=256x6", "dim=16 hidden=512x6" } },
	{ "masknet", { "dim=32", "dim=32", "dim=16", "dim=16" } },
	{ "xdeepfm", { "dim=32 hidden=256x3", "dim=32 hidden=256x6", "dim=16 hidden=256x3", "dim=16 hidden=256x6" } },
};
#define N(a) (sizeof(a) / sizeof *(a))

static void add(struct cp_buf *b, const char *before, const char *words)
{
	for (size_t n; *words; words += n, words += *words == ' ') {
		n = strcspn(words, " ");
		cp_buf_printf(b, "%s%s%.*s", b->len ? " " : "", before, (int)n, words);
	}
}

char *cp_preset_words(enum cp_preset preset, int stage, const char *model)
{
	struct cp_buf b = CP_BUF_INIT;
	add(&b, "", settings[stage].all);
	add(&b, "", settings[stage].of[preset]);
	for (size_t i = 0; model && i < N(sizes); i++)
		if (!strcmp(sizes[i].model, model))
			add(&b, "set=", sizes[i].of[preset]);
	return b.data;
}

/* A column a data set. */
static void print_line(struct cp_buf *b, const char *name, const char *const *of)
{
	cp_buf_printf(b, "  %-10s", name);
	for (int k = 0; k < CP_N_PRESETS; k++)
		cp_buf_printf(b, k < CP_N_PRESETS - 1 ? " %-29s" : " %s\n", of[k]);
}

void cp_presets_print(struct cp_buf *b)
{
	char word[CP_N_PRESETS][CP_WORD], stage[CP_WORD];
	const char *name[CP_N_PRESETS];
	for (int k = 0; k < CP_N_PRESETS; k++)
		name[k] = cp_choice_word(CP_PRESETS, k, word[k]);
	for (size_t i = 0; i < N(settings); i++)
		cp_buf_printf(b, "  %-10s %s\n", cp_choice_word(CP_STAGES, (int)i, stage), settings[i].all);
	cp_buf_str(b, "and by data set:\n");
	print_line(b, "", name);
	for (size_t i = 0; i < N(settings); i++)
		if (*settings[i].of[0])
			print_line(b, cp_choice_word(CP_STAGES, (int)i, stage), settings[i].of);
	for (size_t i = 0; i < N(sizes); i++)
		print_line(b, sizes[i].model, sizes[i].of);
}
