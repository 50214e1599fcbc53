"""Stencils: types, meaning, text and boundaries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazydag.errors import ParseError, ShapeError
from lazydag.ir.attrs import StencilAttrs
from lazydag.ir.boundaries import padded, sources
from lazydag.ir.graph import make_graph, param
from lazydag.ir.node import make
from lazydag.ir.ops import OPS
from lazydag.ir.reference import evaluate_graph
from lazydag.ir.text import dump, parse
from lazydag.ir.types import BOOL, F64, ArrayType
from lazydag.ir.verify import verify

TEXT = """
graph @heat(%u: f64[4,6], %k: f64[])  stage=traced
  %0: f64[4,6] = stencil @point\
[neighbours="((0, 0, 0), (0, 0, 1), (1,))", \
boundary="('wrap', 'constant -0.0')", steps=3] %u %k {
    params %here: f64[], %right: f64[], %k: f64[]
    %a: f64[] = sub %right %here
    %b: f64[] = mul %k %a
    %c: f64[] = add %here %b
    yield %c
  }
  return %0
"""
NUMPYS = {
    "wrap": "wrap",
    "clamp": "edge",
    "reflect": "reflect",
    "symmetric": "symmetric",
}
X = param(0, ArrayType((5,), F64))


def test_text_is_read_as_it_is_written() -> None:
    graph = parse(TEXT)
    verify(graph)
    assert parse(dump(graph)) is graph
    attrs = graph.outputs[0].attrs
    assert isinstance(attrs, StencilAttrs)
    assert attrs.radius == (0, 1)
    assert attrs.boundary == ("wrap", "constant -0.0")


def test_sweeps_are_made_one_after_the_other() -> None:
    u = np.arange(24.0).reshape(4, 6)
    (found,) = evaluate_graph(parse(TEXT), [u, np.array(0.5)])
    for _ in range(3):
        right = np.pad(u, ((0, 0), (0, 1)))[:, 1:]
        u = u + 0.5 * (right - u)
    assert np.array_equal(found, u)


@given(
    st.sampled_from(sorted(NUMPYS)),
    st.lists(st.integers(1, 6), min_size=1, max_size=3),
    st.integers(0, 9),
)
def test_margins_are_those_of_numpy(name: str, shape: list[int], width: int) -> None:
    array = np.arange(float(np.prod(shape))).reshape(shape)
    found = padded(array, [width] * len(shape), [name] * len(shape))
    assert np.array_equal(found, np.pad(array, width, mode=NUMPYS[name]))


@given(st.lists(st.integers(2, 6), min_size=1, max_size=3), st.integers(0, 4))
def test_lines_go_on(shape: list[int], width: int) -> None:
    axes = np.meshgrid(*map(np.arange, shape), indexing="ij")
    wider = [np.arange(-width, n + width) for n in shape]
    outer = np.meshgrid(*wider, indexing="ij")
    found = padded(sum(axes) * 2.0, [width] * len(shape), ["extrapolate"] * len(shape))
    assert np.array_equal(found, sum(outer) * 2.0)


def test_one_element_is_all_there_is_to_extrapolate() -> None:
    assert sources("extrapolate", -2, 1) == (0,)
    assert padded(np.array([3]), [1], ["extrapolate"]).tolist() == [3, 3, 3]


def _point(*types: ArrayType) -> StencilAttrs:
    given = [param(slot, type_) for slot, type_ in enumerate(types)]
    return StencilAttrs(make_graph("point", given, given), ((0, 1),), ("clamp",))


@pytest.mark.parametrize(
    ("attrs", "what"),
    [
        (_point(ArrayType((), BOOL)), "a stencil's body takes"),
        (_point(ArrayType((3,), F64)), "a stencil's body has"),
        (
            StencilAttrs(make_graph("point", [], []), ((0, 1, 0),), ("clamp",)),
            r"\[1, 0\] from source 0",
        ),
        (StencilAttrs(make_graph("point", [], []), (), ()), "a stencil of 0 axes"),
    ],
)
def test_stencils_that_do_not_fit(attrs: StencilAttrs, what: str) -> None:
    with pytest.raises(ShapeError, match=what):
        make(OPS["stencil"], X, attrs=attrs)


def test_sources_are_of_one_shape() -> None:
    other = param(1, ArrayType((4,), F64))
    with pytest.raises(ShapeError, match="a stencil of"):
        make(OPS["stencil"], X, other, attrs=_point(ArrayType((), F64)))


def test_text_without_neighbours_is_refused() -> None:
    text = TEXT.replace(", boundary=\"('wrap', 'constant -0.0')\"", "")
    with pytest.raises(ParseError, match="stencil"):
        parse(text)
