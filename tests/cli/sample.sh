#!/bin/sh
# sample.sh MIEN: holds `mien read` to what the sample call is written to express (samples/call.expect):
# on the average over a phase, each named state must be clearly higher than in the other one. What is
# known to be missed there is said and does not fail.
mien=$(realpath "$1")
samples=$MIEN_SOURCE_ROOT/samples
[ -f "$MIEN_SOURCE_ROOT/models/text.mien" ] || { echo "there is no text model yet"; exit 77; }
table=$(mktemp) || exit 1
trap 'rm -f "$table"' EXIT
unset MIEN_MODELS
"$mien" read "$samples/call.opus" --who left=customer,right=agent --format csv >"$table" || exit 1

awk -F, '
  FNR == NR && /^phase / { split($0, w, " "); from[w[2]] = w[3]; until[w[2]] = w[4]; next }
  FNR == NR && /^(above|missed) / { rule[++rules] = $0; next }
  FNR == NR { next }
  FNR == 1 { sub(/\r$/, ""); for (i = 1; i <= NF; i++) column[$i] = i; next }
  $column["modality"] == "fused" { # no field before the states has a comma in it
    rows++; who[rows] = $column["who"]; at[rows] = ($column["t0"] + $column["t1"]) / 2; line[rows] = $0
  }
  function mean(person, state, phase,   i, cell, sum, n) {
    for (i = 1; i <= rows; i++) {
      if (who[i] != person || at[i] < from[phase] || at[i] > until[phase]) continue
      split(line[i], cell, ",")
      if (cell[column[state]] == "") continue
      sum += cell[column[state]]; n++
    }
    return n ? sum / n : -1
  }
  END {
    if (!rules || !rows) { print "no rules, or no states"; exit 1 }
    for (r = 1; r <= rules; r++) {
      split(rule[r], w, " ")
      high = mean(w[2], w[3], w[4]); low = mean(w[2], w[3], w[5])
      ok = low >= 0 && high > low + 0.05
      if (w[1] == "missed") { printf ok ? "no longer missed, " : "missed, as is known, "; ok = 1 }
      printf "%s: %s of the %s, %s %.3f, %s %.3f\n", ok ? "ok" : "FAIL", w[3], w[2], w[4], high, w[5], low
      if (!ok) bad = 1
    }
    exit bad
  }' "$samples/call.expect" "$table"
