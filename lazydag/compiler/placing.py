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
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.passes.place import Place
from lazydag.passes.place.streamed import Streamed
from lazydag.passes.work import cost_key, write_of


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


def _is_program(body: Graph) -> bool:
    return program_for(body) is not None


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
    is_shared=_is_program,
    correct=_corrected,
    offers=(tiled_ways, Streamed(_can_run)),
)
