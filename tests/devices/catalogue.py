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
import lazydag.numpy as lnp
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

    def traced(self) -> tuple[Graph, list[Array]]:
        """Return what it computes, and of what.

        The special values of types are among the elements of arguments.
        """
        graph, known = ld.jit(self.function).traced_with_arrays(*self.types)
        made = [samples(_name_of(t), t.sizes, k) for k, t in enumerate(self.types)]
        return graph, [*made, *known[len(made) :]]


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


def _positions(x: Any) -> Any:
    return x.argmax(0), x.argmin(1), x.argmax()


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


def _framed(x: Any) -> Any:
    return lnp.pad(x, 2, constant_values=((1, 2), (3, 4))), lnp.pad(x, 3, mode="edge")


def _gathered(x: Any, at: Any) -> Any:
    rows = abs(at) % x.shape[0]
    return x[rows], ld.take(x, abs(at) % x.shape[1], axis=1) * 2, x[rows, 3]


def _scattered(x: Any, at: Any) -> Any:
    out = x * 1
    out[abs(at) % x.shape[0]] = 7
    return out


def _combined(x: Any, at: Any) -> Any:
    out = x * 1
    lnp.add.at(out, abs(at) % x.shape[0], 2)
    return out


@ld.kernel
def _root(x: float, n: float) -> float:
    guess = x
    for _ in range(20):
        guess -= (guess**3 - x) / (3 * guess * guess + n)
    return guess


def _accumulated(x: Any) -> Any:
    return ld.cumulative_sum(x, axis=0), ld.cumulative_sum(x, axis=1)


def _products_so_far(x: Any) -> Any:
    return ld.cumulative_prod(x, axis=0), ld.cumulative_prod(x, axis=1)


def _drawn(x: Any) -> Any:
    return ld.random.default_rng(3).random((300, 70)) + x


def _numbered(x: Any) -> Any:
    return x + ld.arange(70), ld.linspace(0, 1, 300), ld.eye(300, 70) * 2


_NUMBERS = [name for name in DTYPES if name != "bool"]
_FLOATS = ["f32", "f64"]
_COMPLEX = ["c64", "c128"]
#: One of each kind and of each width.
_INTEGERS = ["i8", "u16", "i32", "u64"]
_REAL = ["f32", "f64", "i8", "u16"]
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
    *_each("positions", _positions, _REAL, _SMALL),
    *_each("layouts", _layouts, ["f64", "u8", "c64"], "40 30 20", "20 40 30"),
    *_each("pasted", _pasted, ["f32", "c128"], _SMALL, _SMALL),
    *_each("written", _written, ["f64", "i16"], _SMALL, _SMALL),
    *_each("framed", _framed, ["f64"], _SMALL),
    *_each("gathered", _gathered, ["f64", "bool", "c64"], _SMALL, "i64 50"),
    *_each("scattered", _scattered, ["f64", "i8"], _SMALL, "i64 50"),
    *_each("combined", _combined, ["f64", "i32"], _SMALL, "i64 50"),
    *_each("people's", lambda x: _root(x, 1.0) + 1, _FLOATS, "3000"),
    *_each("accumulated", _accumulated, ["f64", "i32"], "3000 7"),
    *_each("products so far", _products_so_far, ["f32", "i64"], "3000 7"),
    *_each("drawn", _drawn, ["f64"], _SMALL),
    *_each("numbered", _numbered, ["f64"], _SMALL),
]

HUGE = [
    *_each("huge elements", _elements, ["f32"], "70000 70000", "70000 70000"),
    *_each("huge folds", _folds, ["f32"], "70000 70000"),
]
