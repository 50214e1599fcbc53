"""`Generator`: NumPy's interface to a stream of random numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lazydag.array.random import (
    continuous,
    discrete,
    drawn,
    fractions,
    order,
    vectors,
)
from lazydag.array.random.bits import Philox
from lazydag.errors import UsageError
from lazydag.ir.source import caller_location

_drawn = drawn.METHODS
_Bytes = bytes


@dataclass(eq=False, repr=False)
class Generator:
    """Random numbers of many distributions, as lazy arrays.

    Made by `default_rng`. Numbers are functions of seed and position: the same for any
    number of threads, and for any part of a draw that is used.

    Parameters
    ----------
    bit_generator : Philox
        The stream.

    Notes
    -----
    Methods and parameters are those of `numpy.random.Generator`, the numbers are not.
    A generator can be an argument of a jitted function: it draws on from call to call.

    Examples
    --------
    >>> import lazydag as ld
    >>> rng = ld.random.default_rng(1)
    >>> x = rng.random(4)
    >>> y = ld.random.default_rng(1).random(1_000_000)
    >>> x.tolist() == y[:4].tolist()
    True
    """

    bit_generator: Philox

    random = continuous.random
    uniform = continuous.uniform
    standard_normal = continuous.standard_normal
    normal = continuous.normal
    lognormal = continuous.lognormal
    standard_exponential = continuous.standard_exponential
    exponential = continuous.exponential
    laplace = continuous.laplace
    logistic = continuous.logistic
    gumbel = continuous.gumbel
    weibull = continuous.weibull
    pareto = continuous.pareto
    power = continuous.power
    rayleigh = continuous.rayleigh
    standard_cauchy = continuous.standard_cauchy
    triangular = continuous.triangular
    wald = continuous.wald
    integers = discrete.integers
    geometric = discrete.geometric
    permutation = order.permutation
    permuted = order.permuted
    shuffle = order.shuffle
    choice = order.choice
    multivariate_normal = vectors.multivariate_normal
    standard_gamma = drawn.standard_gamma
    dirichlet = drawn.dirichlet
    multinomial = drawn.multinomial
    multivariate_hypergeometric = drawn.multivariate_hypergeometric
    beta: ClassVar[drawn.Method] = _drawn["beta"]
    binomial: ClassVar[drawn.Method] = _drawn["binomial"]
    chisquare: ClassVar[drawn.Method] = _drawn["chisquare"]
    f: ClassVar[drawn.Method] = _drawn["f"]
    gamma: ClassVar[drawn.Method] = _drawn["gamma"]
    hypergeometric: ClassVar[drawn.Method] = _drawn["hypergeometric"]
    logseries: ClassVar[drawn.Method] = _drawn["logseries"]
    negative_binomial: ClassVar[drawn.Method] = _drawn["negative_binomial"]
    noncentral_chisquare: ClassVar[drawn.Method] = _drawn["noncentral_chisquare"]
    noncentral_f: ClassVar[drawn.Method] = _drawn["noncentral_f"]
    poisson: ClassVar[drawn.Method] = _drawn["poisson"]
    standard_t: ClassVar[drawn.Method] = _drawn["standard_t"]
    vonmises: ClassVar[drawn.Method] = _drawn["vonmises"]
    zipf: ClassVar[drawn.Method] = _drawn["zipf"]

    def bytes(self, length: int) -> _Bytes:
        """Return random bytes, which are computed at once.

        Examples
        --------
        >>> import lazydag.numpy as np
        >>> len(np.random.default_rng(1).bytes(10))
        10
        """
        found = fractions.words(self, (-(-length // 8),)).values_for("array")
        return found.astype("<u8", copy=False).tobytes()[:length]

    def spawn(self, n_children: int) -> list[Generator]:
        """Return generators of streams of their own, for tasks or machines.

        Raises
        ------
        TraceError
            If the generator is an argument of a jitted function.
        """
        return [Generator(bits) for bits in self.bit_generator.spawn(n_children)]

    def __repr__(self) -> str:
        return "Generator(Philox4x32)"


def default_rng(seed: Any = None) -> Generator:
    """Return a generator of random numbers.

    Parameters
    ----------
    seed : None, int, sequence of int, SeedSequence, Philox or Generator
        Which stream. None takes one that is nobody else's; a generator is handed
        through.

    Raises
    ------
    TraceError
        In a jitted function without a seed: each call would give the same numbers.

    Examples
    --------
    >>> import lazydag as ld
    >>> rng = ld.random.default_rng(7)
    >>> float(rng.random()) == float(ld.random.default_rng(7).random())
    True
    """
    if isinstance(seed, Generator):
        return seed
    if isinstance(seed, Philox):
        return Generator(seed)
    if isinstance(seed, np.random.Generator | np.random.BitGenerator):
        raise UsageError(
            f"NumPy's {type(seed).__name__} has another stream",
            caller_location(),
            "Pass its seed, or a numpy.random.SeedSequence.",
        )
    return Generator(Philox(seed))
