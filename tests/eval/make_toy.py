#!/usr/bin/env python3
"""Makes text-deep.mien here: tests/text/deep-toy.mien with heads that say what texts.sh expects whatever
they read (all weight is in the bias), so that what is counted can be worked out by hand. Run when the
toy changes: python3 tests/eval/make_toy.py"""
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "train"))
import mien_file  # noqa: E402
import text_data as td  # noqa: E402


def head(width: int, *biases: float) -> np.ndarray:
    rows = np.zeros((len(biases), width + 1), np.float32)
    rows[:, -1] = biases
    return rows


def main() -> None:
    meta, tensors = mien_file.read_model(HERE.parent / "text/deep-toy.mien")
    width = meta["network"]["hidden"]
    never, always = 1, 0
    meta["name"] = "eval-toy"
    meta["thresholds"]["plutchik"] = [always if name in ("joy", "trust") else never for name in td.PLUTCHIK]
    meta["thresholds"]["sarcasm"] = always
    meta["thresholds"]["sarcasm_folds"] = [.5, .5, .5, .5, .8]
    meta["benchmarks"] = {"meld": 7, "tweet": 4, "irony": 1, "irony_threshold": .5}
    tensors["sarcasm.folds"] = head(width, 1, -1, 1, -1, 1)  # 1: a probability of .73
    meld = [float(name == "joy") for name in td.CORE]
    research = tensors | {"benchmark.heads": head(width, *meld, 0, 0, 1, 0, -1)}
    provenance = {"command": "python3 tests/eval/make_toy.py"}
    meta["provenance"] |= provenance
    (HERE / "models").mkdir(exist_ok=True)
    mien_file.write_model(HERE / "models/text-deep.mien", "text-deep", meta, tensors)
    mien_file.write_model(HERE / "models/text-research.mien", "text-deep", meta | {"name": "text-research"}, research)


if __name__ == "__main__":
    main()
