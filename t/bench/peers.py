"""The peers' side of t/bench/data.sh: one task a call, its seconds on stdout; starting Python and reading what is not timed is left out.
And of t/bench/score.sh: torch says a line.

usage: peers.py versions | pandas CSV | polars CSV | tokenizers PLM LINES | sklearn SCORES | torch BATCH f32|bf16|int8 SECONDS
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


def torch(batch, dtype, seconds):
    """DCNv2 as t/bench/score.c has it (8 fields, d 32, 6 cross layers, 256 x 6), rows of ids already in memory; the median batch."""
    import statistics
    import torch
    from torch import nn
    torch.set_num_threads(2)
    table = nn.Embedding(17251, 32)
    cross = nn.ModuleList(nn.Linear(256, 256) for _ in range(6))
    mlp = nn.Sequential(*[layer for _ in range(6) for layer in (nn.Linear(256, 256), nn.ReLU())])
    out = nn.Linear(512, 1)
    if dtype == "int8":
        kinds = {nn.Linear}
        cross, mlp, out = (torch.ao.quantization.quantize_dynamic(m, kinds) for m in (cross, mlp, nn.Sequential(out)))
    batches = [torch.randint(0, 17251, (int(batch), 8)) for _ in range(8)]
    times = []
    end = time.perf_counter() + float(seconds)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == "bf16"):
        while len(times) < 20 or time.perf_counter() < end:
            start = time.perf_counter()
            x = x0 = table(batches[len(times) % 8]).flatten(1)
            for layer in cross:
                x = x + x0 * layer(x)
            out(torch.cat([x, mlp(x0)], 1)).sigmoid()
            times.append(time.perf_counter() - start)
    print(f"torch {torch.__version__}, batch {batch}, {dtype}, 2 threads: {int(batch) / statistics.median(times):.0f} rows/s")


if __name__ == "__main__":
    task, arguments = sys.argv[1], sys.argv[2:]
    begun = globals()[task](*arguments)
    if begun:
        print(f"{time.perf_counter() - begun:.4f}")
