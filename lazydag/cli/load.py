"""Functions named on the command line: ``file.py:function``, ``module:function``."""

from __future__ import annotations

import difflib
import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from lazydag.errors import LazydagError, UsageError


class ProgramError(LazydagError, RuntimeError):
    """An exception of the user's own code; it is the cause of this one."""


def load_function(target: str) -> tuple[ModuleType, Any]:
    """Return the module and the function that `target` names.

    Raises
    ------
    UsageError
        If there is no such file, module or function.
    ProgramError
        If the module fails while it is imported.
    """
    place, _, path = target.rpartition(":")
    if not place or not path:
        raise UsageError(
            f"{target!r} does not name a function",
            remedy="Write path/to/file.py:function or package.module:function.",
        )
    module = _from_file(Path(place)) if place.endswith(".py") else _from_name(place)
    found: Any = module
    for name in path.split("."):
        found = _attribute(place, found, name)
    if not callable(found):
        raise UsageError(f"{target} is a {type(found).__name__}, not a function")
    return module, found


def _attribute(place: str, owner: Any, name: str) -> Any:
    if hasattr(owner, name):
        return getattr(owner, name)
    close = difflib.get_close_matches(name, vars(owner))
    hint = f"Did you mean {close[0]}?" if close else ""
    raise UsageError(f"{place} has no {name!r}", remedy=hint)


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    _make_importable(path.resolve().parent)
    name = f"_explained_{path.stem}"
    spec = spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise program_error(f"cannot import {path}", error) from error
    return module


def _from_name(name: str) -> ModuleType:
    _make_importable(Path.cwd())
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            raise UsageError(
                f"there is no module {name!r}",
                remedy="Files are named with their ending: path/to/file.py:function.",
            ) from error
        raise program_error(f"cannot import {name}", error) from error
    except Exception as error:
        raise program_error(f"cannot import {name}", error) from error


def program_error(what: str, error: Exception) -> ProgramError:
    """Return the error to raise for one of the user's own code."""
    return ProgramError(
        f"{what}: {type(error).__name__}: {error}",
        remedy="--traceback shows where it was raised.",
    )


def _make_importable(folder: Path) -> None:
    """Let the program import its neighbours, as ``python file.py`` does."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
