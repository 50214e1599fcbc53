"""Functions of whole arrays: the types that are inferred are those NumPy gives."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.errors import LazydagError, ParseError
from lazydag.ir.attrs import FunctionAttrs, UserKernel
from lazydag.ir.functions import FUNCTIONS
from lazydag.ir.graph import make_graph, param
from lazydag.ir.node import make
from lazydag.ir.ops import OPS
from lazydag.ir.reference import evaluate_graph
from lazydag.ir.text import dump, parse
from lazydag.ir.text.names import user_kernels
from lazydag.ir.tile_maps import spans
from lazydag.ir.types import DTYPES, ArrayType, DType, dtype_name
from tests.ir import signal_cases, statistics_cases, ufunc_cases

Draw = Callable[..., Any]
Case = tuple[list[np.ndarray[Any, Any]], dict[str, Any]]

FLOATS = [DTYPES[name] for name in ("f32", "f64")]
INEXACT = [*FLOATS, DTYPES["c64"], DTYPES["c128"]]
SIZES = st.integers(1, 4)


def numbers(draw: Draw, shape: tuple[int, ...], dtype: DType) -> Any:
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    values = rng.integers(0, 9, shape)
    if dtype.kind == "c":
        return (values + 1j * rng.normal(size=shape)).astype(dtype)
    return np.asarray(values).astype(dtype)


def shaped(draw: Draw, least: int = 1) -> tuple[int, ...]:
    return tuple(draw(st.lists(SIZES, min_size=least, max_size=3)))


def along(draw: Draw, name: str) -> Case:
    x = numbers(draw, shaped(draw), draw(st.sampled_from(list(DTYPES.values()))))
    axis = draw(st.integers(0, x.ndim - 1))
    if name in ("sort", "argsort"):
        return [x], {"axis": axis, "descending": draw(st.booleans())}
    return [x], {"axis": axis, "initial": draw(st.booleans())}


def searching(draw: Draw, _name: str) -> Case:
    dtype = draw(st.sampled_from(INEXACT))
    table = np.sort(numbers(draw, (draw(SIZES),), dtype))
    wanted = numbers(draw, shaped(draw, 0), dtype)
    return [table, wanted], {"side": draw(st.sampled_from(["left", "right"]))}


def choosing(draw: Draw, _name: str) -> Case:
    shape, dtype = shaped(draw, 0), draw(st.sampled_from(INEXACT))
    choices = [numbers(draw, shape, dtype), numbers(draw, (), dtype)]
    mode = draw(st.sampled_from(["raise", "wrap", "clip"]))
    which = numbers(draw, shape, DTYPES["i64"])
    return [which % 2 if mode == "raise" else which, *choices], {"mode": mode}


def placing(draw: Draw, name: str) -> Case:
    shape, order = (2, 3), draw(st.sampled_from("CF"))
    places = numbers(draw, shaped(draw, 0), DTYPES["i64"])
    if name == "unravel_index":
        return [places % 6], {"shape": shape, "order": order}
    mode = draw(st.sampled_from(["wrap", "clip", ("wrap", "clip")]))
    return [places, places + 1], {"dims": shape, "mode": mode, "order": order}


def reducing(draw: Draw, _name: str) -> Case:
    x = numbers(draw, shaped(draw), draw(st.sampled_from(INEXACT)))
    axes = tuple(i for i in range(x.ndim) if draw(st.booleans()))
    return [x], {"axes": axes, "keepdims": draw(st.booleans())}


def transforming(draw: Draw, name: str) -> Case:
    real = name in ("rfft", "ihfft")
    x = numbers(draw, shaped(draw), draw(st.sampled_from(FLOATS if real else INEXACT)))
    axis = draw(st.integers(0, x.ndim - 1))
    n = draw(st.none() | SIZES)
    if name in ("irfft", "hfft") and n is None and x.shape[axis] == 1:
        n = 2
    norm = draw(st.sampled_from(["backward", "ortho", "forward"]))
    return [x], {"n": n, "axis": axis, "norm": norm}


def transforming_over(draw: Draw, name: str) -> Case:
    dtype = draw(st.sampled_from(FLOATS if name == "rfftn" else INEXACT))
    x = numbers(draw, shaped(draw), dtype)
    axes = draw(st.lists(st.integers(0, x.ndim - 1), min_size=1, unique=True))
    s = tuple(draw(st.integers(1, 5)) for _ in axes)
    norm = draw(st.sampled_from(["backward", "ortho", "forward"]))
    return [x], {"s": s, "axes": tuple(axes), "norm": norm}


def compressed(draw: Draw, name: str) -> Case:
    """Sparse matrices, and what they are multiplied by."""
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    counts = draw(st.lists(st.integers(0, columns), min_size=rows, max_size=rows))
    indptr = np.cumsum([0, *counts])
    chosen = [draw(st.permutations(range(columns)))[:n] for n in counts]
    indices = np.array([i for row in chosen for i in row], np.int64)
    data = numbers(draw, indices.shape, draw(st.sampled_from(INEXACT)))
    if name == "csr_rows":
        return [indptr, indices], {}
    if name == "csr_place":
        return [data, indices], {"size": columns}
    options = {} if name == "csr_product" else {"columns": columns}
    if "product" not in name:
        return [data, indices, indptr], options
    height = rows if options else columns
    shape = draw(st.sampled_from([(height,), (height, 3)]))
    return [data, indices, indptr, numbers(draw, shape, data.dtype)], options


def definite(draw: Draw, name: str) -> Case:
    """Stacks of matrices that all factorisations take."""
    n, stack = draw(SIZES), draw(st.sampled_from([(), (2,), (2, 3)]))
    dtype = draw(st.sampled_from(INEXACT))
    x = numbers(draw, (*stack, n, n), dtype)
    x = x @ np.conj(np.swapaxes(x, -1, -2)) + n * np.eye(n, dtype=dtype)
    options = {"upper": draw(st.booleans())} if name == "cholesky" else {}
    if name in ("eigh", "eigvalsh"):
        options = {"UPLO": draw(st.sampled_from("LU"))}
    if name != "solve":
        return [x], options
    columns = draw(st.sampled_from([(n,), (n, 2), (2, 1, n, 1)]))
    return [x, numbers(draw, columns, dtype)], {}


def factors(draw: Draw, name: str) -> Case:
    (x,), _ = definite(draw, name)
    if name == "lu_factor":
        return [x], {}
    if name == "permutation":
        rows = x.shape[-1] + draw(SIZES)
        pivots = np.zeros(x.shape[:-1], np.int32)
        return [pivots], {"rows": rows, "inverse": draw(st.booleans())}
    columns = numbers(draw, (x.shape[-1], draw(SIZES)), x.dtype)
    return [x, columns], {
        key: draw(st.booleans()) for key in ("lower", "trans", "unit")
    }


def any_matrix(draw: Draw, name: str) -> Case:
    shape = (*draw(st.sampled_from([(), (2,)])), draw(SIZES), draw(SIZES))
    options = {
        "qr": {"mode": draw(st.sampled_from(["reduced", "complete"]))},
        "svd": {"full": draw(st.booleans())},
    }
    return [numbers(draw, shape, draw(st.sampled_from(INEXACT)))], options.get(name, {})


def drawing(draw: Draw, _name: str) -> Case:
    words = [np.uint64(draw(st.integers(0, 2**64 - 1))) for _ in range(3)]
    rate = numbers(draw, shaped(draw), DTYPES["f64"]) ** 2
    names = {"distribution": "poisson", "size": rate.shape, "dtype": "i64"}
    return [*map(np.asarray, words), rate], {**names, "shape": rate.shape}


def tabulated(draw: Draw, _name: str) -> Case:
    values = draw(st.lists(st.floats(width=32), max_size=5))
    data = np.array(values, np.float32).tobytes().hex()
    return [], {"data": data, "dtype": "f32"}


def tiling(draw: Draw, _name: str) -> Case:
    x = numbers(draw, (draw(SIZES), draw(SIZES)), draw(st.sampled_from(INEXACT)))
    counts = [len(spans(n, 2)) for n in x.shape]
    options = {
        "function": UserKernel("first", lambda t: t[:1, :1]),
        "tile": (2, 2),
        "halo": (1, 1),
        "boundary": ("clamp", "wrap"),
        "extents": tuple((1,) * count for count in counts),
        "is_trimmed": False,
        "releases_gil": False,
    }
    return [x], {**options, "dtype": dtype_name(x.dtype)}


CASES: dict[str, Callable[[Draw, str], Case]] = {
    "map_tiles": tiling,
    **dict.fromkeys(("sort", "argsort", "cumsum", "cumprod"), along),
    "searchsorted": searching,
    "table": tabulated,
    **signal_cases.CASES,
    **statistics_cases.CASES,
    "choose": choosing,
    **dict.fromkeys(("ravel_multi_index", "unravel_index"), placing),
    "draw": drawing,
    **dict.fromkeys(("prod", "amin", "amax"), reducing),
    **dict.fromkeys(("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"), transforming),
    **dict.fromkeys(("csr_rows", "csr_product", "csr_transposed_product"), compressed),
    **dict.fromkeys(("csr_dense", "csr_transpose", "csr_place"), compressed),
    **dict.fromkeys(("fftn", "ifftn", "rfftn", "irfftn"), transforming_over),
    **dict.fromkeys(("cholesky", "det", "slogdet", "inv", "solve"), definite),
    **dict.fromkeys(("eig", "eigvals", "eigh", "eigvalsh"), definite),
    **dict.fromkeys(("lu_factor", "permutation", "solve_triangular"), factors),
    **dict.fromkeys(("pinv", "qr", "svd", "svdvals"), any_matrix),
    **ufunc_cases.CASES,
}


def test_every_function_is_tested() -> None:
    assert set(CASES) == set(FUNCTIONS)


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_types_are_numpys(name: str, data: st.DataObject) -> None:
    row = FUNCTIONS[name]
    arrays, options = CASES[name](data.draw, name)
    types = [ArrayType(x.shape, x.dtype) for x in arrays]
    found = row.results(arrays, options.items())
    assert row.infer(types, **options) == tuple(
        ArrayType(x.shape, x.dtype) for x in found
    )
    assert row.flops(types) >= 0


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=5, deadline=None)
@given(st.data())
def test_text_round_trips(name: str, data: st.DataObject) -> None:
    arrays, options = CASES[name](data.draw, name)
    params = [param(i, ArrayType(x.shape, x.dtype)) for i, x in enumerate(arrays)]
    attrs = FunctionAttrs(name, tuple(options.items()))
    graph = make_graph("f", params, [make(OPS["function"], *params, attrs=attrs)])
    assert parse(dump(graph), user_kernels(graph)) is graph
    (found,) = evaluate_graph(graph, arrays)
    np.testing.assert_array_equal(found, FUNCTIONS[name].results(arrays, options)[0])


@pytest.mark.parametrize(
    "call",
    [
        "function[name=nothing] %x",
        "function[name=take] %x %x",
        "function[name=svd, options=\"{'full': True}\", output=3] %x",
        "function[name=sort, options=\"{'axis': \"] %x",
        "function[name=sort, options=7] %x",
    ],
)
def test_text_that_is_no_function(call: str) -> None:
    lines = ["graph @f(%x: f64[2,2])  stage=traced", f"  %0: f64[2,2] = {call}"]
    with pytest.raises(ParseError):
        parse("\n".join([*lines, "  return %0"]))


def test_descending_keeps_the_order_of_equals() -> None:
    x = np.array([1.0, 2.0, 1.0, 2.0])
    order = FUNCTIONS["argsort"].call(x, axis=0, descending=True)
    np.testing.assert_array_equal(order, [1, 3, 0, 2])


@pytest.mark.parametrize(
    ("name", "shapes", "options"),
    [
        ("det", [(2, 3)], {}),
        ("inv", [(3,)], {}),
        ("solve", [(2, 2), (3,)], {}),
        ("solve", [(4, 2, 2), (3, 2, 1)], {}),
        ("searchsorted", [(2, 2), (2,)], {"side": "left"}),
        ("choose", [(2,), (2,), (3,)], {"mode": "wrap"}),
    ],
)
def test_operands_that_do_not_suit(name: str, shapes: Any, options: Any) -> None:
    types = [ArrayType(shape, DTYPES["f64"]) for shape in shapes]
    with pytest.raises(LazydagError):
        FUNCTIONS[name].infer(types, **options)
