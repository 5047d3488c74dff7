"""What the trained networks' answers are worth: the cues' part, temperature, prediction sets.

Everything here is fitted on what is said of clips whose speakers were not heard: `a` is a
voice_functionals.Utterances of them, with `weight`, how much each of its readings counts.
"""
from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from voice_data import SETS

RECORD, CUES = 1518, 13  # mien features voice --help
NO_WEIGHT = [3]  # loudness: it depends on the recording
CORE_OF = np.array([0, 0, 1, 2, 3, 4, 5, 6, 0])


def readings(program: Path, model: Path, clips: list[np.ndarray]) -> list[np.ndarray]:
    """For each clip its readings [n][1518], as `mien features voice --help` lays them out."""
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


def fit_cues(a, z: np.ndarray, logits: np.ndarray, keep: float = 0.3) -> np.ndarray:
    """What the cues add to the logits, [9][13]: logistic regression on top of the network."""
    masks = np.full((len(a.label), 9), -1e4, np.float32)
    for i, name in enumerate(a.set):
        masks[i, SETS[name]] = 0
    logits, zs = torch.from_numpy(logits + masks), torch.from_numpy(z)
    label, weight = torch.from_numpy(a.label), torch.from_numpy(a.weight).float()
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


def fit_temperature(logits: np.ndarray, a) -> tuple[float, float]:
    """Temperature and `early` of least weighted log loss over the core labels."""
    truth, best = CORE_OF[a.label], (np.inf, 1.0, 0.0)
    for t in np.exp(np.arange(-0.9, 1.2, 0.1)):
        for early in np.arange(0, 1.05, 0.2):
            p = core(logits, temperatures(a.voiced, t, early))[np.arange(len(truth)), truth]
            loss = -(a.weight * np.log(p + 1e-9)).mean()
            if loss < best[0]:
                best = loss, float(t), float(early)
    return best[1], best[2]


def quantile(p: np.ndarray, a, share: float = 0.9) -> float:
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


def scores(logits: np.ndarray, p: np.ndarray, q: float, a) -> dict:
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
