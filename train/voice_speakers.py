"""The space in which src/voice/speakers.c tells speakers apart: linear discriminant analysis (Fisher 1936;
Rao 1948) of the means and deviations of the tracks in windows of 1.75 s, on the speakers of the sets. Speakers
of one set are compared with each other alone: between sets the studios differ, not the people."""
from __future__ import annotations

import numpy as np

from voice_data import Bank
from voice_emotion import speech_span
from voice_functionals import CEPSTRA, cosine
from voice_net import relative

WINDOW, EVERY, SIZE = 175, 60, 24


def statistics(frames: np.ndarray) -> np.ndarray:
    """Windows of a clip: mean and deviation of its sounding and of its voiced frames, [n][112]."""
    a, b = speech_span(frames)
    x = relative(frames)[a:b]
    y = np.concatenate([x[:, :64] @ cosine().T, x[:, 64:]], 1)
    out = []
    for start in range(0, max(1, len(y) - WINDOW // 2), EVERY):
        part = y[start:start + WINDOW]
        sounding = part[:, CEPSTRA] > -28
        voiced = sounding & (part[:, CEPSTRA + 1] > 0)
        if voiced.sum() >= 30:
            out.append(np.concatenate([f(part[w], 0) for w in (sounding, voiced) for f in (np.mean, np.std)]))
    return np.array(out, np.float32).reshape(-1, 4 * y.shape[1])


def windows(args, rows, names, splits):
    x, speaker, name_of = [], [], []
    for name in names:
        bank = Bank(args.data, args.cache, args.program, name, 0)
        for i, f in enumerate(bank.files):
            row = rows.get((name, f))
            if row and row["split"] in splits:
                some = statistics(bank.clip(i))
                x.append(some)
                speaker += [row["speaker"]] * len(some)
                name_of += [name] * len(some)
    return np.concatenate(x), np.array(speaker), np.array(name_of)


def fit(x: np.ndarray, speaker: np.ndarray, name_of: np.ndarray):
    """mean, scale, weight [24][112]."""
    mean, scale = x.mean(0), 1 / (x.std(0) + 1e-3)
    z = ((x - mean) * scale).clip(-4, 4)
    within, between = np.zeros((2, z.shape[1], z.shape[1]))
    for name in sorted(set(name_of)):
        people = sorted(set(speaker[name_of == name]))
        centers = np.array([z[speaker == p].mean(0) for p in people])
        apart = centers - centers.mean(0)
        between += apart.T @ apart / max(len(people) - 1, 1) * np.sqrt(len(people))
        for p, c in zip(people, centers):
            d = z[speaker == p] - c
            within += d.T @ d / len(d)
    within = within / len(set(speaker)) + 0.05 * np.eye(len(within))
    values, vectors = np.linalg.eigh(within)
    white = vectors / np.sqrt(values)
    _, directions = np.linalg.eigh(white.T @ between @ white)
    weight = (white @ directions[:, ::-1][:, :SIZE]).T
    return mean.astype(np.float32), scale.astype(np.float32), weight.astype(np.float32)


def points(x: np.ndarray, mean, scale, weight) -> np.ndarray:
    p = ((x - mean) * scale).clip(-4, 4) @ weight.T
    return p / np.linalg.norm(p, axis=1, keepdims=True)


def equal_error(p: np.ndarray, speaker: np.ndarray, name_of: np.ndarray) -> tuple[float, float]:
    """Threshold and rate at which as many pairs of one speaker are under it as pairs of two are over, of
    windows of one set."""
    same, other = [], []
    r = np.random.default_rng(1)
    for name in sorted(set(name_of)):
        some = r.permutation(np.flatnonzero(name_of == name))[:700]
        near = p[some] @ p[some].T
        alike = speaker[some][:, None] == speaker[some][None]
        upper = np.triu(np.ones_like(alike), 1).astype(bool)
        same.append(near[alike & upper])
        other.append(near[~alike & upper])
    same, other = np.concatenate(same), np.concatenate(other)
    at = np.linspace(-0.5, 0.95, 146)
    misses, alarms = (same[None] < at[:, None]).mean(1), (other[None] >= at[:, None]).mean(1)
    best = np.abs(misses - alarms).argmin()
    return float(at[best]), float((misses + alarms)[best] / 2)
