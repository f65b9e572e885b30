"""Programs that the benchmarks serve and compile, made to measure."""

NOOP = '''
deployment noop() -> str = "ok"

app bench {
  route GET "/" -> noop()
}
'''

ECHO = '''
deployment Echo() {
  fn run(text: str) -> str = text
}

deployment Front(echo: Echo) {
  fn run(text: str) -> str = echo.run(text)
}

app bench {
  bind echo = Echo()
  bind front = Front(echo)
  route POST "/echo" (text: str from text) -> front.run(text)
}
'''

STREAM = '''
deployment Source() {
  fn pieces(n: int) -> stream str {
    for i in range(n) { yield "piece {i} of the answer " }
  }
}

deployment Front(source: Source) {
  fn run(n: int) -> stream str {
    for piece in source.pieces(n) { yield piece }
  }
}

app bench {
  bind source = Source()
  bind front = Front(source)
  route GET "/" -> front.run(50)
}
'''

BATCH = '''
deployment Batches() {
  max_ongoing_requests: 1000
  batch(max_size: 10, wait: 10ms) fn size(x: [int]) -> [int] {
    let n = len(x)
    return [n for _ in x]
  }
}

app bench {
  bind batches = Batches()
  route GET "/" -> batches.size(1)
}
'''


# A thousand requests a second, as fast as it goes.
BUSY = '''
deployment busy() -> str {
  max_ongoing_requests: 10
  queue_timeout: 50ms
  sleep(10ms)
  return "ok"
}

app bench {
  route GET "/" -> busy()
}
'''


def chain(length):
    """A route through `length` light deployments, each of which calls the next."""
    lines = ["deployment Hop0() {", "  fn run(x: int) -> int = x", "}"]
    for i in range(1, length):
        lines += [f"deployment Hop{i}(next: Hop{i - 1}) {{",
                  "  fn run(x: int) -> int = next.run(x)", "}"]
    lines += ["app bench {", "  bind hop0 = Hop0()"]
    lines += [f"  bind hop{i} = Hop{i}(hop{i - 1})" for i in range(1, length)]
    lines += [f'  route GET "/" (x: int in query = 1) -> hop{length - 1}.run(x)', "}"]
    return "\n".join(lines) + "\n"


def many(deployments, group=10):
    """A program of so many deployments, in apps of `group`, each with a graph and a route."""
    lines = []
    for g in range(0, deployments, group):
        n = min(group, deployments - g)
        for i in range(g, g + n):
            lines += [f"/// Step {i}.",
                      f"deployment step{i}(x: float, weight: int) -> float {{",
                      f"  let scaled = x * {i % 7 + 1}.5",
                      f"  return if weight > {i % 5} then scaled + weight else scaled - 1",
                      "}"]
        lines += [f'app app{g} at "/a{g}" {{', f"  graph run(x: float, weight: int) -> float {{"]
        last = "x"
        for i in range(g, g + n):
            lines.append(f"    let y{i} = step{i}({last}, weight)")
            last = f"y{i}"
        lines += [f"    return {last}", "  }",
                  '  route GET "/run" (x: float in query, weight: int in query = 3) -> run(x, weight)',
                  "}"]
    return "\n".join(lines) + "\n"
