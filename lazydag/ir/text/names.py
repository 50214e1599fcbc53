"""How things are called in text: words, parameters, nodes and users' kernels."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from itertools import count

from lazydag.ir.attrs import (
    BranchAttrs,
    CallAttrs,
    FunctionAttrs,
    GetAttrs,
    LoopAttrs,
    ParamAttrs,
    StencilAttrs,
    UserKernel,
    bodies_of,
    call_key,
)
from lazydag.ir.graph import Graph, Stage
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS

#: A body has this name and stage, by its op, unless its line says otherwise.
BODY_NAMES = {"kernel": "kernel", "loop": "body", "branch": "case", "stencil": "point"}
BODY_STAGES = {
    "kernel": Stage.SIMPLIFIED,
    "loop": Stage.TRACED,
    "branch": Stage.TRACED,
    "stencil": Stage.TRACED,
}

# A parameter may be called args[0].x without quotes; %0 is always a node.
_PARAM = re.compile(r"[^\W\d][\w.\[\]]*")
_WORD = re.compile(r"[\w.:<>+-]+")
_GET, _CALL, _KERNEL = OPS["get"], OPS["call"], OPS["kernel"]


def word(text: str) -> str:
    """Return a name that stands alone, quoted if it has unusual characters."""
    return text if _WORD.fullmatch(text) else json.dumps(text)


def unword(text: str) -> str:
    """Return the name that `word` or a parameter's reference was made from."""
    return str(json.loads(text)) if text.startswith('"') else text


def param_refs(names: Sequence[str]) -> list[str]:
    """Return what the parameters are called; a repeated name gets its slot's number.

    >>> param_refs(["x", "args[0]", "a b", "x"])
    ['%x', '%args[0]', '%"a b"', "%x'3"]
    """
    refs: list[str] = []
    taken: set[str] = set()
    for slot, name in enumerate(names):
        ref = "%" + (name if _PARAM.fullmatch(name) else json.dumps(name))
        refs.append(f"{ref}'{slot}" if ref in taken else ref)
        taken.add(ref)
    return refs


def numbers() -> Iterator[str]:
    """Yield %0, %1 and so on."""
    return (f"%{i}" for i in count())


def letters(*taken: Collection[str]) -> Iterator[str]:
    """Yield %a … %z, %aa and so on, without those that are taken."""
    used = [frozenset(each) for each in taken]
    refs = map(_letters, count(1))
    return (ref for ref in refs if not any(ref in each for each in used))


def _letters(i: int) -> str:
    text = ""
    while i:
        i, rest = divmod(i - 1, 26)
        text = chr(ord("a") + rest) + text
    return "%" + text


def default_names(number: int) -> tuple[str, ...]:
    """Return the names that `make_graph` gives to parameters without any."""
    return tuple(f"p{i}" for i in range(number))


def has_plain_params(body: Graph, srcs: Sequence[Node]) -> bool:
    """Tell whether a body's parameters can go by the names of the kernel's sources."""
    return (
        len(set(srcs)) == len(srcs) == len(body.params)
        and body.param_names == default_names(len(srcs))
        and all(
            param.attrs == ParamAttrs(slot, src.type, body.scope)
            for slot, (param, src) in enumerate(zip(body.params, srcs, strict=True))
        )
    )


def outputs_of_kernels(
    order: Sequence[Node], outputs: Iterable[Node]
) -> dict[Node, list[Node | None]]:
    """Return the node of each output (None if unused) of what is printed at once.

    That is the `get`s of the kernels in `order`, unless anything else wants a kernel,
    and the results of one loop or branch, by the first of them.
    """
    found: dict[Node, list[Node | None]] = {
        n: [None] * len(n.type.items) for n in order if n.op is _KERNEL
    }
    whole = set(outputs)
    for node in order:
        if node.op is _GET and isinstance(node.attrs, GetAttrs):
            if node.srcs[0] in found:
                found[node.srcs[0]][node.attrs.index] = node
        else:
            whole.update(node.srcs)
    named = {n: gets for n, gets in found.items() if n not in whole and any(gets)}
    return named | _results_of_calls(order)


def _results_of_calls(order: Iterable[Node]) -> dict[Node, list[Node | None]]:
    firsts: dict[Hashable, Node] = {}
    found: dict[Node, list[Node | None]] = {}
    for node in order:
        attrs = node.attrs
        if isinstance(attrs, (LoopAttrs, BranchAttrs, StencilAttrs)):
            first = firsts.setdefault((call_key(attrs), node.srcs), node)
            count = len(bodies_of(attrs)[0].outputs)
            found.setdefault(first, [None] * count)[attrs.output] = node
    return found


def name_nodes(
    order: Iterable[Node],
    spread: dict[Node, list[Node | None]],
    refs: dict[Node, str],
    fresh: Iterator[str],
) -> None:
    """Add the names of the nodes in `order` to `refs`; outputs are named together."""
    for node in order:
        for each in spread.get(node, (node,)):
            if each is not None and each not in refs:
                refs[each] = next(fresh)


def user_kernels(graph: Graph) -> dict[str, UserKernel]:
    """Return the users' kernels of a graph by their names in its dump.

    Of two with one name, the second to appear is called ``name+1``.
    """
    found: dict[UserKernel, None] = {}
    graphs = [graph]
    while graphs:
        for node in graphs.pop().nodes():
            if isinstance(node.attrs, CallAttrs):
                found[node.attrs.kernel] = None
            elif isinstance(node.attrs, FunctionAttrs):
                options = (value for _, value in node.attrs.options)
                found |= {x: None for x in options if isinstance(x, UserKernel)}
            else:
                graphs += bodies_of(node.attrs)
    named: dict[str, UserKernel] = {}
    for kernel in found:
        tries = (f"{kernel.name}{suffix}" for suffix in _suffixes())
        named[next(name for name in tries if name not in named)] = kernel
    return named


def _suffixes() -> Iterator[str]:
    yield ""
    yield from (f"+{i}" for i in count(1))
