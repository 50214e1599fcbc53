"""Products with NumPy's arguments, and sums of products by labels, against NumPy."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import lazydag.numpy as lnp
from tests.array.beyond.both import agrees, dispatches, refuses

QUICK = settings(max_examples=40, deadline=None)
DTYPES = st.sampled_from(["i1", "i8", "u4", "f4", "f8", "c16"])
EXACT = st.integers(0, 5)  # sums of products are exact in any order
RNG = np.random.default_rng(0)
A, B = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
V = np.array([1.0, 2.0, 3.0])


def exact(shape: Any, dtypes: Any = DTYPES) -> Any:
    return hnp.arrays(dtypes, shape, elements=EXACT)


EXPRESSIONS = {
    # one operand: views, diagonals, sums
    "ij->ji": "23", "ii->i": "33", "iji->j": "323", "ij->": "23", "ij->j": "23",
    "...i->i...": "234", "ijk->k": "234", "ii": "33", "ba": "23", "iii->i": "333",
    # two
    "ij,jk->ik": "23 34", "ij,jk": "23 34", "ij,jk->ki": "23 34", "ij,kj->ik": "23 43",
    "i,i": "3 3", "i,j->ij": "2 3", "i,j->ji": "2 3", "ij,ij->ij": "23 23",
    "ij,ij->": "23 23", "ij,ij->i": "23 23", "ij,j->i": "23 3", "j,ij": "3 23",
    "bij,bjk->bik": "423 434", "bij,bkj->bki": "423 453", "bij,bj->bi": "423 43",
    "bi,bij->bj": "42 423", "...ij,...jk": "423 34", "...i,...i->...": "423 3",
    "ijk,jil->kl": "234 325", "ijk,lk->ijl": "234 54", "ij,ij,ij->": "23 23 23",
    "ii,ij->j": "33 34", "i...,i...": "23 23", ",i": " 3", "ij,": "23 ",
    "ij,kl->": "23 34", "ijkl,klmn->ijmn": "2345 4523",
    # axes of one element stretch
    "ij,jk->ik ": "21 34", "ij,ij->j": "13 23", "...,...": "13 21",
    # three and more
    "ij,jk,kl->il": "23 34 42", "i,ij,j": "2 23 3", "ab,bc,cd,de->ae": "23 34 42 25",
    "i,i,i->i": "3 3 3", "ij,k,jk->i": "23 4 34", "a...,...b,b...": "23 34 43",
}  # fmt: skip


def operands(shapes: str) -> list[Any]:
    return [
        RNG.integers(0, 5, [int(n) for n in shape]).astype(float)
        for shape in shapes.split(" ")
    ]


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_expressions(text: str) -> None:
    arrays = operands(EXPRESSIONS[text])
    agrees(lambda xp, *a: xp.einsum(text, *a), *arrays)
    dispatches(lambda xp, *a: xp.einsum(text, *a, optimize=True), *arrays)


@QUICK
@given(st.sampled_from(sorted(EXPRESSIONS)), st.data())
def test_types(text: str, data: st.DataObject) -> None:
    shapes = [tuple(map(int, shape)) for shape in EXPRESSIONS[text].split(" ")]
    dtypes = st.sampled_from(["?", "i1", "i8", "f4", "f8", "c16"])
    bits = st.integers(0, 1)
    arrays = [data.draw(hnp.arrays(dtypes, s, elements=bits)) for s in shapes]
    agrees(lambda xp, *a: xp.einsum(text, *a), *arrays)


@QUICK
@given(st.data())
def test_random_labels(data: st.DataObject) -> None:
    sizes = {letter: data.draw(st.integers(0, 3)) for letter in "abcd"}
    words = st.lists(st.sampled_from("abcd"), max_size=3).map("".join)
    terms = data.draw(st.lists(words, min_size=1, max_size=3))
    used = sorted({*"".join(terms)})
    kept = data.draw(st.lists(st.sampled_from(used), unique=True)) if used else []
    text = f"{','.join(terms)}->{''.join(kept)}"
    arrays = [
        data.draw(exact([sizes[x] for x in term], st.just("f8"))) for term in terms
    ]
    agrees(lambda xp, *a: xp.einsum(text, *a), *arrays)


def test_other_ways_to_write_it() -> None:
    agrees(lambda xp, a, b: xp.einsum(a, [0, 1], b, [1, 2], [2, 0]), A, B)
    agrees(lambda xp, a, b: xp.einsum(a, [..., 7], b[:, :1], [7, ...]), A, B)
    agrees(lambda xp, a, b: xp.einsum("ij,jk", a, b, out=xp.ones((2, 4))), A, B)
    agrees(lambda xp, a: xp.einsum("ij->i", a, dtype="f4", casting="same_kind"), A)


ORDERS = ["optimal", ("greedy", 100), ["einsum_path", (1, 2), (0, 1)], True, False]


@pytest.mark.parametrize("optimize", ORDERS, ids=str)
def test_orders(optimize: Any) -> None:
    agrees(lambda xp, a, b: xp.einsum("ij,jk,lk", a, b, b, optimize=optimize), A, B)


def test_views_can_be_written_into() -> None:
    def write(xp: Any, x: Any) -> Any:
        xp.einsum("ii->i", x)[:] = 0
        xp.einsum("ij->ji", x)[0] += 1
        return x

    agrees(write, np.ones((3, 3)))


def test_einsum_path() -> None:
    given = ("ij,jk,kl->il", A, B, B.T)
    want = np.einsum_path(*given)
    lazy = [lnp.asarray(x) if isinstance(x, np.ndarray) else x for x in given]
    assert lnp.einsum_path(*lazy) == want
    assert np.einsum_path(*lazy) == want


MISTAKES = {
    "lengths": lambda xp, a, b: xp.einsum("ij,jk->ik", a, a),
    "operands": lambda xp, a, b: xp.einsum("ij,jk->ik", a),
    "none": lambda xp, a, b: xp.einsum(),
    "too many labels": lambda xp, a, b: xp.einsum("ijk->i", a),
    "too few labels": lambda xp, a, b: xp.einsum("i->i", a),
    "output": lambda xp, a, b: xp.einsum("ij->k", a),
    "twice": lambda xp, a, b: xp.einsum("ij->ii", a),
    "arrows": lambda xp, a, b: xp.einsum("ij->i->j", a),
    "symbol": lambda xp, a, b: xp.einsum("i%->i", a),
    "dots": lambda xp, a, b: xp.einsum("i..->i", a),
    "no dots": lambda xp, a, b: xp.einsum("...i->i", a),
    "diagonal": lambda xp, a, b: xp.einsum("ii->i", a),
    "cast": lambda xp, a, b: xp.einsum("ij->i", a, dtype=int),
    "option": lambda xp, a, b: xp.einsum("ij->ji", a, fast=True),
    "labels": lambda xp, a, b: xp.einsum(a, ["i", "j"]),
    "tensordot": lambda xp, a, b: xp.tensordot(a, b, axes=2),
    "tensordot axes": lambda xp, a, b: xp.tensordot(a, b, axes=([0, 1], [0])),
    "dot": lambda xp, a, b: xp.dot(b, a),
    "inner": lambda xp, a, b: xp.inner(a, b),
    "cross": lambda xp, a, b: xp.cross(b, b),
    "cross of numbers": lambda xp, a, b: xp.cross(1, a),
    "out": lambda xp, a, b: xp.dot(a, b, out=xp.ones(3)),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    refuses(MISTAKES[name], A, B)


@QUICK
@given(st.data())
def test_products(data: st.DataObject) -> None:
    m, n, k = (data.draw(st.integers(0, 3)) for _ in range(3))
    a, b = data.draw(exact((2, m, k))), data.draw(exact((k, n)))
    agrees(lambda xp, a, b: (xp.dot(a, b), xp.dot(a[0], b), xp.dot(a, b[:, :1])), a, b)
    agrees(lambda xp, a, b: (xp.inner(a, b.T), xp.outer(a, b), xp.kron(a, b)), a, b)
    agrees(lambda xp, a, b: xp.tensordot(a, b, 1), a, b)
    agrees(lambda xp, a, b: xp.tensordot(a, b, axes=([-1], [0])), a, b)
    agrees(lambda xp, a, b: xp.tensordot(a, b, axes=(2, 0)), a, b)
    agrees(lambda xp, a, b: xp.vdot(a, a) + xp.vdot(b, b), a, b)
    agrees(lambda xp, a, b: (xp.trace(a, 1, 1, -1), xp.trace(b, dtype="f8")), a, b)
    dispatches(lambda xp, a, b: (xp.dot(a, b), xp.kron(b, a), xp.vdot(a, a)), a, b)


def test_products_of_numbers() -> None:
    agrees(lambda xp, v: (xp.dot(2, v), xp.outer(2, v), xp.kron(2, v), xp.dot(2, 3)), V)
    agrees(
        lambda xp, v: (xp.inner(v, 2), xp.tensordot(v, 2, 0), xp.dot([1, 2, 3], v)), V
    )
    agrees(lambda xp, v: xp.vdot(v * 1j, v), V)
    agrees(lambda xp, v: xp.outer(v, v, out=xp.ones((3, 3))), V)


@pytest.mark.filterwarnings("ignore:Arrays of 2-dimensional:DeprecationWarning")
def test_cross() -> None:
    x, y = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 4))
    agrees(lambda xp, x, y: xp.cross(x, y, axisb=0), x, y)
    agrees(lambda xp, x, y: xp.cross(x, y, axisb=0, axisc=0), x, y)
    agrees(lambda xp, x, y: xp.cross(x.T, y, axis=0), x, y)
    agrees(lambda xp, x, y: xp.cross(x, [1, 2, 3]), x, y)
    agrees(lambda xp, x, y: xp.cross(x[:, :2], x), x, y)
    agrees(lambda xp, x, y: xp.cross(x, x[::-1, :2]), x, y)
    agrees(lambda xp, x, y: xp.cross(x[:, :2], x[::-1, :2]), x, y)
    dispatches(lambda xp, x, y: xp.cross(x, y, axisb=0), x, y)
