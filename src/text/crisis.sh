#!/bin/sh
# crisis.sh OUT.C RULES.YAML: the phrases of the rule crisis_words as a list in C. The shipped rules are their one source.
awk '
BEGIN { print "/* Made by crisis.sh from rules/default.yaml. */\n#include \"text/phrase.h\"\n\nconst char *const text_crisis_phrases[] = {" }
/^  [a-z_]+:/ { rule = $1 }
rule != "crisis_words:" { next }
/^      words:[ ]*$/ { inside = 1; next }
inside && /^        - / { sub(/^        - /, ""); sub(/[ \t]+$/, ""); gsub(/["\\]/, ""); printf "    \"%s\",\n", $0; count++; next }
inside && /^        #/ { next }
{ inside = 0 }
END { print "    NULL};"; exit count < 20 }
' "$2" >"$1" || { echo "crisis.sh: $2 has no crisis_words with a list of words, one a line" >&2; exit 1; }
