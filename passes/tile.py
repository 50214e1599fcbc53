"""Tile: cut each kernel's iteration space into pieces that fit the caches."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, prod

from lazydag.cost.target import Device, Target
from lazydag.ir.attrs import KernelAttrs, ScatterAttrs
from lazydag.ir.graph import Graph, Note, Stage, evolve, rebuild, with_sources
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.reduction import COLUMN_BLOCK, ROW_BLOCK
from lazydag.ir.text.units import format_nbytes, format_seconds
from lazydag.passes.wishes import wished_tiles
from lazydag.passes.work import (
    body_flops,
    grid_shape,
    is_cut,
    joined_tile,
    product_of,
    reduction_of,
    tiled_shape,
    traffic,
)

_KERNEL = OPS["kernel"]

# A tile may be so much larger than wanted if that makes one tile less.
_SLACK = 0.1

# Narrower tiles would leave most of each cache line and page to others.
MIN_INNER = 64

# Rows that are added up are read once: caches do not limit a tile, and long runs are
# what processors read ahead.
LONG_INNER = 4096


# What it takes about to write one element to its place, and how many have to lie behind
# each place for two threads to be faster than one.
_PLACE_SECONDS = 1e-9
_MIN_RUN = 16


@dataclass(frozen=True, slots=True)
class Tile:
    """Choose a tile for each kernel.

    Parameters
    ----------
    min_seconds : float
        A tile that takes less costs more in overhead than it gains.
    tiles_per_thread : int
        Pieces for each thread, so that a late thread leaves little to wait for.
    """

    min_seconds: float = 20e-6
    tiles_per_thread: int = 8

    def __call__(self, graph: Graph, target: Target) -> Graph:
        """Return `graph` at stage TILED."""
        device = target.default
        notes: dict[Node, Note] = {}
        wishes = wished_tiles(graph.nodes())

        def visit(node: Node, srcs: tuple[Node, ...]) -> Node:
            if node.op is not _KERNEL:
                return with_sources(node, srcs)
            assert isinstance(node.attrs, KernelAttrs)
            body = node.attrs.body
            tile, why = self.choose(node, device, wishes.get(node))
            notes[node] = Note("tile", body.name, why)
            attrs = KernelAttrs(body, tile)
            return make(_KERNEL, *srcs, attrs=attrs, source=node.source)

        outputs = rebuild(graph.outputs, visit)
        return evolve(graph, outputs, Stage.TILED, notes.values())

    def choose(
        self, node: Node, device: Device, wish: tuple[int, ...] | None = None
    ) -> tuple[tuple[int, ...], str]:
        """Return the tile for a kernel on a device, and why.

        Parameters
        ----------
        wish
            The tile that a person wants, if it fits.
        """
        assert isinstance(node.attrs, KernelAttrs)
        body = node.attrs.body
        if not is_cut(body):
            return (), "one call"
        product = product_of(body)
        if product is not None:
            return joined_tile(product), "as its product is cut"
        shape = tiled_shape(body)
        size = prod(shape)
        if isinstance(body.outputs[0].attrs, ScatterAttrs):
            return self._parts(body.outputs[0], device)
        if not size:
            return tuple(max(1, n) for n in shape), "no elements"
        if wish is not None and len(wish) == len(shape):
            tile = _as_wished(wish, shape, body)
            count = prod(grid_shape(body, tile))
            return tile, f"{list(tile)}, {count} tile{'s' * (count > 1)}: as retiled"
        nbytes = _nbytes_per_element(node, size)
        seconds = _seconds_per_element(node, size, nbytes, device)
        fits = max(1, int(device.l2_nbytes / 2 / max(nbytes, 1)))
        if _goes_down_columns(body):
            fits = max(fits, COLUMN_BLOCK * LONG_INNER)
        wanted = min(self._wanted(size, fits, seconds, device), size)
        tile = shape_tile(shape, wanted, _granules(body))
        count = prod(grid_shape(body, tile))
        why = (
            f"{list(tile)}, {count} tile{'s' * (count > 1)} of "
            f"{format_nbytes(prod(tile) * nbytes)}: {device.threads} "
            f"thread{'s' * (device.threads != 1)}, "
            f"L2 cache {format_nbytes(device.l2_nbytes)}, "
            f"{format_seconds(prod(tile) * seconds)} each"
        )
        return tile, why

    def _parts(self, scatter: Node, device: Device) -> tuple[tuple[int, ...], str]:
        """Return the tile of a scatter: a range of places, written by one thread.

        So each place sees its values in their order. Each range looks at all positions,
        which takes as long as writing single elements does.
        """
        attrs = scatter.attrs
        assert isinstance(attrs, ScatterAttrs)
        tile = [max(1, n) for n in scatter.type.sizes]
        count = scatter.srcs[1].type.size
        is_behind = attrs.at < len(tile) - len(attrs.axes)
        run = attrs.region.counts[-1] if is_behind else 1
        is_short = run < _MIN_RUN or count * _PLACE_SECONDS < 2 * self.min_seconds
        if device.kind != "cpu" or is_short:
            return tuple(tile), f"{count} elements by one thread"
        axis = attrs.axes[0]
        if tile[axis] >= device.threads:
            tile[axis] = -(-tile[axis] // device.threads)
        return tuple(tile), f"{count} elements, by {device.threads} ranges of places"

    def _wanted(self, size: int, fits: int, seconds: float, device: Device) -> int:
        """Return the elements of a tile, as far as the shape allows it."""
        if device.kind != "cpu":
            # The device itself hands out the parts of one launch.
            return max(1, -(-size // device.threads))
        worth = max(1, int(self.min_seconds / seconds))
        share = max(1, size // (device.threads * self.tiles_per_thread))
        return max(worth, min(fits, share))


def _as_wished(
    wish: tuple[int, ...], shape: tuple[int, ...], body: Graph
) -> tuple[int, ...]:
    """Return the tile that is wished for, in whole blocks of a reduction."""
    granules = _granules(body) if reduction_of(body) is not None else (1,) * len(shape)
    each = zip(wish, shape, granules, strict=True)
    return tuple(min(n, -(-w // g) * g) if g else n for w, n, g in each)


def _nbytes_per_element(node: Node, size: int) -> float:
    read, written = traffic(node)
    return float(read + sum(written)) / size


def _seconds_per_element(node: Node, size: int, nbytes: float, device: Device) -> float:
    assert isinstance(node.attrs, KernelAttrs)
    compute = sum(
        count / size / (device.flops(name) / device.threads)
        for name, count in body_flops(node.attrs.body).items()
    )
    return max(nbytes / device.thread_bytes_per_s, compute, 1e-12)


def _goes_down_columns(body: Graph) -> bool:
    reduction = reduction_of(body)
    if reduction is None or not reduction.axes:
        return False
    return reduction.axes[0] < len(tiled_shape(body)) - 1


def _granules(body: Graph) -> tuple[int, ...]:
    """Return for each axis what a tile's extent must be a multiple of, or 0 for all.

    Tiles end where blocks of a reduction end, so that no partial result is shared.
    """
    shape = tiled_shape(body)
    granules = [1] * len(shape)
    reduction = reduction_of(body)
    if reduction is None:
        if granules and shape[-1] > ROW_BLOCK:
            granules[-1] = ROW_BLOCK
    elif reduction.axes:
        reduced = reduction.axes[0]
        granules[reduced] = reduction.block
        if reduced < len(shape) - 1 and shape[-1] > MIN_INNER:
            granules[-1] = MIN_INNER
    return tuple(granules)


def shape_tile(
    shape: tuple[int, ...], wanted: int, granules: tuple[int, ...]
) -> tuple[int, ...]:
    """Return a tile of about `wanted` elements, whole along the inner axes first.

    Tiles are nearly equal, so that the last one is not a sliver.

    >>> shape_tile((4096, 4096), 65536, (1, 1024))
    (16, 4096)
    >>> shape_tile((2, 10_000_000), 65536, (1, 1024))
    (1, 65536)
    """
    tile: list[int] = []
    # What the outer axes need at least is not there for the inner ones.
    needs = [n if g == 0 else min(n, g) for n, g in zip(shape, granules, strict=True)]
    left = wanted / prod(needs)
    axes = zip(reversed(shape), reversed(granules), reversed(needs), strict=True)
    for extent, granule, need in axes:
        if granule == 0:
            tile.append(extent)
            continue
        units = -(-extent // granule)
        pieces = ceil(units / max(1.0, left * need / granule) - _SLACK)
        size = min(extent, -(-units // max(1, pieces)) * granule)
        tile.append(size)
        left = left * need / size if size == extent else 0.0
    return tuple(max(1, t) for t in reversed(tile))
