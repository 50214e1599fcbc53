"""Where in the user's program something was written."""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

_LIBRARY = Path(__file__).absolute().parents[1]
_FOLDERS = (_LIBRARY, _LIBRARY / "passes", _LIBRARY / "backends")
# As the interpreter names the files: through the links, and where those lead.
_ROOTS = tuple(
    {f"{path}{os.sep}" for folder in _FOLDERS for path in (folder, folder.resolve())}
)


@dataclass(frozen=True, slots=True)
class SourceLoc:
    """A line of the user's program.

    Parameters
    ----------
    file : str
        Path as the interpreter knows it.
    line : int
        Line number, from 1.
    function : str
        Name of the enclosing function.
    """

    file: str
    line: int
    function: str

    def text(self) -> str:
        """Return the source line without its indentation, or ``""``."""
        return linecache.getline(self.file, self.line).strip()

    def __str__(self) -> str:
        return f"{Path(self.file).name}:{self.line}"


# Keyed by names: code objects of two files can be equal.
_locations: dict[tuple[str, int, str], SourceLoc] = {}
_is_library: dict[str, bool] = {}


def _belongs_to_library(file: str) -> bool:
    known = _is_library.get(file)
    if known is None:
        known = _is_library[file] = file.startswith(_ROOTS)
    return known


def caller_location() -> SourceLoc | None:
    """Return the innermost frame outside lazydag, or None if there is none."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        # Asked for each node several times: the usual case without a call.
        file = frame.f_code.co_filename
        known = _is_library.get(file)
        if not (_belongs_to_library(file) if known is None else known):
            break
        frame = frame.f_back
    if frame is None:
        return None
    code = frame.f_code
    key = (code.co_filename, frame.f_lineno, code.co_name)
    found = _locations.get(key)
    if found is None:
        found = _locations[key] = SourceLoc(*key)
    return found


def lines_of(sources: Iterable[SourceLoc | None]) -> str:
    """Return several places in short, in the order in which they first come.

    >>> lines_of(SourceLoc("a.py", line, "f") for line in (3, 4, 5, 3, 9))
    'a.py:3-5+9'
    """
    # Most are one object: its address is quicker to look up than its fields.
    unique = {id(source): source for source in sources if source is not None}
    runs: list[tuple[SourceLoc, int]] = []
    for source in dict.fromkeys(unique.values()):
        if runs and runs[-1][0].file == source.file and source.line == runs[-1][1] + 1:
            runs[-1] = runs[-1][0], source.line
        else:
            runs.append((source, source.line))
    parts: list[str] = []
    file = ""
    for first, last in runs:
        start = str(first.line) if first.file == file else str(first)
        parts.append(f"{start}-{last}" if last > first.line else start)
        file = first.file
    return "+".join(parts)
