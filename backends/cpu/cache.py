"""Object code kept on disk, so that a kernel is compiled once per machine.

A file holds a magic word, a checksum and the object. Whatever is not that (truncated,
corrupted, from an older version) counts as absent and is written again. What has not
been used for longest goes when there is too much: see `trim`.
"""

import os
import tempfile
import time
import warnings
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Final

from lazydag.backends.cpu.trim import is_due, trim
from lazydag.cost.host import cache_folder
from lazydag.errors import CacheWarning

MAGIC: Final = b"LZO1"
CHECKSUM_NBYTES: Final = 16
FRESH_SECONDS: Final = 86400.0
"""A file used so long after it was last marked as used is marked anew."""


def default_folder() -> Path:
    """Where objects are kept unless asked otherwise."""
    return cache_folder() / "objects"


class ObjectCache:
    """A folder of objects by key; safe for many processes at once.

    Parameters
    ----------
    folder
        Made when first written to. None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._is_broken = folder is None

    def get(self, key: str) -> bytes | None:
        """The object stored under `key`, or None."""
        if self.folder is None:
            return None
        try:
            with (self.folder / f"{key}.o").open("rb", buffering=0) as file:
                data = file.read()
                _mark(file.fileno())
        except OSError:
            return None
        start = len(MAGIC) + CHECKSUM_NBYTES
        content = data[start:]
        return content if data[:start] == MAGIC + _checksum(content) else None

    def put(self, key: str, content: bytes) -> None:
        """Store an object; readers see the whole file or none of it.

        Warns
        -----
        CacheWarning
            The first time that the folder turns out to be unwritable.
        """
        if self._is_broken or self.folder is None:
            return
        try:
            self._write(self.folder, key, MAGIC + _checksum(content) + content)
            if is_due(key):
                trim(self.folder)
        except OSError as error:
            self._is_broken = True
            warnings.warn(
                f"cannot write compiled kernels to {self.folder} ({error.strerror}): "
                "they are compiled anew in every process. Set LAZYDAG_CACHE_DIR to a "
                "folder that can be written.",
                CacheWarning,
                stacklevel=2,
            )

    def _write(self, folder: Path, key: str, data: bytes) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=folder, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).replace(folder / f"{key}.o")
        except OSError:
            Path(name).unlink()
            raise


def _mark(file: int) -> None:
    """Note that an open file is used, unless that was noted lately."""
    is_old = time.time() - os.fstat(file).st_mtime > FRESH_SECONDS
    if is_old and os.utime in os.supports_fd:
        with suppress(OSError):  # of another user
            os.utime(file)


def _checksum(content: bytes) -> bytes:
    return blake2b(content, digest_size=CHECKSUM_NBYTES).digest()
