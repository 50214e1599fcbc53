"""What an elementary function is: a fast path for most arguments, a slow for few."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from lazydag.backends.scalar.expr import Expr

Formula: TypeAlias = Callable[..., Expr]


@dataclass(frozen=True, slots=True)
class Slow:
    """An exact path for arguments that the fast one does not cover.

    Attributes
    ----------
    when
        Which arguments need it (a bool).
    value
        The function's value for those; anything for others.
    """

    when: Formula
    value: Formula


@dataclass(frozen=True, slots=True)
class MathFunction:
    """An elementary function for f32 and f64.

    Attributes
    ----------
    name
        As in NumPy.
    arity
        Number of arguments.
    fast
        Its value by straight-line arithmetic.
    slow
        What to do where `fast` is not good enough; None if it always is.
    """

    name: str
    arity: int
    fast: Formula
    slow: Slow | None = None
