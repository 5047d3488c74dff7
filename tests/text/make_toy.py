#!/usr/bin/env python3
"""Makes toy.mien, a text model of a few numbers; later.mien, the same for features to come; and golden.txt: what torch says of some texts with
its weights. Run by hand when the network changes: python3 tests/text/make_toy.py build/src/cli/mien"""
import sys
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "train"))
import mien_file  # noqa: E402
import text_data as td  # noqa: E402
import text_tokens as tt  # noqa: E402
from text_net import Net  # noqa: E402
from text_vectors import BUCKET, place  # noqa: E402

WIDTH, CHANNELS, SLICES, HIDDEN, BUCKETS = 12, 20, 2, 10, 4
TEXTS = ["i am happy", "I am NOT happy at all!!", "so sad 😢", "unhappily", "good", "天气真好 😂"]
WORDS = ["i", "am", "happy", "not", "sad", "so", "!!", "😢", "good", "天气"]


def main() -> None:
    mien = sys.argv[1]
    torch.manual_seed(7)
    rng = np.random.default_rng(7)
    net = Net(WIDTH, CHANNELS, SLICES, HIDDEN, 1).eval()
    pieces = tt.pieces(mien, ["happy", "天气真"])
    hashes = np.array([h[0] for h in tt.pieces(mien, WORDS)] + list(pieces[0][1:9]) + list(pieces[1][2:]),
                      np.uint64)
    rows, keys = place(np.unique(hashes), np.ones(len(np.unique(hashes))), BUCKETS)
    table = mien_file.quantize_rows(rng.standard_normal((BUCKETS * BUCKET, WIDTH)).astype(np.float32))
    marks = rng.standard_normal((3, WIDTH)).astype(np.float32)
    row_of = dict(zip(np.unique(hashes).tolist(), rows.tolist()))
    flat = mien_file.dequantize_rows(*table)
    state = {k: v.numpy().copy() for k, v in net.state_dict().items()}
    q = {}
    for name, shape in (("conv1", (CHANNELS, 3, WIDTH)), ("conv2", (CHANNELS, 3, CHANNELS)),
                        ("hidden", (HIDDEN, 2 * CHANNELS + WIDTH))):
        w = state[name + ".weight"] * 2
        q[name] = mien_file.quantize_rows(w.reshape(shape))
        net.state_dict()[name + ".weight"].copy_(
            torch.from_numpy(mien_file.dequantize_rows(*q[name]).reshape(w.shape)))
    for name, features in (("toy", 1), ("later", 2)):
        write(HERE / f"{name}.mien", features, keys, table, marks, q, state)
    golden(mien, net, row_of, flat, marks)


def write(path, features, keys, table, marks, q, state) -> None:
    mien_file.write_model(path, "text", {
        "name": "toy", "version": 1, "feature_version": features,
        "labels": {"core": td.CORE, "fine": td.FINE},
        "network": {"width": WIDTH, "channels": CHANNELS, "slices": SLICES, "hidden": HIDDEN},
        "calibration": {"temperature": 1.0, "quantile": .9, "abstain_size": 8},
        "thresholds": {"fine": [.5] * 28, "language_count": 2, "languages": ["all", "eng"],
                       "brighter": [[.5] * 6, [0.0] * 6]},
        "provenance": {"data": [{"name": "random numbers", "licence": "Apache-2.0"}],
                       "licence": "Apache-2.0", "commercial": True, "date": "2026-11-23",
                       "command": "python3 tests/text/make_toy.py build/src/cli/mien"},
        "scores": {}},
        {"pieces.keys": (keys.astype("<u4").view(np.int8).reshape(BUCKETS, 64).copy(),
                         np.ones(BUCKETS, np.float32)),
         "pieces.rows": table, "marks": marks, "attend.weight": state["attend.weight"],
         "conv1.weight": q["conv1"], "conv1.bias": state["conv1.bias"], "conv2.weight": q["conv2"],
         "conv2.bias": state["conv2.bias"], "hidden.weight": q["hidden"],
         "hidden.bias": state["hidden.bias"], "heads.weight": state["heads.weight"],
         "heads.bias": state["heads.bias"]})


def golden(mien, net, row_of, flat, marks) -> None:
    with open(HERE / "golden.txt", "w", encoding="utf-8") as out:
        for text, tokens in zip(TEXTS, tt.tokens(mien, TEXTS)):
            x = np.zeros((len(tokens), WIDTH), np.float32)
            for t, (token, mark) in enumerate(tokens):
                own, *grams = tt.pieces(mien, [token])[0].tolist()
                found = [row_of[g] for g in grams if row_of.get(g, -1) >= 0]
                if row_of.get(own, -1) >= 0:
                    x[t] = flat[row_of[own]]
                elif found:
                    x[t] = flat[found].mean(0)
                for k in range(3):
                    x[t] += marks[k] * (mark >> k & 1)
            with torch.no_grad():
                fine, core, brighter, dims, _ = net(torch.from_numpy(x)[None],
                                                    torch.ones(1, len(tokens)))
            numbers = torch.cat([torch.sigmoid(fine), torch.softmax(core, -1), torch.sigmoid(brighter),
                                 torch.tanh(dims)], -1)[0]
            out.write(text + "\t" + " ".join(f"{v:.5f}" for v in numbers) + "\n")


if __name__ == "__main__":
    main()
