"""Sparse matrices whose rows or columns are compressed, and systems with them.

In: SciPy's matrices, or arrays of elements and positions, lazy or NumPy's. Out: lazy
arrays. A matrix is a tree of three of them, so that functions that are jitted, loops
and branches take it as they take arrays.
"""
