#!/usr/bin/env python3
"""Hold cp's token ids against those of PyPI transformers, for folders as people have them: this file without that, and odd ones.

    t/peer/folders-differ.py [--units DIR] [--lines N]

Each case is a folder written here, opened by AutoTokenizer and by ours.  Where one of the two refuses it, that is printed; it is no difference.  Two cases
differ by intent and are in parentheses: a special token that the vocabulary does not have is none (transformers gives it an id that no row of the
model has), and a byte order mark is no part of the first token.
Needs PyPI transformers 4.26.1 with tokenizers 0.13.3.
"""
import argparse
import importlib
import json
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
os.environ["TRANSFORMERS_VERBOSITY"] = "critical"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import folders
import hostile
from transformers import AutoTokenizer

differ = importlib.import_module("tokenizers-differ")


def put(where, files):
    os.makedirs(where)
    for leaf, what in files.items():
        with open(os.path.join(where, leaf), "wb") as f:
            f.write(what if isinstance(what, bytes) else (what if isinstance(what, str) else json.dumps(what)).encode())


def wordpiece_cases(titles):
    t = folders.wordpiece(titles, 1200, lowercase=True)
    c = folders.wordpiece(titles, 1200, lowercase=False)
    lines = [w for w, _ in sorted(t.get_vocab().items(), key=lambda x: x[1])]
    vocab, cased = "\n".join(lines) + "\n", "\n".join(w for w, _ in sorted(c.get_vocab().items(), key=lambda x: x[1])) + "\n"
    n, bert, tok = len(lines), {"model_type": "bert"}, {"tokenizer_class": "BertTokenizer"}
    full = {"do_lower_case": False, "strip_accents": None, "tokenize_chinese_chars": True, **tok}
    special = {"cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]", "mask_token": "[MASK]"}
    yield "vocab.txt alone", {"vocab.txt": vocab, "config.json": bert}
    yield "crlf", {"vocab.txt": vocab.replace("\n", "\r\n"), "config.json": bert}
    yield "cr", {"vocab.txt": vocab.replace("\n", "\r"), "config.json": bert}
    yield "no last line end", {"vocab.txt": vocab[:-1], "config.json": bert}
    yield "a token twice", {"vocab.txt": vocab + "the\nof\n\n", "config.json": bert}
    yield "empty lines", {"vocab.txt": vocab.replace("\nthe\n", "\n\nthe\n"), "config.json": bert}
    yield "trailing spaces", {"vocab.txt": vocab.replace("\nthe\n", "\nthe \n"), "config.json": bert}
    yield "cased by config", {"vocab.txt": cased, "tokenizer_config.json": full}
    for key, v in (("strip_accents", True), ("strip_accents", False), ("tokenize_chinese_chars", False), ("model_max_length", 8), ("do_lower_case", True)):
        yield "%s %s" % (key, v), {"vocab.txt": cased, "tokenizer_config.json": {**full, key: v}}
        yield "json, %s %s" % (key, v), {"tokenizer.json": c.to_str(), "tokenizer_config.json": {**full, key: v}}
    yield "json alone", {"tokenizer.json": t.to_str(), "config.json": bert}
    yield "json, distilbert", {"tokenizer.json": t.to_str(), "tokenizer_config.json": {**full, "do_lower_case": True, "tokenizer_class": "DistilBertTokenizer"}}
    yield "electra", {"vocab.txt": vocab, "tokenizer_config.json": {**full, "do_lower_case": True, "tokenizer_class": "ElectraTokenizer"}}
    yield "truncation and padding", {"tokenizer.json": json.dumps({**json.loads(t.to_str()), "truncation": {"max_length": 4, "strategy": "LongestFirst", "stride": 0, "direction": "Right"},
                                     "padding": {"strategy": {"Fixed": 20}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"}}), "config.json": bert}
    yield "special_tokens_map", {"vocab.txt": vocab, "config.json": bert, "special_tokens_map.json": special}
    yield "other special tokens", {"vocab.txt": vocab.replace("[CLS]", "<s>").replace("[SEP]", "</s>").replace("[MASK]", "<mask>"), "config.json": bert,
                                   "special_tokens_map.json": {**special, "cls_token": "<s>", "sep_token": "</s>", "mask_token": {"content": "<mask>", "lstrip": True, "rstrip": False, "single_word": False, "normalized": True}}}
    yield "special tokens in the config", {"vocab.txt": vocab.replace("[CLS]", "<s>").replace("[SEP]", "</s>"), "tokenizer_config.json": {**tok, "cls_token": "<s>", "sep_token": "</s>"}}
    yield "added_tokens.json", {"vocab.txt": vocab, "config.json": bert, "added_tokens.json": {"NewWord": n, "two words": n + 1, "é": n + 2}}
    yield "added_tokens.json, special ones", {"vocab.txt": vocab, "config.json": bert, "added_tokens.json": {"<Norm>": n, "<lr>": n + 1},
                                              "special_tokens_map.json": {**special, "additional_special_tokens": ["<Norm>"]}}
    yield "additional ones in the config", {"vocab.txt": vocab, "added_tokens.json": {"<Norm>": n}, "tokenizer_config.json": {**tok, "additional_special_tokens": ["<Norm>"]}}
    a = folders.wordpiece(titles, 1200, lowercase=True)
    a.add_tokens(folders.ADDED)
    known = {x.content: a.token_to_id(x.content) for x in folders.ADDED if a.token_to_id(x.content) >= n}
    yield "json and added_tokens.json", {"tokenizer.json": a.to_str(), "config.json": bert, "added_tokens.json": known}
    yield "json, added_tokens.json has more", {"tokenizer.json": t.to_str(), "config.json": bert, "added_tokens.json": {"NewWord": n, "<lr>": n + 1}}
    yield "a wrong id in added_tokens.json", {"tokenizer.json": a.to_str(), "config.json": bert, "added_tokens.json": {"NewWord": 7}}
    yield "(no mask token)", {"vocab.txt": vocab.replace("[MASK]\n", "maskless\n"), "config.json": bert}
    yield "(a byte order mark)", {"vocab.txt": "\ufeff" + vocab, "config.json": bert}
    yield "mpnet", {"vocab.txt": vocab.replace("[CLS]", "<s>").replace("[SEP]", "</s>").replace("[MASK]", "<mask>").replace("[PAD]", "<pad>"),
                    "tokenizer_config.json": {"tokenizer_class": "MPNetTokenizer", "do_lower_case": True, "unk_token": "[UNK]"}, "config.json": {"model_type": "mpnet"}}


def bpe_cases(titles):
    t = folders.train_bpe(folders.byte_level(False, True), titles, folders.ROBERTA, 700)
    g = folders.train_bpe(folders.byte_level(False, True), titles, ["<|endoftext|>"], 700)
    model, gpt = json.loads(t.to_str())["model"], json.loads(g.to_str())["model"]
    merges, gmerges = "#version: 0.2\n" + "\n".join(model["merges"]) + "\n", "#version: 0.2\n" + "\n".join(gpt["merges"]) + "\n"
    roberta = {"model_type": "roberta"}
    files = {"vocab.json": model["vocab"], "merges.txt": merges, "config.json": roberta}
    for prefix in (False, True):
        config = {"tokenizer_class": "RobertaTokenizer", "add_prefix_space": prefix}
        yield "roberta, prefix %s" % prefix, {**files, "tokenizer_config.json": config}
        yield "gpt2, prefix %s" % prefix, {"vocab.json": gpt["vocab"], "merges.txt": gmerges, "config.json": {"model_type": "gpt2"},
                                           "tokenizer_config.json": {"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": prefix}}
        t.post_processor = folders.processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
        yield "roberta json, prefix %s" % prefix, {"tokenizer.json": t.to_str(), "config.json": roberta, "tokenizer_config.json": config}
    yield "roberta, no config", files
    yield "roberta, crlf merges", {**files, "merges.txt": merges.replace("\n", "\r\n")}
    yield "roberta, tabs in merges", {**files, "merges.txt": merges.replace(" ", "\t")}
    yield "roberta, added", {**files, "added_tokens.json": {"NewWord": len(model["vocab"]), "<lr>": len(model["vocab"]) + 1}}
    yield "roberta, mask as an object", {**files, "special_tokens_map.json": {"mask_token": {"content": "<mask>", "lstrip": True, "rstrip": True, "single_word": False, "normalized": False}}}
    yield "roberta, other words", {"vocab.json": {("[CLS]" if k == "<s>" else "[SEP]" if k == "</s>" else k): v for k, v in model["vocab"].items()}, "merges.txt": merges, "config.json": roberta,
                                   "special_tokens_map.json": {"cls_token": "[CLS]", "sep_token": "[SEP]", "bos_token": "[CLS]", "eos_token": "[SEP]"}}
    deberta = {("[CLS]" if k == "<s>" else "[SEP]" if k == "</s>" else "[PAD]" if k == "<pad>" else "[UNK]" if k == "<unk>" else "[MASK]" if k == "<mask>" else k): v for k, v in model["vocab"].items()}
    yield "deberta", {"vocab.json": deberta, "merges.txt": merges, "config.json": {"model_type": "deberta"}, "tokenizer_config.json": {"do_lower_case": False, "vocab_type": "gpt2"}}


def compare(unit, name, folder, lines):
    got = differ.ours(unit, folder, lines, True)
    try:
        t = AutoTokenizer.from_pretrained(folder, use_fast=True)
        want = [t(x.decode("utf-8", "replace"), truncation=False, padding=False).input_ids for x in lines]
    except Exception as e:
        want = "%s: %s" % (type(e).__name__, e)
    if isinstance(got, str) or isinstance(want, str):
        print("%-40s ours: %.120s\n%40s theirs: %.120s" % (name, got if isinstance(got, str) else "reads it", "", want if isinstance(want, str) else "reads it"))
        return 0
    wrong = [i for i in range(len(lines)) if got[i] != want[i]]
    print("%-40s %6d of %6d lines" % (name, len(lines) - len(wrong), len(lines)))
    for i in sorted(wrong, key=lambda i: len(lines[i]))[:3]:
        print("    %r\n      ours   %s\n      theirs %s" % (lines[i].decode("utf-8", "replace")[:120], got[i][:30], want[i][:30]))
    return 0 if name[0] == "(" else len(wrong)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--units", default=os.path.join(differ.TOP, "build/plain/unit"))
    p.add_argument("--lines", type=int, default=1500)
    a = p.parse_args()
    titles, lines, wrong = differ.titles()[::3], list(hostile.lines(5, a.lines)), 0
    with tempfile.TemporaryDirectory(prefix="cp-peer.") as where:
        for i, (name, files) in enumerate(list(wordpiece_cases(titles)) + list(bpe_cases(titles))):
            put(os.path.join(where, str(i)), files)
            wrong += compare(os.path.join(a.units, "tokenizer"), name, os.path.join(where, str(i)), lines)
    print("%d lines differ" % wrong)
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
