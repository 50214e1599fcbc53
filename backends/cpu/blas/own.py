"""Routines of our own, beside those of BLAS and LAPACK and called like them.

All arguments are addresses, as in Fortran. `transpose` copies a matrix between storage
orders; `swaprows` is laswp for matrices by rows; `zerodiag` finds the first zero on a
diagonal.
"""

from collections.abc import Callable
from functools import cache
from typing import Final

from lazydag.backends.cpu.code import Code, module_text
from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.vector import VectorPrinter
from lazydag.backends.scalar.types import TYPES, DType

LINE: Final = 64
"""Bytes of a cache line: what is copied at once is as wide, so that lines fill."""

OF_PRECISION: Final[dict[str, DType]] = {"s": "u32", "d": "u64"}


@cache
def own_address(name: str, precision: str) -> int:
    """Return the address of a routine, such as ``("transpose", "d")``."""
    from lazydag.backends.cpu.objects import default_compiler  # with the math library

    module = _TEXTS[name](OF_PRECISION[precision])
    (address,) = default_compiler().load(module)
    return address


def transpose_module(dtype: DType) -> Module:
    """Return ``transpose(uplo, m, n, a, lda, b, ldb)`` for elements of one size.

    It copies an m by n matrix, or the triangle that `uplo` says, from columns `lda`
    apart to rows `ldb` apart.
    """
    lanes = LINE // TYPES[dtype].nbytes
    code = Code(VectorPrinter(lanes))
    _load_integers(code, "m", "n", "lda", "ldb")
    code.line("%letter = load i8, ptr %uplo.at, align 1")
    code.line(f"%lower = icmp eq i8 %letter, {ord('L')}")
    code.line(f"%upper = icmp eq i8 %letter, {ord('U')}")
    with code.loop("%n", lanes) as j, code.loop("%m", lanes) as i:
        whole = _is_whole(code, i, j, lanes)
        with code.when(whole):
            _square(code, dtype, i, j)
        with code.when(code.emit(f"xor i1 {whole}, true")):
            _edge(code, dtype, i, j)
    names = "%uplo.at, ptr %m.at, ptr %n.at, ptr %a, ptr %lda.at, ptr %b, ptr %ldb.at"
    return _module(code, f"void @transpose(ptr {names})", "transpose")


def swaprows_module(dtype: DType) -> Module:
    """Return ``swaprows(n, a, lda, k1, k2, pivots, incx)``, which is laswp by rows.

    Rows of n elements are `lda` apart; `k1` is 1 and `incx` is 1 or -1.
    """
    lanes = LINE // TYPES[dtype].nbytes
    code = Code(VectorPrinter(lanes))
    _load_integers(code, "n", "lda", "k2", "incx")
    code.line("%last = sub i64 %k2, 1")
    code.line("%backwards = icmp slt i64 %incx, 0")
    with code.loop("%k2") as step:
        back = code.i64("sub", "%last", step)
        i = code.emit(f"select i1 %backwards, i64 {back}, i64 {step}")
        narrow = code.emit(f"load i32, ptr {code.element('%pivots', i, 'u32')}")
        pivot = code.i64("sub", code.emit(f"sext i32 {narrow} to i64"), 1)
        with code.when(code.emit(f"icmp ne i64 {pivot}, {i}")):
            _swap(code, dtype, _row(code, dtype, i), _row(code, dtype, pivot))
    names = "%n.at, ptr %a, ptr %lda.at, ptr %k1.at, ptr %k2.at, ptr %pivots"
    return _module(code, f"void @swaprows(ptr {names}, ptr %incx.at)", "swaprows")


def zerodiag_module(dtype: DType) -> Module:
    """Return ``zerodiag(n, a, lda, info)``: where a zero is, counted from 1, or 0."""
    code = Code(VectorPrinter(1))
    _load_integers(code, "n", "lda")
    step = code.i64("add", "%lda", 1)
    with code.loop("%n") as down:
        i = code.i64("sub", "%n", down)
        at = code.i64("mul", code.i64("sub", i, 1), step)
        kind = TYPES[dtype].llvm
        value = code.printer.load(code.element("%a", at, dtype), dtype)
        unsigned = code.emit(f"shl {kind} {value}, 1")  # -0.0 is a zero, too
        with code.when(code.emit(f"icmp eq {kind} {unsigned}, 0")):
            code.line(f"store i32 {code.emit(f'trunc i64 {i} to i32')}, ptr %info")
    head = "void @zerodiag(ptr %n.at, ptr %a, ptr %lda.at, ptr %info)"
    return _module(code, head, "zerodiag")


_TEXTS: Final[dict[str, Callable[[DType], Module]]] = {
    "transpose": transpose_module,
    "swaprows": swaprows_module,
    "zerodiag": zerodiag_module,
}


def _module(code: Code, head: str, name: str) -> Module:
    code.line("ret void")
    return Module(module_text(code.function(head), code.printer), (name,), level=2)


def _load_integers(code: Code, *names: str) -> None:
    for name in names:
        code.line(f"%{name}.i32 = load i32, ptr %{name}.at, align 4")
        code.line(f"%{name} = sext i32 %{name}.i32 to i64")


def _is_whole(code: Code, i: str, j: str, lanes: int) -> str:
    """Return whether a square is inside of the matrix, and of the triangle."""
    below, right = code.i64("add", i, lanes), code.i64("add", j, lanes)
    inside = [
        code.emit(f"icmp sle i64 {below}, %m"),
        code.emit(f"icmp sle i64 {right}, %n"),
        _unless(code, "%lower", code.emit(f"icmp sge i64 {i}, {right}")),
        _unless(code, "%upper", code.emit(f"icmp sge i64 {j}, {below}")),
    ]
    found, *rest = inside
    for condition in rest:
        found = code.emit(f"and i1 {found}, {condition}")
    return found


def _unless(code: Code, flag: str, condition: str) -> str:
    return code.emit(f"select i1 {flag}, i1 {condition}, i1 true")


def _square(code: Code, dtype: DType, i: str, j: str) -> None:
    """Copy as many columns as a vector has lanes."""
    lanes = code.printer.width
    sources = [code.i64("add", j, lane) for lane in range(lanes)]
    columns = [
        code.printer.load(_place(code, dtype, "a", i, source), dtype)
        for source in sources
    ]
    for lane, row in enumerate(_transposed(code, dtype, columns)):
        target = _place(code, dtype, "b", j, code.i64("add", i, lane))
        code.printer.store(row, target, dtype)


def _transposed(code: Code, dtype: DType, vectors: list[str]) -> list[str]:
    """Return the transpose of a square in registers, by perfect shuffles."""
    lanes = len(vectors)
    kind = code.printer.type(dtype)
    halves = (range(lanes // 2), range(lanes // 2, lanes))
    masks = [
        ", ".join(f"i32 {lane}, i32 {lane + lanes}" for lane in half) for half in halves
    ]
    for _ in range(lanes.bit_length() - 1):
        pairs = zip(vectors[: lanes // 2], vectors[lanes // 2 :], strict=True)
        vectors = [
            code.emit(
                f"shufflevector {kind} {one}, {kind} {two}, <{lanes} x i32> <{mask}>"
            )
            for one, two in pairs
            for mask in masks
        ]
    return vectors


def _edge(code: Code, dtype: DType, i: str, j: str) -> None:
    """Copy what is in the matrix, and in the triangle, element by element."""
    lanes = code.printer.width
    code.printer.width = 1
    ncolumns = code.minimum(code.i64("sub", "%n", j), lanes)
    nrows = code.minimum(code.i64("sub", "%m", i), lanes)
    with code.loop(ncolumns) as across, code.loop(nrows) as down:
        row, column = code.i64("add", i, down), code.i64("add", j, across)
        is_below = code.emit(f"icmp sge i64 {row}, {column}")
        is_above = code.emit(f"icmp sle i64 {row}, {column}")
        below = _unless(code, "%lower", is_below)
        above = _unless(code, "%upper", is_above)
        with code.when(code.emit(f"and i1 {below}, {above}")):
            value = code.printer.load(_place(code, dtype, "a", row, column), dtype)
            code.printer.store(value, _place(code, dtype, "b", column, row), dtype)
    code.printer.width = lanes


def _place(code: Code, dtype: DType, name: str, inner: str, outer: str) -> str:
    line = code.i64("mul", outer, f"%ld{name}")
    return code.element(f"%{name}", code.i64("add", line, inner), dtype)


def _row(code: Code, dtype: DType, row: str) -> str:
    return code.element("%a", code.i64("mul", row, "%lda"), dtype)


def _swap(code: Code, dtype: DType, one: str, other: str) -> None:
    lanes = code.printer.width
    whole = code.i64("and", "%n", -lanes)
    with code.loop(whole, lanes) as at:
        _swap_at(code, dtype, one, other, at)
    code.printer.width = 1
    with code.loop(code.i64("sub", "%n", whole)) as rest:
        _swap_at(code, dtype, one, other, code.i64("add", whole, rest))
    code.printer.width = lanes


def _swap_at(code: Code, dtype: DType, one: str, other: str, at: str) -> None:
    places = [code.element(row, at, dtype) for row in (one, other)]
    values = [code.printer.load(place, dtype) for place in places]
    for value, place in zip(reversed(values), places, strict=True):
        code.printer.store(value, place, dtype)
