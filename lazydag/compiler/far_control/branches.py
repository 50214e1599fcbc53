"""Branches on devices: one of several bodies, by a number that is brought first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Final

from lazydag.compiler.bodies import giving
from lazydag.compiler.far_control.bodies import Error, FarBody
from lazydag.compiler.far_control.buffers import STREAM
from lazydag.compiler.far_control.operation import Operation
from lazydag.compiler.far_control.runs import Choice, Copies, Entries, Place
from lazydag.compiler.far_control.scripts import Put
from lazydag.ir.attrs import BranchAttrs

_NUMBER_NBYTES: Final = 8


def far_branch(made: Operation, attrs: BranchAttrs) -> tuple[Choice, Sequence[Error]]:
    """Return what runs a branch, and how it fails."""
    index, results = made.compact(0), made.results
    sources = [made.compact(number) for number in range(1, len(made.first.srcs))]
    word, device = made.buffers.near(_NUMBER_NBYTES), made.backend.device
    stream, event, near, far = range(4)
    fixed = {stream: STREAM, near: word, far: index}
    fetch = Copies(device, stream).fetch(near, far, _NUMBER_NBYTES, event)
    entries = Entries(4, {event: device.event()}, fixed)
    bodies: list[tuple[Entries, list[Put]]] = []
    errors: list[Error] = []
    for graph in attrs.bodies:
        body = made.body(giving(graph, list(results)))
        bodies.append(_option(made, body, sources, list(results.values())))
        errors += body.errors
    return Choice(entries, fetch, near, bodies), errors


def _option(
    made: Operation, body: FarBody, sources: Sequence[Place], results: Sequence[Place]
) -> tuple[Entries, list[Put]]:
    """Return one of the bodies of a branch, whose results are made in their places."""
    extra, fixed = count(body.free), body.fixed | dict(enumerate(sources))
    stream = next(extra)
    fixed[stream] = STREAM
    copies, puts = Copies(made.backend.device, stream), list(body.puts)
    taken = set(range(len(sources)))
    for slot, place in zip(body.plan.outputs, results, strict=True):
        if slot not in taken:
            taken.add(slot)
            fixed[slot] = place
            continue
        entry = next(extra)
        fixed[entry] = place
        nbytes = body.plan.task_graph.slots[slot].nbytes
        puts.append(copies.put(entry, slot, nbytes))
    return Entries(next(extra), {}, fixed), puts
