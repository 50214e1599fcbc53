"""Every ufunc of NumPy, called in all ways, against NumPy."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import lazydag as ld
import lazydag.numpy as lnp
from lazydag.array.functions.beyond.ufuncs import UFUNCS, Ufunc
from tests.array.beyond.both import agrees, dispatches, refuses
from tests.array.conftest import Log

QUICK = settings(max_examples=40, deadline=None)
NAMES = sorted(
    {name for name in dir(np) if isinstance(getattr(np, name), np.ufunc)} - {"isnat"}
)
RARE = ("fabs", "fmod", "heaviside", "spacing", "modf", "frexp", "float_power")
X = np.array([[0.25, -0.5, 0.75], [1.0, 2.0, -3.0]])
KINDS = ["?", "i1", "i8", "u1", "u8", "f4", "f8", "c16"]
SHAPES = hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3)
# Other than NumPy's on purpose, where the standard says so.
QUOTIENTS = ("floor_divide", "divmod")


def finite(dtype: Any, shape: Any) -> Any:
    """Numbers that no ufunc is ill-conditioned at."""
    kind = np.dtype(dtype).kind
    small = {"b": st.booleans(), "i": st.integers(-9, 9), "u": st.integers(0, 9)}
    halves = st.integers(-12, 12).map(lambda n: n / 4)
    return hnp.arrays(dtype, shape, elements=small.get(kind, halves))


def gives(ufunc: np.ufunc, *operands: Any) -> bool:
    """Tell whether NumPy has a loop, of types that lazydag has."""
    dtypes = [np.asarray(x).dtype for x in operands]
    try:
        found = ufunc.resolve_dtypes((*dtypes, *[None] * ufunc.nout))
    except TypeError:
        return False
    return np.dtype("f2") not in found


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_values_and_dtypes(name: str, data: st.DataObject) -> None:
    ufunc: np.ufunc = getattr(np, name)
    shape = data.draw(SHAPES)
    if ufunc.signature:
        shape = (2, 2)
    kinds = [data.draw(st.sampled_from(KINDS)) for _ in range(ufunc.nin)]
    operands = [data.draw(finite(kind, shape)) for kind in kinds]
    integral = all(x.dtype.kind in "iub" for x in operands)
    negative = name in ("power", "pow") and integral and (operands[1] < 0).any()
    if not gives(ufunc, *operands) or negative:
        return
    agrees(lambda xp, *a: getattr(xp, name)(*a), *operands, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", RARE)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_what_is_made_of_several_ops_has_the_same_bits(
    name: str, data: st.DataObject
) -> None:
    ufunc: np.ufunc = getattr(np, name)
    kinds = st.sampled_from(["f4", "f8"])
    if name == "fmod":
        kinds = st.sampled_from(["i1", "i8", "u1", "f4", "f8"])
    dtype = data.draw(kinds)
    operands = [data.draw(hnp.arrays(dtype, (5,))) for _ in range(ufunc.nin)]
    rtol = 1e-12 if name == "float_power" else None
    agrees(lambda xp, *a: getattr(xp, name)(*a), *operands, rtol=rtol)


def test_numbers_alone_are_computed_at_once(log: Log) -> None:
    assert type(lnp.sqrt(2.0)) is np.float64
    assert lnp.add(1, 2) == 3
    assert lnp.add(1, 2, dtype=float).dtype == np.float64
    assert not log.evaluated


def test_elements_of_other_types() -> None:
    assert lnp.add(1, 2, dtype=object) == 3
    names = np.array(["a", "b"], dtype=object)
    assert lnp.multiply(lnp.asarray([1, 2]), names).tolist() == ["a", "bb"]
    assert lnp.add(X, 1, dtype=object).dtype == object
    assert lnp.add.reduce(names) == "ab"
    assert lnp.add.reduce([1, 2], dtype=object) == 3
    assert lnp.add.accumulate(names).tolist() == ["a", "ab"]
    assert lnp.add.reduceat(names, [1]).tolist() == ["b"]
    assert lnp.multiply.outer(lnp.asarray([2]), names).tolist() == [["aa", "bb"]]
    with pytest.raises(ld.DTypeError):
        lnp.add.reduce(lnp.asarray(X), dtype=object)


def test_attributes() -> None:
    for numpys, ours in UFUNCS.items():
        assert getattr(lnp, numpys.__name__) is ours
        for name in ("nin", "nout", "nargs", "ntypes", "types", "identity"):
            assert getattr(ours, name) == getattr(numpys, name)
        assert ours.__doc__ == numpys.__doc__
        assert repr(ours) == f"<ufunc '{numpys.__name__}'>"
    assert isinstance(lnp.abs, Ufunc)
    assert lnp.abs is lnp.absolute
    assert not hasattr(lnp.add, "_nothing")


@pytest.mark.parametrize(
    "call",
    [
        lambda np, x: np.add(x, 1, dtype="f4"),
        lambda np, x: np.add(x, x, sig="dd->d"),
        lambda np, x: np.add(x, 1, signature=("f4", "f4", "f4")),
        lambda np, x: np.sqrt(abs(x), order="F", subok=False),
        lambda np, x: np.add(x, 1, where=x > 0, out=np.zeros((2, 3))),
        lambda np, x: np.add(x, 1, np.zeros((2, 3))),
        lambda np, x: np.add(x[0], 1, out=np.zeros((2, 3), "f4")),
        lambda np, x: np.negative(x, out=(np.ones((2, 3)),), where=[1, 0, 1]),
        lambda np, x: np.modf(x, out=(None, np.zeros((2, 3)))),
        lambda np, x: np.divmod(x, 2, out=(np.zeros((2, 3)), np.zeros((2, 3)))),
        lambda np, x: np.add(x, 1.0, out=np.zeros((2, 3), int), casting="unsafe"),
        lambda np, x: np.add.outer(x, x[0]),
        lambda np, x: np.multiply.outer(x[0], [1, 2], dtype="f4"),
        lambda np, x: np.matmul(x, x.T, out=np.zeros((2, 2))),
        lambda np, x: np.matmul(x, x, axes=[(0, 1), (1, 0), (0, 1)]),
        lambda np, x: np.vecdot(x, x, axis=0),
        lambda np, x: np.vecdot(x, x, keepdims=True),
        lambda np, x: np.vecdot(x, x, axes=[np.int8(0), 0]),
        lambda np, x: np.vecdot(x, x, axes=[0, 0], keepdims=True),
        lambda np, x: np.vecdot(x, x, axis=0, keepdims=True),
        lambda np, x: np.add(x, 1, out=...),
        lambda np, x: np.matvec(x, x[0]),
        lambda np, x: np.vecmat(x[:, 0], x),
        lambda np, x: np.vecmat(x[:, 0] * 1j, x),
        lambda np, x: np.add([x[0, 0], 2], [[x[1, 1]], [3]]),
    ],
)
def test_keywords(call: Any) -> None:
    agrees(call, X, rtol=1e-12)


def _into_arguments(np: Any, x: Any) -> Any:
    np.add(x, 1, out=x)
    np.multiply(x[0], x[1], x[1], where=x[0] > 1)
    return np.cumsum(x, axis=1, out=x[:, ::-1])


def test_into_arguments() -> None:
    agrees(_into_arguments, X)


def test_a_mask_without_out() -> None:
    mask = X > 0
    found = np.asarray(lnp.add(lnp.asarray(X), 1, where=mask))
    np.testing.assert_array_equal(found[mask], (X + 1)[mask])


@pytest.mark.parametrize("ufunc", [np.add, np.multiply, np.subtract, np.maximum])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_methods_along_an_axis(ufunc: Any, axis: int) -> None:
    name = ufunc.__name__
    agrees(lambda xp, x: getattr(xp, name).reduce(x, axis=axis), X, rtol=1e-12)
    agrees(lambda xp, x: getattr(xp, name).accumulate(x, axis), X)
    agrees(lambda xp, x: getattr(xp, name).reduceat(x, [1, 0, 1], axis), X)
    dispatches(lambda xp, x: getattr(xp, name).reduce(x, axis, keepdims=True), X)
    dispatches(lambda xp, x: getattr(xp, name).accumulate(x, axis), X)
    dispatches(lambda xp, x: getattr(xp, name).reduceat(x, [0, 1], axis), X)
    dispatches(lambda xp, x: getattr(xp, name).outer(x, X[0]), X)


@QUICK
@given(hnp.arrays(st.sampled_from(["i1", "u1", "i8", "f4", "f8"]), SHAPES), st.data())
def test_reductions_by_ufuncs(x: Any, data: st.DataObject) -> None:
    names = ["add", "multiply", "minimum", "logical_and", "logical_xor", "fmax"]
    if x.dtype.kind in "iu":
        names += ["bitwise_or", "bitwise_xor", "bitwise_and"]
    else:
        x = np.nan_to_num(x % 7)
    name = data.draw(st.sampled_from(names))
    axis = data.draw(st.none() | st.integers(-x.ndim, x.ndim - 1))
    initial = data.draw(st.sampled_from([{}, {"initial": 1}]))
    keepdims = data.draw(st.booleans())

    def reduce(xp: Any, x: Any) -> Any:
        return getattr(xp, name).reduce(x, axis, keepdims=keepdims, **initial)

    try:
        reduce(np, x)
    except ValueError:
        refuses(reduce, x)
    else:
        agrees(reduce, x, rtol=1e-4)


@pytest.mark.parametrize(
    "call",
    [
        lambda np, x: np.add.reduce(x, where=x > 0, initial=10),
        lambda np, x: np.maximum.reduce(x, axis=1, where=x > 0, initial=-9.0),
        lambda np, x: np.add.reduce(x, dtype="f4", out=np.zeros(3)),
        lambda np, x: np.add.reduce(x[0, 0]),
        lambda np, x: np.add.reduce(x, axis=(0, 1), out=np.zeros(())),
        lambda np, x: np.add.accumulate(x, axis=1, out=np.zeros((2, 3), int)),
        lambda np, x: np.logical_or.reduce(x > 1, axis=None),
        lambda np, x: np.power.reduce(abs(x)),
        lambda np, x: np.sum(x[0, 0], axis=0) + x[1, 1].sum(-1),
    ],
)
def test_keywords_of_methods(call: Any) -> None:
    agrees(call, X, rtol=1e-6)


def _add_at(np: Any, x: Any) -> Any:
    np.add.at(x, ([0, 0, 1], [1, 1, 2]), [1.0, 2.0, 3.0])
    np.negative.at(x, (0, [0, 2]))
    return x


def test_at_counts_each_index() -> None:
    agrees(_add_at, X, jit=False)
    lazy = ld.array(X)
    np.add.at(lazy, (0, [1, 1]), 1.0)  # type: ignore[arg-type]
    assert lazy[0].tolist() == [0.25, 1.5, 0.75]


@pytest.mark.parametrize(
    "call",
    [
        lambda np, x: np.add(x),
        lambda np, x: np.add(x, x, x, x),
        lambda np, x: np.add(x, x, x, out=x),
        lambda np, x: np.add(x, [1, 2]),
        lambda np, x: np.add(x, 1, out=x, where=np.ones(3)),
        lambda np, x: np.add(x, 1, out=np.zeros(2)),
        lambda np, x: np.add(x, 1, out=np.zeros((2, 3), int)),
        lambda np, x: np.add(x, 1, out=[0, 0]),
        lambda np, x: np.add(x, 1, casting="no", dtype="f4"),
        lambda np, x: np.add(x, 1, order="Z"),
        lambda np, x: np.add(x, 1, nonsense=1),
        lambda np, x: np.modf(x, out=(x,)),
        lambda np, x: np.bitwise_and(x, 1),
        lambda np, x: np.isnat(x),
        lambda np, x: np.matmul(x, 2),
        lambda np, x: np.matmul(x, x),
        lambda np, x: np.add.reduce(x, axis=2),
        lambda np, x: np.subtract.reduce(x, axis=(0, 1)),
        lambda np, x: np.maximum.reduce(x, where=x > 0),
        lambda np, x: np.maximum.reduce(x[:0]),
        lambda np, x: np.add.reduce(x[:0], initial=None),
        lambda np, x: np.add.reduce(x, out=np.zeros((2, 3))),
        lambda np, x: np.sum(x, axis=0, out=np.zeros((1, 3))),
        lambda np, x: np.add.accumulate(x[0, 0]),
        lambda np, x: np.add.reduceat(x, [5]),
        lambda np, x: np.add.reduceat(x, [[0]]),
        lambda np, x: np.matmul.outer(x, x),
        lambda np, x: np.negative.outer(x, x),
        lambda np, x: np.add(x, 1, dtype="f4", signature="ddd"),
    ],
)
def test_mistakes(call: Any) -> None:
    refuses(call, X)


def test_ufuncs_of_others_say_so() -> None:
    special = pytest.importorskip("scipy.special")
    with pytest.raises(ld.UnsupportedError, match="gamma is not supported"):
        special.gamma(ld.asarray(X))
