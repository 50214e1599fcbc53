"""On which device values are, by where the arrays are that they are computed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from lazydag.ir.attrs import PinAttrs
from lazydag.ir.graph import topological
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS

#: Where NumPy's arrays are, and what comes of arrays on several devices.
HOST: Final = "cpu"

_HELD = frozenset({OPS["param"], OPS["leaf"]})


def residence_of(
    nodes: Sequence[Node], known: Mapping[Node, str]
) -> dict[Node, str | None]:
    """Return the device of values, and of all behind them; None if it is open.

    Parameters
    ----------
    nodes : sequence of Node
        Of a graph at stage TRACED, or of a program.
    known : mapping of Node to str
        Parameters and leaves on devices. Others are on the host, but for those without
        axes, which are anywhere.
    """
    found: dict[Node, str | None] = {}
    for node in topological(nodes):
        if isinstance(node.attrs, PinAttrs):
            found[node] = _kept(node.attrs.device)
        elif node in known:
            found[node] = known[node]
        elif node.op in _HELD:
            found[node] = HOST if node.type.shape else None
        else:
            found[node] = _common([found[src] for src in node.srcs])
    return found


def _kept(device: str) -> str:
    """Return a device's name, that of the host for all of its processors."""
    return HOST if device.partition(":")[0] == HOST else device


def _common(devices: Sequence[str | None]) -> str | None:
    """Return the device that all agree on; the host if they do not."""
    given = {device for device in devices if device is not None}
    if not given:
        return None
    return given.pop() if len(given) == 1 else HOST
