"""Which ranks a quantile lies between, by each of NumPy's methods.

The formulas take NumPy arrays and lazy arrays alike: of both kinds can the number of
elements be, and the quantiles.

References
----------
R. J. Hyndman, Y. Fan, *Sample quantiles in statistical packages*, The American
Statistician 50 (1996), 361-365.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lazydag.errors import UsageError
from lazydag.ir.source import caller_location

Rank = Callable[[Any, Any], Any]


def _between(alpha: float, beta: float) -> Rank:
    """Return the rule of a continuous method with these plotting positions."""

    def rank(n: Any, q: Any) -> Any:
        return n * q + (alpha + q * (1 - alpha - beta)) - 1

    return rank


def _spaced(n: Any, q: Any) -> Any:
    return (n - 1) * q


def _stepped(n: Any, q: Any) -> Any:
    return n * q - 1


def _inverted(n: Any, q: Any) -> Any:
    rank = n * q - 1
    below = np.floor(rank)
    return np.maximum(np.where(rank == below, below, below + 1), 0)


def _closest(n: Any, q: Any) -> Any:
    rank = n * q - 1.5
    below = np.floor(rank)
    stays = (rank == below) & (below % 2 == 1)
    return np.maximum(np.where(stays, below, below + 1), 0)


def _midpoint(n: Any, q: Any) -> Any:
    rank = (n - 1) * q
    return 0.5 * (np.floor(rank) + np.ceil(rank))


#: Methods whose quantile is an element: its rank.
DISCRETE: dict[str, Rank] = {
    "inverted_cdf": _inverted,
    "closest_observation": _closest,
    "lower": lambda n, q: np.floor((n - 1) * q),
    "higher": lambda n, q: np.ceil((n - 1) * q),
    "nearest": lambda n, q: np.round((n - 1) * q),
}

#: Methods whose quantile lies between two elements: a rank with a fraction.
CONTINUOUS: dict[str, Rank] = {
    "averaged_inverted_cdf": _stepped,
    "interpolated_inverted_cdf": _between(0, 1),
    "hazen": _between(0.5, 0.5),
    "weibull": _between(0, 0),
    "linear": _spaced,
    "median_unbiased": _between(1 / 3, 1 / 3),
    "normal_unbiased": _between(3 / 8, 3 / 8),
    "midpoint": _midpoint,
}


def check_method(method: str) -> None:
    """Refuse what is no method.

    Raises
    ------
    UsageError
        With the names of all.
    """
    if method not in DISCRETE and method not in CONTINUOUS:
        raise UsageError(
            f"{method!r} is not a valid method",
            caller_location(),
            f"Use one of {', '.join(sorted(DISCRETE | CONTINUOUS))}.",
        )


def neighbours(method: str, n: Any, q: Any) -> tuple[Any, Any, Any]:
    """Return the ranks below and above quantiles `q`, and how far between them.

    Parameters
    ----------
    method : str
        A continuous method.
    n : int or array
        How many elements there are; at least 1.
    q : array
        Quantiles from 0 to 1.

    Returns
    -------
    below, above : array
        Ranks from 0 to n - 1, as floats.
    fraction : array
        0 for the lower one, 1 for the upper one.
    """
    rank = CONTINUOUS[method](n, q)
    floor = np.floor(rank)
    below = np.clip(floor, 0, n - 1)
    above = np.clip(np.where(rank < 0, 0, floor + 1), 0, n - 1)
    return below, above, _fraction(method, rank, floor)


def _fraction(method: str, rank: Any, floor: Any) -> Any:
    fraction = rank - floor
    if method == "averaged_inverted_cdf":
        return np.where(fraction == 0, 0.5, 1.0)
    if method == "midpoint":
        return np.where(fraction == 0, 0.0, 0.5)
    return fraction
