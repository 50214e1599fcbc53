"""The invariants of each stage: one table of sentences and checks.

In: a graph. Out: what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lazydag.ir.graph import Stage
from lazydag.ir.invariants import graphs, kernels
from lazydag.ir.invariants.subject import Fault, Subject


@dataclass(frozen=True, slots=True)
class Invariant:
    """What is true of every graph of some stages.

    Parameters
    ----------
    sentence : str
        What is true.
    check : callable
        Yields what makes it false; it may rely on the rows before.
    first, last : Stage
        The stages that it holds for.
    """

    sentence: str
    check: Callable[[Subject], Iterator[Fault]]
    first: Stage
    last: Stage = Stage.PLACED


#: In the order in which they are checked: a row may rely on those before it.
INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "values are arrays, but for kernels, whose outputs `get` takes",
        graphs.arrays_only,
        Stage.TRACED,
    ),
    Invariant(
        "every type is what the op infers from its sources",
        graphs.inferred_types,
        Stage.TRACED,
    ),
    Invariant(
        "a graph's params are its own, in the order of their slots, with a name each",
        graphs.own_params,
        Stage.TRACED,
    ),
    Invariant(
        "bodies of loops and branches are traced graphs over params only",
        graphs.bodies_are_traced,
        Stage.TRACED,
    ),
    Invariant(
        "nothing is grouped into kernels before fusing",
        graphs.no_groups,
        Stage.TRACED,
        Stage.SIMPLIFIED,
    ),
    Invariant(
        "no leaves: the arrays that a program holds have become params",
        graphs.no_leaves,
        Stage.SIMPLIFIED,
    ),
    Invariant(
        "no cast, broadcast, reshape or transpose does nothing",
        graphs.changes_something,
        Stage.SIMPLIFIED,
    ),
    Invariant(
        "outside kernels are only params, kernels, their outputs, views and copies",
        graphs.only_kernels_compute,
        Stage.FUSED,
    ),
    Invariant(
        "a body's params have the types of the kernel's sources",
        kernels.params_match_sources,
        Stage.FUSED,
    ),
    Invariant(
        "a body that is a call is one op over params and constants",
        kernels.calls_are_one_op,
        Stage.FUSED,
    ),
    Invariant(
        "a fused body holds params, constants, elementwise ops and reductions, and "
        "one product of params at most",
        kernels.bodies_are_fusable,
        Stage.FUSED,
    ),
    Invariant("a fused body runs over one shape", kernels.one_shape, Stage.FUSED),
    Invariant(
        "a constant that a fused body yields is broadcast to the body's shape",
        kernels.constants_are_broadcast,
        Stage.FUSED,
    ),
    Invariant(
        "a write is the only output of its body, and nothing else uses its base",
        kernels.writes_stand_alone,
        Stage.FUSED,
    ),
    Invariant(
        "reductions are outputs: nothing in their body uses them",
        kernels.reductions_end_bodies,
        Stage.FUSED,
    ),
    Invariant(
        "reductions of one body are over the same adjacent axes and blocks",
        kernels.reductions_agree,
        Stage.FUSED,
    ),
    Invariant(
        "a reduction is over one block, or cut into blocks that the shape decides",
        kernels.blocks_are_fixed,
        Stage.FUSED,
    ),
    Invariant(
        "a reshape outside kernels is a view: of memory without gaps, or by unit axes",
        graphs.reshapes_are_views,
        Stage.FUSED,
    ),
    Invariant(
        "a kernel has a tile that fits the shape it runs over; a call has tile ()",
        kernels.have_tiles,
        Stage.TILED,
    ),
    Invariant(
        "tiles end where the blocks of reductions end",
        kernels.tiles_hold_blocks,
        Stage.TILED,
    ),
    Invariant("a kernel has a device", kernels.have_devices, Stage.PLACED),
    Invariant("a copy names a memory space", graphs.copies_name_spaces, Stage.PLACED),
    Invariant("pins have become devices and copies", graphs.no_pins, Stage.PLACED),
)
