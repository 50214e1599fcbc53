"""Questions of other libraries whether truth values can be had."""

from __future__ import annotations

import sys

_MODULE, _FUNCTION = "array_api_compat", "is_lazy_array"


def is_probe() -> bool:
    """Tell whether ``bool(x)`` is asked only to see if it raises.

    `array_api_compat` finds out so whether arrays of a type that it does not know can
    be looked at. They can, but that is no reason to compute one.
    """
    frame = sys._getframe(2)
    return frame.f_code.co_name == _FUNCTION and _MODULE in frame.f_globals["__name__"]
