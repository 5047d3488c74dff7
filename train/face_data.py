"""Face data for training: the frames and points of landmarks68, the crops of FER+, the box rule.

What it is: loading, the one rule that turns 68 points into a box, and the warps that must agree
with src/face (face_box_of_points, face_crop_of_points, face_warp). What it is not: a trainer.
"""
from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import torch
from PIL import Image

POINTS = 68
FOREHEAD = 0.15  # the box reaches this share of the points' height above the brows
CROP = 64        # pixels of the landmark networks' input
BOX_MARGIN = 1.3   # side of the coarse network's crop over the longer side of the box
POINTS_MARGIN = 1.15  # of the fine network's, which is upright and hardly off

# Index of each point's mirror image, iBUG 300-W order.
MIRROR = np.array(
    list(range(16, -1, -1)) + list(range(26, 16, -1)) + [27, 28, 29, 30] + [35, 34, 33, 32, 31]
    + [45, 44, 43, 42, 47, 46] + [39, 38, 37, 36, 41, 40]
    + [54, 53, 52, 51, 50, 49, 48] + [59, 58, 57, 56, 55] + [64, 63, 62, 61, 60] + [67, 66, 65])


def default_data() -> Path:
    return Path(__file__).resolve().parents[2] / "data-cache"


def load_landmarks(data: Path, split: str) -> tuple[list[np.ndarray], np.ndarray]:
    """Frames (grey uint8, their own sizes) and points [n][68][2] in pixels of one split."""
    frames, points = [], []
    with open(data / "face/landmarks68/labels.csv", newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] != split:
                continue
            frames.append(np.asarray(Image.open(data / "face" / row["file"]).convert("L")))
            points.append([[float(row[f"x{k}"]), float(row[f"y{k}"])] for k in range(POINTS)])
    return frames, np.asarray(points, np.float32)


def load_ferplus(data: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Crops [n][48][48] uint8 of one split, and their votes for "no face" of 10."""
    crops, not_face = [], []
    with open(data / "face/ferplus/labels.csv", newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] == split:
                crops.append(np.asarray(Image.open(data / "face" / row["file"]).convert("L")))
                not_face.append(int(row["NF"]))
    return np.stack(crops), np.asarray(not_face)


CORE = ["neutral", "joy", "sadness", "anger", "fear", "disgust", "surprise"]
FOLD = {"neutral": "neutral", "happiness": "joy", "surprise": "surprise", "sadness": "sadness",
        "anger": "anger", "disgust": "disgust", "fear": "fear", "contempt": "disgust"}


def load_votes(data: Path, split: str) -> np.ndarray:
    """Votes of FER+ for the seven core labels, [n][7], in the order of load_ferplus."""
    votes = []
    with open(data / "face/ferplus/labels.csv", newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] == split:
                own = np.zeros(len(CORE))
                for name, core in FOLD.items():
                    own[CORE.index(core)] += int(row[name])
                votes.append(own)
    return np.stack(votes)


def box_of_points(points: np.ndarray) -> np.ndarray:
    """[..., 68, 2] -> [..., 4] x0 y0 x1 y1: the points' own box, its top raised by FOREHEAD."""
    low, high = points.min(-2), points.max(-2)
    top = low[..., 1] - FOREHEAD * (high[..., 1] - low[..., 1])
    return np.stack([low[..., 0], top, high[..., 0], high[..., 1]], -1)


def roll_of_points(points: np.ndarray) -> np.ndarray:
    """Angle of the line through both eyes, radians, [...]."""
    line = points[..., 42:48, :].mean(-2) - points[..., 36:42, :].mean(-2)
    return np.arctan2(line[..., 1], line[..., 0])


def crop_of_points(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centre [..., 2], side [...] and angle [...] of the upright square crop around the points."""
    angle = roll_of_points(points)
    c, s = np.cos(-angle)[..., None], np.sin(-angle)[..., None]
    x, y = points[..., 0], points[..., 1]
    box = box_of_points(np.stack([c * x - s * y, s * x + c * y], -1))
    centre, side = crop_of_box(box, POINTS_MARGIN)
    c, s = np.cos(angle), np.sin(angle)
    centre = np.stack([c * centre[..., 0] - s * centre[..., 1],
                       s * centre[..., 0] + c * centre[..., 1]], -1)
    return centre, side, angle


def crop_of_box(box: np.ndarray, margin: float = BOX_MARGIN) -> tuple[np.ndarray, np.ndarray]:
    centre = (box[..., :2] + box[..., 2:]) / 2
    side = margin * np.maximum(box[..., 2] - box[..., 0], box[..., 3] - box[..., 1])
    return centre, side


def box_iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union of boxes x0 y0 x1 y1, broadcast."""
    low, high = np.maximum(a[..., :2], b[..., :2]), np.minimum(a[..., 2:], b[..., 2:])
    inter = np.prod(np.clip(high - low, 0, None), -1)
    area = lambda r: np.prod(np.clip(r[..., 2:] - r[..., :2], 0, None), -1)
    return inter / np.maximum(area(a) + area(b) - inter, 1e-9)


def one_cycle(step: int, steps: int, peak: float, warm: float = 0.15) -> float:
    """Learning rate: a linear rise, then a cosine to nearly nothing (after Smith 2018)."""
    t = step / max(1, steps)
    if t < warm:
        return peak * (0.05 + 0.95 * t / warm)
    return peak * (0.002 + 0.998 * 0.5 * (1 + math.cos(math.pi * (t - warm) / (1 - warm))))


def descend(loss: torch.Tensor, model: torch.nn.Module, smooth: torch.nn.Module,
            optimiser: torch.optim.Optimizer, keep: float) -> None:
    """One step of `model` down the loss; `smooth`, on the CPU, keeps that share of what it was."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    optimiser.step()
    with torch.no_grad():
        for a, b in zip(smooth.state_dict().values(), model.state_dict().values()):
            a.copy_(b) if not a.dtype.is_floating_point else a.lerp_(b.cpu(), 1 - keep)


def folded(conv: torch.nn.Conv2d, norm: torch.nn.BatchNorm2d) -> tuple[np.ndarray, np.ndarray]:
    """A convolution and the batch norm after it as one: weight [out][kh][kw][in], bias [out]."""
    gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    weight = conv.weight * gain.view(-1, 1, 1, 1)
    return (weight.detach().permute(0, 2, 3, 1).numpy().copy(),
            (norm.bias - norm.running_mean * gain).detach().numpy().copy())
