"""The vector loop over one row of elements: the inner loop of every kernel.

The body is printed once. Whole vectors run from and to the operands themselves; what
is left over runs through stack buffers one vector wide, so its bits are the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lazydag.backends.cpu.code import Code, memory_type
from lazydag.backends.scalar.expr import Expr
from lazydag.backends.scalar.types import TYPES, DType

CONTIGUOUS: Final = "c"
BROADCAST: Final = "b"
STRIDED: Final = "s"
SCRATCH: Final = "x"
"""Stride classes of a row. Scratch rows are contiguous and end on a whole vector, so
that a last vector may reach over the end of the elements."""


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
        code, width = self.code, self.width
        names = ("row", "finish", "after", "tail", "pad", "unpad", "end")
        row, finish, after, tail, pad, unpad, end = map(code.new_label, names)
        fixed = {
            i: self._broadcast(x) for i, x in enumerate(inputs) if x.kind == BROADCAST
        }
        whole = code.i64("and", count, -width)
        rest = code.i64("sub", count, whole)
        aligned = self._aligned(outputs) if self.streams else ""
        before = code.label
        code.branch(code.emit(f"icmp sgt i64 {whole}, 0"), row, tail)

        code.start(tail)
        code.branch(code.emit(f"icmp sgt i64 {rest}, 0"), pad, end)
        code.start(pad)
        moved_in = self._pad(inputs, self._inputs, whole, rest)
        moved_out = self._redirect(outputs, self._outputs, whole)
        padded = code.label
        code.jump(row)

        code.start(row)
        i, following = f"%i.{row}", f"%next.{row}"
        phi = _Phi(code, row, before, finish, padded)
        code.line(
            f"{i} = phi i64 [0, %{before}], [{following}, %{finish}], [0, %{padded}]"
        )
        stop = phi.same("i64", whole, str(width))
        in_tail = phi.same("i1", "false", "true")
        if aligned:
            aligned = phi.same("i1", aligned, "false")
        here_in = [phi.row_of(a, b) for a, b in zip(inputs, moved_in, strict=True)]
        here_out = [phi.row_of(a, b) for a, b in zip(outputs, moved_out, strict=True)]
        loads = {
            k: fixed[k] if k in fixed else self._load(x, i)
            for k, x in enumerate(here_in)
        }
        results = code.printer.body(values, loads)
        self._store(here_out, results, i, aligned)
        code.jump(finish)
        code.start(finish)
        code.line(f"{following} = add i64 {i}, {width}")
        code.branch(code.emit(f"icmp slt i64 {following}, {stop}"), row, after)

        code.start(after)
        code.branch(in_tail, unpad, tail)
        code.start(unpad)
        self._unpad(outputs, self._outputs, whole, rest)
        code.jump(end)
        code.start(end)

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
        self, rows: Sequence[Row], values: Sequence[str], i: str, aligned: str
    ) -> None:
        if not aligned:
            self._store_all(rows, values, i)
            return
        code = self.code
        stream, plain, done = map(code.new_label, ("stream", "plain", "stored"))
        code.branch(aligned, stream, plain)
        code.start(stream)
        self._store_all(rows, values, i, ", !nontemporal !0")
        code.jump(done)
        code.start(plain)
        self._store_all(rows, values, i)
        code.jump(done)
        code.start(done)

    def _store_all(
        self, rows: Sequence[Row], values: Sequence[str], i: str, suffix: str = ""
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
        steps = [r.stride if r.kind == STRIDED else size for r in (x, to)]
        with code.loop(count) as i:
            old = code.at(source, code.i64("mul", i, steps[0]))
            new = code.at(to.pointer, code.i64("mul", i, steps[1]))
            one = code.emit(f"load {kind}, ptr {old}, align {size}")
            code.line(f"store {kind} {one}, ptr {new}, align {size}")


@dataclass(slots=True)
class _Phi:
    """Names at the head of the row: set before it, kept in it, changed by padding."""

    code: Code
    row: str
    before: str
    finish: str
    padded: str
    _count: int = 0

    def same(self, kind: str, first: str, in_tail: str) -> str:
        """Return a value that only padding changes."""
        self._count += 1
        name = f"%p{self._count}.{self.row}"
        self.code.line(
            f"{name} = phi {kind} [{first}, %{self.before}], "
            f"[{name}, %{self.finish}], [{in_tail}, %{self.padded}]"
        )
        return name

    def row_of(self, x: Row, moved: Row) -> Row:
        """Return the row before and in the tail."""
        if x.kind == BROADCAST:
            return x
        pointer = self.same("ptr", x.pointer, moved.pointer)
        stride = self.same("i64", x.stride, moved.stride) if x.kind == STRIDED else ""
        return Row(x.dtype, x.kind, pointer, stride)
