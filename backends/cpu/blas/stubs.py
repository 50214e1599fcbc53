"""Kernels that call a Fortran routine with the arguments in their block.

The block's first word is the routine's address. Then comes what each argument takes:

========  ===========================================================
scalar    its value; the routine gets the word's address
array     slot, and bytes from the slot's base to the first element
pivots    slot, offset, count, and the greatest number allowed
work      bytes to reserve for the call
info      nothing: it is on the stack, and is the kernel's result
ignored   nothing: it is on the stack, and the kernel's result is 0
========  ===========================================================

All routines whose arguments come in the same pattern share a kernel.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from lazydag.backends.cpu.blas.routines import PATTERNS
from lazydag.backends.cpu.module import Module

WORDS: Final[Mapping[str, int]] = {"s": 1, "a": 2, "p": 4, "w": 1, "e": 0, "n": 0}
"""Words of the block by letter of the pattern."""

NO_MEMORY: Final = -(2**31)
"""A kernel's result if the routine's working memory cannot be had."""

BAD_INDEX: Final = NO_MEMORY + 1
"""A kernel's result if a pivot is none of the rows; nothing was written."""

_DECLARATIONS: Final = """
declare ptr @malloc(i64)
declare void @free(ptr)
"""

# True if a number from %first on is below 1 or above %bound.
_IS_OUTSIDE: Final = """
define internal i1 @is_outside(ptr %first, i64 %count, i64 %bound) {
entry:
  br label %head
head:
  %i = phi i64 [0, %entry], [%next, %body]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %body, label %inside
body:
  %where = getelementptr i32, ptr %first, i64 %i
  %narrow = load i32, ptr %where, align 4
  %number = sext i32 %narrow to i64
  %less = sub i64 %number, 1
  %fits = icmp ult i64 %less, %bound
  %next = add i64 %i, 1
  br i1 %fits, label %head, label %outside
inside:
  ret i1 false
outside:
  ret i1 true
}
"""


@cache
def stub_address(pattern: str) -> int:
    """Return the address of the kernel for a pattern of arguments."""
    return _addresses()[pattern]


@cache
def _addresses() -> Mapping[str, int]:
    """Load all kernels at once: one object, one file on disk."""
    from lazydag.backends.cpu.objects import default_compiler  # with the math library

    return dict(zip(PATTERNS, default_compiler().load(stubs_module()), strict=True))


def stubs_module() -> Module:
    """Return the text of the kernels of all patterns."""
    parts = (_DECLARATIONS, _IS_OUTSIDE, *map(stub_text, PATTERNS))
    return Module("\n".join(parts), entries=tuple(map(_name, PATTERNS)))


def _name(pattern: str) -> str:
    return f"call_{pattern}"


def stub_text(pattern: str) -> str:
    """Return the kernel of one pattern."""
    body: list[str] = []
    arguments: list[str] = []
    word = 1
    for number, letter in enumerate(pattern):
        body += _argument(letter, f"{number}", word)
        arguments.append(f"ptr %p{number}")
        word += WORDS[letter]
    body.append("  %routine = load ptr, ptr %block, align 8")
    body.append(f"  call void %routine({', '.join(arguments)})")
    body += [f"  call void @free(ptr %p{k})" for k in _places(pattern, "w")]
    body += _result(pattern)
    lines = "\n".join(body)
    return f"define i32 @{_name(pattern)}(ptr %block, ptr %bases) {{\n{lines}\n}}"


def _places(pattern: str, letter: str) -> list[int]:
    return [number for number, found in enumerate(pattern) if found == letter]


def _result(pattern: str) -> list[str]:
    for number in _places(pattern, "e"):
        return [
            f"  %info = load i32, ptr %p{number}, align 4",
            "  ret i32 %info",
        ]
    return ["  ret i32 0"]


def _argument(letter: str, n: str, word: int) -> list[str]:
    """Return what makes ``%p<n>``, the address that the routine gets."""
    if letter in "en":
        return [f"  %p{n} = alloca i32, align 4", f"  store i32 0, ptr %p{n}, align 4"]
    return _PRINTERS[letter](n, word)


def _scalar(n: str, word: int) -> list[str]:
    return [f"  %p{n} = getelementptr i64, ptr %block, i64 {word}"]


def _load(name: str, word: int) -> list[str]:
    return [
        f"  {name}.at = getelementptr i64, ptr %block, i64 {word}",
        f"  {name} = load i64, ptr {name}.at, align 8",
    ]


def _array(n: str, word: int) -> list[str]:
    return [
        *_load(f"%slot{n}", word),
        *_load(f"%offset{n}", word + 1),
        f"  %base{n}.at = getelementptr ptr, ptr %bases, i64 %slot{n}",
        f"  %base{n} = load ptr, ptr %base{n}.at, align 8",
        f"  %p{n} = getelementptr i8, ptr %base{n}, i64 %offset{n}",
    ]


def _pivots(n: str, word: int) -> list[str]:
    call = f"@is_outside(ptr %p{n}, i64 %count{n}, i64 %bound{n})"
    return [
        *_array(n, word),
        *_load(f"%count{n}", word + 2),
        *_load(f"%bound{n}", word + 3),
        f"  %bad{n} = call i1 {call}",
        *_return_if(f"%bad{n}", BAD_INDEX, n),
    ]


def _work(n: str, word: int) -> list[str]:
    return [
        *_load(f"%nbytes{n}", word),
        f"  %p{n} = call ptr @malloc(i64 %nbytes{n})",
        f"  %none{n} = icmp eq ptr %p{n}, null",
        *_return_if(f"%none{n}", NO_MEMORY, n),
    ]


def _return_if(condition: str, code: int, n: str) -> list[str]:
    return [
        f"  br i1 {condition}, label %fail{n}, label %go{n}",
        f"fail{n}:",
        f"  ret i32 {code}",
        f"go{n}:",
    ]


_PRINTERS: Final = {"s": _scalar, "a": _array, "p": _pivots, "w": _work}
