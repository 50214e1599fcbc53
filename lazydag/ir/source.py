"""Where in the user's program something was written."""

from __future__ import annotations

import linecache
import os
import sys
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
    while frame is not None and _belongs_to_library(frame.f_code.co_filename):
        frame = frame.f_back
    if frame is None:
        return None
    code = frame.f_code
    key = (code.co_filename, frame.f_lineno, code.co_name)
    found = _locations.get(key)
    if found is None:
        found = _locations[key] = SourceLoc(*key)
    return found
