"""Where an array is, and how other libraries get at it there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazydag.array import placing
from lazydag.array.dlpack import DEVICE, capsule
from lazydag.array.nodes.pins import has_devices
from lazydag.array.scopes import settle_scope

if TYPE_CHECKING:
    from lazydag.array.array import Array


class Residing:
    """Devices and DLPack, as the Array API standard has them, and CUDA's interface."""

    __slots__ = ()

    @property
    def device(self: Any) -> str:
        """Where the values are, or will be: ``"cpu"`` or a GPU such as ``"gpu:0"``."""
        if self._value is not None or not has_devices():
            return "cpu"
        settle_scope()
        return placing.device_of(self.node)

    def __dlpack__(
        self: Any,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        far = placing.far_values(self)
        if far is not None:
            return far.__dlpack__(
                stream=stream, max_version=max_version, dl_device=dl_device, copy=copy
            )
        if stream is not None:
            raise ValueError("stream= has no meaning for memory of the CPU")
        return capsule(self.values_for("array"), max_version, dl_device, copy)

    def __dlpack_device__(self: Any) -> tuple[int, int]:
        far = placing.far_values(self)
        return DEVICE if far is None else far.__dlpack_device__()

    @property
    def __cuda_array_interface__(self: Any) -> dict[str, Any]:
        far = placing.lend(self)
        if far is None:
            raise AttributeError("the values are not on a GPU")
        return far.__cuda_array_interface__

    def to_device(self: Any, device: str, /, *, stream: Any = None) -> Array:
        """Return the array on a device: itself, if it is there.

        Values that are known are moved at once, others when they are computed.

        Parameters
        ----------
        device : str
            ``"cpu"``, ``"gpu:0"``, or ``"gpu"`` for any GPU.
        stream : None
            The plan orders what it does.

        Raises
        ------
        ValueError
            If there is no such device.
        """
        if stream is not None:
            raise ValueError(f"there is no device {device!r} with a stream {stream!r}")
        return placing.moved(self, device)
