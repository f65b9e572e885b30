"""Code that computes for long leaves the loop to others, also where it is an
operator that goes through much, and is stopped when its time is over."""
import pathlib
import tempfile
import threading
import time
import unittest

import support

PROGRAM = """
fn long(size: int, times: int) -> int {
  let xs = range(size)
  var total = 0
  for i in range(times) { total = sum(xs) }
  return total
}
app turns {
  route GET "/long" (size: int, times: int) with { request_timeout: 1s } -> long(size, times)
  route GET "/quick" -> "ok"
}
"""


class Turns(unittest.TestCase):
    def during(self, path):
        """The least time that another request took beside it, how it ended, and after
        how many seconds."""
        ended, times = [], []
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder) / "turns.sg"
            source.write_text(PROGRAM)
            plan = source.with_suffix(".plan")
            self.assertEqual(support.run(support.SGC, source, "-o", plan).returncode, 0)
            with support.Server(plan) as server:
                long = threading.Thread(
                    target=lambda: ended.append(server.request("GET", path)[0]))
                long.start()
                begin = time.monotonic()
                time.sleep(0.2)
                while long.is_alive() and len(times) < 5:
                    began = time.monotonic()
                    self.assertEqual(server.request("GET", "/quick")[2], b"ok")
                    times.append(time.monotonic() - began)
                long.join()
                return min(times), ended[0], time.monotonic() - begin

    def test_a_large_operator(self):
        took, status, seconds = self.during("/long?size=400000&times=1000000")
        self.assertLess(took, 0.5)
        self.assertEqual(status, 408)
        self.assertLess(seconds, 5)


if __name__ == "__main__":
    unittest.main()
