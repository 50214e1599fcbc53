"""Kernels that sort and select, in the engine's language.

In: the name of a kernel. Out: its address, ``int kernel(block, bases)``. A block has
the slot and the offset of each array, two words for each, and then options.

======== ============================================================================
elements where arrays and their elements are
codes    elements to whole numbers of the same order, and back
radix    sorts few numbers, in the nearest caches
buckets  cuts many numbers into buckets: those in one are less than all in the next
select   finds the least few of many numbers
======== ============================================================================
"""

from lazydag.backends.cpu.order.program import kernel_address

__all__ = ["kernel_address"]
