"""Where a command's text goes: stdout, or a file."""

from __future__ import annotations

from pathlib import Path

from lazydag.errors import UsageError


def write(text: str, output: str | None) -> None:
    """Print `text`, or write it to the file `output`.

    Raises
    ------
    UsageError
        If the file cannot be written.
    """
    if output is None:
        print(text)
        return
    try:
        Path(output).write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise cannot_write(output, error) from error


def cannot_write(path: str, error: OSError) -> UsageError:
    """Return the error to raise when the system refuses to write a file."""
    return UsageError(f"cannot write {path}: {error.strerror or error}")
