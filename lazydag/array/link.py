"""Links from views to the arrays whose elements they show."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from lazydag.array.leaves import held_by, leaf
from lazydag.array.nodes.paths import (
    Part,
    Path,
    adds_units,
    can_reshape,
    extended,
    follow,
    is_contiguous,
    is_fixed,
    is_writable,
    lead_back,
    look,
)
from lazydag.array.nodes.pins import far_held_by
from lazydag.array.values import NDArray, Value
from lazydag.errors import UsageError
from lazydag.ir.node import Node, const
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location
from lazydag.ir.types import BOOL

if TYPE_CHECKING:
    from lazydag.array.array import Array
    from lazydag.runtime.device_array import DeviceArray

_RESHAPE = OPS["reshape"]
_NOTHING = const(False, BOOL)


@dataclass(slots=True)
class Link:
    """What a view shows of which array.

    The path is found when it is needed: after a write, or for one. Most views are read
    once, and what they were made as is what they are.

    Parameters
    ----------
    owner : Array
        The array that is no view itself, as long as it has its shape.
    parent : Link or None
        The link of the view that this is a view of.
    origin : Node
        The node of that view, or of the base, when this view was made.
    made : Node
        This view's node while the base's is `seen`: movement ops over `origin`.
    seen : Node
        The base's node when the view was last looked at.
    value : ndarray or None
        The view's value, if it was computed apart from the base.
    """

    owner: Array
    parent: Link | None
    origin: Node
    made: Node
    seen: Node
    value: NDArray | None = None
    _path: Path | None = None

    @property
    def base(self) -> Array:
        """The array that is no view itself.

        One that was given another shape has become a view of one that keeps the old.
        """
        link = self.owner._link
        if link is not None:
            self.owner = link.base
        return self.owner

    def node(self) -> Node:
        """Return what the view is now."""
        now = self.base.node
        if now is not self.seen:
            self.made, self.seen, self.value = follow(self.path(), now), now, None
        return self.made

    def path(self) -> Path:
        """Return the path from the base, which is found once."""
        links: list[Link] = []
        link: Link | None = self
        while link is not None and link._path is None:
            links.append(link)
            link = link.parent
        path = () if link is None or link._path is None else link._path
        for each in reversed(links):
            views = chain(each.made, each.origin)
            path = each._path = extended(path, views)
        return path

    def is_contiguous(self) -> bool:
        """Tell whether the elements follow each other in memory, in C order."""
        return is_contiguous(self.path(), self.base.shape)

    def known(self) -> NDArray | None:
        """Return the value if it is known, or the base's is."""
        node = self.node()
        if self.value is None:
            whole = held_by(self.seen) if is_fixed(self.path()) else None
            self.value = held_by(node) if whole is None else look(self.path(), whole)
        return self.value

    def far(self) -> DeviceArray | None:
        """Return the value if it is known, on a device.

        None for few elements of many, which a kernel gathers first.
        """
        found, path = far_held_by(self.node()), self.path()
        whole = far_held_by(self.seen) if found is None and is_fixed(path) else None
        if whole is not None and whole.is_contiguous:
            shown = whole.shown(partial(look, path))
            found = shown if shown.is_dense else None
        return found

    def keep(self, value: Value) -> None:
        """Take `value` as the view's, until something is written."""
        self.path()
        self.made = leaf(value)
        self.value = value if isinstance(value, np.ndarray) else None

    def place(self) -> Path | None:
        """Return the path if it is known and each element has its own place."""
        path = self.path()
        return path if is_fixed(path) and is_writable(path) else None

    def forget(self) -> None:
        """Forget what the view was, so that nothing of the base is held for it.

        Nor for those that it is a view of. They are looked at anew when asked for.
        """
        self.path()
        parent, self.parent = self.parent, None
        if parent is not None:
            parent.forget()
        self.value = None
        self.origin = self.made = self.seen = _NOTHING

    def write(self, value: Node) -> Node:
        """Return the base's node after a write of `value` into the view.

        Raises
        ------
        UsageError
            If elements of the view share their places.
        """
        self.check_writable()
        return lead_back(self.path(), self.base.node, value)

    def part(self) -> Part | None:
        """Return the basic slice of the base that the view is, if it is just that.

        Its axes come in the base's order, and none is new.
        """
        path = self.path()
        if len(path) != 1 or not isinstance(path[0], Part):
            return None
        axes = [-1 if axis is None else axis for axis in path[0].axes]
        is_plain = -1 not in axes and axes == sorted(axes)
        return path[0] if is_plain else None

    def check_writable(self) -> None:
        """Refuse to write into a view whose elements share their places.

        Raises
        ------
        UsageError
            If it is one.
        """
        if not is_writable(self.path()):
            raise UsageError(
                "assignment destination is read-only",
                caller_location(),
                "Elements of a stretched array share their places: take a copy first.",
            )


def link_to(base: Array, parent: Link | None, origin: Node, node: Node) -> Link | None:
    """Return the link of a view of `base`, or of the view that `parent` is of.

    None if the elements have to be copied, as NumPy does for some shapes.
    """
    link = Link(base, parent, origin, node, base.node)
    for view in chain(node, origin):
        if view.op is _RESHAPE and not adds_units(view):
            before = () if parent is None else parent.path()
            views = chain(view.srcs[0], origin)
            if not can_reshape(extended(before, views), base.shape, view):
                return None
    return link


def chain(node: Node, origin: Node) -> list[Node]:
    """Return the movement ops that lead from `origin` to `node`, in order."""
    views = []
    while node is not origin:
        views.append(node)
        node = node.srcs[0]
    return views[::-1]
