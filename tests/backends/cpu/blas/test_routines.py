"""The table of routines against SciPy, and the kernels' text and blocks."""

import ctypes
import struct

import numpy as np
import pytest
import scipy.linalg.cython_blas as blas
import scipy.linalg.cython_lapack as lapack

from lazydag.backends.cpu.blas import BAD_INDEX, NO_MEMORY, Checked, make_block
from lazydag.backends.cpu.blas import addresses as module
from lazydag.backends.cpu.blas.addresses import routine_address
from lazydag.backends.cpu.blas.routines import PATTERNS, PRECISIONS, ROUTINES
from lazydag.backends.cpu.blas.stubs import WORDS, stub_text, stubs_module
from lazydag.errors import MissingLibraryError


def run(block, *arrays, words=None):
    """Call a block's kernel on arrays, as the runtime does."""
    kernel = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p)
    bases = np.array([array.ctypes.data for array in arrays])
    words = block.words if words is None else words
    return kernel(block.kernel)(words.ctypes.data, bases.ctypes.data)


@pytest.mark.parametrize("name", ROUTINES)
@pytest.mark.parametrize("precision", PRECISIONS.values())
def test_signatures_are_scipys(name, precision):
    assert routine_address(name, precision) > 0


def test_another_signature_is_refused(monkeypatch):
    """A SciPy that counts in 64 bits, say: its routines must not be called."""
    routine_address.cache_clear()
    monkeypatch.setitem(lapack.__pyx_capi__, "dpotrf", blas.__pyx_capi__["dgemm"])
    with pytest.raises(MissingLibraryError, match=r"a dpotrf of the signature void \("):
        routine_address("potrf", "d")


def test_a_routine_that_scipy_has_not(monkeypatch):
    routine_address.cache_clear()
    monkeypatch.delitem(lapack.__pyx_capi__, "stpqrt")
    with pytest.raises(MissingLibraryError, match="has no stpqrt"):
        routine_address("tpqrt", "s")


def test_a_scipy_that_cannot_be_imported(monkeypatch):
    routine_address.cache_clear()

    def broken(name):
        raise ImportError("libgfortran is missing")

    monkeypatch.setattr(module, "import_module", broken)
    with pytest.raises(MissingLibraryError, match="libgfortran is missing") as caught:
        routine_address("gemm", "d")
    assert "lazydag[linalg]" in caught.value.remedy


def test_one_kernel_a_pattern():
    assert len(PATTERNS) == len(set(PATTERNS)) < len(ROUTINES)
    assert len(stubs_module().entries) == len(PATTERNS)
    assert ROUTINES["trsm"].pattern == ROUTINES["trmm"].pattern


@pytest.mark.parametrize("pattern", PATTERNS)
def test_work_is_freed_on_every_path(pattern):
    text = stub_text(pattern)
    assert text.count("@malloc") == text.count("@free") == pattern.count("w")
    assert text.index("@malloc") < text.index("@free") if "w" in pattern else True
    # No early return follows the reservation, or memory would be lost.
    after = text.partition("@malloc")[2]
    assert after.count(f"ret i32 {BAD_INDEX}") == 0


def test_layout_of_a_block():
    arguments = {"uplo": "L", "n": 5, "a": 0, "lda": 9}
    block = make_block("potrf", "f64", arguments)
    assert len(block.words) == 1 + sum(WORDS[kind] for kind in "ssase")
    assert block.places == (3,)
    assert block.words[0] == routine_address("potrf", "d")
    content = block.words.tobytes()
    assert content[8:16] == b"L" + bytes(7)
    assert struct.unpack_from("=i", content, 16) == (5,)
    assert block.words[3:5].tolist() == [0, 0]
    assert struct.unpack_from("=i", content, 40) == (9,)
    assert not block.words.flags.writeable


@pytest.mark.parametrize(("dtype", "code"), [("f32", "=f"), ("f64", "=d")])
def test_real_arguments(dtype, code):
    arguments = {
        "uplo": "A",
        "m": 1,
        "n": 1,
        "alpha": 0.1,
        "beta": -2.5,
        "a": 0,
        "lda": 1,
    }
    content = make_block("laset", dtype, arguments).words.tobytes()
    values = [struct.unpack_from(code, content, 8 * word)[0] for word in (4, 5)]
    assert values == [np.dtype(code).type(0.1), -2.5]


def test_no_memory():
    """A reservation that fails is a code; nothing is called."""
    arguments = {"m": 2, "n": 2, "a": 0, "lda": 2, "tau": 1, "work": 2**55, "lwork": 64}
    block = make_block("geqrf", "f64", arguments)
    a, tau = np.asfortranarray([[1.0, 2.0], [3.0, 4.0]]), np.zeros(2)
    before = a.copy()
    assert run(block, a, tau) == NO_MEMORY
    assert (a == before).all()


def test_pivots_are_checked():
    a = np.asfortranarray(np.eye(3))
    for pivots, code in (([1, 2, 3], 0), ([3, 4, 1], BAD_INDEX), ([0], BAD_INDEX)):
        ipiv = np.array(pivots, np.int32)
        checked = Checked(1, count=len(ipiv), bound=3)
        arguments = {
            "n": 3,
            "a": 0,
            "lda": 3,
            "k1": 1,
            "k2": len(ipiv),
            "ipiv": checked,
            "incx": 1,
        }
        assert run(make_block("laswp", "f64", arguments), a, ipiv) == code
    assert (a == np.eye(3)).all()


def test_info_is_the_result():
    a = np.asfortranarray(-np.eye(3))
    block = make_block("potrf", "f64", {"uplo": "L", "n": 3, "a": 0, "lda": 3})
    assert run(block, a) == 1
    wrong = make_block("potrf", "f64", {"uplo": "L", "n": 3, "a": 0, "lda": 2})
    assert run(wrong, a) == -4


def test_slots_and_offsets():
    """A kernel finds its arrays by slot and offset in the run's table."""
    block = make_block("potrf", "f64", {"uplo": "L", "n": 2, "a": 0, "lda": 2})
    words = block.words.copy()
    words[3:5] = 2, 32
    memory = np.r_[np.zeros(4), [4.0, 2.0, 0.0, 5.0]]
    unused = np.zeros(0)
    assert run(block, unused, unused, memory, words=words) == 0
    assert memory.tolist() == [0, 0, 0, 0, 2, 1, 0, 2]
