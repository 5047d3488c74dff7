#!/usr/bin/env python3
"""Writes and reads Mien model files (docs/model-format.md).

    write_model(path, kind, meta, tensors)     meta, tensors = read_model(path)

`tensors` maps a name to a float32 or float16 array, or to (int8 array, float32 scales) with one
scale for each row of the first dimension, as `quantize_rows` gives them. The file is signed with
the Ed25519 key in the file that MIEN_SIGNING_KEY names (`mien_file.py key FILE` makes one), and
left unsigned where that is not set. The same contents give the same bytes.
"""
from __future__ import annotations

import hashlib
import json
import math
import os
import re
import struct
import sys
from pathlib import Path
from typing import Mapping, Union

import numpy as np

MAGIC = b"MIEN\r\n\x1a\n"
VERSION = 1
ALIGN = 64
HEADER = struct.Struct("<8sIIQQQQQQ")  # 64 bytes
ENTRY = struct.Struct("<64sII4IQQQQQ")  # 128 bytes
SEAL = 128
TABLE = HEADER.size + SEAL
SIGNED_PREFIX = b"mien model 1\n"
F32, I8, F16 = 0, 1, 2

Tensor = Union[np.ndarray, "tuple[np.ndarray, np.ndarray]"]


def quantize_rows(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric int8 with one scale for each row of the first dimension: w ≈ q * scale."""
    weights = np.ascontiguousarray(weights, dtype=np.float32)
    rows = weights.reshape(len(weights), -1)
    scales = (np.abs(rows).max(axis=1) / 127.0).astype(np.float32)
    safe = np.where(scales > 0, scales, 1).astype(np.float32)
    q = np.clip(np.rint(rows / safe[:, None]), -127, 127).astype(np.int8)
    return q.reshape(weights.shape), safe


def dequantize_rows(q: np.ndarray, scales: np.ndarray) -> np.ndarray:
    return q.astype(np.float32) * scales.reshape((-1,) + (1,) * (q.ndim - 1)).astype(np.float32)


def _aligned(at: int) -> int:
    return -(-at // ALIGN) * ALIGN


def _parts(name: str, tensor: Tensor) -> tuple[int, np.ndarray, np.ndarray | None]:
    scales = None
    if isinstance(tensor, tuple):
        data, scales = tensor
        scales = np.ascontiguousarray(scales, dtype="<f4").reshape(-1)
        if data.dtype != np.int8 or len(scales) != data.shape[0]:
            raise ValueError(f"{name}: int8 tensors need one scale for each row")
        if not (np.isfinite(scales).all() and (scales >= 0).all()):
            raise ValueError(f"{name}: the scales are not all finite and positive")
        kind = I8
    else:
        data = np.asarray(tensor)
        if data.dtype == np.float16:
            kind = F16
        elif data.dtype in (np.float32, np.float64):
            kind, data = F32, data.astype("<f4")
        else:
            raise ValueError(f"{name}: {data.dtype} is not float32, float16 or (int8, scales)")
        if not np.isfinite(data).all():
            raise ValueError(f"{name}: not every number is finite")
    if not re.fullmatch(r"[A-Za-z0-9._/-]{1,63}", name):
        raise ValueError(f"{name!r} is not 1 to 63 plain characters")
    if not 1 <= data.ndim <= 4 or data.size == 0:
        raise ValueError(f"{name}: shape {data.shape} is not of rank 1 to 4 without zeros")
    return kind, np.ascontiguousarray(data), scales


def signing_key():
    path = os.environ.get("MIEN_SIGNING_KEY")
    if not path:
        return None
    from nacl.signing import SigningKey  # Debian: python3-nacl
    return SigningKey(bytes.fromhex(Path(path).read_text().strip()))


def write_model(path: str | os.PathLike, kind: str, meta: dict, tensors: Mapping[str, Tensor]) -> None:
    text = json.dumps({"kind": kind, **{k: v for k, v in meta.items() if k != "kind"}},
                      ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    parts = {name: _parts(name, tensor) for name, tensor in tensors.items()}
    if len(parts) > 1024 or len(text) > 1 << 20:
        raise ValueError("more than 1024 tensors, or more than 1 MiB of metadata")
    meta_at = TABLE + ENTRY.size * len(parts)
    data_at = end = _aligned(meta_at + len(text) + 1)
    table, data = b"", bytearray()

    def place(array: np.ndarray) -> tuple[int, int]:
        nonlocal end
        at = _aligned(end)
        data.extend(bytes(at - end) + array.tobytes())
        end = at + array.nbytes
        return at, array.nbytes

    for name, (type_, array, scales) in parts.items():
        dims = array.shape + (1,) * (4 - array.ndim)
        where = place(array) + (place(scales) if scales is not None else (0, 0))
        table += ENTRY.pack(name.encode(), type_, array.ndim, *dims, *where, 0)
    header = HEADER.pack(MAGIC, VERSION, len(parts), end, meta_at, len(text), data_at, 0, 0)
    body = table + text + bytes(data_at - meta_at - len(text)) + bytes(data)
    digest = hashlib.sha256(header + body).digest()
    key = signing_key()
    if key is not None:
        seal = digest + bytes(key.verify_key) + key.sign(SIGNED_PREFIX + digest).signature
    else:
        seal = digest + bytes(96)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(header + seal + body)
    os.replace(partial, path)


def read_model(path: str | os.PathLike) -> tuple[dict, dict[str, Tensor]]:
    """The metadata and the tensors of a file; ValueError where it is damaged."""
    raw = Path(path).read_bytes()
    if len(raw) < TABLE or raw[:8] != MAGIC:
        raise ValueError(f"{path}: not a Mien model file")
    _, version, count, size, meta_at, meta_bytes, _, _, _ = HEADER.unpack_from(raw)
    if version != VERSION or size != len(raw):
        raise ValueError(f"{path}: another version, or cut short")
    if hashlib.sha256(raw[:HEADER.size] + raw[TABLE:]).digest() != raw[64:96]:
        raise ValueError(f"{path}: the contents do not match their SHA-256")
    meta = json.loads(raw[meta_at:meta_at + meta_bytes])
    tensors: dict[str, Tensor] = {}
    for i in range(count):
        name, type_, rank, *rest = ENTRY.unpack_from(raw, TABLE + i * ENTRY.size)
        shape, (at, _, scales_at, _, _) = rest[:rank], rest[4:]
        dtype = {F32: "<f4", I8: "i1", F16: "<f2"}[type_]
        array = np.frombuffer(raw, dtype, math.prod(shape), at).reshape(shape)
        name = name.rstrip(b"\0").decode()
        if type_ == I8:
            tensors[name] = (array, np.frombuffer(raw, "<f4", shape[0], scales_at))
        else:
            tensors[name] = array
    return meta, tensors


def make_key(path: str) -> None:
    """Makes a signing key (never overwriting one) and prints its public half."""
    from nacl.signing import SigningKey
    file = Path(path)
    if not file.exists():
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(bytes(SigningKey.generate()).hex() + "\n")
    print(bytes(SigningKey(bytes.fromhex(file.read_text().strip())).verify_key).hex())


def sign(path: str) -> None:
    """Signs a finished file again, with the key of MIEN_SIGNING_KEY; its contents stay."""
    read_model(path)
    key = signing_key()
    if key is None:
        raise ValueError("MIEN_SIGNING_KEY names no key")
    raw = bytearray(Path(path).read_bytes())
    digest = bytes(raw[64:96])
    raw[96:192] = bytes(key.verify_key) + key.sign(SIGNED_PREFIX + digest).signature
    Path(path).write_bytes(raw)


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "key":
        make_key(sys.argv[2])
    elif len(sys.argv) > 2 and sys.argv[1] == "sign":
        for name in sys.argv[2:]:
            sign(name)
    else:
        sys.exit("usage: mien_file.py key FILE      makes an Ed25519 signing key, prints its public half\n"
                 "       mien_file.py sign FILE…    signs model files again with the key of MIEN_SIGNING_KEY")
