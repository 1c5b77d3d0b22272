/* cp-vocab: train a vocabulary on text, for WordPiece or byte-level BPE.  The training is lib/text/vocabtrain.h's, the folder lib/text/plmfolder.h's. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/file.h"
#include "base/lines.h"
#include "plm/plm.h"
#include "stream/stream.h"
#include "text/plmfolder.h"
#include "text/tokenizer.h"
#include "text/vocabtrain.h"
#include "tool.h"

static struct {
	const char *output;
	int kind, cover;		/* enum cp_vocab_kind, cp_vocab_cover */
	int64_t size, min_frequency, max_characters;
	int lines, cased;
	int64_t layers, hidden, heads, ffn, positions;	/* of the folder's model */
} o = { .kind = CP_VOCAB_WORDPIECE, .cover = CP_COVER_ASCII, .size = 8000, .min_frequency = 2, .max_characters = 1000,
	.layers = 2, .hidden = 128, .heads = 2, .ffn = 512, .positions = 512 };

static const struct cp_opt opts[] = {
	{ 'o', "output", CP_OPT_STR, &o.output, "DIR", "write a model folder, instead of the vocabulary to standard output", .use = CP_USE_OUTPUT },
	{ 0, "kind", CP_OPT_CHOICE, &o.kind, "NAME", "BERT's WordPiece, or RoBERTa's byte-level BPE", .choices = CP_VOCAB_KINDS },
	{ 0, "lines", CP_OPT_SET, &o.lines, NULL, "read plain lines of text", .set = 1 },
	{ 0, "size", CP_OPT_INT, &o.size, "N", "entries of the vocabulary, at most", .min = 5, .max = 1 << 20 },
	{ 0, "min-frequency", CP_OPT_INT, &o.min_frequency, "N", "merge no pair, and take no character, that occurs less often", .min = 1, .max = 1e15 },
	{ 0, "of WordPiece", CP_OPT_HEAD },
	{ 0, "max-characters", CP_OPT_INT, &o.max_characters, "N", "characters of the text that become entries", .min = 0, .max = 0x110000 },
	{ 0, "cover", CP_OPT_CHOICE, &o.cover, "NAME", "characters that are entries even where they do not occur", .choices = CP_VOCAB_COVERS },
	{ 0, "cased", CP_OPT_SET, &o.cased, NULL, "keep upper case and accents", .set = 1 },
	{ 0, "of the folder's model", CP_OPT_HEAD },
	{ 0, "layers", CP_OPT_INT, &o.layers, "N", "layers", .min = 1, .max = PLM_MAX_LAYERS },
	{ 0, "hidden", CP_OPT_INT, &o.hidden, "N", "width, a multiple of the heads", .min = 1, .max = PLM_MAX_HIDDEN },
	{ 0, "heads", CP_OPT_INT, &o.heads, "N", "attention heads", .min = 1, .max = PLM_MAX_HIDDEN },
	{ 0, "ffn", CP_OPT_INT, &o.ffn, "N", "width of the feed-forward layers", .min = 1, .max = PLM_MAX_FFN },
	{ 0, "positions", CP_OPT_INT, &o.positions, "N", "tokens of a text, at most", .min = PLM_MIN_POSITIONS, .max = PLM_MAX_POSITIONS },
	{ 0 },
};

static const struct cp_tool tool = {
	.name = "cp-vocab",
	.synopsis = "[OPTION...] [FILE...] > vocab.txt\n--kind bpe [OPTION...] [FILE...] > tokenizer.json\n-o DIR [OPTION...] [FILE...]",
	.summary = "train a vocabulary of word pieces or of bytes",
	.opts = opts,
	.notes = "Reads the column text of records, or --lines.",
	.max_operands = -1,
};

static int is_bpe(void)
{
	return o.kind == CP_VOCAB_BPE;
}

static const char *check_options(void)
{
	static const char *const of_folder[] = { "layers", "hidden", "heads", "ffn", "positions" };
	static const char *const of_wordpiece[] = { "max-characters", "cover", "cased" };
	for (size_t i = 0; is_bpe() && i < sizeof of_wordpiece / sizeof *of_wordpiece; i++)
		if (cp_opts_given(&cp_tool_opts, of_wordpiece[i]))
			return "--max-characters, --cover and --cased go with WordPiece: byte-level BPE takes every byte as it is";
	if (is_bpe() && o.positions > PLM_MAX_POSITIONS - 2)
		return "--positions is 1048574 at most with --kind bpe, whose positions count from 2";
	if (o.hidden % o.heads)
		return "--hidden is not a multiple of --heads";
	for (size_t i = 0; !o.output && i < sizeof of_folder / sizeof *of_folder; i++)
		if (cp_opts_given(&cp_tool_opts, of_folder[i]))
			return "--layers, --hidden, --heads, --ffn and --positions go with -o DIR";
	return NULL;
}

static int add_lines(struct cp_vocab_trainer *tr, const char *path, uint64_t *rows, struct cp_err *err)
{
	struct cp_lines in;
	const char *line;
	size_t n;
	int rc;
	if (cp_lines_open(&in, path, err) < 0)
		return -1;
	while ((rc = cp_lines_next(&in, &line, &n, err)) == 1) {
		cp_vocab_trainer_add(tr, line, n - (line[n - 1] == '\n'));
		++*rows;
	}
	cp_lines_close(&in);
	return rc;
}

static int add_records(struct cp_vocab_trainer *tr, const char *path, uint64_t *rows, struct cp_err *err)
{
	struct cp_reader *r = cp_reader_open(path, err);
	struct cp_block b;
	int rc = -1;
	if (!r)
		return -1;
	int text = cp_schema_find(cp_reader_schema(r), CP_TEXT, "text");
	if (text < 0)
		cp_err_set(err, "%s: no column 'text' (cp-textify makes one from CSV; --lines reads plain lines)", cp_reader_name(r));
	else {
		cp_reader_choose(r, &text, 1);
		while ((rc = cp_reader_next(r, &b, err)) == 1)
			for (size_t i = 0; i < b.n_rows; i++, ++*rows) {
				const uint32_t *at = b.column[text].offsets + i;
				cp_vocab_trainer_add(tr, b.column[text].bytes + at[0], at[1] - at[0]);
			}
	}
	cp_reader_close(r);
	return rc;
}

static int add_all(struct cp_vocab_trainer *tr, int argc, char **argv, uint64_t *rows, struct cp_err *err)
{
	int rc = 0;
	for (int i = 1; rc == 0 && (i < argc || i == 1); i++)
		rc = (o.lines ? add_lines : add_records)(tr, i < argc ? argv[i] : NULL, rows, err);
	return rc;
}

static int write_stdout(const char *s, size_t n, struct cp_err *err)
{
	return fwrite(s, 1, n, stdout) == n ? 0 : cp_err_set(err, "standard output: write: %m");
}

/* tokenizer.json, as a folder has it. */
static int write_tokenizer(const struct cp_tokenizer *tok, struct cp_err *err)
{
	struct cp_buf b = CP_BUF_INIT;
	cp_tokenizer_pack(tok, &b);
	json_t *pack = json_loadb(b.data, b.len, 0, NULL);
	char *text = json_dumps(json_object_get(pack, "tokenizer.json"), JSON_INDENT(1));
	int rc = write_stdout(text, strlen(text), err);
	if (rc == 0)
		rc = write_stdout("\n", 1, err);
	free(text);
	json_decref(pack);
	cp_buf_release(&b);
	return rc;
}

/* RoBERTa counts positions from the one after the padding token's id. */
static json_t *model_config(uint64_t n_tokens)
{
	int bpe = is_bpe();
	struct plm_config c = {
		.family = bpe ? PLM_ROBERTA : PLM_BERT, .layers = (size_t)o.layers, .hidden = (size_t)o.hidden, .heads = (size_t)o.heads,
		.ffn = (size_t)o.ffn, .positions = (size_t)o.positions + (bpe ? 2 : 0), .types = bpe ? 1 : 2, .vocab = (size_t)n_tokens, .pad = bpe,
		.act = NN_GELU, .eps = bpe ? 1e-5 : 1e-12, .dropout = 0.1, .attention_dropout = 0.1,
	};
	json_t *config = plm_config_json(&c);
	if (bpe) {
		json_object_set_new(config, "bos_token_id", json_integer(0));
		json_object_set_new(config, "eos_token_id", json_integer(2));
	}
	return config;
}

/* bpe NULL: WordPiece. */
static int write_folder(const struct cp_buf *vocab, const struct cp_tokenizer *bpe, uint64_t n_tokens, struct cp_err *err)
{
	json_t *config = model_config(n_tokens);
	int rc = bpe ? cp_plm_folder_write_bpe(o.output, bpe, config, (size_t)o.positions, err) :
		 cp_plm_folder_write(o.output, vocab->data, vocab->len, !o.cased, config, (size_t)o.positions, err);
	json_decref(config);
	return rc;
}

static int write_bpe(const struct cp_buf *trained, uint64_t *n_tokens, struct cp_err *err)
{
	struct cp_tokenizer *tok = cp_tokenizer_unpack(trained->data, trained->len, "the vocabulary", err);
	if (!tok)
		return -1;
	*n_tokens = cp_tokenizer_size(tok);
	int rc = o.output ? write_folder(trained, tok, *n_tokens, err) : write_tokenizer(tok, err);
	cp_tokenizer_free(tok);
	return rc;
}

static int write_vocab(const struct cp_buf *vocab, uint64_t *n_tokens, struct cp_err *err)
{
	if (is_bpe())
		return write_bpe(vocab, n_tokens, err);
	for (size_t i = 0; i < vocab->len; i++)
		*n_tokens += vocab->data[i] == '\n';
	return o.output ? write_folder(vocab, NULL, *n_tokens, err) : write_stdout(vocab->data, vocab->len, err);
}

int main(int argc, char **argv)
{
	struct cp_err err;
	struct cp_buf vocab = CP_BUF_INIT;
	uint64_t rows = 0, n_tokens = 0;
	char extra[64];
	cp_tool_start(&tool, &argc, argv);
	if (o.output && cp_is_standard(o.output))
		o.output = NULL;
	const char *wrong = check_options();
	if (wrong)
		cp_usage("%s", wrong);
	struct cp_vocab_opts train = { is_bpe() ? CP_VOCAB_BPE : CP_VOCAB_WORDPIECE, (size_t)o.size, (uint64_t)o.min_frequency,
		(size_t)o.max_characters, !o.cased, (enum cp_vocab_cover)o.cover };
	struct cp_vocab_trainer *tr = cp_vocab_trainer_new(&train);
	if (add_all(tr, argc, argv, &rows, &err) < 0 || cp_vocab_trainer_run(tr, &vocab, &err) < 0 || write_vocab(&vocab, &n_tokens, &err) < 0)
		cp_die("%s", err.msg);
	cp_vocab_trainer_free(tr);
	cp_buf_release(&vocab);
	snprintf(extra, sizeof extra, "%llu entries", (unsigned long long)n_tokens);
	return cp_tool_finish(rows, n_tokens, extra);
}
