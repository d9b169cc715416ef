"""The SystemVerilog back end."""

from hwgen.backends.rtl.emit import emit
from hwgen.backends.rtl.instances import Beats
from hwgen.backends.rtl.top import stream_beats

__all__ = ["Beats", "emit", "stream_beats"]
