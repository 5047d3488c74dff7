#!/usr/bin/env python3
"""Trains the voice model from the sets of DATA.md and writes models/voice.mien.

    train/voice.py [--data DIR] [--cache DIR] [--device cuda] [--resume]
    train/voice.py --start models/voice.mien      the detector and the networks are those of a model

On two cores about two hours: frames of all clips (voice_data.py), the speech detector
(voice_speech.py), the networks over frames (voice_emotion.py), the readings of all clips as the
program gives them (voice_readings.py), the perceptrons over their functionals
(voice_functionals.py), and calibration on speakers left out (voice_calibrate.py). Needs the built
program, for the one feature extractor. The signing key is named by MIEN_SIGNING_KEY.
"""
from __future__ import annotations

import argparse
import datetime
from pathlib import Path

import numpy as np
import torch

import voice_calibrate as calibrate
import voice_emotion as emotion
import voice_functionals as functionals
import voice_speakers
import voice_speech
from mien_file import read_model, write_model
from voice_data import CLASSES, SETS, split_rows
from voice_net import Encoder, Speech, relative
from voice_readings import arguments

ROOT = Path(__file__).resolve().parents[1]
TRAIN = [name for name in SETS if name != "tess"]
DATA = [("RAVDESS", "CC BY-NC-SA 4.0"), ("nEMO", "CC BY-NC-SA 4.0"), ("EmoDB", "CC BY 4.0"),
        ("CREMA-D (happy and sad)", "ODbL 1.0"), ("ESC-10", "CC BY 3.0"),
        ("Donate-a-Cry", "ODbL 1.0"), ("SpeechBrain's noise and rooms", "Apache-2.0")]
PLAIN = {"temperature": 1.0, "quantile": 0.9, "abstain_size": 6, "early": 0.0}
JOIN = 0.45  # voices nearer than this are one speaker: set by hand
FAR = 1 / 3  # how much a clip counts in calibration whose whole set was left out
INNER = 3  # groups of speakers that are left out in turn for calibration


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


def golden_perceptron(net: functionals.Perceptron) -> str:
    """What a perceptron says of functionals of a formula, for tests/voice/test_functionals.c."""
    x = torch.from_numpy((5.0 * np.sin(0.7 * np.arange(functionals.COUNT))).clip(-4, 4).astype(np.float32))
    with torch.no_grad():
        logits, dims = net(x[None])
    return "".join(f"{v:.6f}\n" for v in [*logits[0].tolist(), *dims[0].tolist()])


def half(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Weights as float16, all else as float32."""
    return {k: v.astype(np.float16) if v.ndim > 1 and not k.startswith(("cues.", "kernels.", "speaker.")) else v.astype(np.float32)
            for k, v in tensors.items()}


def export(path: Path, tensors: dict, counts: tuple[int, int, float], calibration: dict, more: dict,
           command: str) -> None:
    """`counts`: networks, perceptrons, share of the perceptrons. What is missing of `tensors` says nothing."""
    plain = {"cues.mean": np.zeros(13), "cues.scale": np.ones(13), "cues.weight": np.zeros((9, 13)),
             "functionals.mean": np.zeros(functionals.COUNT), "functionals.scale": np.ones(functionals.COUNT)}
    meta = {"kind": "voice", "name": "voice", "version": "2", "feature_version": 1, "networks": counts[0],
            "perceptrons": counts[1], "share": counts[2], "speaker_join": JOIN, "labels": {"voice": CLASSES},
            "calibration": calibration,
            "provenance": {"data": [{"name": n, "licence": x} for n, x in DATA],
                           "licence": "CC BY-NC-SA 4.0", "commercial": False,
                           "date": datetime.date.today().isoformat(), "command": command}, **more}
    write_model(path, "voice", meta, half({**plain, **tensors}))


def apart(args, rows) -> dict:
    """What is drawn or solved rather than trained: the random kernels, and the space of speakers."""
    mean, scale, weight = voice_speakers.fit(*voice_speakers.windows(args, rows, TRAIN, ("train",)))
    return {**functionals.kernels(args, rows, TRAIN), "speaker.mean": mean, "speaker.scale": scale,
            "speaker.weight": weight}


def base(args, rows) -> tuple[dict, int]:
    """The tensors of the speech detector and of the networks over frames, and how many networks."""
    tensors = {}
    if args.start:
        meta, tensors = read_model(args.start)
        count = 0 if args.anew else int(meta["networks"])
        heads = ("speech.", "cry.", "kernels.", "speaker.", *(f"{i}." for i in range(count)))
        tensors = {k: v for k, v in tensors.items() if k.startswith(heads)}
        if "kernels.mix" not in tensors:
            tensors |= apart(args, rows)
        if count:
            return tensors, count
    else:
        kept, speech = args.cache / "speech.pt", Speech()
        if args.resume and kept.exists():
            speech.load_state_dict(torch.load(kept, map_location="cpu"))
        else:
            speech = voice_speech.fit(args, rows).cpu()
            torch.save(speech.state_dict(), kept)
        tensors = {**speech.eval().tensors(), **apart(args, rows)}
    # Two snapshots of one course of training with a warm restart (Huang et al. 2017).
    clips = emotion.Clips(args, TRAIN, ("train",), rows, range(args.variants))
    dev = emotion.Clips(args, TRAIN, ("dev",), rows)
    first = trained(args, "network", clips, dev, args.steps, 1)
    second = trained(args, "second", clips, dev, args.second_steps, 7, first, 1.6e-3)
    for i, net in enumerate((second, first)):
        tensors |= {f"{i}.{name}": values for name, values in net.tensors().items()}
    args.golden.write_text(golden(second))
    return tensors, 2


def trained(args, name: str, clips, dev, steps: int, seed: int, start: Encoder | None = None,
            peak: float = 3e-3) -> Encoder:
    """The network after `steps` over `clips` (from `start`, if given), from the cache if it is there."""
    torch.manual_seed(seed)
    net, final = Encoder(), args.cache / f"{name}.final.pt"
    if args.resume and final.exists():
        net.load_state_dict(torch.load(final, map_location="cpu"))
        return net.eval()
    if start:
        net.load_state_dict(start.state_dict())
    else:
        emotion.input_scales(net, clips)
    net = emotion.fit(net, clips, steps, seed, args.cache / f"{name}.pt", dev, args.device, args.resume, peak=peak).cpu()
    torch.save(net.state_dict(), final)
    return net


def perceptrons(args, u, steps: int, count: int):
    """`count` perceptrons of the utterances, with the scales of their input."""
    mean, scale = functionals.scales(u)
    return [functionals.fit(u, mean, scale, steps, seed) for seed in range(count)], mean, scale


def named(nets: list) -> dict[str, np.ndarray]:
    return {f"p{i}.{name}": values for i, net in enumerate(nets) for name, values in net.tensors().items()}


def left_out(args, u, group: np.ndarray) -> np.ndarray:
    """What is said of every reading by perceptrons that have not heard its group."""
    logits = np.zeros((len(u.x), 9), np.float32)
    for g in sorted(set(group)):
        some = perceptrons(args, u.at(group != g), args.inner_steps, 1)
        logits[group == g] = functionals.logits_of(*some, u.x[group == g])
    return logits


def speaker_groups(u) -> np.ndarray:
    group = {}
    for name in TRAIN:
        for i, speaker in enumerate(sorted(set(u.speaker[u.set == name]))):
            group[speaker] = i % INNER
    return np.array([group[s] for s in u.speaker])


def build(args, rows, path: Path, u, tensors: dict, networks: int, more: dict, command: str) -> None:
    """Perceptrons of the utterances beside the networks in `tensors`; calibration; the model file."""
    nets, mean, scale = perceptrons(args, u, args.perceptron_steps, args.perceptrons)
    said = left_out(args, u, speaker_groups(u))
    # Confidence has to hold in other studios too: once more with the whole set left out.
    far = u.at(u.set != "crema_d_partial")
    far_said = left_out(args, far, far.set)
    share = args.share if networks else 1.0
    if networks:
        # Of the speakers of dev alone the networks' answer is known as it is of strangers; how sure it is
        # beside the perceptrons' there is taken to hold for the others.
        dev = np.array([rows[c]["split"] == "dev" for c in u.clip])
        mixed = share * said + (1 - share) * u.networks
        some = u.at(dev & u.whole)
        for part in (0.0, 0.3, 0.5, 0.7, 1.0):
            found = functionals.recalls((part * said + (1 - part) * u.networks)[dev & u.whole], some)
            print(f"  dev, share {part}:", " ".join(f"{n[:5]} {r:.3f}" for n, (r, _) in found.items()))
        some.weight = weights(some)
        of_mixed, _ = calibrate.fit_temperature(mixed[dev & u.whole], some)
        of_said, _ = calibrate.fit_temperature(said[dev & u.whole], some)
        sharper = of_mixed / of_said
    else:
        sharper = 1.0
    u, said = functionals.together(u, far), np.concatenate([said, far_said])
    strange = np.arange(len(u.x)) >= len(u.x) - len(far.x)
    u.weight = weights(u) * np.where(strange, FAR, 1.0)
    whole, strange = u.at(u.whole), strange[u.whole]
    z_mean, z_scale = calibrate.cue_scales(whole.cues)
    logits = said * sharper
    weight = calibrate.fit_cues(whole, calibrate.cue_z(whole.cues, z_mean, z_scale), logits[u.whole])
    logits = logits + calibrate.cue_z(u.cues, z_mean, z_scale) @ weight.T
    temperature, _ = calibrate.fit_temperature(logits[u.whole], whole)
    _, early = calibrate.fit_temperature(logits, u)
    p = calibrate.core(logits[u.whole],
                       calibrate.temperatures(whole.voiced, temperature, early))
    q = calibrate.quantile(p, whole)
    scores = {}
    for name, at in (("speakers left out", ~strange), ("sets left out", strange)):
        at = at & (whole.variant == 0)
        scores[name] = calibrate.scores(logits[u.whole][at], p[at], q, whole.at(at))
        for n, figures in scores[name].items():
            print(f"  {name}:", n, figures, flush=True)
    tensors = {**tensors, "functionals.mean": mean, "functionals.scale": scale, "cues.mean": z_mean,
               "cues.scale": z_scale, "cues.weight": weight}
    tensors |= named(nets)
    export(path, tensors, (networks, len(nets), share),
           {"temperature": temperature, "quantile": q, "abstain_size": 6, "early": early},
           {"scores": scores, **more}, command)
    if networks:
        args.golden.with_name("perceptron.txt").write_text(golden_perceptron(nets[0]))
    print(f"  temperature {temperature:.2f}, early {early:.1f}, quantile {q:.3f}: {path}", flush=True)


def weights(u) -> np.ndarray:
    """Every clip alike but CREMA-D's, its own sound as much as all its changed ones together. CREMA-D has two
    classes here and its clips are mostly heard as neutral: it says nothing of probabilities over seven."""
    weight = np.where(u.set == "crema_d_partial", 1e-6, 1.0)
    many = max(len(set(u.variant)) - 1, 1)
    weight *= np.where(u.variant == 0, 1.0, 1.0 / many)
    return weight / weight.mean()


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--perceptron-steps", type=int, default=700)
    parser.add_argument("--perceptrons", type=int, choices=range(1, 5), default=3)
    parser.add_argument("--inner-steps", type=int, default=400, help="of those that leave some out, for calibration")
    parser.add_argument("--variants", type=int, default=5, help="of each clip, itself counted")
    parser.add_argument("--share", type=float, default=0.5, help="of the perceptrons beside the networks")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--start", type=Path, help="a model whose detector, kernels and networks are kept")
    parser.add_argument("--anew", action="store_true", help="with --start: train the networks anew")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--resume", action="store_true", help="go on from what the cache holds")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments(parser)
    options(parser)
    parser.add_argument("--out", type=Path, default=ROOT / "models/voice.mien")
    parser.add_argument("--golden", type=Path, default=ROOT / "tests/voice/golden.txt")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--second-steps", type=int, default=1600)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.cache.mkdir(parents=True, exist_ok=True)
    rows = split_rows(args.data)
    tensors, networks = base(args, rows)
    args.model = args.cache / "draft.mien"
    export(args.model, tensors, (networks, 0, 0.0), PLAIN, {}, "draft")
    u = functionals.Utterances(args, rows, TRAIN, range(args.variants),
                               lambda name, row: row["split"] in ("train", "dev"))
    build(args, rows, args.out, u, tensors, networks, {},
          f"train/voice.py --perceptron-steps {args.perceptron_steps} --perceptrons {args.perceptrons}")


if __name__ == "__main__":
    main()
