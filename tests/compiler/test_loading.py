"""What planning for the host alone loads."""

import subprocess
import sys

CODE = """
import sys
import numpy as np
import lazydag as ld

def solved(a, b):
    return ld.linalg.solve(a @ a.T, b) + a.sum()

ld.jit(solved)(np.eye(8), np.ones(8))
far = [
    "backends.cuda.library", "backends.cuda.backend", "backends.cuda.library.table",
    "compiler.far_works", "compiler.memory.fit", "compiler.replicas",
]
print([name for name in far if f"lazydag.{name}" in sys.modules])
"""


def test_what_only_devices_need_is_not_loaded():
    found = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
