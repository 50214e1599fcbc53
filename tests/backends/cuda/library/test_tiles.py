"""Operations on tiles as calls of libraries: they do what those of the CPU do."""

import itertools

import numpy as np
import pytest

from lazydag import tiles
from lazydag.backends.cuda.library.tiles import FAILING, ROUTINES
from lazydag.errors import LinAlgError
from tests.tiles.tiles import ORDERS, Placed, dominant

RNG = np.random.default_rng(7)


def numbers(*shape):
    return RNG.standard_normal(shape)


def positive(n):
    half = numbers(n, n)
    return half @ half.T + n * np.eye(n)


def options(**each):
    """Return all combinations of options."""
    return [dict(zip(each, v, strict=True)) for v in itertools.product(*each.values())]


def flags(*names):
    return options(**dict.fromkeys(names, (False, True)))


def factors(m, n, nb):
    """Return what geqrt leaves."""
    v, t = np.asfortranarray(numbers(m, n)), np.zeros((nb, min(m, n)), order="F")
    tiles.geqrt(v, t)
    return v, t


def lower_factors(m, n, nb, trapezoid=0):
    """Return what tpqrt leaves below a triangle."""
    a, b = np.asfortranarray(dominant(RNG, n, "f8")), np.asfortranarray(numbers(m, n))
    t = np.zeros((nb, n), order="F")
    tiles.tpqrt(a, b, t, trapezoid=trapezoid)
    return b, t


def panel(m, k):
    v, tau = np.asfortranarray(numbers(m, k)), np.zeros(k)
    tiles.geqrf(v, tau)
    t = np.zeros((k, k), order="F")
    tiles.larft(v, tau, t)
    return v, tau, t


PIVOTS = np.array([3, 2, 5, 4], np.int32)
V, TAU, T = panel(6, 4)
F = np.asfortranarray

#: Operation, arrays in any order of storage, others, and options.
CASES = [
    ("gemm", (numbers(5, 3), numbers(3, 4), numbers(5, 4)), (), {"alpha": -1.0}),
    ("gemm", (numbers(3, 5), numbers(4, 3), numbers(5, 4)), (),
     {"trans_a": True, "trans_b": True, "beta": 0.0}),
    *(("syrk", (numbers(*((3, 5) if o["trans"] else (5, 3))), numbers(5, 5)), (),
       {**o, "alpha": -1.0}) for o in flags("lower", "trans")),
    *(("trmm", (numbers(*((5, 5) if o["side"] == "L" else (3, 3))), numbers(5, 3)),
       (), o)
      for o in options(side="LR", lower=(False, True), trans=(False, True),
                       unit=(False, True))),
    *(("trsm",
       (dominant(RNG, *((5, "f8") if o["side"] == "L" else (3, "f8"))), numbers(5, 3)),
       (), {**o, "alpha": 2.0})
      for o in options(side="LR", lower=(False, True), trans=(False, True),
                       unit=(False, True))),
    *((name, (positive(5),), (), o) for o in flags("lower")
      for name in ("potrf", "lauum")),
    *(("trtri", (dominant(RNG, 5, "f8"),), (), o) for o in flags("lower", "unit")),
    ("check_diagonal", (positive(5),), (), {}),
    *(("laswp", (numbers(6, 3),), (PIVOTS,), o) for o in flags("reverse")),
    *(("lacpy", (numbers(5, 3), numbers(5, 3)), (), o)
      for o in options(part=("all", "lower", "upper"))),
    *(("laset", (numbers(5, 3),), (), {**o, "value": 2.0, "diagonal": 1.0})
      for o in options(part=("all", "lower", "upper"))),
    *(("scal", (numbers(5, 3),), (), {**o, "alpha": 2.0})
      for o in options(part=("all", "lower", "upper"))),
    *(("symm", (numbers(*((5, 5) if o["side"] == "L" else (3, 3))), numbers(5, 3),
                numbers(5, 3)), (), o)
      for o in options(side="LR", lower=(False, True))),
    ("geqrf", (numbers(6, 4),), (np.zeros(4),), {}),
    ("geqrf", (numbers(4, 6),), (np.zeros(4),), {}),
    *(("larfb", (V, T, numbers(*((6, 3) if o["side"] == "L" else (3, 6)))), (), o)
      for o in options(side="LR", trans=(False, True))),
]  # fmt: skip

#: Those whose arrays lie by columns.
BY_COLUMNS = [
    ("getrf", (F(numbers(6, 4)), np.zeros(4, np.int32)), {}),
    ("getrf", (F(numbers(4, 6)), np.zeros(4, np.int32)), {"allow_singular": True}),
    ("larft", (V, TAU, np.zeros((4, 4), order="F")), {}),
    ("geqrt", (F(numbers(7, 5)), np.zeros((2, 5), order="F")), {}),
    ("geqrt", (F(numbers(4, 7)), np.zeros((3, 4), order="F")), {}),
    *(
        ("gemqrt", (*factors(7, 5, 2), F(numbers(*shape))), {"side": s, "trans": t})
        for s, shape in (("L", (7, 3)), ("R", (3, 7)))
        for t in (False, True)
    ),
    *(
        (
            "tpqrt",
            (F(dominant(RNG, 5, "f8")), F(numbers(6, 5)), np.zeros((2, 5), order="F")),
            {"trapezoid": rows},
        )
        for rows in (0, 3, 5)
    ),
    *(
        (
            "tpmqrt",
            (*lower_factors(6, 5, 2, rows), F(numbers(*a)), F(numbers(*b))),
            {"side": side, "trans": trans, "trapezoid": rows},
        )
        for side, a, b in (("L", (5, 3), (6, 3)), ("R", (3, 5), (3, 6)))
        for trans in (False, True)
        for rows in (0, 3)
    ),
]


def far_run(operation, arrays, given):
    """Run the device's call of an operation, and return its code."""
    call, ordered = operation.bind(*arrays, **given)
    info = [np.full(1, -9, np.int32)] if call.far.can_fail else []
    call.far(np, *ordered, *info)
    return int(info[0][0]) if info else 0


def takes(name, orders):
    """Tell whether an operation takes arrays in such orders of storage."""
    if name == "larfb":
        return orders[1] == "F"
    return name != "symm" or orders[1] == orders[2]


def label(case):
    name, *_, given = case
    return "-".join([name, *(str(value) for value in given.values())])


def places(case):
    """Yield the arrays of a case, twice, in all orders of storage that are allowed."""
    name, arrays, others, _ = case
    for orders in itertools.product(ORDERS, repeat=len(arrays)):
        if takes(name, orders):
            pair = ([*map(Placed, arrays, orders)] for _ in range(2))
            yield tuple((placed, [o.copy() for o in others]) for placed in pair)


def assert_near(found, wanted):
    tolerance = 1e-11 if found.itemsize == 8 else 1e-4
    np.testing.assert_allclose(found, wanted, tolerance, tolerance)


@pytest.mark.parametrize("case", CASES, ids=label)
def test_operations_in_any_order_of_storage(case):
    name, _, _, given = case
    operation = getattr(tiles, name)
    for (wanted, outs), (found, others) in places(case):
        operation(*(place.tile for place in wanted), *outs, **given)
        code = far_run(operation, [*(place.tile for place in found), *others], given)
        assert code == 0
        for want, got in zip(wanted, found, strict=True):
            assert_near(got.parent, want.parent)
        for want, got in zip(outs, others, strict=True):
            assert_near(got, want)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("case", BY_COLUMNS, ids=label)
def test_operations_by_columns(case, dtype):
    name, arrays, given = case
    typed = [a if a.dtype == np.int32 else a.astype(dtype, "F") for a in arrays]
    wanted, found = ([a.copy("F") for a in typed] for _ in range(2))
    getattr(tiles, name)(*wanted, **given)
    assert far_run(getattr(tiles, name), found, given) == 0
    for want, got in zip(wanted, found, strict=True):
        assert_near(got, want)


def routines():
    for name, arrays, others, given in CASES:
        for orders in itertools.product(ORDERS, repeat=len(arrays)):
            if takes(name, orders):
                placed = [
                    np.array(a, order=o) for a, o in zip(arrays, orders, strict=True)
                ]
                yield getattr(tiles, name).bind(*placed, *others, **given)[0]
    for name, arrays, given in BY_COLUMNS:
        yield getattr(tiles, name).bind(*arrays, **given)[0]


def test_every_routine_is_tried():
    assert {call.far.routine for call in routines()} == {*ROUTINES}
    assert {*FAILING} <= {*ROUTINES}


@pytest.mark.parametrize(
    ("name", "arrays", "given"),
    [
        ("potrf", (np.diag([1.0, 4.0, -1.0, 2.0]),), {}),
        ("getrf", (np.zeros((3, 3), order="F"), np.zeros(3, np.int32)), {}),
        ("trtri", (np.diag([1.0, 0.0, 3.0]),), {}),
        ("check_diagonal", (np.diag([1.0, 2.0, 0.0]),), {}),
    ],
)
def test_failures_have_the_code_of_the_cpu(name, arrays, given):
    operation = getattr(tiles, name)
    with pytest.raises(LinAlgError) as caught:
        operation(*(a.copy("K") for a in arrays), **given)
    assert far_run(operation, arrays, given) == caught.value.code


@pytest.mark.parametrize("name", ["gemm", "syrk", "symm"])
def test_a_sum_of_nothing_scales(name):
    c = numbers(3, 3)
    factors = {"gemm": [numbers(3, 0), numbers(0, 3)], "syrk": [numbers(3, 0)]}
    arrays = factors.get(name, [numbers(3, 3), numbers(3, 3)])
    wanted, found = c.copy(), c.copy()
    getattr(tiles, name)(*arrays, wanted, beta=2.0)
    far_run(getattr(tiles, name), [*arrays, found], {"beta": 2.0})
    assert_near(found, wanted)


def test_nothing_is_done_with_empty_tiles():
    assert far_run(tiles.potrf, [np.zeros((0, 0))], {}) == 0
    far_run(tiles.trsm, [np.eye(3), np.zeros((3, 0))], {})
