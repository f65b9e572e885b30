"""The bodies that are measured against CPython give what they give there."""
import json
import pathlib
import tempfile
import unittest

import bodies
import support

HERE = pathlib.Path(__file__).resolve().parent
FEW = {"build": 30, "order": [2.5, -1.0, 0.0, 1e300, 2.25] * 20, "loop": 500}


class SameResults(unittest.TestCase):
    def test_bodies(self):
        with tempfile.TemporaryDirectory() as folder:
            plan = pathlib.Path(folder) / "bodies.plan"
            support.run(support.SGC, HERE / "bodies.sg", "-o", plan)
            with support.Server(plan) as server:
                for name, (given, _, _) in bodies.inputs().items():
                    given = FEW.get(name, given)
                    with self.subTest(body=name):
                        self.assertEqual(self.ask(server, name, given),
                                         bodies.BODIES[name](given))

    def ask(self, server, name, given):
        text = isinstance(given, str)
        kind = "text/plain" if text else "application/json"
        status, headers, body = server.request(
            "POST", f"/{name}?times=2", given if text else json.dumps(given),
            {"content-type": kind})
        self.assertEqual(status, 200, body)
        plain = headers["content-type"].startswith("text/plain")
        return body.decode() if plain else json.loads(body)


if __name__ == "__main__":
    unittest.main()
