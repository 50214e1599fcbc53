"""Arrays in blocks: the same values, in the tiles that are asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lazydag as ld
from lazydag.errors import ShapeError, UsageError
from lazydag.ir.attrs import KernelAttrs, RetileAttrs

A = np.random.default_rng(0).standard_normal((60, 40))


def wishes(array):
    return [n.attrs for n in nodes(array) if isinstance(n.attrs, RetileAttrs)]


def tiles(array):
    """Return the tiles of the kernels that compute an array."""
    placed = ld.explain(array).graphs[-1].nodes()
    return [n.attrs.tile for n in placed if isinstance(n.attrs, KernelAttrs)]


def nodes(array):
    return ld.explain(array).graphs[0].nodes()


def test_arrays_are_not_copied():
    x = ld.asarray(A, blocks=(20, 10))
    assert np.asarray(x) is A
    assert wishes(x + 1) == [RetileAttrs((20, 10))]
    assert np.asarray(x.retile(7)) is A


def test_kernels_take_the_tiles_of_what_they_read_and_write():
    x = ld.asarray(A, blocks=(20, 10))
    assert tiles(x * 2 + 1) == [(20, 10)]
    assert tiles((ld.asarray(A) * 2).retile((30, -1))) == [(30, 40)]
    assert tiles((x * 2).retile(16)) == [(16, 16)]
    np.testing.assert_array_equal(np.asarray((x * 2).retile(16)), A * 2)


def test_what_is_computed_on_the_way_is_not_stored():
    x = (ld.asarray(A) + 1).retile(10) * 2
    assert len(tiles(x)) == 1
    assert len(tiles(ld.ones((60, 40), blocks=10) + ld.asarray(A))) == 1


@pytest.mark.parametrize(
    "made",
    [
        lambda **tiled: ld.zeros((60, 40), **tiled),
        lambda **tiled: ld.ones((60, 40), **tiled),
        lambda **tiled: ld.full((60, 40), 7.0, **tiled),
        lambda **tiled: ld.eye(60, 40, **tiled),
        lambda **tiled: ld.asarray(A, **tiled),
    ],
)
def test_creation(made):
    tiled = made(blocks=(16, 40), distribution="rows")
    assert wishes(tiled @ np.ones((40, 2)))[-1] == RetileAttrs((16, 40), "rows")
    np.testing.assert_array_equal(np.asarray(tiled), np.asarray(made()))
    assert not wishes(made(blocks="auto") + 1)


def change(array):
    array[3] = 5.0
    array[:, 2] += 1.0
    view = array[1:9, ::2]
    view *= 2.0
    array += 1.0


def test_writes_stay_in_the_array_and_its_tiles():
    x, expected = ld.zeros((60, 40), blocks=16), np.zeros((60, 40))
    other = x.retile(8)
    for array in (x, expected):
        change(array)
    np.testing.assert_array_equal(np.asarray(x), expected)
    x[5, 5] = expected[5, 5] = 9.0
    np.testing.assert_array_equal(np.asarray(x), expected)
    np.testing.assert_array_equal(np.asarray(other), 0.0)
    assert RetileAttrs((16, 16)) in wishes(x + 1)


def test_writing_leaves_the_users_array_alone():
    source = A.copy()
    x = ld.asarray(source, blocks=16)
    x[0] = 1.0
    np.testing.assert_array_equal(source, A)


@given(
    st.lists(st.integers(1, 70), min_size=2, max_size=2),
    st.sampled_from([None, "rows", "columns", (2, 3)]),
    st.sampled_from(["sum", "map", "matmul", "transpose"]),
)
def test_values_do_not_depend_on_tiles(blocks, distribution, what):
    def program(x):
        y = x.T if what == "transpose" else x * 1.5 - 2
        return {"sum": lambda: y.sum(axis=0), "matmul": lambda: y @ x.T}.get(
            what, lambda: y + 1
        )()

    tiled = ld.asarray(A).retile(blocks, distribution)
    expected = np.asarray(program(ld.asarray(A)))
    np.testing.assert_array_equal(np.asarray(program(tiled)), expected)


def test_in_jitted_functions():
    @ld.jit
    def f(x):
        return x.retile(16) * 2.0

    np.testing.assert_array_equal(np.asarray(f(A)), A * 2.0)
    np.testing.assert_array_equal(np.asarray(f(ld.asarray(A, blocks=8))), A * 2.0)


def task_count(array):
    return len(ld.explain(array, stage="tasks").tasks.tasks)


def test_programs_take_the_tiles_of_their_operand():
    a = A[:, :1] * A[:, :1].T
    a = np.kron(np.eye(6), a + 2 * np.eye(60))
    b = np.random.default_rng(1).standard_normal((360, 300))
    plain, tiled = ld.asarray(a), ld.asarray(a, blocks=(90, 120))
    factor = ld.linalg.cholesky(tiled)
    # of 4 tiles a side: 20 factorise, 10 are copied, 10 are set to zero
    assert task_count(factor) == 40
    np.testing.assert_allclose(np.asarray(factor), np.linalg.cholesky(a), atol=1e-12)
    factor = np.tril(ld.linalg.cholesky(plain))
    x = ld.linalg.solve_triangular(factor.retile(60), b, lower=True)
    assert task_count(x) > task_count(ld.linalg.solve_triangular(factor, b, lower=True))
    np.testing.assert_allclose(np.asarray(factor @ x), b, atol=1e-9)


def test_mistakes():
    x = ld.asarray(A)
    with pytest.raises(ShapeError, match=r"blocks=\(1, 2, 3\) for an array of \[60"):
        x.retile((1, 2, 3))
    with pytest.raises(ShapeError, match="blocks=0"):
        x.retile(0)
    with pytest.raises(ShapeError, match="blocks='large'"):
        ld.zeros((3, 3), blocks="large")
    with pytest.raises(ShapeError, match="4194304 tiles of an array"):
        ld.zeros((2048, 2048), blocks=1)
    with pytest.raises(UsageError, match="distribution='cyclic' of an array with 2"):
        x.retile("auto", "cyclic")
    with pytest.raises(UsageError, match=r"distribution=\(2,\)"):
        x.retile("auto", (2,))
