"""What is known while the lines of a graph, or of a kernel's body, are read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lazydag.ir.graph import Graph, Stage, param
from lazydag.ir.node import Node
from lazydag.ir.ops import Op
from lazydag.ir.text.attributes import BODY_FIELDS, read_fields
from lazydag.ir.text.cursor import Cursor
from lazydag.ir.text.grammar import ATTRS, Results, read_stage, take_name
from lazydag.ir.text.names import BODY_NAMES, BODY_STAGES, default_names, unword
from lazydag.ir.types import ArrayType

_COPY = re.compile(r"'\d+$")


@dataclass(frozen=True, slots=True)
class BodyOp:
    """What stands between ``=`` and the operands of an op with bodies."""

    op: Op
    name: str
    stage: Stage
    scope: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BodyHead:
    """The first line of a body that is being read, and the bodies before it.

    Parameters
    ----------
    first : Mapping
        The fields of the first body's line, which are of the op itself.
    """

    results: Results
    device: str | None
    op: BodyOp
    srcs: tuple[Node, ...]
    refs: Sequence[str]
    first: Mapping[str, str]
    before: tuple[Graph, ...] = ()


@dataclass(slots=True)
class Scope:
    """Names and parameters of a graph or body.

    Parameters
    ----------
    head : BodyHead or None
        What this is the body of.
    label : str
        The scope of the parameters.
    refs : dict of str to Node
        What has been defined.
    params : list of Node
        The parameters.
    names : list of str
        Their names.
    outputs : list of Node or None
        What is returned or yielded, once that has been read.
    is_begun : bool
        Whether a line has been read.
    """

    head: BodyHead | None = None
    label: str = ""
    refs: dict[str, Node] = field(default_factory=dict)
    params: list[Node] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    outputs: list[Node] | None = None
    is_begun: bool = False

    def add_param(
        self,
        ref: str,
        name: str,
        type: ArrayType,
        slot: int | None = None,
        space: str = "",
    ) -> None:
        """Add a parameter; its slot is its position unless it has another."""
        position = len(self.params) if slot is None else slot
        node = param(position, type, scope=self.label, space=space)
        self.refs[ref] = node
        self.params.append(node)
        self.names.append(name)

    def clear_params(self) -> None:
        """Forget the parameters that a kernel's operands stood for."""
        self.refs.clear()
        self.params.clear()
        self.names.clear()

    def expected(self) -> str:
        """Return what the next line can be."""
        end = "return" if self.head is None else "yield"
        return f"a node or {end}" if self.outputs is None else "}"


def body_scope(head: BodyHead) -> Scope:
    """Return the scope of a body, whose parameters go by the operands' names.

    If an operand is given twice, and for loops, the body must say what its parameters
    are called.
    """
    scope = Scope(head, head.op.scope)
    kind = head.op.op.name
    skipped = {"kernel": 0, "branch": 1}.get(kind, len(head.refs))
    refs, srcs = head.refs[skipped:], head.srcs[skipped:]
    if len(set(refs)) == len(refs):
        for ref, name, src in zip(refs, default_names(len(refs)), srcs, strict=True):
            scope.add_param(ref, name, src.type)
    return scope


def name_of(ref: str) -> str:
    """Return the name of the parameter that `ref` refers to.

    >>> name_of("%x"), name_of('%"a b"'), name_of("%x'3")
    ('x', 'a b', 'x')
    """
    return unword(ref[1:] if ref.endswith('"') else _COPY.sub("", ref[1:]))


def take_body_op(at: Cursor, op: Op) -> BodyOp:
    """Read ``@name[tile=(64,), stage=fused, scope=f.py:3]``, all of it optional."""
    name = take_name(at)
    fields, place = at.take(ATTRS) or "", at.here()
    try:
        texts = read_fields(fields, (*BODY_FIELDS[op.name], "stage", "scope"))
    except ValueError as error:
        raise place.fault(f"{op.name}: {error}") from error
    default = BODY_STAGES[op.name]
    stage = read_stage(texts["stage"], place) if "stage" in texts else default
    scope = unword(texts.get("scope", ""))
    called = BODY_NAMES[op.name] if name is None else name
    return BodyOp(op, called, stage, scope, texts)
