"""Programs whose arrays are moved about give what they give without a device."""

from contextlib import nullcontext

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lazydag as ld
from tests.devices.near import device

__all__ = ["device"]

SHAPE = (6, 5)
PLACES = st.sampled_from(["cpu", "gpu:0"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("move"), PLACES),
        st.tuples(st.just("binary"), st.sampled_from(["add", "multiply", "maximum"])),
        st.tuples(st.just("unary"), st.sampled_from(["negative", "sqrt", "square"])),
        st.tuples(st.just("host"), st.integers(0, 9)),
        st.tuples(st.just("write"), st.integers(0, 4)),
        st.tuples(st.just("write of another"), st.integers(0, 4)),
        st.tuples(st.just("view"), st.integers(0, 3)),
        st.tuples(st.just("sum"), st.sampled_from([0, 1])),
        st.tuples(st.just("take"), st.integers(0, 5)),
        st.tuples(st.just("look"), st.just(0)),
        st.tuples(st.just("compute"), st.just(0)),
    ),
    min_size=1,
    max_size=8,
)


def written(x, region, value):
    x = x.copy()
    x[region] = value
    return x


def view_written(x, first):
    x = x.copy()
    part = x[first : first + 2]
    part *= 3.0
    return x


#: What each step makes of the newest array, an older one, and its number or name.
MEANINGS = {
    "move": lambda lib, x, _, where: x.to_device(where) if lib is ld else x,
    "binary": lambda lib, x, y, name: getattr(lib, name)(x, y),
    "unary": lambda lib, x, _, name: getattr(lib, name)(x),
    "host": lambda _, x, __, n: x + np.full(SHAPE, float(n)),
    "write": lambda _, x, __, n: written(x, n, 2.0),
    "write of another": lambda _, x, y, n: written(x, (slice(None), n), y[:, 4 - n]),
    "view": lambda _, x, __, n: view_written(x, n),
    "sum": lambda _, x, __, axis: x + x.sum(axis=axis, keepdims=True),
    "take": lambda _, x, __, n: x[[n, 0, 1, 2, 3, n]],
    "look": lambda _, x, __, ___: x * float(x[1, 1]),
    "compute": lambda lib, x, _, __: ld.compute(x) if lib is ld else x,
}


def step(lib, arrays, kind, what):
    """Do one step of a program for NumPy or lazydag."""
    x, older = arrays[-1], arrays[len(arrays) // 2]
    arrays.append(MEANINGS[kind](lib, x, older, what))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, scopes=st.lists(st.sampled_from([None, "cpu", "gpu:0"])))
def test_any_program(device, steps, scopes):
    values = np.abs(np.random.default_rng(1).standard_normal(SHAPE))
    ours, theirs = [ld.asarray(values)], [values]
    scopes = [*scopes, *[None] * len(steps)]
    with np.errstate(all="ignore"):
        for (kind, what), name in zip(steps, scopes, strict=False):
            with nullcontext() if name is None else ld.scope(name):
                step(ld, ours, kind, what)
            step(np, theirs, kind, what)
    for x, y in zip(ours, theirs, strict=True):
        assert x.device in {"cpu", "gpu:0"}
        assert np.allclose(np.asarray(x), y, rtol=1e-12, equal_nan=True)


def test_random_numbers_in_a_scope(device):
    with ld.scope("gpu:0"):
        far = ld.random.default_rng(3)
        drawn = [far.standard_normal((30, 20)), far.random(100)]
    near = ld.random.default_rng(3)
    wanted = [near.standard_normal((30, 20)), near.random(100)]
    for x, y in zip(drawn, wanted, strict=True):
        assert np.array_equal(np.asarray(x), np.asarray(y))
    assert drawn[0].device == "gpu:0"


def test_loops_in_a_scope(device):
    with ld.scope("gpu:0"):
        x = ld.fori_loop(0, 5, lambda i, x: x * 0.5 + i, ld.asarray(np.ones(SHAPE)))
    wanted = np.ones(SHAPE)
    for i in range(5):
        wanted = wanted * 0.5 + i
    assert np.array_equal(np.asarray(x), wanted)


def test_functions_of_whole_arrays_in_a_scope(device):
    values = np.random.default_rng(5).standard_normal((40, 30))
    with ld.scope("gpu:0"):
        x = ld.asarray(values)
        found = [x @ x.T, ld.sort(x, axis=0), ld.linalg.svdvals(x)]
    wanted = [values @ values.T, np.sort(values, axis=0)]
    wanted.append(np.linalg.svd(values, compute_uv=False))
    for x, y in zip(found, wanted, strict=True):
        assert np.allclose(np.asarray(x), y)


def test_what_no_device_computes_is_computed_by_the_host(device):
    with ld.scope("gpu:0"):
        x = ld.asarray(np.array([3 + 4j, 1j, 2.0]))
        y = x**x
        z = ld.abs(y)
    assert np.allclose(np.asarray(z), np.abs(np.asarray(x) ** np.asarray(x)))
