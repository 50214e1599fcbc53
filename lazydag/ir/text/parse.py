"""Graphs from text: the inverse of `dump`.

The grammar, line by line; ``#`` begins a comment, types of nodes may be left out where
the op does not need them::

    graph    = "graph" "@"name "(" [param {"," param}] ")" "stage="stage ["scope="scope]
               {line} "return" [refs]
    param    = "%"name ":" type ["@"space] ["slot="number]
    line     = result {"," result} [":" types] ["@"device] "=" op | kernel
    op       = name ["[" attributes "]"] {ref} | bodies
    bodies   = held head {ref} body {"else" head body}
    held     = "kernel" | "loop" | "branch" | "stencil"
    head     = ["@"name] ["[" attributes "]"]
    body     = "{" ["params" [param {"," param}]] {line} "yield" [refs] "}"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from lazydag.errors import LazydagError, ParseError
from lazydag.ir.attrs import Attrs, GetAttrs, UserKernel, with_output
from lazydag.ir.graph import Graph, make_graph
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS, Op
from lazydag.ir.text import grammar as g
from lazydag.ir.text.attributes import (
    BODY_FIELDS,
    FORMS,
    Written,
    read_body_attrs,
)
from lazydag.ir.text.cursor import Cursor, Place
from lazydag.ir.text.names import unword
from lazydag.ir.text.scope import (
    BodyHead,
    Scope,
    body_scope,
    name_of,
    take_body_op,
)
from lazydag.ir.text.types import read_array_type
from lazydag.ir.types import ArrayType, TupleType

_KERNEL, _GET = OPS["kernel"], OPS["get"]


def parse(
    text: str,
    kernels: Mapping[str, UserKernel] | None = None,
    file: str = "<text>",
) -> Graph:
    """Return the graph that `text` describes.

    Parameters
    ----------
    text : str
        What `dump` writes.
    kernels : mapping of str to UserKernel, optional
        The users' kernels that the text calls, by name (`user_kernels`).
    file : str
        Where the text comes from, for errors.

    Raises
    ------
    ParseError
        If it is not a graph: with line, column, what was expected, and the line.

    Notes
    -----
    Linear in the length of the text; no recursion. The graph need not keep the
    invariants of its stage: `verify` checks those.

    Examples
    --------
    >>> from lazydag.ir.text import dump
    >>> graph = parse('''
    ... graph @f(%x: f64[8], %y: f64[8])  stage=traced
    ...   %0 = add %x %y
    ...   return %0
    ... ''')
    >>> parse(dump(graph)) is graph
    True
    """
    return _Parser(Cursor(text, file), kernels or {}).graph()


def parse_type(text: str) -> ArrayType:
    """Return the array type written as `text`.

    Raises
    ------
    ParseError
        If it is not one.

    Examples
    --------
    >>> parse_type("f64[n<=100,4]")
    ArrayType(shape=(Dim(name='n', upper=100), 4), dtype=dtype('float64'))
    """
    try:
        return read_array_type(text)
    except ValueError as error:
        raise ParseError(str(error)) from error


class _Parser:
    """Reads lines; the stack of scopes holds the graph and the open kernels."""

    def __init__(self, cursor: Cursor, kernels: Mapping[str, UserKernel]) -> None:
        self.at = cursor
        self.kernels = kernels
        self.scopes: list[Scope] = [Scope()]

    def graph(self) -> Graph:
        """Read the whole text."""
        at, scope = self.at, self.scopes[0]
        at.next_line()
        at.expect(g.GRAPH, "graph @name(…)")
        name = unword(at.expect(g.NAME, "@ and the graph's name"))
        at.expect(g.OPEN, "( and the parameters")
        params = g.take_params(at, closed=True)
        stage = g.take_stage(at)
        scope.label = g.take_scope(at)
        _add_params(scope, params)
        while scope.outputs is None:
            if not at.next_line():
                raise at.here().expected("return and the outputs")
            self._line(self.scopes[-1])
        if at.next_line():
            raise at.here().expected("nothing after the graph's return")
        return make_graph(
            name, scope.params, scope.outputs, stage, param_names=scope.names
        )

    def _line(self, scope: Scope) -> None:
        """Read one line: a node, the first of a kernel, or a keyword."""
        place = self.at.here()
        keyword = self.at.take(g.KEYWORD)
        begun, scope.is_begun = scope.is_begun, True
        if keyword is None and scope.outputs is None:
            self._assignment(scope)
        elif keyword == "params" and scope.head and not begun:
            scope.clear_params()
            _add_params(scope, g.take_params(self.at, closed=False))
        elif keyword == _end(scope) and scope.outputs is None:
            refs = self._operands(scope, commas=True)
            scope.outputs = [scope.refs[ref] for ref in refs]
        elif keyword == "}" and scope.head and scope.outputs is not None:
            self._end_body(scope.head, scope.outputs)
        else:
            raise place.expected(scope.expected())

    def _assignment(self, scope: Scope) -> None:
        at = self.at
        results = g.take_results(at)
        for ref in results.refs:
            _check_new(scope, ref, results.place)
        device = g.take_name(at)
        at.expect(g.EQUALS, "= and an op")
        name = at.expect(g.OP, "an op")
        op = _known_op(name, at.behind(name))
        if op.name in BODY_FIELDS:
            self._begin_body(scope, op, results, device)
            return
        if len(results.refs) != 1 or results.whole or device is not None:
            raise results.place.fault("only kernels have a device or several outputs")
        attrs = self._attrs(op, results.types)
        srcs = [scope.refs[ref] for ref in self._operands(scope)]
        if not at.at_end():
            raise at.here().expected("an operand or the end of the line")
        node = _made(op, srcs, attrs, results.place)
        _define(scope, results, (node,), [node.type])

    def _attrs(self, op: Op, types: Sequence[ArrayType]) -> Attrs:
        place = self.at.here()
        text = self.at.take(g.ATTRS) or ""
        written = Written(types[0] if types else None, self.kernels)
        try:
            return FORMS[op.attrs].read(text, written)
        except (ValueError, OverflowError) as error:
            raise place.fault(f"{op.name}: {error}") from error

    def _operands(self, scope: Scope, *, commas: bool = False) -> list[str]:
        refs: list[str] = []
        while ref := self.at.take(g.REF):
            if ref not in scope.refs:
                raise self.at.behind(ref).fault(f"{ref} is not defined")
            refs.append(ref)
            if commas and not self.at.take(g.COMMA):
                break
        return refs

    def _begin_body(
        self, scope: Scope, op: Op, results: g.Results, device: str | None
    ) -> None:
        body = take_body_op(self.at, op)
        refs = self._operands(scope)
        self.at.expect(g.BRACE, "an operand or {")
        srcs = tuple(scope.refs[ref] for ref in refs)
        head = BodyHead(results, device, body, srcs, refs, body.fields)
        self.scopes.append(body_scope(head))

    def _end_body(self, head: BodyHead, outputs: Sequence[Node]) -> None:
        scope = self.scopes.pop()
        op, results = head.op, head.results
        body = make_graph(
            op.name, scope.params, outputs, op.stage, param_names=scope.names
        )
        bodies = (*head.before, body)
        if self.at.take(g.ELSE):
            following = take_body_op(self.at, op.op)
            self.at.expect(g.BRACE, "{")
            more = replace(head, op=following, before=bodies)
            self.scopes.append(body_scope(more))
            return
        try:
            attrs = read_body_attrs(op.op.name, head.first, bodies, head.device)
        except ValueError as error:
            raise results.place.fault(f"{op.op.name}: {error}") from error
        if op.op is _KERNEL:
            self._define_kernel(head, attrs, len(outputs))
        else:
            self._define_results(head, attrs, len(outputs))

    def _define_kernel(self, head: BodyHead, attrs: Attrs, count: int) -> None:
        results = head.results
        node = _made(_KERNEL, head.srcs, attrs, results.place)
        named: list[Node | None] = [node]
        if not results.whole:
            named = [
                None if ref is None else make(_GET, node, attrs=GetAttrs(i))
                for i, ref in enumerate(results.refs[:count])
            ]
        _define(self.scopes[-1], results, named, node.type.items)

    def _define_results(self, head: BodyHead, attrs: Attrs, count: int) -> None:
        made = [
            _made(head.op.op, head.srcs, with_output(attrs, i), head.results.place)
            for i in range(count)
        ]
        types = [node.type for node in made]
        _define(self.scopes[-1], head.results, made, types)


def _add_params(scope: Scope, params: Sequence[g.Param]) -> None:
    for each in params:
        _check_new(scope, each.ref, each.place)
        scope.add_param(each.ref, name_of(each.ref), each.type, each.slot, each.space)


def _end(scope: Scope) -> str:
    return "return" if scope.head is None else "yield"


def _check_new(scope: Scope, ref: str | None, place: Place) -> None:
    if ref in scope.refs:
        raise place.fault(f"{ref} is defined twice")


def _known_op(name: str, place: Place) -> Op:
    if name == "leaf":
        raise place.fault(
            "a leaf is an array held by the program that was dumped",
            "Make it a parameter of the graph that is dumped.",
        )
    op = OPS.get(name)
    if op is None:
        close = get_close_matches(name, OPS, 3)
        remedy = f"Did you mean {' or '.join(close)}?" if close else ""
        raise place.fault(f"expected an op, found {name!r}", remedy)
    return op


def _made(op: Op, srcs: Sequence[Node], attrs: Attrs, place: Place) -> Node:
    for src in srcs:
        if isinstance(src.type, TupleType) is not (op is _GET):
            raise place.fault(f"{op.name} cannot take {src.type}")
    try:
        return make(op, *srcs, attrs=attrs)
    except LazydagError as error:
        raise place.fault(f"{op.name}: {error.what}") from error


def _define(
    scope: Scope,
    results: g.Results,
    nodes: Sequence[Node | None],
    types: Sequence[ArrayType],
) -> None:
    """Name the nodes, whose types must be those written."""
    if len(results.refs) != len(nodes) or (
        results.types and results.types != list(types)
    ):
        listed, written = (", ".join(map(str, t)) for t in (types, results.types))
        raise results.place.fault(f"expected {listed or 'no type'}, found {written}")
    for ref, node in zip(results.refs, nodes, strict=True):
        if ref is not None and node is not None:
            scope.refs[ref] = node
