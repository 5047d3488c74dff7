#!/bin/sh
# sample.sh MIEN TEST_REPORT: the report of the shipped sample, as `mien read` writes it, is whole,
# closed to the outside, and names both people and something that was said.
mien=$(realpath "$1") test_report=$(realpath "$2")
cd "$MIEN_SOURCE_ROOT" || exit 2
page=$(mktemp /tmp/mien-report-XXXXXX.html)
trap 'rm -f "$page"' EXIT
"$mien" read --html "$page" samples/call.opus > /dev/null || exit 1
"$test_report" --check "$page" || exit 1
for part in 'Timeline of customer' 'Timeline of agent' 'ridiculous' '<h2>Moments</h2>' '<b>forecast</b>' '<b>suggested</b>'; do
  grep -q "$part" "$page" || { echo "the sample's report lacks: $part"; exit 1; }
done
grep -q '<q lang="en" dir="auto">' "$page" || { echo "the suggestion is not in the language of what was said"; exit 1; }
"$mien" read --html "$page" --language de samples/call.opus > /dev/null && "$test_report" --check "$page" || exit 1
grep -q '<q lang="de" dir="auto">' "$page" || { echo "--language de: the suggestion is not in German"; exit 1; }
for wrong in '--language it --html /dev/null' '--language de' '--language nz --html /dev/null'; do
  "$mien" read $wrong samples/call.opus 2>&1 > /dev/null | grep -q -e '--language' || { echo "taken: $wrong"; exit 1; }
done
