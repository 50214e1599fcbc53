"""Tasks and lazy values as arguments of tasks."""

import time
from collections import OrderedDict
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazydag.errors import DependencyError, TaskCancelledError
from lazydag.runtime.dynamic import arguments
from lazydag.task import Task, fetch, options, spawn, sync

pytestmark = pytest.mark.timeout(30)


class Pair(NamedTuple):
    a: object
    b: object


def same(*args, **kwargs):
    return args, kwargs


def later(value, seconds=0.005):
    time.sleep(seconds)
    return value


def test_results_take_the_place_of_tasks(any_threads):
    a, b = spawn(later, 1), spawn(later, 2)
    args, kwargs = spawn(same, a, [a, (b, {"k": b})], x=a, y=Pair(b, "c")).result()
    assert args == (1, [1, (2, {"k": 2})])
    assert kwargs == {"x": 1, "y": Pair(2, "c")}
    assert type(kwargs["y"]) is Pair


def test_containers_without_tasks_are_passed_as_they_are():
    plain, mixed = [1, {"a": np.ones(3)}], [spawn(abs, -1)]
    (one, two), _ = spawn(same, plain, mixed).result()
    assert one is plain
    assert two == [1]
    assert type(mixed[0]) is Task


def test_what_comes_again_stays_one():
    inner = [spawn(later, 1)]
    (a, b, table), _ = spawn(same, inner, [inner], OrderedDict(x=inner)).result()
    assert a is b[0] is table["x"]
    assert type(table) is OrderedDict


def test_a_list_that_holds_itself():
    strange = [1]
    strange.append(strange)
    assert spawn(same, strange).result()[0][0] is strange


def test_many_arguments(any_threads):
    tasks = [spawn(abs, -n) for n in range(20_000)]
    assert spawn(sum, tasks).result() == sum(range(20_000))


def test_a_long_chain(any_threads):
    task = spawn(abs, 0)
    for _ in range(20_000):
        task = spawn(lambda x: x + 1, task)
    assert task.result() == 20_000


def test_a_failed_argument(any_threads):
    def bad():
        raise KeyError("cause")

    first = spawn(bad)
    called = []
    second = spawn(called.append, first)
    third = spawn(called.append, [second])
    with pytest.raises(DependencyError) as info:
        third.result()
    assert str(info.value).startswith(
        "task list.append was not run: its argument, task list.append, failed\n  at "
    )
    assert info.value.__cause__ is first.exception()
    assert second.exception().task == "list.append"
    assert not called


def test_a_failed_argument_fails_at_once():
    slow = spawn(later, 0, 0.3)
    start = time.perf_counter()
    task = spawn(same, slow, spawn(later, 0, 0.01), spawn(int, "x"))
    assert isinstance(task.exception(timeout=20), DependencyError)
    assert time.perf_counter() - start < 0.25
    slow.result()


def test_a_cancelled_argument(threads):
    threads(1)
    blocker = spawn(later, 0, 0.1)
    first = spawn(abs, 1)
    second = spawn(abs, first)
    assert first.cancel()
    with pytest.raises(DependencyError, match="was cancelled") as info:
        second.result()
    assert isinstance(info.value.__cause__, TaskCancelledError)
    blocker.result()


def test_a_very_long_chain_fails_without_a_story():
    task = first = spawn(int, "x")
    for _ in range(20_000):
        task = spawn(abs, task)
    error = task.exception()
    assert error.__cause__ is first.exception()
    assert error.__cause__.__cause__ is None


class Lazy:
    """A value that counts how often it is computed."""

    def __init__(self, value, *, fails=False):
        self.value, self.fails, self.computed = value, fails, 0

    @property
    def is_computed(self):
        return self.computed > 0

    def __lazydag_value__(self):
        if not self.computed:
            time.sleep(0.02)
            if self.fails:
                raise ValueError("lazy")
            self.computed += 1
        return self.value


def test_lazy_values_are_computed_once_by_tasks(any_threads):
    lazy = Lazy(3)
    tasks = [spawn(same, lazy, [lazy]) for _ in range(10)]
    for task in tasks:
        assert task.result() == ((3, [3]), {})
    assert lazy.computed == 1
    assert spawn(abs, lazy).result() == 3


def test_a_lazy_value_that_fails():
    task = spawn(abs, Lazy(3, fails=True))
    with pytest.raises(DependencyError) as info:
        task.result()
    assert str(info.value.__cause__) == "lazy"


def test_types_that_hold_no_tasks_are_remembered_for_a_while():
    kinds = [type(f"Kind{n}", (), {}) for n in range(5000)]
    for kind in kinds:
        spawn(id, kind()).result()
    assert len(arguments.plain) <= 4096


trees = st.recursive(
    st.integers(),
    lambda below: (
        st.lists(below, max_size=3)
        | st.tuples(below, below)
        | st.dictionaries(st.text(max_size=2), below, max_size=3)
    ),
    max_leaves=12,
)


@given(trees, st.data())
def test_any_tree_with_tasks_in_it(tree, data):
    def planted(value):
        if isinstance(value, list | tuple):
            value = type(value)(planted(item) for item in value)
        elif isinstance(value, dict):
            value = {key: planted(item) for key, item in value.items()}
        holds_tasks = not isinstance(value, int)
        if holds_tasks or not data.draw(st.booleans()):
            return value
        return spawn(lambda: value)

    asked = planted(tree)
    assert spawn(lambda x: x, asked).result() == tree
    assert fetch(asked) == tree


def test_options_is_the_one_reserved_name():
    task = spawn(same, options=options(name="n"))
    assert task.result() == ((), {})
    assert task.name == "n"


def test_inside_a_sync_block():
    with sync():
        tasks = [spawn(later, n) for n in range(5)]
        total = spawn(sum, tasks)
    assert total.done()
    assert total.result() == 10
