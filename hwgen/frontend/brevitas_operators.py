"""Operators of torch that its exporter refuses, written in ONNX's own. Imported by brevitas_export.py alone.

Windows of an adaptive pool that does not divide are runs of alike ones along each axis: each run is a pool of a slice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.onnx import register_custom_op_symbolic, symbolic_helper, symbolic_opset9, unregister_custom_op_symbolic


@dataclass(frozen=True)
class _Run:
    """`count` windows of `size` pixels each, `stride` apart, from pixel `start` on."""

    start: int
    size: int
    stride: int
    count: int

    @property
    def end(self) -> int:
        """The pixel behind the last window."""
        return self.start + (self.count - 1) * self.stride + self.size


def runs_of(pixels: int, windows: int) -> list[_Run]:
    """The windows of an adaptive pool along an axis: window i reads pixels floor(i P / W) to ceil((i + 1) P / W)."""
    starts = [index * pixels // windows for index in range(windows)]
    sizes = [-(-(index + 1) * pixels // windows) - start for index, start in enumerate(starts)]
    runs: list[_Run] = []
    for start, size in zip(starts, sizes, strict=True):
        last = runs[-1] if runs else None
        if last and last.size == size and last.count == 1:
            runs[-1] = _Run(last.start, size, start - last.start, 2)
        elif last and last.size == size and last.start + last.count * last.stride == start:
            runs[-1] = _Run(last.start, size, last.stride, last.count + 1)
        else:
            runs.append(_Run(start, size, size, 1))
    return runs


def _pool(g: Any, kind: str, x: Any, runs: Sequence[_Run]) -> Any:
    """One pool, a run along each axis."""
    return g.op(kind, x, kernel_shape_i=[run.size for run in runs], strides_i=[run.stride for run in runs])


def _pooled(g: Any, kind: str, x: Any, shape: Sequence[int], output_size: Sequence[int]) -> Any:
    """A pool with fixed windows; where an axis has several runs the axes are pooled one by one."""
    runs = [runs_of(*pair) for pair in zip(shape, output_size, strict=True)]
    if all(len(each) == 1 for each in runs):
        return _pool(g, kind, x, [run for (run,) in runs])
    for axis, along in enumerate(runs):
        parts = []
        for run in along:
            bounds = [torch.tensor([number]) for number in (run.start, run.end, axis + 2)]
            part = x
            if len(along) > 1:
                part = g.op("Slice", x, *(g.op("Constant", value_t=each) for each in bounds))
            whole = [run if each == axis else _Run(0, 1, 1, shape[each]) for each in range(len(shape))]
            parts.append(_pool(g, kind, part, whole))
        x = parts[0] if len(parts) == 1 else g.op("Concat", *parts, axis_i=axis + 2)
    return x


def _adaptive(name: str, kind: str) -> Callable[..., Any]:
    """The symbolic of an adaptive pool: torch's own where its windows divide the image."""
    known = getattr(symbolic_opset9, name)

    def symbolic(g: Any, x: Any, output_size: Any) -> Any:
        wanted = symbolic_helper._parse_arg(output_size, "is")
        sizes = (symbolic_helper._get_tensor_sizes(x) or [])[2:]
        unknown = not sizes or None in sizes
        if unknown or all(size % count == 0 for size, count in zip(sizes, wanted, strict=True)):
            return known(g, x, output_size)
        pooled = _pooled(g, kind, x, sizes, wanted)
        return (pooled, None) if kind == "MaxPool" else pooled

    return symbolic


def _threshold(g: Any, x: Any, threshold: Any, value: Any) -> Any:
    """x where it is above the threshold, else the value."""
    return g.op("Where", g.op("Greater", x, threshold), x, value)


_SYMBOLICS: dict[str, Callable[..., Any]] = {
    "adaptive_avg_pool1d": _adaptive("adaptive_avg_pool1d", "AveragePool"),
    "adaptive_avg_pool2d": _adaptive("adaptive_avg_pool2d", "AveragePool"),
    "adaptive_max_pool1d": _adaptive("adaptive_max_pool1d", "MaxPool"),
    "adaptive_max_pool2d": _adaptive("adaptive_max_pool2d", "MaxPool"),
    "threshold": _threshold,
}
_OPSET = 9
"""From which on they hold."""


@contextmanager
def more_operators() -> Iterator[None]:
    """While torch exports: the operators here beside its own."""
    for name, symbolic in _SYMBOLICS.items():
        register_custom_op_symbolic(f"aten::{name}", symbolic, _OPSET)
    try:
        yield
    finally:
        for name in _SYMBOLICS:
            unregister_custom_op_symbolic(f"aten::{name}", _OPSET)
