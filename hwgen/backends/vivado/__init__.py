"""What Vivado, Vitis and FuseSoC need around the RTL project."""

from hwgen.backends.vivado.emit import emit
from hwgen.backends.vivado.ports import AxiLite

__all__ = ["AxiLite", "emit"]
