#!/usr/bin/env python3
"""Trains the deep text model and writes models/text-deep.mien.

    python3 train/text_deep.py --data DIR                the whole recipe, from the texts to the file
    python3 train/text_deep.py --data DIR --to vectors   up to a step and no further
    python3 train/text_deep.py --data DIR --go-on models/text-deep.mien    from a model file

Steps, each kept in --work and skipped when it is there already:
  tokens     the training texts and the unlabelled posts, by `mien features text --runs`
  subwords   the unigram vocabulary (text_subwords.py)
  vectors    skip-gram vectors of the pieces, by Debian's fasttext (Bojanowski et al. 2017)
  pretrain   masked pieces (text_deep_pretrain.py); --minutes of it, in as many sittings as it takes
  tune       all heads at once (text_deep_tune.py)
  teacher    a network of another kind, tuned on English alone (text_teachers.py)
  teach      again, with posts that the tuned one, the teacher and the bulk model have labelled (text_deep_teach.py)
  export     the sarcasm head and its folds, thresholds, calibration, int8 (text_deep_export.py)

Needs a built `mien` (--mien) and Debian's fasttext, gcc, python3-torch, python3-numpy, python3-nacl,
libopenblas0-pthread. With the defaults about three hours on two cores.
"""
from __future__ import annotations

import argparse
import csv
import os
import pickle
import subprocess
import sys
import zlib
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import text_deep_data as dd  # noqa: E402
import text_deep_export as export  # noqa: E402
import text_deep_pretrain as pre  # noqa: E402
import text_deep_teach as teach  # noqa: E402
import text_deep_tune as tune  # noqa: E402
import text_subwords as ts  # noqa: E402
import text_teachers as teachers  # noqa: E402
import text_tokens as tt  # noqa: E402
from text import best_thresholds  # noqa: E402
from text_deep_net import Deep, Sizes  # noqa: E402

PIECES = 40000
STEPS = ["tokens", "subwords", "vectors", "pretrain", "tune", "teacher", "teach", "export"]
PROVENANCE = {
    "data": [{"name": n, "licence": l} for n, l in [
        ("GoEmotions", "CC BY 4.0"), ("BRIGHTER (SemEval-2025 task 11), tracks A and B", "CC BY 4.0"),
        ("XED", "CC BY 4.0"), ("EmoBank", "CC BY-SA 4.0"), ("EmoryNLP", "Apache-2.0"),
        ("Topical-Chat", "CDLA-Sharing 1.0"), ("REDv2", "MIT"), ("KOTE", "MIT"),
        ("AfriSenti", "CC BY 4.0"), ("NusaX", "CC BY-SA 4.0"), ("MUStARD", "MIT"),
        ("Senti4SD", "MIT"), ("iSarcasmEval (the sarcasm head alone)", "MIT"),
        ("Empathic Reactions", "CC BY 4.0"),
        ("AFINN (which words to mask)", "Apache-2.0"),
        ("unlabelled English posts (reddit.txt)", "unlabelled, for pre-training"),
        ("support-call sentences written for Mien", "Apache-2.0")]],
    "licence": "Apache-2.0", "commercial": True,
    "command": "python3 train/text_deep.py --data ../data-cache"}


def log(line: str) -> None:
    print(line, flush=True)


# ---- tokens ---------------------------------------------------------------------------------------

def tokens(args) -> None:
    every = dd.examples(args.data)
    pickle.dump(every, open(args.work / "examples.pkl", "wb"), 4)
    with open(args.work / "labelled.txt", "w", encoding="utf-8") as out:
        out.writelines(line + "\n" for line in tt.run(args.mien, [e.text for e in every], "--runs"))
    with open(args.work / "posts.txt", "wb") as out:
        subprocess.run([args.mien, "features", "text", "--runs", args.data / "text/reddit.txt"],
                       stdout=out, check=True)


def lines(path: Path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield [t for t in line.rstrip("\n").split(" ") if t]


# ---- subwords -------------------------------------------------------------------------------------

def subwords(args) -> None:
    """Words weighed so that every language gets its pieces: a language of n tokens has a share of
    n^0.6, English a quarter more, those that only XED and the sentiment sets have less than half."""
    every = pickle.load(open(args.work / "examples.pkl", "rb"))
    main = {e.language for e in every if e.set == "brighter"} | {"ind", "jav"}
    count: dict[str, Counter] = defaultdict(Counter)
    for e, line in zip(every, lines(args.work / "labelled.txt")):
        if e.split == "train":
            count[e.language].update(t.partition(tt.MARK)[0] for t in line)
    for line in lines(args.work / "posts.txt"):
        count["eng"].update(t.partition(tt.MARK)[0] for t in line)
    size = {name: sum(c.values()) for name, c in count.items()}
    share = {name: n ** .6 * (1.25 if name == "eng" else 1 if name in main else .45)
             for name, n in size.items()}
    total, weights = sum(share.values()), defaultdict(float)
    for name, c in count.items():
        for token, n in c.items():
            if n >= (4 if name == "eng" else 2 if size[name] >= 200_000 else 1):
                weights[token] += n * share[name] / size[name] / total
    kept = dict(sorted(weights.items(), key=lambda item: -item[1])[:260_000])
    ts.train(kept, PIECES, log).save(args.work / "subwords.tsv")


def flat(args, model: ts.Subwords, name: str, keep=None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """ids, marks and where each text begins, of a file of tokens."""
    ids: list[int] = []
    marks: list[int] = []
    start, kept = [0], {}
    for n, line in enumerate(lines(args.work / name)):
        if keep is not None and not keep[n]:
            continue
        for part in line:
            cut = kept.get(part)
            if cut is None:
                token, _, mark = part.partition(tt.MARK)
                cut = kept[part] = (model.cut(token, int(mark or 0)), int(mark or 0))
            ids += cut[0]
            marks += [cut[1]] * len(cut[0])
        start.append(len(ids))
    return np.array(ids, np.uint16), np.array(marks, np.uint8), np.array(start, np.int64)


# ---- vectors --------------------------------------------------------------------------------------

def vectors(args) -> None:
    model = ts.Subwords.load(args.work / "subwords.tsv")
    every = pickle.load(open(args.work / "examples.pkl", "rb"))
    labelled = flat(args, model, "labelled.txt", [e.split == "train" for e in every])
    posts = flat(args, model, "posts.txt")
    if (args.work / "vectors.vec").exists():  # --go-on
        return np.savez(args.work / "pieces.npz", *posts, *labelled)
    texts = [(c, i) for c in (posts, labelled) for i in range(len(c[2]) - 1)]
    np.random.default_rng(args.seed).shuffle(texts)
    with open(args.work / "pieces.txt", "w") as out:
        for (ids, _, start), i in texts:
            out.write(" ".join(map(str, ids[start[i]:start[i + 1]])) + "\n")
    subprocess.run(["fasttext", "skipgram", "-input", args.work / "pieces.txt", "-output",
                    args.work / "vectors", "-dim", "128", "-ws", "5", "-neg", "5", "-epoch", "2",
                    "-minCount", "1", "-minn", "0", "-maxn", "0", "-bucket", "1", "-lr", "0.06",
                    "-thread", str(args.threads), "-verbose", "0"], check=True)
    np.savez(args.work / "pieces.npz", *posts, *labelled)


def first_rows(args, net: Deep) -> None:
    rows = net.rows.weight.data.numpy()
    with open(args.work / "vectors.vec", encoding="utf-8") as file:
        next(file)
        for line in file:
            piece, *values = line.rstrip().split(" ")
            if piece.isdigit():
                rows[int(piece)] = np.array(values, np.float32)
    rows *= .3 / rows[ts.FIRST:].std()


# ---- pretrain, tune, export -----------------------------------------------------------------------

def pretrain(args) -> None:
    model = ts.Subwords.load(args.work / "subwords.tsv")
    every = pickle.load(open(args.work / "examples.pkl", "rb"))
    net = Deep(Sizes(len(model), len(dd.languages(every)), layers=args.layers, channels=args.channels), .1)
    first_rows(args, net)
    z = np.load(args.work / "pieces.npz")
    spans = pre.Spans([tuple(z[f"arr_{i}"] for i in range(3)), tuple(z[f"arr_{i}"] for i in range(3, 6))])
    strong = pre.affect(model, args.data / "text/open/afinn/data/AFINN-en-165.txt")
    pre.pretrain(net, spans, strong, args.minutes, args.work / "pretrain.pt", log=log)


def arrays(args) -> dd.Arrays:
    kept = args.work / "arrays.pkl"
    if not kept.exists():
        every = pickle.load(open(args.work / "examples.pkl", "rb"))
        model = ts.Subwords.load(args.work / "subwords.tsv")
        pickle.dump(dd.Arrays(args.mien, model, every, dd.languages(every)), open(kept, "wb"), 4)
    return pickle.load(open(kept, "rb"))


def tuning(args) -> None:
    state = torch.load(args.work / "pretrain.pt")
    net = Deep(Sizes(**state["sizes"]), args.dropout)
    net.load_state_dict({**net.state_dict(), **{k: v for k, v in state["net"].items()
                                                if not k.startswith("heads.")}})

    def save(mean: Deep, figures: dict) -> None:
        torch.save({"net": mean.state_dict(), "sizes": mean.sizes.dict(), "figures": figures},
                   args.work / "tune.pt")
    tune.tune(net, arrays(args), args.epochs, args.rate, args.seed, save, log=log)


def teacher(args) -> None:
    subprocess.run([sys.executable, HERE / "text_teachers.py", "--data", args.data, "--work", args.work, "--mien",
                    args.mien, "--threads", str(args.threads), "--posts", str(args.posts)], check=True)


def teaching(args) -> None:
    model, known = ts.Subwords.load(args.work / "subwords.tsv"), arrays(args)
    state = torch.load(args.work / "tune.pt")
    net = Deep(Sizes(**state["sizes"]), args.dropout)
    net.load_state_dict(state["net"])
    first = args.work / "first.mien"
    export.write(first, net, known, model, PROVENANCE, log=log)
    texts = teach.posts(args.data / "text/reddit.txt", args.posts, np.random.default_rng(3))
    row, heads, plutchik = teachers.opinions(sorted(args.work.glob("teacher-*.npz")))
    say = [row[teach.name_of(dd.clean(t))] for t in texts]
    both = lambda texts: [teach.heads(args.mien, path, texts) for path in (first, args.bulk)]
    parts = both(texts)
    taught = teach.blend(parts, [.6, .4]) | {"plutchik": plutchik[say]}
    parts.append(heads[say])
    taught["brighter"] = teach.blend(parts, [.3, .3, .4])["brighter"]
    taught["dims"] = teach.blend(parts, [.4, .2, .4])["dims"]
    known = teach.add(args.mien, model, known, texts, taught)
    teach.fill(known, lambda texts: teach.blend(both(texts), [.6, .4])["fine"])

    def save(mean: Deep, figures: dict) -> None:
        torch.save({"net": mean.state_dict(), "sizes": mean.sizes.dict(), "figures": figures},
                   args.work / "taught.pt")
    tune.DRAWS = [teach.DRAWS]
    tune.tune(net, known, [args.teach_epochs], args.teach_rate, args.seed + 10, save, minutes=args.teach_minutes,
              log=log)


def go_on(args) -> None:
    """Puts a model file in the place of all that comes before teaching."""
    net, model, _ = export.read(args.go_on)
    model.save(args.work / "subwords.tsv")
    torch.save({"net": net.state_dict(), "sizes": net.sizes.dict()}, args.work / "tune.pt")
    for name in ("vectors.vec", "pretrained", "tuned"):
        (args.work / name).touch()


def sarcasm(args, net: Deep, model: ts.Subwords):
    """A logistic head on the hidden vector: five of them, each without the fifth of iSarcasmEval that
    crc32(text) % 5 names, with its threshold from its own four fifths; and the one that ships."""
    texts, truth, fold = [], [], []
    path = args.data / "text/open/isarcasmeval/train/train.En.csv"
    for row in csv.DictReader(open(path, encoding="utf-8", newline="")):
        text = dd.clean(row["tweet"])
        if not text:
            continue
        k = zlib.crc32(text.encode()) % 5
        texts.append(text), truth.append(float(row["sarcastic"])), fold.append(k)
    import text_data as td
    held = dd.Arrays(args.mien, model, [td.Example(t, "research", "eng", "train") for t in texts], ["eng"])
    y, fold = np.array(truth), np.array(fold)
    with torch.no_grad():
        x = tune.predict(export.rounded(net), held, np.arange(len(texts)), vectors=True)["vector"]

    def fit(rows: np.ndarray) -> np.ndarray:
        a = torch.from_numpy(np.c_[x[rows], np.ones(rows.sum())].astype(np.float32))
        b = torch.from_numpy(y[rows].astype(np.float32))
        w = torch.zeros(a.shape[1], requires_grad=True)
        optimiser = torch.optim.LBFGS([w], max_iter=200, line_search_fn="strong_wolfe")

        def closure():
            optimiser.zero_grad()
            loss = torch.nn.functional.binary_cross_entropy_with_logits(a @ w, b) \
                + args.sarcasm_decay * w[:-1].square().sum()
            loss.backward()
            return loss
        optimiser.step(closure)
        return w.detach().numpy()

    folds, out = [], np.zeros(len(y))
    for k in range(5):
        w = fit(fold != k)
        folds.append(w)
        out[fold == k] = x[fold == k] @ w[:-1] + w[-1]
    probability = tune.sigmoid(out)
    # Of a fold, the threshold is that of the other four.
    guess = np.zeros(len(y), bool)
    limits = []
    for k in range(5):
        limits.append(float(best_thresholds(probability[fold != k, None], y[fold != k, None])[0]))
        guess[fold == k] = probability[fold == k] >= limits[-1]
    f1 = 2 * (guess & (y == 1)).sum() / (guess.sum() + y.sum())
    log(f"sarcasm: cross-validated F1 {f1:.4f} ({guess.mean():.2f} said, {y.mean():.2f} are)")
    w = fit(np.ones(len(y), bool))
    limit = float(best_thresholds(probability[:, None], y[:, None])[0])
    return np.array(folds), (w[:-1], w[-1], limit), limits


def exporting(args) -> None:
    model = ts.Subwords.load(args.work / "subwords.tsv")
    state = torch.load(args.work / "taught.pt")
    net = Deep(Sizes(**state["sizes"]))
    net.load_state_dict(state["net"])
    folds, final, limits = sarcasm(args, net, model)
    export.write(args.out, net, arrays(args), model, PROVENANCE, folds, final, limits,
                 beside=(args.mien, args.bulk), log=log)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--data", type=Path, default=HERE.parent.parent / "data-cache")
    add("--work", type=Path, default=HERE.parent / "build/train-text-deep")
    add("--out", type=Path, default=HERE.parent / "models/text-deep.mien")
    add("--mien", default=str(HERE.parent / "build/src/cli/mien"))
    add("--threads", type=int, default=os.cpu_count() or 1)
    add("--seed", type=int, default=1)
    add("--layers", type=int, default=2)
    add("--channels", type=int, default=256)
    add("--minutes", type=float, default=60, help="of pre-training")
    add("--epochs", type=lambda v: [int(n) for n in v.split(",")], default=[1, 6],
        help="of tuning: widely, then mostly on the sets that the heads are read by")
    add("--rate", type=float, default=1e-3)
    add("--dropout", type=float, default=.35)
    add("--posts", type=int, default=150000, help="that are labelled to learn from")
    add("--teach-epochs", type=int, default=8)
    add("--teach-minutes", type=float, default=0, help="at most so long")
    add("--teach-rate", type=float, default=7e-4)
    add("--bulk", type=Path, default=HERE.parent / "models/text.mien", help="the bulk model")
    add("--sarcasm-decay", type=float, default=3e-3)
    add("--go-on", type=Path, metavar="FILE", help="train on from this model file: teach and export alone")
    add("--to", choices=STEPS, default="export", help="the last step to do")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.work.mkdir(parents=True, exist_ok=True)
    if args.go_on and not (args.work / "tuned").exists():
        go_on(args)
    made = {"tokens": "posts.txt", "subwords": "subwords.tsv", "vectors": "pieces.npz",
            "pretrain": "pretrained", "tune": "tuned", "teacher": "teacher-1.npz", "teach": "taught", "export": None}
    do = {"tokens": tokens, "subwords": subwords, "vectors": vectors, "pretrain": pretrain,
          "tune": tuning, "teacher": teacher, "teach": teaching, "export": exporting}
    for step in STEPS[:STEPS.index(args.to) + 1]:
        name = made[step]
        if name and (args.work / name).exists():
            continue
        log(f"{step} …")
        do[step](args)
        if name and not (args.work / name).exists():
            (args.work / name).touch()


if __name__ == "__main__":
    main()
