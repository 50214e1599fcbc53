"""Prints the functions that reduce one block of a row to one value.

``void f(ptr out, ptr elements, i64 count)``: element ``i`` goes to lane ``i mod n`` of
the n lanes of four vectors, which are combined as trees. Missing lanes hold the
identity. ``moments`` has three results: the sum, how far the deviations from the mean
are from adding up to zero, and their squares.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from lazydag.backends.cpu.code import Code, module_text
from lazydag.backends.cpu.folds import (
    ACCUMULATORS,
    MOMENTS,
    combine,
    constant,
    corrected,
    deviations,
    horizontal,
    identity,
    lanes,
    tree,
)
from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.vector import VectorPrinter
from lazydag.backends.scalar.expr import arg, convert
from lazydag.backends.scalar.types import TYPES, DType

LEVEL: Final = 2


def print_row_reducer(symbol: str, kind: str, dtype: DType) -> Module:
    """Return the function that reduces a block of a row."""
    code = Code(VectorPrinter(lanes(dtype)))
    fold = Fold(code, dtype)
    if kind == "moments":
        results = dict(zip(MOMENTS, _moments(fold), strict=True))
    else:
        fill = constant(code.printer, identity(kind, dtype))
        results = {"out": fold.emit(fill, [kind], lambda x: [x])[0]}
    for name, value in results.items():
        code.store_one(value, f"%{name}", dtype)
    code.line("ret void")
    targets = ", ".join(f"ptr %{name}" for name in results)
    head = f"void @{symbol}({targets}, ptr %elements, i64 %count)"
    return Module(
        module_text(code.function(head), code.printer), (symbol,), level=LEVEL
    )


def _moments(fold: "Fold") -> tuple[str, str, str]:
    """Print two passes: the sum, then deviations from the mean and their squares."""
    dtype, out = fold.dtype, fold.code.printer
    zero = constant(out, identity("sum", dtype))
    (total,) = fold.emit(zero, ["sum"], lambda x: [x])
    width, out.width = out.width, 1
    (count,) = out.body([convert(arg(0, "i64"), dtype)], {0: "%count"})
    (mean,) = out.body([arg(0, dtype) / arg(1, dtype)], {0: total, 1: count})
    out.width = width
    means, terms = out.splat(mean, dtype), deviations(dtype)
    first, second = fold.emit(
        means, ["sum", "sum"], lambda x: out.body(terms, {0: x, 1: means})
    )
    out.width = 1
    m2 = corrected(arg(0, dtype), arg(1, dtype), arg(2, dtype))
    (result,) = out.body([m2], {0: first, 1: second, 2: count})
    out.width = width
    return total, first, result


@dataclass(slots=True)
class Fold:
    """Prints loops over ``%count`` elements at ``%elements``."""

    code: Code
    dtype: DType

    def emit(
        self,
        fill: str,
        kinds: Sequence[str],
        terms: Callable[[str], Sequence[str]],
    ) -> list[str]:
        """Print the combination by each of `kinds` of what `terms` makes of elements.

        `fill` stands for elements beyond the end: its terms must be identities.
        """
        code, out, dtype = self.code, self.code.printer, self.dtype
        step = ACCUMULATORS * out.width
        row, after, tail, pad, end = map(
            code.new_label, ("row", "after", "tail", "pad", "end")
        )
        buffer = code.buffer(dtype, step)
        start = [
            constant(out, identity(kind, dtype))
            for kind in kinds
            for _ in range(ACCUMULATORS)
        ]
        whole = code.i64("and", "%count", -step)
        rest = code.i64("sub", "%count", whole)
        before = code.label
        code.branch(code.emit(f"icmp sgt i64 {whole}, 0"), row, tail)

        wide = out.type(dtype)
        names = range(len(start))
        new = [f"%new{k}.{row}" for k in names]
        late = [f"%late{k}.{row}" for k in names]
        code.start(tail)
        for k in names:
            edges = f"[{start[k]}, %{before}], [{new[k]}, %{after}]"
            code.line(f"{late[k]} = phi {wide} {edges}")
        code.branch(code.emit(f"icmp sgt i64 {rest}, 0"), pad, end)
        code.start(pad)
        code.fill(buffer, fill, dtype, step)
        self._copy(buffer, whole, rest)
        code.jump(row)

        code.start(row)
        i, following = f"%i.{row}", f"%next.{row}"
        code.line(f"{i} = phi i64 [0, %{before}], [{following}, %{row}], [0, %{pad}]")
        here = self._phi("ptr", "%elements", buffer, (before, row, pad), "from")
        stop = self._phi("i64", whole, str(step), (before, row, pad), "stop")
        in_tail = self._phi("i1", "false", "true", (before, row, pad), "tail")
        old = [f"%old{k}.{row}" for k in names]
        for k in names:
            edges = f"[{start[k]}, %{before}], [{new[k]}, %{row}], [{late[k]}, %{pad}]"
            code.line(f"{old[k]} = phi {wide} {edges}")
        self._accumulate(kinds, terms, code.element(here, i, dtype), old, new)
        code.line(f"{following} = add i64 {i}, {step}")
        code.branch(code.emit(f"icmp slt i64 {following}, {stop}"), row, after)
        code.start(after)
        code.branch(in_tail, end, tail)

        code.start(end)
        last = [f"%last{k}.{row}" for k in names]
        for k in names:
            edges = f"[{new[k]}, %{after}], [{late[k]}, %{tail}]"
            code.line(f"{last[k]} = phi {wide} {edges}")
        return [
            self._total(kind, last[k * ACCUMULATORS : (k + 1) * ACCUMULATORS])
            for k, kind in enumerate(kinds)
        ]

    def _phi(
        self, kind: str, first: str, in_tail: str, blocks: tuple[str, str, str], of: str
    ) -> str:
        before, row, pad = blocks
        name = f"%{of}.{row}"
        edges = f"[{first}, %{before}], [{name}, %{row}], [{in_tail}, %{pad}]"
        self.code.line(f"{name} = phi {kind} {edges}")
        return name

    def _copy(self, buffer: str, first: str, count: str) -> None:
        code = self.code
        source = code.element("%elements", first, self.dtype)
        code.copy(buffer, source, code.i64("mul", count, TYPES[self.dtype].nbytes))

    def _accumulate(
        self,
        kinds: Sequence[str],
        terms: Callable[[str], Sequence[str]],
        pointer: str,
        old: Sequence[str],
        new: Sequence[str],
    ) -> None:
        code, out, dtype = self.code, self.code.printer, self.dtype
        wide = out.type(dtype)
        for k in range(ACCUMULATORS):
            x = out.load(code.element(pointer, k * out.width, dtype), dtype)
            for t, (kind, term) in enumerate(zip(kinds, terms(x), strict=True)):
                at = t * ACCUMULATORS + k
                value = combine(out, kind, dtype, old[at], term)
                code.line(f"{new[at]} = bitcast {wide} {value} to {wide}")

    def _total(self, kind: str, accumulators: Sequence[str]) -> str:
        out, dtype = self.code.printer, self.dtype
        return horizontal(out, kind, dtype, tree(out, kind, dtype, accumulators))
