"""Who the client is behind proxies: header fields and PROXY headers."""
import pathlib
import random
import re
import socket
import struct
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import echo  # noqa: E402
from echo import Reader, request  # noqa: E402
from support import SGRUN, LONG, Server, compile_plan, run  # noqa: E402

XFF, PROTO, FORWARDED = "X-Forwarded-For", "X-Forwarded-Proto", "Forwarded"
V2 = b"\r\n\r\n\0\r\nQUIT\n"

# Header fields, and the client that they make of a trusted peer (None: the peer).
TOLD = [
    ([(XFF, "203.0.113.9")], "203.0.113.9"),
    ([(XFF, "1.1.1.1, 203.0.113.9")], "203.0.113.9"),
    ([(XFF, "203.0.113.9, 127.9.9.9")], "203.0.113.9"),
    ([(XFF, "evil, 203.0.113.9,127.0.0.1 , 127.0.0.2")], "203.0.113.9"),
    ([(XFF, "127.0.0.3, 127.0.0.2")], "127.0.0.3"),
    ([(XFF, "1.1.1.1"), (XFF, "203.0.113.9")], "203.0.113.9"),
    ([(XFF, "203.0.113.9"), (XFF, "127.0.0.2")], "203.0.113.9"),
    ([(XFF, "203.0.113.9:4711")], "203.0.113.9"),
    ([(XFF, "2001:DB8:0::1")], "2001:db8::1"),
    ([(XFF, "[2001:db8::1]:443")], "2001:db8::1"),
    ([(XFF, "::ffff:203.0.113.9")], "203.0.113.9"),
    ([(XFF, "unknown")], None),
    ([(XFF, "")], None),
    ([(XFF, "203.0.113.9,")], None),
    ([(XFF, "203.0.113.9, unknown, 127.0.0.2")], "127.0.0.2"),
    ([(XFF, "203.0.113.300")], None),
    ([(XFF, "203.0.113.9:99999")], None),
    ([(XFF, "[2001:db8::1")], None),
    ([(XFF, "203.0.113.9 1.1.1.1")], None),
    ([(FORWARDED, "for=203.0.113.9")], "203.0.113.9"),
    ([(FORWARDED, 'For="[2001:db8::1]:4711";proto=http;by=1.2.3.4')], "2001:db8::1"),
    ([(FORWARDED, "for=1.1.1.1, for=203.0.113.9;host=a, for=127.0.0.2")], "203.0.113.9"),
    ([(FORWARDED, "for=_hidden")], None),
    ([(FORWARDED, "by=1.1.1.1")], None),
    ([(FORWARDED, 'for="1.1.1.1, for=203.0.113.9')], "203.0.113.9"),
    ([(XFF, "203.0.113.9"), (FORWARDED, "for=203.0.113.9")], "203.0.113.9"),
    ([(XFF, "203.0.113.9"), (FORWARDED, "for=1.1.1.1")], None),
]


def setUpModule():
    echo.make_servers()


def shown(body):
    found = re.search(rb"client (\S*) (\d)\n", body)
    return found[1].decode(), int(re.search(rb"secure (\d)\n", body)[1])


def show(server, headers=(), first=b""):
    with server.connect() as s:
        s.sendall(first + request("GET", "/show", headers=headers))
        return shown(Reader(s).answer()[2])


class Each(unittest.TestCase):
    def each(self, **options):
        for build in echo.BUILDS:
            with self.subTest(build=build), echo.Echo(build, **options) as server:
                yield server


class Fields(Each):
    def test_trusted(self):
        for server in self.each(proxies="127.0.0.0/8"):
            for headers, client in TOLD:
                with self.subTest(headers):
                    self.assertEqual(show(server, headers)[0], client or "127.0.0.1")

    def test_nobody_else(self):
        for options in ({}, {"proxies": "10.0.0.0/8"}, {"proxies": "unix"}, {"proxies": "::1"}):
            for server in self.each(**options):
                for headers, _ in TOLD:
                    self.assertEqual(show(server, headers + [(PROTO, "https")]), ("127.0.0.1", 0))

    def test_scheme(self):
        for server in self.each(proxies="127.0.0.1"):
            for headers, secure in [([(PROTO, "https")], 1), ([(PROTO, "http")], 0), ([(PROTO, "HTTPS")], 1),
                                    ([(PROTO, "http, https")], 1), ([(PROTO, "https"), (PROTO, "http")], 0),
                                    ([(FORWARDED, "for=1.1.1.1;proto=https")], 1),
                                    ([(FORWARDED, "for=1.1.1.1;Proto=\"https\"")], 1),
                                    ([(XFF, "1.1.1.1")], 0)]:
                with self.subTest(headers):
                    self.assertEqual(show(server, headers)[1], secure)

    def test_each_request_for_itself(self):
        for server in self.each(proxies="127.0.0.1"):
            with server.connect() as s:
                s.sendall(request("GET", "/show", headers=[(XFF, "1.1.1.1"), (PROTO, "https")]) +
                          request("GET", "/show"))
                reader = Reader(s)
                self.assertEqual(shown(reader.answer()[2]), ("1.1.1.1", 1))
                self.assertEqual(shown(reader.answer()[2]), ("127.0.0.1", 0))

    def test_unix_peers(self):
        with tempfile.TemporaryDirectory() as folder:
            for server in self.each(path=folder + "/s", proxies="unix"):
                with socket.socket(socket.AF_UNIX) as s:
                    s.connect(folder + "/s")
                    s.sendall(request("GET", "/show", headers=[(XFF, "1.1.1.1")]))
                    self.assertEqual(shown(Reader(s).answer()[2])[0], "1.1.1.1")

    def test_networks(self):
        for server in self.each(proxies="127.0.0.0/31"):
            for address, client in [("127.0.0.1", "127.0.0.1"), ("127.0.0.2", "127.0.0.2")]:
                headers = [(XFF, f"1.1.1.1, {address}")]
                self.assertEqual(show(server, headers)[0], "1.1.1.1" if address.endswith("1") else address)


def v2(family, block, command=0x21):
    return V2 + struct.pack(">BBH", command, family, len(block)) + block


TCP4 = v2(0x11, socket.inet_aton("203.0.113.9") + socket.inet_aton("10.0.0.1") + struct.pack(">HH", 5, 80))
TCP6 = v2(0x21, socket.inet_pton(socket.AF_INET6, "2001:db8::1") * 2 + struct.pack(">HH", 5, 80))
GOOD = {
    b"PROXY TCP4 203.0.113.9 10.0.0.1 5000 80\r\n": "203.0.113.9",
    b"PROXY TCP4 203.0.113.9 10.0.0.1 0 65535\r\n": "203.0.113.9",
    b"PROXY TCP6 2001:db8::1 ::1 5000 80\r\n": "2001:db8::1",
    b"PROXY UNKNOWN\r\n": "127.0.0.1",
    b"PROXY UNKNOWN ffff::1 who knows\r\n": "127.0.0.1",
    TCP4: "203.0.113.9",
    TCP6: "2001:db8::1",
    TCP4[:14] + struct.pack(">H", 12 + 700) + TCP4[16:] + b"\4" * 700: "203.0.113.9",
    v2(0x11, b"", 0x20): "127.0.0.1",
    v2(0x00, b"x" * 20): "127.0.0.1",
    v2(0x31, b"x" * 216): "127.0.0.1",
}
BAD = [b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"PROXY TCP4 203.0.113.9 10.0.0.1 5000\r\n",
       b"PROXY TCP4 203.0.113.9 10.0.0.1 5000 80\n" + b"x" * 80, b"PROXY  TCP4 1.1.1.1 1.1.1.1 1 1\r\n",
       b"PROXY TCP4 2001:db8::1 ::1 1 1\r\n", b"PROXY TCP6 1.1.1.1 1.1.1.1 1 1\r\n",
       b"PROXY TCP4 1.1.1.1 1.1.1.1 1 65536\r\n", b"PROXY TCP4 1.1.1.1 1.1.1.1 01 1\r\n",
       b"PROXY TCP4 1.1.1.1 1.1.1.1 1 1 \r\n", b"PROXY UNKNOWN" + b" " * 100 + b"\r\n",
       b"PROXY TCP4 1.1.1.1 1.1.1.1 1 1 x\r\n", b"PROXY UDP4 1.1.1.1 1.1.1.1 1 1\r\n", b"PROXY\r\n" + b"\r\n" * 9,
       v2(0x11, b"x" * 11), v2(0x21, b"x" * 35), v2(0x11, b"x" * 12, 0x31), v2(0x11, b"x" * 12, 0x22),
       v2(0x11, b"x" * 5000), V2[:11] + b"\r" + TCP4[12:]]


class Proxy(Each):
    def test_taken(self):
        for server in self.each(proxy=1):
            for first, client in GOOD.items():
                with self.subTest(first):
                    self.assertEqual(show(server, first=first)[0], client)

    def test_in_pieces(self):
        for server in self.each(proxy=1):
            for first in list(GOOD)[:2] + [TCP6]:
                with server.connect() as s:
                    for byte in first:
                        s.sendall(bytes([byte]))
                        time.sleep(0.001)
                    s.sendall(request("GET", "/show"))
                    self.assertEqual(shown(Reader(s).answer()[2])[0], GOOD[first])

    def test_refused(self):
        for server in self.each(proxy=1):
            for first in BAD:
                with self.subTest(first[:60]), server.connect() as s:
                    s.sendall(first)
                    try:
                        self.assertEqual(s.recv(100), b"")
                    except ConnectionResetError:
                        pass
            server.process.send_signal(15)
            server.process.wait(10)

    def test_random_bytes(self):
        """Headers with bytes changed, left out and put in: taken or refused, and the server goes on."""
        dice = random.Random(1)
        for server in self.each(proxy=1):
            for _ in range(3000 if LONG else 200):
                data = bytearray(dice.choice(list(GOOD)))
                for _ in range(dice.randint(1, 3)):
                    at = dice.randrange(len(data))
                    data[at:at + dice.randint(0, 1)] = bytes(dice.choices(b"\0 0\xff\r\n:.P", k=dice.randint(0, 2)))
                with server.connect() as s:
                    try:
                        s.sendall(bytes(data) + request("GET", "/", close=True))
                        s.shutdown(socket.SHUT_WR)
                        while s.recv(4096):
                            pass
                    except OSError:
                        pass
            self.assertEqual(show(server, first=TCP4)[0], "203.0.113.9")

    def test_slow(self):
        for server in self.each(proxy=1, head_ms=200):
            for first in (b"", b"PROXY", V2, TCP4[:20]):
                with server.connect() as s:
                    s.sendall(first)
                    began = time.monotonic()
                    self.assertEqual(s.recv(100), b"")
                    self.assertGreater(time.monotonic() - began, 0.15)

    def test_trust(self):
        """Only trusted proxies may begin so; and one may stand before another."""
        for server in self.each(proxy=1, proxies="10.0.0.0/8"):
            with server.connect() as s, self.assertRaises((ConnectionResetError, BrokenPipeError, EOFError)):
                s.sendall(TCP4 + request("GET", "/show"))
                Reader(s).answer()
        for server in self.each(proxy=1, proxies="127.0.0.1"):
            headers = [(XFF, "9.9.9.9")]
            self.assertEqual(show(server, headers, TCP4)[0], "203.0.113.9")
            self.assertEqual(show(server, headers, v2(0, b"", 0x20))[0], "9.9.9.9")


PROGRAM = """
server {
  trusted_proxies: ["127.0.0.0/8", "unix"]
  log: "json"
}
app a { route GET "/" (r: request) -> r.client }
"""


class Program(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def test_settings(self):
        plan = compile_plan(PROGRAM, self.folder)
        with Server(plan) as s:
            self.assertEqual(s.request("GET", "/", headers={XFF: "1.1.1.1", PROTO: "https"})[2], b"1.1.1.1")
            s.process.send_signal(15)
            s.process.wait(10)
            s.log.seek(0)
            line = s.log.read()
            self.assertIn('"client":"1.1.1.1"', line)
            self.assertIn('"scheme":"https"', line)
        with Server(plan, "--trusted-proxies", "10.0.0.0/8, ::1") as s:
            self.assertEqual(s.request("GET", "/", headers={XFF: "1.1.1.1"})[2], b"127.0.0.1")
        with Server(plan, "--proxy-protocol") as s, socket.create_connection((s.host, s.port), 10) as c:
            c.sendall(TCP4 + request("GET", "/", close=True))
            self.assertEqual(Reader(c).answer()[2], b"203.0.113.9")

    def test_nonsense(self):
        plan = compile_plan(PROGRAM, self.folder)
        for mode in [], ["--check"]:
            for text in "10.0.0.0/33", "x", "1.1.1", "::1/129", "1.1.1.1/", "1.1.1.1/-1":
                done = run(SGRUN, plan, *mode, "--trusted-proxies", text)
                self.assertEqual(done.returncode, 1)
                self.assertIn(f"'{text}' is not an address", done.stderr)


if __name__ == "__main__":
    unittest.main()
