#!/usr/bin/env python3
"""Teachers of the deep text model: a few networks of another kind that read English alone, and whose
mean opinion the deep model learns (Hinton et al. 2015).

    python3 train/text_teachers.py --data DIR --work DIR --seed N      trains one, keeps its opinions

A teacher is a bidirectional gated recurrent unit (Cho et al. 2014) with a convolution beside it, over the
deep model's pieces and their vectors; attention and maximum pooling; the deep model's heads. It is never
shipped. Its opinions of the posts and of the English training and dev texts, as probabilities and dims,
are in WORK/teacher-N.npz: `of` [n] names the text (text_deep_teach.name_of), `fine` [n][28], `core` [n][7], `brighter`
[n][6], `plutchik` [n][8], `dims` [n][3].
"""
from __future__ import annotations

import argparse
import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import text_data as td
import text_deep_data as dd
import text_deep_teach as teach
import text_deep_tune as tune
from text_deep_net import HEADS
from text_subwords import Subwords

HERE = Path(__file__).resolve().parent
WIDTH = 128
SETS = ("goemotions", "brighter", "xed", "emobank")
DRAWS = {"goemotions": 1.0, "brighter": 1.0, "xed english": .6, "emobank": 1.0}


@dataclass
class Sizes:
    pieces: int
    languages: int = 1
    channels: int = 192
    hidden: int = 256


class Reader(nn.Module):
    def __init__(self, sizes: Sizes, vectors: torch.Tensor, dropout: float):
        super().__init__()
        self.sizes = sizes
        H, C = sizes.channels, 2 * sizes.channels + WIDTH
        self.rows = nn.Embedding(sizes.pieces, WIDTH)
        self.rows.weight.data.copy_(vectors)
        self.marks = nn.Parameter(torch.zeros(3, WIDTH))
        self.units = nn.GRU(WIDTH, H, bidirectional=True)
        self.beside = nn.Conv1d(WIDTH, WIDTH, 3, padding=1)
        self.attend = nn.Linear(C, 1)
        self.hidden = nn.Linear(2 * C, sizes.hidden)
        self.parts = list((HEADS | {"language": 1}).items())
        self.heads = nn.Linear(sizes.hidden, sum(n for _, n in self.parts))
        self.drop, self.drop_in = nn.Dropout(dropout), nn.Dropout(dropout * .8)

    def forward(self, ids, marks, mask, current):
        """ids, marks, mask, current: [T][B] -> each head's numbers [B][n]."""
        x = self.rows(ids)
        for k in range(3):
            x = x + ((marks >> k) & 1).unsqueeze(-1).to(x.dtype) * self.marks[k]
        x = self.drop_in(x * mask.unsqueeze(-1))
        near = F.relu(self.beside(x.permute(1, 2, 0))).permute(2, 0, 1)
        y = self.drop(torch.cat([self.units(x)[0], near], -1))
        hidden = (current == 0).unsqueeze(-1)
        weights = torch.softmax(self.attend(torch.tanh(y)).masked_fill(hidden, -1e9), 0)
        pooled = torch.cat([(y * weights).sum(0), y.masked_fill(hidden, -1e9).amax(0)], -1)
        self.vector = self.drop(F.relu(self.hidden(self.drop(pooled))))
        out = self.heads(self.vector).float().split([n for _, n in self.parts], -1)
        return {name: o for (name, _), o in zip(self.parts, out)}


def english(every: list[td.Example], posts: list[str]) -> list[td.Example]:
    kept = [e for e in every if e.language == "eng" and e.set in SETS
            and (e.set != "xed" or e.extra.get("annotated"))]
    return kept + [td.Example(dd.clean(t), "goemotions", "eng", "post") for t in posts]


def opinions(paths: list[Path]) -> tuple[dict[int, int], np.ndarray, np.ndarray]:
    """The mean of several teachers: of log odds, of log shares, of dims. Row of each text by its name, then
    [n][44] as text_deep_teach.heads has them, and Plutchik's eight [n][8]."""
    files = [np.load(p) for p in paths]
    assert all((f["of"] == files[0]["of"]).all() for f in files)
    wide = lambda f, *names: np.concatenate([f[n] for n in names], 1).astype(np.float64)
    mean = teach.blend([wide(f, "fine", "core", "brighter", "dims") for f in files], [1] * len(files))
    plutchik = tune.sigmoid(np.mean([teach.log_odds(wide(f, "plutchik")) for f in files], 0))
    heads = wide(mean, "fine", "core", "brighter", "dims")
    return {int(k): i for i, k in enumerate(files[0]["of"])}, heads, plutchik


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--data", type=Path, default=HERE.parent.parent / "data-cache")
    add("--work", type=Path, default=HERE.parent / "build/train-text-deep", help="with examples.pkl, subwords.tsv, tune.pt")
    add("--mien", default=str(HERE.parent / "build/src/cli/mien"))
    add("--threads", type=int, default=1)
    add("--seed", type=int, default=1)
    add("--posts", type=int, default=150000)
    add("--epochs", type=int, default=7)
    add("--rate", type=float, default=1.2e-3)
    add("--dropout", type=float, default=.5)
    add("--channels", type=int, default=192)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    posts = teach.posts(args.data / "text/reddit.txt", args.posts, np.random.default_rng(3))
    kept = args.work / "english.pkl"
    if not kept.exists():
        every = english(pickle.load(open(args.work / "examples.pkl", "rb")), posts)
        arrays = dd.Arrays(args.mien, Subwords.load(args.work / "subwords.tsv"), every, ["eng"])
        pickle.dump(arrays, open(kept, "wb"), 4)
    arrays = pickle.load(open(kept, "rb"))
    rows = torch.load(args.work / "tune.pt")["net"]["rows.weight"]
    torch.manual_seed(args.seed)
    net = Reader(Sizes(len(rows), channels=args.channels), rows, args.dropout)

    best = {}

    def save(mean, figures) -> None:
        best["net"] = mean
    tune.DRAWS = [DRAWS]
    tune.tune(net, arrays, [args.epochs], args.rate, args.seed, save, mask_share=.08,
              log=lambda line: print(line, flush=True))
    torch.save(best["net"].state_dict(), args.work / f"teacher-{args.seed}.pt")
    which = np.flatnonzero([(e.split in ("train", "post", "dev")) and n > 0
                            for e, n in zip(arrays.examples, arrays.length)])
    out = tune.predict(best["net"], arrays, which)
    np.savez(args.work / f"teacher-{args.seed}.npz", of=[teach.name_of(arrays.examples[i].text) for i in which],
             **{k: v.astype(np.float16) for k, v in tune.probabilities(out).items()})


if __name__ == "__main__":
    main()
