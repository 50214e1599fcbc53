"""The IR: what is computed, over whole arrays.

In: calls of `make` from the frontends, or text. Out: immutable interned graphs that
passes rewrite, `verify` checks and `dump` prints.
"""
