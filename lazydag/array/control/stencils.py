"""Stencils: every element anew of those around it, once or in many sweeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import index
from typing import Any, TypeAlias

from lazydag.array.array import Array, node_of
from lazydag.array.control import body as bodies
from lazydag.array.control.body import Body
from lazydag.array.control.fit import is_weak
from lazydag.array.functions.creation import zeros
from lazydag.array.nodes.broadcast import cast
from lazydag.array.pytree import LEAF
from lazydag.array.trace import definition, name_of, scope_of
from lazydag.array.tracing import state
from lazydag.errors import DTypeError, ShapeError, UsageError
from lazydag.ir.attrs import StencilAttrs, scoped
from lazydag.ir.boundaries import EXTRAPOLATE, INSIDE, is_rule, words
from lazydag.ir.graph import Graph, make_graph, param, rebuild, topological
from lazydag.ir.node import Node, array_type, make
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.source import SourceLoc, caller_location
from lazydag.ir.types import ArrayType

_STENCIL = OPS["stencil"]

#: A rule for all axes, or one for each; a constant goes with its value.
Boundary: TypeAlias = Any
Neighbour: TypeAlias = tuple[int, ...]


def stencil(
    function: Callable[..., Any] | None = None,
    /,
    *,
    boundary: Boundary,
    radius: int | Sequence[int] | None = None,
) -> Any:
    """Make a function of neighbourhoods one of arrays.

    The function is given a neighbourhood for each array, ``u[0, 1]`` being the element
    one further along the last axis, and returns what becomes of the element in the
    middle. It is traced once for all elements.

    Parameters
    ----------
    function : callable
        ``function(u, v, ...)`` returns a number, or a tuple of them: what becomes of
        the first arrays. Left out, the rest makes a decorator.
    boundary : str, tuple, or sequence of them for each axis
        What lies beyond the ends of an axis:

        - ``"wrap"``: the other end; NumPy's and SciPy's ``wrap`` (``grid-wrap``)
        - ``"clamp"``: the last element again; ``edge`` of NumPy, ``nearest`` of SciPy
        - ``"reflect"``: what is before the last element, going back; ``reflect`` of
          NumPy, ``mirror`` of SciPy
        - ``"symmetric"``: the last element, and going back; ``symmetric`` of NumPy,
          ``reflect`` of SciPy
        - ``"extrapolate"``: on a line with the last two elements
        - ``("constant", value)``: a number
    radius : int or sequence of int, optional
        How far away neighbours may be along each axis; otherwise as far as the
        function looks.

    Returns
    -------
    callable
        ``f(u, v, ..., steps=1)`` gives lazy arrays of the shape of `u`. With more steps
        the results take the places of the first arrays, again and again.

    Raises
    ------
    UsageError
        If there is no such boundary.

    Notes
    -----
    Axes get what lies beyond their ends from the last to the first, so that corners are
    beyond an edge first. Many sweeps are made a tile at a time, as long as it is in the
    caches [1]_: memory is read and written once for several sweeps. How many that are
    follows from the sizes of the caches, and no bit depends on it.

    References
    ----------
    .. [1] M. Wolfe, "More iteration space tiling", Supercomputing 1989.

    Examples
    --------
    >>> import lazydag as ld
    >>> @ld.stencil(boundary="clamp")
    ... def smooth(u):
    ...     return (u[-1] + 2 * u[0] + u[1]) / 4
    >>> smooth(ld.asarray([0.0, 0.0, 4.0, 0.0]))
    Array([0., 1., 2., 1.])
    >>> smooth(ld.asarray([0.0, 0.0, 4.0, 0.0]), steps=1000).round(3)
    Array([1., 1., 1., 1.])
    """

    def made(function: Callable[..., Any]) -> Stencil:
        return Stencil(function, boundary, radius)

    return made if function is None else made(function)


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What a function sees of an array: ``u[i, j]`` is an element so far away."""

    source: int
    type: ArrayType
    name: str
    radius: tuple[int, ...] | None
    seen: dict[Neighbour, Node]

    def __getitem__(self, offsets: Any) -> Array:
        """Return the element that is so far away along each axis."""
        given = offsets if isinstance(offsets, tuple) else (offsets,)
        away = tuple(index(k) for k in given)
        if len(away) != self.type.ndim:
            raise ShapeError(
                f"{self.name} looks {list(away)} away in an array of "
                f"{self.type.ndim} axes",
                caller_location(),
            )
        if self.radius and any(
            abs(k) > r for k, r in zip(away, self.radius, strict=True)
        ):
            raise UsageError(
                f"{self.name} looks {list(away)} away, beyond its radius "
                f"{list(self.radius)}",
                caller_location(),
            )
        return Array(self._node((self.source, *away)))

    def _node(self, key: Neighbour) -> Node:
        if key not in self.seen:
            scope = state.trace.scope if state.trace else ""
            element = ArrayType((), self.type.dtype)
            self.seen[key] = param(len(self.seen), element, scope=scope)
        return self.seen[key]


@dataclass(frozen=True, slots=True)
class Stencil:
    """A function of arrays that computes each element of those around it."""

    function: Callable[..., Any]
    boundary: Boundary
    radius: int | Sequence[int] | None = None
    __name__: str = field(init=False, default="stencil")

    def __post_init__(self) -> None:
        object.__setattr__(self, "__name__", name_of(self.function))
        rules(self.boundary, 1 if is_rule(self.boundary) else len(self.boundary))

    def __call__(self, *arrays: Any, steps: int = 1) -> Any:
        """Return what so many sweeps make of the arrays.

        Raises
        ------
        ShapeError
            If the arrays are not of one shape.
        DTypeError
            If the type of the elements would change from sweep to sweep.
        """
        at = caller_location()
        nodes = [node_of(array) for array in arrays]
        steps = index(steps)
        _check(self.__name__, nodes, steps, at)
        traced, seen = self._traced(nodes)
        count = len(traced.outputs)
        if steps == 0:
            found = list(map(Array, nodes[:count]))
        else:
            found = self._swept(traced, seen, nodes, steps, at)
        return found[0] if traced.results == LEAF else tuple(found)

    def _traced(self, nodes: Sequence[Node]) -> tuple[Body, dict[Neighbour, Node]]:
        """Return the body, and the parameters of the neighbours that it looks at."""
        seen: dict[Neighbour, Node] = {}
        ndim = array_type(nodes[0]).ndim
        radius = self.radius
        if isinstance(radius, int):
            radius = (radius,) * ndim
        around = [
            Neighbourhood(
                source,
                array_type(node),
                self.__name__,
                None if radius is None else tuple(radius),
                seen,
            )
            for source, node in enumerate(nodes)
        ]
        traced = bodies.run(self.function, [], lambda _: tuple(around))
        traced.params.extend(seen.values())
        return traced, seen

    def _swept(
        self,
        traced: Body,
        seen: dict[Neighbour, Node],
        nodes: list[Node],
        steps: int,
        at: SourceLoc | None,
    ) -> list[Array]:
        outputs = self._outputs(traced, nodes, steps, at)
        shape = array_type(nodes[0]).sizes
        if 0 in shape:
            return [zeros(shape, dtype=array_type(node).dtype) for node in outputs]
        _check_elements(self.__name__, traced, outputs)
        captured = bodies.invariant(traced, outputs)
        for node in captured:
            if array_type(node).shape:
                raise ShapeError(
                    f"{self.__name__} uses {array_type(node)} from outside",
                    at,
                    "Make it an argument, of which the function sees neighbourhoods.",
                )
        first = len(nodes)
        more = [(first + i,) for i in range(len(captured))]
        attrs = StencilAttrs(
            self._body(traced, outputs, captured),
            (*seen, *more),
            _rules_for(self.boundary, array_type(nodes[0])),
            steps,
        )
        return _results(attrs, (*nodes, *captured), at)

    def _body(
        self, traced: Body, outputs: Sequence[Node], captured: Sequence[Node]
    ) -> Graph:
        """Return the body, which is the same wherever the stencil is used."""
        scope = scope_of(self.function, definition(self.function))
        graph = bodies.closed(traced, outputs, captured)

        def visit(node: Node, srcs: tuple[Node, ...]) -> Node:
            attrs = scoped(node.attrs, scope)
            return make(node.op, *srcs, attrs=attrs, source=node.source)

        params = [visit(node, ()) for node in graph.params]
        return make_graph(graph.name, params, rebuild(graph.outputs, visit))

    def _outputs(
        self, traced: Body, nodes: Sequence[Node], steps: int, at: SourceLoc | None
    ) -> list[Node]:
        """Return what the body gives, in types that can be swept again."""
        found = list(traced.outputs)
        if len(found) > len(nodes) and steps > 1:
            raise UsageError(
                f"{self.__name__} gives {len(found)} results of {len(nodes)} arrays, "
                "which cannot be swept again",
                at,
            )
        for i, (leaf, node) in enumerate(zip(traced.leaves, found, strict=True)):
            type_ = array_type(node)
            if type_.shape:
                raise ShapeError(f"{self.__name__} returned {type_}, no element", at)
            if steps == 1:
                continue
            wanted = array_type(nodes[i]).dtype
            if type_.dtype != wanted and not is_weak(leaf):
                raise DTypeError(
                    f"{self.__name__} makes {type_.dtype} of {wanted}: the type would "
                    "change from sweep to sweep",
                    at,
                    f"Give it an array of {type_.dtype}, or convert with astype.",
                )
            found[i] = cast(node, wanted, at)
        return found


def _check_elements(name: str, traced: Body, outputs: Sequence[Node]) -> None:
    """Check that all that depends on neighbours is a number.

    Raises
    ------
    UsageError
        If some is more.
    """
    depends = set(traced.params)
    for node in topological(outputs):
        if any(src in depends for src in node.srcs):
            depends.add(node)
            if node.op.kind is not Kind.ELEMENTWISE:
                raise UsageError(
                    f"{name} uses {node.op.name}, which is not computed element by "
                    "element",
                    node.source,
                    "Write it with numbers, such as u[0] + u[1].",
                )


def _results(
    attrs: StencilAttrs, srcs: Sequence[Node], at: SourceLoc | None
) -> list[Array]:
    count = len(attrs.body.outputs)
    from_first = [attrs] + [
        StencilAttrs(attrs.body, attrs.neighbours, attrs.boundary, attrs.steps, i)
        for i in range(1, count)
    ]
    return [Array(make(_STENCIL, *srcs, attrs=a, source=at)) for a in from_first]


def _check(name: str, nodes: Sequence[Node], steps: int, at: SourceLoc | None) -> None:
    """Check that there are arrays of one shape.

    Raises
    ------
    ShapeError, UsageError
        If there are none, or it is not.
    """
    if steps < 0:
        raise UsageError(f"{name} cannot make {steps} sweeps", at)
    types = [array_type(node) for node in nodes]
    if not types or not types[0].shape:
        raise ShapeError(f"{name} needs an array with axes", at)
    for type_ in types[1:]:
        if type_.shape != types[0].shape:
            raise ShapeError(
                f"{name} cannot go over {types[0]} and {type_} together",
                at,
                "Give it arrays of one shape; numbers may come from outside.",
            )


def rules(boundary: Boundary, ndim: int) -> tuple[str, ...]:
    """Return the rule of each axis, as words.

    Raises
    ------
    UsageError
        If there is none of that name, or not one for each axis.
    """
    try:
        return words(boundary, ndim)
    except (TypeError, ValueError) as error:
        listed = ", ".join(repr(name) for name in (*INSIDE, EXTRAPOLATE))
        remedy = f'It is {listed} or ("constant", 0.0).'
        raise UsageError(str(error), caller_location(), remedy) from error


def _rules_for(boundary: Boundary, type_: ArrayType) -> tuple[str, ...]:
    found = rules(boundary, type_.ndim)
    if type_.dtype.kind == "b" and EXTRAPOLATE in found:
        raise DTypeError("bools cannot be extrapolated", caller_location())
    return found
