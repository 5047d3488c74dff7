#!/bin/sh
# texts.sh MIEN: `mien eval` on sets of texts made up here, laid out as the real ones are: what is
# counted, what is left out, what a model without the head says. Exit 77 (skipped) without the model.
mien=$(realpath "$1") || exit 1
[ -f "$MIEN_SOURCE_ROOT/models/text.mien" ] || { echo "there is no text model"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
. "$MIEN_SOURCE_ROOT/tests/eval/common.sh"

scored() { run 0 "" "$mien" eval "$@" --data data --model bulk --json; }

run 2 "there is no text model 'large'" "$mien" eval text --data . --model large

mkdir -p data/text/open/goemotions/original
go=data/text/open/goemotions/original/test.tsv
run 1 "goemotions/original/test.tsv|--data DIR" "$mien" eval goemotions --data data
printf '%s\t%s\tx\n' "Thank you so much!" 15 "I love this, it is wonderful" 18 "I am so sad that she is gone" 25 \
  "Thanks, I love you" 15,18 "no label at all" "" "This is disgusting, gross and vile" 11 >$go
run 1 "text-deep.mien|not scored" "$mien" eval goemotions --data data --models . --model deep
scored goemotions
figure "GoEmotions test, 28 labels" null macro-F1 1 5
figure "GoEmotions test, 28 labels" '"love"' F1 1 2
figure "GoEmotions test, core labels, items with one label" null accuracy 1 4
grep -q '"model":"bulk"' out && grep -q '"aim":0.56' out || { echo "FAIL: no model, no aim"; failures=$((failures + 1)); }

brighter=data/text/open/brighter_semeval2025/track_a/test
mkdir -p $brighter
printf '%s\n' id,text,anger,disgust,fear,joy,sadness,surprise "1,I am so happy today!,0,0,0,1,0,0" \
  "2,\"I am furious, how dare you!\",1,0,0,0,0,0" "3,nobody said,,,,,," >$brighter/eng_labelled_from_history.csv
printf '%s\n' id,text,anger,disgust,fear,joy,sadness,surprise "1,as in the empty file,,,,,," >$brighter/eng.csv
printf '%s\n' id,text,anger,fear,joy,sadness,surprise "1,Ich freue mich so sehr!,0,0,1,0,0" >$brighter/deu.csv
scored brighter
figure "BRIGHTER track A test" '"mean of 2"' macro-F1 1 3
figure "BRIGHTER track A test" '"eng"' macro-F1 1 2

mkdir -p data/text/open/emobank data/text/open/xed/AnnotatedData data/text/research/tweeteval/emotion \
  data/text/research/tweeteval/irony data/text/research/meld/MELD data/text/open/isarcasmeval/train
printf '%s\n' id,split,V,A,D,text "1,test,4.5,4,3.5,I love this so much!" "2,test,1.5,3,2.5,I am so sad and lonely." \
  "3,train,1,1,1,This is terrible." "4,test,3,3,3,The meeting is on Tuesday." >data/text/open/emobank/emobank.csv
scored emobank
grep -q '"part":"valence","measure":"Pearson.s r","value":0.9[0-9]*,.*"items":3,' out ||
  failed "valence does not follow"

tweets=data/text/research/tweeteval
printf '%s\n' "@user this makes me so angry" "love this, so happy" "I hope it will be fine, stay strong" \
  "so sad and lonely tonight" >$tweets/emotion/test_text.txt
printf '0\n1\n2\n' >$tweets/emotion/test_labels.txt
run 1 "has 3 labels for 4 texts" "$mien" eval tweets --data data
printf '0\n1\n2\n3\n' >$tweets/emotion/test_labels.txt
scored tweets
figure "TweetEval emotion test, 4 classes" null macro-F1 1 4

printf '%s\n' "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID" "1,I am so happy!,A,joy,positive,0,0" \
  "2,I am so sad.,B,sadness,negative,0,1" "3,No such label.,B,bored,negative,0,2" "4,I hate you!,B,anger,negative,1,0" \
  >data/text/research/meld/MELD/test_sent_emo.csv
scored meld
figure "MELD test, 7 classes" '"each turn alone"' "weighted F1" 1 3

# what the bulk model has no head for: said so, and nothing scored
for set in xed irony isarcasm; do
  run 1 "this model has no" "$mien" eval $set --data data --model bulk
done

mkdir -p short/text/open/goemotions/original
printf 'Thank you!\t15\tx\n' >short/${go#data/}
run 1 "no text of it counts" "$mien" eval --data short --faithful --model bulk
for i in 1 2 3; do
  printf 'We met at the station on day %s and then I was so happy and in love\t17\tx\n' $i
  printf 'On day %s of the trip to the lake the hotel was a disgusting mess\t11\tx\n' $i
  printf 'The meeting is on day %s in room four of the house\t27\tx\n' $i
done >>$go
run 0 "ratio to random" "$mien" eval --data data --faithful --model bulk
run 0 "" "$mien" eval --faithful --data data --model bulk --json --write report.md
awk -F'"value":' '/"part":"ratio to random","measure":"drop, words taken out"/ { split($2, v, ","); found = v[1] > 1.5 }
  END { exit !found }' out || failed "the contributions are no better than chance"
grep -q '^## The text models side by side' report.md && grep -q '^| contributions: area' report.md ||
  { echo "FAIL: report.md lacks the table of the text models"; failures=$((failures + 1)); }
cp out first
run 0 "" "$mien" eval --faithful --data data --model bulk --json
cmp -s first out || { echo "FAIL: not the same figures twice"; failures=$((failures + 1)); }

# Models whose further heads say the same of every text (make_toy.py): joy and trust of Plutchik's, always
# ironic; of the five sarcasm heads the first and the third say yes. The research model says joy in MELD,
# optimism and not ironic in the tweets.
export MIEN_MODELS="$MIEN_SOURCE_ROOT/tests/eval/models"
toy() { run 0 "" "$mien" eval "$1" --data data --json --model "$2"; }
printf '%s\t%s\n' "Never  mind" 5 "Oh joy" "5, 8" "I adore Mondays" 1 >data/text/open/xed/AnnotatedData/en-annotated.tsv
printf '9\t%s\n' "I had soup" "It is four" >data/text/open/xed/AnnotatedData/neu_en.txt
toy xed deep
figure "XED English, held-out lines, 8 labels" '"lines with a label"' macro-F1 0.83333 2 # 1 and 2/3
figure "XED English, held-out lines, 8 labels" '"and neutral lines"' macro-F1 0.65 3     # 4/5 and 1/2
figure "XED English, held-out lines, 8 labels" '"trust"' F1 0.66667 2
printf '%s\n' "Just great" "The bus is late" "So good" >$tweets/irony/test_text.txt
printf '1\n0\n0\n' >$tweets/irony/test_labels.txt
toy irony deep
figure "TweetEval irony test" '"ironic"' F1 0.5 3
toy irony research
figure "TweetEval irony test" '"ironic"' F1 0 3
toy tweets research
figure "TweetEval emotion test, 4 classes" null macro-F1 0.1 4 # optimism: 2/5
toy meld research
figure "MELD test, 7 classes" '"with turns before"' "weighted F1" 0.16667 3 # joy: 1/2, of one in three
figure "MELD test, 7 classes" '"each turn alone"' accuracy 0.33333 3
printf '%s\n' ,tweet,sarcastic,rephrase "0, Never  mind,1," "1,Oh joy,1," "2,I adore Mondays,1," "3,My shoes are wet,0," \
  "4,What a lovely queue,1," "5,The bus left,0," "6,Thanks for nothing,1," "7,He plays chess,0," \
  '8,"Great, more rain",1,' "9,Fine by me,0," "10,,1," >data/text/open/isarcasmeval/train/train.En.csv
toy isarcasm deep # folds 0 … 4: 1, 0, 2/3, 0, 0 (its threshold is higher)
figure "iSarcasmEval English, 5 folds" '"mean of the folds"' "F1 of the sarcastic" 0.33333 10
run 0 "" "$mien" eval xed --data data --write report.md
grep -q '^| XED English (8), macro-F1 | ≥ 0.500 | 0.540 | | \*\*0.833\*\* ([^|]*) | \*\*0.833\*\* ([^|]*) |$' report.md ||
  { echo "FAIL: the models do not stand side by side"; grep XED report.md; failures=$((failures + 1)); }
run 0 "joy|trust|MELD|deep|research" "$mien" eval xed meld --data data # each model that is there
grep -q bulk out && { echo "FAIL: the bulk model is not in that folder"; failures=$((failures + 1)); }

[ $failures = 0 ] && echo "all as it should be"
exit $((failures > 0))
