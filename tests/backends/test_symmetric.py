"""Products of a matrix with its own transpose: half is computed, and mirrored."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.backends.cpu.products import calls_blas
from lazydag.compiler import get_num_threads, layout_of, plan, set_num_threads
from lazydag.ir.graph import make_graph, param
from lazydag.ir.products import SYMMETRIC_SIZE
from lazydag.ir.types import ArrayType
from tests.passes.programs import do, transpose

Array = np.ndarray[Any, Any]


def squared(a: Array, how: str) -> Any:
    """Return the plan of a product with the transpose, on one side or the other."""
    x = param(0, ArrayType(a.shape, a.dtype))
    pair = (x, transpose(x)) if how == "rows" else (transpose(x), x)
    return plan(make_graph("squared", [x], [do("matmul", *pair)]), [layout_of(a)])


@given(
    st.sampled_from((2, 60, 129, 300, 700)),
    st.sampled_from((0, 1, 333)),
    st.sampled_from(("f4", "f8")),
    st.sampled_from(("rows", "columns")),
    st.sampled_from(("C", "F", "wide")),
)
@settings(max_examples=40, deadline=None)
def test_values(m: int, more: int, dtype: str, how: str, order: str) -> None:
    k = -(-SYMMETRIC_SIZE // m) + more
    shape = (m, k) if how == "rows" else (k, m)
    wide = np.random.default_rng(0).normal(size=(shape[0], shape[1] + 3)).astype(dtype)
    a = wide[:, : shape[1]]
    a = a if order == "wide" else a.copy(order)  # type: ignore[call-overload]
    (found,) = squared(a, how).run([a])
    want = a @ a.T if how == "rows" else a.T @ a
    bound = 4 * np.finfo(dtype).eps * np.sqrt(k) * np.abs(want).max()
    np.testing.assert_allclose(found, want, rtol=0, atol=bound)
    np.testing.assert_array_equal(found, found.T)


def test_half_of_the_tiles() -> None:
    a = np.ones((1024, 1024))
    (task,) = squared(a, "rows").task_graph.tasks
    assert calls_blas(task)
    assert task.ntiles == 10
    small = np.ones((256, 256))
    (task,) = squared(small, "rows").task_graph.tasks
    assert task.ntiles == 2


def test_threads_do_not_change_bits() -> None:
    a = np.random.default_rng(1).normal(size=(700, 300))
    planned, threads, found = squared(a, "rows"), get_num_threads(), []
    try:
        for count in (1, 2, 4):
            set_num_threads(count)
            found += planned.run([a])
    finally:
        set_num_threads(threads)
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


@pytest.mark.parametrize("n", [300, 600])
def test_what_is_computed_of_it_is_apart(n: int) -> None:
    a = np.random.default_rng(2).normal(size=(n, 700))
    x = param(0, ArrayType(a.shape, a.dtype))
    value = do("add", do("matmul", x, transpose(x)), 1.0)
    planned = plan(make_graph("shifted", [x], [value]), [None])
    assert len(planned.task_graph.tasks) == 2
    (want,) = squared(a, "rows").run([a])
    np.testing.assert_array_equal(planned.run([a])[0], want + 1)
