"""The ways in which a function runs, each found by the types of its arguments."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from lazydag.array import engine
from lazydag.array.arguments import (
    Call,
    flat_arguments,
    leaf_array,
    leaf_type,
    take_apart,
)
from lazydag.array.array import Array
from lazydag.array.terms import outer_arrays
from lazydag.array.trace import (
    Knowledge,
    Ran,
    Traced,
    definition,
    name_of,
    parameter_names,
    trace,
)
from lazydag.array.tracing import TooFine
from lazydag.array.values import NDArray, Value, device_of
from lazydag.array.variants import Variants
from lazydag.array.whole import Whole
from lazydag.errors import UnsupportedError, UsageError
from lazydag.ir.node import Node
from lazydag.ir.source import caller_location
from lazydag.remarks import Kind, remark

if TYPE_CHECKING:
    from lazydag.compiler import Plan

#: Traces kept by a jitted function, least recently used dropped first.
MOST_TRACES = 256


@dataclass(frozen=True, slots=True)
class Planned:
    """A trace with its plan.

    Parameters
    ----------
    traced : Traced
        What the function computes.
    plan : Plan or None
        None if nothing is computed.
    outer : tuple
        Lazy arrays from outside that it may have used, and what they were by then.
    """

    traced: Traced
    plan: Plan | None
    outer: tuple[tuple[Array, Node], ...] = ()

    @property
    def is_current(self) -> bool:
        """Whether arrays from outside are what they were."""
        return all(array.node is node for array, node in self.outer)

    def run(
        self, arrays: list[Value], out: Sequence[NDArray | None] | None = None
    ) -> list[Value]:
        """Return the values of the results."""
        if self.plan is None:
            return []
        captured = self.traced.captured
        return self.plan.run(arrays + captured if captured else arrays, out)


class InParts:
    """In place of a plan: the function needs values on its way, and runs each time."""


_IN_PARTS = InParts()
_Entry: TypeAlias = "Planned | InParts | Whole"
#: What to run, or what it gave; the arrays for its parameters, and their leaves.
Found: TypeAlias = "tuple[Planned | Ran, list[Value], Sequence[Any]]"


class Entries:
    """The traces and plans of one function.

    Parameters
    ----------
    function : callable
        Of arrays.
    static : frozenset
        Positions and names of arguments that it is given as they are.
    strict : bool
        Whether it must be one plan.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        static: frozenset[int | str],
        *,
        strict: bool,
    ) -> None:
        self.function = function
        self.static = static
        self.strict = strict
        self.variants: Variants[_Entry] = Variants(MOST_TRACES)
        self.lock = threading.RLock()
        self.hits = self.misses = 0

    def lookup(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Found:
        """Return what to run for a call, or what it gave, if it had to be run."""
        if not kwargs and not self.static:
            flat = flat_arguments(args)
            if flat is not None:
                key, arrays = flat
                found = self.variants.find(key, arrays)
                if found.__class__ is Planned and not found.outer:
                    self.hits += 1
                    return found, arrays, args
                call = take_apart(args, kwargs, self.static)
                return self._found(found, key, call, arrays), arrays, call.leaves
        call = take_apart(args, kwargs, self.static)
        arrays = self.arrays(call)
        key = call.key(arrays)
        found = self.variants.find(key, arrays)
        return self._found(found, key, call, arrays), arrays, call.leaves

    def _found(
        self, found: _Entry | None, key: Hashable, call: Call, arrays: list[Value]
    ) -> Planned | Ran:
        if not _is_usable(found):
            with self.lock:  # another thread may trace it meanwhile
                found = self.variants.find(key, arrays)
                if not _is_usable(found):
                    self.misses += 1
                    return self._add(key, call, arrays)
        self.hits += 1
        if isinstance(found, Planned):
            return found
        if isinstance(found, Whole):
            return found.run(call)
        return self._add(key, call, arrays)

    def _add(self, key: Hashable, call: Call, arrays: list[Value]) -> Planned | Ran:
        """Trace, plan and keep the plan, or run the function and keep how."""
        found = self.attempt(call, Knowledge(self._known(call, arrays), call.numbers()))
        if isinstance(found, Whole):
            ran = found.run(call)
            what = (
                f"{name_of(self.function)} runs by {found.tier}, since {found.why}; it"
            )
            remark(Kind.WHOLE, definition(self.function), what)
            self.variants.add(key, (), arrays, found)
            return ran
        made = found if isinstance(found, Ran) else self._planned(found, arrays)
        entry = _IN_PARTS if isinstance(made, Ran) else made
        if found.looks:
            remark(Kind.TRACE, definition(self.function), name_of(self.function))
        self.variants.add(key, found.looks, arrays, entry)
        return made

    def attempt(self, call: Call, known: Knowledge) -> Traced | Ran | Whole:
        """Trace, run in parts, or find that neither should be.

        Raises
        ------
        TraceError
            If a value is needed that is not known.
        UnsupportedError
            If it is strict, and lazydag has not what it needs.
        """
        try:
            return self.trace(call, replace(known, may_stop=not self.strict))
        except TooFine as found:
            return Whole(self.function, found.what, may_compile=found.is_loop)
        except UnsupportedError as error:
            if self.strict:
                raise
            return Whole(self.function, error.what, may_compile=False)

    def trace(self, call: Call, known: Knowledge) -> Traced | Ran:
        """Return the trace of a call, or what it gave where it needs known values."""
        arrays = self.leaf_arrays(call)
        types = [leaf_type(v, a) for v, a in zip(call.leaves, arrays, strict=True)]
        devices = [None if a is None else device_of(a) for a in arrays]
        return trace(self.function, call, types, replace(known, devices=devices))

    def _planned(self, traced: Traced, arrays: list[Value]) -> Planned:
        known = arrays + traced.captured
        plan = engine.plan(traced.graph, known) if traced.graph.outputs else None
        outer = tuple((array, array.node) for array in outer_arrays(self.function))
        return Planned(traced, plan, outer)

    def _known(self, call: Call, arrays: list[Value]) -> Sequence[Value | None]:
        return self.known_numbers(call, arrays) if self.strict else arrays

    def known_numbers(
        self, call: Call, arrays: Sequence[Value | None]
    ) -> list[Value | None]:
        """Return the arrays of the arguments that are numbers; None for others."""
        numbers = call.numbers()
        return [a if slot in numbers else None for slot, a in enumerate(arrays)]

    def leaf_arrays(self, call: Call) -> list[Value | None]:
        """Return an array for each argument; None where it is a type."""
        with suppress(TypeError, ValueError, OverflowError):
            return [leaf_array(value, "") for value in call.leaves]
        paths = parameter_names(self.function, call)  # slow, for the message only
        pairs = zip(call.leaves, paths, strict=True)
        return [leaf_array(value, path) for value, path in pairs]

    def arrays(self, call: Call) -> list[Value]:
        """Return an array for each argument."""
        found = [array for array in self.leaf_arrays(call) if array is not None]
        if len(found) < len(call.leaves):
            raise UsageError(
                "a type was given in place of an array",
                caller_location(),
                "Only trace() and explain() take types.",
            )
        return found


def _is_usable(entry: _Entry | None) -> bool:
    return entry is not None and (not isinstance(entry, Planned) or entry.is_current)
