"""Loops that look at a value in each round compute each round twice at most."""

import gc

import numpy as np

import lazydag as ld
from lazydag.array import engine, reuse


def round_of(x, y):
    """Return the state after a round of some forty operations."""
    for i in range(10):
        x, y = ld.where(y > x, x + 0.5, x - 0.25 * i), (y - x) * 0.125
    return x, y


def test_what_a_round_computes_does_not_grow(monkeypatch):
    sizes = []
    evaluate = engine.evaluate

    def counted(graph, *rest):
        sizes.append(len(graph.nodes()))
        return evaluate(graph, *rest)

    monkeypatch.setattr(engine, "evaluate", counted)
    x, y = ld.asarray(np.linspace(-1.0, 1.0, 7)), ld.asarray(np.linspace(2.0, 0.0, 7))
    u, v = np.asarray(x), np.asarray(y)
    for _ in range(12):
        x, y = round_of(x, y)
        for i in range(10):
            u, v = np.where(v > u, u + 0.5, u - 0.25 * i), (v - u) * 0.125
        assert float(y.max()) == v.max()
    np.testing.assert_array_equal(x, u)
    assert max(sizes[3:-1]) <= max(sizes[:3])
    assert len(set(sizes[3:-1])) == 1


def test_views_of_what_was_computed_are_read_from_it():
    x = ld.asarray(np.linspace(0.0, 1.0, 5))
    for _ in range(50):
        x = x * 0.5 + 1.0
    for i in range(5):
        float(x[i])
    assert x.is_computed


def test_values_are_kept_as_long_as_something_is_made_of_them():
    gc.collect()
    before = set(reuse.kept_values())
    x, y = ld.asarray(np.full(3, 1.5)), ld.asarray(np.full(3, 0.75))
    for _ in range(4):
        x, y = round_of(x, y)
        float(x[0] + y[0])
    assert set(reuse.kept_values()) > before
    del x, y
    gc.collect()
    assert set(reuse.kept_values()) == before


def test_small_expressions_are_not_remembered():
    x = ld.asarray(np.arange(3.0)) * 2.0
    assert float(x.sum()) == 6.0
    assert float((x + 1.0).sum()) == 9.0
    assert not x.is_computed


def test_what_is_gone_is_forgotten(monkeypatch):
    gc.collect()
    monkeypatch.setattr(reuse, "_computed", {})
    monkeypatch.setattr(reuse, "_limit", [reuse._MANY])
    for i in range(150):
        x = ld.asarray(np.full(3, float(i)))
        for _ in range(20):
            x = x * 0.5 + 1.0
        float(x.sum())
    assert len(reuse._computed) <= reuse._limit[0] == reuse._MANY
