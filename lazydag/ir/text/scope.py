"""What is known while the lines of a graph, or of a kernel's body, are read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from lazydag.ir.graph import Stage, param
from lazydag.ir.node import Node
from lazydag.ir.text.attributes import Written, read_fields, read_ints
from lazydag.ir.text.cursor import Cursor
from lazydag.ir.text.grammar import ATTRS, Results, read_stage, take_name
from lazydag.ir.text.names import BODY_NAME, BODY_STAGE, default_names, unword
from lazydag.ir.types import ArrayType

_COPY = re.compile(r"'\d+$")


@dataclass(frozen=True, slots=True)
class KernelOp:
    """What stands between ``=`` and the operands of a kernel."""

    name: str
    stage: Stage
    tile: tuple[int, ...] | None
    scope: str


@dataclass(frozen=True, slots=True)
class KernelHead:
    """The first line of a kernel whose body is being read."""

    results: Results
    device: str | None
    op: KernelOp
    srcs: tuple[Node, ...]


@dataclass(slots=True)
class Scope:
    """Names and parameters of a graph or body.

    Parameters
    ----------
    head : KernelHead or None
        The kernel that this is the body of.
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

    head: KernelHead | None = None
    label: str = ""
    refs: dict[str, Node] = field(default_factory=dict)
    params: list[Node] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    outputs: list[Node] | None = None
    is_begun: bool = False

    def add_param(
        self, ref: str, name: str, type: ArrayType, slot: int | None = None
    ) -> None:
        """Add a parameter; its slot is its position unless it has another."""
        position = len(self.params) if slot is None else slot
        node = param(position, type, scope=self.label)
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


def body_scope(head: KernelHead, refs: Sequence[str]) -> Scope:
    """Return the scope of a body, whose parameters go by the operands' names.

    If an operand is given twice, the body must say what its parameters are called.
    """
    scope = Scope(head, head.op.scope)
    if len(set(refs)) == len(refs):
        names = default_names(len(refs))
        for ref, name, src in zip(refs, names, head.srcs, strict=True):
            scope.add_param(ref, name, src.type)
    return scope


def name_of(ref: str) -> str:
    """Return the name of the parameter that `ref` refers to.

    >>> name_of("%x"), name_of('%"a b"'), name_of("%x'3")
    ('x', 'a b', 'x')
    """
    return unword(ref[1:] if ref.endswith('"') else _COPY.sub("", ref[1:]))


def take_kernel_op(at: Cursor) -> KernelOp:
    """Read ``@name[tile=(64,), stage=fused, scope=f.py:3]``, all of it optional."""
    name = take_name(at)
    fields, place = at.take(ATTRS) or "", at.here()
    try:
        texts = read_fields(fields, ("tile", "stage", "scope"))
        tile = read_ints(texts["tile"], Written()) if "tile" in texts else None
    except ValueError as error:
        raise place.fault(f"kernel: {error}") from error
    stage = read_stage(texts["stage"], place) if "stage" in texts else BODY_STAGE
    scope = unword(texts.get("scope", ""))
    return KernelOp(BODY_NAME if name is None else name, stage, tile, scope)
