#!/usr/bin/env python3
"""Trains the landmark networks: a 64x64 grey crop -> 68 points and "is it a face".

    train/face_landmarks.py --data ../data-cache --out models/face-landmarks.mien

Two networks, one after the other. The coarse one takes the square around a detector's box, with the
face anywhere, any way up to 35 degrees and any size within it; the fine one takes the upright square
that points ask for (of the coarse network, or of the picture before), and so has all its strength for
how mouth, eyes and brows are shaped; descent alone leaves those at the mean, so it gets a linear path
from its convolutions to the points at the end, in closed form (refit), and after that a step by what its
16x16 map shows at each point (refine; after supervised descent, Xiong & De la Torre 2013). --start takes
both networks from a model file and only makes that last step anew. Data: landmarks68 (train to learn, dev to choose, test once at
the end). Not a face: parts of the same frames away from the face. Deterministic for one seed and
thread count. --resume goes on from the checkpoints; --minutes ends a run early, leaving them.
"""
from __future__ import annotations

import argparse
import copy
import math
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

import face_data as fd
import face_shape as shape
from mien_file import read_model, write_model
from precision import mixed

SIDE = 240  # frames of landmarks68 are at most this wide and high


class Landmarks(nn.Module):
    """3x3 convolutions with batch norm, folded into the convolution at export; a layer that keeps
    its shape adds to its input. The fine net looks at 8x8 places, the coarse one at 4x4."""

    LAYERS = {  # in, out, stride, size
        "coarse": [(1, 16, 2, 3), (16, 32, 1, 3), (32, 48, 2, 3), (48, 48, 1, 3), (48, 64, 2, 3),
                   (64, 64, 1, 3), (64, 96, 2, 3), (96, 96, 1, 3)],
        "fine": [(1, 24, 2, 3), (24, 32, 1, 3), (32, 48, 2, 3), (48, 48, 1, 3), (48, 64, 2, 3),
                 (64, 64, 1, 3), (64, 32, 1, 1)]}
    SHAPE = {"coarse": (96 * 4 * 4, 160), "fine": (32 * 8 * 8, 192)}

    def __init__(self, kind: str = "coarse") -> None:
        super().__init__()
        layers, (inputs, hidden) = self.LAYERS[kind], self.SHAPE[kind]
        self.conv = nn.ModuleList(nn.Conv2d(i, o, k, s, k // 2, bias=False) for i, o, s, k in layers)
        self.norm = nn.ModuleList(nn.BatchNorm2d(o) for _, o, _, _ in layers)
        self.hidden = nn.Linear(inputs, hidden)
        self.points = nn.Linear(hidden, 2 * fd.POINTS)
        self.face = nn.Linear(hidden, 1)
        self.direct: nn.Linear | None = None  # from the convolutions to the points; see refit
        self.local: nn.Linear | None = None  # from a map at the points to the points; see refine
        nn.init.normal_(self.points.weight, 0, 0.01)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """x: [n][1][64][64] -> points [n][68][2] in units of half a crop from its middle, logit."""
        x, map_ = self.features(x)
        h = F.relu(self.hidden(x))
        points = self.points(h) if self.direct is None else self.points(h) + self.direct(x)
        points = points.view(-1, fd.POINTS, 2)
        if self.local is not None:
            points = points + self.local(at_points(map_, points)).view(-1, fd.POINTS, 2)
        return points, self.face(h).squeeze(1)

    def features(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The last map, flat and channels last as the C program lays it out, and that of layer LOCAL."""
        map_ = x
        for k, (conv, norm) in enumerate(zip(self.conv, self.norm)):
            y = F.relu(norm(conv(x)))
            x = x + y if conv.stride == (1, 1) and conv.in_channels == conv.out_channels else y
            map_ = x if k == LOCAL else map_
        return x.permute(0, 2, 3, 1).flatten(1), map_


LOCAL = 3  # the layer whose map, 16x16 with 48 channels, is looked up at the points


def at_points(map_: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """[n][channels][16][16] at points [n][68][2] -> [n][68 * channels], point after point; bilinear, the
    edge goes on outside."""
    seen = F.grid_sample(map_, points[:, :, None].clamp(-1, 1), align_corners=False, padding_mode="border")
    return seen[..., 0].permute(0, 2, 1).flatten(1)


def warp(frames: torch.Tensor, centre: torch.Tensor, side: torch.Tensor, angle: torch.Tensor,
         mirror: torch.Tensor) -> torch.Tensor:
    """frames [n][240][240] uint8 -> crops [n][1][64][64], -1…1, two samples a pixel each way."""
    c, s = torch.cos(angle) * side / SIDE, torch.sin(angle) * side / SIDE
    sign = torch.where(mirror, -1.0, 1.0)
    theta = torch.stack([torch.stack([c * sign, -s, centre[:, 0] * 2 / SIDE - 1], 1),
                         torch.stack([s * sign, c, centre[:, 1] * 2 / SIDE - 1], 1)], 1)
    grid = F.affine_grid(theta, [len(frames), 1, 2 * fd.CROP, 2 * fd.CROP], align_corners=False)
    crops = F.grid_sample((frames.float().unsqueeze(1) - 128) / 128, grid, align_corners=False)
    return F.avg_pool2d(crops, 2)


def to_crop(points: torch.Tensor, centre: torch.Tensor, side: torch.Tensor,
            angle: torch.Tensor) -> torch.Tensor:
    d = (points - centre[:, None]) / (side[:, None, None] / 2)
    c, s = torch.cos(angle)[:, None], torch.sin(angle)[:, None]
    return torch.stack([c * d[..., 0] + s * d[..., 1], -s * d[..., 0] + c * d[..., 1]], -1)


def from_crop(points: torch.Tensor, centre: torch.Tensor, side: torch.Tensor,
              angle: torch.Tensor) -> torch.Tensor:
    c, s = torch.cos(angle)[:, None], torch.sin(angle)[:, None]
    d = torch.stack([c * points[..., 0] - s * points[..., 1],
                     s * points[..., 0] + c * points[..., 1]], -1)
    return d * (side[:, None, None] / 2) + centre[:, None]


class Set:
    """One split: frames in one tensor, points, and the upright crop of every face."""

    def __init__(self, data: Path, split: str) -> None:
        frames, points = fd.load_landmarks(data, split)
        self.frames = torch.full((len(frames), SIDE, SIDE), 128, dtype=torch.uint8)
        self.size = torch.tensor([[f.shape[1], f.shape[0]] for f in frames], dtype=torch.float32)
        for k, f in enumerate(frames):
            self.frames[k, :f.shape[0], :f.shape[1]] = torch.from_numpy(f.copy())
        self.relabel(points)

    def relabel(self, points: np.ndarray) -> None:
        self.points = torch.from_numpy(points)
        centre, side, angle = fd.crop_of_points(points)
        self.centre, self.side, self.angle = map(
            lambda a: torch.from_numpy(np.asarray(a, np.float32)), (centre, side, angle))


def relight(x: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Contrast, brightness, a slope of light, gamma, small sizes, noise, something in the way."""
    n = len(x)
    u = lambda low, high, *shape: torch.rand(n, *shape, generator=rng) * (high - low) + low
    ramp = torch.linspace(-1, 1, fd.CROP)
    slope = u(-.35, .35, 1, 1, 1) * ramp.view(1, 1, -1, 1) + u(-.35, .35, 1, 1, 1) * ramp
    x = ((x + 1) / 2).clamp(1e-3, 1) ** torch.exp(u(-.5, .5, 1, 1, 1)) * 2 - 1
    x = x * torch.exp(u(-.6, .3, 1, 1, 1)) + u(-.3, .3, 1, 1, 1) + slope * (u(0, 1, 1, 1, 1) < .4)
    small = torch.rand(n, generator=rng)
    for k, size in enumerate((16, 22, 30, 40)):  # as if the face had been this small
        pick = (small >= k * .04) & (small < (k + 1) * .04)
        if pick.any():
            y = F.interpolate(x[pick], size=(size, size), mode="area")
            x[pick] = F.interpolate(y, size=(fd.CROP, fd.CROP), mode="bilinear")
    x = x + torch.randn(x.shape, generator=rng) * u(0, .06, 1, 1, 1)
    for k in torch.nonzero(torch.rand(n, generator=rng) < .2).flatten().tolist():
        w, h = (torch.rand(2, generator=rng) * 26 + 6).int().tolist()
        a, b = (torch.rand(2, generator=rng) * fd.CROP).int().tolist()
        x[k, 0, a:a + h, b:b + w] = torch.rand(1, generator=rng) * 2 - 1
    return x.clamp(-1, 1)


def batch_of(s: Set, count: int, rng: torch.Generator, fine: bool = False, mirrored: float = .5) -> tuple[torch.Tensor, ...]:
    """Augmented crops, their points and whether each is a face (a fifth are not). The fine network's
    are off by what the coarse one's points are off; the coarse one's lie anyhow."""
    pick = torch.randint(len(s.points), (count,), generator=rng)
    u = lambda low, high, *shape: torch.rand(count, *shape, generator=rng) * (high - low) + low
    normal = lambda *shape: torch.randn(count, *shape, generator=rng)
    if fine:
        angle = s.angle[pick] + normal() * .07
        side = s.side[pick] * torch.exp(normal() * .06)
        centre = s.centre[pick] + normal(2) * .03 * side[:, None]
    else:
        angle = s.angle[pick] + torch.where(u(0, 1) < .5, u(-.6, .6), normal() * .12)
        side = s.side[pick] * fd.BOX_MARGIN / fd.POINTS_MARGIN * torch.exp(normal() * .09)
        centre = s.centre[pick] + normal(2) * .045 * side[:, None]
    face = u(0, 1) >= .2
    # Not a face: somewhere else in the frame, any size; kept only where it hardly meets the face.
    face = u(0, 1) >= .2
    other_side = s.side[pick] * torch.exp(u(-1.6, .7))
    other = u(0, 1, 2) * s.size[pick]
    gap = (other - s.centre[pick]).abs().amax(1) / s.side[pick]
    ratio = other_side / s.side[pick]
    face = face | ~((gap > .3 * (1 + ratio)) | (ratio < .4) | (ratio > 2.2))
    side, centre = torch.where(face, side, other_side), torch.where(face[:, None], centre, other)
    mirror = u(0, 1) < mirrored
    x = relight(warp(s.frames[pick], centre, side, angle, mirror), rng)
    y = to_crop(s.points[pick], centre, side, angle)
    flipped = y[:, torch.from_numpy(fd.MIRROR)] * torch.tensor([-1.0, 1.0])
    return x, torch.where(mirror[:, None, None], flipped, y), face.float()


Crops = tuple[torch.Tensor, torch.Tensor, torch.Tensor]  # centre [n][2], side [n], angle [n]


def crops_of_points(points: torch.Tensor) -> Crops:
    return tuple(torch.from_numpy(np.asarray(a, np.float32)) for a in fd.crop_of_points(points.numpy()))


def crops_of_boxes(boxes: np.ndarray) -> Crops:
    centre, side = (torch.from_numpy(a.astype(np.float32)) for a in fd.crop_of_box(boxes))
    return centre, side, torch.zeros(len(side))


@torch.no_grad()
def one_pass(model: nn.Module, frames: torch.Tensor, crops: Crops) -> tuple[torch.Tensor, torch.Tensor]:
    """frames [n][240][240] -> points [n][68][2] in the frame, face logits [n]."""
    model.eval()
    outs = []
    for k in range(0, len(frames), 256):
        part = [c[k:k + 256] for c in crops]
        points, logit = model(warp(frames[k:k + 256], *part, torch.zeros(len(part[1]), dtype=torch.bool)))
        outs.append((from_crop(points.float(), *part), logit.float()))
    return torch.cat([o[0] for o in outs]), torch.cat([o[1] for o in outs])


def read(coarse: nn.Module, fine: nn.Module | None, frames: torch.Tensor,
         crops: Crops) -> tuple[torch.Tensor, torch.Tensor]:
    """As the C program reads a face that was just found: coarse, then fine (if there is one)."""
    points, logit = one_pass(coarse, frames, crops)
    return one_pass(fine, frames, crops_of_points(points)) if fine is not None else (points, logit)


WRONG = .06  # of the crop's side: some labels lie beside the face, most of them of turned heads


def mend(coarse: nn.Module, s: Set) -> int:
    """Points that lie further than WRONG from what the coarse network sees, from two boxes around
    the labels that agree, are replaced by its own."""
    grown = s.side * fd.BOX_MARGIN / fd.POINTS_MARGIN
    near, logit = one_pass(coarse, s.frames, (s.centre, grown, s.angle))
    near, logit = one_pass(coarse, s.frames, (near.mean(1), grown, s.angle))
    wide, _ = one_pass(coarse, s.frames, (s.centre, grown * 1.2, s.angle))
    off = lambda a, b: (a - b).norm(dim=2).mean(1) / s.side
    wrong = (off(near, s.points) > WRONG) & (off(near, wide) < WRONG / 2) & (logit > 0)
    s.relabel(torch.where(wrong[:, None, None], near, s.points).numpy())
    return int(wrong.sum())


def evaluate(coarse: nn.Module, fine: nn.Module | None, s: Set) -> dict[str, float]:
    """Error over the distance of the outer eye corners (300-W), from boxes that are off by what a
    detector's are; and how far measures of large faces follow those of the labels (correlation)."""
    rng = torch.Generator().manual_seed(5)
    centre, side, angle = crops_of_boxes(fd.box_of_points(s.points.numpy()))
    centre = centre + torch.randn(centre.shape, generator=rng) * .04 * side[:, None]
    side = side * torch.exp(torch.randn(len(side), generator=rng) * .08)
    points, logit = read(coarse, fine, s.frames, (centre, side, angle))
    error = (points - s.points).norm(dim=2).mean(1)
    error, pupils = (error / (s.points[:, a].mean(1) - s.points[:, b].mean(1)).norm(dim=1)
                     for a, b in (([36], [45]), (range(36, 42), range(42, 48))))
    result = {"mean": error.mean(), "median": error.median(), "over_10": (error > .1).float().mean(),
              "mean_pupils": pupils.mean(), "face": (logit > 0).float().mean()}
    head = shape.mean_head(s.points.numpy())
    own, true = (shape.measures(head, p.numpy()) for p in (points, s.points))
    good = (np.isfinite(own) & np.isfinite(true)).all(1) & (s.side.numpy() > 100) & (error.numpy() < .1)
    for k, name in enumerate(shape.MEASURES):
        result[name] = np.corrcoef(own[good, k], true[good, k])[0, 1]
    return {k: round(float(v), 4) for k, v in result.items()}


PARTS = [range(0, 17), range(17, 22), range(22, 27), range(27, 36), range(36, 42), range(42, 48),
         range(48, 68)]


def loss_of(points: torch.Tensor, goal: torch.Tensor) -> torch.Tensor:
    """[n]: pixels of the crop, L1 with a round bottom of half a pixel, where the labels are noise;
    twice: of the points, and of each part's shape around its own middle."""
    l1 = lambda a, b: F.smooth_l1_loss(a * 32, b * 32, reduction="none", beta=.5).mean((1, 2))
    own = lambda p: torch.cat([p[:, list(k)] - p[:, list(k)].mean(1, keepdim=True) for k in PARTS], 1)
    return l1(points, goal) + 2 * l1(own(points), own(goal))


def train(options: argparse.Namespace, kind: str, coarse: nn.Module | None) -> nn.Module:
    torch.manual_seed(options.seed)
    rng = torch.Generator().manual_seed(options.seed)
    learn, dev = Set(options.data, "train"), Set(options.data, "dev")
    fine = kind == "fine"
    model = Landmarks(kind).to(memory_format=torch.channels_last)
    mean = to_crop(learn.points, learn.centre, learn.side, learn.angle).mean(0)
    with torch.no_grad():
        model.points.bias.copy_(mean.flatten())
    smooth = copy.deepcopy(model)  # stays on the CPU, as all but the network's own work does
    model.to(options.device)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=options.decay)
    step, steps = 0, options.fine_steps if fine else options.coarse_steps
    checkpoint = options.checkpoint.with_name(f"{options.checkpoint.name}-{kind}.pt")
    if options.resume and checkpoint.exists():
        state = torch.load(checkpoint, map_location="cpu")
        model.load_state_dict(state["model"]), smooth.load_state_dict(state["smooth"])
        optimiser.load_state_dict(state["optimiser"])
        step = state["step"]
        rng.manual_seed(options.seed + step)
    if coarse is not None or step >= options.mend:
        print(f"{mend(coarse or smooth, learn)} labels mended", flush=True)
    losses = []
    while step < steps:
        model.train()
        for group in optimiser.param_groups:
            group["lr"] = fd.one_cycle(step, steps, options.rate)
        x, y, face = batch_of(learn, options.batch, rng, fine)
        x = x.to(options.device, memory_format=torch.channels_last)
        with mixed(options.device):
            points, logit = model(x)
        points, logit = points.float().cpu(), logit.float().cpu()
        miss = loss_of(points, y)
        loss = (miss * face).sum() / face.sum() + .5 * F.binary_cross_entropy_with_logits(
            logit, face)
        step += 1
        fd.descend(loss, model, smooth, optimiser, min(.999, (1 + step) / (10 + step)))
        losses.append(float((miss * face).sum().detach() / face.sum()))
        late = options.minutes and time.time() - options.started > options.minutes * 60
        if step % 500 == 0 or step == steps or late:
            scores = evaluate(coarse, smooth, dev) if fine else evaluate(smooth, None, dev)
            print(f"{kind} {step}/{steps} loss {np.mean(losses[-500:]):.3f} "
                  f"{time.time() - options.started:.0f} s dev {scores}", flush=True)
            checkpoint.parent.mkdir(parents=True, exist_ok=True)
            torch.save({"model": model.state_dict(), "smooth": smooth.state_dict(), "step": step,
                        "optimiser": optimiser.state_dict()}, checkpoint)
        if step == options.mend and coarse is None:
            print(f"{mend(smooth, learn)} labels mended", flush=True)
        if late and step < steps:
            sys.exit("stopped before the end: go on with --resume")
    return smooth.eval()


def refit(fine: nn.Module, coarse: nn.Module, options: argparse.Namespace) -> None:
    """Ridge regression from the last convolutions to what the points still lack, in float64. On dev
    the measures of large faces follow the labels' with correlations of .7 (brows) and .65 (smile)
    instead of .4 and .35."""
    learn = Set(options.data, "train")
    mend(coarse, learn)
    rng = torch.Generator().manual_seed(options.seed + 9)
    inputs = fine.hidden.in_features
    square = torch.zeros(inputs + 1, inputs + 1, dtype=torch.float64)
    cross = torch.zeros(inputs + 1, 2 * fd.POINTS, dtype=torch.float64)
    fine.eval()
    with torch.no_grad():
        for _ in range(options.refit):
            x, y, face = batch_of(learn, 128, rng, True)
            x, y = x[face > 0], y[face > 0]
            features, lack = fine.features(x)[0], (y - fine(x)[0]).flatten(1)
            rows = torch.cat([features, torch.ones(len(x), 1)], 1)[lack.abs().mean(1) < .12]
            square += (rows.T @ rows).double()
            cross += (rows.T @ lack[lack.abs().mean(1) < .12]).double()
    square.diagonal().add_(options.ridge * square.diagonal().mean())
    weights = torch.linalg.solve(square, cross).float()
    set_direct(fine, weights)


def refine(fine: nn.Module, coarse: nn.Module, options: argparse.Namespace) -> None:
    """Ridge regression from what the map of layer LOCAL shows at the points to what they still lack, over
    the crops as they are (not mirrored: the labels lie .4 pixels to the right of where their mirror images
    do, which is in the bias). Median error on dev .069 -> .060 of the distance between the eyes, and
    measures of large faces follow the labels' with correlations of .87 (brows), .75 (smile) and .70 (mouth)."""
    learn = Set(options.data, "train")
    mend(coarse, learn)
    rng = torch.Generator().manual_seed(options.seed + 17)
    fine.eval()
    fine.local = None
    rows, lacks = [], []
    n = len(learn.points)
    with torch.no_grad():
        for turn in range(options.refine):
            normal = lambda *shape: torch.randn(n, *shape, generator=rng)
            angle, side = learn.angle + normal() * .07, learn.side * torch.exp(normal() * .06)
            centre = learn.centre + normal(2) * .03 * side[:, None]
            for k in range(0, n, 256):
                crop = centre[k:k + 256], side[k:k + 256], angle[k:k + 256]
                x = warp(learn.frames[k:k + 256], *crop, torch.zeros(len(crop[1]), dtype=torch.bool))
                x = relight(x, rng) if turn else x
                points = fine(x)[0]
                rows.append(at_points(fine.features(x)[1], points).half())
                lacks.append((to_crop(learn.points[k:k + 256], *crop) - points).flatten(1))
    rows, lacks = torch.cat(rows), torch.cat(lacks)
    good = lacks.abs().mean(1) < .12
    rows, lacks = rows[good], lacks[good]
    middle, lack = rows.float().mean(0), lacks.mean(0)
    square = torch.zeros(rows.shape[1], rows.shape[1])
    cross = torch.zeros(rows.shape[1], lacks.shape[1])
    for k in range(0, len(rows), 2048):
        part = rows[k:k + 2048].float() - middle
        square += part.T @ part
        cross += part.T @ (lacks[k:k + 2048] - lack)
    square.diagonal().add_(options.refine_ridge * square.diagonal().mean())
    weights = torch.linalg.solve(square, cross)
    set_local(fine, weights.T, lack - middle @ weights)


def tune(fine: nn.Module, coarse: nn.Module, options: argparse.Namespace) -> nn.Module:
    """All of the fine network a little further down the loss, with its last step in place, on crops as they
    are, not mirrored (see refine). Faces whose labels lie beside them pull less the further off they are."""
    learn, dev = Set(options.data, "train"), Set(options.data, "dev")
    mend(coarse, learn)
    torch.manual_seed(options.seed)
    rng = torch.Generator().manual_seed(options.seed + 23)
    print(f"tune 0 dev {evaluate(coarse, fine, dev)}", flush=True)
    smooth = copy.deepcopy(fine)
    optimiser = torch.optim.AdamW(fine.parameters(), lr=1e-3, weight_decay=options.decay)
    fine.eval()  # the batch norms stay as they are
    for step in range(options.tune):
        for group in optimiser.param_groups:
            group["lr"] = fd.one_cycle(step, options.tune, options.tune_rate)
        x, y, face = batch_of(learn, options.batch, rng, True, mirrored=0)
        with mixed(options.device):
            points, logit = fine(x.contiguous(memory_format=torch.channels_last))
        miss = loss_of(points.float(), y)
        miss = ROBUST * torch.log1p(miss / ROBUST)
        loss = (miss * face).sum() / face.sum() + .5 * F.binary_cross_entropy_with_logits(logit.float(), face)
        fd.descend(loss, fine, smooth, optimiser, min(.998, (1 + step) / (10 + step)))
        if (step + 1) % 500 == 0 or step + 1 == options.tune:
            print(f"tune {step + 1}/{options.tune} {time.time() - options.started:.0f} s dev "
                  f"{evaluate(coarse, smooth, dev)}", flush=True)
    return smooth.eval()


ROBUST = 4.0  # pixels of the crop, as loss_of counts them: beyond, a face counts by its logarithm


def set_local(fine: nn.Module, weight: torch.Tensor, bias: torch.Tensor) -> None:
    fine.local = nn.Linear(weight.shape[1], weight.shape[0])
    with torch.no_grad():
        fine.local.weight.copy_(weight)
        fine.local.bias.copy_(bias)


def set_direct(fine: nn.Module, weights: torch.Tensor) -> None:
    fine.direct = nn.Linear(len(weights) - 1, 2 * fd.POINTS)
    with torch.no_grad():
        fine.direct.weight.copy_(weights[:-1].T)
        fine.direct.bias.copy_(weights[-1])


def load(checkpoint: Path, kind: str) -> nn.Module:
    model = Landmarks(kind)
    model.load_state_dict(torch.load(checkpoint.with_name(f"{checkpoint.name}-{kind}.pt"))["smooth"])
    return model.eval()


def open_model(path: Path) -> tuple[dict, nn.Module, nn.Module]:
    """The metadata and both networks of a model file."""
    meta, tensors = read_model(path)
    tensor = lambda name: torch.from_numpy(tensors[name].astype(np.float32))
    models = []
    for kind in ("coarse", "fine"):
        model = Landmarks(kind)
        for k, (conv, norm) in enumerate(zip(model.conv, model.norm)):
            conv.weight.data = tensor(f"{kind}.conv{k}.weight").permute(0, 3, 1, 2).contiguous()
            norm.weight.data = torch.sqrt(norm.running_var + norm.eps)
            norm.bias.data = tensor(f"{kind}.conv{k}.bias")
        model.hidden.weight.data, model.hidden.bias.data = tensor(f"{kind}.hidden.weight"), tensor(f"{kind}.hidden.bias")
        for values, p, f in ((tensor(f"{kind}.out.{part}"), getattr(model.points, part), getattr(model.face, part))
                             for part in ("weight", "bias")):
            p.data, f.data = values[:-1].clone(), values[-1:].clone()
        if f"{kind}.direct.weight" in tensors:
            set_direct(model, torch.cat([tensor(f"{kind}.direct.weight").T, tensor(f"{kind}.direct.bias")[None]]))
        if f"{kind}.local.weight" in tensors:
            set_local(model, tensor(f"{kind}.local.weight"), tensor(f"{kind}.local.bias"))
        models.append(model.eval())
    return meta, models[0], models[1]


def place_points(coarse: nn.Module, fine: nn.Module | None,
                 crops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points on FER+ crops [n][48][48], and the face logit."""
    points, logits = [], []
    for k in range(0, len(crops), 1000):
        part = crops[k:k + 1000]
        n = len(part)
        frames = torch.full((n, SIDE, SIDE), 128, dtype=torch.uint8)
        frames[:, :48, :48] = torch.from_numpy(part)
        p, l = read(coarse, fine, frames, (torch.full((n, 2), 24.5), torch.full((n,), 50.0), torch.zeros(n)))
        points.append(p.numpy()), logits.append(l.numpy())
    return np.concatenate(points), np.concatenate(logits)


def framing(points: np.ndarray) -> list[float]:
    """How FER+ frames faces, against crop_of_points: shift of the middle right and down, in half
    crops, and side over side; medians over points [n][68][2] in 48x48 crops."""
    centre, side, angle = fd.crop_of_points(points)
    d = (24 - centre) / (side[:, None] / 2)
    c, s = np.cos(-angle), np.sin(-angle)
    return [float(np.median(c * d[:, 0] - s * d[:, 1])), float(np.median(s * d[:, 0] + c * d[:, 1])),
            float(np.median(48 / side))]


def toward(z: np.ndarray, votes: np.ndarray) -> dict[str, list[float]]:
    """For each core label, what a deviation more of each measure does to the log-odds of a vote for
    it: ridge regression over FER+ train. z: [n][7] clipped to +-5, votes: [n][7]."""
    result = {}
    for k, name in enumerate(fd.CORE):
        odds = np.log((votes[:, k] + .5) / (votes.sum(1) - votes[:, k] + .5))
        x = np.c_[z, np.ones(len(z))]
        keep = np.diag([.02 * len(z)] * z.shape[1] + [0])
        weights = np.linalg.solve(x.T @ x + keep, x.T @ odds)
        r2 = 1 - ((odds - x @ weights) ** 2).sum() / ((odds - odds.mean()) ** 2).sum()
        print(f"{name:9} r2 {r2:.3f}", dict(zip(shape.MEASURES, weights.round(2).tolist())))
        result[name] = [round(float(w), 4) for w in weights[:-1]]
    return result


def export(coarse: nn.Module, fine: nn.Module, options: argparse.Namespace) -> None:
    learn = Set(options.data, "train")
    mended = mend(coarse, learn)
    head = shape.mean_head(learn.points.numpy())
    points, _ = read(coarse, fine, learn.frames, crops_of_boxes(fd.box_of_points(learn.points.numpy())))
    median, deviation = shape.population(shape.measures(head, points.numpy()))
    crops, not_face = fd.load_ferplus(options.data, "train")
    pick = np.nonzero(not_face == 0)[0][::4]
    fer, logit = place_points(coarse, fine, crops[pick])
    fer, votes = fer[logit > 0], fd.load_votes(options.data, "train")[pick][logit > 0]
    z = ((shape.measures(head, fer) - median) / deviation).clip(-5, 5)
    good = np.isfinite(z).all(1) & (votes.sum(1) >= 5)
    scores = {split: evaluate(coarse, fine, Set(options.data, split)) for split in options.score}
    print(scores)
    tensors = {"head": head.astype(np.float32)}
    for kind, model in (("coarse", coarse), ("fine", fine)):
        for k, (conv, norm) in enumerate(zip(model.conv, model.norm)):
            tensors[f"{kind}.conv{k}.weight"], tensors[f"{kind}.conv{k}.bias"] = fd.folded(conv, norm)
        tensors[f"{kind}.hidden.weight"], tensors[f"{kind}.hidden.bias"] = (
            p.detach().numpy() for p in (model.hidden.weight, model.hidden.bias))
        for part in ("direct", "local"):
            layer = getattr(model, part)
            if layer is not None:
                tensors[f"{kind}.{part}.weight"], tensors[f"{kind}.{part}.bias"] = (
                    p.detach().numpy() for p in (layer.weight, layer.bias))
        tensors[f"{kind}.out.weight"] = torch.cat([model.points.weight, model.face.weight]).detach().numpy()
        tensors[f"{kind}.out.bias"] = torch.cat([model.points.bias, model.face.bias]).detach().numpy()
    tensors = {name: values.astype(np.float16 if name.endswith(".weight") else np.float32)
               for name, values in tensors.items()}
    write_model(options.out, "face-landmarks", {
        "name": "face-landmarks", "version": options.version, "feature_version": 1,
        "labels": {"points": "68, iBUG 300-W order", "measures": shape.MEASURES},
        "population": {"median": [round(float(v), 5) for v in median],
                       "deviation": [round(float(v), 5) for v in deviation]},
        "framing": [round(v, 4) for v in framing(fer)], "toward": toward(z[good], votes[good]),
        "provenance": {
            "data": [{"name": "landmarks68 (udacity/P1_Facial_Keypoints, frames of YouTube Faces), train",
                      "licence": "MIT; photographs' rights unclear"},
                     {"name": "FER+ train: framing and what cues speak for", "licence": "MIT votes; FER2013 photographs' rights unclear"}],
            "licence": "Apache-2.0 for the weights", "commercial": False, "date": options.date,
            "command": "train/face_landmarks.py " + " ".join(
                f"--{k.replace('_', '-')} {getattr(options, k)}"
                for k in ("coarse_steps", "fine_steps", "batch", "rate", "seed", "mend", "refit", "ridge", "refine",
                          "refine_ridge", "tune", "tune_rate")),
            "labels_mended": mended},
        "scores": scores}, tensors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=fd.default_data())
    parser.add_argument("--out", type=Path, default=Path("models/face-landmarks.mien"))
    parser.add_argument("--checkpoint", type=Path, default=Path("build/face-landmarks"), help="stem of both names")
    parser.add_argument("--coarse-steps", type=int, default=5500)
    parser.add_argument("--fine-steps", type=int, default=3700)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--decay", type=float, default=.02)
    parser.add_argument("--mend", type=int, default=3000, help="step at which the coarse net mends labels")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--refit", type=int, default=100, help="batches of 128 for the closed form")
    parser.add_argument("--ridge", type=float, default=.3)
    parser.add_argument("--refine", type=int, default=8, help="rounds over the crops for the step at the points")
    parser.add_argument("--refine-ridge", type=float, default=2)
    parser.add_argument("--tune", type=int, default=0, help="steps of the whole fine network after that")
    parser.add_argument("--tune-rate", type=float, default=5e-4)
    parser.add_argument("--start", type=Path, help="take both networks from this model file")
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--score", nargs="*", default=["dev", "test"])
    parser.add_argument("--version", default="1")
    parser.add_argument("--date", default=time.strftime("%Y-%m-%d"))
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    options.started = time.time()
    torch.set_num_threads(1)
    if options.start:
        _, coarse, fine = open_model(options.start)
    else:
        coarse = train(options, "coarse", None)
        fine = train(options, "fine", coarse)
        refit(fine, coarse, options)
    if options.refine:
        refine(fine, coarse, options)
    if options.tune:
        fine = tune(fine, coarse, options)
    export(coarse, fine, options)


if __name__ == "__main__":
    main()
