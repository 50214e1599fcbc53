"""How tasks are to be run: `Options`, and the scope that they flow through."""

from __future__ import annotations

import math
from contextvars import ContextVar
from dataclasses import dataclass, fields
from numbers import Real
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from lazydag.errors import TargetError, UsageError

if TYPE_CHECKING:
    from lazydag.runtime.dynamic.group import Group
    from lazydag.runtime.dynamic.region import Region

Place: TypeAlias = Literal["thread", "process"]


@dataclass(frozen=True, slots=True)
class Options:
    """How tasks are to be run. A field that is None says nothing.

    As a context manager the options hold for what is spawned inside, also by tasks that
    were spawned inside. Of several scopes the innermost counts, for each field.

    Parameters
    ----------
    name : str, optional
        What messages and traces call the task; by default the function's name.
    priority : float, optional
        Ready tasks with a higher priority start first; 0 by default.
    retries : int, optional
        How often the task is run again after its function raised; 0 by default.
    backoff : float, optional
        Seconds until the first retry, doubled for each further one, and shortened at
        random by up to a quarter; 0.1 by default. No thread waits meanwhile.
    timeout : float, optional
        Seconds from the task's first start until it fails. Its function is not stopped:
        see `lazydag.cancelled`.
    scope : str or tuple of str, optional
        Names of the devices that may run it; "cpu" is the one there is.
    cost : float, optional
        Estimated seconds. A `lazydag.datadeps` region ranks its tasks by them.
    runs_on : {"thread", "process"}, optional
        Where it runs; a thread by default. Processes suit functions that keep the GIL.

    Examples
    --------
    >>> import lazydag as ld
    >>> with ld.options(priority=2, retries=1):
    ...     task = ld.spawn(sum, [1, 2], options=ld.options(retries=3))
    >>> task.result()
    3
    """

    name: str | None = None
    priority: float | None = None
    retries: int | None = None
    backoff: float | None = None
    timeout: float | None = None
    scope: str | tuple[str, ...] | None = None
    cost: float | None = None
    runs_on: Place | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                _CHECKS[field.name](field.name, value)

    def over(self, outer: Options | None) -> Options:
        """Return these options, with what they leave open taken from `outer`."""
        if outer is None:
            return self
        chosen = {}
        for field in fields(self):
            own = getattr(self, field.name)
            chosen[field.name] = getattr(outer, field.name) if own is None else own
        return Options(**chosen)

    def __enter__(self) -> Self:
        outer = scope.get()
        scope.set(Scope(outer, options=self.over(outer.options if outer else None)))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        leave_scope()


def _text(name: str, value: Any) -> None:
    if not isinstance(value, str) or not value:
        raise UsageError(f"{name} is {value!r}", remedy="Give a string.")


def _number(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, Real) or math.isnan(value):
        raise UsageError(f"{name} is {value!r}", remedy="Give a number.")


def _seconds(name: str, value: Any) -> None:
    _number(name, value)
    if not 0 <= value < math.inf:
        raise UsageError(f"{name} is {value!r}", remedy="Give seconds, 0 or more.")


def _count(name: str, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise UsageError(f"{name} is {value!r}", remedy="Give 0 or a positive integer.")


def _devices(name: str, value: Any) -> None:
    for device in value if isinstance(value, tuple) else (value,):
        if not isinstance(device, str) or device.partition(":")[0] != "cpu":
            raise TargetError(
                f"{name} is {value!r}, and this machine has no device {device!r}",
                remedy='Tasks run on "cpu".',
            )


def _place(name: str, value: Any) -> None:
    if value not in ("thread", "process"):
        raise UsageError(
            f"{name} is {value!r}", remedy='Give "thread", "process" or None.'
        )


_CHECKS = {
    "name": _text,
    "priority": _number,
    "retries": _count,
    "backoff": _seconds,
    "timeout": _seconds,
    "scope": _devices,
    "cost": _seconds,
    "runs_on": _place,
}


class Scope:
    """What holds for the tasks that are spawned in a block.

    Parameters
    ----------
    outer
        What holds around the block, and where the others are taken from.
    """

    __slots__ = ("group", "options", "outer", "region")

    def __init__(
        self,
        outer: Scope | None,
        *,
        options: Options | None = None,
        group: Group | None = None,
        region: Region | None = None,
    ) -> None:
        self.outer: Scope | None = outer
        if outer is not None:
            options = outer.options if options is None else options
            group = outer.group if group is None else group
            region = outer.region if region is None else region
        self.options: Options | None = options
        self.group: Group | None = group
        self.region: Region | None = region


#: The innermost block. Tasks take it along from where they are spawned.
scope: ContextVar[Scope | None] = ContextVar("lazydag_scope", default=None)


def leave_scope() -> None:
    """End the innermost block."""
    inner = scope.get()
    assert inner is not None
    scope.set(inner.outer)


def run_recorded() -> None:
    """Run what the block around has recorded: somebody is about to wait for it."""
    around = scope.get()
    if around is not None and around.region is not None:
        around.region.flush()
