"""A plan that cannot fit says so before it runs."""

import os
import subprocess
import sys

PROGRAM = """
import numpy as np
import lazydag as ld

@ld.jit
def blend(a, b):
    return a * 2 + b

a = np.ones(10_000_000)
try:
    blend(a, a)
except MemoryError as error:
    assert isinstance(error, ld.LazydagError)
    print(error)
small = np.ones(10)
print(np.asarray(blend(small, small))[0])
"""


def test_a_plan_over_the_budget_is_refused() -> None:
    environment = os.environ | {"LAZYDAG_MEMORY_LIMIT": "50MB"}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    message, *_, value = run.stdout.splitlines()
    assert "blend" in message
    assert "80 MB" in message
    assert "50 MB" in message
    assert value == "3.0"
