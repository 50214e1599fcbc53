"""Operands and options for functions that sort, rank and count."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lazydag.ir.statistics import EDGES_GIVEN

Draw = Callable[..., Any]
Case = tuple[list[np.ndarray[Any, Any]], dict[str, Any]]

SHAPES = hnp.array_shapes(max_dims=3, max_side=4)
DTYPES = st.sampled_from(["i4", "i8", "f4", "f8"])
SMALL = st.integers(0, 5)


def _numbers(draw: Draw, shape: Any = SHAPES, dtype: Any = DTYPES) -> Any:
    return draw(hnp.arrays(dtype, shape, elements=SMALL))


def partitioning(draw: Draw, _name: str) -> Case:
    x = _numbers(draw)
    axis = draw(st.integers(0, x.ndim - 1))
    kth = draw(st.sets(st.integers(0, x.shape[axis] - 1), min_size=1))
    return [x], {"kth": tuple(sorted(kth)), "axis": axis}


def choosing(draw: Draw, _name: str) -> Case:
    x = _numbers(draw)
    axis = draw(st.integers(0, x.ndim - 1))
    k = draw(st.integers(0, x.shape[axis]))
    return [x], {"k": k, "axis": axis, "largest": draw(st.booleans())}


def ranking(draw: Draw, _name: str) -> Case:
    x = _numbers(draw)
    axis = draw(st.integers(0, x.ndim - 1))
    shape = list(x.shape)
    shape[axis] = draw(st.integers(1, 3))
    ranks = hnp.arrays("i8", tuple(shape), elements=st.integers(0, x.shape[axis] - 1))
    return [x, draw(ranks)], {"axis": axis}


def by_keys(draw: Draw, _name: str) -> Case:
    shape = draw(SHAPES)
    keys = [_numbers(draw, shape) for _ in range(draw(st.integers(1, 3)))]
    return keys, {"axis": draw(st.integers(0, len(shape) - 1))}


def binning(draw: Draw, _name: str) -> Case:
    edges = np.sort(_numbers(draw, (3,), "f8"))
    return [_numbers(draw), edges], {"right": draw(st.booleans())}


def along(draw: Draw, _name: str) -> Case:
    x = _numbers(draw)
    return [x], {"axis": draw(st.integers(0, x.ndim - 1))}


def weighing(draw: Draw, _name: str) -> Case:
    x = _numbers(draw)
    q = draw(hnp.arrays("f8", draw(st.sampled_from([(), (2,)])), elements=SMALL)) / 5
    return [x, q, np.ones(x.shape)], {"axis": draw(st.integers(0, x.ndim - 1))}


def _weights(draw: Draw, shape: Any) -> list[Any]:
    return [_numbers(draw, shape)] if draw(st.booleans()) else []


def counting(draw: Draw, _name: str) -> Case:
    x = _numbers(draw, st.integers(1, 5), st.sampled_from(["u1", "i8"]))
    return [x, *_weights(draw, x.shape)], {"length": int(x.max()) + 1 + draw(SMALL)}


def histogram(draw: Draw, _name: str) -> Case:
    x = _numbers(draw, st.integers(0, 5))
    options = {
        "bins": draw(st.integers(1, 4)),
        "range": draw(st.sampled_from([None, (0, 4), (-0.5, 2.5)])),
        "density": draw(st.booleans()),
    }
    return [x, *_weights(draw, x.shape)], options


def histogram_between(draw: Draw, _name: str) -> Case:
    x = _numbers(draw, st.integers(0, 5))
    edges = np.sort(_numbers(draw, st.integers(1, 4)))
    operands = [x, edges, *_weights(draw, x.shape)]
    return operands, {"density": draw(st.booleans())}


def boxes(draw: Draw, _name: str) -> Case:
    x = _numbers(draw, (draw(st.integers(1, 5)), 2))
    given = draw(st.booleans())
    edges = [np.array([0.0, 1.0, 4.0])] if given else []
    options = {
        "bins": (2, EDGES_GIVEN if given else 3),
        "ranges": (draw(st.sampled_from([None, (0, 4)])), None),
        "density": draw(st.booleans()),
    }
    return [x, *edges, *_weights(draw, x.shape[:1])], options


CASES: dict[str, Callable[[Draw, str], Case]] = {
    **dict.fromkeys(("partition", "argpartition", "ranked"), partitioning),
    "topk": choosing,
    "ranked_at": ranking,
    "lexsort": by_keys,
    "digitize": binning,
    **dict.fromkeys(("nanargmin", "nanargmax"), along),
    "weighted_quantile": weighing,
    "bincount": counting,
    "histogram": histogram,
    "histogram_between": histogram_between,
    "histogramdd": boxes,
}
