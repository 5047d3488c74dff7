#!/bin/sh
# Runs docs/example.c: three turns, three states, and the frustration falls. 77: no text model here.
[ -f "$MIEN_SOURCE_ROOT/models/text.mien" ] || { echo "skipped: models/text.mien is not there"; exit 77; }
out=$("$1") || exit 1
echo "$out"
echo "$out" | awk '/frustration [0-9]/ { f[++n] = $2 + 0 } END { exit !(n == 3 && f[3] < f[1] / 2) }'
