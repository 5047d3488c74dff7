#!/bin/sh
# answers.sh MIEN: `mien eval respond` and `empathy` on sets made up here, laid out as the real ones are. The conversation is
# that of `train/respond.py --golden`, whose probabilities say which strategies come first.
mien=$(realpath "$1") || exit 1
models=$MIEN_SOURCE_ROOT/models
[ -f "$models/respond-research.mien" ] || { echo "there is no model of respond"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
. "$MIEN_SOURCE_ROOT/tests/eval/common.sh"
limit=100

mkdir -p data/text/research/esconv/codes/dataset
run 1 "give a folder that has it by --models DIR" "$mien" eval respond --data data
run 1 "testWithStrategy_short.tsv|not scored" "$mien" eval respond --data data --models "$models"
set=data/text/research/esconv/codes/dataset/testWithStrategy_short.tsv
a="0 0 Hello, I have not slept well since we moved. " b="1 1 [Questions] What keeps you awake?"
c="0 2 I miss my friends, and nobody here talks to me! " d="1 3 [Reflection of feelings] That sounds lonely."
e="0 4 It is. Some days I do not say a word to anyone. " f="1 5 [Affirmation and Reassurance] You are not alone in that."
# two windows that overlap, and a second conversation, of which the first window tells nothing
printf '%s\n' "1.0 $a EOS 1.0 $b EOS 1.0 $c EOS 1.0 $d" "0.0 $b EOS 0.0 $c EOS 0.0 $d EOS 1.0 $e EOS 1.0 $f" \
  "1.0 $a EOS 1.0 1 1 [Other] Hello." >$set
run 0 "2 conversations, 4 answers" "$mien" eval respond --data data --models "$models"
run 0 "" "$mien" eval respond --data data --models "$models" --json
# clarify comes first, reflect fourth, reassure second, others second
figure "" '"eight labels"' "top-3 hit rate" 0.75 4
figure "" '"eight labels"' "accuracy of the first" 0.25 4
figure "" '"eight labels"' "top-3 of the most frequent" 0.75 4
figure "" '"eight labels"' "gain over the most frequent" 0 4
figure "" '"seven labels"' "top-3 of the most frequent" 1 3
grep -qF '"part":"seven labels","measure":"gain over the most frequent","value":-0.333' out ||
  failed "the gain over seven labels"
echo "1.0 2 0 who is this" >>$set
run 1 "line 4 is not a window" "$mien" eval respond --data data --models "$models"
printf '1.0 %s EOS 1.0 1 1 [Singing] la' "$a" >$set
run 1 "line 1 is not a window" "$mien" eval respond --data data --models "$models"
printf '1.0 0 99999 far away' >$set
run 1 "line 1 is not a window" "$mien" eval respond --data data --models "$models"
printf '1.0 %s' "$a" >$set
run 1 "there is no answer to a seeker" "$mien" eval respond --data data --models "$models"

# Empathy: ids p4 and p6 are of the test part, p0 is not
reddit=data/text/research/empathy_reddit essays=data/text/open/empathic_reactions/responses/data
mkdir -p $reddit $essays
run 1 "emotional-reactions-reddit.csv|not scored" "$mien" eval empathy --data data --models "$models"
for part in emotional-reactions interpretations explorations; do
  printf '%s\n' "sp_id,rp_id,seeker_post,response_post,level,rationales" \
    "p4,r1,\"I lost my job, and nobody cares.\",\"I am so sorry, that must hurt. What happened?\",2,x" \
    "p6,r2,I feel so alone,\"Whatever.\",0," "p0,r3,I feel so alone,\"Whatever.\",2," >$reddit/$part-reddit.csv
done
printf '%s\n' message_id,response_id,article_id,empathy,distress,empathy_bin,distress_bin,essay \
  'm1,p4,1,6.5,6,1,1,"my heart breaks for these poor children and their suffering families"' \
  'm2,p6,1,1.5,1,0,0,"the article is badly written and i do not care for the politics of it"' \
  'm3,p0,1,7,1,0,0,"the article is badly written"' >$essays/messages.csv
run 0 "" "$mien" eval empathy --data data --models "$models" --json
figure "" '"replies"' "Pearson's r" 1 2
figure "" '"essays"' "Pearson's r" 1 2
sed -i 's/,r2,/,r9,/' $reddit/explorations-reddit.csv
run 1 "row 2 is of another reply" "$mien" eval empathy --data data --models "$models"
sed -i '$d' $reddit/explorations-reddit.csv
run 1 "it has not the rows of" "$mien" eval empathy --data data --models "$models"

[ $failures = 0 ] && echo "all as it should be"
exit $((failures > 0))
