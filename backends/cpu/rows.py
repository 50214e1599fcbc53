"""The vector loop over one row of elements: the inner loop of every kernel.

The body is printed once. Whole vectors run from and to the operands themselves; what
is left over runs through stack buffers one vector wide, so its bits are the same.
"""

from collections.abc import Sequence

from lazydag.backends.cpu.code import Code, memory_type
from lazydag.backends.cpu.row_state import (
    BROADCAST,
    CONTIGUOUS,
    SCRATCH,
    STRIDED,
    Row,
    State,
)
from lazydag.backends.scalar.expr import Expr
from lazydag.backends.scalar.types import TYPES, DType


class RowLoop:
    """Prints the loop over a row.

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
    """

    def __init__(
        self,
        code: Code,
        inputs: Sequence[tuple[DType, str]],
        outputs: Sequence[tuple[DType, str]],
        *,
        streams: bool = False,
    ) -> None:
        self.code = code
        self.width = code.printer.width
        self.streams = streams
        self._inputs = [self._tail(dtype, kind) for dtype, kind in inputs]
        self._outputs = [self._tail(dtype, kind) for dtype, kind in outputs]
        for name, (dtype, _) in zip(self._inputs, inputs, strict=True):
            if name:  # lanes beyond the end must hold numbers, never trap bits
                one = code.printer.splat(
                    "1" if TYPES[dtype].kind != "f" else "1.0", dtype
                )
                code.fill(name, one, dtype, self.width)

    def _tail(self, dtype: DType, kind: str) -> str:
        if kind not in (CONTIGUOUS, STRIDED):
            return ""
        return self.code.buffer(dtype, self.width)

    def emit(
        self,
        count: str,
        inputs: Sequence[Row],
        outputs: Sequence[Row],
        values: Sequence[Expr],
    ) -> None:
        """Print the loop over `count` elements; `values` go to the outputs."""
        code = self.code
        names = ("row", "after", "tail", "pad", "unpad", "end")
        row, after, tail, pad, unpad, end = map(code.new_label, names)
        fixed = {
            i: self._broadcast(x) for i, x in enumerate(inputs) if x.kind == BROADCAST
        }
        whole = code.i64("and", count, -self.width)
        rest = code.i64("sub", count, whole)
        aligned = self._aligned(outputs) if self.streams else ""
        state = State(code, inputs, outputs, streams=bool(aligned))
        state.set(inputs, outputs, whole, "false", aligned)
        code.branch(code.emit(f"icmp sgt i64 {whole}, 0"), row, tail)

        code.start(row)
        following = self._step(state, fixed, values)
        stop = state.load("i64", state.stop)
        code.branch(code.emit(f"icmp slt i64 {following}, {stop}"), row, after)

        code.start(after)
        code.branch(state.load("i1", state.in_tail), unpad, tail)
        code.start(tail)
        code.branch(code.emit(f"icmp sgt i64 {rest}, 0"), pad, end)
        code.start(pad)
        moved_in = self._pad(inputs, self._inputs, whole, rest)
        if any(call.function.failure for call in code.printer.calls):
            self._repeat(moved_in, rest)
        moved_out = self._redirect(outputs, self._outputs, whole)
        state.set(moved_in, moved_out, str(self.width), "true", "false")
        code.jump(row)

        code.start(unpad)
        self._unpad(outputs, self._outputs, whole, rest)
        code.jump(end)
        code.start(end)

    def _step(self, state: State, fixed: dict[int, str], values: Sequence[Expr]) -> str:
        """Print the work on one vector; returns the index of the next."""
        code, i = self.code, state.load("i64", state.index)
        inputs, outputs = state.rows()
        loads = {
            k: fixed[k] if k in fixed else self._load(x, i)
            for k, x in enumerate(inputs)
        }
        results = code.printer.body(values, loads)
        self._store(outputs, results, i, state)
        following = code.i64("add", state.load("i64", state.index), self.width)
        code.line(f"store i64 {following}, ptr {state.index}, align 8")
        return following

    def _broadcast(self, x: Row) -> str:
        code = self.code
        kind = memory_type(x.dtype)
        size = TYPES[x.dtype].nbytes
        value = code.emit(f"load {kind}, ptr {x.pointer}, align {size}")
        if x.dtype == "bool":
            value = code.emit(f"icmp ne i8 {value}, 0")
        return code.printer.splat(value, x.dtype)

    def _aligned(self, outputs: Sequence[Row]) -> str:
        """Whether all contiguous outputs start on a cache line."""
        code, bits = self.code, "0"
        for x in outputs:
            if x.kind == CONTIGUOUS:
                address = code.emit(f"ptrtoint ptr {x.pointer} to i64")
                bits = code.i64("or", address, bits)
        low = code.i64("and", bits, 63)
        return code.emit(f"icmp eq i64 {low}, 0")

    def _load(self, x: Row, i: str) -> str:
        code = self.code
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

    def _store(
        self, rows: Sequence[Row], values: Sequence[str], i: str, state: State
    ) -> None:
        if not state.aligned:
            self._store_all(rows, values, i, "")
            return
        code = self.code
        stream, plain, done = map(code.new_label, ("stream", "plain", "stored"))
        code.branch(state.load("i1", state.aligned), stream, plain)
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

    def _redirect(
        self, rows: Sequence[Row], buffers: Sequence[str], whole: str
    ) -> list[Row]:
        """Return the rows that the last vector uses in place of `rows`."""
        code, moved = self.code, []
        for x, buffer in zip(rows, buffers, strict=True):
            if x.kind == SCRATCH:
                pointer = code.element(x.pointer, whole, x.dtype)
                moved.append(Row(x.dtype, x.kind, pointer))
            else:
                size = str(TYPES[x.dtype].nbytes)
                moved.append(Row(x.dtype, x.kind, buffer or x.pointer, size))
        return moved

    def _pad(
        self, rows: Sequence[Row], buffers: Sequence[str], whole: str, rest: str
    ) -> list[Row]:
        moved = self._redirect(rows, buffers, whole)
        for x, to in zip(rows, moved, strict=True):
            if x.kind in (CONTIGUOUS, STRIDED):
                self._copy(x, to, rest, source=self._from(x, whole))
        return moved

    def _repeat(self, rows: Sequence[Row], rest: str) -> None:
        """Let the lanes beyond the end hold what the first holds.

        A function fails at no number that is not the user's, nor at one left over from
        another run.
        """
        code, missing = self.code, self.code.i64("sub", str(self.width), rest)
        for x in rows:
            if x.kind != BROADCAST:
                size = str(TYPES[x.dtype].nbytes)
                first = Row(x.dtype, STRIDED, x.pointer, "0")
                end = code.element(x.pointer, rest, x.dtype)
                lanes = Row(x.dtype, STRIDED, end, size)
                self._copy(first, lanes, missing, source=x.pointer)

    def _unpad(
        self, rows: Sequence[Row], buffers: Sequence[str], whole: str, rest: str
    ) -> None:
        for x, buffer in zip(rows, buffers, strict=True):
            if buffer:
                size = str(TYPES[x.dtype].nbytes)
                target = Row(x.dtype, x.kind, self._from(x, whole), x.stride)
                source = Row(x.dtype, x.kind, buffer, size)
                self._copy(source, target, rest, source=buffer)

    def _from(self, x: Row, index: str) -> str:
        if x.kind == STRIDED:
            return self.code.at(x.pointer, self.code.i64("mul", index, x.stride))
        return self.code.element(x.pointer, index, x.dtype)

    def _copy(self, x: Row, to: Row, count: str, *, source: str) -> None:
        """Copy `count` elements, fewer than a vector has."""
        code, kind, size = self.code, memory_type(x.dtype), TYPES[x.dtype].nbytes
        if x.kind == CONTIGUOUS:
            code.copy(to.pointer, source, code.i64("mul", count, size))
            return
        steps = [r.stride if r.kind == STRIDED else size for r in (x, to)]
        with code.loop(count) as i:
            old = code.at(source, code.i64("mul", i, steps[0]))
            new = code.at(to.pointer, code.i64("mul", i, steps[1]))
            one = code.emit(f"load {kind}, ptr {old}, align {size}")
            code.line(f"store {kind} {one}, ptr {new}, align {size}")
