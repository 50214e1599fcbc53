"""Rounds of a scan: the elements that a block of threads takes at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from lazydag.backends.cpu.code import Code
from lazydag.backends.cpu.folds import combine
from lazydag.backends.cuda.grid import THREADS, Phases
from lazydag.backends.cuda.operands import Operands
from lazydag.backends.cuda.scan_form import (
    COLUMNS,
    PIECE,
    PIECES,
    ROUNDS,
    ROWS,
    STRIPS,
    WIDTH,
    ScanForm,
    round_size,
    scan_layout,
)
from lazydag.backends.cuda.words import WordLayout

X: Final = 0
OUT: Final = 1
BEFORE: Final = 2


@dataclass(frozen=True, slots=True)
class Here:
    """What a phase knows of its item.

    Parameters
    ----------
    bases
        The operands' first elements of this lane.
    number
        Of the round.
    first
        The number of the round's first row, and `start` that of the piece's.
    rows, columns
        How many are left.
    """

    operands: Operands
    bases: list[str]
    number: str
    piece: str
    start: str
    stop: str
    first: str
    rows: str
    column: str
    columns: str


@dataclass(slots=True)
class Round:
    """Where elements of a round are: in memory, and in what its threads share.

    Attributes
    ----------
    size
        Its elements at most.
    values, before, states, resumed
        Where elements are shared, what comes before each vector of them, what each
        column has got to, and what comes before a piece.
    """

    form: ScanForm
    phases: Phases
    layout: WordLayout = field(init=False)
    size: int = field(init=False)
    values: int = field(init=False)
    states: int = field(init=False)
    before: int = field(init=False)
    resumed: int = field(init=False)

    def __post_init__(self) -> None:
        form, share = self.form, self.phases.share
        self.layout = scan_layout(form)
        self.size = round_size(form.dtype)
        pad = self.size // form.lanes if form.lanes > 1 else 0
        self.values = share(form.dtype, self.size + pad)
        self.before = share(form.dtype, pad)
        self.states = share(form.dtype, THREADS)
        self.resumed = share(form.dtype, THREADS if form.task == "resume" else 0)

    @property
    def is_paired(self) -> bool:
        """Whether the elements of vectors are combined in pairs first."""
        return self.form.lanes > 1

    def here(self, code: Code) -> Here:
        """Print what is known of the item: its piece, and its rows."""
        form = self.form
        operands = Operands(code, self.layout, form.is_narrow)
        rest, number = operands.divided("%item", operands.number(ROUNDS))
        rest, strip = operands.divided(rest, operands.number(STRIPS))
        outer, piece = operands.divided(rest, operands.number(PIECES))
        start = code.i64("mul", piece, operands.number(PIECE))
        end = code.i64("add", start, operands.number(PIECE))
        stop = code.minimum(end, operands.extent(form.outer))
        step = operands.number(ROWS)
        first = code.i64("add", start, code.i64("mul", number, step))
        left = code.minimum(code.i64("sub", stop, first), step)
        column = code.i64("mul", strip, operands.number(WIDTH))
        beside = code.i64("sub", operands.number(COLUMNS), column)
        columns = code.minimum(beside, operands.number(WIDTH))
        dims = range(form.outer)
        bases = operands.moved(operands.bases(), dims, operands.indices(outer, dims))
        where = (number, piece, start, stop, first, _positive(code, left), column)
        return Here(operands, bases, *where, columns)

    def place(self, here: Here, operand: int, row: str, column: str) -> str:
        """Print the address of an element; columns count from the strip's first."""
        operands, form = here.operands, self.form
        inner = range(form.outer + 1, form.outer + 1 + form.inner)
        at = operands.code.i64("add", here.column, column)
        dims = (form.outer, *inner)
        index = [row, *operands.indices(at, inner)]
        return operands.moved(here.bases, dims, index)[operand]

    def cell(self, code: Code, first: int, number: str) -> str:
        """Print the address of an element in shared memory."""
        return code.element(code.at("%shared", first), number, self.form.dtype)

    def value(self, code: Code, number: str) -> str:
        """Print the address of an element of the round.

        Vectors are kept apart: their elements lie in different banks then.
        """
        if self.is_paired:
            number = code.i64("add", number, code.i64("udiv", number, self.form.lanes))
        return self.cell(code, self.values, number)

    def split(self, here: Here, number: str) -> tuple[str, str]:
        """Print the row and the column of an element of the round."""
        if not self.form.inner:
            return number, "0"
        return here.operands.divided(number, here.operands.number(WIDTH))

    def numbers(self, code: Code) -> list[str]:
        """Print the numbers of the elements that a thread moves in a round."""
        return [
            code.i64("add", "%thread", THREADS * k) for k in range(self.size // THREADS)
        ]

    def vectors(self, code: Code, here: Here) -> str:
        """Print the number of whole vectors in a round."""
        return code.i64("udiv", here.rows, self.form.lanes)

    def combined(self, code: Code, first: str, second: str) -> str:
        """Print the combination of elements with later ones."""
        return combine(code.printer, self.form.kind, self.form.dtype, first, second)


def _positive(code: Code, number: str) -> str:
    is_more = code.emit(f"icmp sgt i64 {number}, 0")
    return code.emit(f"select i1 {is_more}, i64 {number}, i64 0")
