#!/usr/bin/env python3
"""Makes deep-toy.mien, a deep text model of a few random numbers over the vocabulary of make_subwords.py, and
deep-golden.txt: what torch says of some texts with its weights. Run by hand when the network changes:
python3 tests/text/make_deep_toy.py build/src/cli/mien"""
import sys
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "train"))
import mien_file  # noqa: E402
import text_data as td  # noqa: E402
import text_subwords as ts  # noqa: E402
import text_tokens as tt  # noqa: E402
from make_subwords import PIECES  # noqa: E402
from text_deep_export import rounded  # noqa: E402
from text_deep_net import Deep, HEADS, Sizes  # noqa: E402

LANGUAGES = ["eng", "deu", "zho", "tha", "spa"]
WINDOW, TURN = 256, 48
# A text, and what was said before it: (text, said by the same person), oldest first.
TEXTS = [
    ("I am so happy.", []), ("Not good, unhappiness", []), ("I am NOT happy at all!!", []), ("qrs", []),
    ("sooooo good sooo 😢", []), ("天气真好 😂", []), ("天气真好啊啊啊啊 :)", []), ("สวัสดี", []), ("안녕하세요 안", []),
    ("good", [("I am so happy", True)]), ("good", [("I am so happy", False)]),
    ("Not good.", [("so happy", False), ("NOT good!!", True), ("abc 😢😢", False)]),
    ("so", [("never read", True), ("good", False), ("", True), ("I am not happy " * 30, False)]),
    ("I am so happy. " * 70, []), ("so good " * 200 + "NOT", [("happy", True)]),
]


def pieces(mien: str, subwords: ts.Subwords, text: str) -> list[list[tuple[int, int]]]:
    """(id, marks) of each token."""
    out = []
    line = tt.run(mien, [text], "--runs")[0]
    for part in line.split(" ") if line else []:
        token, _, marks = part.partition(tt.MARK)
        out.append([(i, int(marks or 0)) for i in subwords.cut(token, int(marks or 0))])
    return out


def say(net: Deep, mien: str, subwords: ts.Subwords, text: str, turns) -> list[float]:
    windows: list[list[tuple[int, int]]] = []
    for token in pieces(mien, subwords, text):
        if not windows or len(windows[-1]) + len(token) > WINDOW:
            windows.append([])
        windows[-1] += token
    before = []
    for said, same in turns[-3:]:
        before += [(1 if same else 2, 0)] + sum(pieces(mien, subwords, said), [])[-TURN:]
    if turns:
        before.append((3, 0))
    logits, total = {}, sum(map(len, windows))
    for n, window in enumerate(windows):
        row = (before if n == 0 else []) + window
        skip = len(row) - len(window)
        ids, marks = torch.tensor(row).T.unsqueeze(-1)
        mask = torch.ones(len(row), 1)
        current = mask.clone()
        current[:skip] = 0
        with torch.no_grad():
            for name, value in net(ids, marks, mask, current).items():
                logits[name] = logits.get(name, 0) + value[0] * len(window) / total
    last = {"core": "softmax", "sentiment": "softmax", "language": "softmax", "dims": "tanh"}
    return [v for name, value in logits.items()
            for v in (torch.softmax(value, -1) if last.get(name) == "softmax" else
                      torch.tanh(value) if last.get(name) == "tanh" else torch.sigmoid(value)).tolist()]


def main() -> None:
    mien = sys.argv[1]
    torch.manual_seed(11)
    subwords = ts.Subwords([p for p, _ in PIECES], [s for _, s in PIECES])
    net = Deep(Sizes(len(subwords), len(LANGUAGES), width=11, channels=9, layers=3, slices=3, hidden=10)).eval()
    with torch.no_grad():
        for name, p in net.named_parameters():
            if "norm" in name or "bias" in name or name in ("marks", "attend"):
                p += .3 * torch.randn_like(p)
        for layer in net.layers:
            layer.weight *= 2
        net.hidden.weight *= 2
        net.heads.weight *= 3
    net = rounded(net)
    state = {k: v.numpy() for k, v in net.state_dict().items()}
    q8, D, H = mien_file.quantize_rows, net.sizes.width, net.sizes.channels
    one = np.ones(1, np.float32)
    tensors = {"vocabulary.text": (np.frombuffer("".join(subwords.pieces).encode(), np.int8)[None], one),
               "vocabulary.lengths": (np.array([[len(p.encode()) for p in subwords.pieces]], np.int8), one),
               "vocabulary.scores": (np.array([subwords.scores], "<i2").view(np.int8), one),
               "embed.rows": q8(state["rows.weight"]), "marks": state["marks"]}
    for k in range(net.sizes.layers):
        weight = state[f"layers.{k}.weight"]
        tensors |= {f"layer{k}.weight": q8(weight.reshape(8 * H, 3, D) if k == 0 else weight),
                    f"layer{k}.recur": state[f"layers.{k}.recur"], f"layer{k}.bias": state[f"layers.{k}.bias"],
                    f"layer{k}.norm.gain": state[f"layers.{k}.norm.weight"],
                    f"layer{k}.norm.bias": state[f"layers.{k}.norm.bias"]}
    tensors |= {"norm.gain": state["norm.weight"], "norm.bias": state["norm.bias"], "attend.weight": state["attend"],
                "hidden.weight": q8(state["hidden.weight"]), "hidden.bias": state["hidden.bias"],
                "heads.weight": state["heads.weight"], "heads.bias": state["heads.bias"]}
    mien_file.write_model(HERE / "deep-toy.mien", "text-deep", {
        "name": "deep-toy", "version": "1", "feature_version": 1,
        "labels": {"core": td.CORE, "fine": td.FINE, "languages": LANGUAGES},
        "label_counts": {"languages": len(LANGUAGES)}, "network": net.sizes.dict(),
        "heads": {"trained": [h for h in HEADS if h != "stress"] + ["language"]},
        "calibration": {"temperature": 1.0, "quantile": .9, "abstain_size": 8},
        "calibrations": {"count": 1, "languages": ["deu"], "sure": .5, "temperature": [2.0], "quantile": [.8]},
        "thresholds": {"fine": [.5] * 28, "plutchik": [.5] * 8, "sarcasm": .5, "language_count": 2,
                       "languages": ["all", "eng"], "brighter": [[.5] * 6, [0.0] * 6]},
        "unknown": {"language_floor": .21, "score_floor": -6.0},
        "beside": {"fine": .25, "core": .5, "brighter": .75, "dims": .125},
        "provenance": {"data": [{"name": "random numbers", "licence": "Apache-2.0"}], "licence": "Apache-2.0",
                       "commercial": True, "date": "2026-11-24",
                       "command": "python3 tests/text/make_deep_toy.py build/src/cli/mien"},
        "scores": {}}, tensors)
    with open(HERE / "deep-golden.txt", "w", encoding="utf-8") as out:
        for text, turns in TEXTS:
            said = "\x1e".join(("=" if same else "/") + t for t, same in turns)
            numbers = say(net, mien, subwords, text, turns)
            out.write(text + "\t" + said + "\t" + " ".join(f"{v:.4f}" for v in numbers) + "\n")


if __name__ == "__main__":
    main()
