"""What the reference cannot read off the sources."""  # noqa: INP001  # MkDocs loads it

from __future__ import annotations

from importlib import import_module
from inspect import getdoc
from typing import Any

import griffe


class Made(griffe.Extension):
    """Docstrings that tables make, and functions that have the names of modules."""

    def on_attribute_instance(self, *, attr: griffe.Attribute, **kwargs: Any) -> None:
        """Give what is made as in ``add = binary("add")`` its docstring."""
        del kwargs
        module = attr.parent
        is_made = isinstance(attr.value, griffe.ExprCall) and attr.docstring is None
        if not is_made or not isinstance(module, griffe.Module):
            return
        if not module.path.startswith("lazydag.array."):
            return
        made = getattr(import_module(module.path), attr.name, None)
        doc = getdoc(made) if callable(made) else None
        if doc and not isinstance(made, type):
            attr.docstring = griffe.Docstring(doc, parent=attr)

    def on_package(self, *, pkg: griffe.Module, **kwargs: Any) -> None:
        """Show the function ``lazydag.jit``, not the module ``lazydag.array.jit``."""
        del kwargs
        for name in map(str, pkg.exports or ()):
            found = pkg.members.get(name)
            if not isinstance(found, griffe.Alias):
                continue
            try:
                target = found.final_target
            except griffe.AliasResolutionError:
                continue  # NumPy's own
            if target.is_module and name in target.members:
                pkg.set_member(name, griffe.Alias(name, f"{target.path}.{name}"))
