"""hwgen: binarised and few-bit neural networks as streaming FPGA accelerators.

From a file to a project on disk, and what it will do:

    graph = hwgen.load("tfc.onnx", input_type="uint8", input_scale=1 / 255)
    design = hwgen.compile(graph, folding={"fc0": {"pe": 16, "simd": 49}}).write("out")
    print(design.estimate().fps)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hwgen.errors import HwgenError

if TYPE_CHECKING:
    from hwgen.flow import Accelerator, compile, load, open_project
    from hwgen.host import Driver, open_driver

    __version__: str

__all__ = ["Accelerator", "Driver", "HwgenError", "compile", "load", "open_driver", "open_project"]

_HOMES = {
    "__version__": ("hwgen.config", "VERSION"),
    **{name: ("hwgen.flow", name) for name in ("Accelerator", "compile", "load", "open_project")},
    **{name: ("hwgen.host", name) for name in ("Driver", "open_driver")},
}


def __dir__() -> list[str]:
    """The public names, and those that every module has."""
    return sorted({*_HOMES, *__all__, *(name for name in globals() if name.startswith("__"))})


if not TYPE_CHECKING:  # a module with `__getattr__` has every name for a type checker

    def __getattr__(name: str) -> Any:
        """A public name, imported when it is first used: a board has what the driver needs and no more."""
        if name not in _HOMES:
            raise AttributeError(f"module hwgen has no attribute {name}")
        module, its_name = _HOMES[name]
        return getattr(import_module(module), its_name)
