"""What ``--arg`` takes: the type of an array, or a value, by place or by name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import Any

from lazydag.errors import ParseError, UsageError
from lazydag.ir.text import parse_type
from lazydag.ir.types import DTYPES

_TYPE = re.compile(r"[a-z]+\d*\[.*\]", re.DOTALL)
_NAMED = re.compile(r"(?P<name>[A-Za-z_]\w*)=(?P<rest>.*)", re.DOTALL)
_VALUES = (bool, int, float, str, tuple, type(None))


def parse_arguments(given: Iterable[Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return positional and named arguments, as on a call.

    Parameters
    ----------
    given
        Texts are parsed; whatever else is an argument already.

    Raises
    ------
    UsageError
        If a text is neither a type nor a value, or a name comes twice.

    Examples
    --------
    >>> positional, named = parse_arguments(["f64[4,2]", "3.5", "axis=1"])
    >>> print(*positional, named)
    f64[4,2] 3.5 {'axis': 1}
    """
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for each in given:
        found = _NAMED.fullmatch(each) if isinstance(each, str) else None
        if found is None:
            positional.append(parse_argument(each) if isinstance(each, str) else each)
        elif found["name"] in named:
            raise UsageError(f"--arg {found['name']}=… comes twice")
        else:
            named[found["name"]] = parse_argument(found["rest"])
    return positional, named


def parse_argument(text: str) -> Any:
    """Return a type, such as ``f64[336776]``, or a Python value, such as ``3.5``.

    Raises
    ------
    UsageError
        If it is neither.
    """
    if text in DTYPES:
        text = f"{text}[]"
    if _TYPE.fullmatch(text.strip()):
        return _parse_type(text.strip())
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        value = ...
    if not isinstance(value, _VALUES):
        raise UsageError(
            f"--arg {text!r} is neither a type nor a value",
            remedy="Types look like f64[336776] or i32[100,200], values like 3.5.",
        )
    return value


def _parse_type(text: str) -> Any:
    try:
        return parse_type(text)
    except ParseError as error:
        raise UsageError(
            f"--arg {text!r}: {error.what}", remedy=error.remedy
        ) from error
