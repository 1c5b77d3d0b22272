/* A folder with spiece.model, as T5's come, as a tokenizer.json of the same meaning.
 *
 * spiece.model is SentencePiece's ModelProto: protocol-buffer fields, each a number with a wire type and a value.  Read of it are
 *
 *     1 pieces, each        1 its spelling, 2 its score (float), 3 its type: 2 the unknown one, 3 one for control; the others are looked for in texts
 *     2 how it was trained  3 algorithm (1 is Unigram)
 *     3 normalization       2 the compiled rules (charsmap.h), 3 a space in front, 4 no space behind and none beside another: both where not told
 *
 * and what is not known is passed over, as the format has it.  Behind the pieces stand <extra_id_99> to <extra_id_0>, as many as tokenizer_config.json
 * says in extra_ids; </s>, or what the folder names eos_token, ends a text.  Where its "legacy" is false, a space is put before the text alone and not
 * before what follows an added token.  White space comes out as SentencePiece has it, which tokenizer.json files of
 * older transformers do only within a text.
 *
 * Not: models by BPE, words or characters, models with pieces for bytes, and how XLM-R and ALBERT number their pieces.
 */
#include "text/tok_impl.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "text/charsmap.h"

/* ---- Fields ---- */

enum { VARINT, FIXED64, BYTES, FIXED32 = 5 };

struct field {
	uint64_t number, value;		/* value: of a VARINT or FIXED32 */
	unsigned type;
	const char *s;			/* of BYTES */
	size_t n;
};

struct message {
	const char *s, *end;
	int is_broken;
};

static uint64_t varint(struct message *m)
{
	uint64_t v = 0;
	for (int shift = 0; m->s < m->end && shift < 64; shift += 7) {
		unsigned char c = (unsigned char)*m->s++;
		v |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80)
			return v;
	}
	m->is_broken = 1;
	return 0;
}

static const char *take(struct message *m, uint64_t n)
{
	const char *s = m->s;
	if (n > (uint64_t)(m->end - s))
		m->is_broken = 1;
	else
		m->s += n;
	return s;
}

/* 1 and the next field; 0 at the end, or where it is broken. */
static int next_field(struct message *m, struct field *f)
{
	if (m->is_broken || m->s == m->end)
		return 0;
	uint64_t tag = varint(m);
	*f = (struct field){ .number = tag >> 3, .type = tag & 7 };
	if (f->type == VARINT) {
		f->value = varint(m);
	} else if (f->type == BYTES) {
		uint64_t n = varint(m);
		f->s = take(m, n);
		f->n = n;
	} else if (f->type == FIXED32) {
		const unsigned char *b = (const unsigned char *)take(m, 4);
		if (!m->is_broken)
			f->value = b[0] | b[1] << 8 | b[2] << 16 | (uint64_t)b[3] << 24;
	} else if (f->type == FIXED64) {
		take(m, 8);
	} else {
		m->is_broken = 1;
	}
	return !m->is_broken;
}

static int is_field(const struct field *f, uint64_t number, unsigned type)
{
	return f->number == number && f->type == type;
}

/* ---- The model ---- */

enum { UNKNOWN = 2, CONTROL = 3, BYTE = 6 };
enum { UNIGRAM = 1 };

struct spm {
	const char *name;
	json_t *vocab, *added;		/* as in a tokenizer.json */
	json_int_t unk;			/* -1: none */
	json_int_t eos;
	uint64_t algorithm;
	int has_bytes, front_space, one_space;
	const char *rules;
	size_t n_rules;
};

static void add_special(struct spm *m, const char *s, size_t n)
{
	json_array_append_new(m->added, json_pack("{s:I,s:s%,s:b}", "id", (json_int_t)json_array_size(m->vocab) - 1, "content", s, n, "special", 1));
}

static int add_piece(struct spm *m, struct message in, const char *eos, struct cp_err *err)
{
	struct field f, piece = { .s = "" };
	float score = 0;
	uint64_t type = 1;
	json_int_t id = (json_int_t)json_array_size(m->vocab);
	while (next_field(&in, &f))
		if (is_field(&f, 1, BYTES))
			piece = f;
		else if (is_field(&f, 2, FIXED32))
			memcpy(&score, &(uint32_t){ (uint32_t)f.value }, sizeof score);
		else if (is_field(&f, 3, VARINT))
			type = f.value;
	json_t *s = json_stringn(piece.s, piece.n), *number = json_real(score);
	if (in.is_broken || !s || !number || memchr(piece.s, 0, piece.n)) {
		json_decref(s);
		json_decref(number);
		return cp_err_set(err, "%s: piece %lld is broken: no text with a score", m->name, (long long)id);
	}
	json_array_append_new(m->vocab, json_pack("[o,o]", s, number));
	if (type == UNKNOWN)
		m->unk = id;
	if (type == UNKNOWN || type == CONTROL)
		add_special(m, piece.s, piece.n);
	if (piece.n == strlen(eos) && !memcmp(piece.s, eos, piece.n))
		m->eos = id;
	m->has_bytes |= type == BYTE;
	return 0;
}

static int read_training(struct spm *m, struct message in)
{
	struct field f;
	while (next_field(&in, &f))
		if (is_field(&f, 3, VARINT))
			m->algorithm = f.value;
	return in.is_broken;
}

static int read_normalization(struct spm *m, struct message in)
{
	struct field f;
	while (next_field(&in, &f))
		if (is_field(&f, 2, BYTES)) {
			m->rules = f.s;
			m->n_rules = f.n;
		} else if (is_field(&f, 3, VARINT)) {
			m->front_space = f.value != 0;
		} else if (is_field(&f, 4, VARINT)) {
			m->one_space = f.value != 0;
		}
	return in.is_broken;
}

static int read_model(struct spm *m, struct message in, const char *eos, struct cp_err *err)
{
	struct field f;
	while (next_field(&in, &f)) {
		if (f.type != BYTES)
			continue;
		struct message part = { f.s, f.s + f.n, 0 };
		if (f.number == 1 && add_piece(m, part, eos, err) < 0)
			return -1;
		if ((f.number == 2 && read_training(m, part)) || (f.number == 3 && read_normalization(m, part)))
			in.is_broken = 1;
	}
	if (in.is_broken || !json_array_size(m->vocab))
		return cp_err_set(err, "%s: not a whole SentencePiece model: cut off, damaged, or something else", m->name);
	if (m->algorithm != UNIGRAM || m->has_bytes)
		return cp_err_set(err, "%s: SentencePiece %s; this version reads its Unigram models without pieces for bytes", m->name,
				  m->has_bytes ? "with pieces for bytes" : "by another algorithm than Unigram");
	if (m->unk < 0)
		return cp_err_set(err, "%s: none of its %zu pieces is the unknown one", m->name, json_array_size(m->vocab));
	if (m->eos < 0)
		return cp_err_set(err, "%s: none of its %zu pieces is %.60s, which ends a text", m->name, json_array_size(m->vocab), eos);
	return 0;
}

/* ---- As a tokenizer.json ---- */

#define SPACE "\xE2\x96\x81"	/* U+2581, what a space becomes */

#define MOST_EXTRA_IDS 10000	/* T5 has 100 */

/* The tokens that T5 fills gaps with: the last has the first id. */
static int add_extra_ids(struct spm *m, const json_t *config, struct cp_err *err)
{
	const json_t *said = json_object_get(config, "extra_ids");
	double number = said ? json_number_value(said) : 100;
	int n = number >= 0 && number <= MOST_EXTRA_IDS ? (int)number : 0;
	if (n != number || (said && !json_is_number(said)))
		return cp_err_set(err, "%s: extra_ids in tokenizer_config.json is no number from 0 to %d", m->name, MOST_EXTRA_IDS);
	while (n-- > 0) {
		char s[40];
		int len = snprintf(s, sizeof s, "<extra_id_%d>", n);
		json_array_append_new(m->vocab, json_pack("[s,f]", s, 0.0));
		add_special(m, s, (size_t)len);
	}
	return 0;
}

static json_t *normalizer(const struct spm *m)
{
	json_t *steps = json_array();
	struct cp_buf base64 = CP_BUF_INIT;
	cp_charsmap_encode(m->rules, m->n_rules, &base64);
	if (m->n_rules)
		json_array_append_new(steps, json_pack("{s:s,s:s}", "type", "Precompiled", "precompiled_charsmap", base64.data));
	cp_buf_release(&base64);
	if (m->one_space) {
		json_array_append_new(steps, json_pack("{s:s,s:b,s:b}", "type", "Strip", "strip_left", 0, "strip_right", 1));
		json_array_append_new(steps, json_pack("{s:s,s:{s:s},s:s}", "type", "Replace", "pattern", "Regex", " {2,}", "content", SPACE));
	}
	return json_pack("{s:s,s:o}", "type", "Sequence", "normalizers", steps);
}

static json_t *tokenizer(const struct spm *m, const char *eos, int legacy)
{
	json_t *frame = json_pack("{s:s,s:[{s:{s:s}},{s:{s:s}}],s:{s:{s:[I]}}}", "type", "TemplateProcessing", "single", "Sequence", "id", "A",
		"SpecialToken", "id", eos, "special_tokens", eos, "ids", m->eos);
	json_t *space = json_pack("{s:s,s:s,s:b}", "type", "Metaspace", "replacement", SPACE, "add_prefix_space", m->front_space);
	if (m->front_space && !legacy)
		json_object_set_new(space, "prepend_scheme", json_string("first"));
	return json_pack("{s:O,s:o,s:o,s:o,s:{s:s,s:I,s:O}}", "added_tokens", m->added, "normalizer", normalizer(m), "pre_tokenizer", space,
		"post_processor", frame, "model", "type", "Unigram", "unk_id", m->unk, "vocab", m->vocab);
}

json_t *cp_tok_from_spm(const char *path, const struct cp_tok_words *w, struct cp_err *err)
{
	struct spm m = { .name = path, .vocab = json_array(), .added = json_array(), .unk = -1, .eos = -1, .algorithm = UNIGRAM, .front_space = 1,
			 .one_space = 1 };
	const char *eos = cp_tok_spelling(cp_tok_said(w, "eos_token"));
	struct cp_buf b = CP_BUF_INIT;
	json_t *root = NULL;
	if (!eos)
		eos = "</s>";
	if (cp_read_file(path, &b, err) == 0 && read_model(&m, (struct message){ b.data, b.data + b.len, 0 }, eos, err) == 0 &&
	    add_extra_ids(&m, w->config, err) == 0)
		root = tokenizer(&m, eos, !json_is_false(json_object_get(w->config, "legacy")));
	json_decref(m.vocab);
	json_decref(m.added);
	cp_buf_release(&b);
	return root;
}
