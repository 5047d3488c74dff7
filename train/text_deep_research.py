#!/usr/bin/env python3
"""The research model: the deep model tuned further on sets that may not be used commercially, so that
its figures stand beside published ones. It is a file of its own, never the default.

    python3 train/text_deep_research.py --data DIR --from build/train-text-deep/taught.pt

Adds three heads of benchmarks, as the tensor benchmark.heads F32 [12][hidden + 1]: MELD's seven labels
(core order), TweetEval's four emotions (anger joy optimism sadness), its irony.
"""
from __future__ import annotations

import argparse
import csv
import dataclasses
import os
import pickle
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import text_data as td
import text_deep as recipe
import text_deep_data as dd
import text_deep_export as export
import text_deep_teach as teach
import text_deep_tune as tune
import text_subwords as ts
from text import best_thresholds, macro_f1
from text_deep_net import Deep, Sizes

BENCHMARKS = {"meld": 7, "tweet": 4, "irony": 1}
TWEET = ["anger", "joy", "optimism", "sadness"]
MELD = {"anger": "anger", "disgust": "disgust", "fear": "fear", "joy": "joy", "neutral": "neutral",
        "sadness": "sadness", "surprise": "surprise"}
EMOCONTEXT = {"angry": "anger", "happy": "joy", "sad": "sadness"}
FEWEST, POSTS = 2, 100000   # times that a piece is met in so many posts, or once in an English set
DRAWS = {"research": 1.0, "goemotions": .35, "brighter": .12, "xed": .02, "emobank": .3, "mustard": 1.0}
PROVENANCE = {
    "data": recipe.PROVENANCE["data"] + [{"name": n, "licence": l} for n, l in [
        ("MELD", "GPL-3.0, clips of a television series"), ("TweetEval emotion, irony", "research only"),
        ("SemEval-2019 EmoContext", "research only"), ("Dreaddit", "research only")]],
    "licence": "research only", "commercial": False,
    "command": "python3 train/text_deep_research.py --data ../data-cache"}


def meld(root: Path, split: str) -> list[td.Example]:
    out, talks = [], {}
    for row in dd.rows(root / f"meld/MELD/{split}_sent_emo.csv"):
        talks.setdefault(row["Dialogue_ID"], []).append(row)
    for turns in talks.values():
        turns.sort(key=lambda row: int(row["Utterance_ID"]))
        for i, row in enumerate(turns):
            label = MELD[row["Emotion"]]
            before = [(dd.clean(t["Utterance"]), t["Speaker"] == row["Speaker"])
                      for t in turns[max(0, i - dd.TURNS):i]]
            out.append(td.Example(dd.clean(row["Utterance"]), "research", "eng", split,
                                  extra={"meld": td.CORE.index(label), "before": before}))
    return out


def tweets(root: Path, name: str, split: str) -> list[td.Example]:
    folder = root / "tweeteval" / name
    texts = open(folder / f"{split}_text.txt", encoding="utf-8").read().split("\n")
    labels = open(folder / f"{split}_labels.txt").read().split()
    kind = "tweet" if name == "emotion" else "irony"
    return [td.Example(dd.clean(t), "research", "eng", {"val": "dev"}.get(split, split),
                       extra={kind: int(k)}) for t, k in zip(texts, labels)]


def research(data: Path) -> list[td.Example]:
    root = Path(data) / "text/research"
    out = []
    for split in ("train", "dev"):
        out += meld(root, split)
    for name in ("emotion", "irony"):
        for split in ("train", "val"):
            out += tweets(root, name, split)
    for row in csv.DictReader(open(root / "semeval2019_emocontext/train.txt", encoding="utf-8"),
                              delimiter="\t", quoting=csv.QUOTE_NONE):
        label = EMOCONTEXT.get(row["label"])
        if label:
            out.append(td.Example(dd.clean(row["turn3"]), "research", "eng", "train", core={label: 1.0},
                                  weight=.4, extra={"before": [(dd.clean(row["turn1"]), True),
                                                               (dd.clean(row["turn2"]), False)]}))
    for row in dd.rows(root / "dreaddit_stress/dreaddit-train.csv"):
        out.append(td.Example(dd.clean(row["text"]), "research", "eng", "train",
                              extra={"stress": float(row["label"])}))
    return [e for e in out if e.text]


def english(data: Path, mien: str, model: ts.Subwords, every: list[td.Example]) -> tuple[ts.Subwords, list[int]]:
    """The pieces that English uses alone, as a vocabulary and as rows of the whole one: the file is a half
    smaller."""
    posts = teach.posts(data / "text/reddit.txt", POSTS, np.random.default_rng(3))
    count = np.bincount(dd.Pieces(mien, model, posts, dd.LONGEST).ids, minlength=len(model))
    count += FEWEST * np.bincount(dd.Pieces(mien, model, [e.text for e in every], dd.LONGEST).ids,
                                  minlength=len(model))
    kept = [i for i, piece in enumerate(model.pieces)
            if count[ts.FIRST + i] >= FEWEST or len(piece) == 1 and ord(piece) < 0x250]
    recipe.log(f"{len(kept)} of {len(model.pieces)} pieces are English")
    small = ts.Subwords([model.pieces[i] for i in kept], [model.scores[i] for i in kept])
    return small, list(range(ts.FIRST)) + [ts.FIRST + i for i in kept]


def narrowed(net: Deep, rows: list[int], dropout: float) -> Deep:
    """The same network with these rows of the vocabulary alone."""
    out = Deep(dataclasses.replace(net.sizes, pieces=len(rows)), dropout)
    state = net.state_dict()
    for name in ("rows.weight", "guess_bias"):
        state[name] = state[name][rows]
    out.load_state_dict(state)
    return out


class Benchmarks(nn.Module):
    """The deep model with the benchmarks' heads beside its own."""

    def __init__(self, net: Deep):
        super().__init__()
        self.net, self.more = net, nn.Linear(net.sizes.hidden, sum(BENCHMARKS.values()))

    def forward(self, *given):
        out = self.net(*given)
        more = self.more(self.net.vector).float().split(list(BENCHMARKS.values()), -1)
        return out | dict(zip(BENCHMARKS, more))

    @property
    def vector(self):
        return self.net.vector


def labels(every: list[td.Example]) -> dict[str, np.ndarray]:
    return {k: np.array([e.extra.get(k, -1) for e in every]) for k in BENCHMARKS}


def loss_of(out, y, bias):
    total = tune_loss(out, y, bias)
    for name in ("meld", "tweet"):
        known = (y[name] >= 0).float()
        total = total + (F.cross_entropy(out[name], y[name].clamp(min=0), reduction="none") * known).mean()
    known = (y["irony"] >= 0).float()
    bce = F.binary_cross_entropy_with_logits(out["irony"][:, 0], y["irony"].clamp(min=0).float(),
                                             reduction="none")
    return total + (bce * known).mean()


tune_loss = tune.loss_of


def weighted_f1(guess, truth) -> float:
    total = 0.0
    for k in range(7):
        tp, n = ((guess == k) & (truth == k)).sum(), (guess == k).sum() + (truth == k).sum()
        total += (truth == k).mean() * (2 * tp / max(n, 1))
    return float(total)


def benchmark_dev(net, arrays) -> dict[str, float]:
    found = {}
    split = np.array([e.split for e in arrays.examples])
    for name in BENCHMARKS:
        which = np.flatnonzero((split == "dev") & (arrays.labels[name] >= 0))
        truth = arrays.labels[name][which]
        out = tune.predict(net, arrays, which)[name]
        if name == "meld":
            found["meld"] = weighted_f1(out.argmax(1), truth)
            found["meld_alone"] = weighted_f1(tune.predict(net, arrays, which, before=False)[name].argmax(1), truth)
        elif name == "tweet":
            found["tweet"] = macro_f1(np.eye(4, dtype=bool)[out.argmax(1)], np.eye(4)[truth])
        else:
            p = tune.sigmoid(out)
            t = best_thresholds(p, truth[:, None])
            found["irony"] = macro_f1(p >= t, truth[:, None])
            found["irony_threshold"] = float(t[0])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--data", type=Path, default=recipe.HERE.parent.parent / "data-cache")
    add("--work", type=Path, default=recipe.HERE.parent / "build/train-text-deep")
    add("--out", type=Path, default=recipe.HERE.parent / "models/text-research.mien")
    add("--mien", default=str(recipe.HERE.parent / "build/src/cli/mien"))
    add("--threads", type=int, default=os.cpu_count() or 1)
    add("--seed", type=int, default=1)
    add("--epochs", type=int, default=4)
    add("--minutes", type=float, default=0, help="at most so long")
    add("--rate", type=float, default=7e-4)
    add("--dropout", type=float, default=.4)
    add("--from", dest="start", type=Path, help="the network to begin with (WORK/taught.pt)")
    add("--only-export", action="store_true")
    add("--sarcasm-decay", type=float, default=3e-3)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model = ts.Subwords.load(args.work / "subwords.tsv")
    every = pickle.load(open(args.work / "examples.pkl", "rb"))
    state = torch.load(args.start or args.work / "taught.pt")
    deep = Deep(Sizes(**state["sizes"]), args.dropout)
    deep.load_state_dict(state["net"])
    languages = dd.languages(every)
    every = [e for e in every if e.language == "eng"] + research(args.data)
    model, rows = english(args.data, args.mien, model, every)
    deep = narrowed(deep, rows, args.dropout)
    arrays = dd.Arrays(args.mien, model, every, languages)
    arrays.labels |= labels(arrays.examples)
    net, kept = Benchmarks(deep), args.work / "research.pt"
    best = {"value": -1.0}

    def save(mean, figures) -> None:
        found = benchmark_dev(mean, arrays)
        recipe.log(f"benchmarks, dev: { {k: round(v, 4) for k, v in found.items()} }")
        value = found["meld"] + found["tweet"] + found["irony"]
        if value > best["value"]:
            best["value"] = value
            torch.save(mean.state_dict(), kept)

    if not args.only_export:
        tune.DRAWS, tune.loss_of = [DRAWS], loss_of
        tune.tune(net, arrays, [args.epochs], args.rate, args.seed, save, minutes=args.minutes, log=recipe.log)
    net.load_state_dict(torch.load(kept))
    found = benchmark_dev(net, arrays)
    folds, final, limits = recipe.sarcasm(args, net.net, model)
    more = np.c_[net.more.weight.detach().numpy(), net.more.bias.detach().numpy()]
    export.write(args.out, net.net, arrays, model, PROVENANCE, folds, final, limits, name="text-research",
                 trained=[h for h in export.HEADS] + ["language"],
                 extra={"reads": "eng", "benchmarks": {"meld": 7, "tweet": 4, "irony": 1,
                                       "irony_threshold": round(found["irony_threshold"], 4)}},
                 more={"benchmark.heads": more.astype(np.float32)}, log=recipe.log)


if __name__ == "__main__":
    main()
