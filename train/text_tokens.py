#!/usr/bin/env python3
"""Texts to what the network is given, by the program's own scanner (`mien features text`).

    corpus(...)   writes the token file that the subword vectors are trained on
    tokens(...)   a text to [(token, marks)]
    pieces(...)   a token to its hash and the hashes of its n-grams
"""
from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Iterable

import numpy as np

MARK = "\x1f"


def run(mien: str, lines: Iterable[str], *options: str) -> list[str]:
    given = "\n".join(line.replace("\n", " ") for line in lines) + "\n"
    done = subprocess.run([mien, "features", "text", *options, "-"], input=given.encode(),
                          stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().split("\n")[:-1]


def tokens(mien: str, texts: list[str]) -> list[list[tuple[str, int]]]:
    out = []
    for line in run(mien, texts):
        row = []
        for part in line.split(" ") if line else []:
            token, _, marks = part.partition(MARK)
            row.append((token, int(marks or 0)))
        out.append(row)
    assert len(out) == len(texts), (len(out), len(texts))
    return out


def pieces(mien: str, words: list[str]) -> list[np.ndarray]:
    """[hash of the token, hashes of its n-grams…] for each, uint64."""
    return [np.array([int(h, 16) for h in line.split(" ")], np.uint64)
            for line in run(mien, words, "--pieces")]


def corpus(mien: str, reddit: Path, texts: list[str], path: Path) -> None:
    """Tokens without marks: the training texts, then every second of the unlabelled posts."""
    import re
    strip = re.compile(MARK.encode() + b"[0-9]")
    partial = path.with_suffix(".partial")
    with open(partial, "wb") as out:
        for line in run(mien, texts):
            out.write(strip.sub(b"", line.encode()) + b"\n")
        if reddit.exists():
            process = subprocess.Popen([mien, "features", "text", str(reddit)],
                                       stdout=subprocess.PIPE)
            for n, raw in enumerate(process.stdout):
                if n % 2 == 0:
                    out.write(strip.sub(b"", raw))
            if process.wait():
                raise RuntimeError("mien features text failed")
    partial.rename(path)


def grams(token: str) -> list[str]:
    """The n-grams of a token as strings, in the order of src/text/pieces.c (checked by their
    number against the program's)."""
    framed = f"<{token}>"
    shortest = 3 if ord(token[0]) < 0x900 else 2
    return [framed[i:i + n] for i in range(len(framed))
            for n in range(shortest, shortest + 3) if i + n <= len(framed)]
