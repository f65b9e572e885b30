"""Sessions of an editor: write, be told what is wrong, mend, ask, rename."""
import pathlib
import unittest

from editor import CAN, Editor, Refused
from support import SGC, run

TYPES = '''/// A review, as it comes in.
type Review = {
  /// What was written.
  text: str(min_length: 2),
  stars: int = 5
}

type Mood = Good(score: float) | Bad
'''

MAIN = '''use "./types.sg"

/// Says what a review is like.
deployment judge(review: Review) -> Mood {
  num_replicas: 2
  let long = len(review.text) > 3
  return if long then Good(score: 1.0) else Bad
}

deployment Counter(start: int) {
  resources: { memory: 3MB }
  state seen: int = 0
  /// Counts one more.
  fn add(by_how_many: int) -> int {
    seen += by_how_many
    return start + seen
  }
}

fn worth(mood: Mood) -> float = match mood {
  Good(g) -> g.score
  Bad -> 0.0
}

app shop at "/shop" {
  bind counter = Counter(1)
  graph rate(review: Review) -> float {
    let mood = judge(review)
    return worth(mood)
  }
  route POST "/rate" (review: Review) -> rate(review)
  route POST "/count/{n}" (n: int) -> counter.add(by_how_many: n)
}
'''


class Session(unittest.TestCase):
    def setUp(self):
        self.e = Editor()
        self.e.__enter__()
        self.addCleanup(self.finish)

    def finish(self):
        self.e.__exit__()
        self.assertEqual(self.e.errors, "")

    def open_both(self):
        self.e.write("types.sg", TYPES)
        self.assertEqual(self.e.open("main.sg", MAIN), [])

    # ---- what is wrong ----

    def test_error_and_its_end(self):
        self.open_both()
        [one] = self.e.edit("main.sg", "review.text) > 3", "review.txet) > 3")
        self.assertEqual(one["severity"], 1)
        self.assertRegex(one["code"], r"^SG\d{4}$")
        self.assertEqual(one["source"], "sgc")
        self.assertIn("has no field `txet`", one["message"])
        self.assertIn("did you mean `text`?", one["message"])
        line = MAIN.split("\n").index("  let long = len(review.text) > 3")
        self.assertEqual(one["range"], {"start": {"line": line, "character": 24},
                                        "end": {"line": line, "character": 28}})
        [note] = one["relatedInformation"]
        self.assertEqual(self.e.text_at(note["location"]), ("types.sg", "Review"))
        self.assertEqual(self.e.edit("main.sg", "txet", "text"), [])

    def test_did_you_mean_is_done(self):
        self.open_both()
        [one] = self.e.edit("main.sg", "judge(review)\n", "juge(review)\n")
        actions = self.e.request("textDocument/codeAction", {
            "textDocument": {"uri": self.e.uri("main.sg")}, "range": one["range"],
            "context": {"diagnostics": [one]}})
        self.assertEqual([a["title"] for a in actions], ["Change to `judge`"])
        self.e.apply(actions[0]["edit"])
        self.assertEqual(self.e.texts["main.sg"], MAIN)
        self.assertEqual(self.e.diagnostics[self.e.uri("main.sg")], [])

    def test_settings_are_mended_too(self):
        self.open_both()
        [one] = self.e.edit("main.sg", "memory: 3MB", "memori: 3MB")
        [action] = self.e.request("textDocument/codeAction", {
            "textDocument": {"uri": self.e.uri("main.sg")}, "range": one["range"],
            "context": {"diagnostics": [one], "only": ["quickfix"]}})
        self.e.apply(action["edit"])
        self.assertEqual(self.e.texts["main.sg"], MAIN)

    def test_let_becomes_var(self):
        text = "fn f() -> int {\n  let n = 1\n  n = 2\n  return n\n}\n"
        [one] = [d for d in self.e.open("a.sg", text) if d["severity"] == 1]
        actions = self.e.request("textDocument/codeAction", {
            "textDocument": {"uri": self.e.uri("a.sg")}, "range": one["range"],
            "context": {"diagnostics": []}})
        self.e.apply(actions[0]["edit"])
        self.assertEqual(self.e.texts["a.sg"], text.replace("let", "var"))

    def test_errors_in_other_files(self):
        self.open_both()
        self.e.open("types.sg", TYPES)
        self.e.edit("types.sg", "score: float", "score: flaot")
        uri = self.e.uri("types.sg")
        self.assertIn("did you mean `float`?", self.e.diagnostics[uri][0]["message"])
        # What is in the other file follows from its text as it is here.
        self.e.edit("types.sg", "flaot", "str")
        self.assertEqual(self.e.diagnostics[uri], [])
        self.assertTrue(self.e.diagnostics[self.e.uri("main.sg")])
        self.e.edit("types.sg", "score: str", "score: float")
        self.assertEqual(self.e.diagnostics[self.e.uri("main.sg")], [])

    def test_a_file_is_checked_with_those_that_use_it(self):
        """Opened alone, it is still a part of the program beside it."""
        self.e.write("main.sg", 'use "./part.sg"\ntype T = { a: int }\n'
                     'app x { route GET "/" -> f({ a: 1 }) }\n')
        self.assertEqual(self.e.open("part.sg", "fn f(t: T) -> int = t.a\n"), [])
        [one] = self.e.edit("part.sg", "-> int", "-> str")
        self.assertEqual(one["severity"], 1)
        # An error of the file that uses it is told too.
        self.e.edit("part.sg", "f(t: T) -> str", "g(t: T) -> int")
        self.assertIn("`f`", self.e.diagnostics[self.e.uri("main.sg")][0]["message"])

    def test_the_disk_counts_again_when_a_text_is_closed(self):
        self.open_both()
        self.e.open("types.sg", TYPES.replace("stars", "points"))
        self.e.edit("main.sg", "let mood = judge(review)",
                    "let mood = judge({ ...review, points: 1 })")
        self.assertEqual(self.e.diagnostics[self.e.uri("main.sg")], [])
        self.e.notify("textDocument/didClose", {"textDocument": {"uri": self.e.uri("types.sg")}})
        self.e.change("main.sg", [])
        self.e.request("textDocument/documentSymbol",
                       {"textDocument": {"uri": self.e.uri("main.sg")}})
        told = self.e.wait("main.sg", self.e.version)
        self.assertIn("has no field `points`", told[0]["message"])

    def test_watched_files(self):
        self.open_both()
        self.e.write("types.sg", TYPES.replace("text:", "words:"))
        self.e.notify("workspace/didChangeWatchedFiles", {"changes": [
            {"uri": self.e.uri("types.sg"), "type": 2}]})
        uri = self.e.uri("main.sg")
        while not self.e.diagnostics[uri]:
            self.e.take(self.e.read())
        self.assertIn("has no field `text`", self.e.diagnostics[uri][0]["message"])

    def test_a_missing_file_that_comes(self):
        [one] = self.e.open("main.sg", 'use "./other.sg"\nfn f() -> int = g()\n'
                            'app a { route GET "/" -> f() }\n')
        self.assertIn("cannot read", one["message"])
        self.e.open("other.sg", "fn g() -> int = 1\n")
        self.assertEqual(self.e.diagnostics[self.e.uri("main.sg")], [])

    def test_options(self):
        text = "fn f() -> int {\n  let x = 1\n  return 2\n}\napp a { route GET \"/\" -> f() }\n"
        for options, severities in [(["--stdio"], [2]), (["-W", "no-unused-name"], []),
                                    (["-W", "error", "--stdio"], [1])]:
            with Editor(options=options) as e:
                self.assertEqual([d["severity"] for d in e.open("a.sg", text)], severities)
        self.assertEqual(run(SGC, "lsp", "a.sg").returncode, 2)

    def test_unused_is_tagged(self):
        text = "fn f() -> int {\n  let x = 1\n  return 2\n}\napp a { route GET \"/\" -> f() }\n"
        [one] = self.e.open("a.sg", text)
        self.assertEqual((one["severity"], one.get("tags")), (2, [1]))

    # ---- what is it ----

    def test_hover(self):
        self.open_both()
        for mark, *parts in [
                ("ju|dge(review)\n", "deployment judge(review: Review) -> Mood",
                 "Says what a review is like."),
                ("review: Rev|iew) -> Mood", "type Review = {", "A review, as it comes in."),
                ("review.te|xt", "text: str(min_length: 2)", "What was written."),
                ("num_rep|licas", "num_replicas: int = 1", "Replicas"),
                ("mem|ory", "resources.memory: size"),
                ("resour|ces", "`resources.cpus: float`", "Cores of a replica"),
                ("le|n(", "len(x: [T]) -> int", "Number of elements."),
                ("let lo|ng", "let long: bool"),
                ("if lo|ng", "let long: bool"),
                ("sta|rt + seen", "start: int"),
                ("se|en += ", "state seen: int"),
                ("counter.a|dd", "fn add(by_how_many: int) -> int", "Counts one more."),
                ("counter.add(by_how|_many", "by_how_many: int"),
                ("Go|od(g)", "Good(score: float)"),
                ("g.sc|ore", "score: float"),
                ("wor|th(mood)\n", "fn worth(mood: Mood) -> float"),
                ("ret|urn worth", "Ends the function"),
                ("(review: Review) -> ra|te", "graph rate(review: Review) -> float"),
                ("bind coun|ter", "bind counter = Counter(1)"),
        ]:
            said = self.e.hover("main.sg", mark)
            for part in parts:
                self.assertIn(part, said or "", mark)
        for mark in ["= |len(", "// nothing", "  |return if"]:
            if "//" not in mark:
                self.e.hover("main.sg", mark)
        self.assertIsNone(self.e.hover("main.sg", "> |3"))

    def test_hover_of_look_alikes(self):
        """Two types of the same parts are documented each for itself."""
        text = ("type A = {\n  /// of A\n  x: int\n}\ntype B = {\n  /// of B\n  x: int\n}\n"
                "fn f(a: A, b: B) -> int = a.x + b.x\n")
        self.e.open("a.sg", text)
        self.assertIn("of A", self.e.hover("a.sg", "a.|x"))
        self.assertIn("of B", self.e.hover("a.sg", "b.|x"))

    def test_definition(self):
        self.open_both()
        for mark, name, text in [("judge(review: Rev|iew", "types.sg", "Review"),
                                 ("review.te|xt", "types.sg", "text"),
                                 ("Go|od(g)", "types.sg", "Good"),
                                 ("g.sc|ore", "types.sg", "score"),
                                 ("counter.a|dd", "main.sg", "add"),
                                 ("by_how|_many: n", "main.sg", "by_how_many"),
                                 ("coun|ter.add", "main.sg", "counter"),
                                 ("worth(mo|od)", "main.sg", "mood"),
                                 ("return wor|th", "main.sg", "worth"),
                                 ('use "./ty|pes', "types.sg", "")]:
            found = self.e.request("textDocument/definition", self.e.at("main.sg", mark))
            self.assertEqual(self.e.text_at(found), (name, text), mark)
        found = self.e.request("textDocument/typeDefinition",
                               self.e.at("main.sg", "rate(rev|iew)"))
        self.assertEqual(self.e.text_at(found), ("types.sg", "Review"))
        self.assertIsNone(self.e.request("textDocument/definition",
                                         self.e.at("main.sg", "le|n(")))

    def test_references(self):
        self.open_both()
        ask = {**self.e.at("main.sg", "review: Rev|iew) -> Mood"),
               "context": {"includeDeclaration": True}}
        found = self.e.request("textDocument/references", ask)
        self.assertEqual(sorted(self.e.text_at(f)[0] for f in found),
                         ["main.sg"] * 3 + ["types.sg"])
        ask["context"]["includeDeclaration"] = False
        self.assertEqual(len(self.e.request("textDocument/references", ask)), 3)
        lit = self.e.request("textDocument/documentHighlight",
                             self.e.at("main.sg", "se|en += "))
        self.assertEqual(len(lit), 3)

    def test_signature_help(self):
        self.open_both()
        self.e.edit("main.sg", "return worth(mood)", "return worth(mood) + pow(1.0, ")
        for mark, label, active in [("worth(|mood)", "worth(mood: Mood) -> float", 0),
                                    ("add(|by_how_many: n)", "add(by_how_many: int) -> int", 0),
                                    ("pow(1.0,| ", "pow(x: int, n: int) -> int", 1),
                                    ("Counter(|1)", "Counter(start: int)", 0)]:
            said = self.e.request("textDocument/signatureHelp", self.e.at("main.sg", mark))
            self.assertEqual(said["signatures"][0]["label"], label, mark)
            self.assertEqual(said["activeParameter"], active, mark)
        self.assertIsNone(self.e.request("textDocument/signatureHelp",
                                         self.e.at("main.sg", "app |shop")))

    # ---- what may stand here ----

    def completed(self, old, new):
        """What is offered at `|` in a text that has `new` in place of `old`."""
        self.e.replace("main.sg", MAIN.replace(old, new.replace("|", ""), 1))
        return self.e.complete("main.sg", MAIN.index(old) + new.index("|"))

    def test_completion(self):
        self.open_both()
        body, end = "    let mood = judge(review)\n", "let mood = judge(review)\n"
        for old, new, wanted, unwanted in [
                (end, "let mood = judge(review|)\n", {"review", "judge", "counter", "worth",
                                                     "len", "none"}, {"seen", "long", "bind"}),
                (body, body + "    review.|\n", {"text", "stars"}, {"review", "len"}),
                (body, body + "    let x = worth(review.|\n", {"text", "stars"}, {"len"}),
                (body, body + "    counter.|\n", {"add"}, {"seen", "run"}),
                (body, body + "    le|\n", {"let", "if", "return"}, {"bind", "app"}),
                (body, body + "    let x: |\n", {"Review", "Mood", "str", "map"}, {"judge"}),
                (body, body + "    let r = judge({ |\n", {"text", "stars"}, {"review"}),
                (body, body + "    let c = counter.add(1) with { | }\n", {"timeout", "retries"},
                 {"num_replicas"}),
                (body, body + "    let c = counter.add(|)\n", {"by_how_many:"}, set()),
                ("num_replicas: 2", "num|", {"num_replicas", "autoscaling", "let"}, {"bind"}),
                ("memory: 3MB", "m|", {"memory", "cpus"}, {"num_replicas"}),
                ("  state seen", "  s|\n  state seen", {"state", "num_replicas", "fn"},
                 {"route", "timeout"}),
                ("app shop", "d|\napp shop", {"deployment", "type", "test"}, {"bind", "state"}),
                ("  bind counter", "  b|\n  bind counter", {"bind", "graph", "route"},
                 {"state", "type"}),
                ("= Counter(1)", "= C|", {"Counter", "judge"}, {"worth", "len"}),
                ("Counter(1)", "Counter(1) { | }", {"num_replicas", "health"}, {"listen"}),
                ("route POST \"/rate\"", "route | \"/rate\"", {"GET", "POST"}, {"let"}),
                ("route POST \"/rate\"", "route |\n  route POST \"/rate\"", {"GET", "POST"}, set()),
                ("(review: Review) -> rate", "(review: Review from |) -> rate",
                 {"json", "form"}, {"query"}),
                ("(review: Review) -> rate", "(review: Review in |) -> rate",
                 {"query", "header"}, {"json"}),
                ("-> rate(review)", "-> rate(review) as |", {"json", "text"}, {"form"}),
                ("  Bad -> 0.0", "  B|", {"Good", "Bad", "_"}, {"seen"}),
                ("g.score", "g.|", {"score"}, {"g"}),
                ("app shop", "override shop.| { }\napp shop", {"counter", "rate"}, {"worth"}),
                ("app shop", "server { | }\napp shop", {"listen", "loops"}, {"num_replicas"}),
                ("app shop", "type X = str(|)\napp shop", {"min_length", "pattern"}, {"listen"}),
                ("app shop", "test \"t\" { assert shop.| }\napp shop", {"rate", "counter"},
                 {"worth"})]:
            with self.subTest(new):
                labels = set(self.completed(old, new))
                self.assertLessEqual(wanted, labels)
                self.assertFalse(unwanted & labels, unwanted & labels)

    def test_completion_of_words(self):
        self.e.open("a.sg", 'type M = "fast" | "slow"\nfn f(m: M) -> M = m\n'
                    'fn g() -> M = f("fa")\nserver { log: "" }\n')
        self.assertEqual(self.e.complete("a.sg", 'f("f|a")'), ["fast", "slow"])
        self.assertEqual(self.e.complete("a.sg", 'log: "|"'), ["json", "text", "none"])

    def test_completion_knows_settings(self):
        self.open_both()
        self.e.edit("main.sg", "num_replicas: 2", "n")
        found = self.e.request("textDocument/completion", self.e.at("main.sg", "  n|\n"))
        [one] = [i for i in found["items"] if i["label"] == "num_replicas"]
        self.assertEqual(one["detail"], "int = 1")
        self.assertIn("Replicas", one["documentation"]["value"])
        self.assertEqual(one["insertText"], "num_replicas: $0")

    def test_no_completion_in_comments(self):
        self.e.open("a.sg", "// so\nfn f() -> str = \"a b\"\n")
        self.assertEqual(self.e.complete("a.sg", "// s|o"), [])
        self.assertEqual(self.e.complete("a.sg", "\"a |b\""), [])

    def test_the_last_good_text_helps(self):
        """What cannot be parsed is not forgotten."""
        self.open_both()
        self.e.edit("main.sg", "fn worth(", "fn ((( worth(")
        self.assertIn("Says what", self.e.hover("main.sg", "ju|dge(review)\n"))
        found = self.e.request("textDocument/definition", self.e.at("main.sg", "review.te|xt"))
        self.assertEqual(self.e.text_at(found), ("types.sg", "text"))
        self.assertIn("text", self.e.complete("main.sg", "review.|text"))

    # ---- libraries ----

    LIBRARIES = """use text
use list

/// Sorted by length.
fn by_length(xs: [str]) -> [str] = list.sort_by(xs, fn(x) = len(x))
fn shown(s: str) -> str = text.title(text.center(s, 9))

app a {
  route GET "/" (s: str in query) -> shown(s)
  route POST "/" (xs: [str]) -> by_length(xs)
}
"""

    def test_libraries(self):
        e = self.e
        self.assertEqual(e.open("a.sg", self.LIBRARIES), [])
        for mark, *parts in [("list.so|rt_by", "fn sort_by[T, K](", "Sorted by what"),
                             ("text.ti|tle", "text.title(x: str) -> str", "capital"),
                             ("text.cen|ter", "fn center(x: str", "both ends"),
                             ("use te|xt", "use text", "Texts."),
                             ("te|xt.title", "use text", "Texts.")]:
            said = e.hover("a.sg", mark)
            for part in parts:
                self.assertIn(part, said or "", mark)
        self.assertIn("\n\n    list.sort_by", e.hover("a.sg", "list.so|rt_by"))
        found = e.request("textDocument/definition", e.at("a.sg", "list.so|rt_by"))
        self.assertEqual(e.text_at(found)[1], "sort_by")
        whole = e.request("textDocument/definition", e.at("a.sg", "use te|xt"))
        self.assertTrue(whole["uri"].endswith("/text.sg"))
        said = e.request("textDocument/signatureHelp", e.at("a.sg", "sort_by(xs, |fn"))
        self.assertEqual(said["activeParameter"], 1)
        self.assertEqual(said["signatures"][0]["label"], "list.sort_by(x: [T], "
                         "key: fn(T) -> K, descending: bool = false) -> [T]")
        self.assertIn("Sorted by what", said["signatures"][0]["documentation"])
        labels = e.complete("a.sg", "text.|title")
        self.assertLessEqual({"title", "center", "trim_start"}, set(labels))
        self.assertFalse([one for one in labels if one.startswith("_") or "." in one])
        self.assertLessEqual({"text", "list"}, set(e.complete("a.sg", "use te|xt")))
        for mark in ["list.so|rt_by", "te|xt.title", "text.ti|tle"]:
            with self.assertRaises(Refused):
                self.rename(mark, "other", "a.sg")

    def test_parts(self):
        """A deployment that a `let` makes a part of another one."""
        self.e.open("a.sg", "deployment Net(size: int) {\n  /// Runs it.\n"
                    "  fn ask(x: int) -> int = x + size\n}\n"
                    "deployment Model() {\n  let net = Net(3)\n"
                    "  fn predict(x: int) -> int = net.ask(x)\n}\n"
                    "app a {\n  bind model = Model()\n"
                    '  route GET "/" (x: int) -> model.predict(x)\n}\n')
        for mark, said in [("= net.a|sk", "fn ask(x: int) -> int"), ("= net.a|sk", "Runs it."),
                           ("= n|et.ask", "let net: Net"), ("= N|et(3)", "deployment Net(size: int)")]:
            self.assertIn(said, self.e.hover("a.sg", mark) or "", mark)
        for mark, text in [("= net.a|sk", "ask"), ("= n|et.ask", "net"), ("= N|et(3)", "Net")]:
            found = self.e.request("textDocument/definition", self.e.at("a.sg", mark))
            self.assertEqual(self.e.text_at(found), ("a.sg", text), mark)
        for mark, old, new in [("fn a|sk", "ask", "run"), ("let n|et", "net", "inner"),
                               ("deployment N|et", "Net", "Inner")]:
            self.e.apply(self.rename(mark, new, "a.sg"))
            self.assertEqual(self.e.replace("a.sg", self.e.texts["a.sg"] + "\n"), [])
            self.assertNotIn(f" {old}", self.e.texts["a.sg"])
        self.e.edit("a.sg", "= inner.run(x)", "= inner.")
        self.assertEqual(list(self.e.complete("a.sg", "= inner.|")), ["run"])

    def test_a_library_is_named(self):
        text = self.LIBRARIES.replace("use text\n", "")
        told = self.e.open("a.sg", text)
        actions = self.e.request("textDocument/codeAction", {
            "textDocument": {"uri": self.e.uri("a.sg")}, "range": told[0]["range"],
            "context": {"diagnostics": []}})
        self.assertEqual([a["title"] for a in actions], ["Write `use text`"])
        self.e.apply(actions[0]["edit"])
        self.assertEqual(self.e.diagnostics[self.e.uri("a.sg")], [])
        self.assertEqual(self.e.texts["a.sg"], self.LIBRARIES)

    def test_a_library_is_looked_at(self):
        """Its text says nothing of what is wrong in it, which nothing is."""
        e = self.e
        e.open("a.sg", self.LIBRARIES)
        uri = e.request("textDocument/definition", e.at("a.sg", "list.so|rt_by"))["uri"]
        name = str(pathlib.Path(uri.removeprefix("file://")).relative_to(e.folder))
        self.assertEqual(e.open(name, e.path(name).read_text()), [])

    def test_formatting(self):
        e = self.e
        ugly = "fn   f(x:int)->int{\nlet y=x // \U0001F600\n      return y+1}\n"
        e.open("a.sg", ugly)
        ask = {"textDocument": {"uri": e.uri("a.sg")},
               "options": {"tabSize": 2, "insertSpaces": True}}
        edits = e.request("textDocument/formatting", ask)
        e.apply({"changes": {e.uri("a.sg"): edits}})
        done = run(SGC, "fmt", "-", input=ugly)
        self.assertEqual(e.texts["a.sg"], done.stdout)
        self.assertEqual(e.request("textDocument/formatting", ask), [])
        e.replace("a.sg", "fn f( {\n")
        self.assertIsNone(e.request("textDocument/formatting", ask))

    # ---- outlines ----

    def test_symbols(self):
        self.open_both()
        found = self.e.request("textDocument/documentSymbol",
                               {"textDocument": {"uri": self.e.uri("main.sg")}})
        self.assertEqual([one["name"] for one in found],
                         ["judge", "Counter", "worth", "shop"])
        self.assertEqual([one["name"] for one in found[1]["children"]], ["seen", "add"])
        self.assertEqual([one["name"] for one in found[3]["children"]],
                         ["counter", "rate", "POST /rate", "POST /count/{n}"])
        found = self.e.request("workspace/symbol", {"query": "rvw"})
        self.assertEqual([(one["name"], self.e.text_at(one["location"])[0]) for one in found],
                         [("Review", "types.sg")])

    def test_tokens_and_folds(self):
        self.open_both()
        told = self.e.request("textDocument/semanticTokens/full",
                              {"textDocument": {"uri": self.e.uri("main.sg")}})["data"]
        legend = self.e.about["capabilities"]["semanticTokensProvider"]["legend"]["tokenTypes"]
        lines, line, column, said = MAIN.split("\n"), 0, 0, set()
        for i in range(0, len(told), 5):
            column = told[i + 1] + (column if not told[i] else 0)
            line += told[i]
            said.add((lines[line][column:column + told[i + 2]], legend[told[i + 3]]))
        for one in [("judge", "class"), ("review", "parameter"), ("Review", "type"),
                    ("text", "property"), ("Good", "enumMember"), ("len", "function"),
                    ("shop", "namespace"), ("mood", "variable"), ("num_replicas", "property")]:
            self.assertIn(one, said)
        folds = self.e.request("textDocument/foldingRange",
                               {"textDocument": {"uri": self.e.uri("main.sg")}})
        first = MAIN.split("\n").index("deployment judge(review: Review) -> Mood {")
        self.assertIn({"startLine": first, "endLine": first + 3}, folds)

    # ---- renaming ----

    def rename(self, mark, to, name="main.sg"):
        return self.e.request("textDocument/rename", {**self.e.at(name, mark), "newName": to})

    def test_rename_across_files(self):
        self.open_both()
        about = self.e.request("textDocument/prepareRename", self.e.at("main.sg", "review.te|xt"))
        self.assertEqual(about["placeholder"], "text")
        changed = self.e.apply(self.rename("review.te|xt", "words"))
        self.assertEqual(changed, [self.e.uri("main.sg"), self.e.uri("types.sg")])
        self.assertEqual(self.e.texts["main.sg"], MAIN.replace("review.text", "review.words"))
        self.assertEqual(self.e.path("types.sg").read_text(),
                         TYPES.replace("text: str", "words: str"))
        self.e.notify("textDocument/didSave", {"textDocument": {"uri": self.e.uri("types.sg")}})
        self.assertEqual(self.e.replace("main.sg", self.e.texts["main.sg"] + "\n"), [])

    def test_rename_all_kinds(self):
        self.open_both()
        for mark, old, new in [("deployment ju|dge", "judge", "weigh"),
                               ("mood: Mo|od)", "Mood", "Feeling"),
                               ("Go|od(g)", "Good", "Fine"),
                               ("by_how_m|any: n", "by_how_many", "amount"),
                               ("sta|rt + seen", "start", "first"),
                               ("se|en += ", "seen", "met"),
                               ("bind coun|ter", "counter", "tally"),
                               ("graph ra|te", "rate", "assess"),
                               ("Good(|g)", "g", "good"),
                               ("counter.a|dd", "add", "more"),
                               ("type Rev|iew", "Review", "Opinion")]:
            with self.subTest(mark):
                name = "types.sg" if "type Rev" in mark else "main.sg"
                self.e.write("types.sg", TYPES)
                self.e.notify("textDocument/didSave", {"textDocument": {"uri": self.e.uri("x")}})
                self.e.replace("main.sg", MAIN)
                if name == "types.sg":
                    self.e.open("types.sg", TYPES)
                self.e.apply(self.rename(mark, new, name))
                self.assertEqual(self.e.replace("main.sg", self.e.texts["main.sg"] + "\n"), [])
                self.assertNotRegex(self.e.texts["main.sg"], rf"(?<![/\w]){old}(?!\w)(?! one)")

    def test_rename_of_a_path_parameter(self):
        """The hole in the path is the parameter's name too."""
        self.open_both()
        self.e.apply(self.rename("(|n: int)", "count"))
        self.assertIn('route POST "/count/{count}" (count: int) -> '
                      'counter.add(by_how_many: count)', self.e.texts["main.sg"])
        self.assertEqual(self.e.diagnostics[self.e.uri("main.sg")], [])

    def test_what_is_not_renamed(self):
        self.open_both()
        for mark, to, why in [("le|n(", "size", "part of the language"),
                              ("num_re|plicas", "n", "part of the language"),
                              ("review: Review) -> Mood {", "x", None),
                              ("ret|urn if", "x", "no name of the program"),
                              ("let lo|ng", "review", "already a name"),
                              ("deployment ju|dge", "worth", "declared twice"),
                              ("deployment ju|dge", "if", "wrong"),
                              ("deployment ju|dge", "2x", "no name"),
                              ("deployment ju|dge", "a b", "no name"),
                              ("mood = ju|dge", "rate", "")]:
            if why is None:
                continue
            with self.assertRaises(Refused, msg=mark) as refused:
                self.rename(mark, to)
            self.assertIn(why, str(refused.exception), mark)
        self.e.edit("main.sg", "fn worth(", "fn (worth(")
        with self.assertRaises(Refused):
            self.rename("deployment ju|dge", "weigh")

    def test_rename_does_not_capture(self):
        """A name that would hide another one changes what is said."""
        self.e.open("a.sg", "fn one() -> int = 1\nfn f(two: int) -> int = one() + two\n"
                    'app a { route GET "/" -> f(1) }\n')
        with self.assertRaises(Refused):
            self.rename("|two: int", "one", "a.sg")

    def test_rename_in_programs_that_share_a_file(self):
        self.e.write("shared.sg", "type T = { a: int }\n")
        self.e.write("two.sg", 'use "./shared.sg"\nfn g(t: T) -> int = t.a\n'
                     'app two { route POST "/" (t: T) -> g(t) }\n')
        self.e.open("one.sg", 'use "./shared.sg"\nfn f(t: T) -> int = t.a\n'
                    'app one { route POST "/" (t: T) -> f(t) }\n')
        changed = self.e.apply(self.rename("t.|a", "b", "one.sg"))
        self.assertEqual(len(changed), 3)
        self.assertIn("t.b", self.e.path("two.sg").read_text())
        self.assertEqual(self.e.path("shared.sg").read_text(), "type T = { b: int }\n")


class Encodings(unittest.TestCase):
    TEXT = 'fn f() -> str {\n  let s = "\U0001F600é"; /* é */ \n  return s + unknown\n}\n'

    def test_utf16(self):
        with Editor() as e:
            self.assertEqual(e.about["capabilities"]["positionEncoding"], "utf-16")
            e.open("a.sg", 'fn f() -> str = "\U0001F600é" + unknown\n')
            [one] = e.diagnostics[e.uri("a.sg")]
            self.assertEqual(one["range"]["start"]["character"], 24)
            e.edit("a.sg", "\U0001F600é", "é\U0001F600\U0001F600")
            [one] = e.diagnostics[e.uri("a.sg")]
            self.assertEqual(one["range"]["start"]["character"], 26)

    def test_utf8(self):
        can = {**CAN, "general": {"positionEncodings": ["utf-8", "utf-16"]}}
        with Editor(capabilities=can) as e:
            self.assertEqual(e.about["capabilities"]["positionEncoding"], "utf-8")
            e.open("a.sg", 'fn f() -> str = "\U0001F600é" + unknown\n')
            [one] = e.diagnostics[e.uri("a.sg")]
            self.assertEqual(one["range"]["start"]["character"], 27)

    def test_line_ends(self):
        """CRLF and CR end lines for the protocol."""
        with Editor() as e:
            text = "// a\r\n// b\rfn f() -> int = nothing\r\n"
            e.notify("textDocument/didOpen", {"textDocument": {
                "uri": e.uri("a.sg"), "languageId": "sg", "version": 1, "text": text}})
            told = e.wait("a.sg", 1)
            # For the compiler a CR alone does not end the comment.
            self.assertEqual(told, [])
            e.change("a.sg", [{"range": {"start": {"line": 1, "character": 99},
                                         "end": {"line": 2, "character": 0}}, "text": "\n"}])
            [one] = e.wait("a.sg", e.version)
            self.assertEqual(one["range"]["start"], {"line": 2, "character": 16})


if __name__ == "__main__":
    unittest.main()
