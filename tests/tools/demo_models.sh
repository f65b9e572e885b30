#!/bin/bash
# The sentiment example with the small model of its folder: start, ask, stop.
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
folder=examples/sentiment
work=$(mktemp -d)
server=
cleanup() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap cleanup EXIT

if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' off=$'\e[0m'; else bold='' dim='' off=''; fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$off"; }
show() { printf '%s$ %s%s\n' "$dim" "$*" "$off"; "$@"; }

say "1. Compile $folder/sentiment.sg: shapes are checked through the whole model"
show "$build/sgc" "$folder/sentiment.sg" -o "$work/app.plan"
printf 'a plan of %s bytes\n' "$(stat -c %s "$work/app.plan")"

say "2. Start it with the model of $folder/model ($(du -k --apparent-size "$folder/model/model.safetensors" | cut -f1) KB of weights)"
export SENTIMENT_MODEL=$folder/model
"$build/sgrun" "$work/app.plan" --listen 127.0.0.1:0 2> "$work/log" &
server=$!
for _ in $(seq 100); do
  grep -q 'ready on' "$work/log" && break
  sleep 0.05
done
cat "$work/log"
url=$(sed -n 's/.*ready on \(http[^ ]*\) .*/\1/p' "$work/log")
[ -n "$url" ] || exit 1

ask() { # text
  printf '%s$ curl -G /router --data-urlencode txt=%s%s\n' "$dim" "'$1'" "$off"
  curl -s -G --data-urlencode "txt=$1" -w '\n   -> %{http_code}, %{time_total} s\n' "$url/router"
}

say "3. Ask"
ask 'I like you'
ask 'this is terrible'
ask 'The food was not bad at all'
ask 'The service was excellent, but the food was cold.'

say "4. Texts that are too short or too long are refused"
curl -s -X POST -w '\n   -> %{http_code}\n' "$url/classify?input_text=i"
ask "$(printf 'word %.0s' $(seq 600))" | tail -n 2

say "5. 2000 questions over 32 connections, one batch at a time"
python3 tests/tools/ask_many.py "$url/router?txt=" 2000 32
