"""The tables of docs/ir.md are those of the sources; --update-golden writes them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from lazydag.ir.graph import Stage
from lazydag.ir.invariants import INVARIANTS
from lazydag.ir.ops import OPS, Kind, Op

PAGE = Path(__file__).parents[2] / "docs" / "ir.md"

KINDS = {
    Kind.SOURCE: "Where values come from",
    Kind.ELEMENTWISE: "Element by element",
    Kind.MOVEMENT: "Views, which move no data",
    Kind.REDUCTION: "Reductions",
    Kind.LIBRARY: "Whole arrays at once, as one call",
    Kind.WRITE: "Writes, which leave their base as it was",
    Kind.GROUP: "Kernels, made by passes",
}
# Where neither a NumPy function nor the evaluator's first line says it.
MEANINGS = {
    "param": "an input of the graph",
    "leaf": "an array that the program holds",
    "erf": "the error function",
    "sum": "`numpy.sum` in the dtype of the array",
    "prod": "`numpy.prod` in the dtype of the array",
    "amin": "`numpy.min`",
    "amax": "`numpy.max`",
    "any": "`numpy.any`",
    "all": "`numpy.all`",
    "m2": "sum of squared deviations from the mean",
    "residual": "sum of deviations from the rounded mean, `sum / count`",
    "loop": "a body, run again and again on what it made before",
    "branch": "one of several bodies",
    "stencil": "each element anew of those around it, in sweeps",
    "copy": "the same values in another memory space",
    "kernel": "a body, computed as one; its outputs are its body's",
    "get": "one output of a kernel",
}


def meaning(op: Op) -> str:
    if op.name in MEANINGS:
        return MEANINGS[op.name]
    if op.ufunc is not None:
        return f"`numpy.{op.ufunc.__name__}`"
    first = (op.evaluate.__doc__ or "").splitlines()[0]
    return first[0].lower() + first[1:].rstrip(".")


def ops_tables() -> Iterator[str]:
    for kind, title in KINDS.items():
        yield f"\n### {title}\n\n"
        yield "| op | operands | attributes | meaning | cost |\n|---|---|---|---|---|\n"
        for op in OPS.values():
            if op.kind is kind:
                operands = "any" if op.arity < 0 else str(op.arity)
                names = ", ".join(f"`{f.name}`" for f in fields(op.attrs))
                row = (f"`{op.name}`", operands, names, meaning(op), f"{op.flops:g}")
                yield f"| {' | '.join(row)} |\n"
    yield "\n"


def invariants_table() -> Iterator[str]:
    yield "\n| from | invariant |\n|---|---|\n"
    for row in INVARIANTS:
        until = "" if row.last is Stage.PLACED else f" to {row.last.label}"
        yield f"| {row.first.label}{until} | {row.sentence} |\n"
    yield "\n"


@pytest.mark.parametrize(
    ("name", "rows"), [("ops", ops_tables), ("invariants", invariants_table)]
)
def test_tables(
    name: str, rows: Callable[[], Iterator[str]], request: pytest.FixtureRequest
) -> None:
    page = PAGE.read_text()
    section = re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- end -->)", re.DOTALL)
    wanted = "".join(rows())
    if request.config.getoption("--update-golden"):
        page = section.sub(lambda _: wanted, page, count=1)
        PAGE.write_text(page)
    found = section.search(page)
    assert found is not None
    assert found[0] == wanted, "docs/ir.md is out of date: --update-golden renews it"


def test_every_op_is_in_one_table() -> None:
    names = re.findall(r"^\| `(\w+)` \|", "".join(ops_tables()), re.MULTILINE)
    assert sorted(names) == sorted(OPS)
