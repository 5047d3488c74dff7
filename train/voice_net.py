"""The two networks of the voice model, as PyTorch modules; src/voice/{speech,encode}.c run them.

Everything is causal: output at a frame depends on that frame and those before it.
"""
from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

MEL, FEATURES = 64, 72
LEVEL_FALL = 0.02  # dB a frame
FLOOR = 60.0       # dB under the level


def relative(frames: np.ndarray) -> np.ndarray:
    """Frames as the networks see them: levels against the loudest lately (encode.c: level_follow).

    The level jumps up with the sound and falls by 2 dB a second, so any recording level is the same.
    """
    x = frames.astype(np.float32)
    fall = LEVEL_FALL * np.arange(len(x), dtype=np.float32)
    level = np.maximum(np.maximum.accumulate(x[:, 64] + fall) - fall, -90.0)
    x[:, :65] = np.maximum(x[:, :65] - level[:, None], -FLOOR)
    return x


class Causal(nn.Module):
    """Convolution over time that sees the past only, batch norm, ReLU. x: [batch][channels][time]."""

    def __init__(self, inputs: int, outputs: int, width: int, stride: int = 1, dilation: int = 1):
        super().__init__()
        self.pad = (width - 1) * dilation
        self.conv = nn.Conv1d(inputs, outputs, width, stride, dilation=dilation, bias=False)
        self.norm = nn.BatchNorm1d(outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.norm(self.conv(F.pad(x, (self.pad, 0)))))

    def folded(self) -> tuple[np.ndarray, np.ndarray]:
        """Weights [out][width][in] and bias with the batch norm folded in."""
        gain = self.norm.weight / torch.sqrt(self.norm.running_var + self.norm.eps)
        weight = (self.conv.weight * gain[:, None, None]).permute(0, 2, 1)
        bias = self.norm.bias - self.norm.running_mean * gain
        return (weight.detach().float().cpu().numpy().copy(),
                bias.detach().float().cpu().numpy().copy())


class Encoder(nn.Module):
    """Frames to emotion. Frames at 100 a second, steps at 25 a second, pooled over the utterance."""

    def __init__(self, width: int = 128, heads: int = 4, classes: int = 9):
        super().__init__()
        self.heads = heads
        self.register_buffer("mean", torch.zeros(FEATURES))
        self.register_buffer("scale", torch.ones(FEATURES))
        self.front = nn.ModuleList([Causal(FEATURES, 96, 5, 2), Causal(96, width, 5, 2)])
        self.deep = nn.ModuleList([Causal(width, width, 3), Causal(width, width, 3, dilation=2)])
        self.gru = nn.GRU(width, width, batch_first=True)
        self.look = nn.Linear(2 * width, 64)
        self.attend = nn.Linear(64, heads)
        self.mix = nn.Linear(4 * width, 128)
        self.classes = nn.Linear(128, classes)
        self.dims = nn.Linear(128, 3)
        self.drop = nn.Dropout(0.25)

    def steps(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """x: [batch][time][72] relative frames -> h [batch][steps][256], attention [..][heads]."""
        x = ((x - self.mean) * self.scale).clamp(-4, 4).transpose(1, 2)
        for layer in self.front:
            x = layer(x)
        for layer in self.deep:
            x = x + layer(x)
        x = self.drop(x.transpose(1, 2))
        h = torch.cat([x, self.gru(x)[0]], 2)
        return h, self.attend(torch.tanh(self.look(h)))

    def pool(self, h: torch.Tensor, a: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
        """Mean and deviation under attention over the first `counts` steps: [batch][512]."""
        batch, steps, width = h.shape
        past = torch.arange(steps, device=h.device)[None] < counts[:, None]
        w = a.float().masked_fill(~past[..., None], -1e4).softmax(1)
        h = h.float().view(batch, steps, self.heads, width // self.heads)
        mean = torch.einsum("bth,bthc->bhc", w, h)
        square = torch.einsum("bth,bthc->bhc", w, h * h)
        deviation = (square - mean * mean).clamp(min=1e-4).sqrt()
        return torch.cat([mean.flatten(1), deviation.flatten(1)], 1)

    def head(self, pooled: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        z = self.drop(F.relu(self.mix(self.drop(pooled))))
        return self.classes(z), torch.tanh(self.dims(z))

    def forward(self, x: torch.Tensor, counts: torch.Tensor):
        h, a = self.steps(x)
        return self.head(self.pool(h, a, counts))

    def tensors(self) -> dict[str, np.ndarray]:
        out: dict[str, np.ndarray] = {"input.mean": self.mean, "input.scale": self.scale}
        for name, layers in (("front", self.front), ("deep", self.deep)):
            for i, layer in enumerate(layers):
                out[f"{name}{i}.weight"], out[f"{name}{i}.bias"] = layer.folded()
        out |= gru_tensors("gru", self.gru)
        for name in ("look", "attend", "mix", "classes", "dims"):
            layer = getattr(self, name)
            out[f"{name}.weight"], out[f"{name}.bias"] = layer.weight, layer.bias
        return as_arrays(out)


class Speech(nn.Module):
    """Frames to the chance that someone speaks, 50 times a second."""

    def __init__(self, width: int = 32):
        super().__init__()
        self.register_buffer("mean", torch.zeros(FEATURES))
        self.register_buffer("scale", torch.ones(FEATURES))
        self.front = Causal(FEATURES, width, 5, 2)
        self.gru = nn.GRU(width, width, batch_first=True)
        self.out = nn.Linear(width, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = ((x - self.mean) * self.scale).clamp(-4, 4).transpose(1, 2)
        return self.out(self.gru(self.front(x).transpose(1, 2))[0])[..., 0]

    def tensors(self) -> dict[str, np.ndarray]:
        out: dict[str, np.ndarray] = {"speech.input.mean": self.mean,
                                      "speech.input.scale": self.scale}
        out["speech.front.weight"], out["speech.front.bias"] = self.front.folded()
        out |= gru_tensors("speech.gru", self.gru)
        out["speech.out.weight"], out["speech.out.bias"] = self.out.weight, self.out.bias
        return as_arrays(out)


def gru_tensors(name: str, gru: nn.GRU) -> dict[str, torch.Tensor]:
    return {f"{name}.wi": gru.weight_ih_l0, f"{name}.wh": gru.weight_hh_l0,
            f"{name}.bi": gru.bias_ih_l0, f"{name}.bh": gru.bias_hh_l0}


def as_arrays(tensors: dict) -> dict[str, np.ndarray]:
    return {k: v if isinstance(v, np.ndarray) else v.detach().float().cpu().numpy().copy()
            for k, v in tensors.items()}
