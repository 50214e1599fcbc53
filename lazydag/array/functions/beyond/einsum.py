"""Sums of products by labels of axes: `einsum`, lowered to matrix products."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from math import prod
from typing import Any, NamedTuple

import numpy as np

from lazydag.array.array import Array, view_of
from lazydag.array.functions.beyond.contraction_order import (
    MOST_TERMS,
    cheapest_path,
)
from lazydag.array.functions.beyond.labels import Label, Labels, parsed, wrong
from lazydag.array.functions.beyond.out import into
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.shapes import broadcast_to
from lazydag.array.nodes import move
from lazydag.array.nodes.dtypes import as_dtype, common
from lazydag.array.nodes.product import matmul
from lazydag.errors import DTypeError
from lazydag.ir.source import caller_location

#: So long a sum is not left to BLAS where there is no matrix on one of its sides.
_LONG = 64


class Term(NamedTuple):
    """An array and a label for each of its axes."""

    array: Array
    labels: Labels


@stands_for(np.einsum)
def einsum(
    *operands: Any, out: Any = None, optimize: Any = False, **kwargs: Any
) -> Any:
    """Sums of products over axes that are named by labels.

    Parameters
    ----------
    *operands
        Subscripts such as ``"ij,jk->ik"`` and arrays, or arrays and lists of labels in
        turn.
    out : array, optional
        Where to write the result.
    optimize : bool, str or list
        In which order three and more operands are multiplied, as in `einsum_path`. By
        default that with the fewest multiplications, for more than nine operands the
        greedy one.
    **kwargs
        `dtype` to compute in, the `casting` to it that is allowed ("safe"), and
        `order`, which makes no difference.

    Returns
    -------
    Array
        A view, if nothing is computed.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.einsum("ij,j", [[1.0, 2.0], [3.0, 4.0]], [1.0, 1.0])
    Array([3., 7.])
    >>> np.einsum("ii->i", [[1, 2], [3, 4]])
    Array([1, 4])

    Notes
    -----
    Operands are multiplied two by two. Where labels are summed and both have others,
    that is a matrix product of transposed and reshaped operands; else it is a product
    of elements and a sum, which fuse.
    """
    dtype, casting = _options(**kwargs)
    arrays, inputs, output = parsed(operands)
    arrays = _converted(arrays, dtype, casting)
    terms = [_collapsed(Term(*each)) for each in zip(arrays, inputs, strict=True)]
    terms = _stretched(terms)
    for places in _order(terms, output, optimize):
        chosen = [terms.pop(i) for i in sorted(places, reverse=True)][::-1]
        kept = {*output, *chain.from_iterable(term.labels for term in terms)}
        first = chosen[0]
        for n, second in enumerate(chosen[1:], 2):
            rest = chain.from_iterable(term.labels for term in chosen[n:])
            first = _product(first, second, {*kept, *rest}, output)
        terms.append(first)
    (last,) = terms
    return into(out, "einsum", _arranged(_summed(last, set(output)), output))


@stands_for(np.einsum_path)
def einsum_path(
    *operands: Any, optimize: Any = "greedy", einsum_call: bool = False
) -> Any:
    """In which order to multiply the operands of an `einsum`, and what it costs.

    Parameters
    ----------
    *operands
        As for `einsum`. Only the shapes matter.
    optimize : bool, str or list
        "greedy", "optimal", either with the largest size of a partial product, or a
        path that is known.
    einsum_call : bool
        Return what NumPy's einsum works with.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> a = np.ones((2, 3))
    >>> np.einsum_path("ij,jk,kl->il", a, a.T, a)[0]
    ['einsum_path', (0, 1), (0, 1)]
    """
    dummies = [
        _dummy(each.shape, each.dtype) if isinstance(each, Array) else each
        for each in operands
    ]
    call: Any = np.einsum_path
    return call(*dummies, optimize=optimize, einsum_call=einsum_call)


def _dummy(shape: Any, dtype: Any = np.float64) -> Any:
    """Return an array of no memory."""
    return np.broadcast_to(np.zeros((), dtype), shape)


def _options(
    dtype: Any = None, order: str = "K", casting: Any = "safe"
) -> tuple[Any, Any]:
    del order
    return None if dtype is None else as_dtype(dtype), casting


def _converted(arrays: list[Array], dtype: Any, casting: Any) -> list[Array]:
    wanted = dtype or common(tuple(each.dtype for each in arrays))
    for each in arrays:
        if not np.can_cast(each.dtype, wanted, casting):
            raise DTypeError(
                f"cannot cast einsum's operand from {each.dtype!r} to {wanted!r} "
                f"according to the rule '{casting}'",
                caller_location(),
            )
    return [each.astype(wanted, copy=False) for each in arrays]


def _collapsed(term: Term) -> Term:
    """Return the diagonal of axes that share a label."""
    array, labels = term
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            i = labels.index(label)
            j = labels.index(label, i + 1)
            array, labels = _diagonal(array, labels, i, j)
    return Term(array, labels)


def _diagonal(array: Array, labels: Labels, i: int, j: int) -> tuple[Array, Labels]:
    lengths = array.shape[i], array.shape[j]
    if 1 in lengths and lengths[0] != lengths[1]:
        alone = i if lengths[0] == 1 else j
        array = view_of(array, move.squeeze, alone)
        return array, labels[:alone] + labels[alone + 1 :]
    if lengths[0] != lengths[1]:
        raise wrong(f"axes {i} and {j} of {array.node.type} share {labels[i]!r}")
    pairs = view_of(array, move.moveaxis, (i, j), (-2, -1))
    rest = tuple(each for n, each in enumerate(labels) if n not in (i, j))
    return view_of(pairs, move.diagonal, 0), (*rest, labels[i])


def _stretched(terms: list[Term]) -> list[Term]:
    """Return the terms with axes of one element as long as others of their label."""
    sizes: dict[Label, int] = {}
    for term in terms:
        for label, length in zip(term.labels, term.array.shape, strict=True):
            known = sizes.setdefault(label, length)
            if known != length and 1 not in (known, length):
                raise wrong(f"{label!r} has {known} elements and {length}")
            sizes[label] = length if known == 1 else known
    found = []
    for array, labels in terms:
        shape = tuple(sizes[label] for label in labels)
        fits = array.shape == shape
        found.append(Term(array if fits else broadcast_to(array, shape), labels))
    return found


def _order(
    terms: Sequence[Term], output: Labels, optimize: Any
) -> Iterator[tuple[int, ...]]:
    """Yield which terms to multiply next; their product comes last."""
    if len(terms) <= 2:
        yield tuple(range(len(terms)))
        return
    labels = tuple(term.labels for term in terms)
    shapes = tuple(term.array.shape for term in terms)
    if isinstance(optimize, list):
        yield from _path(labels, shapes, output, optimize)
    else:
        wanted = None if isinstance(optimize, bool | None) else optimize
        if wanted is None and len(terms) > MOST_TERMS:
            wanted = "greedy"
        yield from _known_path(labels, shapes, output, wanted)


def _path(
    labels: tuple[Labels, ...], shapes: tuple[Any, ...], output: Labels, optimize: Any
) -> list[tuple[int, ...]]:
    """Return the order that NumPy finds, or without a wish the cheapest."""
    if optimize is None:
        pairs = zip(
            chain.from_iterable(labels), chain.from_iterable(shapes), strict=True
        )
        return cheapest_path(labels, output, dict(pairs))
    names = dict.fromkeys(chain.from_iterable(labels))
    numbers = {label: number for number, label in enumerate(names)}
    listed: list[Any] = []
    for each, shape in zip(labels, shapes, strict=True):
        listed += [_dummy(shape), [numbers[label] for label in each]]
    listed.append([numbers[label] for label in output])
    path, _ = np.einsum_path(*listed, optimize=optimize)
    return path[1:]


_known_path = lru_cache(maxsize=256)(_path)


def _product(a: Term, b: Term, kept: set[Label], output: Labels) -> Term:
    """Return the product of two terms, summed over labels that nobody needs."""
    a = _summed(a, {*kept, *b.labels})
    b = _summed(b, {*kept, *a.labels})
    # Reshaping copies one of them, if their orders differ: the smaller.
    first, second = (a, b) if a.array.size >= b.array.size else (b, a)
    shared = [label for label in first.labels if label in second.labels]
    summed = [label for label in shared if label not in kept]
    left = [label for label in a.labels if label not in shared]
    right = [label for label in b.labels if label not in shared]
    stack = [label for label in shared if label in kept]
    length = prod(a.array.shape[a.labels.index(label)] for label in summed)
    is_long = length >= _LONG and not (left and right)
    if not summed or not (left or right) or is_long:
        big, small = (a, b) if len(a.labels) >= len(b.labels) else (b, a)
        others = [label for label in small.labels if label not in big.labels]
        labels = (*others, *big.labels)
        found = _aligned(a, labels) * _aligned(b, labels)
        return _summed(Term(found, labels), kept)
    if left and right and left[0] in output and right[0] in output:
        swapped = output.index(right[0]) < output.index(left[0])
    else:
        swapped = not left
    if swapped:
        return _matrix_product(b, a, stack, summed)
    return _matrix_product(a, b, stack, summed)


def _matrix_product(a: Term, b: Term, stack: list[Label], summed: list[Label]) -> Term:
    """Return a product of matrices, whose rows are of `a` and whose columns of `b`."""
    rows = [label for label in a.labels if label not in (*stack, *summed)]
    columns = [label for label in b.labels if label not in (*stack, *summed)]
    left = _grouped(a, stack, rows, summed)
    right = _grouped(b, stack, summed, columns)
    vector = not columns and not stack
    found = Array(matmul(left.node, (right[:, 0] if vector else right).node))
    sizes = dict(zip(a.labels, a.array.shape, strict=True))
    sizes.update(zip(b.labels, b.array.shape, strict=True))
    labels = (*stack, *rows, *columns)
    return Term(found.reshape([sizes[label] for label in labels]), labels)


def _grouped(
    term: Term, stack: list[Label], rows: list[Label], columns: list[Label]
) -> Array:
    """Return matrices: a stack of them, the labels of rows as one axis, and so on."""
    array = _arranged(term, (*stack, *rows, *columns))
    n, m = len(stack), len(stack) + len(rows)
    shape = array.shape
    return array.reshape((*shape[:n], prod(shape[n:m]), prod(shape[m:])))


def _summed(term: Term, kept: set[Label]) -> Term:
    """Return the sum over axes whose labels are not kept, in the same type."""
    gone = tuple(i for i, label in enumerate(term.labels) if label not in kept)
    if not gone:
        return term
    array = term.array
    is_bool = array.dtype.kind == "b"
    found = array.any(gone) if is_bool else array.sum(gone, array.dtype)
    return Term(found, tuple(each for each in term.labels if each in kept))


def _arranged(term: Term, labels: Labels) -> Array:
    """Return the array with its axes in the order of these labels."""
    order = tuple(term.labels.index(label) for label in labels)
    return view_of(term.array, move.transpose, order)


def _aligned(term: Term, labels: Labels) -> Any:
    """Return the array with an axis for each label, of one element for others'."""
    own = tuple(label for label in labels if label in term.labels)
    sizes = dict(zip(term.labels, term.array.shape, strict=True))
    shape = [sizes.get(label, 1) for label in labels]
    return _arranged(term, own).reshape(shape)
