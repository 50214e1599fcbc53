"""Arguments that a jitted function writes into: they change when it has succeeded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lazydag.array import engine
from lazydag.array.array import Array
from lazydag.array.assign import assign
from lazydag.array.leaves import leaf
from lazydag.array.values import Value, frozen
from lazydag.errors import UsageError
from lazydag.ir.source import caller_location

if TYPE_CHECKING:
    from lazydag.runtime.device_array import DeviceArray

# NumPy looks for a common element of two arrays so long, and then takes it that
# there is one.
_MOST_WORK = 10_000


def check_targets(
    name: str,
    leaves: Sequence[Any],
    arrays: Sequence[Value],
    captured: Sequence[Value],
    written: Sequence[int],
) -> None:
    """Refuse arguments that cannot be written into, or share memory with others.

    The function was traced as if its arguments were apart. If they are not, a write
    into one would have to be seen in the other.

    Parameters
    ----------
    name : str
        The function's name.
    leaves : sequence
        The arguments.
    arrays : sequence of ndarray
        Their values.
    captured : sequence of ndarray
        Arrays that the function uses besides.
    written : sequence of int
        Which arguments it writes into.

    Raises
    ------
    UsageError
        If an argument is read-only or no array, or if two share memory.
    """
    for slot in written:
        _check_target(name, slot, leaves[slot], arrays[slot])
        for other, value in enumerate(leaves):
            pair = leaves[slot], arrays[slot], value, arrays[other]
            if other != slot and _meet(*pair):
                raise _shared(name, slot, f"argument {other}")
        if not isinstance(leaves[slot], Array):
            for array in captured:
                if _share(arrays[slot], array):
                    raise _shared(name, slot, "an array from outside of the function")


def write_back(
    leaves: Sequence[Any], written: Sequence[int], values: Sequence[Value]
) -> None:
    """Give arguments the values that a run computed for them."""
    for slot, value in zip(written, values, strict=True):
        target = leaves[slot]
        if isinstance(target, Array) and target._link is None:
            target.hold(frozen(value))
        elif isinstance(target, Array):
            assign(target, leaf(frozen(value)))
        elif isinstance(target, np.ndarray):
            np.copyto(target, engine.on_host(value))
        else:
            engine.adopted(target).fill(value)


def _check_target(name: str, slot: int, target: Any, value: Value) -> None:
    if isinstance(target, Array):
        return
    if not isinstance(value, np.ndarray):
        _check_far_target(name, slot, target, value)
        return
    if not isinstance(target, np.ndarray):
        raise UsageError(
            f"{name} writes into argument {slot}, a {type(target).__name__}",
            caller_location(),
            "Pass an array, or let the function copy the argument first.",
        )
    if not target.flags.writeable:
        raise UsageError(
            f"assignment destination is read-only: {name} writes into argument {slot}",
            caller_location(),
        )


def _check_far_target(name: str, slot: int, target: Any, value: DeviceArray) -> None:
    """Refuse another library's array on a device that cannot be written into."""
    _, is_read_only = target.__cuda_array_interface__["data"]
    if is_read_only or not value.is_contiguous:
        raise UsageError(
            f"{name} writes into argument {slot}, whose elements on {value.device} "
            f"are {'read-only' if is_read_only else 'not contiguous'}",
            caller_location(),
            "Pass a copy.",
        )


def _meet(a: Any, a_values: Value, b: Any, b_values: Value) -> bool:
    """Tell whether a write into `a` changes `b`.

    A lazy array that was made of a NumPy array has its own values from its first write
    on, so that two of them meet only as views of one array.
    """
    if isinstance(a, Array) or isinstance(b, Array):
        if not (isinstance(a, Array) and isinstance(b, Array)):
            return False
        return a.owner is b.owner and _share(a_values, b_values)
    is_array = isinstance(b, np.ndarray) or not isinstance(b_values, np.ndarray)
    return is_array and _share(a_values, b_values)


def _share(a: Value, b: Value) -> bool:
    if not isinstance(a, np.ndarray):
        return not isinstance(b, np.ndarray) and a.meets(b)
    if not isinstance(b, np.ndarray):
        return False
    try:
        return np.shares_memory(a, b, max_work=_MOST_WORK)  # type: ignore[arg-type]
    except np.exceptions.TooHardError:
        return True


def _shared(name: str, slot: int, other: str) -> UsageError:
    return UsageError(
        f"{name} writes into argument {slot}, which shares memory with {other}",
        caller_location(),
        "Pass a copy of one of them.",
    )
