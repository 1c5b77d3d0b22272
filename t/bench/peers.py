"""The peers' side of t/bench/data.sh: one task a call, its seconds on stdout; starting Python and reading what is not timed is left out.

usage: peers.py versions | pandas CSV | polars CSV | tokenizers PLM LINES | sklearn SCORES
"""
import os
import sys
import time


def versions():
    import importlib.metadata as metadata
    for name in ("pandas", "polars", "tokenizers", "scikit-learn"):
        try:
            print(name, metadata.version(name))
        except metadata.PackageNotFoundError:
            print(name, "-")


def pandas(path):
    import pandas
    start = time.perf_counter()
    frame = pandas.read_csv(path, dtype=str, keep_default_na=False)
    for column in frame.columns[2:]:
        frame[column].factorize()
    return start


def polars(path):
    import polars
    start = time.perf_counter()
    frame = polars.read_csv(path, infer_schema_length=0)
    for column in frame.columns[2:]:
        frame[column].hash()
    return start


def tokenizers(folder, path):
    from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    lines = open(path, encoding="utf-8").read().splitlines()
    start = time.perf_counter()
    for i in range(0, len(lines), 1000):
        [encoding.ids for encoding in tokenizer.encode_batch(lines[i:i + 1000])]
    return start


def sklearn(path):
    import numpy
    from sklearn.metrics import roc_auc_score
    label, score = numpy.loadtxt(path, unpack=True, dtype=numpy.float32)
    start = time.perf_counter()
    roc_auc_score(label, score)
    return start


if __name__ == "__main__":
    task, arguments = sys.argv[1], sys.argv[2:]
    begun = globals()[task](*arguments)
    if begun:
        print(f"{time.perf_counter() - begun:.4f}")
