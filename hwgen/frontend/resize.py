"""Resize and Upsample: the nearest pixels, computed as executors do and in real numbers, or weighted sums of pixels."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.axes import axes_of, numbers_of
from hwgen.frontend.elementwise import constant_of
from hwgen.frontend.interpolation import interpolated
from hwgen.frontend.moves import picked
from hwgen.frontend.shapes import movable
from hwgen.frontend.source import SourceNode
from hwgen.frontend.symbolic import Build, Tensor, real
from hwgen.frontend.windows import LARGEST
from hwgen.ir.types import IntArray

_HALF = Fraction(1, 2)


def _symmetric(x: Fraction, scale: Fraction, old: int, new: int) -> Fraction:
    adjustment = new / (scale * old)
    return Fraction(old, 2) * (1 - adjustment) + (x + _HALF) / scale - _HALF


_COORDINATES: Mapping[str, Callable[[Fraction, Fraction, int, int], Fraction]] = {
    "align_corners": lambda x, _, old, new: x * (old - 1) / (new - 1) if new > 1 else Fraction(0),
    "asymmetric": lambda x, scale, *_: x / scale,
    "half_pixel": lambda x, scale, *_: (x + _HALF) / scale - _HALF,
    "half_pixel_symmetric": _symmetric,
    "pytorch_half_pixel": lambda x, scale, old, new: (x + _HALF) / scale - _HALF if new > 1 else Fraction(0),
}
"""Where a pixel lies in the original image, by the pixel, the scale and both sizes."""

_NEAREST: Mapping[str, Callable[[Fraction], int]] = {
    "ceil": math.ceil,
    "floor": math.floor,
    "round_prefer_ceil": lambda x: math.floor(x + _HALF),
    "round_prefer_floor": lambda x: math.ceil(x - _HALF),
}
_HALF_PIXEL = ("half_pixel", "pytorch_half_pixel")
_SLACK = Fraction(1, 1 << 16)
"""How far float32 may move a coordinate that is no binary fraction."""


def resize(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Resize (x, roi, scales, sizes), of opset 10 (x, scales), and Upsample. Raises: ModelError, Relayout."""
    tensor = movable(node, args[0])
    old = node.opset < 11 or node.op == "Upsample"
    coordinates = _one_of(node, "coordinate_transformation_mode", "half_pixel", _COORDINATES)
    if node.text("mode", "nearest") != "nearest":
        targets = _targets(node, tensor.shape, args, old=old)
        return interpolated(build, node, tensor, _factors(node, targets, "asymmetric" if old else coordinates))
    rounding = _one_of(node, "nearest_mode", "round_prefer_floor", _NEAREST)
    for axis, scale, size in _targets(node, tensor.shape, args, old=old):
        if old:
            coordinates, rounding = "asymmetric", "ceil" if scale < 1 else "floor"
        if scale != 1 or size != tensor.shape[axis]:
            index = _sources(node, coordinates, rounding, scale, tensor.shape[axis], size)
            tensor = picked(node, tensor, axis, index)
    return tensor


def _factors(node: SourceNode, targets: Sequence[tuple[int, Fraction, int]], coordinates: str) -> dict[int, int]:
    """Each axis that is interpolated, with its factor. Raises: ModelError where weights are no whole numbers."""
    mode, scaled = node.text("mode", "nearest"), {axis: scale for axis, scale, _ in targets if scale != 1}
    whole = mode == "linear" and coordinates in _HALF_PIXEL and all(s.denominator == 1 for s in scaled.values())
    if not whole or not scaled.keys() <= ({1, 2} if node.channels_last else {2, 3}):
        scales = ", ".join(f"{float(scale):g}" for scale in scaled.values())
        raise ModelError(
            node.label,
            "it must take the nearest pixel, or interpolate linearly to a whole multiple, at half pixels",
            f"mode {mode!r}, {coordinates}, scales {scales or 1}",
            "Resize to the nearest, or set mode='bilinear', align_corners=False and a whole scale_factor",
        )
    return {axis: int(scale) for axis, scale in scaled.items()}


def _one_of(node: SourceNode, name: str, default: str, known: Mapping[str, object]) -> str:
    """An attribute that names how pixels are found. Raises: ModelError."""
    found = node.text(name, default)
    if found not in known:
        raise ModelError(node.label, f"its {name} must be {', '.join(known)}", repr(found), "Choose one of these")
    return found


def _targets(
    node: SourceNode, shape: tuple[int, ...], args: Sequence[Tensor | None], *, old: bool
) -> list[tuple[int, Fraction, int]]:
    """Each axis with its scale and its new size. Raises: ModelError."""
    given = args[1] if old else args[2]
    scales = () if given is None else real(constant_of(node, given, "scales"), node).reshape(-1).tolist()
    if old and given is None:
        scales = node.attributes.get("scales", ())
    sizes = () if old or args[3] is None else numbers_of(node, args[3], "sizes")
    axes = axes_of(node, node.integers("axes", range(len(shape))), len(shape))
    if {len(scales), len(sizes)} != {0, len(axes)} or min((*scales, *sizes), default=0) <= 0:
        found = f"scales {tuple(scales)}, sizes {sizes}"
        raise ModelError(node.label, "it must have a positive scale or size for each axis", found, "Correct the Resize")
    if max((*sizes, *(n * shape[a] for a, n in zip(axes, scales, strict=False)))) > LARGEST:
        found = f"scales {tuple(scales)}, sizes {sizes}"
        raise ModelError(node.label, f"no axis may have more than {LARGEST:,} elements", found, "Resize less")
    if node.text("keep_aspect_ratio_policy", "stretch") != "stretch" and sizes:
        found = f"keep_aspect_ratio_policy {node.text('keep_aspect_ratio_policy', '')!r}"
        raise ModelError(node.label, "its sizes must be those that it gives", found, "Set it to stretch")
    if sizes:
        return [(axis, Fraction(size, shape[axis]), size) for axis, size in zip(axes, sizes, strict=True)]
    exact = [Fraction(float(scale)) for scale in scales]
    return [(axis, scale, math.floor(shape[axis] * scale)) for axis, scale in zip(axes, exact, strict=True)]


def _computed(x: int, scale: Fraction) -> list[Fraction]:
    """x / scale, by a division and by a factor as executors have them: whole factors give whole numbers in both."""
    pixel, divisor = np.float32(x), np.float32(float(scale))
    return [x / scale, Fraction(float(pixel / divisor)), Fraction(float(pixel * (np.float32(1) / divisor)))]


def _sources(node: SourceNode, coordinates: str, rounding: str, scale: Fraction, old: int, new: int) -> IntArray:
    """The original of each element along an axis. Raises: ModelError where float32 decides which it is."""
    found = []
    for x in range(new):
        place = _COORDINATES[coordinates](Fraction(x), scale, old, new)
        places = _computed(x, scale) if coordinates == "asymmetric" else [place - _SLACK, place + _SLACK]
        if all(number.denominator & (number.denominator - 1) == 0 for number in (place, scale, 1 / scale)):
            places = [place]
        near = {min(max(_NEAREST[rounding](each), 0), old - 1) for each in places}
        if len(near) > 1:
            raise ModelError(
                node.label,
                "no pixel of its may lie where rounding errors decide which is the nearest",
                f"pixel {x} of {new} at {float(place):g}, {coordinates} and {rounding}",
                "Resize by a whole factor, or by other coordinates",
            )
        found.append(near.pop())
    return np.asarray(found, dtype=np.int64)
