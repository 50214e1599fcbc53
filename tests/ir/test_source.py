"""Locations name the user's line, never the library's."""

import dataclasses
from pathlib import Path
from typing import Any

from lazydag.ir import source
from lazydag.ir.source import SourceLoc, caller_location, lines_of


def here() -> SourceLoc:
    found = caller_location()
    assert found is not None
    return found


def test_the_innermost_line_of_the_user_is_found() -> None:
    line = here.__code__.co_firstlineno + 1
    found = here()
    assert found == SourceLoc(__file__, line, "here")
    assert str(found) == f"test_source.py:{line}"
    assert found.text() == "found = caller_location()"


def test_one_line_is_one_location() -> None:
    assert here() is here()


def test_frames_of_the_library_are_left_out() -> None:
    """Also through the links: both names of a folder are the library's."""
    names = ("lazydag/ir/x.py", "lazydag/passes/x.py", "passes/x.py", "backends/x.py")
    root = Path(source.__file__).parents[2]
    for name in names:
        assert source._belongs_to_library(str(root / name)), name
    for name in ("tests/x.py", "examples/x.py", "lazydagger/x.py"):
        assert not source._belongs_to_library(str(root / name)), name


def test_equal_code_of_two_files_is_told_apart() -> None:
    """Python calls code objects equal whose files differ."""
    code = compile("def f(): return locate()", "one.py", "exec")
    found = []
    for file in ("one.py", "two.py"):
        namespace: dict[str, Any] = {"locate": caller_location}
        exec(code.replace(co_filename=file), namespace)
        namespace["f"].__code__ = namespace["f"].__code__.replace(co_filename=file)
        found.append(namespace["f"]().file)
    assert found == ["one.py", "two.py"]


def test_without_a_user_there_is_no_location() -> None:
    """A location is optional, and a file that is gone has no text."""
    gone = SourceLoc("/nowhere/at_all.py", 3, "f")
    assert gone.text() == ""
    assert str(gone) == "at_all.py:3"
    assert dataclasses.astuple(gone) == ("/nowhere/at_all.py", 3, "f")


def test_lines_in_short() -> None:
    """Runs are joined, what comes again is left out, and the order is kept."""

    def at(file: str, *lines: int) -> list[SourceLoc | None]:
        return [SourceLoc(f"/home/ada/{file}", line, "f") for line in lines]

    assert lines_of([]) == lines_of([None]) == ""
    assert lines_of(at("a.py", 7)) == "a.py:7"
    assert lines_of(at("a.py", 7, 8, 7, 9, 3)) == "a.py:7-9+3"
    assert lines_of(at("a.py", 4, 3)) == "a.py:4+3"
    assert lines_of([*at("a.py", 3), None, *at("b.py", 4, 6), *at("a.py", 5)]) == (
        "a.py:3+b.py:4+6+a.py:5"
    )
