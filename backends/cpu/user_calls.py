"""Calls of people's scalar functions inside of kernels."""

from collections.abc import Sequence
from typing import Any

from lazydag.backends.scalar.expr import Expr
from lazydag.errors import UnsupportedError


def user_call(attrs: Any, operands: Sequence[Expr]) -> Expr:
    """Return the expression that calls a person's function."""
    raise UnsupportedError(f"kernel {attrs.kernel.name} of {len(operands)} operands")
