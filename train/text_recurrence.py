#!/usr/bin/env python3
"""The recurrence of the deep text model for torch: text_recurrence.c on a processor, text_recurrence.cu
(with cupy) on a GPU, and plain torch as the reference: run this file to compare them."""
from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

import torch


@functools.cache
def library() -> ctypes.CDLL:
    source = Path(__file__).with_suffix(".c")
    name = f"mien-recurrence-{os.getuid()}-{hashlib.sha256(source.read_bytes()).hexdigest()[:16]}.so"
    built = Path(tempfile.gettempdir()) / name
    if not built.exists():
        partial = built.with_suffix(f".{os.getpid()}")
        subprocess.run(["gcc", "-O3", "-march=native", "-ffast-math", "-shared", "-fPIC",
                        str(source), "-o", str(partial), "-lm"], check=True)
        partial.rename(built)
    return ctypes.CDLL(str(built))


def pointer(x: torch.Tensor) -> ctypes.c_void_p:
    assert x.is_contiguous() and x.dtype == torch.float32
    return ctypes.c_void_p(x.data_ptr())


class Compiled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, u, x, v, b, mask):
        T, B, _, _, H = u.shape
        assert H <= 1024
        u, x = u.float().contiguous(), x.float().contiguous()
        v, b = v.contiguous(), b.contiguous()
        c, h = torch.empty(T, B, 2, H), torch.empty(T, B, 2 * H)
        library().forward(*map(pointer, (u, x, v, b, mask, c, h)), T, B, H)
        ctx.save_for_backward(u, x, v, b, mask, c)
        return h

    @staticmethod
    def backward(ctx, dh):
        u, x, v, b, mask, c = ctx.saved_tensors
        T, B, _, _, H = u.shape
        dh = dh.float().contiguous()
        du, dx = torch.empty_like(u), torch.empty(T, B, 2 * H)
        dv, db = torch.zeros_like(v), torch.zeros_like(b)
        carry = torch.empty(B, H)
        library().backward(*map(pointer, (u, x, v, b, mask, c, dh, du, dx, dv, db, carry)), T, B, H)
        return du, dx, dv, db, None


@functools.cache
def kernels():
    import cupy
    module = cupy.RawModule(code=Path(__file__).with_suffix(".cu").read_text(), backend="nvrtc")
    return module.get_function("forward"), module.get_function("backward")


class OnGpu(torch.autograd.Function):
    @staticmethod
    def launch(kernel, tensors, T, B, H):
        import cupy
        assert all(t.is_contiguous() and t.dtype == torch.float32 for t in tensors)
        with cupy.cuda.ExternalStream(torch.cuda.current_stream().cuda_stream):
            kernel(((B * 2 * H + 127) // 128,), (128,),
                   (*[t.data_ptr() for t in tensors], *[cupy.int32(n) for n in (T, B, H)]))

    @staticmethod
    def forward(ctx, u, x, v, b, mask):
        T, B, _, _, H = u.shape
        u, x = u.float().contiguous(), x.float().contiguous()
        v, b, mask = v.contiguous(), b.contiguous(), mask.contiguous()
        c, h = x.new_empty(T, B, 2, H), x.new_empty(T, B, 2 * H)
        OnGpu.launch(kernels()[0], (u, x, v, b, mask, c, h), T, B, H)
        ctx.save_for_backward(u, x, v, b, mask, c)
        return h

    @staticmethod
    def backward(ctx, dh):
        u, x, v, b, mask, c = ctx.saved_tensors
        T, B, _, _, H = u.shape
        du, dx = torch.empty_like(u), x.new_empty(T, B, 2 * H)
        dv, db = u.new_empty(B, 2, 2, H), u.new_empty(B, 2, 2, H)
        OnGpu.launch(kernels()[1], (u, x, v, b, mask, c, dh.float().contiguous(), du, dx, dv, db), T, B, H)
        return du, dx, dv.sum(0), db.sum(0), None


def plain(u, x, v, b, mask):
    T, B, _, _, H = u.shape
    u, x = u.float(), x.float().reshape(T, B, 2, H)
    outs = []
    for d in range(2):
        c, h = torch.zeros(B, H, device=u.device), [None] * T
        for t in (range(T) if d == 0 else range(T - 1, -1, -1)):
            uc, uf, ur = u[t, :, d].unbind(1)
            ux = x[t, :, d]
            m = mask[t].unsqueeze(1)
            f = torch.sigmoid(uf + v[d, 0] * c + b[d, 0])
            r = torch.sigmoid(ur + v[d, 1] * c + b[d, 1])
            now = f * c + (1 - f) * uc
            h[t] = (r * now + (1 - r) * ux) * m
            c = now * m + c * (1 - m)
        outs.append(torch.stack(h))
    return torch.cat(outs, -1)


def recurrence(u: torch.Tensor, x: torch.Tensor, v: torch.Tensor, b: torch.Tensor,
               mask: torch.Tensor) -> torch.Tensor:
    """u [T][B][2][3][H], x [T][B][2 H], v and b [2][2][H], mask [T][B] -> h [T][B][2 H]."""
    return (Compiled if u.device.type == "cpu" else OnGpu).apply(u, x, v, b, mask)


def main() -> None:
    torch.manual_seed(1)
    T, B, H = 7, 3, 20
    given = [torch.randn(T, B, 2, 3, H), torch.randn(T, B, 2 * H), torch.randn(2, 2, H), torch.randn(2, 2, H)]
    mask = (torch.arange(T).unsqueeze(1) < torch.tensor([7, 4, 1])).float()

    def result(function, device: str) -> list[torch.Tensor]:
        leaves = [x.detach().to(device, copy=True).requires_grad_(True) for x in given]
        h = function(*leaves, mask.to(device))
        (h * torch.arange(h.numel(), device=device).reshape(h.shape).cos()).sum().backward()
        return [h.detach().cpu()] + [x.grad.cpu() for x in leaves]

    reference = result(plain, "cpu")
    for device in ["cpu"] + ["cuda"] * torch.cuda.is_available():
        for a, b in zip(reference, result(recurrence, device)):
            assert torch.allclose(a, b, atol=1e-4), (device, (a - b).abs().max())
        print(f"{device}: the recurrence is the plain one")


if __name__ == "__main__":
    main()
