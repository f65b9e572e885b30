"""WebSocket routes: the handshake, RFC 6455 in the order of the families of cases that
the Autobahn suite has, compression, types of messages, and who leaves when."""
import json
import random
import signal
import socket
import ssl
import struct
import sys
import tempfile
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import raw  # noqa: E402
import support  # noqa: E402
import ws  # noqa: E402
from ws import BINARY, CLOSE, MORE, PING, PONG, TEXT, close_data, deflate, frame  # noqa: E402

SANITIZED = "san" in support.BUILD.name
RST = struct.pack("ii", 1, 0)
DEFLATE = "permessage-deflate"
PEM = support.ROOT / "tests/http/tls/one.pem"
PROGRAM = r"""
type Word = "yes" | "no"
type Note = { n: int(ge: 0), text: str = "-" }
deployment Log() {
  state lines: [str] = []
  fn add(line: str) { lines = lines + [line] }
  fn all() -> [str] = lines
  fn clear() { lines = [] }
}
deployment Bot() {
  max_ongoing_requests: 1000
  max_queued_requests: 1000
  state n: int = 0
  fn reply(line: str) -> str {
    n += 1
    return "{n} {line}"
  }
  fn talk(inbox: stream str) -> stream str {
    for line in inbox { yield upper(line) }
  }
}
fn shout(lines: stream str) -> stream str {
  for line in lines { yield upper(line) }
}
app a {
  bind book = Log()
  bind bot = Bot()
  route WS "/echo" (inbox: stream str) -> inbox
  route WS "/bytes" (inbox: stream bytes) -> inbox
  route WS "/json" (inbox: stream json) -> inbox
  route WS "/short" (inbox: stream str(max_length: 3)) -> inbox
  route WS "/word" (inbox: stream Word) -> inbox
  route WS "/small" (inbox: stream bytes) with { max_body: 1KB } -> inbox
  route WS "/shout" -> shout
  route WS "/keeps" (inbox: stream str) {
    var all: [str] = []
    for x in inbox {
      all += [x]
      yield str(len(all))
    }
  }
  route WS "/home" -> bot.talk
  route WS "/notes" (inbox: stream Note) {
    for n in inbox { yield { twice: n.n * 2, text: n.text } }
  }
  route WS "/floats" (inbox: stream float) {
    for x in inbox { yield 1.0 / x }
  }
  route WS "/room/{id}" (id: int, inbox: stream str, name: str, token: str in header = "") {
    if token == "bad" { fail(403, "no entry") }
    for line in inbox { yield "{id} {name} {bot.reply(line)}" }
    yield "bye"
  }
  route WS "/fails" (inbox: stream str) {
    for line in inbox {
      if line == "own" { fail(4001, "mine") }
      if line == "long" { fail(400, "é" + repeat("x", 200)) }
      fail(503, "not now")
    }
    yield ""
  }
  route WS "/log" (inbox: stream str) with { graceful_shutdown: { timeout: 300ms } } {
    for line in inbox {
      book.add(line)
      if line == "slow" { sleep(100ms) }
      if line == "stuck" { sleep(30s) }
    }
    book.add("end")
  }
  route WS "/three" (inbox: stream str) {
    var n = 0
    for line in inbox {
      n += 1
      yield line
      if n == 3 { break }
    }
  }
  route WS "/tick" (n: int, gap: float = 0.0) {
    for i in range(n) {
      sleep(gap * 1s)
      yield i
    }
  }
  route WS "/flood" (size: int) {
    let text = repeat("x", size)
    while true { yield text }
  }
  route WS "/lazy" (inbox: stream str) {
    yield "first"
    sleep(400ms)
    for line in inbox { yield "{len(line)}" }
  }
  route WS "/slow" (inbox: stream str, wait: float) {
    sleep(wait * 1s)
    for line in inbox { yield line }
  }
  route WS "/late" (inbox: stream str) with { request_timeout: 300ms } -> inbox
  route WS "/late-start" (inbox: stream str) with { request_timeout: 100ms } {
    sleep(10s)
    yield "never"
  }
  route WS "/pinged" (inbox: stream str) with { ping_interval: 150ms } -> inbox
  route WS "/spoken" (inbox: stream str) with { subprotocol: "chat.v2" } -> inbox
  route WS "/both" (inbox: stream str) -> inbox
  route GET "/both" -> "plain"
  route GET "/lines" -> book.all()
  route POST "/clear" -> book.clear()
}
"""


def setUpModule():
    global folder, plan
    folder = tempfile.TemporaryDirectory()
    plan = support.compile_plan(PROGRAM, folder.name)


def tearDownModule():
    folder.cleanup()


class Sockets:
    loops = 1

    @classmethod
    def setUpClass(cls):
        cls.server = support.Server(plan, "--loops", cls.loops)
        cls.server.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def open(self, path, *headers, **how):
        return ws.Socket(self.server, path, *headers, **how)

    def refused(self, path, *headers, **how):
        with self.assertRaises(ws.Refused) as found:
            self.open(path, *headers, **how)
        return found.exception

    def echoes(self, c, opcode, data):
        c.send(opcode, data)
        self.assertEqual(c.receive(), (opcode, data))

    def fails(self, path, code, *frames, **how):
        """The server closes with that code for these bytes."""
        with self.open(path, **how) as c:
            c.raw(b"".join(frames))
            found = c.closed()
            self.assertEqual(found[0], code, found)
            return found[1]

    def wait_until(self, true, seconds=10):
        until = time.monotonic() + seconds
        while not true():
            self.assertLess(time.monotonic(), until)
            time.sleep(0.01)

    def lines(self):
        return json.loads(self.server.request("GET", "/lines")[2])


class OneLoop(Sockets, unittest.TestCase):
    # ---- the handshake ----
    def test_handshake(self):
        with self.open("/echo", change={"Upgrade": "h2c, WebSocket", "Connection": "keep-alive, upgrade"}) as c:
            self.echoes(c, TEXT, "hello")
            self.assertNotIn("sec-websocket-protocol", c.headers)
            self.assertNotIn("transfer-encoding", c.headers)
            self.assertNotIn("content-length", c.headers)
        for change, status in (({"Connection": "close"}, 400), ({"Connection": None}, 400),
                               ({"Sec-WebSocket-Version": "8"}, 426),
                               ({"Sec-WebSocket-Version": None}, 426),
                               ({"Sec-WebSocket-Key": None}, 400),
                               ({"Sec-WebSocket-Key": "short=="}, 400),
                               ({"Sec-WebSocket-Key": "!" * 22 + "=="}, 400),
                               ({"Upgrade": None}, 426), ({"Upgrade": "websocket2"}, 426),
                               ({"Content-Length": "0"}, 101)):
            with self.subTest(change):
                if status == 101:
                    self.open("/echo", change=change).s.close()
                    continue
                no = self.refused("/echo", change=change)
                self.assertEqual(no.status, status, no.body)
                if status == 426:
                    self.assertEqual(no.headers["sec-websocket-version"], "13")
                    self.assertEqual(no.headers["upgrade"], "websocket")
        no = self.refused("/echo", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
        self.assertEqual(no.status, 400)
        self.assertEqual(self.refused("/none").status, 404)
        self.assertEqual(self.refused("/lines").status, 200)  # an upgrade may be ignored

    def test_a_path_for_both(self):
        self.assertEqual(self.server.request("GET", "/both")[2], b"plain")
        with self.open("/both") as c:
            self.echoes(c, TEXT, "a")
        self.assertEqual(self.server.request("GET", "/echo")[0], 426)
        status, headers, _ = self.server.request("POST", "/echo")
        self.assertEqual((status, headers["allow"]), (405, "GET, HEAD"))

    def test_subprotocols(self):
        with self.open("/spoken", "Sec-WebSocket-Protocol: chat.v1, chat.v2") as c:
            self.assertEqual(c.headers["sec-websocket-protocol"], "chat.v2")
        with self.open("/spoken", "Sec-WebSocket-Protocol: chat.v1") as c:
            self.assertNotIn("sec-websocket-protocol", c.headers)

    def test_parameters_and_failures_before_the_upgrade(self):
        with self.open("/room/7?name=Ann") as c:
            c.send(TEXT, "hi")
            self.assertRegex(c.text(), r"^7 Ann \d+ hi$")
            c.send(TEXT, "ho")
            self.assertRegex(c.text(), r"^7 Ann \d+ ho$")
        no = self.refused("/room/x")
        self.assertEqual(no.status, 422)
        self.assertEqual([d["loc"] for d in json.loads(no.body)["detail"]], [["path", "id"], ["query", "name"]])
        no = self.refused("/room/1?name=a", "token: bad")
        self.assertEqual((no.status, json.loads(no.body)), (403, {"detail": "no entry"}))
        self.assertEqual(self.refused("/late-start").status, 408)

    def test_what_comes_with_the_handshake(self):
        head = raw.head("GET", "/slow?wait=0.1", "Upgrade: websocket", "Connection: upgrade",
                        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
        with raw.Conn(self.server, head + frame(TEXT, b"early") + frame(CLOSE)) as c:
            data = c.rest()
        self.assertTrue(data.startswith(b"HTTP/1.1 101 "), data)
        self.assertIn(b"\r\n\r\n\x81\x05early\x88\x00", data)

    # ---- 1: sizes ----
    def test_1_sizes(self):
        with self.open("/echo") as text, self.open("/bytes") as octets:
            for n in 0, 1, 125, 126, 127, 128, 65535, 65536, 300000:
                self.echoes(text, TEXT, "*" * n)
                self.echoes(octets, BINARY, b"\xfe" * n)
            data = frame(TEXT, b"*" * 2000)
            for i in range(0, len(data), 97):
                text.raw(data[i:i + 97])
            self.assertEqual(text.text(), "*" * 2000)
            self.assertEqual(text.end(), (1000, ""))

    # ---- 2: pings ----
    def test_2_pings(self):
        with self.open("/echo") as c:
            for data in b"", b"Hello", b"\0\xff\xfe\xfd", b"\xfe" * 125:
                self.echoes_ping(c, data)
            for i in range(10):
                c.send(PING, b"%d" % i)
            self.assertEqual([c.receive() for _ in range(10)], [(PONG, b"%d" % i) for i in range(10)])
            c.send(PONG, b"unasked")
            for byte in frame(PING, b"cut up"):
                c.raw(bytes([byte]))
            self.assertEqual(c.receive(), (PONG, b"cut up"))
            self.assertEqual(c.end(), (1000, ""))
        self.fails("/echo", 1002, frame(PING, b"\xfe" * 126))

    def echoes_ping(self, c, data):
        c.send(PING, data)
        self.assertEqual(c.receive(), (PONG, data))

    # ---- 3 and 4: reserved bits, opcodes ----
    def test_3_reserved_bits(self):
        for rsv in range(1, 8):
            self.fails("/echo", 1002, frame(TEXT, b"a", rsv=rsv))
            self.fails("/echo", 1002, frame(PING, b"a", rsv=rsv), extensions=DEFLATE)
        for rsv in 1, 2, 3, 5, 6, 7:
            self.fails("/echo", 1002, frame(TEXT, deflate(b"a"), rsv=rsv), extensions=DEFLATE)
        with self.open("/echo") as c:
            c.raw(frame(TEXT, b"before") + frame(BINARY, b"a", rsv=2))
            self.assertEqual(c.text(), "before")
            self.assertEqual(c.closed()[0], 1002)

    def test_4_opcodes(self):
        for opcode in 3, 4, 5, 6, 7, 11, 12, 13, 14, 15:
            self.fails("/echo", 1002, frame(opcode, b"a"))
        self.assertEqual(self.fails("/echo", 1002, frame(TEXT, b"a", mask=None)), "a frame is not masked")
        self.fails("/bytes", 1002, frame(BINARY, b"a" * 10, wide=2))
        self.fails("/bytes", 1002, frame(BINARY, b"a" * 126, wide=8))
        self.fails("/bytes", 1002, frame(BINARY, b"", size=1 << 63, wide=8))

    # ---- 5: fragments ----
    def test_5_fragments(self):
        with self.open("/echo") as c:
            c.raw(frame(TEXT, b"a", fin=False) + frame(PING, b"p") + frame(MORE, b"", fin=False)
                  + frame(PING, b"q") + frame(MORE, b"b"))
            self.assertEqual([c.receive() for _ in range(3)], [(PONG, b"p"), (PONG, b"q"), (TEXT, "ab")])
            c.raw(frame(TEXT, b"", fin=False) + frame(MORE, b"", fin=False) + frame(MORE, b""))
            self.assertEqual(c.text(), "")
            c.send(TEXT, b"only")
            self.assertEqual(c.text(), "only")
        self.fails("/echo", 1002, frame(MORE, b"a"))
        self.fails("/echo", 1002, frame(MORE, b"a", fin=False))
        self.fails("/echo", 1002, frame(TEXT, b"a", fin=False), frame(TEXT, b"b"))
        self.fails("/echo", 1002, frame(PING, b"a", fin=False))
        self.fails("/echo", 1002, frame(CLOSE, b"", fin=False))

    # ---- 6: UTF-8 ----
    def test_6_utf8(self):
        good = "Hello-µ@ßöäüàá-UTF-8!!", "κόσμε", "\u0000", "\u07ff", "\uffff", "\U0010ffff", "𐀀", "\ufdd0"
        with self.open("/echo") as c:
            for text in good:
                data = text.encode()
                self.echoes(c, TEXT, text)
                for at in range(len(data) + 1):
                    c.raw(frame(TEXT, data[:at], fin=False) + frame(PING) + frame(MORE, data[at:]))
                    self.assertEqual((c.receive(), c.text()), ((PONG, b""), text))
            whole = "".join(good).encode()
            for i, byte in enumerate(whole):
                c.send(MORE if i else TEXT, bytes([byte]), fin=i == len(whole) - 1)
            self.assertEqual(c.text(), "".join(good))
        bad = (b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited", b"\x80", b"\xc0\xaf", b"\xf8\x88",
               b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xfe", b"a\xc3", b"\xf0\x90\x80")
        for data in bad:
            with self.subTest(data):
                self.fails("/echo", 1007, frame(TEXT, data))
                self.fails("/echo", 1007, frame(TEXT, data[:1], fin=False), frame(MORE, data[1:]))
        # It is known before the message is whole.
        self.fails("/echo", 1007, frame(TEXT, b"abc\xf4\x90", fin=False))
        self.fails("/echo", 1007, frame(TEXT, b"ab\xed", fin=False), frame(MORE, b"\xa0", fin=False))
        self.fails("/echo", 1007, frame(TEXT, b"ab\xff", size=1000))

    # ---- 7: closes ----
    def test_7_closes(self):
        for code in 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999:
            with self.open("/echo") as c:
                self.assertEqual(c.end(code, "why")[0], code)
        for code in 0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535:
            self.fails("/echo", 1002, frame(CLOSE, close_data(code)))
        with self.open("/echo") as c:
            c.send(CLOSE)
            self.assertEqual(c.closed(), (None, ""))
        self.fails("/echo", 1002, frame(CLOSE, b"\x03"))
        self.fails("/echo", 1002, frame(CLOSE, close_data(1000, "x" * 124)))
        self.fails("/echo", 1007, frame(CLOSE, close_data(1000, b"\xce\xba\xe1\xbd\xb9\xed\xa0\x80")))
        with self.open("/echo") as c:  # what comes behind counts no more
            c.raw(frame(TEXT, b"a") + frame(CLOSE, close_data(1000)) + frame(TEXT, b"b") + frame(PING))
            self.assertEqual(c.text(), "a")
            self.assertEqual(c.closed()[0], 1000)
        with self.open("/echo") as c:
            c.raw(frame(TEXT, b"half", fin=False) + frame(CLOSE))
            self.assertEqual(c.closed(), (None, ""))

    # ---- 9 and 10: large, and cut up ----
    def test_9_large(self):
        text = "a♥" * (1 << 18)  # 1 MiB
        with self.open("/echo") as c, self.open("/bytes") as octets:
            self.echoes(c, TEXT, text)
            data = text.encode()
            self.echoes(octets, BINARY, data)
            for size in 64, 4096, 65536:
                parts = [data[i:i + size] for i in range(0, len(data), size)]
                octets.raw(b"".join(frame(MORE if i else BINARY, p, fin=i == len(parts) - 1)
                                    for i, p in enumerate(parts)))
                self.assertEqual(octets.receive(), (BINARY, data))
        with self.open("/echo") as c:
            whole = frame(TEXT, data)
            for i in range(0, len(whole), 1400):
                c.raw(whole[i:i + 1400])
            self.assertEqual(c.text(), text)

    def test_limits_of_messages(self):
        with self.open("/small") as c:
            self.echoes(c, BINARY, b"x" * 1000)
            c.raw(frame(BINARY, b"x" * 999, fin=False) + frame(MORE, b"y"))
            self.assertEqual(c.receive(), (BINARY, b"x" * 999 + b"y"))
        self.fails("/small", 1009, frame(BINARY, b"x" * 1001)[:20])  # by its head alone
        self.fails("/small", 1009, frame(BINARY, b"x" * 999, fin=False), frame(MORE, b"yy", fin=False))
        self.fails("/echo", 1009, frame(TEXT, b"", size=(16 << 20) + 1))
        bomb = deflate(b"\0" * (1 << 24))
        before = self.server.rss()
        for _ in range(5):
            self.fails("/small", 1009, frame(BINARY, bomb, rsv=4), extensions=DEFLATE)
        if not SANITIZED:
            self.assertLess(self.server.grown(before, 4 << 20), 4 << 20)

    # ---- 12 and 13: compression ----
    def test_12_compression(self):
        text = json.dumps([{"id": i, "name": "item %d" % (i * 7919)} for i in range(3000)])
        with self.open("/echo", extensions=DEFLATE) as c, self.open("/bytes", extensions=DEFLATE) as octets:
            self.assertEqual(c.extension.split(";")[0], DEFLATE)
            for n in 0, 1, 16, 64, 127, 128, 256, 1024, 4096, 65536, len(text):
                c.send(TEXT, deflate(text[:n].encode()), rsv=4)
                self.assertEqual(c.receive(), (TEXT, text[:n]))
                octets.send(BINARY, deflate(text[:n].encode()), rsv=4)
                self.assertEqual(octets.receive(), (BINARY, text[:n].encode()))
            c.send(TEXT, text)  # not compressed is right too
            opcode, data, fin, rsv = c.frame()
            self.assertEqual((opcode, fin, rsv), (TEXT, True, 4))
            self.assertLess(len(data), len(text) // 3)
            self.assertEqual(ws.inflate(data).decode(), text)
            packed = deflate(text.encode())
            for size in 64, 1000:
                parts = [packed[i:i + size] for i in range(0, len(packed), size)]
                c.raw(b"".join(frame(MORE if i else TEXT, p, fin=i == len(parts) - 1, rsv=0 if i else 4)
                               + (frame(PING) if i == 3 else b"") for i, p in enumerate(parts)))
                self.assertEqual([c.receive(), c.receive()], [(PONG, b""), (TEXT, text)])
            for data in bytes.fromhex("f348cdc9c9070000"), bytes.fromhex("000500faff48656c6c6f00"), \
                    bytes.fromhex("f248cdc9c90700"), bytes.fromhex("f248050000 00ffffcac9c90700"):
                c.send(TEXT, data, rsv=4)  # the examples of RFC 7692 7.2.3
                self.assertEqual(c.text(), "Hello")
        for data in b"\xff\xff\xff", deflate(text.encode())[:100]:
            self.fails("/bytes", 1007, frame(BINARY, data, rsv=4), extensions=DEFLATE)
        self.fails("/echo", 1007, frame(TEXT, deflate(b"ab\xff"), rsv=4), extensions=DEFLATE)
        self.fails("/echo", 1002, frame(TEXT, deflate(b"a"), rsv=4, fin=False), frame(MORE, b"", rsv=4),
                   extensions=DEFLATE)

    def test_13_offers(self):
        both = DEFLATE + "; server_no_context_takeover; client_no_context_takeover"
        for offer, answer in (
                (DEFLATE, both),
                (DEFLATE + "; client_max_window_bits", both),
                (DEFLATE + "; client_max_window_bits=9", both),
                (DEFLATE + ";server_no_context_takeover ; client_no_context_takeover", both),
                (DEFLATE + "; server_max_window_bits=9", both + "; server_max_window_bits=9"),
                (DEFLATE + '; server_max_window_bits="15"', both + "; server_max_window_bits=15"),
                (DEFLATE + "; server_max_window_bits=8", ""),
                (DEFLATE + "; server_max_window_bits=8, " + DEFLATE, both),
                (DEFLATE + "; server_max_window_bits", ""),
                (DEFLATE + "; server_max_window_bits=16", ""),
                (DEFLATE + "; server_max_window_bits=09", ""),
                (DEFLATE + "; client_max_window_bits=7", ""),
                (DEFLATE + "; server_no_context_takeover=1", ""),
                (DEFLATE + "; client_max_window_bits; client_max_window_bits", ""),
                (DEFLATE + "; unknown", ""),
                ("x-webkit-deflate-frame, bbf-usp-protocol", ""),
                ("foo; bar=\"a;b\", " + DEFLATE, both)):
            with self.subTest(offer), self.open("/echo", extensions=offer) as c:
                self.assertEqual(c.extension, answer)
                text = "".join(random.Random(1).choices("abcdef ", k=9000))
                c.send(TEXT, text)
                opcode, data, fin, rsv = c.frame()
                self.assertEqual((opcode, fin, rsv), (TEXT, True, 4 if answer else 0))
                bits = 9 if "bits=9" in answer else 15
                self.assertEqual((ws.inflate(data, bits) if rsv else data).decode(), text)

    # ---- types ----
    def test_types_of_messages(self):
        with self.open("/notes") as c:
            c.send(TEXT, '{"n": "4", "text": "é"}')
            self.assertEqual(c.text(), '{"twice":8,"text":"é"}')
        self.assertIn("greater than or equal to 0", self.fails("/notes", 1007, frame(TEXT, b'{"n":-1}')))
        self.assertIn('["message","n"]', self.fails("/notes", 1007, frame(TEXT, b"{}")))
        self.fails("/notes", 1007, frame(TEXT, b"{"))
        self.fails("/notes", 1003, frame(BINARY, b'{"n":1}'))
        self.fails("/echo", 1003, frame(BINARY, b"a"))
        with self.open("/json") as c:
            c.send(TEXT, '[1, {"a": null}]')
            self.assertEqual(c.text(), '[1,{"a":null}]')
        with self.open("/bytes") as c:
            c.send(TEXT, "é")  # whose UTF-8 is taken
            self.assertEqual(c.receive(), (BINARY, "é".encode()))
        with self.open("/short") as c:
            self.echoes(c, TEXT, "äöü")
            c.send(TEXT, "äöü!")
            self.assertEqual(c.closed()[0], 1007)
        with self.open("/word") as c:
            self.echoes(c, TEXT, "yes")
            c.send(TEXT, "maybe")
            self.assertEqual(c.closed()[0], 1007)
        with self.open("/floats") as c:
            c.send(TEXT, "4")
            self.assertEqual(c.text(), "0.25")
            c.send(TEXT, "1e-320")
            self.assertEqual(c.closed(), (1011, "a piece holds a number that is not finite"))

    # ---- ends ----
    def test_who_ends(self):
        with self.open("/three") as c:
            for _ in range(3):
                self.echoes(c, TEXT, "a")
            self.assertEqual(c.receive(), (CLOSE, (1000, "")))
            c.send(TEXT, "ignored")
            c.send(CLOSE, close_data(1000))
            self.assertEqual(c.s.recv(100), b"")
        with self.open("/tick?n=3") as c:
            self.assertEqual([c.text() for _ in range(3)], ["0", "1", "2"])
            self.assertEqual(c.receive()[0], CLOSE)
        with self.open("/room/1?name=a") as c:  # a close ends the inbox
            c.send(CLOSE, close_data(1001))
            self.assertEqual(c.text(), "bye")
            self.assertEqual(c.closed()[0], 1001)
        for line, wanted in ("own", (4001, "mine")), ("x", (1011, "not now")), ("long", (1011, "é" + "x" * 121)):
            with self.open("/fails") as c:
                c.send(TEXT, line)
                self.assertEqual(c.closed(), wanted)
        with self.open("/late") as c:
            self.echoes(c, TEXT, "in time")
            began = time.monotonic()
            self.assertEqual(c.closed(), (1011, "the deadline has passed"))
            self.assertLess(time.monotonic() - began, 5)

    def test_a_client_that_leaves_ends_the_inbox(self):
        for how in "close", "fin", "rst":
            self.server.request("POST", "/clear")
            with self.open("/log") as c:
                c.raw(frame(TEXT, b"one") + frame(TEXT, b"slow") + frame(TEXT, b"three"))
                self.wait_until(lambda: "slow" in self.lines())
                if how == "close":
                    c.send(CLOSE)
                elif how == "rst":
                    c.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
            self.wait_until(lambda: "end" in self.lines())
            self.assertEqual(self.lines(), ["one", "slow", "three", "end"], how)

    def test_grace(self):
        self.server.request("POST", "/clear")
        with self.open("/log") as c:
            c.raw(frame(TEXT, b"stuck"))
            self.wait_until(lambda: self.lines())
            began = time.monotonic()
            c.send(CLOSE)
            self.assertEqual(c.receive(), (CLOSE, (None, "")))
            c.s.settimeout(10)
            self.assertEqual(c.s.recv(10), b"")
            self.assertGreater(time.monotonic() - began, 0.2)
        self.assertEqual(self.lines(), ["stuck"])

    def test_pings_of_ours(self):
        with self.open("/pinged") as c:
            for _ in range(3):  # who answers stays
                self.assertEqual(c.receive(), (PING, b""))
                c.send(PONG)
            self.echoes(c, TEXT, "here")
            began = time.monotonic()
            self.assertEqual(c.receive(), (PING, b""))
            with self.assertRaises((EOFError, ConnectionResetError)):
                c.receive()
            self.assertLess(time.monotonic() - began, 5)

    # ---- who does not read ----
    def test_a_body_that_does_not_read_stops_the_client(self):
        with self.open("/lazy") as c:
            self.assertEqual(c.text(), "first")
            c.s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 20000)
            c.s.settimeout(0.1)
            one, sent = frame(TEXT, b"x" * 10000), 0
            with self.assertRaises(TimeoutError):
                while sent < 100000:
                    c.raw(one)
                    sent += 1
            self.assertLess(sent, 2000)
            c.s.settimeout(20)
            self.assertEqual([c.text() for _ in range(sent)], ["10000"] * sent)

    def test_pings_are_seen_behind_messages_that_wait(self):
        with self.open("/lazy") as c:
            self.assertEqual(c.text(), "first")
            c.raw(frame(TEXT, b"a") + frame(TEXT, b"bc") + frame(PING, b"p"))
            self.assertEqual([c.receive() for _ in range(3)], [(PONG, b"p"), (TEXT, "1"), (TEXT, "2")])

    def test_a_client_that_does_not_read_stops_the_body(self):
        with self.open("/flood?size=10000") as c:
            time.sleep(0.3)
            before = self.server.rss()
            time.sleep(0.3)
            if not SANITIZED:
                self.assertLess(self.server.grown(before, 2 << 20), 2 << 20)
            for _ in range(1000):
                self.assertEqual(len(c.text()), 10000)
        with self.open("/echo") as c:  # nor are pongs heaped up for it
            c.s.settimeout(0.2)
            with self.assertRaises(TimeoutError):
                while True:
                    c.raw(frame(PING, b"x" * 125) * 100)
            before = self.server.rss()
            self.assertLess(before, 200 << 20)

    def test_who_leaves_without_a_word_is_noticed_at_once(self):
        before = self.server.files()
        with self.open("/shout") as c:
            self.assertEqual((c.send(TEXT, "a"), c.text())[1], "A")
        began = time.monotonic()
        while self.server.files() > before:  # nothing else happens in the server
            self.assertLess(time.monotonic() - began, 10)
            time.sleep(0.01)

    # ---- many ----
    @unittest.skipIf(SANITIZED, "its allocator keeps what is freed")
    def test_long_conversations_cost_little(self):
        """Each of many, however long it has been going on."""
        all = [self.open("/shout") for _ in range(20)]
        text = frame(TEXT, b"x" * 500) * 20

        def talk(times):
            for _ in range(times):
                for c in all:
                    c.raw(text)
                for c in all:
                    for _ in range(20):
                        self.assertEqual(c.text(), "X" * 500)
        before = self.server.rss()
        talk(75)  # of a megabyte each, and more
        self.assertLess((self.server.rss() - before) / len(all), 100 << 10)
        for c in all:
            c.s.close()

    @unittest.skipIf(SANITIZED, "its allocator keeps what is freed")
    def test_conversations_stay_small_and_a_crowd_that_goes_leaves_nothing(self):
        before = self.server.rss()
        all = [self.open("/shout") for _ in range(700)]
        for _ in range(3):
            for c in all:
                c.raw(frame(TEXT, b"x" * 100) * 40)
            for c in all:
                self.assertEqual([c.text() for _ in range(40)], ["X" * 100] * 40)
        self.assertLess((self.server.rss() - before) / len(all), 64 << 10)
        for c in all:
            c.s.close()
        kept = 12 << 20  # the spare blocks of a loop, and its pools
        self.assertLess(self.server.grown(before, kept), kept)

    def test_idle_sockets_cost_little(self):
        n = 50 if SANITIZED else 200
        before = self.server.rss()
        all = [self.open("/echo", extensions=DEFLATE) for _ in range(n)]
        for c in all:
            self.echoes(c, TEXT, "x" * 200)
        each = (self.server.rss() - before) / n
        if not SANITIZED:
            self.assertLess(each, 48 << 10)
        for c in all:
            c.s.close()
        with self.open("/echo") as c:
            self.echoes(c, TEXT, "still there")

    def test_vanishing_at_every_byte(self):
        with self.open("/shout", extensions=DEFLATE) as c:
            pass
        sent = (frame(TEXT, b"ab", fin=False) + frame(PING, b"p") + frame(MORE, b"c")
                + frame(TEXT, deflate(b"hello " * 30), rsv=4) + frame(TEXT, b"d" * 200) + frame(CLOSE))
        for n in range(0, len(sent) + 1, 7 if SANITIZED else 1):
            with self.open("/shout", extensions=DEFLATE) as c:
                c.raw(sent[:n])
                if n % 3 == 1:
                    c.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
                elif n % 3 == 2:
                    c.s.shutdown(socket.SHUT_WR)
        with self.open("/shout") as c:
            c.send(TEXT, "a")
            self.assertEqual(c.text(), "A")
        self.wait_until(lambda: self.server.files() < 20)

    def test_noise(self):
        """Random bytes and damaged frames never hurt others."""
        rng = random.Random(7)
        good = frame(TEXT, b"hello", fin=False) + frame(PING) + frame(MORE, deflate(b"abc")) + frame(CLOSE)
        for i in range(60):
            with self.open("/echo", extensions=DEFLATE) as c:
                data = bytearray(good * 3 if i % 2 else rng.randbytes(300))
                for _ in range(rng.randrange(4)):
                    data[rng.randrange(len(data))] = rng.randrange(256)
                c.raw(bytes(data))
        with self.open("/echo") as c:
            self.echoes(c, TEXT, "well")


class ThreeLoops(Sockets, unittest.TestCase):
    loops = 3

    def test_on_every_loop(self):
        """Sockets on each loop, talking to a deployment at home on the first."""
        all = [self.open("/room/1?name=a") for _ in range(30)]
        for round in range(5):
            for c in all:
                c.send(TEXT, str(round))
            for c in all:
                self.assertRegex(c.text(), rf"^1 a \d+ {round}$")
        for c in all:
            c.send(CLOSE, close_data(1000))
            self.assertEqual(c.text(), "bye")
            self.assertEqual(c.closed()[0], 1000)
            c.s.close()

    def test_an_inbox_that_crosses_loops(self):
        """The whole stream is given to a deployment that is at home elsewhere."""
        for _ in range(12):
            with self.open("/home") as c:
                for text in "a", "b" * 1000, "c":
                    c.send(TEXT, text)
                    self.assertEqual(c.text(), text.upper())
                c.raw(b"".join(frame(TEXT, b"%d" % i) for i in range(100)) + frame(CLOSE))
                got = []
                while (found := c.receive())[0] == TEXT:
                    got.append(found[1])
                self.assertEqual(found, (CLOSE, (None, "")))
                self.assertEqual(got, [str(i) for i in range(len(got))])

    def test_leaving(self):
        for _ in range(20):
            c = self.open("/home")
            c.send(TEXT, "a")
            c.s.close()
        with self.open("/home") as c:
            c.send(TEXT, "a")
            self.assertEqual(c.text(), "A")


class Draining(unittest.TestCase):
    def drained(self, path, *texts, loops=1):
        """What a socket gets when the server is told to stop."""
        with support.Server(plan, "--loops", loops, "--drain", "5s") as server:
            with ws.Socket(server, path) as c:
                for text in texts:
                    c.send(TEXT, text)
                    c.frame()
                began = time.monotonic()
                server.process.send_signal(signal.SIGTERM)
                got = [c.receive()]
                while got[-1][0] != CLOSE:
                    got.append(c.receive())
                c.send(CLOSE)
            server.process.wait(10)
            self.assertLess(time.monotonic() - began, 4)
        self.assertEqual(server.process.returncode, 0)
        return got

    def test_drain(self):
        for loops in 1, 2:
            self.assertEqual(self.drained("/echo", "a", loops=loops), [(CLOSE, (1001, ""))])
        self.assertEqual(self.drained("/room/1?name=a", "x"), [(TEXT, "bye"), (CLOSE, (1001, ""))])

    def test_a_body_that_goes_on_is_cut(self):
        with support.Server(plan, "--drain", "5s") as server:
            with ws.Socket(server, "/log") as c:
                c.send(TEXT, "stuck")
                time.sleep(0.2)
                server.process.send_signal(signal.SIGTERM)
                self.assertEqual(c.receive(), (CLOSE, (1001, "the grace time is over")))
            server.process.wait(10)

    def test_who_never_answers_the_close(self):
        with support.Server(plan, "--drain", "1s") as server:
            with ws.Socket(server, "/echo") as c:
                c.send(TEXT, "a")
                c.frame()
                began = time.monotonic()
                server.process.send_signal(signal.SIGTERM)
                self.assertEqual(c.receive(), (CLOSE, (1001, "")))
                server.process.wait(10)
                self.assertLess(time.monotonic() - began, 4)


class Memory(unittest.TestCase):
    def test_a_conversation_that_takes_too_much(self):
        with support.Server(plan, "--max-memory", "300KB") as server:
            with ws.Socket(server, "/keeps") as c:
                got = []
                while not got or got[-1][0] == TEXT:
                    c.send(TEXT, "x" * 1000)
                    got.append(c.receive())
                self.assertEqual(got[-1], (CLOSE, (1011, "the request needs more memory than it may have")))
                self.assertGreater(len(got), 50)
            with ws.Socket(server, "/shout") as c:  # it was that one's alone
                c.send(TEXT, "a")
                self.assertEqual(c.text(), "A")


class Secure(unittest.TestCase):
    def test_over_tls(self):
        """What TLS has read of a record is not forgotten when a socket waits."""
        tls = ssl.create_default_context(cafile=PEM)
        options = "--listen", "127.0.0.1:0", "--tls-cert", PEM, "--tls-key", PEM
        with support.Listening(plan, *options) as server:
            server.port = int(server.first.split("https://127.0.0.1:")[1].split()[0])
            with ws.Socket(server, "/lazy", tls=tls) as c:
                self.assertEqual(c.text(), "first")
                c.raw(frame(TEXT, b"x" * 3000) * 100)
                c.send(PING, b"p")
                got = [c.receive() for _ in range(101)]
                self.assertEqual(got.count((PONG, b"p")), 1)
                self.assertEqual(got.count((TEXT, "3000")), 100)
                self.assertEqual(c.end()[0], 1000)
            with ws.Socket(server, "/bytes", tls=tls, extensions=DEFLATE) as c:
                for n in 0, 5, 20000, 1000000:
                    c.send(BINARY, b"y" * n)
                    self.assertEqual(c.receive(), (BINARY, b"y" * n))


if __name__ == "__main__":
    unittest.main()
