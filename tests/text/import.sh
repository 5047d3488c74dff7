#!/bin/sh
# import.sh MIEN TEST: makes the checkpoints, runs TEST (test_import.c) on them, and then tries the
# command itself. Exit 77 (skipped) without Python.
mien=$(realpath "$1") test=$(realpath "$2") here=$(realpath "$(dirname "$0")")
command -v python3 >/dev/null || { echo "python3 is not installed"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
PYTHONDONTWRITEBYTECODE=1 python3 "$here/make_checkpoint.py" "$work" || exit 1
"$test" "$work" || exit 1

failures=0
expect() { # exit code, text that must be in the output, command…
  code=$1 text=$2; shift 2
  "$@" >"$work/out" 2>&1; got=$?
  if [ "$got" != "$code" ] || ! grep -qF -- "$text" "$work/out"; then
    echo "$*: exit $got, not $code, or without '$text':"; cat "$work/out"
    failures=$((failures + 1))
  fi
}
unset MIEN_MODELS MIEN_SIGNING_KEY
cd "$work" || exit 1
mkdir models
expect 0 "Happiness = joy" "$mien" model import good/bert --out models/text.mien --licence MIT --name ours
expect 0 "not_counted: anticipation, trust" sh -c "'$mien' model import good/xlm-roberta --out x.mien && '$mien' model show x.mien"
expect 0 "unknown: the user's" "$mien" model show x.mien
expect 0 "licence       MIT" "$mien" model show models/text.mien
expect 0 "name          ours" "$mien" model show models/text.mien
expect 0 "sound, unsigned" "$mien" model verify models
printf '%064d\n' 7 >key
printf 'joy\nanger\n' >two.txt
expect 0 "signed by another key" sh -c "'$mien' model import good/bert --out signed.mien --key key && '$mien' model verify signed.mien"
expect 1 "not a signing key" "$mien" model import good/bert --out no.mien --key good/bert/config.json
printf 'I am so happy today!\n\n' >lines.txt
expect 0 '"id":2' "$mien" text --models models lines.txt
grep -q '"abstain":"the text is empty"' out || { echo "an empty line does not abstain"; failures=$((failures + 1)); }
mv out folder.out
expect 0 '"id":2' "$mien" text --model models/text.mien lines.txt
cmp -s out folder.out || { echo "--model FILE reads otherwise than --models"; failures=$((failures + 1)); }
expect 1 "No such file" "$mien" text --model nowhere.mien lines.txt
expect 2 "or a .mien file, not 'nonsense'" "$mien" text --model nonsense lines.txt
expect 0 "3 labels" "$mien" model import good/electra --labels good/electra/labels.txt --out e.mien
expect 1 "2 labels are named, but the model has 3" "$mien" model import good/electra --labels two.txt --out e.mien
expect 1 "LABEL_0" "$mien" model import good/electra --out e2.mien
expect 1 "the folder is not there" "$mien" model import nowhere --out e.mien
expect 1 "No such file" "$mien" model import good/bert --out nowhere/e.mien
expect 2 "--out FILE" "$mien" model import good/bert
expect 2 "there are no weights 'int4'" "$mien" model import good/bert --out e.mien --weights int4
expect 0 "usage: mien model import" "$mien" model import --help
[ ! -e e2.mien ] && [ ! -e nowhere ] || { echo "a refused import left something"; failures=$((failures + 1)); }
ls ./*.partial 2>/dev/null && failures=$((failures + 1))
[ "$failures" = 0 ]
