#!/usr/bin/env python3
"""The recipe of text_deep.py on a GPU that is at hand for minutes, away from the data and the program.

    pack       what the steps need, as one file: pieces, labels, opinions of the shipped models
    pretrain   --name student|teacher: masked pieces (text_deep_pretrain.py)
    tune       all heads at once (text_deep_tune.py); of a teacher also its opinions of the posts
    teach      the student again, with posts as the teachers and the shipped models label them
    research   the student on the research sets (text_deep_research.py)
    unpack     weights that came back, as WORK/taught.pt and WORK/research.pt, for the export that
               text_deep.py --to export and text_deep_research.py --only-export do

Each step has --minutes of the clock and reads and writes files of --work; steps wait for the files that
they need, so that all can be started at once. The teacher is the student's kind of network, wider and
deeper; the student begins with the model that ships, the teacher with its rows (text_deep.py --go-on).
"""
from __future__ import annotations

import argparse
import dataclasses
import lzma
import os
import pickle
import sys
import time
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import mien_file  # noqa: E402
import text_deep as recipe  # noqa: E402
import text_deep_data as dd  # noqa: E402
import text_deep_pretrain as pre  # noqa: E402
import text_deep_research as research  # noqa: E402
import text_deep_teach as teach  # noqa: E402
import text_deep_tune as tune  # noqa: E402
import text_subwords as ts  # noqa: E402
from text_deep_net import Deep, Sizes  # noqa: E402

TEACHER = dict(layers=4, channels=640)
HEADS = ("fine", "core", "brighter", "dims")
LARGEST = 15 << 20  # bytes of a file of weights


# ---- packing ---------------------------------------------------------------------------------------

def bare(arrays: dd.Arrays) -> dd.Arrays:
    """Without texts, and with small numbers."""
    for e in arrays.examples:
        e.text = ""
        e.extra.pop("before", None)
    arrays.texts.ids, arrays.before_ids = arrays.texts.ids.astype(np.uint16), arrays.before_ids.astype(np.uint16)
    arrays.labels = {k: v.astype(np.float16) if v.dtype == np.float32 else v for k, v in arrays.labels.items()}
    return arrays


def full(arrays: dd.Arrays) -> dd.Arrays:
    arrays.labels = {k: v.astype(np.float32) if v.dtype == np.float16 else v for k, v in arrays.labels.items()}
    return arrays


def short(p: np.ndarray) -> np.ndarray:
    """Probabilities [n][41] and dims [n][3] as bytes: log odds and areas of tangents in steps of 1/13."""
    z = np.concatenate([teach.log_odds(p[:, :41]), 2 * np.arctanh(np.clip(p[:, 41:], -.9999, .9999))], 1)
    return np.clip(np.rint(np.nan_to_num(z) * 13), -127, 127).astype(np.int8)


def long(z: np.ndarray) -> np.ndarray:
    z = z.astype(np.float64) / 13
    return np.concatenate([tune.sigmoid(z[:, :41]), np.tanh(z[:, 41:] / 2)], 1)


def pack(args) -> None:
    model = ts.Subwords.load(args.work / "subwords.tsv")
    every = pickle.load(open(args.work / "examples.pkl", "rb"))
    posts = teach.posts(args.data / "text/reddit.txt", args.posts, np.random.default_rng(3))
    english = [i for i, e in enumerate(every)
               if e.language == "eng" and e.split == "train" and e.set in ("brighter", "xed", "emobank")]
    texts = [dd.clean(t) for t in posts] + [every[i].text for i in english]
    told = teach.blend([teach.heads(args.mien, path, texts) for path in (args.deep, args.bulk)], [.5, .5])
    languages = dd.languages(every)
    own = [e for e in every if e.language == "eng"] + research.research(args.data)
    small, rows = research.english(args.data, args.mien, model, own)
    benchmarks = dd.Arrays(args.mien, small, own, languages)
    benchmarks.labels |= research.labels(own)
    benchmarks = pickle.dumps(bare(benchmarks), 4)
    every = pickle.load(open(args.work / "examples.pkl", "rb"))
    nothing = {name: np.zeros((len(posts), n), np.float32)
               for name, n in dict(fine=28, core=7, brighter=6, plutchik=8, dims=3).items()}
    taught = bare(teach.add(args.mien, model, dd.Arrays(args.mien, model, every, languages), posts, nothing))
    # what is only for pre-training: the posts that are not taught with
    ids, marks, start = (np.load(args.work / "pieces.npz")[f"arr_{i}"] for i in range(3))
    known = {line.strip() for line in posts}
    with open(args.data / "text/reddit.txt", encoding="utf-8", errors="replace") as file:
        more = np.array([line.strip() not in known for line in file])
    assert len(more) == len(start) - 1
    which = np.repeat(more, np.diff(start))
    rest = ids[which], marks[which], np.r_[0, np.cumsum(np.diff(start)[more])]
    strong = pre.affect(model, args.data / "text/open/afinn/data/AFINN-en-165.txt")
    now = torch.load(args.work / "tune.pt")["net"]
    layers = {k: v.half() for k, v in now.items() if k != "rows.weight" and not k.startswith(("guess", "concern"))}
    with lzma.open(args.pack, "wb", preset=6) as out:
        pickle.dump({"languages": languages, "rest": rest, "strong": strong,
                     "rows": mien_file.quantize_rows(now["rows.weight"].numpy()), "net": layers, "taught": taught, "own": len(every),
                     "english": np.array(english),
                     "told": short(np.concatenate([told[name] for name in HEADS], 1)),
                     "benchmarks": benchmarks, "english rows": rows}, out, 4)
    recipe.log(f"{args.pack}: {args.pack.stat().st_size / 2**20:.1f} MiB")


# ---- steps -----------------------------------------------------------------------------------------

def save(path: Path, net, **more) -> None:
    """All at once: who waits for a file finds it whole."""
    partial = path.with_suffix(f".{os.getpid()}")
    torch.save({"net": {k: v.cpu() for k, v in net.state_dict().items()}, **more}, partial)
    partial.rename(path)


def wait(path: Path) -> Path:
    while not path.exists():
        time.sleep(.5)
    return path


def network(args, path: Path, dropout: float) -> Deep:
    state = torch.load(wait(path), map_location="cpu", weights_only=False)
    net = Deep(Sizes(**state["sizes"]), dropout)
    net.load_state_dict(net.state_dict() | {k: v for k, v in state["net"].items()
                                            if args.step != "tune" or not k.startswith("heads.")})
    return net.to(args.device)


def shipped(given, dropout: float) -> Deep:
    """The model that ships, as it was packed."""
    net = first(given, dropout, layers=1 + max(int(k.split(".")[1]) for k in given["net"] if k.startswith("layers.")),
                channels=given["net"]["norm.weight"].numel() // 2)
    net.load_state_dict(net.state_dict() | {k: v.float() for k, v in given["net"].items()})
    return net


def first(given, dropout: float, **shape) -> Deep:
    """A new network with its rows."""
    rows = mien_file.dequantize_rows(*given["rows"])
    net = Deep(Sizes(len(rows), len(given["languages"]), **shape), dropout)
    net.rows.weight.data = torch.from_numpy(rows.astype(np.float32))
    return net


def pretrain(args, given) -> None:
    net = (first(given, .1, **TEACHER) if args.name == "teacher" else shipped(given, .1)).to(args.device)
    texts = given["taught"].texts
    learnt = np.array([e.split == "train" for e in given["taught"].examples])
    which = np.repeat(learnt, np.diff(texts.start))
    labelled = texts.ids[which], texts.marks[which], np.r_[0, np.cumsum(np.diff(texts.start)[learnt])]
    pre.pretrain(net, pre.Spans([given["rest"], labelled]), given["strong"], args.minutes, args.work / f"{args.name}.partial.pt",
                 tokens=args.tokens, rate=args.rate, log=recipe.log)
    save(args.work / f"{args.name}.pretrained.pt", net, sizes=net.sizes.dict())


def tuned(args, arrays, net, cycles, target: Path) -> Deep:
    def keep(mean, figures) -> None:
        save(target.with_suffix(".last"), mean, sizes=mean.sizes.dict(), figures=figures)
    mean = tune.tune(net, arrays, cycles, args.rate, args.seed, keep, tokens=args.tokens, minutes=args.minutes,
                     log=recipe.log)
    target.with_suffix(".last").rename(target)
    return mean


def tuning(args, given) -> None:
    arrays = full(given["taught"])
    net = network(args, args.work / f"{args.name}.pretrained.pt", args.dropout)
    mean = tuned(args, arrays, net, [1, 50], args.work / f"{args.name}.{args.seed}.tuned.pt")
    if args.name == "teacher":
        which = np.r_[np.arange(given["own"], len(arrays.examples)), given["english"]]
        out = tune.predict(mean, arrays, which)
        told = tune.probabilities(out)
        partial = args.work / f"opinions.{args.seed}.part.npy"
        np.save(partial, np.concatenate([told[name] for name in (*HEADS, "plutchik")], 1).astype(np.float16))
        partial.rename(args.work / f"opinions.{args.seed}.npy")


def teaching(args, given) -> None:
    arrays, n = full(given["taught"]), given["own"]
    wide = [np.load(wait(args.work / f"opinions.{seed}.npy")).astype(np.float64) for seed in args.teachers]
    taught = teach.blend([long(given["told"])] + [w[:, :44] for w in wide], [.5] + [.5 / len(wide)] * len(wide))
    posts = len(arrays.examples) - n
    y = arrays.labels
    for name in HEADS:
        y[name][n:] = taught[name][:posts]
    y["brighter"][n:, 1] = -1  # disgust is not labelled in English
    y["plutchik"][n:] = tune.sigmoid(np.mean([teach.log_odds(w[:posts, 44:]) for w in wide], 0)) if wide else -1
    y["fine"][given["english"]] = taught["fine"][posts:]
    tune.DRAWS = [teach.DRAWS | {"posts": args.share}]
    net = network(args, args.work / f"student.{args.seed_of}.tuned.pt", args.dropout) if args.seed_of else shipped(given, args.dropout)
    tuned(args, arrays, net.to(args.device), [50], args.work / f"taught.{args.seed}.pt")


def on_research(args, given) -> None:
    arrays = full(pickle.loads(given["benchmarks"]))
    net = research.narrowed(network(args, args.work / args.start, args.dropout).cpu(), given["english rows"], args.dropout)
    net = research.Benchmarks(net).to(args.device)
    best = {"value": -1.0}

    def keep(mean, figures) -> None:
        found = research.benchmark_dev(mean, arrays)
        recipe.log(f"benchmarks, dev: { {k: round(v, 4) for k, v in found.items()} }")
        value = found["meld"] + found["tweet"] + found["irony"]
        if value > best["value"]:
            best["value"] = value
            save(args.work / f"research.{args.seed}.pt", mean, sizes=mean.net.sizes.dict(), figures=found)
    tune.DRAWS, tune.loss_of = [research.DRAWS], research.loss_of
    tune.tune(net, arrays, [50], args.rate, args.seed, keep, tokens=args.tokens, minutes=args.minutes, log=recipe.log)


# ---- back again ------------------------------------------------------------------------------------

def part(args, _=None) -> None:
    """Half-precision weights of a file in parts that may travel."""
    state = torch.load(args.work / args.start, map_location="cpu", weights_only=False)
    parts, size = [{}], 0
    for name, value in state["net"].items():
        if name.startswith(("guess", "concern")):
            continue
        value = value.half()
        rows = max(1, LARGEST // max(1, value[:1].numel() * 2))
        for a in range(0, len(value), rows):
            piece = value[a:a + rows]
            if size + piece.numel() * 2 > LARGEST:
                parts.append({})
                size = 0
            parts[-1][f"{name}@{a}"] = piece.clone()
            size += piece.numel() * 2
    for k, one in enumerate(parts):
        torch.save({"net": one, "sizes": state["sizes"], "figures": state.get("figures")},
                   args.out / f"{Path(args.start).stem}.{k}of{len(parts)}")


def unpack(args) -> None:
    for kind in ("taught", "research"):
        files = sorted(args.out.glob(f"{kind}*of*"))
        if not files:
            continue
        given = [torch.load(p, map_location="cpu", weights_only=False) for p in files]
        pieces = {}
        for one in given:
            for name, value in one["net"].items():
                name, _, at = name.partition("@")
                pieces.setdefault(name, []).append((int(at), value.float()))
        net = {k: torch.cat([v for _, v in sorted(parts, key=lambda p: p[0])]) for k, parts in pieces.items()}
        sizes = Sizes(**given[0]["sizes"])
        whole = Deep(sizes)
        if kind == "research":
            whole = research.Benchmarks(whole)
        whole.load_state_dict(whole.state_dict() | net)
        torch.save({"net": whole.state_dict(), "sizes": sizes.dict()} if kind == "taught" else whole.state_dict(),
                   args.work / f"{kind}.pt")
        recipe.log(f"{kind}: {dataclasses.asdict(sizes)}, dev {given[0]['figures']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("step", choices=["pack", "pretrain", "tune", "teach", "research", "part", "unpack"])
    add("--data", type=Path, default=HERE.parent.parent / "data-cache")
    add("--work", type=Path, default=HERE.parent / "build/train-text-deep")
    add("--mien", default=str(HERE.parent / "build/src/cli/mien"))
    add("--deep", type=Path, default=HERE.parent / "models/text-deep.mien")
    add("--bulk", type=Path, default=HERE.parent / "models/text.mien")
    add("--pack", type=Path, default=HERE.parent / "build/text-deep.pack")
    add("--out", type=Path, default=Path("."), help="folder of the parts of weights that travel")
    add("--name", choices=["student", "teacher"], default="student")
    add("--minutes", type=float, default=2)
    add("--until", type=float, help="instead: minutes after --since")
    add("--since", type=float, default=time.time(), help="a moment, in seconds of the clock")
    add("--tokens", type=int, default=2400)
    add("--rate", type=float, default=1e-3)
    add("--dropout", type=float, default=.35)
    add("--posts", type=int, default=280000)
    add("--share", type=float, default=.3, help="of the posts that an epoch of teaching draws")
    add("--seed", type=int, default=1)
    add("--seed-of", type=int, default=1, help="the tuned student to teach; 0: the model that ships")
    add("--teachers", type=lambda v: [int(n) for n in v.split(",") if n], default=[1], help="'': the shipped models alone")
    add("--start", help="file of --work")
    add("--device", default="cuda")
    add("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.step in ("pack", "unpack", "part"):
        return {"pack": pack, "unpack": unpack, "part": part}[args.step](args)
    with (open if args.pack.suffix == ".pickle" else lzma.open)(args.pack, "rb") as file:  # .pickle: unpacked once for all steps
        given = pickle.load(file)
    needs = {"pretrain": [], "tune": [f"{args.name}.pretrained.pt"], "research": [args.start],
             "teach": [f"student.{args.seed_of}.tuned.pt"] * bool(args.seed_of) + [f"opinions.{s}.npy" for s in args.teachers]}
    for name in needs[args.step]:
        wait(args.work / name)
    if args.until:
        args.minutes = max(.1, args.until - (time.time() - args.since) / 60)
    {"pretrain": pretrain, "tune": tuning, "teach": teaching, "research": on_research}[args.step](args, given)


if __name__ == "__main__":
    main()
