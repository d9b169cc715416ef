"""The widest word of the HLS project, whose integers have a limit, and the folding that makes it so wide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

from hwgen.errors import FoldingError
from hwgen.hw.design import Design
from hwgen.hw.limits import layers_behind
from hwgen.hw.stream import WIDEST, Stream, ceil_div
from hwgen.hw.unit import Unit

DOCUMENTED = 4096
"""Bits of the widest `ap_uint` that AMD's UG1399 (C++ Arbitrary Precision Integer Types) promises."""

PLAIN = 1024
"""Bits of the widest `ap_uint` where `AP_INT_MAX_W` is not defined; ap_int.h rounds that up to a multiple of them."""


@dataclass(frozen=True)
class Word:
    """A word of the HLS project: its bits, what it is, and the unit that writes it or, at the input, reads it."""

    bits: int
    meaning: str
    unit: Unit
    written: bool = True


def widest(design: Design) -> Word:
    """The widest word of `design`: of a stream, or what a width converter holds."""
    return max(_words(design), key=lambda word: word.bits)


def widest_bits(design: Design) -> int:
    """Bits of the widest word, in a look at many designs of nearly the same units: a unit keeps its own."""
    bits: int = max(*(port.stream.width for port in design.inputs), *map(attrgetter("widest_bits"), design.units))
    return bits


def most_width(design: Design) -> int | None:
    """What `AP_INT_MAX_W` must be defined as where the HLS project is compiled; None where it need not be."""
    bits = widest_bits(design)
    return ceil_div(bits, PLAIN) * PLAIN if bits > PLAIN else None


def require_words(design: Design) -> None:
    """Every word must be one that an HLS tool takes. Raises: FoldingError."""
    word = widest(design)
    if word.bits > WIDEST:
        layer, lanes = _folded(design, word)
        must = f"a word of the HLS project must have at most {WIDEST:,} bits"
        change = f"Lower {lanes} of {layer} in the folding, or allow more cycles a frame"
        raise FoldingError(f"folding of {layer}", must, f"{word.bits:,} for {word.meaning}", change)


def wide_words(design: Design) -> tuple[str, ...]:
    """A warning where a word is wider than Vitis HLS is documented to take."""
    word = widest(design)
    if word.bits <= DOCUMENTED:
        return ()
    layer, lanes = _folded(design, word)
    found = f"{layer} has words of {word.bits:,} bits for {word.meaning}"
    return (f"{found}; Vitis HLS documents at most {DOCUMENTED:,}: lower {lanes} of {layer} in the folding",)


def _words(design: Design) -> Iterator[Word]:
    sources = {port.stream.name: port.stream for port in design.inputs}
    for unit in design.units:
        for source in (sources[stream.name] for stream in unit.inputs if stream.name in sources):
            yield Word(source.width, _lanes(source), unit, written=False)
        for stream in unit.outputs:
            yield Word(stream.width, _lanes(stream), unit)
        yield Word(unit.inner_width, f"columns of {_lanes(unit.input)}", unit, written=False)
        yield Word(unit.held_bits, f"{_lanes(unit.input)} that become {unit.output.lanes:,}", unit)


def _lanes(stream: Stream) -> str:
    return f"{stream.lanes:,} lanes of {stream.dtype}"


def _folded(design: Design, word: Word) -> tuple[str, str]:
    """The layer whose folding makes `word` so wide, and which number of it: an adapter has the lanes that are read."""
    name = layers_behind(design)[design.units.index(word.unit)]
    layer = next(unit for unit in design.layers if unit.name == name)
    reads = word.unit.is_adapter or not word.written
    return name, "SIMD" if reads and layer.weighted is not None and layer.weighted.simd > 1 else "PE"
