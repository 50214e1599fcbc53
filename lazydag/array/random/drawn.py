"""Distributions that NumPy draws, in one call, from a stream of its own.

They try numbers until one is taken, so that no element is known by its position. The
stream starts where the draw does, so that the numbers depend on seed and position here,
too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.nodes.broadcast import Ints
from lazydag.array.nodes.library import call
from lazydag.array.random.parameters import (
    as_size,
    check,
    drawn_shape,
    float_dtype,
    into,
    known_values,
    parameters,
    shape_for,
)
from lazydag.ir.node import Node
from lazydag.ir.types import F64, I64, DType, dtype_name

if TYPE_CHECKING:
    from lazydag.array.random.generator import Generator

Method: TypeAlias = Callable[..., Array]

_DOC = """Draw {does}

Parameters
----------
{parameters} : float or array
    As of `numpy.random.Generator.{name}`.
size : int or tuple of int, optional
    The shape; that of the parameters by default.

Notes
-----
NumPy draws them when the value is needed, with its own Philox generator, which starts
from this one's state.

Examples
--------
>>> import lazydag.numpy as np
>>> np.random.default_rng(1).{name}({sample}, size=3).shape
(3,)
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A distribution.

    Parameters
    ----------
    name : str
        Of NumPy's method.
    names : tuple of str
        Of its parameters.
    does : str
        What is drawn.
    sample : str
        Parameters for an example.
    dtype : DType
        Of the numbers.
    default : float, optional
        Of the last parameter.
    """

    name: str
    names: tuple[str, ...]
    does: str
    sample: str
    dtype: DType = F64
    default: Any = Parameter.empty


ROWS = (
    Row("beta", ("a", "b"), "shares of gamma numbers.", "2.0, 3.0"),
    Row("binomial", ("n", "p"), "numbers of successes in `n` trials.", "9, 0.3", I64),
    Row("chisquare", ("df",), "sums of `df` squares of normal numbers.", "3.0"),
    Row("f", ("dfnum", "dfden"), "quotients of mean squares.", "2.0, 5.0"),
    Row("gamma", ("shape", "scale"), "gamma distributed numbers.", "2.0", F64, 1.0),
    Row(
        "hypergeometric",
        ("ngood", "nbad", "nsample"),
        "numbers of good ones in samples without replacement.",
        "9, 5, 4",
        I64,
    ),
    Row("logseries", ("p",), "numbers with logarithmic series weights.", "0.4", I64),
    Row(
        "negative_binomial",
        ("n", "p"),
        "numbers of failures before `n` successes.",
        "3, 0.4",
        I64,
    ),
    Row(
        "noncentral_chisquare",
        ("df", "nonc"),
        "sums of squares of normal numbers around others than 0.",
        "3.0, 1.0",
    ),
    Row(
        "noncentral_f",
        ("dfnum", "dfden", "nonc"),
        "quotients of mean squares, the first around others than 0.",
        "3.0, 4.0, 1.0",
    ),
    Row("poisson", ("lam",), "numbers of events, `lam` on average.", "", I64, 1.0),
    Row("standard_t", ("df",), "Student's t.", "5.0"),
    Row("vonmises", ("mu", "kappa"), "angles near `mu`.", "0.0, 2.0"),
    Row("zipf", ("a",), "numbers that are the rarer the greater.", "2.5", I64),
)


def _method(row: Row) -> Method:
    signature = _signature(row)

    def method(self: Generator, *args: Any, **kwargs: Any) -> Array:
        bound = signature.bind(self, *args, **kwargs)
        bound.apply_defaults()
        _, *values, size = bound.arguments.values()
        check(row.name, *map(known_values, values))
        shape = shape_for(size, *values)
        return draw(self, row.name, values, shape, shape, row.dtype)

    method.__name__ = row.name
    method.__qualname__ = f"Generator.{row.name}"
    method.__signature__ = signature  # type: ignore[attr-defined]
    method.__doc__ = _DOC.format(
        does=row.does,
        name=row.name,
        parameters=", ".join(row.names),
        sample=row.sample,
    ).replace("(, ", "(")
    return method


def _signature(row: Row) -> Signature:
    kind = Parameter.POSITIONAL_OR_KEYWORD
    *first, last = [Parameter(name, kind) for name in row.names]
    last = last.replace(default=row.default)
    size = Parameter("size", kind, default=None)
    return Signature([Parameter("self", kind), *first, last, size])


def draw(
    rng: Generator,
    name: str,
    values: Sequence[Any],
    size: Ints,
    shape: Ints,
    dtype: DType,
    **options: Any,
) -> Array:
    """Return what NumPy's method `name` draws with these parameters."""
    span = rng.bit_generator.take_blocks(1)
    nodes: list[Node] = [span.key, span.stream, span.first, *map(node_of, values)]
    told: dict[str, Any] = {"size": size, "shape": shape, "dtype": dtype_name(dtype)}
    return Array(call("draw", *nodes, distribution=name, **told, **options))


def standard_gamma(
    self: Generator,
    shape: Any,
    size: Any = None,
    dtype: Any = np.float64,
    out: Any = None,
) -> Any:
    """Draw gamma distributed numbers with scale 1.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.random.default_rng(1).standard_gamma([1.0, 2.0]).shape
    (2,)
    """
    kind = float_dtype("standard_gamma", dtype)
    (form,) = parameters("standard_gamma", shape)
    found = drawn_shape(size, kind, out, form)
    return into(out, draw(self, "standard_gamma", [form], found, found, kind))


def dirichlet(self: Generator, alpha: Any, size: Any = None) -> Array:
    """Draw vectors of shares that add up to 1.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.random.default_rng(1).dirichlet([1.0, 2.0, 3.0], size=5).shape
    (5, 3)
    """
    check("dirichlet", known_values(alpha))
    return _vectors(self, "dirichlet", [alpha], alpha, as_size(size), F64)


def multinomial(self: Generator, n: Any, pvals: Any, size: Any = None) -> Array:
    """Draw how often each of several outcomes comes in `n` trials.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.random.default_rng(1).multinomial(10, [0.5, 0.5]).sum()
    Array(10)
    """
    check("multinomial", known_values(n), known_values(pvals))
    shares = Array(node_of(pvals))
    shape = shape_for(size, n, shares[..., 0])
    return _vectors(self, "multinomial", [n, shares], shares, shape, I64)


def multivariate_hypergeometric(
    self: Generator,
    colors: Any,
    nsample: Any,
    size: Any = None,
    method: str = "marginals",
) -> Array:
    """Draw how many of each color are in samples without replacement.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.random.default_rng(1).multivariate_hypergeometric([3, 4], 5).sum()
    Array(5)
    """
    name = "multivariate_hypergeometric"
    check(name, known_values(colors), known_values(nsample))
    values, shape = [colors, nsample], as_size(size)
    return _vectors(self, name, values, colors, shape, I64, method=method)


def _vectors(
    rng: Generator,
    name: str,
    values: Sequence[Any],
    like: Any,
    size: Ints,
    dtype: DType,
    **options: Any,
) -> Array:
    """Draw vectors of as many elements as the last axis of `like` has."""
    shape = (*size, node_of(like).type.shape[-1])
    return draw(rng, name, values, size, shape, dtype, **options)


#: The methods of the table, by name.
METHODS: dict[str, Method] = {row.name: _method(row) for row in ROWS}
