"""Every unit of a design as a C++ function."""

from __future__ import annotations

from typing import assert_never

from hwgen.backends.hls import images, products, streams
from hwgen.backends.hls.context import Kernel, UnitContext, context_of
from hwgen.hw.design import Design, Unit
from hwgen.hw.kernels.add import AddUnit
from hwgen.hw.kernels.argmax import ArgMaxUnit
from hwgen.hw.kernels.concat import ConcatUnit
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.fifo import Fifo
from hwgen.hw.kernels.fork import ForkUnit
from hwgen.hw.kernels.matvec import MatVec
from hwgen.hw.kernels.pool import PoolUnit
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.kernels.width import WidthConverter
from hwgen.hw.kernels.window import SlidingWindow


def unit_context(design: Design, unit: Unit) -> UnitContext:
    """How `unit` becomes a C++ function."""
    return context_of(design, unit, _kernel(unit))


def _kernel(unit: Unit) -> Kernel:
    match unit:
        case MatVec():
            return products.matvec(unit)
        case DepthwiseUnit():
            return products.depthwise(unit)
        case SlidingWindow():
            return images.window(unit)
        case PoolUnit():
            return images.pool(unit)
        case ThresholdUnit():
            return streams.threshold(unit)
        case ArgMaxUnit():
            return streams.argmax(unit)
        case AddUnit():
            return streams.add(unit)
        case ConcatUnit():
            return streams.concat(unit)
        case ForkUnit():
            return streams.fork(unit)
        case WidthConverter():
            return streams.width(unit)
        case Fifo():
            return streams.fifo(unit)
        case _:
            assert_never(unit)
