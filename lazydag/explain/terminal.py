"""What a stream can show."""

from __future__ import annotations

from typing import TextIO


def is_plain(stream: TextIO) -> bool:
    """Whether a stream is for ASCII only, as far as it says.

    Examples
    --------
    >>> import io
    >>> is_plain(io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
    False
    >>> is_plain(io.TextIOWrapper(io.BytesIO(), encoding="latin-1"))
    True
    """
    encoding = stream.encoding or "ascii"
    return not encoding.lower().startswith("utf")
