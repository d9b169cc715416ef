"""Parameters as SystemVerilog writes them."""

from __future__ import annotations

import numpy as np

from hwgen.backends.render import Source
from hwgen.hw import packing
from hwgen.hw.declaration import Bits, Packed, Value

_LITERAL_BITS = 64


def text_of(value: Value) -> str:
    """A value as an expression."""
    match value:
        case bool():
            return f"1'b{int(value)}"
        case str():
            return f'"{value}"'
        case Bits():
            return _bits(value)
        case Packed():
            numbers = (f"{value.bits}'d{each}" for each in reversed(value.values))
            return f"{{{', '.join(numbers)}}}"
        case int():
            return str(value)


def _bits(value: Bits) -> str:
    """A literal, or several, the most significant first, below each other."""
    pieces = _literals(value.bits)
    text = pieces[0] if len(pieces) == 1 else Source("{\n      " + ",\n      ".join(pieces) + "\n    }")
    return text if value.times == 1 else Source(f"{{{value.times}{{{text.removeprefix('{').removesuffix('}')}}}}}")


def _literals(bits: packing.Bytes) -> list[str]:
    if not bits.any():
        return [f"{len(bits)}'h0"]
    cut = [bits[start : start + _LITERAL_BITS] for start in range(0, len(bits), _LITERAL_BITS)]
    return [_number(part) for part in reversed(cut)]


def _number(bits: packing.Bytes) -> str:
    words = np.packbits(bits[None], axis=1, bitorder="little")
    return f"{len(bits)}'h{packing.to_hex(words, len(bits))[0]}"
