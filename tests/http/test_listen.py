"""Where sgrun listens: Unix sockets, several addresses, IPv6."""
import os
import pathlib
import re
import shutil
import signal
import socket
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import SGRUN, Listening, compile_plan, run, unix_request

PROGRAM = """
app a {
  route GET "/who" (r: request) -> { client: r.client, method: r.method }
  route GET "/hello" -> "hello"
  route GET "/slow" {
    sleep(300ms)
    return "slow"
  }
}
"""


class Listen(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.plan = compile_plan(PROGRAM, self.folder)
        self.path = self.folder + "/s.sock"
        self.at = "unix:" + self.path

    def test_unix_socket(self):
        with Listening(self.plan, "--listen", self.at) as s:
            self.assertRegex(s.first, rf"ready on {self.at} \(\d")
            status, _, body = unix_request(self.path, "GET", "/who")
            self.assertEqual(status, 200)
            self.assertIn(b'"client":""', body)
            if shutil.which("curl"):
                done = run("curl", "-s", "--unix-socket", self.path, "http://x/hello")
                self.assertEqual(done.stdout, "hello")
        self.assertFalse(os.path.exists(self.path))

    def test_drain_ends_requests_and_removes_the_path(self):
        with Listening(self.plan, "--listen", self.at) as s:
            with socket.socket(socket.AF_UNIX) as c:
                c.connect(self.path)
                c.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
                while unix_request(self.path, "GET", "/hello")[0] != 200:
                    pass
                s.process.send_signal(signal.SIGTERM)
                self.assertIn(b"slow", c.recv(4096))
            s.process.wait(10)
            self.assertFalse(os.path.exists(self.path))

    def test_stale_socket_is_replaced(self):
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(self.path)
        with Listening(self.plan, "--listen", self.at):
            self.assertEqual(unix_request(self.path, "GET", "/hello")[2], b"hello")

    def refused(self):
        done = run(SGRUN, self.plan, "--listen", self.at)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"cannot listen on {self.at}: address already in use", done.stderr)

    def test_what_answers_or_is_no_socket_stays(self):
        with Listening(self.plan, "--listen", self.at):
            self.refused()
            self.assertEqual(unix_request(self.path, "GET", "/hello")[2], b"hello")
        pathlib.Path(self.path).write_text("a file")
        self.refused()
        self.assertEqual(pathlib.Path(self.path).read_text(), "a file")

    def test_a_path_that_another_took_over_stays(self):
        with Listening(self.plan, "--listen", self.at) as s:
            os.unlink(self.path)
            with Listening(self.plan, "--listen", self.at):
                s.process.send_signal(signal.SIGTERM)
                s.process.wait(10)
                self.assertEqual(unix_request(self.path, "GET", "/hello")[2], b"hello")

    def test_wrong_addresses(self):
        for at in "unix:", "unix:" + "x" * 108, "::1:80", "[::1:80", "a:b", "a:65536", "":
            with self.subTest(at):
                done = run(SGRUN, self.plan, "--listen", at)
                self.assertEqual(done.returncode, 2)
                self.assertIn("is not HOST:PORT or unix:PATH", done.stderr)
        done = run(SGRUN, self.plan, "--listen", "unix:/no/such/folder/s")
        self.assertEqual(done.returncode, 1)
        self.assertIn("unix:/no/such/folder/s: no such file or directory", done.stderr)

    def several(self, *options):
        with Listening(self.plan, *options) as s:
            ports = [int(p) for p in re.findall(r"http://127\.0\.0\.1:(\d+)", s.first)]
            self.assertEqual(len(set(ports)), 2)
            self.assertIn(self.at, s.first)
            for port in ports:
                self.assertEqual(s.request("GET", "/hello", port=port)[2], b"hello")
            self.assertEqual(unix_request(self.path, "GET", "/hello")[2], b"hello")
        self.assertFalse(os.path.exists(self.path))

    def test_several(self):
        at = ["-l", "127.0.0.1:0", "-l", self.at, "-l", "127.0.0.1:0"]
        self.several(*at)
        self.several(*at, "--loops", "3")

    def test_several_in_the_program(self):
        server = f'server {{ listen: ["127.0.0.1:0", "127.0.0.1:0", "{self.at}"] }}'
        self.plan = compile_plan(server + PROGRAM, self.folder)
        self.several()

    def test_one_that_cannot_be_had_ends_all(self):
        done = run(SGRUN, self.plan, "-l", self.at, "-l", "127.0.0.1:0", "-l", "unix:/no/such/s")
        self.assertEqual(done.returncode, 1)
        self.assertFalse(os.path.exists(self.path))

    @unittest.skipUnless(os.path.exists("/proc/net/if_inet6"), "no IPv6 here")
    def test_ipv6(self):
        for at, host, client in [("[::1]:0", "::1", "::1"), ("[::]:0", "127.0.0.1", "127.0.0.1")]:
            with self.subTest(at), Listening(self.plan, "--listen", at) as s:
                port = int(re.search(r"\]:(\d+) \(", s.first)[1])
                status, _, body = s.request("GET", "/who", host=host, port=port)
                self.assertEqual(status, 200)
                self.assertIn(f'"client":"{client}"'.encode(), body)


if __name__ == "__main__":
    unittest.main()
