"""Every name of the Python array API standard 2025.12, and its arguments."""

from collections.abc import Iterator
from inspect import Parameter, signature
from typing import Any

import numpy as np
import pytest

import lazydag as ld

VERSION = "2025.12"

# Arguments as they are written in Python, and the functions that have them.
FUNCTIONS = {
    "start / stop step * dtype device": "arange",
    "obj / * dtype device copy": "asarray",
    "shape * dtype device": "empty ones zeros",
    "x / * dtype device": "empty_like ones_like zeros_like",
    "n_rows n_cols / * k dtype device": "eye",
    "x / * device copy": "from_dlpack",
    "shape fill_value * dtype device": "full",
    "x / fill_value * dtype device": "full_like",
    "start stop / num * dtype device endpoint": "linspace",
    "*arrays indexing": "meshgrid",
    "x / * k": "tril triu",
    "x dtype / * copy device": "astype",
    "from_ to /": "can_cast",
    "type /": "finfo iinfo",
    "dtype kind": "isdtype",
    "*arrays_and_dtypes": "result_type",
    "x /": """
        abs acos acosh asin asinh atan atanh bitwise_invert ceil conj cos cosh exp
        expm1 floor imag isfinite isinf isnan log log10 log1p log2 logical_not
        matrix_transpose negative nonzero positive real reciprocal round sign signbit
        sin sinh sqrt square tan tanh trunc unique_all unique_counts unique_inverse
        unique_values""",
    "x1 x2 /": """
        add atan2 bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift
        bitwise_xor copysign divide equal floor_divide greater greater_equal hypot
        less less_equal logaddexp logical_and logical_or logical_xor matmul maximum
        minimum multiply nextafter not_equal pow remainder subtract""",
    "x / min max": "clip",
    "x indices / * axis": "take take_along_axis",
    "x1 x2 / * axes": "tensordot",
    "x1 x2 / * axis": "vecdot",
    "*arrays": "broadcast_arrays",
    "*shapes": "broadcast_shapes",
    "x / shape": "broadcast_to",
    "arrays / * axis": "concat stack",
    "x / axis": "expand_dims squeeze",
    "x / * axis": "flip unstack",
    "x source destination /": "moveaxis",
    "x / axes": "permute_dims",
    "x repeats / * axis": "repeat",
    "x / shape * copy": "reshape",
    "x / shift * axis": "roll",
    "x repetitions /": "tile",
    "x / * axis keepdims": "all any argmax argmin count_nonzero max mean min",
    "x1 x2 / * side sorter": "searchsorted",
    "condition x1 x2 /": "where",
    "x1 x2 / * invert": "isin",
    "x / * axis descending stable": "argsort sort",
    "x / * axis dtype include_initial": "cumulative_prod cumulative_sum",
    "x / * axis dtype keepdims": "prod sum",
    "x / * axis correction keepdims": "std var",
    "x / * axis n prepend append": "diff",
    "": "__array_namespace_info__",
}
LINALG = {
    "x / * upper": "cholesky",
    "x1 x2 / * axis": "cross vecdot",
    "x /": "det eig eigh eigvals eigvalsh inv matrix_transpose slogdet svdvals",
    "x / * offset": "diagonal",
    "x1 x2 /": "matmul outer solve",
    "x / * keepdims ord": "matrix_norm",
    "x n /": "matrix_power",
    "x / * rtol": "matrix_rank pinv",
    "x / * mode": "qr",
    "x / * full_matrices": "svd",
    "x1 x2 / * axes": "tensordot",
    "x / * offset dtype": "trace",
    "x / * axis keepdims ord": "vector_norm",
}
FFT = {
    "x / * n axis norm": "fft hfft ifft ihfft irfft rfft",
    "x / * s axes norm": "fftn ifftn irfftn rfftn",
    "n / * d dtype device": "fftfreq rfftfreq",
    "x / * axes": "fftshift ifftshift",
}
METHODS = {
    "self /": """
        __abs__ __bool__ __complex__ __dlpack_device__ __float__ __index__ __int__
        __invert__ __neg__ __pos__""",
    "self other /": """
        __add__ __and__ __eq__ __floordiv__ __ge__ __gt__ __le__ __lshift__ __lt__
        __matmul__ __mod__ __mul__ __ne__ __or__ __pow__ __rshift__ __sub__
        __truediv__ __xor__ __radd__ __rand__ __rfloordiv__ __rlshift__ __rmatmul__
        __rmod__ __rmul__ __ror__ __rpow__ __rrshift__ __rsub__ __rtruediv__ __rxor__
        __iadd__ __iand__ __ifloordiv__ __ilshift__ __imatmul__ __imod__ __imul__
        __ior__ __ipow__ __irshift__ __isub__ __itruediv__ __ixor__""",
    "self / * api_version": "__array_namespace__",
    "self / * stream max_version dl_device copy": "__dlpack__",
    "self key /": "__getitem__",
    "self key value /": "__setitem__",
    "self device / * stream": "to_device",
}
PROPERTIES = ("dtype", "device", "mT", "ndim", "shape", "size", "T")
CONSTANTS = ("e", "inf", "nan", "newaxis", "pi")
DTYPES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"),
    *("uint64", "float32", "float64", "complex64", "complex128"),
)

Row = tuple[Any, str, str]


def rows() -> Iterator[Row]:
    spaces: list[tuple[Any, dict[str, str]]] = [
        (ld, FUNCTIONS), (ld.linalg, LINALG), (ld.fft, FFT), (ld.Array, METHODS)
    ]  # fmt: skip
    for space, table in spaces:
        for arguments, names in table.items():
            for name in names.split():
                yield space, name, arguments


def wanted(arguments: str) -> dict[str, Any]:
    """Return the kind of each argument."""
    kind, found = Parameter.POSITIONAL_OR_KEYWORD, {}
    for word in arguments.split():
        if word == "/":
            for name in found:
                found[name] = Parameter.POSITIONAL_ONLY
        elif word == "*":
            kind = Parameter.KEYWORD_ONLY
        else:
            several = word.startswith("*")
            found[word.lstrip("*")] = Parameter.VAR_POSITIONAL if several else kind
            kind = Parameter.KEYWORD_ONLY if several else kind
    return found


@pytest.mark.parametrize(("space", "name", "arguments"), list(rows()), ids=str)
def test_function(space: Any, name: str, arguments: str) -> None:
    given = signature(getattr(space, name)).parameters
    places = list(given.values())
    for i, (argument, kind) in enumerate(wanted(arguments).items()):
        if kind is Parameter.KEYWORD_ONLY:
            either = (kind, Parameter.POSITIONAL_OR_KEYWORD)
            assert given[argument].kind in either
        elif kind is Parameter.POSITIONAL_ONLY:
            assert places[i].kind in (kind, Parameter.POSITIONAL_OR_KEYWORD)
        else:
            assert (places[i].name, places[i].kind) == (argument, kind)


def test_every_function_is_public() -> None:
    for space, name, _ in rows():
        assert space is ld.Array or name in space.__all__


@pytest.mark.parametrize("name", PROPERTIES)
def test_property(name: str) -> None:
    assert hasattr(ld.ones((2, 2)), name)


@pytest.mark.parametrize("name", DTYPES)
def test_dtype(name: str) -> None:
    x = ld.zeros((2, 0), dtype=getattr(ld, name))
    assert x.dtype == getattr(ld, name)
    assert str(np.dtype(getattr(ld, name))) == name


def test_constants() -> None:
    found = [getattr(ld, name) for name in CONSTANTS]
    assert found[0] == np.e
    assert found[1] == np.inf
    assert found[2] != found[2]
    assert found[3] is None
    assert found[4] == np.pi


def test_namespace() -> None:
    x = ld.ones(3)
    assert x.__array_namespace__() is ld
    assert x.__array_namespace__(api_version=VERSION) is ld
    assert ld.__array_api_version__ == VERSION
    with pytest.raises(ValueError, match="2077"):
        x.__array_namespace__(api_version="2077.12")


def test_info() -> None:
    info = ld.__array_namespace_info__()
    assert info.default_device() == "cpu"
    assert info.devices() == ("cpu",)
    assert set(info.dtypes()) == set(DTYPES)
    assert set(info.dtypes(kind="complex floating")) == {"complex64", "complex128"}
    assert set(info.dtypes(kind=("bool", "signed integer"))) == set(DTYPES[:5])
    assert info.default_dtypes()["indexing"] == np.int64
    assert info.capabilities()["max dimensions"] == 64


def test_limits_are_python_numbers() -> None:
    for dtype in (ld.float32, ld.complex128, ld.ones(2)):
        info = ld.finfo(dtype)
        numbers = (info.eps, info.max, info.min, info.smallest_normal, info.tiny)
        assert all(type(number) is float for number in numbers)
        assert type(info.bits) is int
    assert ld.finfo(ld.complex64).dtype == np.float32
    assert (ld.iinfo(ld.uint8).min, ld.iinfo(ld.uint8).max) == (0, 255)


def test_devices() -> None:
    x = ld.ones(2)
    assert x.device == "cpu"
    assert x.to_device("cpu") is x
    with pytest.raises(ValueError, match="gpu"):
        x.to_device("gpu")
    with pytest.raises(ValueError, match="gpu"):
        ld.zeros(2, device="gpu")


def test_dlpack_shares_memory() -> None:
    x = np.arange(3.0)
    lazy = ld.from_dlpack(x)
    assert np.shares_memory(np.asarray(lazy), x)
    assert lazy.__dlpack_device__() == x.__dlpack_device__()
    found = np.from_dlpack(lazy + 1)
    np.testing.assert_array_equal(found, x + 1)


class Reader:
    """Reads with a version of its own."""

    def __init__(self, lazy: ld.Array, **options: Any) -> None:
        self.lazy, self.options = lazy, options

    def __dlpack__(self, **_given: Any) -> Any:
        return self.lazy.__dlpack__(**self.options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.lazy.__dlpack_device__()


@pytest.mark.parametrize("version", [None, (0, 8), (1, 0)])
@pytest.mark.parametrize("copy", [None, True, False])
def test_dlpack_for_readers_of_all_versions(version: Any, copy: Any) -> None:
    lazy = ld.ones(3) + 1
    found = np.from_dlpack(Reader(lazy, max_version=version, copy=copy))
    np.testing.assert_array_equal(found, np.full(3, 2.0))
    if copy is False:
        assert np.shares_memory(found, np.asarray(lazy))
