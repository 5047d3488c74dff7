#!/bin/sh
# embed.sh OUT FILE…: writes an assembler file that puts each FILE into the program's read-only data,
# between report_ENDING and report_ENDING_end (report.css: report_css).
set -e
out=$1
shift
{
  echo '/* written by src/report/embed.sh */'
  echo '  .section .rodata'
  for file; do
    symbol=report_${file##*.}
    for each in "$symbol" "${symbol}_end"; do printf '  .globl %s\n  .hidden %s\n' "$each" "$each"; done
    printf '%s:\n  .incbin "%s"\n%s_end:\n  .byte 0\n' "$symbol" "$(realpath "$file")" "$symbol"
  done
  echo '  .section .note.GNU-stack,"",%progbits'
} > "$out"
