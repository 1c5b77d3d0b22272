"""Open folders with PyPI transformers and hold them against each other:

    exported.py same ORIGINAL EXPORTED       # class, outputs and token ids are equal; of a tied or own decoder too
    exported.py odds FOLDER TEXTS SCORES     # of P5: P(yes) / (P(yes) + P(no)) of a line of text is the score, to 1e-4
    exported.py fill FOLDER WORDS            # what cp-predict --fill printed of a model without prompts: the same probabilities, to 1e-4

Needs PyPI transformers (4.26.1 was tried) and torch; no part of `make check` where they are not there.
"""
import re
import sys

import torch
import transformers
from safetensors.torch import load_file

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
    found.pop("pooler_output", None)  # see pooled()
    flat = []
    for k in sorted(found):
        flat += list(found[k]) if isinstance(found[k], tuple) else [found[k]]
    return flat


def pooled(original, exported):
    """A pooler that the original has is there again, though nothing here trains it."""
    x = []
    for folder in (original, exported):
        model, info = transformers.AutoModel.from_pretrained(folder, output_loading_info=True)
        assert not info["missing_keys"], info["missing_keys"]
        with torch.no_grad():
            x.append(model.eval()(input_ids=torch.arange(5, 22)[None])["pooler_output"])
    assert torch.equal(*x), (x[0] - x[1]).abs().max()


def same(original, exported):
    if any("pooler." in name for name in load_file(original + "/model.safetensors")):
        pooled(original, exported)
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
    whole = load_file(folder + "/model.safetensors")["whole_word_embeddings.weight"]
    answer = [tok(w, add_special_tokens=False)["input_ids"] for w in ("no", "yes")]
    turn = next(i for i in range(9) if answer[0][i] != answer[1][i])
    start = torch.tensor([[model.config.decoder_start_token_id] + answer[0][:turn]])
    lines = open(texts, encoding="utf-8").read().splitlines()
    for text, score in zip(lines, open(scores).read().split(), strict=True):
        ids, words = tok(text)["input_ids"], []
        for i, piece in enumerate(tok.convert_ids_to_tokens(ids)):
            words.append((words[-1] if i else 0) + (piece.startswith("\u2581") or i == 0))
        words[-1] = 0  # </s>
        with torch.no_grad():
            x = model.shared(torch.tensor([ids])) + whole[torch.tensor([words])]
            z = model(inputs_embeds=x, decoder_input_ids=start).logits[0, -1]
        p = torch.sigmoid(z[answer[1][turn]] - z[answer[0][turn]]).item()
        assert abs(p - float(score)) < 1e-4, (text, p, score)


def fill(folder, path):
    """Of sentences in which no masked word is only a part of one, so that they can be cut into tokens again."""
    model, tok = opened(folder), transformers.AutoTokenizer.from_pretrained(folder)
    seen, tried = {}, 0
    for line in open(path, encoding="utf-8"):
        row, word, p, _, sentence = line.rstrip("\n").split("\t")
        k = seen[row] = seen.get(row, -1) + 1
        if re.search(r"\[MASK\]\S|\S\[MASK\]", sentence):
            continue
        ids = tok(sentence, return_tensors="pt")
        place = (ids["input_ids"][0] == tok.mask_token_id).nonzero()[k]
        with torch.no_grad():
            z = model(**ids).logits[0, place[0]].softmax(0)
        ours = z[tok.convert_tokens_to_ids(word)].item()
        assert abs(ours - float(p)) < 1e-4, (line, ours)
        tried += 1
    assert tried > 5, tried


{"same": same, "odds": odds, "fill": fill}[sys.argv[1]](*sys.argv[2:])
print("equal")
