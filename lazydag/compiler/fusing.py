"""The passes that lead to kernels."""

from __future__ import annotations

from typing import Final

from lazydag.compiler.session import host_target
from lazydag.ir.graph import Graph
from lazydag.passes.base import Pass
from lazydag.passes.fuse import Fuse
from lazydag.passes.join_products import JoinProducts
from lazydag.passes.join_sweeps import JoinSweeps
from lazydag.passes.pins import without_pins
from lazydag.passes.reroll import Reroll
from lazydag.passes.short_reductions import ShortReductions
from lazydag.passes.simplify import Simplify
from lazydag.passes.split_products import SplitProducts
from lazydag.passes.split_reductions import SplitReductions

FUSING: Final[tuple[Pass, ...]] = (
    SplitProducts(),
    ShortReductions(),
    SplitReductions(),
    Fuse(),
    JoinProducts(),
)
#: For bodies of loops, which may write over their parameters.
SIMPLIFYING_BODIES: Final[tuple[Pass, ...]] = (
    JoinSweeps(),
    Reroll(),
    Simplify(keeps_params=False),
)


def fused_body(body: Graph) -> Graph:
    """Return the body of a loop or branch as kernels."""
    target, body = host_target(), without_pins(body)
    for each in (*SIMPLIFYING_BODIES, *FUSING):
        body = each(body, target)
    return body
