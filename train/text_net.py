#!/usr/bin/env python3
"""The network of src/text/model.h in torch, over token vectors."""
from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

FINE, CORE, BRIGHTER, DIMS, PLUTCHIK = 28, 7, 6, 3, 8


def window(x: torch.Tensor) -> torch.Tensor:
    """[B][T][D] -> [B][T][3 D]: each column with its neighbours, zeros outside."""
    padded = F.pad(x, (0, 0, 1, 1))
    return torch.cat([padded[:, :-2], padded[:, 1:-1], padded[:, 2:]], -1)


class Net(nn.Module):
    """x [B][T][D] and mask [B][T] -> fine, core, BRIGHTER, dims (before tanh), Plutchik.

    The Plutchik head and the sets' biases on the core labels only serve training."""

    def __init__(self, width: int, channels: int, slices: int, hidden: int, sets: int,
                 dropout: float = .3):
        super().__init__()
        self.width, self.channels, self.slices = width, channels, slices
        self.conv1 = nn.Linear(3 * width, channels)
        self.conv2 = nn.Linear(3 * channels, channels)
        self.attend = nn.Linear(channels, slices, bias=False)
        self.hidden = nn.Linear(2 * channels + width, hidden)
        self.heads = nn.Linear(hidden, FINE + CORE + BRIGHTER + DIMS)
        self.plutchik = nn.Linear(hidden, PLUTCHIK)
        self.set_bias = nn.Embedding(sets, CORE)
        nn.init.zeros_(self.set_bias.weight)
        self.drop_in, self.drop = nn.Dropout(dropout * .7), nn.Dropout(dropout)

    def forward(self, x: torch.Tensor, mask: torch.Tensor, set_: torch.Tensor | None = None):
        m = mask.unsqueeze(-1)
        x = self.drop_in(x) * m
        c = F.relu(self.conv1(window(x))) * m
        c = self.drop(c)
        y = c + F.relu(self.conv2(window(c)))
        scores = self.attend(y).float().masked_fill(~mask.bool().unsqueeze(-1), -1e9)
        weights = torch.softmax(scores, 1)  # [B][T][A]
        B, T, C = y.shape
        slices = y.float().reshape(B, T, self.slices, C // self.slices)
        attended = (slices * weights.unsqueeze(-1)).sum(1).reshape(B, C)
        largest = y.float().masked_fill(m == 0, -1e9).amax(1)
        mean = x.float().sum(1) / m.sum(1)
        pooled = torch.cat([attended, largest, mean], -1)
        h = self.drop(F.relu(self.hidden(self.drop(pooled))))
        out = self.heads(h).float()
        fine, core, brighter, dims = out.split([FINE, CORE, BRIGHTER, DIMS], -1)
        if set_ is not None:
            core = core + self.set_bias(set_)
        return fine, core, brighter, dims, self.plutchik(h).float()


class Teacher(nn.Module):
    """A larger network with the same heads: bidirectional GRU beside a convolution, attention and
    maximum pooling. It only labels posts for Net to learn from."""

    def __init__(self, width: int, sets: int, state: int = 160, hidden: int = 256,
                 dropout: float = .4):
        super().__init__()
        self.gru = nn.GRU(width, state, batch_first=True, bidirectional=True)
        self.conv = nn.Linear(3 * width, state)
        total = 3 * state
        self.attend = nn.Sequential(nn.Linear(total, 64), nn.Tanh(), nn.Linear(64, 1))
        self.hidden = nn.Linear(2 * total + width, hidden)
        self.heads = nn.Linear(hidden, FINE + CORE + BRIGHTER + DIMS)
        self.plutchik = nn.Linear(hidden, PLUTCHIK)
        self.set_bias = nn.Embedding(sets, CORE)
        nn.init.zeros_(self.set_bias.weight)
        self.drop_in, self.drop = nn.Dropout(.3), nn.Dropout(dropout)

    def forward(self, x: torch.Tensor, mask: torch.Tensor, set_: torch.Tensor | None = None):
        m = mask.unsqueeze(-1)
        x = self.drop_in(x) * m
        y = torch.cat([self.gru(x)[0], F.relu(self.conv(window(x)))], -1).float()
        y = self.drop(y)
        weights = torch.softmax(self.attend(y).float().masked_fill(m == 0, -1e9), 1)
        pooled = torch.cat([(y * weights).sum(1), y.masked_fill(m == 0, -1e9).amax(1),
                            x.float().sum(1) / m.sum(1)], -1)
        h = self.drop(F.relu(self.hidden(pooled)))
        fine, core, brighter, dims = self.heads(h).float().split([FINE, CORE, BRIGHTER, DIMS], -1)
        if set_ is not None:
            core = core + self.set_bias(set_)
        return fine, core, brighter, dims, self.plutchik(h).float()
