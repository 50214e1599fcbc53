"""Check an installed lazydag against the sources in the folder given."""

import os
import sys
from pathlib import Path

import numpy as np

import lazydag as ld
import lazydag.backends
import lazydag.passes


def modules(package: Path) -> set[str]:
    """Return the Python files below ``package``, relative to it, links followed."""
    found = set()
    for folder, _, names in os.walk(package, followlinks=True):
        files = (Path(folder, n) for n in names if n.endswith((".py", ".json")))
        found |= {f.relative_to(package).as_posix() for f in files}
    return found


def main(root: Path) -> None:
    """Compare the installed files with the sources, then run one function."""
    installed = Path(lazydag.passes.__file__).parents[1]
    assert root not in installed.parents or ".venv" in str(installed), installed
    missing = modules(root / "lazydag") - modules(installed)
    assert not missing, f"the wheel lacks {sorted(missing)}"
    assert lazydag.backends.__file__ is not None

    @ld.jit
    def cheap(a, b):  # type: ignore[no-untyped-def]
        return ld.where(a > b, a * b + 1.0, a - b)

    a, b = np.arange(1000.0), np.full(1000, 500.0)
    assert np.array_equal(np.asarray(cheap(a, b)), np.where(a > b, a * b + 1.0, a - b))
    print(f"the wheel holds all {len(modules(installed))} files and computes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
