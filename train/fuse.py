#!/usr/bin/env python3
"""Fits how fuse/ pools readings, from what people say of a voice, of a face, and of both.

CREMA-D (Cao et al. 2014) has about ten votes each for the sound alone, the picture alone and both
together of 7,442 clips by 91 actors. The votes for one channel, turned into a distribution, stand
for the reading of one modality; the pooled distribution is to predict what the majority says who
saw and heard.

    p(k) ~ exp( sum_m r_m / sum(r) * g_m(k) log q_m(k) + several * bias(k) )       (voice and face)
    several = min(n - 1, 1),  n = (sum r)^2 / sum r^2,  q_m = (1 - e) p_m + e / classes,  e = leak * several
    g_m(k) = 1 + several * (factor_m(k) - 1),  r_m = weight_m

n is how many experts really speak (Kish 1965): with one alone its distribution comes out as it went
in. Factors all 1 are the log-linear opinion pool (Genest and Zidek 1986); all 2 nearly a product of
experts (Hinton 2002). Learned here: the weight of the face against the voice and one factor for all
(first), then a factor for each modality and class and a bias for each class, drawn towards the former;
the conformal quantile of the pooled distribution, how sure it may be at most, and how far two channels
of one and the same performance lie apart (for `masking`). Chosen: the leak, which keeps a zero from
being a veto; and, since the set has no words and no surprise: the weight of text, the mean of the
other two; its factor, 2, and that factors by class and the bias are of voice and face together alone,
beside words by their share (on simulated pairs of the dev splits); for surprise the means over the classes. What was tried
beside this is in docs/experiments-fusion.md, by train/fuse_compare.py.

Split by actor: 1001-1060 fit, 1061-1075 dev (choices; quantile and threshold), 1076-1091 test.
Writes src/fuse/learned.h.   usage: train/fuse.py [--data DIR] [--out FILE]
"""
import argparse
import csv
import pathlib

import numpy as np
import torch

ROOT = pathlib.Path(__file__).resolve().parent.parent
VOTES = ["N", "H", "S", "A", "F", "D"]  # CREMA-D has no surprise
CORE = ["neutral", "joy", "sadness", "anger", "fear", "disgust", "surprise"]
LEAK = 0.1
DRAWN_TOGETHER = 0.003  # penalty on squared logs of the factors and on squared biases
DRAWS = 6  # times that votes are drawn, so that the constants do not hang on one draw
FIT_TO, DEV_TO = 1060, 1075  # actors
RATERS = 3  # votes drawn for a channel: a machine's reading is nearer to three people than to ten


def load(folder: pathlib.Path) -> tuple[np.ndarray, np.ndarray]:
    """votes[clip][voice, face, both][class], actor[clip]"""
    votes: dict[str, np.ndarray] = {}
    with open(folder / "tabulatedVotes.csv") as file:
        for row in csv.DictReader(file):
            channel = int(row[""][0]) - 1
            votes.setdefault(row["fileName"], np.zeros((3, 6)))[channel] += [float(row[v]) for v in VOTES]
    names = sorted(n for n in votes if (votes[n].sum(1) > 0).all())
    return np.stack([votes[n] for n in names]), np.array([int(n[:4]) for n in names])


def draw(votes: np.ndarray, raters: int, generator: np.random.Generator) -> np.ndarray:
    """`raters` of the votes of each clip, without replacement."""
    out = np.zeros_like(votes)
    for clip, counts in enumerate(votes.astype(int)):
        out[clip] = generator.multivariate_hypergeometric(counts, min(raters, counts.sum()))
    return out


def smooth(votes: np.ndarray, prior: np.ndarray, strength: float) -> np.ndarray:
    return (votes + strength * prior) / (votes.sum(1, keepdims=True) + strength)


def readings(votes: np.ndarray, draws: np.ndarray, fit: np.ndarray) -> np.ndarray:
    """A calibrated reading out of a few votes: Dirichlet smoothing and a temperature, fitted so that it
    predicts what the majority of the votes left out says (a machine's confidence means that its label
    is right, not that one more person says so)."""
    prior = votes[fit].sum(0) / votes[fit].sum()
    rest = answers(votes - draws)

    def sharpened(strength: float, power: float) -> np.ndarray:
        p = smooth(draws, prior, strength) ** power
        return p / p.sum(1, keepdims=True)

    grid = [(s, t) for s in np.arange(0.4, 6.1, 0.4) for t in np.arange(0.6, 3.01, 0.1)]
    best = min(grid, key=lambda x: -(rest[fit] * np.log(sharpened(*x)[fit])).sum())
    return sharpened(*best)


class Pool(torch.nn.Module):
    """parts [clip][voice, face][class], weights r [clip][2] -> log-odds [clip][class]"""

    def __init__(self, classes: int, by_class: bool = True):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(0.7))  # log, of the face
        self.factor = torch.nn.Parameter(torch.tensor(0.3))  # log, of all
        self.apart = torch.nn.Parameter(torch.zeros(2, classes), requires_grad=by_class)
        self.bias = torch.nn.Parameter(torch.zeros(classes), requires_grad=by_class)

    def factors(self) -> torch.Tensor:
        return torch.exp(self.factor + self.apart)

    def forward(self, parts: torch.Tensor) -> torch.Tensor:
        r = torch.stack([torch.ones(()), torch.exp(self.weight)])
        several = (r.sum() ** 2 / (r ** 2).sum() - 1).clamp(max=1)
        q = torch.log((1 - LEAK * several) * parts + LEAK * several / parts.shape[2])
        g = 1 + several * (self.factors() - 1)
        return ((r / r.sum())[:, None] * g * q).sum(1) + several * self.bias

    def penalty(self) -> torch.Tensor:
        return DRAWN_TOGETHER * ((self.apart ** 2).sum() + (self.bias ** 2).sum())


def fit(model: torch.nn.Module, parts: np.ndarray, answer: np.ndarray) -> None:
    """Cross-entropy to the answer's shares; whole batches."""
    x, target = torch.tensor(parts), torch.tensor(answer)
    optimizer = torch.optim.LBFGS([p for p in model.parameters() if p.requires_grad], max_iter=300,
                                  line_search_fn="strong_wolfe")

    def step() -> torch.Tensor:
        optimizer.zero_grad()
        loss = -(target * torch.log_softmax(model(x), 1)).sum(1).mean()
        if hasattr(model, "penalty"):
            loss = loss + model.penalty()
        loss.backward()
        return loss

    optimizer.step(step)


def predict(model: torch.nn.Module, parts: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return torch.softmax(model(torch.tensor(parts)), 1).numpy()


def fitted(parts: np.ndarray, answer: np.ndarray) -> Pool:
    """First one weight and one factor, then factors and biases by class, with that weight."""
    model = Pool(parts.shape[2], by_class=False)
    fit(model, parts, answer)
    model.weight.requires_grad = model.factor.requires_grad = False
    model.apart.requires_grad = model.bias.requires_grad = True
    fit(model, parts, answer)
    return model


def answers(votes: np.ndarray) -> np.ndarray:
    """What the majority says; of equals, each with its share."""
    top = votes.max(1, keepdims=True)
    return (votes == top) / (votes == top).sum(1, keepdims=True)


def right(p: np.ndarray, answer: np.ndarray) -> np.ndarray:
    return answer[np.arange(len(p)), p.argmax(1)]


def divergence(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Jensen-Shannon (Lin 1991), in bits, 0..1."""
    m = (p + q) / 2
    return 0.5 * (p * np.log2(p / m)).sum(1) + 0.5 * (q * np.log2(q / m)).sum(1)


def calibration_error(p: np.ndarray, right: np.ndarray, bins: int = 15) -> float:
    top = p.max(1)
    which = np.minimum((top * bins).astype(int), bins - 1)
    return sum(abs(top[which == b].mean() - right[which == b].mean()) * (which == b).mean()
               for b in range(bins) if (which == b).any())


def prepare(folder: pathlib.Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Readings [clip][voice, face][class], the majority's answer for both, actor; drawn DRAWS times."""
    votes, actor = load(folder)
    each = []
    for seed in range(DRAWS):
        generator = np.random.default_rng(seed)
        each.append(np.stack([readings(votes[:, c], draw(votes[:, c], RATERS, generator), actor <= FIT_TO)
                              for c in (0, 1)], 1))
    return np.concatenate(each), np.tile(answers(votes[:, 2]), (DRAWS, 1)), np.tile(actor, DRAWS)


def row(values: np.ndarray) -> str:
    """A value a core label: votes' order to ours, the mean for surprise."""
    order = [VOTES.index(v) for v in "NHSAFD"]
    return "{" + ", ".join(f"{v:.4f}f" for v in [*values[order], values.mean()]) + "}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, default=ROOT.parent / "data-cache")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "src/fuse/learned.h")
    args = parser.parse_args()
    torch.set_default_dtype(torch.float64)
    parts, answer, actor = prepare(args.data / "text/open/crema_d_ratings")
    train, dev, test = actor <= FIT_TO, (actor > FIT_TO) & (actor <= DEV_TO), actor > DEV_TO
    model = fitted(parts[train], answer[train])
    pooled = predict(model, parts)

    wrong = 1 - pooled[dev]
    order = np.argsort(wrong, axis=None)
    share = np.cumsum(answer[dev].ravel()[order]) / dev.sum()
    quantile = float(wrong.ravel()[order][np.searchsorted(share, 0.9)])
    apart = divergence(parts[dev, 0], parts[dev, 1])
    middle, high = float(np.quantile(apart, 0.95)), float(np.quantile(apart, 0.99))
    surest = pooled[dev].max(1) >= np.quantile(pooled[dev].max(1), 0.9)
    most = float(right(pooled[dev], answer[dev])[surest].mean())

    print(f"clips: fit {train.sum() // DRAWS}, dev {dev.sum() // DRAWS}, test {test.sum() // DRAWS}, drawn {DRAWS} times")
    figures = {}
    for name, rows in (("dev", dev), ("test", test)):
        sets = pooled[rows] >= 1 - quantile
        sets[np.arange(rows.sum()), pooled[rows].argmax(1)] = True
        fused = right(pooled[rows], answer[rows])
        figures[name] = [right(parts[rows, c], answer[rows]).mean() for c in (0, 1)] + [
            fused.mean(), calibration_error(pooled[rows], fused), (answer[rows] * sets).sum(1).mean()]
        print("%s, majority of both: voice %.3f  face %.3f  fused %.3f; ECE %.4f  coverage %.3f" % (name, *figures[name]))
    weight, factors = float(np.exp(model.weight.item())), model.factors().detach().numpy()
    bias = model.bias.detach().numpy()
    lines = f"""/* learned.h: how fuse/ pools, fitted to people's votes on CREMA-D. Written by train/fuse.py, which
 * says how; do not edit.
 *
 * test actors (n = {test.sum() // DRAWS}), against the majority of those who saw and heard: voice alone {figures["test"][0]:.3f},
 * face alone {figures["test"][1]:.3f}, pooled {figures["test"][2]:.3f}; calibration error {figures["test"][3]:.3f}; coverage of 90 % sets {figures["test"][4]:.3f}. */
#ifndef FUSE_LEARNED_H
#define FUSE_LEARNED_H

#define FUSE_WEIGHT_VOICE 1.0f
#define FUSE_WEIGHT_FACE {weight:.4f}f
#define FUSE_WEIGHT_TEXT {(1 + weight) / 2:.4f}f  /* chosen: the mean of the two */
#define FUSE_LEAK {LEAK:.4f}f        /* chosen: share of the uniform distribution in each reading */
/* neutral joy sadness anger fear disgust surprise; surprise: chosen, the mean of the others */
#define FUSE_FACTORS_VOICE {row(factors[0])}
#define FUSE_FACTORS_FACE {row(factors[1])}
#define FUSE_FACTOR_VOICE {factors[0].mean():.4f}f /* their means, where the other is not there */
#define FUSE_FACTOR_FACE {factors[1].mean():.4f}f
#define FUSE_FACTOR_OTHERS 2.0f /* chosen, on simulated dev pairs: between two, a product of experts */
#define FUSE_BIAS {row(bias - bias.mean())} /* of voice and face together */
#define FUSE_QUANTILE {quantile:.4f}f     /* of 1 - p(true label), 90 % */
#define FUSE_SUREST {most:.4f}f       /* right among the surest tenth: no pool is surer than that */
#define FUSE_APART {middle:.4f}f       /* bits: 95 % of congruent voices and faces lie nearer */
#define FUSE_FAR {high:.4f}f         /* bits: 99 % */

#endif
"""
    args.out.write_text(lines)


if __name__ == "__main__":
    main()
