"""Stencils: the bits of NumPy's slices, for any boundary, tiles and threads."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import lazydag as ld
from lazydag.compiler.stencils import sweeps
from lazydag.compiler.stencils.choose import Choice, Shape
from lazydag.ir.boundaries import padded

Array = NDArray[Any]
RULES = ["wrap", "clamp", "reflect", "symmetric", "extrapolate", ("constant", 1.5)]


def words(boundary: Any, ndim: int) -> list[str]:
    each = boundary if isinstance(boundary, list) else [boundary] * ndim
    return [r if isinstance(r, str) else f"constant {float(r[1])!r}" for r in each]


def expected(
    point: Callable[..., Any],
    arrays: Sequence[Array],
    boundary: Any,
    radius: int,
    steps: int,
) -> Array:
    """Sweep with NumPy: the point function over slices of arrays with margins."""
    swept, *rest = arrays
    rules = words(boundary, swept.ndim)

    class Around:
        def __init__(self, array: Array) -> None:
            self.wide = padded(array, [radius] * array.ndim, rules)
            self.shape = array.shape

        def __getitem__(self, offsets: Any) -> Array:
            away = offsets if isinstance(offsets, tuple) else (offsets,)
            each = zip(away, self.shape, strict=True)
            return self.wide[tuple(slice(radius + k, radius + k + n) for k, n in each)]

    for _ in range(steps):
        swept = point(Around(swept), *map(Around, rest))
    return swept


@pytest.fixture
def tiling(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """Return what lets all stencils that are planned be cut into tiles of a size."""

    def use(deep: int, height: int) -> None:
        def chosen(shape: Shape, _: object) -> Choice:
            return Choice(min(deep, shape.sweeps), height, 1e-6)

        monkeypatch.setattr(sweeps, "choose", chosen)

    return use


def five(u: Any) -> Any:
    return 0.25 * (u[0, 1] + u[0, -1] + u[1, 0] + u[-1, 0])


def lopsided(u: Any) -> Any:
    return 0.5 * u[0, 0] + 0.25 * u[2, -1] - 0.125 * u[-1, 2]


def seven(u: Any) -> Any:
    around = u[1, 0, 0] + u[-1, 0, 0] + u[0, 1, 0] + u[0, -1, 0]
    return (around + u[0, 0, 1] + u[0, 0, -1]) / 6


def upwind(u: Any) -> Any:
    return u[0] - 0.5 * (u[0] - u[-3])


CASES = [(upwind, 1, 3), (five, 2, 1), (lopsided, 2, 2), (seven, 3, 1)]


@settings(max_examples=60)
@given(st.data())
def test_values_are_those_of_slices(data: st.DataObject) -> None:
    point, ndim, radius = data.draw(st.sampled_from(CASES))
    most = {1: 60, 2: 20, 3: 8}[ndim]
    shape = tuple(data.draw(st.integers(1, most)) for _ in range(ndim))
    boundary = data.draw(
        st.sampled_from(RULES)
        | st.lists(st.sampled_from(RULES), min_size=ndim, max_size=ndim)
    )
    steps = data.draw(st.integers(1, 6))
    u = np.random.default_rng(sum(shape)).standard_normal(shape)
    found = np.asarray(ld.stencil(point, boundary=boundary)(u, steps=steps))
    assert np.array_equal(found, expected(point, [u], boundary, radius, steps))


@pytest.mark.parametrize("boundary", [*RULES, ["wrap", "clamp"], ["reflect", "wrap"]])
@pytest.mark.parametrize(
    ("threads", "deep", "height"), [(3, 1, 7), (3, 4, 5), (1, 5, 2)]
)
def test_no_bit_depends_on_tiles_or_threads(
    tiling: Callable[[int, int], None],
    boundary: Any,
    threads: int,
    deep: int,
    height: int,
) -> None:
    tiling(deep, height)

    def point(u: Any) -> Any:
        return lopsided(u)

    point.__name__ = f"point_{threads}_{deep}"  # another plan for each tiling
    u = np.random.default_rng(1).standard_normal((211, 10))
    f = ld.stencil(point, boundary=boundary)
    before = ld.get_num_threads()
    ld.set_num_threads(threads)
    try:
        for steps in (1, 2, 13):
            found = np.asarray(f(u, steps=steps))
            wanted = expected(lopsided, [u], boundary, 2, steps)
            assert np.array_equal(found, wanted), steps
    finally:
        ld.set_num_threads(before)


@pytest.mark.parametrize("boundary", RULES)
def test_long_lines_are_cut_too(
    tiling: Callable[[int, int], None], boundary: Any
) -> None:
    tiling(6, 50)
    u = np.random.default_rng(2).standard_normal(3001)
    found = np.asarray(ld.stencil(upwind, boundary=boundary)(u, steps=40))
    wanted = expected(upwind, [u], boundary, 3, 40)
    assert np.array_equal(found, wanted, equal_nan=True)


def test_many_bands_run_the_same_graphs_again(
    tiling: Callable[[int, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lazydag.compiler.stencils.tasks._MOST_TASKS", 40)
    tiling(2, 10)
    u = np.random.default_rng(3).standard_normal((100, 5))
    for boundary in ("wrap", "clamp"):
        found = np.asarray(ld.stencil(five, boundary=boundary)(u, steps=101))
        assert np.array_equal(found, expected(five, [u], boundary, 1, 101))


@pytest.mark.parametrize("dtype", ["f4", "i8", "u1", "c16", "?"])
def test_other_element_types(dtype: str) -> None:
    u = (np.random.default_rng(4).standard_normal((40, 30)) * 9).astype(dtype)

    def edge(u: Any) -> Any:
        return u[0, 1] != u[1, 0]

    def swap(u: Any) -> Any:
        return u[1, -1] * u[0, 1]

    for point in (edge, swap):
        found = np.asarray(ld.stencil(point, boundary="clamp")(u))
        wanted = expected(point, [u], "clamp", 1, 1)
        assert found.dtype == wanted.dtype
        assert np.array_equal(found, wanted)


def test_life_goes_round() -> None:
    def rule(u: Any) -> Any:
        around = [u[i, j] for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j]
        alive = sum(each.astype(np.int8) for each in around)
        return (alive == 3) | (u[0, 0] & (alive == 2))

    glider = np.zeros((12, 12), bool)
    glider[1, 2] = glider[2, 3] = glider[3, 1:4] = True
    found = np.asarray(ld.stencil(rule, boundary="wrap")(glider, steps=48))
    assert np.array_equal(found, glider)


def test_systems_are_swept_together() -> None:
    def wave(now: Any, before: Any, speed: Any) -> Any:
        bend = now[0, 1] + now[0, -1] + now[1, 0] + now[-1, 0] - 4 * now[0, 0]
        return 2 * now[0, 0] - before[0, 0] + speed[0, 0] * bend, now[0, 0]

    rng = np.random.default_rng(5)
    now, before, speed = rng.random((3, 90, 40))
    f = ld.stencil(wave, boundary=("constant", 0.0))
    last, previous = f(now, before, speed, steps=12)
    for _ in range(12):
        wide = np.pad(now, 1)
        bend = wide[1:-1, 2:] + wide[1:-1, :-2] + wide[2:, 1:-1] + wide[:-2, 1:-1]
        now, before = 2 * now - before + speed * (bend - 4 * now), now
    assert np.array_equal(np.asarray(last), now)
    assert np.array_equal(np.asarray(previous), before)
    again, _ = f(now, before, speed, steps=3)
    assert again.shape == now.shape


def test_numbers_may_come_from_outside() -> None:
    rate = ld.asarray(np.array([0.1, 0.2])).sum()
    f = ld.stencil(lambda u: u[0] + rate * (u[1] - u[0]), boundary="clamp")
    u = np.arange(5.0) ** 2
    right = np.append(u[1:], u[-1])
    assert np.array_equal(np.asarray(f(u)), u + np.sum([0.1, 0.2]) * (right - u))


def test_arrays_lie_in_any_way() -> None:
    u = np.random.default_rng(6).standard_normal((30, 40))
    f = ld.stencil(five, boundary="wrap")
    for view in (u.T, u[::-1, ::2], np.broadcast_to(u[:1], (30, 40))):
        for steps in (1, 3):
            wanted = expected(five, [np.ascontiguousarray(view)], "wrap", 1, steps)
            assert np.array_equal(np.asarray(f(ld.asarray(view), steps=steps)), wanted)


def test_results_are_part_of_larger_graphs() -> None:
    u = np.random.default_rng(7).standard_normal((50, 50))

    @ld.jit
    def program(u: Any) -> Any:
        return (ld.stencil(five, boundary="clamp")(u * 2, steps=4) + 1).sum()

    wanted = (expected(five, [u * 2], "clamp", 1, 4) + 1).sum()
    assert np.isclose(float(program(u)), wanted)


def test_one_plan_serves_several_threads() -> None:
    u = np.random.default_rng(8).standard_normal((4, 300, 200))
    f = ld.jit(lambda u: ld.stencil(five, boundary="wrap")(u, steps=20))
    wanted = [expected(five, [each], "wrap", 1, 20) for each in u]
    right = [False] * 4

    def run(i: int) -> None:
        right[i] = all(np.array_equal(np.asarray(f(u[i])), wanted[i]) for _ in range(5))

    threads = [threading.Thread(target=run, args=(i,)) for i in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert all(right)


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_empty_arrays_stay_empty(steps: int) -> None:
    f = ld.stencil(five, boundary="wrap")
    assert f(np.zeros((0, 4)), steps=steps).shape == (0, 4)


def test_no_sweep_gives_what_was_given() -> None:
    u = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(np.asarray(ld.stencil(five, boundary="clamp")(u, steps=0)), u)


def test_what_no_kernel_computes_is_computed_by_numpy() -> None:
    f = ld.stencil(lambda u: u[-1] ** u[0] + u[1], boundary="clamp")
    u = np.array([1, 2, 3, 0, 2])
    for _ in range(2):
        wide = np.pad(u, 1, mode="edge")
        u = wide[:-2] ** wide[1:-1] + wide[2:]
    assert np.array_equal(np.asarray(f(np.array([1, 2, 3, 0, 2]), steps=2)), u)


@pytest.mark.parametrize(
    ("call", "error", "what"),
    [
        (
            lambda: ld.stencil(five, boundary="warp"),
            ld.errors.UsageError,
            "no boundary",
        ),
        (lambda: ld.stencil(five, boundary="wrap")(1.0), ld.errors.ShapeError, "axes"),
        (
            lambda: ld.stencil(five, boundary="wrap")(np.zeros((3, 3)), steps=-1),
            ld.errors.UsageError,
            "-1 sweeps",
        ),
        (
            lambda: ld.stencil(five, boundary="wrap")(np.zeros(3)),
            ld.errors.ShapeError,
            "1 axes",
        ),
        (
            lambda: ld.stencil(five, boundary=["wrap"])(np.zeros((3, 3))),
            ld.errors.UsageError,
            "1 boundaries for 2 axes",
        ),
        (
            lambda: ld.stencil(upwind, boundary="wrap", radius=2)(np.zeros(9)),
            ld.errors.UsageError,
            "beyond its radius",
        ),
        (
            lambda: ld.stencil(five, boundary="wrap")(np.zeros((3, 3), int), steps=2),
            ld.errors.DTypeError,
            "from sweep to sweep",
        ),
        (
            lambda: ld.stencil(lambda u: ld.stack([u[0], u[1]]).max(), boundary="wrap")(
                np.zeros(3)
            ),
            ld.errors.UsageError,
            "not computed element by element",
        ),
        (
            lambda: ld.stencil(lambda u: u[0] + np.ones(3), boundary="wrap")(
                np.zeros(3)
            ),
            ld.errors.ShapeError,
            "no element",
        ),
        (
            lambda: ld.stencil(five, boundary="extrapolate")(np.zeros((3, 3), bool)),
            ld.errors.DTypeError,
            "bools",
        ),
    ],
)
def test_mistakes_are_told(call: Any, error: type[Exception], what: str) -> None:
    with pytest.raises(error, match=what):
        call()
