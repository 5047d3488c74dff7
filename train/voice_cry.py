"""Trains the detector of infants' crying of the voice model: the network of the speech detector, over scenes of cries
among everything else. An infant (an instance of Donate-a-Cry's app) is in one split alone: `split_of`.

    train/voice_cry.py --out CACHE/cry.pt       train/voice_cry.py --add models/voice.mien   (puts it into a model)
"""
from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from scipy import signal
from torch.nn import functional as F

from mien_file import read_model, write_model
from precision import mixed
from voice_data import RATE, SETS, Augment, decode, frames_of, split_rows, telephone
from voice_net import Speech, relative
from voice_readings import arguments
from voice_speech import SECONDS, music, spoken


def split_of(file: str) -> str:
    """Of a clip of Donate-a-Cry, by the app that sent it: one in five test, one in five dev (src/eval/cries.c)."""
    return {0: "test", 1: "dev"}.get(sum(map(ord, file[:36])) % 5, "train")


def scenes(args, rows, split: str, count: int, seed: int):
    """`count` recordings of 12 s and, for each 10 ms frame, whether an infant cries in it."""
    augment = Augment(args.data, args.cache, seed)
    r = augment.random
    cries = [p for f, p in zip(*decode(args.data, args.cache, "donateacry")) if split_of(f) == split]
    noises = []
    for f, p in zip(*decode(args.data, args.cache, "noise_esc10")):
        fold = int(f.split("-")[1])
        if fold == (4 if split == "dev" else 5) or (split == "train" and fold == 4):
            continue
        if split == "dev" and fold != 4:
            continue
        if f.startswith("baby_cry"):
            cries.append(p)
        elif p.std() > 4:
            noises.append(p.astype(np.float32) / 32768)
    augment.noises = noises or augment.noises
    speech = []
    for name in SETS:
        speech += [p for f, p in zip(*decode(args.data, args.cache, name)) if rows.get((name, f), {}).get("split") == split]
    total = SECONDS * RATE
    sounds, labels = [], []
    for _ in range(count):
        x, on = np.zeros(total, np.float32), np.zeros(SECONDS * 100, bool)
        at = int(r.exponential(1.0) * RATE)
        crying = r.random() < 0.5
        while at < total - RATE:
            cry = crying and r.random() < 0.7
            pcm = cries[r.integers(len(cries))] if cry else speech[r.integers(len(speech))]
            begin = int(r.integers(0, max(1, len(pcm) - 3 * RATE))) // 160 * 160
            pcm = pcm[begin:begin + int(r.uniform(1.5, 6) * RATE)]
            label = spoken(pcm)
            up, down = [(15, 16), (1, 1), (1, 1), (16, 15)][r.integers(4)]
            voice = pcm.astype(np.float32) / 32768
            if up != down:
                voice = signal.resample_poly(voice, up, down).astype(np.float32)
                label = label[(np.arange(len(voice) // 160) * down // up).clip(max=len(label) - 1)]
            voice = voice / (np.percentile(abs(voice), 99) + 1e-6) * 10 ** (r.uniform(-20, 0) / 20)
            at = at // 160 * 160
            n = min(len(voice), total - at)
            x[at:at + n] += voice[:n]
            if cry:  # gaps for breath belong to the crying
                where = np.flatnonzero(label[:n // 160])
                if len(where):
                    on[at // 160 + where[0]:at // 160 + where[-1] + 1] = True
            at += int(len(voice) * r.uniform(0.6, 1)) + int(r.exponential(0.8) * RATE)
        if r.random() < 0.3:
            x = signal.fftconvolve(x, augment.rooms[r.integers(len(augment.rooms))])[:total].astype(np.float32)
        other = music(r, total) if r.random() < 0.2 else augment.noise(total)
        if r.random() < 0.8:
            x = x + other * 0.1 / (other.std() + 1e-6) * 10 ** (-r.uniform(0, 35) / 20)
        if r.random() < 0.2:
            x = telephone(x)
        x = x / (abs(x).max() + 1e-6) * 10 ** (-r.uniform(1, 30) / 20)
        sounds.append(np.clip(np.round(x * 32767), -32768, 32767).astype(np.int16))
        labels.append(on)
    frames = np.stack([relative(f)[:SECONDS * 100] for f in frames_of(args.program, sounds)])
    return frames.astype(np.float32), np.stack(labels)


def fit(args, rows, steps: int = 2000, say=print) -> Speech:
    torch.manual_seed(6)
    x, on = scenes(args, rows, "train", 900, 21)
    dev_x, dev_on = scenes(args, rows, "dev", 150, 22)
    net = Speech()
    net.mean.copy_(torch.from_numpy(x.reshape(-1, 72).mean(0)))
    net.scale.copy_(torch.from_numpy(1 / (x.reshape(-1, 72).std(0) + 1e-3)))
    optimizer = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 6e-3, steps + 1)
    r = np.random.default_rng(3)
    for step in range(steps):
        net.train()
        picks, at = r.integers(0, len(x), 16), int(r.integers(0, 600))
        batch = torch.from_numpy(x[picks, at:at + 600])
        target = torch.from_numpy(on[picks, at:at + 600:2].astype(np.float32))
        with mixed("cpu"):
            logit = net(batch + torch.randn(16, 1, 1))
        loss = F.binary_cross_entropy_with_logits(logit.float(), target)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if (step + 1) % 250 == 0:
            net.eval()
            with torch.no_grad():
                p = torch.sigmoid(net(torch.from_numpy(dev_x))).numpy()
            true = dev_on[:, ::2]
            say(f"cry step {step + 1}: loss {float(loss):.3f}, found {(p > .5)[true].mean():.3f}, false {(p > .5)[~true].mean():.4f}",
                flush=True)
    return net.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments(parser)
    parser.add_argument("--out", type=Path, help="trains, and writes the weights here")
    parser.add_argument("--weights", type=Path, help="with --add: what --out wrote")
    parser.add_argument("--add", type=Path, help="the model that gets the detector")
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.out:
        torch.save(fit(args, split_rows(args.data)).state_dict(), args.out)
    if args.add:
        net = Speech()
        net.load_state_dict(torch.load(args.weights, map_location="cpu"))
        meta, tensors = read_model(args.add)
        own = {name.replace("speech.", "cry.", 1): t.astype(np.float16 if t.ndim > 1 else np.float32)
               for name, t in net.eval().tensors().items()}
        kind = meta.pop("kind", "voice")
        write_model(args.add, kind, {"kind": kind, **meta}, {**tensors, **own})


if __name__ == "__main__":
    main()
