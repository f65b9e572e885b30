"""One connection of a client that sends any bytes and reads what comes strictly."""
import re
import socket


def head(method, path, *lines, version="1.1"):
    """A request's head; `lines` are its fields besides Host."""
    fields = "".join(line + "\r\n" for line in ("Host: a", *lines))
    return f"{method} {path} HTTP/{version}\r\n{fields}\r\n".encode()


class Conn:
    """Bytes as they come; `data` is what has come and was not looked at."""

    def __init__(self, server, sent=b"", timeout=30, tls=None):
        self.s = socket.create_connection((server.host, server.port), timeout)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.s = tls.wrap_socket(self.s, server_hostname="localhost")
        self.data = b""
        self.s.sendall(sent)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.s.close()

    def more(self):
        more = self.s.recv(65536)
        if not more:
            raise EOFError(self.data)
        self.data += more

    def until(self, mark):
        while mark not in self.data:
            self.more()
        head, self.data = self.data.split(mark, 1)
        return head + mark

    def take(self, n):
        while len(self.data) < n:
            self.more()
        out, self.data = self.data[:n], self.data[n:]
        return out

    def rest(self):
        """All until the server ends the connection."""
        try:
            while True:
                self.more()
        except EOFError:
            return self.data

    def closed(self):
        """The server ends the connection, in ten seconds, and says nothing more."""
        self.s.settimeout(10)
        try:
            return self.s.recv(1) == b""
        except ConnectionResetError:
            return True

    def head(self):
        return self.until(b"\r\n\r\n").decode("latin-1")

    def answer(self):
        """(status, head, body) of an answer with a length."""
        head = self.head()
        body = self.take(int(re.search(r"content-length: (\d+)\r", head)[1]))
        return int(head.split()[1]), head, body

    def chunk(self):
        """The next chunk; b"" is the last."""
        size = int(self.until(b"\r\n"), 16)
        piece = self.take(size)
        assert self.take(2) == b"\r\n", self.data
        return piece

    def chunks(self):
        return list(iter(self.chunk, b""))
