"""A pytest plugin: the clients' own tests, over arrays they have not heard of.

``--arrays NAME`` names the module that scikit-learn's, SciPy's and einops' tests take
for the one array library there is. Their files stay as they are installed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the name of the namespace."""
    parser.addoption("--arrays", help="the array namespace to test")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Tell the clients that are tested, before they make their lists of namespaces."""
    for client in {arg.partition(".")[0] for arg in args} & _TELL.keys():
        _TELL[client](early_config.known_args_namespace.arrays)


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Keep what is parametrised over arrays, where a client has other tests, too."""
    name = config.getoption("--arrays")
    for module in {item.getparent(pytest.Module) for item in items}:
        # where einops says which backends have einsum
        if hasattr(module.obj, "valid_backends_functional"):
            module.obj.valid_backends_functional.append(name)
    others = [item for item in items if not _is_about(item, name)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if _is_about(item, name)]


def _is_about(item: pytest.Item, name: str) -> bool:
    if not item.nodeid.startswith(("scipy", "sklearn")):
        return True
    params = getattr(item, "callspec", None)
    values = () if params is None else params.params.values()
    return any(_names(value, name) for value in values)


def _names(value: Any, name: str) -> bool:
    found = (value, getattr(value, "xp", None), getattr(value, "__name__", None))
    return any(type(part) is str and part == name for part in found)


def _tell_scipy(name: str) -> None:
    """Let the fixture `xp` be one namespace."""
    conftest = import_module("scipy.conftest")
    conftest.xp_known_backends.add(name)  # type: ignore[attr-defined]
    mark = pytest.mark.array_api_backends
    param = pytest.param(import_module(name), id=name, marks=mark)
    conftest.xp = pytest.fixture(params=[param])(conftest.xp.__wrapped__)  # type: ignore[attr-defined]


def _tell_sklearn(name: str) -> None:
    """Let the generators of namespaces, which tests import by name, yield one."""
    module: Any = import_module("sklearn.utils._array_api")

    def namespaces(include_numpy_namespaces: bool = True) -> Iterator[str]:
        yield name

    def combinations(include_numpy_namespaces: bool = True) -> Iterator[Any]:
        yield name, None, None

    def mixed() -> Iterator[Any]:
        ours, numpys = (module.NamespaceAndDevice(n, None) for n in (name, "numpy"))
        yield ours, numpys, f"{name} to numpy"
        yield numpys, ours, f"numpy to {name}"

    module.yield_namespaces = namespaces
    module.yield_namespace_device_dtype_combinations = combinations
    module.yield_mixed_namespace_input_permutations = mixed


def _tell_einops(name: str) -> None:
    """Make a backend as einops has one for NumPy, in the place of CuPy's."""
    backends: Any = import_module("einops._backends")

    class Backend(backends.NumpyBackend):  # type: ignore[misc, name-defined]
        framework_name = name

        def __init__(self) -> None:
            self.np = import_module("lazydag.numpy" if name == "lazydag" else name)
            self.type = type(self.np.zeros(1))

        def is_appropriate_type(self, tensor: Any) -> bool:
            return isinstance(tensor, self.type)

        def from_numpy(self, x: Any) -> Any:
            return self.np.asarray(x)

        def to_numpy(self, x: Any) -> Any:
            return import_module("numpy").asarray(x)

    backends.CupyBackend = Backend
    os.environ["EINOPS_TEST_BACKENDS"] = name


def _tell_xarray(name: str) -> None:
    """Stand in for array-api-strict, which its tests of duck arrays are written for."""
    namespace = import_module(name)
    sys.modules["array_api_strict"] = namespace
    objects: Any = ModuleType("array_api_strict._array_object")
    objects.Array = type(namespace.zeros(1))
    sys.modules["array_api_strict._array_object"] = objects


_TELL = {
    "scipy": _tell_scipy,
    "sklearn": _tell_sklearn,
    "einops": _tell_einops,
    "xarray": _tell_xarray,
}
