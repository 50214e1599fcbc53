"""What all operations have in common: binding, blocks, options and errors."""

import ctypes
import subprocess
import sys
import threading
from functools import partial

import numpy as np
import pytest

import lazydag.tiles as public
from lazydag.errors import DTypeError, ShapeError, UsageError
from lazydag.runtime import Mode, address_of
from lazydag.runtime.native import NativeCall
from lazydag.tiles import (
    gemm,
    geqrf,
    getrf,
    laswp,
    potrf,
    scal,
    symm,
    syrk,
    trsm,
)
from lazydag.tiles import operation as module
from lazydag.tiles.operation import TileOperation

OPERATIONS = [getattr(public, name) for name in public.__all__]


def run(call: NativeCall, block, arrays) -> int:
    """Call a kernel as the runtime does."""
    kernel = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p)
    bases = np.array([address_of(array) for array in arrays])
    assert block.flags.c_contiguous
    return kernel(call.kernel)(block.ctypes.data, bases.ctypes.data)


def test_a_bound_call_runs_anywhere(rng):
    parents = [rng.standard_normal((12, 12)) for _ in range(2)]
    tiles = [parents[0][:4, :4], parents[1][4:8, 8:], parents[0][8:, 4:8]]
    a, b, c = tiles
    expected = c - a @ b.T
    call, arrays = gemm.bind(a, b, c, alpha=-1.0, trans_b=True)
    assert arrays == (a, b, c)
    where = [0, 1, 0]
    offsets = [
        address_of(tile) - address_of(parents[slot])
        for tile, slot in zip(tiles, where, strict=True)
    ]
    blocks = call.blocks([where], [offsets])
    assert run(call, blocks[0], parents) == 0
    np.testing.assert_allclose(c, expected)


def test_the_words_themselves_take_a_table_of_the_arrays(rng):
    a = np.asfortranarray(np.eye(3) * 4.0)
    call, arrays = potrf.bind(a)
    assert run(call, call.words, arrays) == 0
    assert (a == np.eye(3) * 2.0).all()


def test_blocks_of_many_tasks():
    a = np.zeros((4, 4))
    call, _ = trsm.bind(a, a.copy(), side="R")
    rng = np.random.default_rng(0)
    slots, offsets = rng.integers(0, 100, (2, 1000, 2))
    blocks = call.blocks(slots, offsets)
    words = [operand.word for operand in call.operands]
    assert (blocks[:, words] == slots).all()
    assert (blocks[:, [word + 1 for word in words]] == offsets).all()
    rest = np.setdiff1d(np.arange(len(call.words)), [*words, *(w + 1 for w in words)])
    assert (blocks[:, rest] == call.words[rest]).all()


def test_equal_calls_share_their_row():
    a, b = np.zeros((8, 8))[:4, :4], np.zeros((8, 8))[4:, 4:]
    one, two = syrk.bind(a, b, alpha=-1.0)[0], syrk.bind(b, a, alpha=-1.0)[0]
    assert one is two
    assert syrk.bind(a, b, alpha=-2.0)[0] is not one
    assert syrk.bind(a, np.zeros((4, 4)), alpha=-1.0)[0] is not one


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "CAPACITY", 10)
    a = np.ones((2, 2))
    for alpha in range(100):
        scal(a, alpha=float(alpha))
    assert len(scal._entries) <= 10


def accesses(operation, *arrays, **options):
    call, _ = operation.bind(*arrays, **options)
    return [(operand.name, operand.mode, operand.part) for operand in call.operands]


def same(part, other):
    if isinstance(part, partial):
        return part.func is other.func and part.keywords == other.keywords
    return part is other


@pytest.mark.parametrize(("lower", "part"), [(True, np.tril), (False, np.triu)])
def test_potrf_accesses_its_triangle(lower, part):
    assert accesses(potrf, np.eye(3), lower=lower) == [("a", Mode.INOUT, part)]


def test_accesses():
    a, b, c = np.zeros((3, 3)), np.zeros((3, 3)), np.zeros((3, 3))
    every = [("a", Mode.IN, None), ("b", Mode.IN, None)]
    assert accesses(gemm, a, b, c) == [*every, ("c", Mode.INOUT, None)]
    assert accesses(gemm, a, b, c, beta=0.0) == [*every, ("c", Mode.OUT, None)]
    found = accesses(syrk, a, c, beta=0.0, lower=False)
    assert found == [("a", Mode.IN, None), ("c", Mode.OUT, np.triu)]
    found = accesses(symm, a, b, c, lower=False)
    assert found[0] == ("a", Mode.IN, np.triu)
    (_, mode, part), last = accesses(trsm, a, b, unit=True)
    assert mode is Mode.IN
    assert same(part, partial(np.tril, k=-1))
    assert last == ("b", Mode.INOUT, None)
    pivots = np.empty(3, np.int32)
    found = accesses(getrf, np.asfortranarray(a), pivots)
    assert found == [("a", Mode.INOUT, None), ("pivots", Mode.OUT, None)]
    found = accesses(laswp, np.asfortranarray(a), pivots)
    assert found == [("a", Mode.INOUT, None), ("pivots", Mode.IN, None)]


def test_costs():
    a = np.zeros((100, 50), np.float32)
    call, _ = gemm.bind(a, a, np.zeros((100, 100), np.float32), trans_b=True)
    assert call.work.flops == {"f32": 2.0 * 100 * 100 * 50}
    assert call.work.nbytes_read == 4 * (2 * 100 * 50 + 100 * 100)
    assert call.work.nbytes_written == 4 * 100 * 100
    assert call.key == "gemm.f32"
    assert call.bucket == "12.5x12.5x13.5"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.__name__)
def test_operations_are_described(operation):
    assert isinstance(operation, TileOperation)
    assert operation.__doc__.splitlines()[0].endswith((".", ":"))
    assert repr(operation) == f"<operation on tiles {operation.__name__}>"


def test_arrays_by_keyword(rng):
    a, b = np.eye(3) * 2.0, np.ones((3, 1))
    trsm(b=b, a=a)
    assert (b == 0.5).all()
    assert trsm.bind(a, b=b)[1] == (a, b)


def test_wrong_arguments():
    with pytest.raises(TypeError, match="missing a required argument: 'b'"):
        trsm(np.eye(3))
    with pytest.raises(TypeError, match="uplo"):
        potrf(np.eye(3), uplo="L")


@pytest.mark.parametrize("dtype", [np.int64, np.complex128, np.float16, bool, ">f8"])
def test_other_element_types(dtype):
    with pytest.raises(DTypeError, match=r"potrf: a, .*\[3,3\], is not of f32 or f64"):
        potrf(np.eye(3).astype(dtype))


def test_mixed_element_types():
    a = np.eye(3)
    with pytest.raises(DTypeError, match=r"a, f64\[3,3\] and b, f32\[3,1\] differ"):
        trsm(a, np.ones((3, 1), np.float32))


def test_no_arrays():
    with pytest.raises(DTypeError, match="potrf: a is a list"):
        potrf([[1.0]])


SHAPES = {
    "k is 3 in a, f64[2,3] and 4 in b, f64[4,2]": lambda: gemm(
        np.ones((2, 3)), np.ones((4, 2)), np.ones((2, 2))
    ),
    "m is 2 in a, f64[2,3] and 5 in c, f64[5,2]": lambda: gemm(
        np.ones((2, 3)), np.ones((3, 2)), np.ones((5, 2))
    ),
    "n is 2 and 3 in a, f64[2,3]": lambda: potrf(np.ones((2, 3))),
    "a, f64[4] has 1 axes, not 2": lambda: potrf(np.ones(4)),
    "p is 2 in min(m, n) and 3 in tau": lambda: geqrf(np.ones((2, 3)), np.ones(3)),
}


@pytest.mark.parametrize("message", SHAPES)
def test_shapes(message):
    with pytest.raises(ShapeError) as caught:
        SHAPES[message]()
    assert message in str(caught.value)
    assert "test_operation.py" in str(caught.value)
    assert " is " in caught.value.remedy


def test_the_rule_is_the_remedy():
    with pytest.raises(ShapeError) as caught:
        gemm(np.ones((2, 3)), np.ones((4, 2)), np.ones((2, 2)), trans_b=True)
    assert caught.value.remedy == "a is m by k, b is n by k and c is m by n."


LAYOUTS = {
    "step": lambda a: a[::2, ::2],
    "reversed rows": lambda a: a[::-1],
    "reversed columns": lambda a: a[:, ::-1],
    "broadcast": lambda a: np.broadcast_to(a[0], (8, 8)),
    "broadcast twice": lambda a: np.broadcast_to(a[0, 0], (8, 8)),
    "overlapping rows": lambda a: np.lib.stride_tricks.as_strided(
        a.copy(), (4, 4), (8, 8)
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("order", "CF")
def test_layouts_that_cannot_be(layout, order):
    a = LAYOUTS[layout](np.array(np.eye(8), order=order))
    b = np.ones((len(a), 2))
    with pytest.raises(UsageError, match=r"a, f64.*strides") as caught:
        trsm(a, b)
    assert str(a.strides) in str(caught.value)
    assert "a.copy()" in caught.value.remedy or "array.copy()" in caught.value.remedy


def test_one_row_may_have_any_stride(rng):
    parent = rng.standard_normal((6, 6))
    row, column = parent[2:3, ::2], parent[::2, 1:2]
    c = np.zeros((1, 1))
    gemm(row, column, c)
    np.testing.assert_allclose(c, row @ column)
    c = np.zeros((3, 3))
    gemm(column, row, c)
    np.testing.assert_allclose(c, column @ row)


def test_memory_that_is_not_aligned():
    raw = np.zeros(9 * 8 + 1, np.uint8)[1:]
    a = raw.view(np.float64).reshape(3, 3)
    with pytest.raises(UsageError, match="not aligned"):
        potrf(a)


def test_read_only():
    a = np.eye(3)
    a.flags.writeable = False
    with pytest.raises(UsageError, match="potrf writes a, which is read-only"):
        potrf(a)
    b = np.ones((3, 2))
    trsm(a, b)
    with pytest.raises(UsageError, match="gemm writes c, which is read-only"):
        gemm(np.eye(3), np.eye(3), a)


def test_an_array_that_becomes_read_only():
    a = np.eye(3)
    potrf(a)
    a.flags.writeable = False
    with pytest.raises(UsageError, match="read-only"):
        potrf(a)


def test_one_array_twice():
    a = np.ones((3, 3))
    with pytest.raises(UsageError, match="gemm writes c, which begins where b does"):
        gemm(a.copy(), a, a)
    for _ in range(2):
        with pytest.raises(UsageError, match="gemm writes c, which begins where a"):
            gemm.bind(a, a.copy(), a)
    gemm(a, a, np.zeros((3, 3)))


def test_flags_are_truth_values():
    for wrong in ("T", 1, None):
        with pytest.raises(UsageError, match=f"syrk: trans is {wrong!r}"):
            syrk(np.eye(3), np.eye(3), trans=wrong)
    syrk(np.eye(3), np.eye(3), trans=np.True_)
    with pytest.raises(UsageError, match="side is 'left'"):
        trsm(np.eye(3), np.eye(3), side="left")


@pytest.mark.parametrize("alpha", ["1", 1j, None, [1.0], np.ones(2)])
def test_scalars_are_numbers(alpha):
    with pytest.raises(DTypeError, match=r"alpha is .* not a real number"):
        gemm(np.eye(2), np.eye(2), np.eye(2), alpha=alpha)


def test_numbers_of_all_kinds():
    for alpha in (2, True, np.float32(2), np.int8(2), np.array(2.0)):
        c = np.zeros((2, 2))
        gemm(np.eye(2), np.eye(2), c, alpha=alpha)
        assert (c == float(alpha) * np.eye(2)).all()


def test_operations_in_threads(rng):
    """Calls keep nothing of each other, and the GIL is free while they run."""
    sizes = [3, 5, 8, 13] * 4
    failed = []

    def work(n):
        r = np.random.default_rng(n)
        for _ in range(50):
            a, b = r.standard_normal((2, n, n))
            c = np.zeros((n, n))
            gemm(a, b, c, alpha=0.5)
            if not np.allclose(c, 0.5 * a @ b):
                failed.append(n)

    threads = [threading.Thread(target=work, args=(n,)) for n in sizes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failed


def test_importing_is_light():
    code = (
        "import sys, lazydag.tiles\n"
        "assert not {'scipy', 'llvmlite', 'numba'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_without_scipy():
    code = (
        "import sys; sys.modules['scipy'] = None\n"
        "import numpy as np, lazydag.errors as e\n"
        "from lazydag.tiles import potrf\n"
        "try: potrf(np.eye(2))\n"
        "except ImportError as error:\n"
        "    assert isinstance(error, e.MissingLibraryError)\n"
        "    assert \"pip install 'lazydag[linalg]'\" in str(error)\n"
        "else: raise SystemExit('no error')"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
