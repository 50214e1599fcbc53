"""Keeps the disk cache within bounds: files that were not used for longest go.

Any number of processes may read, write and trim one folder at the same time. A file
that vanishes is compiled again; one that is being read stays readable.
"""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

MAX_NBYTES: Final = 128 << 20
"""What objects may take on the disk: some 30,000 kernels."""
KEPT: Final = 0.75
"""The part of that which trimming leaves, so that it is seldom needed."""
STALE_SECONDS: Final = 3600.0
"""A file that has been in the making for so long was left behind."""
BLOCK_NBYTES: Final = 4096


def is_due(key: str) -> bool:
    """Tell whether a folder is to be trimmed after writing `key`: one time in 256.

    Keys are random digits, so that no process need know how often others wrote.
    """
    return key.endswith("00")


def trim(folder: Path, max_nbytes: int = MAX_NBYTES) -> None:
    """Remove the objects used least lately, if all take more than `max_nbytes`.

    Files that a process left behind while writing go, too.

    Notes
    -----
    About 3 µs for each object.
    """
    files, total = _files(folder), 0
    files.sort(reverse=True)
    is_over = sum(nbytes for _, nbytes, _ in files) > max_nbytes
    stale = time.time() - STALE_SECONDS
    for used, nbytes, path in files:
        total += nbytes
        is_left = not path.endswith(".o") and used < stale
        if is_left or (is_over and total > KEPT * max_nbytes):
            with suppress(OSError):
                os.unlink(path)


def _files(folder: Path) -> list[tuple[float, int, str]]:
    """Return when each file was used, what it takes on the disk, and its path."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):  # another process may have removed it
                status = entry.stat()
                nbytes = -(-status.st_size // BLOCK_NBYTES) * BLOCK_NBYTES
                found.append((status.st_mtime, nbytes, entry.path))
    return found
