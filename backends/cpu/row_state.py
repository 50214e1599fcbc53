"""Rows of elements, and the state of a walk along them.

A kernel and the walker (`walker`) share the state, which lies on the kernel's stack: a
line of words, and a record for each operand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lazydag.backends.cpu.code import Code
from lazydag.backends.scalar.types import TYPES, DType

CONTIGUOUS: Final = "c"
BROADCAST: Final = "b"
STRIDED: Final = "s"
SCRATCH: Final = "x"
TRANSPOSED: Final = "t"
"""Stride classes of a row. Scratch rows are contiguous and end on a whole vector, so
that a last vector may reach over the end of the elements. Transposed inputs are
contiguous along the second innermost loop, and become scratch rows."""

INDEX: Final = 0
STOP: Final = 8
IS_ALIGNED: Final = 16
PHASE: Final = 24
COUNT: Final = 32
BLOCK: Final = 40
BASES: Final = 48
"""Words of the state, by their offset in bytes: the run of whole vectors at hand and
whether it may bypass the caches; what the walker does next; the elements of the row;
the tile that the rows are of."""

POINTER: Final = 0
STRIDE: Final = 8
NEXT: Final = 16
FIRST: Final = 24
STEP: Final = 32
LINE: Final = 64
"""Words of an operand's record: where its row begins, the distances in bytes of its
elements and of the next row; the first two while these words are of the buffer. The
buffer is a line of elements: what is left over of a row, or copies of one element."""

LINE_NBYTES: Final = 64
RECORD_NBYTES: Final = 128

OF_TILE: Final = 0
OF_ROW: Final = 1
AFTER_WHOLE: Final = 2
AFTER_REST: Final = 3
AFTER_BUFFERS: Final = 4
"""Phases: to begin with the first row of a tile, or with a row that the kernel has set;
after the whole vectors of a row; after what was left over, there or in buffers."""

OPERANDS: Final = 0
INPUTS: Final = 1
LANES: Final = 2
DIMS: Final = 3
BEGINS: Final = 4
IS_PLAIN: Final = 5
FIRST_OPERAND: Final = 6
"""Words of a table: numbers of operands and of inputs, lanes of a vector, dimensions of
the tile, operands that a row's beginning looks at, whether nothing bypasses the caches.
Each operand has two more: the bytes of an element and the code of its stride class."""

CODES: Final = {CONTIGUOUS: 0, STRIDED: 1, BROADCAST: 2, SCRATCH: 3}
"""Stride classes in tables."""


@dataclass(frozen=True, slots=True)
class Row:
    """An operand's elements along the row.

    Attributes
    ----------
    pointer
        Name of the address of the first element.
    stride
        Name of the distance of elements in bytes, if `kind` is strided.
    """

    dtype: DType
    kind: str
    pointer: str
    stride: str = ""


class State:
    """A walk's state and its table of operands, as a kernel has them.

    Parameters
    ----------
    code
        The function to print into.
    operands
        Types and stride classes of all operands.
    inputs
        How many of them are read; the others are written.
    dims
        Number of dimensions of the tile whose rows are walked; 0 if the kernel sets
        each row.
    streams
        Whether the kernel asks if outputs are aligned.
    """

    def __init__(
        self,
        code: Code,
        operands: Sequence[tuple[DType, str]],
        inputs: int,
        dims: int,
        *,
        streams: bool,
    ) -> None:
        self.code = code
        self._operands = operands
        nbytes = LINE_NBYTES + RECORD_NBYTES * len(operands) + 8 * dims
        self.name = code.buffer("u8", nbytes)
        self.table = f"@operands_{self.name[1:]}"
        begins = streams or any(kind == BROADCAST for _, kind in operands)
        words = [len(operands), inputs, code.printer.width, dims]
        words += [len(operands) if begins else 0, int(not streams)]
        for dtype, kind in operands:
            words += [TYPES[dtype].nbytes, CODES[kind]]
        listed = ", ".join([f"i64 {word}" for word in words])
        kind = f"[{len(words)} x i64]"
        text = f"{self.table} = private unnamed_addr constant {kind} [{listed}]"
        code.printer.declare(self.table, text)

    def load(self, kind: str, offset: int) -> str:
        """Read a word."""
        where = self.code.at(self.name, offset) if offset else self.name
        return self.code.emit(f"load {kind}, ptr {where}, align 8")

    def store(self, kind: str, value: str | int, offset: int) -> None:
        """Write a word."""
        where = self.code.at(self.name, offset) if offset else self.name
        self.code.line(f"store {kind} {value}, ptr {where}, align 8")

    def set_row(self, rows: Sequence[Row], count: str) -> None:
        """Print the beginning of a walk along one row of `count` elements."""
        for number, row in enumerate(rows):
            record = _record(number)
            self.store("ptr", row.pointer, record + POINTER)
            if row.kind == STRIDED:
                self.store("i64", row.stride, record + STRIDE)
        self.store("i64", count, COUNT)
        self.store("i64", OF_ROW, PHASE)

    def set_tile(self, block: str, bases: str) -> None:
        """Print the beginning of a walk along all rows of a tile."""
        self.store("ptr", block, BLOCK)
        self.store("ptr", bases, BASES)
        self.store("i64", OF_TILE, PHASE)

    def rows(self) -> list[Row]:
        """Return the operands' rows in the run at hand."""
        rows = []
        for number, (dtype, kind) in enumerate(self._operands):
            record = _record(number)
            if kind == BROADCAST:
                line = self.code.at(self.name, record + LINE)
                rows.append(Row(dtype, kind, line))
                continue
            pointer = self.load("ptr", record + POINTER)
            stride = self.load("i64", record + STRIDE) if kind == STRIDED else ""
            rows.append(Row(dtype, kind, pointer, stride))
        return rows


def _record(operand: int) -> int:
    """Return the offset of an operand's record."""
    return LINE_NBYTES + RECORD_NBYTES * operand
