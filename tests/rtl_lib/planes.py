"""Matrix-vector units on residual planes, with random weights and thresholds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.ir.types import Bipolar, DType, IntArray, IntType, smallest_int
from tests.rtl_support import draw, mvtu, thresholding


def planes_unit(
    betas: tuple[int, ...],
    shape: tuple[int, int],
    folding: tuple[int, int],
    *,
    folded: bool,
    result: DType | None = None,
    padded: bool = False,
    descending: bool = False,
    **sizes: Any,
) -> MvtuUnit:
    """A unit of (channels, MH) and (PE, SIMD) whose inputs are planes with factors `betas`."""
    rng = np.random.default_rng(7)
    source = IntType(len(betas) + padded, signed=False)
    unit = mvtu(rng, Bipolar(), source, shape, folding, **sizes)
    reach, slope = unit.fan_in * sum(betas), 1 if padded else 2
    most, activation = 2 * reach // slope, None
    if result is not None:
        activation = thresholding(rng, result, unit.groups * unit.mh, (0, most), descending=descending)
    return replace(
        unit,
        outputs=(replace(unit.output, dtype=result or smallest_int(-reach, reach)),),
        sum_type=smallest_int(0, most),
        activation=activation,
        padded_bipolar=padded,
        arithmetic=Arithmetic.FOLDED_PLANES if folded else Arithmetic.PARALLEL_PLANES,
        planes=betas,
    )


def plane_frames(unit: MvtuUnit, count: int) -> IntArray:
    """Random codes, every fourth lane without an input where some are; zero bits past a tap's last channel."""
    rng, order = np.random.default_rng(8), len(unit.planes)
    frames = draw(rng, IntType(order, signed=False), (count, unit.input.size))
    if unit.padded_bipolar:
        frames[rng.random(frames.shape) < 0.25] = 1 << order
        frames[2] = 1 << order
    frames.reshape(count, -1, unit.input.elements)[:, :, unit.channels :] = 0
    return frames
