#!/usr/bin/env python3
"""Server CPU per request under wrk, for several servers in turn.

usage: cpu_per_request.py [--build DIR] [--rounds N] [--seconds S]
       [--connections N] [--extra "NAME=COMMAND"]...

Servers: the raw epoll server of this folder, ours with an empty handler, nginx
with `return 200` and logs off (left out where it is not installed). --extra adds
a server: its command runs as it is, and {port} in it is the port it must serve
`GET /` on. Each server is pinned to one core, wrk to another. The rounds go over
all servers in turn, so that what the machine does beside weighs on all alike. CPU is
that of the server's process as the kernel counts it (/proc/PID/schedstat, ns).
"""
import argparse
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]

NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/pid;
error_log /dev/null crit;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000; server_tokens off;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b;
  fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      default_type "text/plain; charset=utf-8";
      add_header x-request-id $request_id;
      return 200 "hello";
    }}
  }}
}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def connected(port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nothing answers on port {port}")


class Peer:
    def __init__(self, name, command, port):
        self.name, self.port, self.cost, self.rate = name, port, [], []
        self.process = subprocess.Popen(["taskset", "-c", str(CORES[0]), *command],
                                        stdout=subprocess.DEVNULL)
        connected(port)

    def cpu(self):
        total = 0
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            with open(f"/proc/{self.process.pid}/task/{task}/schedstat") as f:
                total += int(f.read().split()[0])
        return total

    def round(self, seconds, connections):
        before = self.cpu()
        out = subprocess.run(
            ["taskset", "-c", str(CORES[1]), "wrk", "-t1", f"-c{connections}",
             f"-d{seconds}", f"http://127.0.0.1:{self.port}/"],
            capture_output=True, text=True, check=True).stdout
        spent = self.cpu() - before
        if "Non-2xx" in out or "Socket errors" in out:
            raise SystemExit(f"{self.name}: {out}")
        count = int(re.search(r"(\d+) requests in", out)[1])
        self.cost.append(spent / count / 1000)
        self.rate.append(count / seconds)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)


def main():
    global CORES
    o = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    o.add_argument("--build", default="build")
    o.add_argument("--rounds", type=int, default=5)
    o.add_argument("--seconds", type=int, default=2)
    o.add_argument("--connections", type=int, default=32)
    o.add_argument("--extra", action="append", default=[])
    given = o.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    CORES = (cores[0], cores[-1])
    tests = ROOT / given.build / "tests"
    port = [free_port() for _ in range(3 + len(given.extra))]
    peers, folder = [], tempfile.TemporaryDirectory()
    try:
        peers.append(Peer("raw epoll", [str(tests / "epoll_server"), str(port[0])], port[0]))
        peers.append(Peer("runtime/net", [str(tests / "echo_server"), f"port={port[1]}",
                                          "bare"], port[1]))
        nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        if nginx:
            conf = pathlib.Path(folder.name) / "nginx.conf"
            conf.write_text(NGINX.format(folder=folder.name, port=port[2]))
            peers.append(Peer("nginx", [nginx, "-p", folder.name, "-c", str(conf)], port[2]))
        for i, extra in enumerate(given.extra, 3):
            name, command = extra.split("=", 1)
            peers.append(Peer(name, command.format(port=port[i]).split(), port[i]))
        for peer in peers:
            peer.round(1, given.connections)  # warm
            peer.cost.clear(), peer.rate.clear()
        for _ in range(given.rounds):
            for peer in peers:
                peer.round(given.seconds, given.connections)
    finally:
        for peer in peers:
            peer.stop()
        folder.cleanup()
    base = peers[0].cost
    print(f"server CPU per request, {given.connections} connections, median of "
          f"{given.rounds} rounds of {given.seconds} s")
    for peer in peers:
        ratio = statistics.median(c / b for c, b in zip(peer.cost, base))
        print(f"  {peer.name:14} {statistics.median(peer.cost):7.2f} us  x{ratio:.3f}  "
              f"({min(peer.cost):.2f} to {max(peer.cost):.2f})  "
              f"{statistics.median(peer.rate):9.0f} requests/s")


if __name__ == "__main__":
    main()
