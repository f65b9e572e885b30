"""A scripted editor: speaks the Language Server Protocol with `sgc lsp`."""
import json
import os
import pathlib
import select
import subprocess
import tempfile
import time
import urllib.parse

from support import SGC

WAIT = 60


class Gone(Exception):
    """The server ended."""


class Refused(Exception):
    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error["code"]


class Editor:
    """One session. Positions are given as marks: `|` in a text, or (line, column)."""

    def __init__(self, folder=None, capabilities=None, start=True, options=()):
        self.made = tempfile.TemporaryDirectory(prefix="sg-lsp-")
        self.folder = pathlib.Path(folder or self.made.name).resolve()
        self.server = subprocess.Popen([str(SGC), "lsp", *options], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, bufsize=0,
                                       env={**os.environ, "XDG_CACHE_HOME": self.made.name})
        self.last, self.buffer = 0, b""
        self.notes = []      # notifications and requests of the server
        self.diagnostics = {}  # by URI, as they were told last
        self.versions, self.texts = {}, {}
        if start:
            self.about = self.request("initialize", {
                "processId": os.getpid(), "rootUri": self.folder.as_uri(),
                "capabilities": capabilities if capabilities is not None else CAN})
            self.notify("initialized", {})

    def __enter__(self):
        return self

    def __exit__(self, *what):
        if self.server.poll() is None:
            self.server.stdin.close()
            try:
                self.server.wait(WAIT)
            except subprocess.TimeoutExpired:
                self.server.kill()
        self.errors = self.server.stderr.read().decode(errors="replace")
        self.server.stdout.close()
        self.server.stderr.close()
        if not self.server.stdin.closed:
            self.server.stdin.close()
        self.server.wait()
        self.made.cleanup()

    # ---- bytes ----

    def send_bytes(self, data):
        try:
            self.server.stdin.write(data)
        except BrokenPipeError as error:
            raise Gone() from error

    def send(self, message):
        body = json.dumps(message).encode()
        self.send_bytes(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def read(self, wait=WAIT):
        """The next message; None when nothing comes in time."""
        end = time.monotonic() + wait
        while True:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if found:
                size = int(head.split(b":")[1])
                if len(rest) >= size:
                    self.buffer = rest[size:]
                    return json.loads(rest[:size].decode())
            ready, _, _ = select.select([self.server.stdout], [], [],
                                        max(0, end - time.monotonic()))
            if not ready:
                return None
            more = os.read(self.server.stdout.fileno(), 1 << 20)
            if not more:
                raise Gone(self.server.stderr.read().decode(errors="replace"))
            self.buffer += more

    # ---- messages ----

    def notify(self, method, params):
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method, params):
        self.last += 1
        self.send({"jsonrpc": "2.0", "id": self.last, "method": method,
                   "params": params})
        return self.last

    def take(self, message):
        if message.get("method") == "textDocument/publishDiagnostics":
            told = message["params"]
            self.diagnostics[told["uri"]] = told["diagnostics"]
            self.versions[told["uri"]] = told.get("version")
        self.notes.append(message)

    def answer(self, wanted):
        """The whole answer to a request."""
        while True:
            message = self.read()
            if message is None:
                raise TimeoutError(f"no answer to {wanted}")
            if "method" not in message and message.get("id") == wanted:
                return message
            self.take(message)

    def request(self, method, params):
        answer = self.answer(self.ask(method, params))
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["result"]

    # ---- texts ----

    def path(self, name):
        return self.folder / name

    def uri(self, name):
        return self.path(name).as_uri()

    def write(self, name, text):
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_text(text)

    def open(self, name, text):
        self.texts[name] = text
        self.versions.pop(self.uri(name), None)
        self.notify("textDocument/didOpen", {"textDocument": {
            "uri": self.uri(name), "languageId": "sg", "version": 1, "text": text}})
        return self.wait(name, 1)

    def change(self, name, changes, version=None):
        self.version = getattr(self, "version", 1) + 1
        self.notify("textDocument/didChange", {
            "textDocument": {"uri": self.uri(name), "version": version or self.version},
            "contentChanges": changes})
        return self.version

    def replace(self, name, text):
        """The whole text; then its diagnostics."""
        self.texts[name] = text
        return self.wait(name, self.change(name, [{"text": text}]))

    def edit(self, name, old, new):
        """One change of a text that stands there once; then its diagnostics."""
        text = self.texts[name]
        assert text.count(old) == 1, (old, text.count(old))
        at = text.index(old)
        self.texts[name] = text[:at] + new + text[at + len(old):]
        change = {"range": {"start": place(text, at), "end": place(text, at + len(old))},
                  "text": new}
        return self.wait(name, self.change(name, [change]))

    def wait(self, name, version):
        """The diagnostics of this version of a text."""
        uri = self.uri(name)
        while self.versions.get(uri) != version:
            message = self.read()
            if message is None:
                raise TimeoutError(f"no diagnostics of {name}")
            self.take(message)
        self.answer(self.ask("$/nothing", None))  # those of other files are here, too
        return self.diagnostics[uri]

    # ---- what it takes ----

    def cpu(self, what, times):
        """CPU time of the server for each of so many calls, in milliseconds."""
        taken = []
        for _ in range(times):
            before = self.nanoseconds()
            what()
            taken.append((self.nanoseconds() - before) / 1e6)
        return taken

    def nanoseconds(self):
        return int(pathlib.Path(f"/proc/{self.server.pid}/schedstat").read_text().split()[0])

    def memory(self):
        """Resident, in KB."""
        pages = int(pathlib.Path(f"/proc/{self.server.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") // 1024

    # ---- questions at a place ----

    def at(self, name, mark, offset=0):
        """Parameters for a place: of a piece of the text, or with `|` in it."""
        text = self.texts[name]
        before, bar, behind = mark.partition("|")
        whole = before + behind if bar else mark
        assert text.count(whole) >= 1, mark
        index = text.index(whole) + (len(before) if bar else 0) + offset
        return {"textDocument": {"uri": self.uri(name)}, "position": place(text, index)}

    def hover(self, name, mark):
        found = self.request("textDocument/hover", self.at(name, mark))
        return found and found["contents"]["value"]

    def complete(self, name, mark):
        """What is offered at a mark, or at an index into the text."""
        where = self.at(name, mark) if isinstance(mark, str) else {
            "textDocument": {"uri": self.uri(name)},
            "position": place(self.texts[name], mark)}
        found = self.request("textDocument/completion", where)
        return [item["label"] for item in found["items"]]

    def text_at(self, location):
        """What stands at a location of an answer."""
        path = urllib.parse.unquote(location["uri"].removeprefix("file://"))
        name = str(pathlib.Path(path).relative_to(self.folder))
        text = self.texts.get(name)
        if text is None:
            text = self.path(name).read_text()
        return name, text[index(text, location["range"]["start"]):
                          index(text, location["range"]["end"])]

    def apply(self, edit):
        """Makes the changes of an edit; the names of the files."""
        changes = dict(edit.get("changes", {}))
        for one in edit.get("documentChanges", []):
            changes.setdefault(one["textDocument"]["uri"], []).extend(one["edits"])
        for uri, edits in changes.items():
            path = urllib.parse.unquote(uri.removeprefix("file://"))
            name = str(pathlib.Path(path).relative_to(self.folder))
            opened = name in self.texts
            text = self.texts[name] if opened else self.path(name).read_text()
            for one in sorted(edits, key=lambda e: index(text, e["range"]["start"]),
                              reverse=True):
                text = (text[:index(text, one["range"]["start"])] + one["newText"] +
                        text[index(text, one["range"]["end"]):])
            if opened:
                self.replace(name, text)
            else:
                self.path(name).write_text(text)
        return sorted(changes)


def costs(e, name, rounds):
    """Milliseconds of CPU that the server takes for edits in the middle of a text."""
    line = e.texts[name].count("\n") // 2
    start = {"line": line, "character": 0}
    taken = []
    for n in range(rounds):
        change = [{"range": {"start": start, "end": start}, "text": " "}]
        taken += e.cpu(lambda: e.wait(name, e.change(name, change)), 1)
    return taken


CAN = {
    "general": {"positionEncodings": ["utf-16"]},
    "workspace": {"workspaceEdit": {"documentChanges": True}},
    "textDocument": {
        "hover": {"contentFormat": ["markdown"]},
        "publishDiagnostics": {"relatedInformation": True},
        "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
        "completion": {"completionItem": {"snippetSupport": True}},
    },
}


def place(text, at):
    """Line and UTF-16 column of an index into a text."""
    line = text.count("\n", 0, at)
    begin = text.rfind("\n", 0, at) + 1
    return {"line": line, "character": len(text[begin:at].encode("utf-16-le")) // 2}


def index(text, at):
    lines = text.split("\n")
    begin = sum(len(one) + 1 for one in lines[:at["line"]])
    units = lines[at["line"]].encode("utf-16-le")[:at["character"] * 2]
    return begin + len(units.decode("utf-16-le", errors="ignore"))
