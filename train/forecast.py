#!/usr/bin/env python3
"""Trains the forecast of follow/: what the next turn of a talk will express, and whether it escalates.

Two steps, as in src/follow/forecast.h, both linear, so that few dialogues can teach them. `heard`: from what the
program's own text model says of a turn (`mien features talk --hidden`) and the layer before its heads: logits of the
core label as people give it in talks (ridge regression on the labels, then logistic regression on that and on the
reading, rare classes weighted), and of what comes next the valence (as people say, and as the text model will read
it) and whether anger or disgust, which this turn does not express, comes within 3 turns (ridge regression). A second
one, `blind`, does without the layer, which some models have not. The training talks themselves are heard by what was
not trained on them (stacking, Wolpert 1992).

`talk` and `next`: over windows of what was heard, for the rise (logistic) and the valence of the talk's last turn
(ridge), and for core (logistic), valence and valence as read (ridge) of the next turn, for each that may take it.

Each set has a bias of its own in every output (habits of labelling, how often a set rises); what is shipped has
the mean of the two measured sets'.

Everything is chosen by cross-validation in five folds over train and dev together (talks that share a turn of over 40
letters are in one fold): offsets of the classes for macro-F1, by coordinate ascent on the mean of DailyDialog's
and MELD's; the half widths that hold 90 %; and the probabilities of a rise, by the pool-adjacent-violators rule over
ten shares (Zadrozny & Elkan 2002), each with Wilson's interval (1927). What is shipped is then trained on all of it.

Sets: DailyDialog (train of XDailyDialog, dev and test as published; training talks that share a turn of over 40
letters with dev or test are left out, and dev talks that share one with test), MELD as published, EmoryNLP for
training alone, without scenes that share a turn with MELD's dev or test. Their licences are non-commercial, or
the words under others' copyright: the weights are for research unless trained again on other data. Test is
never read here but to leave its talks out: `mien eval forecast` does.

Writes src/follow/forecast_weights.c.
usage: train/forecast.py [--data DIR] [--mien PROGRAM] [--cache DIR] [--out FILE]
"""
import argparse
import collections
import csv
import datetime
import pathlib
import re
import subprocess

import numpy as np
import torch

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORE = ["neutral", "joy", "sadness", "anger", "fear", "disgust", "surprise"]
PLACE = np.array([0, 0.76, -0.63, -0.51, -0.64, -0.60, 0.40], np.float32)  # fuse.c's, valence
DAILY = [0, 3, 5, 4, 1, 2, 6]  # none anger disgust fear happiness sadness surprise
EMORY = {"Neutral": 0, "Peaceful": 0, "Joyful": 1, "Powerful": 1, "Sad": 2, "Mad": 3, "Scared": 4}
SETS = ["daily", "meld", "emory"]
MEASURED = 2  # of them
MANY = np.array([1.0, 4.0, 4.0], np.float32)  # weight of a set's turns, where a turn is heard
NEXT = np.array([1.0, 4.0, 2.0], np.float32)  # and of its next turns
RARE = np.array([1, 1.5, 2, 2, 3, 3, 2], np.float32)  # weight of a class
RIDGE, PLAIN_RISE, PLAIN_CLASS = 3000, 2e-2, 2e-3  # penalties
SHARES = [0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99]  # of moments, from which on a row of the calibration goes
FOLDS, HORIZON, RECENT, WINDOW, LEAST = 5, 3, 5, 4, 3
READ, HIDDEN, HEARD = 39, 256, 10
SAID = HEARD + 7 + 3
TALK, NEXTS = 107, 20  # inputs of the talk; of whoever speaks next

Turn = collections.namedtuple("Turn", "who text label valence")


def clean(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def letters(text: str) -> str:
    return re.sub("[^a-z]", "", text.lower())


def daily(texts: pathlib.Path, labels: pathlib.Path) -> list:
    talks = []
    for line, ids in zip(open(texts, encoding="utf8"), open(labels)):
        said = [clean(t) for t in line.split("__eou__")]
        if said and not said[-1]:
            said.pop()
        ids = [DAILY[int(i)] for i in ids.split()]
        if len(said) == len(ids):
            talks.append([Turn(str(i % 2), t, k, PLACE[k]) for i, (t, k) in enumerate(zip(said, ids))])
    return talks


def meld(path: pathlib.Path) -> list:
    talks: dict = {}
    for row in csv.DictReader(open(path, encoding="utf8")):
        label = CORE.index(row["Emotion"])
        talks.setdefault(row["Dialogue_ID"], []).append(
            Turn(row["Speaker"], clean(row["Utterance"]), label, PLACE[label]))
    return list(talks.values())


def emory(folder: pathlib.Path) -> list:
    talks: dict = {}
    for part in ("train", "dev", "test"):
        for row in csv.DictReader(open(folder / f"emorynlp_{part}_final.csv", encoding="utf8", errors="replace")):
            label = EMORY[row["Emotion"]]
            scene = (part, row["Season"], row["Episode"], row["Scene_ID"])
            talks.setdefault(scene, []).append(Turn(row["Speaker"], clean(row["Utterance"]), label, PLACE[label]))
    return list(talks.values())


def apart(talks: list, others: list, least: int) -> list:
    """Those talks that share no turn of over `least` characters with the others."""
    said = {letters(t.text) for talk in others for t in talk if len(t.text) > least}
    return [talk for talk in talks if not any(letters(t.text) in said for t in talk if len(t.text) > least)]


def load(data: pathlib.Path) -> dict:
    """Set → train and dev talks. Test is read to leave its talks out, and for nothing else."""
    laed, xdd = data / "text/research/dailydialog_laed", data / "text/research/dailydialog_xdd"
    test = daily(laed / "test/dialogues.txt", laed / "test/dialogues_emotion.txt")
    dev = apart(daily(laed / "validation/dialogues.txt", laed / "validation/dialogues_emotion.txt"), test, 40)
    train = apart(daily(xdd / "dialogues_text_En.txt", xdd / "dialogues_emotion.txt"), test + dev, 40)
    friends = {part: meld(data / f"text/research/meld/MELD/{part}_sent_emo.csv") for part in ("train", "dev", "test")}
    more = apart(emory(data / "text/open/emorynlp"), friends["dev"] + friends["test"], 20)
    return {"daily": (train, dev), "meld": (friends["train"], friends["dev"]), "emory": (more, [])}


def readings(talks: list, mien: str, cache: pathlib.Path, name: str) -> np.ndarray:
    """What the text model says of each turn: 7 core, 28 fine, 3 dims, sarcasm, confidence, its hidden layer."""
    lines = [f"{i}\t{re.sub(chr(9), ' ', t.who)}\t{t.text}" for i, talk in enumerate(talks) for t in talk]
    path = cache / f"{name}.npy"
    if path.exists() and len(np.load(path)) == len(lines):
        return np.load(path)
    out = subprocess.run([mien, "features", "talk", "--hidden", str(ROOT / "models/text-deep.mien")],
                         input="\n".join(lines) + "\n", capture_output=True, text=True, check=True).stdout
    values = np.stack([np.array(line.split(), np.float32) for line in out.splitlines()])
    cache.mkdir(parents=True, exist_ok=True)
    np.save(path, values)
    return values


def folds(talks: list) -> np.ndarray:
    """A fold for each talk, the same for talks that share a turn of over 40 letters."""
    parent = list(range(len(talks)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first: dict = {}
    for i, talk in enumerate(talks):
        for turn in talk:
            if len(turn.text) > 40:
                parent[root(i)] = root(first.setdefault(letters(turn.text), i))
    order = np.random.default_rng(0).permutation(len(talks)) % FOLDS
    return np.array([order[root(i)] for i in range(len(talks))])


def heard_inputs(read: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    x = read[:, :READ].copy()
    x[:, :35] = 0.3 * np.log(np.maximum(x[:, :35], 0) + 1e-3)
    return np.concatenate([x, hidden], 1)


def said_of(heard: np.ndarray, read: np.ndarray) -> np.ndarray:
    """[turns][SAID]: what was heard, roots of the core shares in it, dims as read."""
    share = np.exp(heard[:, :7] - heard[:, :7].max(1, keepdims=True))
    return np.concatenate([heard, np.sqrt(share / share.sum(1, keepdims=True)), read[:, 35:38]], 1).astype(np.float32)


def inputs(who: np.ndarray, starts: np.ndarray, heard: np.ndarray, read: np.ndarray, after: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """[turns][TALK + NEXTS], as follow_talk_turn and follow_talk_forecast make them: see forecast.h. Of all talks, one behind
    the other; `starts`: of each turn the first one of its talk; `after`: who is asked for after it; `theirs`: their last turn, -1 none."""
    n, at = len(who), np.arange(len(who))
    said = said_of(heard, read)
    roots = said[:, HEARD:HEARD + 7]
    bad, bad_read, dull = (roots[:, [3, 5]] ** 2).sum(1), read[:, 3] + read[:, 5], -read[:, 35]
    before = at - starts

    def back(v: np.ndarray, d: int, none: float = 0) -> np.ndarray:
        there = (before >= d).reshape((-1,) + (1,) * (v.ndim - 1))
        return np.where(there, v[np.maximum(at - d, 0)], none)

    x = np.zeros((n, TALK + NEXTS), np.float32)
    for d in range(WINDOW):
        x[:, d * (SAID + 1):d * (SAID + 1) + SAID] = back(said, d)
        x[:, d * (SAID + 1) + SAID] = before >= d
    k = WINDOW * (SAID + 1)
    others = [back(who, d, -1 - d) for d in range(RECENT)]
    for d in (1, 2, 3):
        x[:, k + d - 1] = others[d] == who
    x[:, k + 3] = np.log1p(before) / 2
    for d in range(RECENT):
        x[:, k + 4] += ((before >= d) & np.all([others[d] != others[e] for e in range(d)], 0)) / 3 if d else 1 / 3
    sums = np.concatenate([np.zeros((1, 7)), np.cumsum(roots.astype(float) ** 2, 0)])
    x[:, k + 5:k + 12] = (sums[at + 1] - sums[starts]) / (before + 1)[:, None]
    x[:, k + 12:k + 19] = np.max([back(roots, d) for d in range(RECENT)], 0)
    x[:, k + 19] = np.log(np.max([back(bad_read, d) for d in range(RECENT)], 0) + 1e-3) / 2
    x[:, k + 20] = np.sum([back(dull, d) for d in range(HORIZON)], 0) / np.minimum(before + 1, HORIZON)
    worst = bad.copy()
    for i in range(1, n):
        if before[i] and worst[i - 1] > worst[i]:
            worst[i] = worst[i - 1]
    x[:, k + 21] = np.log(worst + 0.02)
    x[:, k + 22] = np.log(np.max([back(bad, d) for d in range(RECENT)], 0) + 0.02)
    x[:, TALK] = after == who
    x[:, TALK + 1] = theirs >= 0
    x[:, TALK + 2:] = np.where((theirs >= 0)[:, None], said[np.maximum(theirs, 0), :18], 0)
    return x


def targets(talk: list, read: np.ndarray) -> tuple:
    """Core label of each turn and of the next (-1: none); valence of the next, of the last, and as read of the next
    (NaN: none); rise (-1: not asked); whether a forecast is given."""
    n = len(talk)
    label = np.array([[t.label, -1] for t in talk])
    label[:-1, 1] = label[1:, 0]
    value = np.full((n, 3), np.nan, np.float32)
    rise = np.full(n, -1, np.float32)
    bad = np.isin(label[:, 0], (3, 5))
    for i in range(n - 1):
        value[i] = talk[i + 1].valence, talk[-1].valence, read[i + 1, 35]
        if not bad[i]:
            rise[i] = bad[i + 1:i + 1 + HORIZON].any()
    return label, value, rise, np.arange(n) >= LEAST - 1


def next_speaker(talk: list) -> np.ndarray:
    """Of each turn: the last turn of whoever takes the next one; -1 none."""
    at, last = np.full(len(talk), -1), {}
    for i, turn in enumerate(talk):
        last[turn.who] = i
        if i + 1 < len(talk):
            at[i] = last.get(talk[i + 1].who, -1)
    return at


Plain = collections.namedtuple("Plain", "weights bias")  # [outputs][inputs], [outputs]


def says(plain: Plain, x: np.ndarray) -> np.ndarray:
    return x @ plain.weights.T + plain.bias


def habits(of: np.ndarray) -> np.ndarray:
    return np.eye(len(SETS), dtype=np.float32)[of]


class Ridge:
    """Weighted ridge regression with a bias for each set, for any of the folds left out: sums of squares add up."""

    def __init__(self, x: np.ndarray, y: np.ndarray, known: np.ndarray, weight: np.ndarray, of: np.ndarray, fold: np.ndarray) -> None:
        self.mean, self.spread = x[known].mean(0), x[known].std(0) + 1e-2
        self.squares, self.products = [], []
        for k in range(FOLDS):
            m = known & (fold == k)
            z = np.concatenate([(x[m] - self.mean) / self.spread, habits(of[m])], 1)
            w = z * weight[m, None]
            self.squares.append((w.T @ z).astype(float))
            self.products.append((w.T @ y[m]).astype(float))

    def without(self, fold: int) -> Plain:
        keep = [k for k in range(FOLDS) if k != fold]
        n = len(self.mean)
        penalty = np.diag(np.r_[np.full(n, float(RIDGE)), np.full(len(SETS), 1e-3)])
        found = np.linalg.solve(sum(self.squares[k] for k in keep) + penalty, sum(self.products[k] for k in keep)).T
        weights = found[:, :n] / self.spread
        return Plain(weights, found[:, n:n + MEASURED].mean(1) - weights @ self.mean)


def logistic(x: np.ndarray, y: np.ndarray, weight: np.ndarray, of: np.ndarray, outputs: int, penalty: float) -> Plain:
    """Logistic regression, of one output for 0 and 1, else of classes, with a bias for each set."""
    mean, spread = x.mean(0), x.std(0) + 1e-2
    z = torch.from_numpy(((x - mean) / spread).astype(np.float32))
    truth, w = torch.from_numpy(y), torch.from_numpy((weight / weight.sum()).astype(np.float32))
    sets = torch.from_numpy(habits(of))
    a, b = torch.zeros(x.shape[1], outputs, requires_grad=True), torch.zeros(len(SETS), outputs, requires_grad=True)
    optimiser = torch.optim.LBFGS([a, b], max_iter=25, history_size=10, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        out = z @ a + sets @ b
        each = (torch.nn.functional.binary_cross_entropy_with_logits(out[:, 0], truth.float(), reduction="none") if outputs == 1
                else torch.nn.functional.cross_entropy(out, truth, reduction="none"))
        total = (each * w).sum() + penalty * a.square().sum()
        total.backward()
        return total

    optimiser.step(loss)
    weights = (a.detach().numpy().T / spread).astype(float)
    return Plain(weights, b.detach().numpy()[:MEASURED].mean(0) - weights @ mean)


def hear(x: np.ndarray, label: np.ndarray, value: np.ndarray, rise: np.ndarray, of: np.ndarray, fold: np.ndarray, folds: range) -> list:
    """What hears a turn: without each of those folds; FOLDS: without none."""
    weight = MANY[of]
    everything, rare = np.ones(len(x), bool), weight * RARE[label[:, 0]]
    known, asked = ~np.isnan(value[:, 0]), rise >= 0
    labels = Ridge(x, np.eye(7, dtype=np.float32)[label[:, 0]], everything, rare, of, fold)
    values = Ridge(x, np.nan_to_num(value[:, [0, 2]]), known, weight, of, fold)
    rises = Ridge(x, rise[:, None], asked, weight, of, fold)
    made = []
    for k in folds:
        ridge, m = labels.without(k), fold != k
        y = says(ridge, x)
        second = logistic(np.concatenate([y[m], x[m, :READ]], 1).astype(np.float32), label[m, 0], rare[m], of[m], 7, 1e-4)
        weights = second.weights[:, :7] @ ridge.weights
        weights[:, :READ] += second.weights[:, 7:]
        parts = [Plain(weights, second.bias + second.weights[:, :7] @ ridge.bias), values.without(k), rises.without(k)]
        made.append(Plain(np.concatenate([p.weights for p in parts]), np.concatenate([p.bias for p in parts])))
        print("heard without", k, flush=True)
    return made


def macro_f1(truth: np.ndarray, guess: np.ndarray) -> float:
    scores = []
    for k in np.unique(truth):
        hit = ((truth == k) & (guess == k)).sum()
        scores.append(2 * hit / max((truth == k).sum() + (guess == k).sum(), 1))
    return float(np.mean(scores))


def precision_area(truth: np.ndarray, score: np.ndarray) -> float:
    truth = truth[np.argsort(-score, kind="stable")]
    return float((np.cumsum(truth) / np.arange(1, len(truth) + 1))[truth > 0].mean())


def choose_offsets(out: np.ndarray, label: np.ndarray, of: np.ndarray) -> np.ndarray:
    """By coordinate ascent on the mean of the measured sets' macro-F1, from minus the logs of the mean shares."""
    parts = [(out[of == s], label[of == s]) for s in range(MEASURED)]

    def score(b: np.ndarray) -> float:
        return float(np.mean([macro_f1(y, (o + b).argmax(1)) for o, y in parts]))

    share = np.mean([torch.softmax(torch.from_numpy(o), 1).numpy().mean(0) for o, _ in parts], 0)
    current, best = max((score(-a * np.log(share)), a) for a in np.arange(0, 1.41, 0.1))
    offsets = -best * np.log(share)
    for step in (0.4, 0.2, 0.1):
        for k in range(7):
            for change in (-step, step):
                trial = offsets.copy()
                trial[k] += change
                if score(trial) > current + 5e-4:
                    offsets, current = trial, score(trial)
    return offsets - offsets[0]


def rules(read: np.ndarray) -> np.ndarray:
    """[turns][7]: the simple rules of src/eval/talks.c."""
    bad, dull = read[:, 3] + read[:, 5], -read[:, 35]
    back = [[f(v[max(0, i - n + 1):i + 1]) for i in range(len(v))] for f, v, n in
            ((np.max, bad, 3), (np.mean, bad, 3), (np.max, bad, 5), (np.mean, dull, 3))]
    return np.stack([bad, back[0], back[1], back[2], np.diff(bad, prepend=bad[:1]), dull, back[3]], 1)


def calibrate(z: np.ndarray, y: np.ndarray) -> list:
    """Rows (logit at least, share, low, high)."""
    order = np.argsort(z)
    blocks = [[z[c[0]], y[c].sum(), len(c)] for c in np.split(order, [int(s * len(z)) for s in SHARES[1:]])]
    blocks[0][0] = -1e9
    merged: list = []
    for b in blocks:
        merged.append(b)
        while len(merged) > 1 and merged[-2][1] / merged[-2][2] >= merged[-1][1] / merged[-1][2]:
            last = merged.pop()
            merged[-1][1] += last[1]
            merged[-1][2] += last[2]
    rows = []
    for start, hits, n in merged:
        p, q = hits / n, 1.645 ** 2
        middle, half = (hits + q / 2) / (n + q), 1.645 * np.sqrt(p * (1 - p) / n + q / 4 / n ** 2) / (1 + q / n)
        rows.append((start, p, max(middle - half, 0.0), min(middle + half, 1.0)))
    return rows


def c_table(name: str, values: np.ndarray) -> str:
    numbers = [f"{v:.5g}" for v in np.asarray(values, np.float32).reshape(-1)]
    numbers = [n + ("f" if "." in n or "e" in n else ".0f") for n in numbers]
    lines = ["  " + ", ".join(numbers[i:i + 12]) for i in range(0, len(numbers), 12)]
    return f"const float {name}[{len(numbers)}] = {{\n" + ",\n".join(lines) + "};\n"


def c_net(name: str, plain: Plain) -> str:
    parts = [c_table(f"{name}_{what}", values).replace("const", "static const", 1) for what, values in zip(("weights", "bias"), plain)]
    return "".join(parts) + (f"const follow_map follow_map_{name} = {{{plain.weights.shape[1]}, {len(plain.bias)}, "
                             f"{name}_weights, {name}_bias}};\n")


def write(path: pathlib.Path, nets: dict, offsets: np.ndarray, rows: list, extra: dict, note: str) -> None:
    parts = [f"/* forecast_weights.c: made by train/forecast.py, {datetime.date.today()}; do not edit.\n", note,
             " * clang-format off */\n#include \"follow/forecast_weights.h\"\n\n"]
    parts += [c_net(name, plain) for name, plain in nets.items()]
    parts.append(c_table("follow_offsets", offsets))
    parts.append(c_table("follow_rise_rows", np.array(rows + [(1e9, 1, 1, 1)] * (10 - len(rows)))))
    parts += [c_table(name, value) for name, value in extra.items()]
    path.write_text("".join(parts))


def check(nets: dict) -> dict:
    """A made-up talk, and what is said of it."""
    random = np.random.default_rng(1)
    read = np.concatenate([random.dirichlet(np.ones(7) / 2, 8), random.uniform(0, 1, (8, 28)) ** 3, random.uniform(-1, 1, (8, 3)),
                           random.uniform(0, 1, (8, 1))], 1).astype(np.float32)
    hidden = random.normal(0, 0.5, (8, HIDDEN)).astype(np.float32)
    hidden[[2, 5]] = 0
    who, after = np.array([0, 1, 1, 2, 0, 3, 1, 0]), np.array([1, 1, 2, 4, 3, 1, 0, 2])
    theirs = np.array([max([i for i in range(t + 1) if who[i] == after[t]], default=-1) for t in range(8)])
    x = heard_inputs(read, hidden)
    heard = np.where((hidden != 0).any(1, keepdims=True), says(nets["heard"], x), says(nets["heard_blind"], x[:, :READ]))
    made = inputs(who, np.zeros(8, int), heard, read, after, theirs)
    following, ahead = says(nets["next"], made), says(nets["talk"], made[:, :TALK])
    return {"follow_check_read": read, "follow_check_hidden": hidden, "follow_check_who": np.stack([who, after], 1),
            "follow_check_out": np.concatenate([following[:, :8], ahead, following[:, 8:]], 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, default=ROOT.parent / "data-cache")
    parser.add_argument("--mien", default=str(ROOT / "build/src/cli/mien"))
    parser.add_argument("--cache", type=pathlib.Path, default=ROOT / "build/forecast")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "src/follow/forecast_weights.c")
    options = parser.parse_args()
    torch.set_num_threads(1)
    talks, of, read = [], [], []
    for s, (name, parts) in enumerate(load(options.data).items()):
        for part, some in zip(("train", "dev"), parts):
            if some:
                read.append(readings(some, options.mien, options.cache, f"{name}-{part}"))
            talks += some
            of += [s] * len(some)
        print(name, [len(p) for p in parts], flush=True)
    read = np.nan_to_num(np.concatenate(read))
    sizes = [len(t) for t in talks]
    spans = list(zip(np.cumsum([0] + sizes), np.cumsum(sizes)))
    fold, of = np.repeat(folds(talks), sizes), np.repeat(np.array(of), sizes)
    label, value, rise, given = (np.concatenate(p) for p in zip(*(targets(t, read[a:b]) for t, (a, b) in zip(talks, spans))))
    starts = np.repeat([a for a, _ in spans], sizes)
    names: dict = {}
    who = np.array([names.setdefault((i, t.who), len(names)) for i, talk in enumerate(talks) for t in talk])
    after = np.where(np.r_[starts[1:] == starts[:-1], False], np.r_[who[1:], -1], -1)
    theirs = np.concatenate([np.where((at := next_speaker(talk)) >= 0, at + a, -1) for talk, (a, _) in zip(talks, spans)])
    x = heard_inputs(read[:, :40], read[:, 40:])
    hearing = hear(x, label, value, rise, of, fold, range(FOLDS + 1))
    nets = {"heard": hearing[FOLDS], "heard_blind": hear(x[:, :READ], label, value, rise, of, fold, range(FOLDS, FOLDS + 1))[0]}
    heard = np.zeros((len(x), HEARD))
    for k in range(FOLDS):
        heard[fold == k] = says(hearing[k], x[fold == k])
    for s in range(MEASURED):
        print(SETS[s], "heard: macro-F1", round(macro_f1(label[of == s, 0], heard[of == s, :7].argmax(1)), 3), flush=True)
    made = inputs(who, starts, heard, read, after, theirs)
    asked, known = given & (rise >= 0), given & (label[:, 1] >= 0)
    weight = NEXT[of]
    ends = Ridge(made[:, :TALK], np.nan_to_num(value[:, 1:2]), known, weight, of, fold)
    values = Ridge(made, np.nan_to_num(value[:, [0, 2]]), known, weight, of, fold)
    out = {"talk": np.zeros((len(x), 2)), "next": np.zeros((len(x), 9))}
    for k in range(FOLDS + 1):
        m, n = asked & (fold != k), known & (fold != k)
        rises = logistic(made[m, :TALK], rise[m], np.ones(m.sum()), of[m], 1, PLAIN_RISE)
        core = logistic(made[n], label[n, 1], weight[n] * RARE[label[n, 1]], of[n], 7, PLAIN_CLASS)
        for name, parts in (("talk", (rises, ends.without(k))), ("next", (core, values.without(k)))):
            nets[name] = Plain(np.concatenate([p.weights for p in parts]), np.concatenate([p.bias for p in parts]))
            out[name][fold == k] = says(nets[name], made[fold == k, :nets[name].weights.shape[1]])
        print("forecast without", k, flush=True)
    for logits in (out["next"], nets["next"].bias):  # weighted classes made rare ones likelier by their weight: taken back
        logits[..., :7] -= np.log(RARE)
    asked, known = asked & (of < MEASURED), known & (of < MEASURED)
    guesses, errors, offsets = out["next"][:, :7], [], choose_offsets(out["next"][known, :7], label[known, 1], of[known])
    chosen = np.zeros(len(x), int)  # with offsets chosen on the other folds
    for k in range(FOLDS):
        rest = known & (fold != k)
        chosen[fold == k] = (guesses[fold == k] + choose_offsets(guesses[rest], label[rest, 1], of[rest])).argmax(1)
    simple, note = np.concatenate([rules(read[a:b]) for a, b in spans]), []
    for s in range(MEASURED):
        m, r = known & (of == s), asked & (of == s)
        rule = max(precision_area(rise[r], simple[r, j]) for j in range(7))
        figures = [(macro_f1(label[m, 1], chosen[m]), macro_f1(label[m, 1], read[m, :7].argmax(1))),
                   *((np.corrcoef(o[m], v[m])[0, 1], np.corrcoef(read[m, 35], v[m])[0, 1])
                     for o, v in ((out["next"][:, 7], value[:, 0]), (out["next"][:, 8], value[:, 2]), (out["talk"][:, 1], value[:, 1]))),
                   (precision_area(rise[r], out["talk"][r, 0]), rule)]
        note.append(", ".join(f"{a:.3f} ({b:.3f})" for a, b in figures))
        print(SETS[s], "macro-F1, valence, as read, end, rise; beside as now, the best rule:", note[-1], flush=True)
        errors.append([np.quantile(np.abs(o[m] - v[m]), 0.9) for o, v in
                       ((out["next"][:, 7], value[:, 0]), (out["talk"][:, 1], value[:, 1]), (out["next"][:, 8], value[:, 2]))])
    print("offsets", np.round(offsets, 2), "errors", np.round(errors, 3), flush=True)
    note = (" * DailyDialog, MELD, EmoryNLP (Apache-2.0); the first two non-commercial: for research unless trained\n"
            " * again. Readings of models/text-deep.mien. "
            f"{sum(p.size for plain in nets.values() for p in plain)} numbers. Of talks left out in training, in five folds:\n"
            " * macro-F1 of the next turn, correlation of its valence, of that as read, of the last one's; area under\n"
            " * precision and recall of a rise; in brackets the same as now and the best simple rule.\n"
            f" * DailyDialog {note[0]}\n * MELD {note[1]}\n")
    write(options.out, nets, offsets, calibrate(out["talk"][asked, 0], rise[asked]),
          {"follow_forecast_errors": np.max(errors, 0), "follow_warning": [np.quantile(out["talk"][asked, 0], 0.9)], **check(nets)}, note)


if __name__ == "__main__":
    main()
