"""The meaning of every op is NumPy's, in bits and in dtype."""

from collections.abc import Callable
from itertools import product
from math import erf, prod
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from lazydag.errors import LazydagError
from lazydag.ir import attrs as a
from lazydag.ir.graph import Graph
from lazydag.ir.ops import OPS, Kind, Op
from lazydag.ir.types import DTYPES, F32, ArrayType, DType
from tests.strategies import arrays_for, graphs, seeds, special_values

NDArray = np.ndarray[Any, Any]

# The functions once more, by name, so that the table cannot be wrong unnoticed.
NUMPY: dict[str, Callable[..., Any]] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.true_divide,
    "floordiv": np.floor_divide, "mod": np.mod, "pow": np.power,
    "neg": np.negative, "abs": np.abs, "sign": np.sign,
    "minimum": np.minimum, "maximum": np.maximum, "fmin": np.fmin, "fmax": np.fmax,
    "copysign": np.copysign, "sqrt": np.sqrt, "floor": np.floor, "ceil": np.ceil,
    "trunc": np.trunc, "rint": np.rint, "exp": np.exp, "exp2": np.exp2,
    "expm1": np.expm1, "log": np.log, "log2": np.log2, "log10": np.log10,
    "log1p": np.log1p, "sin": np.sin, "cos": np.cos, "tan": np.tan,
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "atan2": np.arctan2,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "asinh": np.arcsinh,
    "acosh": np.arccosh, "atanh": np.arctanh, "hypot": np.hypot, "cbrt": np.cbrt,
    "isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite,
    "signbit": np.signbit, "eq": np.equal, "ne": np.not_equal, "lt": np.less,
    "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
    "land": np.logical_and, "lor": np.logical_or, "lxor": np.logical_xor,
    "lnot": np.logical_not, "band": np.bitwise_and, "bor": np.bitwise_or,
    "nextafter": np.nextafter, "conj": np.conj,
    "bxor": np.bitwise_xor, "bnot": np.bitwise_not, "shl": np.left_shift,
    "shr": np.right_shift,
}  # fmt: skip


def same_bits(left: NDArray, right: NDArray) -> bool:
    """Tell whether arrays have one type and equal bits; any NaN equals any other."""
    if left.dtype != right.dtype or left.shape != right.shape:
        return False
    if left.dtype.kind == "c":
        return same_bits(left.real, right.real) and same_bits(left.imag, right.imag)
    if left.dtype.kind != "f":
        return bool((left == right).all())
    either = np.isnan(left) & np.isnan(right)
    equal = (left == right) & (np.signbit(left) == np.signbit(right))
    return bool((either | equal).all())


def special_pairs(dtype: DType, arity: int) -> list[NDArray]:
    """Return operands that put every special value beside every other."""
    rows = list(product(special_values(dtype), repeat=arity))
    return [np.array(column, dtype) for column in zip(*rows, strict=True)]


def dtypes_of(op: Op) -> list[DType]:
    found = []
    for dtype in DTYPES.values():
        try:
            op.infer([ArrayType((2,), dtype)] * op.arity, a.NONE)
        except LazydagError:
            continue
        found.append(dtype)
    return found


@pytest.mark.parametrize("name", NUMPY)
def test_elementwise(name: str) -> None:
    op = OPS[name]
    assert op.ufunc is NUMPY[name]
    for dtype in dtypes_of(op):
        arrays = special_pairs(dtype, op.arity)
        if name == "pow" and dtype.kind == "i":
            arrays[1] = np.abs(arrays[1] // 2)
        with np.errstate(all="ignore"):
            found = op.evaluate(a.NONE, *arrays)
            wanted = NUMPY[name](*arrays)
        if dtype.kind == "c" and name in ("expm1", "tanh"):
            continue  # the standard's special values, not NumPy's
        assert same_bits(found, wanted), dtype
        inferred = op.infer([ArrayType(x.shape, dtype) for x in arrays], a.NONE)
        assert inferred == ArrayType(found.shape, found.dtype)


def test_scalars_stay_arrays() -> None:
    """NumPy's functions return scalars for arrays of rank 0."""
    x = np.asarray(2.0)
    assert isinstance(OPS["exp"].evaluate(a.NONE, x), np.ndarray)
    assert isinstance(OPS["sum"].evaluate(a.ReduceAttrs(()), x), np.ndarray)
    attrs = a.SliceAttrs((), (), ())
    assert isinstance(OPS["slice"].evaluate(attrs, x), np.ndarray)
    assert isinstance(OPS["argmax"].evaluate(a.ArgReduceAttrs(0), x[None]), np.ndarray)


def test_erf() -> None:
    x = np.array([0.0, -0.0, 0.5, -3.0, np.inf, -np.inf, np.nan, 1e-310])
    for dtype in (np.float32, np.float64):
        given_ = x.astype(dtype)
        wanted = np.array([erf(v) for v in given_]).astype(dtype)
        assert same_bits(OPS["erf"].evaluate(a.NONE, given_), wanted)


def test_casts() -> None:
    for source, to in product(DTYPES.values(), repeat=2):
        x = np.array(special_values(source), source)
        if source.kind == "f" and to.kind in "iu":
            x = x[np.abs(x) < 100]
            x = x[(x >= 0) | (to.kind == "i")]
        if source.kind == "c" and to.kind not in "cb":
            continue
        with np.errstate(all="ignore"):
            found = OPS["cast"].evaluate(a.CastAttrs(to), x)
            assert same_bits(found, x.astype(to))


def test_casts_of_complex_numbers_keep_the_real_part() -> None:
    x = np.array([1.5 - 2j, -3 + 0j])
    for to in ("f32", "f64", "i8"):
        found = OPS["cast"].evaluate(a.CastAttrs(DTYPES[to]), x)
        assert same_bits(found, x.real.astype(DTYPES[to]))


def test_parts_of_complex_numbers() -> None:
    x = np.array(special_values(DTYPES["c64"]), np.complex64)
    parts = [OPS[name].evaluate(a.NONE, x) for name in ("real", "imag")]
    assert same_bits(parts[0], x.real)
    assert same_bits(parts[1], x.imag)
    assert same_bits(OPS["complex"].evaluate(a.NONE, *parts), x)


def quiet(name: str, x: NDArray) -> NDArray:
    with np.errstate(all="ignore"):
        found: NDArray = OPS[name].evaluate(a.NONE, x)
    return found


def test_complex_expm1_and_tanh_are_the_standards() -> None:
    inf, nan = np.inf, np.nan
    x = np.array([complex(-0.0, 0), complex(inf, 0), complex(-inf, inf)])
    found = quiet("expm1", x)
    assert same_bits(found, np.array([0j, complex(inf, 0), complex(-1, 0)]))
    x = np.array([complex(inf, 2), complex(-inf, -2), complex(inf, nan), 0.5 + 1j])
    found = quiet("tanh", x)
    assert same_bits(found[:2], np.array([complex(1, 0.0), complex(-1, -0.0)]))
    assert found[3] == np.tanh(x[3])
    near = np.array([1e-9 + 1e-9j, 2 - 3j])
    assert same_bits(quiet("expm1", near), np.expm1(near))


def test_choice_and_user_kernels() -> None:
    x, y = np.array([1.0, np.nan, -0.0]), np.array([3.0, 4.0, 0.0])
    found = OPS["where"].evaluate(a.NONE, np.array([True, False, True]), x, y)
    assert same_bits(found, np.array([1.0, 4.0, -0.0]))
    attrs = a.CallAttrs(a.UserKernel("first", lambda p, q: p * 2 + q), F32)
    found = OPS["call"].evaluate(attrs, x[:1], np.array([5]))
    assert same_bits(found, np.array([7.0], np.float32))


X = np.arange(24.0).reshape(2, 3, 4)

MOVEMENTS = [
    ("broadcast", a.ShapeAttrs((5, 2, 3, 4)), X, np.broadcast_to(X, (5, 2, 3, 4))),
    ("reshape", a.ShapeAttrs((6, 4)), X, X.reshape(6, 4)),
    ("reshape", a.ShapeAttrs((24,)), X.T, X.T.reshape(24)),
    ("transpose", a.TransposeAttrs((2, 0, 1)), X, X.transpose(2, 0, 1)),
    (
        "slice",
        a.SliceAttrs((1, 2, 0), (1, 3, 2), (1, -1, 2)),
        X,
        X[1:, ::-1, ::2],
    ),
    ("slice", a.SliceAttrs((1, 0, 0), (0, 3, 4), (1, 1, 1)), X, X[:0]),
    ("slice", a.SliceAttrs((1, 2, 3), (2, 3, 4), (-1, -1, -1)), X, X[::-1, ::-1, ::-1]),
    ("retile", a.RetileAttrs((1, 2, 4)), X, X),
    ("pin", a.PinAttrs("gpu:0"), X, X),
    ("copy", a.CopyAttrs("ram"), X, X),
]


@pytest.mark.parametrize(("op", "attrs", "x", "wanted"), MOVEMENTS)
def test_movement(op: str, attrs: a.Attrs, x: NDArray, wanted: NDArray) -> None:
    found = OPS[op].evaluate(attrs, x)
    assert same_bits(found, wanted)
    if op != "reshape":
        assert np.shares_memory(found, x) or not found.size


def test_sources_and_library_ops() -> None:
    evaluate = {name: op.evaluate for name, op in OPS.items() if op.evaluate}
    three = evaluate["const"](a.ConstAttrs(b"\3", DTYPES["u8"]))
    assert same_bits(three, np.asarray(3, np.uint8))
    assert same_bits(evaluate["iota"](a.IotaAttrs(3, F32)), np.float32([0, 1, 2]))
    joined = evaluate["concat"](a.ConcatAttrs(1), X, X[:, :1])
    assert same_bits(joined, np.concatenate([X, X[:, :1]], 1))
    y = X.transpose(0, 2, 1)
    assert same_bits(evaluate["matmul"](a.NONE, X, y), X @ y)
    values = np.array([[3.0, np.nan, 1.0, np.nan], [2.0, 5.0, 5.0, 1.0]])
    for name, function in (("argmin", np.argmin), ("argmax", np.argmax)):
        found = evaluate[name](a.ArgReduceAttrs(1), values)
        assert same_bits(found, function(values, axis=1))


def m2(x: NDArray, axis: Any) -> NDArray:
    return np.asarray(np.var(x, axis=axis) * prod(x.shape[i] for i in axis))


REDUCTIONS: dict[str, Callable[..., Any]] = {
    "sum": lambda x, axis: np.sum(x, axis=axis, dtype=x.dtype),
    "prod": lambda x, axis: np.prod(x, axis=axis, dtype=x.dtype),
    "amin": np.min, "amax": np.max, "any": np.any, "all": np.all, "m2": m2,
    "residual": lambda x, axis: np.zeros(np.sum(x, axis=axis).shape),
}  # fmt: skip
AXES = [(), (0,), (1,), (2,), (0, 1), (1, 2), (0, 2), (0, 1, 2)]


@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions(name: str, axes: tuple[int, ...]) -> None:
    x = np.random.default_rng(1).normal(size=(3, 4, 5))
    x = x > 0 if name in ("any", "all") else x
    found = OPS[name].evaluate(a.ReduceAttrs(axes), x)
    wanted = REDUCTIONS[name](x, axis=axes)
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14)
    assert found.dtype == x.dtype


@pytest.mark.parametrize("name", REDUCTIONS)
def test_blocked_reductions(name: str) -> None:
    x = np.random.default_rng(2).normal(size=(2, 7, 5, 3))
    x = x > 0 if name in ("any", "all") else x
    attrs = a.ReduceAttrs((1, 2), 8)
    found = OPS[name].evaluate(attrs, x)
    flat = x.reshape(2, 35, 3)
    for i in range(5):
        part = flat[:, 8 * i : 8 * i + 8]
        np.testing.assert_allclose(
            found[:, i], REDUCTIONS[name](part, axis=(1,)), rtol=1e-12, atol=1e-14
        )
    assert OPS[name].infer([ArrayType(x.shape, x.dtype)], attrs).shape == found.shape


def test_reductions_of_nothing() -> None:
    empty = np.empty((3, 0))
    for name, value in (("sum", 0), ("prod", 1), ("m2", 0), ("residual", 0)):
        found = OPS[name].evaluate(a.ReduceAttrs((1,)), empty)
        assert same_bits(found, np.full(3, float(value)))
        assert OPS[name].evaluate(a.ReduceAttrs((1,), 8), empty).shape == (3, 0)
    nothing = OPS["all"].evaluate(a.ReduceAttrs((1,)), empty > 0)
    assert same_bits(nothing, np.ones(3, bool))


@given(graphs(kinds=tuple(Kind)), seeds)
def test_values_have_the_inferred_types(graph: Graph, seed: int) -> None:
    arrays = arrays_for(graph, seed)
    values: dict[Any, NDArray] = dict(zip(graph.params, arrays, strict=True))
    with np.errstate(all="ignore"):
        for node in graph.nodes():
            if node not in values:
                srcs = [values[s] for s in node.srcs]
                values[node] = node.op.evaluate(node.attrs, *srcs)
            found = values[node]
            assert ArrayType(found.shape, found.dtype) == node.type


def test_every_op_has_a_meaning_or_is_given_one() -> None:
    without = {name for name, op in OPS.items() if op.evaluate is None}
    assert without == {"param", "leaf", "kernel", "get", "loop", "branch", "stencil"}
    elementwise = {n for n, op in OPS.items() if op.kind is Kind.ELEMENTWISE}
    assert elementwise == {
        *(*NUMPY, "erf", "cast", "where", "call"),
        *("real", "imag", "complex"),
        "philox",
    }
    assert {n for n, op in OPS.items() if op.kind is Kind.REDUCTION} == set(REDUCTIONS)
