"""The sound of the voice sets: decoded once, varied, and turned into frames by the C program.

A `Bank` holds every clip of some sets as one float16 array of frames [n][72] (layout and units in
src/voice/voice.h) with an index. Variant 0 of a clip is the clip; the others are the clip played
faster or slower, in a room, through a telephone, with noise, at another level: what changes the
waveform; those of even number always through a telephone, most of them in noise. What can be done on frames (level, bands, time, mixing) is done while training.
"""
from __future__ import annotations

import csv
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from scipy import signal

RATE, FEATURES = 16000, 72
CLASSES = ["neutral", "calm", "joy", "sadness", "anger", "fear", "disgust", "surprise", "boredom"]
CLASS_OF = {"neutral": 0, "calm": 1, "happy": 2, "sad": 3, "angry": 4, "fear": 5, "disgust": 6,
            "surprised": 7, "boredom": 8}
# The classes that a set has: the loss and the evaluation look at these alone.
SETS = {"ravdess_speech": [0, 1, 2, 3, 4, 5, 6, 7], "emodb": [0, 2, 3, 4, 5, 6, 8],
        "nemo": [0, 2, 3, 4, 5, 7], "crema_d_partial": [2, 3], "tess": [0, 2, 3, 4, 5, 6, 7]}
VARIANTS = range(5)  # of each clip: the clip itself, and as often changed on its way
NOISES = ["noise_esc10", "noise_rir", "donateacry"]
SPEEDS = [(8, 9), (9, 10), (15, 16), (19, 20), (1, 1), (20, 19), (16, 15), (10, 9), (9, 8)]


def decode(data: Path, cache: Path, name: str) -> tuple[list[str], list[np.ndarray]]:
    """All clips of a set at 16 kHz mono int16, by ffmpeg, kept in the cache."""
    kept = cache / "wav" / f"{name}.npz"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        folder = data / "voice" / name
        files = sorted(f.name for f in folder.iterdir() if f.suffix in (".opus", ".flac", ".ogg"))
        clips = []
        for start in range(0, len(files), 40):
            batch = files[start:start + 40]
            with tempfile.TemporaryDirectory() as room:
                command = ["ffmpeg", "-v", "error", "-y"]
                for f in batch:
                    command += ["-i", str(folder / f)]
                for i, f in enumerate(batch):
                    command += ["-map", f"{i}:a", "-ar", str(RATE), "-ac", "1", "-f", "s16le",
                                f"{room}/{i}"]
                subprocess.run(command, check=True)
                clips += [np.fromfile(f"{room}/{i}", np.int16) for i in range(len(batch))]
        np.savez(kept, files=np.array(files), pcm=np.concatenate(clips),
                 lengths=np.array([len(c) for c in clips]))
    with np.load(kept) as z:
        ends = np.cumsum(z["lengths"])
        pcm = z["pcm"]
        return list(z["files"]), [pcm[e - n:e] for e, n in zip(ends, z["lengths"])]


def frames_of(program: Path, clips: list[np.ndarray]) -> list[np.ndarray]:
    """Each clip's frames, by `mien features voice`: the one feature extractor."""
    with tempfile.TemporaryDirectory() as room:
        np.concatenate(clips).astype("<i2").tofile(f"{room}/pcm")
        Path(f"{room}/lengths").write_text("\n".join(str(len(c)) for c in clips) + "\n")
        out = subprocess.run([str(program), "features", "voice", "--lengths", f"{room}/lengths",
                              f"{room}/pcm"], stdout=subprocess.PIPE, check=True).stdout
    frames, at = [], 0
    for _ in clips:
        count = int(np.frombuffer(out, "<i4", 1, at)[0])
        frames.append(np.frombuffer(out, "<f4", count * FEATURES, at + 4)
                      .reshape(count, FEATURES).astype(np.float16))
        at += 4 + count * FEATURES * 4
    return frames


def telephone(x: np.ndarray) -> np.ndarray:
    """16 kHz through a telephone: 300 to 3400 Hz at 8 kHz, its loudest at -6 dB, G.711 mu-law, and back."""
    y = signal.resample_poly(x, 1, 2)
    y = signal.sosfilt(signal.butter(4, 300, "high", fs=RATE // 2, output="sos"), y)
    y = signal.sosfilt(signal.butter(8, 3400, "low", fs=RATE // 2, output="sos"), y)
    peak = 2 * abs(y).max() + 1e-6
    law = np.sign(y) * np.log1p(255 * abs(y / peak)) / np.log(256)
    law = np.round(law * 127) / 127
    y = np.sign(law) * (256 ** abs(law) - 1) / 255 * peak
    return signal.resample_poly(y, 2, 1)[:len(x)].astype(np.float32)


LINES = {"gsm": ["-ar", "8000", "-c:a", "libgsm", "-f", "gsm"], "wav": ["-ar", "8000", "-c:a", "g726", "-b:a", "32k", "-f", "wav"],
         "ogg": ["-ar", "16000", "-c:a", "libopus", "-b:a", "10k", "-f", "ogg"]}


def coded(pcm: np.ndarray, line: str) -> np.ndarray:
    """int16 at 16 kHz through one of LINES' codings and back, by ffmpeg."""
    raw = ["-f", "s16le", "-ar", str(RATE), "-ac", "1"]
    there = subprocess.run(["ffmpeg", "-v", "error", *raw, "-i", "-", *LINES[line], "-"], input=pcm.astype("<i2").tobytes(),
                           stdout=subprocess.PIPE, check=True).stdout
    back = subprocess.run(["ffmpeg", "-v", "error", "-f", line, "-i", "-", *raw, "-"], input=there, stdout=subprocess.PIPE).stdout
    out = np.frombuffer(back, "<i2")
    return np.resize(out, len(pcm)) if len(out) else pcm


def speech_level(x: np.ndarray) -> float:
    """Root mean square of the hops of 10 ms that are less than 30 dB under the loudest."""
    power = (x[:len(x) // 160 * 160].reshape(-1, 160) ** 2).mean(1)
    return float(np.sqrt(power[power >= power.max() * 1e-3].mean())) + 1e-6 if len(power) else 1e-6


class Augment:
    """What happens to a voice on its way: one draw of speed, room, noise, telephone, level. With `calls` all
    come by telephone, and mostly from a noisy place."""

    def __init__(self, data: Path, cache: Path, seed: int, calls: bool = False):
        self.random = np.random.default_rng(seed)
        self.calls = calls
        noises, rooms = [], []
        for name in ("noise_esc10", "noise_rir"):
            for file, pcm in zip(*decode(data, cache, name)):
                if name == "noise_esc10" and file.split("-")[1] == "5":
                    continue  # fold 5 is kept for tests
                (rooms if file.startswith("rir") else noises).append(pcm.astype(np.float32) / 32768)
        self.noises = [n for n in noises if n.std() > 1e-4]
        self.rooms = [r[np.argmax(abs(r)):][:RATE // 2] for r in rooms]
        self.rooms = [r / np.sqrt((r ** 2).sum()) for r in self.rooms]

    def noise(self, count: int) -> np.ndarray:
        if self.random.random() < 0.3:  # coloured noise: white … brown
            shape = np.maximum(np.arange(count // 2 + 1), 8.0) ** (-self.random.uniform(0, 1))
            phase = np.exp(2j * np.pi * self.random.random(count // 2 + 1))
            return np.fft.irfft(shape * phase, count).astype(np.float32)
        noise = self.noises[self.random.integers(len(self.noises))]
        return np.resize(np.roll(noise, self.random.integers(len(noise))), count)

    def __call__(self, pcm: np.ndarray) -> np.ndarray:
        r = self.random
        x = pcm.astype(np.float32) / 32768
        up, down = SPEEDS[r.integers(len(SPEEDS))]
        if up != down:
            x = signal.resample_poly(x, up, down).astype(np.float32)
        count = len(x)
        if r.random() < 0.4:
            room = self.rooms[r.integers(len(self.rooms))]
            x = signal.fftconvolve(x, room)[:count].astype(np.float32)
        if r.random() < (0.8 if self.calls else 0.6):
            noise = self.noise(count)
            ratio = r.uniform(2, 22) if self.calls else r.uniform(2, 30)  # dB
            x = x + noise * speech_level(x) / (noise.std() + 1e-6) * 10 ** (-ratio / 20)
        if self.calls or r.random() < 0.2:
            x = telephone(x)
        x = x / (abs(x).max() + 1e-6) * 10 ** (-r.uniform(1, 30) / 20)
        return np.clip(np.round(x * 32767), -32768, 32767).astype(np.int16)


def way_of(data: Path, cache: Path, name: str, variant: int) -> Augment:
    return Augment(data, cache, 1000 * variant + sum(map(ord, name)), calls=variant % 2 == 0)


class Bank:
    """Frames of one set in one variant: frames[start[i]:start[i + 1]] is clip i."""

    def __init__(self, data: Path, cache: Path, program: Path, name: str, variant: int):
        kept = cache / "frames" / f"{name}.{variant}.npy"
        kept.parent.mkdir(parents=True, exist_ok=True)
        self.files, clips = decode(data, cache, name)
        if not kept.exists():
            if variant:
                augment = way_of(data, cache, name, variant)
                clips = [augment(c) for c in clips]
            parts = []
            for start in range(0, len(clips), 500):
                parts += frames_of(program, clips[start:start + 500])
            np.save(kept, np.concatenate(parts))
            np.save(kept.with_suffix(".start.npy"), np.cumsum([0] + [len(p) for p in parts]))
        self.frames = np.load(kept)
        self.start = np.load(kept.with_suffix(".start.npy"))

    def __len__(self) -> int:
        return len(self.files)

    def clip(self, i: int) -> np.ndarray:
        return self.frames[self.start[i]:self.start[i + 1]]


def split_rows(data: Path) -> dict[tuple[str, str], dict[str, str]]:
    """(set, file) -> the row of splits/voice.csv."""
    with open(data / "splits" / "voice.csv", newline="") as f:
        return {(r["dataset"], r["file"]): r for r in csv.DictReader(f)}


if __name__ == "__main__":
    import argparse
    p = argparse.ArgumentParser(description="Decode the voice sets and make their frames.")
    p.add_argument("--data", type=Path, default=Path(__file__).parents[1] / "../data-cache")
    p.add_argument("--cache", type=Path, default=Path(__file__).parents[1] / "../train-cache/voice")
    p.add_argument("--program", type=Path,
                   default=Path(__file__).parents[1] / "build/src/cli/mien")
    a = p.parse_args()
    for variant in VARIANTS:
        for name in [*SETS, *NOISES]:
            if variant and name in ("tess", "noise_rir", "donateacry", "noise_esc10"):
                continue
            bank = Bank(a.data, a.cache, a.program, name, variant)
            print(name, variant, len(bank), len(bank.frames), flush=True)
