#!/bin/sh
# sanitize.sh [BUILD-DIR [MESON-OPTION…]]: ./check under the address and undefined-behaviour sanitizers;
# any finding stops the test that met it. CC=clang works as well as gcc.
cd "$(dirname "$0")/.." || exit 1
dir=${1:-build-sanitize}
[ $# = 0 ] || shift
export ASAN_OPTIONS="detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1:$ASAN_OPTIONS"
export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1:$UBSAN_OPTIONS"
export LSAN_OPTIONS="suppressions=$PWD/tests/leaks.txt:print_suppressions=0:$LSAN_OPTIONS"
exec ./check "$dir" -Dwerror=true -Db_sanitize=address,undefined -Db_lundef=false "$@"
