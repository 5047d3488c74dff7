#!/usr/bin/env python3
"""The subword vocabulary of the deep text model: a unigram language model over pieces of tokens.

After Kudo (2018), "Subword regularization": pieces have log probabilities, a token is cut where the
sum is largest, and training alternates between counting pieces in the best cuts and dropping those
whose loss costs least. Scores are whole thousandths, so that C and Python add up to the same number;
of equal cuts the one whose last piece is longest wins, and so on backwards. Characters without a
piece are spelled in bytes.

    train(words, size)              words: {token: weight}          -> Subwords
    Subwords.cut(token, marks)      the ids of a token, as src/text/subwords.c gives them
    Subwords.sample(token, rng)     another likely cut, for training

    text_subwords.py --write FILE.tsv MODEL.mien            a model file of the vocabulary alone
    text_subwords.py --check build/src/cli/mien FILE.tsv TEXT…
                     cuts every line of the files in C and in Python, and counts those that differ

Tokens are those of `mien features text --runs`: a word of a script with spaces begins with U+2581.
A token with the mark of elongation (4) is also tried with its doubled letters single.
"""
from __future__ import annotations

import argparse
import heapq
import itertools
import math
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

import mien_file

START = "\u2581"
LONGEST = 16                       # characters of a piece
SPECIAL = ["<mask>", "<self>", "<other>", "<cut>"]
FIRST_BYTE = len(SPECIAL)          # ids of the 256 bytes
FIRST = FIRST_BYTE + 256           # id of the first piece
BYTE_SCORE = -16000                # thousandths, for each byte
LONG = 4                           # the mark of elongation


def single(token: str) -> str:
    """Doubled letters as one."""
    return "".join(c for i, c in enumerate(token) if i == 0 or c != token[i - 1])


class Subwords:
    def __init__(self, pieces: list[str], scores: list[int]):
        self.pieces, self.scores = pieces, scores
        self.score = dict(zip(pieces, scores))
        self.id = {p: FIRST + i for i, p in enumerate(pieces)}
        self.longest = max(map(len, pieces), default=1)
        self.kept: dict[tuple[str, bool], list[int]] = {}

    def __len__(self) -> int:
        return FIRST + len(self.pieces)

    def best(self, token: str, without: str | None = None) -> tuple[int, list[str]]:
        """Score of the best cut and its parts; a part that is no piece is one character."""
        n, score = len(token), self.score
        total, back = [0] + [0] * n, [0] * (n + 1)
        for end in range(1, n + 1):
            found, at = None, 0
            for begin in range(max(0, end - self.longest), end):
                part = token[begin:end]
                value = score.get(part)
                if value is None or part == without:
                    if end - begin > 1:
                        continue
                    value = BYTE_SCORE * len(part.encode())
                if found is None or total[begin] + value > found:
                    found, at = total[begin] + value, begin
            total[end], back[end] = found, at
        parts = []
        while n:
            parts.append(token[back[n]:n])
            n = back[n]
        return total[-1], parts[::-1]

    def ids(self, parts: list[str]) -> list[int]:
        out = []
        for part in parts:
            known = self.id.get(part)
            out += [known] if known is not None else [FIRST_BYTE + b for b in part.encode()]
        return out

    def cut(self, token: str, marks: int = 0) -> list[int]:
        key = (token, bool(marks & LONG))
        kept = self.kept.get(key)
        if kept is None:
            total, parts = self.best(token)
            if key[1]:
                other, other_parts = self.best(single(token))
                if other > total:
                    parts = other_parts
            kept = self.kept[key] = self.ids(parts)
        return kept

    def sample(self, token: str, rng, alpha: float = .3) -> list[int]:
        """A cut drawn by its probability to the power of alpha (forward filtering, backward sampling)."""
        n = len(token)
        total = [0.0] + [-math.inf] * n
        ways: list[list[tuple[int, float]]] = [[] for _ in range(n + 1)]
        for end in range(1, n + 1):
            for begin in range(max(0, end - self.longest), end):
                part = token[begin:end]
                value = self.score.get(part)
                if value is None:
                    if end - begin > 1:
                        continue
                    value = BYTE_SCORE * len(part.encode())
                ways[end].append((begin, total[begin] + alpha * value / 1000))
            top = max(w for _, w in ways[end])
            total[end] = top + math.log(sum(math.exp(w - top) for _, w in ways[end]))
        parts = []
        while n:
            r, chosen = rng.random(), ways[n][-1][0]
            for begin, w in ways[n]:
                r -= math.exp(w - total[n])
                if r < 0:
                    chosen = begin
                    break
            parts.append(token[chosen:n])
            n = chosen
        return self.ids(parts[::-1])

    def save(self, path: Path) -> None:
        with open(path, "w", encoding="utf-8") as out:
            for piece, score in zip(self.pieces, self.scores):
                out.write(f"{piece}\t{score}\n")

    @staticmethod
    def load(path: Path) -> "Subwords":
        rows = [line.rstrip("\n").split("\t") for line in open(path, encoding="utf-8")]
        return Subwords([p for p, _ in rows], [int(s) for _, s in rows])


def seed(words: list[tuple[str, float]], count: int, characters: set[str]) -> dict[str, float]:
    """Frequent substrings, scored by weight times length; all characters to be kept."""
    found: dict[str, float] = defaultdict(float)
    for round_, (token, weight) in enumerate(words):
        n = len(token)
        for begin in range(n):
            for end in range(begin + 1, min(n, begin + LONGEST) + 1):
                found[token[begin:end]] += weight
        if len(found) > 8_000_000:  # words come by weight: what is rare by now is rare
            limit = sorted(found.values())[len(found) // 2]
            found = defaultdict(float, {k: v for k, v in found.items() if v > limit or len(k) == 1})
    ranked = heapq.nlargest(count, ((v * len(k), k) for k, v in found.items() if len(k) > 1))
    out = {k: found[k] for _, k in ranked}
    for c in characters:
        out[c] = max(found.get(c, 0), 1e-12)
    return out


def to_scores(counts: dict[str, float]) -> tuple[list[str], list[int]]:
    total = sum(counts.values())
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ([p for p, _ in ranked],
            [max(BYTE_SCORE + 1, round(1000 * math.log(max(c / total, 1e-8)))) for _, c in ranked])


def train(weights: dict[str, float], size: int, log=print) -> Subwords:
    words = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    seen: Counter = Counter()
    for token, weight in words:
        for c in set(token):
            seen[c] += weight
    total = sum(seen.values())
    characters = {c for c, w in seen.items() if w > total * 2e-7}
    counts = seed(words, size * 8, characters)
    log(f"subwords: {len(words)} tokens, {len(characters)} characters, {len(counts)} seeds")
    while True:
        for _ in range(2):
            model = Subwords(*to_scores(counts))
            counts, loss = defaultdict(float), 0.0
            for token, weight in words:
                value, parts = model.best(token)
                loss -= value / 1000 * weight
                for part in parts:
                    counts[part] += weight
            counts = {p: c for p, c in counts.items() if p in model.score}
            for c in characters:
                counts.setdefault(c, 1e-12)
        log(f"subwords: {len(counts)} pieces, loss {loss / sum(weights.values()):.4f}")
        if len(counts) <= size:
            break
        model = Subwords(*to_scores(counts))
        cost = {}
        for piece, count in counts.items():
            if len(piece) > 1:
                value, _ = model.best(piece, without=piece)
                cost[piece] = count * (model.score[piece] - value)
        keep = max(size, int(len(counts) * .7)) - len(characters)
        kept = heapq.nlargest(keep, ((c, p) for p, c in cost.items()))
        counts = {p: counts[p] for _, p in kept} | {c: counts[c] for c in characters}
    return Subwords(*to_scores(counts))


# ---- The vocabulary in a model file, and the check against C -----------------------------------

def tensors(subwords: Subwords) -> dict[str, mien_file.Tensor]:
    """As src/text/subwords.h reads them; for mien_file.write_model."""
    pieces = [p.encode() for p in subwords.pieces]

    def row(values: np.ndarray) -> mien_file.Tensor:
        return values.view(np.int8).reshape(1, -1), np.ones(1, np.float32)

    return {"vocabulary.text": row(np.frombuffer(b"".join(pieces), np.uint8)),
            "vocabulary.lengths": row(np.array([len(p) for p in pieces], np.uint8)),
            "vocabulary.scores": row(np.array(subwords.scores, "<i2"))}


def write(subwords: Subwords, path: str | Path) -> None:
    mien_file.write_model(path, "text-deep", {"name": "vocabulary", "feature_version": 1}, tensors(subwords))


def lines(mien: str, path: str, *options: str):
    """What `mien features text` prints of each line of a file, without the ends of lines."""
    with subprocess.Popen([mien, "features", "text", *options, path], stdout=subprocess.PIPE) as process:
        for line in process.stdout:
            yield line.decode()[:-1]
    if process.returncode:
        raise RuntimeError(f"mien features text {' '.join(options)} {path} failed")


def check(mien: str, vocabulary: str, paths: list[str], log=print) -> int:
    """Returns the number of lines whose ids or marks differ."""
    subwords = Subwords.load(Path(vocabulary))
    total = tokens = ids = different = 0
    spelled: dict[str, str] = {}  # a token with its marks, as C prints its ids
    with tempfile.NamedTemporaryFile(suffix=".mien") as model:
        write(subwords, model.name)
        for path in paths:
            both = itertools.zip_longest(lines(mien, path, "--runs"), lines(mien, path, "--subwords", model.name))
            for number, (given, printed) in enumerate(both, 1):
                expected = []
                for part in (given or "").split(" "):
                    if part and part not in spelled:
                        token, mark, marks = part.partition("\x1f")
                        cut = subwords.cut(token, int(marks or 0))
                        spelled[part] = " ".join(f"{i}{mark}{marks}" for i in cut)
                    if part:
                        expected.append(spelled[part])
                        tokens += 1
                wanted = " ".join(expected)
                total += 1
                ids += wanted.count(" ") + 1 if wanted else 0
                if printed != wanted:
                    different += 1
                    if different <= 5:
                        log(f"{path}, line {number}: C has {printed!r}, Python {wanted!r}")
    log(f"{total} lines of {len(paths)} files, {tokens} tokens ({len(spelled)} different), {ids} ids: "
        f"{different} lines differ")
    return different


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", nargs=2, metavar=("FILE.tsv", "MODEL.mien"))
    parser.add_argument("--check", nargs="+", metavar="MIEN FILE.tsv TEXT")
    args = parser.parse_args()
    if args.write:
        write(Subwords.load(Path(args.write[0])), args.write[1])
    elif args.check and len(args.check) > 2:
        sys.exit(check(args.check[0], args.check[1], args.check[2:]) > 0)
    else:
        parser.error("--write FILE.tsv MODEL.mien, or --check MIEN FILE.tsv TEXT…")


if __name__ == "__main__":
    main()
