"""Trees: apart and together again."""

from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest

from lazydag.array.pytree import build, flatten, paths


class Pair(NamedTuple):
    left: Any
    right: Any


@dataclass(frozen=True)
class Model:
    weights: Any
    bias: Any
    name: str = field(default="m", metadata={"static": True})

    def __post_init__(self) -> None:
        assert not isinstance(self.weights, str), "the constructor must not run"


@pytest.mark.parametrize(
    ("tree", "leaves"),
    [
        (1, [1]),
        (None, []),
        ((1, (2, [3, None])), [1, 2, 3]),
        ({"b": 1, "a": (2,)}, [1, 2]),
        (Pair(1, {"x": 2}), [1, 2]),
        (OrderedDict(a=1), [1]),
        (Model(1, [2, 3]), [1, 2, 3]),
        ((), []),
    ],
)
def test_round_trip(tree: Any, leaves: list[Any]) -> None:
    found, structure = flatten(tree)
    assert found == leaves
    hash(structure)
    again = build(structure, found)
    assert again == tree
    assert type(again) is type(tree)


def test_structure_tells_containers_apart() -> None:
    trees: list[Any] = [
        (1, 2),
        [1, 2],
        {"a": 1, "b": 2},
        {"b": 1, "a": 2},
        Pair(1, 2),
        (1, (2,)),
    ]
    trees += [Model(1, 2), Model(1, 2, "n")]
    assert len({flatten(tree)[1] for tree in trees}) == len(trees)


def test_other_leaves_take_the_place() -> None:
    _, structure = flatten({"m": Model(1, 2), "d": defaultdict(list, x=3)})
    again = build(structure, ["a", "b", "c"])
    assert (again["m"].weights, again["m"].bias, again["d"]["x"]) == ("a", "b", "c")


def test_paths() -> None:
    _, structure = flatten({"a": (1, [2]), "m": Model(3, 4)})
    assert paths(structure, "x") == ["x.a.0", "x.a.1.0", "x.m.weights", "x.m.bias"]
