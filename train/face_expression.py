#!/usr/bin/env python3
"""Trains the expression network on FER+ and writes models/face-expression.mien.

    train/face_expression.py --data ../data-cache --checkpoint run/expr            # train (resumes by itself)
    train/face_expression.py --data ../data-cache --checkpoint run/expr --export models/face-expression.mien

What it learns: the distribution of ten raters' votes over eight classes (Barsoum et al. 2016), single
votes dropped, from 48 x 48 grey faces, by cross-entropy. Rows where the most voted answer is "unknown"
or "not a face" are left out, as in that paper.

Rare classes (disgust, contempt, fear) are drawn more often; the shift of priors this causes is taken out
again on `valid` by a bias for each class, together with the temperature, so that probabilities stay honest.
Everything is chosen on `valid`; `test` is only read by `mien eval face`.

Half of the pictures are seen as published, half upright and framed by the points that the landmark
network (--landmarks) places, as the program reads each face both ways. A second head learns the label
that the picture has in FER2013. --start goes on from the weights of a model file.
"""
import argparse
import csv
import json
import math
import os
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image

from precision import mixed

CLASSES = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"]
OTHER = ["unknown", "NF"]
CORE = ["neutral", "joy", "sadness", "anger", "fear", "disgust", "surprise"]
TO_CORE = [0, 1, 6, 2, 3, 5, 4, 5]  # contempt is folded into disgust
FER2013 = ["neutral", "happy", "sad", "angry", "fear", "disgust", "surprise"]  # in the order of CORE
SIDE = 48
CONTRAST_FLOOR = 10.0  # grey levels; keeps a lens cap from being blown up into noise (expression.c)
STAGES = [(40, 2, 1), (80, 2, 2), (192, 2, 2)]  # channels, blocks, stride of the first block
STEM = 40
LAST = 6  # pixels of the last map each way


# ---- data ------------------------------------------------------------------------------------------------

def load(data, split):
    """Pictures [n, 48, 48] uint8, vote shares [n, 8], majority label [n] (-1: tie, no single majority),
    place of the FER2013 label in CORE [n]."""
    root = os.path.join(data, "face")
    pictures, shares, labels, older = [], [], [], []
    with open(os.path.join(root, "ferplus", "labels.csv"), newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] != split or (split != "train" and row["leaks_from_train"] == "1"):
                continue
            votes = np.array([int(row[name]) for name in CLASSES + OTHER], np.float32)
            votes[votes < 2] = 0  # single votes are noise (Barsoum et al. 2016)
            top = votes[:8].max()
            if top <= votes[8:].max():
                continue
            picture = Image.open(os.path.join(root, row["file"])).convert("L")
            assert picture.size == (SIDE, SIDE), row["file"]
            pictures.append(np.asarray(picture))
            shares.append(votes[:8] / votes[:8].sum())
            labels.append(int(votes[:8].argmax()) if (votes[:8] == top).sum() == 1 else -1)
            older.append(FER2013.index(row["fer2013_label"]))
    return np.stack(pictures), np.stack(shares), np.array(labels), np.array(older)


def upright(pictures, model):
    """For each picture the affine map [n, 2, 3] (of affine_grid) from the crop that the points of the
    landmark model ask for to the picture; nothing where the points see no face."""
    import face_landmarks as points_of
    from face_data import crop_of_points
    meta, coarse, fine = points_of.open_model(model)
    points, face = points_of.place_points(coarse, fine, pictures)
    centre, side, angle = crop_of_points(points)
    right, down, size = meta["framing"]
    c, s = np.cos(angle) * side, np.sin(angle) * side
    x = centre[:, 0] + (c * right - s * down) / 2
    y = centre[:, 1] + (s * right + c * down) / 2
    theta = np.stack([np.stack([c * size / SIDE, -s * size / SIDE, x * 2 / SIDE - 1], 1),
                      np.stack([s * size / SIDE, c * size / SIDE, y * 2 / SIDE - 1], 1)], 1)
    theta[face <= 0] = np.eye(2, 3)
    return torch.from_numpy(theta).float()


def sampled(x, theta):
    return F.grid_sample(x, F.affine_grid(theta, list(x.shape), align_corners=False), mode="bilinear",
                         padding_mode="border", align_corners=False)


def normalise(x):
    """Per picture: zero mean, unit contrast. The same in expression.c."""
    mean = x.mean((2, 3), keepdim=True)
    return (x - mean) / (x.std((2, 3), unbiased=False, keepdim=True) + CONTRAST_FLOOR)


def augment(x, place, rng):
    """x [n, 1, 48, 48] in grey levels, place [n, 2, 3] where the face is: as a face may come out of our
    own aligner in any light. On the device of `x`, `place` and `rng`."""
    n, device = x.shape[0], x.device
    normal = lambda sigma, limit: torch.randn(n, generator=rng, device=device).mul_(sigma).clamp_(-limit, limit)
    uniform = lambda low, high: torch.rand(n, generator=rng, device=device) * (high - low) + low
    turn = normal(math.radians(8), math.radians(25))
    scale = torch.exp(normal(0.09, 0.25))
    stretch = torch.exp(normal(0.04, 0.12))
    mirror = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    c, s = torch.cos(turn), torch.sin(turn)
    move_x, move_y = normal(2.0, 6) * 2 / SIDE, normal(2.0, 6) * 2 / SIDE
    theta = torch.stack([torch.stack([c * scale * stretch * mirror, -s * scale + normal(0.04, 0.1), move_x], 1),
                         torch.stack([s * scale * mirror, c * scale / stretch, move_y], 1)], 1)
    theta = torch.cat([place[:, :, :2] @ theta[:, :, :2], place[:, :, :2] @ theta[:, :, 2:] + place[:, :, 2:]], 2)
    x = sampled(x, theta)
    # blur of a far or moving face
    soft = F.avg_pool2d(F.avg_pool2d(x, 3, 1, 1, count_include_pad=False), 3, 1, 1, count_include_pad=False)
    amount = torch.where(uniform(0, 1) < 0.3, uniform(0, 1), torch.zeros(n, device=device))[:, None, None, None]
    x = x + amount * (soft - x)
    # light: gamma, a gradient across the face, noise
    gamma = torch.exp(normal(0.25, 0.7))[:, None, None, None]
    x = (x.clamp(0, 255) / 255 + 1e-3) ** gamma * 255
    ramp = torch.linspace(-1, 1, SIDE, device=device)
    slope = normal(0.2, 0.5)[:, None] * ramp, normal(0.15, 0.4)[:, None] * ramp
    x = x * (1 + slope[0][:, None, None, :] + slope[1][:, None, :, None])
    x = x + torch.randn(x.shape, generator=rng, device=device) * uniform(0, 6)[:, None, None, None]
    # something in front of the face
    row = column = torch.arange(SIDE, device=device)[None, :]
    y0, x0 = uniform(-6, SIDE - 6)[:, None], uniform(-6, SIDE - 6)[:, None]
    high, wide = uniform(8, 20)[:, None], uniform(8, 20)[:, None]
    inside = ((row >= y0) & (row < y0 + high))[:, None, :, None] & ((column >= x0) & (column < x0 + wide))[:, None, None, :]
    hide = inside & (uniform(0, 1) < 0.4)[:, None, None, None]
    return torch.where(hide, uniform(0, 255)[:, None, None, None], x)


# ---- network ---------------------------------------------------------------------------------------------

class Conv(nn.Module):
    """Convolution and batch normalisation; one convolution with a bias once exported."""

    def __init__(self, before, after, width, stride):
        super().__init__()
        self.conv = nn.Conv2d(before, after, width, stride, width // 2, bias=False)
        self.norm = nn.BatchNorm2d(after)

    def forward(self, x):
        return self.norm(self.conv(x))

    def folded(self):
        """Weight [out, kh, kw, in] and bias [out] as nn_conv2d takes them."""
        gain = self.norm.weight / torch.sqrt(self.norm.running_var + self.norm.eps)
        weight = self.conv.weight * gain[:, None, None, None]
        return weight.permute(0, 2, 3, 1).contiguous(), self.norm.bias - self.norm.running_mean * gain


class Block(nn.Module):
    """Residual block (He et al. 2016)."""

    def __init__(self, before, after, stride):
        super().__init__()
        self.a, self.b = Conv(before, after, 3, stride), Conv(after, after, 3, 1)
        self.skip = Conv(before, after, 1, stride) if before != after or stride != 1 else None

    def forward(self, x):
        y = self.b(F.relu(self.a(x)))
        return F.relu(y + (x if self.skip is None else self.skip(x)))


class Network(nn.Module):
    def __init__(self, drop=0.3, frozen=0, stem=STEM, stages=STAGES):
        """The first `frozen` blocks, and the stem, stay as they are where there are any."""
        super().__init__()
        self.frozen = frozen
        self.stem = Conv(1, stem, 5, 2)
        blocks, before = [], stem
        for channels, count, stride in stages:
            for i in range(count):
                blocks.append(Block(before, channels, stride if i == 0 else 1))
                before = channels
        self.blocks = nn.ModuleList(blocks)
        self.drop = nn.Dropout(drop)
        self.pool = nn.Parameter(torch.full((before, LAST, LAST), 1 / LAST ** 2))  # where each channel counts
        self.out = nn.Linear(before, len(CLASSES))
        self.older = nn.Linear(before, len(FER2013))

    def layers(self):
        """Every convolution by its name in the model file."""
        layers = {"stem": self.stem}
        for i, block in enumerate(self.blocks):
            layers.update({f"block{i}.a": block.a, f"block{i}.b": block.b})
            if block.skip is not None:
                layers[f"block{i}.skip"] = block.skip
        return layers

    def train(self, mode=True):
        super().train(mode)
        for part in [self.stem, *self.blocks[:self.frozen]] if self.frozen else []:
            part.eval()
        return self

    def forward(self, x):
        """Logits [n, 8] of FER+'s classes and [n, 7] of FER2013's."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.frozen == 0):
            x = F.relu(self.stem(x))
        for i, block in enumerate(self.blocks):
            with torch.set_grad_enabled(torch.is_grad_enabled() and i >= self.frozen):
                x = block(x)
        x = self.drop((x * self.pool).sum((2, 3)))
        return self.out(x), self.older(x)


def start_from(network, path, pictures):
    """Takes the weights of a model file. Batch norms get the statistics of `pictures` [n, 1, 48, 48],
    normalised, and what leaves the outputs as they are."""
    from mien_file import read_model, dequantize_rows
    _, tensors = read_model(path)

    def array(name):
        value = tensors[name]
        return torch.from_numpy((dequantize_rows(*value) if isinstance(value, tuple) else value).astype(np.float32))
    moments, hooks = {}, []
    layers = network.layers()
    for name, layer in layers.items():
        layer.conv.weight.data = array(name + ".weight").permute(0, 3, 1, 2).contiguous()
        layer.norm.weight.data = torch.sqrt(layer.norm.running_var + layer.norm.eps)
        layer.norm.bias.data = array(name + ".bias")
        hooks.append(layer.conv.register_forward_hook(
            lambda _, __, y, name=name: moments.update({name: (y.mean((0, 2, 3)), y.var((0, 2, 3)))})))
    network.out.weight.data, network.out.bias.data = (array("out." + part)[:len(CLASSES)] for part in ("weight", "bias"))
    if "pool" in tensors:
        network.pool.data = array("pool").T.reshape(network.pool.shape).contiguous()
    with torch.no_grad():
        network.eval()(pictures)
    for hook in hooks:
        hook.remove()
    for name, layer in layers.items():
        mean, var = moments[name]
        layer.norm.running_mean.copy_(mean), layer.norm.running_var.copy_(var)
        layer.norm.weight.data = torch.sqrt(var + layer.norm.eps)
        layer.norm.bias.data += mean
    if len(tensors["out.bias"]) > len(CLASSES):
        network.older.weight.data, network.older.bias.data = (array("out." + part)[len(CLASSES):] for part in ("weight", "bias"))
        return
    with torch.no_grad():  # FER2013's classes begin as FER+'s
        core = torch.tensor(TO_CORE)
        for k in range(len(FER2013)):
            network.older.weight[k] = network.out.weight[core == k].mean(0)
            network.older.bias[k] = network.out.bias[core == k].mean()


# ---- training --------------------------------------------------------------------------------------------

def predict(network, pictures, place, device):
    """Logits [n, 8] and [n, 7] of unaltered `pictures` [n, 48, 48] uint8: the mean of what the picture as it is gives and what
    the mirror image of the upright crop gives, as the program reads it."""
    network.eval()
    outs = []
    with torch.no_grad():
        for i in range(0, len(pictures), 256):
            x = torch.from_numpy(pictures[i:i + 256]).float()[:, None]
            both = [network(normalise(y).to(device).to(memory_format=torch.channels_last))
                    for y in (x, sampled(x, place[i:i + 256]).flip(3))]
            outs.append([(a.float().cpu() + b.float().cpu()) / 2 for a, b in zip(*both)])
    return torch.cat([o[0] for o in outs]), torch.cat([o[1] for o in outs])


def recalls(predicted, labels):
    return [float((predicted[labels == k] == k).mean()) for k in range(len(CLASSES)) if (labels == k).any()]


def optimiser_of(network, rate, decay):
    """Descent with momentum; biases and gains do not decay."""
    return torch.optim.SGD([{"params": [p for p in network.parameters() if p.ndim > 1], "weight_decay": decay},
                            {"params": [p for p in network.parameters() if p.ndim <= 1], "weight_decay": 0}],
                           lr=rate, momentum=0.9, nesterov=True)


def set_rate(optimiser, at, args):
    """At this share of the training: rising until args.warm, then falling as a cosine."""
    rate = args.rate * (at / args.warm if at < args.warm else 0.5 * (1 + math.cos(math.pi * (at - args.warm) / (1 - args.warm))))
    for group in optimiser.param_groups:
        group["lr"] = max(rate, args.rate * 1e-3)


def train(args):
    torch.manual_seed(args.seed)
    pictures, shares, labels, older = load(args.data, "train")
    valid, _, valid_labels, valid_older = load(args.data, "valid")
    place, valid_place = upright(pictures, args.landmarks), upright(valid, args.landmarks)
    print(f"train {len(pictures)}, valid {len(valid)} ({(valid_labels >= 0).sum()} with a majority)", flush=True)
    prior = shares.mean(0)
    rarity = (prior.max() / prior) ** args.rarity
    weight = torch.from_numpy(shares @ rarity)
    device = args.device
    network = Network(frozen=args.frozen).to(device).to(memory_format=torch.channels_last)
    if args.start:
        pick = torch.multinomial(weight, 1024, generator=torch.Generator().manual_seed(args.seed)).numpy()
        some = augment(torch.from_numpy(pictures[pick]).float()[:, None], place[pick], torch.Generator().manual_seed(0))
        start_from(network, args.start, normalise(some))
    average = Network().to(device).to(memory_format=torch.channels_last)
    average.load_state_dict(network.state_dict())
    optimiser = optimiser_of(network, args.rate, args.decay)
    steps = len(pictures) // args.batch
    os.makedirs(args.checkpoint, exist_ok=True)
    path = os.path.join(args.checkpoint, "last.pt")
    start = 0
    if os.path.exists(path):
        state = torch.load(path, map_location=device)
        network.load_state_dict(state["network"]), average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        start = state["epoch"]
        print(f"goes on after epoch {start}", flush=True)
    for epoch in range(start, args.epochs):
        begun = time.time()
        rng = torch.Generator().manual_seed(args.seed * 1000 + epoch)
        order = torch.multinomial(weight, steps * args.batch, replacement=True, generator=rng)
        network.train()
        total = 0.0
        for step in range(steps):
            set_rate(optimiser, (epoch + step / steps) / args.epochs, args)
            pick = order[step * args.batch:(step + 1) * args.batch].numpy()
            where = torch.where(torch.rand(len(pick), generator=rng)[:, None, None] < 0.5, place[pick], torch.eye(2, 3))
            x = augment(torch.from_numpy(pictures[pick]).float()[:, None], where, rng)
            x, y, z = normalise(x), torch.from_numpy(shares[pick]), F.one_hot(torch.from_numpy(older[pick]), len(FER2013)).float()
            if args.mix:  # pictures laid over one another (Zhang et al. 2018), half of them
                share = torch.distributions.Beta(args.mix, args.mix).sample((len(x),))
                share = torch.where(torch.rand(len(x), generator=rng) < 0.5, torch.ones(()), torch.maximum(share, 1 - share))
                x, y, z = (share.view(-1, *[1] * (t.ndim - 1)) * t + (1 - share).view(-1, *[1] * (t.ndim - 1)) * t.roll(1, 0)
                           for t in (x, y, z))
            x, y, z = x.to(device).to(memory_format=torch.channels_last), y.to(device), z.to(device)
            with mixed(device):
                logits, second = network(x)
            loss = -(y * F.log_softmax(logits.float(), 1)).sum(1).mean() - args.older * (
                z * F.log_softmax(second.float(), 1)).sum(1).mean()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            total += float(loss.detach())
            with torch.no_grad():
                keep = min(args.average, (epoch * steps + step + 1) / (epoch * steps + step + 10))
                for slow, fast in zip(average.state_dict().values(), network.state_dict().values()):
                    if slow.dtype.is_floating_point:
                        slow.lerp_(fast, 1 - keep)
                    else:
                        slow.copy_(fast)
        torch.save({"network": network.state_dict(), "average": average.state_dict(),
                    "optimiser": optimiser.state_dict(), "epoch": epoch + 1}, path + ".new")
        os.replace(path + ".new", path)
        known = valid_labels >= 0
        logits, second = predict(average, valid, valid_place, device)
        guess = logits.argmax(1).numpy()[known]
        right = recalls(guess, valid_labels[known])
        print(f"epoch {epoch + 1}/{args.epochs} loss {total / steps:.4f} valid accuracy "
              f"{(guess == valid_labels[known]).mean():.4f} UAR {np.mean(right):.4f} "
              f"FER2013 {(second.argmax(1).numpy() == valid_older)[known].mean():.4f} "
              f"[{' '.join(f'{r:.2f}' for r in right)}] {time.time() - begun:.0f} s", flush=True)


# ---- export ----------------------------------------------------------------------------------------------

def fit_calibration(logits, labels, pull=0.02, fixed=None):
    """Bias of each class and temperature that make `valid` most likely; `pull` holds biases near zero.
    With `fixed` that is the bias, and only the temperature is fitted."""
    bias = torch.zeros(len(CLASSES), requires_grad=True) if fixed is None else fixed
    sharpness = torch.zeros(1, requires_grad=True)  # log of 1 / temperature
    optimiser = torch.optim.LBFGS([sharpness] if fixed is not None else [bias, sharpness], max_iter=200,
                                  line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        loss = F.cross_entropy((logits + bias) * sharpness.exp(), labels) + pull * (bias ** 2).mean()
        loss.backward()
        return loss
    optimiser.step(closure)
    return bias.detach(), float(torch.exp(-sharpness.detach()))


def fold(probabilities):
    core = torch.zeros(len(probabilities), len(CORE))
    return core.index_add_(1, torch.tensor(TO_CORE), probabilities)


def expected_error(confidence, right, bins=15):
    """Expected calibration error over equally wide bins (Guo et al. 2017)."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return sum(abs(confidence[place == b].mean() - right[place == b].mean()) * (place == b).mean()
               for b in range(bins) if (place == b).any())


def blend(network, other):
    """The network halfway between two (after Wortsman et al. 2022), which share a start."""
    middle = Network()
    with torch.no_grad():
        for name, layer in middle.layers().items():
            (w, b), (v, c) = network.layers()[name].folded(), other.layers()[name].folded()
            layer.conv.weight.copy_(((w + v) / 2).permute(0, 3, 1, 2))
            layer.norm.weight.copy_(torch.sqrt(layer.norm.running_var + layer.norm.eps))
            layer.norm.bias.copy_((b + c) / 2)
        middle.pool.copy_((network.pool + other.pool) / 2)
        for name in ("out.weight", "out.bias", "older.weight", "older.bias"):
            middle.get_parameter(name).copy_((network.get_parameter(name) + other.get_parameter(name)) / 2)
    return middle


def tensors_of(network, store):
    from mien_file import quantize_rows
    tensors = {}

    def put(name, weight, bias, kind):
        weight = weight.detach().float().numpy()
        tensors[name + ".weight"] = {"f32": lambda w: w, "f16": lambda w: w.astype(np.float16),
                                     "i8": quantize_rows}[kind](weight)
        tensors[name + ".bias"] = bias.detach().float().numpy()
    put("stem", *network.stem.folded(), "f32" if store == "i8" else store)
    for i, block in enumerate(network.blocks):
        put(f"block{i}.a", *block.a.folded(), store)
        put(f"block{i}.b", *block.b.folded(), store)
        if block.skip is not None:
            put(f"block{i}.skip", *block.skip.folded(), store)
    put("out", torch.cat([network.out.weight, network.older.weight]),
        torch.cat([network.out.bias, network.older.bias]), "f32")
    tensors["pool"] = network.pool.detach().flatten(1).T.contiguous().numpy()
    return tensors


def export(args):
    from mien_file import write_model
    state = torch.load(os.path.join(args.checkpoint, "last.pt"), map_location="cpu")
    network = Network(**state.get("shape", {}))
    network.load_state_dict(state["average"])
    pictures, _, labels, older = load(args.data, "valid")
    pictures, labels, older = pictures[labels >= 0], labels[labels >= 0], older[labels >= 0]
    if args.start:
        before = Network()
        start_from(before, args.start, normalise(torch.from_numpy(pictures[:512]).float()[:, None]))
        network = blend(network, before)
    logits, second = predict(network, pictures, upright(pictures, args.landmarks), "cpu")
    truth = torch.from_numpy(labels)
    likely, _ = fit_calibration(logits, truth)
    rare = -torch.log(torch.bincount(truth, minlength=len(CLASSES)) / len(truth))
    for adjust in (0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4):  # to choose --adjust by
        moved = (logits + likely + adjust * (rare - rare.min())).argmax(1).numpy()
        print(f"adjust {adjust}: accuracy {(moved == labels).mean():.4f} UAR {np.mean(recalls(moved, labels)):.4f}")
    bias, temperature = fit_calibration(logits, truth, fixed=likely + args.adjust * (rare - rare.min()))
    with torch.no_grad():
        network.out.bias += bias
    probabilities = torch.softmax((logits + bias) / temperature, 1)
    core, core_truth = fold(probabilities), torch.tensor(TO_CORE)[truth]
    guess = probabilities.argmax(1).numpy()
    missed = np.sort(1 - core[torch.arange(len(core)), core_truth].numpy())
    quantile = float(missed[min(math.ceil((len(missed) + 1) * 0.9), len(missed)) - 1])
    confidence, right = core.max(1)[0].numpy(), (core.argmax(1) == core_truth).numpy()
    size = (core >= 1 - quantile).sum(1).clamp(min=1).numpy()
    scores = {"valid": {"accuracy": round(float((guess == labels).mean()), 4),
                        "uar": round(float(np.mean(recalls(guess, labels))), 4),
                        "core_accuracy": round(float(right.mean()), 4),
                        "fer2013": round(float((second.argmax(1).numpy() == older).mean()), 4),
                        "ece": round(float(expected_error(confidence, right)), 4),
                        "mean_set": round(float(size.mean()), 3), "pictures": len(labels)}}
    meta = {
        "name": "face-expression", "version": "2", "feature_version": 1,
        "labels": {"classes": CLASSES, "core": [CORE[k] for k in TO_CORE]},
        "network": {"blocks": len(network.blocks), "strides": [block.a.conv.stride[0] for block in network.blocks]},
        "calibration": {"temperature": temperature, "quantile": quantile, "abstain_size": args.abstain},
        "provenance": {
            "data": [{"name": "FER2013 photographs (Goodfellow et al. 2013)", "licence": "unclear"},
                     {"name": "FER+ votes (Barsoum et al. 2016)", "licence": "MIT"}],
            "licence": "Apache-2.0 for the weights as far as ours; the photographs' rights are unclear",
            "commercial": False, "date": time.strftime("%Y-%m-%d"),
            "command": args.command or f"train/face_expression.py --epochs {state['epoch']} --seed {args.seed}"},
        "scores": scores}
    write_model(args.export, "face-expression", meta, tensors_of(network, args.store))
    print(json.dumps({**meta["calibration"], **scores["valid"], "bias": [round(float(b), 2) for b in bias],
                      "sizes": np.bincount(size).tolist(), "bytes": os.path.getsize(args.export)}, indent=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("MIEN_DATA", "../data-cache"))
    parser.add_argument("--checkpoint", default="run/face-expression", help="folder of last.pt; training goes on from it")
    parser.add_argument("--export", metavar="FILE", help="write the model of the checkpoint instead of training")
    parser.add_argument("--epochs", type=int, default=32)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--decay", type=float, default=5e-4)
    parser.add_argument("--average", type=float, default=0.998, help="decay of the running mean of the weights, a step")
    parser.add_argument("--mix", type=float, default=0.3, help="how evenly two pictures are mixed (alpha of the beta "
                        "distribution); 0: none are")
    parser.add_argument("--warm", type=float, default=0.15, help="share of the steps in which the rate rises")
    parser.add_argument("--older", type=float, default=0.25, help="weight of the FER2013 label in the loss")
    parser.add_argument("--frozen", type=int, default=0, help="with --start: this many blocks, and the stem, stay as they are")
    parser.add_argument("--start", metavar="FILE", help="go on from the weights of this model; with --export the "
                        "model written is halfway between it and the checkpoint")
    parser.add_argument("--landmarks", metavar="FILE", default="models/face-landmarks.mien")
    parser.add_argument("--rarity", type=float, default=0.35, help="0: rare classes as often as they are; 1: all alike")
    parser.add_argument("--command", help="what to write down as the way it was trained, where it was in several goes")
    parser.add_argument("--store", choices=["f32", "f16", "i8"], default="i8", help="how the weights are stored")
    parser.add_argument("--adjust", type=float, default=0.0, help="how far rare classes are preferred, beyond what "
                        "makes `valid` most likely: a share of the log of how rare they are (Menon et al. 2021)")
    parser.add_argument("--abstain", type=int, default=3, help="abstain when the 90 %% set has this many labels")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    export(args) if args.export else train(args)
