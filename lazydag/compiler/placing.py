"""What placement asks of backends, of programs and of earlier runs."""

from __future__ import annotations

from typing import Final

from lazydag.compiler.far_control.possible import can_repeat
from lazydag.compiler.fusing import fused_body
from lazydag.compiler.programs import program_for
from lazydag.compiler.session import session
from lazydag.compiler.tiled import tiled_ways
from lazydag.compiler.writes import value_of
from lazydag.cost.estimate import Estimate
from lazydag.cost.target import Target
from lazydag.ir.attrs import KernelAttrs
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS
from lazydag.passes.place import Place, Way
from lazydag.passes.place.streamed import Streamed
from lazydag.passes.work import cost_key, joined_tile, write_of

_MATMUL: Final = OPS["matmul"]


def _can_run(body: Graph) -> bool:
    """Tell whether GPUs compute the body of a kernel."""
    from lazydag.backends.cuda.capability import runs  # noqa: PLC0415 -- 50 ms

    write = write_of(body)
    computed = body if write is None else value_of(body, write)
    return runs(computed) or can_repeat(body, fused_body, _runs_unseen)


def _runs_unseen(body: Graph) -> bool:
    """Tell whether GPUs compute a kernel whose results the host need not look at."""
    from lazydag.backends.cuda.library.table import (  # noqa: PLC0415 -- 50 ms
        library_call,
    )

    call = library_call(body)
    return _can_run(body) and (call is None or not call.codes)


def is_shared(body: Graph) -> bool:
    """Tell whether all threads of a CPU share a kernel that is one call."""
    return program_for(body) is not None or _is_cut_product(body)


def _is_cut_product(body: Graph) -> bool:
    """Tell whether a body is a product of matrices that is computed in tiles."""
    (product, *others) = body.outputs
    if others or product.op is not _MATMUL or product.type.dtype.kind != "f":
        return False
    if product.type.ndim != 2 or 1 in product.type.shape:
        return False
    each = zip(product.type.sizes, joined_tile(product), strict=True)
    return any(size > tile for size, tile in each)


def _corrected(
    kernel: Node, target: Target, device: str, expected: Estimate
) -> Estimate:
    """Return an estimate as runs have corrected it, if they were on this machine.

    By those before this process first asked: equal graphs have equal plans.
    """
    here = session()
    if target is not here.target:
        return expected
    return here.settled.correct(expected, *cost_key(kernel), device)


PLACE: Final = Place(
    can_run=_can_run,
    is_shared=is_shared,
    correct=_corrected,
    offers=(tiled_ways, Streamed(_can_run)),
)


def offered_way(kernel: Node, target: Target) -> Way | None:
    """Return the way of a placed kernel that does not just run on one device."""
    assert isinstance(kernel.attrs, KernelAttrs)
    name = kernel.attrs.device or ""
    if not {"+", "/"} & {*name}:
        return None
    each = (way for offer in PLACE.offers for way in offer(kernel, target))
    return next(way for way in each if way.name == name)
