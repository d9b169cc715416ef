"""Units that move windows over images, as the HLS templates need them."""

from __future__ import annotations

from hwgen.backends.hls.context import Alias, Constant, Kernel, cpp_type
from hwgen.backends.hls.tables import Table, kept, lane_table, pad_table
from hwgen.hw.kernels.pool import PoolUnit
from hwgen.hw.kernels.window import WindowUnit
from hwgen.ir.ops import PoolKind


def window(unit: WindowUnit) -> Kernel:
    """The sliding window unit."""
    geometry = unit.geometry
    top, left, bottom, right = geometry.padding
    constants = (
        Constant("CHANNELS", unit.input.elements, "codes of a pixel"),
        Constant("LANES", unit.input.lanes, "codes of a beat"),
        Constant("BLOCKS", unit.blocks, "parts of a pixel; all taps of one leave before the next"),
        Constant("ROWS", unit.rows, "of the line buffer"),
        Constant("WORDS", unit.memory.depth, "beats of the line buffer"),
    )
    types = (
        Alias("Image", f"hwgen::Pair<{unit.height}, {unit.width}>"),
        Alias("Kernel", _pair(geometry.kernel)),
        Alias("Stride", _pair(geometry.stride)),
        Alias("Dilation", _pair(geometry.dilation)),
        Alias("Above", f"hwgen::Sides<{top}, {bottom}>"),
        Alias("Beside", f"hwgen::Sides<{left}, {right}>"),
        Alias("View", "hwgen::Windows<Image, Kernel, Stride, Dilation, Above, Beside>"),
        Alias("Input", cpp_type(unit.input.dtype)),
        Alias("Output", cpp_type(unit.output.dtype)),
        Alias("InWord", "ap_uint<LANES * Input::BITS>"),
        Alias("OutWord", "ap_uint<LANES * Output::BITS>"),
    )
    tables: tuple[Table, ...] = ()
    if geometry.pads and unit.pad.any():
        tables = (pad_table(unit.pad, unit.output.dtype, unit.input.lanes),)
    return Kernel(
        "window",
        "window",
        f"Sliding window unit: {geometry}, over {unit.height}x{unit.width} pixels.",
        constants,
        types,
        tables,
        kept("InWord", "lines", "WORDS", unit.memory),
    )


def pool(unit: PoolUnit) -> Kernel:
    """The pool unit."""
    size = f"{unit.tile_height}x{unit.tile_width}"
    down = unit.output.vectors // unit.columns
    constants = (
        Constant("CHANNELS", unit.output.elements, "codes of a pixel"),
        Constant("LANES", unit.output.lanes, "codes of a beat"),
        Constant("WORDS", unit.memory.depth, "partial results"),
    )
    types = (
        Alias("Tiles", f"hwgen::Tiling<{down}, {unit.columns}, {unit.tile_height}, {unit.tile_width}>"),
        Alias("Kind", "hwgen::Total" if unit.kind is PoolKind.SUM else "hwgen::Extreme"),
        Alias("Input", cpp_type(unit.input.dtype)),
        Alias("Output", cpp_type(unit.output.dtype)),
        Alias("InWord", "ap_uint<LANES * Input::BITS>"),
        Alias("OutWord", "ap_uint<LANES * Output::BITS>"),
    )
    tables: tuple[Table, ...] = ()
    if unit.minimum.any():
        tables = (lane_table("MINIMUM", "Channels whose smallest code is taken.", unit.minimum, unit.output.lanes),)
    memories = kept("OutWord", "partial", "WORDS", unit.memory)
    purpose = f"Pool unit: {unit.kind.value} of {size} tiles."
    return Kernel("pool", "pool", purpose, constants, types, tables, memories)


def _pair(sizes: tuple[int, int]) -> str:
    return f"hwgen::Pair<{sizes[0]}, {sizes[1]}>"
