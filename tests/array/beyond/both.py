"""One function of a namespace three times: NumPy's, lazily, and in a jitted function.

``agrees(lambda np, x: np.cumsum(x, axis=0), x)`` checks values, dtypes and shapes of
results, and of arguments, which the function may write into. ``refuses`` checks that a
mistake raises what NumPy raises, when the call is written.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import lazydag as ld
import lazydag.numpy as lnp

Namespaced = Callable[..., Any]

_BUILTIN = (TypeError, IndexError, ValueError, ZeroDivisionError, OverflowError)


def agrees(
    function: Namespaced,
    *arrays: Any,
    rtol: float | None = None,
    atol: float = 0.0,
    jit: bool = True,
    dtypes: bool = True,
) -> None:
    """Check that ``function(namespace, *arrays)`` gives what it gives with NumPy.

    Parameters
    ----------
    function : callable
        Takes a namespace, then the arrays.
    *arrays : array_like
        NumPy arrays are copied for each call; other values are passed as they are.
    rtol, atol : float
        Tolerances; without `rtol`, results are equal bit by bit, but for NaN.
    jit : bool
        Whether to call it in a jitted function, too.
    dtypes : bool
        Whether dtypes must be NumPy's.
    """
    check = _Check(rtol, atol, dtypes)
    with _quiet():
        mine = [_copied(a) for a in arrays]
        want = function(np, *mine)
        lazy = [ld.array(a) if isinstance(a, np.ndarray) else a for a in arrays]
        check(function(lnp, *lazy), want)
        check(lazy, mine)
        if jit:
            given = [_copied(a) for a in arrays]
            check(ld.jit(lambda *a: function(lnp, *a))(*given), want)
            check(given, mine)


def dispatches(function: Namespaced, *arrays: Any, rtol: float | None = None) -> None:
    """Check that NumPy's own functions give lazy arrays of the same values."""
    with _quiet():
        want = function(np, *[_copied(a) for a in arrays])
        found = function(np, *[ld.array(a) for a in arrays])
        assert _is_lazy(found), type(found)
        _Check(rtol, 0.0, dtypes=True)(found, want)


def refuses(function: Namespaced, *arrays: Any, jit: bool = True) -> None:
    """Check that both namespaces raise errors of one builtin class at the call."""
    with _quiet():
        with pytest.raises(_BUILTIN) as caught:
            function(np, *[_copied(a) for a in arrays])
        kind: type[Exception] = next(b for b in _BUILTIN if caught.errisinstance(b))
        with pytest.raises(kind):
            function(lnp, *[ld.array(a) for a in arrays])
        if jit:
            with pytest.raises(kind):
                ld.jit(lambda *a: function(lnp, *a))(*[_copied(a) for a in arrays])


class _Check:
    """Compares results with NumPy's."""

    def __init__(self, rtol: float | None, atol: float, dtypes: bool) -> None:
        self.rtol = rtol
        self.atol = atol
        self.dtypes = dtypes

    def __call__(self, found: Any, want: Any) -> None:
        if isinstance(want, tuple | list):
            assert len(found) == len(want)
            for each, wanted in zip(found, want, strict=True):
                self(each, wanted)
        elif isinstance(want, np.ndarray | np.generic):
            self._check_array(found, want)
        else:
            assert found is want or bool(np.all(np.asarray(found) == want)), found

    def _check_array(self, found: Any, want: Any) -> None:
        assert found.shape == want.shape
        if self.dtypes:
            assert found.dtype == want.dtype
        values = np.asarray(found)
        if self.rtol is None:
            np.testing.assert_array_equal(values, want)
            if want.dtype.kind == "f":
                known = ~np.isnan(want)
                np.testing.assert_array_equal(
                    np.signbit(values)[known], np.signbit(want)[known]
                )
        else:
            np.testing.assert_allclose(values, want, rtol=self.rtol, atol=self.atol)


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value


def _is_lazy(found: Any) -> bool:
    if isinstance(found, tuple | list):
        return all(map(_is_lazy, found))
    return isinstance(found, ld.Array)
