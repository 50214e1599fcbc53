"""A program twice: as it stands, with lazydag, and with NumPy in the place of it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: What changes in a program when NumPy is to run it: its imports.
IMPORTS = {
    "import lazydag.numpy as np\n": "import numpy as np\n",
    "from lazydag import jit\n": "from programs.loading import unchanged as jit\n",
}

Function = Callable[..., Any]


def unchanged(function: Function) -> Function:
    """Decorate nothing: with NumPy a program is its own function."""
    return function


def with_lazydag(name: str, folder: str = "programs") -> Any:
    """Return a program's function, jitted."""
    return getattr(importlib.import_module(f"{folder}.{name}"), name)


def with_numpy(name: str, folder: str = "programs") -> Function:
    """Return the function of the same text, with NumPy imported."""
    path = Path(__file__).parents[1] / folder / f"{name}.py"
    text = path.read_text(encoding="utf-8")
    for ours, numpys in IMPORTS.items():
        text = text.replace(ours, numpys)
    assert "lazydag" not in text, f"{path.name} has more of lazydag than its imports"
    namespace: dict[str, Any] = {"__name__": name}
    exec(compile(text, str(path), "exec"), namespace)
    found: Function = namespace[name]
    return found
