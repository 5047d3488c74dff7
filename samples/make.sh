#!/bin/sh
# samples/make.sh: makes call.opus (customer left, agent right), call.vtt and call.expect again from
# call.script. Needs espeak-ng, sox and ffmpeg.
set -e
cd "$(dirname "$0")"
for tool in espeak-ng sox soxi ffmpeg; do
  command -v $tool >/dev/null || { echo "make.sh: $tool is missing: apt-get install espeak-ng sox ffmpeg" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rate=22050 # espeak-ng's own

sum() { awk "BEGIN { printf \"%.3f\", $1 }"; }
clock() { awk -v t="$1" 'BEGIN { printf "%02d:%06.3f", int(t / 60), t % 60 }'; }

echo "WEBVTT" >call.vtt
: >"$work/phases"
now=0 customer_end=0 agent_end=0 n=0
: >"$work/customer"; : >"$work/agent"
grep -v '^#' call.script >"$work/script"
while IFS='|' read -r phase who pitch speed volume pause words; do
  n=$((n + 1))
  voice=en-us+m3; [ $who = customer ] && voice=en-us+f2
  espeak-ng -v $voice -p $pitch -s $speed -a $volume -w "$work/raw.wav" "$words"
  # espeak-ng ends each file in silence: cut it so that the pauses are ours
  sox "$work/raw.wav" "$work/turn.wav" reverse silence 1 0.01 0.3% reverse
  start=$(sum "$now + ($pause)")
  eval "own_end=\$${who}_end"
  sox "$work/turn.wav" "$work/$who.$n.wav" pad "$(sum "$start - $own_end")"
  echo "$work/$who.$n.wav" >>"$work/$who"
  now=$(sum "$start + $(soxi -D "$work/turn.wav")")
  eval "${who}_end=$now"
  printf '\n%s --> %s\n<v %s>%s\n' "$(clock "$start")" "$(clock "$now")" "$who" "$words" >>call.vtt
  echo "$phase $start $now" >>"$work/phases"
done <"$work/script"

for who in customer agent; do # one channel each, with a quiet room behind it
  sox $(cat "$work/$who") "$work/voice.wav"
  sox -R -n -r $rate -b 16 "$work/room.wav" synth "$(sum "$now + 0.6")" pinknoise vol 0.0015
  sox -m -v 1 "$work/voice.wav" -v 1 "$work/room.wav" "$work/$who.wav"
done
sox -M "$work/customer.wav" "$work/agent.wav" "$work/call.wav" gain -n -3
ffmpeg -v error -y -i "$work/call.wav" -c:a libopus -b:a 48k -map_metadata -1 -fflags +bitexact -flags:a +bitexact call.opus

{
  echo "# What the call is written to express: written by make.sh from the phases of call.script."
  echo "# phase  name  from  until (seconds)"
  awk '{ if (!($1 in from)) { from[$1] = $2; order[++n] = $1 } until[$1] = $3 }
       END { for (i = 1; i <= n; i++) print "phase", order[i], from[order[i]], until[order[i]] }' "$work/phases"
  echo "# above  who  state  phase  phase: the state is higher, on average, in the first phase"
  echo "# missed: the same, where it is known not to hold: said, and no failure. espeak's raised pitch at 0:24"
  echo "# is heard as joy by the voice model, which hears people better than synthetic voices"
  echo "missed customer frustration rising opening"
  echo "above customer frustration angry opening"
  echo "above customer frustration angry relieved"
  echo "above customer satisfaction relieved angry"
  echo "above customer satisfaction relieved opening"
} >call.expect
