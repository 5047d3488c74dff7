#!/usr/bin/env python3
"""The text sets as examples with the labels each has: the mapping tables between label systems,
the splits, and the rules of which text may train.

    load(data_dir) -> list of Example

Only sets under text/open with an open licence train the model. Sets for audits (hatecheck,
holisticbias, identity_bias_madlibs) are never read here. A text that stands in a dev or test set
of GoEmotions or BRIGHTER, or in XED's held-out part, is dropped from every training set.
"""
from __future__ import annotations

import csv
import json
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path

CORE = ["neutral", "joy", "sadness", "anger", "fear", "disgust", "surprise"]
BRIGHTER = ["anger", "disgust", "fear", "joy", "sadness", "surprise"]
FINE = ["admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion",
        "curiosity", "desire", "disappointment", "disapproval", "disgust", "embarrassment",
        "excitement", "fear", "gratitude", "grief", "joy", "love", "nervousness", "optimism",
        "pride", "realization", "relief", "remorse", "sadness", "surprise", "neutral"]
PLUTCHIK = ["anger", "anticipation", "disgust", "fear", "joy", "sadness", "surprise", "trust"]

# GoEmotions to Ekman: ekman_mapping.json of the GoEmotions release (Demszky et al. 2020).
FINE_TO_CORE = {
    "anger": "anger", "annoyance": "anger", "disapproval": "anger", "disgust": "disgust",
    "fear": "fear", "nervousness": "fear", "sadness": "sadness", "disappointment": "sadness",
    "embarrassment": "sadness", "grief": "sadness", "remorse": "sadness", "surprise": "surprise",
    "realization": "surprise", "confusion": "surprise", "curiosity": "surprise",
    "neutral": "neutral",
    **{name: "joy" for name in ("admiration", "amusement", "approval", "caring", "desire",
                                "excitement", "gratitude", "joy", "love", "optimism", "pride",
                                "relief")}}
# Plutchik's anticipation and trust have no core label: such lines train only the Plutchik head.
PLUTCHIK_TO_CORE = {name: name for name in CORE}
# REDv2's label order (its README): sadness surprise fear anger neutral trust joy.
RED = ["sadness", "surprise", "fear", "anger", "neutral", "trust", "joy"]
EMORYNLP = {"Joyful": "joy", "Mad": "anger", "Sad": "sadness", "Scared": "fear",
            "Neutral": "neutral"}  # Peaceful and Powerful have no core label
TOPICAL = {"Angry": "anger", "Disgusted": "disgust", "Fearful": "fear", "Sad": "sadness",
           "Happy": "joy", "Surprised": "surprise", "Neutral": "neutral"}
# KOTE's 44 labels by number (its README), those with a clear core label.
KOTE = {1: "joy", 2: "joy", 4: "joy", 7: "joy", 13: "joy", 14: "joy", 16: "joy", 28: "joy",
        32: "joy", 40: "joy", 42: "joy", 43: "joy",
        5: "sadness", 10: "sadness", 19: "sadness", 25: "sadness", 30: "sadness", 36: "sadness",
        38: "sadness", 0: "anger", 6: "anger", 22: "anger", 31: "anger", 18: "fear", 41: "fear",
        21: "disgust", 20: "disgust", 34: "surprise", 39: "surprise", 29: "surprise",
        24: "neutral"}

# Pleasure, arousal, dominance of emotion terms, -1..1, rounded (Russell & Mehrabian 1977).
# They anchor the dims of texts that only have an emotion label; EmoBank has measured ones.
PAD = {"neutral": (0, 0, 0), "joy": (.76, .48, .35), "sadness": (-.63, -.27, -.33),
       "anger": (-.51, .59, .25), "fear": (-.64, .60, -.43), "disgust": (-.60, .35, .11),
       "surprise": (.15, .60, -.10),  # the published .40 is a pleasant surprise; here both kinds
       "admiration": (.60, .30, .10), "amusement": (.65, .45, .25), "annoyance": (-.45, .40, .10),
       "approval": (.45, .10, .20), "caring": (.60, .15, .15), "confusion": (-.25, .25, -.30),
       "curiosity": (.22, .45, .05), "desire": (.40, .45, .10), "disappointment": (-.55, -.05, -.25),
       "disapproval": (-.45, .25, .20), "embarrassment": (-.46, .35, -.40),
       "excitement": (.65, .75, .38), "gratitude": (.70, .20, .10), "grief": (-.70, .10, -.45),
       "love": (.87, .45, .20), "nervousness": (-.40, .55, -.45), "optimism": (.55, .30, .25),
       "pride": (.70, .40, .55), "realization": (.10, .20, .05), "relief": (.60, -.15, .15),
       "remorse": (-.57, .15, -.35), "trust": (.50, .05, .20), "anticipation": (.25, .45, .15)}


@dataclass
class Example:
    text: str
    set: str              # "goemotions" "brighter" "xed" …: its own bias on the core labels
    language: str
    split: str            # "train" "dev" "test"
    fine: list[int] | None = None         # indices into FINE
    core: dict[str, float] | None = None  # a distribution
    brighter: list[float] | None = None   # 0/1 for each of BRIGHTER; -1: not labelled
    plutchik: list[int] | None = None     # indices into PLUTCHIK; [] neutral
    dims: tuple[float, float, float] | None = None
    dims_weight: float = 0.0
    weight: float = 1.0
    extra: dict = field(default_factory=dict)


def _anchor(names: list[str]) -> tuple[float, float, float] | None:
    points = [PAD[n] for n in names if n in PAD]
    return tuple(sum(p[k] for p in points) / len(points) for k in range(3)) if points else None


def _share(names: list[str]) -> dict[str, float] | None:
    return {n: names.count(n) / len(names) for n in set(names)} if names else None


def _csv(path: Path) -> list[dict[str, str]]:
    csv.field_size_limit(1 << 24)
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _clean(text: str) -> str:
    return " ".join(text.split())


def _held(text: str) -> str:
    """XED and the smaller sets have no split for emotions: a tenth is held out by checksum."""
    return "test" if zlib.crc32(text.encode()) % 10 == 0 else "train"


def goemotions(root: Path) -> list[Example]:
    out = []
    for split in ("train", "dev", "test"):
        for line in open(root / f"goemotions/original/{split}.tsv", encoding="utf-8"):
            text, labels, _ = line.rstrip("\n").split("\t")
            fine = [int(k) for k in labels.split(",")]
            names = [FINE[k] for k in fine]
            out.append(Example(_clean(text), "goemotions", "eng", split, fine=fine,
                               core=_share([FINE_TO_CORE[n] for n in names]),
                               dims=_anchor(names), dims_weight=.3))
    return out


def brighter(root: Path) -> list[Example]:
    out = []
    base = root / "brighter_semeval2025/track_a"
    for split in ("train", "dev", "test"):
        for path in sorted((base / split).glob("*.csv")):
            language = path.stem
            if language == "ron_track1_test" or (split == "test" and language == "eng"):
                continue
            language = language.split("_")[0]
            for row in _csv(path):
                values = []
                for name in BRIGHTER:
                    value = (row.get(name) or "").strip()
                    values.append(float(value) if value else -1.0)
                names = [n for n, v in zip(BRIGHTER, values) if v > 0]
                if max(values) < 0:
                    continue
                out.append(Example(_clean(row["text"]), "brighter", language, split,
                                   brighter=values, core=_share(names) or {"neutral": 1.0},
                                   dims=_anchor(names or ["neutral"]), dims_weight=.3))
    return out


def xed(root: Path) -> list[Example]:
    out, codes = [], {"br": "ptbr", "pt": "ptbr", "es": "esp", "de": "deu", "en": "eng",
                      "ro": "ron", "ru": "rus", "sv": "swe", "zh": "chn", "cn": "chn", "tw": "chn"}
    files = sorted((root / "xed/AnnotatedData").glob("*-annotated.tsv")) + \
        sorted((root / "xed/Projections").glob("*.tsv"))
    for path in files:
        code = path.name.split("-")[0]
        for line in open(path, encoding="utf-8", errors="replace"):
            parts = line.rstrip("\n").split("\t")
            if len(parts) < 2:
                continue
            first, second = parts[0], parts[1]
            if not second.replace(",", "").replace(" ", "").isdigit():
                first, second = second, first
            try:
                labels = sorted({int(k) for k in second.split(",")})
            except ValueError:
                continue
            labels = [k - 1 for k in labels if 1 <= k <= 8]
            names = [PLUTCHIK[k] for k in labels]
            text = _clean(first)
            annotated = path.parent.name == "AnnotatedData"
            out.append(Example(text, "xed", codes.get(code, code), _held(text), plutchik=labels,
                               core=_share([n for n in names if n in CORE]) if names
                               else {"neutral": 1.0},
                               dims=_anchor(names or ["neutral"]), dims_weight=.2,
                               weight=.5 if annotated else .35,
                               extra={"annotated": annotated}))
    for code, language in (("en", "eng"), ("fi", "fi")):
        for line in open(root / f"xed/AnnotatedData/neu_{code}.txt", encoding="utf-8",
                         errors="replace"):
            text = _clean(line.split("\t")[-1])
            out.append(Example(text, "xed", language, _held(text), plutchik=[],
                               core={"neutral": 1.0}, dims=(0, 0, 0), dims_weight=.2, weight=.5,
                               extra={"annotated": True}))
    return out


def emobank(root: Path) -> list[Example]:
    out = []
    for row in _csv(root / "emobank/emobank.csv"):
        # A scale of 1 to 5 that is used around 3: one step from it counts as the whole half.
        dims = tuple(max(-1.0, min(1.0, float(row[k]) - 3.0)) for k in "VAD")
        out.append(Example(_clean(row["text"]), "emobank", "eng", row["split"], dims=dims,
                           dims_weight=1.0))
    return out


def others(root: Path) -> list[Example]:
    out = []

    def add(text: str, set_: str, language: str, core: dict[str, float] | None, weight: float,
            split: str = "train") -> None:
        names = list(core or {})
        out.append(Example(_clean(text), set_, language, split, core=core,
                           dims=_anchor(names), dims_weight=.2 if names else 0, weight=weight))

    for row in _csv(root / "emorynlp/emorynlp_train_final.csv"):
        if row["Emotion"] in EMORYNLP:
            add(row["Utterance"], "emorynlp", "eng", {EMORYNLP[row["Emotion"]]: 1.0}, .5)
    for name in ("valid_freq", "valid_rare", "test_freq", "test_rare"):
        for talk in json.load(open(root / f"topical_chat/{name}.json")).values():
            for turn in talk["content"]:
                if turn["sentiment"] in TOPICAL:
                    add(turn["message"], "topical_chat", "eng",
                        {TOPICAL[turn["sentiment"]]: 1.0}, .25)
    for name in ("train_history", "valid"):
        for item in json.load(open(root / f"romanian_red/REDv2/data/{name}.json")):
            names = [n for n, v in zip(RED, item["agreed_labels"]) if v and n in CORE]
            if names:
                add(item["text"], "red", "ron", _share(names), 1.0)
    for name in ("val", "test"):
        for line in open(root / f"kote_korean/{name}.tsv", encoding="utf-8"):
            _, text, labels = line.rstrip("\n").split("\t")
            names = [KOTE[k] for k in map(int, labels.split(",")) if k in KOTE]
            if names:
                add(text, "kote", "kor", _share(names), .7)
    valence = {"positive": (.6, .3, .2), "neutral": (0, 0, 0), "negative": (-.55, .25, -.1)}
    sentiment: list[tuple[str, str, str]] = []
    for path in sorted((root / "afrisenti").glob("*/train.tsv")):
        for line in open(path, encoding="utf-8", errors="replace"):
            parts = line.rstrip("\n").split("\t")
            if len(parts) >= 2:
                sentiment.append((parts[-2], path.parent.name, parts[-1].strip().lower()))
    for path in sorted((root / "nusax/sentiment").glob("*/train.csv")):
        for row in _csv(path):
            sentiment.append((row["text"], path.parent.name, row["label"].strip().lower()))
    for text, language, label in sentiment:
        if label in valence:
            out.append(Example(_clean(text), "sentiment", language, "train", dims=valence[label],
                               dims_weight=.5, extra={"sentiment": label}))
    return out


def support(here: Path) -> list[Example]:
    """Sentences written for this project: what customers and agents say in support calls."""
    out = []
    path = here / "text_support.tsv"
    for line in open(path, encoding="utf-8") if path.exists() else []:
        if line.startswith("#") or not line.strip():
            continue
        core, fine, text = line.rstrip("\n").split("\t")
        names = fine.split(",") if fine else []
        heard = "".join(c for c in text.lower() if c.isalnum() or c in " '")
        for version in dict.fromkeys((text, heard)):  # as written, and as a speech recogniser would give it
            out.append(Example(_clean(version), "goemotions", "eng", "train",
                               fine=[FINE.index(n) for n in names] or None, core={core: 1.0},
                               dims=_anchor(names or [core]), dims_weight=.5, weight=2.0,
                               extra={"support": True}))
    return out


def feelings(here: Path) -> list[Example]:
    """Sentences that say a feeling outright, in sixteen languages, for those whose sets have few of their words. The last
    sentence of each language is held out (split "held"), so that what was learnt can be looked at."""
    says: dict[str, list[str]] = {}
    out = []
    for line in open(here / "text_feelings.tsv", encoding="utf-8"):
        if line.startswith("#") or not line.strip():
            continue
        language, label, forms = line.rstrip("\n").split("\t")
        if label == "say":
            says[language] = forms.split(",")
            continue
        for sentence in says[language]:
            split = "held" if sentence == says[language][-1] else "train"
            out += [Example(_clean(sentence.replace("{}", form)), "goemotions", language, split, core={label: 1.0},
                            brighter=[float(label == b) for b in BRIGHTER], extra={"support": True, "feeling": True})
                    for form in forms.split(",")]
    return out


def load(data: Path) -> list[Example]:
    root, here = Path(data) / "text/open", Path(__file__).resolve().parent
    main = goemotions(root) + brighter(root)
    rest = xed(root) + emobank(root) + others(root) + support(here) + feelings(here)
    examples = [e for e in main + rest if e.text]
    kept = {e.text for e in examples if e.split != "train"}
    return [e for e in examples if e.split != "train" or e.text not in kept]


if __name__ == "__main__":
    from collections import Counter
    every = load(Path(sys.argv[1]))
    for (set_, split), n in sorted(Counter((e.set, e.split) for e in every).items()):
        print(f"{set_:14} {split:6} {n}")
