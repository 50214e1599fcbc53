"""The library function of random words, which keeps what it has made.

Two vectors of blocks of random bits are made at once, which takes hardly longer than
one. Their words, enough for four vectors, are kept in a memo on the kernel's stack,
from which the next vectors mostly take theirs: neighbours, or several numbers of one
block.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from lazydag.backends.cpu.code import Code, module_text
from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.vector import ATTRIBUTES, Call, VectorPrinter
from lazydag.backends.scalar.expr import Expr, arg
from lazydag.backends.scalar.philox import block, formula

LEVEL: Final = 2
_AT_ONCE: Final = 2
"""Vectors of blocks that are made together."""
_VECTORS: Final = ("%position", "%stream", "%key")
_MEMO: Final = "%memo"
_IS_FULL: Final = 0
_FIRST: Final = 8
_STREAM: Final = 64
_KEY: Final = 128
_WORDS: Final = 192
"""Places in the memo, in bytes: whether there is something in it, the position of the
first word; stream and key in all lanes; the words."""


def philox_library(call: Call) -> Module:
    """Return the text of the function, for the compiler."""
    out = VectorPrinter(call.width)
    if call.width == 1:
        text = _scalar(out, call.symbol)
    else:
        text = f"{_Words(Code(out), call.symbol).print_function()}\n"
        for lanes in (call.width, _AT_ONCE * call.width):
            text += _blocks(call.symbol, lanes)
    return Module(module_text(text, out), (call.symbol,), level=LEVEL)


def _scalar(out: VectorPrinter, symbol: str) -> str:
    (name,) = out.body([formula(*_arguments())], dict(enumerate(_VECTORS)))
    return f"define {_head(out, symbol)} {{\n{out.take()}\n  ret i64 {name}\n}}"


class _Words:
    """Prints the function for vectors."""

    def __init__(self, code: Code, symbol: str) -> None:
        self.code = code
        self.symbol = symbol
        self.width = code.printer.width
        self.kind = code.printer.type("u64")

    def print_function(self) -> str:
        """Return the text."""
        code = self.code
        names = ("fill", "kept", "found", "run", "each", "apart")
        fill, kept, found, run, each, apart = map(code.new_label, names)
        first = self.load("i64", _FIRST)
        is_full = code.emit(f"icmp ne i64 {self.load('i64', _IS_FULL)}, 0")
        streams = [self.load(self.kind, at) for at in (_STREAM, _KEY)]
        fits = self.fit(first, streams)
        code.branch(code.emit(f"and i1 {is_full}, {fits}"), found, fill)
        code.start(fill)
        begin = code.i64("and", self.lane(0), -2)
        uniform = [self.splat(self.lane(0, name)) for name in _VECTORS[1:]]
        code.branch(self.fit(begin, uniform), kept, apart)
        code.start(kept)
        self.keep(begin)
        code.jump(found)
        code.start(found)
        index = code.i64("sub", self.lane(0), self.load("i64", _FIRST))
        code.branch(self.is_run(), run, each)
        code.start(run)
        code.line(f"ret {self.kind} {self.load(self.kind, _WORDS, index)}")
        code.start(each)
        code.line(f"ret {self.kind} {self.gathered()}")
        code.start(apart)
        self.compute_apart()
        return code.function(_head(code.printer, self.symbol))

    def fit(self, first: str, which: Sequence[str]) -> str:
        """Print whether the words are among those from `first` on, of these streams."""
        code, kind = self.code, self.kind
        index = code.emit(f"sub {kind} %position, {self.splat(first)}")
        last = f"splat (i64 {2 * _AT_ONCE * self.width - 1})"
        far = code.emit(f"icmp ugt {kind} {index}, {last}")
        differ = [
            code.emit(f"xor {kind} {name}, {other}")
            for name, other in zip(_VECTORS[1:], which, strict=True)
        ]
        both = code.emit(f"or {kind} {differ[0]}, {differ[1]}")
        other = code.emit(f"icmp ne {kind} {both}, zeroinitializer")
        mask = code.printer.type("bool")
        amiss = code.printer.any(code.emit(f"or {mask} {far}, {other}"))
        return code.emit(f"xor i1 {amiss}, true")

    def keep(self, begin: str) -> None:
        """Print how the memo gets the words from `begin` on."""
        code, width = self.code, self.width
        lanes = _AT_ONCE * width
        half = code.i64("lshr", begin, 1)
        which = [self.shuffled(self.kind, v, [0] * lanes) for v in _VECTORS[1:]]
        code.printer.width = lanes
        kind = code.printer.type("u64")
        numbers = code.emit(f"add {kind} {self.splat(half)}, {_listed(range(lanes))}")
        # behind the last block of a stream comes the first
        inside = code.emit(f"and {kind} {numbers}, splat (i64 {2**63 - 1})")
        code.printer.width = width
        words = self.blocks(lanes, inside, *which)
        order = [i // 2 + lanes * (i % 2) for i in range(2 * lanes)]
        for first in range(0, 2 * lanes, width):
            some = self.shuffled(_type(2 * lanes), words, order[first : first + width])
            self.store(self.kind, some, _WORDS + 8 * first)
        self.store(self.kind, "%stream", _STREAM)
        self.store(self.kind, "%key", _KEY)
        self.store("i64", begin, _FIRST)
        self.store("i64", "1", _IS_FULL)

    def is_run(self) -> str:
        """Print whether the positions follow each other."""
        code, kind = self.code, self.kind
        first = self.splat(self.lane(0))
        run = code.emit(f"add {kind} {first}, {_listed(range(self.width))}")
        differ = code.printer.any(code.emit(f"icmp ne {kind} %position, {run}"))
        return code.emit(f"xor i1 {differ}, true")

    def gathered(self) -> str:
        """Print loads of words one by one."""
        code, found = self.code, "poison"
        first = self.load("i64", _FIRST)
        for lane in range(self.width):
            index = code.i64("sub", self.lane(lane), first)
            one = self.load("i64", _WORDS, index)
            found = code.emit(
                f"insertelement {self.kind} {found}, i64 {one}, i64 {lane}"
            )
        return found

    def compute_apart(self) -> None:
        """Print how each lane makes a block of its own."""
        code, kind, width = self.code, self.kind, self.width
        mask, wide = code.printer.type("bool"), _type(2 * width)
        numbers = code.emit(f"lshr {kind} %position, splat (i64 1)")
        words = self.blocks(width, numbers, *_VECTORS[1:])
        low = self.shuffled(wide, words, range(width))
        high = self.shuffled(wide, words, range(width, 2 * width))
        is_second = code.emit(f"trunc {kind} %position to {mask}")
        pair = f"{kind} {high}, {kind} {low}"
        code.line(f"ret {kind} {code.emit(f'select {mask} {is_second}, {pair}')}")

    def blocks(self, lanes: int, *operands: str) -> str:
        """Print a call that makes blocks; the upper words are behind the lower ones."""
        given = ", ".join(f"{_type(lanes)} {name}" for name in operands)
        name = f"{self.symbol}_{lanes}"
        return self.code.emit(f"call {_type(2 * lanes)} @{name}({given})")

    def shuffled(self, kind: str, words: str, order: Sequence[int]) -> str:
        """Print a choice of lanes."""
        mask = f"<{len(order)} x i32> <{', '.join(f'i32 {i}' for i in order)}>"
        return self.code.emit(f"shufflevector {kind} {words}, {kind} poison, {mask}")

    def lane(self, number: int, name: str = _VECTORS[0]) -> str:
        """Print the value of one lane."""
        return self.code.emit(f"extractelement {self.kind} {name}, i64 {number}")

    def splat(self, value: str) -> str:
        """Print a vector with a value in all lanes."""
        return self.code.printer.splat(value, "u64")

    def load(self, kind: str, place: int, index: str = "0") -> str:
        """Load from the memo, at an index of words."""
        where = self.code.element(self.code.at(_MEMO, place), index, "u64")
        return self.code.emit(f"load {kind}, ptr {where}, align 8")

    def store(self, kind: str, value: str, place: int) -> None:
        """Store into the memo."""
        where = self.code.at(_MEMO, place)
        self.code.line(f"store {kind} {value}, ptr {where}, align 8")


def _blocks(symbol: str, lanes: int) -> str:
    """Return the text of the function that makes a block in each lane."""
    out = VectorPrinter(lanes)
    kind, wide = _type(lanes), _type(2 * lanes)
    low, high = out.body(block(*_arguments()), dict(enumerate(_VECTORS)))
    order = ", ".join(f"i32 {i}" for i in range(2 * lanes))
    both = f"shufflevector {kind} {low}, {kind} {high}, <{2 * lanes} x i32> <{order}>"
    name = out.emit(both)
    given = ", ".join(f"{kind} {name}" for name in _VECTORS)
    head = f"define internal {wide} @{symbol}_{lanes}({given}) {ATTRIBUTES}"
    return f"{head} {{\n{out.take()}\n  ret {wide} {name}\n}}\n"


def _arguments() -> list[Expr]:
    return [arg(i, "u64") for i in range(3)]


def _head(out: VectorPrinter, symbol: str) -> str:
    kind = out.type("u64")
    given = ", ".join(f"{kind} {name}" for name in _VECTORS)
    return f"{kind} @{symbol}({given}, ptr {_MEMO})"


def _type(lanes: int) -> str:
    return f"<{lanes} x i64>"


def _listed(numbers: Iterable[int]) -> str:
    return f"<{', '.join(f'i64 {i}' for i in numbers)}>"
