#!/usr/bin/env python3
"""Trains the text model and writes models/text.mien.

    python3 train/text.py --data DIR                  everything, from the texts to the model file
    python3 train/text.py --data DIR --resume         goes on after an interruption

Steps, each kept in --work and skipped when it is there already:
  corpus    tokens of all training texts and of the unlabelled posts, by `mien features text`
  vectors   subword skip-gram vectors over them, by Debian's fasttext (Bojanowski et al. 2017)
  pieces    the words and n-grams that get a row of the table, with their first vectors
  teacher   a larger network on the English sets, which labels unlabelled posts for the small one to
            learn from (Hinton et al. 2015)
  net       multi-task training, missing labels masked; calibration and thresholds on dev; export

Needs a built `mien` (--mien) and Debian's fasttext, python3-torch, python3-numpy, python3-nacl.
Under 90 minutes on two cores; --device cuda where there is one.
"""
from __future__ import annotations

import argparse
import datetime
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import mien_file  # noqa: E402
import text_data as td  # noqa: E402
import text_tokens as tt  # noqa: E402
from text_net import Net, Teacher  # noqa: E402
from text_vectors import BUCKET, Vectors, place  # noqa: E402

WIDTH, CHANNELS, SLICES, HIDDEN = 96, 128, 4, 192
BUCKETS = 6500           # of 16 rows each
WORD_SHARE = .52         # of the rows
FILL = .93               # of the places of the table that are asked for
LONGEST = 64             # tokens of a training text
SETS = ["goemotions", "brighter", "xed", "emobank", "emorynlp", "topical_chat", "red", "kote",
        "sentiment"]
# Share of each set that is drawn in an epoch: first widely, to learn all languages' words; then mostly
# of the two sets that the heads are read by. And its weight when words are counted.
DRAWS = [{"goemotions": 1.0, "brighter": 1.0, "xed": .3, "emobank": 1.0, "emorynlp": .6,
          "topical_chat": .3, "red": 1.0, "kote": .6, "sentiment": .25},
         {"goemotions": 1.0, "brighter": .7, "xed": .06, "emobank": .5, "emorynlp": .2,
          "topical_chat": .05, "red": .5, "kote": .2, "sentiment": .03}]
DROPOUT = [.35, .25]     # by cycle, as
BATCH = [256, 128]       # texts in a step
COUNT = {"goemotions": 3.0, "brighter": 3.0, "xed": .6, "emobank": 1.0, "emorynlp": .5,
         "topical_chat": .3, "red": 1.0, "kote": 1.0, "sentiment": .4}


# ---- Texts as arrays ------------------------------------------------------------------------------

class Texts:
    """Token ids and marks of many texts, flat; ids are into `types`."""

    def __init__(self, rows: list[list[tuple[str, int]]], index: dict[str, int]):
        self.start = np.zeros(len(rows) + 1, np.int64)
        ids, marks = [], []
        for i, row in enumerate(rows):
            row = row[:LONGEST]
            for token, mark in row:
                ids.append(index.setdefault(token, len(index)))
                marks.append(mark & 7)
            self.start[i + 1] = len(ids)
        self.ids, self.marks = np.array(ids, np.int32), np.array(marks, np.uint8)
        self.length = np.diff(self.start)

    def batch(self, which: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """ids [B][T] (-1 past the end), marks [B][T], mask [B][T]."""
        T = max(1, int(self.length[which].max()))
        at = self.start[which][:, None] + np.arange(T)[None, :]
        mask = np.arange(T)[None, :] < self.length[which][:, None]
        at = np.where(mask, at, 0)
        return np.where(mask, self.ids[at], -1), np.where(mask, self.marks[at], 0), mask


# ---- Pieces ---------------------------------------------------------------------------------------

def make_pieces(args, types: list[str], scores: np.ndarray) -> dict[str, np.ndarray]:
    """Chooses words and n-grams; first vectors; for each type its rows.

    `words`: the row of the type itself or -1. `gram_rows`/`gram_start`: the kept n-grams' rows."""
    print(f"pieces: {len(types)} tokens", flush=True)
    hashes = tt.pieces(args.mien, types)
    own = np.array([h[0] for h in hashes], np.uint64)
    grams: dict[int, list] = {}
    for i, h in enumerate(hashes):
        if len(h) == 1:
            continue
        weight = min(float(scores[i]), 12.0) ** .5
        names = None
        for k, g in enumerate(h[1:].tolist()):
            entry = grams.get(g)
            if entry is None:
                if names is None:
                    names = tt.grams(types[i])
                    if len(names) != len(h) - 1:  # a pair of an unspaced script: its characters
                        names = list(types[i]) if len(types[i]) == len(h) - 1 else [""] * (len(h) - 1)
                grams[g] = [weight, 1, names[k]]
            else:
                entry[0] += weight
                entry[1] += 1
    total = int(BUCKETS * BUCKET * FILL)
    word_count = int(total * WORD_SHARE)
    words = np.argsort(-scores, kind="stable")[:word_count]
    words = words[scores[words] > 0]
    gram_items = sorted((g for g in grams.items() if g[1][1] >= 2), key=lambda g: -g[1][0])
    gram_items = gram_items[:total - len(words)]
    all_hashes = np.concatenate([own[words], np.array([g for g, _ in gram_items], np.uint64)])
    # Words first where a bucket is full, then n-grams by their score.
    order = np.concatenate([1e9 + scores[words], np.array([g[1][0] for g in gram_items])])
    rows, keys = place(all_hashes, order, BUCKETS)
    print(f"pieces: {len(words)} words, {len(gram_items)} n-grams, {(rows < 0).sum()} dropped",
          flush=True)
    vectors = Vectors(args.work / "vectors.bin") if (args.work / "vectors.bin").exists() else None
    rng = np.random.default_rng(args.seed)
    table = (rng.standard_normal((BUCKETS * BUCKET, WIDTH)) * .05).astype(np.float32)
    scale = 1.0
    if vectors is not None:
        scale = .35 / float(np.abs(vectors.matrix[:20000]).std() + 1e-9)
    found = 0
    for i, row in zip(words, rows[:len(words)]):
        if row >= 0 and vectors is not None:
            v = vectors.word(types[i])
            if v is not None:
                table[row] = v * scale
                found += 1
    for (g, (_, _, name)), row in zip(gram_items, rows[len(words):]):
        if row >= 0 and vectors is not None:
            v = vectors.gram(name)
            table[row] = v * scale if v is not None else 0
    print(f"pieces: {found} words have a first vector", flush=True)
    word_row = np.full(len(types), -1, np.int64)
    word_row[words] = rows[:len(words)]
    row_of = {g: int(r) for (g, _), r in zip(gram_items, rows[len(words):]) if r >= 0}
    start, flat = np.zeros(len(types) + 1, np.int64), []
    for i, h in enumerate(hashes):
        flat.extend(row_of[g] for g in h[1:].tolist() if g in row_of)
        start[i + 1] = len(flat)
    return {"words": word_row, "gram_rows": np.array(flat, np.int64), "gram_start": start,
            "keys": keys, "table": table}


class Table:
    """The rows, trained by Adam that touches only the rows of the batch, with one second moment a
    row (as in Adafactor's spirit: Shazeer and Stern 2018)."""

    def __init__(self, pieces: dict[str, np.ndarray], device: str):
        self.rows = torch.from_numpy(pieces["table"].copy()).to(device)
        self.marks = nn.Parameter(torch.zeros(3, WIDTH, device=device))
        self.m = torch.zeros_like(self.rows)
        self.v = torch.zeros(len(self.rows), device=device)
        self.t = torch.zeros(len(self.rows), device=device)
        self.words, self.start, self.flat = pieces["words"], pieces["gram_start"], pieces["gram_rows"]
        self.device = device
        self.leaf = None

    def bags(self, types: np.ndarray, drop_words: float, rng) -> tuple[np.ndarray, np.ndarray]:
        """Rows of each type, flat, and where each begins."""
        word = self.words[types]
        lengths = self.start[types + 1] - self.start[types]
        has = word >= 0
        if drop_words:
            has &= ~((rng.random(len(types)) < drop_words) & (lengths > 0))
        offsets = np.concatenate([[0], np.cumsum(lengths + has)])
        flat = np.empty(offsets[-1], np.int64)
        flat[offsets[:-1][has]] = word[has]
        at = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        flat[np.repeat(offsets[:-1] + has, lengths) + at] = \
            self.flat[np.repeat(self.start[types], lengths) + at]
        return flat, offsets[:-1]

    def vectors(self, types: np.ndarray, train: bool, drop_words: float = 0, rng=None):
        flat, offsets = self.bags(types, drop_words, rng)
        rows, local = np.unique(flat, return_inverse=True)
        self.used = torch.from_numpy(rows).to(self.device)
        leaf = self.rows[self.used]
        if train:
            self.leaf = leaf.requires_grad_(True)
        return F.embedding_bag(torch.from_numpy(local).to(self.device), leaf,
                               torch.from_numpy(offsets).to(self.device), mode="mean")

    def step(self, rate: float, b1: float = .9, b2: float = .99) -> None:
        g, u = self.leaf.grad, self.used
        self.t[u] += 1
        self.m[u] = m = b1 * self.m[u] + (1 - b1) * g
        self.v[u] = v = b2 * self.v[u] + (1 - b2) * g.square().mean(1)
        t = self.t[u]
        m_hat = m / (1 - b1 ** t).unsqueeze(1)
        v_hat = (v / (1 - b2 ** t)).sqrt().unsqueeze(1) + 1e-8
        self.rows[u] -= rate * m_hat / v_hat

    def embed(self, ids: np.ndarray, marks: np.ndarray, mask: np.ndarray, train: bool,
              drop_words: float = 0, drop_tokens: float = 0, rng=None) -> torch.Tensor:
        types, inverse = np.unique(ids[mask], return_inverse=True)
        vectors = self.vectors(types, train, drop_words, rng)
        place_ = np.full(ids.shape, len(types), np.int64)
        place_[mask] = inverse
        if drop_tokens:
            gone = (rng.random(ids.shape) < drop_tokens) & mask
            place_[gone] = len(types)
        padded = torch.cat([vectors, torch.zeros(1, WIDTH, device=self.device)])
        x = padded[torch.from_numpy(place_).to(self.device)]
        m = torch.from_numpy(marks).to(self.device)
        for k in range(3):
            x = x + ((m >> k) & 1).unsqueeze(-1).float() * self.marks[k]
        return x


# ---- Labels as arrays -----------------------------------------------------------------------------

def labels_of(examples: list[td.Example]) -> dict[str, np.ndarray]:
    n = len(examples)
    out = {"fine": np.full((n, 28), -1, np.float32), "core": np.zeros((n, 7), np.float32),
           "brighter": np.full((n, 6), -1, np.float32), "plutchik": np.full((n, 8), -1, np.float32),
           "dims": np.zeros((n, 3), np.float32), "dims_weight": np.zeros(n, np.float32),
           "weight": np.ones(n, np.float32), "set": np.zeros(n, np.int64)}
    for i, e in enumerate(examples):
        if e.fine is not None:
            out["fine"][i] = 0
            out["fine"][i, e.fine] = 1
        for name, share in (e.core or {}).items():
            out["core"][i, td.CORE.index(name)] = share
        if e.brighter is not None:
            out["brighter"][i] = e.brighter
        if e.plutchik is not None:
            out["plutchik"][i] = 0
            out["plutchik"][i, e.plutchik] = 1
        if e.dims is not None:
            out["dims"][i], out["dims_weight"][i] = e.dims, e.dims_weight
        out["weight"][i], out["set"][i] = e.weight, SETS.index(e.set)
    return out


def masked_bce(logits: torch.Tensor, target: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    known = (target >= 0).float() * weight.unsqueeze(1)
    loss = F.binary_cross_entropy_with_logits(logits, target.clamp(min=0), reduction="none")
    return (loss * known).sum() / logits.shape[0]


def loss_of(out, y: dict[str, torch.Tensor]) -> torch.Tensor:
    fine, core, brighter, dims, plutchik = out
    w = y["weight"]
    loss = masked_bce(fine, y["fine"], w) * 1.2
    loss = loss + masked_bce(brighter, y["brighter"], w) * .8
    loss = loss + masked_bce(plutchik, y["plutchik"], w) * .4
    has = y["core"].sum(1)
    loss = loss + (-(y["core"] * F.log_softmax(core, -1)).sum(1) * has * w).mean() * .8
    error = (torch.tanh(dims) - y["dims"]).square().sum(1)
    return loss + (error * y["dims_weight"] * w).mean() * 1.5


# ---- Scores ---------------------------------------------------------------------------------------

def best_thresholds(p: np.ndarray, y: np.ndarray, prior=None, prior_weight: float = 0) -> np.ndarray:
    """For each label the threshold of the best F1; `prior` (p, y) counts as `prior_weight` more
    texts, for languages with small dev sets."""
    grid = np.concatenate([np.arange(.02, .1, .01), np.arange(.1, .9, .02)])
    out = np.zeros(p.shape[1], np.float32)
    for k in range(p.shape[1]):
        score = []
        for t in grid:
            def counts(p_, y_):
                d = p_[:, k] >= t
                return np.array([(d & (y_[:, k] == 1)).sum(), d.sum(), (y_[:, k] == 1).sum()], float)
            c = counts(p, y)
            if prior is not None and len(prior[0]):
                c = c + counts(*prior) * (prior_weight / len(prior[0]))
            score.append(2 * c[0] / max(c[1] + c[2], 1e-9))
        score = np.convolve(np.pad(score, 2, mode="edge"), np.ones(5) / 5, mode="valid")
        out[k] = grid[int(np.argmax(score))]
    return out


def macro_f1(d: np.ndarray, y: np.ndarray) -> float:
    tp, n = (d & (y == 1)).sum(0), d.sum(0) + (y == 1).sum(0)
    return float(np.mean(np.where(n > 0, 2 * tp / np.maximum(n, 1), 0)))


class Scores:
    """Outputs on dev or test, and the figures of docs/accuracy.md."""

    def __init__(self, examples: list[td.Example], y: dict[str, np.ndarray], which: np.ndarray):
        self.which, self.y = which, {k: v[which] for k, v in y.items()}
        sets = np.array([examples[i].set for i in which])
        self.language = np.array([examples[i].language for i in which])
        self.go, self.br = sets == "goemotions", sets == "brighter"
        self.eb, self.xed = sets == "emobank", sets == "xed"
        self.annotated = np.array([examples[i].extra.get("annotated", False) for i in which])
        self.single = self.go & (self.y["fine"].clip(0).sum(1) == 1)

    def core(self, logits: np.ndarray, temperature: float = 1.0):
        z = logits[self.single] / temperature
        p = np.exp(z - z.max(1, keepdims=True))
        return p / p.sum(1, keepdims=True), self.y["core"][self.single].argmax(1)

    def figures(self, out: dict[str, np.ndarray], thresholds: dict) -> dict[str, float]:
        f = 1 / (1 + np.exp(-out["fine"][self.go]))
        d = f >= thresholds["fine"]
        d[np.arange(len(d)), f.argmax(1)] |= ~d.any(1)
        result = {"fine_macro_f1": macro_f1(d, self.y["fine"][self.go])}
        p, truth = self.core(out["core"])
        top = p.argmax(1)
        result["core_accuracy"] = float((top == truth).mean())
        result["core_macro_f1"] = macro_f1(np.eye(7, dtype=bool)[top], np.eye(7)[truth])
        per = {}
        for language in sorted(set(self.language[self.br])):
            rows = self.br & (self.language == language)
            labels = self.y["brighter"][rows]
            present = labels[0] >= 0
            t = thresholds["brighter"].get(language, thresholds["brighter"]["all"])
            d = (1 / (1 + np.exp(-out["brighter"][rows]))) >= t
            per[language] = macro_f1(d[:, present], labels[:, present])
        result["brighter_eng"] = per.get("eng", 0.0)
        result["brighter_mean"] = float(np.mean(list(per.values())))
        self.per = per
        if self.eb.any():
            for k, name in enumerate(("valence", "arousal", "dominance")):
                a, b = np.tanh(out["dims"][self.eb][:, k]), self.y["dims"][self.eb][:, k]
                result[f"emobank_{name}_r"] = float(np.corrcoef(a, b)[0, 1])
        return {k: round(v, 4) for k, v in result.items()}

    def thresholds(self, out: dict[str, np.ndarray]) -> dict:
        f = 1 / (1 + np.exp(-out["fine"][self.go]))
        b = 1 / (1 + np.exp(-out["brighter"][self.br]))
        y, language = self.y["brighter"][self.br], self.language[self.br]
        tables = {"all": best_thresholds(b, y)}
        for name in sorted(set(language)):
            rows = language == name
            tables[name] = best_thresholds(b[rows], y[rows], (b, y), 60)
        return {"fine": best_thresholds(f, self.y["fine"][self.go]), "brighter": tables}


# ---- Training -------------------------------------------------------------------------------------

def batches(lengths: np.ndarray, which: np.ndarray, size: int, rng) -> list[np.ndarray]:
    """Batches of texts of like length, in random order."""
    noise = lengths[which] + rng.random(len(which)) * 3
    order = which[np.argsort(noise, kind="stable")]
    out = [order[i:i + size] for i in range(0, len(order), size)]
    rng.shuffle(out)
    return out


def predict(net: Net, table: Table, texts: Texts, which: np.ndarray, device: str) -> dict[str, np.ndarray]:
    net.eval()
    order = which[np.argsort(texts.length[which], kind="stable")]
    parts, names = [], ("fine", "core", "brighter", "dims", "plutchik")
    with torch.no_grad():
        for i in range(0, len(order), 1024):
            b = order[i:i + 1024]
            ids, marks, mask = texts.batch(b)
            x = table.embed(ids, marks, mask, False)
            parts.append([o.cpu().numpy() for o in
                          net(x, torch.from_numpy(mask).to(device).float())])
    back = np.empty(len(which), np.int64)
    back[np.argsort(texts.length[which], kind="stable")] = np.arange(len(which))
    return {n: np.concatenate([p[k] for p in parts])[back] for k, n in enumerate(names)}


def rate_at(done: float, cycles: list[int]) -> float:
    """After so many epochs: falls to nothing in each cycle, then starts again lower (Loshchilov and
    Hutter 2017, with straight lines)."""
    peak = 1.0
    for epochs in cycles:
        if done < epochs:
            return peak * max(.02, 1 - done / epochs)
        done -= epochs
        peak *= .7
    return .02


def train(args, name: str, net: nn.Module, cycles: list[int], shares: list[np.ndarray], examples,
          texts: Texts, y, pieces) -> Table:
    """Trains `net` and its table; `shares`: how likely each text is drawn in an epoch, by cycle."""
    device, rng = args.device, np.random.default_rng(args.seed)
    table = Table(pieces, device)
    dense = torch.optim.AdamW([{"params": [p for p in net.parameters()], "weight_decay": .01},
                               {"params": [table.marks], "weight_decay": 0}], lr=args.rate)
    split = np.array([e.split for e in examples])
    sets = np.array([e.set for e in examples])
    measured = np.isin(sets, ["goemotions", "brighter", "emobank"])
    dev = Scores(examples, y, np.flatnonzero((split == "dev") & measured))
    target = {k: torch.from_numpy(v).to(device) for k, v in y.items()}
    epochs, step, first = sum(cycles), 0, 0
    saved = args.work / f"{name}.pt"
    if args.resume and saved.exists():
        state = torch.load(saved, map_location=device)
        net.load_state_dict(state["net"])
        dense.load_state_dict(state["dense"])
        table.rows, table.m, table.v, table.t = state["table"]
        table.marks.data = state["marks"]
        first, step = state["epoch"], state["step"]
        rng = np.random.default_rng(args.seed + 1000 + first)
    started = time.time()
    for epoch in range(first, epochs):
        net.train()
        cycle = int(np.searchsorted(np.cumsum(cycles), epoch, side="right"))
        share = shares[min(cycle, len(shares) - 1)]
        net.drop.p = DROPOUT[min(cycle, len(DROPOUT) - 1)]
        drawn = np.flatnonzero((rng.random(len(share)) < share) & (texts.length > 0))
        total = 0.0
        every = batches(texts.length, drawn, BATCH[min(cycle, len(BATCH) - 1)], rng)
        for n, b in enumerate(every):
            ids, marks, mask = texts.batch(b)
            rate = min(1.0, (step + 1) / 300) * rate_at(epoch + n / len(every), cycles)
            for group in dense.param_groups:
                group["lr"] = args.rate * rate
            with torch.autocast(device_type="cuda" if "cuda" in device else "cpu",
                                dtype=torch.bfloat16, enabled=args.bfloat16):
                x = table.embed(ids, marks, mask, True, args.drop_words, args.drop_tokens, rng)
                at = torch.from_numpy(b).to(device)
                yb = {k: v[at] for k, v in target.items()}
                out = net(x, torch.from_numpy(mask).to(device).float(), yb["set"])
            loss = loss_of(out, yb)
            dense.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            dense.step()
            table.step(args.table_rate * rate)
            total += float(loss.detach())
            step += 1
        out = predict(net, table, texts, dev.which, device)
        figures = dev.figures(out, dev.thresholds(out))
        print(f"{name} epoch {epoch + 1}/{epochs} loss {total / (n + 1):.4f} "
              f"{time.time() - started:.0f} s dev {json.dumps(figures)}", flush=True)
        torch.save({"net": net.state_dict(), "dense": dense.state_dict(), "epoch": epoch + 1,
                    "table": (table.rows, table.m, table.v, table.t), "marks": table.marks.data,
                    "step": step}, saved)
    return table


def read_posts(args, count: int) -> list[str]:
    """Sentences of the unlabelled posts, of the length of comments (3 to 30 words)."""
    rng = np.random.default_rng(args.seed)
    parts: list[str] = []
    with open(args.data / "text/reddit.txt", encoding="utf-8", errors="replace") as file:
        for line in file:
            sentences = re.split(r"(?<=[.!?]) +", line.strip())
            i = 0
            while i < len(sentences):
                part = sentences[i]
                i += 1
                if rng.random() < .4 and i < len(sentences):
                    part += " " + sentences[i]
                    i += 1
                if 3 <= part.count(" ") + 1 <= 30:
                    parts.append(td._clean(part))
    parts = list(dict.fromkeys(parts))
    return [parts[i] for i in np.sort(rng.permutation(len(parts))[:count])]


def learn_from_teacher(args, examples, texts: Texts, y, pieces, posts: np.ndarray) -> None:
    """Trains the teacher on the English sets and writes its labels of `posts` into y."""
    labels = args.work / "posts.npz"
    if not labels.exists():
        share = np.zeros(len(texts.length))
        for i, e in enumerate(examples):
            if e.split == "train" and e.language == "eng":
                share[i] = {"goemotions": 1.0, "brighter": 1.0, "emobank": .5, "emorynlp": .3,
                            "xed": .3, "topical_chat": .15}.get(e.set, 0)
        torch.manual_seed(args.seed)
        teacher = Teacher(WIDTH, len(SETS)).to(args.device)
        table = train(args, "teacher", teacher, [args.teacher_epochs], [share], examples, texts, y, pieces)
        out = predict(teacher, table, texts, posts, args.device)
        np.savez(labels, **out)
    out = dict(np.load(labels))
    y["fine"][posts] = 1 / (1 + np.exp(-out["fine"]))
    core = np.exp(out["core"] - out["core"].max(1, keepdims=True))
    y["core"][posts] = core / core.sum(1, keepdims=True)
    y["brighter"][posts] = 1 / (1 + np.exp(-out["brighter"]))
    y["brighter"][posts, td.BRIGHTER.index("disgust")] = -1  # not labelled in English
    y["dims"][posts] = np.tanh(out["dims"])
    y["dims_weight"][posts] = .3
    y["set"][posts] = SETS.index("goemotions")


# ---- Calibration and export -------------------------------------------------------------------------

def balance(scores: Scores, out: dict[str, np.ndarray]) -> np.ndarray:
    """What to add to the core logits so that rare labels get their due: -tau log prior (Menon et al.
    2021), tau chosen on dev by accuracy + macro-F1."""
    _, truth = scores.core(out["core"])
    prior = np.log(np.bincount(truth, minlength=7) / len(truth))
    best, chosen = -1.0, 0.0
    for tau in np.arange(0, .65, .05):
        top = (out["core"][scores.single] - tau * prior).argmax(1)
        value = (top == truth).mean() + macro_f1(np.eye(7, dtype=bool)[top], np.eye(7)[truth])
        if value > best:
            best, chosen = value, tau
    print(f"tau {chosen:.2f}", flush=True)
    bias = -chosen * prior
    return (bias - bias.mean()).astype(np.float32)


def calibrate(scores: Scores, out: dict[str, np.ndarray]) -> dict[str, float]:
    """Temperature (Guo et al. 2017) and split conformal quantile (Sadinle et al. 2019), on dev."""
    grid = np.exp(np.linspace(np.log(.5), np.log(2.5), 81))
    losses = []
    for t in grid:
        p, truth = scores.core(out["core"], t)
        losses.append(-np.log(p[np.arange(len(p)), truth] + 1e-9).mean())
    temperature = float(grid[int(np.argmin(losses))])
    p, truth = scores.core(out["core"], temperature)
    miss = np.sort(1 - p[np.arange(len(p)), truth])
    quantile = float(miss[min(len(miss) - 1, int(np.ceil(.9 * (len(miss) + 1))) - 1)])
    return {"temperature": round(temperature, 4), "quantile": round(quantile, 5), "abstain_size": 5}


def export(args, net: Net, table: Table, pieces, meta: dict) -> None:
    rows = table.rows.cpu().numpy()
    types = np.flatnonzero(pieces["words"] >= 0)
    baked = rows.copy()
    with torch.no_grad():
        for i in range(0, len(types), 8192):
            part = types[i:i + 8192]
            baked[pieces["words"][part]] = table.vectors(part, False).cpu().numpy()
    empty = pieces["keys"].reshape(-1) == 0
    baked[empty] = 0
    keys = pieces["keys"].astype("<u4").view(np.int8).reshape(len(pieces["keys"]), 4 * BUCKET)
    state = {k: v.detach().float().cpu().numpy() for k, v in net.state_dict().items()}
    q = mien_file.quantize_rows
    mien_file.write_model(args.out, "text", meta, {
        "pieces.keys": (keys.copy(), np.ones(len(keys), np.float32)),
        "pieces.rows": q(baked),
        "marks": table.marks.detach().cpu().numpy(),
        "conv1.weight": q(state["conv1.weight"].reshape(CHANNELS, 3, WIDTH)),
        "conv1.bias": state["conv1.bias"],
        "conv2.weight": q(state["conv2.weight"].reshape(CHANNELS, 3, CHANNELS)),
        "conv2.bias": state["conv2.bias"],
        "attend.weight": state["attend.weight"],
        "hidden.weight": q(state["hidden.weight"]), "hidden.bias": state["hidden.bias"],
        "heads.weight": state["heads.weight"], "heads.bias": state["heads.bias"],
    })
    print(f"wrote {args.out}: {os.path.getsize(args.out) / 1e6:.1f} MB", flush=True)


PROVENANCE = [("GoEmotions", "CC BY 4.0"), ("BRIGHTER (SemEval-2025 task 11)", "CC BY 4.0"),
              ("XED", "CC BY 4.0"), ("EmoBank", "CC BY-SA 4.0"), ("EmoryNLP", "Apache-2.0"),
              ("Topical-Chat", "CDLA-Sharing 1.0"), ("REDv2", "MIT"), ("KOTE", "MIT"),
              ("AfriSenti", "CC BY 4.0"), ("NusaX", "CC BY-SA 4.0"),
              ("unlabelled English posts (reddit.txt)", "unlabelled, for pre-training"),
              ("support-call sentences written for Mien", "Apache-2.0")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--data", type=Path, default=HERE.parent.parent / "data-cache")
    add("--work", type=Path, default=HERE.parent / "build/train-text")
    add("--out", type=Path, default=HERE.parent / "models/text.mien")
    add("--mien", default=str(HERE.parent / "build/src/cli/mien"))
    add("--device", default="cpu")
    add("--threads", type=int, default=0, help="0: as many as there are cores")
    add("--seed", type=int, default=1)
    add("--cycles", type=lambda v: [int(n) for n in v.split(",")], default=[3, 6, 3, 4, 6],
        help="epochs of each fall of the learning rate")
    add("--rate", type=float, default=1.5e-3)
    add("--table-rate", type=float, default=5e-3)
    add("--drop-words", type=float, default=.1)
    add("--drop-tokens", type=float, default=.08)
    add("--no-bfloat16", dest="bfloat16", action="store_false")
    add("--posts", type=int, default=0, help="unlabelled posts to learn from the teacher")
    add("--posts-share", type=float, default=.5, help="of them, drawn in an epoch")
    add("--posts-weight", type=float, default=1.0)
    add("--teacher-epochs", type=int, default=6)
    add("--name", default="text")
    add("--resume", action="store_true")
    add("--test", action="store_true", help="print the figures on test too")
    args = parser.parse_args()
    torch.set_num_threads(args.threads or int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)))
    args.work.mkdir(parents=True, exist_ok=True)

    examples = td.load(args.data)
    train_texts = [e.text for e in examples if e.split == "train"]
    corpus = args.work / "corpus.txt"
    if not corpus.exists():
        tt.corpus(args.mien, args.data / "text/reddit.txt", train_texts, corpus)
    if not (args.work / "vectors.bin").exists():
        subprocess.run(["fasttext", "skipgram", "-input", corpus, "-output", args.work / "vectors-part",
                        "-dim", str(WIDTH), "-minn", "3", "-maxn", "5", "-minCount", "4", "-epoch", "2",
                        "-neg", "5", "-ws", "5", "-bucket", "800000", "-lr", "0.06",
                        "-thread", "1"], check=True)
        (args.work / "vectors-part.bin").rename(args.work / "vectors.bin")

    index: dict[str, int] = {}
    posts_read = read_posts(args, args.posts) if args.posts else []
    texts = Texts(tt.tokens(args.mien, [e.text for e in examples] + posts_read), index)
    y = labels_of(examples)
    for name, value in y.items():
        fill = -1 if name in ("fine", "brighter", "plutchik") else 1 if name == "weight" else 0
        more = np.full((len(posts_read),) + value.shape[1:], fill, value.dtype)
        y[name] = np.concatenate([value, more])
    scores = np.zeros(len(index))
    for i, e in enumerate(examples):
        if e.split == "train" and texts.length[i]:
            weight = COUNT[e.set] * (3.0 if e.extra.get("support") else 1.0)
            np.add.at(scores, texts.ids[texts.start[i]:texts.start[i + 1]], weight)
    # Words that no labelled text has, but many posts: their vectors come from the posts.
    posts: dict[str, int] = {}
    with open(corpus, encoding="utf-8") as file:
        for line in file:
            for token in line.split():
                posts[token] = posts.get(token, 0) + 1
    for token, n in posts.items():
        if n >= 100 and token not in index:
            index[token] = len(index)
    types = list(index)
    scores = np.concatenate([scores, np.zeros(len(types) - len(scores))])
    scores += np.array([.01 * posts.get(t, 0) for t in types])
    scores[scores < 1.5] = 0
    kept = args.work / f"pieces-{args.posts}.npz"
    if args.resume and kept.exists():
        pieces = dict(np.load(kept))
    else:
        pieces = make_pieces(args, types, scores)
        np.savez(kept, **pieces)

    shares = [np.zeros(len(texts.length)) for _ in DRAWS]
    for i, e in enumerate(examples):
        for draw, share in zip(DRAWS, shares):
            share[i] = draw[e.set] if e.split == "train" else 0
    if posts_read:
        own = np.arange(len(examples), len(texts.length))
        learn_from_teacher(args, examples, texts, y, pieces, own)
        for share in shares:
            share[own] = args.posts_share
        y["weight"][own] = args.posts_weight
    torch.manual_seed(args.seed)
    net = Net(WIDTH, CHANNELS, SLICES, HIDDEN, len(SETS)).to(args.device)
    table = train(args, args.name, net, args.cycles, shares, examples, texts, y, pieces)

    split = np.array([e.split for e in examples])
    sets = np.array([e.set for e in examples])
    known = np.isin(sets, ["goemotions", "brighter", "emobank"])
    dev = Scores(examples, y, np.flatnonzero((split == "dev") & known))
    out = predict(net, table, texts, dev.which, args.device)
    bias = balance(dev, out)
    out["core"] += bias
    with torch.no_grad():
        net.heads.bias[28:35] += torch.from_numpy(bias).to(args.device)
    thresholds = dev.thresholds(out)
    figures = {"dev": dev.figures(out, thresholds)}
    if args.test:
        test = Scores(examples, y, np.flatnonzero((split == "test") & known))
        figures["test"] = test.figures(predict(net, table, texts, test.which, args.device), thresholds)
        print("test", json.dumps(figures["test"]), json.dumps(test.per), flush=True)
    names = ["all"] + sorted(k for k in thresholds["brighter"] if k != "all")
    meta = {
        "name": "text", "version": "1", "feature_version": 1,
        "labels": {"core": td.CORE, "fine": td.FINE, "brighter": td.BRIGHTER,
                   "dims": ["valence", "arousal", "dominance"]},
        "network": {"width": WIDTH, "channels": CHANNELS, "slices": SLICES, "hidden": HIDDEN},
        "calibration": calibrate(dev, out),
        "thresholds": {"fine": [round(float(t), 3) for t in thresholds["fine"]],
                       "language_count": len(names), "languages": names,
                       "brighter": [[round(float(t), 3) for t in thresholds["brighter"][n]] for n in names]},
        "provenance": {"data": [{"name": n, "licence": l} for n, l in PROVENANCE],
                       "licence": "Apache-2.0", "commercial": True,
                       "date": datetime.date.today().isoformat(),
                       "command": "python3 train/text.py --data ../data-cache"},
        "scores": figures,
    }
    export(args, net, table, pieces, meta)


if __name__ == "__main__":
    main()
