"""Programs that need every kind of kernel that the printers can make.

A program is a function of arrays, and the arrays that it is called with. Kernels do not
depend on sizes, but for how many bits the numbers of elements have; `HUGE` are programs
whose arrays nobody holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

import lazydag as ld
from lazydag.ir.graph import Graph
from lazydag.ir.types import DTYPES, ArrayType
from tests.backends.kernels import samples

Array: TypeAlias = "np.ndarray[Any, Any]"


@dataclass(frozen=True, slots=True)
class Program:
    """A function, and the types of its arguments."""

    name: str
    function: Callable[..., Any]
    types: tuple[ArrayType, ...]

    def graph(self) -> Graph:
        """Return what it computes."""
        return ld.jit(self.function).trace(*self.types)

    def arrays(self, seed: int = 0) -> list[Array]:
        """Return arguments, the special values of their types among the elements."""
        return [
            samples(_name_of(each), each.sizes, seed + k)
            for k, each in enumerate(self.types)
        ]


def _name_of(type: ArrayType) -> str:
    return next(name for name, dtype in DTYPES.items() if dtype == type.dtype)


def program(name: str, function: Callable[..., Any], *types: str) -> Program:
    """Return a program; types are as in ``"f64 300 200"``."""
    words = [each.split() for each in types]
    made = [ArrayType(tuple(map(int, shape)), DTYPES[dtype]) for dtype, *shape in words]
    return Program(name, function, tuple(made))


def _elements(x: Any, y: Any) -> Any:
    total = x + y
    return total * x, ld.where(x == y, x, total), total != x


def _of_floats(x: Any) -> Any:
    wave = ld.exp(-x * x) * ld.sin(x) + ld.log1p(ld.abs(x))
    return wave, ld.floor(wave / 3), ld.isnan(x), ld.arctan2(x, wave)


def _of_integers(x: Any, y: Any) -> Any:
    return x // 3, x % 7, x & y, x ^ y, ~x, x << 1


def _folds(x: Any) -> Any:
    return x.sum(0), x.max(1), x.min(0), ld.prod(x, axis=1), x.sum()


def _of_truths(x: Any) -> Any:
    return x.any(0), x.all(1), ~x, x.sum(1)


def _moments(x: Any) -> Any:
    return x.mean(0), x.var(1), x.std(0), ld.var(x)


def _layouts(x: Any, y: Any) -> Any:
    turned = ld.permute_dims(x, (2, 0, 1)) + y
    return turned, x[::-1, ::2] * 2, x[:, 3:4] + x[0]


def _pasted(x: Any, y: Any) -> Any:
    return ld.concat([x, y + 1]), ld.stack([x, y], axis=1), ld.roll(x, 7, axis=0)


def _written(x: Any, y: Any) -> Any:
    out = x + 1
    out[10:20, ::3] = y[10:20, ::3] * 2
    out[0] += 5
    return out


_NUMBERS = [name for name in DTYPES if name != "bool"]
_REAL = [name for name in _NUMBERS if not name.startswith("c")]
_FLOATS = ["f32", "f64"]
_COMPLEX = ["c64", "c128"]
_INTEGERS = [name for name in _REAL if name not in _FLOATS]
_SMALL = "300 70"


def _each(name: str, function: Any, dtypes: list[str], *shapes: str) -> list[Program]:
    """Return a program for each element type; shapes may have a type of their own."""
    return [
        program(
            f"{name} {dtype}",
            function,
            *(s if s[0].isalpha() else f"{dtype} {s}" for s in shapes),
        )
        for dtype in dtypes
    ]


PROGRAMS = [
    *_each("elements", _elements, _NUMBERS, _SMALL, _SMALL),
    *_each("functions", _of_floats, _FLOATS, "3000"),
    *_each("integers", _of_integers, _INTEGERS, _SMALL, _SMALL),
    *_each("folds", _folds, _REAL, _SMALL),
    *_each("truths", _of_truths, ["bool"], _SMALL),
    *_each("moments", _moments, _FLOATS, "2100 70"),
    *_each("sums", lambda x: (x.sum(0), x.sum(1)), _COMPLEX, _SMALL),
    *_each("layouts", _layouts, ["f64", "u8", "c64"], "40 30 20", "20 40 30"),
    *_each("pasted", _pasted, ["f32", "c128"], _SMALL, _SMALL),
    *_each("written", _written, ["f64", "i16"], _SMALL, _SMALL),
]

HUGE = [
    *_each("huge elements", _elements, ["f32"], "70000 70000", "70000 70000"),
    *_each("huge folds", _folds, ["f32"], "70000 70000"),
]
