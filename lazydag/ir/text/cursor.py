"""A place in a text that is being parsed, and errors that show it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lazydag.errors import ParseError

_REST = re.compile(r"\s*(?:#.*)?$")
_SPACE = re.compile(r"\s*")
_FOUND = re.compile(r"[\w.%@\"<>:+-]+|[^\s#]|")


@dataclass(frozen=True, slots=True)
class Place:
    """An offset in a line of a text; errors show the line.

    Parameters
    ----------
    file : str
        What the text is called.
    line : int
        Number of the line, from 1.
    content : str
        The line.
    offset : int
        Characters in front of the place.
    """

    file: str
    line: int
    content: str
    offset: int

    def text(self) -> str:
        """Return the line without its indentation."""
        return self.content.strip()

    def fault(self, what: str, remedy: str = "") -> ParseError:
        """Return the error that `what` is the matter here."""
        where = f"{what} (line {self.line}, column {self.offset + 1})"
        return ParseError(where, self, remedy)

    def expected(self, wanted: str, remedy: str = "") -> ParseError:
        """Return the error that something other than `wanted` is here."""
        found = _FOUND.match(self.content, self.offset)
        seen = repr(found[0]) if found and found[0] else "the end of the line"
        return self.fault(f"expected {wanted}, found {seen}", remedy)


class Cursor:
    """A position that moves through the lines of a text.

    Parameters
    ----------
    text : str
        The whole text.
    file : str
        Its name in errors.
    """

    __slots__ = ("file", "lines", "number", "pos", "text")

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.lines = text.split("\n")
        self.number = 0
        self.text = ""
        self.pos = 0

    def next_line(self) -> bool:
        """Go to the next line that is more than a comment; tell whether there is one.

        Raises
        ------
        ParseError
            If something is left on this line.
        """
        if not self.at_end():
            raise self.here().expected("the end of the line")
        while self.number < len(self.lines):
            self.text = self.lines[self.number]
            self.number += 1
            self.pos = 0
            if not self.at_end():
                return True
        return False

    def at_end(self) -> bool:
        """Tell whether nothing but a comment is left on this line."""
        return _REST.match(self.text, self.pos) is not None

    def here(self) -> Place:
        """Return the place of the next word on this line."""
        space = _SPACE.match(self.text, self.pos)
        offset = space.end() if space else self.pos
        return Place(self.file, self.number, self.text, offset)

    def behind(self, text: str) -> Place:
        """Return the place of `text`, which has just been read."""
        return Place(self.file, self.number, self.text, self.pos - len(text))

    def take(self, pattern: re.Pattern[str]) -> str | None:
        """Return the first group of a pattern that matches here, and go behind it."""
        found = pattern.match(self.text, self.pos)
        if found is None:
            return None
        self.pos = found.end()
        return found[1]

    def expect(self, pattern: re.Pattern[str], wanted: str) -> str:
        """Return the first group of a pattern that must match here.

        Raises
        ------
        ParseError
            If it does not; `wanted` says what should be here.
        """
        found = self.take(pattern)
        if found is None:
            raise self.here().expected(wanted)
        return found
