"""Open folders with PyPI transformers and hold them against each other:

    exported.py same ORIGINAL EXPORTED       # class, outputs and token ids are equal; of a tied or own decoder too
    exported.py odds FOLDER TEXTS SCORES     # P5 without whole words: P(yes) / (P(yes) + P(no)) of a line of text is the score, to 1e-4
    exported.py fill FOLDER IDS PLACE        # prints the id and the probability of the likeliest word at a place

Needs PyPI transformers (4.26.1 was tried) and torch; no part of `make check` where they are not there.
"""
import sys

import torch
import transformers

transformers.logging.set_verbosity_error()
TEXTS = ["User ID is 3503. Gender is M. Title is The Dead Pool.", "a [MASK] b <mask> c", "Caf\u00e9  x", ""]


def opened(folder):
    config = transformers.AutoConfig.from_pretrained(folder)
    model = getattr(transformers, config.architectures[0]).from_pretrained(folder)
    return model.eval()


def outputs(model):
    g = torch.Generator().manual_seed(1)
    ids = torch.randint(5, model.config.vocab_size, (3, 17), generator=g)
    given = {"input_ids": ids}
    if model.config.model_type == "t5":
        given["decoder_input_ids"] = ids[:, :4]
    with torch.no_grad():
        out = model(**given, output_hidden_states=True)
    found = dict(out.items())
    found.pop("past_key_values", None)
    found.pop("pooler_output", None)  # not ours
    flat = []
    for k in sorted(found):
        flat += list(found[k]) if isinstance(found[k], tuple) else [found[k]]
    return flat


def same(original, exported):
    a, b = opened(original), opened(exported)
    assert a.config.model_type == b.config.model_type
    if type(a) is not type(b):
        a, b = getattr(a, a.base_model_prefix, a), getattr(b, b.base_model_prefix, b)
    x, y = outputs(a), outputs(b)
    assert len(x) == len(y), (len(x), len(y))
    for p, q in zip(x, y):
        assert p.shape == q.shape and torch.equal(p, q), (p - q).abs().max()
    t, u = (transformers.AutoTokenizer.from_pretrained(f) for f in (original, exported))
    for text in TEXTS:
        assert t(text)["input_ids"] == u(text)["input_ids"], (text, t(text)["input_ids"], u(text)["input_ids"])
    for name in ("pad_token_id", "unk_token_id") + (("eos_token_id",) if a.config.model_type == "t5" else ("mask_token_id", "cls_token_id", "sep_token_id")):
        assert getattr(t, name) == getattr(u, name), name


def odds(folder, texts, scores):
    model, tok = opened(folder), transformers.AutoTokenizer.from_pretrained(folder)
    words = model.state_dict()  # the table of whole words is no part of the class
    assert "whole_word_embeddings.weight" not in words
    first = [tok(w, add_special_tokens=False)["input_ids"] for w in ("no", "yes")]
    turn = next(i for i in range(9) if first[0][i] != first[1][i])
    for text, score in zip(open(texts, encoding="utf-8").read().splitlines(), open(scores).read().split()):
        ids = tok(text, return_tensors="pt")
        start = torch.tensor([[model.config.decoder_start_token_id] + first[0][:turn]])
        with torch.no_grad():
            z = model(input_ids=ids["input_ids"], decoder_input_ids=start).logits[0, -1]
        p = torch.sigmoid(z[first[1][turn]] - z[first[0][turn]]).item()
        assert abs(p - float(score)) < 1e-4, (text, p, score)


def fill(folder, ids, place):
    model = opened(folder)
    with torch.no_grad():
        p = model(input_ids=torch.tensor([[int(i) for i in ids.split(",")]])).logits[0, int(place)].softmax(0)
    print(int(p.argmax()), "%.6f" % p.max().item())


{"same": same, "odds": odds, "fill": fill}[sys.argv[1]](*sys.argv[2:])
print("equal")
