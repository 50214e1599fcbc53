"""What becomes of every public function of NumPy."""

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import lazydag.fft
import lazydag.linalg
import lazydag.numpy as lnp
from lazydag.array.functions.namespace import PASSED, lazy_function, names
from lazydag.array.functions.numpys import FOR_NUMPY

SPACES: list[tuple[ModuleType, ModuleType | None, Any]] = [
    (np, None, lnp),
    (np.linalg, lazydag.linalg, lnp.linalg),
    (np.fft, lazydag.fft, lnp.fft),
]
# What NumPy computes: files, bytes, texts and matrices. All others are lazy.
EAGER = set(
    """
    array2string array_repr array_str asmatrix bmat from_dlpack frombuffer fromfile
    fromiter frompyfunc fromregex fromstring genfromtxt load loadtxt mask_indices
    packbits row_stack save savetxt savez savez_compressed unpackbits
    """.split()  # noqa: SIM905
)
# arguments without a meaning for lazy arrays, and the one that is written into
ADDED = {"order", "subok", "like", "out"}
Kind = inspect.Parameter


def functions() -> Iterator[tuple[str, Any, ModuleType | None]]:
    """Every public function of NumPy, and where the standard has more of its names."""
    for space, ours, _ in SPACES:
        for name in names(space):
            found = getattr(space, name)
            if callable(found) and not isinstance(found, type):
                yield name, found, ours


def test_what_is_lazy() -> None:
    lazily, computed, passed = set(), set(), set()
    for name, function, ours in functions():
        if lazy_function(function) or hasattr(ours, name):
            lazily.add(name)
        else:
            (passed if name in PASSED else computed).add(name)
    print(f"{len(lazily)} lazy, {len(computed)} by NumPy, {len(passed)} passed on")
    assert computed == EAGER
    assert len(lazily) > 370


def test_all_names_resolve() -> None:
    for space, _, ours in SPACES:
        for name in names(space):
            getattr(ours, name)
        assert set(names(space)) <= set(dir(ours))
        # Other libraries add names to NumPy, once they are imported.
        public = {name for name in space.__all__ if not name.startswith("_")}
        assert public <= set(ours.__all__) <= set(names(space))
        with pytest.raises(AttributeError):
            ours.nonsense  # noqa: B018
        assert not hasattr(ours, "__nonsense__")


def test_types_and_constants_are_numpys() -> None:
    assert lnp.float32 is np.float32
    assert lnp.pi == np.pi
    assert lnp.newaxis is None
    assert lnp.errstate is np.errstate
    assert lnp.exceptions is np.exceptions
    assert lnp.linalg.LinAlgError is np.linalg.LinAlgError
    assert lnp.set_printoptions is np.set_printoptions


def parameters() -> Iterator[Any]:
    for numpys, ours in FOR_NUMPY.items():
        if callable(numpys) and not isinstance(numpys, np.ufunc):
            try:
                yield pytest.param(numpys, ours, id=numpys.__name__)
            except AttributeError:
                continue


@pytest.mark.parametrize(("numpys", "ours"), list(parameters()))
def test_arguments_are_numpys(numpys: Any, ours: Any) -> None:
    try:
        theirs = inspect.signature(numpys).parameters
    except ValueError:
        return  # of some built-in functions NumPy does not tell
    own = inspect.signature(ours).parameters
    adapted = hasattr(ours, "__wrapped__")
    places = [p for p in own.values() if p.kind is Kind.POSITIONAL_ONLY]
    if any(p.kind is Kind.VAR_KEYWORD for p in own.values()):
        return
    for i, (name, parameter) in enumerate(theirs.items()):
        by_place = adapted and i < len(places)
        by_place = by_place or parameter.kind is Kind.POSITIONAL_ONLY
        several = parameter.kind is Kind.VAR_POSITIONAL
        assert name in own or by_place or several or (adapted and name in ADDED), name


def test_star_import() -> None:
    space: dict[str, Any] = {}
    exec("from lazydag.numpy import *", space)
    assert space["add"] is lnp.add
    assert space["float64"] is np.float64


@pytest.mark.parametrize(
    "call",
    [
        lambda np, x: np.sum(a=x, axis=0),
        lambda np, x: np.mean(x, axis=1, out=np.zeros(2)),
        lambda np, x: np.isclose(a=x, b=x),
        lambda np, x: np.count_nonzero(a=x),
        lambda np, x: np.argmax(a=x, axis=0),
        lambda np, x: np.ptp(a=x, axis=0, out=np.zeros(3)),
        lambda np, x: np.isposinf(x, np.zeros((2, 3), bool)),
        lambda np, x: np.fft.fftfreq(4, 0.5),
        lambda np, x: np.fft.rfftfreq(n=5, d=2.0),
        lambda np, x: np.transpose(x),
        lambda np, x: np.transpose(a=x, axes=(1, 0)),
    ],
)
def test_numpys_names_of_arguments(call: Any) -> None:
    x = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(call(lnp, lnp.asarray(x)), call(np, x))
