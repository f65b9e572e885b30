"""The server that all clients talk to, plain and by TLS."""
import tempfile
import unittest

import support

PEM = str(support.ROOT / "tests/http/tls/one.pem")


class Server(support.Listening):
    def __init__(self, plan, *options):
        super().__init__(plan, "--listen", "http://127.0.0.1:0", "--listen", "https://127.0.0.1:0", "--tls-cert", PEM,
                         "--tls-key", PEM, *options)

    def __enter__(self):
        super().__enter__()
        words = [w.strip(",") for w in self.first.split() if "://" in w]
        self.port, self.secure = (int(w.rsplit(":", 1)[1]) for w in words)
        self.url = f"http://127.0.0.1:{self.port}"
        self.tls = f"https://localhost:{self.secure}"
        self.ws = f"ws://127.0.0.1:{self.port}"
        self.wss = f"wss://localhost:{self.secure}"
        return self


class Shop(unittest.TestCase):
    """A server for the tests of a class; `self.server` has its addresses."""
    options = ()

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        plan = support.compile_plan(support.ROOT / "tests/clients/program.sg", cls.folder.name)
        cls.server = Server(plan, *cls.options).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.folder.cleanup()

    def tearDown(self):
        self.assertIsNone(self.server.process.poll())
