#!/bin/sh
# uses.sh MIEN [PAGE…]: runs the pages of docs/uses: every block that begins with ```sh run, in order, in one folder for
# each page, beside samples/ and with mien on the PATH. A block must end with exit 0, and each line of a block ```text
# expect that follows it must be somewhere in what it printed. A page without a block that runs is a failure.
root=$MIEN_SOURCE_ROOT
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" && ln -s "$(realpath "$1")" "$work/bin/mien" || exit 1
shift
export PATH="$work/bin:$PATH"
unset MIEN_MODELS
failures=0 blocks=0
[ $# -gt 0 ] || set -- "$root"/docs/uses/*.md
for page; do
  name=$(basename "$page" .md)
  mkdir -p "$work/$name" "$work/parts/$name" && ln -sfn "$root/samples" "$work/$name/samples" || exit 1
  awk -v to="$work/parts/$name/" '
    /^```/ && file { close(file); file = ""; next }
    /^```sh run$/ { file = sprintf("%s%03d.sh", to, ++n); printf "" > file; next }
    /^```text expect$/ { file = sprintf("%s%03d.expect", to, n); printf "" > file; next }
    file { print > file }' "$page"
  for block in "$work/parts/$name"/*.sh; do
    [ -f "$block" ] || { echo "FAIL: $name has no block that runs"; failures=$((failures + 1)); continue; }
    blocks=$((blocks + 1))
    number=$(basename "$block" .sh)
    if ! (cd "$work/$name" && sh -e "$block") >"$work/out" 2>&1 </dev/null; then
      echo "FAIL: $name, block $number:"; cat "$block"; tail -n 8 "$work/out"; failures=$((failures + 1)); continue
    fi
    [ -f "${block%.sh}.expect" ] || continue
    while IFS= read -r line; do
      grep -qF -- "$line" "$work/out" && continue
      echo "FAIL: $name, block $number did not print: $line"; tail -n 8 "$work/out"; failures=$((failures + 1))
    done <"${block%.sh}.expect"
  done
done
echo "$blocks blocks, $failures failed"
[ $failures = 0 ] && [ $blocks -gt 0 ]
