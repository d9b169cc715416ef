"""The SystemVerilog back end."""

from hwgen.backends.rtl.emit import emit, unit_module

__all__ = ["emit", "unit_module"]
