"""Events and words of devices: what plans leave that are gone, others take."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice

Kind: TypeAlias = Literal["event", "timer", "word"]

_left: Final[defaultdict[tuple[GpuDevice, Kind], list[int]]] = defaultdict(list)


def take(device: GpuDevice, kind: Kind) -> int:
    """Return a handle that nobody uses."""
    try:
        return _left[device, kind].pop()
    except IndexError:
        made: int = getattr(device, kind)()
        return made


def leave(device: GpuDevice, kind: Kind, handle: int) -> None:
    """Let others have a handle."""
    _left[device, kind].append(handle)
