"""NumPy's older interface, over a generator of the newer one."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.random.generator import Generator, default_rng

#: Methods that both interfaces have, with the same parameters.
SHARED = (
    "beta",
    "binomial",
    "bytes",
    "chisquare",
    "choice",
    "dirichlet",
    "exponential",
    "f",
    "gamma",
    "geometric",
    "gumbel",
    "hypergeometric",
    "laplace",
    "logistic",
    "lognormal",
    "logseries",
    "multinomial",
    "multivariate_normal",
    "negative_binomial",
    "noncentral_chisquare",
    "noncentral_f",
    "normal",
    "pareto",
    "permutation",
    "poisson",
    "power",
    "random",
    "rayleigh",
    "shuffle",
    "standard_cauchy",
    "standard_exponential",
    "standard_gamma",
    "standard_normal",
    "standard_t",
    "triangular",
    "uniform",
    "vonmises",
    "wald",
    "weibull",
    "zipf",
)
#: Methods that only the older one has.
OWN = (
    "get_state",
    "rand",
    "randint",
    "randn",
    "random_sample",
    "ranf",
    "sample",
    "seed",
    "set_state",
)


class RandomState:
    """Random numbers by NumPy's older names; the numbers are those of `Generator`.

    Parameters
    ----------
    seed : None, int or sequence of int
        Which stream.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> state = np.random.RandomState(3)
    >>> state.randint(0, 10, size=4).shape, state.rand(2, 3).shape
    ((4,), (2, 3))
    """

    def __init__(self, seed: Any = None) -> None:
        self.generator: Generator = default_rng(seed)

    def __getattr__(self, name: str) -> Any:
        if name in SHARED:
            return getattr(self.generator, name)
        raise AttributeError(f"RandomState has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *SHARED})

    def seed(self, seed: Any = None) -> None:
        """Begin the stream of another seed."""
        self.generator.bit_generator.reseed(seed)

    def get_state(self, legacy: bool = False) -> dict[str, Any]:
        """Return the state as a dict."""
        del legacy
        return self.generator.bit_generator.state

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from a state that `get_state` returned."""
        self.generator.bit_generator.state = state

    def random_sample(self, size: Any = None) -> Array:
        """Draw numbers from 0 to 1, without 1."""
        found: Array = self.generator.random(size)
        return found

    ranf = sample = random_sample

    def rand(self, *shape: int) -> Array:
        """Draw numbers from 0 to 1 in an array of this shape."""
        return self.random_sample(shape)

    def randn(self, *shape: int) -> Array:
        """Draw normal numbers in an array of this shape."""
        found: Array = self.generator.standard_normal(shape)
        return found

    def randint(
        self, low: Any, high: Any = None, size: Any = None, dtype: Any = np.int64
    ) -> Array:
        """Draw integers from `low` to before `high`."""
        return self.generator.integers(low, high, size, dtype)
