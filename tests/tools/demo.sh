#!/bin/bash
# The tutorial graph, served for real: compile, look, start, ask, stop.
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
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

say "1. Compile examples/tutorial/tutorial.sg"
show "$build/sgc" examples/tutorial/tutorial.sg -o "$work/app.plan"
printf 'a plan of %s bytes\n' "$(stat -c %s "$work/app.plan")"

say "2. What the compiler knows: the critical path of each route"
printf '%s$ %s%s\n' "$dim" "$build/sgc explain examples/tutorial/tutorial.sg" "$off"
"$build/sgc" explain examples/tutorial/tutorial.sg | sed '/^Waits/,$d'

say "3. The picture of the graph"
"$build/sgc" --graphviz examples/tutorial/tutorial.sg > "$work/tutorial.dot"
dot -Tsvg "$work/tutorial.dot" > "$build/tutorial.svg"
printf 'drawn as %s/tutorial.svg; its edges, and what goes along them:\n' "$build"
python3 tests/tools/dot_edges.py < "$work/tutorial.dot"

say "4. Start it"
"$build/sgrun" "$work/app.plan" --listen 127.0.0.1:0 2> "$work/log" &
server=$!
for _ in $(seq 100); do
  grep -q 'ready on' "$work/log" && break
  sleep 0.05
done
cat "$work/log"
url=$(sed -n 's/.*ready on \(http[^ ]*\) .*/\1/p' "$work/log")
[ -n "$url" ] || exit 1

ask() { # method path body
  printf '%s$ curl -X %s %s -d %s%s\n' "$dim" "$1" "$2" "'$3'" "$off"
  curl -s -X "$1" -H 'content-type: application/json' -d "$3" \
    -w '\n   -> %{http_code} %{content_type}, %{time_total} s\n' "$url$2"
}

say "5. Ask: the path of 150 + 300 ms is what an answer takes"
ask POST /my-dag '["5", [1, 2], "sum"]'
ask POST /my-dag '["1", [0, 2], "max"]'

say "6. Wrong input is refused with every offence named"
ask POST /my-dag '["5", [1, "a"], "min"]'
ask POST /my-dag '{"broken'
ask POST /my-dag '["x", [1], "sum"]'

say "7. Adapters: arrays and images"
ask POST /ndarray '{"array": [[1, 2], [3, 4]]}'
ask POST /ndarray '{"array": [1.9, 2.1, 3, 4], "shape": [2, 2], "dtype": "int64"}'
python3 tests/tools/make_png.py 100 100 > "$work/image.png"
printf '%s$ curl -F img=@image.png /image%s\n' "$dim" "$off"
curl -s -F "img=@$work/image.png;type=image/png" -w '\n   -> %{http_code}\n' "$url/image"

say "8. Twenty measured requests"
python3 - "$url" <<'E'
import json, statistics, sys, time, urllib.request
times = []
for _ in range(20):
    ask = urllib.request.Request(sys.argv[1] + "/my-dag", json.dumps(["5", [1, 2], "sum"]).encode(),
                                 {"content-type": "application/json"})
    begin = time.perf_counter()
    urllib.request.urlopen(ask).read()
    times.append((time.perf_counter() - begin) * 1000)
print(f"median {statistics.median(times):.1f} ms, least {min(times):.1f} ms; critical path 450 ms")
E

say "9. Stop"
kill -TERM "$server"
wait "$server" && echo "stopped, nothing was dropped"
server=
