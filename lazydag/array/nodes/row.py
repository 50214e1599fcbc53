"""A row of the table of elementwise functions.

It says which NumPy ufunc has the rule for dtypes, and which op has the meaning.
Everything about such a function follows from its row: promotion, messages, docstring.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from lazydag.array.nodes import compose as c
from lazydag.ir.ops import OPS, Op
from lazydag.ir.types import DType

Meaning: TypeAlias = Op | c.Compose


@dataclass(frozen=True, slots=True)
class Loop:
    """What happens for operands of some dtypes: these casts, then this meaning."""

    ins: tuple[DType, ...]
    meaning: Meaning


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """An elementwise function.

    Parameters
    ----------
    name : str
        Public name.
    ufunc : numpy.ufunc
        Whose loops give the dtypes.
    meaning : Op or callable
        What is computed, on floats and on integers.
    does : str
        One line for the docstring.
    verb : str
        For messages: "cannot {verb}", with a place for the operands.
    boolean : Op, callable or None
        Meaning on bools, where that differs.
    integer : Op, callable or None
        Meaning on integers, where that differs.
    on_complex : Op, callable or None
        Meaning on complex numbers, where that differs.
    mixed : callable or None
        Meaning on operands of different dtypes, where NumPy has such a loop.
    """

    name: str
    ufunc: np.ufunc
    meaning: Meaning
    does: str
    verb: str
    boolean: Meaning | None = None
    integer: Meaning | None = None
    on_complex: Meaning | None = None
    mixed: Meaning | None = None
    loops: dict[Any, Loop] = field(default_factory=dict)
    direct: dict[DType, Op] = field(default_factory=dict)

    @property
    def compares(self) -> bool:
        """Whether it is a comparison, which also takes ints of any size."""
        return self.mixed is not None

    @property
    def asks_truth(self) -> bool:
        """Whether only the truth of the operands counts: they become bools."""
        return self.ufunc.__name__.startswith("logical_")

    def meaning_for(self, ins: tuple[DType, ...]) -> Meaning:
        """Return the meaning for a loop with operands of these dtypes."""
        if self.mixed is not None and ins[0] is not ins[1]:
            return self.mixed
        if ins[0].kind == "b":
            return self.boolean or self.integer or self.meaning
        if ins[0].kind in "iu":
            return self.integer or self.meaning
        if ins[0].kind == "c":
            return self.on_complex or self.meaning
        return self.meaning


def row(  # noqa: PLR0913
    ufunc: np.ufunc,
    meaning: Meaning | str,
    does: str,
    verb: str = "",
    *,
    name: str = "",
    boolean: Meaning | str | None = None,
    integer: Meaning | str | None = None,
    on_complex: Meaning | str | None = None,
    mixed: Meaning | None = None,
) -> Row:
    """Return a row; a string is the name of an op."""
    name = name or ufunc.__name__
    verb = verb or f"apply {name} to {{}}"
    special = {
        "boolean": _op(boolean),
        "integer": _op(integer),
        "on_complex": _op(on_complex),
        "mixed": mixed,
    }
    return Row(name, ufunc, _op(meaning), does, verb, **special)


def _op(meaning: Any) -> Any:
    return OPS[meaning] if isinstance(meaning, str) else meaning


def comparison(ufunc: np.ufunc, op: str, symbol: str) -> Row:
    """Return the row of a comparison."""
    mixed = c.comparison(OPS[op], if_left_is_less=op in ("lt", "le", "ne"))
    return row(ufunc, op, f"Whether x1 {symbol} x2.", "compare {}", mixed=mixed)
