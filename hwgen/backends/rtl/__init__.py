"""The SystemVerilog back end."""

from hwgen.backends.rtl.emit import emit, unit_module
from hwgen.backends.rtl.top import Beats, unit_beats

__all__ = ["Beats", "emit", "unit_beats", "unit_module"]
