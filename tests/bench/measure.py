"""How the benchmarks measure: server CPU time per request, medians, ratios.

The load generator saturates before the server does, so throughput says little:
what is counted is the time that the server's process (and its children) spent on
its core while wrk on another core asked a known number of requests.
"""
import os
import pathlib
import re
import statistics
import subprocess
import time

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]


def pinned(core, *command):
    return ["taskset", "-c", str(core), *map(str, command)]


def family(pid):
    """The process and all its descendants."""
    found, todo = [], [pid]
    while todo:
        p = todo.pop()
        found.append(p)
        for task in pathlib.Path(f"/proc/{p}/task").glob("*"):
            try:
                todo += map(int, (task / "children").read_text().split())
            except OSError:
                pass
    return found


def cpu_seconds(pids):
    """User and system time that the processes have taken, to the nanosecond."""
    total = 0
    for p in pids:
        for task in pathlib.Path(f"/proc/{p}/task").glob("*"):
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except OSError:
                pass
    return total / 1e9


def rss_mb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def wrk(url, seconds=2.0, connections=32, script=None):
    """Requests answered (all of them well), and seconds that it took."""
    command = pinned(LOAD_CORE, "wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s")
    if script:
        command += ["-s", str(script)]
    done = subprocess.run([*command, url], text=True, capture_output=True, check=True)
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(done.stdout)
    found = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", done.stdout)
    return int(found[1]), float(found[2])


def latencies(url, seconds, connections, script=None):
    """Requests a second, and the median and the 99th percentile in milliseconds."""
    command = pinned(LOAD_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency")
    if script:
        command += ["-s", str(script)]
    done = subprocess.run([*command, url], text=True, capture_output=True, check=True)
    if "Non-2xx" in done.stdout:
        raise RuntimeError(done.stdout)
    unit = {"us": 1e-3, "ms": 1, "s": 1e3}
    half, most = (float(n) * unit[u] for n, u in
                  (re.search(rf"^\s+{p}%\s+([\d.]+)(us|ms|s)$", done.stdout, re.M).groups()
                   for p in (50, 99)))
    return float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1]), half, most


def cost(pid, url, **load):
    """CPU-microseconds of the server per request, over one run of wrk."""
    pids = family(pid)
    before = cpu_seconds(pids)
    n, _ = wrk(url, **load)
    return (cpu_seconds(pids) - before) / n * 1e6


def interleaved(servers, rounds=5, **load):
    """{name: [cost, …]} for {name: (pid, url)}, in turn, so that noise hits all alike."""
    costs = {name: [] for name in servers}
    for pid, url in servers.values():
        cost(pid, url, **{**load, "seconds": 1})  # warm
    for _ in range(rounds):
        for name, (pid, url) in servers.items():
            costs[name].append(cost(pid, url, **load))
    return costs


def median(values):
    return statistics.median(values)


def spread(values):
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def timed(command, repeat=5):
    """Seconds of wall time of a command, each run."""
    times = []
    for _ in range(repeat):
        begin = time.perf_counter()
        subprocess.run([str(c) for c in command], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - begin)
    return times
