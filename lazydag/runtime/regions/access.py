"""What a spawned task says about its arguments: `In`, `Out`, `InOut` and `Deps`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final, TypeAlias

from lazydag.errors import UsageError
from lazydag.runtime.mode import Mode

#: Selects a part of an array: a field's name; `numpy.tril`, `numpy.triu`,
#: `numpy.diagonal`, or a `functools.partial` of one, with its ``k`` or ``offset``; or a
#: function that returns a view.
Selector: TypeAlias = str | Callable[[Any], Any]


class Accessed:
    """An argument and how the task accesses it."""

    __slots__ = ("value",)
    mode: ClassVar[Mode]

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r})"


class In(Accessed):
    """An argument that the task reads.

    Inside of a `datadeps` region a task gets it read-only. Arguments that are given
    without a wrapper are accessed so.

    Parameters
    ----------
    value
        An array, or any object. Objects other than arrays are accessed as a whole, and
        told apart by identity.

    Examples
    --------
    >>> import numpy as np
    >>> import lazydag as ld
    >>> x, y = np.ones(3), np.zeros(3)
    >>> with ld.datadeps():
    ...     task = ld.spawn(np.copyto, ld.Out(y), ld.In(x))
    >>> y
    array([1., 1., 1.])
    """

    __slots__ = ()
    mode = Mode.IN


class Out(Accessed):
    """An argument that the task overwrites, whole, without reading it; see `In`.

    Tasks that come later wait for it; it waits for earlier tasks that read or write the
    same bytes.
    """

    __slots__ = ()
    mode = Mode.OUT


class InOut(Accessed):
    """An argument that the task reads and writes; see `In`."""

    __slots__ = ()
    mode = Mode.INOUT


class Deps:
    """An argument of which the task accesses parts, each in its way.

    Parameters
    ----------
    value
        An array.
    *parts
        `In`, `Out` or `InOut` of a selector: the name of a field, `numpy.tril` or
        `numpy.triu` (or a `functools.partial` of one with its ``k``),
        `numpy.diagonal`, or a function from the array to a view of it. What no part
        selects must not be accessed.

    Raises
    ------
    UsageError
        If there are no parts, or one is not wrapped.

    Examples
    --------
    Two tasks on the two triangles of one matrix do not wait for each other:

    >>> import numpy as np
    >>> import lazydag as ld
    >>> from functools import partial
    >>> a = np.zeros((3, 3))
    >>> def fill(a, where, value):
    ...     a[where(a.shape[0])] = value
    >>> upper = partial(np.triu, k=1)
    >>> with ld.datadeps():
    ...     low = ld.spawn(fill, ld.Deps(a, ld.InOut(np.tril)), np.tril_indices, 1)
    ...     up = ld.spawn(
    ...         fill, ld.Deps(a, ld.InOut(upper)), partial(np.triu_indices, k=1), 2
    ...     )
    >>> a
    array([[1., 2., 2.],
           [1., 1., 2.],
           [1., 1., 1.]])
    """

    __slots__ = ("parts", "value")

    def __init__(self, value: Any, *parts: Accessed) -> None:
        if not parts:
            raise UsageError(
                "Deps without parts",
                remedy="Give what is accessed, such as Deps(x, InOut(numpy.tril)).",
            )
        for part in parts:
            if not isinstance(part, Accessed):
                raise UsageError(
                    f"Deps with the part {part!r}",
                    remedy="Wrap each selector in In, Out or InOut.",
                )
        self.value = value
        self.parts: Final = parts

    def __repr__(self) -> str:
        parts = ", ".join(map(repr, self.parts))
        return f"Deps({self.value!r}, {parts})"


def unwrapped(argument: Any) -> Any:
    """Return what a task's function is called with for an argument."""
    return argument.value if isinstance(argument, (Accessed, Deps)) else argument
