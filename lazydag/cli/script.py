"""Scripts, run as the interpreter runs them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType, TracebackType

from lazydag.errors import UsageError

FAILED, INTERRUPTED = 1, 130


def run_script(path: str, args: Sequence[str]) -> int:
    """Run a file as ``python path args`` does, and return its exit code.

    The module is ``__main__`` and stays it, for threads and exit handlers. An exception
    that nothing catches is shown as the interpreter does, from the script's first line.

    Raises
    ------
    UsageError
        If the file cannot be read.
    """
    source = _read(path)
    full = os.path.abspath(path)  # noqa: PTH100 -- links are not followed
    module = ModuleType("__main__")
    module.__dict__.update(__file__=full, __cached__=None, __annotations__={})
    sys.modules["__main__"] = module
    sys.argv = [path, *args]
    if not sys.flags.safe_path:
        # In place of the folder of the command.
        sys.path[0] = str(Path(path).resolve().parent)
    try:
        exec(compile(source, full, "exec", dont_inherit=True), module.__dict__)
    except SystemExit as stop:
        return _exit_code(stop)
    except BaseException as error:  # noqa: BLE001 -- as the interpreter does
        _show(error, full)
        return INTERRUPTED if isinstance(error, KeyboardInterrupt) else FAILED
    return 0


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error


def _exit_code(stop: SystemExit) -> int:
    if stop.code is None or isinstance(stop.code, int):
        return int(stop.code or 0)
    print(stop.code, file=sys.stderr)
    return FAILED


def _show(error: BaseException, path: str) -> None:
    """Hand an exception to the hook for those that nobody caught."""
    error.__traceback__ = _from_script(error.__traceback__, path)
    sys.stdout.flush()
    sys.excepthook(type(error), error, error.__traceback__)


def _from_script(traceback: TracebackType | None, path: str) -> TracebackType | None:
    """Return a traceback without the frames above the script's."""
    while traceback is not None and traceback.tb_frame.f_code.co_filename != path:
        traceback = traceback.tb_next
    return traceback
