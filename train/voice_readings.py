"""What the C program makes of the clips of the voice sets: its readings with their functionals.

A `Readings` holds, for one set in one variant (voice_data.py: 0 is the clip itself, the others are the
clip changed on its way), every reading that the program gives of every clip, final or not: training sees
what the program sees, utterances cut out by its own detector included.
"""
from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from voice_calibrate import readings
from voice_data import SETS, VARIANTS, decode, way_of

FINAL, VOICED, DIMS, CUES, NETWORKS, FUNCTIONALS = 0, 4, slice(7, 10), slice(19, 32), slice(32, 41), 41


class Readings:
    """clip[i]: which clip reading i is of; whole[i]: it is the longest final one of its clip."""

    def __init__(self, data: Path, cache: Path, program: Path, model: Path, name: str, variant: int):
        kept = cache / "readings" / f"{name}.{variant}.npz"
        self.files, clips = decode(data, cache, name)
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            if variant:
                augment = way_of(data, cache, name, variant)
            parts, clip, whole = [], [], []
            for start in range(0, len(clips), 250):
                sounds = clips[start:start + 250]
                if variant:
                    sounds = [augment(x) for x in sounds]
                for i, all_of in enumerate(readings(program, model, sounds), start):
                    length = np.where(all_of[:, FINAL] == 1, all_of[:, 3] - all_of[:, 2], -1)
                    parts.append(all_of)
                    clip += [i] * len(all_of)
                    whole += list((np.arange(len(all_of)) == length.argmax()) & (length >= 0)
                                  if len(all_of) else [])
            np.savez(kept, records=np.concatenate(parts), clip=np.array(clip), whole=np.array(whole, bool))
        with np.load(kept) as z:
            self.records, self.clip, self.whole = z["records"], z["clip"], z["whole"]


def arguments(parser: argparse.ArgumentParser) -> None:
    root = Path(__file__).resolve().parents[1]
    parser.add_argument("--data", type=Path, default=root / "../data-cache")
    parser.add_argument("--cache", type=Path, default=root / "../train-cache/voice")
    parser.add_argument("--program", type=Path, default=root / "build/src/cli/mien")


if __name__ == "__main__":
    p = argparse.ArgumentParser(description="Makes the readings of all sets and variants.")
    arguments(p)
    p.add_argument("--model", type=Path, required=True, help="whose detector and networks are run")
    a = p.parse_args()
    for v in VARIANTS:
        for n in SETS:
            if n != "tess":
                r = Readings(a.data, a.cache, a.program, a.model, n, v)
                print(n, v, len(r.files), r.records.shape, int(r.whole.sum()), flush=True)
