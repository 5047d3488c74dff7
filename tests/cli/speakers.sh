#!/bin/sh
# speakers.sh MIEN: two voices in one channel are told apart: the sample call mixed down, read without
# its transcript, and then held to it. Exit 77 (skipped) without ffmpeg or the voice model.
mien=$(realpath "$1")
samples=$MIEN_SOURCE_ROOT/samples
command -v ffmpeg >/dev/null || { echo "ffmpeg is not installed"; exit 77; }
[ -f "$MIEN_SOURCE_ROOT/models/voice.mien" ] || { echo "there is no voice model"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset MIEN_MODELS
export LC_ALL=C.UTF-8
ffmpeg -v error -nostdin -y -i "$samples/call.opus" -ac 1 "$work/mono.wav" || exit 1
cd "$work" || exit 1
"$mien" read mono.wav --speakers 2 --words off --who speaker-2=customer --format csv >table 2>notes || exit 1
grep -q "2 voices were told apart" notes || { cat notes; exit 1; }
"$mien" read "$samples/call.opus" --speakers 2 --words off --format csv 2>&1 >/dev/null |
  grep -q "channels" && { echo "FAIL: a transcript is there, and --speakers spoke"; exit 1; }

# Of the voice's readings in the middle of a turn: is it the turn's speaker? Who speaks first is the agent.
awk -F, '
  FNR == NR && / --> / { split($0, w, " --> "); split(w[1], a, ":"); split(w[2], b, ":")
    turns++; from[turns] = a[1] * 60 + a[2]; until[turns] = b[1] * 60 + b[2]; next }
  FNR == NR && /^<v / { split($0, w, /[ >]/); said[turns] = w[2]; next }
  FNR == NR { next }
  FNR == 1 { sub(/\r$/, ""); for (i = 1; i <= NF; i++) column[$i] = i; next }
  $column["modality"] == "voice" {
    at = ($column["t0"] + $column["t1"]) / 2
    who = $column["who"] == "customer" ? "customer" : "agent"
    for (t = 1; t <= turns; t++)
      if (at > from[t] && at < until[t]) { all++; right += who == said[t] }
  }
  END { printf "%d of %d readings have the speaker of the turn\n", right, all
        exit !(all >= 10 && right >= 0.8 * all) }' "$samples/call.vtt" table
