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
