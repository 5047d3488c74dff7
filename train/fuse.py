#!/usr/bin/env python3
"""Fits how fuse/ pools readings, from what people say of a voice, of a face, and of both.

CREMA-D (Cao et al. 2014) has about ten votes each for the sound alone, the picture alone and both
together of 7,442 clips by 91 actors. The votes for one channel, turned into a distribution, stand
for the reading of one modality; the pooled distribution is to predict the votes for both.

    p(k) ~ exp( n^gamma / T * sum_m r_m log q_m(k) / sum_m r_m ),  r_m = weight_m * confidence_m^beta
    n = (sum r)^2 / sum r^2,    q_m = (1 - e) p_m + e / classes,    e = leak * min(n - 1, 1),
    T = 1 + (temperature - 1) * min(n - 1, 1)

gamma 0 is the log-linear opinion pool (Genest and Zidek 1986), gamma 1 a product of experts
(Hinton 2002); n is how many experts really speak (Kish 1965), and with one alone its distribution
comes out as it went in. Learned here: weight of the face against the voice, beta, gamma, the
temperature and the conformal quantile of the pooled distribution, how sure it may be at most, and how
far two channels of one and the same performance lie apart (for `masking`). Chosen: the leak, which keeps a zero from being
a veto (left free it grows until the pool is nearly linear, for 0.7 % of cross-entropy); and, since
the set has no words, the weight of text, which is the mean of the other two.

Split by actor: 1001-1060 fit, 1061-1075 dev (with the former: temperature; alone: quantile and
threshold), 1076-1091 test.
Writes src/fuse/learned.h.   usage: train/fuse.py [--data DIR] [--out FILE]
"""
import argparse
import csv
import pathlib

import numpy as np
from scipy.optimize import minimize

ROOT = pathlib.Path(__file__).resolve().parent.parent
VOTES = ["N", "H", "S", "A", "F", "D"]  # CREMA-D has no surprise
LEAK = 0.1
DRAWS = 6  # times that votes are drawn, so that the constants do not hang on one draw
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
    """A calibrated reading out of a few votes: Dirichlet smoothing whose strength is fitted so that
    it predicts the votes that were left out (so that its top probability means what it says)."""
    prior = votes[fit].sum(0) / votes[fit].sum()
    rest = votes - draws
    best = min(np.linspace(0.2, 8, 40), key=lambda s: -(rest[fit] * np.log(smooth(draws[fit], prior, s))).sum())
    return smooth(draws, prior, best)


def pool(p: dict, parts: list[np.ndarray]) -> np.ndarray:
    """parts: [clip][class] each; weights p["weight"][part]."""
    classes = parts[0].shape[1]
    r = np.stack([w * x.max(1) ** p["beta"] for w, x in zip(p["weight"], parts)])
    n = r.sum(0) ** 2 / (r ** 2).sum(0)
    several = np.minimum(n - 1, 1)
    leak = (p["leak"] * several)[:, None]
    z = sum(a[:, None] * np.log((1 - leak) * x + leak / classes) for a, x in zip(r / r.sum(0), parts))
    z = z * (n ** p["gamma"] / (1 + (p.get("temperature", 1.0) - 1) * several))[:, None]
    z -= z.max(1, keepdims=True)
    e = np.exp(z)
    return e / e.sum(1, keepdims=True)


def unpack(x: np.ndarray) -> dict:
    return {"weight": [1.0, np.exp(x[0])], "beta": np.exp(x[1]), "gamma": x[2], "leak": LEAK}


def loss(p: dict, parts: list[np.ndarray], both: np.ndarray) -> float:
    return float(-(both * np.log(pool(p, parts) + 1e-9)).sum() / both.sum())


def divergence(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Jensen-Shannon (Lin 1991), in bits, 0..1."""
    m = (p + q) / 2
    return 0.5 * (p * np.log2(p / m)).sum(1) + 0.5 * (q * np.log2(q / m)).sum(1)


def calibration_error(p: np.ndarray, right: np.ndarray, bins: int = 15) -> float:
    top = p.max(1)
    which = np.minimum((top * bins).astype(int), bins - 1)
    return sum(abs(top[which == b].mean() - right[which == b].mean()) * (which == b).mean()
               for b in range(bins) if (which == b).any())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, default=ROOT.parent / "data-cache")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "src/fuse/learned.h")
    args = parser.parse_args()
    votes, actor = load(args.data / "text/open/crema_d_ratings")
    each: list[list[np.ndarray]] = []
    for seed in range(DRAWS):
        generator = np.random.default_rng(seed)
        each.append([readings(votes[:, c], draw(votes[:, c], RATERS, generator), actor <= 1060) for c in (0, 1)])
    parts = [np.concatenate([one[c] for one in each]) for c in (0, 1)]
    votes, actor = np.tile(votes, (DRAWS, 1, 1)), np.tile(actor, DRAWS)
    fit, dev, test = actor <= 1060, (actor > 1060) & (actor <= 1075), actor > 1075
    both = votes[:, 2]

    def at(rows: np.ndarray) -> list[np.ndarray]:
        return [p[rows] for p in parts]

    best = min((minimize(lambda x: loss(unpack(x), at(fit), both[fit]), [w, b, g], method="Nelder-Mead",
                         options={"maxiter": 2000})
                for w in (0.0, 0.7) for b in (-0.5, 0.7) for g in (0.2, 0.7)), key=lambda r: r.fun)
    p = unpack(best.x)

    # Against people's majority for both; of equals, each with its share.
    top = both.max(1, keepdims=True)
    answer = (both == top) / (both == top).sum(1, keepdims=True)

    def nll(temperature: float) -> float:
        return float(-(answer[~test] * np.log(pool({**p, "temperature": temperature}, at(~test)))).sum())

    p["temperature"] = float(min(np.linspace(0.4, 3, 261), key=nll))
    pooled = pool(p, parts)
    wrong = 1 - pooled[dev]
    order = np.argsort(wrong, axis=None)
    share = np.cumsum(answer[dev].ravel()[order]) / dev.sum()
    quantile = float(wrong.ravel()[order][np.searchsorted(share, 0.9)])
    apart = divergence(parts[0][dev], parts[1][dev])
    middle, high = float(np.quantile(apart, 0.95)), float(np.quantile(apart, 0.99))

    surest = pooled[dev].max(1) >= np.quantile(pooled[dev].max(1), 0.9)
    most = float((answer[dev] * np.eye(6)[pooled[dev].argmax(1)]).sum(1)[surest].mean())
    single = [(answer[test] * np.eye(6)[parts[c][test].argmax(1)]).sum(1) for c in (0, 1)]
    fused = (answer[test] * np.eye(6)[pooled[test].argmax(1)]).sum(1)
    sets = pooled[test] >= 1 - quantile
    sets[np.arange(test.sum()), pooled[test].argmax(1)] = True
    covered = (answer[test] * sets).sum(1).mean()
    plain = {"weight": [1, 1], "beta": 0.0, "gamma": 0.0, "leak": 0.01}
    product = {**plain, "gamma": 1.0}
    print(f"clips: fit {fit.sum() // DRAWS}, dev {dev.sum() // DRAWS}, test {test.sum() // DRAWS}, drawn {DRAWS} times")
    print(f"face against voice {p['weight'][1]:.3f}  beta {p['beta']:.3f}  gamma {p['gamma']:.3f}  "
          f"leak {p['leak']:.4f}  temperature {p['temperature']:.3f}  quantile {quantile:.4f}")
    print(f"test, majority of both: voice {single[0].mean():.3f}  face {single[1].mean():.3f}  "
          f"fused {fused.mean():.3f}")
    print(f"test, cross-entropy to the votes for both: equal log-linear {loss(plain, at(test), both[test]):.4f}  "
          f"product {loss(product, at(test), both[test]):.4f}  fitted {loss({**p, 'temperature': 1}, at(test), both[test]):.4f}")
    print(f"test, fused: ECE {calibration_error(pooled[test], fused):.4f}  coverage of 90 % sets {covered:.3f}  "
          f"mean size {sets.sum(1).mean():.2f}")
    print(f"right among the surest tenth (dev) {most:.3f}")
    print(f"divergence between channels of one performance: 95 % {middle:.3f}  99 % {high:.3f} bits")
    lines = f"""/* learned.h: how fuse/ pools, fitted to people's votes on CREMA-D. Written by train/fuse.py, which
 * says how; do not edit.
 *
 * test actors (n = {test.sum() // DRAWS}), against the majority of those who saw and heard: voice alone {single[0].mean():.3f},
 * face alone {single[1].mean():.3f}, pooled {fused.mean():.3f}; calibration error {calibration_error(pooled[test], fused):.3f}; coverage of 90 % sets {covered:.3f}. */
#ifndef FUSE_LEARNED_H
#define FUSE_LEARNED_H

#define FUSE_WEIGHT_VOICE 1.0f
#define FUSE_WEIGHT_FACE {p['weight'][1]:.4f}f
#define FUSE_WEIGHT_TEXT {(1 + p['weight'][1]) / 2:.4f}f  /* chosen: the mean of the two */
#define FUSE_BETA {p['beta']:.4f}f        /* reliability ~ confidence^beta */
#define FUSE_GAMMA {p['gamma']:.4f}f       /* 0 opinion pool … 1 product of experts */
#define FUSE_LEAK {p['leak']:.4f}f        /* chosen: share of the uniform distribution in each reading */
#define FUSE_TEMPERATURE {p['temperature']:.4f}f  /* of the pool, two modalities and more */
#define FUSE_QUANTILE {quantile:.4f}f     /* of 1 - p(true label), 90 % */
#define FUSE_SUREST {most:.4f}f       /* right among the surest tenth: no pool is surer than that */
#define FUSE_APART {middle:.4f}f       /* bits: 95 % of congruent voices and faces lie nearer */
#define FUSE_FAR {high:.4f}f         /* bits: 99 % */

#endif
"""
    args.out.write_text(lines)


if __name__ == "__main__":
    main()
