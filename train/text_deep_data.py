#!/usr/bin/env python3
"""The texts of the deep model as arrays: the examples of text_data.py, and those with context,
sentiment, sarcasm and intensity.

    examples(data)                      all of them, open licences only
    Arrays(mien, subwords, examples)    their pieces, with the turns said before, and their labels

The turns before a text are `extra["before"]`: [(text, said by the same speaker)], oldest first. Texts of
iSarcasmEval are not here: the encoder never learns from them, so that its folds are honest.
"""
from __future__ import annotations

import csv
import json
import zlib
from pathlib import Path

import numpy as np

import text_data as td
import text_tokens as tt
from text_subwords import START, Subwords

TURNS, TURN_PIECES, LONGEST = 3, 48, 96
SELF, OTHER, CUT = 1, 2, 3
SENTIMENT = ["negative", "neutral", "positive"]
SETS = ["goemotions", "brighter", "xed", "emobank", "emorynlp", "topical_chat", "red", "kote",
        "sentiment", "mustard", "vader", "stackoverflow", "research", "empathy"]
# One code a language, whatever a set calls it: ISO 639-3, and BRIGHTER's names where it has its own.
LANGUAGE = {"fi": "fin", "tr": "tur", "sr": "srp", "el": "ell", "fr": "fra", "pl": "pol", "bg": "bul",
            "it": "ita", "cs": "ces", "hr": "hrv", "hu": "hun", "nl": "nld", "he": "heb", "no": "nor",
            "ar": "ara", "sl": "slv", "bs": "bos", "da": "dan", "et": "est", "is": "isl", "sk": "slk",
            "vi": "vie", "id": "ind", "th": "tha", "fa": "fas", "mk": "mkd", "ms": "msa", "ja": "jpn",
            "eu": "eus", "ml": "mal", "gl": "glg", "english": "eng", "indonesian": "ind",
            "javanese": "jav", "sundanese": "sun", "acehnese": "ace", "balinese": "ban",
            "banjarese": "bjn", "buginese": "bug", "madurese": "mad", "minangkabau": "min",
            "ngaju": "nij", "toba_batak": "bbc", "por": "ptmz"}
FEWEST = 450  # texts of a language that the head of languages learns


def rows(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def clean(text: str) -> str:
    return " ".join(text.split())


def conversations(root: Path) -> dict[tuple[str, str], list[tuple[str, bool]]]:
    """(set, text) -> the turns before it."""
    before = {}

    def talk(set_: str, turns: list[tuple[str, str]]) -> None:
        for i, (speaker, text) in enumerate(turns):
            before[set_, clean(text)] = [(clean(t), s == speaker) for s, t in turns[max(0, i - TURNS):i]]

    scenes: dict[tuple, list] = {}
    for row in rows(root / "emorynlp/emorynlp_train_final.csv"):
        scenes.setdefault((row["Season"], row["Episode"], row["Scene_ID"]), []).append(
            (row["Speaker"], row["Utterance"]))
    for turns in scenes.values():
        talk("emorynlp", turns)
    for name in ("valid_freq", "valid_rare", "test_freq", "test_rare"):
        for one in json.load(open(root / f"topical_chat/{name}.json")).values():
            talk("topical_chat", [(t["agent"], t["message"]) for t in one["content"]])
    return before


def intensities(root: Path) -> dict[tuple[str, str, str], list[float]]:
    """(split, language, text) -> BRIGHTER's intensities as shares of 3; -1: not rated."""
    out = {}
    for split in ("train", "dev"):
        for path in sorted((root / f"brighter_semeval2025/track_b/{split}").glob("*.csv")):
            for row in rows(path):
                values = [(row.get(name) or "").strip() for name in td.BRIGHTER]
                out[split, path.stem, clean(row["text"])] = [float(v) / 3 if v else -1.0 for v in values]
    return out


def more(root: Path) -> list[td.Example]:
    out = []

    def add(text: str, set_: str, **given) -> None:
        out.append(td.Example(clean(text), set_, "eng", "train", **given))

    for one in json.load(open(root / "mustard/sarcasm_data.json")).values():
        turns = list(zip(one["context"], one["context_speakers"]))[-TURNS:]
        add(one["utterance"], "mustard",
            extra={"sarcasm": float(one["sarcasm"]),
                   "before": [(clean(t), s == one["speaker"]) for t, s in turns]})
    for path in sorted((root / "stackoverflow_senti/Senti4SD_Train_Test_Partitions").glob("train*.csv")):
        for row in csv.reader(open(path, encoding="utf-8", errors="replace"), delimiter=";"):
            polarity = [c for c in row if c.strip().lower() in SENTIMENT]
            text = max(row, key=len) if row else ""
            if polarity and len(text) > 3:
                add(text, "stackoverflow", extra={"sentiment": polarity[0].strip().lower()})
    path = root / "empathic_reactions/responses/data/messages.csv"
    for row in rows(path):  # concern and distress that the writers reported, from 1 to 7; a quarter of them is respond's test
        if zlib.crc32(row["response_id"].encode()) % 4:
            add(row["essay"], "empathy", extra={"concern": [(float(row[k]) - 1) / 6 for k in ("empathy", "distress")]})
    return out


def examples(data: Path) -> list[td.Example]:
    root = Path(data) / "text/open"
    every = td.load(data)
    held = {e.text for e in every if e.split != "train"}
    before, intensity = conversations(root), intensities(root)
    for e in every:
        if e.set == "xed" and e.split == "train" and e.language == "eng" and \
                zlib.crc32(e.text.encode()) % 10 == 1:
            e.split = "dev"  # for thresholds: XED has no split of its own
        e.language = LANGUAGE.get(e.language, e.language)
        turns = before.get((e.set, e.text))
        if turns:
            e.extra["before"] = turns
        rated = intensity.get((e.split, e.language, e.text))
        if rated:
            e.extra["intensity"] = rated
    # MELD and EmoryNLP are of one series: what MELD scores is not learnt from.
    meld = {clean(r["Utterance"]).lower()
            for name in ("test_sent_emo.csv", "dev_sent_emo.csv")
            for path in (Path(data) / "text/research/meld").rglob(name) for r in rows(path)}
    every = [e for e in every if e.set != "emorynlp" or e.text.lower() not in meld]
    return every + [e for e in more(root) if e.text and e.text not in held]


class Pieces:
    """Pieces and marks of many texts, flat."""

    def __init__(self, mien: str, subwords: Subwords, texts: list[str], longest: int, last: bool = False):
        start, ids, marks, kept = [0], [], [], {}
        for line in tt.run(mien, texts, "--runs") if texts else []:
            one: list[int] = []
            flags: list[int] = []
            for part in line.split(" ") if line else []:
                cut = kept.get(part)
                if cut is None:
                    token, _, mark = part.partition(tt.MARK)
                    cut = kept[part] = (subwords.cut(token, int(mark or 0)), int(mark or 0))
                one += cut[0]
                flags += [cut[1]] * len(cut[0])
            ids += one[-longest:] if last else one[:longest]
            marks += flags[-longest:] if last else flags[:longest]
            start.append(len(ids))
        assert len(start) == len(texts) + 1
        self.ids, self.marks = np.array(ids, np.int32), np.array(marks, np.uint8)
        self.start = np.array(start, np.int64)

    def of(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        a, b = self.start[i], self.start[i + 1]
        return self.ids[a:b], self.marks[a:b]


class Arrays:
    def __init__(self, mien: str, subwords: Subwords, every: list[td.Example], languages: list[str]):
        self.examples = every
        self.texts = Pieces(mien, subwords, [e.text for e in every], LONGEST)
        turns = sorted({t for e in every for t, _ in e.extra.get("before", [])})
        number = {t: i for i, t in enumerate(turns)}
        said = Pieces(mien, subwords, turns, TURN_PIECES, last=True)
        ids, marks, start = [], [], [0]
        for e in every:
            for text, same in e.extra.get("before", []):
                i, m = said.of(number[text])
                ids += [[SELF if same else OTHER], i]
                marks += [[0], m]
            if e.extra.get("before"):
                ids.append([CUT])
                marks.append([0])
            start.append(start[-1] + (sum(len(said.of(number[t])[0]) + 1 for t, _ in e.extra["before"]) + 1
                                      if e.extra.get("before") else 0))
        self.before_ids = np.concatenate([np.asarray(i, np.int32) for i in ids]) if ids else np.zeros(0, np.int32)
        self.before_marks = np.concatenate([np.asarray(m, np.uint8) for m in marks]) if marks else np.zeros(0, np.uint8)
        self.before = np.array(start, np.int64)
        assert self.before[-1] == len(self.before_ids)
        self.length = np.diff(self.texts.start)
        self.languages = languages
        self.labels = self._labels()

    def _labels(self) -> dict[str, np.ndarray]:
        n = len(self.examples)
        y = {"fine": np.full((n, 28), -1, np.float32), "core": np.zeros((n, 7), np.float32),
             "brighter": np.full((n, 6), -1, np.float32), "plutchik": np.full((n, 8), -1, np.float32),
             "dims": np.zeros((n, 3), np.float32), "dims_weight": np.zeros(n, np.float32),
             "sentiment": np.full(n, -1, np.int64), "sarcasm": np.full((n, 1), -1, np.float32),
             "stress": np.full((n, 1), -1, np.float32), "intensity": np.full((n, 6), -1, np.float32),
             "concern": np.full((n, 2), -1, np.float32),
             "language": np.full(n, -1, np.int64), "weight": np.ones(n, np.float32),
             "set": np.zeros(n, np.int64)}
        for i, e in enumerate(self.examples):
            if e.fine is not None:
                y["fine"][i] = 0
                y["fine"][i, e.fine] = 1
            for name, share in (e.core or {}).items():
                y["core"][i, td.CORE.index(name)] = share
            if e.brighter is not None:
                y["brighter"][i] = e.brighter
            if e.plutchik is not None:
                y["plutchik"][i] = 0
                y["plutchik"][i, e.plutchik] = 1
            if e.dims is not None:
                y["dims"][i], y["dims_weight"][i] = e.dims, e.dims_weight
            if "sentiment" in e.extra:
                y["sentiment"][i] = SENTIMENT.index(e.extra["sentiment"])
            if "sarcasm" in e.extra:
                y["sarcasm"][i] = e.extra["sarcasm"]
            if "stress" in e.extra:
                y["stress"][i] = e.extra["stress"]
            if "intensity" in e.extra:
                y["intensity"][i] = e.extra["intensity"]
            if "concern" in e.extra:
                y["concern"][i] = e.extra["concern"]
            if e.language in self.languages:
                y["language"][i] = self.languages.index(e.language)
            y["weight"][i], y["set"][i] = e.weight, SETS.index(e.set)
        return y

    def batch(self, which: np.ndarray, with_before: np.ndarray | None = None):
        """ids, marks, mask, current: [T][B], for the texts `which`; `with_before`: bool for each."""
        before = np.diff(self.before)[which] * (with_before if with_before is not None else 0)
        before, own = before.astype(np.int64), self.length[which]
        T = max(1, int((before + own).max()))
        t = np.arange(T)[:, None]
        said, mask = t < before, t < before + own
        current = mask & ~said
        ids, marks = np.zeros((T, len(which)), np.int64), np.zeros((T, len(which)), np.int64)
        for here, start, i, m in ((said, self.before[which], self.before_ids, self.before_marks),
                                  (current, self.texts.start[which] - before, self.texts.ids, self.texts.marks)):
            at = (start + t)[here]
            ids[here], marks[here] = i[at], m[at]
        return ids, marks, mask.astype(np.float32), current.astype(np.float32)


def languages(every: list[td.Example]) -> list[str]:
    from collections import Counter
    count = Counter(e.language for e in every if e.split == "train")
    return sorted(name for name, n in count.items() if n >= FEWEST)
