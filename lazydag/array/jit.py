"""`jit`: functions that are traced once and run as a plan from then on."""

from __future__ import annotations

import functools
import inspect
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, overload
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
from lazydag.array.pytree import LEAF, build, flatten
from lazydag.array.trace import Traced, name_of, parameter_names, trace
from lazydag.array.tracing import state
from lazydag.array.writeback import check_targets, write_back
from lazydag.errors import UsageError
from lazydag.ir.graph import Graph
from lazydag.ir.source import caller_location

if TYPE_CHECKING:
    from lazydag.compiler import Plan

NDArray: TypeAlias = "np.ndarray[Any, Any]"

#: Traces kept by a jitted function, least recently used dropped first.
MOST_TRACES = 256


@dataclass(frozen=True, slots=True)
class _Entry:
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
        self, function: Callable[..., Any], static: frozenset[int | str] = frozenset()
    ) -> None:
        self.function = function
        self._static = static
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._bound: dict[int, tuple[ref[Any], Jitted]] = {}
        self._lock = threading.RLock()
        self._hits = self._misses = 0
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the results, computed; while another function is traced, traced."""
        if state.trace is not None:
            return self.function(*args, **kwargs)
        entry, arrays, leaves = self._lookup(args, kwargs)
        traced = entry.traced
        if traced.written:
            values = self._run_writing(entry, arrays, leaves)
        else:
            values = entry.run(arrays)
        if traced.results == LEAF:
            return Array(value=frozen(values[0]))
        return build(traced.results, [Array(value=frozen(v)) for v in values])

    def _run_writing(
        self,
        entry: _Entry,
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

    def _lookup(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[_Entry, list[NDArray], Sequence[Any]]:
        """Return the entry for a call, the arrays for its parameters, and these."""
        if not kwargs and not self._static:
            flat = flat_arguments(args)
            if flat is not None:
                key, arrays = flat
                return self._entry(key, args, None), arrays, args
        call = take_apart(args, kwargs, self._static)
        entry = self._entry(call.key(), args, call)
        return entry, self._arrays(call), call.leaves  # type: ignore[return-value]

    def _entry(self, key: Hashable, args: tuple[Any, ...], call: Call | None) -> _Entry:
        """Return the entry for `key`; `call` is taken apart if it must be made."""
        entry = self._entries.get(key)
        if entry is None:
            return self._add(key, call or take_apart(args, {}, self._static))
        with suppress(KeyError):  # another thread may drop it meanwhile
            self._entries.move_to_end(key)
        self._hits += 1
        return entry

    def _arrays(self, call: Call) -> list[NDArray | None]:
        with suppress(TypeError, ValueError, OverflowError):
            return [leaf_array(value, "") for value in call.leaves]
        paths = parameter_names(self.function, call)  # slow, for the message only
        pairs = zip(call.leaves, paths, strict=True)
        return [leaf_array(value, path) for value, path in pairs]

    def _add(self, key: Hashable, call: Call) -> _Entry:
        """Trace and plan, unless another thread has done so meanwhile."""
        with self._lock:
            found = self._entries.get(key)
            if found is not None:
                return found
            self._misses += 1
            arrays = self._arrays(call)
            known = [array for array in arrays if array is not None]
            if len(known) < len(arrays):
                raise UsageError(
                    "a type was given in place of an array",
                    caller_location(),
                    "Only trace() and explain() take types.",
                )
            traced = self._traced(call, arrays)
            known += traced.captured
            plan = engine.plan(traced.graph, known) if traced.graph.outputs else None
            entry = self._entries[key] = _Entry(traced, plan)
            if len(self._entries) > MOST_TRACES:
                self._entries.popitem(last=False)
            return entry

    def _traced(self, call: Call, arrays: Sequence[NDArray | None]) -> Traced:
        types = [leaf_type(v, a) for v, a in zip(call.leaves, arrays, strict=True)]
        return trace(self.function, call, types)

    def trace(self, *args: Any, **kwargs: Any) -> Graph:
        """Return the traced graph for these arguments, without running anything.

        Parameters
        ----------
        *args, **kwargs
            As for a call. `lazydag.ir.types.ArrayType` may stand in for arrays.

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
        traced = self._traced(call, arrays)
        return traced.graph, [*arrays, *traced.captured]

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
        entry, arrays, leaves = self._lookup(args, kwargs)
        targets, structure = flatten(out)
        traced = entry.traced
        nodes = traced.graph.outputs
        nodes = nodes[: len(nodes) - len(traced.written)]
        if structure != entry.traced.results:
            raise UsageError(
                f"out and the results of {name_of(self.function)} differ in structure",
                caller_location(),
                f"It returns {build(entry.traced.results, [n.type for n in nodes])}.",
            )
        for target, node in zip(targets, nodes, strict=True):
            checked(target, node.type)
        run = partial(self._run_writing, entry, leaves=leaves)
        run_into(run if traced.written else entry.run, targets, arrays, traced.captured)
        return out

    def cache_info(self) -> CacheInfo:
        """Return how many calls found a trace, and how many there are."""
        return CacheInfo(self._hits, self._misses, MOST_TRACES, len(self._entries))

    def cache_clear(self) -> None:
        """Forget all traces."""
        with self._lock:
            self._entries.clear()
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
        bound = Jitted(_method(self.function, held), _shifted(self._static))
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


@overload
def jit(
    function: Callable[..., Any],
    /,
    *,
    static_argnums: int | Iterable[int] = (),
    static_argnames: str | Iterable[str] = (),
) -> Jitted: ...
@overload
def jit(
    *,
    static_argnums: int | Iterable[int] = (),
    static_argnames: str | Iterable[str] = (),
) -> Callable[[Callable[..., Any]], Jitted]: ...


def jit(
    function: Callable[..., Any] | None = None,
    /,
    *,
    static_argnums: int | Iterable[int] = (),
    static_argnames: str | Iterable[str] = (),
) -> Jitted | Callable[[Callable[..., Any]], Jitted]:
    """Compile a function of arrays as a whole.

    At the first call with arguments of some shapes and dtypes the function runs with
    stand-ins for the arrays. What it does with them is recorded, planned and compiled;
    later calls with such arguments run the plan and not the function.

    Parameters
    ----------
    function : callable
        Arguments and results are NumPy arrays, lazy arrays and numbers, and tuples,
        lists, dicts and dataclasses of them. Results come as computed lazy arrays.
    static_argnums : int or iterable of int
        Positions of arguments that are handed to the function as they are. It is
        traced again for each of their values.
    static_argnames : str or iterable of str
        Names of such arguments.

    Raises
    ------
    TraceError
        From the call, if the function looks at a value that is not known yet, or if
        it returns something that is no array.

    Examples
    --------
    >>> import numpy as np, lazydag as ld
    >>> @ld.jit
    ... def norm(x):
    ...     return ld.sqrt(ld.sum(x * x))
    >>> float(norm(np.array([3.0, 4.0])))
    5.0
    """
    if function is None:
        return functools.partial(
            jit, static_argnums=static_argnums, static_argnames=static_argnames
        )
    if not callable(function):
        raise UsageError(
            f"jit takes a function, not a {type(function).__name__}", caller_location()
        )
    return Jitted(function, _static_places(function, static_argnums, static_argnames))


def _static_places(
    function: Callable[..., Any],
    numbers: int | Iterable[int],
    names: str | Iterable[str],
) -> frozenset[int | str]:
    """Return each static argument by position and by name, where it has both."""
    places: set[int | str] = set((numbers,) if isinstance(numbers, int) else numbers)
    places |= {names} if isinstance(names, str) else set(names)
    if not places:
        return frozenset()
    parameters = list(inspect.signature(function).parameters.values())
    known = {p.name for p in parameters if p.kind is not p.VAR_POSITIONAL}
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
    for place in list(places):
        if isinstance(place, str) and place not in known and not takes_any:
            raise UsageError(
                f"{name_of(function)} has no argument {place!r} to be static",
                caller_location(),
                f"It has {', '.join(known)}.",
            )
        if isinstance(place, int) and place < 0:
            places.remove(place)
            places.add(place := place + len(parameters))
        for i, p in enumerate(parameters):
            if place in (i, p.name) and p.kind is p.POSITIONAL_OR_KEYWORD:
                places |= {i, p.name}
    return frozenset(places)
