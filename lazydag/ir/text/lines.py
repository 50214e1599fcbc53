"""Lines of a dump: aligning their comments, leaving some out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from lazydag.ir.node import Node

# A few long lines do not push all comments far to the right.
_COMMENT_COLUMN = 72
# How much of a kernel an excerpt shows.
_KERNEL_LINES = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its text, its comment, and the node that it belongs to, if any."""

    text: str
    comment: str = ""
    node: Node | None = None


def aligned(lines: Iterable[Line]) -> Iterator[str]:
    """Yield the lines with comments in one column, each ended by a newline."""
    kept = list(lines)
    widths = (len(line.text) for line in kept if line.comment)
    column = max((w for w in widths if w <= _COMMENT_COLUMN), default=0)
    for line in kept:
        comment = " ".join(line.comment.split("\n"))
        yield f"{line.text:<{column}}  # {comment}\n" if comment else f"{line.text}\n"


def elided(lines: Iterable[Line], keep: Collection[Node]) -> Iterator[Line]:
    """Yield the lines of some nodes and those of none; ``…`` stands for the rest."""
    last: Node | None = None
    shown = 0
    gap = False
    for line in lines:
        shown = shown + 1 if line.node is last else 1
        last = line.node
        if line.node is not None and (line.node not in keep or shown > _KERNEL_LINES):
            gap = True
            continue
        if gap:
            yield Line("  …")
        gap = False
        yield line
