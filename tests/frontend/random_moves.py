"""Random operators that pick, repeat and leave out elements, for graphs that grow at random."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from onnx import helper

from tests.frontend.random_graphs import Grower, Shape, Tensor

_MOST = 600
"""Elements that a repeated tensor may have."""


def _axis(g: Grower, axis: int) -> int:
    """The axis counted from either end."""
    return axis if g.opset < 11 or g.chance(0.6) else axis - len(g.now.shape)


def _inner(g: Grower) -> int:
    return int(g.rng.integers(1, len(g.now.shape)))


def _resized(shape: Shape, axis: int, size: int) -> Shape:
    return tuple(size if a == axis else n for a, n in enumerate(shape))


def slices(g: Grower) -> None:
    """A range along an axis, at times backwards or with steps."""
    axis = _inner(g)
    length = g.now.shape[axis]
    step = int(g.pick([1, 1, 1, 2, -1, -1, -2])) if g.opset >= 10 else 1
    start, end = sorted(int(n) for n in g.rng.choice(length + 1, 2, replace=False))
    if step < 0:
        start, end = end - 1, start - 1 if start else -(2**40)
    size = len(range(*slice(start, end, step).indices(length)))
    shape = _resized(g.now.shape, axis, size)
    if g.opset < 10:
        g.node("Slice", [g.now.name], shape, starts=[start], ends=[end], axes=[axis])
        return
    lists = [g.constant([each], np.int64) for each in (start, end, _axis(g, axis), step)]
    g.node("Slice", [g.now.name, *(lists if step != 1 or g.chance(0.5) else lists[:3])], shape)


def parts(g: Grower) -> None:
    """Two parts along an axis, one of which goes on, or both the other way round, or one of them doubled."""
    axis = _inner(g)
    length = g.now.shape[axis]
    if length < 2:
        return
    cut = int(g.rng.integers(1, length)) if length % 2 or g.chance(0.6) else length // 2
    names = [f"p{len(g.nodes)}_{index}" for index in range(2)]
    operands, attributes = [g.now.name], {"axis": _axis(g, axis)}
    if cut * 2 != length or g.opset >= 18 or g.chance(0.5):
        if g.opset < 13:
            attributes["split"] = [cut, length - cut]
        else:
            operands.append(g.constant([cut, length - cut], np.int64))
    g.nodes.append(helper.make_node("Split", operands, names, name=f"Split_{len(g.nodes)}", **attributes))
    kept = g.pick([names[:1], names[1:], names[::-1], names[::-1], [names[0]] * 2, names])
    sizes = {names[0]: cut, names[1]: length - cut}
    if len(kept) == 1:
        g.now = Tensor(kept[0], _resized(g.now.shape, axis, sizes[kept[0]]), g.now.few)
        return
    g.node("Concat", kept, _resized(g.now.shape, axis, sum(map(sizes.__getitem__, kept))), axis=axis)


def gathered(g: Grower) -> None:
    """Elements along an axis, in any order and several times, or one of them without the axis."""
    axis = _inner(g)
    length = g.now.shape[axis]
    if g.chance(0.15) and len(g.now.shape) > 2:
        index: Any = int(g.rng.integers(-length, length))
        shape = (*g.now.shape[:axis], *g.now.shape[axis + 1 :])
    else:
        count = int(g.rng.integers(1, length + 2))
        index = g.rng.permutation(length) if g.chance(0.5) else g.rng.integers(-length, length, count)
        shape = _resized(g.now.shape, axis, len(index))
    g.node("Gather", [g.now.name, g.constant(index, np.int64)], shape, axis=_axis(g, axis))


def repeated(g: Grower) -> None:
    """A Tile, or an Expand of axes of size 1."""
    shape = g.now.shape
    ones = [a for a, n in enumerate(shape) if n == 1 and a]
    if ones and g.chance(0.7):
        wide = _resized(shape, g.pick(ones), int(g.rng.integers(2, 4)))
        g.node("Expand", [g.now.name, g.constant(wide, np.int64)], wide)
        return
    times = [1] * len(shape)
    times[_inner(g)] = 2
    if np.prod(shape) * 2 <= _MOST:
        left = tuple(n * t for n, t in zip(shape, times, strict=True))
        g.node("Tile", [g.now.name, g.constant(times, np.int64)], left)


def blocks(g: Grower) -> None:
    """Pixels from channels, or channels from pixels."""
    if len(g.now.shape) != 4:
        return
    _, channels, height, width = g.now.shape
    if channels % 4 == 0:
        mode = {"mode": g.pick(["DCR", "CRD"])} if g.opset >= 11 else {}
        g.node("DepthToSpace", [g.now.name], (1, channels // 4, height * 2, width * 2), blocksize=2, **mode)
    elif height % 2 == 0 and width % 2 == 0:
        g.node("SpaceToDepth", [g.now.name], (1, channels * 4, height // 2, width // 2), blocksize=2)


def nearest(g: Grower) -> None:
    """A Resize or Upsample by whole factors, halves and sizes."""
    rank = len(g.now.shape)
    if rank < 3 or np.prod(g.now.shape) * 4 > _MOST:
        return
    scales = [1.0, 1.0, *(float(g.pick([1, 2, 2, 3] if g.opset < 10 else [1, 2, 2, 3, 0.5])) for _ in range(rank - 2))]
    shape = tuple(int(n * s) for n, s in zip(g.now.shape, scales, strict=True))
    if 0 in shape:
        return
    if g.opset < 10:
        operands = [g.now.name, g.constant(scales)] if g.opset == 9 else [g.now.name]
        g.node("Upsample", operands, shape, mode="nearest", **({} if g.opset == 9 else {"scales": scales}))
    elif g.opset == 10:
        g.node("Resize", [g.now.name, g.constant(scales)], shape, mode="nearest")
    else:
        way, rounding = g.pick(["half_pixel", "asymmetric", "pytorch_half_pixel"]), g.pick(["floor", "ceil"])
        modes = {"coordinate_transformation_mode": way, **({"nearest_mode": rounding} if g.chance(0.6) else {})}
        region = g.constant(np.zeros(0)) if g.opset < 13 else ""
        if g.opset >= 13 and g.chance(0.3):
            g.node("Resize", [g.now.name, "", "", g.constant(shape, np.int64)], shape, mode="nearest", **modes)
        else:
            g.node("Resize", [g.now.name, region, g.constant(scales)], shape, mode="nearest", **modes)


def edges(g: Grower) -> None:
    """A crop, zeros around or beside channels, or padding with the tensor's own pixels."""
    rank = len(g.now.shape)
    if rank < 3:
        return
    mode = g.pick(["constant", "reflect", "edge"])
    pads = [0] * 2 * rank
    for axis in range(1 if mode == "constant" else 2, rank):
        length = g.now.shape[axis]
        for side in (axis, axis + rank):
            pads[side] = int(g.rng.integers(-1 if mode == "constant" else 0, 2)) if length > 2 else 0
    shape = tuple(n + pads[a] + pads[a + rank] for a, n in enumerate(g.now.shape))
    if g.opset < 11:
        g.node("Pad", [g.now.name], shape, mode=mode, pads=pads)
    else:
        g.node("Pad", [g.now.name, g.constant(pads, np.int64)], shape, mode=mode)


PICKS: tuple[Callable[[Grower], None], ...] = (slices, slices, parts, parts, gathered, repeated, blocks, nearest, edges)
