import pickle
from concurrent.futures import CancelledError

import pytest

from lazydag import errors
from lazydag.ir.source import SourceLoc


class Line:
    file, line = "/home/someone/attend.py", 9

    def text(self):
        return "y = x + bias"


def test_a_message_says_what_where_and_the_remedy():
    error = errors.ShapeError(
        "cannot add f32[8192,4096] and f32[1024]: axis 1 has 4096 and 1024 elements",
        Line(),
        "Give bias 4096 elements, one per column of x.",
    )
    assert str(error) == (
        "cannot add f32[8192,4096] and f32[1024]: axis 1 has 4096 and 1024 elements\n"
        "  at attend.py:9   y = x + bias\n"
        "  Give bias 4096 elements, one per column of x."
    )


def test_parts_that_are_unknown_are_left_out():
    assert str(errors.UsageError("what")) == "what"
    lost = SourceLoc("/nowhere/gone.py", 3, "f")
    assert str(errors.UsageError("what", lost)) == "what\n  at gone.py:3"


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (errors.ShapeError, ValueError),
        (errors.DTypeError, TypeError),
        (errors.AxisError, IndexError),
        (errors.TraceError, TypeError),
        (errors.ParseError, ValueError),
        (errors.TargetError, ValueError),
        (errors.UsageError, ValueError),
        (errors.UnsupportedError, NotImplementedError),
        (errors.KernelError, RuntimeError),
        (errors.OutOfMemoryError, MemoryError),
        (errors.VerifyError, AssertionError),
        (errors.TaskError, RuntimeError),
        (errors.DependencyError, errors.TaskError),
        (errors.TaskCancelledError, CancelledError),
        (errors.TaskTimeoutError, TimeoutError),
        (errors.DeadlockError, RuntimeError),
    ],
)
def test_numpy_users_catch_what_they_expect(kind, builtin):
    assert issubclass(kind, errors.LazydagError)
    with pytest.raises(builtin):
        raise kind("what", remedy="Do.")


def test_an_internal_error_names_the_pass_and_asks_for_a_report():
    error = errors.VerifyError(
        "%3 is used before it is made",
        by="fuse",
        invariant="nodes follow their sources",
        context="%2 = add\n%3 = mul",
    )
    assert str(error).splitlines() == [
        "%3 is used before it is made",
        "  fuse broke: nodes follow their sources",
        "  | %2 = add",
        "  | %3 = mul",
        "  This is a fault in lazydag, not in your program: please report it.",
    ]


def test_errors_cross_processes():
    error = errors.KernelError("what", SourceLoc("a.py", 1, "f"), kernel="k", tile=3)
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == str(error)
    assert (copy.kernel, copy.tile, copy.at) == ("k", 3, error.at)


def test_groups_are_of_the_tree_and_cross_processes():
    cause = errors.TaskError("what", task="t")
    group = errors.TaskGroupError("2 tasks of 3 failed", [cause, ValueError("no")])
    assert isinstance(group, errors.LazydagError)
    assert str(group) == "2 tasks of 3 failed (2 sub-exceptions)"
    copy = pickle.loads(pickle.dumps(group))
    assert copy.exceptions[0].task == "t"
    assert copy.what == group.what
    matched, rest = group.split(ValueError)
    assert type(matched) is type(rest) is errors.TaskGroupError
