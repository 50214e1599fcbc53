"""The language of `einsum`: which axis of which operand has which label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from operator import index
from typing import Any, TypeAlias

from lazydag.array.array import Array
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.errors import DTypeError, UsageError
from lazydag.ir.source import caller_location

#: A letter, a number, or a place before the end of what an ellipsis stands for.
Label: TypeAlias = Hashable
Labels: TypeAlias = tuple[Label, ...]


def parsed(operands: Sequence[Any]) -> tuple[list[Array], list[Labels], Labels]:
    """Return the arrays, the labels of their axes and those of the result.

    Parameters
    ----------
    operands : sequence
        Subscripts and arrays, or arrays and lists of labels in turn.

    Raises
    ------
    UsageError
        If the subscripts do not fit the arrays.
    """
    if not operands:
        raise wrong("No input operands")
    if isinstance(operands[0], str):
        arrays = [as_array(each) for each in operands[1:]]
        terms, result = _of_text(operands[0])
    else:
        arrays = [as_array(each) for each in operands[: len(operands) // 2 * 2 : 2]]
        terms = [_of_list(each) for each in operands[1::2]]
        result = _of_list(operands[-1]) if len(operands) % 2 else None
    if len(terms) != len(arrays):
        raise wrong(f"{len(terms)} terms of subscripts for {len(arrays)} operands")
    inputs = [_expanded(*each) for each in zip(terms, arrays, strict=True)]
    return arrays, inputs, _output(inputs, result)


def wrong(what: str) -> UsageError:
    """Return the error for subscripts that cannot be."""
    return UsageError(f"einsum: {what}", caller_location())


def _of_text(text: str) -> tuple[list[list[Label]], list[Label] | None]:
    text = text.replace(" ", "")
    left, arrow, right = text.partition("->")
    if "-" in left + right or ">" in left + right:
        raise wrong("Subscripts can only contain one '->'.")
    terms = [list(_letters(term)) for term in left.split(",")]
    return terms, list(_letters(right)) if arrow else None


def _letters(term: str) -> Iterator[Label]:
    before, dots, after = term.partition("...")
    for letter in before + after:
        if not (letter.isascii() and letter.isalpha()):
            raise wrong(f"{letter!r} in {term!r} is not a valid symbol")
    yield from before
    if dots:
        yield Ellipsis
    yield from after


def _of_list(labels: Iterable[Any]) -> list[Label]:
    try:
        return [each if each is Ellipsis else index(each) for each in labels]
    except TypeError:
        raise DTypeError(
            "einsum: lists of labels hold integers or Ellipsis", caller_location()
        ) from None


def _expanded(term: list[Label], array: Array) -> Labels:
    """Return a label for each axis of an operand."""
    named = len(term) - term.count(Ellipsis)
    if named > array.ndim:
        raise wrong(f"too many subscripts for {array.node.type}: {named}")
    if named < array.ndim and Ellipsis not in term:
        raise wrong(f"{array.node.type} has more axes than subscripts, and no '...'")
    return _with_dots(term, array.ndim - named)


def _with_dots(term: list[Label], count: int) -> Labels:
    found: list[Label] = []
    for label in term:
        found += _dots(count) if label is Ellipsis else [label]
    return tuple(found)


def _dots(count: int) -> list[Label]:
    """Return labels for the axes of an ellipsis, matched from the last one."""
    return [("...", place) for place in range(-count, 0)]


def _output(inputs: list[Labels], result: list[Label] | None) -> Labels:
    times = Counter(label for labels in inputs for label in labels)
    longest = sum(isinstance(label, tuple) for label in times)
    if result is None:
        once: list[Any] = [each for each, n in times.items() if n == 1]
        letters = sorted(each for each in once if not isinstance(each, tuple))
        return (*_dots(longest), *letters)
    if longest and Ellipsis not in result:
        raise wrong("the output has no '...' for the axes that stretch")
    output = _with_dots(result, longest)
    for label in output:
        if output.count(label) > 1:
            raise wrong(f"{label!r} comes more than once in the output")
        if label not in times:
            raise wrong(f"{label!r} of the output is in no operand")
    return output
