"""The OpenAPI document: openapi-spec-validator says that it is one, and schemathesis
asks every route for what it says, and for what it does not allow."""
import json
import pathlib
import subprocess
import sys
import unittest

import openapi_spec_validator
import support
from shop import Shop


class Document(Shop):
    def test_it_is_valid(self):
        openapi_spec_validator.validate(json.loads(self.server.request("GET", "/openapi.json")[2]))

    def test_those_of_the_examples(self):
        seen = 0
        for source in sorted(support.ROOT.glob("examples/*/*.sg")):
            if support.run(support.SGC, "check", source).returncode:
                continue  # it uses what is not there yet
            with self.subTest(source.stem):
                done = support.run(support.SGC, "openapi", source)
                self.assertEqual(done.returncode, 0, done.stderr)
                seen += 1
                openapi_spec_validator.validate(json.loads(done.stdout))
        self.assertGreater(seen, 3)

    def test_each_route_does_as_it_says(self):
        program = pathlib.Path(sys.executable).with_name("schemathesis")
        done = subprocess.run(
            [program, "--config-file", support.ROOT / "tests/clients/schemathesis.toml", "run",
             self.server.url + "/openapi.json", "--max-examples", "40"],
            text=True, capture_output=True, timeout=900, cwd=self.folder.name)
        self.assertEqual(done.returncode, 0, done.stdout[-5000:] + done.stderr[-1000:])


if __name__ == "__main__":
    unittest.main()
