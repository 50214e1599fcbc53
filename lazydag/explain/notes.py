"""The reasons of the passes, grouped."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap

from lazydag.explain.columns import aligned
from lazydag.ir.graph import Note

_WIDTH = 88


def notes_text(notes: Iterable[Note]) -> str:
    """Return the reasons of each pass under its name, passes in order."""
    groups: dict[str, list[Note]] = {}
    for note in notes:
        groups.setdefault(note.by, []).append(note)
    if not groups:
        return "reasons\n  no pass had anything to decide"
    lines = ["reasons"]
    for by, group in groups.items():
        lines += [f"  {by}", *_reasons(group)]
    return "\n".join(lines)


def _reasons(notes: list[Note]) -> list[str]:
    subjects = aligned([(note.subject,) for note in notes])
    width = max(map(len, subjects))
    lines = []
    for subject, note in zip(subjects, notes, strict=True):
        indent = " " * (width + 6)
        first = f"    {subject.ljust(width)}  "
        lines += wrap(
            note.reason,
            max(_WIDTH, width + 46),
            initial_indent=first,
            subsequent_indent=indent,
            break_long_words=False,
        ) or [first.rstrip()]
    return lines
