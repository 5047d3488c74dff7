#!/usr/bin/env python3
"""Fine-tuning of the deep text model on all its heads at once, missing labels masked.

    tune(net, arrays, …)      trains; keeps an average of the weights of the last steps (Polyak and
                              Juditsky 1992), which is what is scored and kept
    predict(net, arrays, which)
    figures(…)                the scores on dev by which everything is chosen
"""
from __future__ import annotations

import copy
import time

import numpy as np
import torch
from torch.nn import functional as F

import text_deep_data as dd
from precision import mixed
from text import best_thresholds, macro_f1

# Share of each set that is drawn in an epoch, by cycle.
DRAWS = [{"goemotions": 1.0, "brighter": 1.0, "xed": .1, "xed english": 1.0, "emobank": 1.0,
          "emorynlp": 1.0, "topical_chat": .15, "red": 1.0, "kote": .5, "sentiment": .3, "mustard": 1.0,
          "stackoverflow": 1.0, "feelings": 1.0, "empathy": 1.0},
         {"goemotions": 1.0, "brighter": .6, "xed": .03, "xed english": 1.0, "emobank": 1.0,
          "emorynlp": .5, "topical_chat": .05, "red": .6, "kote": .15, "sentiment": .08, "mustard": 1.0,
          "stackoverflow": .4, "feelings": 2.0, "empathy": 2.0}]
RARE = {"grief": 4, "pride": 3, "relief": 3, "nervousness": 3, "embarrassment": 2, "remorse": 2,
        "fear": 1.5, "desire": 1.5}   # how often such a text is drawn
GOEMOTIONS, EMOBANK = dd.SETS.index("goemotions"), dd.SETS.index("emobank")
EVERY = 4                             # steps between the average's
WITH_BEFORE = .6                      # share of texts with turns before that are read with them
WEIGHT = {"fine": 1.2, "core": .8, "brighter": .8, "plutchik": .4, "dims": 2.0, "sentiment": .3,
          "sarcasm": .5, "stress": .5, "intensity": .3, "language": .1,
          "concern": 1.5}


def masked_bce(logits, target, weight, focus=None):
    known = (target >= 0).float() * weight.unsqueeze(1)
    loss = F.binary_cross_entropy_with_logits(logits, target.clamp(min=0), reduction="none")
    return (loss * known).sum() / len(logits)


def loss_of(out, y, bias):
    w = y["weight"]
    total = 0
    for name in ("fine", "brighter", "plutchik", "sarcasm", "stress", "intensity", "concern"):
        total = total + WEIGHT[name] * masked_bce(out[name], y[name], w)
    own = bias(y["set"])  # a set's habit: none for those that readings follow
    core = out["core"] + own[:, :7] * (y["set"] != GOEMOTIONS).unsqueeze(1)
    measured = (y["set"] == EMOBANK).unsqueeze(1)
    dims = out["dims"] + torch.where(measured, 0, out["dims"] * own[:, 7:10] + own[:, 10:13])
    has = y["core"].sum(1)
    total = total + WEIGHT["core"] * (-(y["core"] * F.log_softmax(core, -1)).sum(1) * has * w).mean()
    error = (torch.tanh(dims) - y["dims"]).square().sum(1)
    total = total + WEIGHT["dims"] * (error * y["dims_weight"] * w).mean()
    for name in ("sentiment", "language"):
        known = (y[name] >= 0).float()
        ce = F.cross_entropy(out[name], y[name].clamp(min=0), reduction="none")
        total = total + WEIGHT[name] * (ce * known).mean()
    return total


def predict(net, arrays, which, before: bool = True, vectors: bool = False) -> dict[str, np.ndarray]:
    net.eval()
    device = next(net.parameters()).device
    length = arrays.length[which] + np.diff(arrays.before)[which] * before
    place = np.argsort(length, kind="stable")
    order, parts = which[place], []
    with torch.no_grad():
        for i in range(0, len(order), 512):
            b = order[i:i + 512]
            batch = [torch.from_numpy(a).to(device) for a in arrays.batch(b, np.full(len(b), before))]
            out = net(*batch)
            if vectors:
                out["vector"] = net.vector
            parts.append({k: v.cpu().numpy() for k, v in out.items()})
    back = np.empty(len(which), np.int64)
    back[place] = np.arange(len(which))
    return {k: np.concatenate([p[k] for p in parts])[back] for k in parts[0]}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def probabilities(out: dict) -> dict[str, np.ndarray]:
    """What the heads say, as a reading would: of fine, core, BRIGHTER's six, dims, Plutchik's eight."""
    core = np.exp(out["core"] - out["core"].max(1, keepdims=True))
    return {"core": core / core.sum(1, keepdims=True), "dims": np.tanh(out["dims"]),
            **{k: sigmoid(out[k]) for k in ("fine", "brighter", "plutchik")}}


class Scores:
    """The figures of one split."""

    def __init__(self, arrays, split: str):
        every = arrays.examples
        sets = np.array([e.set for e in every])
        chosen = np.array([e.split == split and "support" not in e.extra for e in every])
        self.which = np.flatnonzero(chosen & np.isin(sets, ["goemotions", "brighter", "emobank", "xed"]))
        self.set, self.language = sets[self.which], np.array([every[i].language for i in self.which])
        self.y = {k: v[self.which] for k, v in arrays.labels.items()}
        annotated = np.array([every[i].extra.get("annotated", False) for i in self.which])
        self.go, self.br = self.set == "goemotions", self.set == "brighter"
        self.eb = self.set == "emobank"
        self.xed = (self.set == "xed") & (self.language == "eng") & annotated & (self.y["plutchik"].max(1) > 0)
        self.single = self.go & (self.y["fine"].clip(0).sum(1) == 1)

    def thresholds(self, out) -> dict:
        b, y = sigmoid(out["brighter"][self.br]), self.y["brighter"][self.br]
        language, tables = self.language[self.br], {"all": best_thresholds(b, y)}
        for name in sorted(set(language)):
            rows = language == name
            tables[name] = best_thresholds(b[rows], y[rows], (b, y), 60)
        found = {"fine": best_thresholds(sigmoid(out["fine"][self.go]), self.y["fine"][self.go]),
                 "brighter": tables}
        if self.xed.any():
            found["plutchik"] = best_thresholds(sigmoid(out["plutchik"][self.xed]),
                                                self.y["plutchik"][self.xed])
        return found

    def figures(self, out, t) -> dict[str, float]:
        f = sigmoid(out["fine"][self.go])
        d = f >= t["fine"]
        d[np.arange(len(d)), f.argmax(1)] |= ~d.any(1)
        result = {"fine": macro_f1(d, self.y["fine"][self.go])}
        top, truth = out["core"][self.single].argmax(1), self.y["core"][self.single].argmax(1)
        result["core"] = float((top == truth).mean())
        result["core_f1"] = macro_f1(np.eye(7, dtype=bool)[top], np.eye(7)[truth])
        per = {}
        for language in sorted(set(self.language[self.br])):
            rows = self.br & (self.language == language)
            labels = self.y["brighter"][rows]
            present = labels[0] >= 0
            d = sigmoid(out["brighter"][rows]) >= t["brighter"].get(language, t["brighter"]["all"])
            per[language] = macro_f1(d[:, present], labels[:, present])
        self.per = per
        result["br_eng"], result["br_mean"] = per.get("eng", 0.0), float(np.mean(list(per.values())))
        if self.xed.any():
            result["xed"] = macro_f1(sigmoid(out["plutchik"][self.xed]) >= t["plutchik"],
                                     self.y["plutchik"][self.xed])
        for k, name in enumerate("vad"):
            result[f"eb_{name}"] = float(np.corrcoef(np.tanh(out["dims"][self.eb][:, k]),
                                                     self.y["dims"][self.eb][:, k])[0, 1])
        return {k: round(v, 4) for k, v in result.items()}


def shares(arrays, draws: dict[str, float]) -> np.ndarray:
    import text_data as td
    out = np.zeros(len(arrays.examples))
    for i, e in enumerate(arrays.examples):
        if e.split == "train" and arrays.length[i]:
            out[i] = draws.get("posts" if "post" in e.extra else "feelings" if "feeling" in e.extra else e.set, 0)
            if e.set == "xed" and e.extra.get("annotated"):
                out[i] = draws.get("xed english", 0) if e.language == "eng" else out[i] * 2
            if e.set == "goemotions" and e.fine:
                out[i] *= max([RARE.get(td.FINE[k], 1) for k in e.fine])
    return out


def tune(net, arrays, cycles: list[int], rate: float, seed: int, save, tokens: int = 1200,
         mask_share: float = .05, average: float = .998, minutes: float = 0, log=print):
    """Epochs of each of DRAWS; the rate falls once, over all of them or, where `minutes` are given,
    over that time, which then ends it. `save(average network, figures)`: every second epoch and at
    the end. On the device that `net` is on; `tokens`: pieces of a step."""
    device = next(net.parameters()).device
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    bias = torch.nn.Embedding(len(dd.SETS), 7 + 3 + 3).to(device)
    torch.nn.init.zeros_(bias.weight)
    # The rows of a batch are few: on a processor only they are touched.
    table = [m for m in net.modules() if isinstance(m, torch.nn.Embedding)]
    rows = [m.weight for m in table]
    for m in table:
        m.sparse = device.type == "cpu"
    dense = [p for p in net.parameters() if all(p is not r for r in rows)] + list(bias.parameters())
    optimisers = [torch.optim.AdamW(dense, lr=rate, betas=(.9, .98), weight_decay=.01),
                  (torch.optim.SparseAdam if device.type == "cpu" else torch.optim.Adam)(rows, lr=rate, betas=(.9, .99))]
    mean, dev = copy.deepcopy(net), Scores(arrays, "dev")
    labels = {k: torch.from_numpy(v).to(device) for k, v in arrays.labels.items()}
    chance = [shares(arrays, d) for d in DRAWS]
    before = np.diff(arrays.before)
    step, started = 0, time.time()
    epochs, done = sum(cycles), 0.0
    for epoch in range(epochs):
        cycle = min(int(np.searchsorted(np.cumsum(cycles), epoch, side="right")), len(chance) - 1)
        share = chance[cycle]
        times = np.floor(share) + (rng.random(len(share)) < share - np.floor(share))
        drawn = np.repeat(np.arange(len(share)), times.astype(int))
        every, at = [], 0  # texts of like length with what was said before, if that is read
        told = (rng.random(len(drawn)) < WITH_BEFORE) & (before[drawn] > 0)
        length = arrays.length[drawn] + told * before[drawn]
        order = np.argsort(length + rng.random(len(drawn)) * 3, kind="stable")
        while at < len(order):
            n = int(np.clip(tokens // max(1, length[order[at]]), 12, tokens // 8))
            every.append((drawn[order[at:at + n]], told[order[at:at + n]]))
            at += n
        rng.shuffle(every)
        total = torch.zeros((), device=device)
        for n, (b, told) in enumerate(every):
            done = (time.time() - started) / (minutes * 60) if minutes else (epoch + n / len(every)) / epochs
            if done >= 1:
                break
            for group in optimisers[0].param_groups + optimisers[1].param_groups:
                group["lr"] = rate * min(1.0, (step + 1) / 200) * max(.02, 1 - done)
            ids, marks, mask, current = arrays.batch(b, told)
            ids = np.where((rng.random(ids.shape) < mask_share) & (ids >= 4), 0, ids)
            net.train()
            with mixed(device):
                out = net(*(torch.from_numpy(a).to(device, non_blocking=True) for a in (ids, marks, mask, current)))
            these = torch.from_numpy(b).to(device)
            loss = loss_of(out, {k: v[these] for k, v in labels.items()}, bias)
            for optimiser in optimisers:
                optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(dense, 1.0)
            for optimiser in optimisers:
                optimiser.step()
            step += 1
            total += loss.detach()
            if step % EVERY == 0:
                keep = min(average ** EVERY, step / (step + 50 * EVERY))
                with torch.no_grad():
                    slow = list(mean.parameters())
                    torch._foreach_mul_(slow, keep)
                    torch._foreach_add_(slow, list(net.parameters()), alpha=1 - keep)
        last = epoch + 1 == epochs or done >= 1
        if not last and epoch % 2 == 0:
            continue
        out = predict(mean, arrays, dev.which)
        found = dev.thresholds(out)
        figures = dev.figures(out, found)
        log(f"epoch {epoch + 1}: {(time.time() - started) / 60:.1f} min, {step} steps, loss "
            f"{float(total) / len(every):.4f}, dev {figures}")
        save(mean, figures)
        if last:
            break
    return mean
