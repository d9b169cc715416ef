"""What sliding window units declare alike: how pixels leave, what a padded tap holds, and what C++ knows of windows."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from hwgen.hw.declaration import Size, Table, Template, Type
from hwgen.hw.packing import Bytes, to_words
from hwgen.hw.stream import Stream
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Node
from hwgen.ir.ops import Conv
from hwgen.ir.types import Bipolar, DType, IntArray, IntType

TERNARY = IntType(2, signed=True)
"""What a bipolar image padded with 0 is carried as: -1, 0 or +1."""

LATENCY = 3
"""Cycles from a slot to its beat at the output: address, memory, output queue; or memory, columns, output queue."""


class Windows(Protocol):
    """A unit that makes windows of `geometry` of an image of `height` x `width` pixels.

    Attributes:
        pad: (C,) codes of a padded tap, of the output's type; without meaning where nothing is padded.
    """

    @property
    def input(self) -> Stream: ...
    @property
    def output(self) -> Stream: ...
    @property
    def height(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def geometry(self) -> Geometry: ...
    @property
    def pad(self) -> IntArray: ...


def leaving(node: Node, dtype: DType, geometry: Geometry, pad: IntArray) -> tuple[DType, IntArray]:
    """Type and pad codes of the windows of `node`, whose pixels are of `dtype` and are padded with `pad`.

    Wider than the pixels where a bipolar image is padded with 0, and where codes of residual planes are padded with
    none: these have one more bit, the highest, set in padded taps alone.
    """
    if isinstance(dtype, Bipolar) and geometry.pads and bool(np.any(pad == 0)):
        return TERNARY, pad
    if isinstance(node.op, Conv) and node.op.planes.size and geometry.pads:
        return IntType(dtype.bits + 1, signed=False), pad + (dtype.max + 1)
    return dtype, pad


def widens(unit: Windows) -> bool:
    """A bipolar image leaves as -1, 0, +1: bit b becomes the two bits {not b, 1}."""
    return isinstance(unit.input.dtype, Bipolar) and not isinstance(unit.output.dtype, Bipolar)


def marks(unit: Windows) -> bool:
    """Codes leave with one more bit, the highest, set in padded taps alone."""
    return not widens(unit) and unit.output.dtype.bits > unit.input.dtype.bits


def spans(unit: Windows) -> list[tuple[int, int]]:
    """First row of the image that each row of windows sees, and the row after the last; at least one row."""
    found = []
    height, extent = unit.height, unit.geometry.extent[0]
    for row in range(unit.geometry.output_size(height, unit.width)[0]):
        top = row * unit.geometry.stride[0] - unit.geometry.padding[0]
        found.append((min(max(0, top), height), min(max(1, top + extent), height)))
    return found


def scanned_columns(geometry: Geometry, height: int, width: int) -> int:
    """Columns that are scanned from a row of whole windows to the next: as many as come in, and more where windows at
    the edges need them apart."""
    return max(width, (geometry.output_size(height, width)[1] - 1) * geometry.stride[1] + 1)


def scanned(geometry: Geometry, height: int, width: int) -> int:
    """Pixels that are scanned in a frame of whole windows: it ends with the last window."""
    down, across = geometry.output_size(height, width)
    last = geometry.extent[1] - 1 - geometry.padding[1] + (across - 1) * geometry.stride[1]
    return (down - 1) * scanned_columns(geometry, height, width) + last + 1


def pad_words(unit: Windows) -> Bytes:
    """The bits of a padded pixel, a row a beat; one row where all beats are the same, or nothing is padded."""
    channels, output = unit.input.elements, unit.output
    pixel = Stream("pad", output.dtype, channels, unit.input.lanes)
    codes = np.broadcast_to(unit.pad, (channels,)) if unit.geometry.pads else np.full(channels, output.dtype.min)
    words = np.unpackbits(to_words(codes[None], pixel), axis=1, bitorder="little", count=pixel.width)
    return words[:1] if not unit.geometry.pads or (words == words[0]).all() else words


def pad_tables(unit: Windows) -> tuple[Table, ...]:
    """What a padded tap holds, where that is not zero."""
    if not unit.geometry.pads or not unit.pad.any():
        return ()
    meaning = "[beat of a pixel][lane]: what a padded tap holds."
    return (Table.numbers("PAD", meaning, unit.pad, unit.input.lanes, unit.output.dtype),)


def view(unit: Windows) -> tuple[Type, ...]:
    """What C++ functions know of the windows, and the type of the pixels."""
    top, left, bottom, right = unit.geometry.padding
    return (
        Type("Image", Template("Pair", (unit.height, unit.width))),
        Type("Kernel", Template("Pair", unit.geometry.kernel)),
        Type("Stride", Template("Pair", unit.geometry.stride)),
        Type("Dilation", Template("Pair", unit.geometry.dilation)),
        Type("Above", Template("Sides", (top, bottom))),
        Type("Beside", Template("Sides", (left, right))),
        Type("View", Template("Windows", ("Image", "Kernel", "Stride", "Dilation", "Above", "Beside"))),
        Type("Input", unit.input.dtype),
    )


def pixel(unit: Windows) -> tuple[Size, Size]:
    """The sizes of a pixel in C++."""
    return Size("CHANNELS", unit.input.elements, "codes of a pixel"), Size("LANES", unit.input.lanes, "of a beat")


def sizes(unit: Windows) -> dict[str, int]:
    """The parameters that every module has: of the image, and of the windows over it."""
    geometry = unit.geometry
    down, across = geometry.output_size(unit.height, unit.width)
    return {
        "Height": unit.height,
        "Width": unit.width,
        "OutHeight": down,
        "OutWidth": across,
        "KernelHeight": geometry.kernel[0],
        "KernelWidth": geometry.kernel[1],
        "StrideDown": geometry.stride[0],
        "StrideAcross": geometry.stride[1],
        "DilationDown": geometry.dilation[0],
        "DilationAcross": geometry.dilation[1],
        "PadTop": geometry.padding[0],
        "PadLeft": geometry.padding[1],
    }
