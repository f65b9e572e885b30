"""Connections of runtime/net over time: clients that are slow, idle, or vanish;
descriptors that run out; the end of the server."""
import resource
import signal
import socket
import struct
import sys
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
sys.path.insert(0, __file__.rsplit("/", 1)[0])
import echo  # noqa: E402
import support  # noqa: E402
from echo import Reader, request  # noqa: E402

RST = struct.pack("ii", 1, 0)
CHUNKED = (b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
           b"5\r\nhello\r\n0\r\n\r\n")


def setUpModule():
    echo.make_servers()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Each(unittest.TestCase):
    def each(self, **options):
        for build in echo.BUILDS:
            with self.subTest(build=build), echo.Echo(build, **options) as server:
                yield server


class Time(Each):
    def test_slow_head(self):
        for server in self.each(head_ms=200):
            with server.connect() as s:
                s.sendall(b"GET / HT")
                begin = time.monotonic()
                (status, headers, _), = Reader(s).rest()
                self.assertEqual((status, headers["connection"]), (408, "close"))
                self.assertGreater(time.monotonic() - begin, 0.15)
            # Progress does not buy time.
            with server.connect() as s:
                begin = time.monotonic()
                try:
                    for byte in b"GET / HTTP/1.1\r\nHost: " + b"a" * 1000:
                        s.sendall(bytes([byte]))
                        time.sleep(0.02)
                except (BrokenPipeError, ConnectionResetError):
                    pass
                self.assertLess(time.monotonic() - begin, 5)

    def test_each_head_has_its_own_time(self):
        for server in self.each(head_ms=400):
            with server.connect() as s:
                reader = Reader(s)
                data = request("GET", "/")
                s.sendall(data[:9])
                for _ in range(4):
                    time.sleep(0.25)
                    s.sendall(data[9:] + data[:9])
                    self.assertEqual(reader.answer()[0], 200)

    def test_silent_client_is_closed_in_silence(self):
        for server in self.each(idle_ms=200, head_ms=100):
            for first in (b"", request("GET", "/"), b"\r\n"):
                with server.connect() as s:
                    s.sendall(first)
                    begin = time.monotonic()
                    self.assertEqual(len(Reader(s).rest()), int(len(first) > 2))
                    self.assertGreater(time.monotonic() - begin, 0.15)

    def test_slow_body(self):
        for server in self.each(body_ms=200):
            for head in (b"Content-Length: 10", b"Transfer-Encoding: chunked"):
                with server.connect() as s:
                    s.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n\r\n2")
                    self.assertEqual(Reader(s).rest()[0][0], 408)
            with server.connect() as s:  # progress does buy time
                s.sendall(request("POST", "/echo", b"x" * 8)[:-8])
                for _ in range(8):
                    time.sleep(0.1)
                    s.sendall(b"x")
                self.assertEqual(Reader(s).answer()[2], b"x" * 8)

    def test_a_handler_may_take_longer_than_any_limit(self):
        for server in self.each(idle_ms=100, head_ms=100, body_ms=100, write_ms=100):
            self.assertEqual(server.get("/slow?ms=500")[2], b"slow")
            self.assertEqual(server.get("/stream?n=3&ms=200")[2], b"dddddcccccbbbbb")

    def test_client_that_does_not_read(self):
        for server in self.each(write_ms=300):
            for path in ("/stream?n=500&size=1000000", "/echo"):
                with server.connect() as s:
                    s.sendall(request("POST", path, b"x" * 8000000))
                    with self.assertRaises((ConnectionResetError, BrokenPipeError)):
                        while True:  # at some point it stops reading, then breaks
                            s.sendall(request("POST", path, b"x" * 8000000))
                    server.wait_for("open", 1)
            server.wait_for("working", 1)


class Vanish(Each):
    def positions(self, data, step):
        return range(0, len(data) + 1, 1 if support.LONG else step)

    def test_at_any_byte(self):
        cases = [request("GET", "/"), request("POST", "/echo", b"some body"), CHUNKED,
                 request("GET", "/slow?ms=20"), request("GET", "/never"),
                 request("GET", "/stream?n=3&ms=5"), request("GET", "/") * 3,
                 request("POST", "/echo", b"x" * 20000),
                 request("GET", "/ x"), b"GET / HTTP/1.1\r\n\r\n"]
        for server in self.each():
            for data in cases:
                for end in self.positions(data, 1 if len(data) < 500 else 999):
                    for reset in (False, True):
                        s = server.connect()
                        s.sendall(data[:end])
                        if reset:
                            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
                        s.close()
            server.wait_for("open", 1)
            server.wait_for("working", 1)
            server.wait_for_files(server.files_at_rest)
            self.assertGreater(server.stats()["gone"], 0)

    def test_memory_stays(self):
        rounds = 25000 if support.LONG else 500
        cases = [request("GET", "/")[:20], request("POST", "/echo", b"x" * 3000)[:2000],
                 request("GET", "/never"), CHUNKED[:-9]]
        for server in self.each():
            def vanish(n):
                for i in range(n):
                    for data in cases:
                        with server.connect() as s:
                            s.sendall(data)
                server.wait_for("open", 1)
            vanish(200)
            before = server.rss()
            vanish(rounds)
            if "asan" not in server.args[0]:
                # How many were there at a time differs: what they held is kept.
                self.assertLess(server.grown(before, 2 << 20), 2 << 20)

    def test_gone_is_told(self):
        for server in self.each():
            for reset in (False, True):
                for path in ("/never", "/slow?ms=60000", "/stream?n=1000000&ms=60000",
                             "/stream?n=1000000&size=100000"):
                    before = server.stats()["gone"]
                    s = server.connect()
                    s.sendall(request("GET", path))
                    server.wait_for("working", 2)
                    if reset:
                        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
                    s.close()
                    server.wait_for("working", 1)
                    if "size" not in path:
                        self.assertEqual(server.stats()["gone"], before + 1)

    def test_gone_behind_pipelined_bytes(self):
        """Bytes that fill the input do not hide that the client has gone."""
        for server in self.each():
            s = server.connect()
            s.sendall(request("GET", "/never") + b"x" * 200000)
            server.wait_for("working", 2)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
            s.close()
            server.wait_for("working", 1)


class Many(Each):
    def test_idle_connections(self):
        count = 10000 if support.LONG else 2000
        for server in self.each():
            before = server.rss()
            sockets = [server.connect() for _ in range(count)]
            server.wait_for("open", count + 1)
            if "asan" not in server.args[0]:
                self.assertLess((server.rss() - before) / count, 1024)
            begin = time.monotonic()
            self.assertEqual(server.get("/")[2], b"hello")
            self.assertLess(time.monotonic() - begin, 1)
            for s in sockets[::7]:
                s.sendall(request("GET", "/"))
                self.assertEqual(Reader(s).answer()[2], b"hello")
            for s in sockets:
                s.close()
            server.wait_for("open", 1)

    def test_descriptors_run_out(self):
        for server in self.each(files=40):
            idle = [server.connect() for _ in range(60)]
            time.sleep(0.3)
            self.assertLess(server.files_open(), 41)
            # Who is in is served; who is not waits, and costs nothing.
            idle[0].sendall(request("GET", "/"))
            self.assertEqual(Reader(idle[0]).answer()[2], b"hello")
            with open(f"/proc/{server.process.pid}/schedstat") as f:
                before = int(f.read().split()[0])
            time.sleep(0.5)
            with open(f"/proc/{server.process.pid}/schedstat") as f:
                self.assertLess(int(f.read().split()[0]) - before, 100e6)
            idle[59].sendall(request("GET", "/"))
            for s in idle[:30]:
                s.close()
            self.assertEqual(Reader(idle[59]).answer()[2], b"hello")
            for s in idle:
                s.close()
            self.assertEqual(server.get("/")[2], b"hello")
            errors = server.stop()
            self.assertIn("cannot accept: Too many open files", errors)
            self.assertLess(errors.count("\n"), 10)

    def test_memory_runs_out(self):
        """Clients are turned away, and those that come later are served."""
        if "asan" in echo.BUILDS[0]:
            self.skipTest("a sanitizer needs all the address space")
        for megabytes in (15, 20):
            with echo.Echo(echo.BUILDS[0], memory=megabytes << 20) as server:
                sockets = [server.connect() for _ in range(1200)]
                begun = request("POST", "/echo", b"x" * 100000)
                for part in (slice(0, 5000), slice(5000, None)):
                    for s in sockets:
                        try:
                            s.sendall(begun[part])
                        except OSError:
                            pass  # it was turned away
                for s in sockets:
                    s.close()
                server.wait_for("open", 1)
                self.assertEqual(server.get("/")[2], b"hello")
                refused = server.stats()["refused"]  # within a request
                self.assertTrue(refused or "turned away" in server.stop())

    def test_most_connections(self):
        for server in self.each(max=3):
            held = [server.connect() for _ in range(3)]
            for s in held:
                s.sendall(request("GET", "/"))
                self.assertEqual(Reader(s).answer()[0], 200)
            with server.connect(timeout=0.3) as waiting:
                waiting.sendall(request("GET", "/"))
                with self.assertRaises(TimeoutError):
                    Reader(waiting).answer()
                held.pop().close()
                waiting.settimeout(10)
                self.assertEqual(Reader(waiting).answer()[0], 200)
            for s in held:
                s.close()


class Beginning(Each):
    def refused(self, build, **options):
        with self.assertRaises(AssertionError) as caught:
            with echo.Echo(build, **options):
                pass
        return str(caught.exception)

    def test_cannot_listen(self):
        for server in self.each():
            build = server.args[0].rsplit("/tests/", 1)[0]
            at = f"cannot listen on 127.0.0.1:{server.port}: address already in use\n"
            self.assertEqual(self.refused(build, port=server.port), at)
            self.assertIn("cannot listen on no.such.host.invalid:0: ",
                          self.refused(build, host="no.such.host.invalid"))
            self.assertIn("cannot listen on 192.0.2.1:0: address not available",
                          self.refused(build, host="192.0.2.1"))
            self.assertIn("no such port", self.refused(build, port=65536))

    def test_shared_port(self):
        for server in self.each(shared=1):
            build = server.args[0].rsplit("/tests/", 1)[0]
            with echo.Echo(build, shared=1, port=server.port) as other:
                for _ in range(100):
                    self.assertEqual(server.get("/")[2], b"hello")
                # Each counts its own: both were asked.
                seen = {server.stats()["accepted"] for _ in range(40)}
                self.assertGreater(len(seen), 1)
                self.assertEqual(other.port, server.port)

    def test_socket_from_outside(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            fd = listener.fileno()
            for server in self.each(fd=fd, pass_fds=[fd]):
                self.assertEqual(server.port, listener.getsockname()[1])
                self.assertEqual(server.get("/")[2], b"hello")

    def test_ipv6(self):
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            self.skipTest("no IPv6 here")
        for server in self.each(host="::1"):
            with socket.create_connection(("::1", server.port)) as s:
                s.sendall(request("GET", "/show", close=True))
                self.assertIn(b"client ::1 1\n", Reader(s).answer()[2])


class End(Each):
    def test_drain(self):
        for server in self.each():
            idle = server.connect()
            idle.sendall(request("GET", "/"))
            Reader(idle).answer()
            working, half = server.connect(), server.connect()
            working.sendall(request("GET", "/slow?ms=500") + request("GET", "/"))
            half.sendall(request("GET", "/")[:10])
            server.wait_for("working", 2)
            server.process.send_signal(signal.SIGTERM)
            idle.settimeout(5)
            self.assertEqual(idle.recv(10), b"")
            with self.assertRaises(ConnectionRefusedError):
                server.connect()
            half.sendall(request("GET", "/")[10:])
            (status, headers, _), = Reader(half).rest()
            self.assertEqual((status, headers["connection"]), (200, "close"))
            (status, headers, body), = Reader(working).rest()
            self.assertEqual((body, headers["connection"]), (b"slow", "close"))
            for s in (idle, working, half):
                s.close()
            server.process.wait(10)

    def test_drain_serves_who_has_been_let_in(self):
        """Requests that are on the way when the drain begins are answered."""
        for server in self.each():
            server.process.send_signal(signal.SIGSTOP)
            sockets = [server.connect() for _ in range(20)]
            for s in sockets:
                s.sendall(request("GET", "/"))
            server.process.send_signal(signal.SIGTERM)
            server.process.send_signal(signal.SIGCONT)
            for s in sockets:
                self.assertEqual(Reader(s).answer()[2], b"hello")
                s.close()
            server.process.wait(10)

    def test_drain_does_not_wait_for_the_silent(self):
        for server in self.each():
            with server.connect(), server.connect() as fresh:
                server.wait_for("open", 3)
                begin = time.monotonic()
                server.process.send_signal(signal.SIGTERM)
                fresh.recv(1)
                server.process.wait(10)
                self.assertLess(time.monotonic() - begin, 4)

    def test_drain_at_rest(self):
        for server in self.each():
            server.process.send_signal(signal.SIGTERM)
            server.process.wait(5)

    def test_close(self):
        for server in self.each():
            sockets = []
            for path in ("/", "/never", "/slow?ms=60000", "/stream?n=9&ms=60000",
                         "/stream?n=9999&size=1000000"):
                s = server.connect()
                s.sendall(request("GET", path))
                sockets.append(s)
            server.wait_for("working", 5)
            server.process.send_signal(signal.SIGINT)
            server.process.wait(5)
            for s in sockets:
                s.close()

    def test_drain_then_close(self):
        for server in self.each():
            with server.connect() as s:
                s.sendall(request("GET", "/never"))
                server.wait_for("working", 2)
                server.process.send_signal(signal.SIGTERM)
                time.sleep(0.3)
                self.assertIsNone(server.process.poll())
                server.process.send_signal(signal.SIGINT)
                server.process.wait(5)


if __name__ == "__main__":
    unittest.main()
