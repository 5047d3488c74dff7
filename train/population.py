#!/usr/bin/env python3
"""Measures what is usual for voices: the population that follow/ starts from (src/follow/population.h).

Runs `mien voice` over the training speakers of the open sets (CREMA-D, EmoDB) and takes, for each
cue on its scale, the median of the speakers' medians, the spread of those medians (between), and the
spread of a speaker's utterances about them (within); spreads by 1.4826 median absolute deviations, so
that the strongest feelings do not widen what is usual. Loudness is left as it was chosen, and what microphones and
rooms change is let differ three times as much between people: two studios do not show that.

usage: train/population.py [--mien build/src/cli/mien] [--data DIR] [--out FILE]
"""
import argparse
import csv
import json
import math
import pathlib
import subprocess

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCALES = {"pitch": "SEMITONES", "pitch_range": "LINEAR", "pitch_slope": "LINEAR", "loudness": "LINEAR",
          "loudness_range": "LINEAR", "rate": "LINEAR", "pause": "LINEAR", "jitter": "LOG", "shimmer": "LOG",
          "harmonics": "LINEAR", "tilt": "LINEAR", "alpha": "LINEAR", "voiced": "LINEAR"}
CHOSEN = {"loudness": (-26.0, 4.0, 8.0)}
CHANNEL = {"loudness_range": 3, "harmonics": 3, "tilt": 3, "alpha": 3}  # recordings differ more than two studios
LEAST = {"pause": 0.2}  # most short clips have none at all


def scaled(kind: str, value: float) -> float:
    if SCALES[kind] == "SEMITONES":
        return 12 * math.log2(value / 55)
    return math.log(max(value, 0.01)) if SCALES[kind] == "LOG" else value


def spread(values: np.ndarray) -> float:
    return float(1.4826 * np.median(abs(values - np.median(values))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mien", type=pathlib.Path, default=ROOT / "build/src/cli/mien")
    parser.add_argument("--data", type=pathlib.Path, default=ROOT.parent / "data-cache")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "src/follow/population.h")
    args = parser.parse_args()
    speaker = {}
    with open(args.data / "splits/voice.csv") as file:
        for row in csv.DictReader(file):
            if row["split"] == "train" and row["dataset"] in ("crema_d_partial", "emodb"):
                speaker[str(args.data / "voice" / row["dataset"] / row["file"])] = row["speaker"]
    files = sorted(speaker)
    heard: dict[str, dict[str, list[float]]] = {kind: {} for kind in SCALES}
    for start in range(0, len(files), 200):
        done = subprocess.run([args.mien, "voice", *files[start:start + 200]], capture_output=True, text=True)
        for line in done.stdout.splitlines():
            reading = json.loads(line)
            for cue in reading.get("cues", []):
                if cue["kind"] in SCALES and cue["value"] is not None:
                    of = heard[cue["kind"]].setdefault(speaker[reading["file"]], [])
                    of.append(scaled(cue["kind"], cue["value"]))
    rows = []
    for kind, people in heard.items():
        people = {who: np.array(v) for who, v in people.items() if len(v) >= 8}
        middles = np.array([np.median(v) for v in people.values()])
        within = float(np.median([spread(v) for v in people.values()]))
        mean, between = float(np.median(middles)), spread(middles)
        print(f"{kind:15s} mean {mean:8.3f}  within {within:7.3f}  between {between:7.3f}  speakers {len(people)}")
        between *= CHANNEL.get(kind, 1)
        mean, within, between = CHOSEN.get(kind, (mean, within, between))
        within, between = max(within, LEAST.get(kind, 0.0)), max(between, LEAST.get(kind, 0.0) / 2)
        rows.append(f"{{\"{kind}\", {SCALES[kind]}, {mean:.3f}f, {within:.3f}f, {between:.3f}f}},")
    count = len({speaker[f] for f in files})
    args.out.write_text(f"""/* population.h: kind, scale, mean, within, between; read by baseline.c. {count} speakers of CREMA-D and
 * EmoDB, measured by train/population.py, which says how and what is chosen; do not edit.
 * clang-format off */
""" + "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
