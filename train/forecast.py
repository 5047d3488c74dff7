#!/usr/bin/env python3
"""Trains the forecast of follow/: what the next turn of a talk will express, and whether it escalates.

A small recurrent network (GRU, Cho et al. 2014) reads, turn by turn, what the program's own text model says
of each turn (`mien features talk --hidden`), the layer before the model's heads, who speaks, and how it went so
far; src/follow/forecast.h has the inputs, forecast.c the same forward pass. Of whoever takes the next turn it reads
the hidden layer of their last turn too. Some models have no such layer: it is 0 in a tenth of the batches, and the two
teachers of a rise never see it (rises are few, and the layer learns them by heart). It gives, after each turn:

    next     the core emotion of the next turn, for each that may take it   (cross-entropy, classes weighted)
    valence  its place in valence                        (squared error)
    rise     whether anger or disgust, which this turn does not express, comes within 3 turns (log loss)
    end      valence of the talk's last turn             (squared error)
    read     the valence that the text model will read   (squared error)
             from the next turn

and, only while training, the core emotion of this turn and of the two after the next, which teaches it what the
readings mean. A decision offset for each class is chosen for macro-F1 on train and dev (dev alone has too few of the rare); probabilities of a rise are
calibrated on dev by the pool-adjacent-violators rule over ten shares (Zadrozny & Elkan 2002), each with
Wilson's interval (1927).

Sets: DailyDialog (train of XDailyDialog, dev and test as published; training talks that share a turn of over 40
letters with dev or test are left out, and dev talks that share one with test), MELD as published, EmoryNLP for
training alone, without scenes that share a turn with MELD's dev or test. Their licences are non-commercial, or
the words under others' copyright: the weights are for research unless trained again on other data. Test is
never read here: `mien eval forecast` does.

Writes src/follow/forecast_weights.c.
usage: train/forecast.py [--data DIR] [--mien PROGRAM] [--cache DIR] [--out FILE] [--seeds N] [--epochs N]
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
MANY = {"daily": 1.0, "meld": 4.0, "emory": 1.0}  # weight of a set's turns
RISES = {"daily": 1.0, "meld": 0.5, "emory": 0.1}  # and of its rises: chosen on dev
SHARES = [0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99]  # of moments, from which on a row of the calibration goes
INPUTS, NEXT, WITHIN, CELLS, MIXED, HORIZON = 48, 14, 24, 32, 16, 3
HIDDEN, PROJECTED = 256, 24  # the text model's layer, and what is taken of it
OUT = {"next": slice(0, 7), "valence": 7, "rise": 8, "end": 9, "read": 10}
WORST, BADS = 0.25, 5  # of the logarithm of the worst of so many turns, added to the logit of a rise: chosen on dev
BLIND = 2  # teachers that do not see the hidden layer
OUTPUTS, ALSO = 11, 21  # given; only for training

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
    values = np.array([line.split() for line in out.splitlines()], np.float32)
    cache.mkdir(parents=True, exist_ok=True)
    np.save(path, values)
    return values


def inputs(talk: list, said: np.ndarray) -> np.ndarray:
    """[turns][INPUTS + NEXT], as follow_talk_turn and follow_talk_forecast make them: see forecast.h."""
    x = np.zeros((len(talk), INPUTS + NEXT), np.float32)
    last: dict = {}
    own = collections.defaultdict(lambda: [0.0, 0.0, 0.0])  # weight, valence, bad: decayed sums of a speaker
    everyone = [0.0, 0.0, 0.0]
    bads: list = []
    for i, turn in enumerate(talk):
        r = np.nan_to_num(said[i])
        bad = float(r[3] + r[5])
        x[i, :35] = np.sqrt(np.maximum(r[:35], 0))
        x[i, 35:39] = r[35:39]
        x[i, 39] = i > 0 and turn.who == talk[i - 1].who
        x[i, 40] = i == 0
        x[i, 41] = np.log1p(i) / 2
        # what others said before, the speaker's part taken out
        rest = [a - b for a, b in zip(everyone, own[turn.who])]
        mine = own[turn.who]
        if mine[0] > 1e-3:
            x[i, 42], x[i, 43] = mine[1] / mine[0], mine[2] / mine[0]
        if rest[0] > 1e-3:
            x[i, 44], x[i, 45] = rest[1] / rest[0], rest[2] / rest[0]
        bads.append(bad)
        x[i, 46] = max(bads[-3:])
        x[i, 47] = sum(bads[-3:]) / len(bads[-3:])
        for sums in list(own.values()) + [everyone]:
            for k in range(3):
                sums[k] *= 0.7
        for sums in (own[turn.who], everyone):
            for k, v in enumerate((1.0, float(r[35]), bad)):
                sums[k] += v
        last[turn.who] = np.sqrt(np.maximum(r[:7], 0)), r[35:38], i
        if i + 1 < len(talk):  # of whoever takes the next turn: the last turn of theirs
            who = talk[i + 1].who
            n = x[i, INPUTS:]
            n[0] = who == turn.who
            if who in last:
                n[1] = 1
                n[2:9], n[9:12] = last[who][:2]
                n[12] = own[who][1] / own[who][0] if own[who][0] > 1e-3 else 0
                n[13] = own[who][2] / own[who][0] if own[who][0] > 1e-3 else 0
    return x


def targets(talk: list, said: np.ndarray) -> tuple:
    """labels [turns][next, this, second, third] (-1: none), valence of the next, of the last, and as read of the
    next; rise (-1: not asked)"""
    n = len(talk)
    label = np.full((n, 4), -1)
    value = np.full((n, 3), np.nan, np.float32)
    rise = np.full(n, -1, np.float32)
    bad = [t.label in (3, 5) for t in talk]
    for i in range(n):
        label[i, 1] = talk[i].label
        for k, ahead in ((0, 1), (2, 2), (3, 3)):
            if i + ahead < n:
                label[i, k] = talk[i + ahead].label
        if i + 1 < n:
            value[i] = talk[i + 1].valence, talk[-1].valence, said[i + 1, 35]
            if not bad[i]:
                rise[i] = any(bad[i + 1:i + 1 + HORIZON])
    return label, value, rise


def next_speaker(talk: list) -> np.ndarray:
    """Of each turn: the last turn of whoever takes the next one; -1 none."""
    at, last = np.full(len(talk), -1), {}
    for i, turn in enumerate(talk):
        last[turn.who] = i
        if i + 1 < len(talk):
            at[i] = last.get(talk[i + 1].who, -1)
    return at


class Net(torch.nn.Module):
    """`sees`: the hidden layer; without, 0 stands in its place."""

    def __init__(self, sees: bool = True) -> None:
        super().__init__()
        self.sees = sees
        self.projected = torch.nn.Linear(HIDDEN, PROJECTED)
        self.within = torch.nn.Linear(INPUTS + PROJECTED, WITHIN)
        self.cells = torch.nn.GRU(WITHIN, CELLS, batch_first=True)
        self.talk = torch.nn.Linear(CELLS + INPUTS + PROJECTED, 2)  # rise, end
        self.mixed = torch.nn.Linear(CELLS + NEXT + 2 * PROJECTED, MIXED)
        self.next = torch.nn.Linear(CELLS + INPUTS + NEXT + 2 * PROJECTED + MIXED, 9)  # core, valence, valence as read
        self.also = torch.nn.Linear(CELLS + INPUTS + PROJECTED, ALSO)
        self.drop = torch.nn.Dropout(0.4)

    def project(self, hidden: torch.Tensor) -> torch.Tensor:
        if not self.sees:
            hidden = torch.zeros_like(hidden)
        there = (hidden != 0).any(-1, keepdim=True)
        return torch.tanh(self.projected(self.drop(hidden))) * there

    def forward(self, x: torch.Tensor, hidden: torch.Tensor, theirs: torch.Tensor) -> tuple:
        now, who = torch.cat([x[..., :INPUTS], self.project(hidden)], 2), torch.cat([x[..., INPUTS:], self.project(theirs)], 2)
        h, _ = self.cells(torch.tanh(self.within(self.drop(now))))
        h = self.drop(h)
        both = torch.cat([h, now], 2)
        mixed = torch.tanh(self.mixed(torch.cat([h, who, now[..., INPUTS:]], 2)))
        following = self.next(torch.cat([both, who, self.drop(mixed)], 2))
        talk = self.talk(both)
        return torch.cat([following[..., :8], talk, following[..., 8:]], 2), self.also(both)


def padded(talks: list) -> list:
    """talks: (x, label, value, rise, weight, weight of rises, hidden, next_speaker); gives tensors [talks][turns]…"""
    most = max(len(t[0]) for t in talks)
    fill = [0, -1, np.nan, -1]
    parts = []
    for p in range(4):
        block = np.full((len(talks), most) + talks[0][p].shape[1:], fill[p], talks[0][p].dtype)
        for i, t in enumerate(talks):
            block[i, :len(t[p])] = t[p]
        parts.append(torch.from_numpy(block))
    for p in (4, 5):
        parts.append(torch.tensor([t[p] for t in talks])[:, None].expand(len(talks), most))
    hidden, theirs = (np.zeros((len(talks), most, HIDDEN), np.float32) for _ in range(2))
    for i, t in enumerate(talks):
        hidden[i, :len(t[6])] = t[6]
        theirs[i, :len(t[6])][t[7] >= 0] = t[6][t[7][t[7] >= 0]]
    return parts + [torch.from_numpy(hidden), torch.from_numpy(theirs)]


def loss_of(net: Net, batch: list, classes: torch.Tensor, teacher: torch.Tensor | None) -> torch.Tensor:
    x, label, value, rise, weight, weight_rise, hidden, theirs = batch
    if torch.rand(1) < 0.1:
        hidden, theirs = torch.zeros_like(hidden), torch.zeros_like(theirs)
    out, also = net(x, hidden, theirs)
    cross = torch.nn.functional.cross_entropy

    def labels(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        each = cross(logits.transpose(1, 2), truth, weight=classes, ignore_index=-1, reduction="none")
        return (each * weight).sum() / (weight * (truth >= 0)).sum()

    def mean(each: torch.Tensor, known: torch.Tensor, w: torch.Tensor = weight) -> torch.Tensor:
        return (each[known] * w[known]).sum() / w[known].sum()

    total = labels(out[..., OUT["next"]], label[..., 0]) + 0.5 * labels(also[..., :7], label[..., 1])
    total = total + 0.2 * labels(also[..., 7:14], label[..., 2]) + 0.2 * labels(also[..., 14:], label[..., 3])
    known = ~torch.isnan(value[..., 0])
    total = total + 3 * mean((out[..., OUT["valence"]] - value[..., 0].nan_to_num()) ** 2, known)
    share = weight[known] / weight[known].sum()  # and their correlation, weighted
    a, b = out[..., OUT["valence"]][known], value[..., 0][known]
    a, b = a - (a * share).sum(), b - (b * share).sum()
    total = total + 0.3 * (1 - (a * b * share).sum() / torch.sqrt((a * a * share).sum() * (b * b * share).sum() + 1e-6))
    total = total + mean((out[..., OUT["end"]] - value[..., 1].nan_to_num()) ** 2, known)
    total = total + 3 * mean((out[..., OUT["read"]] - value[..., 2].nan_to_num()) ** 2, known)
    asked = rise >= 0
    logs = torch.nn.functional.binary_cross_entropy_with_logits(out[..., OUT["rise"]], rise.clamp(min=0), reduction="none")
    total = total + 3 * mean(logs, asked, weight_rise)
    if teacher is not None:
        soft = torch.softmax(teacher[..., OUT["next"]], -1)
        near = -(soft * torch.log_softmax(out[..., OUT["next"]], -1)).sum(-1)
        near = near + 3 * (out[..., 7] - teacher[..., 7]) ** 2 + (out[..., 9:] - teacher[..., 9:]).square().sum(-1)
        near = near + 3 * torch.nn.functional.binary_cross_entropy_with_logits(
            out[..., 8], torch.sigmoid(teacher[..., 8]), reduction="none")
        total = 0.3 * total + mean(near, label[..., 1] >= 0)
    return total


def macro_f1(truth: np.ndarray, guess: np.ndarray) -> float:
    scores = []
    for k in np.unique(truth):
        hit = ((truth == k) & (guess == k)).sum()
        scores.append(2 * hit / max((truth == k).sum() + (guess == k).sum(), 1))
    return float(np.mean(scores))


def precision_area(truth: np.ndarray, score: np.ndarray) -> float:
    truth = truth[np.argsort(-score, kind="stable")]
    return float((np.cumsum(truth) / np.arange(1, len(truth) + 1))[truth > 0].mean())


def outputs(net: Net, talks: list) -> np.ndarray:
    net.eval()
    got: list = [None] * len(talks)
    order = sorted(range(len(talks)), key=lambda i: len(talks[i][0]))
    for part in (order[i:i + 128] for i in range(0, len(order), 128)):
        batch = padded([talks[i] for i in part])
        with torch.no_grad():
            out = net(batch[0], *batch[6:])[0].numpy()
        for row, i in enumerate(part):
            got[i] = out[row, :len(talks[i][0])]
            bad = (talks[i][0][:, 3:6:2] ** 2).sum(1)
            got[i][:, 8] += WORST * np.log([bad[max(0, t - BADS + 1):t + 1].max() + 1e-3 for t in range(len(bad))])
    return np.concatenate(got)


def together(outs: list) -> np.ndarray:
    """Of several networks, those that do not see the hidden layer first: the mean of the others; a rise as all say together."""
    blind, seeing = outs[:BLIND], outs[BLIND:]
    mean = np.mean if isinstance(outs[0], np.ndarray) else lambda o, _: sum(o) / len(o)
    if not seeing:
        return mean(blind, 0)
    out = mean(seeing, 0)
    if blind:
        out[..., 8] = (mean([o[..., 8] for o in blind], 0) + mean([o[..., 8] for o in seeing], 0)) / 2
    return out


def flat(talks: list, part: int) -> np.ndarray:
    return np.concatenate([t[part] for t in talks])


def scores(out: np.ndarray, talks: list, offsets: np.ndarray) -> tuple:
    label, value, rise = flat(talks, 1)[:, 0], flat(talks, 2)[:, 0], flat(talks, 3)
    known, asked = label >= 0, rise >= 0
    read = flat(talks, 2)[:, 2]
    return (macro_f1(label[known], (out[:, :7] + offsets)[known].argmax(1)),
            float(np.corrcoef(out[known, 7], value[known])[0, 1]),
            float(np.corrcoef(out[known, 10], read[known])[0, 1]), precision_area(rise[asked], out[asked, 8]))


def choose_offsets(outs: list, sets: list) -> np.ndarray:
    """By coordinate ascent on the mean of the dev sets' macro-F1, from minus the logs of the mean shares."""
    def score(b: np.ndarray) -> float:
        return np.mean([scores(o, s, b)[0] for o, s in zip(outs, sets)])

    share = np.mean([torch.softmax(torch.tensor(o[:, :7]), 1).numpy().mean(0) for o in outs], 0)
    best = max((score(-a * np.log(share)), a) for a in np.arange(0, 1.21, 0.1))
    offsets, current = -best[1] * np.log(share), best[0]
    for step in (0.4, 0.2, 0.1):
        for k in range(7):
            for change in (-step, step):
                trial = offsets.copy()
                trial[k] += change
                if score(trial) > current + 1e-3:
                    offsets, current = trial, score(trial)
    return offsets - offsets[0]


def train(sets: dict, epochs: int, seed: int, classes: torch.Tensor, teachers: list | None, sees: bool) -> Net:
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    talks = sorted((t for s in sets.values() for t in s[0]), key=lambda t: len(t[0]))
    groups = [talks[i:i + 64] for i in range(0, len(talks), 64)]
    net = Net(sees)
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.05)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=epochs * len(groups))
    soft: dict = {}
    for _ in range(epochs):
        net.train()
        for i in generator.permutation(len(groups)):
            batch = padded(groups[i])
            if teachers and i not in soft:
                with torch.no_grad():
                    soft[i] = together([t.eval()(batch[0], *batch[6:])[0] for t in teachers])
            loss = loss_of(net, batch, classes, soft.get(i))
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            rate.step()
    return net


def calibrate(out: list, sets: list) -> list:
    """Rows (logit at least, share, low, high) over both dev sets together."""
    z = np.concatenate([o[flat(s, 3) >= 0, 8] for o, s in zip(out, sets)])
    y = np.concatenate([flat(s, 3)[flat(s, 3) >= 0] for s in sets])
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


def write(path: pathlib.Path, net: Net, offsets: np.ndarray, rows: list, extra: dict, note: str) -> None:
    p = {k: v.detach().numpy() for k, v in net.state_dict().items()}
    parts = [f"/* forecast_weights.c: made by train/forecast.py, {datetime.date.today()}; do not edit.\n", note,
             " * clang-format off */\n#include \"follow/forecast_weights.h\"\n\n"]
    for name, key in (("follow_w_projected", "projected.weight"), ("follow_b_projected", "projected.bias"), ("follow_w_within", "within.weight"), ("follow_b_within", "within.bias"),
                      ("follow_w_in", "cells.weight_ih_l0"), ("follow_w_cells", "cells.weight_hh_l0"),
                      ("follow_b_in", "cells.bias_ih_l0"), ("follow_b_cells", "cells.bias_hh_l0"),
                      ("follow_w_talk", "talk.weight"), ("follow_b_talk", "talk.bias"),
                      ("follow_w_mixed", "mixed.weight"), ("follow_b_mixed", "mixed.bias"),
                      ("follow_w_next", "next.weight"), ("follow_b_next", "next.bias")):
        parts.append(c_table(name, p[key]))
    parts.append(c_table("follow_offsets", offsets))
    padded_rows = rows + [(1e9, 1, 1, 1)] * (10 - len(rows))
    parts.append(c_table("follow_rise_rows", np.array(padded_rows)))
    for name, value in extra.items():
        parts.append(c_table(name, value))
    path.write_text("".join(parts))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, default=ROOT.parent / "data-cache")
    parser.add_argument("--mien", default=str(ROOT / "build/src/cli/mien"))
    parser.add_argument("--cache", type=pathlib.Path, default=ROOT / "build/forecast")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "src/follow/forecast_weights.c")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=6)
    options = parser.parse_args()
    torch.set_num_threads(1)
    sets: dict = {}
    for name, parts in load(options.data).items():
        sets[name] = []
        for part, talks in zip(("train", "dev"), parts):
            said = readings(talks, options.mien, options.cache, f"{name}-{part}") if talks else np.zeros((0, 40 + HIDDEN))
            at = np.cumsum([0] + [len(t) for t in talks])
            made = [(inputs(t, said[a:b, :40]),) + targets(t, said[a:b]) + (MANY[name], RISES[name], said[a:b, 40:].astype(np.float16), next_speaker(t)) for t, a, b in zip(talks, at, at[1:])]
            sets[name].append(made)
        print(name, [len(p) for p in sets[name]], flush=True)
    counts = np.zeros(7)
    for made in sets.values():
        for t in made[0]:
            counts += t[4] * np.bincount(t[1][:, 1], minlength=7)
    classes = torch.tensor((counts.sum() / counts) ** 0.5, dtype=torch.float32)
    classes = classes / classes.mean()
    dev = [sets["daily"][1], sets["meld"][1]]
    teachers = []
    for seed in range(options.seeds):
        teachers.append(train(sets, options.epochs, seed, classes, None, seed >= BLIND))
        outs = [together([outputs(t, d) for t in teachers]) for d in dev]
        one = [outputs(teachers[-1], d) for d in dev]
        print("seed", seed, "alone", [np.round(scores(o, d, choose_offsets(one, dev)), 3) for o, d in zip(one, dev)],
              "all", [np.round(scores(o, d, choose_offsets(outs, dev)), 3) for o, d in zip(outs, dev)], flush=True)
    net = train(sets, 2 * options.epochs, 99, classes, teachers, True) if options.seeds > 1 else teachers[0]
    with torch.no_grad():  # weighted classes made rare ones likelier by their weight: taken back
        net.next.bias[:7] -= torch.log(classes)
    outs = [outputs(net, d) for d in dev]
    whole = [sets["daily"][0][::3] + dev[0], sets["meld"][0] + dev[1]]
    offsets = choose_offsets([outputs(net, w) for w in whole], whole)
    result = [np.round(scores(o, d, offsets), 3).tolist() for o, d in zip(outs, dev)]
    print("taught", result, "offsets", np.round(offsets, 2), flush=True)
    errors = []
    for o, d in zip(outs, dev):
        value = flat(d, 2)
        known = ~np.isnan(value[:, 0])
        errors.append([np.quantile(np.abs(o[known, 7] - value[known, 0]), 0.9),
                       np.quantile(np.abs(o[known, 9] - value[known, 1]), 0.9),
                       np.quantile(np.abs(o[known, 10] - value[known, 2]), 0.9)])
    warning = np.quantile(np.concatenate([o[flat(d, 3) >= 0, 8] for o, d in zip(outs, dev)]), 0.9)
    note = (" * DailyDialog, MELD, EmoryNLP (Apache-2.0); the first two non-commercial: for research unless trained\n"
            " * again. Readings of models/text-deep.mien. "
            f"{sum(v.numel() for k, v in net.state_dict().items() if not k.startswith('also'))} numbers. On dev (DailyDialog, MELD):\n"
            f" * macro-F1 of the next turn {result[0][0]}, {result[1][0]}; correlation of its valence {result[0][1]}, {result[1][1]}, as read\n * {result[0][2]}, {result[1][2]};"
            f" area under precision and recall of a rise {result[0][3]}, {result[1][3]}.\n")
    random = np.random.default_rng(1)
    made_up, layer, theirs = (torch.from_numpy(random.normal(0, 0.5, (1, 4, n)).astype(np.float32)) for n in (INPUTS + NEXT, HIDDEN, HIDDEN))
    with torch.no_grad():
        says = net.eval()(made_up, layer, theirs)[0]
    write(options.out, net, offsets, calibrate(outs, dev), {
        "follow_forecast_errors": np.max(errors, 0), "follow_warning": [warning],
        "follow_check_in": made_up.numpy(), "follow_check_hidden": layer.numpy(), "follow_check_theirs": theirs.numpy(), "follow_check_out": says.numpy()}, note)


if __name__ == "__main__":
    main()
