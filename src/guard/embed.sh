#!/bin/sh
# embed.sh OUT FILE…: the packs as assembler and C that hold their bytes: OUT.S with the bytes, OUT.c with the list.
out=$1
shift
{
  echo '.section .rodata'
  for file; do
    name=$(basename "$file" .yaml | tr - _)
    printf '.global guard_pack_%s\nguard_pack_%s:\n.incbin "%s"\n.global guard_pack_%s_end\nguard_pack_%s_end:\n.byte 0\n' \
      "$name" "$name" "$file" "$name" "$name"
  done
  echo '.section .note.GNU-stack,"",%progbits'
} >"$out.S"
{
  echo '#include "guard/embedded.h"'
  for file; do
    name=$(basename "$file" .yaml | tr - _)
    echo "extern const char guard_pack_$name[], guard_pack_${name}_end[];"
  done
  echo 'const guard_file guard_embedded[] = {'
  for file; do
    name=$(basename "$file" .yaml | tr - _)
    echo "  {\"policies/$(basename "$file")\", guard_pack_$name, guard_pack_${name}_end},"
  done
  echo '};'
  echo 'const size_t guard_embedded_count = sizeof guard_embedded / sizeof *guard_embedded;'
} >"$out.c"
