"""HTTP/1.1 as the server of runtime/net speaks it: what it takes, what it
refuses and with which status, and how it answers."""
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
sys.path.insert(0, __file__.rsplit("/", 1)[0])
import echo  # noqa: E402
from echo import Reader, request  # noqa: E402

HELLO = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"

# name: (bytes, status). Each must be answered with the status and a close.
REFUSED = {
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    "two hosts in 1.0": (b"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    "bad host": (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    "host with path": (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    "empty name": (b"GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400),
    "space before colon": (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    "no colon": (b"GET / HTTP/1.1\r\nHost: a\r\nfoo\r\n\r\n", 400),
    "folded": (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400),
    "folded by tab": (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n\tb\r\n\r\n", 400),
    "folded first": (b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
    "NUL in value": (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400),
    "control in value": (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\1b\r\n\r\n", 400),
    "DEL in value": (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x7fb\r\n\r\n", 400),
    "bare CR in value": (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400),
    "bad name": (b"GET / HTTP/1.1\r\nHost: a\r\nX(: a\r\n\r\n", 400),
    "high byte in name": (b"GET / HTTP/1.1\r\nHost: a\r\nX\xe4: a\r\n\r\n", 400),
    "bare LF": (b"GET / HTTP/1.1\nHost: a\n\n", 400),
    "bare LF after header": (b"GET / HTTP/1.1\r\nHost: a\n\r\n", 400),
    "bare LF at end": (b"GET / HTTP/1.1\r\nHost: a\r\n\n", 400),
    "bare LF first": (b"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "bare CR at end": (b"GET / HTTP/1.1\r\nHost: a\r\n\rX", 400),
    "HTTP/0.9": (b"GET /\r\n", 505),
    "HTTP/0.9 named": (b"GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505),
    "HTTP/2.0": (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    "HTTP/1.2": (b"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505),
    "HTTP/3.0": (b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505),
    "HTTP/11": (b"GET / HTTP/11\r\nHost: a\r\n\r\n", (400, 505)),
    "RTSP": (b"DESCRIBE / RTSP/1.0\r\nHost: a\r\n\r\n", 501),
    "RTSP version": (b"GET / RTSP/1.0\r\nHost: a\r\n\r\n", 400),
    "ICE": (b"SOURCE / ICE/1.0\r\nHost: a\r\n\r\n", 501),
    "ICE method": (b"SOURCE / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 501, 505)),
    "CONNECT": (b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    "unknown method": (b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    "no method": (b"BREW\t/ HTTP/1.1\r\nHost: a\r\n\r\n", (400, 501)),
    "lower method": (b"get / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "two spaces": (b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "two spaces behind": (b"GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "tab": (b"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "space behind version": (b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", (400, 505)),
    "no target": (b"GET HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "relative target": (b"GET a/b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "star with GET": (b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "fragment": (b"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "fragment in absolute": (b"GET http://a/b#c HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "no authority": (b"GET http:///b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "user in authority": (b"GET http://u@a/b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "other scheme": (b"GET ftp://a/b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "high byte in target": (b"GET /\xe4 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "NUL escaped": (b"GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "half escape": (b"GET /a%4 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "half escape 2": (b"GET /a% HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "bad escape": (b"GET /a%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "escape over query": (b"GET /a%2?0 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "escape not UTF-8": (b"GET /%ff HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "escaped surrogate": (b"GET /%ed%a0%80 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "overlong escape": (b"GET /%c0%af HTTP/1.1\r\nHost: a\r\n\r\n", 400),
}


def post(*headers, body=b"", version=b"1.1"):
    return (b"POST /echo HTTP/" + version + b"\r\nHost: a\r\n" +
            b"".join(h + b"\r\n" for h in headers) + b"\r\n" + body)


CHUNKED = b"Transfer-Encoding: chunked"
ONE = b"1\r\na\r\n0\r\n\r\n"
REFUSED.update({
    "two lengths": (post(b"Content-Length: 1", b"Content-Length: 1", body=b"a"), 400),
    "unlike lengths": (post(b"Content-Length: 1", b"Content-Length: 2", body=b"ab"), 400),
    "length list": (post(b"Content-Length: 1, 1", body=b"a"), 400),
    "length plus": (post(b"Content-Length: +1", body=b"a"), 400),
    "length minus": (post(b"Content-Length: -1", body=b"a"), 400),
    "length hex": (post(b"Content-Length: 0x1", body=b"a"), 400),
    "length empty": (post(b"Content-Length: ", body=b"a"), 400),
    "length too long": (post(b"Content-Length: 1" + b"0" * 30), 400),
    "length 2^64+1": (post(b"Content-Length: 18446744073709551617", body=b"a"), 400),
    "length too large": (post(b"Content-Length: 999999999999"), 413),
    "length and coding": (post(b"Content-Length: 1", CHUNKED, body=ONE), 400),
    "coding and length": (post(CHUNKED, b"Content-Length: 1", body=ONE), 400),
    "coding empty": (post(b"Transfer-Encoding: ", body=ONE), 400),
    "coding unknown": (post(b"Transfer-Encoding: gzip", body=ONE), (400, 501)),
    "coding x, chunked": (post(b"Transfer-Encoding: x, chunked", body=ONE), 501),
    "coding chunked, x": (post(b"Transfer-Encoding: chunked, x", body=ONE), (400, 501)),
    "coding twice": (post(CHUNKED, CHUNKED, body=ONE), 400),
    "chunked, chunked": (post(b"Transfer-Encoding: chunked, chunked", body=ONE), (400, 501)),
    "coding xchunked": (post(b"Transfer-Encoding: xchunked", body=ONE), (400, 501)),
    "coding quoted": (post(b'Transfer-Encoding: "chunked"', body=ONE), (400, 501)),
    "coding in 1.0": (post(CHUNKED, body=ONE, version=b"1.0"), 400),
    "chunk not hex": (post(CHUNKED, body=b"x\r\n"), 400),
    "chunk minus": (post(CHUNKED, body=b"-1\r\na\r\n"), 400),
    "chunk plus": (post(CHUNKED, body=b"+1\r\na\r\n"), 400),
    "chunk 0x": (post(CHUNKED, body=b"0x1\r\na\r\n"), 400),
    "chunk size empty": (post(CHUNKED, body=b"\r\na\r\n"), 400),
    "chunk size space": (post(CHUNKED, body=b" 1\r\na\r\n0\r\n\r\n"), 400),
    "chunk overflow": (post(CHUNKED, body=b"1" + b"0" * 16 + b"\r\n"), 400),
    "chunk overflow f": (post(CHUNKED, body=b"f" * 17 + b"\r\n"), 400),
    "chunk huge": (post(CHUNKED, body=b"f" * 16 + b"\r\na" + b"b" * 99), 413),
    "chunk too long": (post(CHUNKED, body=b"1\r\nab\r\n0\r\n\r\n"), 400),
    "chunk bare LF": (post(CHUNKED, body=b"1\na\r\n0\r\n\r\n"), 400),
    "chunk data bare LF": (post(CHUNKED, body=b"1\r\na\n0\r\n\r\n"), 400),
    "chunk end bare LF": (post(CHUNKED, body=b"1\r\na\r\n0\n\n"), 400),
    "expectation": (post(b"Expect: 200-ok", b"Content-Length: 1"), 417),
    "too many headers": (post(*[b"a: b"] * 300), 431),
    "head too large": (post(b"a: " + b"x" * 40000), 431),
    "target too long": (b"GET /" + b"x" * 40000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    "trailers too large": (post(CHUNKED, body=b"0\r\n" + b"a: b\r\n" * 9000 + b"\r\n"), 431),
    "extension too large": (post(CHUNKED, body=b"1;" + b"a" * 50000 + b"\r\na\r\n0\r\n\r\n"), 431),
})


class Case(unittest.TestCase):
    """Runs against each build that is there."""
    options = {}

    @classmethod
    def setUpClass(cls):
        echo.make_servers()
        cls.servers = []
        for build in echo.BUILDS:
            server = echo.Echo(build, **cls.options)
            server.__enter__()
            cls.servers.append(server)

    @classmethod
    def tearDownClass(cls):
        for server in cls.servers:
            server.__exit__(None, None, None)

    def each(self):
        for server in self.servers:
            with self.subTest(server=server.args[0]):
                yield server


class Refused(Case):
    def check(self, server, data, wanted, split):
        with server.connect() as s:
            try:
                if split:
                    for i in range(len(data)):
                        s.sendall(data[i:i + 1])
                else:
                    s.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass
            answers = Reader(s).rest()
        self.assertEqual(len(answers), 1, answers)
        status, headers, body = answers[0]
        self.assertIn(status, wanted if isinstance(wanted, tuple) else (wanted,))
        self.assertEqual(headers["connection"], "close")
        self.assertEqual(headers["content-type"], "application/json")
        self.assertRegex(body.decode(), r'^\{"detail":"[^"\\]+"\}$')

    def test_refused(self):
        for server in self.each():
            for name, (data, wanted) in REFUSED.items():
                with self.subTest(name):
                    self.check(server, data, wanted, False)

    def test_refused_byte_by_byte(self):
        for server in self.each():
            for name, (data, wanted) in REFUSED.items():
                if len(data) < 500:
                    with self.subTest(name):
                        self.check(server, data, wanted, True)

    def test_refused_behind_a_good_one(self):
        for server in self.each():
            for name, (data, wanted) in REFUSED.items():
                with self.subTest(name):
                    first, second = server.ask(HELLO + data)
                    self.assertEqual(first[0], 200)
                    self.assertIn(second[0],
                                  wanted if isinstance(wanted, tuple) else (wanted,))

    def test_server_goes_on(self):
        for server in self.each():
            for data, _ in REFUSED.values():
                server.ask(data)
            server.wait_for("open", 1)
            server.wait_for_files(server.files_at_rest)


class Taken(Case):
    def show(self, server, data):
        (status, headers, body), = server.ask(data)
        self.assertEqual(status, 200, body)
        lines = body.decode().splitlines()
        return headers, lines

    def test_targets(self):
        cases = {
            b"/show": ("/show", "/show", ""),
            b"/show?": ("/show", "/show", ""),
            b"/show?a=%41&b?c": ("/show", "/show", "a=%41&b?c"),
            b"/show/%41%2Fb%20c": ("/show/A/b c", "/show/%41%2Fb%20c", ""),
            b"/show/%c3%a4?x": ("/show/\u00e4", "/show/%c3%a4", "x"),
            b"/show/%0a%7F": ("/show/\n\x7f", "/show/%0a%7F", ""),
            b"http://b:80/show?q": ("/show", "/show", "q"),
            b"HTTPS://b/show": ("/show", "/show", ""),
        }
        for server in self.each():
            for target, (path, raw, query) in cases.items():
                _, lines = self.show(server, b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n"
                                     b"Connection: close\r\n\r\n")
                text = "\n".join(lines) + "\n"
                self.assertIn(f"path {path}\nraw {raw}\nquery {query}\n", text)
                self.assertIn("sizes 1", lines)
                self.assertIn(f"target {target.decode()}", lines)

    def test_absolute_without_path(self):
        for server in self.each():
            for target in (b"http://b", b"http://b?x=1"):
                answers = server.ask(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n"
                                     b"Connection: close\r\n\r\n")
                self.assertEqual(answers[0][2], b"hello")

    def test_options(self):
        for server in self.each():
            for target in (b"*", b"http://a"):
                _, lines = self.show(server, b"OPTIONS " + target + b" HTTP/1.1\r\nHost: a\r\n"
                                     b"Connection: close\r\n\r\n")
                self.assertIn("path *", lines)
                self.assertIn("method OPTIONS 6", lines)

    def test_methods(self):
        for server in self.each():
            for number, method in enumerate(("GET", "HEAD", "POST", "PUT", "DELETE",
                                             "OPTIONS", "PATCH", "TRACE"), 1):
                if method != "HEAD":
                    _, lines = self.show(server, request(method, "/show", close=True))
                    self.assertIn(f"method {method} {number}", lines)
            _, lines = self.show(server, request("PROPFIND", "/show", close=True))
            self.assertIn("method PROPFIND 0", lines)

    def test_headers(self):
        for server in self.each():
            _, lines = self.show(server, b"GET /show HTTP/1.1\r\nHOST:a\r\nX-A:\t 1 2\t \r\n"
                                 b"x-empty:\r\nx-A: \r\nX-High: \xc3\xa4\r\n"
                                 b"Connection: close\r\n\r\n")
            self.assertEqual([v for v in lines if v.startswith("header")],
                             ["header host=a", "header x-a=1 2", "header x-empty=",
                              "header x-a=", "header x-high=\u00e4", "header connection=close"])

    def test_blank_lines_before(self):
        for server in self.each():
            answers = server.ask(b"\r\n\r\n" + HELLO + b"\r\n" + request("GET", "/", close=True))
            self.assertEqual([a[2] for a in answers], [b"hello"] * 2)

    def test_large_head(self):
        for server in self.each():
            value = "x" * 30000
            headers, lines = self.show(server, request("GET", "/show", close=True,
                                                       headers=[("a", value), ("b", "c")]))
            self.assertIn("header a=" + value, lines)
            self.assertIn("header b=c", lines)

    def test_request_id(self):
        for server in self.each():
            for sent, kept in (("abc-1", True), ("x" * 128, True), ("~!", True),
                               ("x" * 129, False), ("a b", False), ("\u00e4", False), ("", False)):
                answer = server.get("/show", headers=[("X-Request-Id", sent)])
                made = answer[1]["x-request-id"]
                self.assertIn(f"id {made}", answer[2].decode().splitlines())
                if kept:
                    self.assertEqual(made, sent)
                else:
                    self.assertRegex(made, r"^[0-9a-f]{32}$")
            made = {server.get("/")[1]["x-request-id"] for _ in range(20)}
            self.assertEqual(len(made), 20)

    def test_date(self):
        for server in self.each():
            sent = server.get("/")[1]["date"]
            now = time.time()
            self.assertIn(sent, [time.strftime("%a, %d %b %Y %H:%M:%S GMT",
                                               time.gmtime(now - i)) for i in range(3)])
            time.sleep(1.1)
            self.assertNotEqual(server.get("/")[1]["date"], sent)

    def test_upgrade_is_ignored(self):
        for server in self.each():
            data = (b"GET /show HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                    b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
            first, second = server.ask(data + request("GET", "/", close=True))
            self.assertIn(b"header upgrade=h2c", first[2])
            self.assertEqual(second[2], b"hello")
            data = data.replace(b"GET", b"POST").replace(b"\r\n\r\n", b"\r\nContent-Length: 2\r\n\r\nab")
            first, second = server.ask(data + request("GET", "/", close=True))
            self.assertIn(b"body 2 ab", first[2])
            self.assertEqual(second[2], b"hello")


class Connections(Case):
    def test_keep_alive(self):
        for server in self.each():
            with server.connect() as s:
                reader = Reader(s)
                for _ in range(50):
                    s.sendall(HELLO)
                    status, headers, body = reader.answer()
                    self.assertEqual((status, body), (200, b"hello"))
                    self.assertNotIn("connection", headers)

    def test_http10(self):
        for server in self.each():
            (status, headers, body), = server.ask(b"GET / HTTP/1.0\r\n\r\n")
            self.assertEqual((status, body, headers["connection"]), (200, b"hello", "close"))
            with server.connect() as s:
                reader = Reader(s)
                for _ in range(3):
                    s.sendall(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                    status, headers, body = reader.answer()
                    self.assertEqual(headers["connection"], "keep-alive")

    def test_close(self):
        for server in self.each():
            for value in ("close", "Close", "x, close", "close, x"):
                answers = server.ask(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: " +
                                     value.encode() + b"\r\n\r\n" + HELLO)
                self.assertEqual(len(answers), 1, value)
                self.assertEqual(answers[0][1]["connection"], "close")

    def test_pipelining(self):
        for server in self.each():
            data = b"".join(request("POST", "/echo", b"%d" % i * (i % 7)) for i in range(99))
            answers = server.ask(data + request("GET", "/", close=True))
            self.assertEqual([a[2] for a in answers],
                             [b"%d" % i * (i % 7) for i in range(99)] + [b"hello"])

    def test_pipelining_of_answers_that_wait(self):
        for server in self.each():
            data = b"".join(request("GET", f"/slow?ms={i % 3}") + request("GET", "/") +
                            request("GET", "/stream?n=2&ms=1") for i in range(30))
            answers = server.ask(data + request("GET", "/", close=True))
            self.assertEqual([a[2] for a in answers],
                             [b"slow", b"hello", b"cccccbbbbb"] * 30 + [b"hello"])

    def test_pipelining_of_large_answers(self):
        """More than the socket takes: the next request waits for the answer."""
        for server in self.each():
            body = bytes(range(256)) * 4000
            with server.connect() as s:
                data = request("POST", "/echo", body) * 8 + request("GET", "/", close=True)
                sender = threading.Thread(target=s.sendall, args=(data,))
                sender.start()
                time.sleep(0.2)
                answers = Reader(s).rest()
                sender.join()
            self.assertEqual(len(answers), 9)
            self.assertTrue(all(a[2] == body for a in answers[:8]))

    def test_byte_by_byte(self):
        good = [HELLO, request("POST", "/echo", b"some body"),
                post(CHUNKED, body=b"3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: v\r\n\r\n"),
                request("GET", "/slow?ms=1")]
        for server in self.each():
            with server.connect() as s:
                reader = Reader(s)
                for data in good * 2:
                    for i in range(len(data)):
                        s.sendall(data[i:i + 1])
                    self.assertEqual(reader.answer()[0], 200)

    def test_every_split(self):
        data = request("POST", "/echo", b"12345") + post(CHUNKED, body=ONE) + HELLO
        for server in self.each():
            for i in range(1, len(data)):
                with server.connect() as s:
                    s.sendall(data[:i])
                    time.sleep(0.0005)
                    s.sendall(data[i:])
                    reader = Reader(s)
                    self.assertEqual([reader.answer()[2] for _ in range(3)],
                                     [b"12345", b"a", b"hello"])

    def test_half_closed_client_gets_its_answers(self):
        for server in self.each():
            for path, body in (("/", b"hello"), ("/slow?ms=50&stay=1", b"slow")):
                with server.connect() as s:
                    s.sendall(request("GET", path) * 3)
                    s.shutdown(socket.SHUT_WR)
                    self.assertEqual([a[2] for a in Reader(s).rest()], [body] * 3)


class Bodies(Case):
    options = {"body_limit": 3 << 20}

    def test_sizes(self):
        """In place, apart, growing; with something behind it."""
        for server in self.each():
            for size in (0, 1, 100, 8000, 16000, 16384, 17000, 65536, 65537, 300000, 3 << 20):
                body = bytes(i * 7 % 251 for i in range(1000)) * (size // 1000 + 1)
                body = body[:size]
                sized = request("POST", "/echo", body)
                chunked = post(CHUNKED, body=b"".join(
                    b"%x\r\n%s\r\n" % (len(p), p)
                    for p in (body[i:i + 9999] for i in range(0, size, 9999))) + b"0\r\n\r\n")
                for data in (sized, chunked):
                    answers = server.ask(data + HELLO + request("GET", "/", close=True))
                    self.assertEqual(len(answers), 3)
                    self.assertTrue(answers[0][2] == body, size)
                    self.assertEqual(answers[2][2], b"hello")

    def test_too_large(self):
        for server in self.each():
            (status, headers, _), = server.ask(request("POST", "/echo", b"x" * ((3 << 20) + 1)))
            self.assertEqual((status, headers["connection"]), (413, "close"))
            piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
            (status, headers, _), = server.ask(post(CHUNKED, body=piece * 64))
            self.assertEqual(status, 413)

    def test_limit_of_a_route(self):
        for server in self.each():
            self.assertEqual(server.ask(request("POST", "/limit", b"x" * 10, close=True))[0][0], 200)
            self.assertEqual(server.ask(request("POST", "/limit", b"x" * 11))[0][0], 413)
            chunked = post(CHUNKED, body=b"b\r\n" + b"x" * 11 + b"\r\n0\r\n\r\n")
            self.assertEqual(server.ask(chunked.replace(b"/echo", b"/limit"))[0][0], 413)

    def test_many_small_chunks(self):
        for server in self.each():
            answers = server.ask(post(CHUNKED, body=b"1\r\na\r\n" * 20000 + b"0\r\n\r\n") +
                                 request("GET", "/", close=True))
            self.assertEqual(answers[0][2], b"a" * 20000)
            self.assertEqual(answers[1][2], b"hello")

    def test_trailers_are_left_out(self):
        for server in self.each():
            data = post(CHUNKED, body=b"1\r\na\r\n0\r\nHost: b\r\nX-T: 1\r\n\r\n")
            first, second = server.ask(data.replace(b"/echo", b"/show") +
                                       request("GET", "/", close=True))
            self.assertNotIn(b"x-t", first[2].lower())
            self.assertIn(b"body 1 a", first[2])
            self.assertEqual(second[2], b"hello")

    def test_large_head_and_chunks(self):
        for server in self.each():
            for size in (12000, 14000, 16000, 31000):
                data = post(b"X: " + b"y" * size, CHUNKED, body=b"3\r\nabc\r\n" * 3000 + b"0\r\n\r\n")
                first, second = server.ask(data.replace(b"/echo", b"/show") +
                                           request("GET", "/", close=True))
                self.assertIn(b"x=" + b"y" * size, first[2])
                self.assertIn(b"body 9000 abcabc", first[2])

    def test_expect_continue(self):
        for server in self.each():
            with server.connect() as s:
                reader = Reader(s)
                s.sendall(post(b"Expect: 100-Continue", b"Content-Length: 3"))
                self.assertEqual(reader.answer()[0], 100)
                s.sendall(b"abc")
                self.assertEqual(reader.answer()[2], b"abc")
                s.sendall(post(b"Expect: 100-continue", CHUNKED))
                self.assertEqual(reader.answer()[0], 100)
                s.sendall(ONE)
                self.assertEqual(reader.answer()[2], b"a")
                # The body is here: nobody waits for a 100.
                s.sendall(post(b"Expect: 100-continue", b"Content-Length: 3", body=b"abc"))
                self.assertEqual(reader.answer()[2], b"abc")
                s.sendall(post(b"Expect: 100-continue", b"Content-Length: 4000000"))
                self.assertEqual(reader.answer()[0], 413)
            (answer,) = server.ask(post(b"Expect: 100-continue", b"Content-Length: 1",
                                        version=b"1.0", body=b"a"))
            self.assertEqual(answer[2], b"a")

    def test_refused_early(self):
        for server in self.each():
            # The body has come with the head: the connection stays.
            data = request("POST", "/head", b"abc")
            first, second = server.ask(data + request("GET", "/", close=True))
            self.assertEqual((first[0], first[2]), (404, b'{"detail":"refused \\"early\\""}'))
            self.assertNotIn("connection", first[1])
            self.assertEqual(second[2], b"hello")
            # It is on its way: the client sees the answer all the same.
            (status, headers, _), = server.ask(request("POST", "/head", b"x" * 2000000))
            self.assertEqual((status, headers["connection"]), (404, "close"))
            with server.connect() as s:
                s.sendall(post(b"Expect: 100-continue", b"Content-Length: 3")
                          .replace(b"/echo", b"/head"))
                self.assertEqual(Reader(s).answer()[0], 404)


class Answers(Case):
    def test_head_method(self):
        for server in self.each():
            answers = server.ask(request("HEAD", "/") + request("HEAD", "/", close=True), "HEAD")
            self.assertEqual([a[1]["content-length"] for a in answers], ["5", "5"])
            answers = server.ask(request("HEAD", "/stream?n=3") +
                                 request("HEAD", "/", close=True), "HEAD")
            self.assertEqual(len(answers), 2)

    def test_no_content(self):
        for server in self.each():
            status, headers, body = server.get("/empty")
            self.assertEqual((status, body), (204, b""))
            self.assertNotIn("content-length", headers)

    def test_header_injection(self):
        for server in self.each():
            status, headers, body = server.get("/bad")
            self.assertEqual(status, 500)
            self.assertNotIn("x-b", headers)

    def test_stream(self):
        for server in self.each():
            for ms in (0, 2):
                status, headers, body = server.get(f"/stream?n=4&size=3&ms={ms}")
                self.assertEqual(headers["transfer-encoding"], "chunked")
                self.assertEqual(body, b"eeedddcccbbb")

    def test_stream_to_http10(self):
        for server in self.each():
            (status, headers, body), = server.ask(
                b"GET /stream?n=3&size=2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            self.assertEqual((headers["connection"], body), ("close", b"ddccbb"))
            self.assertNotIn("transfer-encoding", headers)

    def test_stream_of_much(self):
        """Faster than the client reads: the pieces wait, memory does not grow."""
        for server in self.each():
            with server.connect() as s:
                s.sendall(request("GET", "/stream?n=200&size=500000", close=True))
                time.sleep(0.3)
                self.assertLess(server.rss(), 80 << 20 if "asan" not in server.args[0] else 1 << 30)
                status, headers, body = Reader(s).answer()
            self.assertEqual(len(body), 100000000)

    def test_stream_that_breaks(self):
        for server in self.each():
            with self.assertRaises((EOFError, ConnectionResetError)):
                server.get("/stream?n=3&abort=1")
            with self.assertRaises((EOFError, ConnectionResetError)):
                server.ask(b"GET /stream?n=3&abort=1 HTTP/1.0\r\n\r\n")
            self.assertEqual(server.get("/")[2], b"hello")


if __name__ == "__main__":
    unittest.main()
