#!/usr/bin/env python3
"""Write t/tok: small folders of every kind, and hard lines with the ids that PyPI tokenizers 0.13.3 gives for them.

    t/peer/keep.py DIR          # DIR/NAME/tokenizer.json, DIR/NAME/lines.jsonl

Vocabularies are trained on MovieTweetings titles, or have all characters of the lines, so that a character which is lost or moved is seen.
"""
import importlib
import json
import os
import random
import sys
import unicodedata

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import folders
import hostile
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

differ = importlib.import_module("tokenizers-differ")

# canonical order of marks that Unicode 9 does not know; case of one code point to two; marks and signs of later versions; clusters; words' ends
BY_HAND = ["e\u1ac1\u1abf a\U00010f48\U00010f46\u302e", "e\u1ac1\u0327\u0301", "e\u0345\u1ac2\u0316", "\u0344\u0f73\u0958", "İstanbul ISPARTA ıI", "ΌΔΟΣ ΟΔΟΣ. Σ ς", "Straße ẞ ﬁ ŉ ǅ ǲ",
           "\U00011938\U0001133b\u0345", "a\u1df6b \u2e52 \u2e43 \u180f", "\u1734 \u166d \U000111c9", "\u1112\u1161\u11ab 한 \ud55c\u11ab", "𠀀㐀\U0002b820豈々〇",
           "👨‍👩‍👧‍👦 👍🏽 🇩🇪🇩 1\ufe0f\u20e3", "a\u00a0b\u2003c\u3000d\u200be\u2060f\ufeffg\u180eh\u0085i\u2028j", "\x00a\x01b\x7fc\x80d\x9fe\ufffdf\ufffe\U0010ffff",
           "\ue000a\uf8ffb\U000f0000", "don't DON'T I'll we're 's 'S ' s''ve'm", " \t\n a\r\n\r  b   ", "123 ½ ² Ⅷ ٣ १२ 𝟗", "a'\u2019s \u02bc",
           "[MASK] [mask] [ MASK ] [MASK][SEP]x[CLS", "x <mask>  y<mask>z </s>", "a <lr>  b  <lr><lr> c", "<single> x<single> <single>1 <single>", "Ⓛ<single> <single>🅰 é⑴ ①<single>", "<NORM> <Norm> <norm>x",
           "NewWord newword NewWords", "\u00dcnorm u\u0308norm \u00fcNORM", " two words  here two  words", "12 1235 x12", "é éa aé e\u0301", ""]


def the_lines():
    r = random.Random(20)
    made = [x for x in hostile.lines(21, 700) if len(x) <= 70]
    return [x.encode() for x in BY_HAND] + [b"bad \xff \xc3 \xed\xa0\x80 \xf0\x9f\x92x \xc0\x80", b"\xe4\xb8"] + r.sample(made, 100)


def characters(lines):
    """Of the lines, and what normalizers may make of them."""
    text = b"\n".join(lines).decode("utf-8", "replace")
    found = set(text)
    for form in ("NFD", "NFKC"):
        found |= set(unicodedata.normalize(form, text)) | set(unicodedata.normalize(form, text).lower())
    return sorted(c for c in found | set(text.lower()) if c not in "\0\u2581")


def added(t):
    t.add_tokens(folders.ADDED)


def folders_of(lines, titles):
    chars, r = characters(lines), random.Random(3)
    vocab = {w: i for i, w in enumerate(folders.BERT + [c for c in chars if c.strip()] + ["##" + c for c in chars])}
    for name in ("uncased", "cased", "lower-accents", "unclean"):
        t = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
        t.normalizer, t.pre_tokenizer = normalizers.BertNormalizer(**folders.NORMS[name]), pre_tokenizers.BertPreTokenizer()
        t.add_special_tokens(folders.BERT)
        folders.bert_frame(t)
        if name == "uncased":
            added(t)
        yield "wordpiece-" + name, t
    yield "wordpiece-trained", folders.wordpiece(titles, 900, lowercase=True)
    yield "bpe-classes", folders.bpe_of_classes()
    for prefix in (False, True):
        t = folders.train_bpe(folders.byte_level(prefix, True), titles, folders.ROBERTA, 700)
        t.add_special_tokens([AddedToken("<mask>", lstrip=True)])
        t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=prefix)
        if prefix:
            added(t)
        yield "roberta" + "-prefix" * prefix, t
    split = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    strip = normalizers.Sequence([normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), "\u2581")])
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -3.0)] + [(c, -round(r.uniform(2, 9), 3)) for c in chars]
    for name, normalizer, pre in (("split", None, split), ("strip", strip, pre_tokenizers.Metaspace()), ("bare", None, pre_tokenizers.Metaspace(add_prefix_space=False))):
        t = Tokenizer(models.Unigram(pieces, 2)) if name == "split" else folders.unigram(titles, normalizer, pre, 500)
        if normalizer:
            t.normalizer = normalizer
        t.pre_tokenizer = pre
        t.add_special_tokens(["<pad>", "</s>", "<unk>"])
        if name == "strip":
            added(t)
        yield "unigram-" + name, t


def write(where, t, lines):
    os.makedirs(where, exist_ok=True)
    whole = json.loads(t.to_str())
    json.dump(whole, open(os.path.join(where, "tokenizer.json"), "w"), ensure_ascii=False, separators=(",", ":"))
    with open(os.path.join(where, "lines.jsonl"), "w", newline="\n") as f:
        for line in lines:
            text = line.decode("utf-8", "replace")
            key = {"text": text} if text.encode("utf-8") == line else {"hex": line.hex()}
            f.write(json.dumps({**key, "ids": t.encode(text).ids}, separators=(",", ":")) + "\n")


def main():
    lines = the_lines()
    titles = differ.titles()[::4]
    for name, t in folders_of(lines, titles):
        write(os.path.join(sys.argv[1], name), t, lines)
        print(name, t.get_vocab_size())


if __name__ == "__main__":
    main()
