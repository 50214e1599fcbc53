import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from lazydag.errors import DTypeError, ShapeError
from lazydag.runtime.alias import Diagonal, Lower, Region, Upper
from lazydag.runtime.alias import parts as parts_module
from lazydag.runtime.alias import segments as segments_module
from tests.runtime.alias.arena import SIZE, marked, pieces


def bytes_of(region, arena):
    found = np.zeros(SIZE, bool)
    start = arena.ctypes.data
    for begin, end in region.segments():
        found[begin - start : end - start] = True
    return found


@given(st.data())
def test_the_bytes_are_those_that_writing_the_view_changes(data):
    arena = np.zeros(SIZE, np.uint8)
    view, part = data.draw(pieces(arena))
    region = Region.of(view, part)
    expected = marked(view, part, arena)
    if not expected.any():
        assert region.is_empty
        assert region.nbytes == 0
        return
    np.testing.assert_array_equal(bytes_of(region, arena), expected)
    at = np.flatnonzero(expected) + arena.ctypes.data
    assert region.span() == (at[0], at[-1] + 1)
    assert expected.sum() <= region.nbytes <= at[-1] + 1 - at[0]
    assert region.is_dense == (len(at) == at[-1] + 1 - at[0])


@given(st.data())
def test_equal_regions_have_equal_bytes(data):
    arena = np.zeros(SIZE, np.uint8)
    one, other = data.draw(pieces(arena)), data.draw(pieces(arena))
    if Region.of(*one) == Region.of(*other):
        mine, others = marked(*one, arena), marked(*other, arena)
        np.testing.assert_array_equal(mine, others)


def test_one_set_of_bytes_is_one_region():
    a = np.zeros((6, 8))
    same = [a, a.T, a[::-1], a[:, ::-1], a.reshape(2, 3, 8), a[None], a.view(np.uint8)]
    same += [np.broadcast_to(a, (3, 6, 8)), sliding_window_view(a, (2, 3)), a.ravel()]
    assert len({Region.of(view) for view in same}) == 1
    tile = a[1:4, 2:6]
    same = [tile, tile.T, tile[::-1, ::-1], tile.view(np.int32), a[1:4].T[2:6]]
    assert len({Region.of(view) for view in same}) == 1


def test_triangles_of_a_transpose_are_the_other_triangles():
    a = np.zeros((6, 8))
    assert Region.of(a, Lower(-1)) == Region.of(a.T, Upper(1))
    assert Region.of(a[1:, ::2], Upper(2)) == Region.of(a[1:, ::2].T, Lower(-2))


def test_parts_that_are_boxes_are_equal_to_them():
    a = np.zeros((4, 4))
    assert Region.of(a, Lower(3)) == Region.of(a)
    assert Region.of(a, Upper(3)) == Region.of(a[:1, 3:])
    assert Region.of(a, Diagonal(1)) == Region.of(a.reshape(-1)[1:12:5])
    assert Region.of(a, Lower(-4)).is_empty
    assert Region.of(a, Diagonal(9)).is_empty


def test_padding_is_nobodys():
    padded = np.zeros(5, np.dtype([("a", "i1"), ("b", "f8")], align=True))
    assert Region.of(padded).nbytes == 45
    assert Region.of(padded["b"]).nbytes == 40
    assert Region.of(padded[["a"]]) == Region.of(padded["a"])


def test_dense_regions_of_named_spaces():
    assert Region.dense("slot 3", 8, 8).is_empty
    assert Region.dense("slot 3", 8, 20).span() == (8, 20)
    assert Region.dense("slot 3", 8, 20) != Region.dense("slot 4", 8, 20)


def test_objects_are_refused():
    with pytest.raises(DTypeError, match="in an array of object"):
        Region.of(np.array([{}]))
    with pytest.raises(DTypeError, match="which bytes"):
        Region.of(np.zeros(2, [("a", object)]))


def test_parts_are_those_of_matrices():
    with pytest.raises(
        ShapeError, match=r"Lower\(k=0\) of an array of shape \[2, 3, 4\]"
    ):
        Region.of(np.zeros((2, 3, 4)), Lower())


def test_what_is_in_too_many_pieces_is_the_box_around_them(monkeypatch):
    monkeypatch.setattr(parts_module, "LIMIT", 20)
    monkeypatch.setattr(segments_module, "LIMIT", 20)
    a = np.zeros((20, 20))
    stepped = Region.of(a[::2, ::2], Lower())
    assert not stepped.exact
    assert stepped.span() == Region.of(a[::2, ::2]).span()
    assert Region.of(a, Lower()).exact
    assert not Region.of(np.zeros((21, 21)), Lower()).exact
