"""Explanations of functions that are not one plan."""

import json
from typing import Any

import numpy as np

import lazydag as ld

X = np.arange(8.0)


def settle(x: Any) -> Any:
    """Halve until nothing is above one."""
    while x.max() > 1.0:
        x = x / 2
    return x + 1


def test_each_part_that_differs_is_shown_with_its_line() -> None:
    text = str(ld.explain(ld.jit(settle), X, stage="traced"))
    assert text.startswith("This function is run by plans of its parts.")
    heads = [line for line in text.splitlines() if line.startswith("Part ")]
    assert [head.partition(":")[0] for head in heads] == [
        "Part 1",
        "Part 2, 3 times",
        "Part 3",
    ]
    assert heads[1].endswith("test_parts.py:15  while x.max() > 1.0:")
    assert heads[2].endswith("what is left when the function returns.")
    assert text.count("graph @settle") == 3


def test_json_and_dot_of_parts() -> None:
    explanation = ld.explain(ld.jit(settle), X, format="json", stage="fused")
    document = json.loads(str(explanation))
    assert [part["stages"][0]["stage"] for part in document["parts"]] == ["fused"] * 3
    assert document["parts"][1]["heading"].startswith("Part 2, 3 times")
    assert explanation.dot().count("digraph") == 3
    assert len(explanation.graphs) == 3


def test_explaining_writes_nothing() -> None:
    @ld.jit
    def f(a: Any) -> None:
        a += 1
        if a.sum() > 0:
            a += 1

    a = X.copy()
    assert "Part 2" in str(ld.explain(f, a))
    assert a.tolist() == X.tolist()


def test_functions_that_are_not_traced() -> None:
    @ld.jit
    def tally(x: Any) -> Any:
        total = 0.0
        for i in range(2000):
            total += float(x[i % 8])
        return total

    text = str(ld.explain(tally, X))
    assert text == "This function is run by Numba, since it looks at many values."
    other = ld.jit(np.lib.scimath.sqrt)
    assert str(ld.explain(other, X)).startswith("This function is run by NumPy, since")
