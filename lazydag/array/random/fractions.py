"""What other distributions are made of: fractions, normal and exponential numbers.

One word of the stream gives one number of f64, or two of f32.
"""

from __future__ import annotations

from math import pi, prod
from typing import TYPE_CHECKING

from lazydag.array.array import Array
from lazydag.array.functions.elementwise import cos, log, log1p, sqrt
from lazydag.array.nodes.broadcast import Ints
from lazydag.ir.types import F32, F64, DType

if TYPE_CHECKING:
    from lazydag.array.random.generator import Generator


def fractions(rng: Generator, shape: Ints, dtype: DType = F64) -> Array:
    """Draw numbers from 0 to 1, without 1: multiples of 2**-53, in f32 of 2**-24."""
    if dtype == F32:
        span = rng.bit_generator.take(_words_of_halves(shape))
        return _times_power(Array(span.halves(shape)) >> 8, F32, -24)
    return _times_power(words(rng, shape) >> 11, F64, -53)


def open_fractions(rng: Generator, shape: Ints) -> Array:
    """Draw numbers between 0 and 1, neither of them: odd multiples of 2**-53."""
    found: Array = _times_power(words(rng, shape) >> 12, F64, -52) + 2.0**-53
    return found


def normals(rng: Generator, shape: Ints, dtype: DType = F64) -> Array:
    """Draw numbers with mean 0 and deviation 1, by the method of Box and Muller.

    Both words of a block, in f32 both halves of a word, are an angle and a distance;
    the number is one or the other coordinate.
    """
    if dtype == F32:
        span = rng.bit_generator.take(_words_of_halves(shape))
        first, second, is_second = map(Array, span.half_pairs(shape))
        distance = _times_power(first, F32, -32) + 2.0**-33
        turn = _times_power(second, F32, -32)
    else:
        span = rng.bit_generator.take(prod(shape))
        first, second, is_second = map(Array, span.pairs(shape))
        distance = _times_power(first >> 11, F64, -53) + 2.0**-54
        turn = _times_power(second >> 11, F64, -53)
    angle = turn * (2 * pi) - is_second.astype(dtype) * (pi / 2)
    radius: Array = sqrt(log(distance) * -2.0)
    found: Array = radius * cos(angle)
    return found


def exponentials(rng: Generator, shape: Ints, dtype: DType = F64) -> Array:
    """Draw numbers of mean 1 whose logarithm of the share beyond is linear."""
    found: Array = -log1p(-fractions(rng, shape, dtype))
    return found


def words(rng: Generator, shape: Ints) -> Array:
    """Draw words of 64 random bits."""
    return Array(rng.bit_generator.take(prod(shape)).words(shape))


def _words_of_halves(shape: Ints) -> int:
    return -(-prod(shape) // 2)


def _times_power(bits: Array, dtype: DType, power: int) -> Array:
    found: Array = bits.astype(dtype) * 2.0**power
    return found
