"""HTTP over TLS: handshakes, what is refused, certificates that change; and the
tests of the protocol and of connections over time once more, through TLS."""
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import echo  # noqa: E402
import support  # noqa: E402
import test_lifecycle  # noqa: E402
import test_protocol  # noqa: E402
import ws  # noqa: E402
from echo import Reader, request  # noqa: E402
from support import LONG, SGRUN, Listening, compile_plan, run  # noqa: E402

TLS = support.ROOT / "tests/http/tls"
ONE, TWO = TLS / "one.pem", TLS / "two.pem"
PROXY = b"PROXY TCP4 203.0.113.9 10.0.0.1 5000 443\r\n"


class Socket(ssl.SSLSocket):
    """Says of an end without farewell what a plain socket says of a reset."""

    def shutdown(self, how):
        socket.socket.shutdown(self, how)  # and TLS goes on with the other half

    def sendall(self, data, flags=0):
        try:
            return super().sendall(data)
        except ssl.SSLEOFError:
            raise BrokenPipeError from None

    def recv(self, size=1024, flags=0):
        self.suppress_ragged_eofs = False
        try:
            return super().recv(size)
        except ssl.SSLEOFError:
            raise ConnectionResetError from None


def client(**how):
    c = ssl.create_default_context(cafile=ONE)
    c.load_verify_locations(TWO)
    c.sslsocket_class = Socket
    for name, value in how.items():
        setattr(c, name, value)
    return c


class Echo(echo.Echo):
    def __init__(self, build, **options):
        super().__init__(build, cert=ONE, **options)

    def connect(self, timeout=10, context=None):
        s = super().connect(timeout)
        try:
            return (context or client()).wrap_socket(s, server_hostname="localhost")
        except BaseException:
            s.close()
            raise

    def plain(self):
        return super().connect()


def setUpModule():
    echo.make_servers()
    for module in test_protocol, test_lifecycle:
        module.echo.Echo = Echo


def tearDownModule():
    test_protocol.echo.Echo = echo.Echo = Echo.__base__


# A slice of what holds without TLS: these build their servers by echo.Echo.
class Taken(test_protocol.Taken):
    pass


class Connections(test_protocol.Connections):
    test_every_split = None  # a handshake each


class Bodies(test_protocol.Bodies):
    pass


class Answers(test_protocol.Answers):
    test_stream_of_much = None  # Python reads 100 MB of records in half a minute


class Time(test_lifecycle.Time):
    pass


class Each(unittest.TestCase):
    def each(self, **options):
        for build in echo.BUILDS:
            with self.subTest(build=build), Echo(build, **options) as server:
                yield server


class Handshakes(Each):
    def test_versions(self):
        v = ssl.TLSVersion
        for server in self.each():
            for version, said in [(v.TLSv1_2, "TLSv1.2"), (v.TLSv1_3, "TLSv1.3")]:
                with server.connect(context=client(minimum_version=version, maximum_version=version)) as s:
                    self.assertEqual(s.version(), said)
                    s.sendall(request("GET", "/show"))
                    self.assertIn(b"secure 1\n", Reader(s).answer()[2])
            old = client(minimum_version=v.TLSv1_1, maximum_version=v.TLSv1_1)
            old.set_ciphers("ALL:@SECLEVEL=0")
            with self.assertRaises(OSError):
                server.connect(context=old)
            server.wait_for("open", 1)

    def test_protocols(self):
        for server in self.each():
            for offered, chosen in [(["h2", "http/1.1"], "http/1.1"), (["http/1.1"], "http/1.1")]:
                c = client()
                c.set_alpn_protocols(offered)
                with server.connect(context=c) as s:
                    self.assertEqual(s.selected_alpn_protocol(), chosen)
            c = client()
            c.set_alpn_protocols(["h2"])
            with self.assertRaises(ssl.SSLError):
                server.connect(context=c)

    def test_sessions_go_on(self):
        for server in self.each():
            c = client(maximum_version=ssl.TLSVersion.TLSv1_2)
            with server.connect(context=c) as s:
                session = s.session
            with socket.create_connection(("127.0.0.1", server.port), 10) as raw:
                with c.wrap_socket(raw, server_hostname="localhost", session=session) as s:
                    self.assertTrue(s.session_reused)

    def test_plain_http_is_told(self):
        for server in self.each():
            with server.plain() as s:
                s.sendall(request("GET", "/"))
                answer = b""
                while piece := s.recv(4096):
                    answer += piece
                self.assertTrue(answer.startswith(b"HTTP/1.1 400 "), answer)
                head, body = answer.split(b"\r\n\r\n")
                self.assertIn(b"content-length: %d\r\n" % len(body), head)
                self.assertIn(b"use https", body)
            server.wait_for("open", 1)

    def test_other_bytes(self):
        for server in self.each():
            for data in (b"\0", b"\x16\x03\x01\0\x05hello", b"\x16" * 100, b"\x80\x2e\1\3\1", os.urandom(500)):
                with server.plain() as s:
                    try:
                        s.sendall(data)
                        s.shutdown(socket.SHUT_WR)
                        while s.recv(4096):
                            pass
                    except OSError:
                        pass
            server.wait_for("open", 1)
            server.wait_for_files(server.files_at_rest)

    def test_slow(self):
        for server in self.each(head_ms=200):
            for first in b"", b"\x16", b"\x16\x03\x01\x02\0\x01\0\x01":
                with server.plain() as s:
                    s.sendall(first)
                    began = time.monotonic()
                    self.assertEqual(s.recv(100), b"")
                    self.assertGreater(time.monotonic() - began, 0.15)

    def test_behind_a_proxy_header(self):
        for server in self.each(proxy=1):
            with server.plain() as raw:
                raw.sendall(PROXY)
                with client().wrap_socket(raw, server_hostname="localhost") as s:
                    s.sendall(request("GET", "/show"))
                    self.assertIn(b"client 203.0.113.9 1\n", Reader(s).answer()[2])


class Ends(Each):
    def test_farewells(self):
        """The server says that it has ended, and takes it from a client."""
        for server in self.each():
            with server.connect() as s:
                s.sendall(request("GET", "/", close=True))
                self.assertEqual(Reader(s).answer()[2], b"hello")
                self.assertEqual(s.recv(10), b"")  # an error if there was none
            with server.connect() as s:
                s.sendall(request("GET", "/"))
                self.assertEqual(Reader(s).answer()[2], b"hello")
                s.unwrap()
            # Who says farewell behind a request still gets its answer.
            with server.connect(context=client(maximum_version=ssl.TLSVersion.TLSv1_2)) as s:
                s.sendall(request("GET", "/slow?ms=50&stay=1"))
                with self.assertRaisesRegex(ssl.SSLError, "APPLICATION_DATA_AFTER_CLOSE_NOTIFY"):
                    s.unwrap()
            server.wait_for("open", 1)
            server.wait_for_files(server.files_at_rest)

    def test_client_that_vanishes(self):
        for server in self.each():
            for path in "/never", "/slow?ms=60000", "/stream?n=1000000&ms=60000":
                before = server.stats()["gone"]
                s = server.connect()
                s.sendall(request("GET", path))
                time.sleep(0.05)
                s.close()
                server.wait_for("gone", before + 1)
            server.wait_for("open", 1)

    def test_large_both_ways(self):
        body = os.urandom(3_000_000)
        for server in self.each(body_limit=4_000_000):
            with server.connect() as s:
                s.settimeout(30)
                s.sendall(request("POST", "/echo", body))
                self.assertEqual(Reader(s).answer()[2], body)
                s.sendall(request("GET", "/stream?n=40&size=100000"))
                self.assertEqual(len(Reader(s).answer()[2]), 4_000_000)

    def test_records_that_hold_several_requests(self):
        """What OpenSSL has read already, no poll tells of."""
        for server in self.each():
            with server.connect() as s:
                s.sendall(request("POST", "/echo", b"x" * 5000) * 3 + request("GET", "/slow?ms=20") +
                          request("POST", "/echo", b"y" * 14000) + request("GET", "/"))
                reader = Reader(s)
                bodies = [reader.answer()[2] for _ in range(6)]
                self.assertEqual(bodies, [b"x" * 5000] * 3 + [b"slow", b"y" * 14000, b"hello"])


PROGRAM = """
server { tls: { cert: "CERT", key: "KEY" }, listen: ["127.0.0.1:0", "http://127.0.0.1:0"] }
app a {
  route GET "/" -> "hello"
  route WS "/echo" (inbox: stream str) -> inbox
  route WS "/slow" (inbox: stream str) {
    sleep(200ms)
    for line in inbox { yield "{len(line)}" }
  }
}
"""


class Wss(ws.Socket):
    """The same client through TLS."""

    def __init__(self, host, port, path):
        self.host, self.port = host, port
        super().__init__(self, path, tls=client())


class Program(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.cert, self.key = self.folder / "cert.pem", self.folder / "key.pem"
        self.use(ONE)
        program = PROGRAM.replace("CERT", str(self.cert)).replace("KEY", str(self.key))
        self.plan = compile_plan(program, self.folder)

    def use(self, pair):
        shutil.copy(pair, self.cert)
        shutil.copy(pair, self.key)

    def who(self, port):
        with socket.create_connection(("127.0.0.1", port), 10) as raw:
            with client().wrap_socket(raw, server_hostname="localhost") as s:
                s.sendall(request("GET", "/", close=True))
                self.assertEqual(Reader(s).answer()[2], b"hello")
                return dict(s.getpeercert()["subject"][0])["commonName"]

    def ports(self, server):
        return [int(p.split(" ")[0].rstrip(",")) for p in server.first.split("127.0.0.1:")[1:]]

    def until(self, server, text):
        while text not in (line := server.process.stderr.readline()):
            self.assertTrue(line)
        return line

    def test_settings(self):
        with Listening(self.plan, "--loops", "2") as s:
            self.assertIn("https://127.0.0.1:", s.first)
            secure, plain = self.ports(s)
            self.assertEqual(self.who(secure), "one")
            self.assertEqual(s.request("GET", "/", port=plain)[2], b"hello")
            if shutil.which("curl"):
                done = run("curl", "-s", "--cacert", ONE, f"https://localhost:{secure}/",
                           "--resolve", f"localhost:{secure}:127.0.0.1")
                self.assertEqual(done.stdout, "hello", done.stderr)

    def test_websockets(self):
        """Messages in one record, over many, and more than there is room for while nobody takes them."""
        with Listening(self.plan) as s, socket.create_connection(("127.0.0.1", self.ports(s)[0]), 10) as raw:
            self.assertIn("https", s.first)
            for path, sent, got in [("/echo", ["a", "b" * 300, "c" * 70000, "d"], None),
                                    ("/slow", ["x" * 15000] * 40 + ["y"], ["15000"] * 40 + ["1"])]:
                w = Wss("127.0.0.1", self.ports(s)[0], path)
                w.s.sendall(b"".join(ws.frame(ws.TEXT, text.encode()) for text in sent))
                self.assertEqual([w.text() for _ in sent], got or sent)
                w.s.close()

    def test_options_come_first(self):
        with Listening(self.plan, "--tls-cert", TWO, "--tls-key", TWO, "-l", "127.0.0.1:0") as s:
            self.assertEqual(self.who(*self.ports(s)), "two")

    def test_certificates_change(self):
        with Listening(self.plan) as s:
            port = self.ports(s)[0]
            raw = socket.create_connection(("127.0.0.1", port), 10)
            with client().wrap_socket(raw, server_hostname="localhost") as old:
                self.use(TWO)
                self.until(s, "the certificate was read again")
                self.assertEqual(self.who(port), "two")
                # A bad pair never replaces a good one.
                self.cert.write_text("nonsense")
                line = self.until(s, "the certificate stays as it was")
                self.assertIn(str(self.cert), line)
                self.assertEqual(self.who(port), "two")
                shutil.copy(ONE, self.cert)  # with the other's key
                s.process.send_signal(signal.SIGHUP)
                self.until(s, "the certificate stays as it was")
                self.assertEqual(self.who(port), "two")
                self.use(ONE)
                s.process.send_signal(signal.SIGHUP)
                self.until(s, "the certificate was read again")
                self.assertEqual(self.who(port), "one")
                old.sendall(request("GET", "/", close=True))
                self.assertEqual(Reader(old).answer()[2], b"hello")

    def test_what_is_missing(self):
        cases = [(["--tls-cert", "/no/such", "--tls-key", str(ONE)], "the certificate /no/such: No such file"),
                 (["--tls-cert", str(ONE), "--tls-key", "/no/such"], "the key /no/such: No such file"),
                 (["--tls-cert", str(ONE), "--tls-key", str(TWO)], "key values mismatch"),
                 (["--tls-cert", str(ONE)], "TLS needs a certificate and a key"),
                 (["--tls-cert", __file__, "--tls-key", __file__], f"the certificate {__file__}: ")]
        for options, said in cases:
            for mode in [], ["--check"]:
                with self.subTest(options=options, mode=mode):
                    done = run(SGRUN, self.plan, *mode, *options)
                    self.assertEqual(done.returncode, 1)
                    self.assertIn(said, done.stderr)
        self.assertEqual(run(SGRUN, self.plan, "--check").returncode, 0)
        self.key.unlink()
        self.assertIn(f"the key {self.key}: No such file", run(SGRUN, self.plan, "--check").stderr)

    def test_a_key_with_a_password_is_refused(self):
        if not shutil.which("openssl"):
            self.skipTest("no openssl command")
        subprocess.run(["openssl", "ec", "-in", ONE, "-aes128", "-passout", "pass:abcd", "-out", self.key],
                       check=True, capture_output=True)
        done = run(SGRUN, self.plan, "--check", input="abcd\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"the key {self.key}", done.stderr)

    def test_without_tls_nothing_is_loaded(self):
        plan = compile_plan('app a { route GET "/" -> "hello" }\n', self.folder)
        for options, loaded in [(["-l", "127.0.0.1:0"], False),
                                (["-l", "127.0.0.1:0", "--tls-cert", ONE, "--tls-key", ONE], True)]:
            with Listening(plan, *options) as s:
                maps = pathlib.Path(f"/proc/{s.process.pid}/maps").read_text()
                self.assertEqual("libssl" in maps, loaded)
        done = run(SGRUN, plan, "-l", "https://127.0.0.1:0")
        self.assertIn("https needs a certificate", done.stderr)

    def test_idle_connections(self):
        count = 10_000 if LONG else 200
        with Listening(self.plan) as s:
            port = self.ports(s)[0]
            self.who(port)
            before, context, held = s.rss(), client(), []
            for _ in range(count):
                raw = socket.create_connection(("127.0.0.1", port), 10)
                held.append(context.wrap_socket(raw, server_hostname="localhost"))
                held[-1].sendall(request("GET", "/"))
                Reader(held[-1]).answer()
            grown = (s.rss() - before) / count
            for c in held:
                c.close()
            if LONG:
                print(f"{count} idle TLS connections: {grown:.0f} bytes each", file=sys.stderr)
            if "asan" not in SGRUN:
                self.assertLess(grown, 40_000)


if __name__ == "__main__":
    unittest.main()
