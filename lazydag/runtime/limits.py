"""The memory budgets of this machine and of devices."""

from __future__ import annotations

import os
import re

from lazydag.cost.memory import available_nbytes
from lazydag.errors import UsageError

VARIABLE = "LAZYDAG_MEMORY_LIMIT"
DEVICE_VARIABLE = "LAZYDAG_DEVICE_MEMORY_LIMIT"
# The rest is for the user's own arrays, the interpreter and the system.
FRACTION = 0.75

_UNITS = {
    "": 1,
    "B": 1,
    **{f"{prefix}B": 1000 ** (i + 1) for i, prefix in enumerate("KMGT")},
    **{f"{prefix}IB": 1024 ** (i + 1) for i, prefix in enumerate("KMGT")},
}


def default_limit() -> int:
    """Return the memory budget in bytes.

    ``LAZYDAG_MEMORY_LIMIT`` if it is set: bytes, with a unit (``8GB``, ``8GiB``) or a
    percentage of the memory of the machine. Else 75% of it.

    Raises
    ------
    UsageError
        If the variable holds something else.
    """
    text = os.environ.get(VARIABLE, "").strip()
    if text:
        return parse_limit(text)
    return int(FRACTION * available_nbytes())


def device_limit(nbytes: int) -> int:
    """Return the bytes that plans may use of a device's memory.

    Parameters
    ----------
    nbytes
        All that there are. ``LAZYDAG_DEVICE_MEMORY_LIMIT`` may allow fewer, in bytes,
        with a unit or as a percentage.

    Raises
    ------
    UsageError
        If the variable holds something else.
    """
    text = os.environ.get(DEVICE_VARIABLE, "").strip()
    return min(nbytes, parse_limit(text, nbytes, DEVICE_VARIABLE)) if text else nbytes


def parse_limit(
    text: str, whole_nbytes: int | None = None, variable: str = VARIABLE
) -> int:
    """Return the bytes that a limit such as ``8GiB`` or ``50%`` stands for.

    Parameters
    ----------
    text
        An amount with a unit, or a percentage.
    whole_nbytes
        What percentages are of; the memory of this machine by default.
    variable
        Where it is from, for messages.

    Raises
    ------
    UsageError
        If it is not a number with a unit.

    Examples
    --------
    >>> parse_limit("1.5 GiB")
    1610612736
    """
    match = re.fullmatch(r"([0-9.]+)\s*([A-Za-z]*|%)", text.strip())
    if match is not None:
        number, unit = match[1], match[2].upper()
        scale = _UNITS.get(unit)
        if unit == "%":
            whole = available_nbytes() if whole_nbytes is None else whole_nbytes
            scale = 0.01 * whole
        if scale is not None and re.fullmatch(r"\d+(\.\d*)?|\.\d+", number):
            return int(float(number) * scale)
    raise UsageError(
        f"{text!r} is not an amount of memory",
        remedy=f"Write {variable}=8GB, 8GiB, 50% or a number of bytes.",
    )


def printed(nbytes: float) -> str:
    """Return a number of bytes for people.

    Examples
    --------
    >>> printed(160_000_000), printed(12)
    ('160 MB', '12 B')
    """
    for unit, scale in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if nbytes >= scale:
            return f"{nbytes / scale:.3g} {unit}"
    return f"{nbytes:.0f} B"
