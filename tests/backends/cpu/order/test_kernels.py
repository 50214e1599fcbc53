"""The kernels that sort and select, as Python on real addresses and as machine code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.backends.cpu.order import buckets, codes, radix, select
from lazydag.runtime.address import address_of
from lazydag.tiles import order
from lazydag.tiles.natives import WordOperation

RNG = np.random.default_rng(0)
Run = Callable[..., None]
QUICK = settings(max_examples=40, deadline=None)


def as_python(operation: WordOperation, *arrays: Any, **options: Any) -> None:
    """Run an operation's kernel in the interpreter."""
    call, _ = operation.bind(*arrays, **options)
    bases = np.array([address_of(array) for array in arrays])
    name = operation.__name__
    kernel = getattr(buckets, name, None) or getattr(select, name)
    assert kernel(address_of(call.words), address_of(bases)) == 0


def as_code(operation: WordOperation, *arrays: Any, **options: Any) -> None:
    """Run an operation's kernel as machine code."""
    operation(*arrays, **options)


@pytest.fixture(params=[as_python, as_code])
def run(request: pytest.FixtureRequest) -> Run:
    found: Run = request.param
    return found


@pytest.mark.parametrize("dtype", ["f4", "f8", "i4", "i8", "u4", "u8"])
@pytest.mark.parametrize("descending", [False, True])
def test_codes_are_in_the_order_of_elements(dtype: str, descending: bool) -> None:
    kind = np.dtype(dtype)
    x = np.frombuffer(RNG.bytes(200 * kind.itemsize), dtype)
    fold, passed, turned, unused, *_ = codes.coding(kind, descending=descending)
    bits = [int(b) for b in x.view(f"i{kind.itemsize}")]
    found = [words(codes.encoded(b, fold, passed, turned, unused)) for b in bits]
    back = [words(codes.decoded(c, fold, passed, turned, unused)) for c in found]
    assert back == bits
    ordered = x[np.argsort(found, kind="stable")]
    wanted = np.sort(x)
    np.testing.assert_array_equal(ordered, wanted[::-1] if descending else wanted)


def words(value: int) -> int:
    """Return a number as the word that the processor has of it."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


@QUICK
@given(st.lists(st.integers(-(2**31), 2**31 - 1)), st.integers(0, 24))
def test_digits(values: list[int], shift: int) -> None:
    keys = np.array(values, np.int64) >> shift << shift
    beside, counters = np.empty_like(keys), np.empty(radix.DIGITS, np.int64)
    places, others = np.arange(keys.size), np.empty(keys.size, np.int64)
    arguments = [address_of(each) for each in (keys, beside, places, others)]
    given_keys = keys.copy()
    moved = radix.sort_codes(*arguments, keys.size, 8, address_of(counters))
    np.testing.assert_array_equal(beside if moved else keys, np.sort(given_keys))
    wanted = np.argsort(given_keys, kind="stable")
    np.testing.assert_array_equal(others if moved else places, wanted)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_a_vector_by_buckets(run: Run, dtype: str) -> None:
    x, count, half = RNG.normal(size=300).astype(dtype), 4, slice(0, 150)
    options = {"descending": False, "equal": False}
    samples = [np.empty(16 * count, f"i{x.itemsize}") for _ in range(2)]
    counters, tree = np.empty(radix.DIGITS, np.int64), np.empty(2 * count, np.int64)
    run(order.sample, x, *samples, counters, tree, **options)
    which, starts = np.empty(300, np.int32), np.empty((2, count), np.int64)
    tiles = [half, slice(150, 300)]
    for t, tile in enumerate(tiles):
        run(order.classify, x[tile], tree, which[tile], starts[t], **options)
    counts, bounds = starts.copy(), np.empty(count + 1, np.int64)
    np.testing.assert_array_equal(counts.sum(0), np.bincount(which, minlength=count))
    run(order.offsets, starts, bounds)
    np.testing.assert_array_equal(np.diff(bounds), counts.sum(0))
    found = np.empty(300, samples[0].dtype)
    for t, tile in enumerate(tiles):
        begin = {"first": tile.start, **options}
        run(order.scatter, x[tile], which[tile], starts[t], found[tile], **begin)
    out, begin = np.empty_like(x), {"first": 0, "descending": False}
    for b in range(count):
        run(order.finish, bounds, counters, found, out, bucket=b, **begin)
    np.testing.assert_array_equal(out, np.sort(x))


def test_positions_by_buckets(run: Run) -> None:
    x, options = RNG.integers(0, 9, 200), {"descending": True, "equal": True}
    tree, counters = np.array([0, -5, -5, -6]), np.empty(radix.DIGITS, np.int64)
    which, starts = np.empty(200, np.int32), np.empty((1, 2), np.int64)
    run(order.classify, x, tree, which, starts[0], **options)
    bounds = np.empty(3, np.int64)
    run(order.offsets, starts, bounds)
    arrays = [np.empty(200, np.int64) for _ in range(4)]
    keys, beside, places, out = arrays
    run(order.scatter_pairs, x, which, starts[0], keys, places, first=0, **options)
    for b in range(2):
        given = (bounds, counters, keys, beside, places, out)
        run(order.finish_pairs, *given, bucket=b, first=0)
    np.testing.assert_array_equal(out, np.argsort(-x, kind="stable"))


def test_the_first_few(run: Run) -> None:
    x, k = RNG.integers(0, 50, 300), 20
    keys, places = (np.empty(2 * k, np.int64) for _ in range(2))
    for share, tile in (
        (slice(0, k), slice(0, 100)),
        (slice(k, 2 * k), slice(100, 300)),
    ):
        options = {"first": tile.start, "descending": False}
        run(order.keep, x[tile], keys[share], places[share], **options)
    out, at, memory = (np.empty(k, np.int64) for _ in range(3))
    run(order.choose, keys, places, x, memory, out, at)
    wanted = np.argsort(x, kind="stable")[:k]
    np.testing.assert_array_equal(at, wanted)
    np.testing.assert_array_equal(out, x[wanted])


def test_the_first_few_of_rows(run: Run) -> None:
    x = RNG.normal(size=(7, 40)).astype("f4")
    out, at, memory = (
        np.empty((7, 3), "f4"),
        np.empty((7, 3), np.int64),
        np.empty(3, int),
    )
    run(order.keep_each, x, memory, out, at, descending=True)
    np.testing.assert_array_equal(at, np.argsort(-x, 1, kind="stable")[:, :3])
    np.testing.assert_array_equal(out, np.take_along_axis(x, at, 1))
