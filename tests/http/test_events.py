"""Server-sent events: their fields, comments while nothing is said, and clients that
come again. What is sent is read as a browser reads it (sse.py)."""
import sys
import tempfile
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import raw  # noqa: E402
import sse  # noqa: E402
import support  # noqa: E402

PROGRAM = r"""
type Event = {
  event: str? = none, id: str? = none, retry: duration? = none, data: str? = none
}
type Kind = "begin" | "end"

deployment Source() {
  state left: int = 0
  fn since(last: int, n: int) -> stream { id: int, event: Kind, data: [int] } {
    for i in range(last + 1, n + 1) {
      yield { id: i, event: if i == n then "end" else "begin", data: [i, i] }
    }
  }
  fn silent(before: duration, between: duration) -> stream str {
    sleep(before)
    yield "first"
    sleep(between)
    yield "last"
  }
}

fn all() -> stream Event {
  yield { data: "plain" }
  yield { event: "tick", data: "one\ntwo\r\n\rthree\n" }
  yield { id: "7", data: "" }
  yield { id: "é :x", event: " lead", data: " lead\0" }
  yield { retry: 1500ms }
  yield { data: "event: no\nid: no" }
  yield { id: "", data: "last" }
}
fn bare() -> stream { data: str } { yield { data: "x" } }
fn row() -> stream { id: int, name: str } { yield { id: 1, name: "x" } }
fn other() -> stream { id: float, data: str } { yield { id: 1.5, data: "x" } }
fn given(e: { event: str, id: str, retry: int, data: int }, first: bool)
    -> stream { event: str, id: str, retry: int, data: int } {
  if first { yield { event: "good", id: "", retry: 0, data: 0 } }
  yield e
}

app a {
  bind source = Source()
  route GET "/all" -> all() as sse
  route GET "/since" (last: int in header("last-event-id") = 0) -> source.since(last, 5) as sse
  route GET "/data-only" -> bare() as sse
  route GET "/row" -> row() as sse
  route GET "/other" -> other() as sse
  route GET "/bad" (event: str = "", id: str = "", retry: int = 0, first: bool = false)
      -> given({ event: event, id: id, retry: retry, data: 1 }, first) as sse
  route GET "/silent" (before: float = 0.0, between: float)
      with { ping_interval: 100ms } -> source.silent(before * 1s, between * 1s) as sse
  route GET "/text" (between: float)
      with { ping_interval: 50ms } -> source.silent(0s, between * 1s)
  route GET "/ends" with { ping_interval: 50ms, request_timeout: 300ms }
      -> source.silent(0s, 1h) as sse
}
"""


class Events(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.server = support.Server(support.compile_plan(PROGRAM, cls.folder.name))
        cls.server.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.folder.cleanup()

    def get(self, path, headers=None):
        return self.server.request("GET", path, headers=headers)

    def events(self, path, headers=None):
        status, head, body = self.get(path, headers)
        self.assertEqual((status, head["content-type"], head["cache-control"]),
                         (200, "text/event-stream; charset=utf-8", "no-cache"))
        return sse.events(body)

    def test_fields(self):
        self.assertEqual(self.events("/all"), [
            ("message", "plain", ""),
            ("tick", "one\ntwo\n\nthree\n", ""),
            ("message", "", "7"),
            (" lead", " lead\0", "é :x"),
            ("message", "event: no\nid: no", "é :x"),
            ("message", "last", "")])
        reader = sse.Reader()
        for byte in self.get("/all")[2]:
            reader.feed(bytes([byte]))
        self.assertEqual((reader.retry, reader.comments), (1500, 0))

    def test_a_client_that_comes_again(self):
        found = self.events("/since")
        self.assertEqual(found, [("end" if i == 5 else "begin", f"[{i},{i}]", str(i))
                                 for i in range(1, 6)])
        self.assertEqual(self.events("/since", {"Last-Event-ID": "3"}), found[3:])
        self.assertEqual(self.events("/since", {"Last-Event-ID": "5"}), [])

    def test_records_that_are_no_events(self):
        self.assertEqual(self.events("/data-only"), [("message", '{"data":"x"}', "")])
        self.assertEqual(self.events("/row"), [("message", '{"id":1,"name":"x"}', "")])
        self.assertEqual(self.events("/other"), [("message", '{"id":1.5,"data":"x"}', "")])

    def test_what_would_say_more_than_it_is(self):
        self.assertEqual(self.events("/bad?event=x&id=y"), [("x", "1", "y")])
        for query in "event=a%0Adata:%20b", "event=%0D", "id=%00", "id=1%0D%0A", "retry=-1":
            status, _, body = self.get("/bad?" + query)
            self.assertEqual((status, b"of an event" in body), (500, True), query)
            with raw.Conn(self.server, raw.head("GET", "/bad?first=true&" + query)) as c:
                c.head()
                self.assertEqual(sse.events(c.chunk()), [("good", "0", "")])
                self.assertTrue(c.closed())

    def test_comments_while_nothing_is_said(self):
        reader, found = sse.Reader(), []
        with raw.Conn(self.server, raw.head("GET", "/silent?before=0.25&between=1")) as c:
            self.assertIn("200 OK", c.head())
            found += reader.feed(c.chunk())
            self.assertEqual((found, reader.comments), ([("message", "first", "")], 0))
            while len(found) == 1:
                found += reader.feed(c.chunk())
            self.assertEqual(c.chunk(), b"")
        self.assertEqual(found[1], ("message", "last", ""))
        self.assertGreater(reader.comments, 1)
        self.assertLess(reader.comments, 11)
        self.assertEqual(self.get("/text?between=0.3")[2], b"firstlast")

    def test_comments_end_with_the_stream(self):
        with raw.Conn(self.server, raw.head("GET", "/ends")) as c:
            c.head()
            with self.assertRaises(EOFError):
                c.chunks()
        for _ in range(20):  # clients that leave: nobody speaks to them
            with raw.Conn(self.server, raw.head("GET", "/silent?between=3600")) as c:
                c.head()
                c.chunk()
        time.sleep(0.2)
        self.assertEqual(len(self.events("/since")), 5)


if __name__ == "__main__":
    unittest.main()
