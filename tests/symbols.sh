#!/bin/sh
# symbols.sh LIBRARY…: every symbol that others can link to starts with mien_. Shared libraries and
# programs: what they export; archives: what is not hidden.
failures=0
for library; do
  case $library in
    *.a) symbols=$(readelf -sW "$library" | awk '$5 == "GLOBAL" && $6 == "DEFAULT" && $7 != "UND" { print $8 }') ;;
    *) symbols=$(nm -D --defined-only "$library" | awk '{ print $3 }') ;;
  esac || exit 99
  foreign=$(printf '%s\n' "$symbols" | sort -u | grep -vE '^mien_|^$|^_(init|fini|edata|end|_bss_start)$|^__(asan|ubsan|odr_asan|sanitizer|start|stop)_')
  count=$(printf '%s\n' "$symbols" | sort -u | grep -c '^mien_')
  if [ "$count" = 0 ]; then echo "$library: no symbol starts with mien_: was it built right?"; failures=1; fi
  if [ -n "$foreign" ]; then
    echo "$library: these do not start with mien_ (make them static, or leave MIEN_API away):"
    printf '  %s\n' $foreign
    failures=1
  fi
done
exit $failures
