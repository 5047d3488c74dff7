"""Mixed precision where it helps: products in bfloat16 are twice as fast as in float32 on some processors
and fifty times as slow on others, so that both are timed once.

    with mixed("cpu"):     torch.autocast, or nothing
"""
from __future__ import annotations

import contextlib
import functools
import time

import torch


@functools.cache
def helps(device: str) -> bool:
    """Whether a product in bfloat16 takes less time than one in float32."""
    if device != "cpu":
        return torch.cuda.is_bf16_supported()
    a, b = torch.randn(256, 512), torch.randn(512, 512)
    took = []
    for kind in (torch.float32, torch.bfloat16):
        x, y = a.to(kind), b.to(kind)
        x @ y
        start = time.perf_counter()
        for _ in range(3):
            x @ y
        took.append(time.perf_counter() - start)
    return took[1] < took[0]


def mixed(device):
    kind = str(device).split(":")[0]
    return torch.autocast(kind, torch.bfloat16) if helps(kind) else contextlib.nullcontext()
