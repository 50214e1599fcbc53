"""Pins: where people want arrays to be, and who is bound by that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from lazydag.cost.target import Device, Target
from lazydag.errors import TargetError
from lazydag.ir.attrs import BranchAttrs, LoopAttrs, PinAttrs, bodies_of
from lazydag.ir.graph import Graph, evolve, rebuild, with_sources
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS, Kind

_GET = OPS["get"]


def pin_of(value: Node) -> PinAttrs | None:
    """Return the last pin that an array, or what it is a view of, has."""
    while value.op.kind is Kind.MOVEMENT:
        if isinstance(value.attrs, PinAttrs):
            return value.attrs
        value = value.srcs[0]
    return None


def is_meant(pin: str, device: Device) -> bool:
    """Tell whether a device is the one, or of the kind, that a pin names."""
    return pin in {device.name, device.kind}


def spaces_of(pin: str, target: Target) -> tuple[str, ...]:
    """Return the memory spaces that hold what is pinned so."""
    return tuple(dict.fromkeys(d.space for d in target.devices if is_meant(pin, d)))


def is_far(value: Node, target: Target) -> bool:
    """Tell whether an array is to be where no arrays of NumPy are."""
    pin = pin_of(value)
    home = target.default.space
    return pin is not None and home not in spaces_of(pin.device, target)


def check_pins(graph: Graph, target: Target) -> None:
    """Raise unless the target has all devices that are named.

    Raises
    ------
    TargetError
        If it has not.
    """
    for node in pins_of(graph):
        assert isinstance(node.attrs, PinAttrs)
        device = node.attrs.device
        if not spaces_of(device, target):
            have = ", ".join(device.name for device in target.devices)
            raise TargetError(
                f"{node.type} is pinned to {device}, which is not there",
                at=node.source,
                remedy=f"Target {target.name} has {have}.",
            )


def pins_of(graph: Graph) -> list[Node]:
    """Return the pins of a graph, and of the bodies of loops and branches in it."""
    found, graphs = [], [graph]
    while graphs:
        for node in graphs.pop().nodes():
            graphs += bodies_of(node.attrs)
            if isinstance(node.attrs, PinAttrs):
                found.append(node)
    return found


def without_pins(body: Graph) -> Graph:
    """Return the body of a loop or branch as it runs, on one device with all of it."""
    if not pins_of(body):
        return body

    def visit(node: Node, srcs: tuple[Node, ...]) -> Node:
        if isinstance(node.attrs, PinAttrs):
            return srcs[0]
        attrs = node.attrs
        if isinstance(attrs, LoopAttrs):
            attrs = replace(attrs, body=without_pins(attrs.body))
        elif isinstance(attrs, BranchAttrs):
            attrs = replace(attrs, bodies=tuple(map(without_pins, attrs.bodies)))
        if attrs == node.attrs:
            return with_sources(node, srcs)
        return make(node.op, *srcs, attrs=attrs, source=node.source)

    return evolve(body, rebuild(body.outputs, visit), body.stage)


@dataclass(slots=True)
class _Wants:
    """Which devices those who read an array want it to be made on.

    Parameters
    ----------
    pins : set of str
        Those of pins.
    inner : set of str
        Those of pins in the body of a loop or branch, which counts if no others do.
    others : set of str or None
        Those that other readers run on; None of readers that may run anywhere.
    """

    pins: set[str] = field(default_factory=set)
    inner: set[str] = field(default_factory=set)
    others: set[str | None] = field(default_factory=set)

    def device(self) -> str | None:
        """Return the device that all agree on; what pins say counts alone."""
        wanted = self.pins or self.inner or self.others
        return next(iter(wanted)) if len(wanted) == 1 else None


def _pins_inside(node: Node) -> set[str]:
    """Return the devices that the bodies of a loop or branch name."""
    pins = [pin for body in bodies_of(node.attrs) for pin in pins_of(body)]
    return {pin.attrs.device for pin in pins if isinstance(pin.attrs, PinAttrs)}


def bound(order: Sequence[Node], outputs: Sequence[Node]) -> dict[Node, str]:
    """Return the ops and kernels that have to run on one device, or kind of devices.

    Those that make a pinned array, and those all of whose readers are bound alike.

    Parameters
    ----------
    order : sequence of Node
        Sources first.
    outputs : sequence of Node
        Arrays that others read who may be anywhere.

    Notes
    -----
    Linear in the number of nodes.
    """
    found: dict[Node, str] = {}
    wants = {node: _Wants(inner=_pins_inside(node)) for node in order}
    is_pinned = any(isinstance(node.attrs, PinAttrs) for node in order)
    if not is_pinned and not any(each.inner for each in wants.values()):
        return found
    for output in outputs:
        wants[output].others.add(None)
    for node in reversed(order):
        own, attrs = wants[node], node.attrs
        if isinstance(attrs, PinAttrs):
            source = wants[node.srcs[0]]
            if attrs.made:
                source.pins.add(attrs.device)
            else:
                source.others.add(None)
        elif node.op.kind is Kind.MOVEMENT or node.op is _GET:
            wants[node.srcs[0]].pins |= own.pins
            wants[node.srcs[0]].others |= own.others
        else:
            device = own.device()
            if device is not None:
                found[node] = device
            for src in node.srcs:
                wants[src].others.add(device)
    return found
