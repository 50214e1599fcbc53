"""The order of products: none that is possible takes fewer multiplications."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import lazydag.numpy as lnp
from lazydag.array.functions.beyond.contraction_order import cheapest_path

Terms = tuple[frozenset[str], ...]


def needed(words: Sequence[str], output: str) -> Iterator[frozenset[str]]:
    """The labels of each term that others have: the rest is summed first."""
    for i, word in enumerate(words):
        others = {*output, *"".join([*words[:i], *words[i + 1 :]])}
        yield frozenset(word) & others


def multiplied(terms: Terms, pair: Sequence[int], output: str) -> tuple[Terms, Any]:
    """The terms after one product, and the labels that it runs over."""
    rest = tuple(t for i, t in enumerate(terms) if i not in pair)
    over = frozenset.union(*(terms[i] for i in pair))
    kept = over & frozenset.union(frozenset(output), *rest)
    return (*rest, kept), over


def cost_of(path: Any, terms: Terms, output: str, sizes: dict[str, int]) -> int:
    total = 0
    for pair in path:
        terms, over = multiplied(terms, pair, output)
        total += prod(sizes[x] for x in over)
    assert len(terms) == 1
    return total


def connected_paths(terms: Terms, output: str) -> Iterator[list[tuple[int, int]]]:
    """All orders that multiply terms without a common label last."""
    if len(terms) == 1:
        yield []
        return
    pairs = [(i, j) for j in range(len(terms)) for i in range(j)]
    near = [(i, j) for i, j in pairs if terms[i] & terms[j]]
    for pair in near or pairs:
        after, _ = multiplied(terms, pair, output)
        for path in connected_paths(after, output):
            yield [pair, *path]


@st.composite
def networks(draw: Any) -> Any:
    words = st.text("abcdef", min_size=1, max_size=3).map(lambda t: "".join({*t}))
    terms = draw(st.lists(words, min_size=2, max_size=5))
    used = sorted({*"".join(terms)})
    output = "".join(draw(st.lists(st.sampled_from(used), unique=True, max_size=3)))
    return terms, output, {x: draw(st.integers(1, 20)) for x in used}


@given(networks())
@settings(max_examples=60, deadline=None)
def test_no_order_is_cheaper(network: Any) -> None:
    words, output, sizes = network
    terms = tuple(needed(words, output))
    found = cost_of(cheapest_path(words, output, sizes), terms, output, sizes)
    paths = connected_paths(terms, output)
    assert found <= min(cost_of(path, terms, output, sizes) for path in paths)


def test_chains_of_matrices() -> None:
    sizes = dict(zip("abcdefghij", (30, 35, 15, 5, 10, 20, 25, 3, 7, 9), strict=True))
    chain = ["ab", "bc", "cd", "de", "ef", "fg"]
    path = cheapest_path(chain, "ag", sizes)
    terms = tuple(map(frozenset, chain))
    assert cost_of(path, terms, "ag", sizes) == 15_125  # Cormen et al., 15.2


def test_values_of_long_products() -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=(3, 3)) for _ in range(11)]
    letters = "abcdefghijkl"
    for count in (4, 9, 11):
        words = [letters[i : i + 2] for i in range(count)]
        text = f"{','.join(words)}->a{letters[count]}"
        want = np.linalg.multi_dot(arrays[:count])
        np.testing.assert_allclose(lnp.einsum(text, *arrays[:count]), want)
