"""Pieces of kernels: together they are the whole, to the bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazydag.ir.graph import Stage
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.reference import evaluate_graph
from lazydag.ir.verify import verify
from lazydag.passes.pieces import can_cut, piece_body, pieces_of
from lazydag.passes.place import Place
from lazydag.passes.place.streamed import Streamed
from tests.passes.programs import (
    do,
    graph_of,
    inputs,
    kernels,
    planned,
    reduce,
    transpose,
)
from tests.passes.targets import FOUR_GPUS, LAPTOP, WITH_GPU
from tests.strategies import arrays_for, graphs, seeds


def part(array, piece):
    """Return a piece of an array."""
    index = tuple(slice(at, at + 1) for at in piece.lead)
    return array[(*index, slice(piece.start, piece.start + piece.count))]


def in_pieces(body, arrays, pieces):
    """Compute a kernel piece by piece."""
    found = [np.empty(node.type.sizes, node.type.dtype) for node in body.outputs]
    for piece in pieces:
        made = piece_body(body, piece.sizes(pieces.shape))
        values = evaluate_graph(made, [part(array, piece) for array in arrays])
        for node, array, value in zip(body.outputs, found, values, strict=True):
            is_partial = node.op.kind is Kind.REDUCTION
            where = pieces.partial(piece) if is_partial else piece
            part(array, where)[...] = value
    return found


def bodies(graph):
    """Return the bodies of a graph's kernels that can be cut."""
    found = [k.attrs.body for k in kernels(planned(graph, LAPTOP, Stage.TILED))]
    return [body for body in found if can_cut(body)]


KINDS = (Kind.ELEMENTWISE, Kind.MOVEMENT, Kind.REDUCTION, Kind.SOURCE)


def check(body, nbytes, seed):
    pieces = pieces_of(body, nbytes)
    if pieces is None:
        return None
    assert len(pieces) == len([*pieces])
    arrays = arrays_for(body, seed)
    with np.errstate(all="ignore"):
        whole = evaluate_graph(body, arrays)
        found = in_pieces(body, arrays, pieces)
    for one, other in zip(whole, found, strict=True):
        np.testing.assert_array_equal(one, other)
    return pieces


@given(graphs(kinds=KINDS), st.integers(1, 400), seeds)
def test_pieces_are_the_whole(graph, nbytes, seed):
    for body in bodies(graph):
        check(body, nbytes, seed)


def total(shape, *axes):
    (x,) = inputs(f"i64[{','.join(map(str, shape))}]")
    product = do("mul", x, x)
    (body, *_) = bodies(graph_of([x], reduce("sum", product, *axes)))
    return body


@pytest.mark.parametrize(
    ("shape", "axes", "nbytes", "axis", "step"),
    [
        ((5000,), (0,), 10_000, 0, 1024),  # blocks of a row
        ((300, 40), (0,), 50_000, 0, 128),  # blocks of rows
        ((300, 40), (0,), 20_000, 0, None),  # a block is too large
        ((300, 40), (1,), 10_000, 0, 30),  # whole rows
        ((2, 3000), (1,), 20_000, 1, 2048),  # rows are too large
        ((101, 512), (0, 1), 20_000, 0, 4),  # a block is two rows
    ],
)
def test_pieces_end_where_blocks_end(shape, axes, nbytes, axis, step):
    pieces = check(total(shape, *axes), nbytes, 0)
    assert (pieces and (pieces.axis, pieces.step)) == (step and (axis, step))


def test_what_looks_at_all_of_an_array_is_not_cut():
    params = inputs("f64[30,30]", "f64[30,30]")
    assert not bodies(graph_of(params, do("matmul", *params)))


def ways(graph, target):
    (kernel,) = kernels(planned(graph, target, Stage.TILED))
    return {way.name: way for way in Streamed()(kernel, target)}


def powers(count, size=100_000_000):
    (x,) = inputs(f"f64[{size}]")
    value = x
    for _ in range(count):
        value = do("pow", value, x)
    return graph_of([x], value)


def test_streaming_takes_as_long_as_its_slowest_part():
    way = ways(powers(1), WITH_GPU)["gpu:0/streamed"]
    assert (way.devices, way.space) == (("gpu:0",), "ram")
    assert 0.04 < way.seconds < 0.05  # 800 MB at 20 GB/s, beside those that return


def test_more_gpus_have_more_links():
    found = ways(powers(1), FOUR_GPUS)
    together = found["gpu:0+gpu:1+gpu:2+gpu:3/streamed"]
    assert together.seconds < found["gpu:0/streamed"].seconds


def test_it_is_chosen_where_transfers_hide_behind_work():
    placed = Place(offers=(Streamed(),))(
        planned(powers(200), WITH_GPU, Stage.TILED), WITH_GPU
    )
    verify(placed)
    assert kernels(placed)[0].attrs.device == "gpu:0/streamed"
    assert all(node.op is not OPS["copy"] for node in placed.nodes())


def test_a_transpose_is_read_as_it_lies():
    (x,) = inputs("f64[3000,4000]")
    found = ways(graph_of([x], do("exp", transpose(x))), WITH_GPU)
    assert "gpu:0/streamed" in found
