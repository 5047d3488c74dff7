#!/bin/sh
# embed.sh OUT.S FILE: the shipped rules as assembler that holds their bytes.
cat >"$1" <<S
.section .rodata
.global rules_default
rules_default:
.incbin "$2"
.global rules_default_end
rules_default_end:
.byte 0
.section .note.GNU-stack,"",%progbits
S
