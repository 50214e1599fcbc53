"""The stream: its words, its state, and who shares it with whom."""

import copy
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazydag as ld
from lazydag.ir.philox import philox

SIZES = st.lists(st.integers(0, 5), max_size=3).map(tuple)


def words(bits, count):
    """Return the next words as NumPy computes them."""
    state = bits.state["state"]
    at = np.uint64(state["position"]) + np.arange(count, dtype=np.uint64)
    stream, key = (np.full(count, state[k], np.uint64) for k in ("stream", "key"))
    low, high = philox(at >> np.uint64(1), stream, key)
    return np.where(at & np.uint64(1), high, low)


@given(st.integers(0, 2**130), st.integers(0, 9), SIZES)
@settings(max_examples=40, deadline=None)
def test_words_are_those_of_philox(seed, skipped, size):
    bits = ld.random.Philox(seed).advance(skipped)
    want = words(bits, int(np.prod(size))).reshape(size)
    np.testing.assert_array_equal(bits.random_raw(size), want)


@pytest.mark.parametrize("size", [(3, 128), (2, 3, 200), (1, 500), (0, 300), (700,)])
def test_words_of_long_rows(size):
    bits = ld.random.Philox(1).advance(5)
    want = words(bits, int(np.prod(size))).reshape(size)
    np.testing.assert_array_equal(bits.random_raw(size), want)


def test_the_numbers_of_a_seed_stay_what_they_are():
    rng = ld.random.default_rng(20261122)
    assert rng.integers(1000, size=5).tolist() == GOLDEN_INTEGERS
    assert rng.random(3).tolist() == GOLDEN_FRACTIONS
    assert rng.bit_generator.state["state"]["position"] == 8
    np.testing.assert_allclose(rng.normal(size=3), GOLDEN_NORMALS, rtol=1e-14)
    found = rng.standard_normal(2, dtype=np.float32)
    np.testing.assert_allclose(found, GOLDEN_SINGLES, rtol=1e-5)


GOLDEN_INTEGERS = [536, 629, 382, 393, 264]
GOLDEN_NORMALS = [0.6170585433027886, -0.06002658660900905, -1.817788857054016]
GOLDEN_SINGLES = [-0.720744788646698, -0.05752001702785492]
GOLDEN_FRACTIONS = [0.3405453904163822, 0.3217183979253885, 0.8986517102774833]


@given(st.lists(st.integers(0, 7), max_size=5), st.sampled_from(["random", "normal"]))
@settings(max_examples=40, deadline=None)
def test_draws_continue_each_other(counts, method):
    rng, whole = ld.random.default_rng(3), ld.random.default_rng(3)
    parts = [getattr(rng, method)(size=n) for n in counts]
    joined = np.concatenate([np.zeros(0), *parts])
    np.testing.assert_array_equal(
        joined, np.asarray(getattr(whole, method)(size=sum(counts)))
    )


@pytest.mark.parametrize(
    "method", ["random", "standard_normal", "standard_exponential", "standard_gamma"]
)
def test_state_brings_numbers_back(method):
    args = (2.0,) if method == "standard_gamma" else ()
    rng = ld.random.default_rng(5)
    rng.random(3)
    known = rng.bit_generator.state
    first = getattr(rng, method)(*args, size=4).tolist()
    other = ld.random.default_rng(9)
    other.bit_generator.state = known
    assert getattr(other, method)(*args, size=4).tolist() == first


def test_state_of_another_generator_is_refused():
    with pytest.raises(ValueError, match="MT19937"):
        ld.random.Philox(0).state = {"bit_generator": "MT19937", "state": {}}


def test_advancing_skips_words():
    rng = ld.random.default_rng(5)
    rng.bit_generator.advance(10)
    assert rng.random(5).tolist() == ld.random.default_rng(5).random(15)[10:].tolist()


def test_position_wraps():
    bits = ld.random.Philox(1).advance(2**64 - 2)
    first = bits.random_raw(4).tolist()
    assert first[2:] == ld.random.Philox(1).random_raw(2).tolist()


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_copies_go_on_alike_and_apart(copied):
    rng = ld.random.default_rng(5)
    rng.random(3)
    other = copied(rng.bit_generator)
    want = words(rng.bit_generator, 2).tolist()
    assert rng.bit_generator.random_raw(2).tolist() == want
    assert other.random_raw(2).tolist() == want
    assert len(other.spawn(2)) == 2


def test_seeds():
    assert seeded(7) == seeded(np.random.SeedSequence(7)) == seeded([7])
    assert seeded([7, 8]) != seeded(7) != seeded(8)
    assert seeded(np.array([7, 8])) == seeded([7, 8]) == seeded(ld.asarray([7, 8]))
    assert seeded(None) != seeded(None)
    rng = ld.random.default_rng(7)
    assert ld.random.default_rng(rng) is rng
    bits = rng.bit_generator
    assert ld.random.default_rng(bits).bit_generator is bits
    with pytest.raises(ValueError, match="another stream"):
        ld.random.default_rng(np.random.default_rng(0))
    with pytest.raises(ValueError, match="non-negative"):
        ld.random.default_rng(-1)


def seeded(seed):
    return ld.random.default_rng(seed).random(3).tolist()


def test_reseeding_begins_anew():
    bits = ld.random.Philox(3)
    first = bits.random_raw(3).tolist()
    bits.reseed(3)
    assert bits.random_raw(3).tolist() == first


def test_spawned_streams_are_apart():
    parent = ld.random.default_rng(7)
    streams = [*parent.spawn(20), *parent.spawn(20), parent]
    found = np.array([np.asarray(rng.random(2000)) for rng in streams])
    correlation = np.corrcoef(found) - np.eye(len(streams))
    assert np.abs(correlation).max() < 5 / np.sqrt(2000)
    again = ld.random.default_rng(7).spawn(20)[3]
    assert again.random(5).tolist() == found[3, :5].tolist()


def test_threads_share_a_stream_without_loss():
    rng = ld.random.default_rng(1)
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda _: rng.random(5).tolist(), range(40)))
    want = ld.random.default_rng(1).random(200).tolist()
    assert sorted(np.ravel(parts).tolist()) == sorted(want)


def test_draws_are_lazy():
    rng = ld.random.default_rng(1)
    x = rng.random(10**12)
    assert not x.is_computed
    assert rng.bit_generator.state["state"]["position"] == 10**12
    y = x[10**11 : 10**11 + 0]
    assert y.shape == (0,)


def test_another_process_draws_the_same():
    program = (
        "import lazydag as ld; rng = ld.random.default_rng(11);"
        "print(rng.random(3).tolist() + rng.integers(9, size=4).tolist())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    rng = ld.random.default_rng(11)
    want = rng.random(3).tolist() + rng.integers(9, size=4).tolist()
    assert done.stdout.strip() == str(want)


@pytest.mark.parametrize("method", ["random", "normal", "exponential", "gumbel"])
def test_single_numbers_are_those_of_large_draws(method):
    rng, whole = ld.random.default_rng(3), ld.random.default_rng(3)
    want = getattr(whole, method)(size=1200).tolist()
    found = []
    while len(found) < 1200:
        found += np.atleast_1d(np.asarray(getattr(rng, method)(size=3))).tolist()
    np.testing.assert_array_equal(found, want)
    rng.bit_generator.state = ld.random.Philox(3).state
    assert float(getattr(rng, method)()) == want[0]
    rng.bit_generator.reseed(4)
    assert float(getattr(rng, method)()) != want[1]


@pytest.mark.parametrize("dtype", [np.int8, np.uint64, bool])
def test_single_integers_are_those_of_large_draws(dtype):
    rng, whole = ld.random.default_rng(3), ld.random.default_rng(3)
    low, high = (0, 2) if dtype is bool else (1, 100)
    want = whole.integers(low, high, size=60, dtype=dtype)
    found = [rng.integers(low, high, size=2, dtype=dtype) for _ in range(30)]
    assert found[0].dtype == dtype
    assert np.ravel(found).tolist() == want.tolist()


def test_writing_into_single_numbers_changes_no_others():
    rng = ld.random.default_rng(3)
    rng.random(4)[:] = 7.0
    assert rng.random(4).tolist() == ld.random.default_rng(3).random(40)[4:8].tolist()
    rng.bit_generator.state = ld.random.Philox(3).state
    assert rng.random(4).tolist() == ld.random.default_rng(3).random(40)[:4].tolist()
