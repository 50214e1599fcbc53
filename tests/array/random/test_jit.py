"""Generators in jitted functions: numbers go on from call to call."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import lazydag as ld
import lazydag.numpy as lnp


def rng():
    return ld.random.default_rng(5)


def arrays(values):
    return [np.asarray(v).tolist() for v in values]


def mixed(rng, x):
    return (
        rng.random(3) + x,
        rng.normal(size=2),
        rng.integers(0, 10, size=5),
        rng.standard_normal(3, dtype=np.float32),
        rng.integers(0, 2**40, size=2),
        rng.permutation(6),
        rng.poisson(3.0, size=4),
        rng.choice(5, size=2, replace=False),
    )


def test_numbers_go_on_as_outside():
    traced, eager = rng(), rng()
    eager.random(3), traced.random(3)
    function = ld.jit(mixed)
    for _ in range(3):
        assert arrays(function(traced, 1.0)) == arrays(mixed(eager, 1.0))
        assert traced.bit_generator.state == eager.bit_generator.state
    assert traced.random(3).tolist() == eager.random(3).tolist()
    assert function.cache_info().misses == 1


def test_one_plan_serves_all_seeds():
    function = ld.jit(lambda rng: rng.random(3))
    found = [function(ld.random.default_rng(seed)).tolist() for seed in range(5)]
    want = [ld.random.default_rng(seed).random(3).tolist() for seed in range(5)]
    assert found == want
    assert function.cache_info().misses == 1


def test_a_generator_in_a_tree():
    @dataclass
    class Model:
        weights: Any
        rng: Any

    @ld.jit
    def step(model):
        model.weights += model.rng.normal(size=3)

    model = Model(np.zeros(3), rng())
    step(model)
    step(model)
    other = rng()
    want = np.asarray(other.normal(size=3)) + np.asarray(other.normal(size=3))
    np.testing.assert_array_equal(model.weights, want)


def test_a_generator_that_is_not_drawn_from_stays():
    function = ld.jit(lambda rng, x: x + 1)
    mine = rng()
    function(mine, 1.0)
    assert mine.random().tolist() == rng().random().tolist()


def test_a_generator_made_inside_begins_anew():
    function = ld.jit(lambda: ld.random.default_rng(5).random(3))
    assert function().tolist() == function().tolist() == rng().random(3).tolist()


def test_a_generator_returned():
    @ld.jit
    def drawn():
        made = ld.random.default_rng(5)
        return made.random(3), made

    first, made = drawn()
    assert [*first.tolist(), *made.random(2).tolist()] == rng().random(5).tolist()
    with pytest.raises(ld.TraceError, match="no seed"):
        made.spawn(2)


def test_a_generator_from_outside_goes_on():
    mine, eager = rng(), rng()
    function = ld.jit(lambda x: mixed(mine, x))
    for _ in range(3):
        assert arrays(function(1.0)) == arrays(mixed(eager, 1.0))
    assert mine.bit_generator.state == eager.bit_generator.state


@pytest.mark.parametrize(
    "draw",
    [
        lambda mine: ld.random.default_rng().random(3),
        lambda mine: mine.spawn(1)[0].random(3),
        lambda mine: lnp.random.rand(3),
    ],
)
def test_other_numbers_at_each_call(draw):
    mine = rng()
    function = ld.jit(lambda x: draw(mine) + x)
    assert len({str(function(0.0).tolist()) for _ in range(4)}) == 4


def test_seeding_inside_begins_anew():
    @ld.jit
    def drawn(x):
        lnp.random.seed(3)
        return lnp.random.rand(3) + x

    lnp.random.seed(3)
    want = lnp.random.rand(3).tolist()
    assert drawn(0.0).tolist() == drawn(0.0).tolist() == want


@pytest.mark.parametrize(
    "draw",
    [
        lambda mine: ld.random.default_rng().random(3),
        lambda mine: mine.random(3),
        lambda mine: mine.spawn(1)[0].random(3),
        lambda mine: mine.bit_generator.reseed(3),
    ],
)
def test_one_plan_alone_cannot_have_other_numbers(draw):
    mine = rng()
    function = ld.jit(lambda x: draw(mine), strict=True)
    with pytest.raises(ld.TraceError, match="same numbers each time"):
        function(0.0)


def until_ten(rng):
    total = 0.0
    while total < 10:
        total = total + rng.exponential()
    return total


def single_elements(rng):
    x = lnp.zeros(400)
    for i in range(1, 400):
        x[i] = x[i - 1] * 0.5 + rng.random()
    return x


@pytest.mark.parametrize("function", [until_ten, single_elements])
def test_functions_that_are_no_plan_draw_as_outside(function):
    traced, eager = rng(), rng()
    jitted = ld.jit(function)
    assert jitted.segments(rng()).tier != "a plan"
    for _ in range(2):
        np.testing.assert_allclose(jitted(traced), function(eager), rtol=1e-12)
        assert traced.bit_generator.state == eager.bit_generator.state


def test_shuffles_arguments():
    @ld.jit
    def mix(rng, x):
        rng.shuffle(x)

    x, mine = np.arange(40), rng()
    mix(mine, x)
    assert sorted(x.tolist()) == list(range(40)) != x.tolist()


def test_an_error_inside_takes_no_numbers():
    @ld.jit
    def fails(rng):
        x = rng.random(3)
        return x + np.zeros(4)

    mine = rng()
    with pytest.raises(ValueError):
        fails(mine)
    assert mine.random(3).tolist() == rng().random(3).tolist()
