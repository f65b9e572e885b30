"""Answers that are packed: for whom, what, and streams piece by piece."""
import gzip
import json
import pathlib
import socket
import sys
import tempfile
import unittest
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import SGRUN, Listening, Server, compile_plan

PROGRAM = """
deployment words(n: int, wait: duration) -> stream str {
  max_ongoing_requests: 1000
  for i in range(n) {
    yield "word {i} "
    sleep(wait)
  }
}
deployment numbers() -> stream int {
  for i in range(300) { yield i }
}
app a {
  compress: true
  route GET "/list" (n: int) -> [i for i in range(n)]
  route GET "/text" (n: int) -> repeat("é", n)
  route GET "/bytes" (n: int) -> repeat("x", n) as bytes
  route GET "/image" (n: int) -> repeat("x", n) as text(headers: { "content-type": "image/png" })
  route GET "/own" (n: int) -> repeat("x", n) as text(headers: { "content-encoding": "x-own" })
  route GET "/fail" (n: int) -> fail(400, repeat("x", n))
  route GET "/never" (n: int) with { compress: false } -> repeat("x", n)
  route GET "/words" (n: int) -> words(n, 0s)
  route GET "/slow" -> words(100, 50ms)
  route GET "/events" -> numbers() as sse
  route GET "/lines" -> numbers() as json
  route POST "/echo" (x: str in body) -> x
}
app b at "/b" { route GET "/" (n: int) -> repeat("x", n) }
"""
GZIP = {"Accept-Encoding": "gzip"}


class Compress(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.plan = compile_plan(PROGRAM, cls.folder.name)
        cls.server = Server(cls.plan)
        cls.server.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.folder.cleanup()

    def get(self, path, headers=GZIP, method="GET"):
        status, got, body = self.server.request(method, path, headers=headers)
        packed = got["content-encoding"] == "gzip"
        if method != "HEAD":
            self.assertEqual(int(got.get("content-length", len(body))), len(body))
        return packed, gzip.decompress(body) if packed and body else body, got

    def test_what(self):
        for path, packed in [("/list?n=1000", True), ("/text?n=1000", True), ("/text?n=249", False),
                             ("/text?n=250", True), ("/text?n=0", False), ("/bytes?n=9000", False),
                             ("/image?n=9000", False), ("/own?n=9000", False), ("/fail?n=9000", True),
                             ("/never?n=9000", False), ("/words?n=1000", True), ("/events", True), ("/lines", True),
                             ("/words?n=1", True), ("/b?n=9000", False), ("/openapi.json", False)]:
            with self.subTest(path):
                plain = self.get(path, {})
                self.assertFalse(plain[0])
                done = self.get(path)
                self.assertEqual(done[0], packed)
                self.assertEqual(done[1], plain[1])
                if "/b" not in path[:3] and path not in ("/never?n=9000", "/openapi.json"):
                    self.assertEqual((plain[2]["vary"], done[2]["vary"]), ("Accept-Encoding",) * 2)

    def test_for_whom(self):
        for field, packed in [("gzip", True), ("deflate, gzip;q=0.5", True), ("GZIP", True), ("x-gzip", True),
                              ("*", True), ("*;q=0.1", True), ("br;q=1.0, gzip;q=0.001", True),
                              ("gzip;q=0", False), ("gzip; q=0.0", False), ("gzip;q=0.000, *", False),
                              ("*, gzip;q=0", False), ("*;q=0", False), ("identity", False), ("", False),
                              ("br", False), ("gzipped", False), ("identity, *;q=0", False), (", ,gzip", True)]:
            with self.subTest(field):
                self.assertEqual(self.get("/list?n=1000", {"Accept-Encoding": field})[0], packed)

    def test_head(self):
        get, head = self.get("/list?n=1000"), self.get("/list?n=1000", method="HEAD")
        self.assertEqual(head[2]["content-encoding"], "gzip")
        self.assertEqual(head[2]["content-length"], get[2]["content-length"])

    def test_large(self):
        for body in (json.dumps(list(range(300_000))), "\0" * 3_000_000):
            status, got, packed = self.server.request("POST", "/echo", body, GZIP)
            self.assertEqual(got["content-encoding"], "gzip")
            self.assertEqual(gzip.decompress(packed), body.encode())

    def test_pieces_come_at_once(self):
        with socket.create_connection((self.server.host, self.server.port), 10) as s:
            s.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n")
            data = b""
            while b"\r\n\r\n" not in data or len(data.split(b"\r\n\r\n", 1)[1]) < 30:
                data += s.recv(4096)
            body = data.split(b"\r\n\r\n", 1)[1]
            size, rest = body.split(b"\r\n", 1)
            unpack = zlib.decompressobj(31)
            self.assertIn(b"word 0 ", unpack.decompress(rest[:int(size, 16)]))
            self.assertNotIn(b"0\r\n\r\n", body)

    def test_many_streams(self):
        """What packs a stream is small, and goes with it."""
        before, held = self.server.rss(), []
        for _ in range(100):
            held.append(socket.create_connection((self.server.host, self.server.port), 10))
            held[-1].sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n")
        for s in held:
            s.recv(4096)
        if "asan" not in SGRUN:
            self.assertLess(self.server.grown(before, 100 * 100_000), 100 * 100_000)
        for s in held:
            s.close()

    def test_http10_streams_are_plain(self):
        with socket.create_connection((self.server.host, self.server.port), 10) as s:
            s.sendall(b"GET /words?n=3 HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n")
            data = b""
            while piece := s.recv(4096):
                data += piece
            self.assertTrue(data.endswith(b"\r\n\r\nword 0 word 1 word 2 "), data)

    def test_one_connection(self):
        """What one answer was packed with is no part of the next."""
        import http.client
        c = http.client.HTTPConnection(self.server.host, self.server.port, timeout=10)
        for path in ("/words?n=50", "/list?n=900", "/never?n=900", "/words?n=2", "/list?n=901") * 3:
            c.request("GET", path, headers=GZIP)
            answer = c.getresponse()
            body = answer.read()
            self.assertEqual(answer.headers["content-encoding"] == "gzip", "never" not in path)
            if "never" not in path:
                gzip.decompress(body)
        c.close()

    def test_option(self):
        with Listening(self.plan, "-l", "127.0.0.1:0", "--compress") as s:
            port = int(s.first.split(":")[3].split(" ")[0])
            for path, packed in [("/b?n=900", True), ("/never?n=900", False), ("/openapi.json", True)]:
                got = s.request("GET", path, headers=GZIP, port=port)[1]
                self.assertEqual(got["content-encoding"] == "gzip", packed)


if __name__ == "__main__":
    unittest.main()
