#!/usr/bin/env python3
"""Draws docs/overload.svg: what becomes of a queue when more comes than can be done.

usage: tests/bench/overload_picture.py [--build DIR] > docs/overload.svg

Ten slots of 10 ms, asked steadily for a quarter to four times what they can do, for
three seconds of virtual time (sgc test), under three settings of the queue.
"""
import argparse
import pathlib
import re
import subprocess
import tempfile

LOADS = [25, 50, 75, 90, 100, 110, 125, 150, 200, 250, 300, 350, 400]  # percent
USEFUL = 0.1  # seconds that a caller waits before it no longer cares
POLICIES = [("all of them wait", "max_queued_requests: 1000", "#c2410c"),
            ("queue_timeout: 50ms", "queue_timeout: 50ms", "#1d4ed8"),
            ("max_queued_requests: 20", "max_queued_requests: 20", "#15803d")]
PROGRAM = """
deployment Busy() {
  max_ongoing_requests: 10
  POLICY
  fn run() -> int {
    sleep(10ms)
    return 1
  }
}

deployment Client(busy: Busy) {
  max_ongoing_requests: 100000
  fn ask(after: duration) -> float {
    sleep(after)
    let begin = clock()
    try {
      if busy.run() != 1 { return -1.0 }
      return float(clock() - begin)
    } else { return -1.0 }
  }
}

app a {
  bind busy = Busy()
  bind client = Client(busy)
}

fn asked(percent: int) {
  let n = 30 * percent
  let took = sorted([t for t in [a.client.ask(i * 3s / n) for i in range(n)] if t >= 0])
  let useful = len([t for t in took if t <= USEFUL])
  log.info("load", percent: percent, useful: useful, p99: took[int(len(took) * 0.99)])
}

test "load" {
  for percent in LOADS { asked(percent) }
  assert queued(a.busy) == 0
}
"""


def measured(build, policy):
    """[(load in percent, answers in time a second, p99 in ms)]"""
    text = (PROGRAM.replace("POLICY", policy).replace("LOADS", str(LOADS))
            .replace("USEFUL", str(USEFUL)))
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "load.sg"
        path.write_text(text)
        done = subprocess.run([f"{build}/sgc", "test", path], text=True, capture_output=True, check=True)
    found = re.findall(r"load percent=(\d+) useful=(\d+) p99=(\S+)", done.stderr)
    return [(int(p), int(n) / 3, float(t) * 1000) for p, n, t in found]


class Panel:
    """A pair of axes, `most` high, with its left upper corner at (x, y)."""
    WIDE, HIGH = 300, 180

    def __init__(self, x, y, title, most, marks):
        self.x, self.y, self.most = x, y, most
        self.out = [f'<text x="{x}" y="{y - 14}" font-weight="600">{title}</text>']
        for value in marks:
            at = self.place(0, value)[1]
            self.out += [f'<path d="M{x} {at:.1f}h{self.WIDE}" stroke="#e2e8f0"/>',
                         f'<text x="{x - 6}" y="{at + 4:.1f}" text-anchor="end">{value}</text>']
        for load in (0, 100, 200, 300, 400):
            self.out.append(f'<text x="{self.place(load, 0)[0]:.1f}" y="{y + self.HIGH + 16}" '
                            f'text-anchor="middle">{load // 100}x</text>')

    def place(self, load, value):
        return self.x + load / 400 * self.WIDE, self.y + self.HIGH * (1 - value / self.most)

    def line(self, points, colour):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (self.place(*p) for p in points))
        self.out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--build", default="build")
    build = options.parse_args().build
    useful = Panel(60, 40, "answers within 100 ms, a second", 1100, (0, 500, 1000))
    latency = Panel(440, 40, "99th percentile of the served, ms", 1200, (0, 500, 1000))
    legend = []
    for i, (name, policy, colour) in enumerate(POLICIES):
        figures = measured(build, policy)
        useful.line([(p, n) for p, n, _ in figures], colour)
        latency.line([(p, t) for p, _, t in figures], colour)
        legend += [f'<path d="M{60 + 200 * i} 276h24" stroke="{colour}" stroke-width="2"/>',
                   f'<text x="{90 + 200 * i}" y="280">{name}</text>']
    print('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 296" font-size="12" fill="#1f2933" '
          'font-family="Helvetica,Arial,sans-serif">\n<rect width="760" height="296" fill="#fff"/>')
    print("\n".join(useful.out + latency.out + legend))
    print('<text x="400" y="258" text-anchor="middle">offered load: 1x is what the slots can do</text>\n</svg>')


if __name__ == "__main__":
    main()
