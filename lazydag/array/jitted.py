"""A function that is traced once, and run as a plan from then on."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from weakref import ref

import numpy as np

from lazydag.array import engine
from lazydag.array.arguments import (
    Call,
    flat_arguments,
    leaf_array,
    leaf_type,
    take_apart,
)
from lazydag.array.array import Array
from lazydag.array.force import frozen
from lazydag.array.into import checked, run_into
from lazydag.array.pytree import LEAF, Tree, build, flatten
from lazydag.array.trace import Knowledge, Ran, Traced, name_of, parameter_names, trace
from lazydag.array.tracing import Segment, TooFine, state
from lazydag.array.variants import Variants
from lazydag.array.whole import Whole
from lazydag.array.writeback import check_targets, write_back
from lazydag.errors import UnsupportedError, UsageError
from lazydag.ir.graph import Graph
from lazydag.ir.source import caller_location
from lazydag.ir.types import ArrayType

if TYPE_CHECKING:
    from lazydag.compiler import Plan

NDArray: TypeAlias = "np.ndarray[Any, Any]"

#: Traces kept by a jitted function, least recently used dropped first.
MOST_TRACES = 256


@dataclass(frozen=True, slots=True)
class _Planned:
    """A trace with its plan."""

    traced: Traced
    plan: Plan | None  # None if nothing is computed

    def run(
        self, arrays: list[NDArray], out: Sequence[NDArray | None] | None = None
    ) -> list[NDArray]:
        """Return the values of the results."""
        if self.plan is None:
            return []
        captured = self.traced.captured
        return self.plan.run(arrays + captured if captured else arrays, out)


class _InParts:
    """In place of a plan: the function needs values on its way, and runs each time."""


_IN_PARTS = _InParts()
_Entry: TypeAlias = "_Planned | _InParts | Whole"


@dataclass(frozen=True, slots=True)
class _Arguments:
    """The arguments of a call, ready for a plan.

    Parameters
    ----------
    arrays : list of ndarray
        One for each parameter.
    leaves : sequence
        What they were made of.
    """

    arrays: list[NDArray]
    leaves: Sequence[Any]


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
        self._static = static
        self._strict = strict
        self._variants: Variants[_Entry] = Variants(MOST_TRACES)
        self._bound: dict[int, tuple[ref[Any], Jitted]] = {}
        self._lock = threading.RLock()
        self._hits = self._misses = 0
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the results, computed; while another function is traced, traced."""
        if state.trace is not None:
            return self.function(*args, **kwargs)
        found, given = self._lookup(args, kwargs)
        if isinstance(found, Ran):
            values, results = self._finished(found, given), found.results
        else:
            traced, results = found.traced, found.traced.results
            if traced.written:
                values = self._run_writing(found, given.arrays, given.leaves)
            else:
                values = found.run(given.arrays)
        if results == LEAF:
            return Array(value=frozen(values[0]))
        return build(results, [Array(value=frozen(v)) for v in values])

    def _run_writing(
        self,
        entry: _Planned,
        arrays: list[NDArray],
        leaves: Sequence[Any],
        out: Sequence[NDArray | None] | None = None,
    ) -> list[NDArray]:
        """Run, and write into the arguments once that has succeeded."""
        traced, written = entry.traced, entry.traced.written
        check_targets(name_of(self.function), leaves, arrays, traced.captured, written)
        if out is not None:
            out = [*out, *[None for _ in written]]
        values = entry.run(arrays, out)
        count = len(values) - len(written)
        write_back(leaves, written, values[count:])
        return values[:count]

    def _finished(self, ran: Ran, given: _Arguments) -> list[NDArray]:
        """Return the results of a function that was run; write into its arguments."""
        written = ran.written
        if written:
            name = name_of(self.function)
            check_targets(name, given.leaves, given.arrays, ran.captured, written)
        count = len(ran.values) - len(written)
        write_back(given.leaves, written, ran.values[count:])
        return ran.values[:count]

    def _lookup(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[_Planned | Ran, _Arguments]:
        """Return what to run for a call, or what it gave, if it had to be run."""
        if not kwargs and not self._static:
            flat = flat_arguments(args)
            if flat is not None:
                key, arrays = flat
                found = self._variants.find(key, arrays)
                if found.__class__ is _Planned:
                    self._hits += 1
                    return found, _Arguments(arrays, args)
                return self._found(
                    found, key, take_apart(args, kwargs, self._static), arrays
                )
        call = take_apart(args, kwargs, self._static)
        arrays = self._known(self._arrays(call))
        key = call.key()
        return self._found(self._variants.find(key, arrays), key, call, arrays)

    def _found(
        self, found: _Entry | None, key: Hashable, call: Call, arrays: list[NDArray]
    ) -> tuple[_Planned | Ran, _Arguments]:
        given = _Arguments(arrays, call.leaves)
        if found is None:
            with self._lock:  # another thread may trace it meanwhile
                found = self._variants.find(key, arrays)
                if found is None:
                    self._misses += 1
                    return self._add(key, call, arrays), given
        self._hits += 1
        if isinstance(found, _Planned):
            return found, given
        if isinstance(found, Whole):
            return found.run(call), given
        return self._add(key, call, arrays), given

    def _add(self, key: Hashable, call: Call, arrays: list[NDArray]) -> _Planned | Ran:
        """Trace, plan and keep the plan, or run the function and keep how."""
        try:
            traced = self._traced(call, arrays)
        except TooFine:
            return self._add_whole(key, call, arrays, "it works on small arrays")
        except UnsupportedError as error:
            if self._strict:
                raise
            return self._add_whole(key, call, arrays, error.what, may_compile=False)
        made = traced if isinstance(traced, Ran) else _planned(traced, arrays)
        entry = _IN_PARTS if isinstance(made, Ran) else made
        self._variants.add(key, traced.looks, arrays, entry)
        return made

    def _add_whole(
        self,
        key: Hashable,
        call: Call,
        arrays: list[NDArray],
        why: str,
        *,
        may_compile: bool = True,
    ) -> Ran:
        """Run the function as a whole, and keep that it is run so."""
        whole = Whole(self.function, why, may_compile=may_compile)
        ran = whole.run(call)
        self._variants.add(key, (), arrays, whole)
        return ran

    def _arrays(self, call: Call) -> list[NDArray | None]:
        with suppress(TypeError, ValueError, OverflowError):
            return [leaf_array(value, "") for value in call.leaves]
        paths = parameter_names(self.function, call)  # slow, for the message only
        pairs = zip(call.leaves, paths, strict=True)
        return [leaf_array(value, path) for value, path in pairs]

    def _known(self, arrays: list[NDArray | None]) -> list[NDArray]:
        known = [array for array in arrays if array is not None]
        if len(known) < len(arrays):
            raise UsageError(
                "a type was given in place of an array",
                caller_location(),
                "Only trace() and explain() take types.",
            )
        return known

    def _traced(self, call: Call, arrays: Sequence[NDArray]) -> Traced | Ran:
        """Trace with values at hand; where they are needed, it is run in parts."""
        known = self._numbers(call, arrays) if self._strict else arrays
        free = not self._strict
        return self._with(call, arrays, Knowledge(known, call.numbers(), may_stop=free))

    def _numbers(
        self, call: Call, arrays: Sequence[NDArray | None]
    ) -> list[NDArray | None]:
        numbers = call.numbers()
        return [a if slot in numbers else None for slot, a in enumerate(arrays)]

    def _with(
        self, call: Call, arrays: Sequence[NDArray | None], known: Knowledge
    ) -> Traced | Ran:
        types = [leaf_type(v, a) for v, a in zip(call.leaves, arrays, strict=True)]
        return trace(self.function, call, types, known)

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
    ) -> tuple[Graph, list[NDArray | None]]:
        """Return the traced graph, and an array for each parameter where known."""
        call = take_apart(args, kwargs, self._static)
        arrays = self._arrays(call)
        known = Knowledge(self._numbers(call, arrays), call.numbers())
        traced = self._with(call, arrays, known)
        assert isinstance(traced, Traced)  # there were no values to run it with
        return traced.graph, [*arrays, *traced.captured]

    def segments(self, *args: Any, **kwargs: Any) -> list[Segment]:
        """Run the function, and return the parts that it was run in.

        Parameters
        ----------
        *args, **kwargs
            As for a call. Nothing is written into them.

        Returns
        -------
        list of Segment
            Empty if it is one plan.
        """
        call = take_apart(args, kwargs, self._static)
        arrays = self._known(self._arrays(call))
        found: list[Segment] = []
        self._with(call, arrays, Knowledge(arrays, call.numbers(), found))
        return found

    def into(self, out: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call, and write the results into NumPy arrays that exist.

        Parameters
        ----------
        out
            Arrays in the structure of the results, of their shapes and dtypes. They
            may overlap the arguments: the results are then computed aside.
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
        found, given = self._lookup(args, kwargs)
        if isinstance(found, Ran):
            count = len(found.values) - len(found.written)
            types = [ArrayType(v.shape, v.dtype) for v in found.values[:count]]
            targets = self._targets(out, found.results, types)
            for target, value in zip(
                targets, self._finished(found, given), strict=True
            ):
                np.copyto(target, value)
            return out
        traced = found.traced
        nodes = traced.graph.outputs
        types = [node.type for node in nodes[: len(nodes) - len(traced.written)]]
        targets = self._targets(out, traced.results, types)
        run = found.run
        if traced.written:
            run = partial(self._run_writing, found, leaves=given.leaves)
        run_into(run, targets, given.arrays, traced.captured)
        return out

    def _targets(
        self, out: Any, results: Tree, types: Sequence[ArrayType]
    ) -> list[NDArray]:
        """Return the arrays of `out`, which can take results of these types."""
        targets, structure = flatten(out)
        if structure != results:
            raise UsageError(
                f"out and the results of {name_of(self.function)} differ in structure",
                caller_location(),
                f"It returns {build(results, types)}.",
            )
        for target, type_ in zip(targets, types, strict=True):
            checked(target, type_)
        return targets

    def cache_info(self) -> CacheInfo:
        """Return how many calls found a trace, and how many there are."""
        found = len(self._variants)
        return CacheInfo(self._hits, self._misses, self._variants.most, found)

    def cache_clear(self) -> None:
        """Forget all traces."""
        with self._lock:
            self._variants.clear()
            self._bound.clear()

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
        bound = Jitted(method, _shifted(self._static), strict=self._strict)
        self._bound[number] = held, bound
        return self._bound[number]

    def __repr__(self) -> str:
        return f"<jitted {name_of(self.function)}>"


def _planned(traced: Traced, arrays: list[NDArray]) -> _Planned:
    known = arrays + traced.captured
    plan = engine.plan(traced.graph, known) if traced.graph.outputs else None
    return _Planned(traced, plan)


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
