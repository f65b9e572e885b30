"""Other layouts of a program: the same words with other blanks, line breaks and
comments between, for tests of the formatter. Not every one is the same program
still (the tests ask the compiler); most are."""
import random

SIGNS = ("...", "->", "==", "!=", "<=", ">=", "??", "+=", "-=", "*=", "/=", "..")
OPERATORS = {"+", "*", "/", "|", "&", "==", "!=", "<=", ">=", "<", ">", "??", "=",
             "->", ",", "and", "or", "then", "else", "by", "div", "with"}


def string_end(text, at):
    """The offset behind the string that begins at `at`, holes and all."""
    quote = '"""' if text.startswith('"""', at) else text[at]
    at += len(quote)
    while not text.startswith(quote, at):
        if text[at] == "\\" and quote != "'":
            at += 3 if text.startswith("u{", at + 1) else 2
        elif text[at] == "{" and quote != "'":
            at = hole_end(text, at + 1)
        else:
            at += 1
    return at + len(quote)


def hole_end(text, at):
    depth = 0
    while text[at] != "}" or depth:
        depth += (text[at] == "{") - (text[at] == "}")
        at = string_end(text, at) if text[at] in "\"'" else at + 1
    return at + 1


def word_end(text, at):
    end = at
    while end < len(text) and (text[end].isalnum() or text[end] == "_" or ord(text[end]) > 127):
        end += 1
    if text[at].isdigit():
        if text[end:end + 1] == "." and text[end + 1:end + 2].isdigit():
            end = word_end(text, end + 1)
        if text[end - 1] in "eE" and text[end:end + 1] in ("+", "-"):
            end = word_end(text, end + 1)
        if text[end:end + 1] == "%" and not (text[end + 1:end + 2].isalnum() or
                                            text[end + 1:end + 2] in tuple('_(["')):
            end += 1
    return end


def pieces(text):
    """(gap, word) pairs, then the last gap; gaps hold blanks and comments."""
    at = start = 0
    found = []
    route = 0  # words since `route`, whose path holds no holes
    while at < len(text):
        c = text[at]
        if c.isspace() or c == "\ufeff":
            at += 1
            continue
        if text.startswith("//", at):
            at = (text + "\n").index("\n", at)
            continue
        if text.startswith("/*", at):
            at = text.index("*/", at) + 2
            continue
        if c in "\"'":
            raw = route <= 2 and c == '"' and not text.startswith('"""', at)
            end = text.index('"', at + 1) + 1 if raw and found else string_end(text, at)
        elif c.isalnum() or c == "_" or ord(c) > 127:
            end = word_end(text, at)
            if found and found[-1][1] == "." and c.isdigit():
                end = at + 1
                while text[end:end + 1].isdigit():
                    end += 1
        else:
            end = at + max([len(s) for s in SIGNS if text.startswith(s, at)], default=1)
        route = 0 if text[at:end] == "route" else route + 1
        if not found:
            route = 0 if text[at:end] == "route" else 9
        found.append((text[start:at], text[at:end]))
        at = start = end
    return found, text[start:]


class Layout:
    def __init__(self, seed, wild):
        self.random = random.Random(seed)
        self.wild = wild  # the share of gaps that change
        self.count = 0

    def pick(self, *choices):
        return self.random.choice(choices)

    def comment(self):
        self.count += 1
        return self.pick("// note {}", "//note {}", "//   note {}  ", "// note {}\t// more",
                         "// note {} (", "// \"note {}").format(self.count)

    def block(self, lines):
        self.count += 1
        forms = ["/* note {} */", "/*note {}*/", "/** note {} **/", "/* } {} ( */"]
        if lines:
            forms += ["/* note {}\n     more\n */", "/*\n\t* note {}\n*/"]
        return self.pick(*forms).replace("{}", str(self.count))

    def blank(self):
        return self.pick(" ", " ", "  ", "\t", "      ", " \t ")

    def indent(self):
        return self.pick("", "", " ", "  ", "    ", "\t", "\t\t", "       ", " " * 40)

    def line_end(self):
        """One line break or more, with what may stand around them."""
        text = self.pick("", "", "", " ", "   ", "\t")
        if self.random.random() < 0.15:
            text += self.blank() + self.comment()
        text += self.pick("\n", "\n", "\n", "\n", "\r\n")
        while self.random.random() < 0.25:
            text += self.indent() + self.pick("\n", "\n\n\n", self.comment() + "\n",
                                              self.block(True) + "\n")
        return text + self.indent()

    def gap(self, gap, before, after, tight):
        if self.random.random() > self.wild:
            return gap
        if "//" in gap or "/*" in gap:
            return gap
        if "\n" in gap:
            return self.line_end()
        free = tight or before in OPERATORS
        if free and self.random.random() < 0.3 and after != ":":
            return self.line_end()
        if self.random.random() < 0.1 and after != ":":
            return " " + self.block(free) + " "
        if gap:
            return self.blank()
        loose = before in "([{,.-" or after in (")", "]", "}", ",", ":", "(", "?")
        number = before[:1].isdigit() and after in (".", "%")
        return self.pick("", "", " ", "  ") if loose and not number else gap

    def of(self, text):
        found, last = pieces(text)
        out, stack, before = [], [], "{"
        for gap, word in found:
            tight = bool(stack) and stack[-1] in "(["
            out += [self.gap(gap, before, word, tight) if out else gap, word]
            if word in ("(", "[", "{"):
                stack.append(word)
            elif word in (")", "]", "}") and stack:
                stack.pop()
            before = word
        return "".join(out) + last


def comments(text):
    """All comments in their order, blanks and line breaks aside."""
    found, last = pieces(text)
    said = []
    for gap in [g for g, _ in found] + [last]:
        at = 0
        while at < len(gap):
            if gap.startswith("//", at):
                end = (gap + "\n").index("\n", at)
            elif gap.startswith("/*", at):
                end = gap.index("*/", at) + 2
            else:
                at += 1
                continue
            said.append("".join(gap[at:end].split()))
            at = end
    return said


def lengthen(text, by, keywords):
    """The program with longer names, and so with lines that are too long."""
    found, last = pieces(text)
    out = []
    for gap, word in found:
        name = word[0].isalpha() and word not in keywords
        out += [gap, word + "_" + "x" * by if name else word]
    return "".join(out) + last
