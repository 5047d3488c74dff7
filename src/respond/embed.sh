#!/bin/sh
# embed.sh OUT.S FILE…: the library of responses as assembler that holds its bytes, and the list of its files.
out=$1; shift
{
  echo '.section .rodata'
  for file; do
    name=$(basename "$file" .json)
    printf 'respond_file_%s:\n.incbin "%s"\n.byte 0\nrespond_name_%s:\n.asciz "%s"\n' "$name" "$file" "$name" "$name.json"
  done
  printf '.section .data.rel.ro,"aw"\n.balign 8\n.global respond_files\n.hidden respond_files\nrespond_files:\n'
  for file; do
    name=$(basename "$file" .json)
    printf '.quad respond_name_%s, respond_file_%s\n' "$name" "$name"
  done
  echo '.quad 0, 0'
  echo '.section .note.GNU-stack,"",%progbits'
} >"$out"
