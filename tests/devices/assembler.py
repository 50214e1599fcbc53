"""NVIDIA's assembler, which needs no GPU: what it takes, a driver takes."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from importlib.metadata import files
from pathlib import Path

import pytest

from lazydag.backends.cuda.ptx import Capability

#: The oldest generation that kernels are made for, and the one of the benchmarks.
CAPABILITIES = (Capability(8, 0), Capability(9, 0))

has_assembler = pytest.mark.skipif(
    sys.platform == "darwin", reason="NVIDIA has no assembler for macOS"
)


@cache
def assembler() -> Path:
    """Return where ptxas is, of the package that development installs."""
    found = files("nvidia-cuda-nvcc") or []
    (path,) = [file for file in found if file.name in {"ptxas", "ptxas.exe"}]
    return Path(str(path.locate()))


def assemble(text: str, capability: Capability, folder: Path) -> None:
    """Raise `AssertionError` with what the assembler says, unless it takes a text."""
    source, result = folder / "kernel.ptx", folder / "kernel.cubin"
    source.write_text(text)
    # Level 1 is the quickest: without passes there is more to write.
    command = [assembler(), "-O1", "-arch", capability.name, source, "-o", result]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
