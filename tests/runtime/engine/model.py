"""The engine under a scheduler that decides who goes on at every access to memory.

Its sources are rewritten into coroutines: each call of an intrinsic becomes a ``yield``
that hands the call to the scheduler. So any interleaving of threads can be played, one
step at a time, on one thread and on the very words that real runs use.
"""

from __future__ import annotations

import ast
import inspect
from collections import deque

from lazydag.runtime.engine import memory, words
from lazydag.runtime.engines import FUNCTIONS, MODULES

FUTEX = 4711  # the "address" of the system call
WAIT, WAKE = 128, 129
INTRINSICS = {
    name
    for name, value in vars(memory).items()
    if inspect.isfunction(value) and value.__module__ == memory.__name__
}
# What nobody else can see is not worth a switch when all schedules are tried.
SHARED = {name for name in INTRINSICS if "atomic" in name or "swap" in name} | {
    "load_relaxed",
    "call",
    "pause",
}


class _Coroutines(ast.NodeTransformer):
    def visit_Call(self, node):
        self.generic_visit(node)
        if node.func.id in INTRINSICS:
            name = ast.Constant(node.func.id)
            return ast.Yield(ast.Tuple([name, *node.args], ast.Load()))
        return ast.YieldFrom(node)

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        # A function without intrinsics must be a generator, too.
        node.body.append(ast.Expr(ast.Yield(None)))
        node.body.insert(-1, ast.Return(None))
        node.returns = None
        return node


def coroutines():
    """Return the functions of the engine, by name, as coroutines."""
    names = dict(vars(words)) | {"min": min, "max": max}
    names |= {"min": _min, "max": _max}
    for module in MODULES:
        names |= {k: v for k, v in vars(module).items() if isinstance(v, int)}
        tree = ast.parse(inspect.getsource(module))
        tree.body = [n for n in tree.body if isinstance(n, ast.FunctionDef)]
        tree = ast.fix_missing_locations(_Coroutines().visit(tree))
        exec(compile(tree, module.__file__, "exec"), names)
    return {function.__name__: names[function.__name__] for function in FUNCTIONS}


def _min(a, b):
    return min(a, b)
    yield


def _max(a, b):
    return max(a, b)
    yield


ENGINE = coroutines()


class DeadlockError(AssertionError):
    """Nobody can go on."""


class Scheduler:
    """Runs coroutines one step at a time.

    Parameters
    ----------
    choose
        Called with the names of the threads that can go on, the one that went last
        among them if it can, and that one; returns one of them.
    every
        Whether threads may be switched at every intrinsic, or only at shared ones.
    """

    def __init__(self, choose, *, every=True, kernel=None, hook=None):
        self.choose = choose
        self.every = every
        self.kernel = kernel
        self.hook = hook
        self.threads = {}
        self.results = {}
        self.asleep = {}
        # Who is in a kernel that goes on when something is true.
        self.held = {}
        # Who waits for the others to go on.
        self.pausing = None
        self.steps = 0
        # Where threads only nap.
        self.nap = None
        self.naps = 0
        self.last = None

    def add(self, name, coroutine):
        self.threads[name] = [coroutine, None]

    def run(self, most=200_000):
        """Go on until all threads have ended; their results are in `results`."""
        while self.threads:
            ready = [name for name in self.threads if self.can_go_on(name)]
            if not ready:
                raise DeadlockError(f"{sorted(self.threads)} sleep, {self.steps} steps")
            others = [name for name in ready if name != self.pausing] or ready
            name = others[0] if len(others) == 1 else self.choose(others, self.last)
            self.pausing = None
            self.last = name
            self.step(name)
            assert self.steps < most, "no end in sight"

    def can_go_on(self, name):
        return name not in self.asleep and (name not in self.held or self.held[name]())

    def step(self, name):
        """Let a thread go on to its next switch."""
        thread = self.threads[name]
        while True:
            self.steps += 1
            try:
                call = thread[0].send(thread[1])
            except StopIteration as end:
                self.results[name] = end.value
                del self.threads[name]
                return
            thread[1] = None
            if call is not None:
                function, *arguments = call
                thread[1] = self.do(name, function, arguments)
                if self.every or function in SHARED:
                    return
            else:
                return

    def do(self, name, function, arguments):
        """Carry out an intrinsic."""
        if function == "pause":
            self.pausing = name
            return None
        if function == "cycles":
            return self.steps
        if function == "call_kernel":
            return self.kernel(name, *arguments)
        if function == "call32" and arguments[0] == FUTEX + 1:
            return self.hook(name, *arguments[1:])
        if function == "call":
            return self.futex(name, *arguments)
        return getattr(memory, function)(*arguments)

    def futex(self, name, system, number, address, operation, value, limit, *rest):
        """Do what Linux does; time never runs out, except for naps."""
        assert system == FUTEX
        if value == 0 and address == self.nap:
            self.pausing = name
            self.naps += 1
            return 0
        if operation == WAKE:
            sleepers = [n for n, at in self.asleep.items() if at == address]
            for sleeper in sleepers[:value]:
                del self.asleep[sleeper]
        elif memory.load32(address) == value:
            self.asleep[name] = address
        return 0


def randomly(random):
    """Choose anybody, but mostly stay with who went last."""

    def choose(ready, last):
        if last in ready and random.random() < 0.6:
            return last
        return ready[random.integers(len(ready))]

    return choose


def schedules(play, preemptions=2, most=20_000):
    """Play all schedules with so many preemptions; return how many there were.

    Parameters
    ----------
    play
        Called with a ``choose``; sets everything up and runs it.
    """
    # A schedule is where it differs from staying with who runs: step -> who.
    waiting = deque([{}])
    count = 0
    while waiting and count < most:
        forced = waiting.popleft()
        count += 1
        play(_follow(forced, waiting, preemptions))
    return count


def _follow(forced, waiting, preemptions):
    position = -1
    after = max(forced, default=-1)

    def choose(ready, last):
        nonlocal position
        position += 1
        usual = last if last in ready else ready[0]
        if position > after and len(forced) < preemptions:
            waiting.extend(
                {**forced, position: other} for other in ready if other != usual
            )
        return forced.get(position, usual)

    return choose
