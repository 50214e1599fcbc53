"""Run the clients' own tests of array namespaces, and compare them with the mark.

``run.py [--arrays NAME] [--mark NAME] [CLIENT ...]`` runs each client's tests over both
namespaces and prints what passed. The mark is a proxy of NumPy: what fails there fails
for every namespace but NumPy itself.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree as ET

HERE = Path(__file__).parent
SCIPY = ("special", "fft", "signal", "stats", "optimize", "cluster")
CLIENTS = ("sklearn", *SCIPY, "einops", "xarray", "lazy")
OUTCOMES = ("passed", "failed", "skipped")


def tests_of(client: str) -> list[str]:
    """Return what pytest is to run, and how it finds it."""
    if client == "lazy":
        return [str(HERE / "test_stays_lazy.py")]
    if client in SCIPY:
        return ["--pyargs", f"scipy.{client}"]
    if client == "xarray":
        return ["--pyargs", "xarray.tests.test_array_api"]
    return ["--pyargs", *(sklearn_modules() if client == "sklearn" else [client])]


def sklearn_modules() -> Iterator[str]:
    """Yield the modules that test namespaces: finding all others takes a minute."""
    root = folder_of("sklearn")
    for path in sorted(root.rglob("test_*.py")):
        text = path.read_text()
        if "yield_namespace" in text or "yield_mixed_namespace" in text:
            yield ".".join(path.relative_to(root.parent).with_suffix("").parts)


def folder_of(package: str) -> Path:
    """Return where a package is installed."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def run(client: str, arrays: str, options: list[str]) -> dict[str, str]:
    """Return the outcome of each test."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", "--config-file", os.devnull]
        command += ["--rootdir", str(folder_of("sklearn").parent), "--quiet"]
        command += ["-p", "no:cacheprovider", "-p", "arrays_plugin", "--tb=short"]
        command += ["--timeout=300", f"--arrays={arrays}", f"--junitxml={report}"]
        command += [*options, *tests_of(client)]
        variables = {"PYTHONPATH": str(HERE), "SCIPY_ARRAY_API": "1"}
        with Path(f"{client}-{arrays}.log").open("w") as log:
            environment = os.environ | variables
            subprocess.run(command, env=environment, stdout=log, check=False)
        return dict(outcomes(ET.parse(report).getroot(), arrays))


def outcomes(report: ET.Element, arrays: str) -> Iterator[tuple[str, str]]:
    """Yield the name of each test, without that of the namespace, and its outcome."""
    for case in report.iter("testcase"):
        kinds = {child.tag for child in case}
        failed = kinds & {"failure", "error"}
        outcome = "failed" if failed else "skipped" if "skipped" in kinds else "passed"
        name = f"{case.get('classname')}.{case.get('name')}"
        yield name.replace(arrays, "*"), outcome


def cells(found: dict[str, str]) -> str:
    """Return the columns of one namespace."""
    count = Counter(found.values())
    return "".join(f"{count[outcome]:>9}" for outcome in OUTCOMES)


def lost(ours: dict[str, str], mark: dict[str, str]) -> list[str]:
    """Return the tests that fail, and would not for the mark."""
    failed = [name for name, outcome in ours.items() if outcome == "failed"]
    return [name for name in failed if mark.get(name) != "failed"]


def main() -> int:
    """Print a line for each client, and at the end what fails that need not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clients", nargs="*", help=f"of {', '.join(CLIENTS)}; all")
    parser.add_argument("--arrays", default="lazydag", help="the namespace to test")
    parser.add_argument("--mark", default="numpy_proxy", help="to compare it with")
    parser.add_argument("--pytest", default="", help="options for pytest")
    given = parser.parse_args()
    options = given.pytest.split()
    failing = []
    print(f"{'':10}{given.arrays:>27}{given.mark:>27}")
    print(f"{'':10}{''.join(f'{outcome:>9}' for outcome in OUTCOMES) * 2}")
    for client in given.clients or CLIENTS:
        ours = run(client, given.arrays, options)
        mark = {} if client == "lazy" else run(client, given.mark, options)
        print(f"{client:10}{cells(ours)}{cells(mark)}", flush=True)
        failing += lost(ours, mark)
    print(*(f"fails only here: {name}" for name in failing), sep="\n")
    return bool(failing)


if __name__ == "__main__":
    sys.exit(main())
