"""Methods and attributes of arrays, against NumPy's."""

import copy
import pickle
from io import BytesIO
from typing import Any

import numpy as np
import pytest

import lazydag as ld
import lazydag.numpy as lnp
from tests.array.beyond.both import agrees, refuses
from tests.array.conftest import Log

X = np.array([[3.0, -1.0, 2.5], [0.0, 4.0, -0.5]])
N = np.array([[3, 1, 2], [0, 4, 5]])
# of NumPy's arrays, those that mean nothing here
NOT_OURS = {
    "__array_finalize__",
    "__array_interface__",
    "__array_struct__",
    "__array_wrap__",
    "__delitem__",
    "__setstate__",
    "getfield",
    "setfield",
}


def test_there_is_all_that_numpys_arrays_have() -> None:
    missing = {name for name in dir(np.ndarray) if not hasattr(ld.Array, name)}
    assert missing == NOT_OURS


@pytest.mark.parametrize(
    "call",
    [
        lambda np, x: [x.sum(), x.sum(0), x.sum(axis=1, keepdims=True, dtype="f4")],
        lambda np, x: x.sum(1, None, np.zeros(2), False, 10, x > 0),
        lambda np, x: [x.prod(initial=2), x.mean(1, where=x > -1), x.mean(dtype="f4")],
        lambda np, x: [x.var(0, ddof=1), x.std(axis=1, where=x > -1), x.std()],
        lambda np, x: x.var(1, mean=x.mean(1, keepdims=True), keepdims=True),
        lambda np, x: [x.min(), x.max(0), x.min(1, initial=-9, where=x > 1)],
        lambda np, x: x.max(axis=0, out=np.zeros(3), keepdims=False),
        lambda np, x: [x.any(), x.all(1), x.any(0, where=[True, False, True])],
        lambda np, x: [x.argmin(), x.argmax(1), x.argmax(0, keepdims=True)],
        lambda np, x: x.argmin(1, out=np.zeros(2, int)),
        lambda np, x: [x.cumsum(), x.cumsum(1), x.cumprod(0, dtype="f4")],
        lambda np, x: [x.argsort(), x.argsort(0), x.argpartition(1)[..., 1]],
        lambda np, x: [x.clip(0, 1), x.round(), x.round(decimals=0)],
        lambda np, x: [x.trace(), x.diagonal(1), x.repeat(2, axis=0), x.ravel("F")],
        lambda np, x: [x.dot(x.T), x[0].dot(x[1]), x.take([0, 2], axis=1)],
        lambda np, x: [x.flatten(), x.flatten("F"), x.flatten(order="C")],
        lambda np, x: [x.reshape(3, 2), x.reshape((3, -1), order="F"), x.reshape(-1)],
        lambda np, x: [x.transpose(), x.transpose(1, 0), x.transpose((0, 1))],
        lambda np, x: [x.swapaxes(0, 1), x[None].squeeze(), x[:, :1].squeeze(axis=1)],
        lambda np, x: [x.conj(), (x * 1j).conjugate(), (x * 1j).real, (x * 1j).imag],
        lambda np, x: [x.astype(int), x.astype("f4", casting="same_kind", copy=False)],
        lambda np, x: [x.copy(), x.copy("F"), x.view(), x.view("i8"), x.view("u1")],
        lambda np, x: [x.astype("f4").view("c8") if x.shape[1] % 2 == 0 else x],
        lambda np, x: [x.byteswap(), x.astype("i2").byteswap(), (x * 1j).byteswap()],
        lambda np, x: [x.ndim, x.size, x.itemsize, x.nbytes, x.shape, x.strides],
        lambda np, x: [x.flat[2], x.flat[1:3], x.T.flat[1], len(x.flat)],
        lambda np, x: [x.T.base is x, x.base is None, x[0].base is x],
        lambda np, x: [np.array(0.0).strides, np.zeros((2, 0)).strides],
    ],
)
def test_results(call: Any) -> None:
    agrees(call, X, rtol=1e-6)


def _sort(np: Any, x: Any) -> Any:
    x.sort(axis=0)
    x[1].sort()
    x[0].partition(1)
    return x[0, 1]


def _fill(np: Any, x: Any) -> None:
    x[1].fill(7)
    x[0, :1].fill(x[0, 1])


def _flat(np: Any, x: Any) -> None:
    x.flat[1:4] = 7
    x.T.flat[0] = 9
    x.flat[[4, 5]] = [1, 2]
    x[:, 1:].flat = [5, 6, 7]


def _put(np: Any, x: Any) -> None:
    x.put([0, -1], [8, 9])
    x.byteswap(inplace=True)


def _parts(np: Any, x: Any) -> Any:
    z = x + 0j
    z.imag = x
    z.real = 2
    x.real = 5
    return z


def _rows(np: Any, x: Any) -> None:
    for row in x:
        row *= 2.0  # noqa: PLW2901


@pytest.mark.parametrize("write", [_sort, _fill, _flat, _put, _parts, _rows])
def test_writing(write: Any) -> None:
    agrees(write, X)


@pytest.mark.parametrize(
    "call",
    [
        lambda np, x: x.sum(axis=2),
        lambda np, x: x.sum(0, out=np.zeros(2)),
        lambda np, x: x.max(where=x > 0),
        lambda np, x: x.mean(where=np.ones(3)),
        lambda np, x: x.astype(int, casting="safe"),
        lambda np, x: x.reshape(4),
        lambda np, x: x.reshape(3, 2, order="Q"),
        lambda np, x: x.view("c16"),
        lambda np, x: x.sum().reshape(()).view("f4"),
        lambda np, x: x.fill([1, 2]),
        lambda np, x: x.flat[7],
        lambda np, x: setattr(x, "imag", 2),
        lambda np, x: x.argmax(out=np.zeros((2, 2))),
    ],
)
def test_mistakes(call: Any) -> None:
    refuses(call, X)


def test_bytes() -> None:
    lazy = ld.asarray(X) * 1
    assert lazy.tobytes() == X.tobytes()
    assert lazy.tobytes(order="F") == X.tobytes("F")
    assert bytes(lazy.data) == X.tobytes()
    assert lazy.ctypes.data
    file = BytesIO()
    lazy.dump(file)
    assert pickle.loads(file.getvalue()).tolist() == X.tolist()
    assert pickle.loads(lazy.dumps()).tolist() == X.tolist()


def test_to_file(tmp_path: Any) -> None:
    ld.asarray(X).tofile(tmp_path / "x")
    assert np.fromfile(tmp_path / "x").tolist() == X.ravel().tolist()


def test_views_as_classes_are_numpys() -> None:
    found = ld.asarray(X).view(np.recarray)
    assert type(found) is np.recarray
    assert found.tolist() == X.tolist()
    assert type(ld.asarray(X).view(type=np.memmap)) is np.memmap
    assert type(ld.asarray(X).view(np.ndarray)) is ld.Array


def test_axes_outside_are_numpys_error() -> None:
    with pytest.raises(np.exceptions.AxisError, match="axis 2 is out of bounds"):
        ld.asarray(X).sum(axis=2)


def test_flags() -> None:
    x = ld.array(X)
    assert x.flags.c_contiguous
    assert x.flags["C_CONTIGUOUS"]
    assert x.flags.contiguous
    assert x.flags.owndata
    assert not x.T.flags["OWNDATA"]
    assert not x[:, 1:].flags.c_contiguous
    assert not ld.broadcast_to(x[0], (2, 3)).flags["W"]
    with pytest.raises(KeyError, match="Unknown flag"):
        x.flags["Q"]
    with pytest.raises(KeyError, match="Unknown flag"):
        x.flags["OWNDATA"] = False
    assert "WRITEABLE : True" in repr(x.flags)


def _lock(np: Any, x: Any) -> list[bool]:
    x.flags.writeable = False
    first = [x.flags.writeable, x[0].flags["W"], x.T.flags.f_contiguous]
    x.setflags(write=True)
    x[0] = 7
    x[1].setflags(write=False)
    return [*first, x.flags.writeable, x.T.flags.c_contiguous, x.flags.aligned]


def _locked(np: Any, x: Any) -> None:
    x.flags["WRITEABLE"] = False
    x[0] += 1


def _element(np: Any, x: Any) -> None:
    x.setflags(write=False)
    x[0, 0] = 1


def test_read_only_arrays() -> None:
    agrees(_lock, X)
    refuses(_locked, X)
    refuses(_element, X)
    with pytest.raises(ValueError, match="cannot set WRITEABLE"):
        ld.broadcast_to(ld.asarray(X[0]), (2, 3)).setflags(write=True)


def test_copies_are_of_their_own(log: Log) -> None:
    x = ld.array(X) + 1
    shallow, deep = copy.copy(x), copy.deepcopy(x)
    x[0] = 0.0
    assert not log.evaluated
    assert shallow.tolist() == deep.tolist() == (X + 1).tolist()


def test_methods_are_the_functions() -> None:
    x = ld.asarray(X)
    assert x.sum.__func__ is ld.sum
    assert ld.Array.mean is ld.mean
    assert ld.Array.tolist is np.ndarray.tolist
    assert float(ld.Array.sum(x)) == X.sum()


def test_looking_at_them_computes_nothing(log: Log) -> None:
    x = ld.asarray(X) + 1
    assert x.strides == X.strides
    assert x.flags.owndata
    assert x.flat is not None
    assert callable(x.tolist)
    assert not log.evaluated


def test_another_shape_in_place() -> None:
    def program(np: Any, x: Any) -> Any:
        x = x + 1.0
        row = x[1]
        whole = x.reshape(-1)
        x.shape = 3, -1
        x[0] = 7.0
        row[0] = -1.0
        x.shape = (6,)
        x[5] = 9.0
        part = x[1:5]
        part.shape = 2, 2
        part *= 10.0
        return x, row, whole, part

    x = np.arange(6.0).reshape(2, 3)
    agrees(program, x)
    with pytest.raises(AttributeError, match="Incompatible shape"):
        lnp.asarray(x).T.shape = 6
    with pytest.raises(ValueError, match="cannot reshape"):
        lnp.asarray(x).shape = 5
