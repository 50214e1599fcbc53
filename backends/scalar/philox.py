"""Philox 4x32-10 as expressions: see `lazydag.ir.philox` for what it is.

Halves of words lie in the lower half of 64 bits, where one instruction multiplies them.
What is above is cut off where it would be seen, before a multiplication.
"""

from typing import Final

from lazydag.backends.scalar.expr import Expr, Function, call, ne, select, value_of
from lazydag.ir.philox import MULTIPLIERS, ROUNDS, STEPS

LIBRARY: Final = "lzp"
"""Prefix of the library's symbols."""
MEMO_NBYTES: Final = 448
WORD: Final = Function(
    LIBRARY, "word", ("u64", "u64", "u64"), "u64", memo_nbytes=MEMO_NBYTES
)

_LOW: Final = 0xFFFFFFFF


def word(position: Expr, stream: Expr, key: Expr) -> Expr:
    """Return the word at a position of a stream, as a call to the library."""
    return call(WORD, position, stream, key)


def drawn_by(call_: Expr) -> Expr:
    """Return what calls have in common whose positions are those of one draw.

    The two words of a block differ in the last bit of their positions.
    """
    position = call_.args[0]
    while position.op in ("or", "xor") and value_of(position.args[1]) == 1:
        position = position.args[0]
    return position


def formula(position: Expr, stream: Expr, key: Expr) -> Expr:
    """Return the word at a position of a stream, computed here."""
    low, high = block(position >> 1, stream, key)
    return select(ne(position & 1, 0), high, low)


def block(number: Expr, stream: Expr, key: Expr) -> tuple[Expr, Expr]:
    """Return the two words of a block of random bits."""
    a, b, c, d = number, number >> 32, stream, stream >> 32
    even, odd = key, key >> 32
    for _ in range(ROUNDS):
        p, q = (a & _LOW) * MULTIPLIERS[0], (c & _LOW) * MULTIPLIERS[1]
        a, b, c, d = (q >> 32) ^ b ^ even, q, (p >> 32) ^ d ^ odd, p
        even, odd = even + STEPS[0], odd + STEPS[1]
    return (a & _LOW) | (b << 32), (c & _LOW) | (d << 32)
