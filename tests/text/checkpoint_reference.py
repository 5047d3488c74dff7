"""What a small checkpoint says of a text, in plain Python: the tokens by the rules of its
tokenizer.json, and the forward pass in doubles. Written to be read, for make_checkpoint.py and the test
of `mien model import`; it shares nothing with the C code."""
from __future__ import annotations

import base64
import math
import re
import struct
import unicodedata

# ---- Characters ------------------------------------------------------------------------------------

SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
HAN = [(0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
       (0x2B920, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F)]


def is_punctuation(c: str) -> bool:
    return unicodedata.category(c)[0] == "P" or c in "$+<=>^`|~"


def is_control(c: str) -> bool:
    return c not in "\t\n\r" and unicodedata.category(c) in ("Cc", "Cf", "Co")


def graphemes(text: str) -> list[str]:
    """Enough of UAX 29 for the texts here: marks, joiners and Hangul vowels stick to what is before."""
    out: list[str] = []
    for c in text:
        sticks = unicodedata.category(c) in ("Mn", "Mc", "Me") or c == "\u200d" or 0x1160 <= ord(c) <= 0x11FF
        joined = out and (sticks or (out[-1][-1] == "\u200d" and ord(c) > 0x2000)
                          or out[-1][-1] + c == "\r\n")
        if joined:
            out[-1] += c
        else:
            out.append(c)
    return out


# ---- Normalisers: str -> str ---------------------------------------------------------------------------

def bert_normalise(text: str, spec: dict) -> str:
    if spec["clean_text"]:
        text = "".join(" " if c in SPACES else c for c in text
                       if c not in "\0\ufffd" and not is_control(c))
    if spec["handle_chinese_chars"]:
        text = "".join(f" {c} " if any(a <= ord(c) <= b for a, b in HAN) else c for c in text)
    strip = spec["strip_accents"] if spec["strip_accents"] is not None else spec["lowercase"]
    if strip:
        text = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    if spec["lowercase"]:
        text = "".join(c.lower() for c in text)
    return text


def charsmap_table(encoded: str) -> dict[str, str]:
    """The entries of a precompiled_charsmap, by walking its double array."""
    raw = base64.b64decode(encoded)
    size = struct.unpack_from("<I", raw)[0]
    units = struct.unpack_from(f"<{size // 4}I", raw, 4)
    strings = raw[4 + size:]
    table = {}

    def walk(at: int, key: bytes) -> None:
        unit = units[at]
        base = at ^ (unit >> 10 << (8 if unit >> 9 & 1 else 0))
        if key and unit >> 8 & 1:
            begin = units[base] & 0x7FFFFFFF
            table[key.decode()] = strings[begin:strings.index(b"\0", begin)].decode()
        for c in range(1, 256):
            if base ^ c < len(units) and units[base ^ c] & 0x800000FF == c:
                walk(base ^ c, key + bytes([c]))

    walk(0, b"")
    return table


def charsmap_normalise(text: str, table: dict[str, str]) -> str:
    def shortest(part: str) -> str | None:
        """By bytes in the library; entries here begin and end between characters."""
        for end in range(1, len(part) + 1):
            if part[:end] in table:
                return table[part[:end]]
        return None

    out = ""
    for grapheme in graphemes(text):
        whole = shortest(grapheme) if len(grapheme.encode()) < 6 else None
        if whole is not None:
            out += whole
        else:
            for c in grapheme:
                one = shortest(c)
                out += c if one is None else one
    return out


def normalise(text: str, spec: dict | None) -> str:
    if spec is None:
        return text
    kind = spec["type"]
    if kind == "Sequence":
        for inner in spec["normalizers"]:
            text = normalise(text, inner)
        return text
    if kind == "BertNormalizer":
        return bert_normalise(text, spec)
    if kind == "Precompiled":
        return charsmap_normalise(text, charsmap_table(spec["precompiled_charsmap"]))
    if kind == "Replace":
        pattern = spec["pattern"]
        expression = pattern["Regex"] if "Regex" in pattern else re.escape(pattern["String"])
        return re.sub(expression, lambda _: spec["content"], text)
    if kind == "Strip":
        text = text.lstrip(SPACES) if spec["strip_left"] else text
        return text.rstrip(SPACES) if spec["strip_right"] else text
    if kind in ("NFC", "NFD", "NFKC", "NFKD"):
        return unicodedata.normalize(kind, text)
    if kind == "Lowercase":
        return "".join(c.lower() for c in text)
    raise ValueError(kind)


# ---- Pre-tokenisers: list of parts -> list of parts -----------------------------------------------------

def gpt2_parts(text: str) -> list[str]:
    """GPT-2's expression, over a string that has the class of each character in its place."""
    classes = "".join(" " if c == " " else "s" if c in SPACES else unicodedata.category(c)[0]
                      if unicodedata.category(c)[0] in "LN" else "O" for c in text)
    rest = re.compile(r" ?L+| ?N+| ?O+|[ s]+(?![^ s])|[ s]+")
    contraction = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d")
    out, at = [], 0
    while at < len(text):
        found = contraction.match(text, at) or rest.match(classes, at)
        out.append(text[at:found.end()])
        at = found.end()
    return out


def pre_tokenise(parts: list[str], spec: dict) -> list[str]:
    kind = spec["type"]
    out: list[str] = []
    if kind == "Sequence":
        for inner in spec["pretokenizers"]:
            parts = pre_tokenise(parts, inner)
        return parts
    for part in parts:
        if kind == "BertPreTokenizer":
            for word in re.split(f"[{re.escape(SPACES)}]+", part):
                out += re.split("([" + "".join(re.escape(c) for c in sorted(set(word)) if is_punctuation(c))
                                + "])", word) if any(map(is_punctuation, word)) else [word]
        elif kind == "WhitespaceSplit":
            out += re.split(f"[{re.escape(SPACES)}]+", part)
        elif kind == "Metaspace":
            mark = spec["replacement"]
            scheme = spec.get("prepend_scheme", "always" if spec.get("add_prefix_space", True) else "never")
            part = part.replace(" ", mark)
            if scheme == "always" and part and not part.startswith(mark):
                part = mark + part
            out += re.split(f"(?={mark})", part)
        elif kind == "ByteLevel":
            if spec["add_prefix_space"] and part and not part.startswith(" "):
                part = " " + part
            out += gpt2_parts(part)
        else:
            raise ValueError(kind)
    return [part for part in out if part]


# ---- Models: a part -> pieces ----------------------------------------------------------------------------

def byte_characters() -> dict[int, str]:
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [b for b in range(256) if b not in shown]
    return {**{b: chr(b) for b in shown}, **{b: chr(256 + i) for i, b in enumerate(hidden)}}


def wordpiece(word: str, model: dict) -> list[int]:
    vocab, unknown = model["vocab"], model["vocab"][model["unk_token"]]
    if len(word) > model["max_input_chars_per_word"]:
        return [unknown]
    out, begin = [], 0
    while begin < len(word):
        for end in range(len(word), begin, -1):
            piece = (model["continuing_subword_prefix"] if begin else "") + word[begin:end]
            if piece in vocab:
                out.append(vocab[piece])
                begin = end
                break
        else:
            return [unknown]
    return out


def bpe(word: str, model: dict) -> list[int]:
    names = byte_characters()
    symbols = [names[b] for b in word.encode()]
    ranks = {tuple(m.split(" ") if isinstance(m, str) else m): i for i, m in enumerate(model["merges"])}
    while True:
        pairs = [(ranks[p], i) for i, p in enumerate(zip(symbols, symbols[1:])) if p in ranks]
        if not pairs:
            return [model["vocab"][s] for s in symbols]
        i = min(pairs)[1]
        symbols[i:i + 2] = [symbols[i] + symbols[i + 1]]


def unigram(word: str, model: dict, special: set[str]) -> list[int]:
    scores = {text: (score, i) for i, (text, score) in enumerate(model["vocab"]) if text not in special}
    worst = min(score for _, score in model["vocab"]) - 10
    best: list[tuple[float, list] | None] = [(0.0, [])] + [None] * len(word)
    for begin in range(len(word)):
        score, path = best[begin]
        options = []
        for end in range(begin + 1, len(word) + 1):
            if word[begin:end] in scores:
                options.append((end, *scores[word[begin:end]]))
        if not any(end == begin + 1 for end, _, _ in options):
            options.append((begin + 1, worst, model["unk_id"]))
        for end, more, piece in options:
            if best[end] is None or more + score > best[end][0]:
                best[end] = (more + score, path + [piece])
    out: list[int] = []
    for piece in best[-1][1]:
        if not (piece == model["unk_id"] and out and out[-1] == piece):
            out.append(piece)
    return out


def cut(text: str, tokens: dict[str, int]) -> list[str | int]:
    """The text between added tokens, and their numbers; the longest first."""
    if not tokens:
        return [text]
    names = sorted(tokens, key=len, reverse=True)
    return [tokens[p] if p in tokens else p
            for p in re.split("(" + "|".join(map(re.escape, names)) + ")", text) if p]


def tokenise(text: str, tokenizer: dict, positions: int) -> list[int]:
    added = tokenizer.get("added_tokens", [])
    special = {t["content"] for t in added if t["special"]}
    model, out = tokenizer["model"], []
    raw = {t["content"]: t["id"] for t in added if not t["special"] and not t["normalized"]}
    late = {normalise(t["content"], tokenizer["normalizer"]): t["id"]
            for t in added if not t["special"] and t["normalized"]}
    for first in cut(text, raw):
        inner = [first] if isinstance(first, int) else cut(normalise(first, tokenizer["normalizer"]), late)
        for piece in inner:
            if isinstance(piece, int):
                out.append(piece)
                continue
            for part in pre_tokenise([piece], tokenizer["pre_tokenizer"]):
                out += (wordpiece(part, model) if model["type"] == "WordPiece" else
                        bpe(part, model) if model["type"] == "BPE" else unigram(part, model, special))
    post = tokenizer["post_processor"]
    if post["type"] == "TemplateProcessing":
        around = [post["special_tokens"][p["SpecialToken"]["id"]]["ids"][0]
                  for p in post["single"] if "SpecialToken" in p]
    else:
        around = [post["cls"][1], post["sep"][1]]
    return [around[0], *out[:positions - 2], around[1]] if out else []


# ---- Forward pass ------------------------------------------------------------------------------------------

def activate(name: str, x: float) -> float:
    if name == "relu":
        return max(x, 0.0)
    if name == "tanh":
        return math.tanh(x)
    if name == "gelu_new":
        return .5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + .044715 * x ** 3)))
    return .5 * x * (1 + math.erf(x / math.sqrt(2)))


def linear(w: list[list[float]], b: list[float], rows: list[list[float]]) -> list[list[float]]:
    return [[sum(p * q for p, q in zip(r, x)) + c for r, c in zip(w, b)] for x in rows]


def layernorm(gain: list[float], bias: list[float], rows: list[list[float]], epsilon: float) -> list:
    out = []
    for x in rows:
        mean = sum(x) / len(x)
        variance = sum((v - mean) ** 2 for v in x) / len(x)
        out.append([(v - mean) / math.sqrt(variance + epsilon) * g + b for v, g, b in zip(x, gain, bias)])
    return out


def add(a: list, b: list) -> list:
    return [[p + q for p, q in zip(x, y)] for x, y in zip(a, b)]


def attend(q: list, k: list, v: list, heads: int) -> list:
    depth = len(q[0]) // heads
    out = [[] for _ in q]
    for h in range(heads):
        s = slice(h * depth, (h + 1) * depth)
        for t, x in enumerate(q):
            scores = [sum(a * b for a, b in zip(x[s], y[s])) / math.sqrt(depth) for y in k]
            top = max(scores)
            weights = [math.exp(z - top) for z in scores]
            total = sum(weights)
            out[t] += [sum(w * y[s][i] for w, y in zip(weights, v)) / total for i in range(depth)]
    return out


def forward(ids: list[int], config: dict, names: dict, w: dict) -> list[float]:
    """`names` maps the parts to what the family calls them; `w` the tensors as nested lists."""
    def lin(name: str, x: list) -> list:
        return linear(w[name + ".weight"], w[name + ".bias"], x)

    def norm(name: str, x: list) -> list:
        gain = w.get(name + ".weight") or w[name + ".gamma"]
        return layernorm(gain, w.get(name + ".bias") or w[name + ".beta"], x, config.get("layer_norm_eps", 1e-12))

    e = names["prefix"] + ".embeddings."
    offset = config["pad_token_id"] + 1 if names["prefix"] == "roberta" else 0
    x = [add([w[e + "word_embeddings.weight"][i]], [w[e + "position_embeddings.weight"][t + offset]])[0]
         for t, i in enumerate(ids)]
    if e + "token_type_embeddings.weight" in w:
        x = [add([row], [w[e + "token_type_embeddings.weight"][0]])[0] for row in x]
    x = norm(e + "LayerNorm", x)
    if names["prefix"] + ".embeddings_project.weight" in w:
        x = lin(names["prefix"] + ".embeddings_project", x)
    heads = config.get("num_attention_heads") or config["n_heads"]
    act = config.get("hidden_act") or config["activation"]
    for i in range(config.get("num_hidden_layers") or config["n_layers"]):
        at = lambda part: f"{names['layers']}.{i}.{names[part]}"  # noqa: E731
        mixed = attend(lin(at("query"), x), lin(at("key"), x), lin(at("value"), x), heads)
        x = norm(at("attended"), add(x, lin(at("out"), mixed)))
        inner = [[activate(act, v) for v in row] for row in lin(at("up"), x)]
        x = norm(at("done"), add(x, lin(at("down"), inner)))
    hidden = [[activate(names["act"], v) for v in lin(names["dense"], x[:1])[0]]]
    return lin(names["final"], hidden)[0]


# ---- Core labels ---------------------------------------------------------------------------------------------

def core_of(logits: list[float], core: list[int], multi: bool) -> list[float]:
    """Given that exactly one label is expressed; -1 counts for nothing; 0 is neutral."""
    odds = [math.exp(z) for z in logits]
    if multi and 0 not in core:
        odds, core = odds + [1.0], core + [0]
    sums = [sum(o for o, c in zip(odds, core) if c == k) for k in range(7)]
    return [s / sum(sums) for s in sums]
