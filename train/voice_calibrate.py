"""What the trained networks' answers are worth: the cues' part, temperature, prediction sets.

Everything here is fitted on what the C program says (`mien features voice --model`) of clips whose
speakers the network has not heard.
"""
from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from voice_data import CLASS_OF, SETS, Augment, decode

RECORD, CUES = 32, 13
NO_WEIGHT = [3]  # loudness: it depends on the recording
CORE_OF = np.array([0, 0, 1, 2, 3, 4, 5, 6, 0])
# How much a set counts. CREMA-D has two classes here and its clips are mostly heard as neutral: it says
# nothing of probabilities over seven.
SHARE = {"ravdess_speech": 1 / 3, "nemo": 1 / 3, "emodb": 1 / 3, "crema_d_partial": 1e-6}


def readings(program: Path, model: Path, clips: list[np.ndarray]) -> list[np.ndarray]:
    """For each clip its readings [n][32], as `mien features voice --help` lays them out."""
    with tempfile.TemporaryDirectory() as room:
        np.concatenate(clips).astype("<i2").tofile(f"{room}/pcm")
        Path(f"{room}/lengths").write_text("\n".join(str(len(c)) for c in clips) + "\n")
        out = subprocess.run([str(program), "features", "voice", "--model", str(model),
                              "--lengths", f"{room}/lengths", f"{room}/pcm"],
                             stdout=subprocess.PIPE, check=True).stdout
    result, at = [], 0
    for _ in clips:
        count = int(np.frombuffer(out, "<i4", 1, at)[0])
        result.append(np.frombuffer(out, "<f4", count * RECORD, at + 4).reshape(count, RECORD))
        at += 4 + 4 * count * RECORD
    return result


class Answers:
    """The readings of labelled clips, one row each: the longest final one, or all of a clip."""

    def __init__(self, args, model: Path, rows, names, chosen, interim: bool = False,
                 vary: bool = False):
        records, self.label, self.set, self.speaker = [], [], [], []
        self.missed = 0
        for name in names:
            files, clips = decode(args.data, args.cache, name)
            picks = [i for i, f in enumerate(files)
                     if (name, f) in rows and chosen(name, rows[name, f])]
            if not picks:
                continue
            sounds = [clips[i] for i in picks]
            if vary:  # as heard in rooms, in noise, over the telephone
                augment = Augment(args.data, args.cache, 77)
                sounds = [augment(x) for x in sounds]
            for i, all_of in zip(picks, readings(args.program, model, sounds)):
                final = all_of[all_of[:, 0] == 1]
                self.missed += not len(final)
                if not len(final):
                    continue
                for r in (all_of if interim else [final[np.argmax(final[:, 3] - final[:, 2])]]):
                    records.append(r)
                    self.label.append(CLASS_OF[rows[name, files[i]]["emotion"]])
                    self.set.append(name)
                    self.speaker.append(rows[name, files[i]]["speaker"])
        records = np.array(records)
        self.final, self.voiced = records[:, 0] == 1, records[:, 4]
        self.dims, self.logits, self.cues = records[:, 7:10], records[:, 10:19], records[:, 19:]
        self.label, self.set = np.array(self.label), np.array(self.set)
        self.speaker = np.array(self.speaker)
        self.weight = np.array([SHARE.get(s, 0.1) / np.mean(self.set == s) for s in self.set])
        self.weight /= self.weight.mean()


def together(some: list[Answers]) -> Answers:
    all_of = Answers.__new__(Answers)
    for key in ("logits", "cues", "label", "set", "speaker", "voiced", "weight"):
        setattr(all_of, key, np.concatenate([getattr(a, key) for a in some]))
    return all_of


def cue_scales(cues: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Median and 1 / (spread of the middle half, as a deviation)."""
    low, middle, high = np.nanpercentile(cues, [25, 50, 75], axis=0)
    spread = np.maximum((high - low) / 1.349, 1e-3)
    spread[6] = max(float(spread[6]), 0.3)  # pauses: mostly none
    return middle.astype(np.float32), (1 / spread).astype(np.float32)


def cue_z(cues: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    z = np.clip(np.nan_to_num((cues - mean) * scale, nan=0.0), -3, 3).astype(np.float32)
    z[:, NO_WEIGHT] = 0
    return z


def fit_cues(a: Answers, z: np.ndarray, keep: float = 0.3, among=None) -> np.ndarray:
    """What the cues add to the logits, [9][13]: logistic regression on top of the network."""
    at = np.arange(len(a.label)) if among is None else np.flatnonzero(among)
    masks = np.full((len(at), 9), -1e4, np.float32)
    for i, k in enumerate(at):
        masks[i, SETS[a.set[k]]] = 0
    logits, zs = torch.from_numpy(a.logits[at] + masks), torch.from_numpy(z[at])
    label, weight = torch.from_numpy(a.label[at]), torch.from_numpy(a.weight[at]).float()
    w = torch.zeros(9, CUES, requires_grad=True)
    heat = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.LBFGS([w, heat], max_iter=200, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = (weight * F.cross_entropy((logits + zs @ w.T) * heat.exp(), label,
                                         reduction="none")).mean() + keep * (w ** 2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return w.detach().numpy()


def core(logits: np.ndarray, temperature: np.ndarray) -> np.ndarray:
    z = logits / np.reshape(temperature, (-1, 1))
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    return np.stack([p[:, CORE_OF == k].sum(1) for k in range(7)], 1)


def temperatures(voiced: np.ndarray, temperature: float, early: float) -> np.ndarray:
    """As stream.c: higher where less than 1.2 s of voiced speech was heard."""
    return temperature * (1 + early * np.clip((1.2 - voiced) / 0.7, 0, 1))


def fit_temperature(logits: np.ndarray, a: Answers) -> tuple[float, float]:
    """Temperature and `early` of least weighted log loss over the core labels."""
    truth, best = CORE_OF[a.label], (np.inf, 1.0, 0.0)
    for t in np.exp(np.arange(-0.9, 1.2, 0.05)):
        for early in np.arange(0, 1.05, 0.1):
            p = core(logits, temperatures(a.voiced, t, early))[np.arange(len(truth)), truth]
            loss = -(a.weight * np.log(p + 1e-9)).mean()
            if loss < best[0]:
                best = loss, float(t), float(early)
    return best[1], best[2]


def quantile(p: np.ndarray, a: Answers, share: float = 0.9) -> float:
    """Weighted split-conformal quantile of 1 - p(true core label) (Sadinle et al. 2019)."""
    score = 1 - p[np.arange(len(p)), CORE_OF[a.label]]
    order = np.argsort(score)
    total = np.cumsum(a.weight[order]) / a.weight.sum()
    return float(score[order][min(np.searchsorted(total, share), len(score) - 1)])


def ece(p: np.ndarray, truth: np.ndarray, weight=None, bins: int = 15) -> float:
    """Expected calibration error of the top label, equal-width bins (Guo et al. 2017)."""
    top, right = p.max(1), p.argmax(1) == truth
    weight = np.ones(len(p)) if weight is None else weight
    total = 0.0
    for b in range(bins):
        at = (top > b / bins) & (top <= (b + 1) / bins)
        if at.any():
            total += abs((weight[at] * (right[at] - top[at])).sum())
    return float(total / weight.sum())


def scores(logits: np.ndarray, p: np.ndarray, q: float, a: Answers) -> dict:
    """By set: UAR among its classes, core accuracy, calibration error, coverage, size of sets."""
    result = {}
    for name in dict.fromkeys(a.set):
        at = a.set == name
        guess = np.array(SETS[name])[logits[at][:, SETS[name]].argmax(1)]
        truth = a.label[at]
        inside = p[at] >= np.minimum(1 - q, p[at].max(1))[:, None]
        result[name] = {
            "clips": int(at.sum()),
            "uar": round(float(np.mean([np.mean(guess[truth == c] == c) for c in set(truth)])), 3),
            "core_accuracy": round(float(np.mean(p[at].argmax(1) == CORE_OF[truth])), 3),
            "ece": round(ece(p[at], CORE_OF[truth]), 3),
            "coverage": round(float(np.mean(inside[np.arange(at.sum()), CORE_OF[truth]])), 3),
            "set_size": round(float(inside.sum(1).mean()), 2)}
    return result
