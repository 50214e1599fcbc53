"""Nodes of random bits: words of a stream, from a position on.

Word `p` of a stream is half ``p % 2`` of block ``p // 2``, so that all bits of a block
are words, and what an element is depends on its own position alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from lazydag.array.nodes.broadcast import Ints, cast, stretch
from lazydag.array.nodes.scalars import full
from lazydag.array.tracing import state
from lazydag.ir.attrs import IotaAttrs, ShapeAttrs
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import SourceLoc
from lazydag.ir.types import BOOL, DTYPES

U32, U64 = DTYPES["u32"], DTYPES["u64"]

#: Elements from which each row is counted for itself: nothing is as long as all then.
LONG_ROW = 128


@dataclass(frozen=True, slots=True)
class Span:
    """Words of a stream that a draw takes.

    Parameters
    ----------
    key, stream : Node
        Which stream: u64 without axes.
    first : Node
        Position of the first word: u64 without axes.
    source : SourceLoc or None
        The line of the draw.
    """

    key: Node
    stream: Node
    first: Node
    source: SourceLoc | None

    def words(self, shape: Ints) -> Node:
        """Return a word for each element, in C order."""
        return self._word(self._positions(shape))

    def blocks(self, shape: Ints) -> tuple[Node, Node]:
        """Return both words of a block of its own for each element.

        The first of them begins at the first even position.
        """
        begin = self._op("add", self.first, self._op("band", self.first, 1))
        count = self._op("shl", self._counted(shape), 1)
        at = self._op("add", count, stretch(begin, shape, self.source))
        return self._word(at), self._word(self._op("bor", at, 1))

    def pairs(self, shape: Ints) -> tuple[Node, Node, Node]:
        """Return both words of the block of each element's word, and which is its own.

        The latter is true for the second.
        """
        at = self._positions(shape)
        own, other = self._word(at), self._word(self._op("bxor", at, 1))
        is_second = self._is_odd(at)
        where = OPS["where"]
        first = make(where, is_second, other, own, source=self.source)
        return first, make(where, is_second, own, other, source=self.source), is_second

    def halves(self, shape: Ints) -> Node:
        """Return 32 bits for each element, two of them from each word, as u32."""
        word, is_upper = self._halved(shape)
        upper = self._op("shr", word, 32)
        half = make(OPS["where"], is_upper, upper, word, source=self.source)
        return cast(half, U32, self.source)

    def half_pairs(self, shape: Ints) -> tuple[Node, Node, Node]:
        """Return both halves of the word of each element, and which is its own."""
        word, is_upper = self._halved(shape)
        upper = self._op("shr", word, 32)
        return cast(word, U32, self.source), cast(upper, U32, self.source), is_upper

    def _positions(self, shape: Ints) -> Node:
        """Return the position of each element's word."""
        first = stretch(self.first, shape, self.source)
        return self._op("add", self._counted(shape), first)

    def _halved(self, shape: Ints) -> tuple[Node, Node]:
        """Return the word that each element has half of, and which half it is."""
        count = self._counted(shape)
        first = stretch(self.first, shape, self.source)
        word = self._word(self._op("add", self._op("shr", count, 1), first))
        return word, self._is_odd(count)

    def _word(self, at: Node) -> Node:
        shape: Any = at.type.shape
        which = [stretch(node, shape, self.source) for node in (self.stream, self.key)]
        return make(OPS["philox"], at, *which, source=self.source)

    def _counted(self, shape: Ints) -> Node:
        """Return 0, 1, 2 … for the elements in C order."""
        *outer, length = shape or (1,)
        if not outer or length < LONG_ROW:
            return self._reshaped(self._numbers(prod(shape)), shape)
        rows = self._op("mul", self._numbers(prod(outer)), length)
        begins = stretch(self._reshaped(rows, (*outer, 1)), shape, self.source)
        return self._op(
            "add", begins, stretch(self._numbers(length), shape, self.source)
        )

    def _numbers(self, count: int) -> Node:
        trace = state.trace
        scope = str(self.source) if trace is None else trace.scope
        attrs = IotaAttrs(count, U32 if count < 1 << 32 else U64, scope)
        return cast(
            make(OPS["iota"], attrs=attrs, source=self.source), U64, self.source
        )

    def _reshaped(self, node: Node, shape: Ints) -> Node:
        if node.type.shape == shape:
            return node
        attrs = ShapeAttrs(shape)
        return make(OPS["reshape"], node, attrs=attrs, source=self.source)

    def _is_odd(self, number: Node) -> Node:
        return cast(self._op("band", number, 1), BOOL, self.source)

    def _op(self, name: str, x: Node, y: Node | int) -> Node:
        """Return an op on u64; ints are constants."""
        other = full(y, U64, x.type.shape) if isinstance(y, int) else y
        return make(OPS[name], x, other, source=self.source)
