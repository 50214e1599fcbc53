"""Functions that work on single elements: compiled whole, or left to Python.

A function that loops over elements would be recorded node by node, at more cost than
the work itself. Numba compiles it whole if it can and if that gives what Python gives;
otherwise the function runs as it is, on NumPy arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any, TypeAlias

import numpy as np

from lazydag.array import engine
from lazydag.array.arguments import Call
from lazydag.array.array import Array
from lazydag.array.pytree import flatten, paths
from lazydag.array.terms import draws, in_numpys_terms, plain
from lazydag.array.trace import Ran, arguments, name_of, no_array
from lazydag.array.values import is_on_device

NDArray: TypeAlias = "np.ndarray[Any, Any]"


class Whole:
    """A function that is not traced.

    Parameters
    ----------
    function : callable
        As written, for NumPy or for `lazydag.numpy`.
    why : str
        Why it is not traced, for those who ask.
    may_compile : bool
        Whether to try Numba.
    """

    def __init__(
        self, function: Callable[..., Any], why: str, *, may_compile: bool
    ) -> None:
        self.function = function
        self.why = why
        self._compiled: Callable[..., Any] | None = None
        if draws(function):
            self.why = f"{why}; it draws random numbers"
        elif may_compile and isinstance(function, FunctionType):
            try:
                self._compiled = engine.compile_whole(function, plain)
            except engine.cannot_compile() as error:
                self.why = f"{why}; Numba cannot compile it: {error}"

    @property
    def tier(self) -> str:
        """``"Numba"`` or ``"NumPy"``."""
        return "NumPy" if self._compiled is None else "Numba"

    def run(self, call: Call) -> Ran:
        """Return what the function gives for a call; its arguments do not change yet.

        What fails when compiled is left to Python, which knows more: integers of any
        size, NumPy's warnings, errors with the user's lines.
        """
        if self._compiled is not None:
            try:
                return _run(self._compiled, call, self.function)
            except engine.cannot_compile() as error:
                self.why = f"{self.why}; Numba cannot compile it: {error}"
                self._compiled = None
            except (ArithmeticError, LookupError, ValueError, AssertionError):
                pass
        return _run(in_numpys_terms(self.function), call, self.function)


def _run(run: Callable[..., Any], call: Call, function: Callable[..., Any]) -> Ran:
    leaves = [_copied(leaf) for leaf in call.leaves]
    args, kwargs = arguments(call, leaves)
    found, results = flatten(run(*args, **kwargs))
    values = _results(found, leaves, function, paths(results, ""))
    pairs = zip(call.leaves, leaves, strict=True)
    written = tuple(i for i, (old, new) in enumerate(pairs) if _differ(old, new))
    values += [leaves[i] for i in written]
    return Ran(values, [], results, written, ())


def _copied(leaf: Any) -> Any:
    """Return a copy of an array, which the function may write into if NumPy's may."""
    if isinstance(leaf, Array):
        return np.array(leaf)
    if is_on_device(leaf):
        return np.array(engine.adopted(leaf))
    if not isinstance(leaf, np.ndarray):
        return leaf
    copy = leaf.copy(order="K")
    copy.flags.writeable = leaf.flags.writeable
    return copy


def _differ(old: Any, new: Any) -> bool:
    """Tell whether the bits of an array have changed."""
    if not isinstance(new, np.ndarray):
        return False
    is_theirs = not isinstance(old, Array) and is_on_device(old)
    before = engine.adopted(old).on_host() if is_theirs else np.asarray(old)
    return bool((_bits(before) != _bits(new)).any())


def _bits(array: NDArray) -> NDArray:
    """Return the elements as unsigned integers, in C order."""
    flat = np.ascontiguousarray(array).reshape(-1)
    return flat.view(f"u{min(array.itemsize, 8)}")


def _results(
    found: Sequence[Any],
    leaves: Sequence[Any],
    function: Callable[..., Any],
    names: Sequence[str],
) -> list[NDArray]:
    """Return results as arrays of their own."""
    values: list[NDArray] = []
    for result, name in zip(found, names, strict=True):
        value = np.asarray(result)
        if value.dtype.kind not in "biufc":
            raise no_array(name_of(function), None, result, name)
        others = [*leaves, *values]
        shared = any(
            isinstance(o, np.ndarray) and np.may_share_memory(value, o) for o in others
        )
        values.append(value.copy() if shared else value)
    return values
