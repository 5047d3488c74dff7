#!/usr/bin/env python3
"""Posts without labels, labelled by teachers for the deep model to learn from (Hinton et al. 2015; Xie et
al. 2020): the mean of the log odds that the tuned deep model and the bulk model give.

    posts(reddit, n, rng)                       lines of 4 to 40 words
    heads(mien, model, texts), blend(…)         fine, core, brighter, dims of each
    add(mien, subwords, arrays, texts, taught)  the same arrays with the posts behind them
    fill(arrays, fine)                          fine labels for the English texts that have none
"""
from __future__ import annotations

import subprocess
import zlib
from pathlib import Path

import numpy as np

import text_data as td
import text_deep_data as dd

# Share of each set that is drawn in an epoch.
DRAWS = {"goemotions": 1.0, "brighter": .6, "xed": .01, "xed english": .7, "emobank": 1.0, "emorynlp": .3,
         "topical_chat": .02, "red": .3, "kote": .05, "sentiment": .04, "mustard": 1.0,
         "stackoverflow": .2, "posts": .3, "feelings": 3.0, "empathy": 2.0}


def posts(reddit: Path, count: int, rng) -> list[str]:
    lines = [line.strip() for line in open(reddit, encoding="utf-8", errors="replace")]
    lines = [line for line in lines if 4 <= line.count(" ") + 1 <= 40]
    return [lines[i] for i in rng.choice(len(lines), min(count, len(lines)), replace=False)]


def name_of(text: str) -> int:
    return zlib.crc32(text.encode())


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
    """The weighted mean of several opinions [n][44]: of log odds, of log shares, of dims."""
    mix = lambda a, b, of: sum(w * of(p[:, a:b]) for w, p in zip(weights, parts)) / sum(weights)
    sigmoid = lambda z: 1 / (1 + np.exp(-z))
    core = np.exp(mix(28, 35, lambda p: np.log(np.clip(p, 1e-4, 1))))
    return {"fine": sigmoid(mix(0, 28, log_odds)), "core": core / core.sum(1, keepdims=True),
            "brighter": sigmoid(mix(35, 41, log_odds)), "dims": mix(41, 44, lambda p: p)}


def add(mien: str, subwords, arrays: dd.Arrays, texts: list[str], taught: dict[str, np.ndarray]) -> dd.Arrays:
    every = [td.Example(dd.clean(t), "goemotions", "eng", "train", extra={"post": True}) for t in texts]
    out = dd.Arrays(mien, subwords, arrays.examples + every, arrays.languages)
    n = len(arrays.examples)
    out.labels["fine"][n:] = taught["fine"]
    out.labels["core"][n:] = taught["core"]
    out.labels["brighter"][n:] = taught["brighter"]
    out.labels["brighter"][n:, td.BRIGHTER.index("disgust")] = -1  # not labelled in English
    out.labels["plutchik"][n:] = taught["plutchik"]
    out.labels["dims"][n:], out.labels["dims_weight"][n:] = taught["dims"], .3
    return out


def fill(arrays: dd.Arrays, fine) -> None:
    """English training texts of sets without fine labels get those that `fine` gives their texts."""
    which = [i for i, e in enumerate(arrays.examples)
             if e.language == "eng" and e.split == "train" and e.set in ("brighter", "xed", "emobank")]
    arrays.labels["fine"][which] = fine([arrays.examples[i].text for i in which])
