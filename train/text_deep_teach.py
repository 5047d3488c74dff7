#!/usr/bin/env python3
"""Posts without labels, labelled by teachers for the deep model to learn from (Hinton et al. 2015; Xie et
al. 2020): the mean of the log odds that the tuned deep model and the bulk model give.

    posts(mien, reddit, n, rng)                 lines of 4 to 40 words
    teach(mien, models, texts)                  fine, core, brighter, dims of each
    add(arrays, more, taught)                   the same arrays with the posts behind them
"""
from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np

import text_data as td
import text_deep_data as dd

# Share of each set that is drawn in an epoch.
DRAWS = {"goemotions": 1.0, "brighter": .5, "xed": .01, "xed english": .5, "emobank": .6, "emorynlp": .3,
         "topical_chat": .02, "red": .3, "kote": .05, "sentiment": .04, "mustard": 1.0,
         "stackoverflow": .2, "posts": .4}


def posts(reddit: Path, count: int, rng) -> list[str]:
    lines = [line.strip() for line in open(reddit, encoding="utf-8", errors="replace")]
    lines = [line for line in lines if 4 <= line.count(" ") + 1 <= 40]
    return [lines[i] for i in rng.choice(len(lines), min(count, len(lines)), replace=False)]


def heads(mien: str, model: Path, texts: list[str]) -> np.ndarray:
    """[n][44]: probabilities, and dims."""
    given = "\n".join(t.replace("\n", " ") for t in texts) + "\n"
    done = subprocess.run([mien, "features", "text", "--heads", str(model), "-"], input=given.encode(),
                          stdout=subprocess.PIPE, check=True)
    out = np.array([[float(v) for v in line.split()] for line in done.stdout.decode().splitlines()])
    assert len(out) == len(texts)
    return out


def log_odds(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, 1e-4, 1 - 1e-4)
    return np.log(p / (1 - p))


def blend(parts: list[np.ndarray], weights: list[float]) -> dict[str, np.ndarray]:
    mixed = sum(w * log_odds(p[:, :28]) for w, p in zip(weights, parts))
    core = sum(w * np.log(np.clip(p[:, 28:35], 1e-4, 1)) for w, p in zip(weights, parts))
    core = np.exp(core - core.max(1, keepdims=True))
    brighter = sum(w * log_odds(p[:, 35:41]) for w, p in zip(weights, parts))
    sigmoid = lambda z: 1 / (1 + np.exp(-z))
    return {"fine": sigmoid(mixed), "core": core / core.sum(1, keepdims=True),
            "brighter": sigmoid(brighter), "dims": parts[0][:, 41:44]}


def add(mien: str, subwords, arrays: dd.Arrays, texts: list[str], taught: dict[str, np.ndarray]) -> dd.Arrays:
    every = [td.Example(dd.clean(t), "goemotions", "eng", "train", extra={"post": True}) for t in texts]
    out = dd.Arrays(mien, subwords, arrays.examples + every, arrays.languages)
    n = len(arrays.examples)
    out.labels["fine"][n:] = taught["fine"]
    out.labels["core"][n:] = taught["core"]
    out.labels["brighter"][n:] = taught["brighter"]
    out.labels["brighter"][n:, td.BRIGHTER.index("disgust")] = -1  # not labelled in English
    out.labels["dims"][n:], out.labels["dims_weight"][n:] = taught["dims"], .3
    return out
