"""The perceptrons of the voice model: from the functionals of an utterance (src/voice/functionals.h) to
its emotion. Training takes seconds to minutes on one core."""
from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from voice_data import CLASS_OF, SETS, Bank
from voice_emotion import DRAW, VAD, intensity, speech_span
from voice_net import relative
from voice_readings import CUES, FINAL, FUNCTIONALS, NETWORKS, VOICED, Readings

COUNT, TRACKS, CEPSTRA, KINDS = 1477, 28, 20, 4
DILATIONS, TAPS, KERNELS = 5, 9, 60
F0 = CEPSTRA + 1


def cosine() -> np.ndarray:
    """The 64 bands to the cepstral tracks."""
    k, i = np.arange(1, CEPSTRA + 1)[:, None], np.arange(64)[None]
    return (np.cos(np.pi * k * (i + 0.5) / 64) * np.sqrt(2 / 64) / 4).astype(np.float32)


def kernels(args, rows, names, seed: int = 5) -> dict[str, np.ndarray]:
    """Random kernels for the model (functionals.h), their thresholds the 30 % and 75 % points of what they
    give on 60 clips of each set's training split."""
    r = np.random.default_rng(seed)
    every = DILATIONS * KERNELS
    mix, taps = np.zeros((TRACKS, every), np.float32), np.full((TAPS, every), -1, np.float32)
    for k in range(every):
        for track in r.choice(TRACKS, int(r.integers(1, 4)), replace=False):
            mix[track, k] = r.choice([-1, 1])
        taps[r.choice(TAPS, 3, replace=False), k] = 2
    tracks = []
    for name in names:
        bank = Bank(args.data, args.cache, args.program, name, 0)
        some = [j for j, f in enumerate(bank.files) if rows.get((name, f), {}).get("split") == "train"]
        for j in r.choice(some, 60, replace=False):
            a, b = speech_span(bank.clip(j))
            x = relative(bank.clip(j)[max(0, a - 20):b + 50])
            tracks.append(np.concatenate([x[:, :64] @ cosine().T, x[:, 64:]], 1))
    sounding = [t[:, CEPSTRA] > -28 for t in tracks]
    heard = np.concatenate([t[s] for t, s in zip(tracks, sounding)])
    mean, scale = heard.mean(0), 1 / (heard.std(0) + 1e-3)
    given = []
    for t, s in zip(tracks, sounding):
        sums, out = ((t - mean) * scale) @ mix, np.zeros((len(t), every), np.float32)
        for tap in range(TAPS):
            for d in range(DILATIONS):
                own, back = slice(d * KERNELS, (d + 1) * KERNELS), tap * 2 ** d
                out[:, own] += taps[tap, own] * sums[(np.arange(len(t)) - back).clip(0), own]
        given.append(out[s][::5])
    return {"kernels.mean": mean, "kernels.scale": scale, "kernels.mix": mix, "kernels.taps": taps,
            "kernels.over": np.quantile(np.concatenate(given), [0.30, 0.75], axis=0).astype(np.float32)}


class Utterances:
    """Labelled readings of some sets in some variants, flat; `speakers`: which are wanted."""

    def __init__(self, args, rows, names, variants, wanted):
        parts, self.set, self.label, self.dims, self.clip, self.variant, self.speaker = [], [], [], [], [], [], []
        for n in names:
            for v in variants:
                r = Readings(args.data, args.cache, args.program, args.model, n, v)
                row = [rows.get((n, f)) for f in r.files]
                keep = np.array([x is not None and wanted(n, x) for x in row])[r.clip]
                parts.append((r.records[keep], r.whole[keep]))
                for i in r.clip[keep]:
                    self.label.append(CLASS_OF[row[i]["emotion"]])
                    self.dims.append(VAD[self.label[-1]] * intensity(n, r.files[i]))
                    self.clip.append((n, r.files[i]))
                    self.speaker.append(row[i]["speaker"])
                self.set += [n] * keep.sum()
                self.variant += [v] * keep.sum()
        records = np.concatenate([p for p, _ in parts])
        self.whole = np.concatenate([w for _, w in parts])
        self.x = records[:, FUNCTIONALS:]
        self.networks, self.cues, self.voiced = records[:, NETWORKS], records[:, CUES], records[:, VOICED]
        self.final = records[:, FINAL] == 1
        self.set, self.label = np.array(self.set), np.array(self.label)
        self.variant, self.speaker = np.array(self.variant), np.array(self.speaker)
        self.dims = np.array(self.dims, np.float32)

    def at(self, some) -> "Utterances":
        new = Utterances.__new__(Utterances)
        for key, value in self.__dict__.items():
            setattr(new, key, value[some] if isinstance(value, np.ndarray) else
                    [value[i] for i in np.arange(len(self.x))[some]])
        return new


def together(a: Utterances, b: Utterances) -> Utterances:
    new = Utterances.__new__(Utterances)
    for key, value in a.__dict__.items():
        other = getattr(b, key)
        setattr(new, key, np.concatenate([value, other]) if isinstance(value, np.ndarray) else value + other)
    return new


class Perceptron(nn.Module):
    def __init__(self, drop: float = 0.5, input_drop: float = 0.2):
        super().__init__()
        self.hidden0, self.hidden1 = nn.Linear(COUNT, 256), nn.Linear(256, 128)
        self.classes, self.dims = nn.Linear(128, 9), nn.Linear(128, 3)
        self.drop, self.input_drop = nn.Dropout(drop), nn.Dropout(input_drop)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.drop(F.relu(self.hidden0(self.input_drop(x))))
        x = self.drop(F.relu(self.hidden1(x)))
        return self.classes(x), torch.tanh(self.dims(x))

    def tensors(self) -> dict[str, np.ndarray]:
        return {f"{name}.{part}": getattr(getattr(self, name), part).detach().numpy().copy()
                for name in ("hidden0", "hidden1", "classes", "dims") for part in ("weight", "bias")}


def scales(u: Utterances) -> tuple[np.ndarray, np.ndarray]:
    """Mean and 1 / deviation of the functionals, every set counting as often as it is drawn."""
    weight = np.zeros(len(u.x))
    for n in set(u.set):
        weight[u.set == n] = DRAW[n] / (u.set == n).sum()
    weight /= weight.sum()
    mean = weight @ u.x
    return (mean.astype(np.float32),
            (1 / (np.sqrt(weight @ (u.x - mean) ** 2) + 1e-3)).astype(np.float32))


def moved(x: torch.Tensor, scale: torch.Tensor, channel: float, pitch: float) -> torch.Tensor:
    """Standardised functionals under another channel and another pitch: the same offset on a track's
    mean in every kind of frame. `channel`: deviation of c1 in its units, others falling by 1 / k;
    `pitch`: semitones, at most."""
    size = len(x)
    k = torch.arange(1, CEPSTRA + 1)
    offset = torch.zeros(size, TRACKS)
    offset[:, :CEPSTRA] = torch.randn(size, CEPSTRA) * channel / k.sqrt()
    # A tilt moves the measures of tilt as well.
    for track, weight in ((F0 + 3, -1.0), (F0 + 4, -1.0), (F0 + 5, 0.15)):
        offset[:, track] = offset[:, 0] * -weight
    offset[:, F0] = (torch.rand(size) * 2 - 1) * pitch
    for kind in range(KINDS):
        at = 2 * kind * TRACKS
        shift = offset.clone()
        if kind in (0, 3):
            shift[:, F0] = 0
        x[:, at:at + TRACKS] += shift * scale[at:at + TRACKS]
    return x


def masks_of(names) -> np.ndarray:
    out = np.full((len(names), 9), -1e4, np.float32)
    for i, n in enumerate(names):
        out[i, SETS[n]] = 0
    return out


def fit(u: Utterances, mean, scale, steps: int = 1000, seed: int = 0, batch: int = 128, rate: float = 2e-3,
        decay: float = 0.02, mixup: float = 0.3, noise: float = 0.15, channel: float = 1.0,
        pitch: float = 2.0, drop: float = 0.5, input_drop: float = 0.2, interim: float = 0.25) -> Perceptron:
    r = np.random.default_rng(seed)
    torch.manual_seed(seed)
    x = torch.from_numpy((u.x - mean) * scale)
    factor, dims = torch.from_numpy(scale), torch.from_numpy(u.dims)
    names = sorted(set(u.set))
    groups = {(n, c): (np.flatnonzero((u.set == n) & (u.label == c) & u.whole),
                       np.flatnonzero((u.set == n) & (u.label == c)))
              for n in names for c in SETS[n]}
    share = np.array([DRAW[n] for n in names])
    share /= share.sum()
    net = Perceptron(drop, input_drop)
    optimizer = torch.optim.AdamW(net.parameters(), rate, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, steps + 1, pct_start=0.1)
    for _ in range(steps):
        drawn = np.sort(r.choice(len(names), batch, p=share))
        picks = np.empty(batch, int)
        for i, s in enumerate(drawn):
            n = names[s]
            some = groups[n, SETS[n][r.integers(len(SETS[n]))]][r.random() < interim]
            picks[i] = some[r.integers(len(some))]
        own = [names[s] for s in drawn]
        z = moved(x[picks], factor, channel, pitch).clamp(-4, 4)
        z = z + noise * torch.randn_like(z)
        mask = torch.from_numpy(masks_of(own))
        has = (mask == 0).float()
        target, vad = F.one_hot(torch.from_numpy(u.label[picks]), 9).float(), dims[picks]
        if mixup:
            keep = torch.from_numpy(np.maximum(m := r.beta(mixup, mixup, batch), 1 - m).astype(np.float32))
            other = np.arange(batch)
            for s in range(len(names)):
                other[drawn == s] = r.permutation(other[drawn == s])
            keep = keep[:, None]
            z, target, vad = (keep * a + (1 - keep) * a[other] for a in (z, target, vad))
        smooth = 0.92 * target + 0.08 * has / has.sum(1, keepdim=True)
        logits, said = net(z)
        loss = -(smooth * has * (logits + mask).log_softmax(1)).sum(1) + 0.5 * ((said - vad) ** 2).sum(1)
        core = torch.cat([logits[:, [0, 1, 8]].logsumexp(1, keepdim=True), logits[:, 2:8]], 1)
        wanted = torch.cat([target[:, [0, 1, 8]].sum(1, keepdim=True), target[:, 2:8]], 1)
        loss = loss - 0.4 * (has.sum(1) > 2) * ((0.95 * wanted + 0.05 / 7) * core.log_softmax(1)).sum(1)
        optimizer.zero_grad(set_to_none=True)
        loss.mean().backward()
        optimizer.step()
        schedule.step()
    return net.eval()


def logits_of(nets: list[Perceptron], mean, scale, x: np.ndarray) -> np.ndarray:
    """The mean of the perceptrons' class logits."""
    z = torch.from_numpy(((x - mean) * scale).clip(-4, 4).astype(np.float32))
    with torch.no_grad():
        return torch.stack([net(z)[0] for net in nets]).mean(0).numpy()


def recalls(logits: np.ndarray, u: Utterances) -> dict[str, tuple[float, float]]:
    """By set: (UAR, accuracy), argmax over the set's classes; clips without a reading are left out."""
    result = {}
    for n in dict.fromkeys(u.set):
        at = u.set == n
        guess, truth = np.array(SETS[n])[logits[at][:, SETS[n]].argmax(1)], u.label[at]
        result[n] = (float(np.mean([np.mean(guess[truth == c] == c) for c in set(truth)])),
                     float(np.mean(guess == truth)))
    return result
