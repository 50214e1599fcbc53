"""Random numbers on the whole road: the same bits however they are computed."""

import numpy as np
import pytest

import lazydag as ld
from lazydag.ir.philox import philox

LARGE = 200_001


@pytest.fixture(params=[1, 2])
def threads(request):
    before = ld.get_num_threads()
    ld.set_num_threads(request.param)
    yield
    ld.set_num_threads(before)


def draws(rng, size):
    return (
        rng.random(size),
        rng.normal(2.0, 3.0, size),
        rng.standard_exponential(size, dtype=np.float32),
        rng.random(size, dtype=np.float32),
        rng.standard_normal(size, dtype=np.float32),
        rng.integers(0, 1000, size),
        rng.integers(0, 2**40, size),
        rng.gumbel(size=size),
    )


def expected():
    """Return the words that the first draw takes, by NumPy."""
    state = ld.random.default_rng(6).bit_generator.state["state"]
    at = np.arange(LARGE, dtype=np.uint64)
    stream, key = (np.full(LARGE, state[k], np.uint64) for k in ("stream", "key"))
    low, high = philox(at >> np.uint64(1), stream, key)
    return np.where(at & np.uint64(1), high, low)


@pytest.mark.usefixtures("threads")
def test_any_number_of_threads_draws_the_same():
    found = ld.compute(*draws(ld.random.default_rng(6), LARGE))
    np.testing.assert_array_equal(found[0], (expected() >> np.uint64(11)) * 2.0**-53)
    assert [hash(np.asarray(x).tobytes()) for x in found] == reference()


_known = []


def reference():
    if not _known:
        found = draws(ld.random.default_rng(6), LARGE)
        _known.extend(hash(np.asarray(x).tobytes()) for x in found)
    return _known


def test_large_and_small_draws_agree():
    many = ld.compute(*draws(ld.random.default_rng(6), LARGE))
    few = draws(ld.random.default_rng(6), LARGE)
    for whole, part in zip(many, few, strict=True):
        for region in (
            slice(0, 5),
            slice(7, 2000, 13),
            slice(-3, None),
            slice(None, None, -1),
        ):
            np.testing.assert_array_equal(
                np.asarray(part[region]), np.asarray(whole)[region]
            )


def test_fused_numbers_are_those_that_are_stored():
    rng = ld.random.default_rng(6)
    x, y = rng.random((300, 400)), rng.normal(size=(300, 400))
    a, b = np.asarray(ld.random.default_rng(6).random((300, 400))), None
    rng = ld.random.default_rng(6)
    rng.random((300, 400))
    b = np.asarray(rng.normal(size=(300, 400)))
    np.testing.assert_array_equal(np.asarray(x * 2 + y.T.T), a * 2 + b)
    np.testing.assert_array_equal(np.asarray((x + 1).T[5:9]), (a + 1).T[5:9])
    np.testing.assert_array_equal(np.asarray(x.max(axis=0)), a.max(axis=0))


def test_jitted_numbers_are_those_of_small_draws():
    function = ld.jit(lambda rng: draws(rng, 1000))
    found = function(ld.random.default_rng(6))
    for x, y in zip(found, draws(ld.random.default_rng(6), 1000), strict=True):
        np.testing.assert_array_equal(x, y)


def test_monte_carlo():
    @ld.jit
    def quarter(rng):
        x, y = rng.random(LARGE), rng.random(LARGE)
        return ((x * x + y * y) < 1).mean()

    rng = ld.random.default_rng(6)
    found = np.mean([float(quarter(rng)) for _ in range(5)])
    assert abs(found - np.pi / 4) < 5 * 0.41 / np.sqrt(5 * LARGE)


def until_three(carried):
    rng, total = carried
    return rng, total + rng.exponential()


def test_loops_carry_generators():
    rng = ld.random.default_rng(2)
    want = [float(rng.random()) for _ in range(3)]
    start = ld.random.default_rng(2), ld.zeros(())
    last, total = ld.fori_loop(0, 3, lambda i, c: (c[0], c[1] + c[0].random()), start)
    assert float(total) == want[0] + want[1] + want[2]
    assert last.random().tolist() == rng.random().tolist()
    _, rows = ld.scan(lambda rng, x: (rng, rng.random() + x), start[0], ld.zeros(3))
    assert rows.tolist() == want


def test_while_loops_carry_generators():
    start = ld.random.default_rng(2), ld.zeros(())
    _, total = ld.while_loop(lambda c: c[1] < 3, until_three, start)
    carried = ld.random.default_rng(2), 0.0
    while float(carried[1]) < 3:
        carried = until_three(carried)
    assert float(total) == float(carried[1])


def test_loops_refuse_generators_from_outside():
    rng = ld.random.default_rng(2)
    with pytest.raises(ld.TraceError, match="same numbers each time"):
        ld.fori_loop(0, 3, lambda i, x: x + rng.random(), ld.zeros(()))
    assert rng.bit_generator.state["state"]["position"] == 0
