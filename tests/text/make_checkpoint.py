#!/usr/bin/env python3
"""Makes small random checkpoints of every family that `mien model import` reads, with texts of our own
and what the reference says of them; and damaged ones, with what the refusal has to say.

    make_checkpoint.py FOLDER

FOLDER/good/NAME: a checkpoint, import.txt (how it is imported) and expected.txt: for each text a line of
    hex of its UTF-8, token numbers, logits, core probabilities; tab between, space within.
FOLDER/bad/NAME: a checkpoint and refused.txt, words that the message must hold, one a line."""
from __future__ import annotations

import base64
import json
import random
import shutil
import struct
import sys
from pathlib import Path

import checkpoint_reference as reference

HIDDEN, LAYERS, HEADS, INNER, POSITIONS = 16, 2, 2, 24, 40
CORE = ["neutral", "joy", "sadness", "anger", "fear", "disgust", "surprise"]
FINE = ["admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion", "curiosity",
        "desire", "disappointment", "disapproval", "disgust", "embarrassment", "excitement", "fear",
        "gratitude", "grief", "joy", "love", "nervousness", "optimism", "pride", "realization", "relief",
        "remorse", "sadness", "surprise", "neutral"]
FINE_CORE = [1, 1, 3, 3, 1, 1, 6, 6, 1, 2, 3, 5, 2, 1, 4, 1, 2, 1, 1, 4, 1, 1, 6, 1, 2, 2, 6, 0]

TEXTS = [
    "I am so happy today!", "This is NOT what I ordered, and I'm angry.", "they've said we'll see; it's fine",
    "  two  spaces   and\ta tab\nand a line ", "Ärger über Größe, café naïve", "我很高兴 今天", "안녕하세요",
    "so sad 😢😢 … really?", "İstanbul'da ILIK", "e\u0301te\u0301 n\u0303 ﬁn ①②", "a" * 150, "[CLS] <s> </s> [SEP] <mask>",
    "@user wow WOW Wow @userx", "don't can't 'tis 'S 12345 3.14 x2y", "\u00a0nbsp\u200bzero\u00adsoft",
    "happy happy angry sad " * 12, "مرحبا بالعالم", "Привет, мир!", "½ ™ ㎏ Ａｂｃ", "?!", "\u1100\u1161\u11a8 hangul",
    "日本語のテキスト", "naive", "a_b-c/d\\e", "🏳️‍🌈 flag", "tab\r\nreturn", "\u0928\u092e\u0938\u094d\u0924\u0947",
    "ends with spaces  ", "\u2581mark itself", "x", "unhappily", "ordered orders ordering",
]


class Random(random.Random):
    def rows(self, *dims: int, scale: float = .25, around: float = 0) -> list:
        if len(dims) == 1:
            return [self.gauss(around, scale) for _ in range(dims[0])]
        return [self.rows(*dims[1:], scale=scale, around=around) for _ in range(dims[0])]


# ---- safetensors ------------------------------------------------------------------------------------------

def flat(values: list) -> list[float]:
    return [x for v in values for x in flat(v)] if isinstance(values[0], list) else values


def shape(values: list) -> list[int]:
    return [len(values), *(shape(values[0]) if isinstance(values[0], list) else [])]


def encode(values: list[float], dtype: str) -> bytes:
    if dtype == "F16":
        return struct.pack(f"<{len(values)}e", *values)
    raw = struct.pack(f"<{len(values)}f", *values)
    if dtype == "BF16":  # cut, not rounded: what counts is that both sides read the same
        return b"".join(raw[i + 2:i + 4] for i in range(0, len(raw), 4))
    return raw


def decode(raw: bytes, dtype: str) -> list[float]:
    if dtype == "F16":
        return list(struct.unpack(f"<{len(raw) // 2}e", raw))
    if dtype == "BF16":
        raw = b"".join(b"\0\0" + raw[i:i + 2] for i in range(0, len(raw), 2))
    return list(struct.unpack(f"<{len(raw) // 4}f", raw))


def nest(values: list[float], dims: list[int]) -> list:
    if len(dims) == 1:
        return values
    step = len(values) // dims[0]
    return [nest(values[i * step:(i + 1) * step], dims[1:]) for i in range(dims[0])]


def save(path: Path, tensors: dict[str, list], dtype: str) -> dict[str, list]:
    """Writes them; returns them as they were rounded."""
    header, data, back = {}, b"", {}
    for i, (name, values) in enumerate(tensors.items()):
        kind = "F32" if dtype != "F32" and i % 5 == 0 else dtype  # checkpoints may mix them
        raw = encode(flat(values), kind)
        header[name] = {"dtype": kind, "shape": shape(values), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
        back[name] = nest(decode(raw, kind), shape(values))
    raw = struct.pack("<4q", 0, 1, 2, 3)  # a buffer that old checkpoints have and nobody reads
    header["embeddings.position_ids"] = {"dtype": "I64", "shape": [1, 4],
                                         "data_offsets": [len(data), len(data) + len(raw)]}
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data + raw)
    return back


# ---- Tokenisers ------------------------------------------------------------------------------------------

def token(content: str, number: int, special: bool = True, normalized: bool = False) -> dict:
    return {"id": number, "content": content, "single_word": False, "lstrip": content == "<mask>",
            "rstrip": False, "normalized": normalized, "special": special}


def wordpiece_tokenizer(lowercase: bool) -> dict:
    letters = "abcdefghijklmnopqrstuvwxyz" + ("" if lowercase else "ABCDEFGHIJKLMNOPQRSTUVWXYZ") + "0123456789"
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"!?,.;'-/\\[]<>@_½我高", "happy", "angry", "sad", "un",
             "##ly", "##happi", "order", "##ed", "##ing", "nai", "##ve", "##s", "café", "naïve", "Ärger"]
    vocab += [p + c for c in letters for p in ("", "##")] + ["@user", "wow"]
    vocab = list(dict.fromkeys(vocab))
    numbers = {t: i for i, t in enumerate(vocab)}
    added = [token(t, numbers[t]) for t in vocab[:5]]
    added += [token("@user", numbers["@user"], False), token("Wow", numbers["wow"], False, True)]
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added,
            "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                           "strip_accents": None, "lowercase": lowercase},
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": {"type": "TemplateProcessing",
                               "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                                          {"Sequence": {"id": "A", "type_id": 0}},
                                          {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
                               "pair": [],
                               "special_tokens": {t: {"id": t, "ids": [numbers[t]], "tokens": [t]}
                                                  for t in ("[CLS]", "[SEP]")}},
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                      "max_input_chars_per_word": 100, "vocab": numbers}}


def bpe_tokenizer(prefix_space: bool, pairs: bool) -> dict:
    names = reference.byte_characters()
    vocab = ["<s>", "<pad>", "</s>", "<unk>", *(names[b] for b in range(256))]
    words = [[names[b] for b in part.encode()] for text in TEXTS for part in reference.gpt2_parts(" " + text)]
    merges = []
    while len(merges) < 60:  # learnt as BPE is (Sennrich et al. 2016)
        counts: dict[tuple[str, str], int] = {}
        for word in words:
            for pair in zip(word, word[1:]):
                counts[pair] = counts.get(pair, 0) + 1
        pair = max(sorted(counts), key=counts.get)
        merges.append(pair)
        if "".join(pair) not in vocab:
            vocab.append("".join(pair))
        for word in words:
            for i in range(len(word) - 2, -1, -1):
                if tuple(word[i:i + 2]) == pair:
                    word[i:i + 2] = ["".join(pair)]
    vocab.append("<mask>")
    numbers = {t: i for i, t in enumerate(vocab)}
    return {"version": "1.0", "added_tokens": [token(t, numbers[t]) for t in ("<s>", "<pad>", "</s>", "<unk>", "<mask>")],
            "normalizer": None, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": prefix_space,
                                                  "trim_offsets": True, "use_regex": True},
            "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", numbers["</s>"]],
                               "cls": ["<s>", numbers["<s>"]], "trim_offsets": True, "add_prefix_space": prefix_space},
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "",
                      "end_of_word_suffix": "", "fuse_unk": False, "vocab": numbers,
                      "merges": [list(m) for m in merges] if pairs else [" ".join(m) for m in merges]}}


def charsmap(table: dict[str, str]) -> str:
    """A precompiled_charsmap: a double array (Darts-clone's units), then the strings."""
    strings, places = b"", {}
    for text in table.values():
        if text not in places:
            places[text] = len(strings)
            strings += text.encode() + b"\0"
    tree: dict = {}
    for key, text in table.items():
        node = tree
        for byte in key.encode():
            node = node.setdefault(byte, {})
        node[0] = places[text]
    units, taken, bases = [0] * 4096, {0}, set()  # two nodes of one base would share their children

    def place(node: dict, at: int, label: int) -> None:
        base = next(b for b in range(1, 2048) if b not in bases and all(b ^ c not in taken for c in node))
        bases.add(base)
        taken.update(base ^ c for c in node)
        units[at] = (base ^ at) << 10 | (1 << 8 if 0 in node else 0) | label
        for c, inner in node.items():
            if c:
                place(inner, base ^ c, c)
            else:
                units[base] = inner | 1 << 31

    place(tree, 0, 0)
    units = units[:max(taken) + 1]
    return base64.b64encode(struct.pack(f"<I{len(units)}I", 4 * len(units), *units) + strings).decode()


def unigram_tokenizer(rng: Random) -> dict:
    table = {"ﬁ": "fi", "①": "1", "②": "2", "Ａ": "A", "ｂ": "b", "ｃ": "c", "½": "1⁄2", "™": "TM", "㎏": "kg",
             "…": "...", "\u00a0": " ", "\u200b": " ", "\u00ad": "", "e\u0301": "é", "\t": " ", "\n": " ", "\r": " "}
    pieces = ["▁", "▁happy", "▁so", "▁s", "▁a", "angry", "▁un", "happ", "ily", "ly", "ing", "ed", "▁order", "s", "er",
              "é", "ü", "▁我", "高兴", "日本", "語", "の", "いう", "안녕", "하세요", "▁При", "вет", "мир", "😢", "1", "2", "⁄",
              "TM", "kg", "...", ".", "!", "?", ",", "'", "▁<", "<s", "مر", "حبا", "re", "▁wow", "-", "/"]
    pieces += [c for c in "abcdefghijklmnopqrstuvwxyzABINOWS"]
    vocab = [["<s>", 0.0], ["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0]]
    vocab += [[p, round(-2 - 9 * rng.random(), 6)] for p in pieces] + [["@user", -20.0], ["<mask>", 0.0]]
    numbers = {t: i for i, (t, _) in enumerate(vocab)}
    added = [token(t, numbers[t]) for t in ("<s>", "<pad>", "</s>", "<unk>", "<mask>")]
    added.append(token("@user", numbers["@user"], False))
    return {"version": "1.0", "added_tokens": added,
            "normalizer": {"type": "Sequence", "normalizers": [
                {"type": "Precompiled", "precompiled_charsmap": charsmap(table)},
                {"type": "Strip", "strip_left": False, "strip_right": True},
                {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}]},
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
                {"type": "WhitespaceSplit"},
                {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}]},
            "post_processor": {"type": "TemplateProcessing",
                               "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                                          {"Sequence": {"id": "A", "type_id": 0}},
                                          {"SpecialToken": {"id": "</s>", "type_id": 0}}],
                               "special_tokens": {t: {"id": t, "ids": [numbers[t]], "tokens": [t]}
                                                  for t in ("<s>", "</s>")}},
            "model": {"type": "Unigram", "unk_id": 3, "vocab": vocab, "byte_fallback": False}}


# ---- Checkpoints ------------------------------------------------------------------------------------------

LIKE_BERT = {"query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
             "out": "attention.output.dense", "attended": "attention.output.LayerNorm",
             "up": "intermediate.dense", "down": "output.dense", "done": "output.LayerNorm"}
NAMES = {
    "bert": {**LIKE_BERT, "prefix": "bert", "layers": "bert.encoder.layer", "dense": "bert.pooler.dense",
             "final": "classifier", "act": "tanh"},
    "roberta": {**LIKE_BERT, "prefix": "roberta", "layers": "roberta.encoder.layer", "dense": "classifier.dense",
                "final": "classifier.out_proj", "act": "tanh"},
    "electra": {**LIKE_BERT, "prefix": "electra", "layers": "electra.encoder.layer", "dense": "classifier.dense",
                "final": "classifier.out_proj", "act": "gelu"},
    "distilbert": {"prefix": "distilbert", "layers": "distilbert.transformer.layer", "query": "attention.q_lin",
                   "key": "attention.k_lin", "value": "attention.v_lin", "out": "attention.out_lin",
                   "attended": "sa_layer_norm", "up": "ffn.lin1", "down": "ffn.lin2", "done": "output_layer_norm",
                   "dense": "pre_classifier", "final": "classifier", "act": "relu"},
}


def weights(rng: Random, family: str, vocabulary: int, labels: int, embed: int, positions: int,
            old: bool) -> dict[str, list]:
    names, w = NAMES[family], {}
    prefix = names["prefix"]

    def lin(name: str, out: int, into: int) -> None:
        w[name + ".weight"] = rng.rows(out, into, scale=.2)
        w[name + ".bias"] = rng.rows(out, scale=.1)

    def norm(name: str, width: int) -> None:
        w[name + (".gamma" if old else ".weight")] = rng.rows(width, scale=.1, around=1)
        w[name + (".beta" if old else ".bias")] = rng.rows(width, scale=.1)

    w[f"{prefix}.embeddings.word_embeddings.weight"] = rng.rows(vocabulary, embed, scale=.6)
    w[f"{prefix}.embeddings.position_embeddings.weight"] = rng.rows(positions, embed, scale=.3)
    if family != "distilbert":
        w[f"{prefix}.embeddings.token_type_embeddings.weight"] = rng.rows(1 if family == "roberta" else 2, embed)
    norm(f"{prefix}.embeddings.LayerNorm", embed)
    if embed != HIDDEN:
        lin(f"{prefix}.embeddings_project", HIDDEN, embed)
    for i in range(LAYERS):
        at = f"{names['layers']}.{i}."
        for part in ("query", "key", "value", "out"):
            lin(at + names[part], HIDDEN, HIDDEN)
        norm(at + names["attended"], HIDDEN)
        lin(at + names["up"], INNER, HIDDEN)
        lin(at + names["down"], HIDDEN, INNER)
        norm(at + names["done"], HIDDEN)
    lin(names["dense"], HIDDEN, HIDDEN)
    lin(names["final"], labels, HIDDEN)
    w[names["final"] + ".weight"] = rng.rows(labels, HIDDEN, scale=.8)  # logits of some size
    return w


def config_of(kind: str, family: str, vocabulary: int, labels: list[str], multi: bool | None, embed: int,
              positions: int, act: str) -> dict:
    config = {"architectures": [family.capitalize() + "ForSequenceClassification"], "model_type": kind,
              "vocab_size": vocabulary, "pad_token_id": 1 if family == "roberta" else 0,
              "max_position_embeddings": positions, "id2label": {str(i): t for i, t in enumerate(labels)}}
    if multi is not None:
        config["problem_type"] = "multi_label_classification" if multi else "single_label_classification"
    if family == "distilbert":
        return {**config, "dim": HIDDEN, "n_layers": LAYERS, "n_heads": HEADS, "hidden_dim": INNER, "activation": act}
    if family == "electra":
        config["embedding_size"] = embed
    return {**config, "hidden_size": HIDDEN, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
            "intermediate_size": INNER, "hidden_act": act, "layer_norm_eps": 1e-5, "type_vocab_size": 2}


def core_numbers(labels: list[str]) -> list[int]:
    known = {**{n: c for n, c in zip(FINE, FINE_CORE)}, **{n: i for i, n in enumerate(CORE)},
             "Happiness": 1, "sad": 2, "pessimism": 2, "No Emotion": 0}
    return [known.get(n, -1) for n in labels]


def checkpoint(root: Path, name: str, kind: str, family: str, tokenizer: dict, labels: list[str], seed: int,
               multi: bool | None = None, dtype: str = "F32", embed: int = HIDDEN, act: str = "gelu",
               files: bool = False, placeholders: bool = False, old: bool = False) -> None:
    folder, rng = root / "good" / name, Random(seed)
    folder.mkdir(parents=True)
    model = tokenizer["model"]
    vocabulary = len(model["vocab"]) + 3  # rows that no token has, as checkpoints pad them
    positions = POSITIONS + (2 if family == "roberta" else 0)
    config = config_of(kind, family, vocabulary, labels, multi, embed, positions, act)
    shown = {**config, "id2label": {str(i): f"LABEL_{i}" for i in range(len(labels))}} if placeholders else config
    (folder / "config.json").write_text(json.dumps(shown, ensure_ascii=False))
    if not files:
        (folder / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False))
    elif model["type"] == "WordPiece":
        (folder / "vocab.txt").write_text("\n".join(model["vocab"]) + "\n")
        (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": False}))
    else:
        (folder / "vocab.json").write_text(json.dumps(model["vocab"]))
        lines = [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]
        (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(lines) + "\n")
    if placeholders:
        (folder / "labels.txt").write_text("\n".join(labels) + "\n")
    w = save(folder / "model.safetensors",
             weights(rng, family, vocabulary, len(labels), embed, positions, old), dtype)
    lines = []
    for text in TEXTS:
        ids = reference.tokenise(text, tokenizer, POSITIONS)
        logits = reference.forward(ids, config, NAMES[family], w) if ids else []
        core = reference.core_of(logits, core_numbers(labels), bool(multi)) if ids else []
        lines.append("\t".join([text.encode().hex(), " ".join(map(str, ids)),
                                *(" ".join(f"{x:.7g}" for x in row) for row in (logits, core))]))
    (folder / "expected.txt").write_text("\n".join(lines) + "\n")


def good(root: Path) -> None:
    checkpoint(root, "bert", "bert", "bert", wordpiece_tokenizer(True),
               ["Happiness", "sad", "anger", "fear", "disgust", "surprise", "No Emotion"], 1)
    cased = wordpiece_tokenizer(False)
    cased["added_tokens"] = cased["added_tokens"][:5]
    checkpoint(root, "bert-files", "bert", "bert", cased, ["joy", "sadness"], 2, files=True, old=True, multi=False)
    checkpoint(root, "roberta", "roberta", "roberta", bpe_tokenizer(False, False), FINE, 3, multi=True, dtype="F16")
    checkpoint(root, "roberta-pairs", "camembert", "roberta", bpe_tokenizer(True, True),
               ["anger", "joy", "optimism", "sadness"], 4)
    checkpoint(root, "roberta-files", "roberta", "roberta", bpe_tokenizer(False, False), ["anger", "joy"], 5,
               files=True)
    semeval = ["anger", "anticipation", "disgust", "fear", "joy", "love", "optimism", "pessimism", "sadness",
               "surprise", "trust"]
    checkpoint(root, "xlm-roberta", "xlm-roberta", "roberta", unigram_tokenizer(Random(6)), semeval, 6, multi=True,
               dtype="BF16")
    checkpoint(root, "distilbert", "distilbert", "distilbert", wordpiece_tokenizer(True),
               ["sadness", "joy", "love", "anger", "fear", "surprise"], 7)
    checkpoint(root, "electra", "electra", "electra", wordpiece_tokenizer(True), ["joy", "anger", "neutral"], 8,
               embed=8, act="gelu_new", placeholders=True)


# ---- Damaged ones ------------------------------------------------------------------------------------------

def bad(root: Path) -> None:
    source = root / "good" / "bert"

    def copy(name: str, *words: str, of: str = "bert") -> Path:
        folder = root / "bad" / name
        shutil.copytree(root / "good" / of, folder)
        (folder / "expected.txt").unlink()
        (folder / "labels.txt").unlink(missing_ok=True)
        (folder / "refused.txt").write_text("\n".join(words) + "\n")
        return folder

    def header(folder: Path, change) -> None:
        path = folder / "model.safetensors"
        raw = path.read_bytes()
        length = struct.unpack_from("<Q", raw)[0]
        entries = json.loads(raw[8:8 + length])
        data = change(entries, bytearray(raw[8 + length:]))
        text = json.dumps(entries).encode()
        path.write_bytes(struct.pack("<Q", len(text)) + text + (raw[8 + length:] if data is None else data))

    def config(name: str, changes: dict, *words: str, of: str = "bert") -> None:
        path = copy(name, *words, of=of) / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    def tokenizer(name: str, change, *words: str, of: str = "bert") -> None:
        path = copy(name, *words, of=of) / "tokenizer.json"
        content = json.loads(path.read_text())
        change(content)
        path.write_text(json.dumps(content))

    raw = (source / "model.safetensors").read_bytes()
    length = struct.unpack_from("<Q", raw)[0]
    query = "bert.encoder.layer.0.attention.self.query.weight"
    for name, cut, words in (("cut-data", len(raw) - 100, "ends past the end"), ("cut-header", length // 2, "cut short"),
                             ("cut-length", 5, "first eight bytes"), ("cut-all", 0, "the file is empty")):
        (copy(name, words) / "model.safetensors").write_bytes(raw[:cut])
    for name, lie, words in (("length-huge", 1 << 62, "4611686018427387904 bytes"), ("length-none", 0, "0 bytes"),
                             ("length-short", length - 40, "not JSON"), ("length-long", length + 40, "not JSON")):
        (copy(name, words) / "model.safetensors").write_bytes(struct.pack("<Q", lie) + raw[8:])
    (copy("more-data", "follow the last tensor") / "model.safetensors").write_bytes(raw + b"more")

    def nan(value: bytes):
        def change(entries: dict, data: bytearray) -> bytes:
            at = entries[query]["data_offsets"][0] + 8
            data[at:at + 4] = value
            return bytes(data)
        return change

    header(copy("nan", query, "not finite"), nan(b"\0\0\xc0\x7f"))
    header(copy("infinity", query, "not finite"), nan(b"\0\0\x80\xff"))
    header(copy("shape", query, "has shape [8, 32], expected [16, 16]"),
           lambda e, d: e[query].update(shape=[8, 32]))
    header(copy("size", query, "do not agree"), lambda e, d: e[query].update(shape=[16, 17]))
    header(copy("dtype", query, "dtype 'F31'"), lambda e, d: e[query].update(dtype="F31"))
    header(copy("integers", query, "is of dtype I32"), lambda e, d: e[query].update(dtype="I32"))
    header(copy("negative", query, "out of range"), lambda e, d: e[query].update(shape=[-16, 16]))
    header(copy("overflow", query, "out of range"), lambda e, d: e[query].update(shape=[1 << 40, 1 << 40]))
    header(copy("deep", query, "no shape"), lambda e, d: e[query].update(shape=[1] * 9))
    header(copy("offsets", query, "two numbers"), lambda e, d: e[query].update(data_offsets=[0, 1e300]))
    header(copy("overlap", "does not begin where"),
           lambda e, d: e[query].update(data_offsets=e["bert.encoder.layer.0.attention.self.key.weight"]["data_offsets"]))

    def rename(entries: dict, data: bytearray) -> None:
        entries["other"] = entries.pop(query)

    header(copy("missing", f"there is no tensor '{query}'"), rename)
    path = copy("huge-number", "not JSON", "too big") / "config.json"
    path.write_text(path.read_text().replace('"num_hidden_layers": 2', '"num_hidden_layers": ' + "9" * 400))
    (copy("no-weights", "has to be a model.safetensors") / "model.safetensors").unlink()
    (copy("no-config", "there is no config.json") / "config.json").unlink()
    (copy("no-tokens", "there is no tokenizer.json") / "tokenizer.json").unlink()
    (copy("config-text", "not JSON") / "config.json").write_text("not JSON")
    (copy("config-bytes", "not UTF-8") / "config.json").write_bytes(b'{"a": "\xff"}')
    (copy("config-large", "larger than 1 MiB") / "config.json").write_text(" " * (2 << 20))
    config("layers", {"num_hidden_layers": 1 << 40}, "num_hidden_layers")
    config("layers-more", {"num_hidden_layers": 3}, "there is no tensor 'bert.encoder.layer.2.")
    config("heads", {"num_attention_heads": 5}, "multiple of its 5 heads")
    config("width", {"hidden_size": 32}, "word_embeddings.weight", "has shape")
    config("kind", {"model_type": "gpt2"}, "'gpt2' is not supported")
    config("head", {"architectures": ["BertForMaskedLM"]}, "BertForMaskedLM", "no sequence-classification head")
    config("relative", {"position_embedding_type": "relative_key"}, "relative_key")
    config("regression", {"problem_type": "regression"}, "regression")
    config("one-label", {"id2label": {"0": "joy"}}, "1 labels")
    config("label-holes", {"id2label": {"0": "joy", "2": "fear"}}, "no name for label 1 of 2")
    config("placeholders", {"id2label": {str(i): f"LABEL_{i}" for i in range(7)}}, "LABEL_0", "--labels")
    config("sentiment", {"id2label": {str(i): n for i, n in enumerate(["negative", "neutral", "positive", "a", "b", "c", "d"])}},
           "counts for a core label")
    config("activation", {"hidden_act": "mish"}, "'mish' is not supported")
    config("epsilon", {"layer_norm_eps": 0}, "layer_norm_eps")
    config("vocabulary", {"vocab_size": 20}, "vocabulary of 20")
    config("positions", {"max_position_embeddings": 41}, "position_embeddings.weight", "has shape [40, 16], expected [41, 16]")

    def vocab_of(change):
        return lambda t: change(t["model"]["vocab"])

    tokenizer("holes", vocab_of(lambda v: v.update(happy=len(v) + 5)), "'happy'", "holes")
    tokenizer("twice", vocab_of(lambda v: v.update(happy=v["sad"])), "the same number")
    tokenizer("not-a-number", vocab_of(lambda v: v.update(happy="x")), "'happy'")
    tokenizer("fraction", vocab_of(lambda v: v.update(happy=1.5)), "'happy'")
    tokenizer("empty-token", vocab_of(lambda v: v.update({"": v.pop("happy")})), "is empty")
    tokenizer("unknown", lambda t: t["model"].update(unk_token="[NO]"), "unknown token is not")
    tokenizer("model", lambda t: t["model"].update(type="WordLevel"), "'WordLevel' is not supported")
    tokenizer("normalizer", lambda t: t.update(normalizer={"type": "Nmt"}), "normalizer 'Nmt'")
    tokenizer("expression", lambda t: t.update(normalizer={"type": "Replace", "pattern": {"Regex": "a+"}, "content": ""}), "'a+'")
    tokenizer("splitter", lambda t: t.update(pre_tokenizer={"type": "Digits"}), "pre_tokenizer 'Digits'")
    tokenizer("pairs", lambda t: t["post_processor"]["single"][2]["SpecialToken"].update(type_id=1), "template")
    tokenizer("control", lambda t: t["post_processor"]["special_tokens"]["[CLS]"].update(ids=[10 ** 9]), "control token")
    tokenizer("flags", lambda t: t["added_tokens"][5].update(single_word=True), "single_word")
    tokenizer("charsmap", lambda t: t["normalizer"]["normalizers"][0].update(precompiled_charsmap="AAAA"),
              "precompiled_charsmap is damaged", of="xlm-roberta")
    tokenizer("score", lambda t: t["model"]["vocab"][5].__setitem__(1, "x"), "not a text and a score", of="xlm-roberta")
    tokenizer("merge", lambda t: t["model"]["merges"].append("zzz yyy"), "merge 60", of="roberta")
    (copy("merges-none", "no merges.txt", of="roberta-files") / "merges.txt").unlink()
    (copy("vocab-blank", "line 4 is empty", of="bert-files") / "vocab.txt").write_text("a\nb\nc\n\nd\n")
    (copy("vocab-twice", "line 3 repeats", of="bert-files") / "vocab.txt").write_text("a\nb\na\n")
    (copy("vocab-special", "'[CLS]' or '[SEP]'", of="bert-files") / "vocab.txt").write_text("a\nb\n")


def main() -> None:
    root = Path(sys.argv[1])
    good(root)
    bad(root)


if __name__ == "__main__":
    main()
