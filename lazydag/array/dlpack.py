"""Values as DLPack capsules, for readers of old and new versions."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

NDArray: TypeAlias = "np.ndarray[Any, Any]"

#: DLPack's number of the CPU, and of the first of its kind.
DEVICE = (1, 0)


class _Writeable:
    """The memory of an array, without the mark that it is only to be read."""

    def __init__(self, array: NDArray) -> None:
        self.array = array
        interface = dict(array.__array_interface__)
        interface["data"] = (interface["data"][0], False)
        self.__array_interface__ = interface


def capsule(
    value: NDArray,
    max_version: tuple[int, int] | None,
    dl_device: tuple[int, int] | None,
    copy: bool | None,
) -> Any:
    """Return the capsule of an array that is only to be read.

    Readers of versions before 1.0 take it for writeable: they get a copy, or what they
    asked for by ``copy=False``, the memory itself.
    """
    can_tell = max_version is not None and max_version[0] >= 1
    if not (value.flags.writeable or can_tell):
        value = np.asarray(_Writeable(value)) if copy is False else value.copy()
    return value.__dlpack__(max_version=max_version, dl_device=dl_device, copy=copy)
