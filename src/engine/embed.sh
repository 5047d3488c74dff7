#!/bin/sh
# embed.sh OUT FOLDER NAME…: writes an assembler file that puts the models FOLDER/NAME.mien into the
# program's read-only data, each between mien_embedded_NAME and mien_embedded_NAME_end. A model that
# is not there is empty: start and end are the same. Run by every build; OUT changes, and is
# assembled again, only when a model did.
set -e
out=$1
folder=$2
shift 2
new=$out.new
{
  echo '/* written by src/engine/embed.sh */'
  echo '  .section .rodata'
  for name; do
    symbol=mien_embedded_$(echo "$name" | tr - _)
    file=$folder/$name.mien
    printf '  .balign 64\n'
    for each in "$symbol" "${symbol}_end"; do printf '  .globl %s\n  .hidden %s\n' "$each" "$each"; done
    printf '%s:\n' "$symbol"
    [ ! -f "$file" ] || printf '  .incbin "%s" /* %s */\n' "$file" "$(cksum < "$file")"
    printf '%s_end:\n  .byte 0\n' "$symbol"
  done
  echo '  .section .note.GNU-stack,"",%progbits'
} > "$new"
if cmp -s "$new" "$out"; then rm "$new"; else mv "$new" "$out"; fi
