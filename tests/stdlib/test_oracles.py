"""Digests, encodings, addresses and chance against Python's own."""
import base64
import hashlib
import hmac
import json
import pathlib
import random
import re
import sys
import tempfile
import unittest
import urllib.parse
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import SGC, Server, compile_plan, run

LIBRARIES = "use hash\nuse base64\nuse http\nuse random\nuse text\nuse time\nuse list\nuse math\n"


def written(text):
    """A text as the language writes it."""
    out = "".join(c if c.isprintable() and c not in '"\\{}' else f"\\u{{{ord(c):X}}}" for c in text)
    return f'"{out}"'


class Oracle(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(7)

    def asserts(self, lines):
        program = LIBRARIES + 'test "all" {\n' + "".join(f"  assert {line}\n" for line in lines) + "}\n"
        done = run(SGC, "test", "-", input=program)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr[-2000:])

    def texts(self, n, longest=200):
        yield ""
        for _ in range(n):
            size = self.random.randrange(longest)
            yield "".join(chr(self.random.choice([self.random.randrange(32, 127), self.random.randrange(0xA0, 0x800),
                                                  self.random.randrange(0x1F300, 0x1F600)])) for _ in range(size))

    def test_digests(self):
        lines = []
        for t in self.texts(60):
            b, w = t.encode(), written(t)
            lines += [f'hash.{name}({w}) == "{getattr(hashlib, name)(b).hexdigest()}"'
                      for name in ("md5", "sha1", "sha256", "sha512")]
            lines.append(f'hash.hmac_sha256({w}, {w}) == "{hmac.new(b, b, "sha256").hexdigest()}"')
            lines.append(f"hash.crc32({w}) == {zlib.crc32(b)}")
            lines.append(f"hash.equal({w}, {w}) and not hash.equal({w} + \"x\", {w}) and not hash.equal({w}, {w} + \"x\")")
        self.asserts(lines)

    def test_encodings(self):
        lines = []
        for t in self.texts(80, 60):
            b, w = t.encode(), written(t)
            plain, url = base64.b64encode(b).decode(), base64.urlsafe_b64encode(b).decode().rstrip("=")
            lines += [f'base64.encode(bytes({w})) == "{plain}"', f'base64.encode_url(bytes({w})) == "{url}"',
                      f'base64.decode("{plain}") == bytes({w})', f'base64.decode("{url}") == bytes({w})',
                      f'base64.hex(bytes({w})) == "{b.hex()}"', f'base64.from_hex("{b.hex().upper()}") == bytes({w})',
                      f'http.quote({w}) == "{urllib.parse.quote(t, safe="")}"', f"http.unquote(http.quote({w})) == {w}"]
        self.asserts(lines)

    def test_what_is_no_encoding(self):
        for call in ['base64.decode("a")', 'base64.decode("ab=c")', 'base64.decode("ab=")', 'base64.decode("=")',
                     'base64.decode("abcd=")', 'base64.decode("a!cd")', 'base64.from_hex("abc")', 'base64.from_hex("0g")']:
            with self.subTest(call):
                program = LIBRARIES + f'test "x" {{\n  var m = ""\n  try {{ m = base64.hex({call}) }} else e {{ m = e.message }}\n' \
                                      '  assert len(m) > 12\n}\n'
                done = run(SGC, "test", "-", input=program)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_broken_percents(self):
        self.asserts([f"http.unquote({written(t)}) == {written(urllib.parse.unquote(t))}"
                      for t in ("%", "%4", "%zz", "a%41%", "%C3%A9", "%E2%82%AC%", "%%41", "100%25")])

    def test_bytes_that_are_no_text(self):
        self.asserts([f'text.decode(base64.from_hex("{b.hex()}"), lossy: true) == {written(b.decode(errors="replace"))}'
                      for b in (b"\xff", b"a\xc3", b"\xed\xa0\x80", b"a\xffb\xfe", b"\xc3\xa9\x80")])

    def test_queries(self):
        lines = []
        for _ in range(40):
            pairs = {next(iter(list(self.texts(1, 12))[1:])) or "k": next(iter(list(self.texts(1, 12))[1:])) for _ in range(3)}
            query = urllib.parse.urlencode(pairs)
            fields = ", ".join(f"{written(k)}: {written(v)}" for k, v in pairs.items())
            lines += [f'http.parse_query("{query}") == {{ {fields} }}',
                      f"http.parse_query(http.query({{ {fields} }})) == {{ {fields} }}"]
        self.asserts(lines)

    def test_addresses(self):
        lines = []
        for x in ("http://a.org", "https://A.org:8443/p/q?x=1&y#f", "//h/p", "/p?q", "", "mailto:me@a.org", "http://[::1]:80/x",
                  "http://user:pw@h.org/", "p/q", "?q=1", "#f", "ftp://h:/x"):
            u = urllib.parse.urlsplit(x)
            host = (u.hostname or "")
            host = f"[{host}]" if ":" in host else host
            port = str(u.port) if u.port is not None else "none"
            if x.startswith("mailto:"):
                continue
            lines.append(f'http.url("{x}") == {{ scheme: "{u.scheme}", host: "{host}", port: {port}, path: "{u.path}", '
                         f'query: "{u.query}", fragment: "{u.fragment}" }}')
        self.asserts(lines)

    def test_buckets_are_even(self):
        program = LIBRARIES + """
test "buckets" {
  let buckets = [hash.bucket("user-{i}", 10, salt: "s") for i in range(20000)]
  for b in range(10) {
    let n = count(buckets, b)
    assert n > 1800 and n < 2200
  }
  let both = [i for i in range(20000) if hash.bucket("user-{i}", 2, "a") == 0 and hash.bucket("user-{i}", 2, "b") == 0]
  assert len(both) > 4700 and len(both) < 5300
}
"""
        done = run(SGC, "test", "-", input=program)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


CHANCE = LIBRARIES + """
app a {
  route GET "/" {
    return { floats: [random.float() for _ in range(5)], ints: [random.int(1, 6) for _ in range(20)],
             order: random.shuffle(range(10)), uuid: random.uuid(), token: random.token(9), now: time.unix(now()) }
  }
}
test "shape" {
  let n = 20000
  let xs = [random.float() for _ in range(n)]
  assert min(xs) >= 0.0 and max(xs) < 1.0 and abs(mean(xs) - 0.5) < 0.02
  let ys = [random.normal(10.0, 2.0) for _ in range(n)]
  assert abs(mean(ys) - 10.0) < 0.1 and abs(math.deviation(ys) - 2.0) < 0.1
  let zs = [random.exponential(3.0) for _ in range(n)]
  assert min(zs) >= 0.0 and abs(mean(zs) - 3.0) < 0.15
  let dice = [random.int(-1, 1) for _ in range(n)]
  assert sorted(unique(dice)) == [-1, 0, 1] and abs(count(dice, 0) - n div 3) < 400
  let some = [random.weighted(["a", "b", "c"], [1.0, 0.0, 3.0]) for _ in range(n)]
  assert count(some, "b") == 0 and abs(count(some, "c") - 15000) < 500
  let firsts = [random.shuffle([1, 2, 3, 4])[0] for _ in range(n)]
  assert abs(count(firsts, 3) - 5000) < 400
  assert len(unique([random.uuid() for _ in range(1000)])) == 1000
  assert text.matches(random.uuid(), '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$')
  assert random.int(-9223372036854775807 - 1, 9223372036854775807) != 0
  assert sorted(random.sample(range(100), 100)) == range(100) and random.sample([1], 5) == [1] and len(random.sample([1], -1)) == 0
}
test "the same every time" {
  assert [random.int(0, 99) for _ in range(4)] == FOUR
  assert str(now()) == "2024-01-01T00:00:00Z"
  sleep(1500ms)
  assert str(now()) == "2024-01-01T00:00:01.500Z"
}
"""


class Chance(unittest.TestCase):
    def test_in_tests(self):
        program = CHANCE.replace("FOUR", "[0]")
        done = run(SGC, "test", "-", input=program)
        self.assertIn("ok shape", done.stdout, done.stdout + done.stderr)
        four = re.search(r"left: +(\[.*\])", done.stdout)[1]
        self.assertEqual(len(json.loads(four)), 4)
        for _ in range(2):
            done = run(SGC, "test", "-", input=CHANCE.replace("FOUR", four))
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def answer(self, plan, *options):
        with Server(plan, *options) as s:
            return [json.loads(s.request("GET", "/")[2]) for _ in range(2)]

    def test_served(self):
        with tempfile.TemporaryDirectory() as folder:
            plan = compile_plan(CHANCE.split("\ntest ")[0] + "\n", folder)
            one, two = self.answer(plan)
            self.assertNotEqual(one["floats"], two["floats"])
            self.assertGreater(one["now"], 1.7e9)
            self.assertNotEqual(self.answer(plan)[0]["floats"], one["floats"])
            seeded = self.answer(plan, "--seed", "5")
            again = self.answer(plan, "--seed", "5")
            for x, y in zip(seeded, again):
                self.assertEqual({**x, "now": 0}, {**y, "now": 0})
            self.assertNotEqual(self.answer(plan, "--seed", "6")[0]["ints"], seeded[0]["ints"])

    def test_not_in_a_graph(self):
        program = "use random\napp a {\n  graph g(x: int) -> float = random.float() + float(x)\n  route GET \"/\" -> g\n}\n"
        done = run(SGC, "check", "-", input=program)
        self.assertIn("SG0404", done.stderr)


if __name__ == "__main__":
    unittest.main()
