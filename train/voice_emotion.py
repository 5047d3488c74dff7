"""Trains the emotion network of the voice model on the frames of the sets."""
from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from precision import mixed
from voice_data import CLASS_OF, SETS, Bank
from voice_net import Encoder, relative

# Valence, arousal, dominance of a class: Russell and Mehrabian (1977), "Evidence for a three-factor
# theory of emotions", terms angry, joyful, sad, fearful, disgusted, surprised, bored; calm is half
# of their "relaxed", neutral is the origin.
VAD = np.array([[0, 0, 0], [.34, -.23, .10], [.76, .48, .35], [-.63, -.27, -.33], [-.51, .59, .25],
                [-.64, .60, -.43], [-.60, .35, .11], [.40, .67, -.13], [-.65, -.62, -.33]],
               np.float32)
CORE_OF = torch.tensor([0, 0, 1, 2, 3, 4, 5, 6, 0])
DRAW = {"ravdess_speech": 0.38, "emodb": 0.2, "nemo": 0.32, "crema_d_partial": 0.10}
CHANGED = 0.66  # share of the draws that are of a clip changed on its way
LONGEST = 340  # frames of a training clip


def intensity(name: str, file: str) -> float:
    """How strongly it was played, where the set says: RAVDESS normal or strong, CREMA-D levels."""
    if name == "ravdess_speech":
        return 1.0 if file.split("-")[3] == "02" else 0.7
    if name == "crema_d_partial":
        return {"LO": 0.5, "MD": 0.75, "HI": 1.0}.get(file.split("_")[3].split(".")[0], 0.75)
    return 0.9


def speech_span(frames: np.ndarray) -> tuple[int, int]:
    """First and last loud frame: what the utterance detector would cut out of a clean clip."""
    level = frames[:, 64].astype(np.float32)
    loud = np.flatnonzero(level > max(np.percentile(level, 98) - 32.0, -85.0))
    return (int(loud[0]), int(loud[-1]) + 1) if len(loud) else (0, len(frames))


class Clips:
    """Labelled clips of the chosen splits: frames by variant, class, mask of classes, target dims."""

    def __init__(self, args, names, splits, rows, variants=(0,), speakers=None):
        self.banks = {(n, v): Bank(args.data, args.cache, args.program, n, v)
                      for n in names for v in variants}
        self.variants = variants
        self.items = []  # (set, index in bank, class, dims, speaker)
        for n in names:
            for i, file in enumerate(self.banks[n, variants[0]].files):
                row = rows.get((n, file))
                if row is None or row["split"] not in splits:
                    continue
                if speakers is not None and not speakers(row["speaker"]):
                    continue
                c = CLASS_OF[row["emotion"]]
                self.items.append((n, i, c, VAD[c] * intensity(n, file), row["speaker"]))
        self.spans = {}

    def span(self, key, i) -> tuple[int, int]:
        if (key, i) not in self.spans:
            self.spans[key, i] = speech_span(self.banks[key].clip(i))
        return self.spans[key, i]

    def whole(self, k: int) -> np.ndarray:
        """Clip k as an utterance: 0.2 s before the speech to 0.5 s after it."""
        n, i = self.items[k][:2]
        frames = self.banks[n, self.variants[0]].clip(i)
        a, b = self.span((n, self.variants[0]), i)
        return relative(frames[max(0, a - 20):b + 50])


def varied(clips: Clips, k: int, r: np.random.Generator) -> np.ndarray:
    """Clip k under a random change: variant, ends, tempo, formants, pitch, channel, masks."""
    n, i = clips.items[k][:2]
    changed = len(clips.variants) > 1 and r.random() < CHANGED
    key = (n, clips.variants[r.integers(1, len(clips.variants)) if changed else 0])
    frames = clips.banks[key].clip(i)
    a, b = clips.span((n, 0), i) if key[1] == 0 else clips.span(key, i)
    a, b = max(0, a - int(r.integers(0, 35))), min(len(frames), b + int(r.integers(0, 65)))
    if r.random() < 0.2 and b - a > 120:
        part = int(r.integers(100, b - a))
        a += int(r.integers(0, b - a - part + 1))
        b = a + part
    x = frames[a:b].astype(np.float32)
    if r.random() < 0.6:  # tempo
        rate = r.uniform(0.8, 1.25)
        x = x[(np.arange(max(40, int(len(x) / rate))) * rate).astype(int).clip(max=len(x) - 1)]
    if len(x) > LONGEST:
        at = int(r.integers(0, len(x) - LONGEST + 1))
        x = x[at:at + LONGEST]
    x = relative(x)
    # Another vocal tract: the bands moved and stretched.
    at = (np.arange(64) - 24) * r.uniform(0.92, 1.08) + 24 + r.uniform(-3.5, 3.5)
    at = np.clip(at, 0, 62.999).astype(np.float32)
    low = at.astype(int)
    x[:, :64] = x[:, low] * (1 - at + low) + x[:, low + 1] * (at - low)
    voiced = x[:, 65] > 0
    x[voiced, 65] += r.uniform(-5, 5)  # semitones
    x[:, :65] += r.uniform(-3, 3)
    # The channel: a tilt and a wave over the bands, dB.
    band = np.linspace(-1, 1, 64)
    x[:, :64] += (r.normal(0, 4) * band +
                  r.normal(0, 2.5) * np.cos(np.pi * r.uniform(0.5, 3) * band + r.uniform(0, 6))
                  ).astype(np.float32)
    if r.random() < 0.4:  # a louder noise floor
        x[:, :64] = np.logaddexp(x[:, :64] * 0.2303, (r.uniform(-55, -28) + 4 * band) * 0.2303
                                 ) / 0.2303
    return x


def mask(x: np.ndarray, mean: np.ndarray, r: np.random.Generator) -> None:
    """SpecAugment (Park et al. 2019), with the mean in place of what is hidden."""
    for _ in range(2):
        w = int(r.integers(0, 12))
        at = int(r.integers(0, 64 - w))
        x[:, at:at + w] = mean[at:at + w]
        w = int(r.integers(0, min(18, len(x) // 6)))
        at = int(r.integers(0, len(x) - w))
        x[at:at + w] = mean
    if r.random() < 0.15:
        x[:, 64:] = mean[64:]


def batches(clips: Clips, size: int, count: int, mean: np.ndarray, seed: int):
    """Balanced draws: the set by DRAW, the class evenly within it; clips of like length together."""
    r = np.random.default_rng(seed)
    by = {}
    for k, item in enumerate(clips.items):
        by.setdefault(item[0], {}).setdefault(item[2], []).append(k)
    names = list(by)
    share = np.array([DRAW[n] for n in names])
    share /= share.sum()
    ready: list[tuple[int, np.ndarray]] = []
    for _ in range(count):
        if not ready:
            for n in r.choice(len(names), 4 * size, p=share):
                classes = by[names[n]]
                c = list(classes)[r.integers(len(classes))]
                k = classes[c][r.integers(len(classes[c]))]
                ready.append((k, varied(clips, k, r)))
            ready.sort(key=lambda pick: len(pick[1]))
            order = r.permutation(4)
            ready = [pick for o in order for pick in ready[o * size:(o + 1) * size]]
        now, ready = ready[:size], ready[size:]
        picks, xs = [k for k, _ in now], [x for _, x in now]
        for x in xs:
            mask(x, mean, r)
        longest = -(-max(len(x) for x in xs) // 4) * 4
        out = np.zeros((size, longest, xs[0].shape[1]), np.float32)
        for i, x in enumerate(xs):
            out[i, :len(x)] = x
            out[i, len(x):] = mean if out.shape[2] == len(mean) else 0
        counts = np.array([max(1, len(x) // 4) for x in xs])
        labels = np.array([clips.items[k][2] for k in picks])
        dims = np.stack([clips.items[k][3] for k in picks])
        masks = np.full((size, 9), -1e4, np.float32)
        for i, k in enumerate(picks):
            masks[i, SETS[clips.items[k][0]]] = 0
        yield tuple(map(torch.from_numpy, (out, counts, labels, dims, masks, np.array(picks))))


def predict(net: Encoder, clips: Clips, cut: float | None = None) -> np.ndarray:
    """Class logits of every clip (of its first `cut` seconds of utterance)."""
    net.eval()
    order = sorted(range(len(clips.items)), key=lambda k: len(clips.whole(k)))
    logits = np.zeros((len(order), 9), np.float32)
    device = next(net.parameters()).device
    with torch.no_grad():
        for start in range(0, len(order), 64):
            picks = order[start:start + 64]
            xs = [clips.whole(k) for k in picks]
            if cut:
                xs = [x[:int(cut * 100)] for x in xs]
            out = np.zeros((len(xs), -(-max(len(x) for x in xs) // 4) * 4, xs[0].shape[1]), np.float32)
            for i, x in enumerate(xs):
                out[i, :len(x)] = x
            counts = torch.tensor([max(1, len(x) // 4) for x in xs])
            logits[picks] = net(torch.from_numpy(out).to(device),
                                counts.to(device))[0].float().cpu().numpy()
    return logits


def recalls(logits: np.ndarray, clips: Clips) -> dict[str, tuple[float, float]]:
    """By set: (UAR, accuracy), argmax over the set's classes."""
    result = {}
    for n in dict.fromkeys(item[0] for item in clips.items):
        at = [k for k, item in enumerate(clips.items) if item[0] == n]
        truth = np.array([clips.items[k][2] for k in at])
        guess = np.array(SETS[n])[logits[at][:, SETS[n]].argmax(1)]
        each = [np.mean(guess[truth == c] == c) for c in sorted(set(truth))]
        result[n] = float(np.mean(each)), float(np.mean(guess == truth))
    return result


def fit(net: Encoder, clips: Clips, steps: int, seed: int, keep: Path, dev: Clips | None = None,
        device: str = "cpu", resume: bool = False, batch: int = 64, peak: float = 3e-3,
        beside=None, say=print) -> Encoder:
    """Trains, keeping a checkpoint every 250 steps; returns the running average of the weights. `beside`
    (frames, counts, pooled, logits, picks of `clips`) is added to the loss of the whole clips."""
    torch.manual_seed(seed)
    net.to(device)
    optimizer = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=0.03)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, peak, steps + 1, pct_start=0.15)
    average = {k: v.detach().clone().float() for k, v in net.state_dict().items()}
    first = 0
    if resume and keep.exists():
        state = torch.load(keep, map_location=device)
        net.load_state_dict(state["net"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        average, first = state["average"], state["step"]
    mean = net.mean.cpu().numpy()
    began, total = time.time(), 0.0
    random = torch.Generator().manual_seed(seed + first)
    for step, (x, counts, labels, dims, masks, picks) in enumerate(
            batches(clips, batch, steps - first, mean, seed * 100003 + first), first):
        net.train()
        x, counts, labels, dims, masks = (t.to(device) for t in (x, counts, labels, dims, masks))
        with mixed(device):
            h, a = net.steps(x)
            # The whole, and what was heard until a random moment.
            part = 12 + torch.rand(batch, generator=random).to(device) * (counts - 12).clamp(min=0)
            early = torch.minimum(part.long(), counts).clamp(min=1)
            pooled = torch.cat([net.pool(h, a, counts), net.pool(h, a, early)])
            logits, vad = net.head(pooled)
        free, vad = logits.float(), vad.float()
        logits = free + torch.cat([masks, masks])
        # Smoothing over the set's own classes only.
        log_p = logits.log_softmax(1)
        has = (torch.cat([masks, masks]) == 0).float()
        target = F.one_hot(torch.cat([labels, labels]), 9).float() * 0.92 + \
            0.08 * has / has.sum(1, keepdim=True)
        each = -(target * log_p * has).sum(1) + \
            0.5 * ((vad - torch.cat([dims, dims])) ** 2).sum(1)
        # In use nothing is masked: all core labels, for sets that have most of them.
        core = torch.cat([free[:, [0, 1, 8]].logsumexp(1, keepdim=True), free[:, 2:8]], 1)
        whole = (has.sum(1) > 2).float()
        each = each + 0.4 * whole * F.cross_entropy(
            core, CORE_OF[torch.cat([labels, labels]).cpu()].to(core.device), reduction="none",
            label_smoothing=0.05)
        loss = each[:batch].mean() + 0.4 * each[batch:].mean()
        if beside:
            loss = loss + beside(x, counts, pooled[:batch], logits[:batch], picks)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimizer.step()
        schedule.step()
        decay = min(0.998, (step + 1) / (step + 20))
        for k, v in net.state_dict().items():
            if v.dtype.is_floating_point:
                average[k].lerp_(v.float(), 1 - decay)
        total += float(loss)
        if (step + 1) % 250 == 0 or step + 1 == steps:
            keep.parent.mkdir(parents=True, exist_ok=True)
            torch.save({"net": net.state_dict(), "optimizer": optimizer.state_dict(),
                        "schedule": schedule.state_dict(), "average": average,
                        "step": step + 1}, keep)
            line = f"step {step + 1} loss {total / 250:.3f} {time.time() - began:.0f} s"
            total = 0.0
            if dev:
                kept = {k: v.clone() for k, v in net.state_dict().items()}
                net.load_state_dict({**kept, **{k: v for k, v in average.items()
                                                if kept[k].dtype.is_floating_point}})
                line += " " + " ".join(f"{n[:5]} {u:.3f}" for n, (u, _) in
                                       recalls(predict(net, dev), dev).items())
                net.load_state_dict(kept)
            say(line, flush=True)
    kept = net.state_dict()
    net.load_state_dict({**kept, **{k: v for k, v in average.items()
                                    if kept[k].dtype.is_floating_point}})
    return net.eval()


def input_scales(net: Encoder, clips: Clips) -> None:
    """Mean and deviation of the inputs over 400 whole clips."""
    r = np.random.default_rng(0)
    x = np.concatenate([clips.whole(int(k)) for k in r.choice(len(clips.items), 400)])
    net.mean.copy_(torch.from_numpy(x.mean(0)))
    net.scale.copy_(torch.from_numpy(1 / (x.std(0) + 1e-3)))
