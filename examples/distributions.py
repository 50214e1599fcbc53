"""Random samples of many distributions and lengths: a table of futures, then fetched.

The loop fills a pandas DataFrame with tasks, which run while it goes on. `ld.fetch`
turns each into its result.

Run it: ``python examples/distributions.py --seed 7``
"""

from __future__ import annotations

import argparse
import math
from typing import Any, Final

import numpy as np
import pandas as pd

import lazydag as ld

LENGTHS: Final = (1_000, 10_000, 100_000, 1_000_000)

# Name, parameters for `numpy.random.Generator`, and the mean that samples tend to.
DISTRIBUTIONS: Final[dict[str, tuple[tuple[float, ...], float]]] = {
    "normal": ((0.0, 1.0), 0.0),
    "uniform": ((0.0, 1.0), 0.5),
    "exponential": ((2.0,), 2.0),
    "gamma": ((3.0, 0.5), 1.5),
    "poisson": ((4.0,), 4.0),
    "beta": ((2.0, 6.0), 0.25),
}


def sample_mean(name: str, length: int, seed: int) -> tuple[float, float]:
    """Return the mean of a sample and the standard error of that mean."""
    parameters, _ = DISTRIBUTIONS[name]
    generator = np.random.default_rng([seed, length])
    sample = getattr(generator, name)(*parameters, size=length)
    return float(sample.mean()), float(sample.std() / math.sqrt(length))


def table_of_tasks(seed: int) -> pd.DataFrame:
    """Return a table whose cells are tasks, running already."""
    table: dict[str, list[Any]] = {
        name: [ld.spawn(sample_mean, name, length, seed) for length in LENGTHS]
        for name in DISTRIBUTIONS
    }
    return pd.DataFrame(table, index=pd.Index(LENGTHS, name="length"))


def main() -> None:
    """Sample all distributions at all lengths, and check the means."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seed", type=int, default=0)
    seed = parser.parse_args().seed

    results = table_of_tasks(seed).map(ld.fetch)
    print(results.map(lambda cell: f"{cell[0]:.4f} ± {cell[1]:.4f}").to_string())
    for name, (_, expected) in DISTRIBUTIONS.items():
        for mean, error in results[name]:
            if abs(mean - expected) > 6 * error:
                raise SystemExit(f"{name}: {mean} is too far from {expected}")


if __name__ == "__main__":
    main()
