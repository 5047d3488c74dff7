#!/usr/bin/env python3
"""Trains the scorers of respond/: which strategy a supporter takes next, and how empathic a text reads.

Everything that they see comes from the program (`mien features respond`; src/respond/features.h says what it is), so that
training and the program agree. src/respond/score.c and empathy.c are the same forward passes.

Strategies: ESConv (Liu et al. 2021). There is no train file here: its dev conversations, put together out of their
windows, and the conversations that failed (FailedESConv.json; of those, none that shares a turn of over 40 letters with dev or
test; they count half) are what is learned from. Multinomial logistic regression; its penalties were chosen by five-fold
cross-validation over conversations of dev. Each conversation is there a second time with the strategies before not given,
counting a quarter. Test is read here to leave its conversations out of the failed ones, and for nothing else.

Empathy: replies on Reddit to people who ask for support, three mechanisms from 0 to 2 each (Sharma et al. 2020), their sum
from 0 to 1; and essays on news with the concern their writers reported from 1 to 7 (Buechel et al. 2018). Logistic
regression on these shares. Posts, and writers, whose CRC-32 of the id is a multiple of 4 are the test and not read.

Writes models/respond-research.mien, for research only. `--choose` prints the cross-validation instead; `--golden` writes
what the tests hold the program to, of this model and made-up texts.
usage: train/respond.py [--data DIR] [--mien PROGRAM] [--out FILE] [--choose | --golden]
"""
import argparse
import csv
import datetime
import json
import pathlib
import re
import subprocess
import sys
import zlib

import numpy as np
import torch

import mien_file

ROOT = pathlib.Path(__file__).resolve().parent.parent
STRATEGIES = ["clarify", "restate", "reflect", "reassure", "suggest", "inform", "share"]  # then: others
LABELS = {"Questions": 0, "Question": 0, "Restatement or Paraphrasing": 1, "Restatement": 1, "Reflection of feelings": 2,
          "Affirmation and Reassurance": 3, "Approval and Reassurance": 3, "Providing Suggestions": 4,
          "Direct Guidance": 4, "Information": 5, "Self-disclosure": 6, "Other": 7}
NUMBERS, DEPTH, SIZES, BUCKETS, VERSION = 96, 256, 5, 16384, 1
REDUCED = 0.3  # the hidden layers' scale beside the numbers', in training
FAILED, UNGIVEN = 0.5, 0.25  # weights
PENALTY = {"numbers": 0.004, "hidden": 0.004}  # of strategies; chosen on dev
EMPATHY = {"reply": 0.002, "alone": 0.004}  # near the best of --choose: docs/experiments-respond.md

Talk = list  # of (is the supporter's, label or -1, text)


def clean(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def put_together(path: pathlib.Path) -> "list[Talk]":
    """The conversations that the file's windows were cut from: as src/eval/respond.c does it."""
    talks: list = []
    now: dict = {}
    last = -1
    for line in open(path, encoding="utf8"):
        window = {}
        for part in line.rstrip("\n").split(" EOS "):
            who, at, text = re.match(r"\s*[01]\.0 ([01]) (\d+) ?(.*)$", part, re.S).groups()
            label = -1
            if who == "1":
                name, text = re.match(r"\s*\[([^\]]*)\](.*)$", text, re.S).groups()
                label = LABELS[name]
            window[int(at)] = who == "1", label, clean(text)
        newest = list(window)[-1]
        if now and (newest <= last or any(now.get(k, v) != v for k, v in window.items())):
            talks.append([now[k] for k in sorted(now)])
            now = {}
        now.update(window)
        last = newest
    return talks + [[now[k] for k in sorted(now)]]


def failed(path: pathlib.Path) -> "list[Talk]":
    talks = []
    for one in json.load(open(path, encoding="utf8")):
        talk = []
        for turn in one["dialog"]:
            listens = turn["speaker"] == "listener"
            label = LABELS.get(turn["annotation"].get("strategy", ""), -1) if listens else -1
            talk.append((listens, label, clean(turn["content"])))
        talks.append(talk)
    return talks


def long_turns(talks: "list[Talk]") -> "list[set]":
    return [{t[2].lower() for t in talk if len(t[2]) > 40} for talk in talks]


def features(mien: str, lines: "list[str]", *options: str) -> "tuple[np.ndarray, list]":
    """Dense numbers, and the bags' entries where there are bags."""
    out = subprocess.run([mien, "features", "respond", *options, "-"], input="".join(lines), capture_output=True, text=True,
                         check=True).stdout
    rows = [line.split("\t") for line in out.splitlines()]
    return (np.array([row[0].split() for row in rows], np.float32),
            [[int(entry) for entry in row[1].split()] for row in rows if len(row) > 1])


def examples(mien: str, talks: "list[Talk]", given: bool) -> "tuple[np.ndarray, np.ndarray, np.ndarray]":
    """Of each answer to the other's turn: what is seen before it, its label, its conversation."""
    lines, wanted, labels, of = [], [], [], []
    for number, talk in enumerate(talks):
        for i, (supporter, label, text) in enumerate(talk):
            name = STRATEGIES[label] if given and 0 <= label < 7 else "-"
            lines.append(f"{number}\t{int(supporter)}\t{name}\t{text}\n")
            following = talk[i + 1] if i + 1 < len(talk) else None
            if not supporter and following and following[0] and following[1] >= 0:
                wanted.append(len(lines) - 1)
                labels.append(following[1])
                of.append(number)
    return features(mien, lines)[0][wanted], np.array(labels), np.array(of)


def fit(x: np.ndarray, y: np.ndarray, weight: np.ndarray, numbers: int, penalty: dict, bag: "torch.Tensor | None" = None,
        soft: bool = False) -> "dict[str, np.ndarray]":
    """Logistic regression by L-BFGS. The first `numbers` columns have a penalty of their own. soft: y are shares."""
    scale = torch.ones(x.shape[1])
    scale[numbers:] = REDUCED
    x_, w_ = torch.from_numpy(x) * scale, torch.from_numpy(weight.astype(np.float32))
    outputs = 1 if soft else 8
    y_ = torch.from_numpy(y.astype(np.float32))[:, None] if soft else torch.from_numpy(y)
    dense, bias = torch.zeros(outputs, x.shape[1]), torch.zeros(outputs)
    rows = torch.zeros(BUCKETS, outputs)
    learned = [dense, bias] + ([rows] if bag is not None else [])
    for tensor in learned:
        tensor.requires_grad_()
    optimizer = torch.optim.LBFGS(learned, max_iter=80, history_size=10, line_search_fn="strong_wolfe")

    def step() -> torch.Tensor:
        optimizer.zero_grad()
        logits = x_ @ dense.T + bias
        if bag is not None:
            logits = logits + 3 * torch.sparse.mm(bag, rows)
        if soft:
            each = torch.nn.functional.binary_cross_entropy_with_logits(logits, y_, reduction="none")[:, 0]
        else:
            each = torch.nn.functional.cross_entropy(logits, y_, reduction="none")
        loss = (each * w_).sum() / w_.sum() + penalty["numbers"] * dense[:, :numbers].square().sum()
        loss = loss + penalty["hidden"] * dense[:, numbers:].square().sum()
        if bag is not None:
            loss = loss + penalty["bag"] * rows.square().sum()
        loss.backward()
        return loss

    optimizer.step(step)
    found = {"dense": (dense * scale).detach().numpy(), "bias": bias.detach().numpy()}
    return found | ({"bag": 3 * rows.detach().numpy()} if bag is not None else {})


def bag_of(bags: list) -> torch.Tensor:
    at = [[i, entry] for i, bag in enumerate(bags) for entry in bag]
    values = [len(bag) ** -0.5 for bag in bags for _ in bag]
    return torch.sparse_coo_tensor(torch.tensor(at).T, torch.tensor(values), (len(bags), BUCKETS)).coalesce()


def fold_of(groups: np.ndarray, folds: int = 5) -> np.ndarray:
    names = np.unique(groups)
    place = dict(zip(np.random.RandomState(1).permutation(names), np.arange(len(names)) % folds))
    return np.array([place[g] for g in groups])


# ---- Strategies ---------------------------------------------------------------------------------------------------------

def strategy_data(data: pathlib.Path, mien: str) -> list:
    """Examples of dev and of the failed, with the strategies before and without."""
    folder = data / "text/research/esconv"
    dev, test = (put_together(folder / f"codes/dataset/{part}WithStrategy_short.tsv") for part in ("dev", "test"))
    known = set().union(*long_turns(dev), *long_turns(test))
    rest = failed(folder / "FailedESConv.json")
    rest = [talk for talk, said in zip(rest, long_turns(rest)) if not said & known]
    print(f"{len(dev)} conversations of dev, {len(rest)} that failed", file=sys.stderr)
    return [examples(mien, talks, given) for talks in (dev, rest) for given in (True, False)]


def strategy_fit(sets: list, keep: np.ndarray, penalty: dict) -> dict:
    (x, y, _), (u, _, _), (fx, fy, _), (fu, _, _) = sets
    xs, ys = np.concatenate([x[keep], u[keep], fx, fu]), np.concatenate([y[keep], y[keep], fy, fy])
    n, m = keep.sum(), len(fy)
    weight = np.concatenate([np.ones(n), np.full(n, UNGIVEN), np.full(m, FAILED), np.full(m, FAILED * UNGIVEN)])
    return fit(xs, ys, weight, NUMBERS, penalty)


def strategy_choose(sets: list) -> None:
    (x, y, talk), (u, _, _) = sets[:2]
    folds = fold_of(talk)
    counts = np.bincount(y, minlength=8)
    print(f"most frequent: {np.sort(counts)[-3:].sum() / len(y):.4f} of eight,"
          f" {np.sort(counts[:7])[-3:].sum() / (y < 7).sum():.4f} of seven; {len(y)} answers")
    for numbers in (0.002, 0.004, 0.008):
        for hidden in (0.002, 0.004, 0.008):
            logits = np.zeros((2, len(y), 8), np.float32)
            for k in range(5):
                m = strategy_fit(sets, folds != k, {"numbers": numbers, "hidden": hidden})
                for i, seen in enumerate((x, u)):
                    logits[i, folds == k] = seen[folds == k] @ m["dense"].T + m["bias"]
            said = []
            for each in logits:
                rank = (each > each[np.arange(len(y)), y][:, None]).sum(1)
                of_seven = (each[:, :7] > each[np.arange(len(y)), y][:, None]).sum(1)[y < 7]
                said.append(f"{(rank < 3).mean():.4f} {(of_seven < 3).mean():.4f} {(rank < 1).mean():.4f}")
            print(f"numbers {numbers} hidden {hidden}: top-3 of eight, of seven, first: {said[0]}; not given {said[1]}", flush=True)


# ---- Empathy ------------------------------------------------------------------------------------------------------------

def empathy_data(data: pathlib.Path, mien: str) -> dict:
    levels: dict = {}
    for name in ("emotional-reactions", "interpretations", "explorations"):
        path = data / f"text/research/empathy_reddit/{name}-reddit.csv"
        for row in csv.DictReader(open(path, encoding="utf8", newline="")):
            one = levels.setdefault((row["sp_id"], row["rp_id"]), [clean(row["seeker_post"]), clean(row["response_post"]), 0])
            one[2] += int(row["level"])
    path = data / "text/open/empathic_reactions/responses/data/messages.csv"
    essays = list(csv.DictReader(open(path, encoding="utf8", errors="replace", newline="")))
    sets = {"reply": ([k[0] for k in levels], [v[0] for v in levels.values()], [v[1] for v in levels.values()],
                      [v[2] / 6 for v in levels.values()]),
            "alone": ([e["response_id"] for e in essays], [""] * len(essays), [clean(e["essay"]) for e in essays],
                      [(float(e["empathy"]) - 1) / 6 for e in essays])}
    made = {}
    for kind, (ids, posts, texts, shares) in sets.items():
        keep = [i for i, name in enumerate(ids) if zlib.crc32(name.encode()) % 4]
        x, bags = features(mien, [f"{posts[i]}\t{texts[i]}\n" for i in keep], "--reply")
        made[kind] = x, bags, np.array([shares[i] for i in keep]), np.array([ids[i] for i in keep])
        print(f"{kind}: {len(keep)} of {len(ids)} are not test", file=sys.stderr)
    return made


def empathy_fit(x: np.ndarray, bags: list, y: np.ndarray, penalty: float) -> dict:
    every = {"numbers": penalty / 10, "hidden": penalty, "bag": penalty}
    return fit(x, y, np.ones(len(y)), 2 * SIZES, every, bag_of(bags), soft=True)


def empathy_say(m: dict, x: np.ndarray, bags: list) -> np.ndarray:
    logit = x @ m["dense"][0] + m["bias"][0] + np.array([m["bag"][bag, 0].sum() / max(len(bag), 1) ** 0.5 for bag in bags])
    return 1 / (1 + np.exp(-logit))


def empathy_choose(sets: dict) -> None:
    for kind, (x, bags, y, who) in sets.items():
        folds = fold_of(who)
        for penalty in (0.0005, 0.001, 0.002, 0.004, 0.008):
            said = np.zeros(len(y))
            for k in range(5):
                some, others = np.flatnonzero(folds != k), np.flatnonzero(folds == k)
                m = empathy_fit(x[some], [bags[i] for i in some], y[some], penalty)
                said[others] = empathy_say(m, x[others], [bags[i] for i in others])
            print(f"{kind} penalty {penalty}: r {np.corrcoef(said, y)[0, 1]:.4f}", flush=True)


# ---- The model ----------------------------------------------------------------------------------------------------------

GOLDEN = [("a", "-", "Hello, I have not slept well since we moved."), ("b", "clarify", "What keeps you awake?"),
          ("a", "-", "I miss my friends, and nobody here talks to me!"), ("b", "reflect", "That sounds lonely."),
          ("a", "-", "It is. Some days I do not say a word to anyone.")]


def golden(mien: str, path: pathlib.Path) -> None:
    meta, tensors = mien_file.read_model(path)
    x = features(mien, ["".join(f"1\t{who}\t{s}\t{text}\n") for who, s, text in GOLDEN])[0]
    logits = x[[0, 2, 4]] @ tensors["score.dense"].astype(np.float32).T + tensors["score.bias"]
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    for row in p:
        print("{" + ", ".join(f"{v:.5f}f" for v in row) + "},")
    for kind, post, text in (("reply", GOLDEN[2][2], "I am so sorry. What do you miss most?"), ("alone", "", GOLDEN[2][2])):
        x, bags = features(mien, [f"{post}\t{text}\n"], "--reply")
        m = {part: tensors[f"{kind}.{part}"].astype(np.float32) for part in ("dense", "bias", "bag")}
        print(f"{empathy_say(m, x, bags)[0]:.5f}f")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=pathlib.Path, default=ROOT.parent / "data-cache")
    parser.add_argument("--mien", default=str(ROOT / "build/src/cli/mien"))
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "models/respond-research.mien")
    parser.add_argument("--choose", action="store_true")
    parser.add_argument("--golden", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.golden:
        golden(asked.mien, asked.out)
        return
    strategies, empathy = strategy_data(asked.data, asked.mien), empathy_data(asked.data, asked.mien)
    if asked.choose:
        strategy_choose(strategies)
        empathy_choose(empathy)
        return
    score = strategy_fit(strategies, np.full(len(strategies[0][1]), True), PENALTY)
    tensors = {"score.dense": score["dense"].astype(np.float16), "score.bias": score["bias"]}
    for kind, (x, bags, y, _) in empathy.items():
        m = empathy_fit(x, bags, y, EMPATHY[kind])
        tensors |= {f"{kind}.dense": m["dense"].astype(np.float16), f"{kind}.bias": m["bias"],
                    f"{kind}.bag": m["bag"].astype(np.float16)}
    raw = (ROOT / "models/text-deep.mien").read_bytes()
    meta = {"name": "respond-research", "version": "1", "feature_version": VERSION, "beside": raw[64:96].hex(),
            "labels": {"strategy": STRATEGIES + ["others"]},
            "provenance": {"data": [{"name": "ESConv", "licence": "CC BY-NC 4.0"},
                                    {"name": "Empathy in Text-based Mental Health Support", "licence": "none stated"},
                                    {"name": "Empathic Reactions", "licence": "CC BY 4.0"}],
                           "licence": "research only", "commercial": False, "date": str(datetime.date.today()),
                           "command": "train/respond.py"}}
    mien_file.write_model(asked.out, "respond", meta, tensors)


if __name__ == "__main__":
    main()
