"""Graphs as text: one line a node, names in topological order, comments aligned."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lazydag.ir.attrs import (
    BranchAttrs,
    KernelAttrs,
    LoopAttrs,
    StencilAttrs,
    UserKernel,
    bodies_of,
    with_output,
)
from lazydag.ir.graph import Graph, topological, users
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS, Op
from lazydag.ir.text.attributes import write_attrs, write_call, write_ints
from lazydag.ir.text.lines import Line, aligned, elided
from lazydag.ir.text.names import (
    BODY_NAMES,
    BODY_STAGES,
    has_plain_params,
    letters,
    name_nodes,
    numbers,
    outputs_of_kernels,
    param_refs,
    user_kernels,
    word,
)
from lazydag.ir.types import TupleType, Type

_GET = OPS["get"]
# Parameters go on lines of their own when the first line would be longer.
_HEADER_WIDTH = 96
_EXCERPT_USERS = 3


@dataclass(frozen=True, slots=True)
class _Scope:
    """What the nodes of one graph or body are called, and how they are printed.

    Parameters
    ----------
    order : sequence of Node
        Nodes to print, parameters left out.
    refs : mapping of Node to str
        Names of all nodes.
    spread : mapping of Node to list of Node or None
        Kernels whose outputs are named on the kernel's line.
    taken : tuple of frozenset of str
        Names that are not to be used inside bodies.
    indent : str
        What each line begins with.
    annotations : mapping of Node to str
        Text for the comments.
    """

    order: Sequence[Node]
    refs: Mapping[Node, str]
    spread: Mapping[Node, list[Node | None]]
    taken: tuple[frozenset[str], ...]
    indent: str
    annotations: Mapping[Node, str]

    def operands(self, nodes: Iterable[Node], separator: str = " ") -> str:
        return separator.join([self.refs[node] for node in nodes])


def dump(
    graph: Graph,
    annotations: Mapping[Node, str] | None = None,
    sources: bool = True,
    *,
    title: str = "",
    summary: str = "",
) -> str:
    """Return the text of a graph.

    Parameters
    ----------
    graph : Graph
        At any stage.
    annotations : mapping of Node to str, optional
        Text added to the comments of the graph's own nodes; that of a kernel or of its
        outputs stands behind the closing brace. Nodes inside bodies have none.
    sources : bool
        Whether comments name the user's lines.
    title, summary : str
        Comments of the first and the last line.

    Returns
    -------
    str
        Lines, each ended by a newline: the same text for the same graph, always.

    Notes
    -----
    Linear in the number of nodes; no recursion but into the bodies of kernels.

    Examples
    --------
    >>> from lazydag.ir.graph import make_graph, param
    >>> from lazydag.ir.node import make
    >>> from lazydag.ir.ops import OPS
    >>> from lazydag.ir.text import parse_type
    >>> x = param(0, parse_type("f64[8]"))
    >>> graph = make_graph("double", [x], [make(OPS["add"], x, x)], param_names=["x"])
    >>> print(dump(graph), end="")
    graph @double(%x: f64[8])  stage=traced
      %0: f64[8] = add %x %x
      return %0
    """
    printer = _Printer(user_kernels(graph), sources)
    lines = list(printer.graph(graph, annotations or {}, title, summary))
    return "".join(aligned(lines))


def excerpt(graph: Graph, around: Collection[Node]) -> str:
    """Return the lines of `graph` about some of its nodes, their sources and users.

    Names are those of the whole dump; ``…`` stands for lines left out.
    """
    used_by = users(graph.nodes())
    keep = set(around)
    for node in around:
        keep.update(node.srcs)
        keep.update(used_by.get(node, [])[:_EXCERPT_USERS])
    # The outputs of a kernel are shown with it.
    keep.update(node.srcs[0] for node in tuple(keep) if node.op is _GET)
    lines = _Printer(user_kernels(graph), sources=True).graph(graph, {}, "", "")
    return "".join(aligned(elided(lines, keep)))


class _Printer:
    """Writes lines; knows the names of users' kernels and whether to show sources."""

    def __init__(self, kernels: Mapping[str, UserKernel], sources: bool) -> None:
        self.kernels = {kernel: name for name, kernel in kernels.items()}
        self.sources = sources

    def graph(
        self, graph: Graph, annotations: Mapping[Node, str], title: str, summary: str
    ) -> Iterator[Line]:
        """Yield the lines of a whole graph."""
        names = param_refs(graph.param_names)
        yield from _header(graph, names, title)
        params = dict(zip(graph.params, names, strict=False))
        taken = (frozenset(names),)
        scope = _scope(graph, params, numbers(), taken, "  ", annotations)
        yield from self.nodes(scope)
        outputs = scope.operands(graph.outputs, ", ")
        yield Line(f"  return {outputs}".rstrip(), summary)

    def nodes(self, scope: _Scope) -> Iterator[Line]:
        """Yield the lines of the nodes of a graph or body."""
        named = {each for nodes in scope.spread.values() for each in nodes}
        for node in scope.order:
            if node in scope.spread or isinstance(node.attrs, KernelAttrs):
                yield from self.bodies(node, scope)
            elif node not in named:
                yield self.node(node, scope)

    def node(self, node: Node, scope: _Scope) -> Line:
        """Return the line of a node that is no kernel."""
        attrs = write_attrs(node.attrs, self.kernels)
        result = f"{scope.indent}{scope.refs[node]}: {node.type}"
        op = f"{node.op.name}[{attrs}]" if attrs else node.op.name
        text = f"{result} = {op} {scope.operands(node.srcs)}".rstrip()
        return Line(text, self.comment(node, scope), node)

    def comment(self, node: Node, scope: _Scope) -> str:
        """Return the user's line and the annotation."""
        source = str(node.source) if self.sources and node.source else ""
        return f"{source}  {scope.annotations.get(node, '')}".strip()

    def bodies(self, node: Node, outer: _Scope) -> Iterator[Line]:
        """Yield the lines of a kernel, a loop or a branch."""
        text = f"{outer.indent}{_head(node, outer)} {{"
        for number, body in enumerate(bodies_of(node.attrs)):
            if number:
                head = f"else {_body_op(node.op, body, {})}".rstrip()
                text = f"{outer.indent}}} {head} {{"
            yield Line(text, "", node)
            yield from self.body(node, body, outer)
        yield Line(f"{outer.indent}}}", self.closing_comment(node, outer), node)

    def body(self, node: Node, body: Graph, outer: _Scope) -> Iterator[Line]:
        """Yield the lines of a body, without those of the braces."""
        indent = outer.indent
        is_own = isinstance(node.attrs, (LoopAttrs, StencilAttrs))
        given = () if is_own else node.srcs
        if isinstance(node.attrs, BranchAttrs):
            given = given[1:]
        plain = bool(given) and has_plain_params(body, given)
        names = param_refs(body.param_names)
        if plain:
            names = [outer.refs[src] for src in given]
        if not plain and (body.params or node.srcs):
            yield Line(f"{indent}  params {_typed(body, names)}".rstrip(), "", node)
        params = dict(zip(body.params, names, strict=False))
        taken = (*outer.taken, frozenset(names))
        scope = _scope(body, params, letters(*taken), taken, f"{indent}  ", {})
        for line in self.nodes(scope):
            yield Line(line.text, line.comment, node)
        outputs = scope.operands(body.outputs, ", ")
        yield Line(f"{indent}  yield {outputs}".rstrip(), "", node)

    def closing_comment(self, node: Node, scope: _Scope) -> str:
        """Return the annotations, and the line of what has none inside."""
        nodes = [*dict.fromkeys((node, *scope.spread.get(node, ())))]
        told = [scope.annotations.get(n) for n in nodes if n is not None]
        is_loop = self.sources and not isinstance(node.attrs, KernelAttrs)
        source = str(node.source) if is_loop and node.source else ""
        return f"{source}  {', '.join(filter(None, told))}".strip()


def _scope(
    graph: Graph,
    params: dict[Node, str],
    fresh: Iterator[str],
    taken: tuple[frozenset[str], ...],
    indent: str,
    annotations: Mapping[Node, str],
) -> _Scope:
    """Name the nodes of a graph or body, whose parameters have names already."""
    order = [node for node in topological(graph.outputs) if node not in params]
    spread = outputs_of_kernels(order, graph.outputs)
    refs = dict(params)
    name_nodes(order, spread, refs, fresh)
    return _Scope(order, refs, spread, taken, indent, annotations)


def _typed(graph: Graph, names: Sequence[str]) -> str:
    return ", ".join(_typed_params(graph, names))


def _typed_params(graph: Graph, names: Sequence[str]) -> Iterator[str]:
    """Yield ``%x: f64[8] @gpu0``, with the slot where it is not the position."""
    for i, (node, name) in enumerate(zip(graph.params, names, strict=False)):
        slot, space = getattr(node.attrs, "slot", i), getattr(node.attrs, "space", "")
        at = f" @{word(space)}" if space else ""
        yield f"{name}: {node.type}{at}" + (f" slot={slot}" if slot != i else "")


def _header(graph: Graph, names: Sequence[str], title: str) -> Iterator[Line]:
    start, end = f"graph @{word(graph.name)}(", f")  stage={graph.stage.label}"
    if graph.scope:
        end += f"  scope={word(graph.scope)}"
    params = list(_typed_params(graph, names))
    whole = f"{start}{', '.join(params)}{end}"
    if len(whole) <= _HEADER_WIDTH or not params:
        yield Line(whole, title)
        return
    yield Line(start, title)
    yield from (Line(f"    {each},") for each in params)
    yield Line(end)


def _head(node: Node, scope: _Scope) -> str:
    """Return the first line of what has bodies, without the brace."""
    attrs = node.attrs
    results = f"{scope.refs.get(node)}: {node.type}"
    if node in scope.spread:
        named = scope.spread[node]
        shown = ", ".join("_" if each is None else scope.refs[each] for each in named)
        results = f"{shown}: {', '.join(map(str, _result_types(node)))}"
    device = ""
    fields: dict[str, str] = {}
    if isinstance(attrs, KernelAttrs):
        device = "" if attrs.device is None else f" @{word(attrs.device)}"
        if attrs.tile is not None:
            fields["tile"] = write_ints(attrs.tile)
    else:
        fields = write_call(attrs)
    op = _body_op(node.op, bodies_of(attrs)[0], fields)
    return (
        f"{results}{device} = {node.op.name}{op} {scope.operands(node.srcs)}".rstrip()
    )


def _result_types(node: Node) -> Sequence[Type]:
    if isinstance(node.type, TupleType):
        return node.type.items
    types = [s.type for s in node.srcs]
    count = len(bodies_of(node.attrs)[0].outputs)
    return [node.op.infer(types, with_output(node.attrs, i)) for i in range(count)]


def _body_op(op: Op, body: Graph, fields: dict[str, str]) -> str:
    """Return the name of a body, and what stands in brackets."""
    shown = dict(fields)
    if body.stage is not BODY_STAGES[op.name]:
        shown["stage"] = body.stage.label
    if body.scope:
        shown["scope"] = word(body.scope)
    name = "" if body.name == BODY_NAMES[op.name] else f" @{word(body.name)}"
    listed = ", ".join(f"{key}={value}" for key, value in shown.items())
    return f"{name}[{listed}]" if listed else name
