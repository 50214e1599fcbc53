"""Random numbers: a stream that depends on a seed and a position, and on nothing else.

In: generators and what people ask of them. Out: lazy arrays. `words` has the bits,
`bits` the generator of them, `fractions` what numbers are made of, and `generator` the
methods that people call, which lie in a module for each kind of distribution.
"""

from lazydag.array.random.bits import Philox
from lazydag.array.random.generator import Generator, default_rng
from lazydag.array.random.legacy import RandomState

__all__ = ["Generator", "Philox", "RandomState", "default_rng"]
