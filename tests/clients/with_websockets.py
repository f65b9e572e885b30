"""WebSockets by `websockets` (both of its forms), and by wsproto through the families
of cases that the Autobahn suite has."""
import asyncio
import json
import random
import socket
import ssl
import struct
import unittest

import websockets
import websockets.sync.client
from shop import PEM, Shop
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from wsproto import ConnectionType, WSConnection
from wsproto.events import (AcceptConnection, BytesMessage, CloseConnection, Ping, Pong, RejectConnection, Request,
                            TextMessage)
from wsproto.extensions import PerMessageDeflate


def trust():
    return ssl.create_default_context(cafile=PEM)


class WithWebsockets(Shop):
    def test_sizes(self):
        for url, context in (self.server.ws, None), (self.server.wss, trust()):
            for compression in None, "deflate":
                with websockets.sync.client.connect(url + "/text", compression=compression, ssl=context, max_size=None) as w:
                    for n in 0, 1, 125, 126, 127, 65535, 65536, 1 << 20, 5 << 20:
                        w.send("x" * n)
                        self.assertEqual(w.recv(), "x" * n)
                with websockets.sync.client.connect(url + "/bytes", compression=compression, ssl=context, max_size=None) as w:
                    data = random.Random(n).randbytes(1 << 20)
                    w.send(data)
                    self.assertEqual(w.recv(), data)

    def test_windows(self):
        """Each size of window and kind of context that a client may ask for."""
        for bits in range(9, 16):
            for no_context in False, True:
                offer = ClientPerMessageDeflateFactory(server_max_window_bits=bits, client_max_window_bits=bits,
                                                       server_no_context_takeover=no_context,
                                                       client_no_context_takeover=no_context)
                with websockets.sync.client.connect(self.server.ws + "/text", compression=None, extensions=[offer]) as w:
                    self.assertTrue(w.response.headers["Sec-WebSocket-Extensions"].startswith("permessage-deflate"))
                    for n in 1, 200, 20000, 20000:
                        text = "".join(random.Random(n).choices("abc é", k=n))
                        w.send(text)
                        self.assertEqual(w.recv(), text)

    def test_fragments(self):
        with websockets.sync.client.connect(self.server.ws + "/text") as w:
            w.send(iter(["one ", "two ", "", "three"]))
            self.assertEqual(w.recv(), "one two three")
            pings = [w.ping() for _ in range(5)]
            for p in pings:
                self.assertTrue(p.wait(10))

    def test_typed(self):
        with websockets.sync.client.connect(self.server.ws + "/order") as w:
            w.send(json.dumps({"things": [{"name": "a", "price": 2}]}))
            self.assertEqual(json.loads(w.recv()), {"total": 2.0, "count": 1})
            w.send("{}")
            with self.assertRaises(websockets.ConnectionClosedError) as e:
                w.recv()
            self.assertEqual(e.exception.rcvd.code, 1007)
        with websockets.sync.client.connect(self.server.ws + "/tick?n=500") as w:
            self.assertEqual(list(w), [f"tick {i}" for i in range(500)])
            self.assertEqual(w.protocol.close_code, 1000)
        with self.assertRaises(websockets.InvalidStatus) as e:
            websockets.sync.client.connect(self.server.ws + "/tick?n=x")
        self.assertEqual(e.exception.response.status_code, 422)

    def test_many(self):
        async def one(i):
            async with websockets.connect(self.server.ws + "/text") as w:
                for k in range(20):
                    await w.send(f"{i} {k} " + "z" * (i * k))
                    self.assertEqual(await w.recv(), f"{i} {k} " + "z" * (i * k))

        async def all():
            await asyncio.gather(*(one(i) for i in range(100)))
        asyncio.run(all())


class Proto:
    """A client of wsproto on a socket."""

    def __init__(self, server, path, *extensions):
        self.socket = socket.create_connection(("127.0.0.1", server.port), 20)
        self.connection = WSConnection(ConnectionType.CLIENT)
        self.send(Request(host="localhost", target=path, extensions=list(extensions)))
        self.event = self.next()

    def __enter__(self):
        assert isinstance(self.event, AcceptConnection), self.event
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, event):
        self.raw(self.connection.send(event))

    def raw(self, data, size=None):
        for i in range(0, len(data), size or len(data) or 1):
            self.socket.sendall(data[i:i + (size or len(data))])

    def next(self):
        while True:
            for event in self.connection.events():
                return event
            data = self.socket.recv(65536)
            self.connection.receive_data(data or None)

    def message(self):
        whole = None
        while True:
            event = self.next()
            if isinstance(event, Ping):
                self.send(event.response())
                continue
            assert isinstance(event, (TextMessage, BytesMessage)), event
            whole = event.data if whole is None else whole + event.data
            if event.message_finished:
                return whole

    def closed(self):
        event = self.next()
        assert isinstance(event, CloseConnection), event
        return event.code


def frame(op, data=b"", fin=True, rsv=0):
    """Any frame, also those that wsproto would never send; its mask is 0."""
    n = len(data)
    size = bytes([128 | n]) if n < 126 else bytes([254]) + struct.pack(">H", n) if n < 65536 else \
        bytes([255]) + struct.pack(">Q", n)
    return bytes([(128 if fin else 0) | rsv << 4 | op]) + size + b"\0\0\0\0" + data


class Families(Shop):
    def both(self, *extensions):
        """The paths for messages of each kind, an open client, and how to make one."""
        for path, make in ("/text", lambda n: TextMessage("*" * n)), ("/bytes", lambda n: BytesMessage(b"\xfe" * n)):
            with Proto(self.server, path, *extensions) as p:
                yield p, make

    def fails_with(self, code, data, path="/text", size=None):
        with Proto(self.server, path) as p:
            p.raw(data, size)
            self.assertEqual(p.closed(), code, data[:60])

    def test_1_framing(self):
        for p, make in self.both():
            for n in 0, 125, 126, 127, 128, 65535, 65536:
                p.send(make(n))
                self.assertEqual(p.message(), make(n).data)
            p.raw(p.connection.send(make(65536)), 997)
            self.assertEqual(p.message(), make(65536).data)

    def test_2_pings(self):
        with Proto(self.server, "/text") as p:
            for data in b"", b"Hello, world!", bytes(range(125)), b"\xfe" * 125:
                for size in None, 1:
                    p.raw(p.connection.send(Ping(data)), size)
                    event = p.next()
                    self.assertEqual((type(event), bytes(event.payload)), (Pong, data))
            p.send(Pong(b"unasked"))
            p.send(Ping(b"after"))
            self.assertEqual(p.next().payload, b"after")
            for i in range(10):
                p.send(Ping(b"%d" % i))
            self.assertEqual([bytes(p.next().payload) for i in range(10)], [b"%d" % i for i in range(10)])
        self.fails_with(1002, frame(9, b"x" * 126))

    def test_3_reserved_bits(self):
        for rsv in range(1, 8):
            self.fails_with(1002, frame(1, b"text", rsv=rsv))
            self.fails_with(1002, frame(9, b"ping", rsv=rsv), size=1)

    def test_4_opcodes(self):
        for op in 3, 4, 5, 6, 7, 11, 12, 13, 14, 15:
            self.fails_with(1002, frame(op, b"data"))
            self.fails_with(1002, frame(op))

    def test_5_fragments(self):
        with Proto(self.server, "/text") as p:
            for size in None, 1:
                p.raw(frame(1, b"one", False) + frame(9, b"p") + frame(0, b"two", False) + frame(9, b"q") + frame(0, b"three"), size)
                got = [p.next() for _ in range(3)]
                self.assertEqual([bytes(e.payload) for e in got if isinstance(e, Pong)], [b"p", b"q"])
                self.assertEqual([e.data for e in got if isinstance(e, TextMessage)], ["onetwothree"])
        self.fails_with(1002, frame(9, b"x", False))
        self.fails_with(1002, frame(10, b"x", False))
        for fin in False, True:
            self.fails_with(1002, frame(0, b"nothing begun", fin) + frame(1, b"text"))
        self.fails_with(1002, frame(1, b"one", False) + frame(1, b"two"))

    def test_6_utf8(self):
        good = ["", "Hello-µ@ßöäüàá-UTF-8!!", "κόσμε", "\0\x7f\x80\u07ff\u0800\uffff\U00010000\U0010ffff", "\ufffe\uffff"]
        with Proto(self.server, "/text") as p:
            for text in good:
                data = text.encode()
                p.raw(frame(1, data))
                self.assertEqual(p.message(), text)
                p.raw(frame(1, b"", False) + b"".join(frame(0, bytes([b]), False) for b in data) + frame(0))
                self.assertEqual(p.message(), text)
        for bad in (b"\x80", b"\xbf", b"\xc0\x80", b"\xc1\xbf", b"\xc3", b"\xc3\x28", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xed\xbf\xbf",
                    b"\xf0\x80\x80\xaf", b"\xf4\x90\x80\x80", b"\xf5", b"\xf8\x88\x80\x80\x80", b"\xfe", b"\xff",
                    "κόσμε".encode() + b"\xf4\x90\x80\x80edited"):
            self.fails_with(1007, frame(1, bad))
            self.fails_with(1007, frame(1, bad[:1], False) + frame(0, bad[1:]), size=1)

    def test_7_closes(self):
        for code, reason in (1000, ""), (1000, "bye"), (1001, "é"), (3000, "x" * 123), (4999, "y"), (1011, ""):
            with Proto(self.server, "/text") as p:
                p.send(TextMessage("first"))
                self.assertEqual(p.message(), "first")
                p.send(CloseConnection(code, reason))
                self.assertEqual(p.closed(), code)
                self.assertEqual(p.socket.recv(10), b"")
        with Proto(self.server, "/text") as p:  # nothing is answered behind a close
            p.raw(frame(8, struct.pack(">H", 1000)) + frame(9, b"late") + frame(1, b"late"))
            self.assertEqual(p.closed(), 1000)
        with Proto(self.server, "/text") as p:
            p.raw(frame(8))
            self.assertIn(p.closed(), (1005, None))
        self.fails_with(1002, frame(8, b"x"))
        self.fails_with(1002, frame(8, b"x" * 126))
        self.fails_with(1007, frame(8, struct.pack(">H", 1000) + b"\xce\xba\xff"))
        for code in 0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535:
            self.fails_with(1002, frame(8, struct.pack(">H", code)))

    def test_9_sizes(self):
        for p, make in self.both():
            for size in 1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 24:
                p.send(make(size))
                self.assertEqual(p.message(), make(size).data)
            data = make(1 << 20).data
            raw = data.encode() if isinstance(data, str) else data
            op = 1 if isinstance(data, str) else 2
            for piece in 64, 4096, 1 << 18:
                parts = [raw[i:i + piece] for i in range(0, len(raw), piece)]
                p.raw(b"".join(frame(0 if i else op, part, i == len(parts) - 1) for i, part in enumerate(parts)))
                self.assertEqual(p.message(), data)
            for _ in range(1000):
                p.send(make(64))
            for _ in range(1000):
                self.assertEqual(len(p.message()), 64)

    def test_10_pieces(self):
        with Proto(self.server, "/text") as p:
            p.raw(b"".join(frame(1 if i == 0 else 0, b"*" * 1300, i == 50) for i in range(51)), 1500)
            self.assertEqual(p.message(), "*" * 1300 * 51)

    def test_12_and_13_compression(self):
        rng = random.Random(13)
        words = ["".join(rng.choices("abcdefghij é", k=8)) for _ in range(100)]
        for options in ({}, {"client_no_context_takeover": True}, {"server_no_context_takeover": True},
                        {"client_max_window_bits": 9}, {"server_max_window_bits": 9},
                        {"client_max_window_bits": 15, "server_max_window_bits": 15, "client_no_context_takeover": True,
                         "server_no_context_takeover": True}):
            with Proto(self.server, "/text", PerMessageDeflate(**options)) as p:
                self.assertTrue(p.event.extensions)
                for size in 16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072:
                    text = " ".join(rng.choices(words, k=size // 9))
                    for _ in range(5):
                        p.send(TextMessage(text))
                    for _ in range(5):
                        self.assertEqual(p.message(), text)
                p.send(CloseConnection(1000))
                self.assertEqual(p.closed(), 1000)
        with Proto(self.server, "/bytes", PerMessageDeflate()) as p:
            for size in 0, 16, 1000, 100000:
                p.send(BytesMessage(rng.randbytes(size)))
                self.assertEqual(len(p.message()), size)

    def test_refusals(self):
        for path, status in ("/nowhere", 404), ("/tick?n=x", 422):
            p = Proto(self.server, path)
            self.assertIsInstance(p.event, RejectConnection)
            self.assertEqual(p.event.status_code, status)
            p.socket.close()


if __name__ == "__main__":
    unittest.main()
