"""Calls of libraries in plans on devices: results, and failures, are the host's."""

import numpy as np
import pytest

from lazydag.compiler import plan
from lazydag.errors import LinAlgError
from lazydag.ir.attrs import FunctionAttrs
from lazydag.ir.node import make
from lazydag.ir.ops import OPS
from tests.compiler.test_devices import FAR, device, far_kernels, faults_of
from tests.passes.programs import do, graph_of, inputs, transpose

__all__ = ["device"]

N = 300
RNG = np.random.default_rng(5)


def call(name, *srcs, **options):
    attrs = FunctionAttrs(name, tuple(options.items()))
    return make(OPS["function"], *srcs, attrs=attrs)


def calls(name, count, *srcs, **options):
    first = FunctionAttrs(name, tuple(options.items()))
    numbered = (FunctionAttrs(first.name, first.options, i) for i in range(count))
    return [make(OPS["function"], *srcs, attrs=attrs) for attrs in numbered]


def matmul(a, b):
    return make(OPS["matmul"], a, b)


def numbers(*shape):
    return RNG.standard_normal(shape)


def check(device, graph, arrays, kernels):
    """Run a plan for the device, some times, and one for the host."""
    planned = plan(graph, target=FAR)
    assert len(far_kernels(planned)) == kernels
    for _ in range(3):
        wanted = plan(graph).run(arrays)
        for want, got in zip(wanted, planned.run(arrays), strict=True):
            np.testing.assert_allclose(got, want, 1e-9, 1e-9)
    assert not faults_of(device)


def test_a_chain_of_calls_and_kernels(device):
    a, b = params = inputs(f"f64[{N},{N}]", f"f64[{N},{N}]")
    square = do("add", matmul(a, transpose(a)), a)
    factor = call("cholesky", square, upper=False)
    found = call("solve_triangular", factor, b, lower=True, trans=False, unit=False)
    ordered = call("sort", do("exp", found), axis=0, descending=True)
    arrays = [np.eye(N) * N + numbers(N, N) / N, numbers(N, N)]
    arrays[0] = (arrays[0] + arrays[0].T) / 2
    check(device, graph_of(params, found, ordered), arrays, 5)


def test_a_product_that_a_kernel_finishes(device):
    a, b, c = params = inputs(*[f"f64[{N},{N}]"] * 3)
    graph = graph_of(params, do("exp", do("mul", matmul(a, b), c)))
    check(device, graph, [numbers(N, N) / N for _ in range(3)], 1)


@pytest.mark.parametrize(
    ("name", "options"), [("qr", {"mode": "reduced"}), ("slogdet", {})]
)
def test_several_results_of_one_call(device, name, options):
    (a,) = params = inputs(f"f64[{N},{N}]")
    graph = graph_of(params, *reversed(calls(name, 2, a, **options)))
    check(device, graph, [numbers(N, N)], 1)


def test_a_failure_is_that_of_the_host(device):
    (a,) = params = inputs(f"f64[{N},{N}]")
    graph = graph_of(params, do("exp", call("cholesky", a, upper=True)))
    planned = plan(graph, target=FAR)
    assert far_kernels(planned)
    good = np.eye(N)
    bad = good.copy()
    bad[17, 17] = -1
    for _ in range(2):
        with pytest.raises(LinAlgError, match="leading minor of order 18 is not"):
            planned.run([bad])
        np.testing.assert_allclose(planned.run([good])[0], np.exp(good), 1e-14)
    assert not faults_of(device)


def test_a_stack_says_which_matrix_failed(device):
    (a,) = params = inputs("f64[20,60,60]")
    planned = plan(graph_of(params, call("inv", a)), target=FAR)
    stack = np.broadcast_to(np.eye(60), (20, 60, 60)).copy()
    planned.run([stack])
    stack[7, 3, 3] = 0
    with pytest.raises(LinAlgError, match="inv: singular matrix"):
        planned.run([stack])
    assert not faults_of(device)


def test_what_cannot_be_is_an_error_as_on_the_host(device):
    (a,) = params = inputs("f64[3000,3000]")
    graph = graph_of(params, call("nanargmin", a, axis=1))
    planned = plan(graph, target=FAR)
    assert far_kernels(planned)
    array = np.full((3000, 3000), np.nan)
    for each in (plan(graph), planned):
        with pytest.raises(ValueError, match="All-NaN slice encountered"):
            each.run([array])
    assert not faults_of(device)
