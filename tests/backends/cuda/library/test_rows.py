"""Operations of whole arrays as calls of libraries: NumPy's results, through NumPy."""

import numpy as np
import pytest

from lazydag.backends.cuda.library.rows import ROWS
from lazydag.backends.cuda.library.table import library_call
from lazydag.errors import LinAlgError
from lazydag.ir.attrs import (
    ArgReduceAttrs,
    ConcatAttrs,
    FunctionAttrs,
    IotaAttrs,
    ShapeAttrs,
    TransposeAttrs,
)
from lazydag.ir.functions import FUNCTIONS
from lazydag.ir.graph import Stage, make_graph, param
from lazydag.ir.node import const, make
from lazydag.ir.ops import OPS
from lazydag.ir.reference import evaluate_graph
from lazydag.ir.refusals import refused
from lazydag.ir.types import ArrayType
from tests.backends.kernels import same_bits

RNG = np.random.default_rng(3)


def numbers(*shape, dtype="f8"):
    found = RNG.standard_normal(shape)
    if np.dtype(dtype).kind == "c":
        found = found + 1j * RNG.standard_normal(shape)
    return found.astype(dtype)


def positive(*shape, dtype="f8"):
    half = numbers(*shape, dtype=dtype)
    return half @ half.conj().swapaxes(-1, -2) + np.eye(shape[-1], dtype=dtype)


def repeated(*shape):
    """Return numbers of which some are equal, and some NaN."""
    found = RNG.integers(-3, 4, shape).astype("f8")
    found.reshape(-1)[::7] = np.nan
    return found


def compressed(rows, columns, dtype="f8", index="i4"):
    """Return data, indices and indptr of a matrix, some rows of which are empty."""
    counts = RNG.integers(0, 4, rows) * (RNG.random(rows) < 0.7)
    indptr = np.concatenate([[0], np.cumsum(counts)])
    indices = RNG.integers(0, columns, indptr[-1])
    data = numbers(indptr[-1], dtype=dtype)
    return data, indices.astype(index), indptr.astype(index)


ROOT = {"norm": "ortho"}
#: The function, its operands and options.
FUNCTION_CASES = [
    *((name, (repeated(5, 9),), {"axis": axis, "descending": descending})
      for name in ("sort", "argsort") for axis in (0, 1) for descending in (0, 1)),
    ("sort", (numbers(8, dtype="c8"),), {"axis": 0, "descending": False}),
    ("ranked", (repeated(4, 9),), {"kth": (0, 3, 8), "axis": 1}),
    ("ranked_at", (repeated(9, 4), RNG.integers(0, 9, (2, 4))), {"axis": 0}),
    *(("topk", (repeated(6, 9),), {"k": 4, "axis": axis, "largest": largest})
      for axis in (0, 1) for largest in (False, True)),
    ("lexsort", (repeated(3, 9), RNG.integers(0, 3, (3, 9))), {"axis": 1}),
    *(("searchsorted", (np.sort(numbers(9)), numbers(4, 5)), {"side": side})
      for side in ("left", "right")),
    *((name, (np.where(RNG.random((6, 9)) < 0.4, np.nan, repeated(6, 9)),),
       {"axis": axis}) for name in ("nanargmin", "nanargmax") for axis in (0, 1)),
    *((name, (np.array([[np.nan, np.inf, 3], [np.nan, -np.inf, -np.inf],
                        [np.nan, np.inf, np.inf]]),), {"axis": 1})
      for name in ("nanargmin", "nanargmax")),
    *(("bincount", (RNG.integers(0, 7, 50).astype(kind),), {"length": 9})
      for kind in ("i8", "u1")),
    *(("digitize", (np.concatenate([numbers(9), bins]), bins), {"right": right})
      for bins in (np.array([-1.0, 0, 0.5, 0.5]), np.array([1.0, 0, -0.5]))
      for right in (False, True)),
    ("interp", (numbers(7), np.sort(numbers(5)), numbers(5)), {}),
    ("i0", (numbers(7),), {}),
    ("reinterpret", (numbers(3, 4),), {"dtype": "int64"}),
    *((name, (numbers(3, 4, 5, dtype="c16"),), {"axes": (0, 2), "keepdims": keep})
      for name in ("prod", "amin", "amax") for keep in (False, True)),
    *((name, (numbers(4, 6, dtype=dtype),), {"n": 5, "axis": 0, **ROOT})
      for name in ("fft", "ifft", "irfft", "hfft") for dtype in ("c8", "c16")),
    *((name, (numbers(4, 6, dtype=dtype),), {"n": 7, "axis": 1})
      for name in ("fft", "rfft", "ihfft") for dtype in ("f4", "f8")),
    *((name, (numbers(4, 6, dtype="c16"),), {"s": (4, 8), "axes": (0, 1)})
      for name in ("fftn", "ifftn", "irfftn")),
    ("rfftn", (numbers(4, 6),), {"s": (4, 8), "axes": (0, 1)}),
    *(("cholesky", (positive(*shape, dtype=dtype),), {"upper": upper})
      for shape in ((5, 5), (2, 3, 4, 4)) for dtype in ("f4", "f8", "c8", "c16")
      for upper in (False, True)),
    *(("lu_factor", (numbers(*shape),), {}) for shape in ((5, 4), (4, 5), (2, 3, 3))),
    *(("permutation", (np.array([[2, 2, 2], [1, 1, 2]], "i4"),),
       {"rows": 4, "inverse": inverse}) for inverse in (False, True)),
    *((name, (numbers(*shape, dtype=dtype),), {})
      for name in ("inv", "det", "slogdet") for shape in ((5, 5), (2, 3, 4, 4))
      for dtype in ("f8", "c16")),
    ("slogdet", (np.zeros((3, 3)),), {}),
    ("det", (np.zeros((3, 3)),), {}),
    ("solve", (numbers(5, 5), numbers(5)), {}),
    ("solve", (numbers(5, 5), numbers(5, 2)), {}),
    ("solve", (numbers(2, 1, 5, 5), numbers(3, 5, 2)), {}),
    *(("solve_triangular", (positive(5, 5), numbers(*shape)),
       {"lower": lower, "trans": trans, "unit": unit})
      for shape in ((5,), (2, 3, 5, 2)) for lower in (False, True)
      for trans in (False, True) for unit in (False, True)),
    *(("qr", (numbers(*shape),), {"mode": mode})
      for shape in ((5, 3), (3, 5), (2, 4, 4)) for mode in ("reduced", "complete")),
    ("householder", (numbers(5, 3),), {}),
    *(("eigh", (positive(2, 4, 4),), options) for options in ({}, {"UPLO": "U"})),
    ("eigvalsh", (positive(4, 4),), {}),
    *(("svd", (numbers(2, 5, 3),), {"full": full}) for full in (False, True)),
    ("svdvals", (numbers(5, 3),), {}),
    *(("pinv", (numbers(2, 5, 3, dtype=dtype),), options)
      for dtype in ("f4", "c16") for options in ({}, {"rtol": 0.3})),
    *(("least_squares", (numbers(*s, dtype=d), numbers(s[0], 2, dtype=d)), {})
      for s in ((6, 3), (3, 6), (4, 4)) for d in ("f8", "c8")),
    *(("csr_product", (*compressed(9, 7, dtype, index), numbers(*x, dtype=dtype)), {})
      for dtype in ("f4", "f8") for index in ("i4", "i8") for x in ((7,), (7, 3))),
    *(("csr_transposed_product", (*compressed(9, 7), numbers(*x)), {"columns": 7})
      for x in ((9,), (9, 3))),
    ("csr_transpose", compressed(9, 7), {"columns": 7}),
    ("csr_rows", compressed(9, 7)[:0:-1], {}),
    ("least_squares", (np.ones((6, 3)), numbers(6, 2)), {"rcond": 1e-3}),
]  # fmt: skip

#: The op, its operands and attributes.
OP_CASES = [
    *(
        ("matmul", (numbers(*a, dtype=dtype), numbers(*b, dtype=dtype)), None)
        for a, b in (((5, 3), (3, 4)), ((2, 5, 3), (2, 3, 4)), ((1, 5), (5, 1)))
        for dtype in ("f4", "f8", "c8", "c16", "i4")
    ),
    ("matmul", (numbers(5, 0), numbers(0, 4)), None),
    ("iota", (), IotaAttrs(7, np.dtype("f4"))),
    ("concat", (numbers(3, 4), numbers(3, 2)), ConcatAttrs(1)),
    *((name, (repeated(6, 9),), ArgReduceAttrs(1)) for name in ("argmin", "argmax")),
]

#: Those of which only some properties are said.
LOOSE = {"partition", "argpartition"}


def label(case):
    name, arrays, options = case
    return f"{name}-{'-'.join(str(a.shape) for a in arrays)}-{options}"


def body_of(op, arrays, attrs):
    """Return a kernel's body of one call, with all its results."""
    params = [param(i, ArrayType(a.shape, a.dtype)) for i, a in enumerate(arrays)]
    count = 1
    if isinstance(attrs, FunctionAttrs):
        types = [p.type for p in params]
        count = len(FUNCTIONS[attrs.name].infer(types, **dict(attrs.options)))
    nodes = []
    for output in range(count):
        if isinstance(attrs, FunctionAttrs):
            attrs = FunctionAttrs(attrs.name, attrs.options, output)
        given = {} if attrs is None else {"attrs": attrs}
        nodes.append(make(OPS[op], *params, **given))
    return make_graph("body", params, nodes, Stage.SIMPLIFIED)


def function_body(name, arrays, options):
    return body_of("function", arrays, FunctionAttrs(name, tuple(options.items())))


def computed(body, arrays):
    """Return what the library computes, and its codes."""
    call = library_call(body)
    outs = [np.empty(o.type.sizes, o.type.dtype) for o in body.outputs]
    codes = [np.full(call.codes, -9, "i4")] if call.codes else []
    call(np, *arrays, *outs, *codes)
    return outs, codes[0] if codes else None


def check(body, arrays):
    found, codes = computed(body, arrays)
    assert codes is None or not codes.any()
    with np.errstate(all="ignore"):
        wanted = evaluate_graph(body, arrays)
    for want, got in zip(wanted, found, strict=True):
        single = want.dtype.itemsize == 4 * (1 + (want.dtype.kind == "c"))
        tolerance = 2e-5 if single else 1e-11
        assert want.shape == got.shape
        np.testing.assert_allclose(got, want, tolerance, tolerance)


@pytest.mark.parametrize("case", FUNCTION_CASES, ids=label)
def test_functions(case):
    name, arrays, options = case
    check(function_body(name, arrays, options), arrays)


@pytest.mark.parametrize("case", OP_CASES, ids=label)
def test_operations(case):
    op, arrays, attrs = case
    check(body_of(op, arrays, attrs), arrays)


def test_all_rows_are_tried():
    tried = {case[0] for case in (*FUNCTION_CASES, *OP_CASES)}
    assert tried | LOOSE == {*ROWS}


@pytest.mark.parametrize("axis", [0, 1])
def test_partitions_have_the_elements_of_a_rank(axis):
    x, kth = repeated(8, 9), (2, 5)
    options = {"kth": kth, "axis": axis}
    (found,), _ = computed(function_body("partition", (x,), options), (x,))
    (places,), _ = computed(function_body("argpartition", (x,), options), (x,))
    taken = np.take_along_axis(x, places, axis)
    for rank in kth:
        wanted = np.sort(x, axis).take(rank, axis)
        assert same_bits(found.take(rank, axis), wanted)
        assert same_bits(taken.take(rank, axis), wanted)


def spoilt():
    x = np.eye(3)
    x[1, 1] = np.nan
    return x


@pytest.mark.parametrize(
    ("name", "arrays", "options"),
    [
        ("cholesky", (np.diag([1.0, -1.0, 1.0]),), {"upper": False}),
        (
            "cholesky",
            (np.stack([np.eye(3), np.diag([1.0, 1.0, 0.0])]),),
            {"upper": True},
        ),
        ("solve", (np.ones((3, 3)), np.ones(3)), {}),
        ("inv", (np.stack([np.eye(2), np.zeros((2, 2))]),), {}),
        (
            "solve_triangular",
            (np.broadcast_to(np.diag([1.0, 0.0]), (2, 2, 2, 2)), np.ones((2, 1))),
            {"lower": True, "trans": False, "unit": False},
        ),
        ("eigvalsh", (spoilt(),), {}),
        ("svd", (spoilt(),), {"full": True}),
        ("svdvals", (spoilt(),), {}),
        ("pinv", (spoilt(),), {}),
    ],
)
def test_failures_are_those_of_numpy(name, arrays, options):
    body = function_body(name, arrays, options)
    with pytest.raises(LinAlgError) as caught:
        FUNCTIONS[name].results(arrays, options)
    _, codes = computed(body, arrays)
    found = str(refused(name, codes, arrays[0].shape[:-2]))
    wanted, *_ = str(caught.value).splitlines()
    assert found.startswith(wanted)


@pytest.mark.parametrize(
    ("indices", "indptr"),
    [([0, 3], [0, 1, 2]), ([0, -1], [0, 1, 2]), ([0, 1], [0, 2, 1])],
)
@pytest.mark.parametrize("name", ["csr_product", "csr_transposed_product"])
def test_what_is_outside_of_sparse_matrices_is_an_error(name, indices, indptr):
    rows = np.array(indices, "i4"), np.array(indptr, "i4")
    turned = name == "csr_transposed_product"
    arrays = np.ones(2), *rows, np.ones(2 if turned else 3)
    options = {"columns": 3} if turned else {}
    _, codes = computed(function_body(name, arrays, options), arrays)
    assert isinstance(refused(name, codes, ()), IndexError)


@pytest.mark.parametrize(
    ("name", "arrays", "options"),
    [
        ("nanargmin", (np.full((2, 2), np.nan),), {"axis": 0}),
        ("bincount", (np.array([1, -1]),), {"length": 3}),
        ("bincount", (np.array([1, 3]),), {"length": 3}),
        ("digitize", (np.ones(1), np.array([1.0, 3, 2])), {"right": False}),
    ],
)
def test_what_cannot_be_is_a_value_error(name, arrays, options):
    _, codes = computed(function_body(name, arrays, options), arrays)
    assert codes.size == 1
    assert type(refused(name, codes, ())) is ValueError


@pytest.mark.parametrize("name", ["eigh", "svd", "pinv"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_never_passes_for_a_number(name, value):
    # NumPy's raise an error, or return NaN, as it happens.
    options = {"full": True} if name == "svd" else {}
    stack = np.stack([np.eye(6), np.full((6, 6), value)])
    _, codes = computed(function_body(name, (stack,), options), (stack,))
    assert codes.tolist() == [0, 1]
    assert "did not converge" in str(refused(name, codes, (2,)))


@pytest.mark.parametrize("name", ["eigh", "eigvalsh"])
@pytest.mark.parametrize("uplo", ["L", "U"])
def test_spectra_read_one_triangle(name, uplo):
    x = positive(5, 5)
    other = np.tri(5, k=-1, dtype=bool)
    half = np.where(other if uplo == "U" else other.T, np.nan, x)
    (found, *_), codes = computed(function_body(name, (half,), {"UPLO": uplo}), (half,))
    np.testing.assert_allclose(found, np.linalg.eigvalsh(x), 1e-11)
    assert not codes.any()


def test_least_squares_of_nan_fail():
    # NumPy's may not end.
    arrays = spoilt(), np.ones((3, 1))
    _, codes = computed(function_body("least_squares", arrays, {}), arrays)
    assert "SVD did not converge" in str(refused("least_squares", codes, ()))


def test_a_product_with_the_own_transpose_is_symmetric():
    x = numbers(400, 400)
    out = np.empty((400, 400))
    ROWS["matmul"].call(np, out, x, x.T)
    assert same_bits(out, out.T.copy())
    np.testing.assert_allclose(out, x @ x.T, 1e-11, 1e-11)


def test_operands_may_be_constants_and_views():
    x = numbers(4, 6)
    p = param(0, ArrayType((4, 6), x.dtype))
    turned = make(OPS["transpose"], p, attrs=TransposeAttrs((1, 0)))
    one = const(1.0, x.dtype)
    ones = make(OPS["broadcast"], one, attrs=ShapeAttrs((4, 2)))
    product = make(OPS["matmul"], turned, ones)
    check(make_graph("body", [p], [product], Stage.SIMPLIFIED), (x,))


@pytest.mark.parametrize(
    ("name", "arrays", "options"),
    [
        ("bincount", (np.arange(3), np.ones(3)), {"length": 3}),
        ("bincount", (np.arange(3, dtype="i1"),), {"length": 200}),
        ("sort", (np.empty((0, 3)),), {"axis": 0, "descending": False}),
        ("householder", (numbers(2, 4, 3),), {}),
    ],
)
def test_the_rest_is_for_the_host(name, arrays, options):
    assert library_call(function_body(name, arrays, options)) is None
