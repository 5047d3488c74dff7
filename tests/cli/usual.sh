#!/bin/sh
# usual.sh MIEN: what is usual for a person, learned by `mien usual`, is what `mien read --usual` compares with from the first
# word: the first cues of their voice are against their own usual, and against people's without it. Not without consent; a
# file that is none, that is sealed, or of somebody who does not take part is named.
mien=$(realpath "$1")
samples=$MIEN_SOURCE_ROOT/samples
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset MIEN_MODELS MIEN_USUAL_PASSPHRASE
failures=0
fail() { echo "FAIL: $*"; failures=$((failures + 1)); }
refused() { # CODE WORDS COMMAND…
  code=$1 words=$2
  shift 2
  "$@" >out 2>&1 </dev/null
  got=$?
  [ $got = "$code" ] || fail "$*: exit $got, not $code"
  grep -qF -- "$words" out || { fail "$*: does not say '$words'"; cat out; }
}

refused 3 'not kept without their consent' "$mien" usual c.usual "$samples/call.opus" --who customer
refused 2 'name recordings' "$mien" usual c.usual
refused 1 "nothing of 'nobody' was measured" "$mien" usual c.usual "$samples/call.opus" --who nobody --consent 'written for the test'
[ -e c.usual ] && fail 'a file of nothing'
"$mien" usual c.usual "$samples/call.opus" --who customer --consent 'written for the test' >out || fail 'learning'
grep -qF 'learned from 1 recording, 1 in all' out || fail 'what was learned is not told'
[ "$(stat -c %a c.usual)" = 600 ] || fail 'others may read the file'
"$mien" usual c.usual >shown || fail 'showing'
for part in 'consent: written for the test' pitch loudness valence; do grep -qF "$part" shown || fail "show has no $part"; done
refused 2 'go with a new file' "$mien" usual c.usual --consent again
"$mien" usual c.usual "$samples/call.opus" --who customer >out && grep -qF '2 in all' out || fail 'learning on'

# The customer's first final reading of voice: 30 s of them are known, or nothing is.
first() { grep '"modality":"voice"' | grep '"who":"customer"' | grep -m1 '"final":true'; }
"$mien" read --json "$samples/call.opus" | first >without
"$mien" read --json "$samples/call.opus" --usual customer=c.usual | first >with
grep -qF "this person's usual" with || fail 'the first words are not compared with their own usual'
grep -qF "this person's usual" without && fail 'a usual without a file'
"$mien" read --json "$samples/call.opus" --usual kim=c.usual 2>&1 >/dev/null | grep -qF "nothing of 'kim' was read" || fail 'a name that is nobody'"'"'s'

MIEN_USUAL_PASSPHRASE=one "$mien" usual s.usual "$samples/call.opus" --who customer --consent x --seal >/dev/null || fail 'sealing'
grep -q -e pitch -e consent s.usual && fail 'a sealed file is in clear'
MIEN_USUAL_PASSPHRASE=one "$mien" usual s.usual | grep -qF pitch || fail 'unsealing'
refused 3 'it is sealed' "$mien" usual s.usual
refused 1 'it is sealed' "$mien" read "$samples/call.opus" --usual customer=s.usual
echo '{"mien_usual":1,"consent":"x","usual":7}' >wrong.usual
refused 1 'not what is usual for somebody' "$mien" usual wrong.usual
echo '{"mien_usual":1,"consent":"x","usual":{"usual":1,"traits":[{"kind":"pitch","mean":1e99}],"dims":[]}}' >wrong.usual
refused 1 'not what is usual for somebody' "$mien" read "$samples/call.opus" --usual customer=wrong.usual
echo "$failures failed"
[ $failures = 0 ]
