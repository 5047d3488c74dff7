#!/usr/bin/env python3
"""Do two people talk at once? A perceptron over the statistics by which speakers are told apart
(voice_speakers.py), trained on voices of one set laid over one another.

    train/voice_overlap.py --model models/voice.mien --out models/voice.mien

Adds the tensors overlap.* to a model. A window of 1.75 s is positive when in more than half of it both speak,
negative when in less than a tenth; others are left out. A third of the scenes come by telephone. The threshold
is the one at which 97 in 100 of the windows of dev that are called overlap are.
"""
from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import mien_file
import voice
from voice_data import RATE, decode, frames_of, split_rows, telephone
from voice_functionals import CEPSTRA, cosine
from voice_net import relative
from voice_readings import arguments
from voice_speakers import EVERY, WINDOW

HOP, HIDDEN, PRECISION = 160, 24, 0.97


def sounding(pcm: np.ndarray) -> np.ndarray:
    """By hop: whether it is speech, from the first to the last hop less than 30 dB under the loudest."""
    power = (pcm[:len(pcm) // HOP * HOP].reshape(-1, HOP) ** 2).mean(1)
    loud = np.flatnonzero(power > power.max() * 1e-3)
    out = np.zeros(len(power), bool)
    if len(loud):
        out[loud[0]:loud[-1] + 1] = True
    return out


def scene(voices: dict[str, list[np.ndarray]], r: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two clips of two people, one after the other or over it: samples, and by hop how many speak."""
    a, b = (voices[p][r.integers(len(voices[p]))].astype(np.float32) / 32768 for p in r.choice(list(voices), 2, replace=False))
    a, b = (x / (np.sqrt((x ** 2).mean()) + 1e-6) * 0.05 * 10 ** (r.uniform(-4, 4) / 20) for x in (a, b))
    at = int(r.uniform(-0.9, 1.2) * len(a)) if r.random() < 0.75 else len(a) + int(r.uniform(0, 0.5) * RATE)
    at = max(at, 0) // HOP * HOP
    x = np.zeros(max(len(a), at + len(b)), np.float32)
    count = np.zeros(len(x) // HOP, np.int64)
    for clip, start in ((a, 0), (b, at)):
        x[start:start + len(clip)] += clip
        speaks = sounding(clip)
        count[start // HOP:start // HOP + len(speaks)] += speaks[:len(count) - start // HOP]
    if r.random() < 0.33:
        x = telephone(x)
    x = x / max(abs(x).max() / 0.9, 1e-6) * 10 ** (-r.uniform(0, 20) / 20)
    return np.clip(np.round(x * 32767), -32768, 32767).astype(np.int16), count


def windows(frames: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Statistics of windows as voice_speakers.statistics makes them, and the share of each in which two speak."""
    x = relative(frames)
    y = np.concatenate([x[:, :64] @ cosine().T, x[:, 64:]], 1)
    rows, share = [], []
    for start in range(0, max(1, len(y) - WINDOW // 2), EVERY // 2):
        part, two = y[start:start + WINDOW], count[start:start + WINDOW] > 1
        loud = part[:, CEPSTRA] > -28
        voiced = loud & (part[:, CEPSTRA + 1] > 0)
        if voiced.sum() >= 30 and len(two):
            rows.append(np.concatenate([f(part[w], 0) for w in (loud, voiced) for f in (np.mean, np.std)]))
            share.append(two.mean())
    return np.array(rows, np.float32).reshape(-1, 4 * y.shape[1]), np.array(share)


def scenes(args, splits, number: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rows, r = split_rows(args.data), np.random.default_rng(seed)
    x, share = [], []
    for name in voice.TRAIN:
        voices: dict[str, list[np.ndarray]] = {}
        for file, pcm in zip(*decode(args.data, args.cache, name)):
            row = rows.get((name, file))
            if row and row["split"] in splits:
                voices.setdefault(row["speaker"], []).append(pcm)
        if len(voices) < 2:
            continue
        made = [scene(voices, r) for _ in range(number)]
        for frames, (_, count) in zip(frames_of(args.program, [m[0] for m in made]), made):
            some, two = windows(frames, count)
            x.append(some), share.append(two)
    x, share = np.concatenate(x), np.concatenate(share)
    sure = (share > 0.5) | (share < 0.1)
    return x[sure], (share[sure] > 0.5).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments(parser)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--scenes", type=int, default=1500, help="of each set")
    parser.add_argument("--steps", type=int, default=3000)
    args = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(1)
    x, y = scenes(args, ("train",), args.scenes, 1)
    dev_x, dev_y = scenes(args, ("dev",), args.scenes // 3, 2)
    meta, tensors = mien_file.read_model(args.model)
    mean, scale = tensors["speaker.mean"], tensors["speaker.scale"]
    ready = lambda a: torch.from_numpy(((a - mean) * scale).clip(-4, 4).astype(np.float32))
    x, dev, y = ready(x), ready(dev_x), torch.from_numpy(y)
    net = nn.Sequential(nn.Linear(x.shape[1], HIDDEN), nn.ReLU(), nn.Dropout(0.2), nn.Linear(HIDDEN, 1))
    optimiser = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, args.steps + 1)
    for _ in range(args.steps):
        pick = torch.randint(len(x), (256,))
        loss = F.binary_cross_entropy_with_logits(net(x[pick] + 0.1 * torch.randn(256, x.shape[1]))[:, 0], y[pick])
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
    with torch.no_grad():
        chance = torch.sigmoid(net.eval()(dev)[:, 0]).numpy()
    order = np.argsort(-chance)
    right = np.cumsum(dev_y[order])
    precision, recall = right / np.arange(1, len(order) + 1), right / dev_y.sum()
    good = np.flatnonzero(precision >= PRECISION)
    at = good[-1] if len(good) else 0
    area = float((np.cumsum(1 - dev_y[order]) * dev_y[order]).sum() / dev_y.sum() / (1 - dev_y).sum())
    print(f"{len(x)} windows, dev {len(dev)}, {dev_y.mean():.3f} of them overlap; area under the curve {1 - area:.3f}; "
          f"at {chance[order[at]]:.3f}: precision {precision[at]:.3f}, recall {recall[at]:.3f}")
    first, last = net[0], net[3]
    tensors |= {"overlap.hidden.weight": first.weight.detach().numpy(), "overlap.hidden.bias": first.bias.detach().numpy(),
                "overlap.out.weight": last.weight.detach().numpy(), "overlap.out.bias": last.bias.detach().numpy()}
    meta["overlap"] = {"threshold": round(float(chance[order[at]]), 4)}
    mien_file.write_model(args.out, "voice", meta, tensors)


if __name__ == "__main__":
    main()
