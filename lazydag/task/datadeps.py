"""`datadeps`: tasks that share data run as if one after the other."""

from __future__ import annotations

from contextlib import AbstractContextManager
from contextvars import copy_context
from types import TracebackType
from typing import TYPE_CHECKING

from lazydag.cost import estimate
from lazydag.runtime.dynamic import Scope, leave_scope, scope
from lazydag.runtime.regions import PlanCache, TaskRegion

if TYPE_CHECKING:
    from lazydag.runtime.executor import Addresses
    from lazydag.runtime.native import NativeCall
    from lazydag.runtime.regions.planning import RegionPlan
    from lazydag.runtime.regions.recording import Recording
    from lazydag.runtime.regions.region import Ended

_plans = PlanCache()


class _Process:
    """The process's session, as the host of regions."""

    def execute(
        self, plan: RegionPlan, recording: Recording, addresses: Addresses
    ) -> Ended:
        from lazydag.compiler.session import session  # noqa: PLC0415 -- loads a backend

        here = session()
        if len(here.target.devices) > 1:
            from lazydag.compiler.far_regions import far_region  # noqa: PLC0415

            far = far_region(plan, recording, here.target)
            if far is not None:
                return far.execute(here.executor, addresses)
        return here.executor.execute(plan.frozen, addresses)

    def seconds(self, call: NativeCall) -> float:
        from lazydag.compiler.session import session  # noqa: PLC0415

        device, history = session().target.default, session().history
        expected = estimate(call.work, device, threads=1)
        return history.correct(expected, call.key, call.bucket, device.name).seconds

    def learn(self, call: NativeCall, seconds: float) -> None:
        from lazydag.compiler.session import session  # noqa: PLC0415

        device, history = session().target.default, session().history
        expected = estimate(call.work, device, threads=1).seconds
        history.record(call.key, call.bucket, device.name, seconds, expected)

    def single_threaded(self) -> AbstractContextManager[object]:
        from lazydag.backends.cpu.blas import single_threaded_blas  # noqa: PLC0415

        return single_threaded_blas()


class datadeps:  # noqa: N801 -- a block, as `sync`
    """Run the tasks that are spawned in a block as if one after the other.

    Tasks say what they read and write by wrapping arguments in `In`, `Out`, `InOut` or
    `Deps`; arrays without a wrapper are read. A task waits for the earlier ones that
    access the same bytes, if one of the two writes. All others run at the same time.
    The block ends when all tasks have.

    Returns
    -------
    TaskRegion
        What ``as`` names: its `run` runs the same tasks again.

    Raises
    ------
    TaskGroupError
        At the end of the block, if tasks failed. What depends on those was not run; the
        rest was.

    Notes
    -----
    A task costs a few microseconds to record. Finding what each waits for costs about
    as much, once for a structure: functions, shapes, strides and places of the arrays
    in their buffers. Blocks of the same structure share a plan. The model is known as
    sequential task flow [1]_.

    Where there are GPUs on which it ends sooner, operations of `lazydag.tiles` run
    there, and all arrays are on the host again at the end.

    The block is one region of tasks. Another block inside of it joins it. Waiting for a
    task's result inside the block runs what was recorded so far.

    References
    ----------
    .. [1] E. Agullo et al., "Achieving High Performance on Supercomputers with a
       Sequential Task-based Programming Model", IEEE Transactions on Parallel and
       Distributed Systems, 2017, describes this model and what it is good for.

    Examples
    --------
    >>> import numpy as np
    >>> import lazydag as ld
    >>> x, y = np.zeros(3), np.zeros(3)
    >>> def fill(a, value):
    ...     a[:] = value
    >>> with ld.datadeps() as region:
    ...     task = ld.spawn(fill, ld.Out(x), 2.0)
    ...     task = ld.spawn(np.multiply, x, 3.0, out=ld.Out(y))
    >>> y
    array([6., 6., 6.])
    >>> region
    <region of 2 tasks>
    """

    __slots__ = ("_is_inner", "_region")

    def __enter__(self) -> TaskRegion:
        outer = scope.get()
        self._is_inner = outer is not None and outer.region is not None
        if outer is not None and isinstance(outer.region, TaskRegion):
            self._region = outer.region
        else:
            self._region = TaskRegion(_Process(), _plans, copy_context())
        scope.set(Scope(outer, region=self._region))
        return self._region

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        leave_scope()
        if self._is_inner:
            # After an error the block around decides: it may go on.
            if error is None:
                self._region.flush()
        elif error is not None:
            self._region.abandon()
        else:
            self._region.close()


__all__ = ["datadeps"]
