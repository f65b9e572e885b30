"""Writes stdlib/ops/tokenize/unicode.def: what the reference takes each code point
for. Its parts stand on tables of different Unicode versions, so each class is found
by asking the part that has it, about every code point.

    PYTHON tests/models/make_unicode.py > stdlib/ops/tokenize/unicode.def

PYTHON is one with what requirements.txt lists. utf8proc has to be there too.
"""
import ctypes

from tokenizers import Regex, normalizers, pre_tokenizers

POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
PRIVATE = "\ue000"  # in none of the classes that patterns ask for


def bert(**on):
    flags = dict.fromkeys(("clean_text", "handle_chinese_chars", "strip_accents", "lowercase"), False)
    return normalizers.BertNormalizer(**{**flags, **on}).normalize_str


def pieces(part, n):
    """Where the text around a code point falls into n pieces."""
    return {c for c in POINTS if len(part.pre_tokenize_str(f"a{chr(c)}b")) == n}


def pattern(text):
    split = pre_tokenizers.Split(Regex(text), "isolated").pre_tokenize_str
    return {c for c in POINTS if len(split(PRIVATE + chr(c))) == 2}


def gone(normalize, of="{}"):
    left = of.format("")
    return {c for c in POINTS if normalize(of.format(chr(c))) == left}


class Utf8proc:
    def __init__(self):
        self.lib, self.c = ctypes.CDLL("libutf8proc.so.2"), ctypes.CDLL(None)
        self.c.free.argtypes = [ctypes.c_void_p]

    def __call__(self, form, text):
        f = getattr(self.lib, f"utf8proc_{form}")
        f.restype = ctypes.c_void_p
        at = f(text.encode())
        result = ctypes.string_at(at).decode()
        self.c.free(at)
        return result


def newer():
    """What utf8proc decomposes or puts in order and the reference does not know."""
    ask, found = Utf8proc(), {0x11930, 0x11938}  # these compose in utf8proc
    nfd, nfkd = normalizers.NFD().normalize_str, normalizers.NFKD().normalize_str
    for c in POINTS[1:]:
        around = (chr(c), f"a{chr(c)}\u0334", f"a\u0345{chr(c)}", f"a\u0316{chr(c)}", f"a\u0301{chr(c)}")
        if any(nfd(t) != ask("NFD", t) for t in around) or nfkd(chr(c)) != ask("NFKD", chr(c)):
            found.add(c)
    return found


CLASSES = [
    ("SPACE", lambda: pieces(pre_tokenizers.WhitespaceSplit(), 2)),
    ("CONTROL", lambda: gone(bert(clean_text=True), "a{}b")),
    ("PUNCT", lambda: pieces(pre_tokenizers.Punctuation(), 3)),
    ("NUMERIC", lambda: pieces(pre_tokenizers.Digits(), 3)),
    ("WORD", lambda: pieces(pre_tokenizers.Whitespace(), 1)),
    ("LETTER", lambda: pattern(r"\p{L}")),
    ("NUMBER", lambda: pattern(r"\p{N}")),
    ("ACCENT", lambda: gone(bert(strip_accents=True))),
    ("MARK", lambda: gone(normalizers.StripAccents().normalize_str)),
    ("NEWER", newer),
]


def main():
    sets = [(1 << i, find()) for i, (_, find) in enumerate(CLASSES)]
    rows, last = [], None
    for c in range(0x110000):
        mask = sum(bit for bit, points in sets if c in points)
        if mask != last:
            rows.append(f"RUN(0x{c:x}, {mask})")
            last = mask
    print("// What code points are, by tests/models/make_unicode.py: from a code point on, up\n"
          "// to the next row, the sum of these classes:")
    for i, (name, _) in enumerate(CLASSES):
        print(f"//   {1 << i:3} {name}")
    line = ""
    for row in rows:
        if len(line) + len(row) > 99:
            print(line.rstrip())
            line = ""
        line += row + " "
    print(line.rstrip())


if __name__ == "__main__":
    main()
