"""Virtual time: tasks, what they wait for, and the values that are not there yet.

A task is a coroutine. It runs until it waits; those that are ready run in the order
in which they became so, and when none is, time goes on to the next sleeper.
"""
import collections
import heapq

from .values import Failure, Unspecified

MOST_STEPS = 20_000


class Future:
    """Of a call that is under way; then its value or its error."""
    __slots__ = ("there", "value", "error", "waiters", "task", "at")

    def __init__(self, value=None, there=False):
        self.at = None  # when it was there
        self.there, self.value, self.error = there, value, None
        self.waiters, self.task = [], None

    def complete(self, value=None, error=None):
        self.there, self.value, self.error = True, value, error
        waiters, self.waiters = self.waiters, []
        for w in waiters:
            w.told(error)


class Later:
    """An operation that is put off until somebody needs what it gives."""
    __slots__ = ("compute", "waits")

    def __init__(self, compute, waits):
        self.compute, self.waits = compute, waits


class Pause:
    def __await__(self):
        yield self


PAUSE = Pause()


class Wait:
    """For all of some futures, or the first of them that fails."""

    def __init__(self, world, futures):
        self.world, self.out, self.over = world, len(futures), False
        self.task = world.running
        for f in futures:
            f.waiters.append(self)

    def told(self, error):
        self.out -= 1
        if not self.over and (error or not self.out):
            self.over = True
            self.world.wake(self.task)


class First(Wait):
    """For the first of some futures, whatever becomes of it."""

    def told(self, error):
        super().told(True)


class Task:
    def __init__(self, work, future, ordered):
        self.work, self.future, self.cancelled = work, future, False
        self.ordered = ordered
        self.frames = []  # whose calls end with the task
        self.leave = None  # what gives back the slot that it has taken


class Frame:
    """Of a body that runs: the calls that it has made, and where it stands."""
    __slots__ = ("calls", "self", "task")

    def __init__(self, task, self_=None):
        self.calls, self.self, self.task = [], self_, task


class World:
    def __init__(self):
        self.now, self.count, self.steps = 0, 0, 0
        self.ready, self.sleepers = collections.deque(), []
        self.running = None
        self.unsure = False  # what changes state was cancelled as it was to go on

    def step(self):
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise Unspecified("long")

    def wake(self, task):
        if not task.cancelled:
            self.ready.append(task)

    def start(self, work, frame, ordered=False):
        """A task of its own for a coroutine; `frame` is the body that it ends with.
        `ordered`: it can be seen when it does what it does."""
        f = Future()
        f.task = Task(work, f, ordered)
        if frame:
            frame.calls.append(f.task)
        self.ready.append(f.task)
        return f

    def cancel(self, tasks):
        for t in tasks:
            if t.cancelled or t.future.there:
                continue
            t.cancelled = True
            self.unsure |= t.ordered and t in self.ready
            frames, t.frames = t.frames, []
            for frame in frames:
                self.cancel(frame.calls)
            t.work.close()
            if t.leave:
                t.leave()

    async def sleep(self, ns):
        self.count += 1
        heapq.heappush(self.sleepers, (self.now + max(ns, 0), self.count, self.running))
        await PAUSE

    async def let_begin(self):
        """Those that are ready go first."""
        self.ready.append(self.running)
        await PAUSE

    async def expire(self, f, ns):
        """Ends a call that takes longer."""
        await self.sleep(ns)
        if not f.there:
            self.cancel([f.task])
            f.at = self.now
            f.complete(error=Failure("too long", 408, "timeout"))

    async def wait(self, futures):
        Wait(self, futures)
        await PAUSE

    async def wait_first(self, futures):
        First(self, futures)
        await PAUSE

    def run(self, work):
        """Runs until this is done."""
        f = self.start(work, None)
        try:
            while not f.there:
                self.turn()
        finally:
            for task in [*self.ready, *(t for _, _, t in self.sleepers)]:
                task.work.close()
            self.ready.clear()
            self.sleepers.clear()
        if f.error:
            raise f.error
        return f.value

    def turn(self):
        if not self.ready:
            self.now = self.sleepers[0][0]
            while self.sleepers and self.sleepers[0][0] == self.now:
                self.wake(heapq.heappop(self.sleepers)[2])
            return
        task = self.ready.popleft()
        if task.cancelled or task.future.there:
            return
        self.running = task
        try:
            task.work.send(None)
            return
        except StopIteration as end:
            value, error = end.value, None
        except Failure as e:
            value, error = None, e
        if task.leave:
            task.leave()
        task.future.at = self.now
        task.future.complete(value, error)


def pending(v):
    if isinstance(v, (Future, Later)):
        return True
    if isinstance(v, dict):
        return any(map(pending, v.values()))
    return isinstance(v, (list, tuple)) and any(map(pending, v))


def search(v, out):
    """Adds the futures in a value that are still out; raises what one failed with."""
    if isinstance(v, Future):
        if not v.there:
            out.append(v)
        elif v.error:
            raise v.error
        else:
            search(v.value, out)
    elif isinstance(v, dict):
        for x in v.values():
            search(x, out)
    elif isinstance(v, (list, tuple)):
        for x in v:
            search(x, out)


def taken_out(v):
    """The value without the futures, which are all there."""
    if isinstance(v, Future):
        return taken_out(v.value)
    if isinstance(v, dict):
        return {k: taken_out(x) for k, x in v.items()} if pending(v) else v
    if isinstance(v, (list, tuple)) and pending(v):
        return type(v)(map(taken_out, v))
    return v
