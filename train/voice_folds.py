#!/usr/bin/env python3
"""Cross-validation over speakers: six models, each without a sixth of the speakers of every set.

    train/voice_folds.py --out DIR [--fold K] [--start models/voice.mien]
    mien eval voice-folds --folds DIR

The recipe is that of the shipped model (voice.py), all splits together but for the speakers held out:
RAVDESS two men and two women a fold, EmoDB and nEMO one or two speakers, CREMA-D thirteen. The perceptrons
alone, without the networks over frames (they take an hour a fold), and without the cues' part. Nothing is
chosen on the speakers held out; temperature and quantile, three numbers, are those of --calibration.
Readings come from the cache (voice_readings.py).
"""
from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

import voice
import voice_functionals as functionals
from mien_file import read_model
from voice_data import split_rows
from voice_readings import arguments

FOLDS = 6


def fold_of(rows) -> dict[str, int]:
    """The fold of every speaker of the sets trained on."""
    result = {}
    for name in voice.TRAIN:
        speakers = sorted({r["speaker"] for (n, _), r in rows.items() if n == name})
        for i, speaker in enumerate(speakers):
            result[speaker] = (i // 2 if name == "ravdess_speech" else i) % FOLDS
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments(parser)
    voice.options(parser)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--calibration", type=Path, required=True, help="a finished model")
    parser.add_argument("--fold", type=int, choices=range(FOLDS), help="this one alone")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    rows = split_rows(args.data)
    folds = fold_of(rows)
    tensors, networks = voice.base(args, rows)
    args.model = args.cache / "draft.mien"
    voice.export(args.model, tensors, (networks, 0, 0.0), voice.PLAIN, {}, "draft")
    tensors = {name: t for name, t in tensors.items() if name.startswith(("speech.", "kernels.", "speaker."))}
    calibration = read_model(args.calibration)[0]["calibration"]
    every = functionals.Utterances(args, rows, voice.TRAIN, range(args.variants),
                                   lambda name, row: row["speaker"] in folds)
    fold = np.array([folds[s] for s in every.speaker])
    for k in range(FOLDS) if args.fold is None else [args.fold]:
        held = sorted(s for s, fold in folds.items() if fold == k)
        print(f"fold {k}, without {' '.join(held[:8])} …", flush=True)
        nets, mean, scale = voice.perceptrons(args, every.at(fold != k), args.perceptron_steps, args.perceptrons)
        own = every.at((fold == k) & every.whole & (every.variant == 0))
        said = functionals.logits_of(nets, mean, scale, own.x)
        print("  ", {n: (round(u, 3), round(a, 3)) for n, (u, a) in functionals.recalls(said, own).items()},
              flush=True)
        model = {**tensors, "functionals.mean": mean, "functionals.scale": scale, **voice.named(nets)}
        voice.export(args.out / f"fold-{k}.mien", model, (0, len(nets), 1.0), calibration,
                     {"held_out": ",".join(held)}, f"train/voice_folds.py --fold {k}")


if __name__ == "__main__":
    main()
