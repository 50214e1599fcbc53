"""Native looks into array objects agree with what NumPy says of them."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazydag.backends.cpu.blas import arrays as module
from lazydag.backends.cpu.blas import make_block
from lazydag.backends.cpu.blas.arrays import OTHERS, OVERLAP, ArrayCall, check


class Mine(np.ndarray):
    """A subclass: another type of the same shape."""


def frozen(array):
    array = array.copy()
    array.flags.writeable = False
    return array


def misaligned(array):
    raw = np.zeros(array.nbytes + 1, np.uint8)[1:]
    return raw.view(array.dtype).reshape(array.shape)


BASE = np.zeros((300, 300))
VARIANTS = [
    BASE,
    np.zeros((300, 300)),
    np.zeros((300, 300), order="F"),
    np.zeros((300, 300), np.float32),
    np.zeros((300, 300), ">f8"),
    np.zeros((300, 299)),
    np.zeros((301, 301))[:300, :300],
    BASE[:, ::-1],
    BASE[::2],
    BASE[0],
    BASE[:, 0],
    np.zeros(300),
    np.zeros((0, 300)),
    np.zeros((1, 1)),
    np.zeros(()),
    frozen(BASE),
    misaligned(BASE),
    BASE.view(Mine),
    np.broadcast_to(1.0, (300, 300)),
]
OBJECTS = [*VARIANTS, None, 1, "array", [], BASE.T.dtype, np.ndarray]


def described(array):
    if not isinstance(array, np.ndarray):
        return id(array)
    flags = array.flags
    parts = (array.dtype, array.shape, array.strides, flags.aligned, flags.writeable)
    return (type(array), *parts)


@pytest.fixture(scope="module")
def block():
    """Return a kernel that the tests below mostly do not run."""
    return make_block("potrf", "f64", {"uplo": "L", "n": 3, "a": 0, "lda": 3})


@given(st.lists(st.sampled_from(VARIANTS), min_size=1, max_size=3), st.data())
def test_fits_what_is_described_the_same(block, known, data):
    call = ArrayCall(block, known, ())
    others = st.lists(st.sampled_from(OBJECTS), min_size=1, max_size=4)
    given = tuple(data.draw(st.just(known) | others))
    expected = list(map(described, known)) == list(map(described, given))
    assert call.check(given) == (0 if expected else OTHERS)
    # The same functions as Python, on the same memory.
    (where,) = call.check.args
    assert check(where, id(given)) == (0 if expected else OTHERS)


def test_arrays_that_change_are_seen(block):
    a = np.zeros((3, 3))
    call = ArrayCall(block, [a], ())
    assert call.check((a,)) == 0
    a.flags.writeable = False
    assert call.check((a,)) == OTHERS


def test_runs_where_it_fits(block):
    a = np.eye(3) * 4.0
    call = ArrayCall(block, [a], ())
    assert call.run((a,)) == 0
    assert (a == np.eye(3) * 2.0).all()
    for others in ((), (a, a), (a.T[::-1],), ([1.0],), (None,)):
        assert call.run(others) == OTHERS


def test_apart():
    arguments = {"uplo": "A", "m": 2, "n": 2, "a": 0, "lda": 2, "b": 1, "ldb": 2}
    a, b = np.ones((2, 2)), np.zeros((2, 2))
    call = ArrayCall(make_block("lacpy", "f64", arguments), [a, b], [(1, 0)])
    assert call.check((a, a)) == OVERLAP
    assert call.run((a, a)) == OVERLAP
    assert call.run((a, b)) == 0
    assert (b == 1).all()


def test_addresses_stay_true(block):
    """A dtype that is no builtin's single object lives as long as the call."""
    dtype = np.dtype(np.float64, metadata={"unit": "m"})
    call = ArrayCall(block, [np.zeros((3, 3), dtype)], ())
    again = np.zeros((3, 3), dtype)
    del dtype
    assert call.check((again,)) == 0
    assert call.check((np.zeros((3, 3)),)) == OTHERS


def test_many_threads(block):
    wrong = []

    def work(value):
        for _ in range(500):
            a = np.eye(3) * value**2
            if ArrayCall(block, [a], ()).run((a,)) or a[1, 1] != value:
                wrong.append(value)

    threads = [threading.Thread(target=work, args=(float(n),)) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong


def test_records_have_their_length():
    assert len(module._record(BASE)) * 8 == module.RECORD_NBYTES
    assert len(module._record(np.zeros(()))) * 8 == module.RECORD_NBYTES
