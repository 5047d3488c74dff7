#!/usr/bin/env python3
"""Writes a tuned network as a *.mien file: weights in int8, thresholds and calibration from dev.

Everything that is chosen here is chosen with the weights as they ship: rounded to int8 first."""
from __future__ import annotations

import copy
import datetime
from pathlib import Path

import numpy as np
import torch

import mien_file
import text_data as td
import text_deep_teach as teach
from text import macro_f1
from text_deep_net import Deep, HEADS
from text_deep_tune import Scores, predict, sigmoid

SURE = .8      # a language's own calibration counts when its head is surer than this
FEWEST = 25    # dev texts with one core label that a language's own calibration needs
OTHERS = 40    # texts that those of all other languages count for in it


def rounded(net: Deep) -> Deep:
    """The network with the weights that int8 leaves."""
    out = copy.deepcopy(net)
    with torch.no_grad():
        for name, p in out.named_parameters():
            if name in ("rows.weight", "hidden.weight") or name.startswith("layers.") and name.endswith(".weight") \
                    and ".norm." not in name:
                p.copy_(torch.from_numpy(mien_file.dequantize_rows(*mien_file.quantize_rows(p.numpy()))))
    return out


def softmax(z: np.ndarray) -> np.ndarray:
    p = np.exp(z - z.max(1, keepdims=True))
    return p / p.sum(1, keepdims=True)


def balance(logits: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """What to add to the core logits so that rare labels get their due: -tau log prior (Menon et al.
    2021), tau chosen on dev by accuracy + macro-F1."""
    prior = np.log(np.bincount(truth, minlength=7) / len(truth))

    def value(tau: float) -> float:
        top = (logits - tau * prior).argmax(1)
        return (top == truth).mean() + macro_f1(np.eye(7, dtype=bool)[top], np.eye(7)[truth])
    tau = max(np.arange(0, .65, .05), key=value)
    bias = -tau * prior
    return (bias - bias.mean()).astype(np.float32)


def calibrate(logits: np.ndarray, truth: np.ndarray, weight: np.ndarray | None = None) -> tuple[float, float]:
    """Temperature (Guo et al. 2017) and split conformal quantile (Sadinle et al. 2019)."""
    weight = np.ones(len(truth)) if weight is None else weight
    grid = np.exp(np.linspace(np.log(.5), np.log(3), 91))
    rows = np.arange(len(truth))
    losses = [-(weight * np.log(softmax(logits / t)[rows, truth] + 1e-9)).sum() for t in grid]
    t = float(grid[int(np.argmin(losses))])
    miss = 1 - softmax(logits / t)[rows, truth]
    order = np.argsort(miss)
    reached = np.cumsum(weight[order]) / (weight.sum() + 1)
    q = float(miss[order][min(len(miss) - 1, int(np.searchsorted(reached, .9)))])
    return round(t, 4), round(q, 5)


def steady_thresholds(p: np.ndarray, y: np.ndarray) -> np.ndarray:
    """For each label the threshold of the best F1, for labels with few texts: the mean, in log odds, of
    two estimates that err differently. One is the best of F1 smoothed over the log odds; the other the
    best expected F1 of probabilities fitted by Platt (1999), held to a slope near 1. On halves of dev
    this gave .4845 against .4785 for the plain best."""
    z = np.log(np.clip(p, 1e-6, 1 - 1e-6) / np.clip(1 - p, 1e-6, 1))
    out = np.zeros(p.shape[1], np.float32)
    grid = np.linspace(-5, 2.5, 151)
    for k in range(p.shape[1]):
        x, t = z[:, k], y[:, k]
        weight = sigmoid((x[None, :] - grid[:, None]) / .3)
        smooth = grid[int(np.argmax(2 * (weight * t).sum(1) / (weight.sum(1) + t.sum())))]
        a, b = 1.0, 0.0
        for _ in range(30):  # Newton's steps
            q = sigmoid(a * x + b)
            gradient = np.array([((q - t) * x).sum() + 20 * (a - 1), (q - t).sum() + b])
            w = q * (1 - q)
            a, b = np.array([a, b]) - np.linalg.solve(
                np.array([[(w * x * x).sum() + 20, (w * x).sum()], [(w * x).sum(), w.sum() + 1]]), gradient)
        q = np.sort(sigmoid(a * x + b))[::-1]
        limit = q[int(np.argmax(2 * np.cumsum(q) / (np.arange(1, len(q) + 1) + q.sum())))]
        expected = (np.log(limit / (1 - limit)) - b) / a
        out[k] = sigmoid((smooth + np.clip(expected, -5, 2.5)) / 2)
    return out


def advice(mien: str, bulk: Path, texts: list[str]) -> dict[str, np.ndarray]:
    """The bulk model's logits of these texts (of core up to a constant), and its dims before tanh."""
    p = teach.heads(mien, bulk, texts)
    meta, _ = mien_file.read_model(bulk)
    return {"fine": teach.log_odds(p[:, :28]), "brighter": teach.log_odds(p[:, 35:41]),
            "core": np.log(np.clip(p[:, 28:35], 1e-5, 1)) * meta["calibration"]["temperature"],
            "dims": np.arctanh(np.clip(p[:, 41:44], -.9999, .9999))}


def shares(dev: Scores, out: dict, beside: dict) -> dict[str, float]:
    """How much the bulk model's say counts in each head, chosen on dev."""
    found = {}
    for head in ("fine", "core", "brighter", "dims"):
        def value(share: float) -> float:
            mixed = out | {head: out[head] + share * (beside[head] - out[head])}
            f = dev.figures(mixed, dev.thresholds(mixed))
            return {"fine": f["fine"], "core": f["core"] + f["core_f1"], "brighter": f["br_eng"] + f["br_mean"],
                    "dims": f["eb_v"] + f["eb_a"] + f["eb_d"]}[head]
        found[head] = round(float(max(np.arange(0, .95, .1), key=value)), 2)
    return found


def refit(net: Deep, arrays, offset: dict[str, int], log) -> None:
    """Two heads once more, on the finished network: dims by ridge regression on EmoBank, each scaled to
    the spread that the tuned head had on GoEmotions (the direction is EmoBank's, the size stays what the
    states were made for); Plutchik's by logistic regression on XED's English lines."""
    every = arrays.examples
    train = lambda keep: np.array([i for i, e in enumerate(every)
                                   if e.split == "train" and arrays.length[i] and keep(e)])
    rows = train(lambda e: e.set == "emobank")
    if len(rows):
        x = predict(net, arrays, rows, vectors=True)["vector"]
        mean, spread = x.mean(0), x.std(0) + 1e-3
        z, y = (x - mean) / spread, arrays.labels["dims"][rows]
        w = np.linalg.solve(z.T @ z + 1000 * np.eye(z.shape[1]), z.T @ (y - y.mean(0))) / spread[:, None]
        posts = train(lambda e: e.set == "goemotions" and e.fine is not None)[::10]
        seen = predict(net, arrays, posts, vectors=True)
        new, old = (seen["vector"] - mean) @ w, seen["dims"]
        size = old.std(0) / (new.std(0) + 1e-6)
        w = w * size
        shift = old.mean(0) - seen["vector"].mean(0) @ w
        at = offset["dims"]
        with torch.no_grad():
            net.heads.weight[at:at + 3] = torch.from_numpy(w.T.astype(np.float32))
            net.heads.bias[at:at + 3] = torch.from_numpy(shift.astype(np.float32))
    rows = train(lambda e: e.set == "xed" and e.language == "eng" and e.extra.get("annotated"))
    if len(rows):
        x = predict(net, arrays, rows, vectors=True)["vector"]
        x = torch.from_numpy(np.c_[x, np.ones(len(x))].astype(np.float32))
        y = torch.from_numpy(arrays.labels["plutchik"][rows])
        w = torch.zeros(x.shape[1], 8, requires_grad=True)
        optimiser = torch.optim.LBFGS([w], max_iter=100, line_search_fn="strong_wolfe")

        def closure():
            optimiser.zero_grad()
            loss = torch.nn.functional.binary_cross_entropy_with_logits(x @ w, y) + 1e-5 * w[:-1].square().sum()
            loss.backward()
            return loss
        optimiser.step(closure)
        at = offset["plutchik"]
        with torch.no_grad():
            net.heads.weight[at:at + 8] = w.detach()[:-1].T
            net.heads.bias[at:at + 8] = w.detach()[-1]
    log(f"two heads fitted again on {len(rows)} lines and EmoBank")


def word_scores(subwords, arrays, which: np.ndarray) -> np.ndarray:
    """Mean score of the pieces of a text's words for a character, natural logarithm; nan: few words."""
    score = np.array([-16.0] * 260 + [v / 1000 for v in subwords.scores])
    size = np.array([.34] * 260 + [len(p.lstrip("\u2581")) for p in subwords.pieces])  # bytes: a third each
    word = np.array([True] * 260 + [p[0] == "\u2581" or p[-1].isalpha() for p in subwords.pieces])
    out = np.full(len(which), np.nan)
    for n, i in enumerate(which):
        ids, _ = arrays.texts.of(i)
        ids = ids[(ids >= 4) & word[ids]]
        if size[ids].sum() >= 16:
            out[n] = score[ids].sum() / size[ids].sum()
    return out


def floors(guess: np.ndarray, scores: np.ndarray, languages: int) -> list[float]:
    """By the language guessed, the score of pieces for a character that one text in 200 is below."""
    out = []
    for k in range(languages):
        own = scores[(guess == k) & np.isfinite(scores)]
        out.append(round(float(np.percentile(own, .5)) - .25, 3) if len(own) >= 100 else -20.0)
    return out


def write(path: Path, net: Deep, arrays, subwords, provenance: dict, folds=None, sarcasm=None, limits=None,
          name: str = "text-deep", trained: list[str] | None = None, extra: dict | None = None,
          beside: tuple[str, Path] | None = None, more: dict | None = None, log=print) -> dict:
    """`sarcasm`: (weights, bias, threshold) of the final sarcasm head over the hidden vector; `folds`
    [5][hidden + 1] and `limits` [5]: the heads that left out a fifth each, and their thresholds."""
    net = rounded(net).eval()
    offset = {}
    at = 0
    for head, n in net.parts:
        offset[head] = at
        at += n
    refit(net, arrays, offset, log)
    dev = Scores(arrays, "dev")
    out = predict(net, arrays, dev.which)
    mixed = {}
    if beside:
        told = advice(*beside, [arrays.examples[i].text for i in dev.which])
        log(f"alone, dev {dev.figures(out, dev.thresholds(out))}")
        mixed = shares(dev, out, told)
        log(f"the bulk model counts {mixed}")
        for head, share in mixed.items():
            out[head] = out[head] + share * (told[head] - out[head])
    core, truth = out["core"][dev.single], dev.y["core"][dev.single].argmax(1)
    bias = balance(core, truth)
    out["core"] = out["core"] + bias
    with torch.no_grad():
        own = 1 - mixed.get("core", 0)
        net.heads.bias[offset["core"]:offset["core"] + 7] += torch.from_numpy(bias / own)
        if sarcasm is not None:
            net.heads.weight[offset["sarcasm"]] = torch.from_numpy(sarcasm[0])
            net.heads.bias[offset["sarcasm"]] = float(sarcasm[1])
    t, q = calibrate(core + bias, truth)
    thresholds = dev.thresholds(out)
    thresholds["fine"] = steady_thresholds(sigmoid(out["fine"][dev.go]), dev.y["fine"][dev.go])
    figures = dev.figures(out, thresholds)
    log(f"as shipped, dev {figures}")
    # Languages: BRIGHTER's texts with one core label, or none of its six (neutral).
    own = {}
    every = dev.y["core"]
    single = (every.max(1) == 1)
    abroad = single & dev.br & (dev.language != "eng")
    for language in sorted(set(dev.language[abroad])):
        rows = abroad & (dev.language == language)
        if rows.sum() >= FEWEST:
            weight = np.where(rows, 1.0, OTHERS / (abroad & ~rows).sum())[abroad]
            own[language] = calibrate(out["core"][abroad], every[abroad].argmax(1), weight)
    guess = softmax(out["language"])
    known = [arrays.languages.index(x) if x in arrays.languages else -1 for x in dev.language]
    log(f"language guessed right on dev: {(guess.argmax(1) == known).mean():.4f}")
    names = ["all"] + sorted(k for k in thresholds["brighter"] if k != "all")
    numbers = lambda a: [round(float(v), 4) for v in a]
    meta = {
        "name": name, "version": "1", "feature_version": 1,
        "labels": {"core": td.CORE, "fine": td.FINE, "brighter": td.BRIGHTER,
                   "dims": ["valence", "arousal", "dominance"], "plutchik": td.PLUTCHIK,
                   "languages": arrays.languages},
        "label_counts": {"languages": len(arrays.languages)},
        "network": net.sizes.dict(),
        "heads": {"trained": trained or [h for h in HEADS if h != "stress"] + ["language"]},
        "calibration": {"temperature": t, "quantile": q, "abstain_size": 5},
        "calibrations": {"count": len(own), "languages": list(own), "sure": SURE,
                         "temperature": [v[0] for v in own.values()],
                         "quantile": [v[1] for v in own.values()]},
        "thresholds": {"fine": numbers(thresholds["fine"]),
                       "plutchik": numbers(thresholds.get("plutchik", [.3] * 8)),
                       "sarcasm": round(float(sarcasm[2]), 4) if sarcasm is not None else .5,
                       "language_count": len(names), "languages": names,
                       "brighter": [numbers(thresholds["brighter"][n]) for n in names]},
        "beside": mixed,
        "unknown": {"language_floor": .25, "score_floor": -20.0,
                    "floors": floors(guess.argmax(1), word_scores(subwords, arrays, dev.which),
                                     len(arrays.languages))},
        "provenance": provenance | {"date": datetime.date.today().isoformat()},
        "scores": {"dev": figures},
    } | (extra or {})
    state = {k: v.detach().float().numpy() for k, v in net.state_dict().items()}
    q8, D, H = mien_file.quantize_rows, net.sizes.width, net.sizes.channels
    text = "".join(subwords.pieces).encode()
    lengths = np.array([len(p.encode()) for p in subwords.pieces], np.int8)
    scores = np.array(subwords.scores, "<i2").view(np.int8)
    one = np.ones(1, np.float32)
    tensors = {"vocabulary.text": (np.frombuffer(text, np.int8)[None], one),
               "vocabulary.lengths": (lengths[None], one), "vocabulary.scores": (scores[None], one),
               "embed.rows": q8(state["rows.weight"]), "marks": state["marks"]}
    for k in range(net.sizes.layers):
        weight = state[f"layers.{k}.weight"]
        tensors |= {f"layer{k}.weight": q8(weight.reshape(8 * H, 3, D) if k == 0 else weight),
                    f"layer{k}.recur": state[f"layers.{k}.recur"],
                    f"layer{k}.bias": state[f"layers.{k}.bias"],
                    f"layer{k}.norm.gain": state[f"layers.{k}.norm.weight"],
                    f"layer{k}.norm.bias": state[f"layers.{k}.norm.bias"]}
    tensors |= {"norm.gain": state["norm.weight"], "norm.bias": state["norm.bias"],
                "attend.weight": state["attend"], "hidden.weight": q8(state["hidden.weight"]),
                "hidden.bias": state["hidden.bias"], "heads.weight": state["heads.weight"],
                "heads.bias": state["heads.bias"]}
    if folds is not None:
        tensors["sarcasm.folds"] = folds.astype(np.float32)
        meta["thresholds"]["sarcasm_folds"] = numbers(limits)
    mien_file.write_model(path, "text-deep", meta, tensors | (more or {}))
    log(f"wrote {path}: {Path(path).stat().st_size / 1e6:.1f} MB")
    return figures


def read(path: Path) -> tuple[Deep, "Subwords", list[str]]:
    """A network again out of a file that `write` made, its vocabulary and languages: to train on where the
    checkpoints are gone. The head that guesses masked pieces is not in the file and begins anew."""
    from text_deep_net import Sizes
    from text_subwords import FIRST, Subwords
    meta, tensors = mien_file.read_model(path)
    plain = lambda t: mien_file.dequantize_rows(*t) if isinstance(t, tuple) else np.asarray(t, np.float32)
    text, pieces, at = tensors["vocabulary.text"][0].tobytes(), [], 0
    for n in tensors["vocabulary.lengths"][0][0]:
        pieces.append(text[at:at + int(n)].decode())
        at += int(n)
    scores = np.frombuffer(tensors["vocabulary.scores"][0].tobytes(), "<i2")
    net = Deep(Sizes(**meta["network"]))
    state = {"rows.weight": plain(tensors["embed.rows"]), "marks": plain(tensors["marks"]),
             "norm.weight": plain(tensors["norm.gain"]), "norm.bias": plain(tensors["norm.bias"]),
             "attend": plain(tensors["attend.weight"])}
    for name in ("hidden.weight", "hidden.bias", "heads.weight", "heads.bias"):
        state[name] = plain(tensors[name])
    for k in range(net.sizes.layers):
        for mine, theirs in (("weight", "weight"), ("recur", "recur"), ("bias", "bias"),
                             ("norm.weight", "norm.gain"), ("norm.bias", "norm.bias")):
            value = plain(tensors[f"layer{k}.{theirs}"])
            state[f"layers.{k}.{mine}"] = value.reshape(len(value), -1) if mine == "weight" else value
    net.load_state_dict(net.state_dict() | {k: torch.from_numpy(v.copy()) for k, v in state.items()})
    assert net.sizes.pieces == FIRST + len(pieces)
    return net, Subwords(pieces, [int(v) for v in scores]), meta["labels"]["languages"]
