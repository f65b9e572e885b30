#!/usr/bin/env python3
"""Measures ServeGraph beside Ray Serve, in its default and its best-tuned mode.

usage: tests/bench/bench_ray.py --python VENV_PYTHON [--build DIR] [--rounds N] [--only NAME]

Sections, each with the same work on both sides:
  echo      10 KB through two deployments
  tutorial  the tutorial's graph, 64 clients at once: its critical path is 450 ms
  stream    an answer of 50 pieces, made by one deployment and handed on by another
  batch     batches of ten at the most, 10 ms at the most; and what sizes they have
Figures: CPU time of all server processes per request, latencies, and for the first
section time from start to the first answer and idle memory. Ray's processes may use
every core; ServeGraph is held on one.
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

import bench
import measure
import programs

TUNED = {"RAY_SERVE_ENABLE_HA_PROXY": "1", "RAY_SERVE_USE_GRPC_BY_DEFAULT": "1",
         "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1"}


class RayServe:
    def __init__(self, python, app, env):
        self.port = bench.free_port()
        begin = time.perf_counter()
        self.process = subprocess.Popen(
            [python, str(pathlib.Path(__file__).with_name("ray_app.py")), app, str(self.port)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, **env})
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError("Ray Serve did not start")
        self.seconds = time.perf_counter() - begin
        self.url = f"http://127.0.0.1:{self.port}/"

    def memory_mb(self):
        return sum(measure.rss_mb(p) for p in measure.family(self.process.pid))

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process.stdout.close()


class Beside:
    """One section: what ServeGraph serves, what Ray's app is called, and the load."""

    def __init__(self, own, given, name, source, path="/", script=None):
        self.given, self.name = given, name
        self.pid, self.url = own.sgrun(own.plan(name, source))
        self.url += path
        self.script = script and own.folder / f"{name}.lua"
        if script:
            self.script.write_text(script)

    def servers(self, ray):
        return {"ray": (ray.process.pid, ray.url), "sgrun": (self.pid, self.url)}

    def costs(self, ray, mode, goal=None, **load):
        costs = measure.interleaved(self.servers(ray), self.given.rounds, seconds=4,
                                    script=self.script, **load)
        for name, values in costs.items():
            bench.report(f"{self.name}, {name}: CPU per request", f"{measure.spread(values)} us")
        ratio = measure.median(costs["ray"]) / measure.median(costs["sgrun"])
        bench.report(f"{self.name}: requests per CPU-second, against Ray's {mode} mode",
                     f"{ratio:.0f}x", f"goal >= {goal}x" if goal else "",
                     ratio >= goal if goal else None)

    def latencies(self, ray, connections):
        for name, (_, url) in self.servers(ray).items():
            rate, half, most = measure.latencies(url, 8, connections, self.script)
            bench.report(f"{self.name}, {name}: {connections} clients",
                         f"{rate:.0f}/s, median {half:.1f} ms, p99 {most:.1f} ms")


def sizes(url, requests=100, clients=32):
    """How often each size of a batch was answered."""
    def ask(_):
        with urllib.request.urlopen(url, timeout=30) as answer:
            return int(answer.read())
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        return collections.Counter(pool.map(ask, range(requests)))


def idle(section, ray, mode):
    time.sleep(0.3)
    print(f"Ray Serve, {mode}: ready after {ray.seconds:.1f} s, {ray.memory_mb():.0f} MB in "
          f"{len(measure.family(ray.process.pid))} processes "
          f"(ServeGraph: {measure.rss_mb(section.pid):.1f} MB in 1)", flush=True)


def echo(own, given):
    section = Beside(own, given, "echo", programs.ECHO, "/echo",
                     'wrk.method = "POST"\nwrk.body = string.rep("x", 10240)\n'
                     'wrk.headers["content-type"] = "text/plain"\n')

    def run(ray, mode):
        idle(section, ray, mode)
        section.costs(ray, mode, 100 if mode == "default" else 20)
    return run


def tutorial(own, given):
    section = Beside(own, given, "tutorial",
                     (bench.ROOT / "examples/tutorial/tutorial.sg").read_text().replace(
                         "num_replicas: 2\n", "num_replicas: 2\n  max_ongoing_requests: 1000\n", 1),
                     "/my-dag",
                     'wrk.method = "POST"\nwrk.body = \'["5", [1, 2], "sum"]\'\n'
                     'wrk.headers["content-type"] = "application/json"\n')

    def run(ray, mode):
        section.costs(ray, mode, connections=64)
        section.latencies(ray, 64)
    return run


def stream(own, given):
    section = Beside(own, given, "stream", programs.STREAM)

    def run(ray, mode):
        section.costs(ray, mode)
        section.latencies(ray, 8)
    return run


def batch(own, given):
    section = Beside(own, given, "batch", programs.BATCH)

    def run(ray, mode):
        section.costs(ray, mode)
        for name, (_, url) in section.servers(ray).items():
            found = sizes(url)
            mean = sum(n * size for size, n in found.items()) / sum(found.values())
            bench.report(f"batch, {name}: 100 requests of 32 clients",
                         f"mean size {mean:.1f}, {dict(sorted(found.items()))}")
    return run


SECTIONS = (echo, tutorial, stream, batch)


def main():
    options = argparse.ArgumentParser(description=__doc__,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--python", required=True)
    options.add_argument("--build", default="build")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--only", default="")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        own = bench.Bench(bench.ROOT / given.build, folder, given.rounds)
        for section in SECTIONS:
            if given.only not in section.__name__:
                continue
            print(section.__name__, flush=True)
            run = section(own, given)
            for mode, env in (("default", {}), ("tuned", TUNED)):
                ray = RayServe(given.python, section.__name__, env)
                try:
                    run(ray, mode)
                finally:
                    ray.stop()
            own.stop_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
