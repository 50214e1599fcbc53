"""In which order to multiply arrays whose axes have labels: what costs least.

References
----------
R. N. C. Pfeifer, J. Haegeman, F. Verstraete, *Faster identification of optimal
contraction sequences for tensor networks*, Physical Review E 90 (2014), 033315.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from math import prod
from operator import or_
from typing import Final, TypeAlias

from lazydag.array.functions.beyond.labels import Label

#: Labels, or terms, as bits of a number.
Bits: TypeAlias = int
#: Two products of terms, each in the same form, or the number of a term.
Tree: TypeAlias = "int | tuple[Tree, Tree]"
#: Which terms are multiplied next; their product comes last.
Path: TypeAlias = list[tuple[int, ...]]

MOST_TERMS: Final = 9
"""So many terms are tried in all orders, which takes up to ``3**terms`` steps."""


def cheapest_path(
    terms: Sequence[Sequence[Label]],
    output: Sequence[Label],
    sizes: Mapping[Label, int],
) -> Path:
    """Return the order of products that takes the fewest multiplications.

    Parameters
    ----------
    terms : sequence of sequence of label
        The labels of each term's axes.
    output : sequence of label
        Those of the result.
    sizes : mapping of label to int
        The length of each axis.

    Examples
    --------
    >>> sizes = {"i": 1000, "j": 2, "k": 1000, "l": 3}
    >>> cheapest_path(["ij", "jk", "kl"], "il", sizes)
    [(1, 2), (0, 1)]

    Notes
    -----
    Dynamic programming over sets of terms that share labels. Sets that share none are
    multiplied last, those of the smallest results first.
    """
    search = _Search.of(terms, output, sizes)
    whole = sorted(map(search.best, search.components()), key=search.result_size)
    tree, *others = [search.tree[each] for each in whole]
    for other in others:
        tree = tree, other
    return _path(tree, len(terms))


@dataclass(slots=True)
class _Search:
    """The best trees of sets of terms.

    Attributes
    ----------
    labels
        Of each term.
    output
        Of the result.
    sizes
        The length of each label's axis, by its bit.
    cost, tree
        The fewest multiplications for a set of terms, and how.
    """

    labels: list[Bits]
    output: Bits
    sizes: list[int]
    cost: dict[Bits, int] = field(default_factory=dict)
    tree: dict[Bits, Tree] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        terms: Sequence[Sequence[Label]],
        output: Sequence[Label],
        sizes: Mapping[Label, int],
    ) -> _Search:
        """Return the search for terms of these labels."""
        bit = {label: 1 << i for i, label in enumerate(sizes)}

        def bits(labels: Sequence[Label]) -> Bits:
            return reduce(or_, (bit[label] for label in labels), 0)

        return cls(list(map(bits, terms)), bits(output), list(sizes.values()))

    def components(self) -> list[Bits]:
        """Return the sets of terms that are connected by labels."""
        left, found = set(range(len(self.labels))), []
        while left:
            inside = {left.pop()}
            labels = self._union(inside)
            while near := {i for i in left if self.labels[i] & labels}:
                left -= near
                inside |= near
                labels = self._union(inside)
            found.append(reduce(or_, (1 << i for i in inside)))
        return found

    def best(self, terms: Bits) -> Bits:
        """Find the best tree of a connected set of terms, and return the set."""
        single = [1 << i for i in range(len(self.labels)) if terms >> i & 1]
        by_size: list[list[Bits]] = [[], single]
        for each in single:
            self.cost[each], self.tree[each] = 0, each.bit_length() - 1
        for count in range(2, len(single) + 1):
            pairs = _pairs(by_size, count)
            joined = {a | b: None for a, b in pairs if self._join(a, b)}
            by_size.append(list(joined))
        return terms

    def result_size(self, terms: Bits) -> int:
        """Return the elements of the product of a set of terms."""
        return self._size(self._outer(terms))

    def _join(self, a: Bits, b: Bits) -> bool:
        """Keep the product of two sets if none is better; False if it is none."""
        left, right = self._outer(a), self._outer(b)
        if a & b or not left & right:
            return False
        cost = self.cost[a] + self.cost[b] + self._size(left | right)
        if cost < self.cost.get(a | b, cost + 1):
            self.cost[a | b], self.tree[a | b] = cost, (self.tree[a], self.tree[b])
        return True

    def _outer(self, terms: Bits) -> Bits:
        """Return the labels of a product that others need."""
        count = len(self.labels)
        inside = self._union(i for i in range(count) if terms >> i & 1)
        outside = self._union(i for i in range(count) if not terms >> i & 1)
        return inside & (outside | self.output)

    def _union(self, terms: Iterable[int]) -> Bits:
        return reduce(or_, (self.labels[i] for i in terms), 0)

    def _size(self, labels: Bits) -> int:
        return prod(n for i, n in enumerate(self.sizes) if labels >> i & 1)


def _pairs(by_size: list[list[Bits]], count: int) -> Iterator[tuple[Bits, Bits]]:
    """Yield sets of so many terms together, each pair once if they differ in size."""
    for first in range(1, count // 2 + 1):
        for a in by_size[first]:
            for b in by_size[count - first]:
                yield a, b


def _path(tree: Tree, count: int) -> Path:
    """Return the places of what is multiplied in a list that products are added to."""
    places: list[Tree] = list(range(count))
    path: Path = []
    for pair in _inner_first(tree):
        chosen = tuple(sorted(places.index(each) for each in pair))
        path.append(chosen)
        places = [each for i, each in enumerate(places) if i not in chosen]
        places.append(pair)
    return path


def _inner_first(tree: Tree) -> Iterator[tuple[Tree, Tree]]:
    if isinstance(tree, tuple):
        for part in tree:
            yield from _inner_first(part)
        yield tree
