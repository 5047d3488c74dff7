#!/usr/bin/env python3
"""The pieces that get a row of the table, and their first vectors.

    Vectors(path)      a fastText model file (Bojanowski et al. 2017), as `fasttext skipgram` writes
    choose(...)        which words and n-grams are kept, and where each stands in the hash table
"""
from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

BUCKET = 16


class Vectors:
    """Reads only what is needed of fastText's binary format 12: words, and the input matrix."""

    def __init__(self, path: Path):
        raw = np.memmap(path, np.uint8, "r")
        magic, version = struct.unpack_from("<ii", raw, 0)
        if magic != 793712314 or version != 12:
            raise ValueError(f"{path}: not a fastText model of version 12")
        (self.dim, _, _, _, _, _, _, _, self.buckets, self.shortest, self.longest, _) = \
            struct.unpack_from("<12i", raw, 8)
        at = 8 + 12 * 4 + 8
        size, words, _, _, pruned = struct.unpack_from("<iiiqq", raw, at)
        at += 28
        self.index: dict[str, int] = {}
        data = raw[at:at + size * 160].tobytes()
        place = 0
        for i in range(size):
            end = data.index(b"\0", place)
            self.index[data[place:end].decode("utf-8", "replace")] = i
            place = end + 1 + 9
        at += place + max(pruned, 0) * 8
        quantised = raw[at]
        rows, columns = struct.unpack_from("<qq", raw, at + 1)
        if quantised or columns != self.dim or rows != words + self.buckets:
            raise ValueError(f"{path}: its matrix is not the one expected")
        at += 17
        self.matrix = np.frombuffer(raw, np.float32, rows * columns, at).reshape(rows, columns)
        self.words = words

    def word(self, token: str) -> np.ndarray | None:
        i = self.index.get(token)
        return None if i is None else self.matrix[i]

    def gram(self, gram: str) -> np.ndarray | None:
        if not self.shortest <= len(gram) <= self.longest:
            return None
        h = 2166136261
        for byte in gram.encode():  # FNV-1a over signed bytes, as fastText does
            h = ((h ^ (byte if byte < 128 else byte + 0xffffff00)) * 16777619) & 0xffffffff
        return self.matrix[self.words + h % self.buckets]


def place(hashes: np.ndarray, scores: np.ndarray, buckets: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the hash table of src/text/model.h for each hash (-1: its bucket is full of better
    ones), and the keys [buckets][16]."""
    rows = np.full(len(hashes), -1, np.int64)
    keys = np.zeros((buckets, BUCKET), np.uint32)
    filled = np.zeros(buckets, np.int64)
    bucket = ((hashes >> np.uint64(32)) * np.uint64(buckets)) >> np.uint64(32)
    key = (hashes & np.uint64(0xffffffff)).astype(np.uint32)
    key[key == 0] = 1
    for i in np.argsort(-scores, kind="stable"):
        b = int(bucket[i])
        n = filled[b]
        if n < BUCKET and not (keys[b, :n] == key[i]).any():
            keys[b, n] = key[i]
            rows[i] = b * BUCKET + n
            filled[b] += 1
    return rows, keys
