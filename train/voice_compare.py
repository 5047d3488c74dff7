#!/usr/bin/env python3
"""Shapes of the network over frames and ways of training it, beside one another with the same budget.

    train/voice_compare.py SHAPE [--steps 2400]     what comes after its convolutions: gru (as shipped), tcn,
                                                    conformer, plain (nothing)
    train/voice_compare.py gru --adversary 0.3      its speakers made hard to tell
    train/voice_compare.py gru --predictive 1500    pre-trained on what comes next
    train/voice_compare.py gru --distil             taught by one that hears the future
    train/voice_compare.py filters, frames          filters that are learnt, and the program's frames, on clips
                                                    as they are

Prints UAR on the speakers of dev as training goes on (voice_emotion.fit); docs/experiments-voice.md has the table.
"""
from __future__ import annotations

import argparse
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import voice
import voice_emotion as emotion
from voice_data import decode, split_rows
from voice_net import Causal, Encoder
from voice_readings import arguments

WIDTH = 128


class Temporal(nn.Module):
    """A temporal convolutional network (Bai et al. 2018): residual causal convolutions, 1.2 s of past."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([Causal(WIDTH, WIDTH, 3, dilation=d) for d in (1, 2, 4, 8)])

    def forward(self, x):
        x = x.transpose(1, 2)
        for layer in self.layers:
            x = x + layer(x)
        return x.transpose(1, 2), None


class Norm(nn.LayerNorm):
    def forward(self, x):
        return super().forward(x.float())


class Conformer(nn.Module):
    """Two small conformer blocks (Gulati et al. 2020), causal: half a feed-forward, attention over the past, a
    depthwise convolution, half a feed-forward."""

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            forward = lambda: nn.Sequential(Norm(WIDTH), nn.Linear(WIDTH, 2 * WIDTH), nn.SiLU(), nn.Dropout(0.1),
                                            nn.Linear(2 * WIDTH, WIDTH))
            self.first, self.last = forward(), forward()
            self.norm, self.attend = Norm(WIDTH), nn.MultiheadAttention(WIDTH, 4, dropout=0.1, batch_first=True)
            self.conv_norm, self.gate = Norm(WIDTH), nn.Linear(WIDTH, 2 * WIDTH)
            self.conv, self.out = nn.Conv1d(WIDTH, WIDTH, 15, groups=WIDTH), nn.Linear(WIDTH, WIDTH)

        def forward(self, x):
            x = x + 0.5 * self.first(x)
            y = self.norm(x)
            future = torch.triu(torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device), 1)
            with torch.autocast(x.device.type, enabled=False):
                y = y.float()
                heard = self.attend(y, y, y, attn_mask=future, need_weights=False)[0]
            x = x.float() + heard
            y = F.glu(self.gate(self.conv_norm(x)), dim=-1).transpose(1, 2)
            x = x + self.out(F.silu(self.conv(F.pad(y, (14, 0)))).transpose(1, 2))
            return x + 0.5 * self.last(x)

    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([self.Block(), self.Block()])

    def forward(self, x):
        place = torch.arange(x.shape[1], device=x.device)[:, None] / 10000 ** (torch.arange(0, WIDTH, 2, device=x.device) / WIDTH)
        x = x + torch.cat([place.sin(), place.cos()], 1).to(x.dtype)
        for block in self.blocks:
            x = block(x)
        return x, None


class Nothing(nn.Module):
    def forward(self, x):
        return x, None


# ---- ways of training --------------------------------------------------------------------------------

class Against(torch.autograd.Function):
    """The gradient, turned round (Ganin and Lempitsky 2015)."""

    @staticmethod
    def forward(ctx, x, weight):
        ctx.weight = weight
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        return -ctx.weight * gradient, None


def adversary(net: Encoder, clips: emotion.Clips, weight: float):
    """Whose voice it is must not be told from what is pooled."""
    names = sorted({item[4] for item in clips.items})
    who = torch.tensor([names.index(item[4]) for item in clips.items])
    net.who = nn.Sequential(nn.Linear(4 * WIDTH, 128), nn.ReLU(), nn.Linear(128, len(names)))

    def beside(x, counts, pooled, logits, picks):
        return 0.3 * F.cross_entropy(net.who(Against.apply(pooled.float(), weight)), who[picks])
    return beside


def predictive(net: Encoder, clips: emotion.Clips, steps: int, ahead: int = 3) -> None:
    """Autoregressive predictive coding (Chung et al. 2019): the bands 120 ms ahead, from all voices, labelled or not."""
    out = nn.Linear(2 * WIDTH, 4 * 64)
    optimiser = torch.optim.AdamW([*net.parameters(), *out.parameters()], 1e-3)
    for step, (x, counts, *_) in enumerate(emotion.batches(clips, 64, steps, net.mean.numpy(), 77)):
        h, _ = net.steps(x)
        goal = ((x - net.mean) * net.scale).clamp(-4, 4)[:, :h.shape[1] * 4, :64].reshape(len(x), -1, 4 * 64)[:, ahead:]
        known = (torch.arange(goal.shape[1])[None] + ahead < counts[:, None]).float()
        loss = ((out(h[:, :-ahead]) - goal).abs().mean(2) * known).sum() / known.sum()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        if step % 200 == 199:
            print(f"predictive {step + 1}: {float(loss):.3f}", flush=True)


class Both(nn.Module):
    """A recurrence that hears the future as well."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(WIDTH, WIDTH // 2, batch_first=True, bidirectional=True)

    def forward(self, x):
        return self.gru(x)


def distilled(teacher: Encoder):
    """What the teacher says of the same changed clip (Hinton et al. 2015)."""
    def beside(x, counts, pooled, logits, picks):
        with torch.no_grad():
            said = teacher(x, counts)[0].float()
        open_ = logits > -5e3
        said = said.masked_fill(~open_, -1e4).softmax(1)
        return -(said * logits.log_softmax(1).masked_fill(~open_, 0)).sum(1).mean()
    return beside


class Waves(emotion.Clips):
    """Clips as 64 filters' worth of samples a hop: for a front end that is learnt. Nothing is changed on its way."""

    def __init__(self, args, *given):
        super().__init__(args, *given)
        self.sound = {}
        for name in {item[0] for item in self.items}:
            self.sound[name] = decode(args.data, args.cache, name)[1]

    def whole(self, k: int):
        n, i = self.items[k][:2]
        a, b = self.span((n, 0), i)
        x = self.sound[n][i][max(0, a - 20) * 160:(b + 50) * 160].astype(np.float32) / 32768
        x = x[:len(x) // 160 * 160].reshape(-1, 160)
        return x / (np.sqrt((x ** 2).mean(1)).max() + 1e-6)


class Filters(Encoder):
    """Filters over the samples that begin as Gabor's at the places of the mel bands, their energy's logarithm
    (after Zeghidour et al. 2021), in place of the program's frames."""

    def __init__(self):
        super().__init__()
        mel = torch.linspace(40, 2800, 66)[1:-1]
        hertz = 700 * (10 ** (mel / 2595) - 1)
        t = (torch.arange(400) - 199.5) / 16000
        window = torch.hann_window(400) / 20
        wave = lambda f: f(2 * torch.pi * hertz[:, None] * t) * window
        self.filters = nn.Parameter(torch.cat([wave(torch.cos), wave(torch.sin)]))

    def steps(self, x):
        y = F.conv1d(F.pad(x.flatten(1)[:, None], (240, 0)), self.filters[:, None], stride=160)
        y = torch.log(y[:, :64] ** 2 + y[:, 64:] ** 2 + 1e-5).transpose(1, 2)
        return super().steps(F.pad(y, (0, 8)))


def unchanged(clips, k, r):
    x = clips.whole(k)
    at = int(r.integers(0, max(1, len(x) - emotion.LONGEST + 1)))
    return x[at:at + emotion.LONGEST].copy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments(parser)
    parser.add_argument("shape", choices=["gru", "tcn", "conformer", "plain", "filters", "frames"])
    parser.add_argument("--steps", type=int, default=2400)
    parser.add_argument("--variants", type=int, default=5)
    parser.add_argument("--adversary", type=float, default=0, help="weight of a speaker's loss, turned round")
    parser.add_argument("--predictive", type=int, default=0, help="steps of pre-training")
    parser.add_argument("--distil", action="store_true", help="from a teacher that hears the future")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    rows = split_rows(args.data)
    bare = args.shape in ("filters", "frames")  # the front ends beside one another, no clip changed
    net = Filters() if args.shape == "filters" else Encoder()
    if args.shape in ("tcn", "conformer", "plain"):
        net.gru = {"tcn": Temporal, "conformer": Conformer, "plain": Nothing}[args.shape]()
    print(vars(args)["shape"], sum(p.numel() for p in net.parameters()), "weights", flush=True)
    kind = Waves if args.shape == "filters" else emotion.Clips
    clips = kind(args, voice.TRAIN, ("train",), rows, range(1 if bare else args.variants))
    dev = kind(args, voice.TRAIN, ("dev",), rows)
    if bare:
        emotion.varied, emotion.mask = unchanged, lambda *_: None
    if args.shape == "filters":
        net.mean.fill_(-6.0)
        net.scale.fill_(0.3)
    else:
        emotion.input_scales(net, clips)
    beside = adversary(net, clips, args.adversary) if args.adversary else None
    if args.predictive:
        every = emotion.Clips(args, voice.TRAIN, ("train",), rows, range(args.variants))
        predictive(net, every, args.predictive)
    keep = args.cache / f"compare-{args.shape}.pt"
    if args.distil:
        teacher = Encoder()
        teacher.gru = Both()
        emotion.input_scales(teacher, clips)
        beside = distilled(emotion.fit(teacher, clips, args.steps, 2, keep.with_suffix(".teacher.pt"), dev))
    emotion.fit(net, clips, args.steps, 1, keep, dev, beside=beside)


if __name__ == "__main__":
    sys.exit(main())
