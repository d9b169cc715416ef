"""Every unit of a design as a C++ function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hwgen.backends.hls import images, products, streams
from hwgen.backends.hls.context import Kernel, UnitContext, context_of
from hwgen.hw.design import Design, Unit
from hwgen.hw.kernels.add import AddUnit
from hwgen.hw.kernels.argmax import ArgmaxUnit
from hwgen.hw.kernels.concat import ConcatUnit
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.hw.kernels.fork import ForkUnit
from hwgen.hw.kernels.magnitude import MagnitudeUnit
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.mvtu_gated import MvtuGatedUnit
from hwgen.hw.kernels.pool import PoolUnit
from hwgen.hw.kernels.scale import ScaleUnit
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.kernels.width import WidthUnit
from hwgen.hw.kernels.window import WindowUnit

KERNELS: Mapping[type[Unit], Callable[[Any], Kernel]] = {
    MvtuUnit: products.mvtu,
    MvtuGatedUnit: products.gated,
    DepthwiseUnit: products.depthwise,
    WindowUnit: images.window,
    PoolUnit: images.pool,
    MagnitudeUnit: streams.magnitude,
    ThresholdUnit: streams.threshold,
    ArgmaxUnit: streams.argmax,
    AddUnit: streams.add,
    ScaleUnit: streams.scale,
    ConcatUnit: streams.concat,
    ForkUnit: streams.fork,
    WidthUnit: streams.width,
    FifoUnit: streams.fifo,
}
"""What each kind of unit is in C++."""


def unit_context(design: Design, unit: Unit) -> UnitContext:
    """How `unit` becomes a C++ function."""
    return context_of(design, unit, KERNELS[type(unit)](unit))
