#!/usr/bin/env python3
"""Measures ServeGraph beside Ray Serve, in its default and its best-tuned mode.

usage: tests/bench/bench_ray.py --python VENV_PYTHON [--build DIR] [--rounds N]

Work: 10 KB echo through two deployments (CPU time of all server processes per
request), time from start to the first answer, and idle memory of all processes.
Ray's processes may use every core; ServeGraph is held on one.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

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


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--python", required=True)
    options.add_argument("--build", default="build")
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder) / "echo.lua"
        script.write_text('wrk.method = "POST"\nwrk.body = string.rep("x", 10240)\n'
                          'wrk.headers["content-type"] = "text/plain"\n')
        own = bench.Bench(bench.ROOT / given.build, folder, given.rounds)
        pid, url = own.sgrun(own.plan("echo", programs.ECHO))
        time.sleep(0.3)
        own_memory = measure.rss_mb(pid)
        load = {"script": script, "seconds": 4}
        for mode, env, goal in (("default", {}, 100), ("tuned", TUNED, 20)):
            ray = RayServe(given.python, "echo", env)
            try:
                print(f"Ray Serve, {mode}: ready after {ray.seconds:.1f} s, "
                      f"{ray.memory_mb():.0f} MB in {len(measure.family(ray.process.pid))} processes "
                      f"(ServeGraph: {own_memory:.1f} MB in 1)", flush=True)
                costs = measure.interleaved(
                    {"ray": (ray.process.pid, ray.url), "sgrun": (pid, url + "/echo")},
                    given.rounds, **load)
                ratio = measure.median(costs["ray"]) / measure.median(costs["sgrun"])
                for name, values in costs.items():
                    bench.report(f"10 KB echo, {name}: CPU per request",
                                 f"{measure.spread(values)} us")
                bench.report(f"requests per CPU-second, against Ray's {mode} mode",
                             f"{ratio:.0f}x", f"goal >= {goal}x", ratio >= goal)
            finally:
                ray.stop()
        own.stop_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
