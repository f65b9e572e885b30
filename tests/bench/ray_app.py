"""The Ray Serve side of bench_ray.py: the same work as ServeGraph's programs.

Run by the Python of the benchmark's virtual environment:
  ray_app.py echo|tutorial|stream|batch PORT
Prints `ready` when it serves, and stops at SIGTERM.
"""
import asyncio
import signal
import sys
import threading

import ray
from ray import serve
from ray.serve.config import HTTPOptions
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse

QUIET = {"enable_access_log": False, "log_level": "ERROR"}


@serve.deployment(max_ongoing_requests=1000, logging_config=QUIET)
class Echo:
    async def run(self, text: str) -> str:
        return text


@serve.deployment(max_ongoing_requests=1000, logging_config=QUIET)
class Front:
    def __init__(self, echo):
        self.echo = echo

    async def __call__(self, request: Request):
        text = (await request.body()).decode()
        return PlainTextResponse(await self.echo.run.remote(text))


@serve.deployment(max_ongoing_requests=1000, logging_config=QUIET)
class Number:
    async def run(self, text: str) -> int:
        await asyncio.sleep(0.1)
        return int(text)


@serve.deployment(max_ongoing_requests=1000, logging_config=QUIET)
class Average:
    async def run(self, values) -> float:
        await asyncio.sleep(0.15)
        return sum(values) / len(values)


@serve.deployment(max_ongoing_requests=1000, logging_config=QUIET)
class Model:
    def __init__(self, weight):
        self.weight = weight

    async def forward(self, x):
        await asyncio.sleep(0.3)
        return f"({self.weight} * {x})"


@serve.deployment(max_ongoing_requests=1000, logging_config=QUIET)
class Driver:
    def __init__(self, number, average, m1, m2):
        self.number, self.average, self.m1, self.m2 = number, average, m1, m2

    async def __call__(self, request: Request):
        text, values, op = await request.json()
        a, b = await asyncio.gather(self.number.run.remote(text), self.average.run.remote(values))
        x = f"({a} + {b})"
        answers = await asyncio.gather(self.m1.forward.remote(x), self.m2.forward.remote(x))
        return PlainTextResponse(f"{op}({answers!r})")


@serve.deployment(max_ongoing_requests=1000, logging_config=QUIET)
class Source:
    async def pieces(self, n: int):
        for i in range(n):
            yield f"piece {i} of the answer "


@serve.deployment(max_ongoing_requests=1000, logging_config=QUIET)
class Relay:
    def __init__(self, source):
        self.source = source.options(stream=True)

    async def relay(self, n: int):
        async for piece in self.source.pieces.remote(n):
            yield piece

    async def __call__(self, request: Request):
        return StreamingResponse(self.relay(50), media_type="text/plain")


@serve.deployment(max_ongoing_requests=1000, logging_config=QUIET)
class Batches:
    @serve.batch(max_batch_size=10, batch_wait_timeout_s=0.01)
    async def size(self, x):
        return [len(x)] * len(x)

    async def __call__(self, request: Request):
        return PlainTextResponse(str(await self.size(1)))


APPS = {
    "echo": lambda: Front.bind(Echo.bind()),
    "tutorial": lambda: Driver.bind(Number.bind(), Average.bind(), Model.bind(1), Model.bind(2)),
    "stream": lambda: Relay.bind(Source.bind()),
    "batch": lambda: Batches.bind(),
}


def main():
    name, port = sys.argv[1], int(sys.argv[2])
    ray.init(num_cpus=8, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    serve.start(http_options=HTTPOptions(host="127.0.0.1", port=port), logging_config=QUIET)
    serve.run(APPS[name](), name=name, route_prefix="/")
    print("ready", flush=True)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    stop.wait()
    serve.shutdown()
    ray.shutdown()


if __name__ == "__main__":
    main()
