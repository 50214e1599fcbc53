"""Running a function with stand-ins for its arguments, to get its graph."""

from __future__ import annotations

import inspect
import linecache
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from lazydag.array import cutting
from lazydag.array.arguments import Call
from lazydag.array.array import Array
from lazydag.array.leaves import close, gone, leaf
from lazydag.array.nodes.dtypes import supported
from lazydag.array.nodes.pins import pinned
from lazydag.array.nodes.scalars import constant
from lazydag.array.operands import as_numpy
from lazydag.array.pytree import Branch, Tree, build, flatten, paths
from lazydag.array.scopes import in_scope
from lazydag.array.tracing import Segment, Trace, tracing
from lazydag.array.values import Value
from lazydag.errors import TraceError
from lazydag.ir.graph import Graph, make_graph, param
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS
from lazydag.ir.source import SourceLoc
from lazydag.ir.types import BOOL, F64, I64, ArrayType

_PARAM = OPS["param"]
_SCALARS = {bool: BOOL, int: I64, float: F64}


@dataclass(frozen=True, slots=True)
class Traced:
    """What a function computes for arguments of some types.

    Parameters
    ----------
    graph : Graph
        Over the arguments' leaves and then the captured arrays.
    captured : list of ndarray
        Arrays that the function used besides its arguments.
    results : Tree
        Structure of what it returned.
    written : tuple of int
        Positions of the arguments that it wrote into. What they became are the last
        outputs of the graph.
    looks : tuple of int
        Positions of the numbers among the arguments that it looked at: for others it
        may compute something else.
    """

    graph: Graph
    captured: list[Value]
    results: Tree
    written: tuple[int, ...] = ()
    looks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a function that was run in parts while it was traced.

    Parameters
    ----------
    values : list of ndarray
        The results, and what became of the arguments that it wrote into.
    captured : list of ndarray
        Arrays that the function used besides its arguments.
    results : Tree
        Structure of what it returned.
    written : tuple of int
        Positions of the arguments that it wrote into.
    looks : tuple of int
        Positions of the numbers that it looked at before the first part was run.
    """

    values: Sequence[Value]
    captured: list[Value]
    results: Tree
    written: tuple[int, ...]
    looks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of the arguments, beyond their types, while a function is traced.

    Parameters
    ----------
    arrays : sequence of ndarray or None
        Their values, for those that the function may look at.
    numbers : frozenset of int
        Positions of the Python and NumPy numbers among them.
    segments : list of Segment or None
        Where the parts are listed that are run.
    may_stop : bool
        Whether to raise `TooFine` for a function that works on single elements.
    devices : sequence of str or None
        Where they are, for those that are on devices.
    """

    arrays: Sequence[Value | None] = ()
    numbers: frozenset[int] = frozenset()
    segments: list[Segment] | None = None
    may_stop: bool = False
    devices: Sequence[str | None] = ()


def trace(
    function: Callable[..., Any],
    call: Call,
    types: Sequence[tuple[ArrayType, bool]],
    known: Knowledge,
) -> Traced | Ran:
    """Return the graph of `function` for arguments of these types.

    If it needs values that are known in parts only, it is run in parts.

    Raises
    ------
    TraceError
        If it looks at a value that may not be known, or returns something that is no
        array.
    """
    name = name_of(function)
    at = definition(function)
    scope = scope_of(function, at)
    params = [param(slot, type, scope=scope) for slot, (type, _) in enumerate(types)]
    values = {
        p: value
        for p, value in zip(params, known.arrays, strict=False)
        if value is not None
    }
    current = Trace(name, at, scope, values, known.numbers, may_stop=known.may_stop)
    current.segments = known.segments
    pairs = zip(params, known.devices, strict=False)
    current.devices = {p: device for p, device in pairs if device is not None}
    with tracing(current):
        try:
            weak = [weak for _, weak in types]
            stands = [Array(p, weak=w) for p, w in zip(params, weak, strict=True)]
            args, kwargs = arguments(call, stands)
            leaves, results = flatten(function(*args, **kwargs))
            outputs = _outputs(current, leaves, results)
            now = [stand.node for stand in stands]
            written = tuple(i for i, p in enumerate(params) if now[i] is not p)
            outputs += [
                _staying(now[i], current.devices.get(params[i])) for i in written
            ]
            outputs = [in_scope(node) for node in outputs]
            if current.cuts:
                return _last_part(current, outputs, results, written)
        except Exception:
            if current.stopped is None:
                raise
            raise current.stopped from None
        finally:
            forget(current)
    closed = close(outputs, len(params), scope)
    names = parameter_names(function, call)
    names += [f"captured{i}" for i in range(len(closed.params))]
    graph = make_graph(
        name, [*params, *closed.params], closed.outputs, param_names=_unique(names)
    )
    return Traced(graph, closed.arrays, results, written, tuple(current.looks))


def _staying(node: Node, device: str | None) -> Node:
    """Return what an argument has become, on the device that it is on."""
    return node if device is None else pinned(node, device, made=False)


def _last_part(
    current: Trace, outputs: Sequence[Node], results: Tree, written: tuple[int, ...]
) -> Ran:
    values = cutting.run(current, outputs, "return")
    captured = list(current.captured.values())
    return Ran(values, captured, results, written, tuple(current.looks))


def arguments(call: Call, stands: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments of a call with others in place of its leaves."""
    leaves = list(stands)
    for position, value in call.fixed:
        leaves.insert(position, value)
    args, kwargs = build(call.tree, leaves)
    args = list(args)
    for at, value in call.static:
        (args if isinstance(at, int) else kwargs)[at] = value  # type: ignore[index]
    return args, kwargs


def _outputs(current: Trace, leaves: Sequence[Any], results: Tree) -> list[Node]:
    return [
        _output(current, value, path)
        for value, path in zip(leaves, paths(results, ""), strict=True)
    ]


def _output(current: Trace, value: Any, path: str) -> Node:
    if isinstance(value, Array):
        return value.node
    if type(value) in _SCALARS:
        return constant(value, _SCALARS[type(value)])
    if isinstance(value, np.generic) and value.dtype.kind not in "OSUV":
        return constant(value, supported(value.dtype))
    if isinstance(value, np.ndarray):
        return leaf(as_numpy(value))
    raise no_array(current.name, current.at, value, path)


def no_array(name: str, at: SourceLoc | None, value: Any, path: str) -> TraceError:
    """Return the error for a result that cannot be one."""
    place = f" at {path}" if path else ""
    return TraceError(
        f"{name} returned a {type(value).__name__}{place}, which is no array",
        at,
        "Return arrays, numbers, or tuples, lists, dicts and dataclasses of them.",
    )


def forget(ended: Trace) -> None:
    """Let arrays that outlive the trace say so, should they be used."""
    traced: set[Node] = set()
    for known in ended.made:  # in the order in which they came to be
        array = known()
        if array is not None and array._value is None:
            node = array.node
            if _is_traced(node, traced):
                traced.add(node)
                array._node = gone(node)


def _is_traced(node: Node, traced: set[Node]) -> bool:
    """Tell whether a value depends on a parameter, as those in `traced` do."""
    seen: set[Node] = set()
    stack = [node]
    while stack:
        node = stack.pop()
        if node in traced or node.op is _PARAM:
            return True
        if node not in seen:
            seen.add(node)
            stack += node.srcs
    return False


def name_of(function: Callable[..., Any]) -> str:
    """Return the name of a function, a partial or a callable object."""
    inner = getattr(function, "func", function)
    return str(getattr(inner, "__name__", type(inner).__name__))


def scope_of(function: Callable[..., Any], at: SourceLoc | None) -> str:
    """Return the scope of a function's trace, such as ``flights.py:29:haversine``.

    One that calls functions of a closure is another with other functions: each keeps
    its lines.
    """
    inner = inspect.unwrap(getattr(function, "func", function))
    name = str(getattr(inner, "__qualname__", type(inner).__qualname__))
    own = name if at is None else f"{at}:{name}"
    called = [definition(each) for each in _enclosed(inner)]
    return "+".join([own, *(str(where) for where in called if where is not None)])


def _enclosed(function: Callable[..., Any]) -> list[Callable[..., Any]]:
    """Return the functions among the values that a function takes from around it."""
    found: list[Callable[..., Any]] = []
    for cell in getattr(function, "__closure__", None) or ():
        with suppress(ValueError):  # nothing is in it yet
            if inspect.isfunction(cell.cell_contents):
                found.append(cell.cell_contents)
    return found


def definition(function: Callable[..., Any]) -> SourceLoc | None:
    """Return the line of the function's ``def``."""
    inner = inspect.unwrap(getattr(function, "func", function))
    code = getattr(inner, "__code__", None)
    if code is None:
        return None
    line: int = code.co_firstlineno  # that of the first decorator
    for number in range(line, line + 50):
        if re.search(
            r"\bdef\b|\blambda\b", linecache.getline(code.co_filename, number)
        ):
            line = number
            break
    return SourceLoc(code.co_filename, line, code.co_name)


def parameter_names(function: Callable[..., Any], call: Call) -> list[str]:
    """Return a name for each leaf of a call, from the function's signature."""
    assert isinstance(call.tree, Branch)
    args, kwargs = call.tree.children
    assert isinstance(args, Branch)
    assert isinstance(kwargs, Branch)
    roots = [*_positional(function, len(args.children)), *map(str, kwargs.keys)]
    trees = (*args.children, *kwargs.children)
    found = [
        path
        for root, tree in zip(roots, trees, strict=True)
        for path in paths(tree, root)
    ]
    fixed = {position for position, _ in call.fixed}
    return [path for i, path in enumerate(found) if i not in fixed]


def _positional(function: Callable[..., Any], count: int) -> list[str]:
    """Return names of the first `count` positional arguments."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # builtins without a signature
        return [f"p{i}" for i in range(count)]
    names = [p.name for p in parameters if p.kind < p.VAR_POSITIONAL]
    rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), "p")
    extra = [f"{rest}.{i}" for i in range(max(count - len(names), 0))]
    return [*names, *extra][:count]


def _unique(names: Sequence[str]) -> list[str]:
    """Return names of letters, digits, dots and underscores, each once."""
    found: dict[str, None] = {}
    for name in names:
        clean = re.sub(r"[^\w.]", "_", name)
        while clean in found:
            clean += "_"
        found[clean] = None
    return list(found)
