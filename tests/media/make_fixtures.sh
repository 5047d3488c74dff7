#!/bin/sh
# Makes the small recordings and pictures of tests/media/fixtures again, and from them the corpus of
# fuzz_media. Needs the program ffmpeg; the tests do not. Everything is synthetic.
set -e
cd "$(dirname "$0")/fixtures"
make() { ffmpeg -v error -y -fflags +bitexact "$@"; }
PLAIN="-flags +bitexact -map_metadata -1"
SCENE="-f lavfi -i testsrc2=s=96x64:r=10 -f lavfi -i sine=440:r=16000"
make $SCENE -t 2 -c:v mpeg4 -q:v 12 -c:a aac -b:a 24k $PLAIN -movflags +faststart scene.mp4
make -i scene.mp4 -an -c copy $PLAIN -movflags +faststart silent.mp4
make -i scene.mp4 -an -c copy $PLAIN -movflags +faststart -metadata:s:v rotate=90 turned.mp4
head -c "$(($(stat -c %s scene.mp4) * 6 / 10))" scene.mp4 > cut.mp4
make -i scene.mp4 -c copy $PLAIN no-index.tmp.mp4
head -c "$(($(stat -c %s no-index.tmp.mp4) / 2))" no-index.tmp.mp4 > no-index.mp4
rm no-index.tmp.mp4
make -f lavfi -i testsrc2=s=64x48:r=1 -frames:v 1 -q:v 8 $PLAIN picture.jpg
head -c "$(($(stat -c %s picture.jpg) * 6 / 10))" picture.jpg > cut.jpg
make -f lavfi -i testsrc2=s=64x48:r=1 -frames:v 1 $PLAIN picture.png
make -f lavfi -i testsrc2=s=16x12:r=10 -t 0.5 $PLAIN moving.gif
make -f lavfi -i sine=440:r=44100 -i picture.png -map 0 -map 1 -t 0.5 -c:a libmp3lame -b:a 32k \
  -c:v copy -disposition:v attached_pic -id3v2_version 3 $PLAIN cover.mp3
make -f lavfi -i sine=440:r=48000 -t 0.5 -c:a libopus -b:a 12k $PLAIN voice.opus
make -f lavfi -i sine=440:r=16000 -t 0.2 -c:a flac $PLAIN tone.flac
make -f lavfi -i sine=440:r=8000 -t 0.2 -c:a pcm_mulaw $PLAIN phone.wav
make -f lavfi -i testsrc2=s=32x24:r=10 -f lavfi -i sine=440:r=8000 -t 0.5 -c:v mpeg1video -r 25 -c:a mp2 -ar 16000 -b:a 32k $PLAIN scene.mpg
make -f lavfi -i testsrc2=s=32x24:r=10 -f lavfi -i sine=440:r=48000 -t 0.5 -c:v mpeg4 -c:a libopus -b:a 12k $PLAIN scene.mkv
make -f lavfi -i sine=440:r=16000 -t 0.2 -c:a adpcm_ima_wav $PLAIN adpcm.wav
corpus=../../fuzz/corpus/media
mkdir -p $corpus
cp scene.mp4 cut.mp4 no-index.mp4 cut.jpg picture.png moving.gif cover.mp3 voice.opus tone.flac phone.wav scene.mpg scene.mkv adpcm.wav $corpus/
printf '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n' > $corpus/list.m3u8
printf 'ffconcat version 1.0\nfile /etc/passwd\n' > $corpus/list.ffconcat
printf 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n' > $corpus/call.sdp
ls -l . $corpus
