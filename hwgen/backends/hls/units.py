"""Every unit of a design as a C++ function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hwgen.backends.hls import images, products, streams
from hwgen.backends.hls.context import Kernel, UnitContext, context_of
from hwgen.hw.design import Design, Unit
from hwgen.hw.kernels.add import AddUnit
from hwgen.hw.kernels.argmax import ArgMaxUnit
from hwgen.hw.kernels.concat import ConcatUnit
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.fifo import Fifo
from hwgen.hw.kernels.fork import ForkUnit
from hwgen.hw.kernels.gated import GatedMatVec
from hwgen.hw.kernels.magnitude import MagnitudeUnit
from hwgen.hw.kernels.matvec import MatVec
from hwgen.hw.kernels.pool import PoolUnit
from hwgen.hw.kernels.scale import ScaleUnit
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.kernels.width import WidthConverter
from hwgen.hw.kernels.window import SlidingWindow

KERNELS: Mapping[type[Unit], Callable[[Any], Kernel]] = {
    MatVec: products.matvec,
    GatedMatVec: products.gated,
    DepthwiseUnit: products.depthwise,
    SlidingWindow: images.window,
    PoolUnit: images.pool,
    MagnitudeUnit: streams.magnitude,
    ThresholdUnit: streams.threshold,
    ArgMaxUnit: streams.argmax,
    AddUnit: streams.add,
    ScaleUnit: streams.scale,
    ConcatUnit: streams.concat,
    ForkUnit: streams.fork,
    WidthConverter: streams.width,
    Fifo: streams.fifo,
}
"""What each kind of unit is in C++."""


def unit_context(design: Design, unit: Unit) -> UnitContext:
    """How `unit` becomes a C++ function."""
    return context_of(design, unit, KERNELS[type(unit)](unit))
