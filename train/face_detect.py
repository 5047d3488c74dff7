#!/usr/bin/env python3
"""Trains the face detector: a fully convolutional, anchor-free net over a grey picture.

    train/face_landmarks.py …          (first: it places the points that box FER+'s faces)
    train/face_detect.py --data ../data-cache --out models/face-detect.mien

Four levels (strides 8, 16, 32, 64), each for one octave of face sizes, after FCOS (Tian et al.
2019); scores are trained towards the overlap that the box reaches (quality focal loss, Li et al.
2020), boxes by GIoU (Rezatofighi et al. 2019). Scenes: face_scenes.py; what the half-trained net
takes for faces on frames of landmarks68/train is mined as hard negatives, unless the landmark
network sees a face there. Chosen on landmarks68/dev. --resume and --minutes as in face_landmarks.py.
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
from PIL import Image

import face_data as fd
import face_landmarks as fl
from face_scenes import Scenes
from mien_file import read_model, write_model
from precision import mixed

STRIDES = (8, 16, 32, 64)
SIZES = ((0, 32), (32, 64), (64, 128), (128, 1e9))  # root of the box's area, pixels
SLACK = 1.4  # a face this far past a level's range is not held against it


def block(i: int, o: int, stride: int, size: int = 3) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(i, o, size, stride, size // 2, bias=False), nn.BatchNorm2d(o))


class Detector(nn.Module):
    """x: [n][1][h][w], -1…1 -> for each level [n][5][h'][w']: score logit; centre's offset from the
    cell's middle in strides; log of width and height over four strides."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.ModuleList([block(1, 8, 2), block(8, 24, 2)])
        self.down = nn.ModuleList([block(24, 32, 2), block(32, 48, 2), block(48, 64, 2), block(64, 64, 2)])
        self.body = nn.ModuleList([block(32, 32, 1), block(48, 48, 1), block(64, 64, 1), block(64, 64, 1)])
        self.side = nn.ModuleList([block(48, 32, 1, 1), block(64, 48, 1, 1), block(64, 64, 1, 1)])
        self.neck = nn.ModuleList([block(32, 32, 1), block(48, 48, 1), block(64, 64, 1), block(64, 64, 1)])
        self.head = nn.ModuleList([nn.Conv2d(c, 5, 1) for c in (32, 48, 64, 64)])
        for head in self.head:
            nn.init.normal_(head.weight, 0, .01)
            nn.init.zeros_(head.bias)
            with torch.no_grad():
                head.bias[0] = -4.0

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        for layer in self.stem:
            x = F.relu(layer(x))
        levels = []
        for down, body in zip(self.down, self.body):
            x = F.relu(down(x))
            x = x + F.relu(body(x))
            levels.append(x)
        for k in (2, 1, 0):  # what the wider view saw, added to the finer one
            up = F.interpolate(self.side[k](levels[k + 1]), scale_factor=2, mode="nearest")
            levels[k] = levels[k] + up[..., :levels[k].shape[2], :levels[k].shape[3]]
        return [head(F.relu(neck(x))) for head, neck, x in zip(self.head, self.neck, levels)]


def cells(h: int, w: int, stride: int) -> torch.Tensor:
    y, x = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    return (torch.stack([x, y], -1).float() + .5) * stride


def decode(out: torch.Tensor, stride: int) -> torch.Tensor:
    """[n][5][h][w] -> boxes [n][h][w][4], x0 y0 x1 y1."""
    at = cells(out.shape[2], out.shape[3], stride)
    o = out.float().permute(0, 2, 3, 1)
    centre = at + o[..., 1:3] * stride
    half = torch.exp(o[..., 3:5].clamp(-4, 4)) * (2 * stride)
    return torch.cat([centre - half, centre + half], -1)


def targets(side: int, boxes: list[np.ndarray], skips: list[np.ndarray]) -> list[tuple]:
    """For each level: state [n][h][w] (1 face, 0 none, -1 not judged) and boxes [n][h][w][4]."""
    result = []
    for stride, (low, high) in zip(STRIDES, SIZES):
        h = math.ceil(side / stride)
        at = cells(h, h, stride).numpy()
        state = np.zeros((len(boxes), h, h), np.int8)
        goal = np.zeros((len(boxes), h, h, 4), np.float32)
        for n, (own, skip) in enumerate(zip(boxes, skips)):
            for box in skip:
                inside = ((at > box[:2]) & (at < box[2:])).all(-1)
                state[n][inside] = -1
            for box in own:
                size = math.sqrt((box[2] - box[0]) * (box[3] - box[1]))
                off = np.abs(at - (box[:2] + box[2:]) / 2).max(-1) / size
                if low <= size < high:
                    if size < 9:
                        state[n][off < .5] = -1
                        continue
                    state[n][(off < .42) & (state[n] == 0)] = -1
                    hit = (off < .2) | (off <= off.min() + 1e-6)
                    state[n][hit], goal[n][hit] = 1, box
                elif low / SLACK <= size < high * SLACK:
                    state[n][(off < .42) & (state[n] == 0)] = -1
        result.append((torch.from_numpy(state), torch.from_numpy(goal)))
    return result


def overlap(a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """IoU and GIoU of boxes [n][4]."""
    inter = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(1)
    union = (a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - inter
    hull = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).prod(1)
    iou = inter / union.clamp(min=1e-6)
    return iou, iou - (hull - union) / hull.clamp(min=1e-6)


def loss_of(outs: list[torch.Tensor], goals: list[tuple]) -> tuple[torch.Tensor, float]:
    score_loss, box_loss, count, ious = 0.0, 0.0, 0, []
    for out, (state, goal), stride in zip(outs, goals, STRIDES):
        logit = out[:, 0].float()
        hit = state == 1
        quality = torch.zeros_like(logit)
        if hit.any():
            iou, giou = overlap(decode(out, stride)[hit], goal[hit])
            box_loss = box_loss + (1 - giou).sum()
            quality[hit] = iou.detach().clamp(.1, 1)
            ious.append(float(iou.detach().mean()))
            count += int(hit.sum())
        weight = (torch.sigmoid(logit) - quality).detach().pow(2) * (state >= 0)
        score_loss = score_loss + (F.binary_cross_entropy_with_logits(
            logit, quality, reduction="none") * weight).sum()
    count = max(1, count)
    return (2 * score_loss + box_loss) / count, float(np.mean(ious)) if ious else 0.0


def suppress(boxes: np.ndarray, scores: np.ndarray, iou: float = .4) -> list[int]:
    """Greedy: best first; drops what overlaps a better box, or lies mostly within one."""
    keep: list[int] = []
    for k in np.argsort(-scores):
        if keep:
            other = boxes[keep]
            low, high = np.maximum(other[:, :2], boxes[k, :2]), np.minimum(other[:, 2:], boxes[k, 2:])
            inter = np.prod(np.clip(high - low, 0, None), -1)
            area = np.prod(other[:, 2:] - other[:, :2], -1), np.prod(boxes[k, 2:] - boxes[k, :2])
            if (inter / (area[0] + area[1] - inter) > iou).any() or (
                    inter / np.minimum(*area) > .7).any():
                continue
        keep.append(int(k))
    return keep


@torch.no_grad()
def detect(model: nn.Module, picture: np.ndarray, floor: float) -> tuple[np.ndarray, np.ndarray]:
    """picture [h][w] 0…255 -> boxes [n][4] and scores [n] of at least `floor`, best first."""
    model.eval()
    x = (torch.from_numpy(picture.astype(np.float32))[None, None] - 128) / 128
    boxes, scores = [], []
    for out, stride in zip(model(x), STRIDES):
        score = torch.sigmoid(out[0, 0])
        hit = score >= floor
        boxes.append(decode(out, stride)[0][hit].numpy())
        scores.append(score[hit].numpy())
    boxes, scores = np.concatenate(boxes), np.concatenate(scores)
    keep = suppress(boxes, scores)
    return boxes[keep], scores[keep]


def evaluate(model: nn.Module, frames: list[np.ndarray], points: np.ndarray, scale: float = 1.0,
             floors: tuple = (.3, .4, .5, .6), limit: int = 10**9, spoil=lambda frame: frame) -> dict[float, tuple[float, float]]:
    """For each threshold: share of faces found (IoU ≥ .5), false boxes (IoU < .3) in 100 frames."""
    frames, points = frames[:limit], points[:limit]
    found, false = {f: 0 for f in floors}, {f: 0 for f in floors}
    for frame, own in zip(frames, points):
        if scale != 1:
            picture = Image.fromarray(frame)
            frame = np.asarray(picture.resize((round(picture.width * scale), round(picture.height * scale)),
                                              Image.Resampling.BILINEAR))
        boxes, scores = detect(model, spoil(frame), min(floors))
        iou = fd.box_iou(boxes, fd.box_of_points(own * scale)[None])
        for f in floors:
            found[f] += bool((iou[scores >= f] >= .5).any())
            false[f] += int((iou[scores >= f] < .3).sum())
    return {f: (round(found[f] / len(frames), 4), round(100 * false[f] / len(frames), 2)) for f in floors}


def noisy(frame: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(frame.size).standard_normal(frame.shape) * 15
    return (frame + noise).round().clip(0, 255)


def dark(frame: np.ndarray) -> np.ndarray:
    return np.rint((frame / 255.) ** 3 * 255)


def faces_seen(landmarks: nn.Module, frame: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """What the landmark network says of each box: a logit."""
    canvas = torch.full((len(boxes), fl.SIDE, fl.SIDE), 128, dtype=torch.uint8)
    canvas[:, :frame.shape[0], :frame.shape[1]] = torch.from_numpy(frame.copy())
    return fl.one_pass(landmarks, canvas, fl.crops_of_boxes(boxes))[1].numpy()


SURE = 6.0  # logit of the landmark network from which an unmarked box is a face; it likes lattices


def mine(model: nn.Module, landmarks: nn.Module, scenes: Scenes, frames: list[np.ndarray]) -> str:
    """False boxes on the frames learnt from become hard negatives; unmarked faces are set aside."""
    scenes.hard.clear()
    unmarked = 0
    for k, frame in enumerate(frames):
        boxes, scores = detect(model, frame, .25)
        iou = fd.box_iou(boxes, fd.box_of_points(scenes.points[k])[None])
        boxes, scores = boxes[iou < .2], scores[iou < .2]
        if not len(boxes):
            continue
        logit = faces_seen(landmarks, frame, boxes)
        scenes.others[k] = boxes[logit > SURE]
        unmarked += int((logit > SURE).sum())
        for box in boxes[logit < SURE / 2]:
            grow = .6 * (box[2:] - box[:2])
            x0, y0 = np.maximum(0, box[:2] - grow).astype(int)
            x1, y1 = (box[2:] + grow).astype(int)
            near = fd.box_iou(np.array([x0, y0, x1, y1], float), fd.box_of_points(scenes.points[k]))
            if near < .02 and x1 - x0 >= 8:
                scenes.add_hard(frame[y0:y1, x0:x1])
    return f"{len(scenes.hard)} hard negatives, {unmarked} unmarked faces"


def fresh(scenes: Scenes, side: int, count: int, used: dict) -> list[tuple]:
    """A batch: half new scenes, half those of the last batch of this size, mirrored. Making a scene
    takes as long as learning from it."""
    made = [scenes.scene(side) for _ in range(count - len(used.get(side, [])))]
    flip = lambda boxes: np.stack([side - boxes[:, 2], boxes[:, 1], side - boxes[:, 0], boxes[:, 3]], 1)
    old = [(np.ascontiguousarray(p[:, ::-1]), flip(b), flip(i)) for p, b, i in used.get(side, [])]
    used[side] = made[:count // 2]
    return made + old


@torch.no_grad()
def start_from(model: nn.Module, path: Path, scenes: Scenes) -> None:
    """Takes the weights of a model file; batch norms get the statistics of scenes, and what leaves the
    outputs as they are."""
    _, tensors = read_model(path)
    tensor = lambda name: torch.from_numpy(tensors[name].astype(np.float32))
    moments, hooks = {}, []
    layers = {f"{name}{k}": layer for name in ("stem", "down", "body", "side", "neck")
              for k, layer in enumerate(getattr(model, name))}
    for name, (conv, norm) in layers.items():
        conv.weight.copy_(tensor(name + ".weight").permute(0, 3, 1, 2))
        norm.weight.copy_(torch.sqrt(norm.running_var + norm.eps))
        norm.bias.copy_(tensor(name + ".bias"))
        hooks.append(conv.register_forward_hook(
            lambda _, __, y, name=name: moments.update({name: (y.mean((0, 2, 3)), y.var((0, 2, 3)))})))
    for k, head in enumerate(model.head):
        head.weight.copy_(tensor(f"head{k}.weight").permute(0, 3, 1, 2))
        head.bias.copy_(tensor(f"head{k}.bias"))
    pictures = np.stack([scenes.scene(256)[0] for _ in range(32)])
    model.eval()((torch.from_numpy(pictures)[:, None] - 128) / 128)
    for hook in hooks:
        hook.remove()
    for name, (_, norm) in layers.items():
        mean, var = moments[name]
        norm.running_mean.copy_(mean), norm.running_var.copy_(var)
        norm.weight.copy_(torch.sqrt(var + norm.eps))
        norm.bias.add_(mean)


def train(options: argparse.Namespace) -> nn.Module:
    torch.manual_seed(options.seed)
    landmarks = fl.open_model(options.landmarks)[1] if options.landmarks.suffix == ".mien" else fl.load(
        options.landmarks, "coarse")
    frames, _ = fd.load_landmarks(options.data, "train")
    marked = fl.Set(options.data, "train")
    print(f"{fl.mend(landmarks, marked)} labels mended", flush=True)
    points = marked.points.numpy()
    del marked
    dev_frames, dev_points = fd.load_landmarks(options.data, "dev")
    crops, not_face = fd.load_ferplus(options.data, "train")
    crops = crops[not_face == 0][::options.thin]
    crop_points, logit = fl.place_points(landmarks, None, crops)
    good = logit > 0
    print(f"{good.sum()} of {len(good)} crops of FER+ taken as faces", flush=True)

    step, checkpoint = 0, options.checkpoint
    resumed = options.resume and checkpoint.exists()
    state = torch.load(checkpoint, map_location="cpu") if resumed else {"step": 0}
    step = state["step"]
    scenes = Scenes(frames, points, crops[good], crop_points[good],
                    [np.zeros((0, 4))] * len(frames), options.seed + step)
    model = Detector().to(memory_format=torch.channels_last)
    if options.start and not resumed:
        start_from(model, options.start, scenes)
    smooth = copy.deepcopy(model)  # stays on the CPU, as all but the network's own work does
    model.to(options.device)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=.02)
    if resumed:
        model.load_state_dict(state["model"]), smooth.load_state_dict(state["smooth"])
        optimiser.load_state_dict(state["optimiser"])
    if step >= options.mine or options.start:
        print(mine(smooth, landmarks, scenes, frames), flush=True)
    started, losses, ious, used = time.time(), [], [], {}
    while step < options.steps:
        model.train()
        for group in optimiser.param_groups:
            group["lr"] = fd.one_cycle(step, options.steps, options.rate)
        side = (192, 256, 320, 448)[int(scenes.rng.choice(4, p=[.3, .4, .15, .15]))]
        made = fresh(scenes, side, max(2, options.pixels // (side * side)), used)
        x = (torch.from_numpy(np.stack([m[0] for m in made]))[:, None] - 128) / 128
        x = x.to(options.device, memory_format=torch.channels_last)
        with mixed(options.device):
            outs = [out.float().cpu() for out in model(x)]
        loss, iou = loss_of(outs, targets(side, [m[1] for m in made], [m[2] for m in made]))
        step += 1
        fd.descend(loss, model, smooth, optimiser, min(.998, (1 + step) / (10 + step)))
        losses.append(float(loss)), ious.append(iou)
        late = options.minutes and time.time() - started > options.minutes * 60
        if step % 250 == 0 or step == options.steps or late:
            print(f"step {step}/{options.steps} loss {np.mean(losses[-250:]):.3f} iou "
                  f"{np.mean(ious[-250:]):.3f} {time.time() - started:.0f} s", flush=True)
        if step % 400 == 0 or step == options.steps or late:
            few = 10**9 if step == options.steps else 120
            for scale in (.5, 1.0, 1.8):
                print(f"  dev x{scale} {evaluate(smooth, dev_frames, dev_points, scale, limit=few)}", flush=True)
            for spoil in (noisy, dark):
                print(f"  dev {spoil.__name__} {evaluate(smooth, dev_frames, dev_points, limit=few, spoil=spoil)}",
                      flush=True)
            checkpoint.parent.mkdir(parents=True, exist_ok=True)
            torch.save({"model": model.state_dict(), "smooth": smooth.state_dict(), "step": step,
                        "optimiser": optimiser.state_dict()}, checkpoint)
        if step == options.mine or step == (options.mine + options.steps) // 2:
            print(mine(smooth, landmarks, scenes, frames), flush=True)
        if late and step < options.steps:
            sys.exit("stopped before the end: go on with --resume")
    return smooth


def export(model: nn.Module, options: argparse.Namespace) -> None:
    """The threshold: the lowest score at which dev has at most two boxes in 100 frames that are not
    the marked face, people in the background counted in; the landmark network drops most of them."""
    frames, points = fd.load_landmarks(options.data, "dev")
    floors = tuple(round(float(f), 2) for f in np.arange(.3, .8, .02))
    dev = evaluate(model, frames, points, 1.0, floors)
    threshold = next((f for f in floors if dev[f][1] <= 2.0), floors[-1])
    scores = {"columns": ["share of faces found at IoU .5", "false boxes in 100 frames"], "dev": dev[threshold]}
    if "test" in options.score:
        frames, points = fd.load_landmarks(options.data, "test")
        scores["test"] = evaluate(model, frames, points, 1.0, (threshold,))[threshold]
    print(threshold, scores)
    tensors = {}
    for name in ("stem", "down", "body", "side", "neck"):
        for k, layer in enumerate(getattr(model, name)):
            tensors[f"{name}{k}.weight"], tensors[f"{name}{k}.bias"] = fd.folded(layer[0], layer[1])
    for k, head in enumerate(model.head):
        tensors[f"head{k}.weight"] = head.weight.detach().permute(0, 2, 3, 1).numpy().copy()
        tensors[f"head{k}.bias"] = head.bias.detach().numpy().copy()
    write_model(options.out, "face-detect", {
        "name": "face-detect", "version": options.version, "feature_version": 1,
        "labels": {"box": "the 68 points' own box, its top raised by 15 % of its height"},
        "threshold": threshold,
        "provenance": {
            "data": [{"name": "landmarks68 (udacity/P1_Facial_Keypoints, frames of YouTube Faces), train",
                      "licence": "MIT; photographs' rights unclear"},
                     {"name": "FER+ train, as faces only", "licence": "MIT votes; FER2013 photographs' rights unclear"}],
            "licence": "Apache-2.0 for the weights", "commercial": False, "date": options.date,
            "command": "train/face_detect.py " + " ".join(
                f"--{k} {getattr(options, k)}" for k in ("start", "steps", "mine", "pixels", "rate", "seed"))},
        "scores": scores}, tensors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=fd.default_data())
    parser.add_argument("--out", type=Path, default=Path("models/face-detect.mien"))
    parser.add_argument("--checkpoint", type=Path, default=Path("build/face-detect.pt"))
    parser.add_argument("--landmarks", type=Path, default=Path("build/face-landmarks"))
    parser.add_argument("--start", type=Path, help="go on from the weights of this model file")
    parser.add_argument("--steps", type=int, default=3150)
    parser.add_argument("--mine", type=int, default=1500)
    parser.add_argument("--pixels", type=int, default=16 * 256 * 256, help="a batch's, in all")
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--thin", type=int, default=1, help="use every n-th crop of FER+")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--score", nargs="*", default=["dev", "test"])
    parser.add_argument("--version", default="1")
    parser.add_argument("--date", default=time.strftime("%Y-%m-%d"))
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    export(train(options).eval(), options)


if __name__ == "__main__":
    main()
