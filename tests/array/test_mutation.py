"""Random programs of views and writes give what NumPy gives: eager, jitted, all along.

A step is a function of the arrays that there are; it may append one. Each runs on NumPy
arrays and on lazy ones, and at the end the whole program runs once more in a jitted
function, which writes into its arguments.
"""

import operator
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import settings
from hypothesis.extra import numpy as hnp
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

import lazydag as ld

Arrays = list[Any]
Step = Callable[[Arrays], None]

DTYPES = ("f8", "i4", "i8", "f4")
IN_PLACE = (
    operator.iadd,
    operator.isub,
    operator.imul,
    operator.itruediv,
)
MOST_ARRAYS = 10
REFUSED = (ValueError, TypeError, IndexError, OverflowError)
shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)
numbers = st.sampled_from((0, 1, -2, 3, 2.5))


@pytest.fixture(autouse=True)
def log() -> Iterator[None]:
    """Run on the compiler, not on what stands in for it in other tests."""
    with np.errstate(all="ignore"):
        yield


def keys(shape: tuple[int, ...]) -> st.SearchStrategy[Any]:
    return hnp.basic_indices(
        shape, min_dims=0, max_dims=4, allow_newaxis=True, allow_ellipsis=True
    )


@st.composite
def positions(draw: st.DrawFn, shape: tuple[int, ...]) -> Any:
    """Draw a key with positions and masks, between slices, numbers and new axes.

    No position comes twice, so that the order of writes cannot matter.
    """
    count = draw(st.integers(0, 3))
    key: list[Any] = []
    for extent in shape:
        kinds = ["slice", "mask"] + ["number"] * (extent > 0)
        kinds += ["positions"] * 2 * (extent >= count)
        kind = draw(st.sampled_from(kinds))
        if kind == "positions":
            order = draw(st.permutations(range(extent)))[:count]
            signs = draw(st.lists(st.booleans(), min_size=count, max_size=count))
            each = zip(order, signs, strict=True)
            key.append(np.array([i - extent * s for i, s in each], np.intp))
        elif kind == "mask":
            lit = draw(st.permutations(range(extent)))[:count]
            mask = np.zeros(extent, bool)
            mask[lit] = True
            key.append(mask)
        elif kind == "number":
            key.append(draw(st.integers(-extent, extent - 1)))
        else:
            key.append(draw(st.slices(extent)))
    if not any(isinstance(item, np.ndarray) for item in key):
        key.insert(draw(st.integers(0, len(key))), True)
    if draw(st.booleans()):
        key.insert(draw(st.integers(0, len(key))), None)
    return (*key, ...) if draw(st.booleans()) else tuple(key)


def own(value: Any) -> Any:
    """Return a result in C order, as lazy arrays lie; without axes as a scalar."""
    if not isinstance(value, np.ndarray):
        return value
    return np.array(value, order="C") if value.ndim else value[()]


def same(found: Any, wanted: Any) -> None:
    found, wanted = np.asarray(found), np.asarray(wanted)
    assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
    np.testing.assert_array_equal(found, wanted)


class Programs(RuleBasedStateMachine):
    """NumPy arrays and lazy ones, and what was done to them."""

    @initialize(data=st.data(), looks=st.booleans())
    def start(self, data: st.DataObject, looks: bool) -> None:
        self.looks = looks
        self.first = []
        for _ in range(data.draw(st.integers(1, 2))):
            shape = data.draw(shapes.filter(len))
            dtype = data.draw(st.sampled_from(DTYPES))
            start = data.draw(st.integers(-5, 5))
            size = int(np.prod(shape))
            values = np.arange(start, start + size).reshape(shape)
            self.first.append(values.astype(dtype))
        self.wanted: Arrays = [a.copy() for a in self.first]
        self.found: Arrays = [ld.array(a) for a in self.first]
        self.steps: list[Step] = []
        self.handed: list[tuple[Any, Any, Any]] = []

    def run(self, step: Step) -> None:
        """Take a step on both sides; one that NumPy refuses has to be refused."""
        try:
            step(self.wanted)
        except REFUSED as error:  # of two mistakes in one step either may be named
            if "cannot convert float" in str(error):
                return  # not known before the value is: a cast
            with pytest.raises(REFUSED):
                step(self.found)
            return
        step(self.found)
        self.steps.append(step)
        if self.looks:
            self.look()

    def pick(self, data: st.DataObject, *, writable: bool = False) -> int:
        fits = [
            i
            for i, a in enumerate(self.wanted)
            if not writable or isinstance(a, np.ndarray)
        ]
        return data.draw(st.sampled_from(fits))

    def has_room(self) -> bool:
        return len(self.wanted) < MOST_ARRAYS

    @precondition(has_room)
    @rule(data=st.data())
    def index(self, data: st.DataObject) -> None:
        i = self.pick(data, writable=True)
        key = data.draw(keys(self.wanted[i].shape))
        self.run(lambda arrays: arrays.append(arrays[i][key]))

    @precondition(has_room)
    @rule(data=st.data())
    def rearrange(self, data: st.DataObject) -> None:
        i = self.pick(data, writable=True)
        shape = self.wanted[i].shape
        size, at = self.wanted[i].size, data.draw(st.integers(0, len(shape)))
        axes = data.draw(st.permutations(range(len(shape))))
        wider = (2, *shape)
        ways: list[Callable[[Any], Any]] = [
            lambda a: a.T,
            lambda a: a.transpose(axes),
            lambda a: a.reshape(-1),
            lambda a: a.ravel(),
            lambda a: a.reshape(*shape[:at], 1, *shape[at:]),
            lambda a: np.expand_dims(a, at),
            np.squeeze,
            lambda a: np.flip(a) if a.ndim else a.T,
            lambda a: np.broadcast_to(a, wider),
        ]
        if size and not size % 2:
            ways.append(lambda a: a.reshape(2, size // 2))
            ways.append(lambda a: a.reshape(size // 2, 2))
        way = data.draw(st.sampled_from(ways))
        self.run(lambda arrays: arrays.append(way(arrays[i])))

    @precondition(has_room)
    @rule(data=st.data(), number=numbers)
    def compute(self, data: st.DataObject, number: float) -> None:
        i, j = self.pick(data), self.pick(data)
        dtype = data.draw(st.sampled_from(DTYPES))
        ways: list[Callable[[Arrays], Any]] = [
            lambda arrays: arrays[i],
            lambda arrays: own(arrays[i] + arrays[j]),
            lambda arrays: own(arrays[i] * number),
            lambda arrays: own(np.maximum(arrays[i], number)),
            lambda arrays: own(np.where(arrays[i] > 1, arrays[i], arrays[j])),
        ]
        if self.wanted[i].ndim:
            ways += [
                lambda arrays: own(arrays[i].astype(dtype)),
                lambda arrays: own(arrays[i].copy()),
                lambda arrays: own(arrays[i].max(axis=-1)),
            ]
        way = data.draw(st.sampled_from(ways))
        self.run(lambda arrays: arrays.append(way(arrays)))

    @precondition(has_room)
    @rule(data=st.data())
    def gather(self, data: st.DataObject) -> None:
        i, j = self.pick(data, writable=True), self.pick(data, writable=True)
        key = data.draw(positions(self.wanted[i].shape))

        def taken(arrays: Arrays) -> None:
            arrays.append(own(arrays[i][key]))

        def selected(arrays: Arrays) -> None:
            mask = arrays[j] > 0
            arrays.append(own(arrays[i][mask]))

        def summed(arrays: Arrays) -> None:
            arrays.append(own(arrays[i][key].astype("i8").sum()))

        self.run(data.draw(st.sampled_from((taken, selected, summed))))

    @rule(data=st.data(), number=numbers, change=st.sampled_from(IN_PLACE))
    def scatter(
        self, data: st.DataObject, number: float, change: Callable[[Any, Any], Any]
    ) -> None:
        i, j = self.pick(data, writable=True), self.pick(data)
        key = data.draw(positions(self.wanted[i].shape))
        extent = self.wanted[i].shape[0] if self.wanted[i].ndim else 0
        often = st.lists(st.integers(-extent, extent - 1), max_size=7)
        rows = data.draw(often) if extent else []

        def put(arrays: Arrays) -> None:
            arrays[i][key] = number

        def put_array(arrays: Arrays) -> None:
            arrays[i][key] = arrays[j]

        def put_back(arrays: Arrays) -> None:
            arrays[i][key] = change(arrays[i][key], number)

        def put_rows(arrays: Arrays) -> None:
            arrays[i][rows] = np.arange(len(rows) * arrays[i][0].size).reshape(
                len(rows), *arrays[i].shape[1:]
            )

        def masked(arrays: Arrays) -> None:
            mask = arrays[i] > number
            arrays[i][mask] = arrays[i][mask] - 1

        def add_rows(arrays: Arrays) -> None:
            np.add.at(arrays[i], rows, np.ones((), arrays[i].dtype))

        ways = [put, put_array, put_back, masked]
        if extent:
            ways += [put_rows, add_rows]
        self.run(data.draw(st.sampled_from(ways)))

    @rule(data=st.data(), number=numbers)
    def fill_in(self, data: st.DataObject, number: float) -> None:
        """Write element by element, and look in between, as loops do."""
        i = self.pick(data, writable=True)
        shape = self.wanted[i].shape
        if not self.wanted[i].size:
            return
        index = st.tuples(*(st.integers(0, n - 1) for n in shape))
        places = data.draw(st.lists(index, max_size=4))

        def step(arrays: Arrays) -> None:
            for k, place in enumerate(places):
                arrays[i][place] = number + k

        def running(arrays: Arrays) -> None:
            for a, b in pairwise(places):
                arrays[i][b] = arrays[i][a]

        self.run(data.draw(st.sampled_from((step, running))))

    @rule(data=st.data())
    def hand_out(self, data: st.DataObject) -> None:
        """Keep a NumPy array of the values, which nothing may change."""
        i = self.pick(data)
        if isinstance(self.wanted[i], np.ndarray):
            values = np.asarray(self.found[i])
            shown = data.draw(st.sampled_from((values, values[...], values.T)))
            self.handed.append((shown, self.found[i] + 0, shown.copy()))

    @rule(data=st.data(), number=numbers)
    def assign(self, data: st.DataObject, number: float) -> None:
        i, j = self.pick(data, writable=True), self.pick(data)
        key = data.draw(keys(self.wanted[i].shape))

        def step(arrays: Arrays) -> None:
            arrays[i][key] = number

        def step_array(arrays: Arrays) -> None:
            arrays[i][key] = arrays[j]

        def shift(arrays: Arrays) -> None:
            arrays[i][1:] = arrays[i][:-1]

        def mirror(arrays: Arrays) -> None:
            arrays[i][...] = arrays[i][::-1]

        def average(arrays: Arrays) -> None:
            arrays[i][1:-1] = (arrays[i][:-2] + arrays[i][2:]) / 2

        self.run(data.draw(st.sampled_from((step, step_array, shift, mirror, average))))

    @rule(data=st.data(), number=numbers)
    def assign_masked(self, data: st.DataObject, number: float) -> None:
        i, j = self.pick(data, writable=True), self.pick(data, writable=True)
        if not self.wanted[i].ndim:
            return

        def step(arrays: Arrays) -> None:
            arrays[i][arrays[i] > number] = 7

        def rows(arrays: Arrays) -> None:
            arrays[i][np.arange(arrays[i].shape[0]) % 2 == 0] = number

        def other(arrays: Arrays) -> None:
            mask = arrays[j] > 0
            if mask.shape == arrays[i].shape:
                arrays[i][mask] = number

        self.run(data.draw(st.sampled_from((step, rows, other))))

    @rule(data=st.data(), number=numbers, change=st.sampled_from(IN_PLACE))
    def change(
        self, data: st.DataObject, number: float, change: Callable[[Any, Any], Any]
    ) -> None:
        i, j = self.pick(data), self.pick(data)
        key = data.draw(keys(self.wanted[i].shape))
        is_array = isinstance(self.wanted[i], np.ndarray)

        def step(arrays: Arrays) -> None:
            arrays[i] = change(arrays[i], number)

        def step_array(arrays: Arrays) -> None:
            arrays[i] = change(arrays[i], arrays[j])

        def step_item(arrays: Arrays) -> None:
            arrays[i][key] = change(arrays[i][key], number)

        def step_out(arrays: Arrays) -> None:
            np.add(arrays[i], arrays[j], out=arrays[i])

        ways = [step]
        if is_array:
            ways += [step_array, step_item, step_out]
        self.run(data.draw(st.sampled_from(ways)))

    @rule()
    def look(self) -> None:
        for found, wanted in zip(self.found, self.wanted, strict=True):
            same(found, wanted)
        for shown, _, copied in self.handed:
            same(shown, copied)

    def teardown(self) -> None:
        if not hasattr(self, "steps"):
            return
        self.look()
        arguments = [a.copy() for a in self.first]
        results = jitted(self.steps)(*arguments)
        for found, wanted in zip(results, self.wanted, strict=True):
            same(found, wanted)
        for found, wanted in zip(arguments, self.wanted, strict=False):
            same(found, wanted)


def jitted(steps: list[Step]) -> Any:
    @ld.jit
    def program(*arguments: Any) -> Arrays:
        arrays = list(arguments)
        for step in steps:
            step(arrays)
        return arrays

    return program


TestPrograms = Programs.TestCase
TestPrograms.settings = settings(max_examples=60, stateful_step_count=12, deadline=None)
