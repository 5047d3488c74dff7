#!/usr/bin/env python3
"""Makes tests/nn/toy.mien: a toy network of every kind of layer with random weights, an input, and
what PyTorch gives for it after each layer. tests/nn/test_golden.c must give the same.

    train/nn_golden.py [OUT]
"""
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from mien_file import dequantize_rows, quantize_rows, write_model


def main(out: str = "tests/nn/toy.mien") -> None:
    torch.manual_seed(7)
    conv, depthwise = nn.Conv2d(2, 6, 3, stride=1, padding=1), nn.Conv2d(6, 6, 3, padding=1, groups=6)
    norm, over_time = nn.LayerNorm(6, eps=1e-5), nn.Conv1d(6, 8, 3, stride=1, dilation=2)
    gru, head = nn.GRU(8, 5, batch_first=True), nn.Linear(5, 7)
    q, scales = quantize_rows(head.weight.detach().numpy())
    head.weight.data = torch.from_numpy(dequantize_rows(q, scales))

    with torch.no_grad():
        x = torch.randn(1, 2, 9, 7)  # picture: channels first here, last in the file
        a = F.silu(conv(x))
        b = F.gelu(depthwise(a))
        pooled = F.max_pool2d(b, 2, 2)  # [1, 6, 4, 3]
        rows = norm(pooled.permute(0, 2, 3, 1).reshape(12, 6))  # [12, 6]: read as 12 frames
        c = F.hardswish(over_time(rows.T[None]))[0].T  # [8, 8]
        states, _ = gru(c[None])  # [1, 8, 5]
        y = torch.softmax(head(states[0, -1]), 0)

    def last(t: torch.Tensor) -> np.ndarray:  # [1, channels, h, w] -> [h, w, channels]
        return t[0].permute(1, 2, 0).numpy()

    p = {k: v.detach() for k, v in gru.named_parameters()}
    write_model(out, "toy", {"calibration": {"temperature": 1.25, "quantile": 0.75, "abstain_size": 3},
                             "provenance": {"data": [], "licence": "Apache-2.0", "commercial": True,
                                            "command": "train/nn_golden.py"}}, {
        "input": last(x),
        "conv.weight": conv.weight.detach().permute(0, 2, 3, 1).numpy(),
        "conv.bias": conv.bias.detach().numpy(), "conv.expected": last(a),
        "depthwise.weight": depthwise.weight.detach()[:, 0].permute(1, 2, 0).numpy(),
        "depthwise.bias": depthwise.bias.detach().numpy(), "depthwise.expected": last(b),
        "norm.gain": norm.weight.detach().numpy(), "norm.bias": norm.bias.detach().numpy(),
        "norm.expected": rows.numpy(),
        "time.weight": over_time.weight.detach().permute(0, 2, 1).numpy(),
        "time.bias": over_time.bias.detach().numpy(), "time.expected": c.numpy(),
        "gru.wi": p["weight_ih_l0"].numpy(), "gru.wh": p["weight_hh_l0"].numpy(),
        "gru.bi": p["bias_ih_l0"].numpy(), "gru.bh": p["bias_hh_l0"].numpy(),
        "gru.expected": states[0].numpy(),
        "head.weight": (q, scales), "head.bias": head.bias.detach().numpy(), "head.expected": y.numpy(),
    })


if __name__ == "__main__":
    main(*sys.argv[1:])
