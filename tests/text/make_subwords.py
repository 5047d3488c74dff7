#!/usr/bin/env python3
"""Makes subwords.mien, a vocabulary of a few pieces, and subwords.txt: how train/text_subwords.py cuts some texts
with it. Run by hand when either changes: python3 tests/text/make_subwords.py build/src/cli/mien"""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "train"))
import text_subwords as ts  # noqa: E402
import text_tokens as tt  # noqa: E402

PIECES = [
    (".", -3200), ("!!", -4100), ("▁i", -4400), ("▁am", -5000), ("▁so", -5200), ("▁not", -5300),
    ("▁go", -3000), ("od", -3000), ("▁good", -9000),            # whole costs more than its parts
    ("▁q", -3000), ("r", -2000), ("s", -2000), ("rs", -4000),   # two ways that cost the same
    ("▁w", -3000), ("oo", -1500), ("o", -1500), ("w", -2500),   # doubled and single cost the same: as it stands
    ("▁happy", -7000), ("▁un", -6000), ("happy", -8000), ("ness", -6500),
    ("▁", -7000), ("a", -5100), ("b", -6100), ("c", -6200), ("e", -5000), ("n", -5500), ("abc", -12000),
    ("天", -9000), ("气", -9500), ("天气", -12000), ("真", -9100), ("好", -8800), ("真好", -17900), ("啊", -9900),
    ("สวัส", -12000), ("ดี", -9000), ("ส", -9900),
    ("😢", -8000), ("😂", -7900), ("❤", -8100), (":)", -7700), ("<3", -7800), ("<user>", -6000), ("<", -9000),
    ("안녕", -10000), ("하세요", -11000), ("▁안", -10500),
    ("▁é", -9000), ("t", -4900), ("é", -8000), ("ab" * 32, -15999),
]
TEXTS = [
    "I am so happy.", "Not good, unhappiness", "I am NOT happy at all!!", "",
    "qrs", "good od goood", "wow woow wooow", "sooooo good sooo", "goooood", "rrrrs",
    "天气真好", "天气真好啊啊啊啊 :)", "今天天气", "สวัสดีครับ", "안녕하세요 안",
    "😢😢😢 😂 👍🏽 🇩🇪 ❤️", ":-)))) <333 @some_one http://a.b/c x@y.example", "été ÉTÉ e\u0301te\u0301",
    "жизнь Привет ƵƵƵ", "\U0001d4ea\U00010330 \U00020000好",
    "abcabcabcabcabcabcabcabcabcabcabcabcabc", "na" * 20, "жщ" * 18 + "ж", "好天" * 40, "\U00010330\U00010331\U00010332" * 12,
    "#SoHappyToday f**k it's 1,200 at 10:30?!",
]


def main() -> None:
    subwords = ts.Subwords([p for p, _ in PIECES], [s for _, s in PIECES])
    ts.write(subwords, HERE / "subwords.mien")
    with open(HERE / "subwords.txt", "w", encoding="utf-8") as out:
        for text, line in zip(TEXTS, tt.run(sys.argv[1], TEXTS, "--runs")):
            ids = []
            for part in line.split(" ") if line else []:
                token, _, marks = part.partition(tt.MARK)
                ids += subwords.cut(token, int(marks or 0))
            out.write(text + "\t" + " ".join(map(str, ids)) + "\n")


if __name__ == "__main__":
    main()
