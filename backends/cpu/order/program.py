"""All kernels that sort as one program: one object, one file on disk."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

from lazydag.backends.cpu.native import native
from lazydag.backends.cpu.order import buckets, codes, elements, radix, select

_HELPERS: Final[tuple[Callable[..., int | None], ...]] = (
    elements.place,
    elements.fetch,
    elements.put,
    elements.fill,
    elements.move,
    codes.encoded,
    codes.decoded,
    codes.equated,
    codes.encoded_at,
    radix.sort_codes,
    radix.least_of,
    radix.spread_of,
    radix.count_digits,
    radix.add_up,
    radix.deal,
    buckets.element_code,
    buckets.plant,
    buckets.below,
    buckets.leaf,
    buckets.note,
    buckets.moved_back,
    buckets.is_single,
    buckets.taken,
    buckets.write_elements,
    select.keep_least,
    select.is_before,
    select.pile_up,
    select.sift,
    select.take_down,
    select.gather,
)
_KERNELS: Final[tuple[Callable[..., int | None], ...]] = (
    buckets.sample,
    buckets.classify,
    buckets.offsets,
    buckets.scatter,
    buckets.scatter_pairs,
    buckets.finish,
    buckets.finish_pairs,
    buckets.nothing,
    select.keep,
    select.keep_each,
    select.choose,
)


@cache
def _addresses() -> dict[str, int]:
    names = [kernel.__name__ for kernel in _KERNELS]
    addresses = native((*_HELPERS, *_KERNELS), names)
    return dict(zip(names, addresses, strict=True))


def kernel_address(name: str) -> int:
    """Return the address of a kernel."""
    return _addresses()[name]
