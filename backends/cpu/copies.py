"""Functions of the walker that copy elements: of any size, and few at a time."""

from collections.abc import Callable, Iterator
from typing import Final

from lazydag.backends.cpu.code import Code
from lazydag.backends.cpu.row_state import LINE_NBYTES

SIZES: Final = (1, 2, 4, 8)
WORDS: Final = LINE_NBYTES // 8


def print_copy(code: Code) -> str:
    """Return the text of the function that copies `n` elements, however they lie."""
    for size in by_size(code):
        kind = f"i{8 * size}"
        with code.loop("%n") as i:
            source = code.at("%from", code.i64("mul", i, "%stride"))
            target = code.at("%to", code.i64("mul", i, "%step"))
            one = code.emit(f"load {kind}, ptr {source}, align {size}")
            code.line(f"store {kind} {one}, ptr {target}, align {size}")
        code.line("ret void")
    places = "ptr %to, i64 %step, ptr %from, i64 %stride"
    return code.function(f"internal void @copy({places}, i64 %n, i64 %size)")


def print_copy_run(code: Code) -> str:
    """Return the text of the function that copies less than a line of bytes.

    By its first and its last power of two bytes, which may overlap.
    """
    for nbytes in (32, 16, 8, 4, 2, 1):
        with code.when(code.emit(f"icmp sge i64 %nbytes, {nbytes}")):
            last = code.i64("sub", "%nbytes", nbytes)
            ends = [(code.at("%from", n), code.at("%to", n)) for n in ("0", last)]
            kind = f"i{8 * nbytes}"
            parts = [code.emit(f"load {kind}, ptr {at}, align 1") for at, _ in ends]
            for part, (_, at) in zip(parts, ends, strict=True):
                code.line(f"store {kind} {part}, ptr {at}, align 1")
            code.line("ret void")
            code.start(code.new_label("dead"))
    code.line("ret void")
    return code.function("internal void @copy_run(ptr %to, ptr %from, i64 %nbytes)")


def print_splat(code: Code) -> str:
    """Return the text of the function that fills a line with an element."""
    for size in by_size(code):
        kind = f"i{8 * size}"
        word = code.emit(f"load {kind}, ptr %from, align {size}")
        if size < 8:
            wide = code.emit(f"zext {kind} {word} to i64")
            word = code.i64("mul", wide, ((1 << 64) - 1) // ((1 << 8 * size) - 1))
        one = code.emit(f"insertelement <{WORDS} x i64> poison, i64 {word}, i64 0")
        mask = f"<{WORDS} x i32> zeroinitializer"
        line = code.emit(
            f"shufflevector <{WORDS} x i64> {one}, <{WORDS} x i64> poison, {mask}"
        )
        code.line(f"store <{WORDS} x i64> {line}, ptr %to, align {LINE_NBYTES}")
        code.line("ret void")
    return code.function("internal void @splat(ptr %to, ptr %from, i64 %size)")


def by_size(code: Code) -> Iterator[int]:
    """Print a choice by ``%size``; yields what each following block is for."""
    labels = {size: code.new_label("size") for size in SIZES}
    cases = " ".join(f"i64 {n}, label %{labels[n]}" for n in SIZES[:-1])
    code.line(f"switch i64 %size, label %{labels[SIZES[-1]]} [{cases}]")
    for size, label in labels.items():
        code.start(label)
        yield size


COPIES: Final[tuple[Callable[[Code], str], ...]] = (
    print_copy,
    print_copy_run,
    print_splat,
)
"""What prints the functions."""
