"""Sessions that keep to a replica, by a header: over sockets, several loops, calls
below, full replicas, and replicas that come and go."""
import concurrent.futures
import json
import pathlib
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import SGC, Server, compile_plan, run

PROGRAM = """
deployment Count() {
  state n: int = 0
  fn add() -> int {
    n += 1
    return n
  }
}
deployment Chat(count: Count) {
  session_affinity: "X-Session"
  num_replicas: 4
  state who: int = count.add()
  state turns: int = 0
  fn run() -> (int, int) {
    turns += 1
    return (who, turns)
  }
}
deployment Slow(count: Count) {
  session_affinity: "x-session"
  num_replicas: 3
  max_ongoing_requests: 1
  max_queued_requests: 2
  state who: int = count.add()
  fn run(wait: duration) -> int {
    sleep(wait)
    return who
  }
}
deployment Other(count: Count) {
  session_affinity: "x-user"
  num_replicas: 4
  state who: int = count.add()
  fn run() -> int = who
}
deployment Scaled(count: Count) {
  session_affinity: "x-session"
  max_ongoing_requests: 1
  autoscaling: { min_replicas: 1, max_replicas: 4, target_ongoing_requests: 1, upscale_delay: 0s, downscale_delay: 0s, look_back_period: 0.1s }
  state who: int = count.add()
  fn run(wait: duration) -> int {
    sleep(wait)
    return who
  }
}
deployment Front(chat: Chat) {
  fn run() -> (int, int) = chat.run()
}
app a {
  bind count = Count()
  bind chat = Chat(count)
  bind slow = Slow(count)
  bind other = Other(count)
  bind scaled = Scaled(count)
  bind front = Front(chat)
  route GET "/" -> chat.run()
  route GET "/front" -> front.run()
  route GET "/slow" (wait: duration) -> slow.run(wait)
  route GET "/scaled" (wait: duration) -> scaled.run(wait)
  route GET "/both" -> [chat.run().0, other.run()]
}
"""


class Sessions(unittest.TestCase):
    def serve(self, *options):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        return self.enterContext(Server(compile_plan(PROGRAM, folder), *options))

    def get(self, s, path, session=None, **more):
        headers = {**({"x-session": session} if session else {}), **more}
        status, _, body = s.request("GET", path, headers=headers)
        return (status, json.loads(body))

    def counts(self, s, name):
        page = json.loads(s.request("GET", "/-/deployments")[2])
        return next(d for d in page if d["name"] == name)

    def wait_for(self, s, name, **wanted):
        for _ in range(400):
            if wanted.items() <= self.counts(s, name).items():
                return
            time.sleep(0.02)
        self.fail(self.counts(s, name))

    def test_a_session_keeps_to_its_replica(self):
        for loops in 1, 3:
            with self.subTest(loops=loops):
                s = self.serve("--loops", loops)
                first = {i: self.get(s, "/", f"s{i}")[1][0] for i in range(40)}
                self.assertEqual(len(set(first.values())), 4)
                with concurrent.futures.ThreadPoolExecutor(16) as pool:
                    paths = [("/" if n % 2 else "/front", n % 40) for n in range(200)]
                    got = pool.map(lambda p: self.get(s, p[0], f"s{p[1]}")[1][0], paths)
                    self.assertEqual(list(got), [first[p[1]] for p in paths])

    def test_who_has_none_goes_to_all(self):
        s = self.serve()
        self.assertEqual(len({self.get(s, "/")[1][0] for _ in range(8)}), 4)
        self.assertEqual(len({self.get(s, "/", **{"x-session": ""})[1][0] for _ in range(8)}), 4)

    def test_each_deployment_has_its_header(self):
        s = self.serve()
        both = [self.get(s, "/both", f"s{i}", **{"x-user": "u"})[1] for i in range(20)]
        self.assertEqual(len({b[0] for b in both}), 4)
        self.assertEqual(len({b[1] for b in both}), 1)

    def test_a_full_replica_is_waited_for_until_the_queue_is_full(self):
        s = self.serve()
        own = self.get(s, "/slow?wait=0s", "me")[1]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            held = [pool.submit(self.get, s, "/slow?wait=2s", "me")]
            self.wait_for(s, "slow", ongoing=1)
            for n in 1, 2:  # others are free, and it waits
                held.append(pool.submit(self.get, s, "/slow?wait=0s", "me"))
                self.wait_for(s, "slow", ongoing=1, queued=n)
            free = self.get(s, "/slow?wait=0s")  # who has no session does not wait
            self.assertEqual((free[0], free[1] != own), (200, True))
            more = self.get(s, "/slow?wait=0s", "me")  # the queue is full
            self.assertEqual((more[0], more[1] != own), (200, True))
            self.assertEqual([h.result() for h in held], [(200, own)] * 3)
        self.assertEqual(self.get(s, "/slow?wait=0s", "me"), (200, own))

    def test_all_are_full(self):
        s = self.serve()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            held = [pool.submit(self.get, s, "/slow?wait=2s") for _ in range(3)]
            self.wait_for(s, "slow", ongoing=3)
            held += [pool.submit(self.get, s, "/slow?wait=0s", "me") for _ in range(2)]
            self.wait_for(s, "slow", queued=2)
            self.assertEqual(self.get(s, "/slow?wait=0s", "me")[0], 503)
            self.assertEqual([h.result()[0] for h in held], [200] * 5)

    def test_replicas_come_and_go(self):
        s = self.serve()
        stop = threading.Event()

        def load(i):
            while not stop.is_set():
                self.get(s, "/scaled?wait=0.01s", f"load {i}")

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for i in range(8):
                pool.submit(load, i)
            try:
                self.wait_for(s, "scaled", replicas=4)
                who = {i: self.get(s, "/scaled?wait=0s", f"s{i}") for i in range(20)}
                self.assertEqual({w[0] for w in who.values()}, {200})
            finally:
                stop.set()
        self.wait_for(s, "scaled", replicas=1)
        left = {self.get(s, "/scaled?wait=0s", f"s{i}") for i in range(20)}
        self.assertEqual(len(left), 1)

    def test_the_header_is_one(self):
        bad = PROGRAM.replace('"x-user"', '"x user"')
        done = run(SGC, "-", "-o", "/dev/null", input=bad)
        self.assertIn("`x user` is no name of a header", done.stderr)


if __name__ == "__main__":
    unittest.main()
