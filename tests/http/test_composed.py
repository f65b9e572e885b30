"""What is composed, over HTTP: the agents of the example, and routes that lead to
compositions, on one loop and on several."""
import concurrent.futures
import json
import sys
import tempfile
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0])
import support  # noqa: E402

AGENTS = support.ROOT / "examples/agents/agents.sg"
ROUTES = '''\
type Item = { name: str(min_length: 2), count: int = 1 }

deployment price(i: Item) -> float {
  sleep(60ms)
  return 2.5 * i.count
}
deployment stock(i: Item) -> int {
  max_ongoing_requests: 1
  sleep(60ms)
  return 10 - i.count
}
deployment check(i: Item) -> step Item = if i.count > 9 then respond({ price: 0.0, left: 0 }) else i
deployment one(x: int) -> int = x + 1
deployment two(x: int) -> int = x + 2
fn by_name(x: int) -> str = if x == 1 then "one" else if x == 2 then "two" else "three"
fn offer(r: { price: float, stock: int }) -> { price: float, left: int } = { price: r.price, left: r.stock }
deployment more(x: int, limit: int = 5) -> step int = if x >= limit then end_loop(x) else x + 1

app shop {
  route POST "/offer" -> check | price & stock | offer
  route GET "/choice" -> one / two by by_name
  route GET "/loop/{x}" (x: int, n: int = 3) -> loop(more, max_iter: n)(x)
  route GET "/both" (x: int) -> (one & two)(x)
  route GET "/text" (x: int) -> (one | (fn(n) = "n is {n}"))(x) as text
}
'''


def texts(server, *bodies):
    def ask(body):
        status, _, data = server.request("POST", "/", json.dumps(body).encode(),
                                         {"content-type": "application/json"})
        return status, data.decode()
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        return list(pool.map(ask, bodies))


class Agents(unittest.TestCase):
    def test_answers(self):
        with tempfile.TemporaryDirectory() as folder:
            plan = support.compile_plan(AGENTS, folder)
            for options in [], ["--loops", "3"]:
                with support.Server(plan, *options) as server:
                    self.answers(server)

    def answers(self, server):
        self.assertEqual(
            texts(server, *["Hello!", "forbidden", "A question that is rather long to begin with"] * 100),
            [(200, "HELLO! +FACT +FACT +FACT (4 words)"), (200, "I cannot help with that."),
             (200, "A question that is r...")] * 100)


class Routes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        plan = support.compile_plan(ROUTES, folder)
        cls.servers = [cls.enterClassContext(support.Server(plan, *options))
                       for options in ([], ["--loops", "2"])]

    def ask(self, server, method, path, body=None):
        headers = {"content-type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        status, _, data = server.request(method, path, data, headers)
        try:
            return status, json.loads(data)
        except ValueError:
            return status, data.decode()

    def test_the_parameters_are_those_of_the_first_node(self):
        for server in self.servers:
            self.assertEqual(self.ask(server, "POST", "/offer", {"name": "pen", "count": 2}),
                             (200, {"price": 5.0, "left": 8}))
            self.assertEqual(self.ask(server, "POST", "/offer", {"name": "pen", "count": 10}),
                             (200, {"price": 0.0, "left": 0}))
            status, said = self.ask(server, "POST", "/offer", {"name": "p", "count": "x"})
            self.assertEqual((status, [d["loc"] for d in said["detail"]]),
                             (422, [["body", "name"], ["body", "count"]]))
            self.assertEqual(self.ask(server, "GET", "/choice")[0], 422)

    def test_an_unknown_route_lists_the_routes(self):
        for server in self.servers:
            self.assertEqual(self.ask(server, "GET", "/choice?x=1"), (200, 2))
            self.assertEqual(self.ask(server, "GET", "/choice?x=2"), (200, 4))
            self.assertEqual(
                self.ask(server, "GET", "/choice?x=3"),
                (500, {"detail": 'the router `by_name` gave "three", and the routes are "one", "two"'}))

    def test_other_forms(self):
        for server in self.servers:
            self.assertEqual(self.ask(server, "GET", "/loop/0"), (200, 3))
            self.assertEqual(self.ask(server, "GET", "/loop/0?n=9"), (200, 5))
            self.assertEqual(self.ask(server, "GET", "/loop/0?n=0")[0], 500)
            self.assertEqual(self.ask(server, "GET", "/both?x=1"), (200, {"one": 2, "two": 3}))
            self.assertEqual(self.ask(server, "GET", "/text?x=1"), (200, "n is 2"))

    def test_the_description_knows_them(self):
        status, said = self.ask(self.servers[0], "GET", "/openapi.json")
        self.assertEqual(status, 200)
        offer = said["paths"]["/offer"]["post"]
        self.assertIn("Item", json.dumps(offer["requestBody"]))


if __name__ == "__main__":
    unittest.main()
