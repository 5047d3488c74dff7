#!/usr/bin/env python3
"""The expression network taught by larger ones, on a GPU that is at hand for minutes.

    pack       the pictures of FER+'s train and valid, their votes, and where each face is, as one file
    teacher    a wide residual network, learning what face_expression.py learns
    student    the network that ships, learning what the mean of the teachers says of each altered
               picture (Hinton et al. 2015; the same view for both: Beyer et al. 2022), and the votes

The student's file is a checkpoint for `face_expression.py --export`. Everything is chosen on `valid`.
"""
from __future__ import annotations

import argparse
import io
import pickle
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image

import face_expression as fe
from precision import mixed

SHAPES = {"shipped": dict(stem=40, stages=[(40, 2, 1), (80, 2, 2), (192, 2, 2)]),
          "wide": dict(stem=48, stages=[(48, 2, 1), (112, 2, 2), (256, 2, 2)])}


class Squeeze(nn.Module):
    """A residual block that weighs its channels (Hu et al. 2018) and is now and then left out (Huang et
    al. 2016)."""

    def __init__(self, before, after, stride, skipped):
        super().__init__()
        self.block, self.skipped = fe.Block(before, after, stride), skipped
        self.down, self.up = nn.Linear(after, after // 8), nn.Linear(after // 8, after)

    def forward(self, x):
        b = self.block
        y = b.b(F.relu(b.a(x)))
        y = y * torch.sigmoid(self.up(F.relu(self.down(y.mean((2, 3))))))[:, :, None, None]
        if self.training:
            keep = (torch.rand(len(y), 1, 1, 1, device=y.device) >= self.skipped).to(y.dtype)
            y = y * keep / (1 - self.skipped)
        return F.relu(y + (x if b.skip is None else b.skip(x)))


class Teacher(nn.Module):
    def __init__(self, width=64, drop=.4):
        super().__init__()
        self.stem = fe.Conv(1, width, 3, 1)
        shape = [(width, 1, 1)] + [(width * 2, 2, 2), (width * 4, 3, 2), (width * 8, 3, 2)]
        blocks, before, total = [], width, sum(n for _, n, _ in shape)
        for channels, count, stride in shape:
            for i in range(count):
                blocks.append(Squeeze(before, channels, stride if i == 0 else 1, .15 * len(blocks) / total))
                before = channels
        self.blocks = nn.Sequential(*blocks)
        self.drop = nn.Dropout(drop)
        self.pool = nn.Parameter(torch.full((before, 6, 6), 1 / 36))
        self.out, self.older = nn.Linear(before, len(fe.CLASSES)), nn.Linear(before, len(fe.FER2013))

    def forward(self, x):
        x = self.blocks(F.relu(self.stem(x)))
        x = self.drop((x * self.pool).sum((2, 3)))
        return self.out(x), self.older(x)


# ---- data ------------------------------------------------------------------------------------------

def pack(args) -> None:
    given = {}
    for split in ("train", "valid"):
        pictures, shares, labels, older = fe.load(args.data, split)
        files = []
        for picture in pictures:
            file = io.BytesIO()
            Image.fromarray(picture).save(file, "WEBP", method=6,
                                          **({"quality": 92} if split == "train" else {"lossless": True}))
            files.append(file.getvalue())
        given[split] = {"pictures": files, "place": fe.upright(pictures, args.landmarks).numpy(), "shares": shares,
                        "labels": labels, "older": older}
    with open(args.pack, "wb") as out:
        pickle.dump(given, out, 4)
    print(f"{args.pack}: {args.pack.stat().st_size / 2**20:.1f} MiB")


def unpacked(given):
    pictures = np.stack([np.asarray(Image.open(io.BytesIO(f)).convert("L")) for f in given["pictures"]])
    return pictures, torch.from_numpy(given["place"]).float(), given["shares"], given["labels"], given["older"]


# ---- training --------------------------------------------------------------------------------------

def scores(network, valid, device):
    pictures, place, _, labels, older = valid
    logits, second = fe.predict(network, pictures, place, device)
    known = labels >= 0
    guess = logits.argmax(1).numpy()[known]
    return {"accuracy": round(float((guess == labels[known]).mean()), 4),
            "uar": round(float(np.mean(fe.recalls(guess, labels[known]))), 4),
            "fer2013": round(float((second.argmax(1).numpy() == older)[known].mean()), 4)}


def soft(target, logits):
    return -(target * F.log_softmax(logits.float(), 1)).sum(1).mean()


def train(args, network, given, teachers) -> None:
    device = torch.device(args.device)
    generator = torch.Generator(device=device).manual_seed(args.seed)
    torch.manual_seed(args.seed)
    pictures, place, shares, _, older = unpacked(given["train"])
    valid = unpacked(given["valid"])
    rarity = (shares.mean(0).max() / shares.mean(0)) ** args.rarity
    weight = torch.from_numpy(shares @ rarity).float().to(device)
    x_all = torch.from_numpy(pictures).to(device)
    place, y_all = place.to(device), torch.from_numpy(shares).float().to(device)
    z_all = F.one_hot(torch.from_numpy(older), len(fe.FER2013)).float().to(device)
    as_is = torch.eye(2, 3, device=device)
    network = network.to(device).to(memory_format=torch.channels_last)
    if args.start:
        pick = torch.multinomial(weight, 1024, generator=generator)
        some = fe.augment(x_all[pick].float()[:, None], place[pick], generator)
        fe.start_from(network.cpu(), args.start, fe.normalise(some).cpu())
        network.to(device).to(memory_format=torch.channels_last)
    shape = SHAPES.get(args.shape)
    average = (fe.Network(**shape) if args.step == "student" else Teacher()).to(device).to(memory_format=torch.channels_last)
    average.load_state_dict(network.state_dict())
    optimiser = fe.optimiser_of(network, args.rate, args.decay)
    rand = lambda n: torch.rand(n, generator=generator, device=device)
    began, told, step = time.time(), time.time(), 0
    done = lambda: (time.time() - began) / (args.minutes * 60)
    best, total = 0.0, torch.zeros((), device=device)

    def tell() -> None:
        nonlocal best, total
        found = scores(average, valid, device)
        print(f"{args.out.name}: {done() * args.minutes:.1f} min, {step * args.batch / len(pictures):.1f} epochs, "
              f"loss {float(total) / max(step, 1):.4f}, valid {found}", flush=True)
        partial = args.out.with_suffix(".partial")
        torch.save({"average": average.state_dict(), "epoch": step * args.batch // len(pictures), "figures": found,
                    **({"shape": shape} if args.step == "student" else {})}, partial)
        partial.rename(args.out.with_suffix(".last"))

    while done() < 1:
        fe.set_rate(optimiser, done(), args)
        network.train()
        pick = torch.multinomial(weight, args.batch, replacement=True, generator=generator)
        where = torch.where(rand(args.batch)[:, None, None] < .5, place[pick], as_is)
        x = fe.normalise(fe.augment(x_all[pick].float()[:, None], where, generator))
        y, z = y_all[pick], z_all[pick]
        if args.mix:
            share = torch.from_numpy(np.random.beta(args.mix, args.mix, args.batch)).float().to(device)
            share = torch.where(rand(args.batch) < .5, torch.ones((), device=device), torch.maximum(share, 1 - share))
            blend = lambda t: share.view(-1, *[1] * (t.ndim - 1)) * t + (1 - share).view(-1, *[1] * (t.ndim - 1)) * t.roll(1, 0)
            x, y, z = blend(x), blend(y), blend(z)
        x = x.to(memory_format=torch.channels_last)
        with mixed(device):
            logits, second = network(x)
            if teachers:
                with torch.no_grad():
                    said = [teacher(x) for teacher in teachers]
        loss = soft(y, logits) + args.older * soft(z, second)
        if teachers:
            first, other = (torch.stack([torch.softmax(s[k].float(), 1) for s in said]).mean(0) for k in (0, 1))
            loss = (1 - args.taught) * loss + args.taught * (soft(first, logits) + args.older * soft(other, second))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        step += 1
        total += loss.detach()
        keep = min(args.average, step / (step + 9))
        with torch.no_grad():
            slow, fast = average.state_dict().values(), network.state_dict().values()
            a, b = zip(*[(s, f) for s, f in zip(slow, fast) if s.dtype.is_floating_point])
            torch._foreach_mul_(list(a), keep)
            torch._foreach_add_(list(a), list(b), alpha=1 - keep)
        if time.time() - told > args.every:
            tell()
            told = time.time()
    tell()
    args.out.with_suffix(".last").rename(args.out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("step", choices=["pack", "teacher", "student"])
    add("--data", default="../data-cache")
    add("--pack", type=Path, required=True)
    add("--landmarks", default="models/face-landmarks.mien")
    add("--out", type=Path, default=Path("taught.pt"), help="the checkpoint to write")
    add("--teachers", type=Path, nargs="*", default=[], help="of a student: their files, waited for")
    add("--shape", choices=list(SHAPES), default="shipped")
    add("--start", help="a model file to go on from, of the same shape")
    add("--until", type=float, help="minutes after --since, instead of --minutes")
    add("--since", type=float, default=time.time())
    add("--minutes", type=float, default=3)
    add("--every", type=float, default=30, help="seconds between scores")
    add("--batch", type=int, default=256)
    add("--rate", type=float, default=.1)
    add("--decay", type=float, default=5e-4)
    add("--average", type=float, default=.998)
    add("--mix", type=float, default=.3)
    add("--warm", type=float, default=.1)
    add("--older", type=float, default=.25)
    add("--rarity", type=float, default=.35)
    add("--taught", type=float, default=.8, help="weight of what the teachers say, beside the votes")
    add("--seed", type=int, default=1)
    add("--device", default="cuda")
    args = parser.parse_args()
    if args.step == "pack":
        return pack(args)
    np.random.seed(args.seed)
    torch.set_num_threads(1)
    given, teachers = pickle.loads(args.pack.read_bytes()), []
    for path in args.teachers:
        while not path.exists():
            time.sleep(.5)
        teacher = Teacher()
        teacher.load_state_dict(torch.load(path, map_location="cpu", weights_only=False)["average"])
        teachers.append(teacher.eval().to(args.device).to(memory_format=torch.channels_last))
    if args.until:
        args.minutes = max(.1, args.until - (time.time() - args.since) / 60)
    network = Teacher() if args.step == "teacher" else fe.Network(drop=.1, **SHAPES[args.shape])
    train(args, network, given, teachers)


if __name__ == "__main__":
    main()
