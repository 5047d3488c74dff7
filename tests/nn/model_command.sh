#!/bin/sh
# `mien model` on a good, a damaged, a foreign and a missing file: what it says and its exit codes.
#     model_command.sh MIEN
mien=$(realpath "$1") || exit 99
cd "$(dirname "$0")/../.." || exit 99
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
failures=0

expect() { # exit code, text that must be in the output, what to run…
  code=$1 text=$2; shift 2
  "$mien" model "$@" >"$work/out" 2>&1; got=$?
  if [ "$got" != "$code" ] || ! grep -qF -- "$text" "$work/out"; then
    echo "mien model $*: exit $got, not $code, or without '$text':"; cat "$work/out"
    failures=$((failures + 1))
  fi
}

head -c 5000 tests/nn/toy.mien >"$work/short.mien"
cp tests/nn/toy.mien "$work/flipped.mien"
printf 'x' | dd of="$work/flipped.mien" bs=1 seek=9000 conv=notrunc 2>/dev/null

expect 0 "conv.weight" show tests/nn/toy.mien
expect 0 "commercial    allowed" show tests/nn/toy.mien
expect 0 '"commercial":true' show --json tests/nn/toy.mien
expect 0 "signed by Mien" list tests/fuzz/corpus/model
expect 0 "toy.mien: sound, unsigned" verify tests/nn/toy.mien
expect 1 "not signed by Mien" verify --signed tests/nn/toy.mien
expect 1 "cut short (byte 16)" verify "$work/short.mien" tests/nn/toy.mien
expect 1 "sound, unsigned" verify "$work/short.mien" tests/nn/toy.mien
expect 1 "do not match their SHA-256" verify "$work/flipped.mien"
expect 1 "not a Mien model file" show meson.build
expect 1 "No such file" show "$work/none.mien"
expect 1 "no *.mien file is in it" list src
expect 0 "toy" list "$work/none.mien" tests/nn/toy.mien
expect 2 "there is no 'mien model foo'" foo tests/nn/toy.mien
expect 2 "say what to do"
expect 0 "voice.mien inside the program" list
expect 0 "inside the program: sound, signed by Mien" verify --signed
expect 0 "usage: mien model" --help
[ "$failures" = 0 ]
