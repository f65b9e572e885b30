#!/usr/bin/env python3
"""Asks made sentences over so many connections at a time, and shows how it goes.

usage: ask_many.py URL REQUESTS CONNECTIONS      a sentence comes behind the URL
"""
import concurrent.futures
import http.client
import json
import random
import sys
import time
import urllib.parse

WORDS = "the a this that my film food room service was is not very so good bad great awful nice dull and but".split()


def client(url, seed, n, show):
    at, r = urllib.parse.urlsplit(url), random.Random(seed)
    c = http.client.HTTPConnection(at.hostname, at.port, timeout=60)
    times, pleased = [], 0
    for _ in range(n):
        text = " ".join(r.choice(WORDS) for _ in range(r.randint(2, 30)))
        begin = time.perf_counter()
        c.request("GET", f"{at.path}?{at.query}{urllib.parse.quote(text)}")
        answer = c.getresponse()
        said = json.loads(answer.read())
        if answer.status != 200:
            raise SystemExit(f"{answer.status}: {said}")
        times.append(time.perf_counter() - begin)
        pleased += said["pos_score"] > .5
        show()
    return times, pleased


def main():
    url, total, connections = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    each, done = max(1, total // connections), 0

    def show():
        nonlocal done
        done += 1
        if sys.stderr.isatty():
            print(f"\r{done} of {each * connections}", end="", file=sys.stderr, flush=True)
    begin = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(connections) as pool:
        parts = list(pool.map(lambda seed: client(url, seed, each, show), range(connections)))
    took = time.perf_counter() - begin
    times = sorted(t for part in parts for t in part[0])
    if sys.stderr.isatty():
        print("\r", end="", file=sys.stderr)
    print(f"{len(times)} answers in {took:.2f} s, {len(times) / took:.0f} a second; median {times[len(times) // 2] * 1000:.1f} ms, "
          f"p99 {times[len(times) * 99 // 100] * 1000:.1f} ms; {sum(p[1] for p in parts)} of them positive")


if __name__ == "__main__":
    main()
