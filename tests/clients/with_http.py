"""requests, httpx, aiohttp: keep-alive, streams up and down, forms, gzip, TLS, errors."""
import asyncio
import json
import ssl
import time
import unittest

import aiohttp
import httpx
import requests
from shop import PEM, Shop

ORDER = {"things": [{"name": "a", "price": 1.5}, {"name": "é", "price": 2}], "note": None}
FILES = [("files", ("a.bin", b"\0\xff" * 5000, "application/octet-stream")), ("files", ("b", b"", "text/plain"))]


class Same:
    """What holds with each client: `ask(method, path, **how)` gives (status, headers, body)."""

    def test_routes(self):
        for url in self.server.url, self.server.tls:
            self.base = url
            self.assertEqual(self.ask("GET", "/hello/w%C3%B6rld%20%2F")[2].decode(), "hello wörld /")
            status, headers, body = self.ask("POST", "/order", json=ORDER)
            self.assertEqual((status, json.loads(body)), (200, {"total": 3.5, "count": 2}))
            self.assertEqual(headers["content-type"], "application/json")
            self.assertEqual(json.loads(self.ask("GET", "/list", params=[("n", "2"), ("q", "a b"), ("q", "ü&")])[2]),
                             {"n": [0, 1], "q": ["a b", "ü&"]})
            self.assertEqual(json.loads(self.ask("PUT", "/thing/7?dry=true", json=ORDER["things"][0])[2]),
                             {"id": 7, "thing": {"name": "a", "price": 1.5, "tags": []}, "dry": True})
            self.assertEqual(self.ask("DELETE", "/thing/7")[::2], (200, b""))
            self.assertEqual(self.ask("HEAD", "/hello/x")[::2], (200, b""))
            self.assertEqual(self.ask("OPTIONS", "/hello/x")[0], 204)
            self.assertEqual(json.loads(self.ask("GET", "/who", headers={"User-Agent": "me", "Cookie": "a=1; mark=x"})[2]),
                             {"agent": "me", "mark": "x"})

    def test_errors(self):
        self.assertEqual(self.ask("GET", "/nowhere")[0], 404)
        self.assertEqual(self.ask("DELETE", "/thing/2000")[::2], (404, b'{"detail":"no such thing"}'))
        status, headers, _ = self.ask("PATCH", "/thing/7")
        self.assertEqual((status, sorted(headers["allow"].split(", "))), (405, ["DELETE", "PUT"]))
        status, _, body = self.ask("POST", "/order", json={"things": [{"name": "", "price": -1}]})
        self.assertEqual((status, [o["type"] for o in json.loads(body)["detail"]]),
                         (422, ["string_too_short", "greater_than_equal"]))
        self.assertEqual(self.ask("POST", "/bytes", data=b"x" * (17 << 20))[0], 413)
        self.assertEqual(self.ask("GET", "/hello/x")[0], 200)

    def test_bodies(self):
        for size in (0, 1, 1000, 100_000, 15 << 20):
            data = bytes(i * 7 & 255 for i in range(256)) * (size // 256 + 1)
            self.assertEqual(self.ask("POST", "/bytes", data=data[:size],
                                      headers={"Content-Type": "application/octet-stream"})[2], data[:size])

    def test_forms(self):
        self.assertEqual(json.loads(self.ask("POST", "/form", data={"name": "ä", "n": "3"}, files=FILES)[2]),
                         {"name": "ä", "sizes": [10000, 0], "n": 3})

    def test_gzip(self):
        status, headers, body = self.ask("GET", "/list?n=5000")
        self.assertEqual(json.loads(body)["n"], list(range(5000)))
        self.assertEqual(headers["content-encoding"], "gzip")
        self.assertEqual(self.ask("GET", "/words?n=500")[2].decode(), "".join(f"word {i}\n" for i in range(500)))
        plain = self.ask("GET", "/list?n=5000", headers={"Accept-Encoding": "identity"})
        self.assertNotIn("content-encoding", plain[1])
        self.assertEqual(plain[2], body)


class WithRequests(Same, Shop):
    def setUp(self):
        self.session = self.enterContext(requests.Session())
        self.session.verify = PEM
        self.session.trust_env = False  # it may name other certificates
        self.base = self.server.url

    def ask(self, method, path, **how):
        a = self.session.request(method, self.base + path, timeout=30, **how)
        return a.status_code, a.headers, a.content

    def test_keep_alive(self):
        before = self.server.files()
        for i in range(300):
            self.assertEqual(self.ask("GET", f"/hello/{i}")[2].decode(), f"hello {i}")
        self.assertEqual(self.server.files(), before + 1)

    def test_streams(self):
        def up():
            for i in range(20):
                yield b"x" * i * 1000
        self.assertEqual(self.ask("POST", "/count", data=up())[2], b"190000")
        with self.session.get(self.base + "/things?n=100", stream=True) as a:
            lines = [json.loads(line) for line in a.iter_lines()]
        self.assertEqual([x["i"] for x in lines], list(range(100)))
        with self.session.get(self.base + "/words?n=1000000", stream=True) as a:
            self.assertEqual(next(a.iter_lines()), b"word 0")


class WithHttpx(Same, Shop):
    def setUp(self):
        self.client = self.enterContext(httpx.Client(verify=ssl.create_default_context(cafile=PEM), timeout=30))
        self.base = self.server.url

    def ask(self, method, path, **how):
        data = how.get("data")
        if isinstance(data, bytes):
            how["content"] = how.pop("data")
        a = self.client.request(method, self.base + path, **how)
        return a.status_code, a.headers, a.content

    def test_streams_both_ways(self):
        def up():
            for word in "one", "two", "three":
                yield word.encode()
        with self.client.stream("POST", self.base + "/upper", content=up()) as a:
            self.assertEqual("".join(a.iter_text()), "ONETWOTHREE")
        with self.client.stream("GET", self.base + "/words?n=20&gap=0.02") as a:
            first = time.monotonic()
            pieces = list(a.iter_text())
            self.assertGreater(time.monotonic() - first, 0.2)  # as they came
        self.assertEqual("".join(pieces), "".join(f"word {i}\n" for i in range(20)))

    def test_many_at_once(self):
        async def all():
            async with httpx.AsyncClient(timeout=30) as client:
                asks = [client.get(f"{self.server.url}/hello/{i}") for i in range(200)]
                return [a.text for a in await asyncio.gather(*asks)]
        self.assertEqual(asyncio.run(all()), [f"hello {i}" for i in range(200)])

    def test_timeouts_leave_nothing(self):
        before = self.server.files()
        for _ in range(5):
            with self.assertRaises(httpx.ReadTimeout):
                httpx.get(self.server.url + "/words?n=2&gap=100", timeout=0.1)
        for _ in range(200):
            if self.server.files() <= before:
                break
            time.sleep(0.02)
        self.assertLessEqual(self.server.files(), before)


class WithAiohttp(Same, Shop):
    def setUp(self):
        self.base = self.server.url

    def ask(self, method, path, **how):
        return asyncio.run(self.asked(method, path, **how))

    async def asked(self, method, path, files=None, **how):
        how.setdefault("ssl", ssl.create_default_context(cafile=PEM))
        if files:
            form = aiohttp.FormData()
            for name, value in how.pop("data").items():
                form.add_field(name, value)
            for name, (filename, data, kind) in files:
                form.add_field(name, data, filename=filename, content_type=kind)
            how["data"] = form
        async with aiohttp.ClientSession() as session:
            url = aiohttp.client.URL(self.base + path, encoded=True)
            async with session.request(method, url, **how) as a:
                return a.status, a.headers, await a.read()

    def test_streams(self):
        async def up():
            for _ in range(10):
                yield b"y" * 1000
                await asyncio.sleep(0.01)
        self.assertEqual(self.ask("POST", "/count", data=up())[2], b"10000")

    def test_a_session(self):
        async def all():
            async with aiohttp.ClientSession() as session:
                for i in range(100):
                    async with session.get(f"{self.server.url}/hello/{i}") as a:
                        self.assertEqual(await a.text(), f"hello {i}")
        before = self.server.files()
        asyncio.run(all())
        self.assertLessEqual(self.server.files(), before + 1)

    def test_websocket(self):
        async def talk():
            async with aiohttp.ClientSession() as session:
                async with session.ws_connect(self.server.url + "/text", compress=15) as w:
                    for n in 0, 1, 125, 126, 65536, 300000:
                        await w.send_str("é" * n)
                        self.assertEqual(await w.receive_str(), "é" * n)
                    await w.ping()
                    await w.close()
                    self.assertEqual(w.close_code, 1000)
        asyncio.run(talk())


if __name__ == "__main__":
    unittest.main()
