"""What NumPy computes, and the class that stands for arrays."""

from typing import Any

import numpy as np
import pytest

import lazydag as ld
import lazydag.numpy as lnp
from lazydag.remarks import Kind, all_remarks, forget

X = np.arange(6.0).reshape(2, 3)


def told() -> list[str]:
    """Return what NumPy was left to compute since the last time."""
    found = [r.what for r in all_remarks() if r.kind is Kind.NUMPY]
    forget()
    return sorted(found)


@pytest.fixture(autouse=True)
def afresh() -> None:
    forget()


def test_arguments_are_computed_and_results_are_lazy() -> None:
    x = lnp.asarray(X) + 1
    bits = lnp.packbits(x > 3, axis=1)
    assert isinstance(bits, ld.Array)
    assert bits.tolist() == np.packbits(X + 1 > 3, axis=1).tolist()
    assert told() == ["np.packbits"]


def test_lists_and_names_are_looked_through() -> None:
    x = lnp.asarray(X)
    assert lnp.array_str(a=x) == np.array_str(X)
    assert lnp.packbits([x[0] > 1, x[1] > 1], axis=1).tolist() == [[32], [224]]
    assert told() == ["np.array_str", "np.packbits"]


def test_without_lazy_arrays_nothing_is_told(tmp_path: Any) -> None:
    found = lnp.frombuffer(X.tobytes())
    assert isinstance(found, ld.Array)
    lnp.save(tmp_path / "x.npy", X)
    assert told() == []
    assert lnp.load(tmp_path / "x.npy").tolist() == X.tolist()
    lnp.savez(tmp_path / "x.npz", x=lnp.asarray(X))
    assert told() == ["np.savez"]


def test_comparisons_of_tests() -> None:
    x = lnp.asarray(X)
    lnp.testing.assert_equal(x, x * 1)
    lnp.testing.assert_allclose(actual=x, desired=X)
    with pytest.raises(AssertionError, match="not equal"):
        lnp.testing.assert_array_equal(x, X + 1)
    with lnp.testing.assert_raises(ValueError):
        x.reshape(7)
    names = ["assert_allclose", "assert_array_equal", "assert_equal"]
    assert told() == [f"np.testing.{name}" for name in names]
    with pytest.raises(AttributeError):
        lnp.testing.nonsense  # noqa: B018
    assert "assert_equal" in dir(lnp.testing)
    assert not hasattr(lnp.testing, "_nonsense")


def test_elements_of_other_types_beside_lazy_arrays() -> None:
    names = np.array([["a", "b"], ["c", "d"]], dtype=object)
    assert lnp.tensordot(lnp.asarray([1, 2]), names, 1).tolist() == ["acc", "bdd"]
    table = np.array([(2, "b"), (1, "a")], dtype=[("n", int), ("s", "U1")])
    assert lnp.sort(table, order="n")["s"].tolist() == ["a", "b"]


def test_masked_arrays_are_numpys() -> None:
    masked = np.ma.masked_equal([1.0, 2.0, 3.0], 2.0)
    assert lnp.sum(masked) == 4.0
    assert lnp.mean(masked, axis=0) == 2.0


def test_conversions_to_other_types() -> None:
    x = lnp.asarray(X) + 1
    words = x.astype(str)
    assert type(words) is np.ndarray
    assert words.tolist() == (X + 1).astype(str).tolist()
    assert x.astype("f2").dtype == np.float16
    assert set(told()) == {"np.ndarray.astype"}
    with pytest.raises(TypeError):
        x.astype("m8[s]", casting="safe")


def test_functions_of_python() -> None:
    octal = lnp.frompyfunc(oct, 1, 1)
    assert list(octal(lnp.asarray([8, 9]))) == ["0o10", "0o11"]
    assert lnp.vectorize(lambda a: a + 1)(lnp.asarray([1, 2])).tolist() == [2, 3]


def test_tuples_of_results() -> None:
    rows, columns = lnp.mask_indices(3, np.triu, 1)
    assert isinstance(rows, ld.Array)
    assert columns.tolist() == [1, 2, 2]


def test_numpys_own_function_says_that_it_cannot() -> None:
    with pytest.raises(ld.UnsupportedError, match="packbits is not supported"):
        np.packbits(lnp.asarray(X) > 2)


def test_ndarray_is_the_class_of_both() -> None:
    x = lnp.asarray(X)
    assert isinstance(x, lnp.ndarray)
    assert isinstance(X, lnp.ndarray)
    assert not isinstance(3.0, lnp.ndarray)
    assert issubclass(ld.Array, lnp.ndarray)
    assert issubclass(np.ndarray, lnp.ndarray)
    assert issubclass(lnp.ndarray, lnp.ndarray)
    assert not issubclass(int, lnp.ndarray)
    assert lnp.ndarray.sum(x).tolist() == 15.0
    assert lnp.ndarray[Any, Any] == np.ndarray[Any, Any]


def test_ndarrays_are_made() -> None:
    made = lnp.ndarray((2, 3), int)
    assert isinstance(made, ld.Array)
    assert (made.shape, made.dtype) == ((2, 3), np.int64)
    with pytest.raises(ld.UnsupportedError, match="over memory"):
        lnp.ndarray((2,), float, X)
