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

from lazydag.backends.cpu.code import Code
from lazydag.backends.cpu.folds import constant, identity
from lazydag.backends.cuda.grid import GridKernel, Phases
from lazydag.backends.cuda.scan_chain import Chain
from lazydag.backends.cuda.scan_form import FIRST, ROUNDS, WIDTH, ScanForm
from lazydag.backends.cuda.scan_round import BEFORE, OUT, Here, Round, X
from lazydag.backends.scalar.expr import const


def print_scan(form: ScanForm) -> GridKernel:
    """Return the kernel of a scan."""
    return _Scan(form).printed()


@dataclass(slots=True)
class _Scan:
    form: ScanForm
    phases: Phases = field(default_factory=Phases)
    at: Round = field(init=False)

    def __post_init__(self) -> None:
        self.at = Round(self.form, self.phases)

    def printed(self) -> GridKernel:
        """Print all phases."""
        is_paired = self.at.is_paired
        steps: list[Callable[[Code, Here], None]] = [self.fetch]
        steps += [self.pair, self.chain_vectors] if is_paired else [self.chain]
        steps.append(self.finish if self.form.task == "total" else self.store)
        for step in steps:
            code = self.phases.begin()
            step(code, self.at.here(code))
            self.phases.end(code)
        return self.phases.finished(self.at.layout, in_turn=ROUNDS)

    def fetch(self, code: Code, here: Here) -> None:
        """Print the loads of a round; beyond its end the last elements are taken."""
        with code.when(code.emit(f"icmp eq i64 {here.number}, 0")):
            self.begin(code, here)
        with code.when(code.emit(f"icmp sgt i64 {here.rows}, 0")):
            last_row = code.i64("sub", here.rows, 1)
            last_column = code.i64("sub", here.columns, 1)
            numbers, found = self.at.numbers(code), []
            for number in numbers:
                row, column = self.at.split(here, number)
                at = code.i64("add", here.first, code.minimum(row, last_row))
                where = self.at.place(here, X, at, code.minimum(column, last_column))
                found.append(code.printer.load(where, self.form.dtype))
            for number, name in zip(numbers, found, strict=True):
                code.printer.store(name, self.at.value(code, number), self.form.dtype)

    def begin(self, code: Code, here: Here) -> None:
        """Print what comes before the first round of a piece."""
        form, out = self.form, code.printer
        with code.when(code.emit(f"icmp slt i64 %thread, {here.columns}")):
            none = constant(out, identity(form.kind, form.dtype))
            out.store(none, self.at.cell(code, self.at.states, "%thread"), form.dtype)
            is_first = code.emit(f"icmp eq i64 {here.piece}, 0")
            if form.has_initial:
                with code.when(is_first):
                    initial = constant(out, const(FIRST[form.kind], form.dtype))
                    where = self.at.place(here, OUT, "-1", "%thread")
                    out.store(initial, where, form.dtype)
            if form.task == "resume":
                self.resume(code, here, none, is_first)

    def resume(self, code: Code, here: Here, none: str, is_first: str) -> None:
        """Print the load of what comes before a piece."""
        cell = self.at.cell(code, self.at.resumed, "%thread")
        code.printer.store(none, cell, self.form.dtype)
        with code.when(code.emit(f"xor i1 {is_first}, true")):
            earlier = code.i64("sub", here.piece, 1)
            where = self.at.place(here, BEFORE, earlier, "%thread")
            found = code.printer.load(where, self.form.dtype)
            code.printer.store(found, cell, self.form.dtype)

    def pair(self, code: Code, here: Here) -> None:
        """Print how the elements of a vector meet those before them in it."""
        lanes = self.form.lanes
        with code.when(
            code.emit(f"icmp slt i64 %thread, {self.at.vectors(code, here)}")
        ):
            first = code.i64("mul", "%thread", lanes)
            cells = [
                self.at.value(code, code.i64("add", first, k)) for k in range(lanes)
            ]
            names = [code.printer.load(cell, self.form.dtype) for cell in cells]
            step = 1
            while step < lanes:
                names = [
                    self.at.combined(code, names[k - step], name) if k >= step else name
                    for k, name in enumerate(names)
                ]
                step *= 2
            for cell, name in zip(cells, names, strict=True):
                code.printer.store(name, cell, self.form.dtype)

    def chain_vectors(self, code: Code, here: Here) -> None:
        """Print how one thread takes vectors in turn, then the elements left over."""
        lanes = self.form.lanes
        vectors = self.at.vectors(code, here)

        def last(vector: str) -> str:
            end = code.i64("add", code.i64("mul", vector, lanes), lanes - 1)
            return self.at.value(code, end)

        def keep(vector: str, before: str, _: str) -> None:
            where = self.at.cell(code, self.at.before, vector)
            code.printer.store(before, where, self.form.dtype)

        chain, cell = self.chained(code), self.at.cell(code, self.at.states, "0")
        is_first = code.emit("icmp eq i64 %thread, 0")
        with code.when(is_first), chain.state(cell) as state:
            chain.links(state, vectors, last, keep)
            whole = code.i64("mul", vectors, lanes)

            def element(rest: str) -> str:
                return self.at.value(code, code.i64("add", whole, rest))

            def put(rest: str, _: str, after: str) -> None:
                code.printer.store(after, element(rest), self.form.dtype)

            rest = code.i64("sub", here.rows, whole)
            chain.links(state, rest, element, put)

    def chain(self, code: Code, here: Here) -> None:
        """Print how a thread takes the elements of its column in turn."""
        width = here.operands.number(WIDTH)

        def element(row: str) -> str:
            before = code.i64("mul", row, width)
            return self.at.value(code, code.i64("add", before, "%thread"))

        def put(row: str, _: str, after: str) -> None:
            code.printer.store(after, element(row), self.form.dtype)

        is_there = code.emit(f"icmp slt i64 %thread, {here.columns}")
        chain, cell = (
            self.chained(code),
            self.at.cell(code, self.at.states, "%thread"),
        )
        with code.when(is_there), chain.state(cell) as state:
            chain.links(state, here.rows, element, put)

    def chained(self, code: Code) -> Chain:
        """Return what takes elements in turn."""
        return Chain(code, self.form.kind, self.form.dtype)

    def store(self, code: Code, here: Here) -> None:
        """Print the stores of a round's results."""
        vectors = self.at.vectors(code, here) if self.at.is_paired else ""
        for number in self.at.numbers(code):
            row, column = self.at.split(here, number)
            at = code.i64("add", here.first, row)
            inside = code.emit(f"icmp slt i64 {row}, {here.rows}")
            beside = code.emit(f"icmp slt i64 {column}, {here.columns}")
            is_there = code.emit(f"and i1 {inside}, {beside}")
            if self.form.task == "resume":
                is_there = self.unless_there(code, here, at, is_there)
            with code.when(is_there):
                value = self.result(code, number, vectors)
                if self.form.task == "resume":
                    cell = self.at.cell(code, self.at.resumed, column)
                    before = code.printer.load(cell, self.form.dtype)
                    value = self.at.combined(code, before, value)
                where = self.at.place(here, OUT, at, column)
                code.printer.store(value, where, self.form.dtype)

    def unless_there(self, code: Code, here: Here, row: str, is_there: str) -> str:
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
        value = out.load(self.at.value(code, number), dtype)
        if not self.at.is_paired:
            return value
        vector = code.i64("udiv", number, self.form.lanes)
        before = out.load(self.at.cell(code, self.at.before, vector), dtype)
        is_whole = code.emit(f"icmp slt i64 {vector}, {vectors}")
        both, kind = self.at.combined(code, before, value), out.type(dtype)
        return code.emit(f"select i1 {is_whole}, {kind} {both}, {kind} {value}")

    def finish(self, code: Code, here: Here) -> None:
        """Print the store of what a piece comes to, after its last round."""
        following = code.i64("add", here.number, 1)
        last = here.operands.number(ROUNDS)
        is_last = code.emit(f"icmp eq i64 {following}, {last}")
        is_there = code.emit(f"icmp slt i64 %thread, {here.columns}")
        with code.when(code.emit(f"and i1 {is_last}, {is_there}")):
            cell = self.at.cell(code, self.at.states, "%thread")
            total = code.printer.load(cell, self.form.dtype)
            where = self.at.place(here, OUT, here.piece, "%thread")
            code.printer.store(total, where, self.form.dtype)
