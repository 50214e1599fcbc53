"""Kernels for sparse matrices whose rows are compressed.

A row's elements are ``data[indptr[i]:indptr[i + 1]]``, in the columns that `indices`
has there. A kernel is ``int kernel(block, bases)``; its block has a slot and an offset
for each of `data`, `indices`, `indptr`, `x` and `out`, and then the words: rows and
columns of A, elements, columns of `x`, and the bytes of a row of `x` and of `out`.
Positions are checked before anything is read or written there: the result is `OUTSIDE`
if one is outside.

=========  ===================================================================
`rows`     ``out = A @ x`` of a vector
`columns`  ``out = A @ x`` of a matrix whose rows are contiguous
`scatter`  ``out = A.T @ x`` of such a matrix
`spread`   ``out = A.T @ x`` of a vector
=========  ===================================================================
"""

from functools import cache
from string import Template
from typing import Final, Literal, TypeAlias

from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.objects import default_compiler
from lazydag.backends.cpu.vector import ATTRIBUTES

Kind: TypeAlias = Literal["rows", "columns", "scatter", "spread"]

OUTSIDE: Final = 1
"""A kernel's result if a position is outside of its array."""

_TYPES: Final = {"float32": ("float", 4), "float64": ("double", 8)}
_INDICES: Final = {"int32": "i32", "int64": "i64"}
_WIDE: Final = 128
"""Bytes of a row of `x` that stay in registers while a row's elements are added up."""
_VECTOR: Final = 32
_LONG: Final = 32
"""Elements of a row that has four sums, at least."""

# What all kernels begin with, and how they go through the rows. `row` is the kernel's
# own code for one row; it ends at `next`.
_KERNEL: Final = Template("""
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)

define internal ptr @operand(ptr %block, ptr %bases, i64 %number) alwaysinline {
  %word = shl i64 %number, 1
  %slot.at = getelementptr i64, ptr %block, i64 %word
  %slot = load i64, ptr %slot.at, align 8
  %offset.at = getelementptr i64, ptr %slot.at, i64 1
  %offset = load i64, ptr %offset.at, align 8
  %base.at = getelementptr ptr, ptr %bases, i64 %slot
  %base = load ptr, ptr %base.at, align 8
  %found = getelementptr i8, ptr %base, i64 %offset
  ret ptr %found
}

define internal i64 @word(ptr %block, i64 %number) alwaysinline {
  %at = getelementptr i64, ptr %block, i64 %number
  %found = load i64, ptr %at, align 8
  ret i64 %found
}

define internal i64 @index(ptr %indices, i64 %i) alwaysinline {
  %at = getelementptr $I, ptr %indices, i64 %i
  %narrow = load $I, ptr %at
  %found = $widen
  ret i64 %found
}
$functions
define i32 @kernel(ptr %block, ptr %bases) #0 {
entry:
  %data = call ptr @operand(ptr %block, ptr %bases, i64 0)
  %indices = call ptr @operand(ptr %block, ptr %bases, i64 1)
  %indptr = call ptr @operand(ptr %block, ptr %bases, i64 2)
  %x = call ptr @operand(ptr %block, ptr %bases, i64 3)
  %out = call ptr @operand(ptr %block, ptr %bases, i64 4)
  %rows = call i64 @word(ptr %block, i64 10)
  %bound = call i64 @word(ptr %block, i64 11)
  %stored = call i64 @word(ptr %block, i64 12)
  %width = call i64 @word(ptr %block, i64 13)
  %x.pitch = call i64 @word(ptr %block, i64 14)
  %out.pitch = call i64 @word(ptr %block, i64 15)
  $before
  br label %head
head:
  %row = phi i64 [0, %entry], [%row.next, %next]
  %row.next = add i64 %row, 1
  %more = icmp ult i64 %row, %rows
  br i1 %more, label %check, label %done
check:
  %start = call i64 @index(ptr %indptr, i64 %row)
  %stop = call i64 @index(ptr %indptr, i64 %row.next)
  %ordered = icmp ule i64 %start, %stop
  %stops = icmp ule i64 %stop, %stored
  %fits = and i1 %ordered, %stops
  br i1 %fits, label %row.begin, label %outside
row.begin:
  %count = sub i64 %stop, %start
  %row.data = getelementptr $T, ptr %data, i64 %start
  %row.indices = getelementptr $I, ptr %indices, i64 %start
  $row
next:
  br label %head
done:
  ret i32 0
outside:
  ret i32 1
}
attributes #0 = { $attributes }
""")

# Long rows have four sums, of every fourth element, which are added up in pairs; then
# comes what is left over. Short ones are left over as a whole.
_ROW_SUM: Final = Template("""
define internal i1 @row_sum(
  ptr %data, ptr %indices, i64 %count, ptr %x, i64 %bound, ptr %out) alwaysinline {
entry:
  %fours = and i64 %count, -4
  %is.long = icmp uge i64 %count, $long
  br i1 %is.long, label %head, label %rest
head:
  %i = phi i64 [0, %entry], [%i.next, %go3]
  $phis
  %more = icmp ult i64 %i, %fours
  br i1 %more, label %lane0, label %pairs
$lanes
  br label %head
pairs:
  %low = fadd $T %s0, %s1
  %high = fadd $T %s2, %s3
  %total = fadd $T %low, %high
  br label %rest
rest:
  %k = phi i64 [0, %entry], [%fours, %pairs], [%k.next, %here]
  %sum = phi $T [0.0, %entry], [%total, %pairs], [%sum.next, %here]
  %left = icmp ult i64 %k, %count
  br i1 %left, label %last, label %done
last:
  %column = call i64 @index(ptr %indices, i64 %k)
  %fits = icmp ult i64 %column, %bound
  br i1 %fits, label %here, label %outside
here:
  %product = call $T @times(ptr %data, i64 %k, ptr %x, i64 %column)
  %sum.next = fadd $T %sum, %product
  %k.next = add i64 %k, 1
  br label %rest
done:
  store $T %sum, ptr %out
  ret i1 true
outside:
  ret i1 false
}
""")

_TIMES_ONE: Final = Template("""
define internal $T @times(ptr %data, i64 %i, ptr %x, i64 %column) alwaysinline {
  %value.at = getelementptr $T, ptr %data, i64 %i
  %value = load $T, ptr %value.at
  %x.at = getelementptr $T, ptr %x, i64 %column
  %one = load $T, ptr %x.at
  %product = fmul $T %value, %one
  ret $T %product
}
""")

# One of the four sums, of element `i.$n`.
_LANE: Final = Template("""
lane$n:
  %i.$n = or disjoint i64 %i, $n
  %c$n = call i64 @index(ptr %indices, i64 %i.$n)
  %fits$n = icmp ult i64 %c$n, %bound
  br i1 %fits$n, label %go$n, label %outside
go$n:
  %p$n = call $T @times(ptr %data, i64 %i.$n, ptr %x, i64 %c$n)
  %s$n.next = fadd $T %s$n, %p$n
  $after""")

# Columns of one row of the result: `V` is a vector of them.
_ROW_TIMES: Final = Template("""
define internal i1 @row_times_$W(
  ptr %data, ptr %indices, i64 %count, ptr %x, i64 %pitch, i64 %bound, ptr %out) {
entry:
  br label %head
head:
  %i = phi i64 [0, %entry], [%i.next, %inside]
  %sum = phi $V [zeroinitializer, %entry], [%sum.next, %inside]
  %more = icmp ult i64 %i, %count
  br i1 %more, label %body, label %done
body:
  %column = call i64 @index(ptr %indices, i64 %i)
  %fits = icmp ult i64 %column, %bound
  br i1 %fits, label %inside, label %outside
inside:
  %value.at = getelementptr $T, ptr %data, i64 %i
  %one = load <1 x $T>, ptr %value.at, align $S
  %values = shufflevector <1 x $T> %one, <1 x $T> poison, <$W x i32> zeroinitializer
  %offset = mul i64 %column, %pitch
  %x.at = getelementptr i8, ptr %x, i64 %offset
  %xs = load $V, ptr %x.at, align $S
  %products = fmul $V %values, %xs
  %sum.next = fadd $V %sum, %products
  %i.next = add i64 %i, 1
  br label %head
done:
  store $V %sum, ptr %out, align $S
  ret i1 true
outside:
  ret i1 false
}
""")

# Part of a row of x, times one element, added to a row of the result.
_ADD_TIMES: Final = Template("""
define internal void @add_times_$W(ptr %out, ptr %x, ptr %value.at) alwaysinline {
  %one = load <1 x $T>, ptr %value.at, align $S
  %values = shufflevector <1 x $T> %one, <1 x $T> poison, <$W x i32> zeroinitializer
  %xs = load $V, ptr %x, align $S
  %before = load $V, ptr %out, align $S
  %products = fmul $V %values, %xs
  %after = fadd $V %before, %products
  store $V %after, ptr %out, align $S
  ret void
}
""")

# Goes through the columns in pieces of one width, from where the last ended.
_PIECES: Final = Template("""
  br label %head.$W
head.$W:
  %j.$W = phi i64 [$first, %$previous], [%j.$W.next, %piece.$W.end]
  %j.$W.next = add i64 %j.$W, $W
  %more.$W = icmp ule i64 %j.$W.next, %width
  br i1 %more.$W, label %piece.$W, label %end.$W
piece.$W:
  %x.$W = getelementptr $T, ptr $x, i64 %j.$W
  %out.$W = getelementptr $T, ptr $out, i64 %j.$W
  $piece
piece.$W.end:
  br label %head.$W
end.$W:""")

_ROWS: Final = """
  %out.at = getelementptr $T, ptr %out, i64 %row
  %fine = call i1 @row_sum(ptr %row.data, ptr %row.indices, i64 %count, ptr %x,
    i64 %bound, ptr %out.at)
  br i1 %fine, label %next, label %outside"""

_COLUMNS: Final = """
  %out.offset = mul i64 %row, %out.pitch
  %out.row = getelementptr i8, ptr %out, i64 %out.offset
  $pieces
  br label %next"""

_TIMES: Final = """%fine.$W = call i1 @row_times_$W(ptr %row.data, ptr %row.indices,
    i64 %count, ptr %x.$W, i64 %x.pitch, i64 %bound, ptr %out.$W)
  br i1 %fine.$W, label %piece.$W.end, label %outside"""

_CLEAR: Final = """%nbytes = mul i64 %bound, %out.pitch
  call void @llvm.memset.p0.i64(ptr %out, i8 0, i64 %nbytes, i1 false)"""

_SCATTER: Final = """
  %x.offset = mul i64 %row, %x.pitch
  %x.row = getelementptr i8, ptr %x, i64 %x.offset
  br label %each
each:
  %i = phi i64 [0, %row.begin], [%i.next, %each.end]
  %i.next = add i64 %i, 1
  %left = icmp ult i64 %i, %count
  br i1 %left, label %element, label %next
element:
  %column = call i64 @index(ptr %row.indices, i64 %i)
  %inside = icmp ult i64 %column, %bound
  br i1 %inside, label %add, label %outside
add:
  %value = getelementptr $T, ptr %row.data, i64 %i
  %out.offset = mul i64 %column, %out.pitch
  %out.row = getelementptr i8, ptr %out, i64 %out.offset
  $pieces
  br label %each.end
each.end:
  br label %each"""

_SPREAD: Final = """
  %x.at = getelementptr $T, ptr %x, i64 %row
  %one = load $T, ptr %x.at
  br label %each
each:
  %i = phi i64 [0, %row.begin], [%i.next, %add]
  %left = icmp ult i64 %i, %count
  br i1 %left, label %element, label %next
element:
  %column = call i64 @index(ptr %row.indices, i64 %i)
  %inside = icmp ult i64 %column, %bound
  br i1 %inside, label %add, label %outside
add:
  %value.at = getelementptr $T, ptr %row.data, i64 %i
  %value = load $T, ptr %value.at
  %product = fmul $T %value, %one
  %out.at = getelementptr $T, ptr %out, i64 %column
  %before = load $T, ptr %out.at
  %after = fadd $T %before, %product
  store $T %after, ptr %out.at
  %i.next = add i64 %i, 1
  br label %each"""

_ADD: Final = """call void @add_times_$W(ptr %out.$W, ptr %x.$W, ptr %value)
  br label %piece.$W.end"""


@cache
def csr_kernel(kind: Kind, dtype: str, index: str) -> int:
    """Return the address of a kernel.

    Parameters
    ----------
    kind
        What it computes.
    dtype
        Type of the numbers: ``"float32"`` or ``"float64"``.
    index
        Type of the positions: ``"int32"`` or ``"int64"``.
    """
    text = kernel_text(kind, dtype, index)
    (address,) = default_compiler().load(Module(text, level=2, is_optimised=True))
    return address


def kernel_text(kind: Kind, dtype: str, index: str) -> str:
    """Return a kernel's text."""
    (scalar, nbytes), narrow = _TYPES[dtype], _INDICES[index]
    names = {"T": scalar, "S": str(nbytes), "I": narrow, "attributes": ATTRIBUTES}
    names["widen"] = _widened("%narrow", narrow)
    widths = (_WIDE // nbytes, _VECTOR // nbytes, 1)
    functions, before, row = {
        "rows": (_row_sum(names), "", _ROWS),
        "columns": (_each(_ROW_TIMES, widths, names), "", _COLUMNS),
        "scatter": (_each(_ADD_TIMES, widths, names), _CLEAR, _SCATTER),
        "spread": ("", _CLEAR, _SPREAD),
    }[kind]
    if kind == "columns":
        names["pieces"] = _pieces(widths, "row.begin", "%x", _TIMES, names)
    elif kind == "scatter":
        names["pieces"] = _pieces(widths, "add", "%x.row", _ADD, names)
    row = Template(row).substitute(names)
    return _KERNEL.substitute(names, functions=functions, before=before, row=row)


def _widened(value: str, narrow: str) -> str:
    return f"sext i32 {value} to i64" if narrow == "i32" else f"add i64 {value}, 0"


def _row_sum(names: dict[str, str]) -> str:
    kind, lanes = names["T"], range(4)
    phis = [f"%s{n} = phi {kind} [0.0, %entry], [%s{n}.next, %go3]" for n in lanes]
    follow = [f"br label %lane{n + 1}" for n in lanes[:-1]] + [
        "%i.next = add i64 %i, 4"
    ]
    steps = [_LANE.substitute(names, n=n, after=follow[n]) for n in lanes]
    text = {"phis": "\n  ".join(phis), "lanes": "".join(steps), "long": str(_LONG)}
    return _TIMES_ONE.substitute(names) + _ROW_SUM.substitute(names, **text)


def _each(text: Template, widths: tuple[int, ...], names: dict[str, str]) -> str:
    return "".join(
        text.substitute(names, W=width, V=f"<{width} x {names['T']}>")
        for width in widths
    )


def _pieces(
    widths: tuple[int, ...], label: str, x: str, piece: str, names: dict[str, str]
) -> str:
    """Return what goes through the columns, in the widest pieces that are left."""
    text, first = "", "0"
    for width in widths:
        own = Template(piece).substitute(W=width)
        text += _PIECES.substitute(
            names, W=width, first=first, previous=label, x=x, out="%out.row", piece=own
        )
        label, first = f"end.{width}", f"%j.{width}"
    return text
