"""Messages that are wrong, early, late, cancelled or cut: answered, never fatal."""
import json
import os
import random
import subprocess
import threading
import unittest

from editor import CAN, Editor, Gone, Refused
from support import LONG, SGC

TEXT = 'fn f(x: int) -> int = x + 1\napp a { route GET "/" (x: int in query) -> f(x) }\n'


def frame(body):
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


class Protocol(unittest.TestCase):
    def assert_alive(self, e):
        self.assertEqual(e.request("workspace/symbol", {"query": "zz"}), [])

    def error(self, e, method, params):
        with self.assertRaises(Refused) as refused:
            e.request(method, params)
        return refused.exception.code

    def next_error(self, e):
        while True:
            message = e.read()
            self.assertIsNotNone(message)
            if "error" in message:
                return message["error"]["code"], message["id"]
            e.take(message)

    # ---- order ----

    def test_before_initialize(self):
        with Editor(start=False) as e:
            self.assertEqual(self.error(e, "textDocument/hover", {}), -32002)
            e.notify("textDocument/didOpen", {"textDocument": {
                "uri": e.uri("a.sg"), "text": "x", "version": 1, "languageId": "sg"}})
            e.request("initialize", {"capabilities": CAN, "processId": None, "rootUri": None})
            self.assertEqual(self.error(e, "textDocument/hover", {
                "textDocument": {"uri": e.uri("a.sg")},
                "position": {"line": 0, "character": 0}}), -32602)
            self.assertEqual(self.error(e, "initialize", {"capabilities": {}}), -32600)

    def test_the_end(self):
        with Editor() as e:
            self.assertIsNone(e.request("shutdown", None))
            self.assertEqual(self.error(e, "textDocument/hover", {}), -32600)
            e.notify("exit", None)
            e.server.wait(20)
        self.assertEqual((e.server.returncode, e.errors), (0, ""))

    def test_an_end_without_shutdown(self):
        for last in [lambda e: e.notify("exit", None), lambda e: e.server.stdin.close()]:
            with Editor() as e:
                e.open("a.sg", TEXT)
                last(e)
                e.server.wait(20)
            self.assertEqual((e.server.returncode, e.errors), (1, ""))

    def test_nobody_reads(self):
        with Editor() as e:
            e.open("a.sg", TEXT)
            e.server.stdout.close()
            try:
                e.change("a.sg", [{"text": "nonsense"}])
                e.ask("shutdown", None)
            except Gone:
                pass
            e.server.wait(20)
            self.assertIn(e.server.returncode, (0, 1))
            e.server.stdout = open(os.devnull, "rb")

    # ---- methods and parameters ----

    def test_unknown(self):
        with Editor() as e:
            self.assertEqual(self.error(e, "textDocument/nothing", {}), -32601)
            self.assertEqual(self.error(e, "$/nothing", {}), -32601)
            e.notify("$/nothing", {})
            e.notify("textDocument/nothing", {})
            e.send({"jsonrpc": "2.0", "id": 99, "result": None})  # an answer to nothing
            self.assert_alive(e)

    def test_wrong_parameters(self):
        with Editor() as e:
            e.open("a.sg", TEXT)
            place = {"line": 0, "character": 0}
            document = {"uri": e.uri("a.sg")}
            for params in [None, [], "x", {}, {"textDocument": None},
                           {"textDocument": {"uri": 5}, "position": place},
                           {"textDocument": {"uri": e.uri("b.sg")}, "position": place},
                           {"textDocument": {"uri": "file://elsewhere/x.sg"}, "position": place},
                           {"textDocument": {"uri": "%00"}, "position": place},
                           {"textDocument": document},
                           {"textDocument": document, "position": 3},
                           {"textDocument": document, "position": {"line": "a"}},
                           {"textDocument": document, "position": {"line": -1, "character": 0}}]:
                for method in ["hover", "completion", "rename", "references", "signatureHelp"]:
                    self.assertEqual(self.error(e, "textDocument/" + method, params), -32602)
            for method in ["rename", "codeAction"]:
                self.assertEqual(self.error(e, "textDocument/" + method,
                                            {"textDocument": document, "position": place}),
                                 -32602)
            for method in ["didOpen", "didChange", "didClose", "didSave"]:
                for params in [None, [], {"textDocument": 1}, {"textDocument": {}},
                               {"textDocument": {"uri": e.uri("z.sg")}},
                               {"textDocument": document, "contentChanges": 1},
                               {"textDocument": document, "contentChanges": [1, {}, {"text": 2},
                                {"text": "", "range": 5}, {"text": "", "range": {"start": place}}]}]:
                    if method == "didClose" and params and params.get("textDocument") == document:
                        continue
                    e.notify("textDocument/" + method, params)
            for method in ["didChangeWatchedFiles", "didChangeWorkspaceFolders"]:
                for params in [None, {"changes": [1, {"uri": 3}]}, {"event": {"added": [{}]}}]:
                    e.notify("workspace/" + method, params)
            self.assertIn("fn f", e.hover("a.sg", "f|(x: int)"))

    def test_places_outside(self):
        with Editor() as e:
            e.open("a.sg", TEXT)
            for line, character in [(0, 10 ** 9), (10 ** 9, 0), (2 ** 40, 2 ** 40), (0.5, 1e300)]:
                e.request("textDocument/hover", {
                    "textDocument": {"uri": e.uri("a.sg")},
                    "position": {"line": line, "character": character}})
            far = {"line": 10 ** 6, "character": 10 ** 6}
            e.change("a.sg", [{"range": {"start": far, "end": far}, "text": "\n// end"}])
            e.change("a.sg", [{"range": {"start": far, "end": {"line": 0, "character": 0}},
                               "text": "// turned"}])
            e.change("a.sg", [{"range": {"start": {"line": 0, "character": 3}, "end": far},
                               "text": ""}])
            e.wait("a.sg", e.version)
            self.assertEqual(e.request("textDocument/completion", {
                "textDocument": {"uri": e.uri("a.sg")}, "position": far})["isIncomplete"], False)

    def test_halves_of_pairs(self):
        """A change inside of a surrogate pair; halves of pairs; a NUL."""
        with Editor() as e:
            e.open("a.sg", "// \U0001F600\n" + TEXT)
            for start, end in [(3, 4), (4, 5), (4, 4)]:
                e.change("a.sg", [{"range": {"start": {"line": 0, "character": start},
                                             "end": {"line": 0, "character": end}}, "text": "x"}])
            e.wait("a.sg", e.version)
            body = json.dumps({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": {
                "textDocument": {"uri": e.uri("a.sg"), "version": 77},
                "contentChanges": [{"text": "// \ud800 \udc00 \0 \\u0000 \\\\u0000\n" + TEXT}]}})
            e.send_bytes(frame(body.encode()))
            self.assertEqual(e.wait("a.sg", 77), [])
            self.assertIn("fn f", e.request("textDocument/hover", {
                "textDocument": {"uri": e.uri("a.sg")},
                "position": {"line": 1, "character": 3}})["contents"]["value"])

    def test_open_twice_and_close(self):
        with Editor() as e:
            e.open("a.sg", TEXT)
            self.assertEqual(len(e.open("a.sg", "fn f() -> int = y\n")), 1)
            e.notify("textDocument/didClose", {"textDocument": {"uri": e.uri("a.sg")}})
            while e.diagnostics[e.uri("a.sg")]:
                e.take(e.read())
            e.notify("textDocument/didClose", {"textDocument": {"uri": e.uri("a.sg")}})
            self.assert_alive(e)

    def test_texts_that_are_in_no_file(self):
        with Editor() as e:
            e.notify("textDocument/didOpen", {"textDocument": {
                "uri": "untitled:Untitled-1", "languageId": "sg", "version": 3,
                "text": "use \"./x.sg\"\nfn f() -> int = y\n"}})
            while "untitled:Untitled-1" not in e.diagnostics:
                e.take(e.read())
            self.assertEqual(len(e.diagnostics["untitled:Untitled-1"]), 1)

    def test_names_of_files(self):
        """Blanks, percent signs and letters beyond ASCII, however they are coded."""
        with Editor() as e:
            for name in ["a b.sg", "50%.sg", "größe.sg", "#x?.sg"]:
                self.assertEqual(e.open(name, TEXT), [])
                self.assertIn("fn f", e.hover(name, "f|(x: int)"))
            e.write("größe 2.sg", "fn g() -> int = nothing\n")
            [one] = e.open("main.sg", 'use "./größe 2.sg"\n' + TEXT)[:1] or \
                e.diagnostics[e.uri("größe 2.sg")]
            self.assertIn("nothing", one["message"])
            self.assertEqual(e.diagnostics[e.uri("größe 2.sg")], [one])

    def test_files_that_never_end(self):
        with Editor() as e:
            os.mkfifo(e.path("pipe.sg"))
            e.write("loop.sg", 'use "./loop.sg"\nuse "./a.sg"\n')
            e.open("a.sg", 'use "./pipe.sg"\nuse "/dev/zero"\nuse "./loop.sg"\nuse "."\n' + TEXT)
            self.assertIn("fn f", e.hover("a.sg", "f|(x: int)"))

    # ---- frames ----

    def test_malformed(self):
        with Editor() as e:
            for body in [b"{", b"nothing", b"{}}", b"\xff\xfe", b"[1,", b"{\"a\":\x00}",
                         b"[" * 100000]:
                e.send_bytes(frame(body))
                self.assertEqual(self.next_error(e), (-32700, None), body[:20])
            for body in [b"[]", b"5", b"null", b"{}", b"{\"method\":5}", b"{\"id\":1}",
                         b"{\"id\":{},\"method\":\"shutdown\"}",
                         b"{\"id\":null,\"method\":\"shutdown\"}",
                         b"{\"id\":[1],\"method\":\"shutdown\"}",
                         b"[{\"id\":1,\"method\":\"shutdown\"}]"]:
                e.send_bytes(frame(body))
                self.assertEqual(self.next_error(e), (-32600, None), body[:20])
            self.assert_alive(e)

    def test_wrong_lengths(self):
        ping = json.dumps({"jsonrpc": "2.0", "id": "p", "method": "$/ping"}).encode()
        for damage in [b"Content-Length: 5\r\n\r\n" + ping,
                       b"Content-Length: %d\r\n\r\n" % (len(ping) + 7) + ping,
                       b"Content-Length: -1\r\n\r\n" + ping,
                       b"Content-Length: 99999999999999999999\r\n\r\n" + ping,
                       b"Content-Length: x\r\n\r\n" + ping,
                       b"Content-Length:\r\n\r\n" + ping,
                       b"Content-Length: 0\r\n\r\n",
                       b"Length: 5\r\n\r\n" + ping,
                       b"\r\n\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                       b"x" * 20000]:
            with self.subTest(damage[:40]), Editor() as e:
                e.open("a.sg", TEXT)
                e.send_bytes(damage)
                for n in range(3):  # it finds its way back
                    e.send_bytes(frame(ping))
                codes = []
                while len(codes) < 8:
                    message = e.read(wait=0.5)
                    if message is None:
                        break
                    codes.append(message["error"]["code"])
                self.assertIn(-32700, codes)
                self.assertGreaterEqual(codes.count(-32601), 2)
                self.assertIn("fn f", e.hover("a.sg", "f|(x: int)"))

    def test_headers_in_other_forms(self):
        with Editor() as e:
            body = json.dumps({"jsonrpc": "2.0", "id": 500, "method": "$/ping"}).encode()
            for head in [b"content-length: %d\r\nContent-Type: application/vscode-jsonrpc; "
                         b"charset=utf-8\r\n\r\n", b"CONTENT-LENGTH:%d\n\n",
                         b"Content-Type: x\r\nContent-Length:   %d  \r\n\r\n"]:
                for byte in head % len(body) + body:  # a byte at a time
                    e.send_bytes(bytes([byte]))
                self.assertEqual(e.answer(500)["error"]["code"], -32601)

    def test_ids(self):
        with Editor() as e:
            for one in ["a", "", 0, -5, 2 ** 31, "é\U0001F600"]:
                e.send({"jsonrpc": "2.0", "id": one, "method": "$/ping"})
                self.assertEqual(e.answer(one)["error"]["code"], -32601)

    # ---- cancelling ----

    def test_cancel(self):
        with Editor() as e:
            e.open("a.sg", TEXT)
            where = e.at("a.sg", "f|(x: int)")
            messages = b""
            for n in range(1000, 1030):
                messages += frame(json.dumps({"jsonrpc": "2.0", "id": n,
                                              "method": "textDocument/hover",
                                              "params": where}).encode())
            for n in range(1015, 1030):
                messages += frame(json.dumps({"jsonrpc": "2.0", "method": "$/cancelRequest",
                                              "params": {"id": n}}).encode())
            e.send_bytes(messages)
            answers = {}
            while len(answers) < 30:
                message = e.read()
                answers[message["id"]] = message
            for n in range(1000, 1015):
                self.assertIn("result", answers[n])
            cancelled = [n for n in range(1015, 1030) if "error" in answers[n]]
            self.assertGreater(len(cancelled), 10)
            for n in cancelled:
                self.assertEqual(answers[n]["error"]["code"], -32800)
            for params in [None, {}, {"id": 12345}, {"id": {}}, []]:
                e.notify("$/cancelRequest", params)
            self.assert_alive(e)

    # ---- anything at all ----

    def test_noise(self):
        """Random damage to a session's bytes; the server ends by itself, with 0 or 1."""
        session = [{"id": 1, "method": "initialize", "params": {"capabilities": CAN}},
                   {"method": "initialized", "params": {}},
                   {"method": "textDocument/didOpen", "params": {"textDocument": {
                       "uri": "untitled:a", "languageId": "sg", "version": 1, "text": TEXT}}}]
        where = {"textDocument": {"uri": "untitled:a"}, "position": {"line": 0, "character": 3}}
        session += [{"id": n, "method": "textDocument/" + m, "params": where} for n, m in
                    enumerate(["hover", "completion", "rename", "references"], 2)]
        session += [{"method": "textDocument/didChange", "params": {
            "textDocument": {"uri": "untitled:a", "version": 2},
            "contentChanges": [{"text": TEXT[:30]}]}},
            {"id": 9, "method": "shutdown"}, {"method": "exit"}]
        whole = b"".join(frame(json.dumps({"jsonrpc": "2.0", **m}).encode()) for m in session)
        rng = random.Random(8)
        for _ in range(300 if LONG else 40):
            data = bytearray(whole)
            for _ in range(rng.randrange(1, 6)):
                at = rng.randrange(len(data))
                kind = rng.randrange(3)
                if kind == 0:
                    data[at] = rng.randrange(256)
                elif kind == 1:
                    del data[at:at + rng.randrange(1, 40)]
                else:
                    data[at:at] = data[rng.randrange(len(data)):][:rng.randrange(1, 40)]
            done = subprocess.run([str(SGC), "lsp"], input=bytes(data), capture_output=True,
                                  timeout=60)
            self.assertIn(done.returncode, (0, 1), bytes(data))
            self.assertEqual(done.stderr, b"", bytes(data))


if __name__ == "__main__":
    unittest.main()
