"""Files that are whole or not there."""

from __future__ import annotations

import os
from contextlib import suppress
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import IO

from lazydag.errors import UsageError


class NewFile:
    """A text file that appears under its name when it is complete.

    As a context it is what to write to; it is complete if the context ends without an
    exception, and else nothing of it is left. Until then it has another name, in the
    same folder; what is not a file, such as a pipe, is written directly.

    Raises
    ------
    UsageError
        If it cannot be written: at once, before there is anything to write, or when the
        disk is full.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        # A link stays, and leads to the new file.
        self._path = Path(path).resolve()
        is_special = self._path.exists() and not self._path.is_file()
        self._draft = self._path if is_special else self._beside()
        try:
            if self._path.is_file() and not os.access(self._path, os.W_OK):
                raise PermissionError(None, "it is read-only")
            self._text: IO[str] = self._draft.open("w", encoding="utf-8")
        except OSError as error:
            raise cannot_write(self._path, error) from error

    def __enter__(self) -> IO[str]:
        return self._text

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self._keep()
        else:
            self.drop()
            if isinstance(error, OSError):
                raise cannot_write(self._path, error) from error

    def drop(self) -> None:
        """Close it and leave nothing of it."""
        with suppress(OSError):  # what could not be written is not missed
            self._text.close()
        if self._draft != self._path:
            self._draft.unlink(missing_ok=True)

    def _keep(self) -> None:
        try:
            self._text.close()
            if self._draft != self._path:
                self._draft.replace(self._path)
        except OSError as error:
            self.drop()
            raise cannot_write(self._path, error) from error

    def _beside(self) -> Path:
        return self._path.with_name(f".{self._path.name}.{os.getpid()}-{id(self):x}")


def cannot_write(path: str | PathLike[str], error: OSError) -> UsageError:
    """Return the error to raise when the system refuses to write a file."""
    return UsageError(f"cannot write {path}: {error.strerror or error}")
