"""Checks that a graph keeps the invariants of its stage.

The invariants are rows of `INVARIANTS`; errors and the documentation show their
sentences.
"""

from __future__ import annotations

from lazydag.errors import VerifyError
from lazydag.ir.graph import Graph
from lazydag.ir.invariants import INVARIANTS, Invariant
from lazydag.ir.invariants.subject import Fault, Subject
from lazydag.ir.text import excerpt


def verify(graph: Graph, by: str = "") -> None:
    """Check `graph` against the invariants of its stage.

    Parameters
    ----------
    graph : Graph
        At any stage.
    by : str
        Who made it, such as ``"fuse"``; named in the error.

    Raises
    ------
    VerifyError
        At the first invariant that is broken, with the nodes around the fault.

    Notes
    -----
    Linear in the number of nodes, those of bodies included.
    """
    waiting, seen = [graph], {graph}
    while waiting:
        subject = Subject.of(waiting.pop())
        stage = subject.main.graph.stage
        for invariant in INVARIANTS:
            if not invariant.first <= stage <= invariant.last:
                continue
            for fault in invariant.check(subject):
                raise _error(fault, invariant, by)
        waiting += [each for each in subject.repeated if each not in seen]
        seen.update(subject.repeated)


def _error(fault: Fault, invariant: Invariant, by: str) -> VerifyError:
    around = [] if fault.node is None else [fault.node]
    return VerifyError(
        fault.what,
        at=fault.node.source if fault.node else None,
        by=by,
        invariant=invariant.sentence,
        context=excerpt(fault.graph, around),
    )
