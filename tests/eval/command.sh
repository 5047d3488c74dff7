#!/bin/sh
# command.sh MIEN: `mien eval` on made-up sets: wrong usage, folders that are not there, damaged lists, and
# pictures that cannot be read. Exit 77 (skipped) without ffmpeg or the expression model.
mien=$(realpath "$1") || exit 1
command -v ffmpeg >/dev/null || { echo "ffmpeg is not installed"; exit 77; }
[ -f "$MIEN_SOURCE_ROOT/models/face-expression.mien" ] || { echo "there is no expression model"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
. "$MIEN_SOURCE_ROOT/tests/eval/common.sh"

run 0 "SET…|ferplus|--data DIR" "$mien" eval --help
run 2 "no set is named" "$mien" eval
run 2 "there is no set 'nothing'" "$mien" eval ferplus nothing
run 1 "there is no such folder|--data DIR" "$mien" eval ferplus --data nowhere
mkdir data
run 1 "face/ferplus/labels.csv|--data DIR|not scored" "$mien" eval ferplus --data data

mkdir -p data/face/ferplus/test
list=data/face/ferplus/labels.csv
head=file,split,fer2013_label,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF,dup_group,leaks_from_train
: >$list
run 1 "has no row" "$mien" eval ferplus --data data
echo "file,split,neutral" >$list
run 1 "has no column 'happiness'" "$mien" eval ferplus --data data
printf '%s\n' "$head" >$list
run 1 "no picture of the test split" "$mien" eval ferplus --data data

make() { ffmpeg -v error -nostdin -y "$@" </dev/null || { echo "ffmpeg failed: $*"; exit 1; }; }
make -f lavfi -i "testsrc=size=48x48:duration=1:rate=1" -pix_fmt gray -frames:v 1 data/face/ferplus/test/a.jpg
make -f lavfi -i "mandelbrot=size=48x48:rate=1" -pix_fmt gray -frames:v 1 data/face/ferplus/test/b.jpg
make -f lavfi -i "testsrc=size=64x48:duration=1:rate=1" -pix_fmt gray -frames:v 1 data/face/ferplus/test/wide.jpg
printf '%s\n' "$head" \
  "ferplus/test/a.jpg,test,neutral,9,1,0,0,0,0,0,0,0,0,,0" \
  "ferplus/test/b.jpg,test,happy,0,8,0,0,0,2,0,0,0,0,,0" \
  "ferplus/test/b.jpg,test,x,5,5,0,0,0,0,0,0,0,0,,0" \
  "ferplus/test/b.jpg,test,x,0,1,0,0,0,2,0,0,0,7,,0" \
  "ferplus/test/b.jpg,test,x,9,1,0,0,0,0,0,0,0,0,,1" \
  "ferplus/test/b.jpg,train,x,9,1,0,0,0,0,0,0,0,0,,0" \
  "ferplus/test/wide.jpg,test,x,9,1,0,0,0,0,0,0,0,0,,0" \
  "ferplus/test/missing.jpg,test,x,9,1,0,0,0,0,0,0,0,0,,0" >$list
# a tie, a face mostly voted "not a face", one that leaks and one of train are left out
run 0 "n=2 |2 pictures could not be read|cannot be read:" "$mien" eval ferplus --data data
run 0 '"measure":"accuracy"|"items":2|"at_least":0.85' "$mien" eval ferplus --data data --json
grep -qvE '^\{.*\}$' out && { echo "FAIL: not JSON lines"; failures=$((failures + 1)); }
run 0 "" "$mien" eval ferplus --data data --write report.md
grep -q '^# Accuracy' report.md && grep -q 'face-expression, version' report.md &&
  grep -q 'by .mien eval ferplus. on' report.md ||
  { echo "FAIL: report.md is not the report"; failures=$((failures + 1)); }
run 1 "No space left" "$mien" eval ferplus --data data --write /dev/full

mkdir -p data/text/open/crema_d_ratings
echo '"","A","D","F","H","N","S","fileName"' >data/text/open/crema_d_ratings/tabulatedVotes.csv
run 1 "no clip has all three ratings" "$mien" eval people --data data

# Voices: a clip that cannot be read, one without speech, and folds that are not there or not models
mkdir -p data/splits data/voice/emodb data/voice/noise_esc10 folds
make -f lavfi -i "anoisesrc=d=1:a=0.1:r=16000:seed=1" data/voice/emodb/a.wav
cp data/voice/emodb/a.wav data/voice/noise_esc10/1-5-a.opus
echo "dataset,file,speaker,gender,emotion,split" >data/splits/voice.csv
run 1 "no clip of emodb could be read" "$mien" eval emodb --data data
printf '%s\n' "emodb,a.wav,emodb_1,F,boredom,test" "emodb,b.wav,emodb_1,F,sad,test" \
  "emodb,a.wav,emodb_2,M,calm,test" "emodb,a.wav,emodb_3,M,angry,train" >>data/splits/voice.csv
run 0 "in 1 clips no speech was found|1 clips could not be read|boredom" "$mien" eval emodb --data data
run 1 "voice/noise_esc10/labels.csv|not scored" "$mien" eval voice-ways --data data
echo file >data/voice/noise_esc10/labels.csv
run 1 "no noise of fold 5" "$mien" eval voice-ways --data data
echo 1-5-a.flac >>data/voice/noise_esc10/labels.csv
run 0 "EmoDB on its way|telephone, noise at 10 dB|n=1 " "$mien" eval voice-ways --data data
run 1 "needs --folds DIR" "$mien" eval voice-folds --data data
run 1 "there is no fold-0.mien" "$mien" eval voice-folds --data data --folds folds
cp "$MIEN_SOURCE_ROOT/models/voice.mien" folds/fold-0.mien
run 1 "'held_out'" "$mien" eval voice-folds --data data --folds folds

[ $failures = 0 ] && echo "all as it should be"
exit $((failures > 0))
