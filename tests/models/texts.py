"""Texts of all kinds, the same ones every time: what tokenizers are compared on."""
import random

LATIN = ("the of and to a in is it you that he was for on are with as his they be at one have this "
         "from or had by hot word but what some we can out other were all there when up use your how "
         "said an each she which do their time if will way about many then them write would like so "
         "these her long make thing see him two has look more day could go come did number sound no "
         "most people my over know water than call first who may down side been now find any new work "
         "Don't I've we'll they'd it's I'm you're HELLO World iPhone naïve café Ünïcödé Straße "
         "İstanbul ŁÓDŹ résumé tokenization unbelievable internationalization e\u0301te\u0301 A\u030a "
         "ﬁne ﬂow ſtop 'S 'T 'RE 'Ll n't do not").split()
SCRIPTS = {
    "cjk": (0x4E00, 0x9FFF), "kana": (0x3041, 0x30FF), "hangul": (0xAC00, 0xD7A3),
    "jamo": (0x1100, 0x11FF), "arabic": (0x620, 0x6D3), "hebrew": (0x591, 0x5F4),
    "devanagari": (0x900, 0x97F), "thai": (0xE01, 0xE5B), "greek": (0x370, 0x3FF),
    "cyrillic": (0x400, 0x4FF), "tamil": (0xB82, 0xBFA), "georgian": (0x10A0, 0x10FF),
    "tibetan": (0xF00, 0xFDA), "combining": (0x300, 0x36F), "punct": (0x2010, 0x205E),
    "symbols": (0x2190, 0x27BF), "wide": (0xFF01, 0xFFEE), "private": (0xE000, 0xE0FF),
    "controls": (1, 0x1F), "c1": (0x7F, 0xA0), "emoji": (0x1F300, 0x1FAFF), "plane2": (0x20000, 0x2A6DF),
    "compat": (0xF900, 0xFAFF), "math": (0x1D400, 0x1D7FF), "numbers": (0x2150, 0x218B),
    "enclosed": (0x2460, 0x24FF), "latin1": (0xA1, 0x17F), "viet": (0x1E00, 0x1EFF),
}
SPACES = [" ", "  ", "   ", "\t", "\n", "\r\n", "\n\n", " \n ", "\u00a0", "\u2003", "\u3000", "\u2028",
          "\u200b", "\u200d", "\ufeff", "\x0b", "\x0c", "\x85", "\u1680", "\u202f", "\u00ad"]
PIECES = ["👩‍👩‍👧‍👦", "👍🏽", "🇩🇪", "❤️", "🤗", "a\u0300\u0323b", "\u0323\u0300", "ﷺ", "½", "①", "Ⅷ", "x²",
          "{\"a\": [1, 2.5e-3]}", "for (int i = 0; i < n; i++) {", "def f(x):\n\treturn x**2", "</p>",
          "https://example.com/a?b=c&d=%20#e", "user@example.org", "C:\\Temp\\x", "1,234,567.89", "12345678",
          "3.14159", "2024-01-31T10:00:00Z", "$5.00", "50%", "#hashtag", "@user", "...", "!!!", "—", "“q”",
          "it's", "I'LL", "we'ſ", "'tis", "''", "'", "`code`", "__init__", "snake_case_name", "CamelCaseName",
          "\u0000", "\ufffd", "\ufffe", "[CLS]", "[MASK]", "<s>", "</s>", "<mask>", "</s><s>", "<|endoftext|>",
          "<0x41>", "▁", "▁▁a", "##ing", "Ġ", "Ċ", "ı", "ǅ", "ß", "ẞ", "Σ", "ς", "ά", "ᾳ", "한국어", "각", "你好世界"]


def word(r):
    kind = r.random()
    if kind < 0.45:
        return r.choice(LATIN)
    if kind < 0.6:
        return r.choice(PIECES)
    if kind < 0.63:
        return "".join(r.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(r.choice([5, 30, 99, 100, 101, 300])))
    if kind < 0.68:
        return "".join(r.choice("0123456789") for _ in range(r.randint(1, 12)))
    if kind < 0.72:
        return chr(r.choice([r.randrange(0x20, 0xD800), r.randrange(0xE000, 0x110000), r.randrange(0xA0, 0x3000)]))
    if kind < 0.76:
        return r.choice("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") * r.randint(1, 4)
    first, last = SCRIPTS[r.choice(list(SCRIPTS))]
    return "".join(chr(r.randint(first, last)) for _ in range(r.randint(1, 8)))


def line(r):
    parts = []
    for _ in range(r.choice([0, 1, 2, 5, 10, 20])):
        parts += [word(r), r.choice(SPACES) if r.random() < 0.3 else r.choice(["", " ", " ", " ", " "])]
    return "".join(parts)


def texts(n, seed=1):
    r = random.Random(seed)
    return [line(r) for _ in range(n)]
