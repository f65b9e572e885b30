"""curl and openssl s_client, as people use them by hand."""
import json
import pathlib
import shutil
import subprocess
import unittest

from shop import PEM, Shop


def run(*args, input=None):
    return subprocess.run([str(a) for a in args], input=input, capture_output=True, timeout=60)


@unittest.skipUnless(shutil.which("curl"), "no curl")
class Curl(Shop):
    def curl(self, path, *options, input=None, base=None):
        done = run("curl", "-sS", "--max-time", 30, *options, (base or self.server.url) + path, input=input)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_versions(self):
        for version, first in ("--http1.0", b"HTTP/1.1 200 OK"), ("--http1.1", b"HTTP/1.1 200 OK"), ("--http2", b"HTTP/1.1 200 OK"):
            out = self.curl("/hello/x", version, "-i")
            self.assertTrue(out.startswith(first) and out.endswith(b"\r\n\r\nhello x"), out)
        self.assertEqual(self.curl("/words?n=3", "--http1.0"), b"word 0\nword 1\nword 2\n")
        out = self.curl("/words?n=3", "--http1.0", "-i").lower()
        self.assertNotIn(b"transfer-encoding", out)

    def test_compressed(self):
        out = self.curl("/list?n=3000", "--compressed", "-i")
        self.assertIn(b"content-encoding: gzip", out)
        self.assertEqual(json.loads(out.split(b"\r\n\r\n")[1])["n"], list(range(3000)))
        self.assertEqual(self.curl("/words?n=300", "--compressed"), b"".join(b"word %d\n" % i for i in range(300)))

    def test_bodies(self):
        data = bytes(range(256)) * 5000
        octets = ["-H", "Content-Type: application/octet-stream"]
        self.assertEqual(self.curl("/bytes", "--data-binary", "@-", *octets, input=data), data)  # it says Expect
        self.assertEqual(self.curl("/bytes", "-X", "POST", "-T", "-", *octets, input=data), data)  # in chunks
        self.assertEqual(self.curl("/count", "-X", "POST", "-T", "-", input=data), b"%d" % len(data))
        self.assertEqual(self.curl("/upper", "-X", "POST", "-T", "-", "-N", input=b"some text"), b"SOME TEXT")
        self.assertEqual(json.loads(self.curl("/order", "-d", '{"things": [{"name": "a", "price": 3}]}')),
                         {"total": 3.0, "count": 1})
        self.assertEqual(json.loads(self.curl("/form", "-F", "name=x", "-F", "files=@-;filename=f", "-F", "files=abc", input=data)),
                         {"name": "x", "sizes": [len(data), 3], "n": 1})
        self.assertEqual(json.loads(self.curl("/form", "--data-urlencode", "name=a&b=ü", "-d", "files=1")),
                         {"name": "a&b=ü", "sizes": [1], "n": 1})

    def test_several_at_once(self):
        urls = [f"{self.server.url}/hello/{i}" for i in range(20)]
        self.assertEqual(self.curl("", *urls, base="http://127.0.0.1:%d/hello/last" % self.server.port),
                         b"".join(b"hello %d" % i for i in range(20)) + b"hello last")
        out = self.curl("/hello/[1-50]", "--parallel", "--parallel-immediate", "-w", "\n")
        self.assertEqual(sorted(map(int, out.replace(b"hello", b"").split())), list(range(1, 51)))

    def test_tls(self):
        for more in ["--tlsv1.2", "--tls-max", "1.2"], ["--tlsv1.3"]:
            self.assertEqual(self.curl("/hello/x", "--cacert", PEM, *more, base=self.server.tls), b"hello x")
        done = run("curl", "-sS", self.server.tls + "/hello/x")
        self.assertEqual(done.returncode, 60)  # who does not trust it
        self.assertIn(b"speaks TLS", self.curl("/hello/x", base=f"http://localhost:{self.server.secure}"))

    def test_resume_and_head(self):
        self.assertIn(b"content-length: 7\r\n", self.curl("/hello/x", "-I").lower())
        self.assertEqual(self.curl("/hello/x", "-C", "-", "-o", "-", "-r", "0-2"), b"hello x")  # ranges are not spoken


@unittest.skipUnless(shutil.which("openssl"), "no openssl")
class OpenSsl(Shop):
    def ask(self, *options):
        request = b"GET /hello/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        return run("openssl", "s_client", "-connect", f"127.0.0.1:{self.server.secure}", "-servername", "localhost", "-CAfile", PEM,
                   "-ign_eof", *options, input=request)

    def test_versions(self):
        for version, said in ("-tls1_2", b"TLSv1.2"), ("-tls1_3", b"TLSv1.3"):
            done = self.ask(version)
            self.assertIn(b"\r\n\r\nhello x", done.stdout)
            self.assertIn(said, done.stdout)
            self.assertIn(b"Verify return code: 0", done.stdout)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn(b"hello x", self.ask("-tls1_1").stdout)

    def test_protocols_and_sessions(self):
        self.assertIn(b"ALPN protocol: http/1.1", self.ask("-alpn", "h2,http/1.1").stdout)
        session = pathlib.Path(self.folder.name) / "session"
        for version in "-tls1_2", "-tls1_3":
            self.ask(version, "-sess_out", session)
            done = self.ask(version, "-sess_in", session)
            self.assertIn(b"Reused, TLSv1", done.stdout)
            self.assertIn(b"hello x", done.stdout)


if __name__ == "__main__":
    unittest.main()
