# common.sh: what the shell tests of this folder share; they source it after they have gone to a folder of their own. Counts in
# `failures`; `limit`: seconds that a command may take.
limit=60 failures=0
unset MIEN_MODELS MIEN_DATA
export LC_ALL=C.UTF-8

failed() { echo "FAIL: $1"; sed 's/^/  | /' out; failures=$((failures + 1)); }
# run CODE "words of the output, separated by |" COMMAND…
run() {
  code=$1 words=$2; shift 2
  timeout $limit "$@" >out 2>&1; got=$?
  [ $got = "$code" ] || { failed "exit $got, not $code: $*"; return; }
  while [ -n "$words" ]; do
    word=${words%%|*}
    case $words in *"|"*) words=${words#*|} ;; *) words= ;; esac
    grep -qF -- "$word" out || { failed "no '$word': $*"; return; }
  done
}
# figure "set, or nothing for any" 'part, as JSON has it' "measure" VALUE ITEMS: stands so in the JSON lines of the last run
figure() {
  grep -F "\"set\":\"${1:+$1\"}" out | grep -F "\"part\":$2," | grep -F "\"measure\":\"$3\",\"value\":$4," |
    grep -qF "\"items\":$5," || failed "$1, $2: $3 is not $4 of $5"
}
