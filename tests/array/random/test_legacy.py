"""NumPy's older names, as functions and as a class."""

import numpy as np
import pytest

import lazydag as ld
import lazydag.numpy as lnp
from lazydag.array.random.legacy import OWN, SHARED

# what the older interface has and the newer one does without
LEFT_OUT = {"random_integers", "tomaxint"}


def test_every_name_is_there():
    theirs = {n for n in dir(np.random.RandomState) if not n.startswith("_")}
    assert theirs - LEFT_OUT == {*OWN, *SHARED} - {"ranf", "sample"}
    for name in (*OWN, *SHARED):
        assert callable(getattr(lnp.random, name))
        assert hasattr(np.random, name)
        assert name in dir(lnp.random)
    with pytest.raises(AttributeError, match="no attribute 'tomaxint'"):
        _ = lnp.random.tomaxint
    with pytest.raises(AttributeError, match="no attribute 'spawn'"):
        _ = lnp.random.RandomState(1).spawn


def test_a_seed_brings_numbers_back():
    lnp.random.seed(3)
    first = [drawn() for _ in range(2)]
    lnp.random.seed(3)
    assert [drawn() for _ in range(2)] == first
    assert first[0] != first[1]


def drawn():
    random = lnp.random
    parts = (
        random.rand(2),
        random.randn(2),
        random.randint(0, 9, size=3),
        random.random(2),
        random.random_sample(),
        random.choice(5, 2),
        random.permutation(4),
        random.uniform(size=2),
        random.normal(1.0, 2.0),
    )
    return [p.tolist() for p in parts]


def test_functions_draw_what_the_class_draws():
    lnp.random.seed(4)
    state = lnp.random.RandomState(4)
    assert lnp.random.rand(3).tolist() == state.rand(3).tolist()
    assert state.rand(2, 3).shape == state.randn(2, 3).shape == (2, 3)
    assert state.rand().shape == ()
    assert state.randint(5, size=4, dtype=np.int8).dtype == np.int8
    x = np.arange(9)
    state.shuffle(x)
    assert sorted(x.tolist()) == list(range(9))


def test_states():
    state = lnp.random.RandomState(4)
    known = state.get_state()
    first = state.rand(3).tolist()
    state.set_state(known)
    assert state.rand(3).tolist() == first
    lnp.random.set_state(known)
    assert lnp.random.rand(3).tolist() == first
    assert "normal" in dir(state)


def test_the_newer_names_are_there_too():
    for name in ("Generator", "Philox", "SeedSequence", "default_rng"):
        assert getattr(lnp.random, name) is getattr(ld.random, name)
