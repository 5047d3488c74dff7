#!/usr/bin/env python3
"""Cross-validation over speakers: six models, each without a sixth of the speakers of every set.

    train/voice_folds.py --out DIR --start models/voice.mien --calibration models/voice.mien [--fold K]
    mien eval voice-folds --folds DIR

The recipe is that of the shipped model (voice.py), all splits together but for the speakers held out:
RAVDESS two men and two women a fold, EmoDB and nEMO one or two speakers, CREMA-D thirteen. Half the steps
of the shipped model's networks, and no cues' part. Detector and random kernels are
those of --start; nothing is chosen on the speakers held out; temperature and quantile, three numbers, are
those of --calibration.
Readings come from the cache (voice_readings.py).
"""
from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

import voice
import voice_emotion as emotion
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
    parser.add_argument("--steps", type=int, default=2000, help="of the network of a fold")
    parser.add_argument("--second-steps", type=int, default=2000)
    parser.add_argument("--fold", type=int, choices=range(FOLDS), help="this one alone")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    rows = split_rows(args.data)
    folds = fold_of(rows)
    args.model = args.start
    tensors = {name: t for name, t in read_model(args.start)[1].items()
               if name.startswith(("speech.", "kernels.", "speaker."))}
    calibration = read_model(args.calibration)[0]["calibration"]
    every = functionals.Utterances(args, rows, voice.TRAIN, range(args.variants),
                                   lambda name, row: row["speaker"] in folds)
    fold = np.array([folds[s] for s in every.speaker])
    for k in range(FOLDS) if args.fold is None else [args.fold]:
        held = sorted(s for s, fold in folds.items() if fold == k)
        print(f"fold {k}, without {' '.join(held[:8])} …", flush=True)
        def others(speaker: str) -> bool:
            return speaker in folds and folds[speaker] != k
        clips = emotion.Clips(args, voice.TRAIN, ("train", "dev", "test"), rows, range(args.variants), others)
        left = emotion.Clips(args, voice.TRAIN, ("train", "dev", "test"), rows, speakers=lambda s: folds.get(s) == k)
        net = voice.trained(args, f"fold-{k}", clips, None, args.steps, 1)
        second = voice.trained(args, f"fold-{k}-second", clips, None, args.second_steps, 7, net, 1.6e-3)
        tell("networks", emotion.recalls((emotion.predict(net, left) + emotion.predict(second, left)) / 2, left))
        del clips, left
        nets, mean, scale = voice.perceptrons(args, every.at(fold != k), args.perceptron_steps, args.perceptrons)
        own = every.at((fold == k) & every.whole & (every.variant == 0))
        tell("perceptrons", functionals.recalls(functionals.logits_of(nets, mean, scale, own.x), own))
        model = {**tensors, "functionals.mean": mean, "functionals.scale": scale, **voice.named(nets),
                 **{f"{i}.{name}": values for i, n in enumerate((second, net)) for name, values in n.tensors().items()}}
        voice.export(args.out / f"fold-{k}.mien", model, (2, len(nets), args.share), calibration,
                     {"held_out": ",".join(held)},
                     f"train/voice_folds.py --fold {k} --steps {args.steps} --second-steps {args.second_steps}")


def tell(what: str, recalls: dict) -> None:
    print(f"  {what}:", {n: (round(u, 3), round(a, 3)) for n, (u, a) in recalls.items()}, flush=True)


if __name__ == "__main__":
    main()
