#!/usr/bin/env python3
"""Measures ServeGraph against its goals and against peers, in one run.

usage: tests/bench/bench.py [--build DIR] [--rounds N] [--only NAME]

Sections: http (raw epoll server, bare HTTP, nginx), hop, echo, bodies (against
CPython), queue, overload, logs, loops, start, idle, tutorial, compile, editor, load,
kernels (oneDNN, OpenBLAS). Each prints its figures, and a goal beside what was reached. A figure is a
median; a ratio is one of medians that were taken in turn on the same cores.
"""
import argparse
import contextlib
import http.client
import json
import math
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import bodies
import measure
import programs

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
missed = []


def report(what, figure, goal="", reached=None):
    mark = "" if reached is None else ("  reached" if reached else "  MISSED")
    if reached is False:
        missed.append(what)
    print(f"  {what:<52} {figure:<28} {goal}{mark}", flush=True)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.01)
    raise RuntimeError(f"nothing listens on {port}")


class Peer:
    """CPython that runs bodies.py."""

    def __init__(self, bench):
        found = [p for p in ("/usr/bin/python3.11", shutil.which("python3.11"), sys.executable)
                 if p and os.path.exists(p)]
        self.process = bench.start(found[0], HERE / "bodies.py", stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)

    def run(self, name, given, times):
        self.process.stdin.write(f"{name} {times} {json.dumps(given)}\n")
        self.process.stdin.flush()
        spent, result = self.process.stdout.readline().split(" ", 1)
        return int(spent), json.loads(result)


class Server:
    """sgrun that serves bodies.sg."""

    def __init__(self, bench):
        self.pid, url = bench.sgrun(bench.plan("bodies", (HERE / "bodies.sg").read_text()))
        self.client = http.client.HTTPConnection(url[7:], timeout=60)

    def run(self, name, given, times, requests=1):
        """CPU-nanoseconds of so many requests, each of which executes a body so many
        times, and what the last answered."""
        text = isinstance(given, str)
        sent = given if text else json.dumps(given)
        kind = "text/plain" if text else "application/json"
        before = measure.cpu_seconds([self.pid])
        for _ in range(requests):
            self.client.request("POST", f"/{name}?times={times}", sent, {"content-type": kind})
            answer = self.client.getresponse()
            body = answer.read().decode()
        time.sleep(0.01)  # so that it sleeps, and its clock has been brought up to date
        spent = measure.cpu_seconds([self.pid]) - before
        if answer.status != 200:
            raise RuntimeError(f"{name}: {answer.status} {body}")
        plain = answer.headers["content-type"].startswith("text/plain")
        return spent * 1e9, body if plain else json.loads(body)


class Bench:
    def __init__(self, build, folder, rounds):
        self.build, self.folder, self.rounds = build, pathlib.Path(folder), rounds
        self.running = []

    def start(self, *command, **how):
        how = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **how}
        p = subprocess.Popen(measure.pinned(measure.SERVER_CORE, *command), **how)
        self.running.append(p)
        return p

    def stop_all(self):
        for p in self.running:
            p.send_signal(signal.SIGTERM)
        for p in self.running:
            for pipe in (p.stdin, p.stdout):
                if pipe:
                    pipe.close()
            try:
                p.wait(5)
            except subprocess.TimeoutExpired:
                p.kill()
        self.running = []

    def plan(self, name, source):
        path = self.folder / f"{name}.sg"
        path.write_text(source)
        plan = path.with_suffix(".plan")
        subprocess.run([self.build / "sgc", path, "-o", plan], check=True)
        return plan

    def sgrun(self, plan, *options):
        port = free_port()
        p = self.start(self.build / "sgrun", plan, "--listen", f"127.0.0.1:{port}", *options)
        wait_for(port)
        return p.pid, f"http://127.0.0.1:{port}"

    # ---- sections ----

    def http(self):
        """CPU per request of a no-op route through a deployment."""
        ours = self.sgrun(self.plan("noop", programs.NOOP))
        port = free_port()
        raw = self.start(self.build / "tests/epoll_server", str(port))
        wait_for(port)
        bare_port = free_port()
        bare = self.start(self.build / "tests/echo_server", f"port={bare_port}", "bare")
        wait_for(bare_port)
        servers = {"sgrun": (ours[0], ours[1] + "/"),
                   "raw epoll": (raw.pid, f"http://127.0.0.1:{port}/"),
                   "runtime/net alone": (bare.pid, f"http://127.0.0.1:{bare_port}/")}
        nginx = self.nginx()
        if nginx:
            servers["nginx return 200"] = nginx
        costs = measure.interleaved(servers, self.rounds)
        for name, values in costs.items():
            report(f"{name}: CPU per request", f"{measure.spread(values)} us")
        ratio = measure.median(costs["sgrun"]) / measure.median(costs["raw epoll"])
        report("sgrun / raw epoll", f"{ratio:.2f}x", "goal <= 1.18x", ratio <= 1.18)
        if nginx:
            ratio = measure.median(costs["sgrun"]) / measure.median(costs["nginx return 200"])
            report("sgrun / nginx", f"{ratio:.2f}x", "goal < 1x", ratio < 1)

    def nginx(self):
        if subprocess.run(["sh", "-c", "command -v nginx"], stdout=subprocess.DEVNULL).returncode:
            print("  (nginx is not installed: left out)")
            return None
        port = free_port()
        conf = self.folder / "nginx.conf"
        conf.write_text(f"""
daemon off; worker_processes 1; pid {self.folder}/nginx.pid; error_log /dev/null crit;
events {{ worker_connections 2048; }}
http {{
  access_log off; keepalive_requests 1000000000; default_type text/plain;
  client_body_temp_path {self.folder}/b; proxy_temp_path {self.folder}/p;
  fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
  server {{ listen 127.0.0.1:{port}; add_header x-request-id $request_id; location / {{ return 200 "ok"; }} }}
}}
""")
        p = self.start("nginx", "-c", conf)
        wait_for(port)
        return p.pid, f"http://127.0.0.1:{port}/"

    def hop(self):
        """What a further hop through a light deployment costs."""
        servers = {}
        for n in (1, 100):
            pid, url = self.sgrun(self.plan(f"chain{n}", programs.chain(n)))
            servers[n] = (pid, url + "/")
        costs = measure.interleaved(servers, self.rounds)
        per_hop = (measure.median(costs[100]) - measure.median(costs[1])) / 99
        for n, values in costs.items():
            report(f"chain of {n}: CPU per request", f"{measure.spread(values)} us")
        report("a further hop", f"{per_hop * 1000:.0f} ns", "goal <= 1000 ns", per_hop <= 1)

    def echo(self):
        """10 KB through two deployments."""
        pid, url = self.sgrun(self.plan("echo", programs.ECHO))
        script = self.folder / "echo.lua"
        script.write_text('wrk.method = "POST"\nwrk.body = string.rep("x", 10240)\n'
                          'wrk.headers["content-type"] = "text/plain"\n')
        costs = measure.interleaved({"echo": (pid, url + "/echo")}, self.rounds, script=script)
        value = measure.median(costs["echo"])
        report("10 KB echo: CPU per request", f"{measure.spread(costs['echo'])} us")
        report("10 KB echo: requests per CPU-second", f"{1e6 / value:.0f}")

    def bodies(self):
        """Bodies in .sg against the same in CPython: CPU time of one execution."""
        server, python = Server(self), Peer(self)
        ratios = []
        for name, (given, times, requests) in bodies.inputs().items():
            ours, theirs = [], []
            for _ in range(self.rounds):
                # A request, its input and its answer are left out: many executions - one.
                one, result = server.run(name, given, 1, requests)
                many, _ = server.run(name, given, 1 + times, requests)
                ours.append((many - one) / times / requests / 1000)
                spent, same = python.run(name, given, times * requests)
                theirs.append(spent / times / requests / 1000)
                if result != same:
                    raise RuntimeError(f"{name}: not the same result")
            ratios.append(measure.median(theirs) / measure.median(ours))
            report(f"{name}: .sg, CPython (us)",
                   f"{measure.median(ours):.0f}, {measure.median(theirs):.0f}")
            report(f"{name}: CPython / .sg", f"{ratios[-1]:.1f}x", "goal > 1x", ratios[-1] > 1)
        mean = math.prod(ratios) ** (1 / len(ratios))
        report("geometric mean", f"{mean:.1f}x", "goal >= 5x", mean >= 5)

    def queue(self):
        """What the queue's operations cost with 1 000 and with 1 000 000 calls that wait."""
        if not shutil.which("valgrind"):
            print("  (valgrind is not installed: left out)")
            return
        for operation in ("enqueue", "dequeue", "cancel", "timeout"):
            few, many = (self.instructions(operation, n) for n in (1_000, 1_000_000))
            report(f"{operation}: instructions with 10^3, with 10^6", f"{few:.0f}, {many:.0f}",
                   "goal: the same, <= 1.1x", many <= 1.1 * few)

    def instructions(self, operation, waiting):
        """Of one operation, by callgrind."""
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
             "--toggle-collect=measured", self.build / "tests/queue_cost", operation,
             str(waiting)], text=True, capture_output=True, check=True)
        return int(re.search(r"Collected : (\d+)", done.stderr)[1]) / 1000

    def overload(self):
        """What is served of twice and ten times what can be: 10 slots of 10 ms, queue_timeout 50 ms."""
        def ask(rate):
            _, url = self.sgrun(self.plan("busy", programs.BUSY))
            done = subprocess.run(measure.pinned(
                measure.LOAD_CORE, self.build / "tests/open_load", url.rsplit(":", 1)[1], "/",
                rate, 4, 2000), text=True, capture_output=True, check=True)
            self.stop_all()
            sent, good, _, lost, _, p99, _ = map(float, done.stdout.split())
            return good / 4, p99, lost

        def median(rate):
            tries = sorted(ask(rate) for _ in range(min(self.rounds, 3)))
            return tries[len(tries) // 2]

        quiet, saturated = median(200), median(1000)
        report("at rest: 99th percentile", f"{quiet[1]:.1f} ms")
        report("1x: served a second", f"{saturated[0]:.0f}")
        for times in (2, 10):
            good, p99, lost = median(1000 * times)
            share = good / saturated[0]
            report(f"{times}x: served a second", f"{good:.0f}, {share:.0%}, {lost:.0f} lost",
                   "goal >= 95 % of 1x", share >= 0.95 and not lost)
            report(f"{times}x: 99th percentile of these", f"{p99:.1f} ms",
                   "goal: at rest + 60 ms", p99 <= quiet[1] + 60)

    def logs(self):
        """CPU per request with an access log and 1 % of traces (metrics are always counted), and without."""
        plan = self.plan("noop", programs.NOOP)
        servers = {how: (pid, url + "/") for how, (pid, url) in
                   {"none": self.sgrun(plan), "json": self.sgrun(plan, "--log", "json", "--trace-sample", "1%")}.items()}
        costs = measure.interleaved(servers, self.rounds)
        for how, values in costs.items():
            report(f"--log {how}: CPU per request", f"{measure.spread(values)} us")
        ratio = measure.median(costs["json"]) / measure.median(costs["none"])
        report("with / without", f"{ratio:.2f}x", "goal <= 1.10x", ratio <= 1.1)

    def loops(self):
        """CPU per request with two loops and with one."""
        plan = self.plan("noop", programs.NOOP)
        servers = {n: (pid, url + "/") for n, (pid, url) in
                   {1: self.sgrun(plan), 2: self.sgrun(plan, "--loops", "2")}.items()}
        costs = measure.interleaved(servers, self.rounds)
        for n, values in costs.items():
            report(f"--loops {n}: CPU per request", f"{measure.spread(values)} us")
        ratio = measure.median(costs[2]) / measure.median(costs[1])
        report("two / one", f"{ratio:.2f}x", "goal <= 1.1x", ratio <= 1.1)

    def start_up(self):
        """Time from exec to the first answer, as a client sees it."""
        plan, times = self.plan("noop", programs.NOOP), []
        for _ in range(20):
            port = free_port()
            begin = time.perf_counter()
            p = subprocess.Popen([self.build / "sgrun", plan, "--listen", f"127.0.0.1:{port}"],
                                 stderr=subprocess.DEVNULL)
            while True:
                try:
                    c = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
                    c.request("GET", "/")
                    c.getresponse().read()
                    break
                except OSError:
                    time.sleep(0.0002)
            times.append((time.perf_counter() - begin) * 1000)
            c.close()
            p.terminate()
            p.wait()
        value = statistics.median(times)
        report("first answer after exec", f"{value:.1f} ms", "goal <= 20 ms", value <= 20)

    def idle(self):
        """Memory of a server that has answered and is idle."""
        for name, source, path in (("noop", programs.NOOP, "/"),
                                   ("tutorial", None, "/-/healthz")):
            plan = (self.plan(name, source) if source
                    else self.plan(name, (ROOT / "examples/tutorial/tutorial.sg").read_text()))
            pid, url = self.sgrun(plan)
            measure.wrk(url + path, seconds=1)
            time.sleep(0.5)
            value = measure.rss_mb(pid)
            report(f"{name}: idle RSS", f"{value:.1f} MB", "goal <= 15 MB", value <= 15)

    def tutorial(self):
        """The tutorial's critical path at rest, and 500 at once."""
        source = (ROOT / "examples/tutorial/tutorial.sg").read_text()
        _, url = self.sgrun(self.plan("tutorial", source))
        c = http.client.HTTPConnection(url[7:], timeout=10)
        times = []
        for _ in range(15):
            begin = time.perf_counter()
            c.request("POST", "/my-dag", '["5", [1, 2], "sum"]')
            c.getresponse().read()
            times.append((time.perf_counter() - begin) * 1000)
        c.close()
        value = statistics.median(times)
        report("tutorial request at rest", f"{value:.2f} ms", "goal <= 455 ms", value <= 455)

    def compile(self):
        """sgc on generated programs: linear, and 10 000 deployments in 0.3 s."""
        self.scale("sgc", lambda path: [self.build / "sgc", path, "-o",
                                        path.with_suffix(".plan")], 0.3)

    def editor(self):
        """sgc lsp: CPU time of a text of 10 000 lines that is checked as it is edited."""
        sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/lsp")]
        os.environ["SG_BUILD"] = str(self.build)
        import editor
        text = programs.many(1500)
        with editor.Editor() as e:
            e.open("many.sg", text)
            edits = editor.costs(e, "many.sg", 20 * self.rounds)
            asked = e.cpu(lambda: e.request("textDocument/completion",
                                            e.at("many.sg", "scaled| + weight")), 10)
            memory = e.memory()
        lines = text.count("\n")
        value = measure.median(edits)
        report(f"{lines} lines, checked again", f"{value:.1f} ms", "goal <= 50 ms", value <= 50)
        report(f"{lines} lines, completion", f"{measure.median(asked):.1f} ms")
        report("memory of the server", f"{memory / 1024:.0f} MB")

    def load(self):
        """Loading the plans of the same programs, verification included."""
        empty = measure.median(measure.timed(
            [self.build / "sgrun", "--check", self.plan("noop", programs.NOOP)]))
        self.scale("sgrun --check", lambda path: [self.build / "sgrun", "--check",
                                                  path.with_suffix(".plan")], 0.05, empty)

    def kernels(self):
        """Kernels of the CPU in one thread, GFLOP/s beside oneDNN's and OpenBLAS's."""
        quiet = {k: v for k, v in os.environ.items()
                 if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
        done = subprocess.run(
            measure.pinned(measure.SERVER_CORE, self.build / "tests" / "kernels", self.rounds),
            text=True, capture_output=True, check=True, env={**quiet, "OMP_NUM_THREADS": "1"})
        ours, peers = {}, {"f32": [], "bf16": [], "int8": []}
        for kind, *figures in (line.split() for line in done.stdout.splitlines()):
            if kind in ("level", "openblas"):
                report(f"{kind} in use", figures[0])
            elif kind == "layer":
                report(f"{figures[0]} of a MiniLM layer, 1024 rows", f"{figures[1]} ms")
            else:
                dtype, shape = figures[0], "x".join(figures[1:4])
                own, peer, blas, probe = map(float, figures[4:])
                ours[dtype, shape] = own
                beside = f"oneDNN {peer:.0f}" if peer else "no oneDNN"
                beside += f", OpenBLAS {blas:.0f}" if blas else ""
                report(f"{dtype} {shape}", f"{own:.0f} GFLOP/s", f"{beside}, probe {probe:.0f}")
                if peer:
                    peers[dtype].append(own / peer)
        for dtype, ratios in peers.items():
            if ratios:
                mean = statistics.geometric_mean(ratios)
                report(f"{dtype} against oneDNN, geometric mean", f"{mean:.2f}x",
                       "goal >= 0.90x", mean >= 0.9)
        bf16 = statistics.geometric_mean(own / ours["f32", shape] for (dtype, shape), own
                                         in ours.items() if dtype == "bf16")
        report("bf16 against f32, geometric mean", f"{bf16:.2f}x", "goal >= 1.9x", bf16 >= 1.9)

    def scale(self, name, command, goal, base=0.0):
        seconds = {}
        for n in (1_000, 10_000, 100_000):
            path = self.folder / f"many{n}.sg"
            if not path.exists():
                path.write_text(programs.many(n))
            if not path.with_suffix(".plan").exists():
                subprocess.run([self.build / "sgc", path, "-o", path.with_suffix(".plan")], check=True)
            times = measure.timed(command(path), 5 if n < 100_000 else 3)
            seconds[n] = max(measure.median(times) - base, 1e-6)
            report(f"{name}: {n} deployments", f"{seconds[n] * 1000:.1f} ms",
                   f"goal <= {goal * 1000:.0f} ms" if n == 10_000 else "",
                   seconds[n] <= goal if n == 10_000 else None)
        ratio = seconds[100_000] / seconds[10_000]
        report(f"{name}: 100 000 against 10 000", f"{ratio:.1f}x", "linear: <= 13x", ratio <= 13)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--build", default="build")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--only", default="")
    given = options.parse_args()
    sections = {"http": Bench.http, "hop": Bench.hop, "echo": Bench.echo,
                "bodies": Bench.bodies, "queue": Bench.queue,
                "overload": Bench.overload, "logs": Bench.logs, "loops": Bench.loops,
                "start": Bench.start_up, "idle": Bench.idle, "tutorial": Bench.tutorial,
                "compile": Bench.compile, "editor": Bench.editor, "load": Bench.load,
                "kernels": Bench.kernels}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(ROOT / given.build, folder, given.rounds)
        for name, section in sections.items():
            if given.only and given.only != name:
                continue
            print(f"{name}: {section.__doc__.splitlines()[0]}", flush=True)
            try:
                section(bench)
            finally:
                bench.stop_all()
    print(f"{len(missed)} goals missed" + (": " + ", ".join(missed) if missed else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
