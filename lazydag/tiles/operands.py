"""Arrays as the operands of BLAS and LAPACK: element types, sizes, and storage orders.

In: the NumPy arrays of a call. Out: their sizes by letter, and how each lies in memory,
or an error that names the array.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import numpy as np

from lazydag.errors import DTypeError, RangeError, ShapeError, UsageError
from lazydag.tiles.layouts import Matrix, Tile, lay_out

Side: TypeAlias = Literal["L", "R"]
Share: TypeAlias = Literal["all", "lower", "upper"]

DTYPES: Final = {np.dtype(np.float32): "f32", np.dtype(np.float64): "f64"}
PIVOT: Final = np.dtype(np.int32)

# BLAS counts in 32 bits.
MOST: Final = 2**31 - 1


class Operands:
    """The arrays of one call.

    Parameters
    ----------
    operation
        Name, for messages.
    **arrays
        By parameter, in the order of the call. Their element types are one of `DTYPES`,
        the same for all but those named ``pivots``.

    Raises
    ------
    DTypeError
        If one is no NumPy array, or of another element type.
    """

    def __init__(self, operation: str, **arrays: Tile) -> None:
        self.operation = operation
        self.arrays = arrays
        self._sizes: dict[str, tuple[int, str]] = {}
        for name, array in arrays.items():
            _check_type(self._label(name), array, is_pivots=name == "pivots")
        kinds = {a.dtype: name for name, a in arrays.items() if name != "pivots"}
        if len(kinds) > 1:
            labels = " and ".join(map(self._describe, kinds.values()))
            remedy = "Give all tiles of a call one element type."
            raise DTypeError(f"{operation}: {labels} differ in type", remedy=remedy)
        (self._dtype,) = kinds

    @property
    def dtype(self) -> str:
        """Name of the element type: ``"f32"`` or ``"f64"``."""
        return DTYPES[self._dtype]

    def sizes(self, **axes: str) -> dict[str, int]:
        """Return the sizes that the letters stand for.

        Parameters
        ----------
        **axes
            For each array a letter an axis: ``a="mk"``. Sizes of earlier calls hold on.

        Raises
        ------
        ShapeError
            If a letter is two sizes, or an array has another number of axes.
        """
        for name, letters in axes.items():
            shape = self.arrays[name].shape
            if len(shape) != len(letters):
                what = f"{self._label(name)} has {len(shape)} axes, not {len(letters)}"
                raise ShapeError(what, remedy=_rule(axes))
            for letter, size in zip(letters, shape, strict=True):
                self._unify(letter, size, name, axes)
        return {letter: size for letter, (size, _) in self._sizes.items()}

    def _unify(self, letter: str, size: int, name: str, axes: dict[str, str]) -> None:
        known, other = self._sizes.setdefault(letter, (size, name))
        if known == size:
            return
        first, second = self._describe(other), self._describe(name)
        where = f"{known} in {first} and {size} in {second}"
        if other == name:
            where = f"{known} and {size} in {first}"
        what = f"{self.operation}: {letter} is {where}"
        raise ShapeError(what, remedy=_rule(axes))

    def define(self, letter: str, size: int, reason: str) -> None:
        """Say what a letter is before arrays are held against it."""
        self._sizes[letter] = (size, reason)

    def matrix(self, name: str) -> Matrix:
        """Return how an array of two axes lies in memory.

        Raises
        ------
        UsageError
            If neither its rows nor its columns are contiguous.
        """
        array = self.arrays[name]
        label = self._label(name)
        found = lay_out(label, array)
        if not found.ld:
            raise _no_order(label, array)
        if max(*array.shape, found.by_columns, found.by_rows) > MOST:
            what = f"{label} is larger than BLAS can count, {MOST}"
            raise ShapeError(what, remedy="Cut it into smaller tiles.")
        return found

    def by_columns(self, name: str) -> Matrix:
        """Return a matrix whose columns have to be contiguous.

        Raises
        ------
        UsageError
            If they are not.
        """
        matrix = self.matrix(name)
        if matrix.by_columns:
            return matrix
        array = self.arrays[name]
        raise UsageError(
            f"{matrix.label} lies in memory by rows (strides {array.strides}); "
            f"{self.operation} can do it by columns only",
            remedy=f"Make {name} Fortran-ordered: numpy.asfortranarray({name}).",
        )

    def check_vectors(self, *names: str) -> None:
        """Raise `UsageError` unless the elements of arrays of one axis are adjacent."""
        for name in names:
            array = self.arrays[name]
            if array.size > 1 and array.strides != (array.itemsize,):
                raise _no_order(self._label(name), array)

    def require(self, condition: bool, what: str, remedy: str) -> None:
        """Raise `ShapeError` unless sizes are as they should be."""
        if not condition:
            raise ShapeError(f"{self.operation}: {what}", remedy=remedy)

    def number(self, name: str, value: float) -> float:
        """Return a scalar as a number of the element type.

        Raises
        ------
        DTypeError
            If it is no real number.
        RangeError
            If the element type cannot hold it.
        """
        given = np.asarray(value)
        if given.ndim or given.dtype.kind not in "biuf":
            what = f"{self.operation}: {name} is {value!r}, not a real number"
            raise DTypeError(what, remedy="Give a Python or NumPy number.")
        with np.errstate(over="ignore"):
            rounded = float(given.astype(self._dtype))
        if np.isinf(rounded) and np.isfinite(given):
            what = f"{self.operation}: {name} = {value!r} is too large for {self.dtype}"
            raise RangeError(what, remedy="Scale the problem, or use f64.")
        return rounded

    def _label(self, name: str) -> str:
        return f"{self.operation}: {self._describe(name)}"

    def _describe(self, name: str) -> str:
        array: object = self.arrays.get(name)
        if not isinstance(array, np.ndarray):
            return name
        shape = ",".join(map(str, array.shape))
        return f"{name}, {DTYPES.get(array.dtype, array.dtype)}[{shape}]"


def _check_type(label: str, array: object, *, is_pivots: bool) -> None:
    if not isinstance(array, np.ndarray):
        what = f"{label} is a {type(array).__name__}"
        raise DTypeError(what, remedy="Tiles are NumPy arrays, changed in place.")
    if is_pivots and array.dtype != PIVOT:
        remedy = "Make it with numpy.empty(min(m, n), numpy.int32)."
        raise DTypeError(f"{label}, has to be of int32", remedy=remedy)
    if not is_pivots and array.dtype not in DTYPES:
        what = f"{label}, is not of f32 or f64, which BLAS computes with"
        remedy = "Cast it: array.astype(numpy.float64)."
        raise DTypeError(what, remedy=remedy)
    if not array.flags.aligned:
        what = f"{label}, is not aligned to its elements in memory"
        raise UsageError(what, remedy="Copy it: array.copy().")


def _no_order(label: str, array: Tile) -> UsageError:
    return UsageError(
        f"{label} has the strides {array.strides}: no axis lies in memory element by "
        "element, as BLAS needs it",
        remedy="Slice with step 1 along one axis, or work on a copy: array.copy().",
    )


def _rule(axes: dict[str, str]) -> str:
    parts = [f"{name} is {' by '.join(letters)}" for name, letters in axes.items()]
    return f"{_listed(parts)}."


def _listed(parts: Sequence[str]) -> str:
    *rest, last = parts
    return f"{', '.join(rest)} and {last}" if rest else last
