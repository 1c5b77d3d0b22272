#!/usr/bin/env python3
"""Hold cp's token ids against those of PyPI tokenizers, on lines that are meant to hurt.

    t/peer/tokenizers-differ.py [--seed N] [--lines N] [--units DIR] [--shared DIR] [--only GLOB] [--code-points]

Makes model folders of every kind (folders.py), some 40,000 lines (hostile.py), and compares the ids of each line in each folder, with the special
tokens around it; --code-points takes every code point there is instead.  Prints a line a folder, and the first lines that differ.  Needs
PyPI tokenizers 0.13.3 (others have other tables of Unicode) and `make units`; 1 where something differs.
"""
import argparse
import fnmatch
import glob
import json
import lzma
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import folders
import hostile
from tokenizers import Tokenizer


def titles():
    text = lzma.open(os.path.join(TOP, "pipelines/movietweetings/movies.dat.xz"), "rt", encoding="utf-8").read().split("\n")
    return [line.split("::")[1] for line in text[::3] if "::" in line] + [" ".join(hostile.WORDS)] * 3


def shared_folders(shared):
    """Folders that are there already, as they are."""
    found = glob.glob(os.path.join(shared, "plm/*/tokenizer.json")) + glob.glob(os.path.join(shared, "fixtures/plm/tiny-*/tokenizer.json"))
    return [os.path.dirname(f) for f in sorted(found)]


def ours(unit, folder, lines, special):
    out = subprocess.run([unit, folder, "1" if special else "0"], input="".join(x.hex() + "\n" for x in lines), capture_output=True, text=True)
    if out.returncode:
        return out.stderr.strip()
    return [[int(i) for i in line.split()] for line in out.stdout.split("\n")[:-1]]


def theirs(folder, lines, special):
    t = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    t.no_truncation()
    t.no_padding()
    text = [x.decode("utf-8", "replace") for x in lines]
    return t, [e.ids for k in range(0, len(text), 20000) for e in t.encode_batch(text[k:k + 20000], add_special_tokens=special)]


def compare(unit, folder, lines, show):
    got = ours(unit, folder, lines, True)
    if isinstance(got, str):
        print("%-44s refused: %s" % (os.path.basename(folder), got))
        return 1
    t, want = theirs(folder, lines, True)
    wrong = [i for i in range(len(lines)) if i >= len(got) or got[i] != want[i]]
    print("%-44s %7d of %7d lines" % (os.path.basename(folder), len(lines) - len(wrong), len(lines)), flush=True)
    for i in sorted(wrong, key=lambda i: len(lines[i]))[:show]:
        print("    %r\n      ours   %s\n      theirs %s" % (lines[i].decode("utf-8", "replace")[:200], got[i][:40], want[i][:40]))
    return len(wrong)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--lines", type=int, default=40000)
    p.add_argument("--units", default=os.path.join(TOP, "build/plain/unit"))
    p.add_argument("--shared", default=os.path.join(TOP, "../shared"))
    p.add_argument("--only", default="*")
    p.add_argument("--show", type=int, default=5)
    p.add_argument("--folders", help="keep the folders here; made only where they are not there yet")
    p.add_argument("--code-points", action="store_true")
    a = p.parse_args()
    where = a.folders or tempfile.mkdtemp(prefix="cp-peer.")
    if not glob.glob(os.path.join(where, "*/tokenizer.json")):
        five, gpt2 = os.path.join(a.shared, "fixtures/plm/tiny-t5/tokenizer.json"), os.path.join(a.shared, "fixtures/bpe")
        charsmap = json.load(open(five))["normalizer"]["normalizers"][0]["precompiled_charsmap"] if os.path.exists(five) else None
        folders.make(where, titles(), charsmap, gpt2 if os.path.exists(gpt2) else None)
    lines = list(hostile.code_points()) if a.code_points else list(hostile.lines(a.seed, a.lines))
    every = shared_folders(a.shared) + sorted(glob.glob(os.path.join(where, "*")))
    wrong = sum(compare(os.path.join(a.units, "tokenizer"), f, lines, a.show) for f in every if fnmatch.fnmatch(os.path.basename(f), a.only))
    if not a.folders:
        shutil.rmtree(where)
    print("%d lines differ" % wrong)
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
