"""log.info and its levels: one line a message, fields as key=JSON."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import SGC, run

PROGRAM = r'''
deployment f(x: int) -> int {
  log.info("plain {x}")
  log.warning("two\nlines", item: x, name: "a\nb", ok: none, list: [1.0, 2.5])
  log.error("a map", { "k": "v" })
  log.debug(message: "named", fields: { a: 1 })
  log.info("time", took: 1500ms)
  return x
}
test "t" { assert f(1) == 1 }
'''
LINES = r'''info: plain 1
warning: two\nlines item=1 name="a\nb" ok=null list=[1.0,2.5]
error: a map k="v"
debug: named a=1
info: time took=1.5
'''


class Log(unittest.TestCase):
    def test_lines(self):
        done = run(SGC, "test", "-", input=PROGRAM)
        self.assertEqual((done.returncode, done.stderr), (0, LINES))

    def test_what_has_no_json(self):
        for call, why in [('log.info("x", a: 1, a: 2)', "SG0306"), ("log.info(5)", "SG0301"),
                          ("log.info()", "SG030"), ('log.info("x", f: fn(y: int) = y)', "SG03"),
                          ('log.loud("x")', "SG02")]:
            with self.subTest(call):
                done = run(SGC, "check", "-", input=PROGRAM.replace('log.info("plain {x}")', call))
                self.assertEqual(done.returncode, 1)
                self.assertIn(why, done.stderr)


if __name__ == "__main__":
    unittest.main()
