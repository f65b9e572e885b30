"""What clients of a server in trouble see: a full queue, a deadline in the queue or at
work, a client that left, a server that ends, sizes that cannot be found."""
import json
import socket
import sys
import tempfile
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import support  # noqa: E402

PROGRAM = """
deployment Log() {
  state lines: [str] = []
  fn add(line: str) -> int {
    lines += [line]
    return len(lines)
  }
  fn all() -> [str] = lines
}
deployment Last(log: Log) {
  max_ongoing_requests: 100
  fn run(x: int) -> int {
    log.add("last {x} began")
    sleep(300ms)
    log.add("last {x} ended")
    return x
  }
}
deployment Middle(last: Last, log: Log) {
  max_ongoing_requests: 2
  fn run(x: int) -> int {
    log.add("middle {x} began")
    let y = last.run(x)
    log.add("middle {y} ended")
    return y
  }
}
deployment Narrow() {
  max_ongoing_requests: 1
  max_queued_requests: 1
  overload_status: 429
  fn run(t: duration) -> str {
    sleep(t)
    return "slept"
  }
}
deployment Sized() {
  batch(max_size: 4, wait: 20ms, size_of: fn(x) = 10 div x) fn run(xs: [int]) -> [int] = xs
}
app a {
  bind log = Log()
  bind last = Last(log)
  bind middle = Middle(last, log)
  bind narrow = Narrow()
  bind sized = Sized()
  route GET "/run" (x: int) -> middle.run(x)
  route GET "/log" -> log.all()
  route GET "/narrow" (t: duration) -> narrow.run(t)
  route GET "/timed" (t: duration) with { request_timeout: 300ms } -> narrow.run(t)
  route GET "/sized" (x: int) -> sized.run(x)
  route GET "/busy" -> [ongoing(middle), queued(middle), ongoing(last)]
}
"""


class Clients(unittest.TestCase):
    loops = 1

    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        plan = support.compile_plan(PROGRAM, folder)
        self.server = self.enterContext(support.Server(plan, "--loops", self.loops))

    def get(self, path, headers=None):
        status, head, body = self.server.request("GET", path, headers=headers)
        return status, head, body.decode()

    def begin(self, path):
        s = socket.create_connection((self.server.host, self.server.port), 20)
        self.addCleanup(s.close)
        s.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        return s

    def until(self, path, wanted):
        end = time.monotonic() + 20
        while (got := json.loads(self.get(path)[2])) != wanted:
            self.assertLess(time.monotonic(), end, got)
            time.sleep(0.01)

    def rest(self, s):
        data = b""
        while piece := s.recv(65536):
            data += piece
        return data

    def test_a_full_queue(self):
        first = self.begin("/narrow?t=0.7")
        time.sleep(0.1)
        second = self.begin("/narrow?t=0")
        time.sleep(0.1)
        status, head, body = self.get("/narrow?t=0", {"X-Request-Id": "mine"})
        self.assertEqual((status, head["retry-after"], head["x-request-id"]), (429, "1", "mine"))
        self.assertIn("its queue of 1 is full", json.loads(body)["detail"])
        for s in first, second:
            self.assertTrue(self.rest(s).endswith(b"\r\n\r\nslept"))

    def test_a_deadline(self):
        """While it runs, and while it still waits for a slot: 408, and the slot is free."""
        self.assertEqual(self.get("/timed?t=1000")[0], 408)
        holds = self.begin("/narrow?t=0.8")
        time.sleep(0.1)
        began = time.monotonic()
        self.assertEqual(self.get("/timed?t=0")[0], 408)
        self.assertGreater(time.monotonic() - began, 0.25)
        self.assertTrue(self.rest(holds).endswith(b"slept"))
        self.assertEqual(self.get("/narrow?t=0")[0], 200)

    def test_a_client_that_leaves(self):
        """Takes all that was called for it along; who waited never began."""
        all = [self.begin(f"/run?x={x}") for x in (1, 2)]
        self.until("/busy", [2, 0, 2])
        waits = self.begin("/run?x=3")
        self.until("/busy", [2, 1, 2])
        for s in [waits, *all]:
            s.shutdown(socket.SHUT_RDWR)
            s.close()
            if s is waits:  # before there is a slot for it
                self.until("/busy", [2, 0, 2])
        self.until("/busy", [0, 0, 0])
        self.assertEqual(self.get("/run?x=4")[2], "4")
        lines = json.loads(self.get("/log")[2])
        self.assertEqual(sorted(lines[:4]), ["last 1 began", "last 2 began", "middle 1 began", "middle 2 began"])
        self.assertEqual(lines[4:], ["middle 4 began", "last 4 began", "last 4 ended", "middle 4 ended"])

    def test_a_size_that_cannot_be_found(self):
        """Is that element's error; batches go on."""
        for _ in range(3):
            self.assertEqual(self.get("/sized?x=0")[0], 500)
            self.assertEqual(self.get("/sized?x=5")[2], "5")

    def test_a_server_that_ends(self):
        """Ends what has begun, and says that it was the last answer."""
        s = self.begin("/-/healthz")
        self.assertTrue(self.rest(s).endswith(b"\r\n\r\nsuccess"))
        s = socket.create_connection((self.server.host, self.server.port), 20)
        self.addCleanup(s.close)
        s.sendall(b"GET /narrow?t=0.5 HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.2)
        self.server.process.terminate()
        answers = self.rest(s)
        self.assertTrue(answers.startswith(b"HTTP/1.1 200 ") and answers.endswith(b"\r\n\r\nslept"), answers)
        self.assertIn(b"\r\nconnection: close\r\n", answers)
        self.assertEqual(self.server.process.wait(20), 0)


class OverLoops(Clients):
    loops = 3


if __name__ == "__main__":
    unittest.main()
