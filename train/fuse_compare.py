#!/usr/bin/env python3
"""Ways to fuse, beside the one that fuse.py fits: on the dev actors of CREMA-D (docs/experiments-fusion.md).

Each is given a voice's and a face's reading (three votes each, calibrated: fuse.py) and is to say what the
majority says who saw and heard. Fitted on actors 1001-1060; the table is of the dev actors 1061-1075:
agreement, what it gains on the face alone with a 95 % interval (bootstrap over actors), cross-entropy,
calibration error, and the agreement with the voice or the face missing, where a way can do that.
The test actors are not looked at.   usage: train/fuse_compare.py [--data DIR]
"""
import argparse
import pathlib

import numpy as np
import torch
from torch import nn

import fuse


class Linear(nn.Module):
    """Logistic stacking: any class of either reading may speak for or against any class."""

    def __init__(self, classes: int):
        super().__init__()
        self.layer = nn.Linear(2 * classes, classes)

    def forward(self, parts: torch.Tensor) -> torch.Tensor:
        return self.layer(torch.log(parts).flatten(1))

    def penalty(self) -> torch.Tensor:
        return 1e-3 * (self.layer.weight ** 2).sum()


class Gate(nn.Module):
    """The exponents of both readings out of the readings themselves; `by_class`: one for each class."""

    def __init__(self, classes: int, by_class: bool):
        super().__init__()
        self.gate = nn.Linear(4 * classes, 2 * (classes if by_class else 1))
        self.bias = nn.Parameter(torch.zeros(classes))

    def forward(self, parts: torch.Tensor) -> torch.Tensor:
        logs = torch.log(parts)
        seen = torch.cat([logs.flatten(1), parts.flatten(1)], 1)
        weights = nn.functional.softplus(self.gate(seen)).reshape(len(parts), 2, -1)
        return (weights * logs).sum(1) + self.bias

    def penalty(self) -> torch.Tensor:
        return 1e-3 * (self.gate.weight ** 2).sum()


class Attention(nn.Module):
    """A token for each reading that is there, attention with one head between them and one of its own,
    and a layer; trained with a modality dropped in a third of the clips."""

    def __init__(self, classes: int, width: int = 16):
        super().__init__()
        self.embed = nn.ModuleList([nn.Linear(2 * classes, width) for _ in range(2)])
        self.own = nn.Parameter(torch.randn(width) / 4)
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.out = nn.Linear(width, classes)

    def forward(self, parts: torch.Tensor, there: torch.Tensor | None = None) -> torch.Tensor:
        if there is None:
            there = torch.ones(len(parts), 2, dtype=torch.bool)
            if self.training:
                drop = torch.rand(len(parts))
                there[:, 0], there[:, 1] = drop >= 1 / 6, (drop < 1 / 6) | (drop >= 1 / 3)
        seen = torch.cat([torch.log(parts), parts], 2)
        tokens = torch.stack([self.own.expand(len(parts), -1)] + [e(seen[:, m]) for m, e in enumerate(self.embed)], 1)
        scores = (self.query(self.own) * self.key(tokens)).sum(2) / tokens.shape[2] ** 0.5
        scores[:, 1:] = scores[:, 1:].masked_fill(~there, -1e9)
        mixed = (torch.softmax(scores, 1)[:, :, None] * self.value(tokens)).sum(1)
        return self.out(torch.tanh(self.own + mixed))


def train_slowly(model: nn.Module, parts: np.ndarray, answer: np.ndarray, steps: int = 600) -> None:
    """For what is drawn anew at each step: Adam, batches of 1,024."""
    x, target = torch.tensor(parts), torch.tensor(answer)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02, weight_decay=1e-4)
    plan = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    model.train()
    for _ in range(steps):
        rows = torch.randint(len(x), (1024,))
        optimizer.zero_grad()
        loss = -(target[rows] * torch.log_softmax(model(x[rows]), 1)).sum(1).mean()
        loss.backward()
        optimizer.step()
        plan.step()
    model.eval()


def gain(fused: np.ndarray, face: np.ndarray, actor: np.ndarray) -> tuple[float, float]:
    generator, names = np.random.default_rng(0), np.unique(actor)
    each = [(fused - face)[actor == a] for a in names]
    means = [np.concatenate([each[i] for i in generator.integers(len(names), size=len(names))]).mean()
             for _ in range(1000)]
    return tuple(100 * np.quantile(means, [0.025, 0.975]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, default=fuse.ROOT.parent / "data-cache")
    args = parser.parse_args()
    torch.set_default_dtype(torch.float64)
    fuse.DRAWS = 3
    parts, answer, actor = fuse.prepare(args.data / "text/open/crema_d_ratings")
    train, dev = actor <= fuse.FIT_TO, (actor > fuse.FIT_TO) & (actor <= fuse.DEV_TO)
    classes, face = parts.shape[2], fuse.right(parts[dev, 1], answer[dev])
    prior = answer[train].mean(0)

    def normal(logs: np.ndarray) -> np.ndarray:
        e = np.exp(logs - logs.max(1, keepdims=True))
        return e / e.sum(1, keepdims=True)

    def say(name: str, p: np.ndarray, alone: list[np.ndarray] | None = None) -> None:
        hit = fuse.right(p, answer[dev])
        low, high = gain(hit, face, actor[dev])
        entropy = -(answer[dev] * np.log(p + 1e-9)).sum(1).mean()
        rest = "  ".join(f"{fuse.right(a, answer[dev]).mean():.3f}" for a in alone) if alone else ""
        print(f"{name:42s} {hit.mean():.3f}  {100 * (hit.mean() - face.mean()):+5.1f} ({low:+.1f}…{high:+.1f})  "
              f"{entropy:.3f}  {fuse.calibration_error(p, hit):.3f}  {rest}", flush=True)

    singles = [parts[dev, 0], parts[dev, 1]]
    logs = np.log(parts[dev])
    print(f"{'':42s} agree  gain on face, points  c.e.   ECE    voice, face alone")
    say("voice alone", singles[0])
    say("face alone", singles[1])
    say("opinion pool, equal weights", normal(logs.mean(1)), singles)
    say("product of experts", normal(logs.sum(1)), singles)
    say("product of experts over the prior", normal(logs.sum(1) - np.log(prior)), singles)
    plain = fuse.Pool(classes, by_class=False)
    fuse.fit(plain, parts[train], answer[train])
    say("pool: one weight, one factor", fuse.predict(plain, parts[dev]), singles)
    say("pool: factors and bias by class (kept)", fuse.predict(fuse.fitted(parts[train], answer[train]), parts[dev]),
        singles)
    for name, model in (("logistic stacking", Linear(classes)), ("learned gate, 2 exponents", Gate(classes, False)),
                        ("learned gate, an exponent a class", Gate(classes, True))):
        torch.manual_seed(0)
        fuse.fit(model, parts[train], answer[train])
        say(name, fuse.predict(model, parts[dev]))
    torch.manual_seed(0)
    attention = Attention(classes)
    train_slowly(attention, parts[train], answer[train])
    x = torch.tensor(parts[dev])
    with torch.no_grad():
        alone = [torch.softmax(attention(x, torch.tensor([one]).expand(len(x), 2)), 1).numpy()
                 for one in ([True, False], [False, True])]
    say("attention, modality dropout", fuse.predict(attention, parts[dev]), alone)


if __name__ == "__main__":
    main()
