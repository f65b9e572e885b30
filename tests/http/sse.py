"""Server-sent events as the HTML standard has a client read them (9.2.5, 9.2.6)."""
import re


class Reader:
    """Bytes in any pieces go in; `feed` gives the events that have ended, as
    (type, data, last event id). `retry` is in milliseconds, `comments` are counted."""

    def __init__(self):
        self.text = b""
        self.began = False
        self.retry = None
        self.comments = 0
        self.last_id = self.id = ""
        self.kind, self.data = "", ""

    def feed(self, data):
        self.text += data
        found = []
        while line := self.line():
            event = self.take(line[0])
            if event:
                found.append(event)
        return found

    def line(self):
        """The next whole line, alone in a tuple; a CR at the end may be half an end."""
        end = re.search(rb"\r\n|\n|\r(?!\Z)", self.text)
        if not end:
            return None
        line, self.text = self.text[:end.start()].decode("utf-8"), self.text[end.end():]
        if not self.began:
            line = line.removeprefix("\ufeff")
        self.began = True
        return (line,)

    def take(self, line):
        if not line:
            return self.dispatch()
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not field:
            self.comments += 1
        elif field == "event":
            self.kind = value
        elif field == "data":
            self.data += value + "\n"
        elif field == "id" and "\0" not in value:
            self.id = value
        elif field == "retry" and re.fullmatch("[0-9]+", value):
            self.retry = int(value)
        else:
            raise AssertionError(f"a field that clients ignore: {line!r}")
        return None

    def dispatch(self):
        self.last_id = self.id
        kind, data = self.kind or "message", self.data
        self.kind, self.data = "", ""
        return (kind, data[:-1], self.last_id) if data else None


def events(data):
    """All events of a whole answer, which must not end inside of one."""
    reader = Reader()
    found = reader.feed(data)
    assert not reader.text and not reader.data, (reader.text, reader.data)
    return found
