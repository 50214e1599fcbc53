"""Rows of elements, and what a loop over them keeps on the stack."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lazydag.backends.cpu.code import Code
from lazydag.backends.scalar.types import DType

CONTIGUOUS: Final = "c"
BROADCAST: Final = "b"
STRIDED: Final = "s"
SCRATCH: Final = "x"
TRANSPOSED: Final = "t"
"""Stride classes of a row. Scratch rows are contiguous and end on a whole vector, so
that a last vector may reach over the end of the elements. Transposed inputs are
contiguous along the second innermost loop, and become scratch rows."""


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
    """What the loop reads anew for each vector, kept on the stack.

    Without optimisation passes the stack is where values live between blocks anyway;
    said so, each is read once, and only the index is written.
    """

    def __init__(
        self,
        code: Code,
        inputs: Sequence[Row],
        outputs: Sequence[Row],
        *,
        streams: bool,
    ) -> None:
        self.code = code
        self.index, self.stop = code.slot("i64"), code.slot("i64")
        self.in_tail = code.slot("i1")
        self.aligned = code.slot("i1") if streams else ""
        self._inputs = [(x, *self._slots(x)) for x in inputs]
        self._outputs = [(x, *self._slots(x)) for x in outputs]

    def _slots(self, x: Row) -> tuple[str, str]:
        if x.kind == BROADCAST:
            return "", ""
        return self.code.slot("ptr"), self.code.slot("i64") if x.kind == STRIDED else ""

    def set(
        self,
        inputs: Sequence[Row],
        outputs: Sequence[Row],
        stop: str,
        in_tail: str,
        aligned: str,
    ) -> None:
        """Begin a run over ``[0, stop)`` of these rows."""
        self._put("i64", "0", self.index)
        self._put("i64", stop, self.stop)
        self._put("i1", in_tail, self.in_tail)
        self._put("i1", aligned, self.aligned)
        rows = (*inputs, *outputs)
        for x, (_, pointer, stride) in zip(
            rows, self._inputs + self._outputs, strict=True
        ):
            self._put("ptr", x.pointer, pointer)
            self._put("i64", x.stride, stride)

    def rows(self) -> tuple[list[Row], list[Row]]:
        """Return the rows of this run."""
        return list(map(self._row, self._inputs)), list(map(self._row, self._outputs))

    def _row(self, kept: tuple[Row, str, str]) -> Row:
        x, pointer, stride = kept
        if not pointer:
            return x
        step = self.load("i64", stride) if stride else ""
        return Row(x.dtype, x.kind, self.load("ptr", pointer), step)

    def load(self, kind: str, slot: str) -> str:
        """Read a slot."""
        return self.code.emit(f"load {kind}, ptr {slot}, align 8")

    def _put(self, kind: str, value: str, slot: str) -> None:
        if slot:
            self.code.line(f"store {kind} {value}, ptr {slot}, align 8")
