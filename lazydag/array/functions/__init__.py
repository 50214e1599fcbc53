"""The public functions on arrays.

In: lazy arrays, NumPy arrays, Python scalars. Out: lazy arrays. Functions that differ
by name only are made from the rows of `lazydag.array.nodes.rows`.
"""
