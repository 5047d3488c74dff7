#!/bin/sh
# embed.sh OUT.S FILE…: the ready-made descriptions as assembler that holds their bytes.
out=$1; shift
echo '.section .rodata' >"$out"
for file; do
  name=$(basename "$file" .json)
  printf '.global adapt_ready_%s\n.hidden adapt_ready_%s\nadapt_ready_%s:\n.incbin "%s"\n.byte 0\n' "$name" "$name" "$name" "$file" >>"$out"
done
echo '.section .note.GNU-stack,"",%progbits' >>"$out"
