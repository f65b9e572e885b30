"""Several loops: deployments with limits or state have one home, and calls from
other loops count, wait, fail and end there as calls from its own loop do."""
import collections
import http.client
import json
import os
import pathlib
import signal
import socket
import struct
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import support  # noqa: E402

TUTORIAL = support.ROOT / "examples/tutorial/tutorial.sg"
SANITIZED = "san" in support.BUILD.name  # its allocator keeps what is freed
RST = struct.pack("ii", 1, 0)
PROGRAM = """
type Shape = Circle(r: float) | Square(side: int, name: str)
type Deep = { names: [str], sizes: map int, shape: Shape, maybe: str?, any: json, pair: (int, [bool]) }

deployment Counter(step: int) {
  state n: int = 0
  state seen: [str] = []
  fn next() -> int {
    n += step
    return n
  }
  fn add(x: str) -> [str] {
    seen = seen + [x]
    return seen
  }
}
deployment Front(counter: Counter, name: str) {
  let greeting = "from " + name
  fn next() -> str = "{greeting}: {counter.next()}"
}
deployment one(t: duration) -> duration {
  max_ongoing_requests: 1
  max_queued_requests: 1
  sleep(t)
  return t
}
deployment many(t: duration) -> duration {
  max_ongoing_requests: 2
  max_queued_requests: 10000
  sleep(t)
  return t
}
deployment impatient(t: duration) -> duration {
  max_ongoing_requests: 1
  queue_timeout: 50ms
  sleep(t)
  return t
}
deployment patient(t: duration) -> duration {
  max_ongoing_requests: 1
  queue_timeout: 10s
  sleep(t)
  return t
}
deployment same(x: Deep) -> Deep {
  max_ongoing_requests: 1
  return x
}
deployment refuse(x: str) -> str {
  max_ongoing_requests: 3
  fail(418, "not {x}")
}
deployment ask(counter: Counter, k: int) -> int {
  max_ongoing_requests: 1
  return counter.next() + k
}
deployment raw(x: bytes) -> bytes {
  max_ongoing_requests: 2
  return x
}
deployment tensors(x: tensor f64[..]) -> tensor f64[..] {
  max_ongoing_requests: 2
  return x
}

app a {
  bind counter = Counter(1)
  bind log = Counter(1)
  bind front = Front(counter, "front")
  route GET "/next" -> counter.next()
  route GET "/front" -> front.next()
  route GET "/one" (t: duration) -> one(t)
  route GET "/many" (t: duration) -> many(t)
  route GET "/impatient" (t: duration) -> impatient(t)
  route GET "/hurried" (t: duration) with { queue_timeout: 50ms } -> patient(t)
  route GET "/late" (t: duration) with { request_timeout: 100ms } -> many(t)
  route GET "/short" (t: duration) -> many(t) with { timeout: 50ms }
  route GET "/hedge" (t: duration) -> many(t) with { hedge: 20ms }
  route GET "/again" (t: duration) -> one(t) with { retries: 20, backoff: 20ms }
  route POST "/same" (x: Deep) -> same(x)
  route GET "/ask" -> ask(log, 0)
  route POST "/raw" (x: bytes) -> raw(x)
  route POST "/sum" (x: tensor f64[..] from ndarray) -> sum(tensors(x))
  route GET "/refuse" (x: str) -> refuse(x)
  route GET "/both" (t: duration) {
    let x = many(t)
    let y = refuse("both")
    return "{x} {y}"
  }
  route GET "/caught" (x: str) {
    try {
      return refuse(x)
    } else e {
      return "{e.kind} {e.status} {e.message}"
    }
  }
}
"""


def setUpModule():
    global folder, plan
    folder = tempfile.TemporaryDirectory()
    plan = support.compile_plan(PROGRAM, folder.name)


def tearDownModule():
    folder.cleanup()


def text(method, target, body=b"", kind="application/json"):
    return (f"{method} {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


def send(server, request):
    s = socket.create_connection((server.host, server.port), 60)
    s.sendall(request)
    return s


def answer(s):
    """(status, body) of an answer that ends the connection."""
    data = b""
    with s:
        while more := s.recv(65536):
            data += more
    head, _, body = data.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def at_once(server, request, n):
    """The answers to n requests that are under way together."""
    sockets = [send(server, request) for _ in range(n)]
    return [answer(s) for s in sockets]


def vanish(server, target, wait):
    s = send(server, text("GET", target))
    time.sleep(wait)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
    s.close()


def rss(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def serve(path=None, *options, loops=3):
    return support.Server(path or plan, "--loops", loops, *options)


class Tutorial(unittest.TestCase):
    REQUEST = text("POST", "/my-dag", b'["5", [1, 2], "sum"]')
    ANSWER = (200, b"sum(['(1 * (5 + 1.5))', '(2 * (5 + 1.5))'])")

    def test_limits_as_given(self):
        with serve(support.compile_plan(TUTORIAL, folder.name)) as s:
            begin = time.monotonic()
            self.assertEqual(at_once(s, self.REQUEST, 30), [self.ANSWER] * 30)
            self.assertGreater(time.monotonic() - begin, 6 * 0.3)  # five at a time

    def test_limits_raised(self):
        source = TUTORIAL.read_text()
        for name in ("(text: str) -> int {", "-> float {", "Model(weight: int) {",
                     "Combiner(m1: Model, m2: Model) {"):
            self.assertIn(name, source)
            source = source.replace(name, name + "\n max_ongoing_requests: 1000\n")
        with serve(support.compile_plan(source, folder.name)) as s:
            begin = time.monotonic()
            self.assertEqual(at_once(s, self.REQUEST, 300), [self.ANSWER] * 300)
            if not SANITIZED:
                self.assertLess(time.monotonic() - begin, 5)


class State(unittest.TestCase):
    def count(self, target, read):
        values, lock = [], threading.Lock()

        def client():
            own = []
            for _ in range(10):
                c = http.client.HTTPConnection(s.host, s.port, timeout=30)
                for _ in range(10):
                    c.request("GET", target)
                    own.append(read(c.getresponse().read()))
                c.close()
            with lock:
                values.extend(own)

        with serve() as s:
            threads = [threading.Thread(target=client) for _ in range(8)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
        self.assertEqual(sorted(values), list(range(1, 801)))

    def test_a_counter(self):
        self.count("/next", int)

    def test_behind_what_runs_on_every_loop(self):
        self.count("/front", lambda data: int(data.removeprefix(b"from front: ")))


    def test_a_handle_in_a_call(self):
        self.count("/ask", int)


class Limits(unittest.TestCase):
    def test_one_runs_and_one_waits(self):
        with serve() as s:
            for _ in range(3):
                answers = at_once(s, text("GET", "/one?t=0.6"), 30)
                self.assertEqual(collections.Counter(a[0] for a in answers), {200: 2, 503: 28})
            self.assertEqual({a[1] for a in answers if a[0] == 503},
                             {b'{"detail":"one is overloaded: its queue of 1 is full"}'})

    def test_queue_timeout(self):
        with serve() as s:
            answers = at_once(s, text("GET", "/impatient?t=0.5"), 12)
            self.assertEqual(collections.Counter(a[0] for a in answers), {200: 1, 408: 11})
            answers = at_once(s, text("GET", "/hurried?t=0.5"), 12)
            self.assertEqual(collections.Counter(answers), {
                (200, b"0.5"): 1,
                (408, b'{"detail":"patient had no free replica within the route\'s '
                      b'queue_timeout"}'): 11})

    def test_retries(self):
        with serve() as s:
            answers = at_once(s, text("GET", "/again?t=0.02"), 12)
            self.assertEqual([a[0] for a in answers], [200] * 12)

    def test_time(self):
        with serve() as s:
            for target in ("/late?t=5", "/short?t=5"):
                answers = at_once(s, text("GET", target), 20)
                self.assertEqual([a[0] for a in answers], [408] * 20)
            begin = time.monotonic()  # nothing of it runs any more
            self.assertEqual(at_once(s, text("GET", "/many?t=0"), 20), [(200, b"0.0")] * 20)
            self.assertLess(time.monotonic() - begin, 3)
            self.assertEqual(at_once(s, text("GET", "/hedge?t=0.1"), 20), [(200, b"0.1")] * 20)

    def test_errors(self):
        with serve() as s:
            refused = (418, b'{"detail":"not tea"}')
            self.assertEqual(at_once(s, text("GET", "/refuse?x=tea"), 12), [refused] * 12)
            self.assertEqual(at_once(s, text("GET", "/caught?x=tea"), 12),
                             [(200, b"user 418 not tea")] * 12)
            begin = time.monotonic()  # its sibling is cancelled
            self.assertEqual(at_once(s, text("GET", "/both?t=0.01"), 12),
                             [(418, b'{"detail":"not both"}')] * 12)
            self.assertLess(time.monotonic() - begin, 3)

    def test_values(self):
        value = {"names": ["ä", "", "x" * 10000], "sizes": {"b": 2, "a": 1},
                 "shape": {"type": "Square", "side": 3, "name": "q"}, "maybe": None,
                 "any": [1, {"k": [None, True, 1.5]}], "pair": [7, [True, False]]}
        with serve(loops=1) as s:
            expected = answer(send(s, text("POST", "/same", json.dumps(value).encode())))
            self.assertEqual((expected[0], json.loads(expected[1])["names"]), (200, value["names"]), expected)
        with serve() as s:
            self.assertEqual(at_once(s, text("POST", "/same", json.dumps(value).encode()), 12),
                             [expected] * 12)


    def test_bytes_and_tensors(self):
        with serve() as s:
            data = bytes(range(256)) * 300
            request = text("POST", "/raw", data, "application/octet-stream")
            self.assertEqual(at_once(s, request, 12), [(200, data)] * 12)
            self.assertEqual(at_once(s, text("POST", "/sum", b'{"array": [[1, 2], [3, 4]]}'), 12),
                             [(200, b"10.0")] * 12)


class Life(unittest.TestCase):
    def test_one_line_says_ready(self):
        with serve() as s:
            s.process.send_signal(signal.SIGTERM)
            self.assertEqual(s.process.wait(10), 0)
            self.assertEqual(s.process.stderr.read(), "")

    def test_lines_of_the_log_are_whole(self):
        """All loops write to one output, much at a time; some lines are longer than a piece."""
        with tempfile.TemporaryDirectory() as at, support.Server(
                support.compile_plan('app a { route GET "/" (x: str) -> len(x) }\n', at),
                "--loops", 3, "--log", "json") as s:
            def work(k):
                for i in range(100):  # each on a loop of its own, in turn
                    c = http.client.HTTPConnection(s.host, s.port, timeout=20)
                    for n in (700, 701, 702, 5000 if i % 8 == 0 else 3):
                        c.request("GET", f"/{'p' * n}-{k}-{i}")
                        c.getresponse().read()
                    c.close()
            threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            s.process.send_signal(signal.SIGTERM)
            s.process.wait(20)
            s.log.seek(0)
            said = [json.loads(line)["path"] for line in s.log]
        self.assertEqual(len(said), 8 * 100 * 4)
        self.assertEqual(len(set(said)), len(said))

    def test_clients_that_vanish(self):
        """Running, waiting in the queue, or just sent."""
        n = 600 if SANITIZED else 5000
        with serve() as s:
            def clients(count):
                for i in range(count):
                    vanish(s, "/many?t=60", 0.002 if i % 10 == 0 else 0)
            sizes = []
            for _ in range(2):
                threads = [threading.Thread(target=clients, args=(n // 8,)) for _ in range(4)]
                for t in threads:
                    t.start()
                for t in threads:
                    t.join()
                self.assertEqual(at_once(s, text("GET", "/many?t=0"), 20), [(200, b"0.0")] * 20)
                sizes.append(rss(s))
            if not SANITIZED:
                self.assertLess(sizes[1] - sizes[0], 2048, sizes)
            begin = time.monotonic()
            answers = at_once(s, text("GET", "/one?t=0.3"), 10)
            self.assertEqual(sum(a[0] == 200 for a in answers), 2)
            self.assertLess(time.monotonic() - begin, 5)

    def test_drain(self):
        with serve() as s:
            sockets = [send(s, text("GET", "/many?t=0.1")) for _ in range(20)]
            time.sleep(0.2)
            s.process.send_signal(signal.SIGTERM)
            self.assertEqual([answer(x) for x in sockets], [(200, b"0.1")] * 20)
            self.assertEqual(s.process.wait(10), 0)

    def test_stop_at_once(self):
        with serve() as s:
            sockets = [send(s, text("GET", "/many?t=60")) for _ in range(20)]
            time.sleep(0.2)
            s.process.send_signal(signal.SIGINT)
            time.sleep(0.1)
            s.process.send_signal(signal.SIGINT)
            self.assertEqual(s.process.wait(10), 128 + signal.SIGINT)
            for x in sockets:
                x.close()

    def test_patience_ends(self):
        with serve(None, "--drain", "200ms") as s:
            sockets = [send(s, text("GET", "/many?t=60")) for _ in range(20)]
            time.sleep(0.2)
            s.process.send_signal(signal.SIGTERM)
            self.assertEqual(s.process.wait(10), 0)
            for x in sockets:
                x.close()

    def test_reload_under_load(self):
        """Nothing is dropped, and every loop comes to serve what is new."""
        source = 'deployment f(x: int) -> str {{\n max_ongoing_requests: 3\n sleep(2ms)\n' \
                 ' return "{} {{x}}"\n}}\napp a {{\n route GET "/" (x: int) -> f(x)\n}}\n'
        plans = []
        for name in ("old", "new"):
            (pathlib.Path(folder.name) / f"{name}.sg").write_text(source.format(name))
            plans.append(support.compile_plan(pathlib.Path(folder.name) / f"{name}.sg",
                                              folder.name).read_bytes())
        path = pathlib.Path(folder.name) / "served.plan"
        path.write_bytes(plans[0])
        bad, seen, over = [], collections.Counter(), threading.Event()

        def client(number):
            while not over.is_set():
                got = answer(send(s, text("GET", f"/?x={number}")))
                seen[got] += 1
                if got not in ((200, b"old %d" % number), (200, b"new %d" % number)):
                    bad.append(got)

        with serve(path, "--watch") as s:
            threads = [threading.Thread(target=client, args=(i,)) for i in range(12)]
            for t in threads:
                t.start()
            for i in range(9):
                fresh = path.with_suffix(".fresh")
                fresh.write_bytes(plans[(i + 1) % 2])
                os.rename(fresh, path)
                time.sleep(0.15)
            time.sleep(0.5)
            over.set()
            for t in threads:
                t.join()
            self.assertEqual(bad, [])
            self.assertEqual({body.split()[0] for _, body in seen}, {b"old", b"new"})
            self.assertEqual(at_once(s, text("GET", "/?x=1"), 30), [(200, b"new 1")] * 30)


class FunctionsOfReplicas(unittest.TestCase):
    """They run where the replica is, whoever calls them."""

    PROGRAM = """
deployment Adder(k: int) {
  max_ongoing_requests: 3
  state n: int = 0
  fn own() -> fn(int) -> int = fn(y: int) = add(y)
  fn slow() -> fn(int) -> int = fn(y: int) = wait(y)
  fn bad() -> fn(int) -> int = fn(y: int) = refuse(y)
  fn several() -> fn(int) -> stream str = fn(y: int) = pieces(y)
  fn wait(y: int) -> int {
    sleep(100s)
    return y
  }
  fn refuse(y: int) -> int {
    fail(418, "no {y}")
  }
  fn pieces(y: int) -> stream str {
    for i in range(y) {
      sleep(1ms)
      yield "{k + i}"
    }
  }
  fn add(y: int) -> int {
    n += y
    return n + k
  }
}
fn call(g: fn(int) -> int) -> int = g(1)
app a {
  bind adder = Adder(100)
  route GET "/own" {
    let g = adder.own()
    return call(g)
  }
  route GET "/method" -> call(adder.add)
  route GET "/both" {
    let g = adder.own()
    return [g(1) for _ in range(3)]
  }
  route GET "/late" with { request_timeout: 50ms } {
    let g = adder.slow()
    return call(g)
  }
  route GET "/fails" {
    let g = adder.bad()
    return call(g)
  }
  route GET "/pieces" {
    let g = adder.several()
    return g(3)
  }
}
"""

    def test_them(self):
        with tempfile.TemporaryDirectory() as folder:
            with support.Server(support.compile_plan(self.PROGRAM, folder), "--loops", "3") as s:
                own = [s.request("GET", "/own") for _ in range(60)]
                self.assertEqual([(a[0], int(a[2])) for a in own], [(200, 100 + n + 1) for n in range(60)])
                for i in range(20):
                    self.assertEqual(s.request("GET", "/method")[2], str(160 + i + 1).encode())
                both = json.loads(s.request("GET", "/both")[2])
                self.assertEqual(both, [181, 182, 183])
                self.assertEqual([s.request("GET", "/late")[0] for _ in range(12)], [408] * 12)
                self.assertEqual([s.request("GET", "/fails")[:1] for _ in range(12)], [(418,)] * 12)
                pieces = {s.request("GET", "/pieces")[2] for _ in range(12)}
                self.assertEqual(pieces, {b"100101102"})
                held = json.loads(s.request("GET", "/-/deployments")[2])[0]
                self.assertEqual((held["ongoing"], held["queued"]), (0, 0))


if __name__ == "__main__":
    unittest.main()
