#!/usr/bin/env python3
"""Trains the voice model from the sets of DATA.md and writes models/voice.mien.

    train/voice.py [--data DIR] [--cache DIR] [--device cuda] [--resume]

On two cores about an hour: frames of all clips in three variants (voice_data.py), the speech
detector (voice_speech.py), a fold for calibration and the network itself (voice_emotion.py), then
calibration on the program's own output (voice_calibrate.py). Needs the built program, for the one
feature extractor. The signing key is named by MIEN_SIGNING_KEY.
"""
from __future__ import annotations

import argparse
import datetime
import zlib
from pathlib import Path

import numpy as np
import torch

import voice_calibrate as calibrate
import voice_emotion as emotion
import voice_speech
from mien_file import write_model
from voice_data import CLASSES, SETS, split_rows
from voice_net import Encoder, Speech, relative

ROOT = Path(__file__).resolve().parents[1]
TRAIN = [name for name in SETS if name != "tess"]
DATA = [("RAVDESS", "CC BY-NC-SA 4.0"), ("nEMO", "CC BY-NC-SA 4.0"), ("EmoDB", "CC BY 4.0"),
        ("CREMA-D (happy and sad)", "ODbL 1.0"), ("ESC-10", "CC BY 3.0"),
        ("Donate-a-Cry", "ODbL 1.0"), ("SpeechBrain's noise and rooms", "Apache-2.0")]


def held_out(speaker: str) -> bool:
    """A third of the speakers of the training split, for the fold that calibration is done on."""
    return zlib.crc32(speaker.encode()) % 3 == 0


def golden(net: Encoder) -> str:
    """What the network says of frames of a formula, for tests/voice/test_stream.c."""
    t, i = np.arange(400)[:, None], np.arange(72)[None]
    frames = (np.where(i <= 64, -40, 10) + 15 * np.sin(0.05 * t * (1 + i % 7) + i))
    x, lines = relative(frames.astype(np.float32)), []
    for n in (76, 400):
        with torch.no_grad():
            logits, dims = net(torch.from_numpy(x[None, :n]), torch.tensor([n // 4]))
        lines += [f"{v:.6f}\n" for v in [*logits[0].tolist(), *dims[0].tolist()]]
    return "".join(lines)


def half(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Weights as float16, all else as float32."""
    return {k: v.astype(np.float16) if v.ndim > 1 and not k.startswith("cues.") else v
            for k, v in tensors.items()}


def export(path: Path, speech: Speech, nets: list[Encoder], cues: dict | None, calibration: dict,
           scores: dict, command: str) -> None:
    cues = cues or {"cues.mean": np.zeros(13, np.float32), "cues.scale": np.ones(13, np.float32),
                    "cues.weight": np.zeros((9, 13), np.float32)}
    meta = {"kind": "voice", "name": "voice", "version": "1", "feature_version": 1, "networks": len(nets),
            "labels": {"voice": CLASSES}, "calibration": calibration,
            "provenance": {"data": [{"name": n, "licence": x} for n, x in DATA],
                           "licence": "CC BY-NC-SA 4.0", "commercial": False,
                           "date": datetime.date.today().isoformat(), "command": command},
            "scores": scores}
    tensors = {**speech.tensors(), **cues}
    for i, net in enumerate(nets):
        tensors |= {f"{i}.{name}": values for name, values in net.tensors().items()}
    write_model(path, "voice", meta, half(tensors))


def trained(args, name: str, steps: int, clips_of, dev_of, seed: int, start: Encoder | None = None,
            peak: float = 3e-3) -> Encoder:
    """The network after `steps` (from `start`, if given), from the cache if it is there."""
    torch.manual_seed(seed)
    net, final = Encoder(), args.cache / f"{name}.final.pt"
    if args.resume and final.exists():
        net.load_state_dict(torch.load(final, map_location="cpu"))
        return net.eval()
    clips = clips_of()
    if start:
        net.load_state_dict(start.state_dict())
    else:
        emotion.input_scales(net, clips)
    net = emotion.fit(net, clips, steps, seed, args.cache / f"{name}.pt", dev_of(), args.device,
                      args.resume, peak=peak).cpu()
    torch.save(net.state_dict(), final)
    return net


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=ROOT / "../data-cache")
    parser.add_argument("--cache", type=Path, default=ROOT / "../train-cache/voice")
    parser.add_argument("--program", type=Path, default=ROOT / "build/src/cli/mien")
    parser.add_argument("--out", type=Path, default=ROOT / "models/voice.mien")
    parser.add_argument("--golden", type=Path, default=ROOT / "tests/voice/golden.txt")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--resume", action="store_true", help="go on from what the cache holds")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--second-steps", type=int, default=1600)
    parser.add_argument("--networks", type=int, choices=[1, 2], default=2)
    parser.add_argument("--fold-steps", type=int, default=1500,
                        help="0: calibrate on the few speakers of dev alone")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", choices=["speech", "fold", "network"], help="stop after this part")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.cache.mkdir(parents=True, exist_ok=True)
    rows = split_rows(args.data)

    kept = args.cache / "speech.pt"
    speech = Speech()
    if args.resume and kept.exists():
        speech.load_state_dict(torch.load(kept, map_location="cpu"))
    else:
        speech = voice_speech.fit(args, rows).cpu()
        torch.save(speech.state_dict(), kept)
    speech.eval()
    if args.only == "speech":
        return

    variants = (0, 1, 2)

    def clips_of(split: str, speakers=None):
        """Loaded when they are needed, not when the cache has the answer."""
        return lambda: emotion.Clips(args, TRAIN, (split,), rows,
                                     variants if split == "train" else (0,), speakers)

    fold = None
    if args.only != "network" and args.fold_steps:
        fold = trained(args, "fold", args.fold_steps,
                       clips_of("train", lambda s: not held_out(s)), clips_of("dev"), 2)
        if args.only == "fold":
            return
    # Two snapshots of one course of training with a warm restart (Huang et al. 2017).
    first = trained(args, "network", args.steps, clips_of("train"), clips_of("dev"), 1)
    second = trained(args, "second", args.second_steps, clips_of("train"), clips_of("dev"),
                     7, first, 1.6e-3)
    nets = [second, first][:args.networks]
    if args.only == "network":
        return

    # Calibration: the fold's answers on the speakers it did not hear, the network's on dev.
    plain = {"temperature": 1.0, "quantile": 0.9, "abstain_size": 6, "early": 0.0}
    draft = args.cache / "draft.mien"
    sources = []
    if fold:
        export(draft, speech, [fold], None, plain, {}, "draft")
        sources.append(calibrate.Answers(
            args, draft, rows, TRAIN,
            lambda n, r: r["split"] == "train" and held_out(r["speaker"])))
    export(draft, speech, nets, None, plain, {}, "draft")
    on_dev = calibrate.Answers(args, draft, rows, TRAIN, lambda n, r: r["split"] == "dev")
    early = calibrate.Answers(args, draft, rows, TRAIN, lambda n, r: r["split"] == "dev", True)
    # Confidence has to hold off the studio as well: dev once more, on its way through the world.
    sources += [on_dev, calibrate.Answers(args, draft, rows, TRAIN,
                                          lambda n, r: r["split"] == "dev", vary=True)]

    unheard = calibrate.together(sources)
    mean, scale = calibrate.cue_scales(unheard.cues)
    weight = calibrate.fit_cues(unheard, calibrate.cue_z(unheard.cues, mean, scale))
    for a in (unheard, on_dev, early):
        a.logits = a.logits + calibrate.cue_z(a.cues, mean, scale) @ weight.T
    temperature, _ = calibrate.fit_temperature(unheard.logits, unheard)
    _, slow = calibrate.fit_temperature(early.logits, early)
    p = calibrate.core(unheard.logits, calibrate.temperatures(unheard.voiced, temperature, slow))
    q = calibrate.quantile(p, unheard)
    p_dev = calibrate.core(on_dev.logits,
                           calibrate.temperatures(on_dev.voiced, temperature, slow))
    scores = {"dev": calibrate.scores(on_dev.logits, p_dev, q, on_dev)}
    for name, s in scores["dev"].items():
        print(name, s)
    export(args.out, speech, nets,
           {"cues.mean": mean, "cues.scale": scale, "cues.weight": weight.astype(np.float32)},
           {"temperature": temperature, "quantile": q, "abstain_size": 6, "early": slow},
           scores, f"train/voice.py --steps {args.steps} --second-steps {args.second_steps} "
           f"--networks {args.networks} --fold-steps {args.fold_steps}")
    args.golden.write_text(golden(nets[0]))
    print(f"temperature {temperature:.2f}, early {slow:.1f}, quantile {q:.3f}: {args.out}")


if __name__ == "__main__":
    main()
