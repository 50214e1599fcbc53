"""Linear algebra that SciPy has: factors, and systems with them.

In: arrays, lazy or NumPy's. Out: lazy arrays, whose functions large ones compute tile
by tile.
"""
