"""The reference backend: every kernel evaluated node by node, in NumPy."""
