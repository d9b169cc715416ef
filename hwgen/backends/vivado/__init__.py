"""What Vivado, Vitis and FuseSoC need around the RTL project."""

from hwgen.backends.vivado.emit import emit

__all__ = ["emit"]
