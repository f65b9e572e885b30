"""A WebSocket client of the standard library alone: it sends any bytes, and reads
frames strictly (RFC 6455, RFC 7692)."""
import base64
import hashlib
import os
import struct
import zlib

import raw

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MORE, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def frame(opcode, data=b"", fin=True, mask=b"\x11\x22\x33\x44", rsv=0, size=None, wide=None):
    """A frame's bytes; `mask` None: not masked; `wide`: bytes of the length (0, 2, 8)."""
    size = len(data) if size is None else size
    wide = (0 if size < 126 else 2 if size < 65536 else 8) if wide is None else wide
    bit = 0x80 if mask is not None else 0
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode,
                  bit | (size if wide == 0 else 126 if wide == 2 else 127)])
    head += size.to_bytes(wide, "big") if wide else b""
    if mask is None:
        return head + data
    masked = bytes(b ^ m for b, m in zip(data, mask * (len(data) // 4 + 1))) \
        if len(data) < 100000 else xor(data, mask)
    return head + mask + masked


def xor(data, mask):
    n = len(data)
    full = mask * (n // 4 + 1)
    return (int.from_bytes(data, "big") ^ int.from_bytes(full[:n], "big")).to_bytes(n, "big")


def close_data(code, reason=""):
    return struct.pack(">H", code) + (reason if isinstance(reason, bytes) else reason.encode())


def deflate(data, bits=15):
    z = zlib.compressobj(6, zlib.DEFLATED, -bits)
    return (z.compress(data) + z.flush(zlib.Z_SYNC_FLUSH))[:-4]


def inflate(data, bits=15):
    return zlib.decompressobj(-bits).decompress(data + b"\0\0\xff\xff")


class Refused(Exception):
    def __init__(self, status, headers, body):
        super().__init__(status, body)
        self.status, self.headers, self.body = status, headers, body


class Socket(raw.Conn):
    """An open WebSocket, or Refused."""

    def __init__(self, server, path, *headers, extensions=None, change=None, timeout=20,
                 tls=None):
        super().__init__(server, timeout=timeout, tls=tls)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = {"Upgrade": "websocket", "Connection": "Upgrade",
                 "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13"}
        lines.update(change or {})
        fields = [f"{k}: {v}" for k, v in lines.items() if v is not None]
        if extensions:
            fields.append(f"Sec-WebSocket-Extensions: {extensions}")
        try:
            self.raw(raw.head("GET", path, *fields, *headers))
            self.read_head(key)
        except BaseException:
            self.s.close()
            raise

    def read_head(self, key):
        lines = self.head().split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {}
        for line in lines[1:-2]:
            name, _, value = line.partition(": ")
            self.headers[name.lower()] = value
        if self.status != 101:
            body = self.take(int(self.headers.get("content-length", 0)))
            raise Refused(self.status, self.headers, body)
        wanted = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        assert self.headers["sec-websocket-accept"] == wanted
        assert self.headers["upgrade"] == "websocket"
        assert self.headers["connection"].lower() == "upgrade"
        self.extension = self.headers.get("sec-websocket-extensions", "")

    # ---- frames ----
    def raw(self, data):
        self.s.sendall(data)

    def send(self, opcode, data=b"", **how):
        self.raw(frame(opcode, data.encode() if isinstance(data, str) else data, **how))

    def frame(self):
        """(opcode, data, fin, rsv) of the next frame."""
        a, b = self.take(2)
        assert not b & 0x80, "a server's frame is masked"
        size = b & 127
        if size > 125:
            wide = 2 if size == 126 else 8
            size = int.from_bytes(self.take(wide), "big")
            assert size > (125 if wide == 2 else 65535), "not the shortest length"
        opcode, fin, rsv = a & 15, bool(a & 0x80), a >> 4 & 7
        assert opcode < 8 or (fin and size <= 125 and not rsv), "a bad control frame"
        return opcode, self.take(size), fin, rsv

    def receive(self):
        """The next message or control frame: (opcode, data); a text is a str."""
        opcode, data, fin, rsv = self.frame()
        assert fin and rsv in ((0, 4) if self.extension else (0,)), (fin, rsv)
        if rsv:
            data = inflate(data)
        if opcode == TEXT:
            return opcode, data.decode()
        if opcode == CLOSE:
            return opcode, (struct.unpack(">H", data[:2])[0], data[2:].decode()) if data else (None, "")
        return opcode, data

    def text(self):
        opcode, data = self.receive()
        assert opcode == TEXT, (opcode, data)
        return data

    def closed(self):
        """Code and reason of the server's close, behind which it ends the connection."""
        opcode, data = self.receive()
        assert opcode == CLOSE, (opcode, data)
        try:
            self.send(CLOSE, close_data(data[0]) if data[0] else b"")
        except OSError:
            pass  # it has gone already
        try:
            while self.s.recv(65536):
                pass
        except ConnectionResetError:
            pass
        return data

    def end(self, code=1000, reason=""):
        self.send(CLOSE, close_data(code, reason))
        return self.closed()
