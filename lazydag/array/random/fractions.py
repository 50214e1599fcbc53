"""What other distributions are made of: fractions, normal and exponential numbers.

One word of the stream gives one number of f64, or two of f32.
"""

from __future__ import annotations

from math import pi, prod
from typing import TYPE_CHECKING

from lazydag.array.array import Array
from lazydag.array.functions.elementwise import cos, log, log1p, sqrt
from lazydag.array.nodes.broadcast import Ints
from lazydag.array.random.ahead import drawn
from lazydag.array.random.words import Span
from lazydag.ir.types import F32, F64, DType

if TYPE_CHECKING:
    from lazydag.array.random.generator import Generator


def fractions(rng: Generator, shape: Ints, dtype: DType = F64) -> Array:
    """Draw numbers from 0 to 1, without 1: multiples of 2**-53, in f32 of 2**-24."""
    if dtype == F32:
        span = rng.bit_generator.take(_words_of_halves(shape))
        return _times_power(Array(span.halves(shape)) >> 8, F32, -24)
    return drawn(rng.bit_generator, _fractions, shape)


def open_fractions(rng: Generator, shape: Ints) -> Array:
    """Draw numbers between 0 and 1, neither of them: odd multiples of 2**-53."""
    return drawn(rng.bit_generator, _open_fractions, shape)


def normals(rng: Generator, shape: Ints, dtype: DType = F64) -> Array:
    """Draw numbers with mean 0 and deviation 1, by the method of Box and Muller.

    Both words of a block, in f32 both halves of a word, are an angle and a distance;
    the number is one or the other coordinate.
    """
    if dtype == F32:
        span = rng.bit_generator.take(_words_of_halves(shape))
        first, second, is_second = map(Array, span.half_pairs(shape))
        distance = _times_power(first, F32, -32) + 2.0**-33
        return _coordinate(distance, _times_power(second, F32, -32), is_second)
    return drawn(rng.bit_generator, _normals, shape)


def exponentials(rng: Generator, shape: Ints, dtype: DType = F64) -> Array:
    """Draw numbers of mean 1 whose logarithm of the share beyond is linear."""
    if dtype == F32:
        return _exponential(fractions(rng, shape, dtype))
    return drawn(rng.bit_generator, _exponentials, shape)


def words(rng: Generator, shape: Ints) -> Array:
    """Draw words of 64 random bits."""
    return drawn(rng.bit_generator, _words, shape)


def _words(span: Span, shape: Ints) -> Array:
    return Array(span.words(shape))


def _fractions(span: Span, shape: Ints) -> Array:
    return _times_power(_words(span, shape) >> 11, F64, -53)


def _open_fractions(span: Span, shape: Ints) -> Array:
    found: Array = _times_power(_words(span, shape) >> 12, F64, -52) + 2.0**-53
    return found


def _exponentials(span: Span, shape: Ints) -> Array:
    return _exponential(_fractions(span, shape))


def _exponential(share: Array) -> Array:
    found: Array = -log1p(-share)
    return found


def _normals(span: Span, shape: Ints) -> Array:
    first, second, is_second = map(Array, span.pairs(shape))
    distance = _times_power(first >> 11, F64, -53) + 2.0**-54
    return _coordinate(distance, _times_power(second >> 11, F64, -53), is_second)


def _coordinate(distance: Array, turn: Array, is_second: Array) -> Array:
    """Return the first or the second coordinate of a normally distributed point."""
    angle = turn * (2 * pi) - is_second.astype(turn.dtype) * (pi / 2)
    radius: Array = sqrt(log(distance) * -2.0)
    found: Array = radius * cos(angle)
    return found


def _words_of_halves(shape: Ints) -> int:
    return -(-prod(shape) // 2)


def _times_power(bits: Array, dtype: DType, power: int) -> Array:
    found: Array = bits.astype(dtype) * 2.0**power
    return found
