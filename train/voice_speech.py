"""Trains the speech detector of the voice model on scenes made here: clips of the sets laid over
noise, rooms, music and cries at many levels, with gaps between them."""
from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from scipy import signal
from torch.nn import functional as F

from precision import mixed
from voice_data import LINES, RATE, Augment, coded, decode, frames_of, telephone
from voice_net import Speech, relative

SECONDS = 12
SETS = ["ravdess_speech", "emodb", "nemo", "crema_d_partial"]


def music(r: np.random.Generator, count: int) -> np.ndarray:
    """Chords and a melody of decaying or held harmonic tones, and drums of noise."""
    t = np.arange(count) / RATE
    out = np.zeros(count, np.float32)
    beat = r.uniform(0.18, 0.6)
    root = r.uniform(80, 330)
    for start in np.arange(0, t[-1], beat):
        for _ in range(int(r.integers(0, 4))):
            f = root * 2 ** (r.integers(-12, 24) / 12)
            a = int(start * RATE)
            n = min(count - a, int(r.uniform(0.5, 3) * beat * RATE))
            s = t[:n]
            wobble = r.uniform(0, 0.006) * np.sin(2 * np.pi * 5.5 * s)
            tone = sum(np.sin(2 * np.pi * f * k * (s + wobble / 10)) / k ** r.uniform(0.7, 2)
                       for k in range(1, int(r.integers(2, 12))) if f * k < 7500)
            out[a:a + n] += tone * np.exp(-s * r.choice([0.5, 3, 8])) * np.minimum(s * 60, 1)
        if r.random() < 0.4:
            a = int(start * RATE)
            n = min(count - a, 2500)
            out[a:a + n] += r.normal(0, 1, n) * np.exp(-np.arange(n) / r.uniform(150, 900))
    return out / (abs(out).max() + 1e-6)


def spoken(pcm: np.ndarray) -> np.ndarray:
    """For each 10 ms hop of a clean clip, whether it is speech: within 32 dB of the loudest, with
    gaps under 120 ms closed."""
    n = len(pcm) // 160
    x = pcm[:n * 160].astype(np.float32).reshape(n, 160) / 32768
    level = 10 * np.log10((x ** 2).mean(1) + 1e-10)
    level = np.convolve(level, np.ones(3) / 3, "same")
    on = level > max(np.percentile(level, 98) - 32, -80)
    edges = np.flatnonzero(np.diff(np.r_[0, on.astype(int), 0]))
    for end, start in zip(edges[1:-1:2], edges[2::2]):
        if start - end < 12:
            on[end:start] = True
    return on


def scenes(args, rows, split: str, count: int, seed: int):
    """`count` recordings of 12 s and, for each 10 ms frame, whether there is speech in it."""
    augment = Augment(args.data, args.cache, seed)
    r = augment.random
    if split != "train":
        augment.noises = [p.astype(np.float32) / 32768 for f, p in
                          zip(*decode(args.data, args.cache, "noise_esc10"))
                          if f.split("-")[1] == "5" and p.std() > 4]
    cries = decode(args.data, args.cache, "donateacry")[1]
    cries = cries[:350] if split == "train" else cries[350:]
    clips = []
    for name in SETS:
        clips.append([p for f, p in zip(*decode(args.data, args.cache, name))
                      if rows.get((name, f), {}).get("split") == split])
    total = SECONDS * RATE
    sounds, labels = [], []
    for _ in range(count):
        x, on = np.zeros(total, np.float32), np.zeros(SECONDS * 100, bool)
        at = int(r.exponential(0.7) * RATE)
        talk = r.random() < 0.6
        while talk and at < total - RATE:
            some = clips[r.integers(len(clips))]
            pcm = some[r.integers(len(some))]
            label = spoken(pcm)
            up, down = [(9, 10), (1, 1), (1, 1), (10, 9)][r.integers(4)]
            voice = pcm.astype(np.float32) / 32768
            if up != down:
                voice = signal.resample_poly(voice, up, down).astype(np.float32)
                label = label[(np.arange(len(voice) // 160) * down // up).clip(max=len(label) - 1)]
            voice = voice / (np.percentile(abs(voice), 99) + 1e-6) * 10 ** (r.uniform(-12, 0) / 20)
            at = at // 160 * 160
            n = min(len(voice), total - at)
            x[at:at + n] += voice[:n]
            m = min(len(label), n // 160)
            on[at // 160:at // 160 + m] |= label[:m]
            at += len(voice) + int(r.exponential(0.8) * RATE)
        if r.random() < 0.3:
            room = augment.rooms[r.integers(len(augment.rooms))]
            x = signal.fftconvolve(x, room)[:total].astype(np.float32)
        kind = r.random()
        if kind < 0.25:
            other = music(r, total)
        elif kind < 0.45 and not talk:
            other = np.resize(cries[r.integers(len(cries))].astype(np.float32) / 32768, total)
        else:
            other = augment.noise(total)
        if talk:
            gain = 0.1 / (other.std() + 1e-6) * 10 ** (-r.uniform(-2, 35) / 20)
        else:
            gain = 0.1 / (other.std() + 1e-6)
        if r.random() < 0.9 or not talk:
            x = x + other * gain
        if r.random() < 0.3:
            x = telephone(x)
        x = x / (abs(x).max() + 1e-6) * 10 ** (-r.uniform(1, 35) / 20)
        pcm = np.clip(np.round(x * 32767), -32768, 32767).astype(np.int16)
        if r.random() < 0.25:
            pcm = coded(pcm, list(LINES)[r.integers(len(LINES))])
        sounds.append(pcm)
        labels.append(on)
    frames = np.stack([relative(f)[:SECONDS * 100] for f in frames_of(args.program, sounds)])
    return frames.astype(np.float32), np.stack(labels)


def fit(args, rows, steps: int = 2600, say=print) -> Speech:
    torch.manual_seed(5)
    x, on = scenes(args, rows, "train", 1300, 11)
    dev_x, dev_on = scenes(args, rows, "dev", 120, 12)
    net = Speech()
    net.mean.copy_(torch.from_numpy(x.reshape(-1, 72).mean(0)))
    net.scale.copy_(torch.from_numpy(1 / (x.reshape(-1, 72).std(0) + 1e-3)))
    net.to(args.device)
    optimizer = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 6e-3, steps + 1)
    r = np.random.default_rng(3)
    for step in range(steps):
        net.train()
        picks = r.integers(0, len(x), 16)
        at = int(r.integers(0, 600))
        batch = torch.from_numpy(x[picks, at:at + 600]).to(args.device)
        # Output 2k sees the frames up to 2k: 20 ms a step.
        target = torch.from_numpy(on[picks, at:at + 600:2].astype(np.float32)).to(args.device)
        with mixed(args.device):
            logit = net(batch + torch.randn(16, 1, 1, device=args.device))
        loss = F.binary_cross_entropy_with_logits(logit.float(), target)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if (step + 1) % 300 == 0:
            net.eval()
            with torch.no_grad():
                p = torch.sigmoid(net(torch.from_numpy(dev_x).to(args.device))).cpu().numpy()
            true = dev_on[:, ::2]
            quiet = ~true.any(1)
            say(f"speech step {step + 1}: loss {float(loss):.3f}, frames right "
                f"{np.mean((p > .5) == true):.3f}, speech found {(p > .5)[true].mean():.3f}, "
                f"false in pauses {(p > .5)[~quiet][~true[~quiet]].mean():.3f}, "
                f"false without speech {(p > .5)[quiet].mean():.4f}", flush=True)
    return net.eval()
