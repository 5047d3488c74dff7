#!/bin/sh
# docs.sh MIEN: runs the examples of README.md and docs/*.md: every line "$ mien …" in a block that
# begins with ```console, in a folder of their own beside the samples. Each must end with exit 0.
root=$MIEN_SOURCE_ROOT
[ -f "$root/models/text.mien" ] || { echo "there is no text model yet"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" && ln -s "$(realpath "$1")" "$work/bin/mien" && ln -s "$root/samples" "$work/samples" || exit 1
export PATH="$work/bin:$PATH"
unset MIEN_MODELS
awk 'FNR == 1 { on = 0 } /^```console/ { on = 1; next } /^```/ { on = 0 } on && /^\$ / { print substr($0, 3) }' \
  "$root/README.md" "$root"/docs/*.md >"$work/examples"
count=0 failures=0
while IFS= read -r example; do
  count=$((count + 1))
  if ! (cd "$work" && sh -c "$example") >"$work/out" 2>&1 </dev/null; then
    echo "FAIL: $example"; head -n 5 "$work/out"; failures=$((failures + 1))
  fi
done <"$work/examples"
echo "$count examples, $failures failed"
[ $failures = 0 ] && [ $count -gt 0 ]
