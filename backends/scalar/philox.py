"""Philox 4x32-10 as expressions: see `lazydag.ir.philox` for what it is.

Halves of words lie in the lower half of 64 bits, where one instruction multiplies them.
What is above is cut off where it would be seen, before a multiplication.
"""

from typing import Final

from lazydag.backends.scalar.expr import Expr
from lazydag.ir.philox import MULTIPLIERS, ROUNDS, STEPS

_LOW: Final = 0xFFFFFFFF


def philox(block: Expr, stream: Expr, key: Expr) -> tuple[Expr, Expr]:
    """Return the two words of a block of random bits, from words of type u64."""
    a, b, c, d = block, block >> 32, stream, stream >> 32
    even, odd = key, key >> 32
    for _ in range(ROUNDS):
        p, q = (a & _LOW) * MULTIPLIERS[0], (c & _LOW) * MULTIPLIERS[1]
        a, b, c, d = (q >> 32) ^ b ^ even, q, (p >> 32) ^ d ^ odd, p
        even, odd = even + STEPS[0], odd + STEPS[1]
    return (a & _LOW) | (b << 32), (c & _LOW) | (d << 32)


def low_word(block: Expr, stream: Expr, key: Expr) -> Expr:
    """Return the lower half of a block of random bits."""
    return philox(block, stream, key)[0]


def high_word(block: Expr, stream: Expr, key: Expr) -> Expr:
    """Return the upper half of a block of random bits."""
    return philox(block, stream, key)[1]
