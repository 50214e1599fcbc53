"""NumPy's interface: signatures, sizes, dtypes, out and mistakes."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import lazydag as ld

NAMES = [n for n in dir(np.random.Generator) if not n.startswith("_")]
METHODS = [n for n in NAMES if n != "bit_generator"]

# arguments that every distribution takes
ARGUMENTS = {
    **dict.fromkeys(
        ["random", "standard_normal", "standard_exponential", "standard_cauchy"], ()
    ),
    **dict.fromkeys(["normal", "lognormal", "laplace", "logistic"], (0.5, 2.0)),
    **dict.fromkeys(["gumbel", "uniform", "beta", "f", "gamma"], (0.5, 2.0)),
    **dict.fromkeys(["noncentral_chisquare", "vonmises", "wald"], (0.5, 2.0)),
    **dict.fromkeys(["exponential", "rayleigh", "weibull", "pareto"], (2.5,)),
    **dict.fromkeys(["power", "chisquare", "standard_gamma", "poisson"], (2.5,)),
    **dict.fromkeys(["standard_t", "zipf"], (2.5,)),
    **dict.fromkeys(["geometric", "logseries"], (0.4,)),
    **dict.fromkeys(["binomial", "negative_binomial"], (3, 0.4)),
    "triangular": (0.0, 1.0, 2.0),
    "noncentral_f": (2.0, 5.0, 1.0),
    "hypergeometric": (5, 6, 7),
    "integers": (3, 9),
}
NARROW = ("random", "standard_normal", "standard_exponential", "standard_gamma")


@pytest.fixture
def rng():
    return ld.random.default_rng(1)


@pytest.mark.parametrize("name", METHODS)
def test_signatures_are_numpys(name):
    theirs, ours = (
        inspect.signature(getattr(kind, name)).parameters.values()
        for kind in (np.random.Generator, ld.random.Generator)
    )
    told = [[(p.name, p.default, p.kind) for p in each] for each in (theirs, ours)]
    assert told[0] == told[1]
    assert getattr(ld.random.Generator, name).__doc__


@pytest.mark.parametrize("name", ARGUMENTS)
@settings(max_examples=8, deadline=None)
@given(
    shape=hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    fits=st.booleans(),
)
def test_shapes_and_dtypes_are_numpys(name, shape, fits):
    args = tuple(np.full(shape, a) for a in ARGUMENTS[name])
    size = (2, *shape) if fits or not args else None
    want = getattr(np.random.default_rng(0), name)(*args, size=size)
    for given_ in (args, tuple(ld.asarray(a) + 0 for a in args)):
        found = getattr(ld.random.default_rng(0), name)(*given_, size=size)
        assert isinstance(found, ld.Array)
        assert (found.shape, found.dtype) == (np.shape(want), np.asarray(want).dtype)
        assert np.isfinite(np.asarray(found)).all()


@pytest.mark.parametrize("name", [name for name, args in ARGUMENTS.items() if args])
def test_parameters_stretch(rng, name):
    args = ARGUMENTS[name]
    shapes = [(3, 1), (1, 2), (2,)]
    args = tuple(np.full(s, a) for s, a in zip(shapes, args, strict=False))
    want = np.broadcast_shapes(*(a.shape for a in args))
    assert getattr(rng, name)(*args).shape == want
    assert getattr(rng, name)(*args, size=(4, *want)).shape == (4, *want)
    with pytest.raises(ValueError):
        getattr(rng, name)(*args, size=(5, 5))


@pytest.mark.parametrize("name", NARROW)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_out(rng, name, dtype):
    args = ARGUMENTS[name]
    again = ld.random.default_rng(1)
    for out in (np.empty(3, dtype), ld.zeros(3, dtype)):
        assert getattr(rng, name)(*args, dtype=dtype, out=out) is out
        want = getattr(again, name)(*args, size=3, dtype=dtype)
        np.testing.assert_array_equal(out, want)
    method = getattr(rng, name)
    for wrong, error in (
        ({"size": 4, "out": np.empty(3, dtype)}, ValueError),
        ({"out": np.empty(3, np.int32)}, TypeError),
        ({"out": [0.0]}, TypeError),
    ):
        with pytest.raises(error):
            method(*args, dtype=dtype, **wrong)


MISTAKES = {
    "uniform(1, 0)": ValueError,
    "uniform(0, np.inf)": OverflowError,
    "normal(0, -1)": ValueError,
    "normal([0, 0], [1, -1])": ValueError,
    "normal(np.zeros(100), -np.ones(100))": ValueError,
    "normal([1, 2], size=3)": ValueError,
    "normal('a')": (ValueError, TypeError),
    "integers(5, 5)": ValueError,
    "integers(-1, dtype=np.uint8)": ValueError,
    "integers(0, 300, dtype=np.uint8)": ValueError,
    "integers(-1, 3, dtype=np.uint8)": ValueError,
    "integers([1, 5], [3, 5])": ValueError,
    "integers(3, 2, endpoint=True)": ValueError,
    "integers(0, 4, dtype=float)": TypeError,
    "random(dtype=int)": TypeError,
    "random(-1)": ValueError,
    "random('a')": TypeError,
    "random(2.5)": TypeError,
    "standard_normal(dtype='f2')": TypeError,
    "choice(0)": ValueError,
    "choice([])": ValueError,
    "choice(2.5)": ValueError,
    "choice(3, 5, replace=False)": ValueError,
    "choice(3, p=[0.5, 0.5])": ValueError,
    "choice(2, p=[0.5, 0.6])": ValueError,
    "choice(2, p=[1.5, -0.5])": ValueError,
    "choice(2, p=[np.nan, 0.5])": ValueError,
    "choice(3, 3, p=[0.5, 0.5, 0], replace=False)": ValueError,
    "poisson(-1)": ValueError,
    "binomial(5, 1.5)": ValueError,
    "gamma(-1)": ValueError,
    "geometric(0)": ValueError,
    "triangular(2, 1, 3)": ValueError,
    "multinomial(5, [0.9, 0.6, 0.1])": ValueError,
    "dirichlet([0, -1])": ValueError,
    "multivariate_normal([[0]], [[1]])": ValueError,
    "multivariate_normal([0], [[1, 0], [0, 1]])": ValueError,
    "multivariate_normal([0], [1])": ValueError,
    "multivariate_normal([0], [[1]], method='lu')": ValueError,
    "multivariate_normal([0], [[1]], check_valid='no')": ValueError,
    "permutation(np.zeros(3), axis=1)": np.exceptions.AxisError,
    "shuffle(3)": TypeError,
    "poisson(1, 2, 3, 4)": TypeError,
}


@pytest.mark.parametrize("call", MISTAKES)
def test_mistakes_are_numpys(call):
    for module in (np.random, ld.random):
        rng = module.default_rng(0)
        with pytest.raises(MISTAKES[call] if module is np.random else ours(call)):
            eval(f"rng.{call}", {"np": np, "rng": rng})
        if module is ld.random:
            assert rng.bit_generator.state["state"]["position"] == 0


def ours(call):
    wanted = MISTAKES[call]
    return (ValueError, IndexError) if wanted is np.exceptions.AxisError else wanted


def test_mistakes_found_later(rng):
    wrong = ld.asarray([1.0, -1.0]) * 1
    with pytest.raises(ValueError, match="lam < 0"):
        np.asarray(rng.poisson(wrong))


@pytest.mark.parametrize("length", [0, 1, 8, 13])
def test_bytes(length):
    found = ld.random.default_rng(1).bytes(length)
    raw = np.asarray(ld.random.Philox(1).random_raw(2)).astype("<u8").tobytes()
    assert found == raw[:length]


def test_its_text(rng):
    assert repr(rng) == "Generator(Philox4x32)"
