#!/usr/bin/env python3
"""Pre-training of the deep text model: masked pieces are guessed from what stands around them (Devlin
et al. 2019), on posts and on the training texts of every language.

Pieces that carry affect (AFINN's words, emoji, emoticons) are masked about three times as often as
others, after Tian et al. (2020, SKEP) and Ke et al. (2020, SentiLARE). A guess is scored against the
pieces of the batch and 4,096 drawn ones, not against the whole vocabulary.

The clock decides how long it takes: the rate falls to nothing in --minutes of training, over as many
sittings as it needs (the checkpoint is kept each minute).
"""
from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

import text_subwords as ts
from precision import mixed
from text_deep_net import Deep

LONGEST, TOKENS, RATE, WARM = 64, 5000, 1.5e-3, 300
MASKED, MASKED_AFFECT, AS_MASK, AS_ANOTHER = .14, .40, .85, .05
DRAWN = 4096
HELD = 400  # one span in so many is never trained on


def affect(subwords: ts.Subwords, afinn: Path) -> np.ndarray:
    words = {ts.START + line.split("\t")[0].strip().lower()
             for line in open(afinn, encoding="utf-8", errors="replace") if line.strip()}
    out = np.zeros(len(subwords), bool)
    for i, piece in enumerate(subwords.pieces):
        emoticon = len(piece) > 1 and piece[0] in ":;="
        out[ts.FIRST + i] = piece in words or ord(piece[0]) >= 0x1F300 or emoticon
    return out


class Spans:
    """Texts of up to LONGEST pieces out of (ids, marks, start) arrays; longer ones are cut."""

    def __init__(self, corpora: list[tuple[np.ndarray, np.ndarray, np.ndarray]]):
        spans, offset = [], 0
        for ids, _, start in corpora:
            for a, b in zip(start[:-1], start[1:]):
                while b - a >= 4:
                    end = min(b, a + LONGEST)
                    spans.append((a + offset, end + offset))
                    a = end
            offset += len(ids)
        self.ids = np.concatenate([c[0] for c in corpora])
        self.marks = np.concatenate([c[1] for c in corpora])
        self.spans = np.array(spans, np.int64)
        self.length = self.spans[:, 1] - self.spans[:, 0]
        self.held = np.zeros(len(spans), bool)
        self.held[::HELD] = True

    def batch(self, which: np.ndarray):
        start, length = self.spans[which, 0], self.length[which]
        at = start[None, :] + np.arange(int(length.max()))[:, None]
        mask = np.arange(int(length.max()))[:, None] < length[None, :]
        at = np.where(mask, at, 0)
        return (np.where(mask, self.ids[at], 0).astype(np.int64),
                np.where(mask, self.marks[at], 0).astype(np.int64), mask)

    def batches(self, rng, tokens: int = TOKENS) -> list[np.ndarray]:
        which = np.flatnonzero(~self.held)
        order = which[np.argsort(self.length[which] + rng.random(len(which)) * 4, kind="stable")]
        out, at = [], 0
        while at < len(order):
            n = int(np.clip(tokens // self.length[order[at]], 32, tokens // 10))
            out.append(order[at:at + n])
            at += n
        rng.shuffle(out)
        return out


def guess(net: Deep, batch, strong: np.ndarray, noise: torch.Tensor, rng):
    """Loss and share of right guesses."""
    ids, marks, mask = batch
    chosen = rng.random(ids.shape) < np.where(strong[ids], MASKED_AFFECT, MASKED) * mask
    fate = rng.random(ids.shape)
    given = np.where(chosen & (fate < AS_MASK), 0, ids)
    given = np.where(chosen & (fate >= 1 - AS_ANOTHER), rng.integers(ts.FIRST, len(strong), ids.shape), given)
    shown = np.where(chosen, marks & 1, marks)  # the marks of a masked word would tell what it is
    device = noise.device
    put = lambda a: torch.from_numpy(a).to(device, non_blocking=True)
    target, place = put(ids[chosen]), put(np.flatnonzero(chosen))
    with mixed(device):
        x = net.drop_in(net.embed(put(given), put(shown)))
        y = net.encode(x, put(mask.astype(np.float32)))
        vectors = net.guesses(y.flatten(0, 1)[place])
        candidates = torch.unique(torch.cat([target, torch.multinomial(noise, DRAWN)]))
        logits = F.linear(vectors, net.rows.weight[candidates])
    logits = logits.float() + net.guess_bias[candidates]
    right = torch.searchsorted(candidates, target)
    return F.cross_entropy(logits, right), (logits.argmax(1) == right).float().mean()


def pretrain(net: Deep, spans: Spans, strong: np.ndarray, minutes: float, saved: Path, seed: int = 5,
             tokens: int = TOKENS, rate: float = RATE, log=print) -> None:
    """On the device that `net` is on. `tokens`: pieces of a step."""
    device = net.rows.weight.device
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, betas=(.9, .98), weight_decay=.01)
    step = seen = 0
    before = 0.0
    if saved.exists():
        state = torch.load(saved, map_location=device)
        net.load_state_dict(state["net"])
        optimiser.load_state_dict(state["optimiser"])
        step, seen, before = state["step"], state["seen"], state["seconds"]
        rng = np.random.default_rng(seed + step)
    count = np.bincount(spans.ids, minlength=len(strong)) ** .5
    noise = torch.from_numpy((count / count.sum()).astype(np.float32)).to(device)
    held = np.flatnonzero(spans.held)[:2048]
    started = told = time.time()

    def keep() -> None:
        partial = saved.with_suffix(".partial")
        torch.save({"net": net.state_dict(), "optimiser": optimiser.state_dict(), "step": step,
                    "seen": seen, "seconds": before + time.time() - started,
                    "sizes": net.sizes.dict()}, partial)
        os.replace(partial, saved)

    losses: list[torch.Tensor] = []
    while True:
        for which in spans.batches(rng, tokens):
            done = (before + time.time() - started) / (minutes * 60)
            if done >= 1:
                return keep()
            for group in optimiser.param_groups:
                group["lr"] = rate * min(1.0, (step + 1) / WARM) * max(.02, 1 - done)
            net.train()
            batch = spans.batch(which)
            loss, _ = guess(net, batch, strong, noise, rng)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            step += 1
            seen += int(batch[2].sum())
            losses.append(loss.detach())
            if time.time() - told > 60:
                net.eval()
                with torch.no_grad():
                    scored = np.mean([[float(v) for v in guess(net, spans.batch(held[a:a + 128]), strong,
                                                               noise, rng)]
                                      for a in range(0, len(held), 128)], 0)
                log(f"pretrain: {(before + time.time() - started) / 60:.1f} min, {seen / 1e6:.1f} M pieces, "
                    f"loss {torch.stack(losses).mean():.3f}, held out {scored[0]:.3f}, right {scored[1]:.3f}")
                losses, told = [], time.time()
                keep()
