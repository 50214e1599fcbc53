"""The order of steps: a write comes after the other readers of what it writes over.

Then it can happen in place. In: the steps of a graph, sources before users. Out: the
same steps in another order in which they can run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TypeAlias

from lazydag.ir.attrs import KernelAttrs
from lazydag.ir.node import Node
from lazydag.passes.work import base_of

#: A step and the position of one of its outputs.
Value: TypeAlias = tuple[Node, int]
Made: TypeAlias = Callable[[Node], Value | None]


def readers_first(steps: Sequence[Node], made: Made) -> tuple[Node, ...]:
    """Return the steps, each write as late as others read its base.

    Parameters
    ----------
    steps : sequence of Node
        Kernels and copies, sources before users.
    made : callable
        Returns what a source is, or is a view of; None for parameters that stay.

    Notes
    -----
    Steps keep their order where no write waits. A write goes ahead if its base is read
    by something that waits for the write: it cannot be in place. O(n log n).
    """
    bases = [_base(step, made) for step in steps]
    if not any(bases):
        return tuple(steps)
    return _Order(steps, made, bases).found()


def _base(step: Node, made: Made) -> Value | None:
    base = base_of(step) if isinstance(step.attrs, KernelAttrs) else None
    return None if base is None else made(base)


@dataclass(slots=True)
class _Order:
    """Steps by number: the least that is ready runs next, unless it has to wait.

    Parameters
    ----------
    bases : sequence
        What each step writes over.
    left : Counter
        Of each value, how many of its readers have not run.
    waiting : dict
        The writes that wait for the other readers of their base.
    """

    steps: Sequence[Node]
    made: Made
    bases: Sequence[Value | None]
    reads: list[set[Value]] = field(default_factory=list)
    left: Counter[Value] = field(default_factory=Counter)
    waiting: dict[Value, list[int]] = field(default_factory=dict)

    def found(self) -> tuple[Node, ...]:
        """Return the steps in their new order."""
        self.reads = [self._values(step) for step in self.steps]
        self.left.update(value for values in self.reads for value in values)
        users: dict[Node, list[int]] = {step: [] for step in self.steps}
        makers = [{s for s, _ in values if s in users} for values in self.reads]
        for number, needed in enumerate(makers):
            for step in needed:
                users[step].append(number)
        needs = [len(needed) for needed in makers]
        ready = [number for number, count in enumerate(needs) if not count]
        late: list[int] = []
        order: list[Node] = []
        done: set[int] = set()
        while len(order) < len(self.steps):
            is_late = not ready
            number = heappop(late if is_late else ready)
            if number in done or (not is_late and self._waits(number, late)):
                continue
            done.add(number)
            order.append(self.steps[number])
            for free in self._freed(number):
                heappush(ready, free)
            for user in users[self.steps[number]]:
                needs[user] -= 1
                if not needs[user]:
                    heappush(ready, user)
        return tuple(order)

    def _values(self, step: Node) -> set[Value]:
        return {value for s in step.srcs if (value := self.made(s)) is not None}

    def _waits(self, number: int, late: list[int]) -> bool:
        """Tell whether a write has to wait, and remember that it does."""
        base = self.bases[number]
        if base is None or self.left[base] == 1:
            return False
        self.waiting.setdefault(base, []).append(number)
        heappush(late, number)
        return True

    def _freed(self, number: int) -> list[int]:
        """Return the writes that need not wait any longer once a step has run."""
        found: list[int] = []
        for value in self.reads[number]:
            self.left[value] -= 1
            if self.left[value] == 1:
                found += self.waiting.pop(value, ())
        return found
