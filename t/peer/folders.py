"""Model folders for the comparison of tokenizers, made with PyPI tokenizers and written as its tokenizer.json.

    make(dir, titles, charsmap, gpt2)       # dir/NAME/tokenizer.json for each NAME; returns the names

titles: lines of text to train on.  charsmap: base64 of SentencePiece's compiled rules, or None.  gpt2: a folder with vocab.json and merges.txt, or None.
"""
import json
import os
import random
import unicodedata

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ROBERTA = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
ADDED = [
    AddedToken("<lr>", lstrip=True, rstrip=True, normalized=False), AddedToken("<single>", single_word=True, normalized=False),
    AddedToken("<Norm>", normalized=True), AddedToken("NewWord", normalized=True, single_word=True), AddedToken("\u00dcnorm", normalized=True, lstrip=True),
    AddedToken("two words", normalized=True, rstrip=True), AddedToken("<lr><lr>", normalized=False), AddedToken("12", normalized=True),
    AddedToken("\u00e9", normalized=False, single_word=True, rstrip=True),
]


def assigned():
    """Code points that a vocabulary of everything has: the unassigned too, but not all of the large empty planes."""
    return [chr(c) for c in range(0x21, 0x110000) if not 0xD800 <= c < 0xE000 and (c < 0x32400 or 0xE0000 <= c < 0xE0200 or c % 4099 == 0)]


def save(t, where, name):
    os.makedirs(os.path.join(where, name), exist_ok=True)
    t.save(os.path.join(where, name, "tokenizer.json"))
    return name


def bert_frame(t, cls="[CLS]", sep="[SEP]"):
    ids = [(cls, t.token_to_id(cls)), (sep, t.token_to_id(sep))]
    t.post_processor = processors.TemplateProcessing(single="%s $A %s" % (cls, sep), pair="%s $A %s $B:1 %s:1" % (cls, sep, sep), special_tokens=ids)


def wordpiece(titles, size=3000, **norm):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(**norm)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.train_from_iterator(titles, trainers.WordPieceTrainer(show_progress=False, vocab_size=size, special_tokens=BERT, limit_alphabet=600))
    t.decoder = decoders.WordPiece()
    bert_frame(t)
    return t


def wordpiece_of_everything(norm):
    words = assigned() + ["##" + c for c in assigned()]
    vocab = {w: i for i, w in enumerate(BERT + words)}
    t = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=100))
    if norm is not None:
        t.normalizer = normalizers.BertNormalizer(**norm)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.add_special_tokens(BERT)
    return t


NORMS = {"uncased": dict(lowercase=True), "cased": dict(lowercase=False), "cased-strip": dict(lowercase=False, strip_accents=True),
         "lower-accents": dict(lowercase=True, strip_accents=False), "nochinese": dict(lowercase=True, handle_chinese_chars=False),
         "unclean": dict(clean_text=False, lowercase=True)}


def wordpieces(where, titles):
    names = []
    for name, norm in NORMS.items():
        names.append(save(wordpiece(titles, **norm), where, "wp-" + name))
        names.append(save(wordpiece_of_everything(norm), where, "all-wp-" + name))
    names.append(save(wordpiece_of_everything(None), where, "all-wp-none"))
    t = wordpiece(titles, lowercase=True)
    t.add_special_tokens(BERT)
    t.add_tokens(ADDED)
    t.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    names.append(save(t, where, "wp-added"))
    t = wordpiece(titles, lowercase=False)
    t.add_tokens(ADDED)
    t.add_special_tokens([AddedToken("[MASK]", lstrip=True, normalized=True), AddedToken("<mask>", lstrip=True), "<s>", "</s>"])
    t.post_processor = processors.RobertaProcessing(("</s>", t.token_to_id("</s>")), ("<s>", t.token_to_id("<s>")))
    names.append(save(t, where, "wp-mpnet"))
    return names


def byte_level(prefix, trim, **model):
    t = Tokenizer(models.BPE(**model))
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    t.decoder = decoders.ByteLevel()
    t.post_processor = processors.ByteLevel(trim_offsets=trim)
    return t


def train_bpe(t, titles, special, size=2000):
    t.train_from_iterator(titles, trainers.BpeTrainer(show_progress=False, vocab_size=size, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return t


def bpe_of_classes():
    """Merges that show where words are cut: a letter, a digit, a sign or a space with any byte beside it."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {c: i for i, c in enumerate(letters)}
    merges = []
    for left, right in [(a, b) for a in "\u0120a1!" for b in letters] + [(b, a) for b in letters for a in "a1!'"]:
        if left + right not in vocab:
            vocab[left + right] = len(vocab)
            merges.append((left, right))
    return byte_level(False, True, vocab=vocab, merges=merges)


def bpes(where, titles, gpt2):
    names = [save(bpe_of_classes(), where, "all-bpe-classes")]
    for prefix in (False, True):
        for trim in (False, True):
            t = train_bpe(byte_level(prefix, trim), titles, ROBERTA)
            t.add_special_tokens([AddedToken("<mask>", lstrip=True)])
            t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=trim, add_prefix_space=prefix)
            names.append(save(t, where, "roberta%s%s" % ("-prefix" * prefix, "-trim" * trim)))
        t = train_bpe(byte_level(prefix, True), titles, ["<|endoftext|>"])
        names.append(save(t, where, "gpt2-trained%s" % ("-prefix" * prefix)))
        t.add_tokens(ADDED)
        names.append(save(t, where, "gpt2-added%s" % ("-prefix" * prefix)))
        if gpt2:
            t = byte_level(prefix, False)
            t.model = models.BPE.from_file(os.path.join(gpt2, "vocab.json"), os.path.join(gpt2, "merges.txt"))
            t.add_special_tokens(["<|endoftext|>"])
            names.append(save(t, where, "gpt2%s" % ("-prefix" * prefix)))
    return names


def precompiled(charsmap):
    import base64
    return normalizers.Precompiled(base64.b64decode(charsmap))


def unigram(titles, normalizer, pre, size=1500):
    t = Tokenizer(models.Unigram())
    if normalizer:
        t.normalizer = normalizer
    t.pre_tokenizer = pre
    t.train_from_iterator(titles, trainers.UnigramTrainer(show_progress=False, vocab_size=size, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>"))
    t.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    return t


def unigram_of_everything(normalizer, pre, seed):
    r = random.Random(seed)
    vocab = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -3.0)] + [(c, -r.uniform(2, 9)) for c in assigned() if c != "\u2581"]
    t = Tokenizer(models.Unigram(vocab, 2))
    if normalizer:
        t.normalizer = normalizer
    t.pre_tokenizer = pre
    t.add_special_tokens(["<pad>", "</s>", "<unk>"])
    return t


def unigrams(where, titles, charsmap):
    meta, bare = pre_tokenizers.Metaspace(), pre_tokenizers.Metaspace(add_prefix_space=False)
    split = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    names = [save(unigram(titles, None, meta), where, "unigram"), save(unigram(titles, None, bare), where, "unigram-bare"),
             save(unigram(titles, None, split), where, "unigram-split"), save(unigram_of_everything(None, split, 1), where, "all-unigram-split")]
    strip = normalizers.Sequence([normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), "\u2581")])
    names.append(save(unigram(titles, strip, meta), where, "unigram-strip"))
    t = unigram(titles, strip, meta)
    t.add_tokens(ADDED)
    t.add_special_tokens(["<extra_id_0>", "<extra_id_1>"])
    names.append(save(t, where, "unigram-added"))
    if charsmap:
        full = normalizers.Sequence([precompiled(charsmap), normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), "\u2581")])
        both = normalizers.Sequence([precompiled(charsmap), normalizers.Replace(Regex(" {2,}"), " ")])
        names += [save(unigram(titles, precompiled(charsmap), split), where, "t5"), save(unigram(titles, full, meta), where, "t5-new"),
                  save(unigram(titles, both, meta), where, "t5-tiny"), save(unigram_of_everything(precompiled(charsmap), split, 2), where, "all-t5"),
                  save(unigram_of_everything(full, meta, 3), where, "all-t5-new")]
        t = unigram(titles, full, meta)
        t.add_tokens(ADDED)
        names.append(save(t, where, "t5-added"))
    return names


def make(where, titles, charsmap=None, gpt2=None):
    return wordpieces(where, titles) + bpes(where, titles, gpt2) + unigrams(where, titles, charsmap)
