"""Targets: the devices, memory spaces and links that plans are made for."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from lazydag.errors import TargetError


@dataclass(frozen=True, slots=True)
class Space:
    """A memory space: RAM, the memory of one GPU, a disk, another machine's RAM.

    Parameters
    ----------
    nbytes
        Bytes that plans may use.
    """

    name: str
    nbytes: int


@dataclass(frozen=True, slots=True)
class Link:
    """A way for bytes from one memory space to another, in one direction.

    Parameters
    ----------
    src, dst
        Names of the spaces.
    latency_seconds
        Seconds that a transfer of no bytes takes.
    bytes_per_s
        Speed of large transfers.
    """

    src: str
    dst: str
    latency_seconds: float
    bytes_per_s: float

    def seconds(self, nbytes: float) -> float:
        """Return the seconds that a transfer of `nbytes` takes."""
        return self.latency_seconds + nbytes / self.bytes_per_s


@dataclass(frozen=True, slots=True)
class Device:
    """Something that runs tasks: all cores of a socket or machine, or one GPU.

    Parameters
    ----------
    name
        Such as ``"cpu:0"``.
    kind
        ``"cpu"`` or ``"gpu"``.
    threads
        Workers that run tiles at the same time.
    space
        Name of the memory space that its tasks read and write.
    flops_per_s
        Speed of all threads together by dtype name (``"f64"``), in operations on
        numbers: a fused multiply-add is two.
    bytes_per_s, stream_bytes_per_s
        Memory traffic of all threads together, reads and writes, with plain and with
        non-temporal stores.
    thread_bytes_per_s, thread_stream_bytes_per_s
        The same of one thread alone.
    task_overhead_seconds
        Seconds from one task to the next beyond their own work: on a GPU the launch.
    l1_nbytes, l2_nbytes
        Sizes of the caches of one core.
    l3_nbytes
        Size of the cache that the cores share; 0 if there is none.
    products_per_s
        As `flops_per_s`, in products of matrices, where they have units of their own.
    """

    name: str
    kind: str
    threads: int
    space: str
    flops_per_s: dict[str, float] = field(hash=False)
    bytes_per_s: float
    stream_bytes_per_s: float
    thread_bytes_per_s: float
    thread_stream_bytes_per_s: float
    task_overhead_seconds: float = 1e-6
    l1_nbytes: int = 32 << 10
    l2_nbytes: int = 1 << 20
    l3_nbytes: int = 8 << 20
    products_per_s: dict[str, float] = field(default_factory=dict, hash=False)

    def flops(self, dtype: str, *, in_products: bool = False) -> float:
        """Return operations per second on `dtype`; the slowest if it is unknown."""
        if in_products and dtype in self.products_per_s:
            return self.products_per_s[dtype]
        found = self.flops_per_s.get(dtype)
        return min(self.flops_per_s.values()) if found is None else found


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast one thread of a CPU was measured to be in a kernel.

    Parameters
    ----------
    kernel
        Its structure: routine and element type, such as ``"gemm.f64"``.
    sizes
        Its shape bucket; see `lazydag.cost.history.shape_bucket`.
    per_s
        Operations per second, or bytes where a kernel only moves them.
    """

    kernel: str
    sizes: str
    per_s: float


@dataclass(frozen=True)
class Target:
    """All that a plan may use.

    Parameters
    ----------
    devices
        The first is the default: it shares its space with the user's NumPy arrays.
    spaces
        Every space that a device or a link names.
    links
        Directed; transfers may take several.
    kernels
        What was measured there. Other kernels are estimated.

    Raises
    ------
    TargetError
        If a device or a link names an unknown space, two devices or spaces have one
        name, or a speed or a size is not positive.
    """

    devices: tuple[Device, ...]
    spaces: tuple[Space, ...]
    links: tuple[Link, ...] = ()
    name: str = "target"
    kernels: tuple[Speed, ...] = ()

    def __post_init__(self) -> None:
        check(self)

    def device(self, name: str) -> Device:
        """Return the device of that name.

        Raises
        ------
        TargetError
            If there is none.
        """
        for device in self.devices:
            if device.name == name:
                return device
        have = ", ".join(device.name for device in self.devices)
        raise TargetError(
            f"target {self.name} has no device {name!r}", remedy=f"It has {have}."
        )

    def devices_of(self, way: str | None) -> tuple[Device, ...]:
        """Return the devices that a kernel keeps busy which runs in some way.

        Parameters
        ----------
        way
            A device; several, as in ``"gpu:0+gpu:1"``; or how they go about it, as in
            ``"gpu:0/streamed"``. None is the default device.

        Raises
        ------
        TargetError
            If there is no such device.
        """
        if way is None:
            return (self.default,)
        return tuple(self.device(name) for name in way.partition("/")[0].split("+"))

    def space_of(self, way: str | None) -> str:
        """Return the memory space of what a kernel reads and writes in some way.

        That of its device if it just runs there; else the default device's, from where
        it hands out pieces itself.

        Raises
        ------
        TargetError
            If there is no such device.
        """
        devices = self.devices_of(way)
        return devices[0].space if devices[0].name == way else self.default.space

    def space(self, name: str) -> Space:
        """Return the memory space of that name.

        Raises
        ------
        TargetError
            If there is none.
        """
        for space in self.spaces:
            if space.name == name:
                return space
        have = ", ".join(space.name for space in self.spaces)
        raise TargetError(
            f"target {self.name} has no memory space {name!r}", remedy=f"It has {have}."
        )

    @property
    def default(self) -> Device:
        """The first device."""
        return self.devices[0]

    @cached_property
    def routes(self) -> dict[str, tuple[tuple[int, Link], ...]]:
        """The links out of each space, with their numbers."""
        return {
            space.name: tuple(
                (number, link)
                for number, link in enumerate(self.links)
                if link.src == space.name
            )
            for space in self.spaces
        }

    @cached_property
    def speeds(self) -> dict[tuple[str, str], float]:
        """The measured speed of each kernel, by structure and shape bucket."""
        return {(each.kernel, each.sizes): each.per_s for each in self.kernels}


def check(target: Target) -> None:
    """Raise `TargetError` unless the target is consistent."""
    if not target.devices:
        raise TargetError(f"target {target.name} has no devices")
    _check_names("device", [device.name for device in target.devices])
    _check_names("memory space", [space.name for space in target.spaces])
    known = {space.name for space in target.spaces}
    named = [(device.name, device.space) for device in target.devices]
    named += [
        (f"link {link.src} to {link.dst}", end)
        for link in target.links
        for end in (link.src, link.dst)
    ]
    for owner, space in named:
        if space not in known:
            what = f"{owner} names the memory space {space!r}, which is unknown"
            raise TargetError(what, remedy=f"Known are {', '.join(sorted(known))}.")
    _check_numbers(target)


def _check_names(kind: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise TargetError(f"two {kind}s are named {name!r}")


def _check_numbers(target: Target) -> None:
    for device in target.devices:
        speeds = {
            "threads": device.threads,
            "bytes_per_s": device.bytes_per_s,
            "stream_bytes_per_s": device.stream_bytes_per_s,
            "thread_bytes_per_s": device.thread_bytes_per_s,
            "thread_stream_bytes_per_s": device.thread_stream_bytes_per_s,
            **{f"flops_per_s.{key}": at for key, at in device.flops_per_s.items()},
            **{f"products_per_s.{k}": at for k, at in device.products_per_s.items()},
        }
        _check_positive(device.name, speeds)
        if not device.flops_per_s:
            raise TargetError(f"{device.name} has no flops_per_s")
    for link in target.links:
        name = f"link {link.src} to {link.dst}"
        _check_positive(name, {"bytes_per_s": link.bytes_per_s})
    for speed in target.kernels:
        _check_positive(f"kernel {speed.kernel}", {"per_s": speed.per_s})


def _check_positive(owner: str, speeds: dict[str, float]) -> None:
    for name, value in speeds.items():
        if not value > 0:
            raise TargetError(f"{owner} has {name} = {value}, which is not positive")
