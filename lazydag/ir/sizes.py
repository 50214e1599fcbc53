"""What is small: one number, which tiers and algorithms have to agree on."""

from __future__ import annotations

from typing import Final

SMALL: Final = 100_000
"""Elements up to which graphs are interpreted at first, and operations left to NumPy.

What is computed otherwise must have more, or its bits would depend on the tier.
"""
