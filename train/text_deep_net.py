#!/usr/bin/env python3
"""The network of src/text/deep.h in torch: simple recurrent units over subwords, many heads.

Tensors are time-major, [T][B][…], as the recurrence wants them."""
from __future__ import annotations

from dataclasses import dataclass, asdict

import torch
from torch import nn
from torch.nn import functional as F

from text_recurrence import recurrence

HEADS = {"fine": 28, "core": 7, "brighter": 6, "dims": 3, "plutchik": 8, "sentiment": 3, "sarcasm": 1,
         "stress": 1, "intensity": 6}  # and "language", as many as there are


@dataclass
class Sizes:
    pieces: int
    languages: int
    width: int = 128      # D
    channels: int = 256   # H, each way
    layers: int = 2
    slices: int = 8       # of attention pooling
    hidden: int = 256

    def dict(self) -> dict[str, int]:
        return asdict(self)


class Layer(nn.Module):
    """One bidirectional layer of simple recurrent units (Lei et al. 2018). The first sees each piece
    with its neighbours and makes its own highway; the others pass their input on."""

    def __init__(self, width: int, channels: int, first: bool):
        super().__init__()
        self.first, self.channels = first, channels
        self.norm = nn.LayerNorm(width)
        rows, columns = (8 if first else 6) * channels, (3 if first else 1) * width
        self.weight = nn.Parameter(torch.randn(rows, columns) * (1 / columns) ** .5)
        self.recur = nn.Parameter(torch.randn(4, channels) * .1)
        self.bias = nn.Parameter(torch.zeros(4, channels))
        with torch.no_grad():
            self.bias[0::2] += 1.0   # states last at first
            self.bias[1::2] -= 1.0   # and mostly pass their input on

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        T, B, _ = x.shape
        H = self.channels
        n = self.norm(x) * mask.unsqueeze(-1)
        if self.first:
            p = F.pad(n, (0, 0, 0, 0, 1, 1))
            n = torch.cat([p[:-2], p[1:-1], p[2:]], -1)
        u = F.linear(n, self.weight)
        skip = u[..., 6 * H:] if self.first else x
        return recurrence(u[..., :6 * H].reshape(T, B, 2, 3, H), skip,
                          self.recur.view(2, 2, H), self.bias.view(2, 2, H), mask)


class Deep(nn.Module):
    def __init__(self, sizes: Sizes, dropout: float = .3):
        super().__init__()
        self.sizes = sizes
        D, H = sizes.width, sizes.channels
        self.rows = nn.Embedding(sizes.pieces, D)
        nn.init.normal_(self.rows.weight, std=.3)
        self.marks = nn.Parameter(torch.zeros(3, D))
        self.layers = nn.ModuleList(Layer(2 * H if k else D, H, k == 0) for k in range(sizes.layers))
        self.norm = nn.LayerNorm(2 * H)
        self.attend = nn.Parameter(torch.randn(sizes.slices, 2 * H) * .02)
        self.hidden = nn.Linear(4 * H + D, sizes.hidden)
        self.parts = list((HEADS | {"language": sizes.languages}).items())
        self.heads = nn.Linear(sizes.hidden, sum(n for _, n in self.parts))
        # only for training
        self.concern = nn.Linear(sizes.hidden, 2)
        self.guess, self.guess_norm = nn.Linear(2 * H, D), nn.LayerNorm(D)
        self.guess_bias = nn.Parameter(torch.zeros(sizes.pieces))
        self.drop = nn.Dropout(dropout)
        self.drop_in = nn.Dropout(dropout * .6)

    def embed(self, ids: torch.Tensor, marks: torch.Tensor) -> torch.Tensor:
        x = self.rows(ids)
        for k in range(3):
            x = x + ((marks >> k) & 1).unsqueeze(-1).to(x.dtype) * self.marks[k]
        return x

    def encode(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """x [T][B][D], mask [T][B] -> y [T][B][2 H]."""
        h = x
        for k, layer in enumerate(self.layers):
            h = layer(h, mask)
            if k + 1 < len(self.layers):
                h = self.drop_in(h)
        return self.norm(h)

    def guesses(self, y: torch.Tensor) -> torch.Tensor:
        """y [n][2 H] of masked pieces -> vectors [n][D] to be compared with the rows."""
        return self.guess_norm(F.gelu(self.guess(y)).float())

    def pool(self, x: torch.Tensor, y: torch.Tensor, current: torch.Tensor) -> torch.Tensor:
        """Over the pieces of the turn that is read: [B][4 H + D]."""
        T, B, C = y.shape
        A = self.sizes.slices
        x, y = x.float(), y.float()
        m = current.unsqueeze(-1)
        scores = F.linear(y, self.attend).masked_fill(m == 0, -1e9)
        weights = torch.softmax(scores, 0)
        attended = (y.view(T, B, A, C // A) * weights.unsqueeze(-1)).sum(0).reshape(B, C)
        largest = y.masked_fill(m == 0, -1e9).amax(0)
        mean = (x * m).sum(0) / m.sum(0)
        return torch.cat([attended, largest, mean], -1)

    def forward(self, ids, marks, mask, current) -> dict[str, torch.Tensor]:
        """ids, marks, mask, current: [T][B] -> each head's numbers [B][n], before their function."""
        x = self.drop_in(self.embed(ids, marks))
        y = self.drop(self.encode(x, mask))
        h = self.drop(F.relu(self.hidden(self.drop(self.pool(x, y, current)))))
        self.vector = h
        out = self.heads(h).float().split([n for _, n in self.parts], -1)
        return {name: o for (name, _), o in zip(self.parts, out)} | {"concern": self.concern(h).float()}
