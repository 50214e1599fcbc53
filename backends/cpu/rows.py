"""The vector loop over rows of elements: the inner loop of every kernel.

The body is printed once, for runs of whole vectors. A function of the library finds one
run after the other: see `walker`.
"""

from collections.abc import Sequence

from lazydag.backends.cpu.code import Code, memory_type
from lazydag.backends.cpu.row_state import (
    BROADCAST,
    CONTIGUOUS,
    INDEX,
    IS_ALIGNED,
    STOP,
    STRIDED,
    Row,
    State,
)
from lazydag.backends.cpu.walker import call_walker
from lazydag.backends.scalar.expr import Expr
from lazydag.backends.scalar.types import TYPES, DType


class RowLoop:
    """Prints the loop over a row, or over all rows of a tile.

    Parameters
    ----------
    code
        The function to print into.
    inputs
        Types and stride classes of the arguments of the expressions.
    outputs
        Types and stride classes of what is stored.
    streams
        Whether contiguous outputs that are aligned bypass the caches.
    dims
        Dimensions of the tile whose rows are walked; 0 if each row is set.
    """

    def __init__(
        self,
        code: Code,
        inputs: Sequence[tuple[DType, str]],
        outputs: Sequence[tuple[DType, str]],
        *,
        streams: bool = False,
        dims: int = 0,
    ) -> None:
        self.code = code
        self.width = code.printer.width
        self.streams = streams
        self._split = len(inputs)
        operands = (*inputs, *outputs)
        self.state = State(code, operands, self._split, dims, streams=streams)

    def emit(
        self,
        count: str,
        inputs: Sequence[Row],
        outputs: Sequence[Row],
        values: Sequence[Expr],
    ) -> None:
        """Print the loop over `count` elements; `values` go to the outputs."""
        self.state.set_row((*inputs, *outputs), count)
        self._loop(values)

    def emit_tile(self, block: str, bases: str, values: Sequence[Expr]) -> None:
        """Print the loop over all rows of a tile; `values` go to the outputs."""
        self.state.set_tile(block, bases)
        self._loop(values)

    def _loop(self, values: Sequence[Expr]) -> None:
        code, state = self.code, self.state
        find, run, end = map(code.new_label, ("find", "run", "end"))
        code.jump(find)
        code.start(find)
        is_found = call_walker(code.printer, state.name, state.table)
        code.branch(is_found, run, end)
        code.start(run)
        following = self._step(values)
        stop = state.load("i64", STOP)
        code.branch(code.emit(f"icmp slt i64 {following}, {stop}"), run, find)
        code.start(end)

    def _step(self, values: Sequence[Expr]) -> str:
        """Print the work on one vector; returns the index of the next."""
        code, i = self.code, self.state.load("i64", INDEX)
        rows = self.state.rows()
        inputs, outputs = rows[: self._split], rows[self._split :]
        loads = {k: self._load(x, i) for k, x in enumerate(inputs)}
        results = code.printer.body(values, loads)
        self._store(outputs, results, i)
        following = code.i64("add", self.state.load("i64", INDEX), self.width)
        self.state.store("i64", following, INDEX)
        return following

    def _load(self, x: Row, i: str) -> str:
        code = self.code
        if x.kind == BROADCAST:  # the walker's copies of it
            return code.printer.load(x.pointer, x.dtype)
        if x.kind != STRIDED:
            return code.printer.load(code.element(x.pointer, i, x.dtype), x.dtype)
        kind = memory_type(x.dtype)
        wide = f"<{self.width} x {kind}>"
        size = TYPES[x.dtype].nbytes
        where, vector = code.at(x.pointer, code.i64("mul", i, x.stride)), "poison"
        for lane in range(self.width):
            one = code.emit(f"load {kind}, ptr {where}, align {size}")
            vector = code.emit(
                f"insertelement {wide} {vector}, {kind} {one}, i64 {lane}"
            )
            where = code.at(where, x.stride) if lane + 1 < self.width else where
        if x.dtype == "bool":
            return code.emit(f"icmp ne {wide} {vector}, zeroinitializer")
        return vector

    def _store(self, rows: Sequence[Row], values: Sequence[str], i: str) -> None:
        if not self.streams:
            self._store_all(rows, values, i, "")
            return
        code = self.code
        stream, plain, done = map(code.new_label, ("stream", "plain", "stored"))
        is_aligned = code.emit(f"trunc i64 {self.state.load('i64', IS_ALIGNED)} to i1")
        code.branch(is_aligned, stream, plain)
        code.start(stream)
        self._store_all(rows, values, i, ", !nontemporal !0")
        code.jump(done)
        code.start(plain)
        self._store_all(rows, values, i, "")
        code.jump(done)
        code.start(done)

    def _store_all(
        self, rows: Sequence[Row], values: Sequence[str], i: str, suffix: str
    ) -> None:
        code = self.code
        for x, value in zip(rows, values, strict=True):
            if x.kind == STRIDED:
                self._scatter(x, value, i)
                continue
            nbytes = TYPES[x.dtype].nbytes * self.width
            streams = suffix if x.kind == CONTIGUOUS else ""
            align = min(nbytes, 64) if streams else None
            where = code.element(x.pointer, i, x.dtype)
            code.printer.store(value, where, x.dtype, align, streams)

    def _scatter(self, x: Row, value: str, i: str) -> None:
        code, kind = self.code, memory_type(x.dtype)
        wide = f"<{self.width} x {kind}>"
        if x.dtype == "bool":
            value = code.emit(f"zext {code.printer.type('bool')} {value} to {wide}")
        where = code.at(x.pointer, code.i64("mul", i, x.stride))
        for lane in range(self.width):
            one = code.emit(f"extractelement {wide} {value}, i64 {lane}")
            size = TYPES[x.dtype].nbytes
            code.line(f"store {kind} {one}, ptr {where}, align {size}")
            where = code.at(where, x.stride) if lane + 1 < self.width else where
