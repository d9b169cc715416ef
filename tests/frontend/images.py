"""Images and signals in the layout of ONNX and in that of the hardware."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from hwgen.golden.execute import decode, run
from hwgen.ir.graph import Graph
from hwgen.ir.types import Bipolar

Array = npt.NDArray[Any]


def to_hardware(graph: Graph, frames: Array, *, channels_last: bool = False) -> Array:
    """Frames (N, C, H, W), (N, C, L) or flat as the network's input takes them."""
    shape = graph.input.type.shape
    if len(shape) == 3 and frames.ndim > 2 and not channels_last:
        frames = np.moveaxis(frames, 1, -1)
    return frames.reshape(len(frames), *shape)


def outputs(graph: Graph, frames: Array, *, channels_last: bool = False) -> Array:
    """What the golden model makes of codes in ONNX layout, real and flat in ONNX order."""
    codes = run(graph, to_hardware(graph, frames, channels_last=channels_last))
    real = decode(graph, codes)
    if real.ndim > 2 and not channels_last:
        real = np.moveaxis(real, -1, 1)
    return real.reshape(len(frames), -1)


def random_codes(graph: Graph, frames: int, shape: tuple[int, ...], seed: int) -> Array:
    """Codes of the input's type, extremes among them, in ONNX layout."""
    dtype, rng = graph.input.type.dtype, np.random.default_rng(seed)
    if isinstance(dtype, Bipolar):
        return rng.choice(np.asarray([-1, 1]), (frames, *shape))
    codes = rng.integers(dtype.min, dtype.max + 1, (frames, *shape))
    codes[0], codes[1] = dtype.min, dtype.max
    return codes
