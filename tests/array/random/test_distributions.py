"""Distributions against those of scipy.stats, for fixed seeds."""

import numpy as np
import pytest
from scipy import stats

import lazydag as ld

COUNT = 20_000
#: A chance of one in a thousand to be refused, were the seeds not fixed.
LEAST = 1e-3

CONTINUOUS = [
    ("random", (), stats.uniform()),
    ("uniform", (-2.0, 3.0), stats.uniform(-2, 5)),
    ("standard_normal", (), stats.norm()),
    ("normal", (1.0, 3.0), stats.norm(1, 3)),
    ("lognormal", (0.5, 0.7), stats.lognorm(0.7, scale=np.exp(0.5))),
    ("standard_exponential", (), stats.expon()),
    ("exponential", (2.5,), stats.expon(scale=2.5)),
    ("laplace", (1.0, 2.0), stats.laplace(1, 2)),
    ("logistic", (1.0, 2.0), stats.logistic(1, 2)),
    ("gumbel", (1.0, 2.0), stats.gumbel_r(1, 2)),
    ("weibull", (1.7,), stats.weibull_min(1.7)),
    ("pareto", (2.5,), stats.lomax(2.5)),
    ("power", (2.5,), stats.powerlaw(2.5)),
    ("rayleigh", (2.0,), stats.rayleigh(scale=2)),
    ("standard_cauchy", (), stats.cauchy()),
    ("triangular", (-1.0, 0.5, 3.0), stats.triang(1.5 / 4, -1, 4)),
    ("wald", (2.0, 3.0), stats.invgauss(2 / 3, scale=3)),
    ("beta", (2.0, 3.0), stats.beta(2, 3)),
    ("chisquare", (3.0,), stats.chi2(3)),
    ("f", (3.0, 7.0), stats.f(3, 7)),
    ("gamma", (2.5, 2.0), stats.gamma(2.5, scale=2)),
    ("standard_gamma", (0.5,), stats.gamma(0.5)),
    ("noncentral_chisquare", (3.0, 2.0), stats.ncx2(3, 2)),
    ("noncentral_f", (3.0, 7.0, 2.0), stats.ncf(3, 7, 2)),
    ("standard_t", (4.0,), stats.t(4)),
    ("vonmises", (0.5, 2.0), stats.vonmises(2, loc=0.5)),
]
DISCRETE = [
    ("integers", (-3, 9), stats.randint(-3, 9)),
    ("integers", (2**40, 2**40 + 5), stats.randint(2**40, 2**40 + 5)),
    ("geometric", (0.3,), stats.geom(0.3)),
    ("binomial", (12, 0.4), stats.binom(12, 0.4)),
    ("hypergeometric", (9, 5, 6), stats.hypergeom(14, 9, 6)),
    ("logseries", (0.6,), stats.logser(0.6)),
    ("negative_binomial", (4, 0.4), stats.nbinom(4, 0.4)),
    ("poisson", (3.5,), stats.poisson(3.5)),
    ("zipf", (3.0,), stats.zipf(3)),
]


def drawn(method, args, **options):
    rng = ld.random.default_rng(int.from_bytes(method.encode()))
    return np.asarray(getattr(rng, method)(*args, size=COUNT, **options))


@pytest.mark.parametrize(("method", "args", "law"), CONTINUOUS)
def test_continuous(method, args, law):
    found = drawn(method, args)
    assert found.dtype == np.float64
    assert stats.kstest(found, law.cdf).pvalue > LEAST


@pytest.mark.parametrize(
    "method", ["random", "standard_normal", "standard_exponential"]
)
def test_single_precision(method):
    law = {"random": stats.uniform, "standard_normal": stats.norm}.get(
        method, stats.expon
    )
    found = drawn(method, (), dtype=np.float32)
    assert found.dtype == np.float32
    assert stats.kstest(found.astype(float), law().cdf).pvalue > LEAST


@pytest.mark.parametrize(("method", "args", "law"), DISCRETE)
def test_discrete(method, args, law):
    found = drawn(method, args)
    assert found.dtype == np.int64
    first, last = np.quantile(found, [0.0, 0.995]).astype(int)
    values = np.arange(first, last + 1)
    seen = np.array([(found == v).sum() for v in values] + [(found > last).sum()])
    share = np.append(law.pmf(values), law.sf(last))
    assert share.sum() == pytest.approx(1.0, abs=2e-3)
    often = share * COUNT > 5
    want = share[often] / share[often].sum() * seen[often].sum()
    assert stats.chisquare(seen[often], want).pvalue > LEAST


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"])
def test_integers_of_all_bits(dtype):
    kind = np.iinfo(dtype)
    rng = ld.random.default_rng(4)
    found = rng.integers(kind.min, kind.max, size=COUNT, dtype=dtype, endpoint=True)
    assert found.dtype == dtype
    shares = (np.asarray(found).astype(float) - float(kind.min)) / 2.0**kind.bits
    assert stats.kstest(shares, stats.uniform().cdf).pvalue > (
        LEAST if kind.bits > 8 else 0
    )
    bits = np.unpackbits(np.asarray(found).view(np.uint8).reshape(COUNT, -1), axis=1)
    assert abs(bits.mean(axis=0) - 0.5).max() < 5 * 0.5 / np.sqrt(COUNT)


@pytest.mark.parametrize("count", [3, 6, 1000, 2**32 - 1, 2**32 + 1, 2**63, 3 * 2**62])
def test_integers_are_products_without_their_lower_words(count):
    bits = ld.random.Philox(8)
    if count > 2**32 and count != 2**63:
        pairs = np.asarray(bits.random_raw((50, 2))).astype(object)
        want = [int((b << 64 | a) * count >> 128) for a, b in pairs]
    else:
        want = [int(w) * count >> 64 for w in np.asarray(bits.random_raw(50))]
    rng = ld.random.default_rng(8)
    found = rng.integers(count, size=50, dtype=np.uint64)
    assert found.tolist() == want


def test_integers_of_ranges():
    low, high = np.array([0, -5, 10]), np.array([[1, 100, 2**50]]).T + 10
    found = np.asarray(ld.random.default_rng(1).integers(low, high, size=(2000, 3, 3)))
    assert (found >= low).all()
    assert (found < high).all()
    mean = (low + high - 1) / 2
    assert (abs(found.mean(axis=0) - mean) <= 0.1 * (high - low)).all()
    lazy = ld.random.default_rng(1).integers(
        ld.asarray(low) * 1, ld.asarray(high), size=(2000, 3, 3)
    )
    np.testing.assert_array_equal(lazy, found)


def test_booleans():
    found = ld.random.default_rng(1).integers(0, 2, size=COUNT, dtype=bool)
    assert found.dtype == bool
    assert abs(float(found.mean()) - 0.5) < 5 * 0.5 / np.sqrt(COUNT)


def test_fractions_have_all_their_bits():
    rng = ld.random.default_rng(1)
    for dtype, bits in ((np.float64, 53), (np.float32, 24)):
        found = np.asarray(rng.random(COUNT, dtype=dtype)).astype(np.float64)
        assert found.min() >= 0
        assert found.max() < 1
        whole = found * 2.0**bits
        assert (whole == np.floor(whole)).all()
        assert abs((whole % 2).mean() - 0.5) < 5 * 0.5 / np.sqrt(COUNT)


def test_both_halves_of_normal_pairs_are_independent():
    x = np.asarray(ld.random.default_rng(1).standard_normal((COUNT, 2)))
    assert abs(np.corrcoef(x.T)[0, 1]) < 5 / np.sqrt(COUNT)
    assert abs(np.corrcoef((x**2).T)[0, 1]) < 5 / np.sqrt(COUNT)


def test_normal_vectors():
    mean, cov = [1.0, -2.0], [[2.0, 0.6], [0.6, 0.5]]
    for method in ("svd", "eigh", "cholesky"):
        rng = ld.random.default_rng(2)
        x = np.asarray(rng.multivariate_normal(mean, cov, COUNT, method=method))
        assert x.shape == (COUNT, 2)
        np.testing.assert_allclose(x.mean(axis=0), mean, atol=0.05)
        np.testing.assert_allclose(np.cov(x.T), cov, atol=0.05)


def test_covariances_are_checked():
    rng, wrong = ld.random.default_rng(2), [[1.0, 0.0], [0.0, -1.0]]
    with pytest.warns(RuntimeWarning, match="positive-semidefinite"):
        rng.multivariate_normal([0, 0], wrong)
    with pytest.raises(ValueError, match="positive-semidefinite"):
        rng.multivariate_normal([0, 0], wrong, check_valid="raise")
    rng.multivariate_normal([0, 0], wrong, check_valid="ignore")


def test_vectors_of_counts():
    rng = ld.random.default_rng(3)
    shares = np.array([0.2, 0.3, 0.5])
    found = np.asarray(rng.multinomial(20, shares, size=(2000, 2)))
    assert found.shape == (2000, 2, 3)
    assert (found.sum(axis=-1) == 20).all()
    np.testing.assert_allclose(found.mean(axis=(0, 1)), 20 * shares, rtol=0.05)
    assert rng.multinomial([5, 6], [shares, shares[::-1]]).sum(axis=-1).tolist() == [
        5,
        6,
    ]
    found = np.asarray(rng.multivariate_hypergeometric([3, 4, 5], 6, size=2000))
    np.testing.assert_allclose(found.mean(axis=0), [1.5, 2.0, 2.5], rtol=0.05)
    found = np.asarray(rng.dirichlet([1.0, 2.0, 3.0], size=5000))
    np.testing.assert_allclose(found.sum(axis=-1), 1.0)
    np.testing.assert_allclose(found.mean(axis=0), [1 / 6, 1 / 3, 1 / 2], rtol=0.05)
