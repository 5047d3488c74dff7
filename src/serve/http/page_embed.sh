#!/bin/sh
# page_embed.sh OUT FOLDER: the web app built in FOLDER, plain and as gzip: OUT.S with the bytes, OUT.c with the list. Run by every
# build; the outputs change only when a file did.
set -e
out=$1
folder=$2
packed=$out.packed
files=
[ ! -f "$folder/index.html" ] || files=$(cd "$folder" && find . -type f | LC_ALL=C sort | sed 's/^\.//')
mkdir -p "$packed"
number=0
{
  echo '/* written by src/serve/http/page_embed.sh */'
  echo '  .section .rodata'
  for file in $files; do
    number=$((number + 1))
    case $file in
    *.opus) : >"$packed/$number.gz" ;; # packed already: page.c gives it as it is
    *) gzip -9 -n -c "$folder$file" >"$packed/$number.gz" ;;
    esac
    for each in "page_$number:$folder$file" "page_packed_$number:$packed/$number.gz"; do
      symbol=serve_${each%%:*}
      printf '  .globl %s, %s_end\n  .hidden %s, %s_end\n%s:\n  .incbin "%s" /* %s */\n%s_end:\n  .byte 0\n' \
        "$symbol" "$symbol" "$symbol" "$symbol" "$symbol" "${each#*:}" "$(cksum <"${each#*:}")" "$symbol"
    done
  done
  echo '  .section .note.GNU-stack,"",%progbits'
} >"$out.S.new"
number=0
{
  echo '#include "serve/http/page.h"'
  for file in $files; do
    number=$((number + 1))
    echo "extern const char serve_page_$number[], serve_page_${number}_end[], serve_page_packed_$number[], serve_page_packed_${number}_end[];"
  done
  echo 'const serve_page_file serve_page_files[] = {'
  number=0
  for file in $files; do
    number=$((number + 1))
    path=$file
    [ "$file" != /index.html ] || path=/
    echo "  {\"$path\", serve_page_$number, serve_page_${number}_end, serve_page_packed_$number, serve_page_packed_${number}_end},"
  done
  echo '  {0}};'
  echo "const size_t serve_page_count = $number;"
} >"$out.c.new"
for each in S c; do
  if cmp -s "$out.$each.new" "$out.$each"; then rm "$out.$each.new"; else mv "$out.$each.new" "$out.$each"; fi
done
