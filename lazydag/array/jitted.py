"""A function that is traced once, and run as a plan from then on."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ref

from lazydag.array.arguments import take_apart
from lazydag.array.array import holding
from lazydag.array.entries import Entries, Planned
from lazydag.array.into import checked, put, run_into
from lazydag.array.pytree import LEAF, Tree, build, flatten
from lazydag.array.trace import Knowledge, Ran, Traced, name_of
from lazydag.array.tracing import Segment, Segments, state
from lazydag.array.values import NDArray, Value, frozen
from lazydag.array.whole import Whole
from lazydag.array.writeback import check_targets, write_back
from lazydag.errors import UsageError
from lazydag.ir.graph import Graph
from lazydag.ir.source import caller_location
from lazydag.ir.types import ArrayType

if TYPE_CHECKING:
    from lazydag.array.scopes import Scope


class CacheInfo(NamedTuple):
    """How often a jitted function found a trace of its own."""

    hits: int
    misses: int
    maxsize: int
    currsize: int


class Jitted:
    """A function that is traced once for arguments of some types, then run as a plan.

    Made by `jit`, which says what it takes and gives.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        static: frozenset[int | str] = frozenset(),
        *,
        strict: bool = False,
    ) -> None:
        self.function = function
        self._entries = Entries(function, static, strict=strict)
        self._bound: dict[int, tuple[ref[Any], Jitted]] = {}
        self._by_device: dict[str, Entries] = {}
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the results, computed; while another function is traced, traced."""
        if state.trace is not None:
            return self.function(*args, **kwargs)
        entries = self._entries if state.scope is None else self._scoped(state.scope)
        found, arrays, leaves = entries.lookup(args, kwargs)
        if isinstance(found, Ran):
            values, results = self._finished(found, arrays, leaves), found.results
        else:
            traced, results = found.traced, found.traced.results
            if traced.written:
                values = self._run_writing(found, arrays, leaves)
            else:
                values = found.run(arrays)
        if results == LEAF:
            return holding(frozen(values[0]))
        return build(results, [holding(frozen(v)) for v in values])

    def _scoped(self, scope: Scope) -> Entries:
        """Return the traces for a scope, after which its device is to compute."""
        scope.settle()
        found = self._by_device.get(scope.device)
        if found is None:
            here = self._entries
            found = Entries(self.function, here.static, strict=here.strict)
            self._by_device[scope.device] = found
        return found

    def _run_writing(
        self,
        entry: Planned,
        arrays: list[Value],
        leaves: Sequence[Any],
        out: Sequence[NDArray | None] | None = None,
    ) -> list[Value]:
        """Run, and write into the arguments once that has succeeded."""
        traced, written = entry.traced, entry.traced.written
        check_targets(name_of(self.function), leaves, arrays, traced.captured, written)
        if out is not None:
            out = [*out, *[None for _ in written]]
        values = entry.run(arrays, out)
        count = len(values) - len(written)
        write_back(leaves, written, values[count:])
        return values[:count]

    def _finished(
        self, ran: Ran, arrays: list[Value], leaves: Sequence[Any]
    ) -> list[Value]:
        """Return the results of a function that was run; write into its arguments."""
        written = ran.written
        if written:
            name = name_of(self.function)
            check_targets(name, leaves, arrays, ran.captured, written)
        count = len(ran.values) - len(written)
        write_back(leaves, written, ran.values[count:])
        return [*ran.values[:count]]

    def trace(self, *args: Any, **kwargs: Any) -> Graph:
        """Return the traced graph for these arguments, without running anything.

        Parameters
        ----------
        *args, **kwargs
            As for a call. `lazydag.ir.types.ArrayType` may stand in for arrays.

        Raises
        ------
        TraceError
            If the function looks at values of arrays, so that it is run in parts.

        Examples
        --------
        >>> import numpy as np, lazydag as ld
        >>> ld.jit(lambda x: x + x).trace(np.ones(8))
        <graph @<lambda> traced>
        """
        graph, _ = self.traced_with_arrays(*args, **kwargs)
        return graph

    def traced_with_arrays(
        self, *args: Any, **kwargs: Any
    ) -> tuple[Graph, list[Value | None]]:
        """Return the traced graph, and an array for each parameter where known."""
        call = take_apart(args, kwargs, self._entries.static)
        arrays = self._entries.leaf_arrays(call)
        numbers = self._entries.known_numbers(call, arrays)
        traced = self._entries.trace(call, Knowledge(numbers, call.numbers()))
        assert isinstance(traced, Traced)  # there were no values to run it with
        return traced.graph, [*arrays, *traced.captured]

    def segments(self, *args: Any, **kwargs: Any) -> Segments:
        """Return how the function runs, after running it if it takes several parts.

        Parameters
        ----------
        *args, **kwargs
            As for a call. Nothing is written into them.
        """
        entries = self._entries
        call = take_apart(args, kwargs, entries.static)
        arrays = entries.leaf_arrays(call)
        known = entries.known_numbers(call, arrays) if entries.strict else arrays
        parts: list[Segment] = []
        found = entries.attempt(call, Knowledge(known, call.numbers(), parts))
        if isinstance(found, Traced):
            whole = [*arrays, *found.captured]
            return Segments((Segment(found.graph, whole, "return", None),), "a plan")
        if isinstance(found, Whole):
            found.run(call)
            return Segments((), f"{found.tier}, since {found.why}")
        return Segments(tuple(parts), "plans of its parts")

    def into(self, out: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call, and write the results into arrays that exist.

        Parameters
        ----------
        out
            Arrays in the structure of the results, of their shapes and dtypes: NumPy's,
            or contiguous ones of another library on a device. They may overlap the
            arguments: the results are then computed aside.
        *args, **kwargs
            As for a call.

        Returns
        -------
        out

        Raises
        ------
        ShapeError, DTypeError, UsageError
            If an array does not suit its result.

        Examples
        --------
        >>> import numpy as np, lazydag as ld
        >>> out = np.empty(3)
        >>> ld.jit(lambda x: x + 1.0).into(out, np.zeros(3))
        array([1., 1., 1.])
        """
        found, arrays, leaves = self._entries.lookup(args, kwargs)
        if isinstance(found, Ran):
            count = len(found.values) - len(found.written)
            types = [ArrayType(v.shape, v.dtype) for v in found.values[:count]]
            targets = self._targets(out, found.results, types)
            values = self._finished(found, arrays, leaves)
            for target, value in zip(targets, values, strict=True):
                put(target, value)
            return out
        traced = found.traced
        nodes = traced.graph.outputs
        types = [node.type for node in nodes[: len(nodes) - len(traced.written)]]
        targets = self._targets(out, traced.results, types)
        run = found.run
        if traced.written:
            run = partial(self._run_writing, found, leaves=leaves)
        run_into(run, targets, arrays, traced.captured)
        return out

    def _targets(
        self, out: Any, results: Tree, types: Sequence[ArrayType]
    ) -> list[Value]:
        """Return the arrays of `out`, which can take results of these types."""
        targets, structure = flatten(out)
        if structure != results:
            raise UsageError(
                f"out and the results of {name_of(self.function)} differ in structure",
                caller_location(),
                f"It returns {build(results, types)}.",
            )
        return [checked(*each) for each in zip(targets, types, strict=True)]

    def cache_info(self) -> CacheInfo:
        """Return how many calls found a trace, and how many there are."""
        entries = self._entries
        kept = entries.variants
        return CacheInfo(entries.hits, entries.misses, kept.most, len(kept))

    def cache_clear(self) -> None:
        """Forget all traces."""
        with self._entries.lock:
            self._entries.variants.clear()
            self._bound.clear()
            self._by_device.clear()

    def __get__(self, instance: Any, owner: Any = None) -> Jitted:
        if instance is None:
            return self
        found = self._bound.get(id(instance))
        if found is None or found[0]() is not instance:
            found = self._bind(instance)
        return found[1]

    def _bind(self, instance: Any) -> tuple[ref[Any], Jitted]:
        """Return the function with `instance` as a first, static argument."""
        number = id(instance)
        try:
            held = ref(instance, lambda _: self._bound.pop(number, None))
        except TypeError:
            raise UsageError(
                f"a method of {type(instance).__name__} cannot be jitted: "
                "its instances take no weak references",
                caller_location(),
                "Add '__weakref__' to its __slots__, or jit a function.",
            ) from None
        method = _method(self.function, held)
        entries = self._entries
        bound = Jitted(method, _shifted(entries.static), strict=entries.strict)
        self._bound[number] = held, bound
        return self._bound[number]

    def __repr__(self) -> str:
        return f"<jitted {name_of(self.function)}>"


def _method(function: Callable[..., Any], held: ref[Any]) -> Callable[..., Any]:
    """Return `function` bound to an instance, which it does not keep alive."""

    @functools.wraps(function)
    def method(*args: Any, **kwargs: Any) -> Any:
        return function(held(), *args, **kwargs)

    first, *rest = inspect.signature(function).parameters.values()
    del first
    method.__signature__ = inspect.Signature(rest)  # type: ignore[attr-defined]
    return method


def _shifted(static: frozenset[int | str]) -> frozenset[int | str]:
    return frozenset(at - 1 if isinstance(at, int) else at for at in static)
