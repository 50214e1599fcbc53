"""Writing into values themselves, where nobody can tell.

An array that is computed holds a NumPy array. If nothing else refers to that, a write
changes it; otherwise it is copied first, and the copy is the lazy array's own. Whatever
can see the elements refers to the array that holds them: what ``np.asarray`` returned
and its views, leaves of expressions that are not computed yet, runs that read them.
"""

from __future__ import annotations

from collections.abc import Callable
from sys import getrefcount
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lazydag.array.getting import SMALL_SIZE, known_base, known_key
from lazydag.array.keys import is_array, is_element
from lazydag.array.leaves import leaf
from lazydag.array.nodes.paths import Path, look
from lazydag.array.nodes.tiles import retiled, wish_in
from lazydag.array.readonly import is_read_only
from lazydag.array.tracing import state
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS
from lazydag.ir.ops import Kind as OpKind
from lazydag.ir.source import caller_location
from lazydag.remarks import Kind, remark

if TYPE_CHECKING:
    from lazydag.array.array import Array

NDArray: TypeAlias = "np.ndarray[Any, Any]"

_NUMBERS = (bool, int, float, complex, np.generic)
_FUNCTION = OPS["function"]
#: Up to so many operations are evaluated at once.
QUICK_NODES = 16
_EXACT = {
    np.add,
    np.subtract,
    np.multiply,
    np.divide,
    np.bitwise_and,
    np.bitwise_or,
    np.bitwise_xor,
}
# The array's own reference, one of a name, and that of a call.
_ALONE = 3


def write_known(array: Array, key: Any, value: Any) -> bool:
    """Assign a few values to elements, all of which are known; False if they are not.

    Traced functions and arrays that are still to be computed record a write. What takes
    less time to compute than to record counts as known. A mistake is told by those who
    record it.
    """
    if state.trace is not None or array._weak or is_read_only(array):
        return False
    link = array._link
    base = array if link is None else link.base
    path = () if link is None else link.place()
    old = known_base(base)
    if path is None or old is None:
        return False
    old = look(path, old)
    new = _known(value, old.dtype)
    plain = key if is_element(key, old.ndim) else known_key(old, key)
    if new is None or plain is None:
        return False
    del old
    if link is not None:
        link.forget()

    def act(shown: NDArray) -> None:
        shown[plain] = new

    return _write(base, path, act)


def update_known(view: Array, ufunc: np.ufunc, other: Any) -> bool:
    """Do what ``view += other`` does to few elements that are known; else False.

    Only for views, such as rows of an array that a loop goes through, and only where
    the bits are NumPy's in any case.
    """
    link = view._link
    if state.trace is not None or link is None or is_read_only(view):
        return False
    path, old = link.place(), known_base(link.base)
    if path is None or old is None or ufunc not in _EXACT:
        return False
    old = look(path, old)
    new = _known(other, old.dtype)
    if new is None or old.dtype.kind == "c" or old.size > SMALL_SIZE:
        return False
    del old
    link.forget()

    def act(shown: NDArray) -> None:
        with np.errstate(all="ignore"):
            ufunc(shown, new, out=shown, casting="same_kind")

    return _write(link.base, path, act)


def _write(base: Array, path: Path, act: Callable[[NDArray], object]) -> bool:
    """Act on what a path leads to; False if NumPy refuses."""
    wish = wish_in(base._node)
    own = _own(base)
    own.flags.writeable = True
    try:
        act(look(path, own))
    except (ValueError, TypeError, IndexError, OverflowError):
        return False
    finally:
        own.flags.writeable = False
        base._value, base._node = own, None
        if wish is not None:
            base._node = retiled(leaf(own), wish)
    return True


def _known(value: Any, dtype: np.dtype[Any]) -> Any:
    """Return a value for NumPy to assign, None if it is lazy or loses its kind."""
    if value.__class__ is float and dtype.kind == "f":
        return value
    if is_array(value):
        if not (value.is_computed or _is_quick(value.node)):
            return None
        shown, value = value, np.array(value)
        if shown._link is not None:
            shown._link.forget()
    elif isinstance(value, list | tuple):
        value = np.asarray(value)
    elif not isinstance(value, (*_NUMBERS, np.ndarray)):
        return None
    if isinstance(value, float | complex) and not isinstance(value, np.generic):
        return value if np.can_cast(type(value), dtype, "same_kind") else None
    if isinstance(value, np.ndarray | np.generic):
        return value if np.can_cast(value.dtype, dtype, "same_kind") else None
    return value


def _is_quick(node: Node) -> bool:
    """Tell whether a value takes little work, of a few operations."""
    seen: set[Node] = set()
    stack, left = [node], SMALL_SIZE
    while stack:
        node = stack.pop()
        if node in seen or node.op.kind is OpKind.SOURCE:
            continue
        seen.add(node)
        left -= node.type.size
        if left < 0 or len(seen) > QUICK_NODES or node.op is _FUNCTION:
            return False
        stack += node.srcs
    return True


def _own(array: Array) -> NDArray:
    """Return the values in memory that only `array` refers to."""
    value = array._value
    if value is not None and value.flags.owndata and value.flags.c_contiguous:
        array._node = None
        if getrefcount(value) == _ALONE:
            return value
    copy = np.array(array._force(), order="C")
    remark(Kind.COPY, caller_location(), nbytes=copy.nbytes)
    return copy
