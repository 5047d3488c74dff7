#!/usr/bin/env python3
"""Fits how follow/ moves: how fast a person's valence, arousal and dominance return to the usual, how
far they stray, how long a trend lasts.

The dims of every turn of EmoryNLP's television scenes (CC, times given) and of Topical-Chat (CDLA,
a turn each 8 s) are read by the program (`mien text`); for each speaker of a conversation the Kalman
filter of src/follow/track.c is run over them, and its constants are chosen so that each turn is as
likely as can be given those before it (the likelihood of the innovations, Schweppe 1965). These are
the text model's readings, so the error that goes with them is fitted too and printed, to be held
against that of text in src/fuse/fuse.c.

Conversations are split by a hash of their name: 4 of 5 fit, 1 of 5 test. Printed for test: mean log
likelihood a turn against that of the constants before and of "the same as the last turn"; how often
the next turn lies in the 90 % interval. Writes src/follow/learned.h.

usage: train/follow.py [--mien build/src/cli/mien] [--data DIR] [--out FILE]
"""
import argparse
import csv
import json
import math
import pathlib
import subprocess
import zlib

import numpy as np
from scipy.optimize import minimize

ROOT = pathlib.Path(__file__).resolve().parent.parent
DIMS = ["valence", "arousal", "dominance"]
CHOSEN = {"level": 30.0, "slope": 10.0, "level_spread": 0.25, "slope_spread": 0.02, "error": [0.25, 0.35, 0.35]}
USUAL_PRIOR, USUAL_MEMORY = 30.0, 600.0


def seconds(text: str) -> float:
    hours, minutes, rest = text.strip().replace(",", ".").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def turns(data: pathlib.Path) -> list[tuple[str, str, float, str]]:
    """conversation, speaker, time, text"""
    out = []
    for name in ("train", "dev", "test"):
        with open(data / f"text/open/emorynlp/emorynlp_{name}_final.csv", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                key = f"{name}-{row['Season']}-{row['Episode']}-{row['Scene_ID']}"
                out.append((key, row["Speaker"], seconds(row["End_Time"]), row["Utterance"]))
    for name in ("valid_freq", "valid_rare", "test_freq", "test_rare"):
        with open(data / f"text/open/topical_chat/{name}.json", encoding="utf-8") as file:
            for key, talk in json.load(file).items():
                for i, turn in enumerate(talk["content"]):
                    text = turn["message"]
                    out.append((f"{name}-{key}", turn["agent"], 8.0 * i, " ".join(text) if isinstance(text, list) else text))
    return out


def read(mien: pathlib.Path, texts: list[str]) -> np.ndarray:
    lines = "\n".join(" ".join(text.split()) or "." for text in texts) + "\n"
    done = subprocess.run([mien, "text", "-"], input=lines, capture_output=True, text=True, check=True)
    rows = [json.loads(line)["dims"] for line in done.stdout.splitlines()]
    assert len(rows) == len(texts), (len(rows), len(texts))
    return np.array([[row[d] if row[d] is not None else 0.0 for d in DIMS] for row in rows])


def walk(p: dict, at: np.ndarray, values: np.ndarray, error: float) -> tuple[float, list[float]]:
    """Log-likelihood of the turns after the first, and their standardised innovations."""
    theta, kappa = 1 / p["level"], 1 / p["slope"]
    between, noise, spread = kappa - theta, 2 * kappa * p["slope_spread"] ** 2, p["level_spread"] ** 2

    def steps(t: float) -> tuple[float, ...]:
        a, c = math.exp(-theta * t), math.exp(-kappa * t)
        aa, ac, cc = (1 - a * a) / (2 * theta), (1 - a * c) / (theta + kappa), (1 - c * c) / (2 * kappa)
        return (a, (a - c) / between, c, spread * (1 - a * a) + noise * (aa - 2 * ac + cc) / between ** 2,
                noise * (ac - cc) / between, noise * cc)

    _, _, _, p00, p01, p11 = steps(1e6)
    level = slope = usual = known = 0.0
    total, off = 0.0, []
    for i, value in enumerate(values):
        if i:
            passed = max(at[i] - at[i - 1], 0.0)
            a, b, c, q00, q01, q11 = steps(passed)
            level, slope = usual + a * (level - usual) + b * slope, c * slope
            p00, p01, p11 = (a * a * p00 + 2 * a * b * p01 + b * b * p11 + q00,
                             a * c * p01 + b * c * p11 + q01, c * c * p11 + q11)
        s, gap = p00 + error * error, value - level
        if i:
            total -= 0.5 * (math.log(2 * math.pi * s) + gap * gap / s)
            off.append(gap / math.sqrt(s))
        g0, g1 = p00 / s, p01 / s
        level, slope = level + g0 * gap, slope + g1 * gap
        p11 -= g1 * p01
        p01 *= 1 - g0
        p00 *= 1 - g0
        span = min(max(passed, 0.5), 5.0) if i else 0.5
        usual += (value - usual) * span / (USUAL_PRIOR + known + span)
        known = min(known + span, USUAL_MEMORY)
    return total, off


def score(p: dict, people: list) -> tuple[float, np.ndarray]:
    total, off = 0.0, [[], [], []]
    for at, dims in people:
        for d in range(3):
            one, gaps = walk(p, at, dims[:, d], p["error"][d])
            total += one
            off[d] += gaps
    return total / sum(map(len, off)), np.array(off)


def unpack(x: np.ndarray) -> dict:
    level = 5 + 595 / (1 + math.exp(-x[0]))
    return {"level": level, "slope": min(2 + 58 / (1 + math.exp(-x[1])), 0.9 * level),
            "level_spread": math.exp(x[2]), "slope_spread": math.exp(x[3]), "error": list(np.exp(x[4:7]))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mien", type=pathlib.Path, default=ROOT / "build/src/cli/mien")
    parser.add_argument("--data", type=pathlib.Path, default=ROOT.parent / "data-cache")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "src/follow/learned.h")
    args = parser.parse_args()
    said = turns(args.data)
    dims = read(args.mien, [text for *_, text in said])
    people: dict = {}
    for (talk, who, at, _), value in zip(said, dims):
        people.setdefault((talk, who), []).append((at, value))
    split: tuple[list, list] = ([], [])
    for (talk, _), rows in sorted(people.items()):
        if len(rows) < 3:
            continue
        rows.sort(key=lambda row: row[0])
        split[zlib.crc32(talk.encode()) % 5 == 0].append((np.array([r[0] for r in rows]), np.array([r[1] for r in rows])))
    fit, test = split
    few = fit[:: max(1, len(fit) // 600)]  # the likelihood is slow in Python; these are plenty for 7 numbers
    start = np.array([-3.0, -1.8, math.log(0.25), math.log(0.02), *np.log(CHOSEN["error"])])
    best = minimize(lambda x: -score(unpack(x), few)[0], start, method="Nelder-Mead",
                    options={"maxiter": 500, "xatol": 1e-2, "fatol": 1e-5})
    p = unpack(best.x)
    print(f"people: fit {len(few)} of {len(fit)}, test {len(test)}; turns of test {sum(len(a) for a, _ in test)}")
    print({k: np.round(v, 4).tolist() for k, v in p.items()})
    last = np.concatenate([np.diff(v, axis=0) for _, v in test])
    naive = float(np.mean([-0.5 * np.log(2 * math.pi * last[:, d].var()) - 0.5 for d in range(3)]))
    for name, q in (("chosen", CHOSEN), ("fitted", p)):
        mean, off = score(q, test)
        inside = [float((abs(o) <= 1.645).mean()) for o in off]
        print(f"{name}: log likelihood a turn {mean:.4f}; in the 90 % interval "
              + ", ".join(f"{n} {100 * i:.1f} %" for n, i in zip(DIMS, inside)))
        if name == "fitted":
            coverage = ", ".join(f"{n} {100 * i:.1f} %" for n, i in zip(DIMS, inside))
            fitted = mean
    print(f"the same as the last turn: {naive:.4f}")
    args.out.write_text(f"""/* learned.h: how follow/ moves, fitted to the turns of EmoryNLP and Topical-Chat. Written by
 * train/follow.py, which says how; do not edit.
 *
 * test conversations: log likelihood a turn {fitted:.3f} ("the same as the last turn" {naive:.3f}); the next
 * turn lies in the 90 % interval: {coverage}. */
#ifndef FOLLOW_LEARNED_H
#define FOLLOW_LEARNED_H

#define FOLLOW_LEVEL {p['level']:.1f}         /* s: the level's return to the usual */
#define FOLLOW_SLOPE {p['slope']:.1f}         /* s: the slope's decay */
#define FOLLOW_LEVEL_SPREAD {p['level_spread']:.4f} /* stationary sd of the level, without what slopes bring */
#define FOLLOW_SLOPE_SPREAD {p['slope_spread']:.4f} /* stationary sd of the slope, a second */

#endif
""")


if __name__ == "__main__":
    main()
