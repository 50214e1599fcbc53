"""Prints kernels of running sums: blocks of threads go along a piece in rounds.

In a round all threads fetch rows of a piece into shared memory, some of them combine
these one after the other, and all store the results. Of single lanes whole vectors are
combined in pairs first, in the order of `lazydag.backends.cpu.scans`: then only
vectors are left to be taken in turn. What a block has got to stays in shared memory
from round to round.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from lazydag.backends.cpu.code import Code
from lazydag.backends.cpu.folds import combine, constant, identity
from lazydag.backends.cuda.grid import THREADS, GridKernel, Phases
from lazydag.backends.cuda.operands import Operands
from lazydag.backends.cuda.scan_chain import Chain
from lazydag.backends.cuda.scan_form import (
    COLUMNS,
    FIRST,
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
from lazydag.backends.scalar.expr import const

X: Final = 0
OUT: Final = 1
BEFORE: Final = 2


def print_scan(form: ScanForm) -> GridKernel:
    """Return the kernel of a scan."""
    return _Scan(form).printed()


@dataclass(frozen=True, slots=True)
class _Here:
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
class _Scan:
    form: ScanForm
    layout: WordLayout = field(init=False)
    phases: Phases = field(default_factory=Phases)
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
        return self.form.lanes > 1

    def printed(self) -> GridKernel:
        """Print all phases."""
        steps: list[Callable[[Code, _Here], None]] = [self.fetch]
        steps += [self.pair, self.chain_vectors] if self.is_paired else [self.chain]
        steps.append(self.finish if self.form.task == "total" else self.store)
        for step in steps:
            code = self.phases.begin()
            step(code, self.here(code))
            self.phases.end(code)
        return self.phases.finished(self.layout, in_turn=ROUNDS)

    # ------------------------------------------------------------ where

    def here(self, code: Code) -> _Here:
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
        return _Here(operands, bases, *where, columns)

    def place(self, here: _Here, operand: int, row: str, column: str) -> str:
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

    def split(self, here: _Here, number: str) -> tuple[str, str]:
        """Print the row and the column of an element of the round."""
        if not self.form.inner:
            return number, "0"
        return here.operands.divided(number, here.operands.number(WIDTH))

    # ------------------------------------------------------------ phases

    def fetch(self, code: Code, here: _Here) -> None:
        """Print the loads of a round; beyond its end the last elements are taken."""
        with code.when(code.emit(f"icmp eq i64 {here.number}, 0")):
            self.begin(code, here)
        with code.when(code.emit(f"icmp sgt i64 {here.rows}, 0")):
            last_row = code.i64("sub", here.rows, 1)
            last_column = code.i64("sub", here.columns, 1)
            numbers, found = self.numbers(code), []
            for number in numbers:
                row, column = self.split(here, number)
                at = code.i64("add", here.first, code.minimum(row, last_row))
                where = self.place(here, X, at, code.minimum(column, last_column))
                found.append(code.printer.load(where, self.form.dtype))
            for number, name in zip(numbers, found, strict=True):
                code.printer.store(name, self.value(code, number), self.form.dtype)

    def numbers(self, code: Code) -> list[str]:
        """Print the numbers of the elements that a thread moves in a round."""
        return [
            code.i64("add", "%thread", THREADS * k) for k in range(self.size // THREADS)
        ]

    def begin(self, code: Code, here: _Here) -> None:
        """Print what comes before the first round of a piece."""
        form, out = self.form, code.printer
        with code.when(code.emit(f"icmp slt i64 %thread, {here.columns}")):
            none = constant(out, identity(form.kind, form.dtype))
            out.store(none, self.cell(code, self.states, "%thread"), form.dtype)
            is_first = code.emit(f"icmp eq i64 {here.piece}, 0")
            if form.has_initial:
                with code.when(is_first):
                    initial = constant(out, const(FIRST[form.kind], form.dtype))
                    where = self.place(here, OUT, "-1", "%thread")
                    out.store(initial, where, form.dtype)
            if form.task == "resume":
                self.resume(code, here, none, is_first)

    def resume(self, code: Code, here: _Here, none: str, is_first: str) -> None:
        """Print the load of what comes before a piece."""
        cell = self.cell(code, self.resumed, "%thread")
        code.printer.store(none, cell, self.form.dtype)
        with code.when(code.emit(f"xor i1 {is_first}, true")):
            earlier = code.i64("sub", here.piece, 1)
            where = self.place(here, BEFORE, earlier, "%thread")
            found = code.printer.load(where, self.form.dtype)
            code.printer.store(found, cell, self.form.dtype)

    def pair(self, code: Code, here: _Here) -> None:
        """Print how the elements of a vector meet those before them in it."""
        lanes = self.form.lanes
        with code.when(code.emit(f"icmp slt i64 %thread, {self.vectors(code, here)}")):
            first = code.i64("mul", "%thread", lanes)
            cells = [self.value(code, code.i64("add", first, k)) for k in range(lanes)]
            names = [code.printer.load(cell, self.form.dtype) for cell in cells]
            step = 1
            while step < lanes:
                names = [
                    self.combined(code, names[k - step], name) if k >= step else name
                    for k, name in enumerate(names)
                ]
                step *= 2
            for cell, name in zip(cells, names, strict=True):
                code.printer.store(name, cell, self.form.dtype)

    def chain_vectors(self, code: Code, here: _Here) -> None:
        """Print how one thread takes vectors in turn, then the elements left over."""
        lanes = self.form.lanes
        vectors = self.vectors(code, here)

        def last(vector: str) -> str:
            end = code.i64("add", code.i64("mul", vector, lanes), lanes - 1)
            return self.value(code, end)

        def keep(vector: str, before: str, _: str) -> None:
            where = self.cell(code, self.before, vector)
            code.printer.store(before, where, self.form.dtype)

        chain, cell = self.chained(code), self.cell(code, self.states, "0")
        is_first = code.emit("icmp eq i64 %thread, 0")
        with code.when(is_first), chain.state(cell) as state:
            chain.links(state, vectors, last, keep)
            whole = code.i64("mul", vectors, lanes)

            def element(rest: str) -> str:
                return self.value(code, code.i64("add", whole, rest))

            def put(rest: str, _: str, after: str) -> None:
                code.printer.store(after, element(rest), self.form.dtype)

            rest = code.i64("sub", here.rows, whole)
            chain.links(state, rest, element, put)

    def chain(self, code: Code, here: _Here) -> None:
        """Print how a thread takes the elements of its column in turn."""
        width = here.operands.number(WIDTH)

        def element(row: str) -> str:
            before = code.i64("mul", row, width)
            return self.value(code, code.i64("add", before, "%thread"))

        def put(row: str, _: str, after: str) -> None:
            code.printer.store(after, element(row), self.form.dtype)

        is_there = code.emit(f"icmp slt i64 %thread, {here.columns}")
        chain, cell = self.chained(code), self.cell(code, self.states, "%thread")
        with code.when(is_there), chain.state(cell) as state:
            chain.links(state, here.rows, element, put)

    def chained(self, code: Code) -> Chain:
        """Return what takes elements in turn."""
        return Chain(code, self.form.kind, self.form.dtype)

    def store(self, code: Code, here: _Here) -> None:
        """Print the stores of a round's results."""
        vectors = self.vectors(code, here) if self.is_paired else ""
        for number in self.numbers(code):
            row, column = self.split(here, number)
            at = code.i64("add", here.first, row)
            inside = code.emit(f"icmp slt i64 {row}, {here.rows}")
            beside = code.emit(f"icmp slt i64 {column}, {here.columns}")
            is_there = code.emit(f"and i1 {inside}, {beside}")
            if self.form.task == "resume":
                is_there = self.unless_there(code, here, at, is_there)
            with code.when(is_there):
                value = self.result(code, number, vectors)
                if self.form.task == "resume":
                    cell = self.cell(code, self.resumed, column)
                    before = code.printer.load(cell, self.form.dtype)
                    value = self.combined(code, before, value)
                where = self.place(here, OUT, at, column)
                code.printer.store(value, where, self.form.dtype)

    def unless_there(self, code: Code, here: _Here, row: str, is_there: str) -> str:
        """Print the exception of the last rows: others read what is there already."""
        following = code.i64("add", row, 1)
        is_last = code.emit(f"icmp eq i64 {following}, {here.stop}")
        length = here.operands.extent(self.form.outer)
        goes_on = code.emit(f"icmp slt i64 {here.stop}, {length}")
        is_known = code.emit(f"and i1 {is_last}, {goes_on}")
        return code.emit(f"select i1 {is_known}, i1 false, i1 {is_there}")

    def result(self, code: Code, number: str, vectors: str) -> str:
        """Print an element's result, within its piece."""
        out, dtype = code.printer, self.form.dtype
        value = out.load(self.value(code, number), dtype)
        if not self.is_paired:
            return value
        vector = code.i64("udiv", number, self.form.lanes)
        before = out.load(self.cell(code, self.before, vector), dtype)
        is_whole = code.emit(f"icmp slt i64 {vector}, {vectors}")
        both, kind = self.combined(code, before, value), out.type(dtype)
        return code.emit(f"select i1 {is_whole}, {kind} {both}, {kind} {value}")

    def finish(self, code: Code, here: _Here) -> None:
        """Print the store of what a piece comes to, after its last round."""
        following = code.i64("add", here.number, 1)
        last = here.operands.number(ROUNDS)
        is_last = code.emit(f"icmp eq i64 {following}, {last}")
        is_there = code.emit(f"icmp slt i64 %thread, {here.columns}")
        with code.when(code.emit(f"and i1 {is_last}, {is_there}")):
            cell = self.cell(code, self.states, "%thread")
            total = code.printer.load(cell, self.form.dtype)
            where = self.place(here, OUT, here.piece, "%thread")
            code.printer.store(total, where, self.form.dtype)

    # ------------------------------------------------------------ parts

    def vectors(self, code: Code, here: _Here) -> str:
        """Print the number of whole vectors in a round."""
        return code.i64("udiv", here.rows, self.form.lanes)

    def combined(self, code: Code, first: str, second: str) -> str:
        """Print the combination of elements with later ones."""
        return combine(code.printer, self.form.kind, self.form.dtype, first, second)


def _positive(code: Code, number: str) -> str:
    is_more = code.emit(f"icmp sgt i64 {number}, 0")
    return code.emit(f"select i1 {is_more}, i64 {number}, i64 0")
