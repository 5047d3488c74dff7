#!/usr/bin/env python3
"""Shapes of the network over frames, beside one another with the same budget: what comes after its convolutions.

    train/voice_compare.py SHAPE [--steps 2400]     gru (as shipped), tcn, conformer, plain (nothing)

Prints UAR on the speakers of dev as training goes on (voice_emotion.fit); docs/experiments-voice.md has the table.
"""
from __future__ import annotations

import argparse
import sys

import torch
from torch import nn
from torch.nn import functional as F

import voice
import voice_emotion as emotion
from voice_data import split_rows
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


class Conformer(nn.Module):
    """Two small conformer blocks (Gulati et al. 2020), causal: half a feed-forward, attention over the past, a
    depthwise convolution, half a feed-forward."""

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            forward = lambda: nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 2 * WIDTH), nn.SiLU(), nn.Dropout(0.1),
                                            nn.Linear(2 * WIDTH, WIDTH))
            self.first, self.last = forward(), forward()
            self.norm, self.attend = nn.LayerNorm(WIDTH), nn.MultiheadAttention(WIDTH, 4, dropout=0.1, batch_first=True)
            self.conv_norm, self.gate = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 2 * WIDTH)
            self.conv, self.out = nn.Conv1d(WIDTH, WIDTH, 15, groups=WIDTH), nn.Linear(WIDTH, WIDTH)

        def forward(self, x):
            x = x + 0.5 * self.first(x)
            y = self.norm(x)
            future = torch.triu(torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device), 1)
            with torch.autocast(x.device.type, enabled=False):
                y = y.float()
                x = x + self.attend(y, y, y, attn_mask=future, need_weights=False)[0]
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments(parser)
    parser.add_argument("shape", choices=["gru", "tcn", "conformer", "plain"])
    parser.add_argument("--steps", type=int, default=2400)
    parser.add_argument("--variants", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    rows = split_rows(args.data)
    net = Encoder()
    if args.shape != "gru":
        net.gru = {"tcn": Temporal, "conformer": Conformer, "plain": Nothing}[args.shape]()
    print(args.shape, sum(p.numel() for p in net.parameters()), "weights", flush=True)
    clips = emotion.Clips(args, voice.TRAIN, ("train",), rows, range(args.variants))
    dev = emotion.Clips(args, voice.TRAIN, ("dev",), rows)
    emotion.input_scales(net, clips)
    emotion.fit(net, clips, args.steps, 1, args.cache / f"compare-{args.shape}.pt", dev)


if __name__ == "__main__":
    sys.exit(main())
